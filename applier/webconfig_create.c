/* SPDX-License-Identifier: MIT */
/* Puts an empty section where its declaration says. */
#include "applier/webconfig_create.h"

#include <string.h>

#include "applier/webconfig_declared.h"
#include "applier/webconfig_lex.h"
#include "applier/webconfig_outline.h"
#include "base/limits.h"

#define START_TAG "<pinnedCertificates>"
#define END_TAG "</pinnedCertificates>"

/* What stands around the new section's place. */
struct place {
    size_t at;
    struct webconfig_span eol;    /* behind each new line; empty: all on one line */
    struct webconfig_span indent; /* of the parent's children */
    struct webconfig_span unit;   /* one level more; empty: unit_ascii */
    const char *unit_ascii;
    bool is_outer; /* indent is the parent's own: its children stand one unit deeper */
};

static size_t line_at(const struct webconfig_text *text, size_t offset)
{
    return 1 + webconfig_text_lines(text, text->start, offset);
}

static bool is_element(const struct webconfig_lex *token)
{
    return token->kind == WEBCONFIG_LEX_START || token->kind == WEBCONFIG_LEX_EMPTY;
}

static bool same(const struct webconfig_text *text, struct webconfig_span a,
                 struct webconfig_span b)
{
    size_t len = a.end - a.start;
    return len == b.end - b.start && memcmp(text->data + a.start, text->data + b.start, len) == 0;
}

/* A group that says more than its name might hold for something else, or be loaded from elsewhere.
 */
static bool check_group(const struct webconfig_text *text, const struct webconfig_lex *group,
                        struct err *err)
{
    struct webconfig_lex_attr attr;
    size_t at = group->name.end;
    if (group->kind == WEBCONFIG_LEX_EMPTY)
        return err_set(err, ERR_TARGET_SECTION,
                       "line %zu: the group that the pins section belongs in is self-closed; write "
                       "it with a start tag and an end tag, then run this again",
                       line_at(text, group->all.start));
    if (!webconfig_lex_attr(text, group, &at, &attr))
        return true;
    return err_set(
        err, ERR_TARGET_SECTION,
        "line %zu: the group that the pins section belongs in has attributes, so it is "
        "not known whether .NET would read it there; write the empty section " START_TAG END_TAG
        " by hand",
        line_at(text, group->all.start));
}

/* The first child of that name of the element whose start tag this is. */
static bool find_child(const struct webconfig_text *text, const struct webconfig_lex *parent,
                       struct webconfig_span name, struct webconfig_lex *child)
{
    size_t depth = 0;
    for (size_t at = parent->all.end;; at = child->all.end) {
        webconfig_lex_at(text, at, child);
        if (child->kind == WEBCONFIG_LEX_EOF || (child->kind == WEBCONFIG_LEX_END && depth == 0))
            return false;
        if (depth == 0 && is_element(child) && same(text, child->name, name))
            return true;
        depth += child->kind == WEBCONFIG_LEX_START;
        depth -= child->kind == WEBCONFIG_LEX_END;
    }
}

/* The last child of `parent` that begins its line shows how deep; *end is the parent's end tag. */
static bool look_into(const struct webconfig_text *text, const struct webconfig_lex *parent,
                      struct webconfig_span *indent, size_t *end)
{
    struct webconfig_lex token;
    bool found = false;
    size_t depth = 0;
    for (size_t at = parent->all.end;; at = token.all.end) {
        webconfig_lex_at(text, at, &token);
        if (token.kind == WEBCONFIG_LEX_EOF || (token.kind == WEBCONFIG_LEX_END && depth == 0))
            break;
        if (depth == 0 && token.kind != WEBCONFIG_LEX_TEXT &&
            webconfig_text_begins_line(text, token.all.start, indent))
            found = true;
        depth += token.kind == WEBCONFIG_LEX_START;
        depth -= token.kind == WEBCONFIG_LEX_END;
    }
    *end = token.all.start;
    return found;
}

static void find_place(struct place *place, const struct webconfig_text *text,
                       const struct webconfig_lex *parent)
{
    struct webconfig_span closing, child;
    size_t end;
    bool has_child = look_into(text, parent, &child, &end);
    *place = (struct place){.at = end, .unit_ascii = ""};
    if (!webconfig_text_begins_line(text, end, &closing))
        return;
    place->at = closing.start;
    place->eol = webconfig_text_eol_before(text, closing.start);
    place->indent = has_child ? child : closing;
    place->is_outer = !has_child;
    struct webconfig_span from = place->indent;
    size_t outer = closing.end - closing.start, inner = from.end - from.start;
    bool tabs = inner > 0 && webconfig_text_unit(text, from.start) == '\t';
    place->unit_ascii = tabs ? "\t" : "  ";
    if (has_child && inner > outer &&
        memcmp(text->data + from.start, text->data + closing.start, outer) == 0)
        place->unit = (struct webconfig_span){from.start + outer, from.end};
}

static bool add_span(const struct webconfig_text *text, struct webconfig_span span, struct buf *out,
                     struct err *err)
{
    return buf_add(out, text->data + span.start, span.end - span.start, err);
}

static bool add_ascii(const struct webconfig_text *text, const char *ascii, struct buf *out,
                      struct err *err)
{
    return webconfig_text_add(text, out, ascii, strlen(ascii), err);
}

/* A tag on a line of its own, `level` units deeper than the parent's children. */
static bool add_line(const struct webconfig_text *text, const struct place *place, size_t level,
                     const char *open, struct webconfig_span name, const char *close,
                     struct buf *out, struct err *err)
{
    bool done = add_span(text, place->indent, out, err);
    level += place->is_outer;
    for (size_t i = 0; done && i < level; i++)
        done = place->unit.end > place->unit.start ? add_span(text, place->unit, out, err)
                                                   : add_ascii(text, place->unit_ascii, out, err);
    return done && add_ascii(text, open, out, err) && add_span(text, name, out, err) &&
           add_ascii(text, close, out, err) && add_span(text, place->eol, out, err);
}

static bool write(const struct webconfig_text *text, const struct webconfig_declared *declared,
                  size_t there, const struct place *place, struct buf *out, struct err *err)
{
    static const struct webconfig_span none = {0, 0};
    size_t groups = declared->group_count - there;
    bool done = buf_add(out, text->data, place->at, err);
    for (size_t i = 0; done && i < groups; i++)
        done = add_line(text, place, i, "<", declared->groups[there + i], ">", out, err);
    done = done && add_line(text, place, groups, START_TAG, none, "", out, err) &&
           add_line(text, place, groups, END_TAG, none, "", out, err);
    for (size_t i = groups; done && i-- > 0;)
        done = add_line(text, place, i, "</", declared->groups[there + i], ">", out, err);
    return done && buf_add(out, text->data + place->at, text->len - place->at, err);
}

static bool put_in(const struct webconfig_text *text, const struct webconfig_declared *declared,
                   struct buf *out, size_t *at, struct err *err)
{
    struct webconfig_lex parent, child = {.kind = WEBCONFIG_LEX_EOF};
    struct place place;
    size_t there = 0;
    webconfig_lex_at(text, declared->root, &parent);
    while (there < declared->group_count &&
           find_child(text, &parent, declared->groups[there], &child)) {
        if (!check_group(text, &child, err))
            return false;
        parent = child;
        there++;
    }
    find_place(&place, text, &parent);
    if (!write(text, declared, there, &place, out, err))
        return false;
    *at = place.at;
    return true;
}

/* A section that is there, or a file that is none: webconfig_scan says what. */
static bool check_none(const struct buf *file, const char *section, struct err *err)
{
    struct webconfig *found = NULL;
    if (webconfig_scan(file, section, &found, err)) {
        webconfig_free(found);
        return err_set(err, ERR_TARGET_SECTION, "the file has a pins section already");
    }
    return err == NULL || err->code == ERR_TARGET_SECTION;
}

bool webconfig_create(const struct buf *file, const char *section, struct buf *out, size_t *at,
                      struct err *err)
{
    struct webconfig_outline outline;
    struct webconfig_selector selector;
    struct webconfig_declared declared;
    struct webconfig_text text;
    struct err why = {0};
    buf_clear(out);
    if (!check_none(file, section, &why)) {
        if (err != NULL)
            *err = why;
        return false;
    }
    if (!webconfig_selector_parse(&selector, NULL, err) || !webconfig_text_open(&text, file, err) ||
        !webconfig_outline_read(&outline, &text, &selector, err))
        return false;
    size_t total = outline.total;
    webconfig_outline_source_release(&outline);
    if (total > 0) { /* elsewhere, or not as .NET reads it */
        if (err != NULL)
            *err = why;
        return false;
    }
    if (webconfig_declared_find(&declared, &text, section, err) &&
        put_in(&text, &declared, out, at, err))
        return true;
    buf_clear(out);
    return false;
}

bool webconfig_create_splice(const struct buf *file, const char *section, const struct pin *add,
                             size_t add_count, struct buf *out, struct webconfig_change *change,
                             struct err *err)
{
    struct webconfig *scan = NULL;
    struct buf empty;
    size_t at;
    buf_init_secret(&empty, out->max);
    bool done = webconfig_create(file, section, &empty, &at, err) &&
                webconfig_scan(&empty, section, &scan, err) &&
                webconfig_splice(scan, add, add_count, NULL, 0, out, change, err);
    if (done) {
        /* Pins and section went in at one place, so one edit takes them out. */
        change->undo[0] = (struct webconfig_edit){.offset = at, .remove = out->len - file->len};
        change->undo_count = 1;
        buf_clear(&change->kept);
    }
    webconfig_free(scan);
    buf_release(&empty);
    return done;
}
