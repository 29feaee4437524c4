/* SPDX-License-Identifier: MIT */
/*
 * What the root signers say to this site in a statement (docs/format.md 2.3), done to its state.
 */
#ifndef APPLIER_RECOVER_STATEMENT_H
#define APPLIER_RECOVER_STATEMENT_H

#include <stdbool.h>

#include "applier/state.h"
#include "base/err.h"
#include "bundles/statement.h"

/*
 * Verifies the statement in the folder `dir` under the state's trust set, does what it says, and
 * replaces the nonce, in one save. ERR_SCOPE_SITE; ERR_REPLAY_STATEMENT when it names another nonce
 * than the site's, as one that was used before does; the errors of statement_open. A receipt is
 * written. The caller frees; NULL on failure, and then the state is as before.
 */
struct statement *recover_statement(struct state *state, const char *dir, const char *operator,
                                    struct err * err) MUST_USE;

#endif
