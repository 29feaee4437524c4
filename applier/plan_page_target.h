/* SPDX-License-Identifier: MIT */
/*
 * The part of a plan's page that says what changes in one target.
 */
#ifndef APPLIER_PLAN_PAGE_TARGET_H
#define APPLIER_PLAN_PAGE_TARGET_H

#include "applier/plan.h"
#include "base/html.h"
#include "bundles/bundle.h"

/* The target's head, the elements that come and go in full, and every pin with its fate. */
void plan_page_target(struct html *h, const struct plan *plan, const struct plan_target *target,
                      const struct bundle *bundle);

#endif
