/* SPDX-License-Identifier: MIT */
/*
 * Opens bundles as this site does: against its state, or under a trust set alone.
 */
#ifndef APPLIER_OPEN_H
#define APPLIER_OPEN_H

#include "applier/state.h"
#include "base/err.h"
#include "base/progress.h"
#include "bundles/bundle.h"
#include "keys/trust.h"

/*
 * Opens and verifies the bundle at `path` for this site, by the local clock. *advanced as
 * bundle_open gives it: whoever may write keeps it (state_advance_trust), also when the bundle is
 * refused; whoever only reads frees it. `taker` and `progress` may be NULL. The text of a refusal
 * starts with the path. NULL on failure; the caller frees.
 */
struct bundle *open_bundle(const struct state *state, const char *path,
                           const struct bundle_taker *taker, struct progress *progress,
                           struct trust **advanced, struct err *err) MUST_USE;

/* The same without a site: neither epoch, sequence and floor nor the list of sites are checked. */
struct bundle *open_under(const struct trust *trust, const char *path,
                          const struct bundle_taker *taker, struct progress *progress,
                          struct err *err) MUST_USE;

/*
 * The last accepted bundle from STATE/last.head, verified again under the current trust set; its
 * dates are reported (bundle_date_problem), not refused. ERR_UNFIT when none was accepted yet,
 * ERR_STATE_DAMAGED when the head is not the one that was kept, ERR_UNFINISHED when that is so
 * because a run is under way or was cut off; else what the opener refuses. A state that was opened
 * for reading is read anew when a writer has moved on meanwhile. NULL on failure; the caller frees.
 */
struct bundle *open_last(struct state *state, struct err *err) MUST_USE;

/*
 * The bundle that waits for a patch window (pending.h), verified again in full by today's clock and
 * the current trust set; *advanced as in open_bundle. ERR_STATE_DAMAGED when its head is not the
 * one that was kept. NULL on failure; the caller frees.
 */
struct bundle *open_pending(const struct state *state, struct trust **advanced,
                            struct err *err) MUST_USE;

/* What a state records of a bundle. */
struct state_accepted open_accepted(const struct bundle *bundle);

/* ERR_STATE_WAITING while the site waits for a statement: whatever bundle it is, it is not taken. A
 * trust chain in it is kept all the same, so this is asked once the bundle was opened. */
bool open_check_waiting(const struct state *state, struct err *err) MUST_USE;

/* ERR_HOLD when the bundle is the one that was rolled back here. */
bool open_check_hold(const struct state *state, const struct bundle *bundle,
                     struct err *err) MUST_USE;

/*
 * A trust set that a person vouches for: its bytes are compared with the fingerprint as it was
 * typed before anything in them is read. ERR_TRUST_FINGERPRINT, ERR_TRUST_FORM, ERR_NEWER*. NULL on
 * failure; the caller frees.
 */
struct trust *open_trust(const char *path, const char *fingerprint, struct err *err) MUST_USE;

#endif
