/* SPDX-License-Identifier: MIT */
/*
 * Inside of `applier status`: what its parts add to.
 */
#ifndef APPLIER_STATUS_H
#define APPLIER_STATUS_H

#include <stdbool.h>

#include "applier/site.h"
#include "base/cmd.h"
#include "base/err.h"
#include "base/jout.h"
#include "bundles/bundle.h"

#define STATUS_PENDING 3 /* a target lacks pins of the last bundle, or holds retired ones */

struct status {
    struct cmd_call *call;
    struct jout *problems, *targets;
    int rank;            /* of the worst problem so far; smaller is worse */
    struct bundle *last; /* NULL: none, or it cannot be opened */
    bool last_is_held;   /* `apply` without a bundle would refuse it */
};

/* Nothing wrong yet. */
void status_init(struct status *s, struct cmd_call *call);

/* Shows a problem; the exit code is that of the first in the order of docs/reasons.md. */
void status_note(struct status *s, const char *reason, int exit_code, const char *text);
void status_note_err(struct status *s, const struct err *err);

/* What the site's targets hold. `site` NULL: it could not be loaded, for the reason in *missing. */
void status_targets(struct status *s, const struct site *site, const struct err *missing);

#endif
