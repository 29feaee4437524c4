/* SPDX-License-Identifier: MIT */
/*
 * The number of the last bundle that this workspace made: bundles/sequence.xml.
 */
#ifndef BUNDLER_SEQUENCE_H
#define BUNDLER_SEQUENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bundler/workspace.h"

#define SEQUENCE_NS "urn:pinferry:sequence:1"
#define SEQUENCE_XML WORKSPACE_BUNDLES "/sequence.xml"

/*
 * Takes the next number: above the last one, above `known` (0: none; a bundle that is known to be
 * this workspace's) and at least `least`. It is flushed before this returns, so that it is never
 * taken again, whatever becomes of the bundle. Needs the workspace's lock.
 *
 * ERR_REPLAY_SEQUENCE when bundles/ holds a file whose name has a higher number, or a receipt in
 * receipts/ says that a site took one as high, of `epoch` or a later one: sequence.xml was lost or
 * is old; the text says what to do. ERR_STATE_DAMAGED, ERR_CONTAINER_LIMIT at the end of
 * the numbers, ERR_IO*.
 */
bool sequence_next(const struct workspace *ws, uint64_t epoch, uint64_t known, uint64_t least,
                   uint64_t *next, struct err *err) MUST_USE;

/* "cns-pins-000042.tar" for channel cns.awmdm.com: how bundles are called. */
#define SEQUENCE_NAME_SIZE (TEXT_ID_MAX + 32)
void sequence_name(const struct workspace *ws, uint64_t sequence,
                   char out[static SEQUENCE_NAME_SIZE]);

/* The highest number, at most `most`, in the name of a bundle in bundles/; 0 if there is none. */
bool sequence_highest(const struct workspace *ws, uint64_t most, uint64_t *highest,
                      struct err *err) MUST_USE;

#endif
