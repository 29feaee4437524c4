/* SPDX-License-Identifier: MIT */
/*
 * Writes HTML pages: our own markup as it is, everything else escaped.
 */
#ifndef BASE_HTML_H
#define BASE_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A writer into `out`. The first failure (memory, limit) is kept in `err` and everything after it
 * does nothing, so that callers check once, at html_end.
 */
struct html {
    struct buf *out;
    struct err *err;
    bool failed;
};

void html_begin(struct html *h, struct buf *out, struct err *err);
bool html_end(const struct html *h) MUST_USE;

/* Markup. Only literals of ours: nothing that was read. */
void html_raw(struct html *h, const char *markup);

/*
 * Text: & < > " ' become references, and what a terminal must not be shown (text_is_shown) or is no
 * UTF-8 becomes \xNN, so that no text can turn the page's reading direction. Safe as an element's
 * content and within quoted attributes.
 */
void html_text(struct html *h, const char *text);
void html_text_len(struct html *h, const char *text, size_t len);
/* printf, then as text; at most 1,023 bytes, cut with "...". */
void html_printf(struct html *h, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Lower-case hex in groups of four ("6b43 368b"); at most 64 bytes. */
void html_hex(struct html *h, const uint8_t *bytes, size_t len);

#endif
