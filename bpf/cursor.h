/* SPDX-License-Identifier: GPL-2.0-only */
/* A place in a packet that knows its end: the only code that compares a packet pointer with it. */
#ifndef BPF_CURSOR_H
#define BPF_CURSOR_H

#include <stdbool.h>

#include <bpf/bpf_helpers.h>

/* No header is looked for further in than this. A power of two less one, as the verifier wants to
 * see a bound it can follow through a mask. */
#define CURSOR_MAX_OFFSET 0x7fff

struct cursor {
	hook_ctx *ctx;
	void *data, *data_end; /* what the kernel lets us read in place */
	__u32 offset;          /* of the next header, bytes from the start of the frame */
	__u32 len;             /* of the frame, bytes, also where it cannot be read in place */
	__u32 end;             /* where the IP header says the packet ends; never past len */
	__u32 tags;            /* VLAN tags met so far, one in packet metadata included */
	bool copying;          /* a constant: read by copy, wherever the bytes are */
};

/* Looks at the next `size` bytes without moving. NULL: the frame, or what can be read of it in
 * place, ends before. `copy` must hold `size` bytes and outlive the result. */
static __always_inline const void *cursor_peek_(const struct cursor *c, void *copy, __u32 size)
{
	__u32 offset = c->offset;
	void *at;

	if (c->copying)
		return hook_load_bytes(c->ctx, offset, copy, size) ? NULL : copy;

	/* Hidden from the compiler, which would prove the mask superfluous and drop it; the
	 * verifier does not remember that proof. */
	asm volatile("" : "+r"(offset));
	at = c->data + (offset & CURSOR_MAX_OFFSET);
	return at + size <= c->data_end ? at : NULL;
}
#define cursor_peek(c, copy) ((const typeof(*(copy)) *)cursor_peek_(c, copy, sizeof(*(copy))))

/* Whether part of the frame cannot be read in place: it lies outside the linear area of an skb, or
 * in a later buffer of an XDP frame. */
static __always_inline bool cursor_has_more_to_copy(const struct cursor *c)
{
	return c->data + c->len > c->data_end;
}

/* Moves on by `size` bytes. */
static __always_inline void cursor_skip(struct cursor *c, __u32 size)
{
	c->offset += size;
}

/* Where ways through a layer meet again: hides from the compiler which it was, so that it does not
 * make a copy of all that follows for each, and from the verifier, which would look at what follows
 * once for each. Swapping bytes to and fro is a number the verifier does not follow. */
static __always_inline void cursor_forget_way(struct cursor *c)
{
	asm volatile("%0 = be32 %0; %0 = be32 %0" : "+r"(c->offset));
}

/* Whether the next `size` bytes are part of the packet, and not padding or past its end. */
static __always_inline bool cursor_has(const struct cursor *c, __u32 size)
{
	return c->offset + size <= c->end;
}

#endif
