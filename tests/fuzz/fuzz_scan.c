/* SPDX-License-Identifier: MIT */
/*
 * The scan alone: what it takes, it describes without contradiction, and the proof's reader, which
 * shares nothing with it, sees the same items. The input is a selector, its length in front, and
 * the file.
 */
#include "applier/webconfig.h"
#include "applier/webconfig_proof_tree.h"
#include "base/limits.h"
#include "tests/fuzz/fuzz_pins.h"

static bool holds(struct webconfig_span outer, struct webconfig_span inner)
{
    return outer.start <= inner.start && inner.start <= inner.end && inner.end <= outer.end;
}

static void check_item(const struct webconfig *w, const struct webconfig_item *item)
{
    struct webconfig_span content = {w->start_tag.end, w->end_tag.start};
    size_t line, column;

    FUZZ_MUST(holds(content, item->element) && holds(item->element, item->value));
    FUZZ_MUST(item->element.start < item->element.end && holds(item->lines, item->element));
    FUZZ_MUST((item->element.end - item->element.start) % w->text.width == 0);
    webconfig_text_place(&w->text, item->element.start, &line, &column);
    FUZZ_MUST(item->line == line && item->last_line >= line && item->last_line <= w->end_line);
    FUZZ_MUST(!item->is_pin || item->has_digest);
    FUZZ_MUST(!item->has_digest ||
              (item->odd & (WEBCONFIG_ODD_NO_VALUE | WEBCONFIG_ODD_NOT_HEX)) == 0);
}

/* Items in order, each found again by its digest, the first of several with one. */
static void check_items(const struct webconfig *w)
{
    size_t with_digest = 0;

    for (size_t i = 0; i < w->item_count; i++) {
        const struct webconfig_item *item = &w->items[i], *found;

        check_item(w, item);
        FUZZ_MUST(i == 0 || w->items[i - 1].element.end <= item->element.start);
        if (item->has_digest) {
            with_digest++;
            found = webconfig_find(w, item->pin.sha256);
            FUZZ_MUST(found != NULL && found <= item);
            FUZZ_MUST((found != item) == ((item->odd & WEBCONFIG_ODD_REPEATED) != 0));
        }
    }
    FUZZ_MUST(with_digest == w->by_digest_count && w->pin_count <= with_digest);
}

static void check_file(const struct webconfig *w, const struct buf *file)
{
    struct webconfig_span whole = {0, file->len};

    FUZZ_MUST(holds(whole, w->start_tag) && holds(whole, w->end_tag));
    FUZZ_MUST(w->start_tag.start < w->start_tag.end && w->start_tag.end <= w->end_tag.start);
    FUZZ_MUST(w->self_closed == (w->end_tag.start == w->end_tag.end));
    FUZZ_MUST(w->parent_start <= w->start_tag.start && w->line <= w->end_line);
    FUZZ_MUST(webconfig_encoding_text(w) != NULL && webconfig_eol_text(w) != NULL);
    check_items(w);
}

/* The same section, the same items, by libxml2's tree. */
static void check_tree(const struct webconfig *w, const struct buf *file, const char *selector)
{
    struct err err = {0};
    struct webconfig_proof_tree *tree = webconfig_proof_tree_open(file, "old", selector, &err);
    const struct webconfig_proof_piece *pieces;
    size_t count = 0, seen = 0;

    FUZZ_MUST(tree != NULL);
    pieces = webconfig_proof_tree_pieces(tree, &count);
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].is_item) {
            FUZZ_MUST(seen < w->item_count);
            const struct webconfig_item *item = &w->items[seen++];

            FUZZ_MUST(pieces[i].has_digest == item->has_digest);
            FUZZ_MUST(pieces[i].is_key == item->is_pin);
            FUZZ_MUST(!item->has_digest || memcmp(pieces[i].sha256, item->pin.sha256, 32) == 0);
            FUZZ_MUST(pieces[i].plain ==
                      (item->has_digest && (item->odd & WEBCONFIG_ODD_FIXED) == 0));
        }
    }
    FUZZ_MUST(seen == w->item_count);
    webconfig_proof_tree_free(tree);
}

/* A message names places; nothing that could be of the file but ASCII that may be shown. */
static void check_message(const struct err *err)
{
    for (const char *p = err->text; *p != '\0'; p++) {
        FUZZ_MUST(*p >= ' ' && *p <= '~');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct webconfig *webconfig = NULL;
    struct fuzz_wish wish = {.selector = NULL};
    struct err err = {0};
    struct buf file;
    bool taken;

    fuzz_selector(&wish, &in);
    fuzz_copy(&file, in.data, in.left);
    taken = webconfig_scan(&file, wish.selector, &webconfig, &err);
    fuzz_verdict(taken, &err);
    FUZZ_MUST(buf_is(&file, in.data, in.left));
    if (taken) {
        check_file(webconfig, &file);
        check_tree(webconfig, &file, wish.selector);
    }
    check_message(&err);
    webconfig_free(webconfig);
    buf_release(&file);
    return 0;
}
