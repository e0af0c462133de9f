/* SPDX-License-Identifier: GPL-2.0-only */
/* The language as tables: every word of it stands here, once. */
#ifndef LIB_RULES_WORDS_H
#define LIB_RULES_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/rules/rule.h"

/* A table of these ends with one without text. */
struct name {
	const char *text;
	uint32_t value;
};

enum statement { STATEMENT_DEFAULT, STATEMENT_SET };
enum glue { GLUE_NOT, GLUE_SRC, GLUE_DST, GLUE_AND };

extern const struct name words_statements[]; /* enum statement */
extern const struct name words_actions[];    /* enum pc_action */
extern const struct name words_verdicts[];   /* what a default may be: 1 drops */
extern const struct name words_directions[]; /* enum pc_direction */
extern const struct name words_glue[];       /* enum glue */
extern const struct name words_types[];      /* enum type_word */
extern const struct name words_flags[];      /* bits of the byte of TCP flags */
extern const struct name words_file[];       /* the contents of a set are in a file */

/* What follows the word of a field. */
enum operand {
	OPERAND_NONE,
	OPERAND_RANGES,
	OPERAND_MAYBE_RANGES,
	OPERAND_HOST,
	OPERAND_NET,
	OPERAND_FLAGS,
	OPERAND_RATE, /* the three that only `limit` has */
	OPERAND_BURST,
	OPERAND_PER,
};

struct field {
	const char *word;
	enum operand operand;
	enum match_kind kind;
	bool sided;               /* src and dst may stand before it */
	uint32_t max;             /* of a range: its numbers go from 0 to this */
	const struct name *names; /* of single numbers; NULL: they have none */
	const char *wants;        /* what its operand is, for people */
};

extern const struct field words_fields[]; /* ends with one without word */

/* NULL: not in the table. */
const struct name *name_find(const struct name *table, const char *text, size_t len);
const struct name *name_of(const struct name *table, uint32_t value);
const struct field *field_find(const char *text, size_t len);
const struct field *field_of(enum match_kind kind);

/* Names of services, which the language does not have, for a hint. NULL: not known. */
const struct name *service_find(const char *text, size_t len);

/* What to write instead of a word that other languages have here; NULL: nothing known. */
const char *word_hint(const char *text, size_t len);

/* The word most like this one, of the tables (NULL at the end) and, if wanted, of the fields; NULL:
 * none is like it. */
const char *word_like(const char *text, size_t len, const struct name *const *tables,
                      bool fields_too);

/* All words of the language, one by one; NULL behind the last. */
const char *word_at(size_t index);

#endif
