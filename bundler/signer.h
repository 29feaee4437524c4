/* SPDX-License-Identifier: MIT */
/*
 * Which of a trust set's signers a key makes of the person who holds it.
 */
#ifndef BUNDLER_SIGNER_H
#define BUNDLER_SIGNER_H

#include <stdbool.h>

#include "base/err.h"
#include "bundler/workspace.h"
#include "keys/signkey.h"
#include "keys/trust.h"

/*
 * Where a key lies: keys/NAME.key in the workspace; with `key` the file of that path, or NAME.key
 * in it if it is a folder. A "pkcs11:" URI stays as it is. `name` may be NULL if `key` names a
 * file. ERR_USAGE: no name of a key, or neither was given. The caller frees.
 */
char *signer_path(const struct workspace *ws, const char *name, const char *key,
                  struct err *err) MUST_USE;

/* The signer of the role whose public key is that of `key`: *signer, NULL if there is none; into
 * the set. Names play no part. */
bool signer_find(const struct trust *trust, enum trust_role role, const struct signkey *key,
                 const struct trust_signer **signer, struct err *err) MUST_USE;

#endif
