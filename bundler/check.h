/* SPDX-License-Identifier: MIT */
/*
 * Opens bundles under the workspace's own trust set, as a site that enrolled it would.
 */
#ifndef BUNDLER_CHECK_H
#define BUNDLER_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fsio.h"
#include "base/progress.h"
#include "bundles/bundle.h"
#include "keys/trust.h"

/*
 * Opens and verifies the bundle in `path`; `file` instead of `path` if it is not NULL, `path` is
 * then for the text. Neither sites nor the sequence are compared with anything. `local` is the time
 * to check by; with `dates` false they are reported (bundle_date_problem), not refused. `progress`
 * may be NULL. NULL on failure; the caller frees.
 */
struct bundle *check_open(const struct trust *trust, const char *path, struct fsio_file *file,
                          bool dates, int64_t local, struct progress *progress,
                          struct err *err) MUST_USE;

/*
 * The same for a bundle that its own makers look at: one signature is enough, and that is the
 * threshold which bundle_trust shows. All that are there must hold, and everything else as well.
 */
struct bundle *check_draft(const struct trust *trust, const char *path, struct fsio_file *file,
                           bool dates, int64_t local, struct progress *progress,
                           struct err *err) MUST_USE;

#endif
