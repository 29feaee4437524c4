/* SPDX-License-Identifier: MIT */
/*
 * The editor's whole round: what the scan takes and the splice changes is proved, undone to the
 * byte, and done the second time without an edit. The input says which pins come, which items go,
 * a selector (its length in front), and is the file from there on.
 */
#include "applier/webconfig.h"
#include "applier/webconfig_proof.h"
#include "applier/webconfig_splice.h"
#include "base/limits.h"
#include "tests/fuzz/fuzz_pins.h"

struct round {
    struct buf file;
    struct fuzz_wish wish;
};

static void check_proof(const struct round *r, const struct buf *made)
{
    const struct webconfig_claim claim = {.section = r->wish.selector,
                                          .added = r->wish.add,
                                          .added_count = r->wish.add_count,
                                          .removed = r->wish.remove,
                                          .removed_count = r->wish.remove_count,
                                          .max_bytes = LIMIT_TARGET_BYTES};
    struct webconfig_report report;
    struct err err = {0};

    if (!webconfig_prove(&r->file, made, &claim, &report, &err)) {
        fprintf(stderr, "no proof: %s\n", err.text);
        abort();
    }
    FUZZ_MUST(report.new_count >= r->wish.add_count);
}

static enum err_code prove(const struct buf *a, const struct buf *b, struct webconfig_claim claim)
{
    struct err err = {0};
    bool held = webconfig_prove(a, b, &claim, NULL, &err);

    fuzz_verdict(held, &err);
    return err.code;
}

/* The right file under a claim that is not true of it. */
static void check_claims(const struct round *r, const struct buf *made)
{
    struct webconfig_claim claim = {.section = r->wish.selector,
                                    .added = r->wish.add,
                                    .added_count = r->wish.add_count,
                                    .removed = r->wish.remove,
                                    .removed_count = r->wish.remove_count,
                                    .minimum = 5000,
                                    .max_bytes = LIMIT_TARGET_BYTES};

    FUZZ_MUST(prove(&r->file, made, claim) == ERR_MINIMUM);
    claim.minimum = 0;
    claim.max_bytes = made->len - 1;
    FUZZ_MUST(prove(&r->file, made, claim) == ERR_TARGET_SIZE);
    claim.max_bytes = LIMIT_TARGET_BYTES;
    if (r->wish.remove_count > 0) { /* the old file still holds what goes */
        FUZZ_MUST(prove(&r->file, &r->file, claim) == ERR_PROOF);
        claim.removed_count = 0;
        FUZZ_MUST(prove(&r->file, made, claim) == ERR_PROOF);
        claim.removed_count = r->wish.remove_count;
    }
    claim.removed = &r->wish.add[0].sha256;
    claim.removed_count = 1;
    claim.added_count = 0;
    FUZZ_MUST(r->wish.add_count == 0 || prove(&r->file, made, claim) == ERR_PROOF);
}

/* The new file with some of its bytes changed, one at a time: no byte outside of the
 * section may differ. */
static void check_tampered(const struct round *r, const struct webconfig *webconfig,
                           const struct buf *made)
{
    const struct webconfig_claim claim = {.section = r->wish.selector,
                                          .added = r->wish.add,
                                          .added_count = r->wish.add_count,
                                          .removed = r->wish.remove,
                                          .removed_count = r->wish.remove_count,
                                          .max_bytes = LIMIT_TARGET_BYTES};
    size_t step = made->len / 8 + 1, behind = r->file.len - webconfig->end_tag.start;
    struct buf other;

    fuzz_copy(&other, made->data, made->len);
    for (size_t at = r->file.len % step; at < other.len; at += step) {
        uint8_t was = other.data[at];
        bool outside = at < webconfig->start_tag.start ||
                       (!webconfig->self_closed && at >= other.len - behind);

        for (unsigned i = 0; i < 3; i++) {
            other.data[at] = (uint8_t) " <a"[i];
            if (other.data[at] != was) {
                enum err_code code = prove(&r->file, &other, claim);

                FUZZ_MUST(!outside || code == ERR_PROOF);
            }
        }
        other.data[at] = was;
    }
    buf_release(&other);
}

static void check_again(const struct round *r, const struct buf *made)
{
    struct webconfig *webconfig = NULL;
    struct webconfig_change change;
    struct err err = {0};
    struct buf twice;

    buf_init(&twice, LIMIT_TARGET_BYTES);
    webconfig_change_init(&change);
    FUZZ_MUST(webconfig_scan(made, r->wish.selector, &webconfig, &err));
    FUZZ_MUST(webconfig_splice(webconfig, r->wish.add, r->wish.add_count, r->wish.remove,
                               r->wish.remove_count, &twice, &change, &err));
    FUZZ_MUST(change.undo_count == 0 && buf_equal(&twice, made));
    webconfig_change_release(&change);
    webconfig_free(webconfig);
    buf_release(&twice);
}

/* A buffer that is too small gets nothing. */
static void check_small(const struct round *r, const struct buf *made,
                        const struct webconfig_change *change)
{
    struct err err = {0};
    struct buf small;

    buf_init(&small, r->file.len - 1);
    FUZZ_MUST(!webconfig_unsplice(made, change->undo, change->undo_count, &small, &err));
    FUZZ_MUST(err.code == ERR_IO_LIMIT && small.len == 0);
    buf_release(&small);
}

/* A self-closed section that was opened has an end tag of one form; another means the same. */
static void check_end_tag(const struct round *r, const struct webconfig *webconfig,
                          const struct buf *made)
{
    static const char tag[] = "</pinnedCertificates>";
    const struct webconfig_claim claim = {.section = r->wish.selector,
                                          .added = r->wish.add,
                                          .added_count = r->wish.add_count,
                                          .max_bytes = LIMIT_TARGET_BYTES};
    size_t end = made->len - (r->file.len - webconfig->end_tag.end);
    struct err err = {0};
    struct buf other;

    if (webconfig->text.width == 1) { /* white space behind the root means nothing, and is a byte */
        buf_init(&other, LIMIT_TARGET_BYTES);
        FUZZ_MUST(buf_add(&other, made->data, made->len, &err) && buf_add(&other, " ", 1, &err));
        FUZZ_MUST(prove(&r->file, &other, claim) == ERR_PROOF);
        buf_release(&other);
    }
    if (!webconfig->self_closed || webconfig->text.width != 1 || made->len == r->file.len ||
        memcmp(made->data + end - (sizeof tag - 1), tag, sizeof tag - 1) != 0) {
        return;
    }
    buf_init(&other, LIMIT_TARGET_BYTES);
    FUZZ_MUST(buf_add(&other, made->data, end - 1, &err) && buf_add(&other, " ", 1, &err) &&
              buf_add(&other, made->data + end - 1, made->len - end + 1, &err));
    FUZZ_MUST(prove(&r->file, &other, claim) == ERR_PROOF);
    buf_release(&other);
}

static void go_round(const struct round *r, const struct webconfig *webconfig)
{
    struct webconfig_change change;
    struct buf made, back;
    struct err err = {0};
    bool done;

    buf_init(&made, LIMIT_TARGET_BYTES);
    buf_init(&back, LIMIT_TARGET_BYTES);
    webconfig_change_init(&change);
    done = webconfig_splice(webconfig, r->wish.add, r->wish.add_count, r->wish.remove,
                            r->wish.remove_count, &made, &change, &err);
    fuzz_verdict(done, &err);
    if (done) {
        check_proof(r, &made);
        check_claims(r, &made);
        check_tampered(r, webconfig, &made);
        FUZZ_MUST(webconfig_unsplice(&made, change.undo, change.undo_count, &back, &err));
        FUZZ_MUST(buf_equal(&back, &r->file));
        check_small(r, &made, &change);
        check_end_tag(r, webconfig, &made);
        check_again(r, &made);
    } else {
        FUZZ_MUST(err.code == ERR_TARGET_ITEM && made.len == 0);
    }
    webconfig_change_release(&change);
    buf_release(&back);
    buf_release(&made);
}

/* The proof reads both files itself: what is no edit must be refused, or be none. */
static void prove_unrelated(const struct round *r, size_t half)
{
    const struct webconfig_claim claim = {.section = r->wish.selector,
                                          .max_bytes = LIMIT_TARGET_BYTES};
    struct err err = {0};
    struct buf other;
    bool held;

    fuzz_copy(&other, r->file.data + half, r->file.len - half);
    held = webconfig_prove(&r->file, &other, &claim, NULL, &err);
    fuzz_verdict(held, &err);
    buf_release(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct round r;
    struct fuzz_input in = {data, size};
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    unsigned add = fuzz_byte(&in), remove = fuzz_byte(&in);
    bool taken;

    memset(&r, 0, sizeof r);
    fuzz_selector(&r.wish, &in);
    fuzz_copy(&r.file, in.data, in.left);
    taken = webconfig_scan(&r.file, r.wish.selector, &webconfig, &err);
    fuzz_verdict(taken, &err);
    if (taken) {
        fuzz_choose_removed(&r.wish, webconfig, remove);
        fuzz_choose_added(&r.wish, add);
        go_round(&r, webconfig);
    }
    prove_unrelated(&r, (add & 0x80) != 0 ? r.file.len / 2 : 0);
    webconfig_free(webconfig);
    buf_release(&r.file);
    return 0;
}
