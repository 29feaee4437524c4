/* SPDX-License-Identifier: MIT */
/* Finds the place and the form of new items. */
#include "applier/webconfig_style.h"

#include <string.h>

#include "applier/webconfig_lex.h"

#define HEAD "<pinnedCertificate publicKeyString=\""
#define TAIL "\" />" /* as the vendor's article writes it */

static bool is_empty(struct webconfig_span span)
{
    return span.start == span.end;
}

/* The line end before `at`'s line; on the first line, the file's first. */
static struct webconfig_span neighbour_eol(const struct webconfig_text *text, size_t line_start)
{
    struct webconfig_span eol = webconfig_text_eol_before(text, line_start);
    for (size_t at = text->start; is_empty(eol) && at < text->len; at += text->width)
        eol = webconfig_text_eol_at(text, at);
    return eol;
}

/*
 * The line end behind `at` if only blanks, comments and processing instructions stand before it:
 * what is said about an item on its line stays with it. Empty if something else comes first.
 */
static struct webconfig_span eol_behind(const struct webconfig_text *text, size_t at)
{
    for (;;) {
        struct webconfig_lex token;
        at = webconfig_text_blanks_behind(text, at);
        struct webconfig_span eol = webconfig_text_eol_at(text, at);
        if (!is_empty(eol))
            return eol;
        webconfig_lex_at(text, at, &token);
        if (token.kind != WEBCONFIG_LEX_COMMENT && token.kind != WEBCONFIG_LEX_PI)
            return (struct webconfig_span){at, at};
        at = token.all.end;
    }
}

/* Takes tag, quotes and letter case from the last item that is no odd one. */
static void find_form(struct webconfig_style *style, const struct webconfig *webconfig)
{
    for (size_t i = webconfig->item_count; i-- > 0;) {
        const struct webconfig_item *item = &webconfig->items[i];
        if (item->odd & WEBCONFIG_ODD_FIXED)
            continue;
        style->has_form = true;
        style->head = (struct webconfig_span){item->element.start, item->value.start};
        style->tail = (struct webconfig_span){item->value.end, item->element.end};
        style->upper = item->upper;
        return;
    }
}

static void find_behind_items(struct webconfig_style *style, const struct webconfig *webconfig)
{
    const struct webconfig_text *text = &webconfig->text;
    const struct webconfig_item *last = &webconfig->items[webconfig->item_count - 1];
    size_t end = last->element.end;
    bool own_lines = false;
    for (size_t i = webconfig->item_count; i-- > 0 && !own_lines;)
        own_lines =
            webconfig_text_begins_line(text, webconfig->items[i].element.start, &style->indent);
    struct webconfig_span eol = eol_behind(text, end);
    if (own_lines && !is_empty(eol)) {
        style->place = (struct webconfig_span){eol.end, eol.end};
        style->behind_eol = eol;
        return;
    }
    style->place = (struct webconfig_span){end, end};
    style->is_behind_item = true;
    if (own_lines) {
        style->before_eol = neighbour_eol(text, style->indent.start);
    } else {
        /* Items in one line: the blanks between them are the indentation. */
        style->indent.end = last->element.start;
        style->indent.start = webconfig_text_blanks_before(text, last->element.start);
    }
}

/* The last comment, instruction or element in the section that begins its line shows how deep. */
static bool indent_of_content(const struct webconfig *webconfig, struct webconfig_span *indent)
{
    const struct webconfig_text *text = &webconfig->text;
    bool found = false;
    struct webconfig_lex token;
    for (size_t at = webconfig->start_tag.end; at < webconfig->end_tag.start; at = token.all.end) {
        webconfig_lex_at(text, at, &token);
        if (token.kind != WEBCONFIG_LEX_TEXT && token.kind != WEBCONFIG_LEX_END &&
            webconfig_text_begins_line(text, token.all.start, indent))
            found = true;
    }
    return found;
}

/* One level of indentation: what the section has more than the element around it. */
static void find_unit(struct webconfig_style *style, const struct webconfig *webconfig,
                      struct webconfig_span indent)
{
    const struct webconfig_text *text = &webconfig->text;
    size_t len = indent.end - indent.start;
    struct webconfig_span outer;
    bool tabs = len > 0 && webconfig_text_unit(text, indent.start) == '\t';
    style->unit_ascii = tabs ? "\t" : "  ";
    if (!webconfig_text_begins_line(text, webconfig->parent_start, &outer))
        return;
    size_t outer_len = outer.end - outer.start;
    if (outer_len < len &&
        memcmp(text->data + outer.start, text->data + indent.start, outer_len) == 0)
        style->unit = (struct webconfig_span){indent.start + outer_len, indent.end};
}

/* The section has no item: one level deeper than itself, or as deep as what it holds. */
static void find_in_empty(struct webconfig_style *style, const struct webconfig *webconfig)
{
    const struct webconfig_text *text = &webconfig->text;
    struct webconfig_span own, eol = {0, 0}, closing, content;
    bool own_line = webconfig_text_begins_line(text, webconfig->start_tag.start, &own);
    if (own_line)
        eol = neighbour_eol(text, own.start);
    if (is_empty(eol))
        own_line = false;
    size_t end = webconfig->end_tag.start;
    style->place = (struct webconfig_span){end, end};
    bool closing_on_line = !webconfig->self_closed && end > webconfig->start_tag.end &&
                           webconfig_text_begins_line(text, end, &closing);
    if (closing_on_line) {
        style->place = (struct webconfig_span){closing.start, closing.start};
        style->behind_eol = webconfig_text_eol_before(text, closing.start);
        own = closing;
    } else if (own_line) {
        style->before_eol = style->closing_eol = eol;
        style->closing_indent = own;
    }
    if (closing_on_line || own_line) {
        style->indent = own;
        if (indent_of_content(webconfig, &content))
            style->indent = content;
        else
            find_unit(style, webconfig, own);
    }
    if (!webconfig->self_closed)
        return;
    struct webconfig_lex tag;
    webconfig_lex_at(text, webconfig->start_tag.start, &tag);
    style->opens_tag = true;
    style->name = tag.name;
    size_t slash = tag.all.end - 2 * text->width;
    while (webconfig_text_is_space(webconfig_text_unit(text, slash - text->width)))
        slash -= text->width;
    style->place = (struct webconfig_span){slash, tag.all.end};
}

void webconfig_style_find(struct webconfig_style *out, const struct webconfig *webconfig)
{
    struct webconfig_style style = {.unit_ascii = ""};
    find_form(&style, webconfig);
    if (webconfig->item_count > 0)
        find_behind_items(&style, webconfig);
    else
        find_in_empty(&style, webconfig);
    *out = style;
}

static bool add_span(const struct webconfig *webconfig, struct webconfig_span span, struct buf *out,
                     struct err *err)
{
    return buf_add(out, webconfig->text.data + span.start, span.end - span.start, err);
}

static bool add_ascii(const struct webconfig *webconfig, const char *ascii, struct buf *out,
                      struct err *err)
{
    return webconfig_text_add(&webconfig->text, out, ascii, strlen(ascii), err);
}

static bool add_value(const struct webconfig_style *style, const struct webconfig *webconfig,
                      const struct pin *pin, struct buf *out, struct err *err)
{
    struct buf hex;
    buf_init(&hex, (size_t)2 * PIN_BYTES_MAX);
    bool done = pin_add_hex(pin, style->upper, &hex, err) &&
                webconfig_text_add(&webconfig->text, out, buf_text(&hex), hex.len, err);
    buf_release(&hex);
    return done;
}

bool webconfig_style_add_item(const struct webconfig_style *style,
                              const struct webconfig *webconfig, size_t index,
                              const struct pin *pin, struct buf *out, size_t *at, struct err *err)
{
    if (index > 0 || !style->first_bare) {
        if (!add_span(webconfig, style->before_eol, out, err) ||
            !add_span(webconfig, style->indent, out, err) ||
            !add_span(webconfig, style->unit, out, err) ||
            (is_empty(style->unit) && !add_ascii(webconfig, style->unit_ascii, out, err)))
            return false;
    }
    *at = out->len;
    bool head = style->has_form ? add_span(webconfig, style->head, out, err)
                                : add_ascii(webconfig, HEAD, out, err);
    if (!head || !add_value(style, webconfig, pin, out, err))
        return false;
    bool tail = style->has_form ? add_span(webconfig, style->tail, out, err)
                                : add_ascii(webconfig, TAIL, out, err);
    return tail && add_span(webconfig, style->behind_eol, out, err);
}

bool webconfig_style_add_opening(const struct webconfig_style *style,
                                 const struct webconfig *webconfig, struct buf *out,
                                 struct err *err)
{
    return !style->opens_tag || add_ascii(webconfig, ">", out, err);
}

bool webconfig_style_add_closing(const struct webconfig_style *style,
                                 const struct webconfig *webconfig, struct buf *out,
                                 struct err *err)
{
    if (!add_span(webconfig, style->closing_eol, out, err) ||
        !add_span(webconfig, style->closing_indent, out, err))
        return false;
    return !style->opens_tag ||
           (add_ascii(webconfig, "</", out, err) && add_span(webconfig, style->name, out, err) &&
            add_ascii(webconfig, ">", out, err));
}
