/* SPDX-License-Identifier: GPL-2.0-only */
/* What loading has in common for every object of ours: its knobs, which are variables of the
 * read-only data, and why the kernel refused it. */
#ifndef LIB_KERN_LOAD_H
#define LIB_KERN_LOAD_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_object;

/* Where the variable `name` of an object that is not loaded yet is, and its size in bytes; NULL:
 * there is none of that name. */
void *load_knob(struct bpf_object *object, const char *name, size_t *ret_size);

/* -ENOENT: there is none of that name; unsaid. */
int load_set_bool(struct bpf_object *object, const char *name, bool value);

/* Says what was refused and why: the verifier's last word if it spoke, else the library's, else
 * errno value `error` (either sign) in words. Returns it, negative. */
int load_refused(int error, const char *what);

#endif
