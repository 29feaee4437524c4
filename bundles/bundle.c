/* SPDX-License-Identifier: MIT */
/*
 * Opens bundles: the checks of docs/format.md 6 in their order. The manifest is parsed only once
 * the bundle threshold holds over its bytes, a trust set only by trust_step.
 */
#include "bundles/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "base/policy.h"
#include "bundles/bundle_check.h"
#include "bundles/bundle_parts.h"
#include "bundles/bundle_payload.h"
#include "keys/crypto.h"

struct bundle {
    struct manifest *manifest;
    uint8_t manifest_sha256[CRYPTO_SHA256_SIZE];
    struct trust *trust;
    struct trust_vote votes[LIMIT_MANIFEST_SIGNATURES];
    size_t vote_count;
    int64_t signed_at;
    struct buf head, notes;
    struct err date_problem;
};

/* --- check 5: the chain --- */

static bool check_same(const struct trust *trust, const struct bundle_part *part, struct err *err)
{
    return !POLICY("trust.different", !buf_is(&trust->bytes, part->bytes.data, part->bytes.len)) ||
           err_set(err, ERR_TRUST_DIFFERENT,
                   "'%s' is another trust set %llu than the one in use here: two sets must never "
                   "share a number; ask those who made it",
                   part->name, (unsigned long long)trust->version);
}

/*
 * *last: the last set beyond `from` that follows, NULL if none does; also when a later one does
 * not: each step is the root signers' word by itself, and what it revokes waits for nothing.
 */
static bool follow(const struct trust *from, const struct bundle_parts *parts, struct trust **last,
                   struct err *err)
{
    struct trust_signature signatures[LIMIT_TRUST_SIGNATURES];

    *last = NULL;
    if (POLICY("trust.gap/chain",
               parts->set_count > 0 && parts->first_version > from->version + 1)) {
        return err_set(err, ERR_TRUST_GAP,
                       "the bundle's trust sets start with %u and this site has %llu: it needs a "
                       "bundle that carries the sets in between",
                       parts->first_version, (unsigned long long)from->version);
    }
    for (size_t i = 0; i < parts->set_count; i++) {
        const struct bundle_part *part = &parts->items[parts->sets[i].document];
        const struct trust *before = *last == NULL ? from : *last;
        struct trust *next;

        if (parts->first_version + i < from->version) {
            continue;
        }
        if (parts->first_version + i == from->version) {
            if (!check_same(from, part, err)) {
                return false;
            }
            continue;
        }
        next = trust_step(before, part->bytes.data, part->bytes.len, signatures,
                          bundle_parts_signatures(parts, &parts->sets[i], signatures), err);
        if (next == NULL) {
            err_context(err, "%s", part->name);
            return false;
        }
        trust_free(*last);
        *last = next;
    }
    return true;
}

/* --- checks 6 to 8: the manifest --- */

static bool check_trust_members(const struct manifest *m, const struct bundle_parts *parts,
                                struct err *err)
{
    size_t carried = parts->manifest.document; /* what stands before it are trust members */

    for (size_t i = 0; i < carried && i < m->trust_count; i++) {
        const struct manifest_member *listed = &m->trust[i];
        const struct bundle_part *part = &parts->items[i];
        uint8_t sha256[CRYPTO_SHA256_SIZE];

        if (!crypto_sha256(sha256, part->bytes.data, part->bytes.len, err)) {
            return false;
        }
        if (POLICY("manifest.form/trust-member",
                   strcmp(listed->name, part->name) != 0 || listed->size != part->bytes.len ||
                       memcmp(listed->sha256, sha256, sizeof sha256) != 0)) {
            return err_set(err, ERR_MANIFEST_FORM, "'%s' is not the trust member that was signed",
                           part->name);
        }
    }
    return !POLICY("manifest.form/trust-count", carried != m->trust_count) ||
           err_set(err, ERR_MANIFEST_FORM,
                   "the bundle has %zu trust members and the manifest names %zu", carried,
                   m->trust_count);
}

/* Most often it is no attack but the wrong file. */
static bool by_stranger(const struct trust *trust, struct err *err)
{
    struct err cause = *err;

    return err_set(
        err, cause.code,
        "%s (trust set %llu): it may be the bundle of another workspace, or made under a "
        "trust set that is not known here",
        cause.text, (unsigned long long)trust->version);
}

static bool verify_manifest(struct bundle *b, const struct trust *trust,
                            const struct bundle_parts *parts, struct err *err)
{
    const struct buf *bytes = &parts->items[parts->manifest.document].bytes;
    struct trust_signature signatures[LIMIT_TRUST_SIGNATURES];

    b->vote_count = bundle_parts_signatures(parts, &parts->manifest, signatures);
    if (!trust_verify(trust, TRUST_BUNDLE, SIGFILE_MANIFEST, bytes->data, bytes->len, signatures,
                      b->vote_count, b->votes, err)) {
        err_context(err, "manifest.xml");
        return err != NULL && err->code == ERR_SIGNATURE_SIGNER && by_stranger(trust, err);
    }
    b->signed_at = bundle_check_signed_at(trust, b->votes, b->vote_count);
    if (!crypto_sha256(b->manifest_sha256, bytes->data, bytes->len, err)) {
        return false;
    }
    b->manifest = manifest_parse(bytes->data, bytes->len, err);
    if (b->manifest == NULL || !check_trust_members(b->manifest, parts, err)) {
        err_context(err, "manifest.xml");
        return false;
    }
    return !POLICY("trust.gap/manifest", b->manifest->trust_version > trust->version) ||
           err_set(err, ERR_TRUST_GAP,
                   "the bundle was made under trust set %llu and this site has %llu: it needs a "
                   "bundle that carries the trust sets in between",
                   (unsigned long long)b->manifest->trust_version,
                   (unsigned long long)trust->version);
}

/* --- checks 9 to 12 --- */

static bool check_manifest(struct bundle *b, const struct trust *trust,
                           const struct bundle_policy *policy, struct err *err)
{
    struct bundle_check check = {
        .policy = policy,
        .trust = trust,
        .manifest = b->manifest,
        .sha256 = b->manifest_sha256,
        .votes = b->votes,
        .vote_count = b->vote_count,
        .signed_at = b->signed_at,
    };

    if (!bundle_check_scope(&check, err) || !bundle_check_replay(&check, err)) {
        return false;
    }
    return bundle_check_dates(&check, policy->check_time ? err : &b->date_problem) ||
           !policy->check_time;
}

/* Bytes change hands; `from` stays an empty buffer. */
static void move(struct buf *to, struct buf *from)
{
    size_t max = from->max;

    *to = *from;
    buf_init(from, max);
}

/* Checks 5 to 12, and what the bundle keeps. */
static bool verify(struct bundle *b, struct bundle_parts *parts, const struct bundle_policy *policy,
                   struct trust **advanced, struct err *err)
{
    const struct trust *trust = policy->trust;

    if (!follow(policy->trust, parts, advanced, err)) {
        return false;
    }
    if (*advanced != NULL) {
        trust = *advanced;
    }
    if (!verify_manifest(b, trust, parts, err) || !check_manifest(b, trust, policy, err)) {
        return false;
    }
    b->trust = trust_copy(trust, err);
    move(&b->head, &parts->head);
    return b->trust != NULL;
}

static struct bundle *bundle_new(struct err *err)
{
    struct bundle *b = calloc(1, sizeof *b);

    if (b == NULL) {
        err_memory(err);
        return NULL;
    }
    buf_init(&b->notes, (size_t)LIMIT_NOTES_BYTES);
    return b;
}

static struct bundle *open_source(struct tarball_source source, const struct bundle_policy *policy,
                                  const struct bundle_taker *taker, struct trust **advanced,
                                  struct err *err)
{
    struct trust *reached = NULL;
    struct bundle_parts *parts = bundle_parts_read(source, policy->progress, err);
    struct bundle *b = parts == NULL ? NULL : bundle_new(err);
    bool done = b != NULL && verify(b, parts, policy, &reached, err) &&
                bundle_payload_read(parts, b->manifest, taker, &b->notes, err);

    bundle_parts_free(parts);
    if (!done) {
        bundle_free(b);
        b = NULL;
    }
    *advanced = reached;
    return b;
}

static bool file_read(void *ctx, void *bytes, size_t len, size_t *got, struct err *err)
{
    return fsio_read(ctx, bytes, len, got, err);
}

/* Bytes in memory, then `zeros` more. */
struct memory {
    const uint8_t *bytes;
    size_t len, at, zeros;
};

static bool memory_read(void *ctx, void *bytes, size_t len, size_t *got, struct err *err)
{
    struct memory *m = ctx;
    size_t n = m->len - m->at < len ? m->len - m->at : len;

    (void)err;
    if (n > 0) {
        memcpy(bytes, m->bytes + m->at, n);
        m->at += n;
    } else if (m->zeros > 0) {
        n = m->zeros < len ? m->zeros : len;
        memset(bytes, 0, n);
        m->zeros -= n;
    }
    *got = n;
    return true;
}

struct bundle *bundle_open(struct fsio_file *file, const struct bundle_policy *policy,
                           const struct bundle_taker *taker, struct trust **advanced,
                           struct err *err)
{
    struct tarball_source source = {.read = file_read, .ctx = file};

    return open_source(source, policy, taker, advanced, err);
}

struct bundle *bundle_open_bytes(const void *bytes, size_t len, const struct bundle_policy *policy,
                                 const struct bundle_taker *taker, struct trust **advanced,
                                 struct err *err)
{
    struct memory memory = {.bytes = bytes, .len = len};
    struct tarball_source source = {.read = memory_read, .ctx = &memory};

    return open_source(source, policy, taker, advanced, err);
}

struct bundle *bundle_open_head(const void *bytes, size_t len, const struct bundle_policy *policy,
                                struct trust **advanced, struct err *err)
{
    /* one block of zeros ends a tar; a head that was cut inside a member would take it for content
     */
    struct memory memory = {.bytes = bytes, .len = len, .zeros = TARHEAD_BLOCK};
    struct tarball_source source = {.read = memory_read, .ctx = &memory};
    struct trust *reached = NULL;
    struct bundle_parts *parts = bundle_parts_read(source, policy->progress, err);
    struct bundle *b = NULL;
    bool done = parts != NULL;

    if (done && parts->head.len != len) {
        done = err_set(err, ERR_CONTAINER_FORM,
                       "a kept head ends with the last signature of its manifest; this one does "
                       "not");
    }
    b = done ? bundle_new(err) : NULL;
    done = b != NULL && verify(b, parts, policy, &reached, err);
    bundle_parts_free(parts);
    if (!done) {
        bundle_free(b);
        b = NULL;
    }
    *advanced = reached;
    return b;
}

void bundle_free(struct bundle *b)
{
    if (b == NULL) {
        return;
    }
    manifest_free(b->manifest);
    trust_free(b->trust);
    buf_release(&b->head);
    buf_release(&b->notes);
    free(b);
}

const struct manifest *bundle_manifest(const struct bundle *b)
{
    return b->manifest;
}

const uint8_t *bundle_manifest_sha256(const struct bundle *b)
{
    return b->manifest_sha256;
}

const struct trust *bundle_trust(const struct bundle *b)
{
    return b->trust;
}

const struct trust_vote *bundle_votes(const struct bundle *b, size_t *count)
{
    *count = b->vote_count;
    return b->votes;
}

int64_t bundle_signed_at(const struct bundle *b)
{
    return b->signed_at;
}

const struct buf *bundle_head(const struct bundle *b)
{
    return &b->head;
}

const struct buf *bundle_notes(const struct bundle *b)
{
    return b->notes.len == 0 ? NULL : &b->notes;
}

const struct err *bundle_date_problem(const struct bundle *b)
{
    return &b->date_problem;
}
