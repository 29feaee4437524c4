/* SPDX-License-Identifier: MIT */
/*
 * Makes and signs what the root signers tell one site (docs/format.md 2.3).
 */
#ifndef BUNDLER_STATEMENTS_H
#define BUNDLER_STATEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bundler/workspace.h"
#include "bundles/statement.h"
#include "keys/signkey.h"

/* The manifest's digest of a bundle that holds under `trust`, for STATEMENT_EXPIRED. Its dates do
 * not matter. ERR_SCOPE_SITE when it is not for `site`; errors of check_open. */
bool statements_waive(const struct trust *trust, const char *bundle, const char *site, int64_t now,
                      uint8_t manifest[static 32], struct err *err) MUST_USE;

/*
 * Writes statement.xml into the folder, which is made if absent. Domain, channel and `created` are
 * set here. ERR_USAGE or ERR_DOCUMENT_FORM for what a statement cannot say, ERR_IO_EXISTS when one
 * is there.
 */
bool statements_make(const struct workspace *ws, struct statement *statement, const char *dir,
                     int64_t now, struct err *err) MUST_USE;

/* What statements_sign did. */
struct statements_signed {
    const struct trust_signer *signer; /* in the set */
    unsigned number;                   /* of the new signature */
    unsigned missing;                  /* signatures that the threshold asks for beyond those */
};

/*
 * Signs the folder's statement as the root signer of `trust` that the key is. What is there
 * already must hold: form, domain and channel, each signature. ERR_CONFIG_KEY: the key is no root
 * signer. ERR_SIGNATURE_REPEATED: it has signed. The statement that was signed; the caller frees.
 */
struct statement *statements_sign(const struct trust *trust, const char *dir, struct signkey *key,
                                  int64_t now, struct statements_signed *done,
                                  struct err *err) MUST_USE;

#endif
