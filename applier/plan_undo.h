/* SPDX-License-Identifier: MIT */
/*
 * What a rollback would do: the plan that undoes one run of this site.
 */
#ifndef APPLIER_PLAN_UNDO_H
#define APPLIER_PLAN_UNDO_H

#include <stdbool.h>

#include "applier/plan.h"
#include "applier/run.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * Opens every target that the run changed; staging is where `site` says; for a file that is no
 * target any more, or with `site` NULL, where the run staged it, or in `state_dir` if that folder
 * is gone. A file that is as the
 * run left it gets exactly its old bytes, by the edits of the record. One that was edited since,
 * with the same pins, gets them by the splice. Both are proved. No minimum counts: what was good
 * before may be had again.
 *
 * ERR_ROLLBACK_PINS unless `force`: pins changed since, or (unless `retired_too`) a key that the
 * bundle retired would come back. ERR_TARGET_*, ERR_PROOF, ERR_IO*. The caller frees; NULL on
 * failure.
 */
struct plan *plan_undo(const struct run *run, const char *state_dir, const struct site *site,
                       bool force, bool retired_too, const struct buf *secret,
                       struct err *err) MUST_USE;

#endif
