/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps an interface's policies live in, and the word that says which one is in force. */
#include "lib/kern/engine.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/pages.h"

void engine_close(struct engine *engine)
{
	if (engine->active)
		munmap(engine->active, sizeof(*engine->active));
	if (engine->pages >= 0)
		close(engine->pages);
}

int engine_open(const struct pins *pins, struct engine *ret_engine)
{
	auto_close int active = -1;
	char path[PATH_MAX];
	void *at;

	*ret_engine = (struct engine){ .pages = -1 };
	/* Without both no image was ever in force. */
	if (access(pins_path(pins, PC_MAP_ACTIVE, path), F_OK) ||
	    access(pins_path(pins, PC_MAP_PAGES, path), F_OK))
		return 0;
	active = pins_open_map(pins, PC_MAP_ACTIVE);
	if (active < 0)
		return active;
	ret_engine->pages = pins_open_map(pins, PC_MAP_PAGES);
	if (ret_engine->pages < 0)
		return ret_engine->pages;
	at = mmap(NULL, sizeof(struct pc_active), PROT_READ | PROT_WRITE, MAP_SHARED, active, 0);
	if (at == MAP_FAILED)
		return fail(errno, "%s", PC_MAP_ACTIVE);
	ret_engine->active = at;
	return 0;
}

__u64 engine_word(const struct engine *engine)
{
	return engine->active ? __atomic_load_n(&engine->active->word, __ATOMIC_ACQUIRE) : 0;
}

void engine_set_word(const struct engine *engine, __u64 word)
{
	__atomic_store_n(&engine->active->word, word, __ATOMIC_RELEASE);
}

void engine_set_front(const struct engine *engine, enum pc_choice choice,
                      const struct pc_front *front)
{
	engine->active->front[choice - PC_CHOICE_A] = *front;
}

static int make_map(const struct pins *pins, const char *name, int (*create)(void))
{
	char path[PATH_MAX];
	auto_close int fd = -1;

	if (!access(pins_path(pins, name, path), F_OK))
		return 0;
	fd = create();
	if (fd < 0)
		return fd;
	return bpf_obj_pin(fd, path) ? fail(errno, "%s", path) : 0;
}

static int create_active(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, PC_MAP_ACTIVE, sizeof(__u32),
	                        sizeof(struct pc_active), 1, &opts);

	return fd < 0 ? fail(errno, "map %s", PC_MAP_ACTIVE) : fd;
}

int engine_make(const struct pins *pins)
{
	int r = make_map(pins, PC_MAP_ACTIVE, create_active);

	return r ? r : make_map(pins, PC_MAP_PAGES, pages_create);
}
