/* SPDX-License-Identifier: MIT */
/*
 * The trust set: who may sign, in two roles with a threshold each (docs/format.md 2.1, 3).
 */
#ifndef KEYS_TRUST_H
#define KEYS_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/text.h"
#include "keys/extension.h"
#include "keys/sigfile.h"

#define TRUST_NS "urn:pinferry:trust:1"

enum trust_role { TRUST_ROOT, TRUST_BUNDLE };

struct trust_signer {
    char id[TEXT_ID_MAX + 1];
    int64_t until; /* bundle role only */
    uint8_t *cert; /* DER, owned by the set */
    size_t cert_len;
    struct sigfile_cert *read; /* of cert, owned by the set; NULL in a copy */
    uint8_t spki_sha256[32];
};

struct trust_keys {
    unsigned threshold;
    struct trust_signer signers[LIMIT_BUNDLE_SIGNERS]; /* sorted by id */
    size_t count;
};

struct trust {
    uint8_t domain[16];
    char channel[TEXT_ID_MAX + 1];
    uint64_t version, epoch, least_sequence;
    int64_t expires;
    bool single_key;
    struct trust_keys roles[2]; /* by enum trust_role */
    struct extension_list extensions;
    struct buf bytes;        /* the document, as read or as last written */
    uint8_t fingerprint[32]; /* SHA-256 of bytes */
};

/* An empty set for building one; the caller frees. NULL without memory. */
struct trust *trust_new(struct err *err) MUST_USE;
void trust_free(struct trust *trust);

/* The same set once more, field by field and without reading it again; the caller frees. NULL
 * without memory. */
struct trust *trust_copy(const struct trust *trust, struct err *err) MUST_USE;

/*
 * Adds a signer in its place. ERR_TRUST_FORM: id or key there already, certificate not allowed, too
 * many. `until` is ignored for TRUST_ROOT.
 */
bool trust_add(struct trust *trust, enum trust_role role, const char *id, int64_t until,
               const uint8_t *cert, size_t cert_len, struct err *err) MUST_USE;

/* Takes a signer out; `single_key` goes with the last key in both roles. ERR_TRUST_FORM: no such.
 */
bool trust_remove(struct trust *trust, enum trust_role role, const char *id,
                  struct err *err) MUST_USE;

/* "root" or "bundle": static storage. */
const char *trust_role_name(enum trust_role role);

/* Checks every rule and writes the canonical document into trust->bytes and the fingerprint. */
bool trust_write(struct trust *trust, struct err *err) MUST_USE;

/*
 * Reads a set: form, rules, canonical bytes. ERR_TRUST_FORM; ERR_NEWER for another namespace
 * version; ERR_NEWER_EXTENSION for a critical extension. Nobody may call it on bytes that are
 * neither enrolled by fingerprint nor signed by the step before, except trust_step, enrolment, and
 * the workspace that makes the set.
 */
struct trust *trust_parse(const void *bytes, size_t len, struct err *err) MUST_USE;

/* One signature file of a document; borrowed. */
struct trust_signature {
    const void *bytes;
    size_t len;
};

/*
 * The set that follows `from`: the root threshold of `from` is checked over the bytes before they
 * are parsed, then every rule of a step (docs/format.md 3). Since a signature by a root signer of
 * only the new set cannot be attributed before that set is read, the signatures that are by none of
 * `from`'s signers are kept until then and must then hold. NULL on failure: ERR_TRUST_SIGNATURE,
 * ERR_TRUST_THRESHOLD, ERR_TRUST_STEP, ERR_TRUST_FORM, ERR_NEWER*.
 */
struct trust *trust_step(const struct trust *from, const void *bytes, size_t len,
                         const struct trust_signature *signatures, size_t count,
                         struct err *err) MUST_USE;

/* One signer's vote over a document. */
struct trust_vote {
    size_t signer; /* index into the role's signers */
    int64_t signing_time;
};

/*
 * Verifies all signatures over a document by signers of the role: each must hold and be by another
 * signer (ERR_SIGNATURE_*, ERR_SIGNATURE_REPEATED), and they must reach the threshold
 * (ERR_THRESHOLD). Fills up to `count` votes in the order of the files.
 */
bool trust_verify(const struct trust *trust, enum trust_role role, enum sigfile_kind kind,
                  const void *document, size_t len, const struct trust_signature *signatures,
                  size_t count, struct trust_vote *votes, struct err *err) MUST_USE;

/* Compares with a fingerprint as a person types it: spaces, colons and case ignored.
 * ERR_TRUST_FINGERPRINT. */
bool trust_check_fingerprint(const struct trust *trust, const char *typed,
                             struct err *err) MUST_USE;

/* The signer with this id or NULL. */
const struct trust_signer *trust_find(const struct trust *trust, enum trust_role role,
                                      const char *id);

#endif
