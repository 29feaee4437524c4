/* SPDX-License-Identifier: MIT */
/*
 * All that a verified manifest says, as JSON.
 */
#ifndef BUNDLER_MANIFEST_JSON_H
#define BUNDLER_MANIFEST_JSON_H

#include "base/err.h"
#include "base/jout.h"
#include "bundles/manifest.h"

/*
 * Members domain, channel, epoch, trust_version, sequence, created, not_before, expires,
 * next_expected, minimum (where set), all_sites, sites, pins, retired, trust, payload, extensions.
 * ERR_MEMORY.
 */
bool manifest_json(const struct manifest *m, struct jout *to, struct err *err) MUST_USE;

#endif
