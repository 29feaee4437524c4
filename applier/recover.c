/* SPDX-License-Identifier: MIT */
/*
 * What to do about a run that was cut off is decided from the targets' bytes alone.
 */
#include "applier/recover.h"

#include <stdio.h>
#include <stdlib.h>

#include "applier/carry.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/when.h"

static bool not_ended(const struct run *run, struct err *err)
{
    err_context(err,
                "run %llu had been cut off and is not ended yet; once the cause is mended, run "
                "'applier recover'",
                (unsigned long long)run->number);
    return false;
}

/* How many of a run's changing targets stand where. */
struct places {
    size_t old, new, other;
    size_t first_other; /* position in the run's targets */
    struct err found;   /* what stands there */
};

/* With `accept` a target that cannot even be looked at is one that holds something else. */
static bool look(const struct run_target *t, const struct buf *secret, bool accept,
                 enum carry_place *place, struct err *found, struct err *err)
{
    *found = (struct err){0};
    if (!carry_look(t, secret, place, found)) {
        if (!accept || found->code == ERR_MEMORY) {
            return err_set(err, found->code, "%s", found->text);
        }
        *place = CARRY_OTHER;
    }
    if (found->code == ERR_NONE) {
        err_set(found, ERR_CHANGED, "%s: holds neither the bytes of before the run nor its own",
                t->path);
    }
    return true;
}

static bool look_all(const struct run *run, const struct buf *secret, bool accept,
                     struct places *places, enum carry_place *each, struct err *err)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct run_target *t = &run->targets[i];
        struct err found;

        if (!t->changes) {
            continue;
        }
        if (!look(t, secret, accept, &each[i], &found, err) ||
            (each[i] != CARRY_OTHER && !carry_flush(t, err))) {
            return false;
        }
        if (each[i] == CARRY_DISPLACED) {
            if (!carry_put_back(t, secret, err)) {
                return false;
            }
            each[i] = CARRY_OTHER;
        }
        if (each[i] == CARRY_OTHER && places->other++ == 0) {
            places->first_other = i;
            places->found = found;
        }
        places->old += each[i] == CARRY_OLD;
        places->new += each[i] == CARRY_NEW;
    }
    return true;
}

/* The record and the receipt are of what was changed, no more. */
static void forget(struct run_target *t)
{
    t->changes = false;
    t->added_count = t->removed_count = t->undo_count = 0;
    for (size_t i = 0; i < sizeof t->after; i++) {
        t->after[i] = t->before[i];
    }
}

/* No run is left whose outcome a check command could judge. */
static bool unchecked_none(struct state *state, struct err *err)
{
    state->unchecked = 0;
    return state_save(state, err);
}

bool recover_abandon(struct state *state, struct run *run, enum err_code reason, struct err *err)
{
    enum receipt_action action = reason == ERR_NONE       ? RECEIPT_RECOVER
                                 : run->kind == RUN_APPLY ? RECEIPT_APPLY
                                                          : RECEIPT_ROLLBACK;

    /* A rollback that changed nothing leaves the run in force that it was to undo, and its check.
     */
    if (!carry_unstage(run, err) || (run->kind == RUN_APPLY && !unchecked_none(state, err))) {
        return false;
    }
    for (size_t i = 0; i < run->count; i++) {
        forget(&run->targets[i]);
    }
    return carry_end(state, run, action, reason == ERR_NONE ? RECEIPT_UNCHANGED : RECEIPT_REFUSED,
                     reason, err);
}

static bool forward(struct state *state, struct run *run, const struct buf *secret, struct err *err)
{
    for (size_t i = 0; i < run->count; i++) {
        if (!carry_exchange(state, run, &run->targets[i], NULL, secret, err)) {
            err_context(err,
                        "run %llu was cut off and cannot be brought to its end (once every file is "
                        "as it should be, 'applier recover --accept-target' ends it without "
                        "writing): %s",
                        (unsigned long long)run->number, run->targets[i].path);
            return false;
        }
    }
    carry_undone(state, run);
    return carry_end(state, run, RECEIPT_RECOVER, RECEIPT_CHANGED, ERR_NONE, err) ||
           not_ended(run, err);
}

/* What several changes of another program at one moment displaced lies there still. */
static void name_kept(const struct run *run, const struct buf *secret, struct err *err)
{
    for (size_t i = run->count; i-- > 0;) {
        if (carry_keeps(&run->targets[i], secret)) {
            err_context(err,
                        "%s keeps what another program wrote meanwhile; copy it before "
                        "--accept-target removes it",
                        run->targets[i].staged);
        }
    }
}

static bool leave(const struct run *run, const struct places *places, const struct buf *secret,
                  struct err *err)
{
    const struct run_target *t = &run->targets[places->first_other];

    err_set(err, ERR_UNFINISHED,
            "run %llu was cut off, and since then another program has changed a file: %s. "
            "Nothing was touched. Compare it with the backup of before "
            "(backups/%06llu-%zu.config in the state folder, if it is there); when the file "
            "is as it should be, run 'applier recover --accept-target', then apply again",
            (unsigned long long)run->number, places->found.text, (unsigned long long)run->number,
            t->index);
    name_kept(run, secret, err);
    return false;
}

/* A person has looked: what stands there counts. */
static bool accept_all(struct state *state, struct run *run, const enum carry_place *each,
                       const struct places *places, struct err *err)
{
    if (!carry_unstage(run, err) || !unchecked_none(state, err)) {
        return false;
    }
    for (size_t i = 0; i < run->count; i++) {
        if (each[i] != CARRY_NEW) {
            forget(&run->targets[i]);
        }
    }
    return carry_end(state, run, RECEIPT_RECOVER,
                     places->new > 0 ? RECEIPT_CHANGED : RECEIPT_UNCHANGED, ERR_NONE, err);
}

/* Whether the files that are left may be changed now. */
static bool check_window(const struct run *run, const struct places *places,
                         const struct windows *windows, struct err *err)
{
    if (places->old == 0 || windows == NULL || window_check(windows, when_now(), 0, err)) {
        return true;
    }
    err_context(err, "run %llu was cut off with %zu of %zu files changed; the others wait",
                (unsigned long long)run->number, places->new, places->old + places->new);
    return false;
}

static bool decide(struct state *state, struct run *run, const struct buf *secret, bool accept,
                   const struct windows *windows, struct recover_report *report, struct err *err)
{
    enum recover_outcome *outcome = &report->outcome;
    enum carry_place *each = calloc(run->count + 1, sizeof *each);
    struct places places = {0};
    bool done;

    if (each == NULL) {
        return err_memory(err);
    }
    done = look_all(run, secret, accept, &places, each, err) || not_ended(run, err);
    report->others = places.other;
    report->found = places.found;
    if (done && (places.other > 0 || (accept && places.old > 0 && places.new > 0))) {
        *outcome = RECOVER_ACCEPTED;
        done = accept ? accept_all(state, run, each, &places, err) || not_ended(run, err)
                      : leave(run, &places, secret, err);
    } else if (done && places.new == 0) {
        *outcome = RECOVER_UNCHANGED;
        done = recover_abandon(state, run, ERR_NONE, err) || not_ended(run, err);
    } else if (done) {
        *outcome = places.old > 0 ? RECOVER_FORWARD : RECOVER_COMPLETED;
        done = check_window(run, &places, windows, err) && forward(state, run, secret, err);
    }
    free(each);
    return done;
}

bool recover_run(struct state *state, bool accept, const struct windows *windows,
                 struct recover_report *report, struct err *err)
{
    struct run *run = NULL;
    struct buf secret;
    bool done;

    *report = (struct recover_report){.outcome = RECOVER_NOTHING};
    if (!run_journal(state, &run, err)) {
        return false;
    }
    if (run == NULL) {
        return true;
    }
    report->run = run->number;
    report->kind = run->kind;
    buf_init_secret(&secret, LIMIT_LINE_BYTES);
    done = ((state_secret(state, &secret, err) && carry_raise(state, run, err)) ||
            not_ended(run, err)) &&
           decide(state, run, &secret, accept, windows, report, err);
    buf_release(&secret);
    run_free(run);
    return done;
}

const char *recover_text(const struct recover_report *r, char out[static RECOVER_TEXT_SIZE])
{
    static const char *const what[] = {
        [RECOVER_NOTHING] = "",
        [RECOVER_UNCHANGED] = "no file had been changed, and none was",
        [RECOVER_COMPLETED] = "every file had been changed already; the run is now complete",
        [RECOVER_FORWARD] = "the files that were left have been changed too",
        [RECOVER_ACCEPTED] = "the files were accepted as they are",
    };

    snprintf(out, RECOVER_TEXT_SIZE, "run %llu (%s) had been cut off: %s",
             (unsigned long long)r->run, r->kind == RUN_APPLY ? "apply" : "rollback",
             what[r->outcome]);
    return out;
}
