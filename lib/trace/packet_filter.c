/* SPDX-License-Identifier: GPL-2.0-only */
/* Which packets are wanted, compiled by libpcap. */
#include "lib/trace/packet_filter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <pcap/pcap.h>

#include "lib/base/err.h"

/* What Linux has beside the packet's bytes, such as the way it goes, at offsets below zero. */
static bool asks_beyond(const struct bpf_program *program)
{
	for (size_t i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *insn = &program->bf_insns[i];

		if (BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_ABS &&
		    insn->k > INT32_MAX)
			return true;
	}
	return false;
}

static int take(const struct bpf_program *program, struct pc_packet_insn **ret_code,
                size_t *ret_count)
{
	struct pc_packet_insn *code = calloc(program->bf_len, sizeof(*code));

	if (!code)
		return fail(ENOMEM, "the filter");
	for (size_t i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *insn = &program->bf_insns[i];

		code[i] = (struct pc_packet_insn){ insn->code, insn->jt, insn->jf, insn->k };
	}
	*ret_code = code;
	*ret_count = program->bf_len;
	return 0;
}

int packet_filter_compile(const char *expression, struct pc_packet_insn **ret_code,
                          size_t *ret_count)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, UINT16_MAX);
	struct bpf_program program;
	int r;

	if (!pcap)
		return fail(ENOMEM, "the filter");
	if (pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN)) {
		r = fail_because(ERR_USAGE, "filter '%s': %s", expression, pcap_geterr(pcap));
		pcap_close(pcap);
		return r;
	}
	if (program.bf_len > PC_PACKET_MAX_CODE)
		r = fail_because(ERR_USAGE, "filter '%s': it is too long", expression);
	else if (asks_beyond(&program))
		r = fail_because(ERR_USAGE, "filter '%s': it asks for what is not in a packet",
		                 expression);
	else
		r = take(&program, ret_code, ret_count);
	pcap_freecode(&program);
	pcap_close(pcap);
	return r;
}
