/* SPDX-License-Identifier: MIT */
/*
 * Writes the bundle's tar (encoding L) through a sink, streaming.
 */
#ifndef BUNDLES_TARWRITE_H
#define BUNDLES_TARWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tarwrite {
    bool (*write)(void *ctx, const void *bytes, size_t len, struct err *err);
    void *ctx;
    uint64_t written;
    uint64_t left; /* of the member being written */
};

void tarwrite_init(struct tarwrite *w,
                   bool (*write)(void *ctx, const void *bytes, size_t len, struct err *err),
                   void *ctx);
/* Header of a member of exactly `size` bytes; then its bytes in any portions; padding is added. */
bool tarwrite_member(struct tarwrite *w, const char *name, uint64_t size, struct err *err) MUST_USE;
bool tarwrite_bytes(struct tarwrite *w, const void *bytes, size_t len, struct err *err) MUST_USE;
/* Two zero blocks and the rest of the record. */
bool tarwrite_end(struct tarwrite *w, struct err *err) MUST_USE;

#endif
