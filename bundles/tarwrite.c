/* SPDX-License-Identifier: MIT */
/*
 * Writes the bundle's tar (encoding L) through a sink, streaming.
 */
#include "bundles/tarwrite.h"

#include <string.h>

#include "base/limits.h"
#include "bundles/tarhead.h"

static const uint8_t zeros[TARHEAD_BLOCK];

void tarwrite_init(struct tarwrite *w,
                   bool (*write)(void *ctx, const void *bytes, size_t len, struct err *err),
                   void *ctx)
{
    memset(w, 0, sizeof *w);
    w->write = write;
    w->ctx = ctx;
}

static bool put(struct tarwrite *w, const void *bytes, size_t len, struct err *err)
{
    if (!w->write(w->ctx, bytes, len, err)) {
        return false;
    }
    w->written += len;
    return true;
}

/* Zero bytes up to the next multiple of `unit`. */
static bool fill(struct tarwrite *w, uint64_t unit, struct err *err)
{
    while (w->written % unit != 0) {
        uint64_t missing = unit - w->written % unit;
        size_t len = missing < sizeof zeros ? (size_t)missing : sizeof zeros;

        if (!put(w, zeros, len, err)) {
            return false;
        }
    }
    return true;
}

bool tarwrite_member(struct tarwrite *w, const char *name, uint64_t size, struct err *err)
{
    uint8_t block[TARHEAD_BLOCK];
    size_t len = strlen(name);

    if (w->left != 0) {
        return err_set(err, ERR_INTERNAL, "'%s': the member before it lacks bytes", name);
    }
    if (len == 0 || len >= TARHEAD_NAME_MAX || size == 0 || size > LIMIT_MEMBER_BYTES) {
        return err_set(err, ERR_CONTAINER_LIMIT,
                       "'%s': a bundle's member has a name of 1 to 99 bytes and 1 to %llu bytes",
                       name, (unsigned long long)LIMIT_MEMBER_BYTES);
    }
    tarhead_make(block, name, size, TARHEAD_LIBARCHIVE);
    if (!put(w, block, sizeof block, err)) {
        return false;
    }
    w->left = size;
    return true;
}

bool tarwrite_bytes(struct tarwrite *w, const void *bytes, size_t len, struct err *err)
{
    if (len > w->left) {
        return err_set(err, ERR_INTERNAL, "a member gets more bytes than its header says");
    }
    if (!put(w, bytes, len, err)) {
        return false;
    }
    w->left -= len;
    return w->left > 0 || fill(w, TARHEAD_BLOCK, err);
}

bool tarwrite_end(struct tarwrite *w, struct err *err)
{
    if (w->left != 0) {
        return err_set(err, ERR_INTERNAL, "the last member lacks bytes");
    }
    return put(w, zeros, sizeof zeros, err) && put(w, zeros, sizeof zeros, err) &&
           fill(w, TARHEAD_RECORD, err);
}
