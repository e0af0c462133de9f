/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory policies live in, pc_pages: images written and read whole, pages mapped. */
#include "lib/kern/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/counters.h"

/* Each update of pc_pages waits for the programs that are running (kernel/bpf/syscall.c,
 * maybe_wait_bpf_programs), a batch waits once. Few enough for the usual limit on open files. */
#define BATCH 256

static int page_create(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, PC_MAP_PAGE, sizeof(__u32),
	                        sizeof(struct pc_page), 1, &opts);

	return fd < 0 ? -errno : fd;
}

int pages_create(void)
{
	auto_close int page = page_create();
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = page);
	int fd;

	if (page < 0)
		return fail(page, "map %s", PC_MAP_PAGE);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, PC_MAP_PAGES, sizeof(__u32), sizeof(__u32),
	                    PC_PAGES(counters_cpus()), &opts);
	return fd < 0 ? fail(errno, "map %s", PC_MAP_PAGES) : fd;
}

static int page_open(int pages, __u32 index)
{
	__u32 id;
	int fd;

	if (bpf_map_lookup_elem(pages, &index, &id))
		return -errno;
	fd = bpf_map_get_fd_by_id(id);
	return fd < 0 ? -errno : fd;
}

static struct pc_page *map_fd(int fd)
{
	void *at = mmap(NULL, sizeof(struct pc_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

struct pc_page *pages_map(int pages, __u32 index)
{
	auto_close int fd = page_open(pages, index);

	return fd < 0 ? NULL : map_fd(fd);
}

void pages_unmap(struct pc_page *page)
{
	if (page)
		munmap(page, sizeof(*page));
}

static void unmap_page(struct pc_page **page)
{
	pages_unmap(*page);
}
#define auto_page __attribute__((cleanup(unmap_page)))

static int put(int pages, const __u32 *keys, const int *fds, __u32 count)
{
	__u32 done = count;

	if (!bpf_map_update_batch(pages, keys, fds, &done, NULL))
		return 0;
	/* Kernels without batches for this kind of map. */
	for (__u32 i = 0; i < count; i++) {
		if (bpf_map_update_elem(pages, &keys[i], &fds[i], BPF_ANY))
			return -errno;
	}
	return 0;
}

static int fill_page(const void *bytes, size_t len)
{
	auto_close int fd = page_create();
	auto_page struct pc_page *page = NULL;

	if (fd < 0)
		return fd;
	page = map_fd(fd);
	if (!page)
		return -errno;
	memcpy(page->bytes, bytes, len);
	return TAKE_FD(fd);
}

/* Pages on their way into pc_pages. */
struct batch {
	__u32 keys[BATCH];
	int fds[BATCH];
	__u32 count;
};

static void batch_close(struct batch *batch)
{
	while (batch->count)
		close(batch->fds[--batch->count]);
}
#define auto_batch __attribute__((cleanup(batch_close)))

static int batch_add(struct batch *batch, __u32 key, int fd)
{
	if (fd < 0)
		return fd;
	batch->keys[batch->count] = key;
	batch->fds[batch->count++] = fd;
	return 0;
}

static int batch_put(struct batch *batch, int pages)
{
	int r = batch->count ? put(pages, batch->keys, batch->fds, batch->count) : 0;

	batch_close(batch);
	return r;
}

int pages_write_image(int pages, enum pc_choice choice, const struct image *image)
{
	auto_batch struct batch batch = { .count = 0 };
	__u32 first = PC_PAGE_OF_IMAGE(choice), index = 0;
	int r = 0;

	for (size_t at = 0; !r && at < image->size; at += PC_PAGE_SIZE, index++) {
		size_t len = image->size - at < PC_PAGE_SIZE ? image->size - at : PC_PAGE_SIZE;

		r = batch_add(&batch, first + index, fill_page(image->bytes + at, len));
		if (!r && batch.count == BATCH)
			r = batch_put(&batch, pages);
	}
	if (!r)
		r = batch_put(&batch, pages);
	return r ? fail(r, "writing the policy into the kernel") : 0;
}

/* The header as it is in the kernel, in a page that the caller unmaps. */
static struct pc_page *map_header(int pages, enum pc_choice choice, struct pc_image **ret_header)
{
	struct pc_page *page = pages_map(pages, PC_PAGE_OF_IMAGE(choice));

	*ret_header = page ? (struct pc_image *)page->bytes : NULL;
	return page;
}

static __u32 page_count(__u32 size)
{
	__u32 count = ((__u64)size + PC_PAGE_SIZE - 1) >> PC_PAGE_SHIFT;

	return count > PC_IMAGE_PAGES ? PC_IMAGE_PAGES : count;
}

bool pages_image_there(int pages, enum pc_choice choice)
{
	struct pc_image *header;
	auto_page struct pc_page *page = map_header(pages, choice, &header);

	return header && header->magic == PC_IMAGE_MAGIC;
}

uint32_t pages_generation(int pages, enum pc_choice choice)
{
	struct pc_image *header;
	auto_page struct pc_page *page = map_header(pages, choice, &header);

	return header ? header->front.generation : 0;
}

int pages_read_image(int pages, enum pc_choice choice, struct image *ret_image)
{
	struct pc_image *header;
	auto_page struct pc_page *head = map_header(pages, choice, &header);
	auto_image struct image image = { 0 };
	__u32 count;

	if (!header || header->magic != PC_IMAGE_MAGIC)
		return -ENOENT;
	/* Once: another hand may write there meanwhile. */
	image.size = *(volatile __u32 *)&header->size;
	count = page_count(image.size);
	if (image.size > (size_t)count * PC_PAGE_SIZE)
		return fail_because(EINVAL, "the policy in the kernel is damaged");
	image.bytes = malloc((size_t)count * PC_PAGE_SIZE);
	if (!image.bytes)
		return fail(ENOMEM, "reading the policy");
	for (__u32 i = 0; i < count; i++) {
		auto_page struct pc_page *page = pages_map(pages, PC_PAGE_OF_IMAGE(choice) + i);

		if (!page)
			return fail(errno, "reading the policy");
		memcpy(image.bytes + (size_t)i * PC_PAGE_SIZE, page->bytes, PC_PAGE_SIZE);
	}
	if (!image_header(&image))
		return fail_because(EINVAL, "the policy in the kernel is damaged");
	*ret_image = image;
	image = (struct image){ 0 };
	return 0;
}

int pages_retire_image(int pages, enum pc_choice choice)
{
	__u32 first = PC_PAGE_OF_IMAGE(choice), count;
	auto_close int stub = -1;
	struct pc_image *header;
	auto_page struct pc_page *page = map_header(pages, choice, &header);
	__u32 keys[PC_IMAGE_PAGES];
	int fds[PC_IMAGE_PAGES];
	int r;

	if (!header || header->magic != PC_IMAGE_MAGIC)
		return 0;
	count = page_count(header->size);
	stub = page_open(pages, first);
	if (stub < 0)
		return fail(stub, "giving back a policy's memory");
	/* All of them become the first, which lets go of the others with one wait. */
	for (__u32 i = 1; i < count; i++) {
		keys[i - 1] = first + i;
		fds[i - 1] = stub;
	}
	r = count > 1 ? put(pages, keys, fds, count - 1) : 0;
	if (r)
		return fail(r, "giving back a policy's memory");
	header->magic = 0; /* last: whoever finds it set does all of this again */
	return 0;
}

int pages_wait(int pages)
{
	__u32 key = PC_PAGE_CELLS(0, 0);
	auto_close int fd = page_open(pages, key);

	/* Put back where it is: the kernel waits all the same. */
	if (fd < 0 || bpf_map_update_elem(pages, &key, &fd, BPF_ANY))
		return fail(fd < 0 ? fd : errno, "waiting for the programs that are running");
	return 0;
}

int pages_need(int pages, const __u32 *keys, size_t count)
{
	auto_batch struct batch batch = { .count = 0 };
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		auto_close int there = page_open(pages, keys[i]);

		if (there == -ENOENT)
			r = batch_add(&batch, keys[i], page_create());
		else if (there < 0)
			r = there;
		if (!r && batch.count == BATCH)
			r = batch_put(&batch, pages);
	}
	if (!r)
		r = batch_put(&batch, pages);
	return r ? fail(r, "memory for the policy") : 0;
}
