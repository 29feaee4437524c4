/* SPDX-License-Identifier: MIT */
/*
 * Ways in which a splice could go wrong: each makes a file of the right one that differs from the
 * old one in more, less or other than the pins that come and go.
 */
#ifndef TESTS_UNIT_WEBCONFIG_MUTANTS_H
#define TESTS_UNIT_WEBCONFIG_MUTANTS_H

#include "applier/webconfig_lex.h"
#include "tests/unit/webconfig_random.h"

/* A right splice. */
struct world {
    struct buf old_file, new_file;
    struct webconfig *was, *is;
    struct webconfig_change change;
};

/* Makes `out` (empty, initialised); false if there is nothing of the kind in this world. */
typedef bool mutant(const struct world *world, struct buf *out);

/* The new file with [start, end) giving way to bytes. */
static bool exchange(const struct world *w, struct buf *out, size_t start, size_t end,
                     const void *bytes, size_t len)
{
    const struct buf *file = &w->new_file;
    KIT_MUST(buf_add(out, file->data, start, must));
    KIT_MUST(buf_add(out, bytes, len, must));
    KIT_MUST(buf_add(out, file->data + end, file->len - end, must));
    return true;
}

static bool insert(const struct world *w, struct buf *out, size_t at, const char *ascii)
{
    const struct buf *file = &w->new_file;
    KIT_MUST(buf_add(out, file->data, at, must));
    KIT_MUST(webconfig_text_add(&w->is->text, out, ascii, strlen(ascii), must));
    KIT_MUST(buf_add(out, file->data + at, file->len - at, must));
    return true;
}

/* A unit outside of the section: somewhere before its start tag or behind its end tag. */
static size_t outside(const struct world *w)
{
    size_t width = w->is->text.width, head = w->is->start_tag.start / width;
    size_t tail = (w->new_file.len - w->is->end_tag.end) / width;
    size_t at = pick((unsigned)(head + tail));
    return at < head ? at * width : w->is->end_tag.end + (at - head) * width;
}

/* The item number `nth` of those that the old file has too, or that it lacks; NULL if none. */
static const struct webconfig_item *item(const struct world *w, bool kept, size_t nth)
{
    for (size_t i = 0; i < w->is->item_count; i++) {
        const struct webconfig_item *it = &w->is->items[i];
        bool old = !it->has_digest || webconfig_find(w->was, it->pin.sha256) != NULL;
        if (it->has_digest && old == kept && nth-- == 0)
            return it;
    }
    return NULL;
}

static const struct webconfig_item *any_item(const struct world *w, bool kept)
{
    size_t count = 0;
    while (item(w, kept, count) != NULL)
        count++;
    return count == 0 ? NULL : item(w, kept, pick((unsigned)count));
}

static size_t behind_name(const struct world *w, struct webconfig_span element, const char *name)
{
    return element.start + (1 + strlen(name)) * w->is->text.width;
}
#define ITEM_NAME "pinnedCertificate"

/* --- outside of the section --- */

static bool outside_byte(const struct world *w, struct buf *out)
{
    size_t at = outside(w);
    uint8_t byte = (uint8_t)(w->new_file.data[at] ^ (1 + pick(255)));
    return exchange(w, out, at, at + 1, &byte, 1);
}

static bool outside_lost(const struct world *w, struct buf *out)
{
    size_t at = outside(w);
    return exchange(w, out, at, at + w->is->text.width, "", 0);
}

static bool outside_space(const struct world *w, struct buf *out)
{
    return insert(w, out, outside(w), " ");
}

static bool outside_line_end(const struct world *w, struct buf *out)
{
    const struct webconfig_text *text = &w->is->text;
    for (size_t i = 0, at = outside(w); i < text->len; i += text->width, at += text->width) {
        if (at >= text->len)
            at = text->start;
        struct webconfig_span eol = webconfig_text_eol_at(text, at);
        bool inside = at >= w->is->start_tag.start && at < w->is->end_tag.end;
        if (eol.start == eol.end || inside)
            continue;
        struct buf other;
        buf_init(&other, 8);
        KIT_MUST(webconfig_text_add(text, &other, eol.end - eol.start > text->width ? "\n" : "\r\n",
                                    eol.end - eol.start > text->width ? 1 : 2, must));
        exchange(w, out, eol.start, eol.end, other.data, other.len);
        buf_release(&other);
        return true;
    }
    return false;
}

static bool outside_line_lost(const struct world *w, struct buf *out)
{
    const struct webconfig_text *text = &w->is->text;
    size_t start = outside(w), end = start;
    while (end < text->len && webconfig_text_unit(text, end) != '\n')
        end += text->width;
    while (start > text->start && webconfig_text_unit(text, start - text->width) != '\n')
        start -= text->width;
    return end > start && exchange(w, out, start, end, "", 0);
}

static bool outside_comment(const struct world *w, struct buf *out)
{
    return insert(w, out, w->is->end_tag.end, "<!-- x -->");
}

static bool outside_section(const struct world *w, struct buf *out)
{
    return insert(w, out, w->is->end_tag.end, "<pinnedCertificates/>");
}

static bool file_end_added(const struct world *w, struct buf *out)
{
    return insert(w, out, w->new_file.len, "\n");
}

static bool file_end_lost(const struct world *w, struct buf *out)
{
    return exchange(w, out, w->new_file.len - w->is->text.width, w->new_file.len, "", 0);
}

static bool file_cut(const struct world *w, struct buf *out)
{
    size_t len = pick((unsigned)w->new_file.len);
    return exchange(w, out, len, w->new_file.len, "", 0);
}

static bool file_twice(const struct world *w, struct buf *out)
{
    return exchange(w, out, w->new_file.len, w->new_file.len, w->new_file.data, w->new_file.len);
}

static bool file_nul(const struct world *w, struct buf *out)
{
    return exchange(w, out, w->new_file.len, w->new_file.len, "\0\0", w->is->text.width);
}

static bool file_doctype(const struct world *w, struct buf *out)
{
    return insert(w, out, w->is->text.body, "<!DOCTYPE configuration>");
}

static bool file_declared(const struct world *w, struct buf *out)
{
    const struct webconfig_text *text = &w->is->text;
    return text->body == text->start && insert(w, out, text->start, "<?xml version=\"1.0\"?>");
}

static bool mark_lost(const struct world *w, struct buf *out)
{
    return w->is->text.has_bom && exchange(w, out, 0, w->is->text.start, "", 0);
}

static bool mark_added(const struct world *w, struct buf *out)
{
    return !w->is->text.has_bom && exchange(w, out, 0, 0, "\xef\xbb\xbf", 3);
}

/* The same characters in another encoding; a byte order mark says so. */
static bool encoding_changed(const struct world *w, struct buf *out)
{
    const struct webconfig_text *text = &w->is->text;
    if (text->width == 1) {
        struct buf wide;
        kit_encode(&wide, (const char *)text->data + text->start, text->len - text->start,
                   KIT_UTF16LE, "\n");
        KIT_MUST(buf_add(out, wide.data, wide.len, must));
        buf_release(&wide);
        return true;
    }
    for (size_t at = 0; at < text->len; at += 2) { /* the other order of bytes */
        const uint8_t unit[2] = {text->data[at + 1], text->data[at]};
        KIT_MUST(buf_add(out, unit, 2, must));
    }
    return true;
}

/* --- in the section, besides pins --- */

static bool content_comment(const struct world *w, struct buf *out)
{
    return !w->is->self_closed && insert(w, out, w->is->start_tag.end, "<!-- x -->");
}

static bool content_text(const struct world *w, struct buf *out)
{
    return !w->is->self_closed && insert(w, out, w->is->start_tag.end, "x");
}

static bool content_reference(const struct world *w, struct buf *out)
{
    return !w->is->self_closed && insert(w, out, w->is->start_tag.end, "&#32;");
}

static bool content_cdata(const struct world *w, struct buf *out)
{
    return !w->is->self_closed && insert(w, out, w->is->start_tag.end, "<![CDATA[]]>");
}

static bool content_clear(const struct world *w, struct buf *out)
{
    return !w->is->self_closed && insert(w, out, w->is->end_tag.start, "<clear/>");
}

static bool content_stranger(const struct world *w, struct buf *out)
{
    return !w->is->self_closed && insert(w, out, w->is->end_tag.start, "<policy />");
}

static bool content_lost(const struct world *w, struct buf *out)
{
    return w->is->item_count > 0 &&
           exchange(w, out, w->is->start_tag.end, w->is->end_tag.start, "", 0);
}

/* The first comment or instruction in the section. */
static bool find_remark(const struct world *w, struct webconfig_span *found)
{
    struct webconfig_lex token;
    for (size_t at = w->is->start_tag.end; at < w->is->end_tag.start; at = token.all.end) {
        webconfig_lex_at(&w->is->text, at, &token);
        if (token.kind == WEBCONFIG_LEX_COMMENT || token.kind == WEBCONFIG_LEX_PI) {
            *found = token.all;
            return true;
        }
    }
    return false;
}

static bool remark_lost(const struct world *w, struct buf *out)
{
    struct webconfig_span remark;
    return find_remark(w, &remark) && exchange(w, out, remark.start, remark.end, "", 0);
}

static bool remark_changed(const struct world *w, struct buf *out)
{
    struct webconfig_span remark;
    return find_remark(w, &remark) && insert(w, out, remark.end - 3 * w->is->text.width, "y");
}

static bool section_attribute(const struct world *w, struct buf *out)
{
    return insert(w, out, behind_name(w, w->is->start_tag, "pinnedCertificates"), " zz=\"1\"");
}

static bool section_space(const struct world *w, struct buf *out)
{
    return insert(w, out, behind_name(w, w->is->start_tag, "pinnedCertificates"), " ");
}

static bool section_end_space(const struct world *w, struct buf *out)
{
    return !w->is->self_closed && insert(w, out, w->is->end_tag.end - w->is->text.width, " ");
}

#endif
