/* SPDX-License-Identifier: MIT */
/*
 * applier inbox: the newest bundle of a medium, now or when a patch window opens.
 */
#include <stdlib.h>
#include <string.h>

#include "applier/commands_apply.h"
#include "applier/inbox.h"
#include "applier/open.h"
#include "applier/pending.h"
#include "applier/record.h"
#include "base/when.h"

static const char *const kinds[] = {
    [INBOX_FIT] = "fit", [INBOX_OLD] = "old", [INBOX_REFUSED] = "refused"};

static void tell_item(struct cmd_call *call, struct jout *list, const struct inbox_item *item)
{
    struct jout *to = jout_item(list);
    char shown[COMMANDS_WORD_SIZE];

    jout_text(to, "path", item->path);
    jout_text(to, "kind", kinds[item->kind]);
    text_shown(shown, sizeof shown, item->path, strlen(item->path));
    if (item->kind == INBOX_FIT) {
        jout_number(to, "epoch", item->bundle.epoch);
        jout_number(to, "sequence", item->bundle.sequence);
        cmd_say(call, "bundle %-6llu %s\n", (unsigned long long)item->bundle.sequence, shown);
        return;
    }
    jout_text(to, "reason", err_reason(item->why.code));
    jout_text(to, "message", item->why.text);
    if (item->kind == INBOX_OLD) {
        cmd_say(call, "older         %s\n", shown);
    } else {
        cmd_warn(call, "%s (%s)", item->why.text, err_reason(item->why.code));
    }
}

/* What is wrong with a bundle goes into the log too: the scheduler's output may go nowhere. */
static const struct inbox_item *tell(const struct commands_apply *a, const struct inbox *inbox)
{
    struct jout *list = jout_array(a->call->result, "bundles");
    const struct inbox_item *refused = NULL;

    for (size_t i = 0; i < inbox->count; i++) {
        const struct inbox_item *item = &inbox->items[i];

        tell_item(a->call, list, item);
        if (item->kind == INBOX_REFUSED) {
            record_refusal(a->state, &item->why);
            refused = refused == NULL ? item : refused;
        }
    }
    return refused;
}

static bool is_pending(const struct state *state, const char *path, struct err *err)
{
    char *own = state_path(state, STATE_PENDING_HEAD, err);
    bool same = own != NULL && strcmp(own, path) == 0;

    free(own);
    return same;
}

/* What waited and is not fit any more (expired, overtaken, damaged) waits for nothing. */
static bool drop_unfit(struct commands_apply *a, const struct inbox *inbox, struct err *err)
{
    const struct inbox_item *last = inbox->count == 0 ? NULL : &inbox->items[inbox->count - 1];

    if (!a->state->has_pending) {
        return pending_drop(a->state, err); /* the file of one that was overtaken */
    }
    if (last == NULL || last->kind == INBOX_FIT || !is_pending(a->state, last->path, err)) {
        return true;
    }
    cmd_warn(a->call, "the bundle that waited for a patch window is not kept any longer");
    return pending_drop(a->state, err);
}

/* What is wrong with the first that is not merely old gives the exit code; it was told already. */
static void nothing_new(struct cmd_call *call, const struct inbox_item *refused)
{
    jout_bool(call->result, "written", false);
    if (refused == NULL) {
        cmd_result(call, "Nothing new for this site.\n");
        return;
    }
    jout_text(call->result, "reason", err_reason(refused->why.code));
    cmd_result(call, "Nothing was taken; leave what was refused for whoever looks into it.\n");
    call->exit_code = err_exit(refused->why.code);
}

/* Outside the windows the bundle is kept: no refusal, so not logged as one at each look. */
static bool wait_for_window(struct commands_apply *a, const struct bundle *bundle,
                            struct err *closed, struct err *err)
{
    struct state_accepted accepted = open_accepted(bundle);
    bool kept = a->state->has_pending && state_is_same(&a->state->pending, &accepted);

    if (closed->code != ERR_WINDOW) {
        return err_set(err, closed->code, "%s", closed->text);
    }
    if (!pending_keep(a->state, bundle, err) ||
        (!kept && !record_log(a->state, RECORD_INFO, err,
                              "bundle %llu was verified and waits for a patch window",
                              (unsigned long long)accepted.sequence))) {
        return false;
    }
    jout_bool(a->call->result, "written", false);
    jout_bool(a->call->result, "waiting", true);
    jout_text(a->call->result, "reason", err_reason(closed->code));
    commands_tell_windows(a->call, &a->site->windows, when_now());
    cmd_result(a->call,
               "Bundle %llu is verified and waits; the medium is not needed any more.\n%s\n",
               (unsigned long long)accepted.sequence, closed->text);
    a->call->exit_code = err_exit(closed->code);
    return true;
}

static bool apply_now(struct commands_apply *a, const struct bundle *bundle, bool same,
                      const struct inbox_item *refused, struct err *err)
{
    struct plan *plan = plan_bundle(bundle, a->site, &a->secret, err);
    bool done = plan != NULL;

    if (done && same && !plan->changes) {
        nothing_new(a->call, refused);
    } else if (done) {
        done = commands_show_plan(a->call, plan, bundle, err) &&
               commands_apply_carry(a, bundle, plan, err) && pending_drop(a->state, err);
    }
    plan_free(plan);
    return done;
}

/* Outside the windows no target is looked at: what is wrong with one now may be mended by then. */
static bool carry_out(struct commands_apply *a, const struct bundle *bundle,
                      const struct inbox_item *refused, struct err *err)
{
    struct state_accepted accepted = open_accepted(bundle);
    bool same = a->state->has_last && state_is_same(&a->state->last, &accepted);
    struct err closed = {0};

    if (commands_apply_window(a, &closed)) {
        return apply_now(a, bundle, same, refused, err);
    }
    if (same) {
        nothing_new(a->call, refused);
        return true;
    }
    return wait_for_window(a, bundle, &closed, err);
}

static bool run_inbox(struct commands_apply *a, struct err *err)
{
    const char *dir = a->call->args[0];
    const struct inbox_item *refused;
    struct inbox inbox = {0};
    bool absent = false, done;

    done = inbox_look(a->state, dir, &inbox, &absent, err);
    if (done) {
        if (absent) {
            cmd_warn(a->call, "%s: is not there; no medium?", dir);
        }
        refused = tell(a, &inbox);
        done = drop_unfit(a, &inbox, err);
        if (done && inbox.best == NULL) {
            nothing_new(a->call, refused);
        } else if (done) {
            done = open_check_waiting(a->state, err) &&
                   open_check_hold(a->state, inbox.best, err) &&
                   carry_out(a, inbox.best, refused, err);
        }
    }
    inbox_release(&inbox);
    return done;
}

static bool inbox_call(struct cmd_call *call, struct err *err)
{
    struct commands_apply a;
    bool done;

    if (!commands_apply_init(&a, call, err)) {
        return false;
    }
    done = commands_apply_begin(&a, call->args[0], err) && run_inbox(&a, err);
    return commands_apply_end(&a, done, err);
}

static const struct cmd_option options[] = {
    {"note", 0, "TEXT", "kept in receipt and log, such as the number of the change", false},
    COMMANDS_OUTSIDE_WINDOW,
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_inbox = {
    .name = "inbox",
    .args = "DIR",
    .min_args = 1,
    .max_args = 1,
    .summary = "Take the newest bundle of a medium, now or in the next patch window",
    .details =
        "DIR is a mounted stick, a share or a kiosk's folder. Each file *.tar in it (at most 64; "
        "names that begin with a dot are passed over) is verified as 'applier verify' does, and "
        "what "
        "is wrong with any is told; the newest that this site would take is applied. DIR is only "
        "read: what was refused stays for whoever looks into it.\n"
        "\n"
        "Outside the patch windows of site.xml the bundle's signed part is kept in the state "
        "folder "
        "(exit 31, with the next opening). The medium may go then: the next 'applier inbox', with "
        "or "
        "without it, verifies that part again and applies it once a window is open.\n"
        "\n"
        "Nothing new is no error, nor is the same stick again, nor a DIR that is not there. A "
        "bundle "
        "that was rolled back is not taken again (exit 32) before 'applier apply' names it. With "
        "nothing to take, a bundle that was refused gives its own exit code.\n"
        "\n"
        "It works once and ends: have the system's scheduler run it.\n"
        "\n"
        "  applier inbox /media/usb",
    .options = options,
    .run = inbox_call,
};
