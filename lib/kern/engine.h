/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps an interface's policies live in, and the word that says which one is in force. */
#ifndef LIB_KERN_ENGINE_H
#define LIB_KERN_ENGINE_H

#include "abi/policy.h"
#include "lib/kern/pins.h"

/* Not there before the first policy: `active` is NULL. */
struct engine {
	int pages;
	struct pc_active *active;
};

int engine_open(const struct pins *pins, struct engine *ret_engine);
void engine_close(struct engine *engine);
#define auto_engine __attribute__((cleanup(engine_close)))

/* Makes sure of the maps. Programs that are loaded later share them. */
int engine_make(const struct pins *pins);

/* The word, 0 where there is none, and the one store by which a policy comes into force. */
__u64 engine_word(const struct engine *engine);
void engine_set_word(const struct engine *engine, __u64 word);

/* Puts the front of an image beside the word, before that says so: in the place of one that must
 * not have been in force since pages_wait() returned, as programs would read half of each. */
void engine_set_front(const struct engine *engine, enum pc_choice choice,
                      const struct pc_front *front);

#endif
