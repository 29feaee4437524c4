/* SPDX-License-Identifier: MIT */
/*
 * A target as site.xml names it, and the file that holds its pins: the web.config itself, or the
 * file that a configSource in it names.
 */
#ifndef APPLIER_TARGET_H
#define APPLIER_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fsio.h"

struct target {
    char *path;               /* of the file that holds the pins */
    char *section;            /* selector in it; NULL: the only one */
    struct fsio_target *file; /* held open */
    struct buf bytes;         /* of it; secret */
    char *config;             /* of the web.config, if that is another file; else NULL */
    size_t config_line;       /* of the element with configSource */
    struct buf config_bytes;  /* secret */
};

void target_init(struct target *target);
void target_release(struct target *target);

/*
 * Opens the web.config at `path` and reads it, and so the file that holds its pins, which must lie
 * below the web.config's folder, through no link. A file of another section that cannot be read or
 * is malformed counts only if the pins are nowhere else. Rules of fsio_target_open and a size limit
 * of its own hold for each file. `section`: a selector as if the other file's content stood in the
 * web.config; NULL: the only section. Refuses as fsio_target_open does; ERR_TARGET_CONFIG_SOURCE
 * when the file is absent, leads elsewhere, or is not what .NET expects there;
 * ERR_TARGET_AMBIGUOUS. What webconfig_scan refuses in the file that holds the pins is left to it.
 * The text starts with the path.
 */
bool target_open(struct target *target, const char *path, const char *section,
                 struct err *err) MUST_USE;

/* Opens and reads exactly this file, whatever it names: one that a run has recorded. `config`: the
 * web.config then, NULL if it is this file; kept for records, not opened. */
bool target_open_file(struct target *target, const char *path, const char *section,
                      const char *config, struct err *err) MUST_USE;

/* ERR_CHANGED unless the web.config at `config` still has the bytes that led to the file: what is
 * written now would else be written where nobody reads it. */
bool target_check_config(const char *config, const struct buf *expected, struct err *err) MUST_USE;

#endif
