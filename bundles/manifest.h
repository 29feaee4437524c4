/* SPDX-License-Identifier: MIT */
/*
 * The manifest of a bundle (docs/format.md 2.2).
 */
#ifndef BUNDLES_MANIFEST_H
#define BUNDLES_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/text.h"
#include "keys/extension.h"
#include "keys/pin.h"

#define MANIFEST_NS "urn:pinferry:manifest:1"
#define MANIFEST_NAME_MAX 72 /* "payload/" and an id, and a NUL */

/* Evidence kinds in the order of their names (docs/format.md 2.2). */
enum manifest_evidence_kind {
    MANIFEST_ANSWER,
    MANIFEST_BUNDLE,
    MANIFEST_CERTIFICATE,
    MANIFEST_DISCOVERY,
    MANIFEST_HEX,
    MANIFEST_TLS,
    MANIFEST_TRUST_SERVICE,
    MANIFEST_WEB_CONFIG,
    MANIFEST_EVIDENCE_KINDS
};

/* "discovery"; and back (false if unknown). */
const char *manifest_evidence_name(enum manifest_evidence_kind kind);
bool manifest_evidence_kind(enum manifest_evidence_kind *out, const char *name) MUST_USE;

struct manifest_evidence {
    enum manifest_evidence_kind kind;
    int64_t first;
    uint8_t sha256[32];
};

struct manifest_pin {
    struct pin pin;
    int64_t approved;
    bool by_policy;
    bool has_validity;
    int64_t valid_from, valid_to;
    struct manifest_evidence evidence[LIMIT_EVIDENCE];
    size_t evidence_count;
};

struct manifest_retired {
    uint8_t sha256[32];
    char reason[TEXT_FREE_MAX + 1];
};

struct manifest_member {
    char name[MANIFEST_NAME_MAX]; /* whole member name in the tar: "payload/notes",
                                     "trust/000002.xml" */
    bool notes;                   /* payload only */
    uint64_t size;
    uint8_t sha256[32];
};

struct manifest {
    uint8_t domain[16];
    char channel[TEXT_ID_MAX + 1];
    uint64_t epoch, trust_version, sequence;
    int64_t created, not_before, expires, next_expected;
    uint64_t minimum; /* 0: not set */
    bool all_sites;
    char (*sites)[TEXT_ID_MAX + 1]; /* arrays are owned by the manifest */
    size_t site_count;
    struct manifest_pin *pins;
    size_t pin_count;
    struct manifest_retired *retired;
    size_t retired_count;
    struct manifest_member *trust;
    size_t trust_count;
    struct manifest_member *payload;
    size_t payload_count;
    struct extension_list extensions;
};

struct manifest *manifest_new(struct err *err) MUST_USE;
void manifest_free(struct manifest *manifest);

/* Append one zeroed element to an array and return it; NULL with ERR_CONTAINER_LIMIT/ERR_MEMORY
 * beyond the format's limit. Order and uniqueness are made by manifest_write. */
struct manifest_pin *manifest_add_pin(struct manifest *m, struct err *err) MUST_USE;
struct manifest_retired *manifest_add_retired(struct manifest *m, struct err *err) MUST_USE;
struct manifest_member *manifest_add_trust(struct manifest *m, struct err *err) MUST_USE;
struct manifest_member *manifest_add_payload(struct manifest *m, struct err *err) MUST_USE;
bool manifest_add_site(struct manifest *m, const char *id, struct err *err) MUST_USE;

/* Sorts what is sorted, checks every rule (ERR_MANIFEST_FORM) and writes the canonical document. */
bool manifest_write(struct manifest *m, struct buf *out, struct err *err) MUST_USE;

/* Reads strictly: ERR_MANIFEST_FORM, ERR_DOCUMENT_FORM, ERR_DOCUMENT_CANONICAL, ERR_PIN_*,
 * ERR_NEWER*. Only the bundle opener and the builder's own check may call it. */
struct manifest *manifest_parse(const void *bytes, size_t len, struct err *err) MUST_USE;

/* Whether the manifest is for this site. */
bool manifest_for_site(const struct manifest *m, const char *site);

#endif
