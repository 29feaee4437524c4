/* SPDX-License-Identifier: MIT */
/*
 * The parts of a plan's page that come from the bundle: why, where the keys come from, who signed.
 */
#ifndef APPLIER_PLAN_PAGE_WHY_H
#define APPLIER_PLAN_PAGE_WHY_H

#include "applier/plan.h"
#include "base/html.h"
#include "bundles/bundle.h"

/* The bundle's notes, and when, by whom and on what evidence each added key was approved. */
void plan_page_why(struct html *h, const struct plan *plan, const struct bundle *bundle);

/* The signers with their certificates' fingerprints, the threshold and the trust set. */
void plan_page_why_signers(struct html *h, const struct bundle *bundle);

#endif
