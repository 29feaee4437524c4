/* SPDX-License-Identifier: MIT */
/*
 * The three things that a statement can do, and the wait for one; none of them touches a target.
 */
#include "applier/recover_statement.h"

#include <string.h>

#include "applier/record.h"
#include "base/policy.h"
#include "keys/crypto.h"

/* Only a reset-state says from where on a site that is not sure of its own state is to count. */
static bool ends_wait(const struct statement *s, const struct state *state, struct err *err)
{
    return !POLICY("state.waiting/statement", state->waits && s->kind != STATEMENT_RESET_STATE) ||
           err_set(err, ERR_STATE_WAITING,
                   "the site waits for a statement that says from which bundle on it may count "
                   "(reset-state), and this one says '%s'; have that one made first, with the "
                   "nonce that 'applier status' shows; this one is not used up by the refusal",
                   statement_kind_name(s->kind));
}

static bool check(const struct statement *s, const struct state *state, struct err *err)
{
    bool is_last = s->kind == STATEMENT_RESET_STATE && s->epoch == TEXT_NUMBER_MAX &&
                   s->sequence == TEXT_NUMBER_MAX;

    if (POLICY("document.form/reset-state", is_last)) {
        return err_set(err, ERR_DOCUMENT_FORM,
                       "the statement names the greatest epoch and sequence that there are: no "
                       "bundle could follow them");
    }
    if (POLICY("scope.site/statement", strcmp(s->site, state->site) != 0)) {
        return err_set(err, ERR_SCOPE_SITE, "the statement is for site %s, and this is %s", s->site,
                       state->site);
    }
    if (POLICY("replay.statement", !crypto_equal(s->nonce, state->nonce, sizeof s->nonce))) {
        return err_set(
            err, ERR_REPLAY_STATEMENT,
            "the statement names another nonce than this site's: it was used already, or "
            "made for an earlier one; have it made anew with the nonce that 'applier status' "
            "shows");
    }
    return ends_wait(s, state, err);
}

/* A pair greater than (epoch, sequence) is one that reaches the next. */
static void reset_state(struct state *state, const struct statement *s)
{
    bool last = s->sequence == TEXT_NUMBER_MAX;

    state->waits = false;
    state->has_last = false;
    state->least_epoch = last ? s->epoch + 1 : s->epoch;
    state->least = last ? 1 : s->sequence + 1;
}

static void change(struct state *state, const struct statement *s)
{
    if (s->kind == STATEMENT_EXPIRED) {
        state->has_waived = true;
        memcpy(state->waived, s->manifest, sizeof state->waived);
        return;
    }
    state->has_floor = true;
    state->floor = s->floor;
    if (s->kind == STATEMENT_RESET_STATE) {
        reset_state(state, s);
    }
}

/* A save that failed at the flush of the folder may have come far enough to count. */
static bool is_saved(const struct state *state, const struct state *before)
{
    struct err unused = {0};
    struct state *now = state_open(state->dir, false, &unused);
    bool saved = now != NULL && memcmp(now->nonce, state->nonce, sizeof now->nonce) == 0 &&
                 memcmp(now->nonce, before->nonce, sizeof now->nonce) != 0;

    state_close(now);
    return saved;
}

/* What was changed since `before`, a new nonce and the receipt stand or fall together: the
 * receipt's save is the only one. */
static bool save(struct state *state, const struct state *before, enum receipt_action action,
                 const char *operator, const char * note, struct err *err)
{
    struct receipt *receipt = NULL;
    bool done = crypto_random(state->nonce, sizeof state->nonce, err) &&
                (receipt = record_of_event(state, action, operator, note, err)) != NULL &&
                record_receipt(state, receipt, err);

    receipt_free(receipt);
    if (!done && is_saved(state, before)) {
        err_context(err, "done, and the site has a new nonce ('applier status' shows it), but a "
                         "power cut could still undo it");
    } else if (!done) {
        *state = *before;
    }
    return done;
}

struct statement *recover_statement(struct state *state, const char *dir, const char *operator,
                                    struct err * err)
{
    struct statement *s = statement_open(dir, state->trust, err);
    struct state before = *state;
    struct err unused = {0};

    if (s == NULL) {
        return NULL;
    }
    if (!check(s, state, err)) {
        statement_free(s);
        return NULL;
    }
    change(state, s);
    if (!save(state, &before, RECEIPT_RECOVER, operator, s->reason, err)) {
        statement_free(s);
        return NULL;
    }
    /* It is taken, whatever becomes of the log. */
    (void)!record_log(state, RECORD_INFO, &unused, "statement '%s' taken: %s",
                      statement_kind_name(s->kind), s->reason);
    return s;
}

/* What an older state was told may have been taken back since, by what this copy does not know. */
bool recover_nonce(struct state *state, const char *operator, struct err * err)
{
    struct state before = *state;
    struct err unused = {0};

    state->waits = true;
    state->has_waived = false;
    if (!save(state, &before, RECEIPT_ENROL, operator, RECOVER_NONCE_NOTE, err)) {
        return false;
    }
    (void)!record_log(state, RECORD_WARNING, &unused, RECOVER_NONCE_NOTE);
    return true;
}
