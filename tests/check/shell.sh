#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shell scripts are clean for shellcheck.
. "$(dirname "$0")/rule.inc"
shell_files | xargs shellcheck -x -f gcc -e SC1091 | rule "scripts are clean for shellcheck"
