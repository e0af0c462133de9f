/* SPDX-License-Identifier: GPL-2.0-only */
/* The front of an image: what every packet asks of it. */
#ifndef LIB_RULES_FRONT_H
#define LIB_RULES_FRONT_H

#include "lib/rules/image.h"

/* Puts the entries of small forests into the front. The image has its trees and its rules. */
void front_put_few(struct image *image);

#endif
