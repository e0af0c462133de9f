/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes system calls that tracers look at, and says how many nanoseconds one of them took.
 *
 * usage: calls open THREADS COUNT [PER-SECOND]
 *        calls exec THREADS COUNT FILE
 *
 * Each thread opens COUNT files that are not there, /nowhere/THREAD/NUMBER, as fast as it can or as
 * many a second; or starts FILE that often, which is first written: the smallest program there is.
 */
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <elf.h>

static struct {
	long count, rate;
	const char *file;
} load;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void await(uint64_t start, long done)
{
	uint64_t due = start + done * 1000000000ULL / load.rate;
	struct timespec t = { (time_t)(due / 1000000000), (long)(due % 1000000000) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void *open_files(void *thread)
{
	uint64_t start = now();
	char path[64];

	for (long i = 0; i < load.count; i++) {
		snprintf(path, sizeof(path), "/nowhere/%ld/%ld", (long)thread, i);
		/* As fast as that is paced: in lots of a hundred. */
		if (load.rate && i % 100 == 0)
			await(start, i);
		if (open(path, O_RDONLY | O_CLOEXEC) >= 0)
			abort();
	}
	return NULL;
}

static void *start_programs(void *thread)
{
	char number[32];
	char *const argv[] = { (char *)load.file, number, NULL };

	for (long i = 0; i < load.count; i++) {
		pid_t child;

		snprintf(number, sizeof(number), "%ld/%ld", (long)thread, i);
		if (posix_spawn(&child, load.file, NULL, NULL, argv, NULL) ||
		    waitpid(child, NULL, 0) != child)
			abort();
	}
	return NULL;
}

/* One page with an ELF header, a segment, and exit(0). */
static int write_program(const char *path)
{
	static const unsigned char x86[] = { 0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };
	static const unsigned char arm[] = { 0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b,
		                             0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4 };
	Elf64_Ehdr self;
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
		unsigned char code[16];
	} program = { 0 };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &self, sizeof(self)) != sizeof(self))
		return -1;
	close(fd);
	if (self.e_machine == EM_X86_64)
		memcpy(program.code, x86, sizeof(x86));
	else if (self.e_machine == EM_AARCH64)
		memcpy(program.code, arm, sizeof(arm));
	else
		return -1;
	program.header = self;
	program.header.e_type = ET_EXEC;
	program.header.e_phoff = sizeof(program.header);
	program.header.e_phnum = 1;
	program.header.e_shoff = program.header.e_shnum = program.header.e_shstrndx = 0;
	program.header.e_entry = 0x400000 + sizeof(program.header) + sizeof(program.segment);
	program.segment = (Elf64_Phdr){ .p_type = PT_LOAD,
		                        .p_flags = PF_R | PF_X,
		                        .p_vaddr = 0x400000,
		                        .p_filesz = sizeof(program),
		                        .p_memsz = sizeof(program),
		                        .p_align = 0x1000 };
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, &program, sizeof(program)) != sizeof(program))
		return -1;
	return close(fd);
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	void *(*run)(void *);
	uint64_t start;
	long count;

	if (argc < 4)
		return 2;
	count = strtol(argv[2], NULL, 10);
	load.count = strtol(argv[3], NULL, 10);
	run = strcmp(argv[1], "exec") != 0 ? open_files : start_programs;
	if (count < 1 || count > 64 || load.count < 1)
		return 2;
	if (argc > 4 && run == open_files)
		load.rate = strtol(argv[4], NULL, 10);
	if (run == start_programs) {
		load.file = argc > 4 ? argv[4] : "";
		if (write_program(load.file)) {
			perror(load.file);
			return 1;
		}
	}
	start = now();
	for (long i = 0; i < count; i++) {
		if (pthread_create(&threads[i], NULL, run, (void *)i))
			abort();
	}
	for (long i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("%llu\n", (unsigned long long)(now() - start) / load.count);
	return 0;
}
