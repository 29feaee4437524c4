/* SPDX-License-Identifier: MIT */
/*
 * From the open state to changed files.
 */
#include "applier/commands_apply.h"

#include "applier/record.h"
#include "applier/recover.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/when.h"

bool commands_apply_init(struct commands_apply *a, struct cmd_call *call, struct err *err)
{
    *a = (struct commands_apply){.call = call};
    a->who = (struct apply_who){.operator= a->operator, .note = cmd_value(call, "note")};
    if (!commands_check_note(a->who.note, err) || !commands_outside(call, &a->who.outside, err)) {
        return false;
    }
    buf_init_secret(&a->secret, LIMIT_LINE_BYTES);
    proc_user(a->operator, sizeof a->operator);
    return true;
}

/* What was cut off before comes first, and what a check has still to say. */
static bool settle(struct commands_apply *a, const char *outside, struct err *err)
{
    struct recover_report report;
    struct err missing = {0};
    char text[RECOVER_TEXT_SIZE];

    if (!commands_confine_writing(a->call, a->state, outside, false, 0, &a->site, &missing, err) ||
        !recover_run(a->state, false,
                     a->site == NULL || a->who.outside != NULL ? NULL : &a->site->windows, &report,
                     err)) {
        return false;
    }
    if (report.outcome != RECOVER_NOTHING) {
        cmd_warn(a->call, "%s", recover_text(&report, text));
    }
    if (a->site == NULL) {
        *err = missing;
        return false;
    }
    return commands_tidy(a->call, a->state, a->site, a->operator, err) &&
           (a->state->unchecked == 0 || commands_start_services(a->call, a->state, true, err)) &&
           apply_check(a->state, a->site, &a->who, err);
}

bool commands_apply_begin(struct commands_apply *a, const char *outside, struct err *err)
{
    a->state = state_open(commands_state_dir(a->call), true, err);
    return a->state != NULL && settle(a, outside, err) && commands_section(a->call, a->site, err) &&
           state_secret(a->state, &a->secret, err);
}

bool commands_apply_window(const struct commands_apply *a, struct err *err)
{
    int64_t now = when_now();

    if (a->who.outside == NULL) {
        return window_check(&a->site->windows, now, site_run_seconds(a->site), err);
    }
    if (window_look(&a->site->windows, now).open) {
        return true;
    }
    cmd_warn(a->call, "no patch window is open; going on as --outside-window says: %s",
             a->who.outside);
    return record_log(a->state, RECORD_WARNING, err, "outside the patch windows, by %s: %s",
                      a->operator, a->who.outside);
}

/* What a person should do once the files are changed. */
static void say_afterwards(const struct commands_apply *a, const struct plan *plan)
{
    cmd_result(a->call, "%s Then look at https://<ENS host>/MailNotifications/api/ens/alive\n",
               plan_may_need_recycle(plan)
                   ? "A file named by configSource was changed: the application may need a recycle "
                     "in IIS."
                   : "IIS restarts the application by itself.");
}

static void say_result(const struct commands_apply *a, const struct bundle *bundle,
                       const struct plan *plan, const struct apply_result *result)
{
    const struct manifest *m = bundle_manifest(bundle);
    char option[1100];

    jout_bool(a->call->result, "written", result->written);
    jout_bool(a->call->result, "changed", result->changed);
    jout_number(a->call->result, "sequence", m->sequence);
    if (result->run != 0) {
        jout_number(a->call->result, "run", result->run);
    }
    if (!result->written) {
        cmd_result(a->call, "Nothing to do: bundle %llu is applied already.\n",
                   (unsigned long long)m->sequence);
    } else if (!result->changed) {
        cmd_result(a->call, "Bundle %llu is accepted; every file holds its pins already.\n",
                   (unsigned long long)m->sequence);
    } else {
        cmd_result(a->call, "Applied bundle %llu as run %llu. Undo: applier rollback %llu%s\n",
                   (unsigned long long)m->sequence, (unsigned long long)result->run,
                   (unsigned long long)result->run,
                   commands_state_option(a->call, option, sizeof option));
        say_afterwards(a, plan);
    }
}

bool commands_apply_carry(const struct commands_apply *a, const struct bundle *bundle,
                          struct plan *plan, struct err *err)
{
    struct apply_result result;

    if (!apply_bundle(a->state, bundle, a->site, plan, &a->who, &result, err) ||
        !apply_check(a->state, a->site, &a->who, err)) {
        return false;
    }
    say_result(a, bundle, plan, &result);
    return true;
}

bool commands_apply_end(struct commands_apply *a, bool done, struct err *err)
{
    done = commands_start_services(a->call, a->state, done, err);
    if (a->state != NULL && !done && err_exit(err->code) != err_exit(ERR_USAGE)) {
        record_refusal(a->state, err);
    }
    site_free(a->site);
    state_close(a->state);
    buf_release(&a->secret);
    return done;
}
