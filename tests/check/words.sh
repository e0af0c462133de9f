#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# lib/ prints nothing but through err.c, json.c and table.c; nobody formats errno by hand; no #ifdef features.
. "$(dirname "$0")/rule.inc"
offenders() {
	grep -nE '\b(printf|puts|putchar)\(' lib/*/*.c | grep -vE '^lib/base/(cmd|json)\.c:'
	grep -nE 'strerror\(errno\)' ./*/*.c lib/*/*.c
	grep -nE '^#\s*if(def|ndef)?\b' ./*/*.c lib/*/*.c | grep -v SO_NETNS_COOKIE
	git ls-files -co --exclude-standard | grep -iE '(^|/)(util|helper|common|misc)s?\.[ch]$'
}
offenders | rule "printing, errors and configuration have their one place"
