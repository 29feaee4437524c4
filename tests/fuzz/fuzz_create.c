/* SPDX-License-Identifier: MIT */
/*
 * A section that is created: what is made is proved, can be scanned and spliced, and is taken out
 * again to the byte; with any byte of it changed that matters, the proof refuses. The input says
 * which pins come, a selector (its length in front), and is the file from there on.
 */
#include "applier/webconfig_create.h"
#include "applier/webconfig_proof.h"
#include "base/limits.h"
#include "tests/fuzz/fuzz_pins.h"

#define TAMPERED 16

static bool prove(const struct buf *a, const struct buf *b, const struct webconfig_claim *claim)
{
    struct err err = {0};
    bool held = webconfig_prove(a, b, claim, NULL, &err);

    fuzz_verdict(held, &err);
    return held;
}

/* Outside of what was put in nothing may differ; inside, white space and the case of digits. */
static void check_tampered(const struct buf *file, const struct buf *made,
                           const struct webconfig_claim *claim, const struct webconfig_edit *undo)
{
    struct buf other;

    fuzz_copy(&other, made->data, made->len);
    for (size_t i = 0; i < 2 * TAMPERED; i++) {
        /* half of them in the insertion */
        size_t at = i < TAMPERED ? i * made->len / TAMPERED
                                 : undo->offset + (i - TAMPERED) * undo->remove / TAMPERED;
        uint8_t was = other.data[at];

        other.data[at] = (uint8_t)(i % 2 == 0 ? 'x' : '<');
        FUZZ_MUST(other.data[at] == was || !prove(file, &other, claim));
        other.data[at] = was;
    }
    buf_release(&other);
}

static void check_back(const struct buf *file, const struct buf *made, const struct fuzz_wish *wish,
                       const struct webconfig_change *change)
{
    struct webconfig_claim claim = {.fate = WEBCONFIG_UNDONE,
                                    .section = wish->selector,
                                    .removed_count = wish->add_count,
                                    .max_bytes = LIMIT_TARGET_BYTES};
    uint8_t removed[FUZZ_PINS][32];
    struct err err = {0};
    struct buf back;

    for (size_t i = 0; i < wish->add_count; i++) {
        memcpy(removed[i], wish->add[i].sha256, sizeof removed[i]);
    }
    claim.removed = (const uint8_t(*)[32])removed;
    buf_init(&back, LIMIT_TARGET_BYTES);
    FUZZ_MUST(webconfig_unsplice(made, change->undo, change->undo_count, &back, &err));
    FUZZ_MUST(buf_equal(&back, file) && prove(made, &back, &claim));
    buf_release(&back);
}

static void check_made(const struct buf *file, const struct buf *made, const struct fuzz_wish *wish,
                       const struct webconfig_change *change)
{
    const struct webconfig_claim claim = {.fate = WEBCONFIG_CREATED,
                                          .section = wish->selector,
                                          .added = wish->add,
                                          .added_count = wish->add_count,
                                          .max_bytes = LIMIT_TARGET_BYTES};
    struct webconfig *webconfig = NULL;
    struct err err = {0};

    FUZZ_MUST(change->undo_count == 1 && change->undo[0].len == 0);
    FUZZ_MUST(change->added_count == wish->add_count);
    FUZZ_MUST(webconfig_scan(made, wish->selector, &webconfig, &err));
    FUZZ_MUST(webconfig->pin_count == wish->add_count);
    webconfig_free(webconfig);
    FUZZ_MUST(prove(file, made, &claim));
    check_tampered(file, made, &claim, &change->undo[0]);
    check_back(file, made, wish, change);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_wish wish;
    struct fuzz_input in = {data, size};
    unsigned add = fuzz_byte(&in);
    struct webconfig_change change;
    struct buf file, made;
    struct err err = {0};
    bool done;

    memset(&wish, 0, sizeof wish);
    fuzz_selector(&wish, &in);
    fuzz_choose_added(&wish, add);
    fuzz_copy(&file, in.data, in.left);
    buf_init(&made, LIMIT_TARGET_BYTES);
    webconfig_change_init(&change);
    done = webconfig_create_splice(&file, wish.selector, wish.add, wish.add_count, &made, &change,
                                   &err);
    fuzz_verdict(done, &err);
    FUZZ_MUST(done || made.len == 0);
    if (done && wish.add_count > 0) {
        check_made(&file, &made, &wish, &change);
    }
    webconfig_change_release(&change);
    buf_release(&made);
    buf_release(&file);
    return 0;
}
