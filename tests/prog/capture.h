/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets out of capture files, pcap and pcapng, one after the other. */
#ifndef TESTS_PROG_CAPTURE_H
#define TESTS_PROG_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPTURE_ETHERNET   1  /* LINKTYPE_ETHERNET */
#define CAPTURE_INTERFACES 64 /* of one file that are told apart */

struct capture {
	uint8_t *bytes;
	size_t len, at;
	bool swapped; /* in the other byte order */
	bool blocks;  /* pcapng */
	uint16_t link_types[CAPTURE_INTERFACES];
	unsigned interfaces;
};

struct capture_packet {
	const uint8_t *bytes;
	size_t len; /* as far as it was captured */
	unsigned link_type;
};

static inline uint32_t capture_32(const struct capture *c, size_t at)
{
	uint32_t value;

	memcpy(&value, c->bytes + at, sizeof(value));
	return c->swapped ? __builtin_bswap32(value) : value;
}

static inline uint16_t capture_16(const struct capture *c, size_t at)
{
	uint16_t value;

	memcpy(&value, c->bytes + at, sizeof(value));
	return c->swapped ? __builtin_bswap16(value) : value;
}

/* Returns whether the file could be read. */
static inline bool capture_slurp(struct capture *c, const char *path)
{
	FILE *file = fopen(path, "rb");
	long size = -1;

	if (file && !fseek(file, 0, SEEK_END))
		size = ftell(file);
	if (size > 0) {
		rewind(file);
		c->bytes = malloc(size);
		c->len = c->bytes ? fread(c->bytes, 1, size, file) : 0;
	}
	if (file)
		fclose(file);
	return size > 0 && c->len == (size_t)size;
}

static inline void capture_close(struct capture *c)
{
	free(c->bytes);
	c->bytes = NULL;
}

/* Returns NULL, or why there is nothing to be had from this file. */
static inline const char *capture_open(struct capture *c, const char *path)
{
	*c = (struct capture){ 0 };
	if (!capture_slurp(c, path))
		return "cannot be read";
	if (c->len < 24)
		return "too short for a capture";
	switch (capture_32(c, 0)) {
	case 0x0a0d0d0a: /* reads the same both ways */
		c->blocks = true;
		return NULL;
	case 0xd4c3b2a1:
	case 0x4d3cb2a1:
		c->swapped = true;
		break;
	case 0xa1b2c3d4:
	case 0xa1b23c4d:
		break;
	default:
		return "no capture that we know";
	}
	c->link_types[0] = capture_32(c, 20);
	c->at = 24;
	return NULL;
}

/* A record of pcap: seconds, fraction, length captured, length. */
static inline bool capture_next_record(struct capture *c, struct capture_packet *p)
{
	if (c->len - c->at < 16)
		return false;
	p->len = capture_32(c, c->at + 8);
	p->bytes = c->bytes + c->at + 16;
	p->link_type = c->link_types[0];
	if (p->len > c->len - c->at - 16)
		return false;
	c->at += 16 + p->len;
	return true;
}

/* A block of pcapng: type, length, what the type says, length. Returns whether it has a packet. */
static inline bool capture_read_block(struct capture *c, size_t size, struct capture_packet *p)
{
	size_t at = c->at;
	unsigned interface = 0;

	switch (capture_32(c, at)) {
	case 1: /* interface description */
		if (c->interfaces < CAPTURE_INTERFACES && size >= 20)
			c->link_types[c->interfaces++] = capture_16(c, at + 8);
		return false;
	case 3: /* simple packet */
		if (size < 16)
			return false;
		p->len = capture_32(c, at + 8);
		p->bytes = c->bytes + at + 12;
		if (p->len > size - 16) /* it says the length before it was cut */
			p->len = size - 16;
		break;
	case 6: /* enhanced packet */
		if (size < 32)
			return false;
		interface = capture_32(c, at + 8);
		p->len = capture_32(c, at + 20);
		p->bytes = c->bytes + at + 28;
		if (p->len > size - 32)
			return false;
		break;
	default:
		return false;
	}
	p->link_type = interface < CAPTURE_INTERFACES ? c->link_types[interface] : 0;
	return true;
}

static inline bool capture_next_in_blocks(struct capture *c, struct capture_packet *p)
{
	while (c->len - c->at >= 12) {
		size_t size;
		bool found;

		if (capture_32(c, c->at) == 0x0a0d0d0a) { /* a section, with its byte order */
			uint32_t magic;

			memcpy(&magic, c->bytes + c->at + 8, sizeof(magic));
			c->swapped = magic == 0x4d3c2b1a;
			c->interfaces = 0;
		}
		size = capture_32(c, c->at + 4);
		if (size < 12 || size > c->len - c->at)
			return false;
		found = capture_read_block(c, size, p);
		c->at += (size + 3) & ~3ul;
		if (c->at > c->len)
			c->at = c->len;
		if (found)
			return true;
	}
	return false;
}

/* Returns false at the end of the file, or where it makes no more sense. */
static inline bool capture_next(struct capture *c, struct capture_packet *p)
{
	return c->blocks ? capture_next_in_blocks(c, p) : capture_next_record(c, p);
}

#endif
