/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl policy diff: what applying a policy would change. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/rules/policy.h"
#include "lib/rules/print.h"
#include "lib/store/source.h"
#include "netctl/commands.h"
#include "netctl/select.h"

/* A policy's canonical text in memory that a file descriptor leads to. */
static int text_fd(const char *text)
{
	auto_close int fd = memfd_create("policy", 0);
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return fail(ENOMEM, "policy diff");
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return fail(errno, "policy diff");
	return TAKE_FD(fd);
}

static void run_diff(int in_force, int file, const char *name)
{
	char a[32], b[32];

	snprintf(a, sizeof(a), "/proc/self/fd/%d", in_force);
	snprintf(b, sizeof(b), "/proc/self/fd/%d", file);
	execlp("diff", "diff", "-u", "--label", "in force", "--label", name, a, b, NULL);
	fail(errno, "diff");
	_exit(2);
}

/* diff(1) compares; what it says goes to `lines`, nothing when there is no difference. */
static int compare(int in_force, int file, const char *name, json_t *lines)
{
	auto_fclose FILE *output = NULL;
	auto_free char *line = NULL;
	int pipe_fds[2], status;
	size_t room = 0;
	ssize_t len;
	pid_t child;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return fail(errno, "policy diff");
	child = fork();
	if (!child) {
		dup2(pipe_fds[1], STDOUT_FILENO);
		run_diff(in_force, file, name);
	}
	close(pipe_fds[1]);
	output = fdopen(pipe_fds[0], "r");
	while (output && (len = getline(&line, &room, output)) > 0)
		json_array_append_new(lines, json_stringn(line, len - (line[len - 1] == '\n')));
	if (child < 0 || !output || waitpid(child, &status, 0) < 0)
		return fail(errno, "diff");
	return WIFEXITED(status) && WEXITSTATUS(status) < 2 ? 0 : -EIO;
}

static int say(json_t *lines, const struct common *common)
{
	json_t *line;
	size_t index;

	if (common->json)
		return json_print(json_pack("{s:b, s:O}", "differs", json_array_size(lines) > 0,
		                            "diff", lines));
	json_array_foreach (lines, index, line)
		printf("%s\n", json_string_value(line));
	return 0;
}

static int run(const struct invocation *inv)
{
	auto_commit_state struct commit_state now = { 0 };
	auto_policy struct policy next = { 0 };
	auto_diag struct diag diag = { 0 };
	auto_close int in_force = -1, file = -1;
	auto_free char *text = NULL;
	struct pins pins;
	json_t *lines;
	int r;

	if (!inv->operand_count)
		return fail_because(ERR_USAGE,
		                    "policy diff: a file is wanted, or - for standard input");
	r = source_read(inv->operands[0], &next, &diag);
	diag_write(&diag, stderr);
	if (!r)
		r = select_one(inv, 1, &pins);
	if (!r)
		r = select_policy(&pins, &now);
	if (r)
		return r;
	text = policy_print(&next);
	in_force = text_fd(now.text);
	file = text_fd(text);
	if (in_force < 0 || file < 0)
		return -EIO;
	lines = json_array();
	r = compare(in_force, file, inv->operands[0], lines);
	if (!r)
		r = say(lines, &inv->common);
	json_decref(lines);
	return r;
}

const struct cmd policy_diff_cmd = {
	"policy diff", "FILE [IFACE]", "what applying it would change", NULL, 0, run
};
