/* SPDX-License-Identifier: GPL-2.0-only */
/* The only way to what a compiled policy has at an address, and to the other pages of pc_pages. */
#ifndef BPF_IMAGE_H
#define BPF_IMAGE_H

#include <bpf/bpf_helpers.h>

#include "abi/policy.h"
#include "bpf/maps_policy.h"

/* NULL: there is no such page. */
static __always_inline void *page_at(__u32 key)
{
	void *page = bpf_map_lookup_elem(&pc_pages, &key);
	__u32 only = 0;

	return page ? bpf_map_lookup_elem(page, &only) : NULL;
}

/* What is `offset` bytes into a page, and PC_PAGE_SLACK bytes from there on. */
static __always_inline void *page_offset(void *page, __u32 offset)
{
	/* Masked last, and out of the compiler's sight: it would move the mask to where Linux 6.1's
	 * verifier does not see it any more. */
	asm volatile("" : "+r"(offset));
	return page + (offset & (PC_PAGE_SIZE - 1));
}

/* What an image has at an address; `image` is the key of its first page. */
static __always_inline const void *image_at(__u32 image, __u32 address)
{
	void *page = page_at(image + (address >> PC_PAGE_SHIFT));

	return page ? page_offset(page, address) : NULL;
}

/* A way through an image that remembers its page: the next place is often in the same one. */
struct trail {
	__u32 image;
	__u32 number; /* of the page */
	void *page;   /* NULL: none yet */
};

static __always_inline const void *trail_at(struct trail *t, __u32 address)
{
	__u32 number = address >> PC_PAGE_SHIFT;

	if (!t->page || number != t->number) {
		t->number = number;
		t->page = page_at(t->image + number);
	}
	return t->page ? page_offset(t->page, address) : NULL;
}

/* A node, read at once; tells whether there is one. */
static __always_inline bool take_node(const struct pc_node *node, struct pc_node *ret_node)
{
	if (node)
		*ret_node = *node;
	return node;
}

/* The address of the next node, for the word this one cuts on. */
static __always_inline __u32 node_child(const struct pc_node *node, __u32 word)
{
	return node->base + (word >> node->shift & node->mask) * sizeof(*node);
}

#endif
