/* SPDX-License-Identifier: MIT */
/*
 * Looks for the web.config of ENS: in the folders of IIS's sites, and where it is usually
 * installed. What is found is offered to a person, never taken.
 */
#ifndef APPLIER_FIND_H
#define APPLIER_FIND_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/target.h"
#include "base/err.h"
#include "base/fsio.h"

#define FIND_MAX 64 /* files that are offered */

/* A web.config that has a pinnedCertificates section, or names a file that has one. */
struct find_config {
    char *path;           /* absolute, without links; owned, as the next */
    char *from;           /* "IIS site 'NAME', application '/PATH'", or "usual folder" */
    size_t pins;          /* in its section */
    bool several;         /* it has several sections: --section will have to choose */
    struct target target; /* held open, so that it can be told from others */
};

struct find {
    struct find_config *configs;
    size_t count;
};

/* Where is looked; a system's own, or a test's. */
struct find_ground {
    const char *hosting; /* IIS's applicationHost.config; NULL: there is none */
    /* What %NAME% stands for in its paths; malloc'd, NULL on failure. */
    char *(*expand)(const char *path, struct err *err);
    struct fsio_names drives; /* their topmost folders */
};

/*
 * Each file once, those of IIS first. What cannot be read, is no target or has no section is passed
 * over; *skipped, if it is not NULL, says why applicationHost.config was. ERR_MEMORY.
 */
bool find_configs(struct find *out, const struct find_ground *ground, struct err *skipped,
                  struct err *err) MUST_USE;
void find_release(struct find *find);

/*
 * What a person typed to choose among `count`: numbers from 1, parted by spaces or commas, each
 * once. chosen[i] says whether number i + 1 is among them. ERR_USAGE for anything else, and for
 * nothing.
 */
bool find_chosen(const char *typed, size_t count, bool chosen[], struct err *err) MUST_USE;

#endif
