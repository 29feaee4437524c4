/* SPDX-License-Identifier: MIT */
/*
 * The bundle: the only maker of verified content. Whoever holds a `const struct bundle *` holds
 * pins whose signatures, threshold, scope, sequence, time and bytes have all been checked
 * (docs/format.md 6).
 */
#ifndef BUNDLES_BUNDLE_H
#define BUNDLES_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fsio.h"
#include "base/progress.h"
#include "bundles/manifest.h"
#include "keys/trust.h"

/* What the opener compares with; borrowed for the call. */
struct bundle_policy {
    const struct trust *trust; /* the site's current set; required */
    const char *site;          /* NULL: the site list is not checked (no site enrolled here) */
    bool check_replay; /* false: nothing is compared with the last accepted bundle; what the trust
                          set itself says of epoch and least-sequence holds all the same */
    bool has_last;     /* a bundle was accepted before */
    uint64_t last_epoch, last_sequence;
    uint8_t last_manifest[32];
    uint64_t least_epoch, least_sequence; /* without a last one: the pair that the site was told to
                                             ask for at least; 0: any */
    bool has_floor;
    int64_t floor;
    int64_t local;   /* the local clock, read once by the caller */
    bool check_time; /* false only for `bundler inspect|verify` of own history and re-applying the
                        accepted head: dates are then reported through bundle_date_problem, not
                        refused */
    const uint8_t
        *waived_manifest; /* 32 bytes, NULL: none: a statement waives this manifest's `expires` */
    struct progress *progress; /* may be NULL */
};

struct bundle;

/*
 * Called for each payload member after the manifest is verified: return true and set *sink to take
 * the bytes as they are streamed, before its digest is known (the callee must not name or use them
 * until `end`). May be NULL.
 */
struct bundle_taker {
    bool (*begin)(void *ctx, const struct manifest_member *member, bool *take, struct err *err);
    bool (*bytes)(void *ctx, const void *bytes, size_t len, struct err *err);
    bool (*end)(void *ctx, const struct manifest_member *member,
                struct err *err); /* the digest held */
    void *ctx;
};

/*
 * Reads and verifies a whole bundle in one pass, memory bounded whatever the payload's size. NULL
 * on refusal, with the code of the first check that failed, in the order of docs/format.md 6.
 *
 * *advanced: when the carried chain leads beyond policy->trust, the last set of it that holds, also
 * when the bundle is refused because the next does not or by a later check (a revocation waits for
 * nothing); else NULL. Owned by the caller.
 */
struct bundle *bundle_open(struct fsio_file *file, const struct bundle_policy *policy,
                           const struct bundle_taker *taker, struct trust **advanced,
                           struct err *err) MUST_USE;

/* The same from memory (for fuzzing and for bundles already read). */
struct bundle *bundle_open_bytes(const void *bytes, size_t len, const struct bundle_policy *policy,
                                 const struct bundle_taker *taker, struct trust **advanced,
                                 struct err *err) MUST_USE;

/* From a kept head (bundle_head): trust and manifest members only, without payload; all checks but
 * those of the payload and the tar's end. */
struct bundle *bundle_open_head(const void *bytes, size_t len, const struct bundle_policy *policy,
                                struct trust **advanced, struct err *err) MUST_USE;

void bundle_free(struct bundle *bundle);

const struct manifest *bundle_manifest(const struct bundle *bundle);
const uint8_t *bundle_manifest_sha256(const struct bundle *bundle); /* 32 bytes */
/* The set under which the manifest was verified (policy->trust or *advanced's content; a copy owned
 * by the bundle). */
const struct trust *bundle_trust(const struct bundle *bundle);
/* Who signed: votes by index into bundle_trust's bundle signers. */
const struct trust_vote *bundle_votes(const struct bundle *bundle, size_t *count);
/* T: the threshold-th highest signing time; the next time floor is the later of it and the floor.
 */
int64_t bundle_signed_at(const struct bundle *bundle);
/* The raw bytes of the tar up to the end of the last manifest signature, padding included. */
const struct buf *bundle_head(const struct bundle *bundle);
/* The text of the payload member of type notes; NULL if there is none. As it is: show it escaped.
 */
const struct buf *bundle_notes(const struct bundle *bundle);
/* With check_time false: the refusal that dates would have given (ERR_NONE if none). */
const struct err *bundle_date_problem(const struct bundle *bundle);

#endif
