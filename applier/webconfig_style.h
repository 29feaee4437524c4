/* SPDX-License-Identifier: MIT */
/* Where new items go and what they look like: read off their neighbours. */
#ifndef APPLIER_WEBCONFIG_STYLE_H
#define APPLIER_WEBCONFIG_STYLE_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/webconfig.h"
#include "base/buf.h"
#include "base/err.h"
#include "keys/pin.h"

/*
 * Spans are of the old file and copied from it as they are. An insertion reads
 *   opening, then for each item: before, the item, behind; then closing
 * where `first_bare` drops the first item's `before`.
 */
struct webconfig_style {
    struct webconfig_span place; /* what the insertion replaces: empty unless a tag is opened */
    bool is_behind_item;         /* place.start is the end of the last item itself */
    bool first_bare;
    bool opens_tag; /* opening is ">", closing ends in the end tag called `name` */
    struct webconfig_span name;
    struct webconfig_span before_eol, indent, behind_eol; /* empty if unused */
    struct webconfig_span unit; /* one more level of indentation; empty: unit_ascii */
    const char *unit_ascii;
    struct webconfig_span closing_eol, closing_indent;
    bool has_form;                    /* head and tail are an item's, else the article's */
    struct webconfig_span head, tail; /* of the item up to its value and behind it */
    bool upper;
};

void webconfig_style_find(struct webconfig_style *out, const struct webconfig *webconfig);

/* Adds one item, the `index`-th that goes in; *at is where its tag begins in `out`. */
bool webconfig_style_add_item(const struct webconfig_style *style,
                              const struct webconfig *webconfig, size_t index,
                              const struct pin *pin, struct buf *out, size_t *at,
                              struct err *err) MUST_USE;

/* What stands in front of the first and behind the last item. */
bool webconfig_style_add_opening(const struct webconfig_style *style,
                                 const struct webconfig *webconfig, struct buf *out,
                                 struct err *err) MUST_USE;
bool webconfig_style_add_closing(const struct webconfig_style *style,
                                 const struct webconfig *webconfig, struct buf *out,
                                 struct err *err) MUST_USE;

#endif
