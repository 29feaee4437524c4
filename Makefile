# SPDX-License-Identifier: MIT
# Pinferry: one non-recursive makefile. `make help` lists the targets.

VERSION := 0.1.0
DATE    := 2026-11-28 # of this version, for the man pages

# --- what may be overridden -------------------------------------------------------------------
MODE       ?= release
BUILD      ?= build
PREFIX     ?= /usr/local
DESTDIR    ?=
PKG_CONFIG ?= pkg-config
CC         ?= cc
CFLAGS     ?= -O2 -g
V          ?=
# What `make static` builds for, as packaging/libs.sh names it. Only the command line is asked.
NATIVE     := $(shell uname -m 2>/dev/null)-linux-gnu
TARGET     := $(NATIVE)

# `windows` and `windows-test` (with the tests' switches) are cross-built
WINDOWS := $(filter windows windows-test,$(MODE))
OS      := $(if $(WINDOWS),win32,posix)
EXE     := $(if $(WINDOWS),.exe)

FOREIGN := $(filter-out $(NATIVE),$(TARGET))
STATIC  := $(BUILD)/static$(FOREIGN:%=-%)
O := $(if $(filter static,$(MODE)),$(STATIC),$(BUILD)/$(MODE))/obj
B := $(if $(filter static,$(MODE)),$(STATIC),$(BUILD)/$(MODE))/bin
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $(1) $(2))

# --- flags ------------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wwrite-strings -Wformat=2 -Wconversion -Wno-format-nonliteral
HARDEN   := -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
            $(if $(filter x86_64-% i686-% i386-%,$(TARGET)),-fcf-protection) \
            $(if $(filter aarch64-%,$(TARGET)),-mbranch-protection=standard)
HARDLINK := -pie -Wl,-z,relro,-z,now
CPPFLAGS_ALL := -I. -D_POSIX_C_SOURCE=200809L -DPINFERRY_VERSION='"$(VERSION)"' \
                -DPINFERRY_DATE='"$(strip $(DATE))"' $(CPPFLAGS)

ifeq ($(MODE),release)
MODE_FLAGS := $(HARDEN)
MODE_LINK  := $(HARDLINK)
else ifeq ($(MODE),test)
MODE_FLAGS := $(HARDEN) -DPINFERRY_TEST_SWITCHES
MODE_LINK  := $(HARDLINK)
else ifeq ($(MODE),asan)
MODE_FLAGS := -fsanitize=address -fno-omit-frame-pointer -DPINFERRY_TEST_SWITCHES
MODE_LINK  := -fsanitize=address
else ifeq ($(MODE),ubsan)
MODE_FLAGS := -fsanitize=undefined -fno-sanitize-recover=all -DPINFERRY_TEST_SWITCHES
MODE_LINK  := -fsanitize=undefined
else ifeq ($(MODE),coverage)
MODE_FLAGS := --coverage -O0 -DPINFERRY_TEST_SWITCHES
MODE_LINK  := --coverage
else ifeq ($(MODE),fuzz)
MODE_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
              -fno-omit-frame-pointer -DPINFERRY_TEST_SWITCHES
MODE_LINK  := -fsanitize=address,undefined
else ifeq ($(MODE),static)
# -g0: debug information names folders, and the build id would follow them
MODE_FLAGS := $(HARDEN) -ffunction-sections -fdata-sections -g0 -DLIBXML_STATIC \
              -DLIBARCHIVE_STATIC -DPINFERRY_STATIC
MODE_LINK  := -static-pie -Wl,-z,relro,-z,now,-z,noexecstack,--gc-sections
FINISH      = packaging/static.sh
FINISH_WITH = $(FOREIGN:%=%-)
else ifneq ($(WINDOWS),)
# 0x0602: Windows 8 and Server 2012, older than which nothing is promised. The stack protector and
# the checks of the C library (FORTIFY) come from libssp, which becomes part of the program.
HOST         = x86_64-w64-mingw32
CC           = $(HOST)-gcc
AR           = $(HOST)-ar
MODE_FLAGS   = -g0 -ffunction-sections -fdata-sections -fno-ident -ffile-prefix-map=$(CURDIR)=. \
               -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
               -D_WIN32_WINNT=0x0602 -DUNICODE -D_UNICODE -D__USE_MINGW_ANSI_STDIO=1 \
               -DPRINTF_GRAMMAR=gnu_printf \
               -DCOMMANDS_STATE_DIR='"%ProgramData%\\Pinferry"' \
               -DLIBXML_STATIC -DLIBARCHIVE_STATIC -DCURL_STATICLIB \
               $(if $(filter windows-test,$(MODE)),-DPINFERRY_TEST_SWITCHES)
MODE_LINK    = -municode -static -Wl,--gc-sections,--no-insert-timestamp,--build-id=none \
               -Wl,--dynamicbase,--nxcompat,--high-entropy-va \
               -Wl,--major-os-version=6,--minor-os-version=2 \
               -Wl,--major-subsystem-version=6,--minor-subsystem-version=2
RESOURCE     = $(1:%=$(O)/%/main.res)
FINISH       = packaging/windows/finish.sh
FINISH_WITH  = $(HOST)- KERNEL32.dll msvcrt.dll ADVAPI32.dll SHELL32.dll USER32.dll
SYSTEM_LIBS  = -ladvapi32 -lshell32
NETWORK_LIBS = -lws2_32 -lcrypt32 -lbcrypt -luser32 -lgdi32
else
$(error unknown MODE '$(MODE)': release, test, asan, ubsan, coverage, fuzz, static, windows or windows-test)
endif

# Asked only when something is linked or compiled, so that `make deps` works where there is neither
# pkg-config nor a compiler; each is asked once.
once = $(eval $(1) := $(shell $(PKG_CONFIG) $(2)))$($(1))
LIBCRYPTO  = $(call once,LIBCRYPTO,--libs libcrypto)
LIBARCHIVE = $(call once,LIBARCHIVE,--libs libarchive)
LIBXML     = $(call once,LIBXML,--libs libxml-2.0)
LIBCURL    = $(call once,LIBCURL,--libs libcurl)
LIBJANSSON = $(call once,LIBJANSSON,--libs jansson)
LIBSECCOMP = $(if $(filter sandbox_linux,$(SANDBOX)),$(call once,LIBSECCOMP_,--libs libseccomp))
LIBCMOCKA  = $(call once,LIBCMOCKA,--libs cmocka)
XMLFLAGS   = $(call once,XMLFLAGS,--cflags libxml-2.0)
ifneq ($(filter static windows windows-test,$(MODE)),)
STATIC_LIBS ?= $(error MODE=$(MODE) is built by `make $(MODE:windows-test=windows)`)
LIBCRYPTO   = $(STATIC_LIBS)/lib/libcrypto.a
LIBARCHIVE  = $(STATIC_LIBS)/lib/libarchive.a
LIBXML      = $(STATIC_LIBS)/lib/libxml2.a -lm
LIBJANSSON  = $(STATIC_LIBS)/lib/libjansson.a
LIBSECCOMP  = $(if $(filter sandbox_linux,$(SANDBOX)),$(STATIC_LIBS)/lib/libseccomp.a)
XMLFLAGS    = -isystem $(STATIC_LIBS)/include/libxml2 -isystem $(STATIC_LIBS)/include
endif
ifneq ($(WINDOWS),)
LIBJANSSON  = $(STATIC_LIBS)/lib/libjansson.a $(SYSTEM_LIBS) $(NETWORK_LIBS)
LIBXML      = $(STATIC_LIBS)/lib/libxml2.a
LIBCURL     = $(STATIC_LIBS)/lib/libcurl.a $(STATIC_LIBS)/lib/libssl.a
endif

COMPILE = $(CC) -std=c11 $(CPPFLAGS_ALL) $(XMLFLAGS) $(WARNINGS) $(CFLAGS) $(MODE_FLAGS) -MMD -MP

# What sanitizers and coverage write and read themselves, a sandbox would refuse them.
SANDBOX := $(if $(filter asan ubsan coverage windows windows-test,$(MODE)),sandbox_none,$(if $(filter Linux,$(shell \
    uname -s 2>/dev/null)),sandbox_linux,sandbox_none))

# --- sources ----------------------------------------------------------------------------------
BASE := \
    err \
    buf \
    text \
    when \
    zone \
    outfile \
    fsio_$(OS) \
    fsio_out_$(OS) \
    fsio_dir_$(OS) \
    fsio_sweep_$(OS) \
    fsio_protect_$(OS) \
    fsio_target_$(OS) \
    fsio_target_meta_$(OS) \
    fsio_target_swap_$(OS) \
    $(if $(WINDOWS),fsio_edge_win32 fsio_holders_win32 fsio_volume_win32 start_win32) \
    markup \
    html \
    progress \
    jout \
    cmd \
    cmd_table \
    cmd_help \
    cmd_complete \
    cmd_man \
    cmd_suggest \
    term_$(OS) \
    tty_$(OS) \
    proc_$(OS) \
    proc_standby_$(OS) \
    svc_$(OS) \
    event \
    event_$(OS) \
    iis_$(OS) \
    $(SANDBOX)
KEYS := \
    crypto \
    pin \
    pinfile \
    pinfile_der \
    signkey \
    signkey_passphrase \
    der \
    sigfile \
    sigfile_cert \
    sigfile_taken \
    elem \
    extension \
    trust \
    trust_step
BUNDLES := \
    manifest \
    manifest_write \
    naming \
    tarhead \
    tarball \
    tarwrite \
    bundle \
    bundle_parts \
    bundle_payload \
    bundle_check \
    bundle_write \
    candidate \
    statement \
    statement_open \
    receipt \
    receipt_open \
    receipt_write
BUNDLER := \
    workspace \
    ledger \
    ledger_file \
    ledger_json \
    approval \
    http \
    registry \
    source \
    fetch \
    check \
    signer \
    rotation \
    rotation_publish \
    statements \
    cosign \
    slip \
    receipts \
    sequence \
    manifest_json \
    build \
    build_request \
    build_pins \
    build_sets \
    export \
    export_text \
    commands \
    cmd_init \
    cmd_keygen \
    cmd_fetch \
    cmd_pins \
    cmd_build \
    cmd_inspect \
    cmd_export \
    cmd_trust \
    cmd_trust_edit \
    cmd_trust_sign \
    cmd_cosign \
    cmd_statement
APPLIER := \
    webconfig \
    webconfig_text \
    webconfig_lex \
    webconfig_selector \
    webconfig_outline \
    webconfig_outline_source \
    webconfig_path \
    webconfig_source \
    target \
    webconfig_value \
    webconfig_section \
    webconfig_style \
    webconfig_splice \
    webconfig_unsplice \
    webconfig_declared \
    webconfig_create \
    webconfig_proof \
    webconfig_proof_tree \
    webconfig_proof_bytes \
    webconfig_proof_create \
    state \
    state_file \
    state_sweep \
    window \
    window_file \
    site \
    site_staging \
    site_service \
    services \
    plan \
    plan_undo \
    plan_lines \
    plan_words \
    plan_text \
    plan_json \
    plan_page \
    plan_page_target \
    plan_page_why \
    open \
    pending \
    inbox \
    run \
    run_file \
    apply \
    recover \
    recover_statement \
    record \
    record_receipt \
    carry \
    carry_target \
    confine \
    hosting \
    find \
    commands \
    commands_find \
    commands_apply \
    cmd_init \
    cmd_verify \
    cmd_plan \
    cmd_apply \
    cmd_inbox \
    cmd_rollback \
    cmd_status \
    status \
    status_targets \
    audit \
    cmd_recover \
    cmd_pins \
    cmd_extract

in = $(addprefix $(1)/,$(addsuffix .c,$(2)))
SRC_base    := $(call in,base,$(BASE))
SRC_keys    := $(call in,keys,$(KEYS))
SRC_bundles := $(call in,bundles,$(BUNDLES))
SRC_bundler := $(call in,bundler,$(BUNDLER))
SRC_applier := $(call in,applier,$(APPLIER))
SRC_all     := $(SRC_base) $(SRC_keys) $(SRC_bundles) $(SRC_bundler) $(SRC_applier)

objs = $(patsubst %.c,$(O)/%.o,$(1))
LIB_base    := $(O)/libbase.a
LIB_keys    := $(O)/libkeys.a
LIB_bundles := $(O)/libbundles.a
LIB_bundler := $(O)/libbundler.a
LIB_applier := $(O)/libapplier.a

LIBS := $(LIB_bundler) $(LIB_applier) $(LIB_bundles) $(LIB_keys) $(LIB_base)

# A program is built once its main.c is there.
PROGRAMS := $(strip $(foreach program,bundler applier,$(if $(wildcard $(program)/main.c),$(program))))

.PHONY: all
all: $(LIBS) $(PROGRAMS:%=$(B)/%$(EXE)) $(if $(filter windows-test,$(MODE)),$(B)/exchange.exe) ## the programs, in build/release/bin (MODE=test, asan ... for others)

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) -c -o $@ $<

define archive
$$(LIB_$(1)): $$(call objs,$$(SRC_$(1)))
	$$(call say,AR,$$@)
	$$(Q)mkdir -p $$(@D) && rm -f $$@ && $$(AR) rcsD $$@ $$^
endef
$(foreach room,base keys bundles bundler applier,$(eval $(call archive,$(room))))

$(B)/bundler$(EXE): $(O)/bundler/main.o $(call RESOURCE,bundler) $(LIB_bundler) $(LIB_bundles) $(LIB_keys) $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ \
	    $(LIBCURL) $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON)
	$(if $(FINISH),$(Q)$(FINISH) $@ $(FINISH_WITH) WS2_32.dll CRYPT32.dll bcrypt.dll)

$(B)/applier$(EXE): $(O)/applier/main.o $(call RESOURCE,applier) $(LIB_applier) $(LIB_bundles) $(LIB_keys) $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ \
	    $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON) $(LIBSECCOMP)
	$(if $(FINISH),$(Q)$(FINISH) $@ $(FINISH_WITH))

comma := ,
# the texts of the events are part of the program that reports them
$(O)/applier/events.bin: packaging/windows/events.sh base/event_ids.h
	$(Q)packaging/windows/events.sh $(HOST)- $(@D)
$(O)/applier/main.res: $(O)/applier/events.bin
$(O)/%/main.res: packaging/windows/program.rc packaging/windows/program.manifest
	@mkdir -p $(@D)
	$(call say,RC,$@)
	$(Q)$(HOST)-windres -O coff $(if $(filter applier,$*),-DEVENTS='\"$(O)/applier/events.bin\"') -DPROGRAM='\"$*\"' -DVERSION='\"$(VERSION)\"' \
	    -DNUMBERS=$(subst .,$(comma),$(VERSION)),0 -DABOUT='\"Pinferry $*\"' $< $@

# --- man pages and completion: the programs print their own -----------------------------------
M := $(BUILD)/$(MODE)/man
C := $(BUILD)/$(MODE)/completion
.PHONY: man
man: $(PROGRAMS:%=$(M)/%.1) $(PROGRAMS:%=$(C)/%) ## the man pages and the completions of bash

$(M)/%.1: $(B)/%
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)$< --print-man > $@
$(C)/%: $(B)/%
	@mkdir -p $(@D)
	$(call say,BASH,$@)
	$(Q)$< --print-completion > $@
# half a page must not pass for a whole one
.DELETE_ON_ERROR:

# --- unit tests: tests/unit/test_STEM.c, one program each --------------------------------------
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))

$(B)/unit/%: $(O)/tests/unit/%.o $(LIBS)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ \
	    $(LIBCMOCKA) $(LIBCURL) $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON) \
	    $(LIBSECCOMP)
# make must not take the tests' objects for scrap
.SECONDARY: $(patsubst %.c,$(O)/%.o,$(UNIT_SRC))

# --- unit tests that only Windows can have, run under wine: tests/windows/unit/test_STEM_win32.c ------
WINDOWS_UNIT_SRC := $(wildcard tests/windows/unit/test_*.c)
WINDOWS_UNIT_BIN := $(patsubst tests/windows/unit/%.c,$(B)/unit/%.exe,$(WINDOWS_UNIT_SRC))
.PHONY: windows-unit
windows-unit: $(WINDOWS_UNIT_BIN) $(B)/dummy.exe
$(B)/dummy.exe: $(O)/tests/windows/dummy.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ $(SYSTEM_LIBS)
$(O)/tests/windows/%.o: XMLFLAGS += -isystem $(CMOCKA)
$(B)/unit/%.exe: $(O)/tests/windows/unit/%.o $(LIB_applier) $(LIB_bundles) $(LIB_keys) $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ $(CMOCKA)/libcmocka.a \
	    $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON)
.SECONDARY: $(patsubst %.c,$(O)/%.o,$(WINDOWS_UNIT_SRC))

# --- fuzz targets: tests/fuzz/fuzz_NAME.c. In MODE=fuzz libFuzzer drives them (clang only); in every
# other mode a main of our own feeds them their corpus, as one more test program.
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN  := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
FUZZ_MAIN := $(if $(filter fuzz,$(MODE)),,$(O)/tests/fuzz/replay.o)

$(B)/fuzz/%: $(O)/tests/fuzz/%.o $(FUZZ_MAIN) $(LIBS)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer) $(LDFLAGS) \
	    -o $@ $^ $(LIBCMOCKA) $(LIBCURL) $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON)
.SECONDARY: $(patsubst %.c,$(O)/%.o,$(FUZZ_SRC) tests/fuzz/replay.c)

# --- the vectors of format 1: frozen, so this only serves a folder that was emptied on purpose -----
$(B)/make_vectors: $(O)/tests/vectors/make_vectors.o $(LIB_bundles) $(LIB_keys) $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ \
	    $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON)

# --- the hostile suite: every bit of a bundle flipped ------------------------------------------------
$(B)/hostile_bits: $(O)/tests/hostile/bits.o $(LIB_bundles) $(LIB_keys) $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ \
	    $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON)

# --- the bench: the editor alone ---------------------------------------------------------------------
$(B)/bench_edit: $(O)/tests/bench/edit.o $(LIB_applier) $(LIB_bundles) $(LIB_keys) $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ \
	    $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON) $(LIBSECCOMP)

# --- Windows: replaces a file beside a reader of it ------------------------------------------------
$(B)/exchange.exe: $(O)/tests/windows/exchange_win32.o $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ $(SYSTEM_LIBS)

# --- the fault campaign: what drives the applier by ptrace (Linux on x86-64 and arm64) -------------
$(B)/faults_trace: $(patsubst %.c,$(O)/%.o,$(wildcard tests/faults/*.c))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^

-include $(shell find $(O) -name '*.d' 2>/dev/null)

# --- everything below runs make again with the MODE that it needs ('+' hands its -j down) ---------
AGAIN = $(MAKE) --no-print-directory
fuzzers = $(patsubst tests/fuzz/%.c,$(BUILD)/$(1)/bin/fuzz/%,$(FUZZ_SRC))
units = $(patsubst tests/unit/%.c,$(BUILD)/$(1)/bin/unit/%,$(UNIT_SRC)) $(fuzzers)
# Builds the unit tests in mode $(1) and runs them under tests/run.sh with options $(2). One that
# does not build counts as failed, and the others run all the same.
run_units = broken=; $(AGAIN) -k MODE=$(1) libs || broken=1; \
    tests/run.sh $${broken:+-f 'the build ($(1))'} $(2) $(call units,$(1))
E2E_ENV = PINFERRY_BIN=$(abspath $(BUILD)/$(1)/bin) PINFERRY_TEST_BIN=$(abspath $(BUILD)/$(2)/bin)

.PHONY: libs
libs: $(LIBS) $(UNIT_BIN) $(FUZZ_BIN) ## the archives of all rooms, unit tests and replays, in MODE

.PHONY: deps deps-check deps-windows deps-dist
deps: ## install what building needs (Debian, Ubuntu)
	@packaging/deps.sh build
deps-check: ## install what building and checking need
	@packaging/deps.sh check
deps-windows: ## install what building for Windows and checking that under wine need
	@packaging/deps.sh windows-check
deps-dist: ## install what the archives and their tests need
	@packaging/deps.sh dist

.PHONY: check check-fast unit e2e
check: deps-check ## build, unit tests and end-to-end tests; ends with "N passed, N failed"
	+@broken=; $(AGAIN) -k MODE=release all || broken='release '; \
	$(AGAIN) -k windows-compile || broken="$${broken}windows-compile "; \
	$(AGAIN) -k MODE=test all libs $(BUILD)/test/bin/faults_trace || broken="$${broken}test"; \
	$(call E2E_ENV,release,test) tests/run.sh $${broken:+-f "the build ($$broken)"} -e \
	    $(call units,test)
# left out by check-fast, for the time that they take
SLOW := $(wildcard tests/ens/*.bats) $(patsubst %,tests/e2e/%.bats,applier_apply applier_config_source \
    applier_create_section applier_init applier_plan applier_recover applier_rollback applier_sandbox \
    attacks bundler_keygen bundler_trust dotnet faults fetch fetch_network hostile) \
    $(wildcard tests/e2e/windows*.bats)
check-fast: ## unit tests, replays of the fuzz corpora, quick end-to-end tests; installs nothing
	+@broken=; $(AGAIN) -k MODE=release all || broken='release '; \
	$(AGAIN) -k MODE=test all libs || broken="$${broken}test"; \
	$(call E2E_ENV,release,test) tests/run.sh $${broken:+-f "the build ($$broken)"} \
	    -o "$(patsubst tests/%.bats,%,$(SLOW)) (make check runs them)" $(call units,test) \
	    $(filter-out $(SLOW),$(wildcard tests/e2e/*.bats))
unit: ## unit tests
	+@$(call run_units,test)
e2e: ## end-to-end tests
	+@$(AGAIN) MODE=release all && $(AGAIN) MODE=test all $(BUILD)/test/bin/faults_trace
	@$(call E2E_ENV,release,test) tests/run.sh -e

.PHONY: properties
properties: ## the editor's properties and mutants of its splice, over DOCUMENTS (10000) random files
	+@$(AGAIN) MODE=test $(BUILD)/test/bin/unit/test_webconfig_random \
	    $(BUILD)/test/bin/unit/test_webconfig_mutants
	@PINFERRY_DOCUMENTS=$(or $(DOCUMENTS),10000) V=1 tests/run.sh \
	    $(BUILD)/test/bin/unit/test_webconfig_random $(BUILD)/test/bin/unit/test_webconfig_mutants

.PHONY: hostile
hostile: ## what must be refused, and good cases among it, by applier and second reader (docs/conformance.md)
	+@$(AGAIN) MODE=release all && $(AGAIN) MODE=test all $(BUILD)/test/bin/hostile_bits
	@$(call E2E_ENV,release,test) python3 tests/hostile/run.py --all
.PHONY: faults
faults: ## killed at every system call, failing calls, a full disk, power cuts, other writers (docs/faults.md)
	+@$(AGAIN) MODE=release all && $(AGAIN) MODE=test $(BUILD)/test/bin/faults_trace
	@$(call E2E_ENV,release,test) python3 tests/faults/run.py $(FAULTS)
.PHONY: mutation
mutation: ## each check that decides on trust switched off in turn: some test must notice
	+@$(AGAIN) MODE=test all libs
	@python3 tests/hostile/mutate.py --build $(BUILD)

.PHONY: asan ubsan valgrind coverage
asan: ## unit tests under the address sanitizer
	+@$(call run_units,asan)
ubsan: ## unit tests under the undefined behaviour sanitizer
	+@$(call run_units,ubsan)
valgrind: ## unit tests under valgrind
	+@$(call run_units,test,-w 'valgrind -q --error-exitcode=99 --leak-check=full')
coverage: ## lines that the tests reach, by room; fails below 85 %
	+@$(AGAIN) MODE=coverage all libs
	@find $(BUILD)/coverage -name '*.gcda' -delete
	@$(call E2E_ENV,coverage,coverage) tests/run.sh $(if $(PROGRAMS),-e) $(call units,coverage)
	@python3 tests/lint/coverage.py --build $(BUILD)/coverage --least 85

FUZZ_SECONDS ?= 20
FUZZ_BUILD = $(AGAIN) MODE=fuzz CC=clang
.PHONY: fuzz fuzz-programs fuzz-corpus fuzz-coverage
fuzz: ## each fuzz target for FUZZ_SECONDS (20), by clang's libFuzzer and sanitizers
	+@$(FUZZ_BUILD) fuzz-programs
	@tests/fuzz/run.sh $(BUILD)/fuzz/work $(FUZZ_SECONDS) $(call fuzzers,fuzz)
fuzz-programs: $(FUZZ_BIN)
fuzz-corpus: ## tests/fuzz/corpus/ anew, of seeds and of what fuzzing found
	+@$(FUZZ_BUILD) fuzz-programs
	@python3 tests/fuzz/corpus.py --work $(BUILD)/fuzz/work $(call fuzzers,fuzz)
# a build folder of its own: what the other tests reach must not count here
fuzz-coverage: ## lines of the readers that the fuzz corpora reach; fails below 95 % of any file
	+@$(AGAIN) MODE=coverage BUILD=$(BUILD)/fuzz-coverage fuzz-programs
	@find $(BUILD)/fuzz-coverage -name '*.gcda' -delete
	@tests/run.sh $(call fuzzers,fuzz-coverage/coverage)
	@python3 tests/fuzz/coverage.py --build $(BUILD)/fuzz-coverage/coverage --least 95

.PHONY: lint
lint: ## what tests/lint/lint.py checks, and that what is for Windows compiles
	+@$(AGAIN) MODE=release all && $(AGAIN) windows-compile
	@python3 tests/lint/lint.py --build $(BUILD)

.PHONY: vectors
vectors: ## tests/vectors/ made anew; refuses while it is there
	+@$(AGAIN) MODE=test $(BUILD)/test/bin/make_vectors
	@mkdir -p tests/vectors/bundles tests/vectors/trust tests/vectors/documents
	@$(BUILD)/test/bin/make_vectors

.PHONY: sources
sources:
	@printf '%s\n' $(SRC_all)

# --- the applier as one file ---------------------------------------------------------------------
.PHONY: static e2e-static static-twice
static: ## the applier as one file for any Linux of this processor (or TARGET=aarch64-linux-gnu)
	+@packaging/deps.sh $(TARGET) && libs=$$(packaging/libs.sh $(TARGET)) || exit 1; \
	if [ "$$(cat $(STATIC)/libs 2>/dev/null)" != "$$libs" ]; then \
	    rm -rf $(STATIC) && mkdir -p $(STATIC) && echo "$$libs" >$(STATIC)/libs; \
	fi; \
	$(AGAIN) MODE=static STATIC_LIBS="$$libs" $(FOREIGN:%=CC=%-gcc AR=%-ar) $(STATIC)/bin/applier $(STATIC_ALSO) && \
	{ cat "$$libs/SOURCES" && packaging/libs.sh --compiler $(TARGET); } >$(STATIC)/SOURCES && \
	wc -c $(STATIC)/bin/applier
# under an emulator each start takes long, and tracing would see the emulator
EMULATED := tests/e2e/applier_apply.bats tests/e2e/applier_verify.bats
e2e-static: ## the end-to-end tests of the applier, with the static one
	+@$(AGAIN) TARGET=$(NATIVE) MODE=release all && $(AGAIN) TARGET=$(NATIVE) MODE=test all && \
	$(AGAIN) static
	@mkdir -p $(STATIC)/e2e && cp $(BUILD)/release/bin/bundler $(STATIC)/e2e/
	@rm -f $(STATIC)/e2e/applier; $(if $(FOREIGN),printf '#!/bin/sh\nexec qemu-%s "%s" "$$@"\n' \
	    $(firstword $(subst -, ,$(TARGET))) $(abspath $(STATIC)/bin/applier) >$(STATIC)/e2e/applier && \
	    chmod +x,cp $(STATIC)/bin/applier) $(STATIC)/e2e/applier
	@PINFERRY_BIN=$(abspath $(STATIC)/e2e) PINFERRY_TEST_BIN=$(abspath $(BUILD)/test/bin) \
	    tests/run.sh $(if $(FOREIGN),$(EMULATED),tests/e2e/applier_*.bats tests/e2e/attacks.bats)
static-twice: ## libraries and applier built twice, in other folders, and compared byte for byte
	@packaging/static-twice.sh $(TARGET)

.PHONY: compare
compare: ## what usual tools change besides the pins, over a corpus; see docs/performance.md
	+@$(AGAIN) MODE=release all
	@PINFERRY_BIN=$(abspath $(BUILD)/release/bin) python3 tests/bench/compare.py

# --- the programs for Windows ---------------------------------------------------------------------
.PHONY: windows windows-compile windows-check windows-check-all windows-hostile windows-twice objects
windows: ## applier.exe and bundler.exe for Windows x64, in build/windows/bin; in windows-test the tests' own
	+@libs='$(STATIC_LIBS)'; \
	if [ -z "$$libs" ]; then \
	    packaging/deps.sh windows && libs=$$(packaging/libs.sh x86_64-w64-mingw32) || exit 1; \
	fi; \
	for mode in windows windows-test; do \
	    if [ "$$(cat $(BUILD)/$$mode/libs 2>/dev/null)" != "$$libs" ]; then \
	        rm -rf $(BUILD)/$$mode && mkdir -p $(BUILD)/$$mode && echo "$$libs" >$(BUILD)/$$mode/libs; \
	    fi; \
	    $(AGAIN) MODE=$$mode STATIC_LIBS="$$libs" all || exit 1; \
	done; \
	{ cat "$$libs/SOURCES" && packaging/libs.sh --compiler x86_64-w64-mingw32; } >$(BUILD)/windows/SOURCES && \
	wc -c $(BUILD)/windows/bin/*.exe
# all sources that need no library's headers, so that no library has to be built first
objects: $(call objs,$(shell grep -LE '^\#include <(openssl/|libxml/|archive|curl/|jansson)' \
    $(SRC_all) $(PROGRAMS:%=%/main.c)))
windows-compile: ## what is only for Windows, and all else that needs no library, by its compiler
	+@$(AGAIN) MODE=windows BUILD=$(BUILD)/windows-compile STATIC_LIBS=/nonexistent \
	    CFLAGS='$(CFLAGS) -Werror' objects

# Under wine each start of a program takes ten times as long, so some files are left to -all; files
# that say nothing about the programs for Windows are in none of them.
NOT_WINDOWS := $(patsubst %,tests/e2e/%.bats,applier_sandbox demo dotnet faults hostile install \
    quickstart second_reader)
WINDOWS_SLOW :=
WINDOWS_ALL := $(filter-out $(NOT_WINDOWS),$(sort $(wildcard tests/e2e/*.bats)))
check_windows = $(AGAIN) MODE=release all && $(AGAIN) windows && \
    cmocka=$$(tests/windows/cmocka.sh) && $(AGAIN) MODE=windows-test CMOCKA="$$cmocka" \
	STATIC_LIBS="$$(cat $(BUILD)/windows-test/libs)" windows-unit && tests/windows/check.sh $(BUILD)
windows-check: deps-windows ## unit and end-to-end tests of the programs for Windows, under wine
	+@$(check_windows) $(filter-out $(WINDOWS_SLOW),$(WINDOWS_ALL))
windows-check-all: deps-windows ## the same, with the tests that take long
	+@$(check_windows) $(WINDOWS_ALL)
windows-hostile: deps-windows ## the hostile suite with applier.exe, under wine
	+@$(check_windows) python3 tests/hostile/run.py $(HOSTILE)
windows-twice: deps-windows ## libraries and programs for Windows built twice, in other folders, and compared
	@packaging/static-twice.sh x86_64-w64-mingw32

.PHONY: bench
bench: ## times of the programs beside those of openssl and xmllint; see docs/performance.md
	+@$(AGAIN) MODE=release all && $(AGAIN) static STATIC_ALSO=$(STATIC)/bin/bench_edit
	@PINFERRY_BIN=$(abspath $(BUILD)/release/bin) PINFERRY_STATIC=$(abspath $(STATIC)/bin) \
	    python3 tests/bench/bench.py $(BENCH)

# --- delivery -----------------------------------------------------------------------------------
.PHONY: demo dist dist-windows deb dist-check install uninstall clean help
demo: deps ## a rotation of keys from end to end, in a temporary folder
	+@$(AGAIN) MODE=release all
	@PINFERRY_BIN=$(abspath $(BUILD)/release/bin) packaging/demo.sh
dist: ## a source archive of the last commit, in build/
	@mkdir -p $(BUILD)
	git archive --format=tar.gz --prefix=pinferry-$(VERSION)/ -o $(BUILD)/pinferry-$(VERSION).tar.gz HEAD
dist-windows: deps-dist ## a ZIP archive for Windows, in build/; signed with SIGN_KEY and SIGN_CERT, AUTHENTICODE_CERT and _KEY
	+@$(AGAIN) MODE=release all && $(AGAIN) windows
	@packaging/windows/archive.sh $(BUILD) $(VERSION) $(DATE)
deb: ## a Debian package of both programs for this release and processor, in build/
	@packaging/deps.sh deb
	+@$(AGAIN) MODE=release all man
	@packaging/deb.sh $(BUILD) $(VERSION) $(DATE)
dist-check: dist-windows deb ## tests of that archive and of that package
	@$(call E2E_ENV,release,test) PINFERRY_BUILD=$(abspath $(BUILD)) tests/run.sh tests/dist/*.bats
# Each file that is installed, as SOURCE:MODE:PLACE, the place below PREFIX.
SHARED  := share/doc/pinferry
DOCS    := README.md CHANGELOG.md LICENSE SECURITY.md $(sort $(shell find docs -type f))
SHIPPED := $(foreach p,$(PROGRAMS),$(B)/$(p):755:bin/$(p) $(M)/$(p).1:644:share/man/man1/$(p).1 \
    $(C)/$(p):644:share/bash-completion/completions/$(p)) \
    $(foreach d,$(DOCS),$(d):644:$(SHARED)/$(d))
install: all man ## programs, man pages, completion and documents, to $(DESTDIR)$(PREFIX)
	$(Q)for file in $(SHIPPED); do \
	    place=$${file##*:} file=$${file%:*}; \
	    install -D -m $${file##*:} "$${file%:*}" "$(DESTDIR)$(PREFIX)/$$place" || exit 1; \
	done
uninstall: ## what install put there
	$(Q)for file in $(SHIPPED); do rm -f "$(DESTDIR)$(PREFIX)/$${file##*:}" || exit 1; done
	$(Q)if [ -d "$(DESTDIR)$(PREFIX)/$(SHARED)" ]; then \
	    find "$(DESTDIR)$(PREFIX)/$(SHARED)" -depth -type d -empty -delete; fi
clean: ## remove what was built
	rm -rf $(BUILD)
help: ## this list
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
	    while IFS='|' read -r name text; do printf '  %-12s %s\n' "$$name" "$$text"; done
