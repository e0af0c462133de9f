/* SPDX-License-Identifier: GPL-2.0-only */
/* Containers: what the path of a cgroup says about them. */
#include "lib/trace/container.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX       "0123456789abcdef"
#define ID_DIGITS 64

bool container_id_is_made_up(const char *id)
{
	return strspn(id, HEX) == ID_DIGITS && !id[ID_DIGITS];
}

/* --- the shapes of paths --- */

/* One component of a path, with its neighbours. */
struct part {
	char name[NAME_MAX + 1], parent[NAME_MAX + 1];
	char child[NAME_MAX + 1]; /* "": it is the last */
};

static void copy(char *to, size_t size, const char *from, size_t len)
{
	len = len < size ? len : size - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

static bool ends_in(const char *text, const char *suffix)
{
	size_t len = strlen(text), suffix_len = strlen(suffix);

	return len >= suffix_len && !strcmp(text + len - suffix_len, suffix);
}

/* 64 digits, and no more than the end of a systemd scope after them. */
static bool take_digits(const char *text, struct container *container)
{
	size_t digits = strspn(text, HEX);

	copy(container->id, sizeof(container->id), text, digits);
	return digits == ID_DIGITS && (!text[digits] || !strcmp(text + digits, ".scope"));
}

/* What is not escaped stands for itself. */
static bool take_name(const char *text, struct container *container)
{
	if (!*text)
		return false;
	copy(container->name, sizeof(container->name), text, strlen(text));
	copy(container->id, sizeof(container->id), text, strlen(text));
	return true;
}

static int hex_digit(char digit)
{
	const char *at = digit ? strchr(HEX, digit) : NULL;

	return at ? (int)(at - HEX) : -1;
}

/* The way systemd escapes a name in that of a unit: \xNN. */
static bool take_escaped(const char *text, struct container *container)
{
	char name[NAME_MAX + 1];
	size_t len = 0;

	while (*text) {
		int high = !strncmp(text, "\\x", 2) ? hex_digit(text[2]) : -1;
		int low = high >= 0 ? hex_digit(text[3]) : -1;

		if (low >= 0 && (high || low)) {
			name[len++] = (char)(high << 4 | low);
			text += 4;
		} else {
			name[len++] = *text++;
		}
	}
	name[len] = '\0';
	return take_name(name, container);
}

/* "qemu-1-guest", as libvirt registers a guest: that is a virtual machine. */
static bool is_virtual_machine(const char *name)
{
	return !strncmp(name, "qemu-", 5) && strspn(name + 5, "0123456789") &&
	       name[5 + strspn(name + 5, "0123456789")] == '-';
}

/* A machine of systemd's; what it keeps beside the payload runs on the host. */
static bool take_machine(const char *text, struct container *container)
{
	return take_escaped(text, container) && !is_virtual_machine(container->name);
}

/* Runtimes used by hand: the ID is what the user chose. */
static bool take_id(const char *text, struct container *container)
{
	if (!*text)
		return false;
	copy(container->id, sizeof(container->id), text, strlen(text));
	return true;
}

/* Names that a runtime gives a cgroup. An empty parent stands for any. Where the name begins with a
 * word, it goes on with '-', or with ':' where runc took what was meant for systemd as a path:
 * "PARENT.slice:docker:ID". */
static const struct shape {
	const char *parent, *word, *suffix;
	bool (*take)(const char *text, struct container *container);
	const char *runtime;
} shapes[] = {
	{ "", "docker", "", take_digits, "docker" },
	{ "docker", "", "", take_digits, "docker" },
	{ "", "libpod", "", take_digits, "podman" },
	{ "", "libpod-payload", "", take_digits, "podman" },
	{ "", "cri-containerd", "", take_digits, "containerd" },
	{ "", "nerdctl", "", take_digits, "containerd" },
	{ "", "crio", "", take_digits, "cri-o" },
	{ "", "runc", ".scope", take_id, "runc" },
	{ "", "crun", ".scope", take_id, "crun" },
	{ "", "lxc.payload.", "", take_name, "lxc" },
	{ "lxc.payload", "", "", take_name, "lxc" },
	{ "lxc", "", "", take_name, "lxc" },
	{ "", "machine-", ".scope", take_machine, "systemd-nspawn" },
	{ "", "systemd-nspawn@", ".service", take_machine, "systemd-nspawn" },
};

/* What follows the word; NULL: it does not begin with it. */
static const char *after_word(const char *name, const char *word)
{
	size_t len = strlen(word);
	const char *colon = strrchr(name, ':');

	if (!len)
		return name;
	if (strchr("-.@", word[len - 1]))
		return strncmp(name, word, len) ? NULL : name + len;
	if (!strncmp(name, word, len) && name[len] == '-')
		return name + len + 1;
	/* "SLICE:WORD:ID" */
	if (colon && colon - name > (ptrdiff_t)len && colon[-(ptrdiff_t)len - 1] == ':' &&
	    !strncmp(colon - len, word, len))
		return colon + 1;
	return NULL;
}

static bool has_shape(const struct part *part, const struct shape *shape, struct container *ret)
{
	struct container container = { 0 };
	char text[NAME_MAX + 1];
	const char *rest = after_word(part->name, shape->word);

	if (!rest || !ends_in(rest, shape->suffix) ||
	    (*shape->parent && strcmp(part->parent, shape->parent)))
		return false;
	copy(text, sizeof(text), rest, strlen(rest) - strlen(shape->suffix));
	if (!shape->take(text, &container))
		return false;
	if (shape->take == take_machine && !strcmp(part->child, "supervisor"))
		return false;
	snprintf(container.runtime, sizeof(container.runtime), "%s", shape->runtime);
	*ret = container;
	return true;
}

/* 64 digits in a name that no runtime we know gives. Units of systemd's other than scopes have them
 * too: mounts of images, pods, health checks. And conmon stands beside its container. */
static bool has_digits(const struct part *part, struct container *ret)
{
	static const char *const units[] = { ".service", ".slice", ".mount", ".socket", ".swap" };
	struct container container = { 0 };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (ends_in(part->name, units[i]))
			return false;
	}
	if (strstr(part->name, "conmon"))
		return false;
	for (const char *text = part->name; *text; text++) {
		size_t digits = strspn(text, HEX);

		if (digits == ID_DIGITS) {
			copy(container.id, sizeof(container.id), text, digits);
			*ret = container;
			return true;
		}
		text += digits;
		if (!*text)
			break;
	}
	return false;
}

static bool is_container(const struct part *part, struct container *ret)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (has_shape(part, &shapes[i], ret))
			return true;
	}
	return has_digits(part, ret);
}

/* The last component before `end`, which goes back to where it begins. */
static void last_part(const char *path, size_t *end, char ret_name[static NAME_MAX + 1])
{
	size_t stop;

	while (*end && path[*end - 1] == '/')
		--*end;
	stop = *end;
	while (*end && path[*end - 1] != '/')
		--*end;
	copy(ret_name, NAME_MAX + 1, path + *end, stop - *end);
}

bool container_of_path(const char *path, struct container *ret_container)
{
	struct part part = { .child = "" };
	size_t end = strlen(path);

	last_part(path, &end, part.name);
	while (*part.name) {
		last_part(path, &end, part.parent);
		if (is_container(&part, ret_container))
			return true;
		memcpy(part.child, part.name, sizeof(part.child));
		memcpy(part.name, part.parent, sizeof(part.name));
	}
	return false;
}
