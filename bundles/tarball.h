/* SPDX-License-Identifier: MIT */
/*
 * Reads the bundle's tar in one pass: raw blocks are checked by tarhead before libarchive sees
 * them, and libarchive's view must agree. Knows nothing of what members mean.
 */
#ifndef BUNDLES_TARBALL_H
#define BUNDLES_TARBALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "bundles/tarhead.h"

/* Where the bytes come from; `read` as fsio_read. */
struct tarball_source {
    bool (*read)(void *ctx, void *bytes, size_t len, size_t *got, struct err *err);
    void *ctx;
};

struct tarball_member {
    char name[TARHEAD_NAME_MAX];
    uint64_t size;
};

struct tarball;
struct tarball *tarball_open(struct tarball_source source, struct err *err) MUST_USE;
void tarball_free(struct tarball *tarball);

/* The next header. *more = false at the end marker, after which only tarball_finish may follow.
 * What is left of the member before is read and its padding checked. ERR_CONTAINER_*; ERR_IO* from
 * the source. */
bool tarball_next(struct tarball *tarball, struct tarball_member *member, bool *more,
                  struct err *err) MUST_USE;

/* Content of the current member, up to `len` bytes; *got = 0 at its end. */
bool tarball_read(struct tarball *tarball, void *bytes, size_t len, size_t *got,
                  struct err *err) MUST_USE;

/* The tail: zero bytes up to the least multiple of 10,240, then the end of the source.
 * ERR_CONTAINER_TAIL. */
bool tarball_finish(struct tarball *tarball, struct err *err) MUST_USE;

/* Which encoding the headers had (of the first). */
enum tarhead_encoding tarball_encoding(const struct tarball *tarball);

#endif
