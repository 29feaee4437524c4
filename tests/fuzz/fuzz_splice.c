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
#include "tests/fuzz/fuzz.h"

#define PINS 3

/* The base points of P-256, P-384 and P-521 (SEC 2): short keys that anyone knows. */
static const char *const known[PINS] = {
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872"
    "760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d"
    "7c90ea0e5f",
    "0400c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc1"
    "27a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b44"
    "6817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650"};

struct round {
    struct buf file;
    char section[256];
    const char *selector; /* NULL: none */
    struct pin add[PINS];
    size_t add_count;
    uint8_t remove[8][32];
    size_t remove_count;
};

/* Of the known pins those whose bits are set, unless the file is to lose them. */
static void choose_added(struct round *r, unsigned bits)
{
    for (size_t i = 0; i < PINS; i++) {
        struct pin *pin = &r->add[r->add_count];
        bool goes = false;

        FUZZ_MUST(pin_from_hex(pin, known[i], strlen(known[i]), NULL));
        for (size_t k = 0; k < r->remove_count; k++) {
            goes |= memcmp(r->remove[k], pin->sha256, 32) == 0;
        }
        r->add_count += (bits >> i & 1) != 0 && !goes;
    }
}

/* Of the first eight items with a value those whose bits are set. */
static void choose_removed(struct round *r, const struct webconfig *webconfig, unsigned bits)
{
    for (size_t i = 0; i < webconfig->by_digest_count && i < 8; i++) {
        if ((bits >> i & 1) != 0) {
            memcpy(r->remove[r->remove_count++], webconfig->by_digest[i]->pin.sha256, 32);
        }
    }
}

static void check_proof(const struct round *r, const struct buf *made)
{
    const struct webconfig_claim claim = {.section = r->selector,
                                          .added = r->add,
                                          .added_count = r->add_count,
                                          .removed = r->remove,
                                          .removed_count = r->remove_count,
                                          .max_bytes = LIMIT_TARGET_BYTES};
    struct webconfig_report report;
    struct err err = {0};

    if (!webconfig_prove(&r->file, made, &claim, &report, &err)) {
        fprintf(stderr, "no proof: %s\n", err.text);
        abort();
    }
    FUZZ_MUST(report.new_count >= r->add_count);
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
    struct webconfig_claim claim = {.section = r->selector,
                                    .added = r->add,
                                    .added_count = r->add_count,
                                    .removed = r->remove,
                                    .removed_count = r->remove_count,
                                    .minimum = 5000,
                                    .max_bytes = LIMIT_TARGET_BYTES};

    FUZZ_MUST(prove(&r->file, made, claim) == ERR_MINIMUM);
    claim.minimum = 0;
    claim.max_bytes = made->len - 1;
    FUZZ_MUST(prove(&r->file, made, claim) == ERR_TARGET_SIZE);
    claim.max_bytes = LIMIT_TARGET_BYTES;
    if (r->remove_count > 0) { /* the old file still holds what goes */
        FUZZ_MUST(prove(&r->file, &r->file, claim) == ERR_PROOF);
        claim.removed_count = 0;
        FUZZ_MUST(prove(&r->file, made, claim) == ERR_PROOF);
        claim.removed_count = r->remove_count;
    }
    claim.removed = &r->add[0].sha256;
    claim.removed_count = 1;
    claim.added_count = 0;
    FUZZ_MUST(r->add_count == 0 || prove(&r->file, made, claim) == ERR_PROOF);
}

/* The new file with some of its bytes changed, one at a time: no byte outside of the
 * section may differ. */
static void check_tampered(const struct round *r, const struct webconfig *webconfig,
                           const struct buf *made)
{
    const struct webconfig_claim claim = {.section = r->selector,
                                          .added = r->add,
                                          .added_count = r->add_count,
                                          .removed = r->remove,
                                          .removed_count = r->remove_count,
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
    FUZZ_MUST(webconfig_scan(made, r->selector, &webconfig, &err));
    FUZZ_MUST(webconfig_splice(webconfig, r->add, r->add_count, r->remove, r->remove_count, &twice,
                               &change, &err));
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
    const struct webconfig_claim claim = {.section = r->selector,
                                          .added = r->add,
                                          .added_count = r->add_count,
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
    done = webconfig_splice(webconfig, r->add, r->add_count, r->remove, r->remove_count, &made,
                            &change, &err);
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
    const struct webconfig_claim claim = {.section = r->selector, .max_bytes = LIMIT_TARGET_BYTES};
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
    struct fuzz_input in = {data, size}, selector;
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    unsigned add = fuzz_byte(&in), remove = fuzz_byte(&in);
    bool taken;

    memset(&r, 0, sizeof r);
    selector = fuzz_part(&in);
    if (selector.left > 0 && selector.left < sizeof r.section) {
        memcpy(r.section, selector.data, selector.left);
        r.selector = r.section;
    }
    fuzz_copy(&r.file, in.data, in.left);
    taken = webconfig_scan(&r.file, r.selector, &webconfig, &err);
    fuzz_verdict(taken, &err);
    if (taken) {
        FUZZ_MUST(webconfig_encoding_text(webconfig) != NULL);
        FUZZ_MUST(webconfig_eol_text(webconfig) != NULL);
        choose_removed(&r, webconfig, remove);
        choose_added(&r, add);
        go_round(&r, webconfig);
    }
    prove_unrelated(&r, (add & 0x80) != 0 ? r.file.len / 2 : 0);
    webconfig_free(webconfig);
    buf_release(&r.file);
    return 0;
}
