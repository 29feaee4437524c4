/* SPDX-License-Identifier: MIT */
/*
 * The bundle that was verified and waits for a patch window, since its medium may be gone by then.
 * Only its head is kept (trust and manifest members), and it is verified again when it is applied
 * (open_pending).
 */
#ifndef APPLIER_PENDING_H
#define APPLIER_PENDING_H

#include "applier/state.h"
#include "base/err.h"
#include "bundles/bundle.h"

/*
 * Keeps the bundle in place of the one that waits now; nothing is written if it is that one. A run
 * that is cut off here leaves none. Needs the state's lock.
 */
bool pending_keep(struct state *state, const struct bundle *bundle, struct err *err) MUST_USE;

/* Nothing waits any more. */
bool pending_drop(struct state *state, struct err *err) MUST_USE;

#endif
