/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of the kernel by their addresses. */
#include "lib/trace/kallsyms.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define NAME_SIZE (KALLSYM_SIZE - 20) /* what follows is "+0x" and 16 digits */

struct symbol {
	uint64_t address;
	char *name;
};

struct kallsyms {
	struct symbol *list; /* ascending */
	size_t count, room;
};

static int compare(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

static bool add(struct kallsyms *symbols, uint64_t address, const char *name)
{
	if (symbols->count == symbols->room) {
		size_t room = symbols->room ? symbols->room * 2 : 65536;
		struct symbol *list = reallocarray(symbols->list, room, sizeof(*list));

		if (!list)
			return false;
		symbols->list = list;
		symbols->room = room;
	}
	symbols->list[symbols->count] = (struct symbol){ address, strdup(name) };
	return symbols->list[symbols->count++].name;
}

/* "ffffffff814b79e0 T name", and of a module's "\t[module]" after it. */
static bool add_line(struct kallsyms *symbols, char *line)
{
	char *type, *name;
	uint64_t address = strtoull(line, &type, 16);

	if (!address || type[0] != ' ' || !type[1] || type[2] != ' ')
		return true;
	name = type + 3;
	name[strcspn(name, " \t\n")] = '\0';
	/* Code only. Padding before a function is not where anybody is. */
	return !strchr("tTwW", type[1]) || !strncmp(name, "__pfx_", 6) ||
	       add(symbols, address, name);
}

struct kallsyms *kallsyms_read(FILE *from)
{
	struct kallsyms *symbols = calloc(1, sizeof(*symbols));
	auto_free char *line = NULL;
	size_t size = 0;
	bool ok = symbols;

	while (ok && from && getline(&line, &size, from) > 0)
		ok = add_line(symbols, line);
	if (!ok) {
		kallsyms_close(symbols);
		return NULL;
	}
	if (symbols->count)
		qsort(symbols->list, symbols->count, sizeof(*symbols->list), compare);
	return symbols;
}

struct kallsyms *kallsyms_open(void)
{
	auto_fclose FILE *from = fopen("/proc/kallsyms", "re");

	return kallsyms_read(from);
}

void kallsyms_close(struct kallsyms *symbols)
{
	if (!symbols)
		return;
	for (size_t i = 0; i < symbols->count; i++)
		free(symbols->list[i].name);
	free(symbols->list);
	free(symbols);
}

/* The last one that begins at the address or before; NULL: there is none. */
static const struct symbol *find(const struct kallsyms *symbols, uint64_t address)
{
	size_t from = 0, to = symbols ? symbols->count : 0;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (symbols->list[middle].address <= address)
			from = middle + 1;
		else
			to = middle;
	}
	return from ? &symbols->list[from - 1] : NULL;
}

const char *kallsym_text(const struct kallsyms *symbols, uint64_t address,
                         char text[static KALLSYM_SIZE])
{
	const struct symbol *symbol = find(symbols, address);

	if (symbol)
		snprintf(text, KALLSYM_SIZE, "%.*s+0x%" PRIx64, NAME_SIZE, symbol->name,
		         address - symbol->address);
	else
		snprintf(text, KALLSYM_SIZE, "0x%" PRIx64, address);
	return text;
}
