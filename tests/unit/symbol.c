/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace/symbol.c: a function in ELF files made for it, of both word sizes, without sections
 * that are stripped, cut off at every byte, and with every byte wrong. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "lib/base/cleanup.h"
#include "lib/trace/symbol.h"
#include "tests/tap.h"

#define NAME "readline"

/* --- files, written by libelf --- */

struct shape {
	int class, machine;
	bool dynsym, symtab, dynamic;
	int type, section;      /* of the symbol */
	uint64_t address;       /* of the symbol */
	uint64_t start, offset; /* of the only executable segment, of 0x1000 bytes */
};

static const char strings[] = "\0" NAME "\0readline_x\0libc.so.6\0libreadline.so.8";
enum { NAME_AT = 1, LONGER_AT = 10, LIBC_AT = 21, LIBRARY_AT = 31 };

static Elf_Scn *add_section(Elf *elf, int type, Elf_Type data_type, const void *bytes, size_t size)
{
	Elf_Scn *section = elf_newscn(elf);
	Elf_Data *data = elf_newdata(section);
	GElf_Shdr header;

	data->d_buf = (void *)bytes;
	data->d_size = size;
	data->d_type = data_type;
	data->d_align = 8;
	gelf_getshdr(section, &header);
	header.sh_type = type;
	header.sh_link = 1;
	gelf_update_shdr(section, &header);
	return section;
}

static void put_symbol(Elf_Scn *section, int at, const GElf_Sym *symbol)
{
	GElf_Sym copy = *symbol;

	gelf_update_sym(elf_getdata(section, NULL), at, &copy);
}

static void add_symbols(Elf *elf, int type, const struct shape *shape, void *room)
{
	size_t one = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
	Elf_Scn *section = add_section(elf, type, ELF_T_SYM, room, 3 * one);
	GElf_Sym symbol = { .st_name = LONGER_AT,
		            .st_info = GELF_ST_INFO(STB_GLOBAL, STT_FUNC),
		            .st_shndx = 1,
		            .st_value = shape->start };

	put_symbol(section, 1, &symbol);
	symbol.st_name = NAME_AT;
	symbol.st_info = GELF_ST_INFO(STB_GLOBAL, shape->type);
	symbol.st_shndx = shape->section;
	symbol.st_value = shape->address;
	put_symbol(section, 2, &symbol);
}

static void add_dynamic(Elf *elf, void *room)
{
	size_t one = gelf_fsize(elf, ELF_T_DYN, 1, EV_CURRENT);
	Elf_Data *data = elf_getdata(add_section(elf, SHT_DYNAMIC, ELF_T_DYN, room, 3 * one), NULL);
	GElf_Dyn entry = { .d_tag = DT_NEEDED, .d_un.d_val = LIBC_AT };

	gelf_update_dyn(data, 0, &entry);
	entry.d_un.d_val = LIBRARY_AT;
	gelf_update_dyn(data, 1, &entry);
}

static void add_segment(Elf *elf, const struct shape *shape)
{
	GElf_Phdr segment = {
		.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 0x1000, .p_align = 1
	};

	gelf_newphdr(elf, 2);
	gelf_update_phdr(elf, 0, &segment);
	segment.p_flags = PF_R | PF_X;
	segment.p_vaddr = shape->start;
	segment.p_offset = shape->offset;
	gelf_update_phdr(elf, 1, &segment);
}

static int make(const struct shape *shape)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);
	char rooms[3][256] = { 0 };
	GElf_Ehdr header;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	gelf_newehdr(elf, shape->class);
	gelf_getehdr(elf, &header);
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_type = ET_DYN;
	header.e_machine = shape->machine;
	gelf_update_ehdr(elf, &header);
	add_segment(elf, shape);
	add_section(elf, SHT_STRTAB, ELF_T_BYTE, strings, sizeof(strings));
	if (shape->dynsym)
		add_symbols(elf, SHT_DYNSYM, shape, rooms[0]);
	if (shape->symtab)
		add_symbols(elf, SHT_SYMTAB, shape, rooms[1]);
	if (shape->dynamic)
		add_dynamic(elf, rooms[2]);
	if (elf_update(elf, ELF_C_WRITE) < 0)
		tap_fail("libelf: %s", elf_errmsg(-1));
	elf_end(elf);
	return fd;
}

/* --- what is found --- */

static const struct {
	const char *name;
	struct shape shape;
	int wanted;
	uint64_t offset;
} rows[] = {
	{ "where the dynamic linker looks",
	  { ELFCLASS64, EM_X86_64, true, false, true, STT_FUNC, 1, 0x5123, 0x5000, 0x3000 },
	  0,
	  0x3123 },
	{ "in the other table",
	  { ELFCLASS64, EM_X86_64, false, true, true, STT_FUNC, 1, 0x5123, 0x5000, 0x3000 },
	  0,
	  0x3123 },
	{ "of 32 bits",
	  { ELFCLASS32, EM_386, true, true, true, STT_FUNC, 1, 0x5123, 0x5000, 0x3000 },
	  0,
	  0x3123 },
	{ "stripped",
	  { ELFCLASS64, EM_X86_64, false, false, true, STT_FUNC, 1, 0x5123, 0x5000, 0x3000 },
	  -ENOENT,
	  0 },
	{ "somebody else's, which it only uses",
	  { ELFCLASS64, EM_X86_64, true, true, true, STT_FUNC, SHN_UNDEF, 0x5123, 0x5000, 0x3000 },
	  -ENOENT,
	  0 },
	{ "a variable",
	  { ELFCLASS64, EM_X86_64, true, true, true, STT_OBJECT, 1, 0x5123, 0x5000, 0x3000 },
	  -ENOENT,
	  0 },
	{ "the first byte of the segment",
	  { ELFCLASS64, EM_X86_64, true, true, true, STT_FUNC, 1, 0x5000, 0x5000, 0x3000 },
	  0,
	  0x3000 },
	{ "the last byte",
	  { ELFCLASS64, EM_X86_64, true, true, true, STT_FUNC, 1, 0x5fff, 0x5000, 0x3000 },
	  0,
	  0x3fff },
	{ "behind it",
	  { ELFCLASS64, EM_X86_64, true, true, true, STT_FUNC, 1, 0x6000, 0x5000, 0x3000 },
	  -ENOENT,
	  0 },
	{ "before it, where nothing may run",
	  { ELFCLASS64, EM_X86_64, true, true, true, STT_FUNC, 1, 0x4fff, 0x5000, 0x3000 },
	  -ENOENT,
	  0 },
	{ "an offset that no file has",
	  { ELFCLASS64, EM_X86_64, true, true, true, STT_FUNC, 1, 0x5123, 0x5000, ~0ULL - 0x10 },
	  -ENOEXEC,
	  0 },
};

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_close int fd = make(&rows[i].shape);
		uint64_t offset = 0;

		tap_test("a function: %s", rows[i].name);
		tap_check_int(symbol_find(fd, NAME, &offset), rows[i].wanted);
		tap_check_int(offset, rows[i].offset);
	}
}

static void test_needs(void)
{
	struct shape shape = rows[0].shape;
	char name[NAME_MAX + 1] = "";
	auto_close int fd = make(&shape);
	auto_close int other = -1;

	tap_test("a library that is needed");
	tap_check_int(symbol_needs(fd, "libreadline.so", name), 0);
	tap_check_str(name, "libreadline.so.8");
	tap_check_int(symbol_needs(fd, "libedit.so", name), -ENOENT);
	shape.dynamic = false;
	other = make(&shape);
	tap_check_int(symbol_needs(other, "libreadline.so", name), -ENOENT);
}

static void test_library(void)
{
	auto_close int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char name[NAME_MAX + 1], path[PATH_MAX];
	struct shape shape = rows[0].shape;
	auto_close int library = -1;
	auto_close int foreign = -1;
	uint64_t offset = 0;

	tap_test("a library that is there, and of the right machine");
	if (!tap_check_int(symbol_needs(fd, "libc.", name), 0))
		return;
	library = symbol_open_library(fd, name, path);
	if (tap_check(library >= 0))
		tap_check_int(symbol_find(library, "getpid", &offset), 0);
	tap_check(offset > 0);
	tap_check_int(symbol_open_library(fd, "libnowhere.so.1", path), -ENOENT);
	shape.machine = EM_S390;
	foreign = make(&shape);
	tap_check_int(symbol_open_library(foreign, name, path), -ENOENT);
}

/* --- what is no such file --- */

static void test_garbage(void)
{
	static const char *const files[] = { "/dev/null", "/proc/self/status", "/" };
	char name[NAME_MAX + 1];
	uint64_t offset;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		auto_close int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		tap_test("no ELF file: %s", files[i]);
		tap_check_int(symbol_find(fd, NAME, &offset), -ENOEXEC);
		tap_check_int(symbol_needs(fd, "lib", name), -ENOEXEC);
	}
}

static int copy_of(const void *bytes, size_t size)
{
	int fd = memfd_create("damaged", MFD_CLOEXEC);

	if (pwrite(fd, bytes, size, 0) != (ssize_t)size)
		tap_fail("a copy");
	return fd;
}

/* Whatever it says, it comes back, and has looked at nothing that is not there. */
static bool survives(const void *bytes, size_t size)
{
	auto_close int fd = copy_of(bytes, size);
	char name[NAME_MAX + 1];
	uint64_t offset;
	int found = symbol_find(fd, NAME, &offset), needs = symbol_needs(fd, "libr", name);

	return (!found || found == -ENOENT || found == -ENOEXEC) &&
	       (!needs || needs == -ENOENT || needs == -ENOEXEC);
}

static void test_damaged(const char *what, const struct shape *shape)
{
	static const unsigned char wrong[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	unsigned char bytes[8192];
	auto_close int fd = make(shape);
	ssize_t size = pread(fd, bytes, sizeof(bytes), 0);

	tap_test("cut off at every byte, %s", what);
	tap_check(size > 0 && size < (ssize_t)sizeof(bytes));
	for (ssize_t i = 0; i < size; i++) {
		tap_note("%zd of %zd bytes", i, size);
		if (!tap_check(survives(bytes, i)))
			break;
	}
	tap_note("%s", "");
	tap_test("every byte wrong in turn, %s", what);
	for (ssize_t i = 0; i < size; i++) {
		unsigned char right = bytes[i];

		tap_note("byte %zd", i);
		for (size_t j = 0; j < sizeof(wrong); j++) {
			bytes[i] = wrong[j];
			tap_check(survives(bytes, size));
		}
		bytes[i] = right;
	}
	tap_note("%s", "");
}

int main(void)
{
	test_rows();
	test_needs();
	test_library();
	test_garbage();
	test_damaged("64 bits", &rows[0].shape);
	test_damaged("32 bits", &rows[2].shape);
	return tap_done();
}
