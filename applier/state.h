/* SPDX-License-Identifier: MIT */
/*
 * What a site remembers between runs: its trust set, the last accepted bundle, the time floor
 * (docs/format.md 6, docs/state.md). Everything lives in one folder that only root may enter.
 */
#ifndef APPLIER_STATE_H
#define APPLIER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fsio.h"
#include "base/text.h"
#include "keys/trust.h"

#define STATE_NS "urn:pinferry:state:1"
#define STATE_FOLDER_MODE 0700
#define STATE_FILE_MODE 0600

/* Names within the state folder. */
#define STATE_LAST_HEAD "last.head" /* trust and manifest members of the last accepted bundle */
#define STATE_NEXT_HEAD "next.head" /* the same of a bundle about to be accepted */
#define STATE_PENDING_HEAD                                                                         \
    "pending.head"                  /* the same of one that waits for a window (pending.h)         \
                                     */
#define STATE_JOURNAL "journal.xml" /* the run that is under way (run.h) */
#define STATE_RUNS "runs"           /* NNNNNN.xml: what each finished run did (run.h) */
#define STATE_BACKUPS "backups"     /* NNNNNN-INDEX.config: the bytes before a run */
#define STATE_RECEIPTS "receipts"   /* NNNNNN.xml and NNNNNN.p7s */
#define STATE_STAGING "staging"     /* default place of staged files */
#define STATE_LOG "applier.log"
#define STATE_SITE_KEY "site.key"
#define STATE_SITE_CERT "site.crt"

/* A bundle that was accepted. */
struct state_accepted {
    uint64_t epoch, sequence;
    uint8_t manifest[32]; /* SHA-256 of its bytes */
};

/* Whether it is one bundle. */
bool state_is_same(const struct state_accepted *a, const struct state_accepted *b);

/* Whether `a` is of a later epoch than `b`, or of the same and a higher sequence. */
bool state_is_newer(const struct state_accepted *a, const struct state_accepted *b);

struct state {
    char *dir;
    char site[TEXT_ID_MAX + 1];
    struct trust *trust; /* the current set; domain and channel are its */
    bool has_last;
    struct state_accepted last;
    uint8_t head_sha256[32]; /* of STATE_LAST_HEAD; valid with has_last */
    uint64_t least_epoch;    /* with `least`: the first bundle must reach this pair; 0: any */
    uint64_t least;
    bool has_floor;
    int64_t floor;
    uint8_t nonce[16]; /* for statements */
    bool waits; /* no bundle is taken before a statement says from where on (recover_nonce) */
    bool has_waived;
    uint8_t waived[32]; /* SHA-256 of the manifest whose `expires` a statement waived */
    bool held;          /* a bundle was rolled back and waits for `apply BUNDLE` by name */
    struct state_accepted hold;
    bool has_pending; /* a verified bundle waits for a patch window */
    struct state_accepted pending;
    uint8_t pending_sha256[32]; /* of STATE_PENDING_HEAD; valid with has_pending */
    uint64_t runs;              /* number of the last run; 0: none yet */
    uint64_t unchecked;         /* the run whose check (site.h) is still to pass; 0: none */
    uint8_t chain[16];          /* of receipts, random */
    uint64_t receipts;          /* counter of the last receipt; 0: none yet */
    uint8_t receipt_sha256[32];
    struct fsio_lock *lock; /* NULL when opened for reading */
};

/*
 * Makes `dir` with its folders, where site.xml is written before the state itself; state_create
 * does it too. ERR_STATE_PRESENT with a state, ERR_STATE_DAMAGED where one lost its state.xml,
 * ERR_STATE_ACCESS when others may enter or write the folder. What a cut-off `init` left is no
 * obstacle.
 */
bool state_prepare(const char *dir, struct err *err) MUST_USE;

/*
 * Makes a new state in `dir` (made with its folders if absent, parents must exist) under the given
 * set, with new secret, nonce, chain and site key (P-384; the certificate in DER). Errors are those
 * of state_prepare; ERR_USAGE when `site` is no id. On failure nothing that looks like a state is
 * left: state.xml is written last. `least`: the sequence that the first bundle must have at least,
 * in the set's epoch; 0: any.
 */
bool state_create(const char *dir, const char *site, const struct trust *trust, uint64_t least,
                  struct err *err) MUST_USE;

/*
 * Opens the state. `writing` takes the lock (ERR_LOCKED when another process holds it) and removes
 * what killed writers left under temporary names; reading takes none and writes nothing.
 * ERR_STATE_ABSENT, ERR_STATE_DAMAGED, ERR_STATE_ACCESS. The caller closes; NULL on failure.
 */
struct state *state_open(const char *dir, bool writing, struct err *err) MUST_USE;
void state_close(struct state *state); /* NULL is legal */

/* Replaces state.xml atomically by what the struct says. Needs the lock. */
bool state_save(const struct state *state, struct err *err) MUST_USE;

/*
 * Keeps a newer set that a valid chain led to: its file first, then state.xml, then the old file
 * goes. Takes a copy.
 */
bool state_advance_trust(struct state *state, const struct trust *advanced,
                         struct err *err) MUST_USE;

/* The site secret, 32 bytes, for HMACs over files of the site. `out` should be a secret buffer. */
bool state_secret(const struct state *state, struct buf *out, struct err *err) MUST_USE;

/* "DIR/name"; owned by the caller. */
char *state_path(const struct state *state, const char *name, struct err *err) MUST_USE;

/* Whether a journal lies there: an earlier run was cut off (recover.h). */
bool state_unfinished(const struct state *state, bool *unfinished, struct err *err) MUST_USE;

#endif
