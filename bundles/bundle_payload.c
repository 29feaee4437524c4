/* SPDX-License-Identifier: MIT */
/*
 * Streams the payload: its bytes pass once, in small portions, whatever their number.
 */
#include "bundles/bundle_payload.h"

#include <stdlib.h>
#include <string.h>

#include "base/policy.h"
#include "keys/crypto.h"

#define PORTION ((size_t)65536)

/* Where a member's bytes go beside its digest. */
struct sink {
    struct tarball *tarball;
    const struct bundle_taker *taker; /* NULL: nobody takes it */
    struct buf *notes;                /* NULL: it is not of type notes */
};

static bool stream(const struct sink *sink, struct crypto_hash *hash, struct err *err)
{
    uint8_t *portion = malloc(PORTION);
    size_t got = 1;
    bool done = portion != NULL || err_memory(err);

    while (done && got > 0) {
        done = tarball_read(sink->tarball, portion, PORTION, &got, err) &&
               crypto_hash_add(hash, portion, got, err);
        if (done && got > 0 && sink->taker != NULL) {
            done = sink->taker->bytes(sink->taker->ctx, portion, got, err);
        }
        if (done && sink->notes != NULL) {
            done = buf_add(sink->notes, portion, got, err);
        }
    }
    free(portion);
    return done;
}

static bool check_digest(const struct sink *sink, const struct manifest_member *member,
                         struct err *err)
{
    struct crypto_hash *hash = crypto_hash_new(err);
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    bool done = hash != NULL && stream(sink, hash, err) && crypto_hash_final(hash, sha256, err);

    if (POLICY("payload.digest", done && memcmp(sha256, member->sha256, sizeof sha256) != 0)) {
        done = err_set(err, ERR_PAYLOAD_DIGEST,
                       "'%s' is not what was signed: it was damaged or exchanged on the way; copy "
                       "the bundle again",
                       member->name);
    }
    crypto_hash_free(hash);
    return done;
}

static bool read_member(struct bundle_parts *parts, const struct manifest_member *member,
                        const struct bundle_taker *taker, struct buf *notes, struct err *err)
{
    struct sink sink = {.tarball = parts->tarball, .notes = member->notes ? notes : NULL};
    bool take = false;

    if (POLICY("payload.absent", !parts->more)) {
        return err_set(err, ERR_PAYLOAD_ABSENT, "'%s' is missing in the bundle", member->name);
    }
    if (POLICY("payload.member/name", strcmp(parts->next.name, member->name) != 0) ||
        POLICY("payload.member/size", parts->next.size != member->size)) {
        return err_set(err, ERR_PAYLOAD_MEMBER,
                       "'%s' (%llu bytes) stands where the manifest names '%s' (%llu bytes)",
                       parts->next.name, (unsigned long long)parts->next.size, member->name,
                       (unsigned long long)member->size);
    }
    if (taker != NULL && !taker->begin(taker->ctx, member, &take, err)) {
        return false;
    }
    sink.taker = take ? taker : NULL;
    return check_digest(&sink, member, err) && (!take || taker->end(taker->ctx, member, err)) &&
           tarball_next(parts->tarball, &parts->next, &parts->more, err);
}

bool bundle_payload_read(struct bundle_parts *parts, const struct manifest *manifest,
                         const struct bundle_taker *taker, struct buf *notes, struct err *err)
{
    for (size_t i = 0; i < manifest->payload_count; i++) {
        if (!read_member(parts, &manifest->payload[i], taker, notes, err)) {
            return false;
        }
    }
    if (POLICY("payload.member/unnamed", parts->more)) {
        return err_set(err, ERR_PAYLOAD_MEMBER, "the manifest does not name '%s'",
                       parts->next.name);
    }
    return tarball_finish(parts->tarball, err);
}
