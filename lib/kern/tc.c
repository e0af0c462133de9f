/* SPDX-License-Identifier: GPL-2.0-only */
/* Attach, find and detach on TC: filters on clsact, or tcx links where asked and the kernel has
 * them. */
#include "lib/kern/tc.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/nl.h"

/* include/uapi/linux/bpf.h as of Linux 6.6; the header we build with may be older. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS  47
#define FLAG_BEFORE        (1U << 3)

/* Where the kernel puts the first filter that names no priority (net/sched/cls_api.c,
 * tcf_auto_prio). */
#define FIRST_PRIORITY 0xc000

static uint32_t hook_parent(enum pc_hook hook)
{
	return TC_H_MAKE(TC_H_CLSACT,
	                 hook == PC_HOOK_TC_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

static struct bpf_tc_hook libbpf_hook(unsigned ifindex, enum bpf_tc_attach_point point)
{
	return (struct bpf_tc_hook){
		.sz = sizeof(struct bpf_tc_hook),
		.ifindex = ifindex,
		.attach_point = point,
	};
}

static struct bpf_tc_hook filter_hook(unsigned ifindex, enum pc_hook hook)
{
	return libbpf_hook(ifindex, hook == PC_HOOK_TC_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS);
}

static struct nlmsghdr *put_dump(char *buffer, uint16_t type, unsigned ifindex, uint32_t parent)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc;

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_DUMP;
	tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = ifindex;
	tc->tcm_parent = parent;
	return request;
}

struct qdisc_search {
	unsigned ifindex;
	const char *kind;
};

static int on_qdisc(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct qdisc_search *search = data;
	const struct nlattr *attr;

	/* The kernel dumps the qdiscs of all interfaces. */
	if ((unsigned)tc->tcm_ifindex != search->ifindex || tc->tcm_parent != TC_H_CLSACT)
		return MNL_CB_OK;
	mnl_attr_for_each (attr, message, sizeof(*tc)) {
		if (mnl_attr_get_type(attr) == TCA_KIND)
			search->kind =
				strcmp(mnl_attr_get_str(attr), "clsact") ? "ingress" : "clsact";
	}
	return MNL_CB_OK;
}

int tc_qdisc_kind(unsigned ifindex, const char **ret_kind)
{
	char buffer[256];
	struct qdisc_search search = { .ifindex = ifindex };
	int r = nl_ask(put_dump(buffer, RTM_GETQDISC, ifindex, 0), on_qdisc, &search);

	if (r)
		return fail(r, "listing qdiscs");
	*ret_kind = search.kind;
	return 0;
}

int tc_make_clsact(unsigned ifindex)
{
	struct bpf_tc_hook hook = libbpf_hook(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	int r = bpf_tc_hook_create(&hook);

	return r ? fail(r, "making the clsact qdisc") : 0;
}

static int on_any_filter(const struct tc_filter *filter, void *data)
{
	(void)filter;
	++*(int *)data;
	return 0;
}

int tc_remove_clsact(unsigned ifindex)
{
	struct bpf_tc_hook hook = libbpf_hook(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	const char *kind = NULL;
	int filters = 0, r;

	r = tc_qdisc_kind(ifindex, &kind);
	if (r || !kind || strcmp(kind, "clsact"))
		return r;
	r = tc_each_filter(ifindex, PC_HOOK_TC_INGRESS, on_any_filter, &filters);
	if (!r)
		r = tc_each_filter(ifindex, PC_HOOK_TC_EGRESS, on_any_filter, &filters);
	if (r || filters)
		return r;
	r = bpf_tc_hook_destroy(&hook);
	return r ? fail(r, "removing the clsact qdisc") : 0;
}

struct filter_search {
	int (*each)(const struct tc_filter *filter, void *data);
	void *data;
	int result;
};

static uint32_t read_prog_id(const struct nlattr *options)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, options) {
		if (mnl_attr_get_type(attr) == TCA_BPF_ID)
			return mnl_attr_get_u32(attr);
	}
	return 0;
}

static int on_filter(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct tc_filter filter = { TC_H_MAJ(tc->tcm_info) >> 16, tc->tcm_handle, 0 };
	struct filter_search *search = data;
	const struct nlattr *attr;
	bool is_bpf = false;

	/* Besides the filters themselves the kernel reports each priority, without a handle. */
	if (!filter.handle)
		return MNL_CB_OK;
	mnl_attr_for_each (attr, message, sizeof(*tc)) {
		if (mnl_attr_get_type(attr) == TCA_KIND)
			is_bpf = !strcmp(mnl_attr_get_str(attr), "bpf");
		else if (mnl_attr_get_type(attr) == TCA_OPTIONS && is_bpf)
			filter.prog_id = read_prog_id(attr);
	}
	if (!search->result)
		search->result = search->each(&filter, search->data);
	return MNL_CB_OK;
}

int tc_each_filter(unsigned ifindex, enum pc_hook hook,
                   int (*each)(const struct tc_filter *filter, void *data), void *data)
{
	char buffer[256];
	struct filter_search search = { each, data, 0 };
	int r = nl_ask(put_dump(buffer, RTM_GETTFILTER, ifindex, hook_parent(hook)), on_filter,
	               &search);

	/* No qdisc, or no interface any more: no filters. */
	if (r == -EINVAL || r == -ENODEV || r == -EOPNOTSUPP)
		return 0;
	return r ? fail(r, "listing TC filters") : search.result;
}

static int on_priority(const struct tc_filter *filter, void *data)
{
	uint32_t *lowest = data;

	if (filter->priority < *lowest)
		*lowest = filter->priority;
	return 0;
}

int tc_attach_filter(unsigned ifindex, enum pc_hook hook, int prog_fd)
{
	struct bpf_tc_hook where = filter_hook(ifindex, hook);
	uint32_t lowest = FIRST_PRIORITY + 1;
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd, .handle = 1);
	int r = tc_each_filter(ifindex, hook, on_priority, &lowest);

	if (r)
		return r;
	/* Somebody already at 1 stays first: a filter at a priority of its own is a neighbour, one
	 * at a priority shared with it would be an intruder. */
	opts.priority = lowest > 1 ? lowest - 1 : 2;
	do {
		r = bpf_tc_attach(&where, &opts);
	} while ((r == -EEXIST || r == -EINVAL) && lowest <= 1 && ++opts.priority < FIRST_PRIORITY);
	return r ? fail(r, "attaching the TC filter") : 0;
}

int tc_replace_filter(unsigned ifindex, enum pc_hook hook, const struct tc_filter *filter,
                      int prog_fd)
{
	struct bpf_tc_hook where = filter_hook(ifindex, hook);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd, .handle = filter->handle,
	            .priority = filter->priority, .flags = BPF_TC_F_REPLACE);
	int r = bpf_tc_attach(&where, &opts);

	return r ? fail(r, "replacing the program of the TC filter") : 0;
}

int tc_detach_filter(unsigned ifindex, enum pc_hook hook, const struct tc_filter *filter)
{
	struct bpf_tc_hook where = filter_hook(ifindex, hook);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = filter->handle, .priority = filter->priority);
	int r = bpf_tc_detach(&where, &opts);

	return r && r != -ENOENT ? fail(r, "detaching the TC filter") : 0;
}

int tcx_attach(unsigned ifindex, enum pc_hook hook, int prog_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = FLAG_BEFORE);
	int fd = bpf_link_create(
		prog_fd, ifindex,
		hook == PC_HOOK_TC_INGRESS ? ATTACH_TCX_INGRESS : ATTACH_TCX_EGRESS, &opts);

	return fd < 0 ? -errno : fd;
}

int tcx_replace(int link_fd, int prog_fd)
{
	int r = bpf_link_update(link_fd, prog_fd, NULL);

	return r ? fail(r, "replacing the program of the tcx link") : 0;
}

bool tcx_offered(void)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts);

	/* The question is understood by those kernels only that know the attach type. Loopback is
	 * there in every namespace. */
	return !bpf_prog_query_opts(1, ATTACH_TCX_INGRESS, &opts);
}
