/* SPDX-License-Identifier: MIT */
/*
 * Whether a new file that somebody asked for has a place to go to.
 */
#include "base/outfile.h"

#include <stdlib.h>

#include "base/fsio.h"

static bool check_folder(const char *path, const char *folder, struct err *err)
{
    enum fsio_kind kind;

    if (!fsio_kind(folder, &kind, err)) {
        return false;
    }
    if (kind == FSIO_ABSENT) {
        return err_set(err, ERR_IO_ABSENT, "%s: the folder '%s' is not there; make it first", path,
                       folder);
    }
    return kind != FSIO_FILE || err_set(err, ERR_IO_KIND, "%s: '%s' is no folder", path, folder);
}

bool outfile_check(const char *path, struct err *err)
{
    enum fsio_kind kind;
    char *folder;
    bool ok;

    if (!fsio_kind(path, &kind, err)) {
        return false;
    }
    if (kind != FSIO_ABSENT) {
        return err_set(err, ERR_IO_EXISTS,
                       "%s: is there already and is not overwritten; name a new file", path);
    }
    folder = fsio_parent(path, err);
    ok = folder != NULL && check_folder(path, folder, err);
    free(folder);
    return ok;
}
