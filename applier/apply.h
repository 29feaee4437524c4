/* SPDX-License-Identifier: MIT */
/*
 * Applies a plan, and undoes a run: all or nothing over all targets, with what a site's check says.
 */
#ifndef APPLIER_APPLY_H
#define APPLIER_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "applier/plan.h"
#include "applier/run.h"
#include "applier/site.h"
#include "applier/state.h"
#include "base/buf.h"
#include "base/err.h"
#include "bundles/bundle.h"

/* Who does it and why, for the records. */
struct apply_who {
    const char *operator;
    const char *note;    /* NULL: none */
    const char *outside; /* why files may be changed outside the windows; NULL: they may not */
};

struct apply_result {
    bool written; /* false: nothing had to be done, and nothing at all was written */
    bool changed; /* a target was */
    uint64_t run; /* its number; 0 without one */
};

/*
 * Carries a plan of plan_bundle out, with the site's services stopped meanwhile if a file changes
 * (services.h). A bundle that was accepted before, whose targets need nothing,
 * leaves everything as it is, unless it was on hold. ERR_CHANGED and others before any target was
 * exchanged: no target is changed, the state stays raised. ERR_UNFINISHED: some were, recover_run
 * decides. ERR_SERVICE_STOP, ERR_CONFIG_SERVICE: nothing was written. ERR_SERVICE_START: all is
 * done, but a service does not run again. ERR_WINDOW: the windows closed meanwhile, nothing was
 * written.
 */
bool apply_bundle(struct state *state, const struct bundle *bundle, const struct site *site,
                  struct plan *plan, const struct apply_who *who, struct apply_result *result,
                  struct err *err) MUST_USE;

/* Carries a plan of plan_undo for `run` out in the same way (`site` NULL: it cannot be read, and no
 * service is stopped); the bundle of that run is on hold then. `reason` is ERR_CHECK_FAILED when
 * the site's check asked for it, ERR_NONE when a person did. */
bool apply_undo(struct state *state, const struct run *run, const struct site *site,
                struct plan *plan, const struct apply_who *who, enum err_code reason,
                struct apply_result *result, struct err *err) MUST_USE;

/*
 * Runs the site's check command if the last apply still waits for it. ERR_CHECK_FAILED: it failed
 * or took too long, and the run was undone. Without a command the run counts as checked.
 * ERR_SERVICE_START: a service that a run stopped does not run, so the check was not run yet.
 */
bool apply_check(struct state *state, const struct site *site, const struct apply_who *who,
                 struct err *err) MUST_USE;

#endif
