/* SPDX-License-Identifier: MIT */
/*
 * What the parts of fsio_target_*_win32.c share; nobody else includes it.
 */
#ifndef BASE_FSIO_TARGET_WIN32_H
#define BASE_FSIO_TARGET_WIN32_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fsio.h"
#include "base/fsio_edge_win32.h"

/* All as it was when the file was opened. */
struct fsio_target {
    char *path;
    wchar_t *wide;
    void *dir, *file; /* handles */
    struct fsio_edge_id id;
    wchar_t *security; /* owner, group and access list, as text; LocalFree */
};

/* Owner, group and access list of an open file as text, for comparing; LocalFree. NULL: ERR_IO. */
wchar_t *fsio_target_security(void *handle, const char *path, struct err *err) MUST_USE;

/*
 * Gives the new file, open as `handle` under the name `staged`, the target's owner, group, access
 * list with its flags, attributes and streams; reads all back. ERR_TARGET_ACCESS.
 */
bool fsio_target_copy_metadata(const struct fsio_target *target, void *handle,
                               const wchar_t *staged, struct err *err) MUST_USE;

#endif
