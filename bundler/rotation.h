/* SPDX-License-Identifier: MIT */
/*
 * From one trust set to the next: the pending set keys/trust-next.xml, its signatures
 * keys/trust-next-N.p7s, and what happens once they are enough.
 */
#ifndef BUNDLER_ROTATION_H
#define BUNDLER_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "bundler/workspace.h"
#include "keys/signkey.h"
#include "keys/trust.h"

#define ROTATION_DAYS 400        /* that a trust set is valid */
#define ROTATION_UNTIL_DAYS 1095 /* that a bundle signer may sign */
#define ROTATION_SIGNATURE "keys/trust-next-%zu.p7s"

/* The current set and, if one is pending, the next. */
struct rotation {
    const struct workspace *ws;
    struct trust *current;
    struct trust *next; /* NULL: none is pending */
    bool leftover;      /* what is pending is the current set: a run was cut off at its end */
    struct buf signatures[LIMIT_TRUST_SIGNATURES];
    size_t signature_count;
};

/*
 * Reads both. Errors of workspace_trust; ERR_TRUST_STEP when the pending set is not number N+1 of
 * this workspace. The caller releases, also after a failure.
 */
bool rotation_load(struct rotation *r, const struct workspace *ws, struct err *err) MUST_USE;
void rotation_release(struct rotation *r);

/* N+1 as a copy of N that expires at `expires`; not written. ERR_IO_EXISTS: one is pending. */
bool rotation_begin(struct rotation *r, int64_t expires, struct err *err) MUST_USE;

/* ERR_IO_ABSENT, with what to type, unless a set is pending. */
bool rotation_check_pending(const struct rotation *r, struct err *err) MUST_USE;

/*
 * Writes the pending set after a change. Signatures over what it was are removed first. A set that
 * had all its signatures and was published is never changed: ERR_TRUST_DIFFERENT. ERR_TRUST_FORM
 * when it breaks a rule, ERR_TRUST_STEP when it could not follow the current set. Needs the lock.
 */
bool rotation_save(struct rotation *r, struct err *err) MUST_USE;

/* Removes the pending set and its signatures, whatever is in them, unless it was published. Needs
 * the lock, and of `r` only ws and current. */
bool rotation_discard(struct rotation *r, struct err *err) MUST_USE;

/* Who made a signature of the pending set. */
struct rotation_vote {
    const struct trust_signer *signer;
    bool of_current, of_next; /* for which set's root role it counts */
    int64_t signing_time;
};

/* Verifies the pending set's signatures, each by another root signer of N or N+1: ERR_SIGNATURE_*.
 * Fills signature_count votes. */
bool rotation_votes(const struct rotation *r, struct rotation_vote votes[LIMIT_TRUST_SIGNATURES],
                    struct err *err) MUST_USE;

/*
 * Signs the pending set and keeps the signature. ERR_CONFIG_KEY: the key is no root signer of N or
 * N+1. ERR_SIGNATURE_REPEATED: it has signed. Needs the lock.
 */
bool rotation_sign(struct rotation *r, struct signkey *key, int64_t now, struct err *err) MUST_USE;

/*
 * If the pending set follows the current one by trust_step: keeps it with its signatures in
 * keys/trust/, for bundles to carry, then makes it keys/trust.xml, then removes what was pending;
 * cut off anywhere, the next call ends it. *done is false, which is no failure, while signatures
 * are missing; `missing` then says what trust_step said. ERR_TRUST_DIFFERENT when another set of
 * that number was published. Needs the lock. Afterwards `current` is the new set, `next` NULL.
 */
bool rotation_publish(struct rotation *r, bool *done, struct err *missing,
                      struct err *err) MUST_USE;

/* Inside of rotation*.c: removes the files of the pending set, the document last. */
bool rotation_clear_files(const struct rotation *r, struct err *err) MUST_USE;
/* Inside of rotation*.c: ERR_TRUST_DIFFERENT when keys/trust/ has a set of that number with other
 * bytes; NULL: with any. */
bool rotation_check_published(const struct rotation *r, uint64_t version, const struct buf *bytes,
                              struct err *err) MUST_USE;

#endif
