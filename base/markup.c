/* SPDX-License-Identifier: MIT */
/*
 * Writes the canonical XML of docs/format.md.
 */
#include "base/markup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/when.h"

static void put(struct markup *m, const char *bytes, size_t len)
{
    if (!m->failed && !buf_add(m->out, bytes, len, m->err)) {
        m->failed = true;
    }
}

static void put_text(struct markup *m, const char *text)
{
    put(m, text, strlen(text));
}

static void indent(struct markup *m)
{
    for (size_t i = 0; i < m->depth; i++) {
        put(m, "  ", 2);
    }
}

void markup_begin(struct markup *m, struct buf *out, const char *root, const char *ns,
                  struct err *err)
{
    memset(m, 0, sizeof *m);
    m->out = out;
    m->err = err;
    put_text(m, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
    put_text(m, root);
    m->open[m->depth++] = root;
    m->in_tag = true;
    markup_text(m, "xmlns", ns);
}

void markup_open(struct markup *m, const char *name)
{
    if (m->in_tag) {
        put_text(m, ">\n");
    }
    if (m->depth == MARKUP_DEPTH) {
        m->failed = true;
        err_set(m->err, ERR_INTERNAL, "a document nests too deep");
    }
    if (m->failed) {
        return;
    }
    indent(m);
    put_text(m, "<");
    put_text(m, name);
    m->open[m->depth++] = name;
    m->in_tag = true;
}

void markup_close(struct markup *m)
{
    if (m->failed || m->depth == 0) {
        return;
    }
    m->depth--;
    if (m->in_tag) {
        put_text(m, "/>\n");
    } else {
        indent(m);
        put_text(m, "</");
        put_text(m, m->open[m->depth]);
        put_text(m, ">\n");
    }
    m->in_tag = false;
}

void markup_text_len(struct markup *m, const char *name, const char *value, size_t len)
{
    put_text(m, " ");
    put_text(m, name);
    put_text(m, "=\"");
    for (size_t i = 0, start = 0; i <= len; i++) {
        const char *escape = NULL;

        if (i < len) {
            escape = value[i] == '&'   ? "&amp;"
                     : value[i] == '<' ? "&lt;"
                     : value[i] == '>' ? "&gt;"
                     : value[i] == '"' ? "&quot;"
                                       : NULL;
        }
        if (i == len || escape != NULL) {
            put(m, value + start, i - start);
            start = i + 1;
        }
        if (escape != NULL) {
            put_text(m, escape);
        }
    }
    put_text(m, "\"");
}

void markup_text(struct markup *m, const char *name, const char *value)
{
    markup_text_len(m, name, value, strlen(value));
}

void markup_number(struct markup *m, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    markup_text(m, name, text);
}

void markup_time(struct markup *m, const char *name, int64_t when)
{
    char text[WHEN_TEXT_SIZE];

    when_format(text, when);
    markup_text(m, name, text);
}

void markup_hex(struct markup *m, const char *name, const uint8_t *bytes, size_t len)
{
    char text[129];

    put_text(m, " ");
    put_text(m, name);
    put_text(m, "=\"");
    for (size_t i = 0; i < len; i += 64) {
        size_t n = len - i < 64 ? len - i : 64;

        text_hex(text, bytes + i, n);
        put(m, text, 2 * n);
    }
    put_text(m, "\"");
}

bool markup_end(struct markup *m)
{
    while (!m->failed && m->depth > 0) {
        markup_close(m);
    }
    return !m->failed;
}
