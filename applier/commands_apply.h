/* SPDX-License-Identifier: MIT */
/*
 * What apply and inbox share: from the open state to changed files, and what is said of it.
 */
#ifndef APPLIER_COMMANDS_APPLY_H
#define APPLIER_COMMANDS_APPLY_H

#include "applier/apply.h"
#include "applier/commands.h"
#include "applier/plan.h"
#include "applier/site.h"
#include "applier/state.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "bundles/bundle.h"

/* Everything that one command that changes files holds open. */
struct commands_apply {
    struct cmd_call *call;
    struct state *state;
    struct site *site;
    struct buf secret; /* of the site */
    char operator[TEXT_FREE_MAX + 1];
    struct apply_who who;
};

/* Reads the options; what is typed wrong must not first recover a run or keep a trust set. Without
 * success there is nothing to end. */
bool commands_apply_init(struct commands_apply *a, struct cmd_call *call, struct err *err) MUST_USE;

/*
 * Opens the state for writing, enters the sandbox (`outside` is what may be read besides; NULL:
 * nothing), ends what was cut off before, and has the check say what it still has to say.
 */
bool commands_apply_begin(struct commands_apply *a, const char *outside, struct err *err) MUST_USE;

/* ERR_WINDOW outside the patch windows, unless a reason was given, which is told and logged. */
bool commands_apply_window(const struct commands_apply *a, struct err *err) MUST_USE;

/* Carries the plan out, has it checked, and says what was done. */
bool commands_apply_carry(const struct commands_apply *a, const struct bundle *bundle,
                          struct plan *plan, struct err *err) MUST_USE;

/* Starts services, logs a refusal (`done` false), and releases everything. Returns whether all of
 * it was done. */
bool commands_apply_end(struct commands_apply *a, bool done, struct err *err) MUST_USE;

#endif
