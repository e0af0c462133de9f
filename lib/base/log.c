/* SPDX-License-Identifier: GPL-2.0-only */
/* What libbpf and libxdp have to say: shown with --verbose, else kept until a failure asks for it.
 */
#include "lib/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "lib/base/cleanup.h"

static bool show;
static char last_warning[512];
static char last_verifier_line[512];

static bool is_verdict(const char *line, size_t len)
{
	static const char *const chatter[] = { "processed ",        "-- END",      "-- BEGIN",
		                               "verification time", "stack depth", "libbpf:" };

	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	for (size_t i = 0; i < sizeof(chatter) / sizeof(*chatter); i++) {
		if (!strncmp(line, chatter[i], strlen(chatter[i])))
			return false;
	}
	return len > 0 && *line != ';';
}

bool log_verifier_line(const char *log, char *line, unsigned size)
{
	const char *best = NULL;
	size_t best_len = 0;

	for (const char *p = log; *p;) {
		size_t len = strcspn(p, "\n");

		if (!strncmp(p, "processed ", strlen("processed ")))
			break;
		if (is_verdict(p, len)) {
			best = p;
			best_len = len;
		}
		p += len + (p[len] == '\n');
	}
	if (!best)
		return false;
	snprintf(line, size, "%.*s", (int)best_len, best);
	return true;
}

static void keep(const char *text)
{
	const char *log = strstr(text, "-- BEGIN PROG LOAD LOG --");

	if (log)
		log_verifier_line(log, last_verifier_line, sizeof(last_verifier_line));
	else
		snprintf(last_warning, sizeof(last_warning), "%.*s", (int)strcspn(text, "\n"),
		         text);
}

static void take(bool is_warning, const char *format, va_list args)
{
	auto_free char *text = NULL;

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return;
	}
	if (show)
		fprintf(stderr, "  %s", text);
	if (is_warning)
		keep(text);
}

static int from_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	take(level == LIBBPF_WARN, format, args);
	return 0;
}

static int from_libxdp(enum libxdp_print_level level, const char *format, va_list args)
{
	take(level == LIBXDP_WARN, format, args);
	return 0;
}

void log_init(bool verbose)
{
	show = verbose;
	libbpf_set_print(from_libbpf);
	libxdp_set_print(from_libxdp);
}

void log_forget(void)
{
	last_warning[0] = last_verifier_line[0] = '\0';
}

const char *log_reason(void)
{
	if (last_verifier_line[0])
		return last_verifier_line;
	return last_warning[0] ? last_warning : NULL;
}
