/* SPDX-License-Identifier: MIT */
/*
 * The statement: what the root signers tell one site when its state or a date stands in the way
 * (docs/format.md 2.3). It never waives a signature, threshold, domain, site, minimum or proof.
 */
#ifndef BUNDLES_STATEMENT_H
#define BUNDLES_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/text.h"
#include "keys/extension.h"
#include "keys/trust.h"

#define STATEMENT_NS "urn:pinferry:statement:1"
#define STATEMENT_XML "statement.xml"
#define STATEMENT_SIGNATURE "statement-%u.p7s" /* from 1, without gap */

enum statement_kind { STATEMENT_EXPIRED, STATEMENT_RESET_TIME, STATEMENT_RESET_STATE };

/* "expired", "reset-time", "reset-state": static storage. */
const char *statement_kind_name(enum statement_kind kind);

struct statement {
    uint8_t domain[16];
    char channel[TEXT_ID_MAX + 1];
    char site[TEXT_ID_MAX + 1];
    uint8_t nonce[16];
    int64_t created;
    char reason[TEXT_FREE_MAX + 1];
    enum statement_kind kind;
    uint8_t manifest[32];     /* STATEMENT_EXPIRED: whose `expires` is waived */
    uint64_t epoch, sequence; /* STATEMENT_RESET_STATE: a bundle must have a greater pair */
    int64_t floor;            /* STATEMENT_RESET_TIME and _STATE */
    struct extension_list extensions;
};

/* A zeroed one; the caller frees. NULL without memory. */
struct statement *statement_new(struct err *err) MUST_USE;
void statement_free(struct statement *statement); /* NULL is legal */

/* Checks every rule (ERR_DOCUMENT_FORM) and writes the canonical document. */
bool statement_write(const struct statement *statement, struct buf *out, struct err *err) MUST_USE;

/* Reads strictly: ERR_DOCUMENT_FORM, ERR_DOCUMENT_CANONICAL, ERR_NEWER*. Only for bytes whose
 * signatures hold, except in the workspace that makes the statement. */
struct statement *statement_parse(const void *bytes, size_t len, struct err *err) MUST_USE;

/* The files of a statement's folder. */
struct statement_files {
    struct buf document;
    struct buf signatures[LIMIT_TRUST_SIGNATURES];
    size_t count;
};

/* Reads them, signatures in their order up to the first number that is not there; nothing is
 * looked at. ERR_IO*, ERR_SIGNATURE_FORM for too many. The caller releases, also after a failure.
 */
bool statement_files_read(struct statement_files *files, const char *dir, struct err *err) MUST_USE;
void statement_files_release(struct statement_files *files);

/* trust_verify by root signers: `count` votes are filled also when only the threshold failed. */
bool statement_files_verify(const struct statement_files *files, const struct trust *trust,
                            struct trust_vote votes[LIMIT_TRUST_SIGNATURES],
                            struct err *err) MUST_USE;

/* ERR_SCOPE_DOMAIN or ERR_SCOPE_CHANNEL when it is not of the set's. */
bool statement_check_scope(const struct statement *statement, const struct trust *trust,
                           struct err *err) MUST_USE;

/*
 * Reads the folder of a statement and verifies it under the root threshold of `trust` before the
 * document is parsed. ERR_IO*, ERR_SIGNATURE_*, ERR_THRESHOLD, those of statement_parse, and
 * ERR_SCOPE_DOMAIN or ERR_SCOPE_CHANNEL when it is not of the set's. The caller frees.
 */
struct statement *statement_open(const char *dir, const struct trust *trust,
                                 struct err *err) MUST_USE;

#endif
