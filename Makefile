# SPDX-License-Identifier: GPL-2.0-or-later
# cats: IETF CATS (RFC 10053) on Linux.  `make help` lists the targets.

VERSION	:= 0.1.0
O	:= build
PREFIX	?= /usr
SBINDIR	?= $(PREFIX)/sbin
MANDIR	?= $(PREFIX)/share/man
DATADIR	?= $(PREFIX)/share/cats
COMPDIR	?= $(PREFIX)/share/bash-completion/completions
DESTDIR	?=

# Why this clang: Documentation/benchmarks.md, "Compiler".
CLANG	?= clang-19
BPFTOOL	?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
SAN	?=

WARN	:= -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	   -Wmissing-prototypes -Wvla
PKGS	:= libbpf libnl-3.0 libnl-genl-3.0 jansson libcrypto libevent_core sqlite3
CFLAGS	?= -O2 -g
CATS_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DCATS_VERSION='"$(VERSION)"' \
	      -Iinclude -Iinclude/uapi -Iuserspace/lib -I$(O)/bpf \
	      $(WARN) $(SAN) $(CFLAGS) \
	      $(shell pkg-config --cflags $(PKGS))
CATS_LIBS = $(shell pkg-config --libs $(PKGS)) -lm -ldl
# what the daemon stands on besides
DPKGS	:= libevent_extra libevent_openssl openssl libcyaml libsystemd
CATSD_CFLAGS = -Iuserspace/catsd $(shell pkg-config --cflags $(DPKGS))
CATSD_LIBS = $(shell pkg-config --libs $(DPKGS)) -ldl -pthread
# The map is for the line information the object carries: the same everywhere.
BPF_CFLAGS = -std=gnu11 -O2 -g -target bpf -mcpu=v3 $(WARN) \
	      -ffile-prefix-map=$(CURDIR)=. \
	      -Wno-unused-function -Wno-missing-prototypes -Iinclude -Ibpf \
	      -idirafter /usr/include/$(shell gcc -print-multiarch)

LIB_SRC	:= $(wildcard userspace/lib/*.c)
CLI_SRC	:= $(wildcard userspace/cats/*.c)
DAEMON_SRC := $(wildcard userspace/catsd/*.c userspace/catsd/*/*.c \
	      userspace/catsd/*/*/*.c)
LIB_OBJ	:= $(LIB_SRC:%.c=$(O)/%.o)
CLI_OBJ	:= $(CLI_SRC:%.c=$(O)/%.o)
DAEMON_OBJ := $(DAEMON_SRC:%.c=$(O)/%.o)
BPF_SKEL := $(patsubst bpf/%.bpf.c,$(O)/bpf/%.skel.h,$(wildcard bpf/*.bpf.c))

# Debian packages: to build, to run the demo, to run the tests, to make packages,
# to build the kernel that checks itself.
DEPS_BUILD := gcc libc6-dev make pkg-config $(CLANG) libbpf-dev bpftool libelf-dev \
	      zlib1g-dev libnl-3-dev libnl-genl-3-dev libjansson-dev \
	      libevent-dev libssl-dev libcyaml-dev libyaml-dev libsystemd-dev \
	      libsqlite3-dev libcurl4-openssl-dev
DEPS_DEMO  := iproute2 ethtool procps jq openssl
DEPS_CHECK := libcmocka-dev tshark python3-scapy jq iputils-ping mandoc \
	      bash-completion util-linux \
	      qemu-system-x86 busybox-static kmod xz-utils \
	      nftables sparse python3-yaml python3-jsonschema perl openssl \
	      python3-prometheus-client etcd-server etcd-client curl e2fsprogs
DEPS_DEB   := build-essential debhelper dh-dkms dkms
DEPS_DEBUG := flex bison bc
DEPS_LINT  := shellcheck mandoc

# Kernels of the VM tests: the oldest supported and the newest of Debian 12.
VM_KERNELS := 6.1 6.12

.PHONY: all deps demo demo-loop check check-debug bench sim lint install uninstall clean help
all: $(O)/cats $(O)/catsd

help:
	@echo 'make all        build $(O)/cats and $(O)/catsd'
	@echo 'make kmod       build $(O)/kmod/VERSION/cats.ko for the running kernel;'
	@echo '                KDIR=DIRECTORY for another, W=1 C=2 as in the kernel'
	@echo 'make kmod-vm    build it for the kernels of the VM tests'
	@echo 'make ynl-regen  generate the netlink code from its specifications'
	@echo 'make demo       see it steer flows (root, under a minute)'
	@echo 'make demo-loop  see weights follow load, and a site die and come back (root,'
	@echo '                under two minutes); draws $(O)/demo-loop.svg'
	@echo 'make check      run every test (root); selftests/run PROGRAM... runs'
	@echo '                some that are built'
	@echo 'make check-debug  test the module on a kernel with KASAN, lockdep, kmemleak;'
	@echo '                COMMAND= runs something else there'
	@echo 'make bench      measure the packet path (root)'
	@echo 'make sim        judge the selection, beside others (under 3 minutes);'
	@echo '                SIM=--help says what else it can do'
	@echo 'make lint       shellcheck, man page and style checks'
	@echo 'make deps       install the Debian packages the above need'
	@echo 'make deb        Debian packages of the command and of the module, in $(O)/deb'
	@echo 'make install    to DESTDIR$(PREFIX); uninstall takes it back'
	@echo 'make clean      remove $(O)/'

include kmod/Makefile
include packaging/Makefile
include selftests/Makefile

# --- dependencies -----------------------------------------------------------

define missing
$(shell dpkg-query -W -f '$${Package} $${db:Status-Status}\n' $(1) 2>/dev/null \
	| awk '$$2 == "installed" { have[$$1] } \
	       END { n = split("$(1)", want); \
		     for (i = 1; i <= n; i++) \
			if (!(want[i] in have)) print want[i] }')
endef

# $(call need,PACKAGES): install what is missing, say nothing if nothing is
define need
	@missing="$(call missing,$(1))"; [ -z "$$missing" ] || { \
		echo "installing:" $$missing; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		  apt-get install -y -qq --no-install-recommends $$missing; } \
		  >$(or $(TMPDIR),/tmp)/cats-deps.log 2>&1 || { \
			cat $(or $(TMPDIR),/tmp)/cats-deps.log >&2; exit 1; }; }
endef

deps:
	$(call need,$(DEPS_BUILD) $(DEPS_DEMO) $(DEPS_CHECK) $(DEPS_DEB))

.PHONY: deps-demo deps-check deps-lint
deps-demo:
	$(call need,$(DEPS_BUILD) $(DEPS_DEMO))
deps-check:
	$(call need,$(DEPS_BUILD) $(DEPS_DEMO) $(DEPS_CHECK) $(DEPS_DEB))
deps-lint:
	$(call need,$(DEPS_LINT))

# --- see it work, test it, measure it ---------------------------------------

# What they run is built by a make that sees the packages just installed.
demo: deps-demo
	@$(MAKE) -s $(O)/cats $(O)/selftests/netns/flowgen
	@selftests/demo/run

demo-loop: deps-demo
	@$(MAKE) -s $(O)/cats $(O)/catsd $(O)/selftests/netns/flowgen $(DEMO_BIN)
	@selftests/demo/loop

check: deps-check
	@$(MAKE) -s -j$(shell nproc) all check-build
	@$(MAKE) -s kmod-vm KMOD_SKIP=1
	@CATS_TEST_TIMEOUT=900 selftests/lanes $(CHECK_ALONE) -- $(CHECK) -- $(CHECK_BESIDE)

# On a kernel that checks itself; the first time builds it, in ten minutes.
check-debug: deps-check
	$(call need,$(DEPS_DEBUG))
	@$(MAKE) -s all check-build
	@kdir=$$(selftests/vm/headers debug) && \
		$(MAKE) -s --no-print-directory kmod KDIR=$$kdir
	@selftests/vm/debug $(COMMAND)

bench: deps-check
	@$(MAKE) -s all $(BENCH_BIN) $(DEMO_BIN)
	@$(MAKE) -s kmod-vm
	@$(O)/selftests/bench/bench
	@echo
	@$(O)/selftests/bench/rig
	@echo
	@$(O)/selftests/bench/damping
	@echo
	@$(O)/selftests/bench/sma
	@echo
	@$(O)/selftests/bench/cmas
	@$(O)/selftests/bench/cmas -r -g 100000
	@echo
	@$(O)/selftests/bench/select
	@echo
	@selftests/bench/decide.sh
	@echo
	@selftests/bench/stamp.sh
	@echo
	@selftests/bench/hybrid.sh
	@echo
	@selftests/bench/response.sh 2 12
	@for series in $(VM_KERNELS); do \
		echo; echo "egress, Linux $$series:"; \
		selftests/vm/run -i -k $$series -t 300 -- \
			selftests/bench/egress.py || exit 1; \
	done

sim: deps-demo
	@$(MAKE) -s $(O)/selftests/sim/sim
	@$(O)/selftests/sim/sim --many --json $(O)/sim.json $(SIM)

lint: deps-lint
	shellcheck -x $(SCRIPTS)
	mandoc -T lint -W warning $(MAN)

# --- XDP programs -----------------------------------------------------------

$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -c $< -o $@.tmp
	$(BPFTOOL) gen object $@ $@.tmp
	@rm -f $@.tmp

.SECONDARY: $(BPF_SKEL:.skel.h=.bpf.o)

$(O)/bpf/%.skel.h: $(O)/bpf/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $* >$@.tmp
	@mv $@.tmp $@

# --- userspace --------------------------------------------------------------

$(LIB_OBJ) $(CLI_OBJ): $(O)/%.o: %.c | $(BPF_SKEL)
	@mkdir -p $(@D)
	$(CC) $(CATS_CFLAGS) -MMD -MP -c $< -o $@

$(O)/userspace/lib/program.o $(O)/san/userspace/lib/program.o: $(BPF_SKEL)

$(O)/libcats.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(O)/cats: $(CLI_OBJ) $(O)/libcats.a
	$(CC) $(CATS_CFLAGS) $(LDFLAGS) -o $@ $^ $(CATS_LIBS)

$(DAEMON_OBJ): $(O)/%.o: %.c | $(BPF_SKEL)
	@mkdir -p $(@D)
	$(CC) $(CATS_CFLAGS) $(CATSD_CFLAGS) -MMD -MP -c $< -o $@

# files that are part of the program
PAGE_FILES := $(wildcard userspace/catsd/platform/page.* Documentation/openapi/*)
PAGE_OBJ := userspace/catsd/platform/page.o userspace/catsd/cmas/whole.o
$(PAGE_OBJ:%=$(O)/%) $(PAGE_OBJ:%=$(O)/san/%): $(PAGE_FILES)

$(O)/catsd: $(DAEMON_OBJ) $(O)/libcats.a
	$(CC) $(CATS_CFLAGS) $(LDFLAGS) -o $@ $^ $(CATS_LIBS) $(CATSD_LIBS)

# --- install ----------------------------------------------------------------

UNITDIR	?= $(PREFIX)/lib/systemd/system
MAN	:= $(wildcard Documentation/man/*.[458])
DAEMON_MAN := $(wildcard Documentation/man/catsd*.[58])
COMMAND_MAN := $(filter-out $(DAEMON_MAN),$(MAN))

# $(call install_man,PAGES): each in the directory of its section
install_man = $(foreach page,$(1),install -D -m 644 $(page) \
	$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page));)

.PHONY: install-command install-daemon
install: install-command install-daemon

install-command: $(O)/cats
	install -D -m 755 $(O)/cats $(DESTDIR)$(SBINDIR)/cats
	$(call install_man,$(COMMAND_MAN))
	install -D -m 644 userspace/cats/bash-completion $(DESTDIR)$(COMPDIR)/cats
	install -D -m 644 packaging/wireshark/carh.lua \
		$(DESTDIR)$(DATADIR)/wireshark/carh.lua

install-daemon: $(O)/catsd
	install -D -m 755 $(O)/catsd $(DESTDIR)$(SBINDIR)/catsd
	$(call install_man,$(DAEMON_MAN))
	install -D -m 644 packaging/systemd/catsd.service \
		$(DESTDIR)$(UNITDIR)/catsd.service
	install -D -m 644 packaging/grafana/cats.json \
		$(DESTDIR)$(DATADIR)/grafana/cats.json

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/cats $(DESTDIR)$(SBINDIR)/catsd
	rm -f $(DESTDIR)$(COMPDIR)/cats $(DESTDIR)$(UNITDIR)/catsd.service
	rm -rf $(DESTDIR)$(DATADIR)
	rm -f $(foreach page,$(MAN),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))

clean:
	rm -rf $(O)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(DAEMON_OBJ:.o=.d) $(wildcard $(O)/bpf/*.d)
