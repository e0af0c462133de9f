/* SPDX-License-Identifier: GPL-2.0-only */
/* Our programs: opened from inside this binary, configured, loaded onto the maps of a pin
 * directory. */
#include "lib/kern/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/kern/xdp.h"
#include "tc_prog/egress.skel.h"
#include "tc_prog/ingress.skel.h"
#include "xdp_prog/ingress.skel.h"

/* Says why a program was refused: the verifier's last word, or the library's. */
static int refused(int error, const char *what)
{
	const char *reason = log_reason();

	if (!reason)
		return fail(error, "%s", what);
	return fail_because(error, "%s: %s: %s", what, strerror(abs(error)), reason);
}

/* Whether programs may look at the kernel's own struct behind their context: bpf_cast_to_kern_ctx()
 * came with Linux 6.2. Asking the kernel's BTF would take longer than all the rest of an attach. */
static bool kernel_shows_context(void)
{
	struct utsname host;
	unsigned major, minor;

	return !uname(&host) && sscanf(host.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 2));
}

static void destroy_xdp(struct xdp_prog_ingress **skel)
{
	xdp_prog_ingress__destroy(*skel);
}

int object_attach_xdp(const struct pins *pins, unsigned ifindex, const struct pc_plan *plan,
                      int *ret_prog_fd)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = pins->path);
	__attribute__((cleanup(destroy_xdp))) struct xdp_prog_ingress *skel;
	int r;

	log_forget();
	skel = xdp_prog_ingress__open_opts(&opts);
	if (!skel)
		return refused(errno, "opening the XDP program");
	skel->rodata->enforce = plan->early_drop;
	skel->rodata->can_see_kern_ctx = kernel_shows_context();
	r = xdp_attach(ifindex, plan->xdp_mode, skel->obj, ret_prog_fd);
	return r ? refused(r, "attaching the XDP program") : 0;
}

static void destroy_tc_ingress(struct tc_prog_ingress **skel)
{
	tc_prog_ingress__destroy(*skel);
}

static void destroy_tc_egress(struct tc_prog_egress **skel)
{
	tc_prog_egress__destroy(*skel);
}

static int load_ingress(const struct bpf_object_open_opts *opts)
{
	__attribute__((cleanup(destroy_tc_ingress))) struct tc_prog_ingress *skel =
		tc_prog_ingress__open_opts(opts);

	if (!skel)
		return -errno;
	skel->rodata->can_see_kern_ctx = kernel_shows_context();
	if (tc_prog_ingress__load(skel))
		return -errno;
	return fcntl(bpf_program__fd(skel->progs.portcullis_in), F_DUPFD_CLOEXEC, 0);
}

static int load_egress(const struct bpf_object_open_opts *opts)
{
	__attribute__((cleanup(destroy_tc_egress))) struct tc_prog_egress *skel =
		tc_prog_egress__open_opts(opts);

	if (!skel || tc_prog_egress__load(skel))
		return -errno;
	return fcntl(bpf_program__fd(skel->progs.portcullis_out), F_DUPFD_CLOEXEC, 0);
}

int object_load_tc(const struct pins *pins, enum pc_hook hook, int *ret_prog_fd)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = pins->path);
	int fd;

	log_forget();
	fd = hook == PC_HOOK_TC_INGRESS ? load_ingress(&opts) : load_egress(&opts);
	if (fd < 0)
		return refused(fd, hook == PC_HOOK_TC_INGRESS ? "loading the TC ingress program"
		                                              : "loading the TC egress program");
	*ret_prog_fd = fd;
	return 0;
}
