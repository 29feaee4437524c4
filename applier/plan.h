/* SPDX-License-Identifier: MIT */
/*
 * What an apply would do: new bytes of every target, computed and proved, nothing written.
 *
 * plan_bundle and plan_undo (plan_undo.h) are the only callers of webconfig_splice: the first takes
 * a verified bundle, the second a run that this site recorded itself.
 */
#ifndef APPLIER_PLAN_H
#define APPLIER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applier/site.h"
#include "applier/target.h"
#include "applier/webconfig_proof.h"
#include "applier/webconfig_splice.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fsio.h"
#include "base/text.h"
#include "bundles/bundle.h"

#define PLAN_USUAL_MINIMUM 8 /* the vendor's article expects at least 8 pins */

enum plan_fate {
    PLAN_KEPT,     /* there, and named by the bundle */
    PLAN_UNLISTED, /* there, kept, not in the bundle */
    PLAN_ADDED,
    PLAN_REMOVED /* there, retired by the bundle (or put in by the run that is undone) */
};

/* One item of a target. */
struct plan_row {
    enum plan_fate fate;
    size_t line;    /* of the old file; for added ones of the new file */
    struct pin pin; /* without is_pin only bytes, len and sha256 are set, and not
                       even they (len 0) when the value is no hex */
    bool is_pin;    /* a key that format 1 allows */
    bool has_validity;
    int64_t valid_from, valid_to;
    char reason[TEXT_FREE_MAX + 1]; /* of a retired one; else "" */
};

/* The distinct hex values of a section as sorted SHA-256 values. */
struct plan_set {
    uint8_t (*sha256)[32];
    size_t count;
    uint8_t digest[32]; /* SHA-256 over their concatenation: `before` and `after` of receipts */
};

struct plan_target {
    size_t index;             /* from 1, as in site.xml */
    char *path;               /* of the file that holds the pins */
    char *section, *staging;  /* section NULL: the only one */
    char *config;             /* of the web.config whose configSource names it, or NULL */
    size_t config_line;       /* of that configSource; 0 when it was not read (an undo) */
    struct buf config_bytes;  /* of the web.config then */
    enum webconfig_fate fate; /* of the section itself */
    struct fsio_target *file; /* held open */
    struct buf old_bytes, new_bytes;
    struct webconfig_change change;
    struct webconfig_report report;
    struct plan_set before, after;
    struct plan_row *rows; /* in the order of the file, added ones last */
    size_t row_count;
    const char *encoding, *eol; /* static texts */
    bool odd_space;             /* a value holds white space: whether ENS accepts it is unknown */
    bool changes;               /* new_bytes differ from old_bytes */
};

struct plan {
    struct plan_target *targets;
    size_t count;
    bool changes;   /* any target's */
    size_t minimum; /* that was proved: the higher of site's and bundle's; 0: none set */
    size_t max_bytes;
    uint8_t digest[32]; /* HMAC under the site secret over the manifest's digest and every target's
                           old and new bytes, with those of a web.config that names another file;
                           all zero without a secret */
};

/*
 * Opens every target of the site, splices and proves; creates a missing section if the site's
 * create_section asks for it. `secret` may be NULL (a rehearsal on a copy
 * without state). Refuses with ERR_TARGET_*, ERR_IO*, ERR_PROOF, ERR_MINIMUM, ERR_UNLISTED, and
 * ERR_CONFIG_FORM when two targets are one file; the text starts with the target's path. The caller
 * frees; NULL on failure.
 */
struct plan *plan_bundle(const struct bundle *bundle, const struct site *site,
                         const struct buf *secret, struct err *err) MUST_USE;
void plan_free(struct plan *plan); /* NULL is legal */

/* Whether it changes a file that a configSource names: ASP.NET may then need to be told. */
bool plan_may_need_recycle(const struct plan *plan);

/* For plan_undo.c: an empty plan of `count` targets; the parts of one target as plan_bundle makes
 * them. */
struct plan *plan_new(size_t count, struct err *err) MUST_USE;
/* Opens the file that holds the pins of a target of the site, by target_open, and reads old_bytes;
 * texts are copied. */
bool plan_target_open(struct plan_target *target, size_t index, const struct site_target *from,
                      struct err *err) MUST_USE;
/* Takes over what was opened, which is empty then. `staging` is copied. */
bool plan_target_take(struct plan_target *target, size_t index, struct target *opened,
                      const char *staging, struct err *err) MUST_USE;
/* Once new_bytes and change are made: fills before, after, encoding, eol, odd_space, changes, and
 * the rows: PLAN_REMOVED what `change` removed, PLAN_ADDED what it added, else PLAN_KEPT; without
 * validity and reason, which the caller knows. */
bool plan_target_finish(struct plan_target *target, struct err *err) MUST_USE;
/* Fills plan->digest (if secret is not NULL) and plan->changes. `subject`: what the plan is made
 * for, the SHA-256 of a manifest or of a run. */
bool plan_finish(struct plan *plan, const uint8_t subject[static 32], const struct buf *secret,
                 struct err *err) MUST_USE;

#endif
