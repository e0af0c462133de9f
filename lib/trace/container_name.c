/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of containers, as their runtimes keep them in state files. */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/base/cleanup.h"
#include "lib/trace/container.h"

#define FILE_MAX       (4 << 20) /* bytes; the largest, podman's list, has about 1 KiB a container */
#define NAMESPACES_MAX 64        /* of containerd's */

#define CONTAINERS_STORAGE "/var/lib/containers/storage/overlay-containers"
#define CONTAINERS_RUN     "/run/containers/storage/overlay-containers"

/* The bytes of a file of modest size; NULL: there are none for us. */
static char *read_file(const char *path, size_t *ret_len)
{
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	auto_free char *text = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return NULL;
	text = malloc(st.st_size + 1);
	while (text && (got = read(fd, text + len, st.st_size - len)) > 0)
		len += got;
	*ret_len = len;
	return TAKE_PTR(text);
}

static json_t *read_json(const char *format, ...) __attribute__((format(printf, 1, 2)));
static json_t *read_json(const char *format, ...)
{
	auto_free char *text = NULL;
	char path[PATH_MAX];
	size_t len = 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (n >= (int)sizeof(path))
		return NULL;
	text = read_file(path, &len);
	return text ? json_loadb(text, len, 0, NULL) : NULL;
}

static bool set_name(struct container *container, const char *name)
{
	if (name && *name)
		snprintf(container->name, sizeof(container->name), "%s", name);
	return name && *name;
}

static void set_runtime(struct container *container, const char *runtime)
{
	snprintf(container->runtime, sizeof(container->runtime), "%s", runtime);
}

static const char *string_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* An annotation of an OCI configuration. */
static const char *annotation(const json_t *config, const char *key)
{
	return string_of(json_object_get(config, "annotations"), key);
}

/* --- the runtimes: each says whether the container is its own --- */

static bool ask_docker(const char *root, struct container *container)
{
	json_t *state =
		read_json("%s/var/lib/docker/containers/%s/config.v2.json", root, container->id);
	const char *name = string_of(state, "Name");
	bool known = json_is_object(state);

	set_name(container, name && *name == '/' ? name + 1 : name);
	if (known)
		set_runtime(container, "docker");
	json_decref(state);
	return known;
}

/* Kubernetes' name for it, that of the pod for the sandbox of one, or nerdctl's. */
static void name_by_annotations(const json_t *config, struct container *container)
{
	static const char *const keys[] = {
		"io.kubernetes.cri.container-name",
		"io.kubernetes.container.name", /* of CRI-O's */
		"nerdctl/name",
		"io.kubernetes.cri.sandbox-name",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (set_name(container, annotation(config, keys[i])))
			return;
	}
}

/* Docker runs its containers by containerd, in a namespace of its own. */
static bool ask_namespace(const char *tasks, const char *namespace, struct container *container)
{
	json_t *config = read_json("%s/%s/%s/config.json", tasks, namespace, container->id);
	bool known = json_is_object(config);

	if (known) {
		set_runtime(container, strcmp(namespace, "moby") ? "containerd" : "docker");
		name_by_annotations(config, container);
	}
	json_decref(config);
	return known;
}

static bool ask_containerd(const char *root, struct container *container)
{
	static const char *const states[] = { "/run/containerd", "/run/k3s/containerd" };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		auto_closedir DIR *dir = NULL;
		char tasks[PATH_MAX];
		struct dirent *entry;

		if (snprintf(tasks, sizeof(tasks), "%s%s/io.containerd.runtime.v2.task", root,
		             states[i]) >= (int)sizeof(tasks))
			continue;
		dir = opendir(tasks);
		for (int n = 0; dir && n < NAMESPACES_MAX && (entry = readdir(dir)); n++) {
			if (entry->d_name[0] != '.' &&
			    ask_namespace(tasks, entry->d_name, container))
				return true;
		}
	}
	return false;
}

/* Podman's list: all containers but those with --rm, which are "volatile". */
static void name_by_list(json_t *list, struct container *container)
{
	json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		const char *id = string_of(entry, "id");

		if (!id || strcmp(id, container->id))
			continue;
		set_name(container,
		         json_string_value(json_array_get(json_object_get(entry, "names"), 0)));
		return;
	}
}

static void ask_lists(const char *root, struct container *container)
{
	static const char *const lists[] = {
		CONTAINERS_STORAGE "/containers.json",
		CONTAINERS_STORAGE "/volatile-containers.json",
		CONTAINERS_RUN "/volatile-containers.json", /* of a transient store */
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists) && !*container->name; i++) {
		json_t *list = read_json("%s%s", root, lists[i]);

		name_by_list(list, container);
		json_decref(list);
	}
}

/* Podman and CRI-O keep theirs in one place, in one form; the configuration says whose it is. */
static json_t *read_storage(const char *root, const char *id)
{
	json_t *config = read_json("%s" CONTAINERS_RUN "/%s/userdata/config.json", root, id);

	return config ? config
	              : read_json("%s" CONTAINERS_STORAGE "/%s/userdata/config.json", root, id);
}

static bool is_managed_by(const json_t *config, const char *wanted)
{
	const char *manager = annotation(config, "io.container.manager");

	return manager && !strcmp(manager, wanted);
}

static bool ask_crio(const char *root, struct container *container)
{
	json_t *config = read_storage(root, container->id);
	bool known = is_managed_by(config, "cri-o") || (config && *container->runtime);

	if (known) {
		name_by_annotations(config, container);
		set_runtime(container, "cri-o");
	}
	json_decref(config);
	return known;
}

static bool ask_podman(const char *root, struct container *container)
{
	bool known = *container->runtime;

	if (!known) {
		json_t *config = read_storage(root, container->id);

		known = is_managed_by(config, "libpod");
		json_decref(config);
	}
	if (known) {
		ask_lists(root, container);
		set_runtime(container, "podman");
	}
	return known;
}

static const struct {
	const char *runtime;
	bool (*ask)(const char *root, struct container *container);
} runtimes[] = {
	{ "docker", ask_docker },
	{ "containerd", ask_containerd },
	{ "cri-o", ask_crio },
	{ "podman", ask_podman },
};

void container_find_name(const char *root, struct container *container)
{
	/* The ID comes from the name of a cgroup, which anybody may have made: it must not lead
	 * anywhere else. */
	if (*container->name || !container_id_is_made_up(container->id))
		return;
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(*runtimes); i++) {
		if (*container->runtime && strcmp(container->runtime, runtimes[i].runtime))
			continue;
		if (runtimes[i].ask(root, container))
			return;
	}
}
