/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace: containers told by paths of cgroups, named by state files, found by name and ID. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/trace/container.h"
#include "tests/tap.h"

/* IDs: 64 digits each. */
#define A "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
#define B "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"

#define POD "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice"

static const struct {
	const char *path, *id, *runtime, *name; /* no runtime: no container */
} paths[] = {
	{ "/docker/" A, A, "docker", "" },
	{ "/docker/" A "/init", A, "docker", "" },
	{ "/system.slice/docker-" A ".scope", A, "docker", "" },
	{ "/user.slice/user-1.slice/user@1.service/user.slice/docker-" A ".scope", A, "docker",
	  "" },
	{ "system.slice/docker-" A ".scope/", A, "docker", "" },
	{ "/system.slice:docker:" A, A, "docker", "" },
	{ "/../docker/" A, A, "docker", "" },
	{ "/machine.slice/libpod-" A ".scope", A, "podman", "" },
	{ "/machine.slice/libpod-" A ".scope/container/system.slice/x.service", A, "podman", "" },
	{ "/machine.slice/machine-libpod_pod_" B ".slice/libpod-" A ".scope", A, "podman", "" },
	{ "/libpod_parent/libpod-" A, A, "podman", "" },
	{ "/system.slice/x.service/libpod-payload-" A, A, "podman", "" },
	{ "/machine.slice/libpod-conmon-" A ".scope", NULL, NULL, NULL },
	{ "/machine.slice/machine-libpod_pod_" B ".slice", NULL, NULL, NULL },
	{ POD "/cri-containerd-" A ".scope", A, "containerd", "" },
	{ POD "/docker-" A ".scope", A, "docker", "" },
	{ "/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" A, A, "containerd",
	  "" },
	{ "/kubepods/besteffort/pod1-2-3/" A, A, "", "" },
	{ POD, NULL, NULL, NULL },
	{ "/user.slice/nerdctl-" A ".scope", A, "containerd", "" },
	{ "/default/" A, A, "", "" },
	{ POD "/crio-" A ".scope/container", A, "cri-o", "" },
	{ "/kubepods/besteffort/pod1/crio-" A, A, "cri-o", "" },
	{ POD "/crio-conmon-" A ".scope", NULL, NULL, NULL },
	{ "/lxc.payload.web", "web", "lxc", "web" },
	{ "/lxc.payload.web/system.slice/x.service", "web", "lxc", "web" },
	{ "/lxc.payload/web", "web", "lxc", "web" },
	{ "/lxc/101/ns/init.scope", "101", "lxc", "101" },
	{ "/lxc.payload.a\nb c", "a\nb c", "lxc", "a\nb c" },
	{ "/lxc.monitor.web", NULL, NULL, NULL },
	{ "/lxc.monitor/web", NULL, NULL, NULL },
	{ "/lxc.payload.", NULL, NULL, NULL },
	{ "/lxc", NULL, NULL, NULL },
	{ "/machine.slice/machine-deb\\x2d12.scope/payload", "deb-12", "systemd-nspawn", "deb-12" },
	{ "/machine.slice/machine-deb\\x2d12.scope/supervisor", NULL, NULL, NULL },
	{ "/machine.slice/systemd-nspawn@a\\x2db.service/payload/init.scope", "a-b",
	  "systemd-nspawn", "a-b" },
	{ "/machine.slice/systemd-nspawn@a.service/supervisor", NULL, NULL, NULL },
	{ "/machine.slice/machine-a\\x0\\xzz\\x00\\.scope", "a\\x0\\xzz\\x00\\", "systemd-nspawn",
	  "a\\x0\\xzz\\x00\\" },
	{ "/machine.slice/machine-qemu\\x2d1\\x2dguest.scope/libvirt/emulator", NULL, NULL, NULL },
	{ "/system.slice/runc-mine.scope", "mine", "runc", "" },
	{ "/user.slice/crun-mine.scope", "mine", "crun", "" },
	{ "/ecs/task/" A, A, "", "" },
	{ "/system.slice/other-" A ".scope", A, "", "" },
	/* nested: the innermost */
	{ "/docker/" A "/docker/" B, B, "docker", "" },
	{ "/docker/" A "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod1.slice"
	  "/cri-containerd-" B ".scope",
	  B, "containerd", "" },
	{ "/docker/" A "/system.slice/libpod-conmon-" B ".scope", A, "docker", "" },
	{ "/lxc.payload.outer/lxc.payload.inner/x", "inner", "lxc", "inner" },
	{ "/lxc.payload.outer/lxc.monitor.inner", "outer", "lxc", "outer" },
	/* none */
	{ "", NULL, NULL, NULL },
	{ "/", NULL, NULL, NULL },
	{ "///", NULL, NULL, NULL },
	{ "/init.scope", NULL, NULL, NULL },
	{ "/system.slice/docker.service", NULL, NULL, NULL },
	{ "/user.slice/user-0.slice/session-1.scope", NULL, NULL, NULL },
	{ "/docker", NULL, NULL, NULL },
	{ "/docker/buildkit", NULL, NULL, NULL },
	{ "/docker/" A "0", NULL, NULL, NULL },
	{ "/system.slice/docker-" A "0.scope", NULL, NULL, NULL },
	{ "/system.slice/docker-0" A ".scope", NULL, NULL, NULL },
	{ "/x/0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f", NULL, NULL, NULL },
	{ "/x/0A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D7E8F9", NULL, NULL, NULL },
	{ "/system.slice/" A ".service", NULL, NULL, NULL },
	{ "/system.slice/var-lib-docker-overlay2-" A "-merged.mount", NULL, NULL, NULL },
	{ "/process_api/635865de30d190d2c819b68d93505b4e", NULL, NULL, NULL },
};

static void shapes(void)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct container container = { .id = "untouched" };
		bool is = container_of_path(paths[i].path, &container);

		tap_note("%s", paths[i].path);
		if (!tap_check_int(is, paths[i].id != NULL))
			continue;
		tap_check_str(container.id, paths[i].id ?: "untouched");
		tap_check_str(container.runtime, paths[i].runtime ?: "");
		tap_check_str(container.name, paths[i].name ?: "");
	}
	tap_note("%s", "");
}

/* Names of 255 bytes and more, paths of any length: no overflow, and no container is lost. */
static void long_paths(void)
{
	char path[3 * PATH_MAX] = "/docker/" A;
	struct container container;

	for (size_t len = strlen(path); len < sizeof(path) - 4; len += 2)
		memcpy(path + len, "/d", 3);
	tap_check(container_of_path(path, &container));
	tap_check_str(container.id, A);
	memset(path, '\\', sizeof(path) - 1);
	memcpy(path, "/lxc.payload.", 13);
	tap_check(container_of_path(path, &container));
	tap_check_int(strlen(container.id), CONTAINER_ID_SIZE - 1);
	memset(path, 'a', sizeof(path) - 1);
	tap_check(!container_of_path(path, &container));
}

/* --- names --- */

static char dir[] = "/tmp/portcullis-container-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", dir, name);
	return path;
}

static void make_dirs(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", in_dir(name));
	for (char *slash = path + strlen(dir) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static void write_file(const char *name, const char *text)
{
	auto_fclose FILE *file = NULL;

	make_dirs(name);
	file = fopen(in_dir(name), "we");
	if (file)
		fputs(text, file);
}

#define DOCKER                 "/var/lib/docker/containers/"
#define TASK(ns)               "/run/containerd/io.containerd.runtime.v2.task/" ns "/"
#define STORAGE                "/var/lib/containers/storage/overlay-containers/"
#define RUN                    "/run/containers/storage/overlay-containers/"
#define ANNOTATED(annotations) "{\"ociVersion\":\"1.0\",\"annotations\":{" annotations "}}"

/* A state file, what the path told, and what is told by both. */
static const struct {
	const char *file, *text, *known_runtime, *name, *runtime;
} states[] = {
	{ DOCKER A "/config.v2.json", "{\"ID\":\"" A "\",\"Name\":\"/web\"}", "docker", "web",
	  "docker" },
	{ DOCKER A "/config.v2.json", "{\"Name\":\"/web\"}", "", "web", "docker" },
	{ DOCKER A "/config.v2.json", "{\"Name\":\"/web\"}", "podman", "", "podman" },
	{ DOCKER A "/config.v2.json", "{\"Name\":7}", "", "", "docker" },
	{ DOCKER A "/config.v2.json", "{\"Name\":\"\"}", "docker", "", "docker" },
	{ DOCKER A "/config.v2.json", "[{\"Name\":\"/web\"}]", "", "", "" },
	{ DOCKER A "/config.v2.json", "{\"Name\":\"/we", "docker", "", "docker" },
	{ DOCKER A "/config.v2.json", "{\"Name\":\"/a\\u0000b\"}", "docker", "", "docker" },
	{ DOCKER A "/config.v2.json", "", "docker", "", "docker" },
	{ DOCKER B "/config.v2.json", "{\"Name\":\"/other\"}", "", "", "" },
	{ TASK("k8s.io") A "/config.json",
	  ANNOTATED("\"io.kubernetes.cri.container-name\":\"api\","
	            "\"io.kubernetes.cri.sandbox-name\":\"pod\""),
	  "containerd", "api", "containerd" },
	{ TASK("k8s.io") A "/config.json", ANNOTATED("\"io.kubernetes.cri.sandbox-name\":\"pod\""),
	  "", "pod", "containerd" },
	{ TASK("default") A "/config.json", ANNOTATED("\"nerdctl/name\":\"n\""), "", "n",
	  "containerd" },
	{ TASK("moby") A "/config.json", ANNOTATED(""), "", "", "docker" },
	{ TASK("k8s.io") A "/config.json", "{\"annotations\":[\"x\"]}", "", "", "containerd" },
	{ "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/" A "/config.json",
	  ANNOTATED("\"io.kubernetes.cri.container-name\":\"api\""), "containerd", "api",
	  "containerd" },
	{ RUN A "/userdata/config.json",
	  ANNOTATED("\"io.container.manager\":\"cri-o\",\"io.kubernetes.container.name\":\"c\""),
	  "", "c", "cri-o" },
	{ STORAGE A "/userdata/config.json", ANNOTATED("\"io.kubernetes.container.name\":\"c\""),
	  "cri-o", "c", "cri-o" },
	{ STORAGE A "/userdata/config.json", ANNOTATED("\"io.container.manager\":\"libpod\""), "",
	  "", "podman" },
	{ STORAGE A "/userdata/config.json", ANNOTATED("\"x\":\"y\""), "", "", "" },
	{ STORAGE "containers.json",
	  "[{},7,{\"id\":\"" B "\",\"names\":[\"no\"]},{\"id\":\"" A "\",\"names\":[\"db\"]}]",
	  "podman", "db", "podman" },
	{ STORAGE "volatile-containers.json", "[{\"id\":\"" A "\",\"names\":[\"db\",\"x\"]}]",
	  "podman", "db", "podman" },
	{ RUN "volatile-containers.json", "[{\"id\":\"" A "\",\"names\":[\"db\"]}]", "podman", "db",
	  "podman" },
	{ STORAGE "containers.json", "[{\"id\":\"" A "\",\"names\":[]}]", "podman", "", "podman" },
	{ STORAGE "containers.json", "[{\"id\":\"" A "\",\"names\":\"db\"}]", "podman", "",
	  "podman" },
	{ STORAGE "containers.json", "{\"id\":\"" A "\"}", "podman", "", "podman" },
};

static struct container ask(const char *id, const char *runtime)
{
	struct container container = { 0 };

	snprintf(container.id, sizeof(container.id), "%s", id);
	snprintf(container.runtime, sizeof(container.runtime), "%s", runtime);
	container_find_name(dir, &container);
	return container;
}

static void names(void)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		struct container container;

		write_file(states[i].file, states[i].text);
		container = ask(A, states[i].known_runtime);
		tap_note("%s: %s", states[i].file, states[i].text);
		tap_check_str(container.name, states[i].name);
		tap_check_str(container.runtime, states[i].runtime);
		unlink(in_dir(states[i].file));
	}
	tap_note("%s", "");
}

/* What is no ID of a runtime's making leads to no file; a name that is known is kept. */
static void no_way_out(void)
{
	struct container container = { .id = A, .name = "known", .runtime = "docker" };

	write_file("/var/lib/docker/config.v2.json", "{\"Name\":\"/outside\"}");
	write_file(DOCKER "short/config.v2.json", "{\"Name\":\"/short\"}");
	write_file(DOCKER A "/config.v2.json", "{\"Name\":\"/web\"}");
	tap_check_str(ask("..", "docker").name, "");
	tap_check_str(ask("", "docker").name, "");
	tap_check_str(ask("short", "docker").name, "");
	tap_check_str(ask("x/../" A, "docker").name, "");
	container_find_name(dir, &container);
	tap_check_str(container.name, "known");
	tap_check_str(ask(A, "docker").name, "web");
	unlink(in_dir(DOCKER A "/config.v2.json"));
}

static void hostile_files(void)
{
	static const char *const file = DOCKER A "/config.v2.json";
	auto_free char *deep = malloc(1 << 20);
	char wide[1024];

	make_dirs(file);
	tap_check(!symlink("config.v2.json", in_dir(file)));
	tap_check_str(ask(A, "docker").name, "");
	unlink(in_dir(file));
	tap_check(!mkfifo(in_dir(file), 0600));
	tap_check_str(ask(A, "docker").name, "");
	unlink(in_dir(file));
	tap_check(!mkdir(in_dir(file), 0700));
	tap_check_str(ask(A, "docker").name, "");
	rmdir(in_dir(file));
	tap_check(!symlink("/dev/zero", in_dir(file)));
	tap_check_str(ask(A, "docker").name, "");
	unlink(in_dir(file));

	if (deep) {
		memset(deep, '[', (1 << 20) - 1);
		deep[(1 << 20) - 1] = '\0';
		write_file(file, deep);
		tap_check_str(ask(A, "docker").name, "");
	}
	write_file(file, "{\"Name\":\"/\xff\xfe\"}");
	tap_check_str(ask(A, "docker").name, "");
	snprintf(wide, sizeof(wide), "{\"Name\":\"/%0600d\"}", 0);
	write_file(file, wide);
	tap_check_int(strlen(ask(A, "docker").name), CONTAINER_NAME_SIZE - 1);
	write_file(file, "{\"Name\":\"/web\"}");
	tap_check_str(ask(A, "docker").name, "web");
	tap_check(!truncate(in_dir(file), 1LL << 40));
	tap_check_str(ask(A, "docker").name, "");
	unlink(in_dir(file));
}

/* --- the one a user means, among cgroups of this machine --- */

#define C "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
#define D "c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11"

static const char *const made[] = {
	"",
	"/docker",
	"/docker/" C,
	"/docker/" C "/init",
	"/docker/" C "/docker",
	"/docker/" C "/docker/" D,
	"/libpod-conmon-" D ".scope",
	"/lxc.payload.portcullis-test-lxc",
};

#define N_MADE (sizeof(made) / sizeof(*made))

static char top[64];

static const char *cgroup_in(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", top, name);
	return path;
}

static const struct {
	const char *wanted;
	int r;
	const char *cgroup;
} wishes[] = {
	{ C, 0, "/docker/" C },
	{ "c0ffee00", 0, "/docker/" C },
	{ "c0ffee1", 0, "/docker/" C "/docker/" D },
	{ "portcullis-test-web", 0, "/docker/" C },
	{ "portcullis-test-lxc", 0, "/lxc.payload.portcullis-test-lxc" },
	{ "c0ffee", -EINVAL, NULL },
	{ "c0f", -ERR_ABSENT, NULL },
	{ "portcullis-test", -ERR_ABSENT, NULL },
	{ "c0ffee22", -ERR_ABSENT, NULL },
	{ "", -ERR_ABSENT, NULL },
	{ C "0", -ERR_ABSENT, NULL },
};

static void wish(const struct cgroups *cgroups)
{
	err_hush(1);
	for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++) {
		enum pc_cgroup_hierarchy hierarchy = PC_CGROUP_HIERARCHIES;
		struct stat st = { 0 };
		uint64_t id = 0;

		tap_note("'%s'", wishes[i].wanted);
		tap_check_int(container_find(cgroups, dir, wishes[i].wanted, &hierarchy, &id),
		              wishes[i].r);
		if (wishes[i].cgroup)
			fstatat(cgroups->mounts[PC_CGROUP_V2], cgroup_in(wishes[i].cgroup), &st, 0);
		tap_check_int(id, st.st_ino);
		tap_check_int(hierarchy, wishes[i].cgroup ? PC_CGROUP_V2 : PC_CGROUP_HIERARCHIES);
	}
	err_hush(0);
	tap_note("%s", "");
}

static void finding(void)
{
	struct cgroups cgroups;
	bool can = true;
	int mount;

	cgroups_open(&cgroups);
	mount = cgroups.mounts[PC_CGROUP_V2];
	snprintf(top, sizeof(top), "portcullis-container-%d", getpid());
	for (size_t i = 0; i < N_MADE; i++)
		can = can && mount >= 0 && !mkdirat(mount, cgroup_in(made[i]), 0755);
	write_file(DOCKER C "/config.v2.json", "{\"Name\":\"/portcullis-test-web\"}");
	if (can)
		wish(&cgroups);
	else
		tap_skip("no cgroups can be made here");
	for (size_t i = N_MADE; mount >= 0 && i--;)
		unlinkat(mount, cgroup_in(made[i]), AT_REMOVEDIR);
	cgroups_close(&cgroups);
}

int main(void)
{
	char command[PATH_MAX + 16];

	if (!mkdtemp(dir))
		return tap_skip_all("no temporary directory");
	tap_test("a container is told by the path of its cgroup, the innermost one");
	shapes();
	tap_test("paths and names of any length");
	long_paths();
	tap_test("the name is in the state of the runtime, and the runtime too");
	names();
	tap_test("an ID leads to no other file than its own");
	no_way_out();
	tap_test("state files that are none, endless or garbage");
	hostile_files();
	tap_test("a container is found by its name, its ID or how that begins");
	finding();
	snprintf(command, sizeof(command), "rm -r %s", dir);
	tap_check_int(system(command), 0);
	return tap_done();
}
