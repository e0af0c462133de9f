/* SPDX-License-Identifier: GPL-2.0-only */
/* A place in a packet that knows its end: the only code that compares a packet pointer with it. */
#ifndef BPF_CURSOR_H
#define BPF_CURSOR_H

#include <stdbool.h>

#include <bpf/bpf_helpers.h>

/* No header is looked for further in than this, nor can be (net/core/filter.c, bpf_skb_load_bytes).
 */
#define CURSOR_MAX_OFFSET 0xffff

struct cursor {
	hook_ctx *ctx;
	void *data, *data_end; /* what can be read in place */
	__u32 offset;          /* of the next header, bytes from the start of the frame */
	__u32 len;             /* of the frame, bytes */
	__u32 end;             /* where the IP header says the packet ends; never past len */
	__u32 reach;           /* a constant: bytes that are known to be readable in place */
	bool copying;          /* a constant: reads by copy what cannot be read in place */
};

/* Looks at the next `size` bytes without moving. NULL: the frame, or what can be read of it in
 * place, ends before. `copy` must hold `size` bytes and outlive the result. */
static __always_inline const void *cursor_peek_(const struct cursor *c, void *copy, __u32 size)
{
	const void *at = c->data + c->offset;

	if (c->copying)
		return hook_load_bytes(c->ctx, c->offset, copy, size) ? NULL : copy;

	__builtin_assume(at != NULL);
	if (c->offset + size <= c->reach)
		return at;

	/* One value to the compiler: worked out again later, it would be unchecked to the verifier.
	 */
	asm("" : "+r"(at));
	return at + size <= c->data_end ? at : NULL;
}
#define cursor_peek(c, copy) ((const typeof(*(copy)) *)cursor_peek_(c, copy, sizeof(*(copy))))

/* Moves on by `size` bytes. */
static __always_inline void cursor_skip(struct cursor *c, __u32 size)
{
	c->offset += size;
}

/* Where ways through a layer meet again: hides from the verifier the value that tells which it was,
 * as it would look at what follows once for each. It does not see that the same is done and undone.
 * Reading in place has few ways, and the verifier needs to know how far in it is. */
#define cursor_forget(c, value) \
	do { \
		if ((c)->copying) \
			asm volatile("%0 ^= %1; %0 ^= %1" : "+r"(value) : "r"((c)->len)); \
	} while (0)

/* Whether the next `size` bytes are part of the packet, and not padding or past its end. */
static __always_inline bool cursor_has(const struct cursor *c, __u32 size)
{
	return c->offset + size <= c->end;
}

#endif
