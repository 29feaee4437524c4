/* SPDX-License-Identifier: MIT */
/* Words for fates, keys and times, and the warnings of a plan. */
#include "applier/plan_words.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"

#define FEW_RANGES 6 /* that a warning names; the table has the rest */

const char *plan_words_fate(enum plan_fate fate, const struct bundle *bundle)
{
    switch (fate) {
    case PLAN_KEPT:
        return "kept";
    case PLAN_UNLISTED:
        return bundle == NULL ? "kept" : "kept, not in bundle";
    case PLAN_ADDED:
        return bundle == NULL ? "put back" : "added";
    case PLAN_REMOVED:
        return bundle == NULL ? "taken out" : "retired";
    }
    return "?";
}

const char *plan_words_key(const struct plan_row *row, char out[static PIN_TYPE_TEXT_SIZE])
{
    return row->is_pin ? pin_type_text(&row->pin, out) : "no valid key";
}

const char *plan_words_validity(const struct plan_row *row,
                                char out[static PLAN_WORDS_VALIDITY_SIZE])
{
    char from[WHEN_TEXT_SIZE], to[WHEN_TEXT_SIZE];

    if (!row->has_validity) {
        return "";
    }
    when_format(from, row->valid_from);
    when_format(to, row->valid_to);
    snprintf(out, PLAN_WORDS_VALIDITY_SIZE, "%.10s to %.10s", from, to);
    return out;
}

const char *plan_words_time(int64_t when, char out[static PLAN_WORDS_TIME_SIZE])
{
    char text[WHEN_TEXT_SIZE];

    when_format(text, when);
    snprintf(out, PLAN_WORDS_TIME_SIZE, "%.10s %.8s UTC", text, text + 11);
    return out;
}

const char *plan_words_short(const struct plan_row *row, char out[static PLAN_WORDS_SHORT_SIZE])
{
    if (row->pin.len == 0) {
        return "-";
    }
    text_hex(out, row->pin.sha256, 8);
    return out;
}

const char *plan_words_section(const struct plan_target *target)
{
    switch (target->fate) {
    case WEBCONFIG_STAYS:
        return "";
    case WEBCONFIG_CREATED:
        return "the file has no pins section: one is created where configSections declares it";
    case WEBCONFIG_UNDONE:
        return "the pins section that the run created is taken out again";
    }
    return "?";
}

struct plan_words_counts plan_words_count(const struct plan_target *target)
{
    struct plan_words_counts counts = {{0}};

    for (size_t i = 0; i < target->row_count; i++) {
        counts.of[target->rows[i].fate]++;
    }
    return counts;
}

const char *plan_words_s(size_t n)
{
    return n == 1 ? "" : "s";
}

/* One target's warnings in the making. */
struct warnings {
    const struct plan_target *target;
    plan_words_warn *warn;
    void *ctx;
    struct buf text;
    struct err *err;
};

/* Starts a sentence with the target's path, shown safely. */
static bool start(struct warnings *w)
{
    const char *path = w->target->path;

    buf_clear(&w->text);
    return text_add_shown(&w->text, path, strlen(path), w->err) &&
           buf_add_text(&w->text, ": ", w->err);
}

static void say(struct warnings *w)
{
    w->warn(w->ctx, buf_text(&w->text));
}

static bool warn_few(struct warnings *w, size_t minimum)
{
    size_t count = w->target->report.new_count;

    if (minimum > 0 || count >= PLAN_USUAL_MINIMUM) {
        return true;
    }
    if (!start(w) ||
        !buf_printf(
            &w->text, w->err,
            "%zu pin%s afterwards, and neither site nor bundle sets a minimum; the vendor's "
            "article expects at least %d",
            count, plan_words_s(count), PLAN_USUAL_MINIMUM)) {
        return false;
    }
    say(w);
    return true;
}

static bool is_unlisted_pin(const struct plan_row *row)
{
    return row->fate == PLAN_UNLISTED && row->is_pin;
}

/* " 51-58, 60": the lines of those pins, the first FEW_RANGES ranges of them. */
static bool add_ranges(struct warnings *w)
{
    const struct plan_target *target = w->target;
    size_t ranges = 0;

    for (size_t i = 0; i < target->row_count; i++) {
        size_t first = target->rows[i].line, last = first;

        if (!is_unlisted_pin(&target->rows[i])) {
            continue;
        }
        while (i + 1 < target->row_count && is_unlisted_pin(&target->rows[i + 1]) &&
               target->rows[i + 1].line <= last + 1) {
            last = target->rows[++i].line;
        }
        if (ranges++ == FEW_RANGES) {
            return buf_add_text(&w->text, ", ...", w->err);
        }
        if (!buf_printf(&w->text, w->err, ranges == 1 ? " %zu" : ", %zu", first) ||
            (last > first && !buf_printf(&w->text, w->err, "-%zu", last))) {
            return false;
        }
    }
    return true;
}

static bool warn_unlisted(struct warnings *w)
{
    const struct plan_target *target = w->target;
    size_t count = 0;

    for (size_t i = 0; i < target->row_count; i++) {
        count += is_unlisted_pin(&target->rows[i]);
    }
    if (count == 0) {
        return true;
    }
    if (!start(w) ||
        !buf_printf(&w->text, w->err, "%zu pin%s that the bundle does not name %s (line%s", count,
                    plan_words_s(count), count == 1 ? "stays" : "stay", plan_words_s(count)) ||
        !add_ranges(w) || !buf_add_text(&w->text, ")", w->err)) {
        return false;
    }
    say(w);
    return true;
}

static bool warn_odd(struct warnings *w)
{
    size_t others = w->target->report.others;

    if (w->target->odd_space) {
        if (!start(w) ||
            !buf_add_text(&w->text,
                          "white space in the value of a pin; whether ENS accepts it is "
                          "unknown",
                          w->err)) {
            return false;
        }
        say(w);
    }
    if (others > 0) {
        if (!start(w) ||
            !buf_printf(&w->text, w->err, "%zu item%s hold%s no valid key and stay%s as %s", others,
                        plan_words_s(others), others == 1 ? "s" : "", others == 1 ? "s" : "",
                        others == 1 ? "it is" : "they are")) {
            return false;
        }
        say(w);
    }
    return true;
}

static bool warn_size(struct warnings *w, size_t max)
{
    size_t size = w->target->new_bytes.len;

    if (max == 0 || size <= max / 10 * 9) {
        return true;
    }
    if (!start(w) ||
        !buf_printf(&w->text, w->err,
                    "%zu of at most %zu bytes afterwards; IIS refuses a larger file", size, max)) {
        return false;
    }
    say(w);
    return true;
}

static bool warn_recycle(struct warnings *w)
{
    if (w->target->config == NULL || !w->target->changes) {
        return true;
    }
    if (!start(w) || !buf_add_text(&w->text, PLAN_WORDS_RECYCLE, w->err)) {
        return false;
    }
    say(w);
    return true;
}

bool plan_words_warnings(const struct plan *plan, const struct bundle *bundle,
                         plan_words_warn *warn, void *ctx, struct err *err)
{
    struct warnings w = {.warn = warn, .ctx = ctx, .err = err};
    bool ok = true;

    buf_init(&w.text, LIMIT_LINE_BYTES);
    for (size_t i = 0; ok && i < plan->count; i++) {
        w.target = &plan->targets[i];
        ok = warn_few(&w, plan->minimum) && (bundle == NULL || warn_unlisted(&w)) && warn_odd(&w) &&
             warn_size(&w, plan->max_bytes) && warn_recycle(&w);
    }
    buf_release(&w.text);
    return ok;
}
