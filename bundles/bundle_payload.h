/* SPDX-License-Identifier: MIT */
/*
 * Inside of bundle.c: the payload, streamed through its digests (check 13 of docs/format.md 6).
 */
#ifndef BUNDLES_BUNDLE_PAYLOAD_H
#define BUNDLES_BUNDLE_PAYLOAD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "bundles/bundle.h"
#include "bundles/bundle_parts.h"

/*
 * Reads the members behind the head, which must be those of the manifest in its order, and the
 * tar's end. `taker` may be NULL. The text of type notes goes to `notes`, which stays empty
 * without. ERR_PAYLOAD_*, ERR_CONTAINER_*, ERR_IO*, or what the taker fails with.
 */
bool bundle_payload_read(struct bundle_parts *parts, const struct manifest *manifest,
                         const struct bundle_taker *taker, struct buf *notes,
                         struct err *err) MUST_USE;

#endif
