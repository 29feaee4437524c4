/* SPDX-License-Identifier: MIT */
/*
 * The ledger: every pin that a source ever showed, on what evidence, and what was decided about it.
 * It lies in keys/ledger/ledger.xml of the workspace, the evidence itself beside it.
 */
#ifndef BUNDLER_LEDGER_H
#define BUNDLER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "bundler/workspace.h"
#include "bundles/manifest.h"
#include "keys/pin.h"
#include "keys/pinfile.h"

#define LEDGER_NS "urn:pinferry:ledger:1"
#define LEDGER_XML WORKSPACE_LEDGER "/ledger.xml"
#define LEDGER_PINS_MAX 20000 /* twice what it is made for */
/* Of one pin: LIMIT_LEDGER_BYTES holds 10,000 pins of that many. */
#define LEDGER_SIGHTINGS_MAX 32

enum ledger_state { LEDGER_SEEN, LEDGER_APPROVED, LEDGER_RETIRED, LEDGER_EXCLUDED, LEDGER_STATES };

/* "seen"; and back (false if unknown). */
const char *ledger_state_name(enum ledger_state state);
bool ledger_state_named(enum ledger_state *out, const char *name) MUST_USE;

/* That a source showed a pin. */
struct ledger_sighting {
    enum manifest_evidence_kind kind;
    int64_t first, last;
    uint8_t sha256[32]; /* of the source's bytes */
    bool is_evidence;   /* of those that the approval rests on: they go into manifests */
};

struct ledger_pin {
    struct pin pin; /* without has_key only sha256 is set */
    bool has_key;   /* false: retired by its SHA-256, never seen */
    enum ledger_state state;
    int64_t first, last;                                    /* seen; 0 without a sighting */
    struct ledger_sighting sightings[LEDGER_SIGHTINGS_MAX]; /* by first time, kind, sha256 */
    size_t sighting_count;
    bool has_validity; /* of the certificate that showed it last */
    int64_t valid_from, valid_to;
    char subject[PINFILE_SUBJECT_SIZE]; /* fit to be shown; "" if unknown */
    bool has_approval;                  /* also of a retired pin that was approved before */
    int64_t approved;
    bool by_policy;
    char note[TEXT_FREE_MAX + 1]; /* "" if none */
    int64_t retired;              /* valid when retired, as is the reason */
    char reason[TEXT_FREE_MAX + 1];
};

struct ledger {
    struct ledger_pin **pins; /* sorted by SHA-256 */
    size_t count, room;
    bool has_file; /* and its digest, so that nothing is written when nothing changed */
    uint8_t file_sha256[32];
};

/* An empty one; the caller frees. NULL without memory. */
struct ledger *ledger_new(struct err *err) MUST_USE;
void ledger_free(struct ledger *ledger); /* NULL is legal */

/* The ledger of the workspace, empty if nothing was fetched yet. ERR_STATE_DAMAGED, ERR_IO*. NULL
 * on failure; the caller frees. */
struct ledger *ledger_load(const struct workspace *ws, struct err *err) MUST_USE;

/* Replaces the file atomically, if anything changed. Needs the workspace's lock. */
bool ledger_save(struct ledger *ledger, const struct workspace *ws, struct err *err) MUST_USE;

/* Keeps a source's bytes, once, as keys/ledger/evidence/<SHA-256>. Needs the workspace's lock. */
bool ledger_keep_evidence(const struct workspace *ws, const uint8_t sha256[static 32],
                          const struct buf *bytes, struct err *err) MUST_USE;

/* The pin, owned by the ledger; NULL if unknown. */
struct ledger_pin *ledger_find(const struct ledger *ledger, const uint8_t sha256[static 32]);

/* The pin, which is made without key, sighting and decision (LEDGER_SEEN) if it is unknown. NULL:
 * ERR_IO_LIMIT beyond LEDGER_PINS_MAX, ERR_MEMORY. */
struct ledger_pin *ledger_add(struct ledger *ledger, const uint8_t sha256[static 32],
                              struct err *err) MUST_USE;

/* What a source showed. */
struct ledger_observed {
    const struct pin *pin;
    enum manifest_evidence_kind kind;
    int64_t when;
    const uint8_t *sha256; /* 32 bytes, of the source's bytes */
    bool has_validity;
    int64_t valid_from, valid_to;
    const char *subject; /* NULL or "" if unknown */
};

/*
 * Records a sighting. An unknown pin becomes LEDGER_SEEN (*is_new); of a known one no state
 * changes, whatever it is. Of more than LEDGER_SIGHTINGS_MAX sightings the one that was repeated
 * longest ago goes, never evidence. `is_new` may be NULL.
 */
bool ledger_observe(struct ledger *ledger, const struct ledger_observed *observed, bool *is_new,
                    struct err *err) MUST_USE;

/*
 * Decisions. Each refuses what may not be (ERR_UNFIT a retired pin, ERR_USAGE a
 * malformed text), and leaves a pin alone that is in the
 * state already. A retired pin stays retired for good.
 *
 * Approving fixes the evidence: the earliest LIMIT_EVIDENCE sightings. `note` NULL or free text of
 * format 1. An excluded pin may be approved by name.
 */
bool ledger_approve(struct ledger_pin *pin, int64_t when, bool by_policy, const char *note,
                    struct err *err) MUST_USE;

/* Nothing else retires. `reason`: free text of format 1. ERR_CONTAINER_LIMIT when a manifest could
 * not name all that are retired. */
bool ledger_retire(const struct ledger *ledger, struct ledger_pin *pin, int64_t when,
                   const char *reason, struct err *err) MUST_USE;

/* Takes a pin out of later bundles and from 'approve --all', without having sites remove it. */
bool ledger_exclude(struct ledger_pin *pin, struct err *err) MUST_USE;

/* How many pins are in the state. */
size_t ledger_count(const struct ledger *ledger, enum ledger_state state);

#endif
