/* SPDX-License-Identifier: MIT */
/*
 * applier rollback: undo one apply in all its files.
 */
#include <stdlib.h>
#include <string.h>

#include "applier/apply.h"
#include "applier/commands.h"
#include "applier/plan_undo.h"
#include "applier/record.h"
#include "applier/recover.h"
#include "base/limits.h"
#include "base/proc.h"

static bool read_number(const struct cmd_call *call, uint64_t *number, struct err *err)
{
    *number = 0;
    return call->arg_count == 0 || text_number(number, call->args[0], 1, TEXT_NUMBER_MAX) ||
           err_set(err, ERR_USAGE,
                   "RUN is the number that 'applier apply' and 'applier status' print, not '%s'",
                   call->args[0]);
}

static bool check_kind(const struct run *run, struct err *err)
{
    return run->kind == RUN_APPLY ||
           err_set(err, ERR_USAGE,
                   "run %llu was a rollback itself; to bring its bundle back, apply it by name",
                   (unsigned long long)run->number);
}

static void say_result(struct cmd_call *call, const struct run *run,
                       const struct apply_result *result)
{
    jout_number(call->result, "undone", run->number);
    jout_number(call->result, "run", result->run);
    jout_bool(call->result, "changed", result->changed);
    cmd_result(call,
               "Rolled back run %llu (bundle %llu) as run %llu. The bundle is on hold until "
               "'applier apply BUNDLE' names it again; a newer one is not.\n",
               (unsigned long long)run->number, (unsigned long long)run->bundle.sequence,
               (unsigned long long)result->run);
}

static bool undo(struct cmd_call *call, struct state *state, const struct site *site,
                 const struct run *run, const struct apply_who *who, struct err *err)
{
    struct plan *plan = NULL;
    struct apply_result result;
    struct buf secret;
    bool done;

    buf_init_secret(&secret, LIMIT_LINE_BYTES);
    done = check_kind(run, err) && state_secret(state, &secret, err) &&
           (plan = plan_undo(run, state->dir, site, cmd_flag(call, "force"), false, &secret,
                             err)) != NULL &&
           commands_show_plan(call, plan, NULL, err) &&
           apply_undo(state, run, site, plan, who, ERR_NONE, &result, err);
    if (done) {
        say_result(call, run, &result);
    }
    plan_free(plan);
    buf_release(&secret);
    return done;
}

/*
 * Without a number the newest apply is meant, as it was when the command was given the first time.
 * A rollback that was cut off has just undone it, and an apply that was cut off has changed
 * nothing: to go on would undo the one before, which nobody asked for.
 */
static bool is_done(const struct recover_report *r, uint64_t number)
{
    bool changed = r->outcome == RECOVER_COMPLETED || r->outcome == RECOVER_FORWARD;

    return number == 0 && r->outcome != RECOVER_NOTHING && changed == (r->kind == RUN_ROLLBACK);
}

static bool say_done(struct cmd_call *call, const struct recover_report *r)
{
    char text[RECOVER_TEXT_SIZE], option[1100];

    jout_number(call->result, "recovered", r->run);
    cmd_result(call,
               "%s. Nothing else was rolled back; to undo another run, name it: applier rollback "
               "RUN%s\n",
               recover_text(r, text), commands_state_option(call, option, sizeof option));
    return true;
}

/* `site` NULL: site.xml cannot be read, which does not stop an undo. */
static bool run_confined(struct cmd_call *call, struct state *state, const struct site *site,
                         uint64_t number, const struct apply_who *who, struct err *err)
{
    struct recover_report report;
    char text[RECOVER_TEXT_SIZE];
    struct run *run;
    bool done;

    if (!recover_run(state, false, NULL, &report, err)) {
        return false;
    }
    if (!commands_tidy(call, state, site, who->operator, err)) {
        return false;
    }
    if (is_done(&report, number)) {
        return say_done(call, &report);
    }
    if (report.outcome != RECOVER_NOTHING) {
        cmd_warn(call, "%s", recover_text(&report, text));
    }
    run = run_record(state, number, err);
    done = run != NULL && undo(call, state, site, run, who, err);
    run_free(run);
    return done;
}

static bool run_locked(struct cmd_call *call, struct state *state, uint64_t number,
                       const struct apply_who *who, struct err *err)
{
    struct err unused = {0};
    struct site *site;
    bool done = commands_confine_writing(call, state, NULL, true, number, &site, &unused, err) &&
                run_confined(call, state, site, number, who, err);

    site_free(site);
    return done;
}

static bool rollback_run(struct cmd_call *call, struct err *err)
{
    char operator[TEXT_FREE_MAX + 1];
    struct apply_who who = {.operator= operator, .note = cmd_value(call, "note")};
    struct state *state;
    uint64_t number;
    bool done;

    proc_user(operator, sizeof operator);
    if (!read_number(call, &number, err) || !commands_check_note(who.note, err)) {
        return false;
    }
    state = state_open(commands_state_dir(call), true, err);
    done = state != NULL && run_locked(call, state, number, &who, err);
    done = commands_start_services(call, state, done, err);
    if (state != NULL && !done && err_exit(err->code) != err_exit(ERR_USAGE)) {
        record_refusal(state, err);
    }
    state_close(state);
    return done;
}

static const struct cmd_option options[] = {
    {"force", 0, NULL, "also if pins changed since, or a retired key would come back", false},
    {"note", 0, "TEXT", "kept in receipt and log, such as the number of the change", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_rollback = {
    .name = "rollback",
    .args = "[RUN]",
    .min_args = 0,
    .max_args = 1,
    .summary = "Undo one apply in all its files",
    .details =
        "Takes out the pins that the run put in and brings back those that it took out; without "
        "RUN that of the newest apply, unless that was rolled back already: to undo one more, name "
        "it. A file that was not edited since gets back exactly the "
        "bytes that it had. Everything is proved and exchanged as by 'applier apply'; no backup "
        "is ever written over a file.\n"
        "\n"
        "What this site accepts is not lowered: the bundle stays the last accepted one, on hold "
        "until it is applied by name. A newer bundle is applied as always.\n"
        "\n"
        "A run that was cut off is ended first. Without RUN nothing more is undone then, if that "
        "was "
        "a rollback which is now complete, or an apply that had changed nothing.\n"
        "\n"
        "  applier rollback 12 --note CHG0012346",
    .options = options,
    .run = rollback_run,
};
