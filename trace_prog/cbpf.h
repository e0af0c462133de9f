/* SPDX-License-Identifier: GPL-2.0-only */
/* Classic BPF, run over the beginning of a frame: what pcap_compile() makes of a pcap-filter
 * expression is decided in the kernel, whatever it asks for. Jumps go forward only, so that a
 * program ends after as many steps as it has instructions. */
#ifndef TRACE_PROG_CBPF_H
#define TRACE_PROG_CBPF_H

#include <linux/bpf_common.h>
#include <linux/filter.h>

#include "abi/trace_packet.h"
#include "trace_prog/kernel.h"

/* What a filter sees, a packet whose tag, where `skip` is 4, is looked over; and the machine that
 * runs it. In a map's memory, of which the verifier knows nothing: what is on the stack it follows
 * from one instruction to the next, for seconds. */
struct frame {
	__u32 len;      /* bytes that are here */
	__u32 wire_len; /* bytes of the packet */
	__u32 skip;
	__u32 added; /* bytes that the packet does not have there */
	__u8 bytes[PC_PACKET_HEAD];

	__u32 pc, a, x;
	__u32 result; /* 0: it does not match */
	__u32 memory[BPF_MEMWORDS];
};

#define TAG_AT  12
#define TAG_LEN 4

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* user space says how many */
	__type(key, __u32);
	__type(value, struct pc_packet_insn);
} pc_code SEC(".maps");

const volatile __u32 code_len;

/* False: the packet, or what is here of it, ends before. */
static __always_inline bool cbpf_load(const struct frame *m, __u64 at, __u32 size, __u32 *ret_value)
{
	__u32 value = 0;

	for (__u32 i = 0; i < 4 && i < size; i++) {
		__u64 from = at + i;

		if (from >= TAG_AT)
			from += m->skip;
		if (from >= m->len || from >= PC_PACKET_HEAD)
			return false;
		asm volatile("" : "+r"(from)); /* what is checked is what is used */
		value = value << 8 | m->bytes[from & (PC_PACKET_HEAD - 1)];
	}
	*ret_value = value;
	return true;
}

static __always_inline __u32 *cbpf_cell(struct frame *m, __u32 k)
{
	return &m->memory[k & (BPF_MEMWORDS - 1)];
}

static __always_inline __u32 cbpf_size(__u16 code)
{
	return BPF_SIZE(code) == BPF_B ? 1 : BPF_SIZE(code) == BPF_H ? 2 : 4;
}

/* The four kinds below return whether the program goes on. */
static __always_inline bool cbpf_ld(struct frame *m, const struct pc_packet_insn *insn)
{
	__u32 *to = BPF_CLASS(insn->code) == BPF_LD ? &m->a : &m->x;

	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		*to = insn->k;
		return true;
	case BPF_LEN:
		*to = m->wire_len;
		return true;
	case BPF_MEM:
		*to = *cbpf_cell(m, insn->k);
		return true;
	case BPF_ABS:
		return cbpf_load(m, insn->k, cbpf_size(insn->code), to);
	case BPF_IND:
		return cbpf_load(m, (__u64)m->x + insn->k, cbpf_size(insn->code), to);
	case BPF_MSH:
		if (!cbpf_load(m, insn->k, 1, to))
			return false;
		*to = (*to & 0xf) * 4;
		return true;
	default:
		return false;
	}
}

static __always_inline bool cbpf_alu(struct frame *m, const struct pc_packet_insn *insn)
{
	__u32 by = BPF_SRC(insn->code) == BPF_X ? m->x : insn->k;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		m->a += by;
		return true;
	case BPF_SUB:
		m->a -= by;
		return true;
	case BPF_MUL:
		m->a *= by;
		return true;
	case BPF_DIV:
		if (by)
			m->a /= by;
		return by;
	case BPF_MOD:
		if (by)
			m->a %= by;
		return by;
	case BPF_AND:
		m->a &= by;
		return true;
	case BPF_OR:
		m->a |= by;
		return true;
	case BPF_XOR:
		m->a ^= by;
		return true;
	case BPF_LSH:
		m->a = by < 32 ? m->a << by : 0;
		return true;
	case BPF_RSH:
		m->a = by < 32 ? m->a >> by : 0;
		return true;
	case BPF_NEG:
		m->a = -m->a;
		return true;
	default:
		return false;
	}
}

static __always_inline bool cbpf_jump(struct frame *m, const struct pc_packet_insn *insn)
{
	__u32 with = BPF_SRC(insn->code) == BPF_X ? m->x : insn->k;
	bool holds;

	switch (BPF_OP(insn->code)) {
	case BPF_JA:
		m->pc += insn->k;
		return true;
	case BPF_JEQ:
		holds = m->a == with;
		break;
	case BPF_JGT:
		holds = m->a > with;
		break;
	case BPF_JGE:
		holds = m->a >= with;
		break;
	case BPF_JSET:
		holds = m->a & with;
		break;
	default:
		return false;
	}
	m->pc += holds ? insn->jt : insn->jf;
	return true;
}

static __always_inline bool cbpf_return(struct frame *m, const struct pc_packet_insn *insn)
{
	m->result = BPF_RVAL(insn->code) == BPF_A ? m->a : insn->k;
	return false;
}

/* One instruction. Returns 1 when the program ends. */
static long cbpf_step(__u32 index, void *context)
{
	struct frame *m = *(struct frame **)context;
	const struct pc_packet_insn *insn = bpf_map_lookup_elem(&pc_code, &(__u32){ m->pc });

	(void)index;
	if (!insn)
		return 1;
	m->pc++;
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		return !cbpf_ld(m, insn);
	case BPF_ST:
		*cbpf_cell(m, insn->k) = m->a;
		return 0;
	case BPF_STX:
		*cbpf_cell(m, insn->k) = m->x;
		return 0;
	case BPF_ALU:
		return !cbpf_alu(m, insn);
	case BPF_JMP:
		return !cbpf_jump(m, insn);
	case BPF_RET:
		return !cbpf_return(m, insn);
	default: /* BPF_MISC */
		if (BPF_MISCOP(insn->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return 0;
	}
}

static __always_inline bool cbpf_matches(struct frame *m)
{
	m->pc = m->a = m->x = m->result = 0;
	__builtin_memset(m->memory, 0, sizeof(m->memory));
	bpf_loop(code_len, cbpf_step, &m, 0);
	return m->result;
}

#endif
