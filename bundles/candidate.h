/* SPDX-License-Identifier: MIT */
/*
 * Which file a person means who names a folder or a drive instead of a bundle.
 */
#ifndef BUNDLES_CANDIDATE_H
#define BUNDLES_CANDIDATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/fsio.h"

#define CANDIDATE_MAX 64 /* bundles in one folder that are named or looked at */

/*
 * A path that is no folder: a copy of it. A folder: its one file that is called *.tar and does not
 * begin with a dot (macOS leaves "._*" behind). ERR_IO_CANDIDATES when there is none or more than
 * one, with their names; ERR_IO_ABSENT and others from looking. The caller frees.
 */
char *candidate_find(const char *path, struct err *err) MUST_USE;

/*
 * The names of all such files of a folder, sorted by their bytes; released by fsio_names_release.
 * ERR_IO_CANDIDATES when there are more than CANDIDATE_MAX; ERR_IO_ABSENT and others from looking.
 */
bool candidate_list(const char *dir, struct fsio_names *names, struct err *err) MUST_USE;

#endif
