/* SPDX-License-Identifier: MIT */
/* The lexer behind the editor's offsets. */
#include "applier/webconfig_lex.h"

#include <string.h>

static bool matches(const struct webconfig_text *text, size_t at, const char *ascii)
{
    for (; *ascii != '\0'; ascii++, at += text->width)
        if (webconfig_text_unit(text, at) != (unsigned char)*ascii)
            return false;
    return true;
}

/* Where `ascii` begins at or behind `at`; text->len if nowhere. */
static size_t find(const struct webconfig_text *text, size_t at, const char *ascii)
{
    for (; at < text->len; at += text->width) {
        if (text->width == 1) {
            const uint8_t *hit = memchr(text->data + at, ascii[0], text->len - at);
            if (hit == NULL)
                return text->len;
            at = (size_t)(hit - text->data);
        }
        if (matches(text, at, ascii))
            return at;
    }
    return text->len;
}

/* A token that ends with `closing`, looked for behind its opening of `opening` characters. */
static void delimited(const struct webconfig_text *text, struct webconfig_lex *token,
                      enum webconfig_lex_kind kind, size_t opening, const char *closing)
{
    size_t end = find(text, token->all.start + opening * text->width, closing);
    if (end >= text->len) {
        token->kind = WEBCONFIG_LEX_BAD;
        token->all.end = text->len;
        return;
    }
    token->kind = kind;
    token->all.end = end + strlen(closing) * text->width;
}

/* Where this unit stands at or behind `at`, before `end`; end if nowhere. */
static size_t find_unit(const struct webconfig_text *text, size_t at, size_t end, unsigned unit)
{
    if (text->width == 1) {
        const uint8_t *hit = at < end ? memchr(text->data + at, (int)unit, end - at) : NULL;
        return hit != NULL ? (size_t)(hit - text->data) : end;
    }
    while (at < end && webconfig_text_unit(text, at) != unit)
        at += text->width;
    return at;
}

static bool ends_name(unsigned unit)
{
    return unit == 0 || unit == '/' || unit == '>' || unit == '=' || webconfig_text_is_space(unit);
}

static size_t skip_name(const struct webconfig_text *text, size_t at)
{
    while (!ends_name(webconfig_text_unit(text, at)))
        at += text->width;
    return at;
}

static size_t skip_space(const struct webconfig_text *text, size_t at)
{
    while (webconfig_text_is_space(webconfig_text_unit(text, at)))
        at += text->width;
    return at;
}

static void tag(const struct webconfig_text *text, struct webconfig_lex *token)
{
    size_t width = text->width, at = token->all.start + width;
    bool is_end = webconfig_text_unit(text, at) == '/';
    if (is_end)
        at += width;
    token->name.start = at;
    at = skip_name(text, at);
    token->name.end = at;
    token->kind = WEBCONFIG_LEX_BAD;
    for (unsigned unit, before = 0; at < text->len; at += width, before = unit) {
        unit = webconfig_text_unit(text, at);
        if (unit == '"' || unit == '\'') {
            at = find_unit(text, at + width, text->len, unit);
        } else if (unit == '>') {
            token->kind = is_end          ? WEBCONFIG_LEX_END
                          : before == '/' ? WEBCONFIG_LEX_EMPTY
                                          : WEBCONFIG_LEX_START;
            token->all.end = at + width;
            return;
        }
    }
    token->all.end = text->len;
}

void webconfig_lex_at(const struct webconfig_text *text, size_t at, struct webconfig_lex *token)
{
    *token = (struct webconfig_lex){.kind = WEBCONFIG_LEX_EOF, .all = {at, at}};
    if (at >= text->len)
        return;
    if (webconfig_text_unit(text, at) != '<') {
        token->kind = WEBCONFIG_LEX_TEXT;
        token->all.end = find(text, at, "<");
    } else if (matches(text, at, "<!--")) {
        delimited(text, token, WEBCONFIG_LEX_COMMENT, 4, "-->");
    } else if (matches(text, at, "<![CDATA[")) {
        delimited(text, token, WEBCONFIG_LEX_CDATA, 9, "]]>");
    } else if (matches(text, at, "<!")) {
        delimited(text, token, WEBCONFIG_LEX_DOCTYPE, 2, ">");
    } else if (matches(text, at, "<?")) {
        delimited(text, token, WEBCONFIG_LEX_PI, 2, "?>");
    } else {
        tag(text, token);
    }
}

bool webconfig_lex_attr(const struct webconfig_text *text, const struct webconfig_lex *token,
                        size_t *at, struct webconfig_lex_attr *attr)
{
    struct webconfig_lex_attr found;
    size_t p = skip_space(text, *at);
    found.name.start = p;
    found.name.end = p = skip_name(text, p);
    if (found.name.start == found.name.end)
        return false;
    p = skip_space(text, p);
    if (webconfig_text_unit(text, p) != '=')
        return false;
    p = skip_space(text, p + text->width);
    unsigned quote = webconfig_text_unit(text, p);
    if (quote != '"' && quote != '\'')
        return false;
    p += text->width;
    found.value.start = p;
    p = find_unit(text, p, token->all.end, quote);
    if (p >= token->all.end)
        return false;
    found.value.end = p;
    *attr = found;
    *at = p + text->width;
    return true;
}

bool webconfig_lex_is(const struct webconfig_text *text, struct webconfig_span span,
                      const char *ascii)
{
    return span.end - span.start == strlen(ascii) * text->width && matches(text, span.start, ascii);
}

struct webconfig_span webconfig_lex_local(const struct webconfig_text *text,
                                          struct webconfig_span name)
{
    for (size_t at = name.start; at < name.end; at += text->width)
        if (webconfig_text_unit(text, at) == ':')
            return (struct webconfig_span){at + text->width, name.end};
    return name;
}

bool webconfig_lex_is_space(const struct webconfig_text *text, struct webconfig_span span)
{
    return skip_space(text, span.start) >= span.end;
}
