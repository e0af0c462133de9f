# SPDX-License-Identifier: GPL-2.0-only
# The whole build, read top to bottom; `make help` lists the targets.

B       := build
PREFIX  ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR  ?= $(PREFIX)/share/man
CC      ?= cc
CLANG   ?= clang
LLC     ?= llc
LLVM_LINK ?= llvm-link
BPFTOOL ?= $(or $(shell command -v bpftool),/usr/sbin/bpftool)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror
LIBS := libxdp libbpf libmnl jansson libpcap libelf libtraceevent

PKG_CFLAGS := $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(LIBS) 2>/dev/null)

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1)

# Extra checks are asked for by name: SAN=address,undefined and COV=1 each build in a tree of their own.
ifneq ($(SAN),)
B      := build/san
CHECKS += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifneq ($(COV),)
B      := build/cov
CHECKS += --coverage
endif

BPF_CPU    := -mcpu=v3
# clang names the machine's own architecture in a way that libbpf's headers do not: x86_64 is x86.
BPF_ARCH   := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/;s/ppc64le/powerpc/;s/riscv64/riscv/')
BPF_CFLAGS := -g -O2 -target bpf $(BPF_CPU) -D__TARGET_ARCH_$(BPF_ARCH) $(WARN) -I. -idirafter /usr/include/$(shell $(CC) -dumpmachine)
CPPFLAGS   += -I. -I$(B)/skel -D_GNU_SOURCE -DPC_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
CFLAGS     ?= -O2 -g
CFLAGS     += -std=gnu11 $(WARN) $(CHECKS)
LDFLAGS    += $(CHECKS)
LDLIBS     += $(PKG_LIBS) -lm

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2))

DOORS     := $(patsubst %.bpf.c,$(B)/%.bpf.bc,$(wildcard xdp_prog/*.bpf.c tc_prog/*.bpf.c))
TRACERS   := $(patsubst %.bpf.c,$(B)/%.bpf.o,$(wildcard trace_prog/*.bpf.c))
TEST_BPF  := $(patsubst %.bpf.c,$(B)/%.bpf.o,$(wildcard tests/*/*.bpf.c))
SKELS     := $(patsubst $(B)/%.bpf.o,$(B)/skel/%.skel.h,$(B)/programs.bpf.o $(B)/policies.bpf.o $(TRACERS) $(TEST_BPF))
LIB_OBJS  := $(patsubst %.c,$(B)/%.o,$(wildcard lib/*/*.c))
BINS      := $(B)/bin/loader $(B)/bin/netctl
UNIT      := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*.c))
PROG      := $(patsubst %.c,$(B)/%,$(filter-out tests/prog/packet.c %.bpf.c,$(wildcard tests/prog/*.c)))
MODEL     := $(addprefix $(B)/tests/model/,model explain atomic limit)
BENCH     := $(patsubst %.c,$(B)/%,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))

.DELETE_ON_ERROR:
.SECONDARY:

.PHONY: all deps unit check test test-vm fuzz bench install uninstall clean help

all: $(BINS)	## build loader and netctl

deps:	## install the Debian packages that are missing, if any
	$(Q)scripts/deps.sh

unit: $(UNIT)

check: all	## house rules and unit tests, with sanitizers: no root, under a minute
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined unit
	$(Q)tests/run lint unit

test: deps	## everything: check, prog, model, e2e, vm (root)
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) all $(PROG) $(MODEL) $(BENCH)
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) SAN=address,undefined unit
	$(Q)tests/run all

test-vm: all $(PROG)	## the prog and e2e suites on a stock Debian 6.1 kernel in QEMU
	$(Q)tests/run vm

fuzz:	## bytes of every kind to the parsers, for FUZZ_SECONDS=20 each
	$(Q)tests/run fuzz

bench: all $(BENCH)	## ratios, side by side in one run (root)
	$(Q)tests/bench/run.sh

install: all	## install under $(DESTDIR)$(PREFIX)
	$(Q)install -D -m 0755 -t $(DESTDIR)$(SBINDIR) $(BINS)
	$(Q)install -D -m 0644 -t $(DESTDIR)$(MANDIR)/man8 $(wildcard man/*.8)
	$(Q)install -D -m 0644 -t $(DESTDIR)$(MANDIR)/man5 $(wildcard man/*.5)

uninstall:	## remove what install put there
	$(Q)rm -f $(addprefix $(DESTDIR)$(SBINDIR)/,$(notdir $(BINS)))
	$(Q)rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(wildcard man/*.8)))
	$(Q)rm -f $(addprefix $(DESTDIR)$(MANDIR)/man5/,$(notdir $(wildcard man/*.5)))

clean:	## remove everything that was built
	rm -rf build

help:	## this list
	@sed -n 's/^\([a-z-]*\):[^#]*##  *\(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t14
	@echo '  variables: V=1 (show commands)  SAN=address,undefined  COV=1  DESTDIR=  PREFIX='

# --- programs that run in the kernel: clang to bitcode, LLVM to an object, bpftool to a skeleton to embed

$(B)/%.bpf.bc: %.bpf.c
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -emit-llvm -c $< -o $@

# All doors of one sort in one object, so that libbpf reads the kernel's BTF once for all of them. Linked as bitcode:
# libbpf's own linker (1.1) refuses a kernel function that two objects call.
$(B)/programs.bpf.bc: $(filter-out %_policy.bpf.bc,$(DOORS))
$(B)/policies.bpf.bc: $(filter %_policy.bpf.bc,$(DOORS))
$(B)/programs.bpf.bc $(B)/policies.bpf.bc:
	$(call say,LINK,$@)
	$(Q)$(LLVM_LINK) $^ -o $@

$(B)/%.bpf.o: $(B)/%.bpf.bc
	$(Q)$(LLC) -march=bpf $(BPF_CPU) -filetype=obj $< -o $@

$(B)/skel/%.skel.h: $(B)/%.bpf.o
	$(call say,SKEL,$<)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst /,_,$*) >$@

# --- programs that run here

$(B)/%.o: %.c | $(SKELS)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/lib/portcullis.a: $(LIB_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/bin/%: $(B)/lib/portcullis.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(filter %.o,$^) $< $(LDLIBS) -o $@

$(B)/bin/loader: $(patsubst %.c,$(B)/%.o,$(wildcard loader/*.c))
$(B)/bin/netctl: $(patsubst %.c,$(B)/%.o,$(wildcard netctl/*.c))

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/lib/portcullis.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(B)/tests/prog/%: $(B)/tests/prog/%.o $(B)/tests/prog/packet.o $(B)/lib/portcullis.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(LDLIBS) -o $@

MODEL_LIB := $(filter-out $(MODEL:=.o),$(patsubst %.c,$(B)/%.o,$(wildcard tests/model/*.c)))
$(MODEL): %: %.o $(MODEL_LIB) $(B)/lib/portcullis.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(B)/tests/bench/%: $(B)/tests/bench/%.o $(MODEL_LIB) $(B)/lib/portcullis.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $^ $(LDLIBS) -o $@

# --- fuzzers: a tree of their own, by clang

FUZZ_SAN  := address,undefined -fno-sanitize-recover=all
FUZZ_OBJS := $(patsubst %.c,$(B)/fuzz/%.o,$(wildcard lib/base/*.c lib/packet/*.c lib/rules/*.c))

$(B)/fuzz/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) -O1 -g -std=gnu11 $(WARN) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -MMD -MP -c $< -o $@

$(B)/fuzz/portcullis.a: $(FUZZ_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/fuzz/%: $(B)/fuzz/tests/fuzz/%.o $(B)/fuzz/portcullis.a
	$(call say,LD,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer,$(FUZZ_SAN) $^ -o $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)
