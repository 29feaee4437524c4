/* SPDX-License-Identifier: MIT */
/*
 * The proof alone: a new file that some edits made of an old one is accepted only if the scan and
 * a plain comparison of bytes find nothing else changed than the pins. The input says what is
 * claimed, whether the edits meet the old file or the splice's, a selector and the old file (their
 * lengths in front), and edits: offset and number of bytes that go (two bytes each), then what
 * comes, its length in front.
 */
#include "applier/webconfig.h"
#include "applier/webconfig_proof.h"
#include "applier/webconfig_splice.h"
#include "base/limits.h"
#include "tests/fuzz/fuzz_pins.h"

#define WHOLE 0x80   /* a bit of the first byte: what follows the old file is the new one */
#define SPLICED 0x40 /* edits meet the splice's file */
#define EDITS_MAX 16

static void edit(struct buf *file, struct fuzz_input *in)
{
    for (unsigned i = 0; i < EDITS_MAX && in->left > 0; i++) {
        size_t at = fuzz_byte(in), gone;
        struct fuzz_input part;
        struct buf made;

        at = (at * 256 + fuzz_byte(in)) % (file->len + 1);
        gone = fuzz_byte(in);
        gone = (gone * 256 + fuzz_byte(in)) % (file->len - at + 1);
        part = fuzz_part(in);
        buf_init(&made, file->len + part.left);
        FUZZ_MUST(buf_add(&made, file->data, at, NULL) &&
                  buf_add(&made, part.data, part.left, NULL) &&
                  buf_add(&made, file->data + at + gone, file->len - at - gone, NULL));
        buf_release(file);
        *file = made;
    }
}

static bool is_removed(const struct webconfig_claim *claim, const uint8_t *sha256)
{
    for (size_t i = 0; i < claim->removed_count; i++) {
        if (memcmp(claim->removed[i], sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_added(const struct webconfig_claim *claim, const uint8_t *sha256)
{
    for (size_t i = 0; i < claim->added_count; i++) {
        if (memcmp(claim->added[i].sha256, sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

static void check_keys(const struct webconfig *was, const struct webconfig *is,
                       const struct webconfig_claim *claim)
{
    for (size_t i = 0; i < is->by_digest_count; i++) {
        const uint8_t *key = is->by_digest[i]->pin.sha256;

        FUZZ_MUST(is_added(claim, key) ||
                  (webconfig_find(was, key) != NULL && !is_removed(claim, key)));
    }
    for (size_t i = 0; i < was->by_digest_count; i++) {
        const uint8_t *key = was->by_digest[i]->pin.sha256;

        FUZZ_MUST(is_removed(claim, key) || webconfig_find(is, key) != NULL);
    }
    for (size_t i = 0; i < claim->added_count; i++) {
        FUZZ_MUST(webconfig_find(is, claim->added[i].sha256) != NULL);
    }
}

/* The bytes of a section's content but for white space and items whose key the other lacks. */
static void gather(const struct webconfig *w, const struct webconfig *other, struct buf *out)
{
    size_t next = 0, width = w->text.width;

    buf_init(out, w->file->len);
    for (size_t at = w->start_tag.end; at < w->end_tag.start;) {
        while (next < w->item_count && w->items[next].element.start < at) {
            next++;
        }
        const struct webconfig_item *item = next < w->item_count ? &w->items[next] : NULL;

        if (item != NULL && item->element.start == at && item->has_digest &&
            webconfig_find(other, item->pin.sha256) == NULL) {
            at = item->element.end;
            continue;
        }
        if (!webconfig_text_is_space(webconfig_text_unit(&w->text, at))) {
            FUZZ_MUST(buf_add(out, w->file->data + at, width, NULL));
        }
        at += width;
    }
}

static void check_bytes(const struct webconfig *was, const struct webconfig *is)
{
    const struct buf *old_file = was->file, *new_file = is->file;
    bool opened = was->self_closed != is->self_closed;
    size_t head = opened ? was->start_tag.start : was->start_tag.end;
    size_t tail = old_file->len - (opened ? was->end_tag.end : was->end_tag.start);
    struct buf a, b;

    FUZZ_MUST(new_file->len >= head + tail && memcmp(old_file->data, new_file->data, head) == 0);
    FUZZ_MUST(tail == new_file->len - (opened ? is->end_tag.end : is->end_tag.start));
    FUZZ_MUST(memcmp(old_file->data + old_file->len - tail, new_file->data + new_file->len - tail,
                     tail) == 0);
    gather(was, is, &a);
    gather(is, was, &b);
    FUZZ_MUST(buf_equal(&a, &b));
    buf_release(&a);
    buf_release(&b);
}

/* Accepted: the other readers must agree. */
static void check_accepted(const struct webconfig *was, const struct buf *new_file,
                           const struct webconfig_claim *claim)
{
    struct webconfig *is = NULL;
    struct err err = {0};

    FUZZ_MUST(webconfig_scan(new_file, claim->section, &is, &err));
    check_keys(was, is, claim);
    check_bytes(was, is);
    webconfig_free(is);
}

static void start_from_splice(struct buf *file, const struct webconfig *was,
                              const struct fuzz_wish *wish)
{
    struct webconfig_change change;
    struct err err = {0};
    struct buf made;

    buf_init(&made, LIMIT_TARGET_BYTES);
    webconfig_change_init(&change);
    if (webconfig_splice(was, wish->add, wish->add_count, wish->remove, wish->remove_count, &made,
                         &change, &err)) {
        buf_release(file);
        *file = made;
    } else {
        buf_release(&made);
    }
    webconfig_change_release(&change);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size}, part;
    struct webconfig *was = NULL;
    static struct fuzz_wish wish;
    unsigned add = fuzz_byte(&in), remove = fuzz_byte(&in);
    struct webconfig_claim claim = {.max_bytes = LIMIT_TARGET_BYTES};
    struct webconfig_report report;
    struct buf old_file, new_file;
    struct err err = {0};
    bool held;

    memset(&wish, 0, sizeof wish);
    fuzz_selector(&wish, &in);
    part = fuzz_part(&in);
    fuzz_copy(&old_file, part.data, part.left);
    if (webconfig_scan(&old_file, wish.selector, &was, NULL)) {
        fuzz_choose_removed(&wish, was, remove);
    }
    fuzz_choose_added(&wish, add);
    if ((add & WHOLE) != 0) {
        fuzz_copy(&new_file, in.data, in.left);
    } else {
        fuzz_copy(&new_file, part.data, part.left);
        if (was != NULL && (add & SPLICED) != 0) {
            start_from_splice(&new_file, was, &wish);
        }
        edit(&new_file, &in);
    }
    claim.section = wish.selector;
    claim.added = wish.add;
    claim.added_count = wish.add_count;
    claim.removed = (const uint8_t(*)[32])wish.remove;
    claim.removed_count = wish.remove_count;
    held = webconfig_prove(&old_file, &new_file, &claim, &report, &err);
    fuzz_verdict(held, &err);
    if (held && was != NULL) {
        check_accepted(was, &new_file, &claim);
    }
    webconfig_free(was);
    buf_release(&old_file);
    buf_release(&new_file);
    return 0;
}
