/* SPDX-License-Identifier: MIT */
/*
 * The encoding of a web.config and its code units: the file is read in place, never transcoded, so
 * that every offset is an offset of the file's own bytes.
 */
#ifndef APPLIER_WEBCONFIG_TEXT_H
#define APPLIER_WEBCONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum webconfig_encoding {
    WEBCONFIG_UTF8,
    WEBCONFIG_UTF16LE,
    WEBCONFIG_UTF16BE,
    WEBCONFIG_SINGLE_BYTE /* a superset of ASCII with one byte a character (ISO-8859-1, ...) */
};

enum webconfig_eol { /* line ends of the file; WEBCONFIG_EOL_MIXED: more than one kind */
                     WEBCONFIG_EOL_NONE,
                     WEBCONFIG_EOL_LF,
                     WEBCONFIG_EOL_CRLF,
                     WEBCONFIG_EOL_CR,
                     WEBCONFIG_EOL_MIXED
};

/* Bytes [start, end) of the file. */
struct webconfig_span {
    size_t start, end;
};

/* A view of the file's bytes, which must outlive it. All offsets are in bytes. */
struct webconfig_text {
    const uint8_t *data;
    size_t len;
    size_t start; /* behind the byte order mark */
    size_t body;  /* behind the XML declaration, or start if there is none */
    size_t width; /* bytes of a code unit: 1, or 2 in UTF-16 */
    enum webconfig_encoding encoding;
    bool has_bom;
    enum webconfig_eol eol;
};

/*
 * Accepts UTF-8 with or without byte order mark, UTF-16 with one, and without one the single-byte
 * encodings us-ascii, iso-8859-N and windows-125N when the XML declaration names them. Checks that
 * the bytes are what they claim to be (strict UTF-8, paired surrogates, no byte above 7F in
 * us-ascii) and that declaration and byte order mark agree: .NET, IIS and libxml2 resolve a
 * contradiction each in its own way. ERR_TARGET_ENCODING with the place and the remedy;
 * ERR_TARGET_FORM for an XML version other than 1.0. Writes `out` only on success.
 */
bool webconfig_text_open(struct webconfig_text *out, const struct buf *file,
                         struct err *err) MUST_USE;

/* Line (LF, CRLF and CR each end one) and column in characters, both from 1, of byte `offset`. */
void webconfig_text_place(const struct webconfig_text *text, size_t offset, size_t *line,
                          size_t *column);

/* Line ends within [from, to); a CRLF counts where its LF stands: to count on from a known line. */
size_t webconfig_text_lines(const struct webconfig_text *text, size_t from, size_t to);

/* The line end at byte `at`: LF, CRLF or CR; empty if there is none. */
struct webconfig_span webconfig_text_eol_at(const struct webconfig_text *text, size_t at);

/* The line end just before byte `at`; empty if there is none. */
struct webconfig_span webconfig_text_eol_before(const struct webconfig_text *text, size_t at);

/* Where the blanks that `at` stands behind begin, and where those that begin at it end. */
size_t webconfig_text_blanks_before(const struct webconfig_text *text, size_t at);
size_t webconfig_text_blanks_behind(const struct webconfig_text *text, size_t at);

/* Whether only blanks stand between `at` and the start of its line; if so *indent is what they
 * span. */
bool webconfig_text_begins_line(const struct webconfig_text *text, size_t at,
                                struct webconfig_span *indent);

/* The lines of a span with the last one's line end, if only blanks share them; else the span. */
struct webconfig_span webconfig_text_own_lines(const struct webconfig_text *text,
                                               struct webconfig_span span);

/* Adds ASCII text in the file's encoding. */
bool webconfig_text_add(const struct webconfig_text *text, struct buf *out, const char *ascii,
                        size_t len, struct err *err) MUST_USE;

/*
 * The code unit at byte `offset`, 0 at the end. Equals the character for all of ASCII; no unit of
 * any longer character is below 0x80 in the encodings accepted here.
 */
static inline unsigned webconfig_text_unit(const struct webconfig_text *text, size_t offset)
{
    if (offset + text->width > text->len)
        return 0;
    const uint8_t *p = text->data + offset;
    if (text->width == 1)
        return p[0];
    return text->encoding == WEBCONFIG_UTF16LE ? (unsigned)(p[0] | p[1] << 8)
                                               : (unsigned)(p[0] << 8 | p[1]);
}

/* XML's white space (XML 1.0, production 3). */
static inline bool webconfig_text_is_space(unsigned unit)
{
    return unit == ' ' || unit == '\t' || unit == '\n' || unit == '\r';
}

/* White space that ends no line. */
static inline bool webconfig_text_is_blank(unsigned unit)
{
    return unit == ' ' || unit == '\t';
}

#endif
