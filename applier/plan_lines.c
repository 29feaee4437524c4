/* SPDX-License-Identifier: MIT */
/* Cuts the elements that come and go out of the old and the new file. */
#include "applier/plan_lines.h"

#include <stdlib.h>
#include <string.h>

#include "applier/webconfig.h"
#include "base/limits.h"
#include "base/text.h"

#define HEAD_DIGITS 8 /* "3082010a": says RSA and its length */
#define TAIL_DIGITS 12
#define SHORT_ENOUGH (HEAD_DIGITS + TAIL_DIGITS + 3)

/* An item that a plan moves holds ASCII only: its names, its quotes, hex, white space, references
 * to such. */
static bool cut(const struct webconfig_text *text, struct webconfig_span span, struct buf *out,
                struct err *err)
{
    for (size_t at = span.start; at < span.end; at += text->width) {
        unsigned unit = webconfig_text_unit(text, at);
        char byte = unit < 0x80 ? (char)unit : '?';

        if (!text_add_shown(out, &byte, 1, err)) {
            return false;
        }
    }
    return true;
}

/* Appends the elements of all rows of one fate, which stand in the order of `file`. */
static bool collect(const struct plan_target *target, const struct buf *file, enum plan_fate fate,
                    struct plan_lines *lines, struct err *err)
{
    struct webconfig *scanned = NULL;
    enum webconfig_fate absent = fate == PLAN_ADDED ? WEBCONFIG_UNDONE : WEBCONFIG_CREATED;
    size_t at = 0;
    bool ok;

    if (target->fate == absent) {
        return true;
    }
    ok = webconfig_scan(file, target->section, &scanned, err);

    for (size_t i = 0; ok && i < target->row_count; i++) {
        const struct plan_row *row = &target->rows[i];
        struct plan_line *line = &lines->items[lines->count];

        if (row->fate != fate) {
            continue;
        }
        while (at < scanned->item_count &&
               (!scanned->items[at].has_digest || scanned->items[at].line != row->line ||
                memcmp(scanned->items[at].pin.sha256, row->pin.sha256, 32) != 0)) {
            at++;
        }
        if (at == scanned->item_count) {
            ok = err_set(err, ERR_INTERNAL, "line %zu holds no pin that the plan names", row->line);
            break;
        }
        line->comes = fate == PLAN_ADDED;
        line->row = row;
        buf_init(&line->text, LIMIT_LINE_BYTES);
        lines->count++;
        ok = cut(&scanned->text, scanned->items[at++].element, &line->text, err);
    }
    webconfig_free(scanned);
    return ok;
}

bool plan_lines_of(const struct plan_target *target, struct plan_lines *out, struct err *err)
{
    struct plan_lines lines = {calloc(target->row_count + 1, sizeof *lines.items), 0};

    if (lines.items == NULL) {
        return err_memory(err);
    }
    if (!collect(target, &target->old_bytes, PLAN_REMOVED, &lines, err) ||
        !collect(target, &target->new_bytes, PLAN_ADDED, &lines, err)) {
        err_context(err, "%s", target->path);
        plan_lines_release(&lines);
        return false;
    }
    *out = lines;
    return true;
}

void plan_lines_release(struct plan_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        buf_release(&lines->items[i].text);
    }
    free(lines->items);
    *lines = (struct plan_lines){NULL, 0};
}

/* What stands within the quotes behind publicKeyString. */
static bool find_value(const char *text, size_t *start, size_t *len)
{
    const char *name = strstr(text, "publicKeyString");
    const char *quote = name == NULL ? NULL : strpbrk(name, "\"'");
    const char *end = quote == NULL ? NULL : strchr(quote + 1, *quote);

    if (end == NULL) {
        return false;
    }
    *start = (size_t)(quote + 1 - text);
    *len = (size_t)(end - quote - 1);
    return true;
}

bool plan_lines_add_short(const struct plan_line *line, struct buf *out, struct err *err)
{
    const char *text = buf_text(&line->text);
    size_t start, len;

    if (!find_value(text, &start, &len) || len <= SHORT_ENOUGH) {
        return buf_add_text(out, text, err);
    }
    return buf_add(out, text, start + HEAD_DIGITS, err) && buf_add_text(out, "...", err) &&
           buf_add_text(out, text + start + len - TAIL_DIGITS, err);
}
