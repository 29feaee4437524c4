/* SPDX-License-Identifier: MIT */
/*
 * Inside of bundle.c: what is decided about a manifest once it is verified (checks 9 to 12 of
 * docs/format.md 6).
 */
#ifndef BUNDLES_BUNDLE_CHECK_H
#define BUNDLES_BUNDLE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bundles/bundle.h"

/* A verified manifest and what it was verified with; borrowed. */
struct bundle_check {
    const struct bundle_policy *policy;
    const struct trust *trust; /* V */
    const struct manifest *manifest;
    const uint8_t *sha256; /* of the manifest's bytes */
    const struct trust_vote *votes;
    size_t vote_count; /* at least the threshold */
    int64_t signed_at; /* T */
};

/* T: the threshold-th highest signing time. */
int64_t bundle_check_signed_at(const struct trust *trust, const struct trust_vote *votes,
                               size_t count);

/* Domain, channel, site: ERR_SCOPE_*. */
bool bundle_check_scope(const struct bundle_check *check, struct err *err) MUST_USE;

/* Epoch and sequence: ERR_REPLAY_*. */
bool bundle_check_replay(const struct bundle_check *check, struct err *err) MUST_USE;

/* Clock, then dates: ERR_CLOCK_*, ERR_TIME_*. */
bool bundle_check_dates(const struct bundle_check *check, struct err *err) MUST_USE;

#endif
