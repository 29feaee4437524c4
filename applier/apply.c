/* SPDX-License-Identifier: MIT */
/*
 * From a plan to changed targets; what fails on the way, and what the site's check says.
 */
#include "applier/apply.h"

#include <stdio.h>
#include <string.h>

#include "applier/carry.h"
#include "applier/open.h"
#include "applier/plan_undo.h"
#include "applier/record.h"
#include "applier/recover.h"
#include "applier/services.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/when.h"

/* Nothing had been exchanged when it failed: the run is closed, and the first error stays. */
static bool give_up(struct state *state, struct run *run, struct err *err)
{
    struct err second = {0};

    if (!recover_abandon(state, run, err->code, &second)) {
        err_context(err,
                    "(run %llu could not be closed: %s; once the cause is mended, run 'applier "
                    "recover', which closes it)",
                    (unsigned long long)run->number, second.text);
        err->code = ERR_UNFINISHED;
    }
    return false;
}

static bool left_unfinished(const struct run *run, size_t done, struct err *err)
{
    err_context(err,
                "%zu of %zu files of run %llu have been changed; once the cause is mended, run "
                "'applier recover', which changes the others or says what stands in the way",
                done, run->count, (unsigned long long)run->number);
    err->code = ERR_UNFINISHED;
    return false;
}

/* Whether no target was exchanged: what the next run would find out too. */
static bool is_untouched(const struct run *run, const struct buf *secret)
{
    for (size_t i = 0; i < run->count; i++) {
        enum carry_place place;

        if (run->targets[i].changes &&
            (!carry_look(&run->targets[i], secret, &place, NULL) || place != CARRY_OLD)) {
            return false;
        }
    }
    return true;
}

/* The run is in the journal: from here on either all targets are changed or recovery decides. */
static bool exchange_all(struct state *state, struct run *run, struct plan *plan,
                         const struct buf *secret, struct err *err)
{
    size_t done = 0;

    for (size_t i = 0; i < run->count; i++) {
        if (carry_exchange(state, run, &run->targets[i], &plan->targets[i], secret, err)) {
            done += run->targets[i].changes;
            continue;
        }
        /* ERR_CHANGED says itself that the target was left alone. */
        if (done == 0 && (err->code == ERR_CHANGED || is_untouched(run, secret))) {
            return give_up(state, run, err);
        }
        return left_unfinished(run, done, err);
    }
    carry_undone(state, run);
    return true;
}

static bool not_ended(const struct run *run, struct err *err)
{
    err_context(err,
                "run %llu is not finished; once the cause is mended, run 'applier recover', which "
                "ends it",
                (unsigned long long)run->number);
    return false;
}

/* Whatever became of the run, and its error stays the first. */
static bool start_services(const struct state *state, bool done, struct err *err)
{
    struct err start = {0};

    if (services_start(state, &start)) {
        return done;
    }
    if (!done) {
        err_context(err, "(%s)", start.text);
        return false;
    }
    return err_set(err, start.code, "the files are as they should be, but %s", start.text);
}

/* To look at the plan, and to stop services, may have taken long. */
static bool still_open(const struct site *site, const struct carry_facts *facts, struct err *err)
{
    return facts->outside != NULL || window_check(&site->windows, when_now(), 0, err);
}

static bool carry(struct state *state, const struct site *site, struct plan *plan,
                  const struct carry_facts *facts, enum err_code reason,
                  struct apply_result *result, struct err *err)
{
    enum receipt_action action = facts->kind == RUN_APPLY ? RECEIPT_APPLY : RECEIPT_ROLLBACK;
    enum receipt_outcome outcome = reason != ERR_NONE ? RECEIPT_ROLLED_BACK
                                   : plan->changes    ? RECEIPT_CHANGED
                                                      : RECEIPT_UNCHANGED;
    struct run *run = NULL;
    struct buf secret;
    bool done;

    buf_init_secret(&secret, LIMIT_LINE_BYTES);
    done = state_secret(state, &secret, err) &&
           (!plan->changes || services_stop(state, site, err)) &&
           (facts->kind != RUN_APPLY || still_open(site, facts, err)) &&
           (run = carry_begin(state, plan, facts, &secret, err)) != NULL &&
           (carry_raise(state, run, err) || not_ended(run, err)) &&
           exchange_all(state, run, plan, &secret, err) &&
           (carry_end(state, run, action, outcome, reason, err) || not_ended(run, err));
    if (done) {
        *result =
            (struct apply_result){.written = true, .changed = plan->changes, .run = run->number};
    }
    done = start_services(state, done, err);
    run_free(run);
    buf_release(&secret);
    return done;
}

bool apply_bundle(struct state *state, const struct bundle *bundle, const struct site *site,
                  struct plan *plan, const struct apply_who *who, struct apply_result *result,
                  struct err *err)
{
    struct state_accepted accepted = open_accepted(bundle);
    int64_t signed_at = bundle_signed_at(bundle);
    struct carry_facts facts = {
        .kind = RUN_APPLY,
        .operator= who->operator,
        .note = who->note,
        .outside = window_look(&site->windows, when_now()).open ? NULL : who->outside,
        .bundle = accepted,
        .trust_version = bundle_trust(bundle)->version,
        .floor = state->has_floor && state->floor > signed_at ? state->floor : signed_at,
        .head = bundle_head(bundle),
    };

    if (state->has_last && state_is_same(&state->last, &accepted) && !plan->changes &&
        !(state->held && state_is_same(&state->hold, &accepted))) {
        *result = (struct apply_result){0};
        return true;
    }
    return carry(state, site, plan, &facts, ERR_NONE, result, err);
}

bool apply_undo(struct state *state, const struct run *run, const struct site *site,
                struct plan *plan, const struct apply_who *who, enum err_code reason,
                struct apply_result *result, struct err *err)
{
    struct carry_facts facts = {
        .kind = RUN_ROLLBACK,
        .operator= who->operator,
        .note = who->note,
        .undoes = run->number,
        .bundle = run->bundle,
        .trust_version = run->trust_version,
    };

    return carry(state, site, plan, &facts, reason, result, err);
}

/*
 * The run's files get back what they held before, also keys that the bundle retired. `recycle`: the
 * application may have to be told, since it may have read the files meanwhile.
 */
static bool undo_failed(struct state *state, const struct site *site, const struct apply_who *who,
                        bool *recycle, struct err *err)
{
    struct run *run = run_record(state, state->unchecked, err);
    struct plan *plan = NULL;
    struct apply_result result;
    struct buf secret;
    bool done;

    buf_init_secret(&secret, LIMIT_LINE_BYTES);
    done = run != NULL && state_secret(state, &secret, err) &&
           (plan = plan_undo(run, state->dir, site, false, true, &secret, err)) != NULL &&
           apply_undo(state, run, site, plan, who, ERR_CHECK_FAILED, &result, err);
    if (done) {
        *recycle = plan_may_need_recycle(plan);
    }
    buf_release(&secret);
    plan_free(plan);
    run_free(run);
    return done;
}

static bool failed_check(struct state *state, const struct site *site, int status,
                         const struct apply_who *who, struct err *err)
{
    uint64_t run = state->unchecked;
    struct err undo = {0};
    bool recycle = false;
    char how[64];

    if (status == PROC_TIMED_OUT) {
        snprintf(how, sizeof how, "was still running after %u seconds", site->check_seconds);
    } else if (status < 0) {
        snprintf(how, sizeof how, "was ended by signal %d", -status);
    } else {
        snprintf(how, sizeof how, "said %d", status);
    }
    if (undo_failed(state, site, who, &recycle, &undo)) {
        err_set(err, ERR_CHECK_FAILED,
                "%s %s after run %llu, which was therefore rolled back: the files hold what they "
                "held before%s; the bundle is on hold until 'applier apply BUNDLE' names it again",
                site->check[0], how, (unsigned long long)run,
                recycle ? ", but the application may need a recycle, since ASP.NET may not notice "
                          "a change in a file named by configSource"
                        : "");
    } else if (undo.code == ERR_SERVICE_START) {
        err_set(err, undo.code, "%s %s after run %llu, which was therefore rolled back: %s",
                site->check[0], how, (unsigned long long)run, undo.text);
    } else {
        err_set(err, undo.code,
                "%s %s after run %llu, and rolling that back failed: %s; try 'applier rollback'",
                site->check[0], how, (unsigned long long)run, undo.text);
    }
    return false;
}

static bool clear_unchecked(struct state *state, struct err *err)
{
    state->unchecked = 0;
    return state_save(state, err);
}

bool apply_check(struct state *state, const struct site *site, const struct apply_who *who,
                 struct err *err)
{
    struct err failure = {0};
    int status = 0;

    if (state->unchecked == 0) {
        return true;
    }
    if (!services_start(state, err)) { /* it would be judged without them */
        return false;
    }
    if (site->check[0] != NULL && !site_check(site, &status, &failure)) {
        status = 127; /* as a shell says of what it cannot start */
        if (!record_log(state, RECORD_ERROR, err, "check: %s", failure.text)) {
            return false;
        }
    }
    return status == 0 ? clear_unchecked(state, err) : failed_check(state, site, status, who, err);
}
