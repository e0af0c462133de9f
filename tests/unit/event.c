/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: format files and records of every kind, also broken ones; filters. */
#include "lib/trace/event.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/trace/event_filter.h"
#include "lib/trace/nearest.h"
#include "tests/tap.h"

#define COMMON \
	"format:\n" \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const char fchmodat[] = "name: sys_enter_fchmodat\nID: 796\n" COMMON
			       "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
			       "\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
			       "\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"
			       "\tfield:umode_t mode;\toffset:32;\tsize:8;\tsigned:0;\n\n"
			       "print fmt: \"dfd: 0x%08lx, filename: 0x%08lx, mode: 0x%08lx\", "
			       "((unsigned long)(REC->dfd)), "
			       "((unsigned long)(REC->filename)), ((unsigned long)(REC->mode))\n";

static const char exit_fchmodat[] = "name: sys_exit_fchmodat\nID: 795\n" COMMON
				    "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
				    "\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n\n"
				    "print fmt: \"0x%lx\", REC->ret\n";

static const char write_[] = "name: sys_enter_write\nID: 7\n" COMMON
			     "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
			     "\tfield:unsigned int fd;\toffset:16;\tsize:8;\tsigned:0;\n"
			     "\tfield:const char * buf;\toffset:24;\tsize:8;\tsigned:0;\n"
			     "\tfield:size_t count;\toffset:32;\tsize:8;\tsigned:0;\n\n"
			     "print fmt: \"fd: 0x%08lx\", ((unsigned long)(REC->fd))\n";

static const char exec[] =
	"name: sched_process_exec\nID: 365\n" COMMON
	"\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;\n"
	"\tfield:pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"filename=%s pid=%d old_pid=%d\", __get_str(filename), REC->pid, "
	"REC->old_pid\n";

/* One of everything; there is no such tracepoint. */
static const char zoo[] =
	"name: zoo\nID: 9\n" COMMON "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	"\tfield:__u8 saddr[4];\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:short port;\toffset:28;\tsize:2;\tsigned:1;\n"
	"\tfield:u8 small;\toffset:30;\tsize:1;\tsigned:0;\n"
	"\tfield:bool on;\toffset:31;\tsize:1;\tsigned:0;\n"
	"\tfield:u64 large;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:long long below;\toffset:40;\tsize:8;\tsigned:1;\n"
	"\tfield:void * where;\toffset:48;\tsize:8;\tsigned:0;\n"
	"\tfield:const char * reason;\toffset:56;\tsize:8;\tsigned:0;\n"
	"\tfield:__data_loc u64[] many;\toffset:64;\tsize:4;\tsigned:0;\n"
	"\tfield:__rel_loc char[] after;\toffset:68;\tsize:4;\tsigned:0;\n"
	"\tfield:int pair[2];\toffset:72;\tsize:8;\tsigned:1;\n"
	"\tfield:struct odd thing;\toffset:80;\tsize:3;\tsigned:0;\n\n"
	"print fmt: \"comm=%s\", REC->comm\n";

static bool read_as(const char *category, const char *name, const char *text,
                    struct event_format *ret_format)
{
	return tap_check_int(event_format_read(category, name, text, strlen(text), ret_format), 0);
}

/* --- events, as the program hands them back --- */

struct made {
	struct pc_trace_event event;
	char bytes[512];
};

static size_t make(struct made *made, const void *record, size_t size, const char *string)
{
	memset(made, 0, sizeof(*made));
	made->event.size = made->event.whole = size;
	memcpy(made->bytes, record, size);
	if (!string)
		return sizeof(made->event) + size;
	made->event.strings[0] = strlen(string) + 1;
	memcpy(made->bytes + size, string, strlen(string) + 1);
	return sizeof(made->event) + size + strlen(string) + 1;
}

/* Of exactly that size, so that the sanitizer sees what is read beyond. */
static int decode(const struct event_format *format, const struct made *made, size_t size,
                  struct event_values *ret_values)
{
	auto_free char *exact = malloc(size + !size);
	int r;

	memcpy(exact, made, size);
	err_hush(1);
	r = event_decode(format, exact, size, ret_values);
	err_hush(0);
	return r;
}

static void drop(struct event_values *values)
{
	json_decref(values->fields);
	free(values->text);
}

static void check_event(const struct event_format *format, const struct made *made, size_t size,
                        const char *json, const char *text)
{
	auto_free char *got = NULL;
	struct event_values values;

	if (!tap_check_int(decode(format, made, size, &values), 0))
		return;
	got = json_dumps(values.fields, JSON_COMPACT);
	tap_check_str(got, json);
	tap_check_str(values.text, text);
	drop(&values);
}

static const uint64_t fchmodat_record[] = { 0, 268, 0xdeadbeefffffff9c, 0x7ffe1234, 0x1a0 };

static void test_syscalls(void)
{
	auto_event_format struct event_format format = { 0 }, other = { 0 }, third = { 0 };
	struct made made;
	size_t size;

	tap_test("a system call's arguments");
	if (!read_as("syscalls", "sys_enter_fchmodat", fchmodat, &format))
		return;
	tap_check_str(format.name, "syscalls:sys_enter_fchmodat");
	size = make(&made, fchmodat_record, sizeof(fchmodat_record), "/tmp/a b");
	check_event(&format, &made, size,
	            "{\"__syscall_nr\":268,\"dfd\":-100,\"filename\":\"/tmp/a b\",\"mode\":416}",
	            "dfd=AT_FDCWD filename=/tmp/a b mode=0640");
	tap_test("a string that could not be read is its address");
	size = make(&made, fchmodat_record, sizeof(fchmodat_record), NULL);
	check_event(&format, &made, size,
	            "{\"__syscall_nr\":268,\"dfd\":-100,\"filename\":\"0x7ffe1234\",\"mode\":416}",
	            "dfd=AT_FDCWD filename=0x7ffe1234 mode=0640");
	tap_test("what it returns");
	if (!read_as("syscalls", "sys_exit_fchmodat", exit_fchmodat, &other))
		return;
	size = make(&made, (uint64_t[]){ 0, 268, (uint64_t)-ENOENT }, 24, NULL);
	check_event(&other, &made, size, "{\"__syscall_nr\":268,\"ret\":-2}", "ret=ENOENT");
	tap_test("a buffer of a known length is no string");
	if (read_as("syscalls", "sys_enter_write", write_, &third))
		tap_check_int(event_field(&third, "buf")->string, -1);
}

static size_t make_exec(struct made *made, uint32_t locator)
{
	char record[28] = { 0 };

	memcpy(record + 8, &locator, 4);
	memcpy(record + 12, &(int32_t){ 42 }, 4);
	memcpy(record + 16, &(int32_t){ 41 }, 4);
	memcpy(record + 20, "/bin/a", 7);
	return make(made, record, sizeof(record), NULL);
}

static void test_located(void)
{
	auto_event_format struct event_format format = { 0 };
	struct event_values values;
	struct made made;
	size_t size;

	tap_test("a string of variable size, printed as the kernel would");
	if (!read_as("sched", "sched_process_exec", exec, &format))
		return;
	size = make_exec(&made, 7 << 16 | 20);
	check_event(&format, &made, size, "{\"filename\":\"/bin/a\",\"pid\":42,\"old_pid\":41}",
	            "filename=/bin/a pid=42 old_pid=41");
	tap_test("one that lies beyond the record");
	size = make_exec(&made, 7 << 16 | 0xffff);
	check_event(&format, &made, size, "{\"filename\":null,\"pid\":42,\"old_pid\":41}",
	            "filename=- pid=42 old_pid=41");
	tap_test("one that is cut");
	size = make_exec(&made, 200 << 16 | 20);
	made.event.whole = 220;
	check_event(&format, &made, size, "{\"filename\":\"/bin/a\",\"pid\":42,\"old_pid\":41}",
	            "filename=/bin/a pid=42 old_pid=41");
	if (tap_check_int(decode(&format, &made, size, &values), 0)) {
		tap_check(values.truncated);
		drop(&values);
	}
}

static size_t make_zoo(struct made *made)
{
	char record[120] = { 0 };

	memcpy(record + 8, "sixteen-letters!", 16);
	memcpy(record + 24, "\x7f\0\0\1", 4);
	memcpy(record + 28, &(int16_t){ -2 }, 2);
	memcpy(record + 30, "\xff\1", 2);
	memcpy(record + 32, &(uint64_t){ UINT64_MAX }, 8);
	memcpy(record + 40, &(int64_t){ INT64_MIN }, 8);
	memcpy(record + 48, &(uint64_t){ 0xffff888000000000 }, 8);
	memcpy(record + 56, &(uint64_t){ 0xffffffff81000000 }, 8);
	memcpy(record + 64, &(uint32_t){ 16 << 16 | 88 }, 4);
	memcpy(record + 68, &(uint32_t){ 4 << 16 | 32 }, 4); /* 68 + 4 + 32 = 104 */
	memcpy(record + 72, (int32_t[]){ -1, 2 }, 8);
	memcpy(record + 80, "\1\2\xab", 3);
	memcpy(record + 88, (uint64_t[]){ 5, 6 }, 16);
	memcpy(record + 104, "end", 4);
	return make(made, record, sizeof(record), "why");
}

static void test_kinds(void)
{
	auto_event_format struct event_format format = { 0 };
	struct made made;
	size_t size;

	tap_test("fields of every kind");
	if (!read_as("unit", "zoo", zoo, &format))
		return;
	size = make_zoo(&made);
	check_event(
		&format, &made, size,
		"{\"comm\":\"sixteen-letters!\",\"saddr\":[127,0,0,1],\"port\":-2,\"small\":255,"
		"\"on\":1,\"large\":\"0xffffffffffffffff\",\"below\":-9223372036854775808,"
		"\"where\":\"0xffff888000000000\",\"reason\":\"why\",\"many\":[5,6],"
		"\"after\":\"end\",\"pair\":[-1,2],\"thing\":\"0x0102ab\"}",
		"comm=sixteen-letters! saddr=127,0,0,1 port=-2 small=255 on=1 "
		"large=0xffffffffffffffff below=-9223372036854775808 where=0xffff888000000000 "
		"reason=why many=5,6 after=end pair=-1,2 thing=0x0102ab");
}

static void test_description(void)
{
	auto_event_format struct event_format format = { 0 };
	struct pc_event_wanted wanted = { 0 };

	tap_test("what the program is told of a format");
	if (!read_as("unit", "zoo", zoo, &format))
		return;
	event_describe(&format, &wanted);
	tap_check_int(wanted.size, 83);
	tap_check_int(wanted.locator_count, 2);
	tap_check_int(wanted.locators[0].offset, 64);
	tap_check_int(wanted.locators[1].offset, 68);
	tap_check_int(wanted.locators[1].relative, 1);
	tap_check_int(wanted.string_count, 1);
	tap_check_int(wanted.strings[0], 56);
	tap_check_int(wanted.strings_of, PC_EVENT_OF_KERNEL);
}

/* --- what nobody should send --- */

static void test_broken_records(void)
{
	static const char *const formats[][3] = { { "unit", "zoo", zoo },
		                                  { "sched", "sched_process_exec", exec } };
	struct made made, broken;
	struct event_values values;
	size_t size;

	tap_test("records cut anywhere, and with any byte wrong");
	for (size_t i = 0; i < 2; i++) {
		auto_event_format struct event_format format = { 0 };

		if (!read_as(formats[i][0], formats[i][1], formats[i][2], &format))
			return;
		size = i ? make_exec(&made, 7 << 16 | 20) : make_zoo(&made);
		for (size_t cut = 0; cut < size; cut++) {
			/* Cut by the way, and cut by the program. */
			if (!decode(&format, &made, cut, &values))
				drop(&values);
			broken = made;
			broken.event.size = cut < made.event.size ? cut : made.event.size;
			broken.event.strings[0] = 0;
			if (tap_check_int(decode(&format, &broken, size, &values), 0))
				drop(&values);
			for (unsigned byte = 0; byte < 256; byte += 51) {
				broken = made;
				((char *)&broken)[cut] = (char)byte;
				if (!decode(&format, &broken, size, &values))
					drop(&values);
			}
		}
	}
}

/* The library forgets to free some of what it gives up on. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void forgive_leaks(bool forgiven)
{
	if (__lsan_disable && __lsan_enable)
		(forgiven ? __lsan_disable : __lsan_enable)();
}

static void test_broken_formats(void)
{
	struct event_format format;
	char text[sizeof(zoo)];

	tap_test("format files cut anywhere, and with any byte wrong");
	err_hush(1);
	forgive_leaks(true);
	for (size_t i = 0; i < sizeof(zoo) - 1; i++) {
		memcpy(text, zoo, i);
		text[i] = '\0';
		if (!event_format_read("unit", "zoo", text, i, &format))
			event_format_free(&format);
		memcpy(text, zoo, sizeof(zoo));
		text[i] = (char)(i * 37 % 96 + 32);
		if (!event_format_read("unit", "zoo", text, sizeof(zoo) - 1, &format))
			event_format_free(&format);
	}
	forgive_leaks(false);
	tap_check(event_format_read("unit", "zoo", "", 0, &format) < 0);
	tap_check(event_format_read("unit", "zoo", "name: x\nID: 1\n", 14, &format) < 0);
	err_hush(0);
}

/* --- filters --- */

static const struct {
	const char *text;
	int result, terms;
} filters[] = {
	{ "port==-2", 0, 1 },
	{ "port == -2 && small<=0xff", 0, 2 },
	{ " small >= 017 ", 0, 1 },
	{ "comm=='a && b' && after!=x", 0, 2 },
	{ "reason == \"why\"", 0, 1 },
	{ "where==0xffff888000000000", 0, 1 },
	{ "comm==", 0, 1 },
	{ "large==18446744073709551615", 0, 1 },
	{ "below==-9223372036854775808", 0, 1 },
	{ "", -ERR_USAGE, 0 },
	{ "port", -ERR_USAGE, 0 },
	{ "port==", -ERR_USAGE, 0 },
	{ "port=1", -ERR_USAGE, 0 },
	{ "port==1 &&", -ERR_USAGE, 1 },
	{ "port==1 || small==2", -ERR_USAGE, 0 },
	{ "port==x", -ERR_USAGE, 0 },
	{ "port==1x", -ERR_USAGE, 0 },
	{ "port==--1", -ERR_USAGE, 0 },
	{ "port==32768", -ERR_USAGE, 0 },
	{ "port==-32769", -ERR_USAGE, 0 },
	{ "small==256", -ERR_USAGE, 0 },
	{ "small==-1", -ERR_USAGE, 0 },
	{ "large==18446744073709551616", -ERR_USAGE, 0 },
	{ "comm<x", -ERR_USAGE, 0 },
	{ "comm=='x", -ERR_USAGE, 0 },
	{ "saddr==1", -ERR_USAGE, 0 },
	{ "nothing==1", -ERR_USAGE, 0 },
};

static void test_filters(void)
{
	auto_event_format struct event_format format = { 0 };

	tap_test("filters");
	if (!read_as("unit", "zoo", zoo, &format))
		return;
	err_hush(1);
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		struct pc_event_wanted wanted = { 0 };

		tap_note("%s", filters[i].text);
		tap_check_int(event_filter_read(&format, filters[i].text, &wanted),
		              filters[i].result);
		tap_check_int(wanted.term_count, filters[i].terms);
	}
	err_hush(0);
}

static void test_terms(void)
{
	auto_event_format struct event_format format = { 0 }, call = { 0 };
	struct pc_event_wanted wanted = { 0 }, of_call = { 0 };

	tap_test("what the program compares");
	if (!read_as("unit", "zoo", zoo, &format) ||
	    !read_as("syscalls", "sys_enter_fchmodat", fchmodat, &call))
		return;
	tap_check_int(event_filter_read(&format, "port>=-2 && after==end && comm != x", &wanted),
	              0);
	tap_check_int(wanted.terms[0].source, PC_EVENT_NUMBER);
	tap_check_int(wanted.terms[0].number, -2);
	tap_check_int(wanted.terms[0].outcomes, PC_EVENT_EQUAL | PC_EVENT_GREATER);
	tap_check_int(wanted.terms[1].source, PC_EVENT_LOCATED);
	tap_check_int(wanted.terms[1].at.relative, 1);
	tap_check_str(wanted.terms[1].string, "end");
	tap_check_int(wanted.terms[2].source, PC_EVENT_CHARS);
	tap_check_int(wanted.terms[2].size, 16);
	tap_check_int(event_filter_read(&call, "filename==/x && dfd==-100", &of_call), 0);
	tap_check_int(of_call.terms[0].source, PC_EVENT_POINTED);
	tap_check_int(of_call.terms[1].size, 4);
	tap_check_int(of_call.terms[1].is_signed, 1);
}

static void test_too_many_terms(void)
{
	static const char nine[] = "on==1&&on==2&&on==3&&on==4&&on==5&&on==6&&on==7&&on==8&&on==9";
	auto_event_format struct event_format format = { 0 };
	auto_free char *eight = strndup(nine, strlen(nine) - strlen("&&on==9"));
	struct pc_event_wanted wanted = { 0 };

	tap_test("eight conditions, and one too many");
	if (!read_as("unit", "zoo", zoo, &format))
		return;
	tap_check_int(event_filter_read(&format, eight, &wanted), 0);
	wanted.term_count = 0;
	err_hush(1);
	tap_check_int(event_filter_read(&format, nine, &wanted), -ERR_USAGE);
	err_hush(0);
}

static void test_distance(void)
{
	tap_test("what was meant");
	tap_check_int(nearest_distance("sched:sched_switch", "sched:sched_swich", 3), 1);
	tap_check_int(nearest_distance("abc", "abc", 3), 0);
	tap_check_int(nearest_distance("", "abc", 3), 3);
	tap_check(nearest_distance("kitten", "sitting-up-here", 3) > 3);
}

int main(void)
{
	test_syscalls();
	test_located();
	test_kinds();
	test_description();
	test_broken_records();
	test_broken_formats();
	test_filters();
	test_terms();
	test_too_many_terms();
	test_distance();
	return tap_done();
}
