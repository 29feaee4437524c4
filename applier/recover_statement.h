/* SPDX-License-Identifier: MIT */
/*
 * What the root signers say to this site in a statement (docs/format.md 2.3), done to its state;
 * and how a site asks for one that is not sure of its state.
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
 * than the site's, as one that was used before does; ERR_STATE_WAITING when the site waits for a
 * reset-state and this is none; the errors of statement_open. A receipt is written. The caller
 * frees; NULL on failure, and then the state is as before, unless the text says that it is done.
 */
struct statement *recover_statement(struct state *state, const char *dir, const char *operator,
                                    struct err * err) MUST_USE;

#define RECOVER_NONCE_NOTE "new nonce: nothing is applied before a statement for it is taken"

/*
 * Enrols the site anew, for one whose state was restored or reverted: a fresh nonce, so that no
 * statement made before counts, a waiver taken back, and from now on no bundle is taken
 * (open_check_waiting) before a statement reset-state for this nonce. Trust set, last accepted
 * pair, floor and the chain of receipts stay: nothing is lowered. In one save with its receipt
 * (RECEIPT_ENROL). On failure the state is as before, unless the text says that it is done.
 */
bool recover_nonce(struct state *state, const char *operator, struct err * err) MUST_USE;

#endif
