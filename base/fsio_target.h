/* SPDX-License-Identifier: MIT */
/*
 * What the parts of fsio_target_*.c share; nobody else includes it.
 */
#ifndef BASE_FSIO_TARGET_H
#define BASE_FSIO_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fsio.h"

/* `mode` with the kind bits of stat(2); all as they were when the file was opened. */
struct fsio_target {
    char *path;
    const char *name; /* within path */
    int dir;
    int fd;
    uint64_t dev, ino, size;
    unsigned mode, uid, gid;
};

/*
 * Adds all of `fd` from its start to `out`: `expected` bytes, no more, no less (ERR_CHANGED).
 * `path` is for the text.
 */
bool fsio_target_read_fd(int fd, const char *path, size_t expected, struct buf *out,
                         struct err *err) MUST_USE;

/* Gives the new file `fd` the target's owner, extended attributes, ACL and mode, and nothing of its
 * own; reads all back. ERR_TARGET_ACCESS. */
bool fsio_target_copy_metadata(const struct fsio_target *target, int fd, struct err *err) MUST_USE;

#endif
