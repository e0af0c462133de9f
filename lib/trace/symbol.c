/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in an ELF file a function is. */
#include "lib/trace/symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"

static void cleanup_elf(Elf **elf)
{
	elf_end(*elf);
}
#define auto_elf __attribute__((cleanup(cleanup_elf)))

/* Reads, and does not map, as somebody may cut the file off meanwhile. NULL: it is none. */
static Elf *open_elf(int fd)
{
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		return elf;
	elf_end(elf);
	return NULL;
}

/* --- a function --- */

/* From where it is when the program runs to where it is in the file, by the segment it is in. */
static int offset_of(Elf *elf, uint64_t address, uint64_t *ret_offset)
{
	uint64_t offset;
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return -ENOEXEC;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment))
			return -ENOEXEC;
		if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) ||
		    address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz)
			continue;
		if (__builtin_add_overflow(address - segment.p_vaddr, segment.p_offset, &offset))
			return -ENOEXEC;
		*ret_offset = offset;
		return 0;
	}
	return -ENOENT;
}

static bool is_function(const GElf_Sym *symbol)
{
	return GELF_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF;
}

static int find_in(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name,
                   uint64_t *ret_offset)
{
	size_t size = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
	Elf_Data *data = elf_getdata(section, NULL);

	if (!data || !size)
		return -ENOEXEC;
	for (size_t i = 0; i < data->d_size / size && i < INT_MAX; i++) {
		GElf_Sym symbol;
		const char *its_name;

		if (!gelf_getsym(data, (int)i, &symbol) || !is_function(&symbol))
			continue;
		its_name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (its_name && !strcmp(its_name, name))
			return offset_of(elf, symbol.st_value, ret_offset);
	}
	return -ENOENT;
}

int symbol_find(int fd, const char *name, uint64_t *ret_offset)
{
	auto_elf Elf *elf = open_elf(fd);
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	int r = elf ? -ENOENT : -ENOEXEC;

	/* What the dynamic linker knows is in the one table, which nobody strips; the other one has
	 * the rest. */
	while (elf && r && (section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			return -ENOEXEC;
		if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
			r = find_in(elf, section, &header, name, ret_offset);
	}
	return r;
}

/* --- a library --- */

static int find_needed(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *prefix,
                       char ret_name[static NAME_MAX + 1])
{
	size_t size = gelf_fsize(elf, ELF_T_DYN, 1, EV_CURRENT);
	Elf_Data *data = elf_getdata(section, NULL);

	if (!data || !size)
		return -ENOEXEC;
	for (size_t i = 0; i < data->d_size / size && i < INT_MAX; i++) {
		const char *name;
		GElf_Dyn entry;

		if (!gelf_getdyn(data, (int)i, &entry) || entry.d_tag != DT_NEEDED)
			continue;
		name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
		if (!name || strncmp(name, prefix, strlen(prefix)) != 0 ||
		    strlen(name) > NAME_MAX || strchr(name, '/'))
			continue;
		memcpy(ret_name, name, strlen(name) + 1);
		return 0;
	}
	return -ENOENT;
}

int symbol_needs(int fd, const char *prefix, char ret_name[static NAME_MAX + 1])
{
	auto_elf Elf *elf = open_elf(fd);
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	int r = elf ? -ENOENT : -ENOEXEC;

	while (elf && r && (section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			return -ENOEXEC;
		if (header.sh_type == SHT_DYNAMIC)
			r = find_needed(elf, section, &header, prefix, ret_name);
	}
	return r;
}

static bool machine_of(int fd, GElf_Ehdr *ret_header)
{
	auto_elf Elf *elf = open_elf(fd);

	return elf && gelf_getehdr(elf, ret_header);
}

static int open_if_like(const char *path, const GElf_Ehdr *wanted)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	GElf_Ehdr header;

	if (fd < 0 || !machine_of(fd, &header) || header.e_machine != wanted->e_machine ||
	    header.e_ident[EI_CLASS] != wanted->e_ident[EI_CLASS])
		return -ENOENT;
	return TAKE_FD(fd);
}

int symbol_open_library(int fd, const char *name, char ret_path[static PATH_MAX])
{
	/* Of distributions with several machines' libraries beside each other, and of others. */
	static const char *const places[] = { "/usr/lib/*-linux-*/", "/lib/*-linux-*/",
		                              "/usr/lib64/",         "/lib64/",
		                              "/usr/lib/",           "/lib/" };
	char pattern[NAME_MAX + 32];
	int library = -ENOENT;
	GElf_Ehdr header;
	glob_t found;

	if (!machine_of(fd, &header))
		return -ENOEXEC;
	for (size_t i = 0; library < 0 && i < sizeof(places) / sizeof(*places); i++) {
		snprintf(pattern, sizeof(pattern), "%s%s", places[i], name);
		if (glob(pattern, 0, NULL, &found))
			continue;
		for (size_t j = 0; library < 0 && j < found.gl_pathc; j++) {
			library = open_if_like(found.gl_pathv[j], &header);
			snprintf(ret_path, PATH_MAX, "%s", found.gl_pathv[j]);
		}
		globfree(&found);
	}
	return library;
}
