# SPDX-License-Identifier: MIT
# Pinferry: one non-recursive makefile. `make help` lists the targets.

VERSION := 0.1.0

# --- what may be overridden -------------------------------------------------------------------
MODE       ?= release
PREFIX     ?= /usr/local
DESTDIR    ?=
PKG_CONFIG ?= pkg-config
CC         ?= cc
CFLAGS     ?= -O2 -g
V          ?=

O := build/$(MODE)/obj
B := build/$(MODE)/bin
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $(1) $(2))

# --- flags ------------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wwrite-strings -Wformat=2 -Wconversion -Wno-format-nonliteral
HARDEN   := -fPIE -fstack-protector-strong -fcf-protection -D_FORTIFY_SOURCE=2
HARDLINK := -pie -Wl,-z,relro,-z,now
CPPFLAGS_ALL := -I. -D_POSIX_C_SOURCE=200809L -DPINFERRY_VERSION='"$(VERSION)"' $(CPPFLAGS)

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
else
$(error unknown MODE '$(MODE)': release, test, asan, ubsan or coverage)
endif

LIBCRYPTO  = $(shell $(PKG_CONFIG) --libs libcrypto)
LIBARCHIVE = $(shell $(PKG_CONFIG) --libs libarchive)
LIBXML     = $(shell $(PKG_CONFIG) --libs libxml-2.0)
LIBCURL    = $(shell $(PKG_CONFIG) --libs libcurl)
LIBJANSSON = $(shell $(PKG_CONFIG) --libs jansson)
LIBCMOCKA  = $(shell $(PKG_CONFIG) --libs cmocka)
XMLFLAGS  := $(shell $(PKG_CONFIG) --cflags libxml-2.0 2>/dev/null)

COMPILE = $(CC) -std=c11 $(CPPFLAGS_ALL) $(XMLFLAGS) $(WARNINGS) $(CFLAGS) $(MODE_FLAGS) -MMD -MP

# --- sources ----------------------------------------------------------------------------------
BASE    := err buf text when fsio_posix fsio_dir_posix fsio_target_posix markup progress jout cmd cmd_table cmd_help tty_posix
KEYS    := crypto pin pinfile signkey der sigfile elem extension trust
BUNDLES := manifest manifest_write tarhead tarball tarwrite bundle bundle_check receipt
BUNDLER := workspace ledger http registry fetch build cmd_setup cmd_fetch cmd_pins cmd_build cmd_bundle
APPLIER := webconfig webconfig_text webconfig_lex webconfig_selector webconfig_outline webconfig_value \
           webconfig_section webconfig_style webconfig_splice webconfig_unsplice webconfig_proof \
           webconfig_proof_tree webconfig_proof_bytes state site apply journal plan planhtml

have = $(wildcard $(addprefix $(1)/,$(addsuffix .c,$(2))))
SRC_base    := $(call have,base,$(BASE))
SRC_keys    := $(call have,keys,$(KEYS))
SRC_bundles := $(call have,bundles,$(BUNDLES))
SRC_bundler := $(call have,bundler,$(BUNDLER))
SRC_applier := $(call have,applier,$(APPLIER))
SRC_all     := $(SRC_base) $(SRC_keys) $(SRC_bundles) $(SRC_bundler) $(SRC_applier)

objs = $(patsubst %.c,$(O)/%.o,$(1))
LIB_base    := $(O)/libbase.a
LIB_keys    := $(O)/libkeys.a
LIB_bundles := $(O)/libbundles.a
LIB_bundler := $(O)/libbundler.a
LIB_applier := $(O)/libapplier.a

.PHONY: all
all: $(B)/bundler $(B)/applier

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) -c -o $@ $<

define archive
$$(LIB_$(1)): $$(call objs,$$(SRC_$(1)))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && ar rcsD $$@ $$^
endef
$(foreach room,base keys bundles bundler applier,$(eval $(call archive,$(room))))

$(B)/bundler: $(O)/bundler/main.o $(LIB_bundler) $(LIB_bundles) $(LIB_keys) $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ \
	    $(LIBCURL) $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON)

$(B)/applier: $(O)/applier/main.o $(LIB_applier) $(LIB_bundles) $(LIB_keys) $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ \
	    $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON)

# --- unit tests: tests/unit/test_STEM.c, one program each --------------------------------------
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))

$(B)/unit/%: $(O)/tests/unit/%.o $(LIB_bundler) $(LIB_applier) $(LIB_bundles) $(LIB_keys) $(LIB_base)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(MODE_FLAGS) $(MODE_LINK) $(LDFLAGS) -o $@ $^ \
	    $(LIBCMOCKA) $(LIBCURL) $(LIBARCHIVE) $(LIBXML) $(LIBCRYPTO) $(LIBJANSSON)
.PRECIOUS: $(O)/tests/unit/%.o

-include $(shell find build/$(MODE)/obj -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf build
