/* SPDX-License-Identifier: MIT */
/*
 * The page with a trust set's fingerprint, for paper: the channel that does not carry the bundle.
 */
#ifndef BUNDLER_SLIP_H
#define BUNDLER_SLIP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "keys/trust.h"

#define SLIP_BYTES ((size_t)16384) /* a page of A4 */

/* Adds the page, which needs nothing beside itself: fingerprint, what to type, where to sign. */
bool slip_page(struct buf *out, const struct trust *trust, struct err *err) MUST_USE;

/*
 * ERR_USAGE when `file` would lie in the folder `dir` or below it, links resolved: a fingerprint
 * that travels with its trust set proves nothing. ERR_IO_EXISTS when it is there, ERR_IO_ABSENT
 * when its folder is not. `dir` may be absent.
 */
bool slip_check(const char *file, const char *dir, struct err *err) MUST_USE;

/* Writes the page to a new file. */
bool slip_write(const char *file, const struct trust *trust, struct err *err) MUST_USE;

#endif
