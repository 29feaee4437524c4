/* SPDX-License-Identifier: MIT */
/* site.xml, which administrators edit: what is read can be written and read again as the same. */
#include <unistd.h>

#include "applier/site.h"
#include "base/limits.h"
#include "base/when.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/scratch.h"

static void remove_scratch(void)
{
    scratch_remove(NULL);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The check's words may hold a line end, which the writer, who never has a check, would lose. */
static bool is_plain(const struct site *site)
{
    for (size_t i = 0; site->check[i] != NULL; i++) {
        for (const char *p = site->check[i]; *p != '\0'; p++) {
            if ((unsigned char)*p < 0x20) {
                return false;
            }
        }
    }
    return true;
}

static void check_same(const struct site *a, const struct site *b)
{
    FUZZ_MUST(b != NULL && a->count == b->count && a->minimum == b->minimum);
    FUZZ_MUST(a->refuse_unlisted == b->refuse_unlisted && a->max_bytes == b->max_bytes);
    for (size_t i = 0; i < a->count; i++) {
        FUZZ_MUST(same_text(a->targets[i].path, b->targets[i].path));
        FUZZ_MUST(same_text(a->targets[i].section, b->targets[i].section));
        FUZZ_MUST(same_text(a->targets[i].staging, b->targets[i].staging));
    }
    FUZZ_MUST(a->windows.count == b->windows.count &&
              strcmp(a->windows.zone.text, b->windows.zone.text) == 0);
    for (size_t i = 0; i < a->windows.count; i++) {
        const struct window *one = &a->windows.items[i], *other = &b->windows.items[i];

        FUZZ_MUST(one->weekdays == other->weekdays && one->date == other->date);
        FUZZ_MUST(one->from == other->from && one->minutes == other->minutes);
    }
    FUZZ_MUST(a->windows.blackout_count == b->windows.blackout_count);
    for (size_t i = 0; i < a->windows.blackout_count; i++) {
        FUZZ_MUST(a->windows.blackouts[i].from == b->windows.blackouts[i].from);
        FUZZ_MUST(a->windows.blackouts[i].until == b->windows.blackouts[i].until);
    }
    for (size_t i = 0; a->check[i] != NULL; i++) {
        FUZZ_MUST(same_text(a->check[i], b->check[i]));
    }
}

/* Reckoning ends and agrees with itself, whatever was configured. */
static void look_at_windows(const struct windows *windows)
{
    struct window_look look = window_look(windows, WHEN_MIN + 9000 * WHEN_DAY), next;

    if (!look.open && look.has_next) {
        next = window_look(windows, look.opens);
        FUZZ_MUST(next.open && next.closes > look.opens);
    } else if (look.open && look.closes != INT64_MAX) {
        FUZZ_MUST(!window_look(windows, look.closes).open);
    }
}

static void put(const uint8_t *data, size_t size)
{
    FILE *file = fopen(scratch(SITE_FILE), "wb");

    FUZZ_MUST(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct site *site, *again;

    if (scratch_dir[0] == '\0') {
        FUZZ_MUST(scratch_make(NULL) == 0 && atexit(remove_scratch) == 0);
    }
    if (size > LIMIT_STATE_BYTES) {
        return 0;
    }
    put(data, size);
    site = site_load(scratch_dir, &err);
    fuzz_verdict(site != NULL, &err);
    FUZZ_MUST(site != NULL || err.code == ERR_CONFIG_FORM);
    if (site != NULL) {
        look_at_windows(&site->windows);
    }
    if (site != NULL && is_plain(site)) {
        FUZZ_MUST(unlink(scratch(SITE_FILE)) == 0 && site_write(site, scratch_dir, &err));
        again = site_load(scratch_dir, &err);
        check_same(site, again);
        site_free(again);
    }
    site_free(site);
    return 0;
}
