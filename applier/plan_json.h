/* SPDX-License-Identifier: MIT */
/*
 * A plan as members of the JSON object that --json prints.
 */
#ifndef APPLIER_PLAN_JSON_H
#define APPLIER_PLAN_JSON_H

#include "applier/plan.h"
#include "base/err.h"
#include "base/jout.h"
#include "bundles/bundle.h"

/*
 * Sets in object `into`: changes, minimum, plan_digest, bundle (not for an undo, `bundle` NULL) and
 * targets, each with its counts, `lines` (the elements that come and go, whole) and `pins` (every
 * item with its fate). Absent values are null. Of a web.config it holds pins and counts only.
 */
bool plan_json(const struct plan *plan, const struct bundle *bundle, struct jout *into,
               struct err *err) MUST_USE;

/* The members of its object `bundle` alone. */
bool plan_json_bundle(const struct bundle *bundle, struct jout *to, struct err *err) MUST_USE;

#endif
