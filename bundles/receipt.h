/* SPDX-License-Identifier: MIT */
/*
 * The receipt: what a site says it did (docs/format.md 2.5). Signed by the site's key.
 */
#ifndef BUNDLES_RECEIPT_H
#define BUNDLES_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/text.h"
#include "keys/extension.h"
#include "keys/sigfile.h"

#define RECEIPT_NS "urn:pinferry:receipt:1"

enum receipt_action {
    RECEIPT_APPLY,
    RECEIPT_ROLLBACK,
    RECEIPT_RECOVER,
    RECEIPT_ENROL,
    RECEIPT_REFUSE,
    RECEIPT_ACTIONS
};
enum receipt_outcome {
    RECEIPT_CHANGED,
    RECEIPT_UNCHANGED,
    RECEIPT_ROLLED_BACK,
    RECEIPT_REFUSED,
    RECEIPT_OUTCOMES
};

/* "apply", "rolled-back": static storage. */
const char *receipt_action_name(enum receipt_action action);
const char *receipt_outcome_name(enum receipt_outcome outcome);

struct receipt_target {
    uint64_t index; /* from 1, ascending */
    uint8_t before[32], after[32];
    uint64_t count;       /* distinct values after */
    uint8_t (*added)[32]; /* owned, as `removed`; sorted, each once */
    size_t added_count;
    uint8_t (*removed)[32];
    size_t removed_count;
};

struct receipt {
    uint8_t domain[16];
    char channel[TEXT_ID_MAX + 1];
    char site[TEXT_ID_MAX + 1];
    uint8_t chain[16];
    uint64_t counter;
    uint8_t previous[32]; /* valid unless counter is 1 */
    int64_t created;
    bool has_floor;
    int64_t floor;
    char applier[TEXT_FREE_MAX + 1]; /* program and version */
    enum receipt_action action;
    enum receipt_outcome outcome;
    char reason[TEXT_ID_MAX + 1]; /* an id, of docs/reasons.md; "" unless refused or rolled back */
    char operator[TEXT_FREE_MAX + 1]; /* "" if unknown, as the next */
    char note[TEXT_FREE_MAX + 1];
    uint64_t omitted;
    bool has_bundle;
    uint64_t epoch, sequence, trust_version;
    uint8_t manifest[32];
    bool has_medium;
    char medium_label[TEXT_FREE_MAX + 1], medium_serial[TEXT_FREE_MAX + 1];
    struct receipt_target *targets;
    size_t target_count;
    struct extension_list extensions;
};

/* A zeroed one; the caller frees. NULL without memory. */
struct receipt *receipt_new(struct err *err) MUST_USE;
void receipt_free(struct receipt *receipt); /* NULL is legal */

/* Appends one zeroed target; NULL beyond LIMIT_TARGETS or without memory. */
struct receipt_target *receipt_add_target(struct receipt *receipt, struct err *err) MUST_USE;

/* Checks every rule (ERR_DOCUMENT_FORM) and writes the canonical document, up to
 * LIMIT_RECEIPT_BYTES. */
bool receipt_write(const struct receipt *receipt, struct buf *out, struct err *err) MUST_USE;

/* Reads strictly: ERR_DOCUMENT_FORM, ERR_DOCUMENT_CANONICAL, ERR_NEWER*. Only for bytes whose
 * signature holds, except where one that nobody verified can do no more than have something refused
 * (bundler/receipts.h). */
struct receipt *receipt_parse(const void *bytes, size_t len, struct err *err) MUST_USE;

/*
 * Reads a receipt once its signature holds: the only signer is the site's key, and the time of
 * signing is the receipt's own. ERR_SIGNATURE_*, then as receipt_parse. The caller frees.
 */
struct receipt *receipt_open(const struct buf *document, const struct buf *signature,
                             const struct sigfile_candidate *site, struct err *err) MUST_USE;

/* Where a chain of receipts has come to. All zero but `chain` before its first. */
struct receipt_link {
    uint8_t chain[16];
    uint64_t counter;
    uint8_t sha256[32]; /* of the document of that counter */
};

/* Moves the link on by one receipt and its document. ERR_RECEIPT_CHAIN when it does not follow. */
bool receipt_follow(struct receipt_link *link, const struct receipt *receipt,
                    const struct buf *document, struct err *err) MUST_USE;

#endif
