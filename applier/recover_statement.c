/* SPDX-License-Identifier: MIT */
/*
 * The three things that a statement can do; none of them touches a target.
 */
#include "applier/recover_statement.h"

#include <string.h>

#include "applier/record.h"
#include "base/policy.h"
#include "keys/crypto.h"

static bool check(const struct state *state, const struct statement *s, struct err *err)
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
    return !POLICY("replay.statement", !crypto_equal(s->nonce, state->nonce, sizeof s->nonce)) ||
           err_set(
               err, ERR_REPLAY_STATEMENT,
               "the statement names another nonce than this site's: it was used already, or "
               "made for an earlier one; have it made anew with the nonce that 'applier status' "
               "shows");
}

/* A pair greater than (epoch, sequence) is one that reaches the next. */
static void reset_state(struct state *state, const struct statement *s)
{
    bool last = s->sequence == TEXT_NUMBER_MAX;

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

/* The receipt's save is the only one: deed, new nonce and receipt stand or fall together. */
static bool carry_out(struct state *state, const struct statement *s, const char *operator,
                      struct err * err)
{
    struct state before = *state;
    struct receipt *receipt = NULL;
    uint8_t nonce[sizeof state->nonce];
    bool done = crypto_random(nonce, sizeof nonce, err);

    if (done) {
        change(state, s);
        memcpy(state->nonce, nonce, sizeof nonce);
        receipt = record_of_event(state, RECEIPT_RECOVER, operator, s->reason, err);
        done = receipt != NULL && record_receipt(state, receipt, err);
    }
    if (!done) {
        *state = before;
    }
    receipt_free(receipt);
    return done;
}

struct statement *recover_statement(struct state *state, const char *dir, const char *operator,
                                    struct err * err)
{
    struct statement *s = statement_open(dir, state->trust, err);
    struct err unused = {0};

    if (s == NULL) {
        return NULL;
    }
    if (!check(state, s, err) || !carry_out(state, s, operator, err)) {
        statement_free(s);
        return NULL;
    }
    /* It is taken, whatever becomes of the log. */
    (void)!record_log(state, RECORD_INFO, &unused, "statement '%s' taken: %s",
                      statement_kind_name(s->kind), s->reason);
    return s;
}
