/* SPDX-License-Identifier: MIT */
/*
 * Whether a new file that somebody asked for has a place to go to.
 */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Before long work whose result goes to `path`: nothing stands there (ERR_IO_EXISTS), and the
 * folder does (ERR_IO_ABSENT, ERR_IO_KIND). Whether it may be written, writing shows.
 */
bool outfile_check(const char *path, struct err *err) MUST_USE;

#endif
