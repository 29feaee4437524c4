/* SPDX-License-Identifier: MIT */
/*
 * Reads applicationHost.config by the lexer of web.config files.
 */
#include "applier/hosting.h"

#include <stdlib.h>
#include <string.h>

#include "applier/webconfig_lex.h"
#include "applier/webconfig_text.h"
#include "base/text.h"

#define VALUE_MAX ((size_t)4096)

/* Where the reader stands. */
struct reader {
    struct webconfig_text text;
    struct hosting *out;
    struct buf site, application;
    bool in_sites;
};

static bool add_character(struct buf *out, uint32_t code, struct err *err)
{
    uint8_t bytes[4];
    size_t len = 0;

    if (code < 0x80) {
        bytes[len++] = (uint8_t)code;
    } else if (code < 0x800) {
        bytes[len++] = (uint8_t)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        bytes[len++] = (uint8_t)(0xe0 | code >> 12);
        bytes[len++] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    } else {
        bytes[len++] = (uint8_t)(0xf0 | code >> 18);
        bytes[len++] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
        bytes[len++] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    }
    if (code >= 0x80) {
        bytes[len++] = (uint8_t)(0x80 | (code & 0x3f));
    }
    return buf_add(out, bytes, len, err);
}

/* The character of "&amp;" or "&#38;" from *at on, which is moved to its ';'; 0 for any other. */
static uint32_t reference(const struct webconfig_text *text, size_t *at, size_t end)
{
    static const struct {
        const char *name;
        char is;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    char name[12];
    size_t len = 0, p = *at + text->width;
    uint64_t code = 0;

    for (; p < end && webconfig_text_unit(text, p) != ';'; p += text->width) {
        unsigned unit = webconfig_text_unit(text, p);

        if (len + 1 == sizeof name || unit >= 0x80) {
            return 0;
        }
        name[len++] = (char)unit;
    }
    name[len] = '\0';
    *at = p;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) == 0) {
            return (uint32_t)known[i].is;
        }
    }
    return name[0] == '#' && text_number(&code, name + 1, 0x20, 0xd7ff) ? (uint32_t)code : 0;
}

/* The character at *at, which is moved to its last unit; 0 if it cannot be told. */
static uint32_t character(const struct webconfig_text *text, size_t *at, size_t end)
{
    unsigned unit = webconfig_text_unit(text, *at), low;

    if (unit == '&') {
        return reference(text, at, end);
    }
    if (text->encoding == WEBCONFIG_SINGLE_BYTE && unit >= 0x80) {
        return 0; /* which character that is hangs on the code page */
    }
    if (text->width == 2 && unit >= 0xd800 && unit < 0xdc00) {
        *at += 2;
        low = webconfig_text_unit(text, *at);
        return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    return unit;
}

/* The value as UTF-8; *plain = false if it is too long or has what no path has. */
static bool take_value(const struct webconfig_text *text, struct webconfig_span value,
                       struct buf *out, bool *plain, struct err *err)
{
    buf_clear(out);
    *plain = false;
    for (size_t at = value.start; at < value.end; at += text->width) {
        bool whole = text->encoding == WEBCONFIG_UTF8 && text->data[at] >= 0x80;
        uint32_t code = whole ? ' ' : character(text, &at, value.end);

        if (code < 0x20 || code == 0x7f || out->len + 4 > VALUE_MAX) {
            buf_clear(out);
            return true;
        }
        if (whole ? !buf_add(out, text->data + at, 1, err) : !add_character(out, code, err)) {
            return false;
        }
    }
    *plain = true;
    return true;
}

/* The attribute of that name; *there = false if the tag has none, or one that is no path. */
static bool attribute(const struct reader *r, const struct webconfig_lex *tag, const char *name,
                      struct buf *out, bool *there, struct err *err)
{
    struct webconfig_lex_attr attr;
    size_t at = tag->name.end;

    *there = false;
    buf_clear(out);
    while (webconfig_lex_attr(&r->text, tag, &at, &attr)) {
        if (webconfig_lex_is(&r->text, attr.name, name)) {
            return take_value(&r->text, attr.value, out, there, err);
        }
    }
    return true;
}

static bool add_folder(struct reader *r, const char *path, struct err *err)
{
    struct hosting_folder *more, *to;

    if (r->out->count == HOSTING_MAX) {
        return true;
    }
    more = realloc(r->out->folders, (r->out->count + 1) * sizeof *more);
    if (more == NULL) {
        return err_memory(err);
    }
    r->out->folders = more;
    to = &more[r->out->count];
    to->site = strdup(buf_text(&r->site));
    to->application = strdup(r->application.len == 0 ? "/" : buf_text(&r->application));
    to->path = strdup(path);
    r->out->count++;
    return (to->site != NULL && to->application != NULL && to->path != NULL) || err_memory(err);
}

static bool take_folder(struct reader *r, const struct webconfig_lex *tag, struct err *err)
{
    struct buf path;
    bool there = false, ok;

    buf_init(&path, VALUE_MAX);
    ok = attribute(r, tag, "physicalPath", &path, &there, err) &&
         (!there || path.len == 0 || add_folder(r, buf_text(&path), err));
    buf_release(&path);
    return ok;
}

static bool take_start(struct reader *r, const struct webconfig_lex *tag, struct err *err)
{
    struct webconfig_span name = webconfig_lex_local(&r->text, tag->name);
    bool there;

    if (webconfig_lex_is(&r->text, name, "sites")) {
        r->in_sites = tag->kind == WEBCONFIG_LEX_START;
    } else if (webconfig_lex_is(&r->text, name, "site")) {
        buf_clear(&r->application);
        return attribute(r, tag, "name", &r->site, &there, err);
    } else if (webconfig_lex_is(&r->text, name, "application")) {
        return attribute(r, tag, "path", &r->application, &there, err);
    } else if (r->in_sites && webconfig_lex_is(&r->text, name, "virtualDirectory")) {
        return take_folder(r, tag, err);
    }
    return true;
}

static void take_end(struct reader *r, const struct webconfig_lex *tag)
{
    struct webconfig_span name = webconfig_lex_local(&r->text, tag->name);

    if (webconfig_lex_is(&r->text, name, "sites")) {
        r->in_sites = false;
    } else if (webconfig_lex_is(&r->text, name, "site")) {
        buf_clear(&r->site);
        buf_clear(&r->application);
    }
}

static bool read_all(struct reader *r, struct err *err)
{
    struct webconfig_lex token = {.all = {r->text.body, r->text.body}};

    for (;;) {
        webconfig_lex_at(&r->text, token.all.end, &token);
        switch (token.kind) {
        case WEBCONFIG_LEX_EOF:
            return true;
        case WEBCONFIG_LEX_DOCTYPE:
            return err_set(err, ERR_TARGET_DOCTYPE, "has a DOCTYPE");
        case WEBCONFIG_LEX_BAD:
            return err_set(err, ERR_TARGET_FORM, "ends within a tag or a comment");
        case WEBCONFIG_LEX_START:
        case WEBCONFIG_LEX_EMPTY:
            if (!take_start(r, &token, err)) {
                return false;
            }
            break;
        case WEBCONFIG_LEX_END:
            take_end(r, &token);
            break;
        default:
            break;
        }
    }
}

bool hosting_read(struct hosting *out, const struct buf *file, struct err *err)
{
    struct hosting found = {0};
    struct reader r = {.out = &found};
    bool ok;

    buf_init(&r.site, VALUE_MAX);
    buf_init(&r.application, VALUE_MAX);
    ok = webconfig_text_open(&r.text, file, err) && read_all(&r, err);
    buf_release(&r.site);
    buf_release(&r.application);
    if (!ok) {
        hosting_release(&found);
        return false;
    }
    *out = found;
    return true;
}

void hosting_release(struct hosting *hosting)
{
    for (size_t i = 0; i < hosting->count; i++) {
        free(hosting->folders[i].site);
        free(hosting->folders[i].application);
        free(hosting->folders[i].path);
    }
    free(hosting->folders);
    *hosting = (struct hosting){0};
}
