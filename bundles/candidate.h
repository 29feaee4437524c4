/* SPDX-License-Identifier: MIT */
/*
 * Which file a person means who names a folder or a drive instead of a bundle.
 */
#ifndef BUNDLES_CANDIDATE_H
#define BUNDLES_CANDIDATE_H

#include "base/err.h"

#define CANDIDATE_MAX 64 /* bundles in one folder that are named in a message */

/*
 * A path that is no folder: a copy of it. A folder: its one file that is called *.tar and does not
 * begin with a dot (macOS leaves "._*" behind). ERR_IO_CANDIDATES when there is none or more than
 * one, with their names; ERR_IO_ABSENT and others from looking. The caller frees.
 */
char *candidate_find(const char *path, struct err *err) MUST_USE;

#endif
