/* SPDX-License-Identifier: MIT */
/*
 * Splits XML into tokens by offset. Knows where things stand, not whether they are well-formed:
 * that is libxml2's to say, and webconfig_outline.c holds the two together.
 */
#ifndef APPLIER_WEBCONFIG_LEX_H
#define APPLIER_WEBCONFIG_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/webconfig_text.h"
#include "base/err.h"

enum webconfig_lex_kind {
    WEBCONFIG_LEX_EOF,
    WEBCONFIG_LEX_TEXT,
    WEBCONFIG_LEX_COMMENT,
    WEBCONFIG_LEX_CDATA,
    WEBCONFIG_LEX_PI,
    WEBCONFIG_LEX_DOCTYPE, /* or any other "<!": its extent is not followed */
    WEBCONFIG_LEX_START,
    WEBCONFIG_LEX_EMPTY, /* "<name ... />" */
    WEBCONFIG_LEX_END,
    WEBCONFIG_LEX_BAD /* begins here and does not end before the file does */
};

struct webconfig_lex {
    enum webconfig_lex_kind kind;
    struct webconfig_span all;
    struct webconfig_span name; /* of tags, as written with its prefix */
};

/* The token at byte `at`, which must be a token's start; the next one stands at all.end. */
void webconfig_lex_at(const struct webconfig_text *text, size_t at, struct webconfig_lex *token);

struct webconfig_lex_attr {
    struct webconfig_span name;
    struct webconfig_span value; /* within the quotes */
};

/* The attribute of a tag at or behind *at (first: name.end); false if there is no more. */
bool webconfig_lex_attr(const struct webconfig_text *text, const struct webconfig_lex *tag,
                        size_t *at, struct webconfig_lex_attr *attr) MUST_USE;

/* Whether a span reads exactly as this ASCII text. */
bool webconfig_lex_is(const struct webconfig_text *text, struct webconfig_span span,
                      const char *ascii);

/* The part of a name behind its prefix. */
struct webconfig_span webconfig_lex_local(const struct webconfig_text *text,
                                          struct webconfig_span name);

/* Whether there is only XML's white space in a span. */
bool webconfig_lex_is_space(const struct webconfig_text *text, struct webconfig_span span);

#endif
