/* SPDX-License-Identifier: GPL-2.0-only */
/* loader check: what this kernel and the devices offer, and what attach will make of it. */
#include <errno.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/table.h"
#include "lib/kern/features.h"
#include "lib/kern/link.h"
#include "lib/kern/netns.h"
#include "lib/kern/tc.h"
#include "lib/kern/xdp.h"
#include "loader/commands.h"

/* One thing the kernel offers or does not, and what follows. */
struct consequence {
	const char *feature, *text;
	const char *with, *without;
	bool needed;
};

static const struct consequence consequences[] = {
	{ "xdp", "XDP programs", "counts and measures every packet", "only --no-xdp works", false },
	{ "tc", "TC programs", "enforces the policy", "nothing to enforce with", true },
	{ "tcx", "tcx links", "--tc tcx works", "--tc clsact, the default, works", false },
	{ "freplace", "program extensions", "XDP joins libxdp's dispatcher, others may join us",
	  "XDP runs alone on an interface", false },
	{ "btf", "kernel type information", "", "XDP programs are refused", true },
	{ "jit", "JIT compiler", "", "no program loads: sysctl net.core.bpf_jit_enable=1", true },
	{ "bpffs", "BPF file system", "", "attach mounts it, detach unmounts it", false },
};
#define CONSEQUENCES (sizeof(consequences) / sizeof(*consequences))

static const char *mode_cost(enum pc_xdp_mode mode, const struct link *link)
{
	const struct xdp_state nobody = { 0 };
	const char *why;

	if (mode == PC_XDP_SKB)
		return "works on every device; an skb is made first, so drops cost more";
	if (xdp_best_mode(link, &nobody, 0, false, &why) == PC_XDP_SKB)
		return why;
	return "before an skb is made; not every driver has it, auto tries";
}

static void check_kernel(struct table *table, json_t *kernel)
{
	for (size_t i = 0; i < CONSEQUENCES; i++) {
		const struct consequence *c = &consequences[i];
		bool offered = feature_offered(c->feature);

		table_cell(table, "%s", c->text);
		table_cell(table, "%s", offered ? "yes" : c->needed ? "NO" : "no");
		table_cell(table, "%s", offered ? c->with : c->without);
		json_object_set_new(kernel, c->feature, json_boolean(offered));
	}
}

static void check_occupants(const struct xdp_state *xdp, json_t *ret_programs, char *text,
                            size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < xdp->count; i++) {
		json_array_append_new(ret_programs, json_pack("{s:i,s:s}", "id", xdp->progs[i].id,
		                                              "name", xdp->progs[i].name));
		if (len < size)
			len += snprintf(text + len, size - len, "%s%s (id %u)", i ? ", " : "",
			                xdp->progs[i].name, xdp->progs[i].id);
	}
}

static int check_interface(const char *ifname, bool json, json_t *interfaces)
{
	auto_table struct table *table = table_new("lll");
	json_t *programs = json_array();
	const char *kind = NULL, *why;
	enum pc_xdp_mode best;
	struct xdp_state xdp;
	char occupants[256];
	struct link link;
	bool ethernet;
	int r = link_get(ifname, &link);

	if (!r)
		r = xdp_query(link.ifindex, &xdp);
	if (!r)
		r = tc_qdisc_kind(link.ifindex, &kind);
	if (r) {
		json_decref(programs);
		return r;
	}
	ethernet = link.type == ARPHRD_ETHER || link.type == ARPHRD_LOOPBACK;
	best = xdp_best_mode(&link, &xdp, 0, false, &why);
	check_occupants(&xdp, programs, occupants, sizeof(occupants));
	json_array_append_new(
		interfaces,
		json_pack("{s:s,s:i,s:o,s:i,s:b,s:s,s:s,s:o,s:o}", "ifname", link.name, "ifindex",
	                  link.ifindex, "driver", json_text(link.driver), "mtu", link.mtu,
	                  "ethernet", ethernet, "xdp_mode", xdp_mode_name(best), "xdp_mode_reason",
	                  why, "xdp_programs", programs, "qdisc", json_text(kind)));
	if (json)
		return 0;
	printf("\n%s: driver %s, MTU %u%s\n", link.name, *link.driver ? link.driver : "unknown",
	       link.mtu, ethernet ? "" : "; NO Ethernet header: attach will refuse it");
	for (enum pc_xdp_mode mode = PC_XDP_NATIVE; mode <= PC_XDP_SKB; mode++) {
		table_cell(table, "XDP in %s mode", xdp_mode_name(mode));
		table_cell(table, "%s", mode == best ? "auto" : "");
		table_cell(table, "%s", mode_cost(mode, &link));
	}
	table_cell(table, "XDP programs now");
	table_cell(table, "%s", xdp.count ? "yes" : "none");
	table_cell(table, "%s%s", occupants,
	           !xdp.count       ? ""
	           : xdp.dispatcher ? "; in libxdp's dispatcher, we join"
	                            : "; not in libxdp's dispatcher");
	table_cell(table, "clsact qdisc now");
	table_cell(table, "%s", kind ? kind : "none");
	table_cell(table, "%s", kind ? "stays when we go" : "made by attach, removed by detach");
	table_print(table, "  ", stdout);
	return 0;
}

static int run_check(const struct invocation *inv)
{
	auto_table struct table *table = table_new("lll");
	json_t *kernel = json_object(), *interfaces = json_array();
	struct utsname host;
	int r = geteuid() ? fail_because(EPERM, "root is needed: try sudo") : 0;

	uname(&host);
	/* First, as the JIT's switch is shown in the initial namespace only. */
	if (!r)
		check_kernel(table, kernel);
	if (!r && !inv->common.json) {
		printf("Linux %s\n", host.release);
		table_print(table, "  ", stdout);
	}
	if (!r)
		r = netns_enter(inv->common.netns);
	for (int i = 0; !r && i < inv->operand_count; i++)
		r = check_interface(inv->operands[i], inv->common.json, interfaces);
	if (!inv->common.json || r) {
		json_decref(kernel);
		json_decref(interfaces);
		return r;
	}
	return json_print(json_pack("{s:s,s:o,s:o}", "release", host.release, "kernel", kernel,
	                            "interfaces", interfaces));
}

const struct cmd check_cmd = {
	"check", "[IFACE...]", "what kernel and devices offer, and what attach will do", NULL,
	0,       run_check
};
