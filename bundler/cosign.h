/* SPDX-License-Identifier: MIT */
/*
 * Adds a signature to a bundle that waits for more of them.
 */
#ifndef BUNDLER_COSIGN_H
#define BUNDLER_COSIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "bundles/bundle.h"
#include "keys/signkey.h"
#include "keys/trust.h"

/* What was made. */
struct cosign_result {
    struct bundle *bundle;             /* as it was read back */
    const struct trust_signer *signer; /* in the set that was given */
    unsigned missing;                  /* signatures that are asked for beyond those there */
};
void cosign_result_release(struct cosign_result *result);

/*
 * Verifies the bundle in the file `path` in all but the number of its signatures, signs its
 * manifest as the bundle signer of `trust` that the key is, and writes the file anew: the same
 * members, payload streamed, the signature behind the others. What was written is read back and
 * verified, as on a site at `now` or when it begins, and replaces the file in one step.
 *
 * ERR_CONFIG_KEY: the key is no bundle signer. ERR_SIGNATURE_REPEATED: it has signed.
 * ERR_TRUST_GAP: the bundle was made under another trust set than the current one.
 * ERR_CONTAINER_LIMIT: it has as many signatures as fit. ERR_CHANGED: the file changed meanwhile.
 * Otherwise the refusal that a site would give.
 */
bool cosign_bundle(const struct trust *trust, const char *path, struct signkey *key, int64_t now,
                   struct progress *progress, struct cosign_result *result,
                   struct err *err) MUST_USE;

#endif
