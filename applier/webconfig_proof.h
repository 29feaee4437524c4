/* SPDX-License-Identifier: MIT */
/*
 * Proof that a new web.config differs from the old one in its pins and in nothing else. Shares no
 * function with webconfig_scan and webconfig_splice, so that one mistake cannot make both agree.
 *
 * Two pieces of evidence, each sufficient against a different kind of mistake:
 * - trees (webconfig_proof_tree.c): libxml2 parses both files; all nodes, names, namespaces,
 *   attributes, text, comments and processing instructions are equal in order, except plain items
 *   (a pinnedCertificate with nothing but a hex publicKeyString) and white space directly in the
 * section;
 * - bytes (webconfig_proof_bytes.c): up to the end of the section's start tag and from its end tag
 * on the files are identical (a self-closed tag may have been opened); inside, what stays is
 * identical byte for byte and in order, and white space differs only next to an item that came or
 * went.
 */
#ifndef APPLIER_WEBCONFIG_PROOF_H
#define APPLIER_WEBCONFIG_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "keys/pin.h"

/* What becomes of the section itself. */
enum webconfig_fate {
    WEBCONFIG_STAYS,
    WEBCONFIG_CREATED, /* only the new file has it, where a declaration says */
    WEBCONFIG_UNDONE   /* only the old file has it: a creation is taken back */
};

/* What is claimed of the new file. Lists are those of the bundle, not those of the splice. */
struct webconfig_claim {
    enum webconfig_fate fate;
    const char *section;     /* selector as for webconfig_scan, NULL for the only section */
    const struct pin *added; /* pins that the new file must hold; present before or not */
    size_t added_count;
    const uint8_t (*removed)[32]; /* SHA-256 of keys that it must not hold */
    size_t removed_count;
    bool returns;     /* of an undo: what comes may come in copies and oddly spelled, as it was */
    size_t minimum;   /* distinct allowed keys that it must hold at least; 0: any number */
    size_t max_bytes; /* of the new file: LIMIT_IIS_BYTES unless the site says otherwise */
};

/* What was found. Counts of distinct allowed keys, except `others`: items that are none. */
struct webconfig_report {
    size_t old_count, new_count;
    size_t added_count;    /* in new, not in old */
    size_t removed_count;  /* in old, not in new */
    size_t kept_count;     /* in both */
    size_t unlisted_count; /* in new, but not in `added`: kept, not in the bundle */
    size_t others;         /* items in the new section without an allowed key */
};

/*
 * True if the proof holds: both files are well-formed without DOCTYPE; they differ as said above;
 * keys of new = keys of old − removed + added (every hex value counts, allowed key or not); no
 * clear or remove, which would drop it, stands behind a pin of the new one; each key that comes
 * comes once, its hex without white space, unless it returns. Else ERR_PROOF;
 * ERR_TARGET_SIZE if the new file exceeds max_bytes; ERR_MINIMUM with too few keys. `report` (may
 * be NULL) is written on success and with ERR_MINIMUM. Messages hold no byte of either file.
 */
bool webconfig_prove(const struct buf *old_file, const struct buf *new_file,
                     const struct webconfig_claim *claim, struct webconfig_report *report,
                     struct err *err) MUST_USE;

#endif
