/* SPDX-License-Identifier: MIT */
/*
 * Writes the canonical XML of docs/format.md: one element a line, attributes only, two spaces a
 * level. Needs no library, so the writer shares nothing with the reader it is compared with.
 */
#ifndef BASE_MARKUP_H
#define BASE_MARKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define MARKUP_DEPTH 8 /* no document of ours nests deeper */

/*
 * A writer into `out`. The first failure (memory, limit, depth) is kept in `err` and everything
 * after it does nothing, so that callers check once, at markup_end.
 */
struct markup {
    struct buf *out;
    struct err *err;
    const char *open[MARKUP_DEPTH]; /* names, literals */
    size_t depth;
    bool in_tag; /* "<name" is written, ">" not yet */
    bool failed;
};

/* Writes the XML declaration and `<root xmlns="ns"`. `root`, `ns`: literals that outlive it. */
void markup_begin(struct markup *m, struct buf *out, const char *root, const char *ns,
                  struct err *err);

/* Starts a child of the open element; attributes follow. `name` must outlive the writer. */
void markup_open(struct markup *m, const char *name);

/* Ends the open element: "/>" if it has no child, else its end tag. */
void markup_close(struct markup *m);

/* Attributes of the element just opened, in the order of the schema. Text is escaped. */
void markup_text(struct markup *m, const char *name, const char *value);
void markup_text_len(struct markup *m, const char *name, const char *value, size_t len);
void markup_number(struct markup *m, const char *name, uint64_t value);
void markup_time(struct markup *m, const char *name, int64_t when);
void markup_hex(struct markup *m, const char *name, const uint8_t *bytes, size_t len);

/* Closes the root. False, with `err` set, when anything failed. */
bool markup_end(struct markup *m) MUST_USE;

#endif
