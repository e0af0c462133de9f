/* SPDX-License-Identifier: GPL-2.0-only */
/* How attached interfaces look: the JSON keys and the columns, in one place. */
#ifndef LOADER_VIEW_H
#define LOADER_VIEW_H

#include "lib/base/cmd.h"
#include "lib/kern/pins.h"

struct view;

struct view *view_new(const struct common *common);
void view_free(struct view **view);

/* Looks at one interface and adds what is attached there. */
int view_add(struct view *view, const struct pins *pins);

/* Prints all that was added. */
int view_print(struct view *view);

#define auto_view __attribute__((cleanup(view_free)))

#endif
