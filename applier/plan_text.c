/* SPDX-License-Identifier: MIT */
/* A plan as text. */
#include "applier/plan_text.h"

#include <inttypes.h>
#include <string.h>

#include "applier/plan_lines.h"
#include "applier/plan_words.h"
#include "base/limits.h"
#include "base/text.h"

/* SGR sequences; "" without colours. */
struct palette {
    const char *bold, *red, *green, *yellow, *plain;
};

static const struct palette colors = {"\033[1m", "\033[31m", "\033[32m", "\033[33m", "\033[0m"};
static const struct palette no_colors = {"", "", "", "", ""};

struct writer {
    const struct bundle *bundle;
    const struct palette *palette;
    struct buf *out;
    struct err *err;
};

static bool add_shown(const struct writer *w, const char *text)
{
    return text_add_shown(w->out, text, strlen(text), w->err);
}

/* The notes, each line indented and escaped; a file from Windows has CR before its LF. */
static bool add_notes(const struct writer *w, const struct buf *notes)
{
    const char *text = buf_text(notes);
    size_t at = 0;

    if (!buf_add_text(w->out, "notes:\n", w->err)) {
        return false;
    }
    while (at < notes->len) {
        const char *eol = memchr(text + at, '\n', notes->len - at);
        size_t end = eol == NULL ? notes->len : (size_t)(eol - text);
        size_t shown = end > at && text[end - 1] == '\r' ? end - 1 : end;

        if (!buf_add_text(w->out, "  | ", w->err) ||
            !text_add_shown(w->out, text + at, shown - at, w->err) ||
            !buf_add_text(w->out, "\n", w->err)) {
            return false;
        }
        at = end + 1;
    }
    return true;
}

static bool add_bundle(const struct writer *w)
{
    const struct manifest *m = bundle_manifest(w->bundle);
    const struct trust_keys *keys = &bundle_trust(w->bundle)->roles[TRUST_BUNDLE];
    const struct buf *notes = bundle_notes(w->bundle);
    char from[PLAN_WORDS_TIME_SIZE], to[PLAN_WORDS_TIME_SIZE];
    size_t count;
    const struct trust_vote *votes = bundle_votes(w->bundle, &count);

    if (!buf_printf(w->out, w->err, "%sbundle %" PRIu64 "%s of epoch %" PRIu64 " for %s\n",
                    w->palette->bold, m->sequence, w->palette->plain, m->epoch, m->channel) ||
        !buf_printf(w->out, w->err, "valid   %s until %s\n", plan_words_time(m->not_before, from),
                    plan_words_time(m->expires, to))) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!buf_printf(w->out, w->err, "signed  %s by %s\n",
                        plan_words_time(votes[i].signing_time, from),
                        keys->signers[votes[i].signer].id)) {
            return false;
        }
    }
    return notes == NULL || notes->len == 0 || add_notes(w, notes);
}

static bool add_counts(const struct writer *w, const struct plan_target *target)
{
    struct plan_words_counts counts = plan_words_count(target);
    const char *separator = ":";

    if (!buf_printf(w->out, w->err, "  pins %zu -> %zu", target->report.old_count,
                    target->report.new_count)) {
        return false;
    }
    for (int fate = 0; fate < PLAN_WORDS_FATES; fate++) {
        if (counts.of[fate] == 0) {
            continue;
        }
        if (!buf_printf(w->out, w->err, "%s %zu %s", separator, counts.of[fate],
                        plan_words_fate((enum plan_fate)fate, w->bundle))) {
            return false;
        }
        separator = ";";
    }
    return buf_add_text(w->out, "\n", w->err);
}

static bool add_lines(const struct writer *w, const struct plan_target *target)
{
    struct plan_lines lines;
    bool ok = true;

    if (!plan_lines_of(target, &lines, w->err)) {
        return false;
    }
    for (size_t i = 0; ok && i < lines.count; i++) {
        const struct plan_line *line = &lines.items[i];
        char digits[PLAN_WORDS_SHORT_SIZE];

        ok = buf_printf(w->out, w->err, "%s  %c %4zu  ",
                        line->comes ? w->palette->green : w->palette->red, line->comes ? '+' : '-',
                        line->row->line) &&
             plan_lines_add_short(line, w->out, w->err) &&
             buf_printf(w->out, w->err, "%s  %s\n", w->palette->plain,
                        plan_words_short(line->row, digits));
    }
    if (ok && lines.count > 0) {
        ok = buf_add_text(w->out, "\n", w->err);
    }
    plan_lines_release(&lines);
    return ok;
}

static const char *fate_color(const struct palette *palette, enum plan_fate fate)
{
    switch (fate) {
    case PLAN_UNLISTED:
        return palette->yellow;
    case PLAN_ADDED:
        return palette->green;
    case PLAN_REMOVED:
        return palette->red;
    default:
        return "";
    }
}

static char sign_of(const struct plan_row *row)
{
    return row->fate == PLAN_ADDED ? '+' : row->fate == PLAN_REMOVED ? '-' : ' ';
}

static bool add_row(const struct writer *w, const struct plan_row *row)
{
    const char *color = fate_color(w->palette, row->fate);
    char digits[PLAN_WORDS_SHORT_SIZE], key[PIN_TYPE_TEXT_SIZE];
    char validity[PLAN_WORDS_VALIDITY_SIZE];
    const char *valid = plan_words_validity(row, validity);

    if (!buf_printf(w->out, w->err, "  %c %4zu  %s%-19s%s  %-16s  %s", sign_of(row), row->line,
                    color, plan_words_fate(row->fate, w->bundle),
                    *color == '\0' ? "" : w->palette->plain, plan_words_short(row, digits),
                    plan_words_key(row, key))) {
        return false;
    }
    if (*valid != '\0' && !buf_printf(w->out, w->err, ", valid %s", valid)) {
        return false;
    }
    if (row->reason[0] != '\0' &&
        (!buf_add_text(w->out, ", reason: ", w->err) || !add_shown(w, row->reason))) {
        return false;
    }
    return buf_add_text(w->out, "\n", w->err);
}

static bool add_table(const struct writer *w, const struct plan_target *target)
{
    if (!buf_printf(w->out, w->err, "    %4s  %-19s  %-16s  %s\n", "line", "pin", "SHA-256",
                    "key")) {
        return false;
    }
    for (size_t i = 0; i < target->row_count; i++) {
        if (!add_row(w, &target->rows[i])) {
            return false;
        }
    }
    return true;
}

/* Which web.config led to the file. */
static bool add_config(const struct writer *w, const struct plan_target *target)
{
    if (target->config == NULL) {
        return true;
    }
    if (!buf_add_text(w->out, "  named by configSource", w->err) ||
        (target->config_line > 0 &&
         !buf_printf(w->out, w->err, " on line %zu", target->config_line))) {
        return false;
    }
    return buf_add_text(w->out, " of ", w->err) && add_shown(w, target->config) &&
           buf_add_text(w->out, ", which stays as it is\n", w->err);
}

static bool add_target(const struct writer *w, const struct plan_target *target)
{
    if (!buf_printf(w->out, w->err, "\n%s", w->palette->bold) || !add_shown(w, target->path) ||
        !buf_printf(w->out, w->err, "%s: %s\n", w->palette->plain,
                    target->changes ? "changes" : "needs no change")) {
        return false;
    }
    if (!add_config(w, target)) {
        return false;
    }
    if (target->section != NULL &&
        (!buf_add_text(w->out, "  section ", w->err) || !add_shown(w, target->section) ||
         !buf_add_text(w->out, "\n", w->err))) {
        return false;
    }
    if (target->fate != WEBCONFIG_STAYS &&
        !buf_printf(w->out, w->err, "  %s\n", plan_words_section(target))) {
        return false;
    }
    return buf_printf(w->out, w->err, "  %s, line ends %s, %zu -> %zu bytes\n", target->encoding,
                      target->eol, target->old_bytes.len, target->new_bytes.len) &&
           add_counts(w, target) &&
           (!target->changes ||
            (buf_add_text(w->out, "\n", w->err) && add_lines(w, target) && add_table(w, target)));
}

static bool add_digest(const struct writer *w, const struct plan *plan)
{
    static const uint8_t none[sizeof plan->digest];
    char hex[2 * sizeof plan->digest + 1];

    if (memcmp(plan->digest, none, sizeof none) == 0) {
        return true;
    }
    text_hex(hex, plan->digest, sizeof plan->digest);
    return buf_printf(w->out, w->err, "\nplan digest %s\n", hex);
}

bool plan_text_bundle(const struct bundle *bundle, bool color, struct buf *out, struct err *err)
{
    struct writer w = {bundle, color ? &colors : &no_colors, out, err};

    return add_bundle(&w);
}

bool plan_text(const struct plan *plan, const struct bundle *bundle, bool color, struct buf *out,
               struct err *err)
{
    struct writer w = {bundle, color ? &colors : &no_colors, out, err};

    if (bundle != NULL && !add_bundle(&w)) {
        return false;
    }
    for (size_t i = 0; i < plan->count; i++) {
        if (!add_target(&w, &plan->targets[i])) {
            return false;
        }
    }
    /* nothing takes an undo's digest */
    return bundle == NULL || add_digest(&w, plan);
}
