/* SPDX-License-Identifier: MIT */
/* Reads the items of the section and applies the rules that webconfig.h states. */
#include "applier/webconfig_section.h"

#include <stdlib.h>
#include <string.h>

#include "applier/webconfig_lex.h"
#include "applier/webconfig_value.h"

#define ITEM "pinnedCertificate"

struct reader {
    struct webconfig *webconfig;
    const struct webconfig_text *text;
    size_t counted_to,
        line;            /* the line of byte counted_to: lines are counted once, going forward */
    size_t unknown_line; /* of the first element that is no item; 0: none */
};

static size_t line_of(struct reader *reader, size_t at)
{
    reader->line += webconfig_text_lines(reader->text, reader->counted_to, at);
    reader->counted_to = at;
    return reader->line;
}

/* The end of the element whose start tag this is. */
static size_t element_end(const struct webconfig_text *text, const struct webconfig_lex *start)
{
    struct webconfig_lex token = *start;
    size_t depth = 0;
    for (;;) {
        if (token.kind == WEBCONFIG_LEX_START)
            depth++;
        else if (token.kind == WEBCONFIG_LEX_END)
            depth--;
        if (depth == 0 || token.kind == WEBCONFIG_LEX_EOF)
            return token.all.end;
        webconfig_lex_at(text, token.all.end, &token);
    }
}

static bool is_element(const struct webconfig_lex *token)
{
    return token->kind == WEBCONFIG_LEX_START || token->kind == WEBCONFIG_LEX_EMPTY;
}

/* White space, comments and processing instructions pass; .NET refuses text and CDATA. */
static bool check_text(struct reader *reader, const struct webconfig_lex *token, struct err *err)
{
    bool text =
        token->kind == WEBCONFIG_LEX_TEXT && !webconfig_lex_is_space(reader->text, token->all);
    if (!text && token->kind != WEBCONFIG_LEX_CDATA)
        return true;
    return err_set(
        err, ERR_TARGET_ITEM,
        "line %zu: text or CDATA in the pins section, which .NET refuses to load; remove it "
        "or make it a comment",
        line_of(reader, token->all.start));
}

/* Counts the items, so that they can be allocated at once. */
static size_t count_items(const struct webconfig *webconfig)
{
    const struct webconfig_text *text = &webconfig->text;
    size_t count = 0;
    struct webconfig_lex token;
    for (size_t at = webconfig->start_tag.end; at < webconfig->end_tag.start; at = token.all.end) {
        webconfig_lex_at(text, at, &token);
        if (!is_element(&token))
            continue;
        count += webconfig_lex_is(text, token.name, ITEM);
        token.all.end = element_end(text, &token);
    }
    return count;
}

/* What an item holds between its tags. */
static bool read_inside(struct reader *reader, struct webconfig_item *item, size_t from,
                        struct err *err)
{
    struct webconfig_lex token;
    for (size_t at = from; at < item->element.end; at = token.all.end) {
        webconfig_lex_at(reader->text, at, &token);
        if (!check_text(reader, &token, err))
            return false;
        if (token.kind == WEBCONFIG_LEX_END)
            break;
        if (token.kind != WEBCONFIG_LEX_TEXT)
            item->odd |= WEBCONFIG_ODD_CHILDREN;
        if (is_element(&token))
            token.all.end = element_end(reader->text, &token);
    }
    return true;
}

static bool read_attributes(struct reader *reader, const struct webconfig_lex *tag,
                            struct webconfig_item *item, struct err *err)
{
    struct webconfig_lex_attr attr;
    size_t at = tag->name.end;
    item->odd |= WEBCONFIG_ODD_NO_VALUE;
    while (webconfig_lex_attr(reader->text, tag, &at, &attr)) {
        if (webconfig_lex_is(reader->text, attr.name, "publicKeyString")) {
            item->value = attr.value;
            item->odd &= ~(unsigned)WEBCONFIG_ODD_NO_VALUE;
        } else if (webconfig_lex_is(reader->text, attr.name, "xmlns")) {
            return err_set(err, ERR_TARGET_SECTION,
                           "line %zu: " ITEM
                           " with a namespace of its own, which .NET does not read; "
                           "remove its xmlns",
                           item->line);
        } else {
            item->odd |= WEBCONFIG_ODD_ATTRIBUTES;
        }
    }
    return true;
}

static bool read_item(struct reader *reader, const struct webconfig_lex *tag, struct err *err)
{
    struct webconfig *webconfig = reader->webconfig;
    struct webconfig_item *item = &webconfig->items[webconfig->item_count];
    item->element = (struct webconfig_span){tag->all.start, element_end(reader->text, tag)};
    item->value = (struct webconfig_span){tag->name.end, tag->name.end};
    item->line = line_of(reader, tag->all.start);
    if (!read_attributes(reader, tag, item, err))
        return false;
    if (tag->kind == WEBCONFIG_LEX_START && !read_inside(reader, item, tag->all.end, err))
        return false;
    item->last_line = line_of(reader, item->element.end);
    item->lines = webconfig_text_own_lines(reader->text, item->element);
    if (!(item->odd & WEBCONFIG_ODD_NO_VALUE) && !webconfig_value_read(item, reader->text, err))
        return false;
    webconfig->item_count++;
    return true;
}

/* Any element directly in the section. */
static bool read_child(struct reader *reader, const struct webconfig_lex *tag, struct err *err)
{
    const struct webconfig_text *text = reader->text;
    struct webconfig_span local = webconfig_lex_local(text, tag->name);
    if (webconfig_lex_is(text, local, "EncryptedData"))
        return err_set(
            err, ERR_TARGET_ENCRYPTED,
            "line %zu: the pins section holds encrypted data (EncryptedData); decrypt it "
            "first: " WEBCONFIG_REGIIS " -pdf \"pinnedCertificates\" \"FOLDER\", FOLDER being the "
            "folder of this file; apply, then encrypt it again with -pef",
            line_of(reader, tag->all.start));
    if (webconfig_lex_is(text, tag->name, ITEM))
        return read_item(reader, tag, err);
    if (webconfig_lex_is(text, local, ITEM))
        return err_set(err, ERR_TARGET_SECTION,
                       "line %zu: " ITEM
                       " with a namespace prefix, which .NET does not read; remove "
                       "the prefix",
                       line_of(reader, tag->all.start));
    bool clear = webconfig_lex_is(text, tag->name, "clear");
    if (clear || webconfig_lex_is(text, tag->name, "remove")) {
        if (reader->webconfig->item_count == 0)
            return true;
        return err_set(
            err, ERR_TARGET_ITEM,
            "line %zu: <%s> behind pins makes .NET drop pins that stand above it; move it in "
            "front of the first " ITEM " or delete it",
            line_of(reader, tag->all.start), clear ? "clear/" : "remove");
    }
    if (reader->webconfig->stranger_line == 0)
        reader->webconfig->stranger_line = line_of(reader, tag->all.start);
    return true;
}

static bool read_content(struct reader *reader, struct err *err)
{
    struct webconfig *webconfig = reader->webconfig;
    struct webconfig_lex token;
    for (size_t at = webconfig->start_tag.end; at < webconfig->end_tag.start; at = token.all.end) {
        webconfig_lex_at(reader->text, at, &token);
        if (!check_text(reader, &token, err))
            return false;
        if (!is_element(&token))
            continue;
        if (!read_child(reader, &token, err))
            return false;
        token.all.end = element_end(reader->text, &token);
        webconfig->last_child = token.all;
    }
    return true;
}

static int by_digest(const void *a, const void *b)
{
    const struct webconfig_item *x = *(const struct webconfig_item *const *)a;
    const struct webconfig_item *y = *(const struct webconfig_item *const *)b;
    int order = memcmp(x->pin.sha256, y->pin.sha256, sizeof x->pin.sha256);
    if (order != 0)
        return order;
    return x < y ? -1 : x > y;
}

/* Sorts by digest, marks repeated items, counts distinct pins. */
static bool index_items(struct webconfig *webconfig, struct err *err)
{
    webconfig->by_digest = calloc(webconfig->item_count + 1, sizeof webconfig->by_digest[0]);
    if (webconfig->by_digest == NULL)
        return err_memory(err);
    for (size_t i = 0; i < webconfig->item_count; i++)
        if (webconfig->items[i].has_digest)
            webconfig->by_digest[webconfig->by_digest_count++] = &webconfig->items[i];
    qsort(webconfig->by_digest, webconfig->by_digest_count, sizeof webconfig->by_digest[0],
          by_digest);
    for (size_t i = 0; i < webconfig->by_digest_count; i++) {
        const struct webconfig_item *item = webconfig->by_digest[i];
        bool repeated = i > 0 && memcmp(item->pin.sha256, webconfig->by_digest[i - 1]->pin.sha256,
                                        sizeof item->pin.sha256) == 0;
        if (repeated)
            webconfig->items[item - webconfig->items].odd |= WEBCONFIG_ODD_REPEATED;
        else if (item->is_pin)
            webconfig->pin_count++;
    }
    return true;
}

bool webconfig_section_read(struct webconfig *webconfig, struct err *err)
{
    size_t count = count_items(webconfig);
    if (count > WEBCONFIG_ITEMS_MAX)
        return err_set(err, ERR_TARGET_SIZE,
                       "line %zu: the pins section holds %zu items; at most %d are supported",
                       webconfig->line, count, WEBCONFIG_ITEMS_MAX);
    webconfig->items = calloc(count + 1, sizeof webconfig->items[0]);
    if (webconfig->items == NULL)
        return err_memory(err);
    struct reader reader = {.webconfig = webconfig,
                            .text = &webconfig->text,
                            .counted_to = webconfig->start_tag.start,
                            .line = webconfig->line};
    return read_content(&reader, err) && index_items(webconfig, err);
}
