/* SPDX-License-Identifier: MIT */
/*
 * Inside of build.c: the trust sets that a bundle carries, from keys/trust/.
 */
#ifndef BUNDLER_BUILD_SETS_H
#define BUNDLER_BUILD_SETS_H

#include <stdint.h>

#include "base/err.h"
#include "bundler/workspace.h"
#include "bundles/bundle_write.h"

/*
 * Reads the sets 2 to `version`, at most the last LIMIT_TRUST_SETS, each from
 * keys/trust/NNNNNN.xml with its signatures NNNNNN-1.p7s and so on. Nothing is read for version 1,
 * which sites enrol and no bundle carries. ERR_TRUST_GAP when a file is missing, ERR_IO*. NULL on
 * failure.
 */
struct build_sets *build_sets_read(const struct workspace *ws, uint64_t version,
                                   struct err *err) MUST_USE;
void build_sets_free(struct build_sets *sets); /* NULL is legal */

/* bundle_write_list and bundle_write_head with these sets. */
bool build_sets_list(const struct build_sets *sets, struct manifest *m, struct err *err) MUST_USE;
bool build_sets_write(const struct build_sets *sets, struct tarwrite *w,
                      const struct bundle_write_signed *manifest, struct err *err) MUST_USE;

#endif
