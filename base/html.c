/* SPDX-License-Identifier: MIT */
/*
 * Writes HTML pages.
 */
#include "base/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define HEX_BYTES_MAX 64

void html_begin(struct html *h, struct buf *out, struct err *err)
{
    *h = (struct html){out, err, false};
}

bool html_end(const struct html *h)
{
    return !h->failed;
}

void html_raw(struct html *h, const char *markup)
{
    h->failed = h->failed || !buf_add_text(h->out, markup, h->err);
}

static const char *reference(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text_len(struct html *h, const char *text, size_t len)
{
    size_t start = 0;

    for (size_t i = 0; i <= len && !h->failed; i++) {
        const char *escape = i < len ? reference(text[i]) : NULL;

        if (i < len && escape == NULL) {
            continue;
        }
        h->failed = !text_add_shown(h->out, text + start, i - start, h->err);
        if (escape != NULL) {
            html_raw(h, escape);
        }
        start = i + 1;
    }
}

void html_text(struct html *h, const char *text)
{
    html_text_len(h, text, strlen(text));
}

void html_printf(struct html *h, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len < 0) {
        text[0] = '\0';
    } else if ((size_t)len >= sizeof text) {
        memcpy(text + sizeof text - 4, "...", 4);
    }
    html_text(h, text);
}

void html_hex(struct html *h, const uint8_t *bytes, size_t len)
{
    char text[HEX_BYTES_MAX * 5 / 2 + 1];

    text_hex_groups(text, bytes, len < HEX_BYTES_MAX ? len : HEX_BYTES_MAX);
    html_raw(h, text);
}
