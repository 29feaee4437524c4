/* SPDX-License-Identifier: MIT */
/*
 * Puts a verified bundle on a medium, with what the person on the other side needs.
 */
#ifndef BUNDLER_EXPORT_H
#define BUNDLER_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "bundles/bundle.h"
#include "keys/trust.h"

#define EXPORT_FILES 5

/* Names on the medium, beside the bundle's own. */
#define EXPORT_SUMS "SHA256SUMS"
#define EXPORT_README "README.txt"
#define EXPORT_TRUST "trust.xml"
#define EXPORT_ENROL "ENROL.txt"

/* What to put where; borrowed for the call. */
struct export_request {
    const struct trust *trust; /* the current set, under which the bundle must hold */
    const char *bundle;        /* a file */
    const char *dir;           /* made if absent; its parent must exist */
    bool enrol;                /* with the trust set, for sites that are to be enrolled */
    int64_t local;             /* the local clock */
    struct progress *progress; /* may be NULL */
};

/* What lies in `dir` now: paths, the bundle's first. */
struct export_result {
    char *paths[EXPORT_FILES];
    bool made[EXPORT_FILES]; /* false: it was there already, with the same content */
    size_t count;
    struct bundle *bundle; /* as it was read back from `dir` */
};
void export_result_release(struct export_result *result);

/*
 * Verifies the bundle, copies it, and verifies the copy as it is read back, whose bytes must be
 * those of the original, before it gets its name; then SHA256SUMS and README.txt, with `enrol` also
 * trust.xml and ENROL.txt. The fingerprint of the trust set, which is also the SHA-256 of
 * trust.xml, stands in none of them: it must come another way. A bundle that begins later is
 * copied; one that no site would take any more is refused with ERR_TIME_*.
 *
 * A file that is there already is left alone if it has the same content, else ERR_IO_EXISTS before
 * anything is written. On any failure the files that this call made are removed again.
 */
bool export_bundle(const struct export_request *request, struct export_result *result,
                   struct err *err) MUST_USE;

#endif
