/* SPDX-License-Identifier: MIT */
/*
 * Inside of build.c: what the ledger puts into a manifest.
 */
#ifndef BUNDLER_BUILD_PINS_H
#define BUNDLER_BUILD_PINS_H

#include "base/err.h"
#include "bundler/workspace.h"
#include "bundles/manifest.h"

/* Adds every approved pin with its evidence and every retired one. ERR_UNFIT when nothing is
 * approved, ERR_CONTAINER_LIMIT for more than format 1 allows, errors of ledger_load. */
bool build_pins(const struct workspace *ws, struct manifest *m, struct err *err) MUST_USE;

#endif
