/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/store: policies read from files, and kept on disk with the one before them. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/rules/policy.h"
#include "lib/rules/print.h"
#include "lib/store/keep.h"
#include "lib/store/source.h"
#include "tests/tap.h"

static char dir[] = "/tmp/portcullis-keep-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	auto_fclose FILE *file = fopen(in_dir(name), "we");

	if (file)
		fputs(text, file);
}

/* What is read from a file, as text; "" when it is refused. */
static void read_into(const char *name, struct policy *ret_policy, char *text, size_t size)
{
	auto_diag struct diag diag = { 0 };
	auto_free char *printed = NULL;

	text[0] = '\0';
	if (!source_read(in_dir(name), ret_policy, &diag))
		printed = policy_print(ret_policy);
	if (printed)
		snprintf(text, size, "%s", printed);
}

static void sources(void)
{
	auto_policy struct policy policy = { 0 }, broken = { 0 };
	auto_diag struct diag diag = { 0 };
	char text[1024];

	write_file("list", "10.0.0.1\n2001:db8::/32\n");
	write_file("good", "set feed = file \"list\"\ndrop in src @feed\n");
	read_into("good", &policy, text, sizeof(text));
	tap_check_int(policy.n_rules, 1);
	tap_check_int(policy.n_sets ? policy.sets[0].n_prefixes : 0, 2);
	tap_check(strstr(text, in_dir("list")) != NULL); /* wherever it is read again */

	write_file("list", "10.0.0.1\nnonsense\n");
	write_file("bad", "set feed = file \"list\"\ndrop in src @feed\ndrp in\n");
	tap_check_int(source_read(in_dir("bad"), &broken, &diag), -EINVAL);
	tap_check_int(diag.errors, 2); /* those of the list in the same run */
	tap_check_int(broken.n_rules, 0);
}

static void keeping(void)
{
	auto_policy struct policy one = { 0 }, two = { 0 }, kept = { 0 }, previous = { 0 };
	char one_text[1024], two_text[1024];
	auto_free char *printed = NULL;
	char state[PATH_MAX - 64], text[PATH_MAX];

	snprintf(state, sizeof(state), "%s/state/deep", dir);
	err_hush(1);
	tap_check_int(keep_load(state, "eth0", KEEP_LAST, &kept), -ERR_ABSENT);
	err_hush(0);

	write_file("list", "10.0.0.1\n2001:db8::/32\n");
	read_into("good", &one, one_text, sizeof(one_text));
	write_file("plain", "two: drop in tcp dst port 443\n");
	read_into("plain", &two, two_text, sizeof(two_text));
	tap_check_int(keep_save(state, "ns:eth0", &(struct keep){ &one, one_text },
	                        &(struct keep){ &two, two_text }),
	              0);
	unlink(in_dir("list")); /* the list is kept as well */
	tap_check_int(keep_load(state, "ns:eth0", KEEP_LAST, &kept), 0);
	tap_check_int(kept.n_sets ? kept.sets[0].n_prefixes : 0, 2);
	tap_check_int(keep_load(state, "ns:eth0", KEEP_PREVIOUS, &previous), 0);
	printed = policy_print(&previous);
	tap_check_str(printed, two_text);
	policy_free(&previous);

	/* What an interruption left is in nobody's way. */
	snprintf(text, sizeof(text), "%s/ns:eth0.unfinished.last", state);
	mkdir(text, 0700);
	tap_check_int(keep_save(state, "ns:eth0", &(struct keep){ &two, two_text },
	                        &(struct keep){ &one, one_text }),
	              0);
	tap_check(access(text, F_OK) != 0);
	policy_free(&kept);
	tap_check_int(keep_load(state, "ns:eth0", KEEP_LAST, &kept), 0);
	tap_check_int(kept.n_sets, 0);
	tap_check_int(keep_load(state, "ns:eth0", KEEP_PREVIOUS, &previous), 0);
	tap_check_int(previous.n_sets, 1);
}

/* A link in the place of a policy: what it leads to is somebody else's. */
static void linked(const char *name, const char *target)
{
	auto_policy struct policy policy = { 0 };
	char text[1024], state[PATH_MAX - 64], place[PATH_MAX];

	snprintf(state, sizeof(state), "%s/%s", dir, name);
	snprintf(place, sizeof(place), "%s/eth0", state);
	read_into("plain", &policy, text, sizeof(text));
	mkdir(state, 0700);
	tap_check(!symlink(target, place));
	for (int i = 0; i < 2; i++)
		tap_check_int(keep_save(state, "eth0", &(struct keep){ &policy, text },
		                        &(struct keep){ &policy, text }),
		              0);
	tap_check(!access(in_dir("plain"), F_OK));
}

/* Two undos, the first of which brings back a list: what is in force loads back all the while. */
static void undoing(void)
{
	auto_policy struct policy listed = { 0 }, plain = { 0 }, back = { 0 }, again = { 0 };
	char listed_text[1024], plain_text[1024], state[PATH_MAX - 64];
	auto_free char *text = NULL;

	snprintf(state, sizeof(state), "%s/undo", dir);
	write_file("list", "10.0.0.1\n");
	read_into("good", &listed, listed_text, sizeof(listed_text));
	read_into("plain", &plain, plain_text, sizeof(plain_text));
	tap_check_int(keep_save(state, "e", &(struct keep){ &plain, plain_text },
	                        &(struct keep){ &listed, listed_text }),
	              0);
	tap_check_int(keep_load(state, "e", KEEP_PREVIOUS, &back), 0);
	text = policy_print(&back);
	tap_check_int(keep_save(state, "e", &(struct keep){ &back, text },
	                        &(struct keep){ &plain, plain_text }),
	              0);
	write_file("undone", text);
	read_into("undone", &again, listed_text, sizeof(listed_text));
	tap_check_str(listed_text, text);
	tap_check_int(again.n_sets ? again.sets[0].n_prefixes : 0, 1);
}

/* What is kept of one interface is nothing of another's, whatever they are called. */
static void neighbours(void)
{
	static const char *const names[] = { "e.new", "e.previous", "e.previous.new", "e" };
	auto_policy struct policy policy = { 0 }, none = { .n_rules = 0 };
	const struct keep empty = { &none, "" };
	char text[1024], state[PATH_MAX - 64];

	snprintf(state, sizeof(state), "%s/state", dir);
	read_into("plain", &policy, text, sizeof(text));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		tap_check_int(keep_save(state, names[i], &(struct keep){ &policy, text }, &empty),
		              0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		auto_policy struct policy last = { 0 };

		tap_check_int(keep_load(state, names[i], KEEP_LAST, &last), 0);
		tap_check_int(last.n_rules, 1);
	}
}

int main(void)
{
	char command[PATH_MAX + 16];

	if (!mkdtemp(dir))
		return tap_skip_all("no temporary directory");
	tap_test("a policy and the lists of its sets are read from files");
	sources();
	tap_test("a policy is kept with the one before it, whole");
	keeping();
	tap_test("a symbolic link in the state directory is not followed to delete what it leads "
	         "to");
	linked("linked", dir);
	linked("dangling", "/nowhere");
	tap_test("what an undo brings back loads back");
	undoing();
	tap_test("interfaces with names like those of our files");
	neighbours();
	snprintf(command, sizeof(command), "rm -r %s", dir);
	tap_check_int(system(command), 0);
	return tap_done();
}
