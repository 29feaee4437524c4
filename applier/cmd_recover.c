/* SPDX-License-Identifier: MIT */
/*
 * applier recover: end a run that was cut off, take a statement, or wait for one.
 */
#include <string.h>

#include "applier/apply.h"
#include "applier/commands.h"
#include "applier/record.h"
#include "applier/recover.h"
#include "applier/recover_statement.h"
#include "applier/site.h"
#include "base/proc.h"
#include "base/text.h"

static bool settle(struct cmd_call *call, struct state *state, const char *operator,
                   struct recover_report * report, struct err *err)
{
    struct apply_who who = {.operator= operator};
    struct err missing = {0};
    struct site *site;
    bool done;

    if (!commands_outside(call, &who.outside, err)) {
        return false;
    }

    if (!commands_confine_writing(call, state, cmd_value(call, "statement"), false, 0, &site,
                                  &missing, err)) {
        return false;
    }
    done = recover_run(state, cmd_flag(call, "accept-target"),
                       site == NULL || who.outside != NULL ? NULL : &site->windows, report, err);
    if (done && site == NULL) {
        *err = missing;
        done = false;
    }
    done = done && commands_tidy(call, state, site, operator, err) &&
           commands_start_services(call, state, true, err) && apply_check(state, site, &who, err);
    site_free(site);
    return done;
}

/* After what was cut off is ended. */
static bool take_statement(struct cmd_call *call, struct state *state, const char *operator,
                           struct err * err)
{
    bool waited = state->waits;
    struct statement *s = recover_statement(state, cmd_value(call, "statement"), operator, err);
    char shown[2 * TEXT_FREE_MAX];

    if (s == NULL) {
        return false;
    }
    jout_text(call->result, "statement", statement_kind_name(s->kind));
    jout_text(call->result, "reason_given", s->reason);
    cmd_result(call, "Taken: statement '%s' (%s). The site has a new nonce.\n",
               statement_kind_name(s->kind),
               text_shown(shown, sizeof shown, s->reason, strlen(s->reason)));
    if (waited) {
        cmd_result(call, "It applies bundles again, those above epoch %llu, sequence %llu.\n",
                   (unsigned long long)s->epoch, (unsigned long long)s->sequence);
    }
    statement_free(s);
    return true;
}

static bool make_nonce(struct cmd_call *call, struct state *state, const char *operator,
                       struct err * err)
{
    char nonce[2 * sizeof state->nonce + 1], option[1100];

    if (!recover_nonce(state, operator, err)) {
        return false;
    }
    text_hex(nonce, state->nonce, sizeof state->nonce);
    jout_text(call->result, "nonce", nonce);
    jout_bool(call->result, "waiting", true);
    cmd_result(call,
               "The site has a new nonce:\n  %s\n"
               "It applies nothing before a statement for this nonce says from which bundle on.\n",
               nonce);
    cmd_say(call,
            "Next: tell the root signers the nonce on a channel that they trust. They run\n"
            "  bundler statement make --site %s --nonce %s \\\n"
            "    --reason TEXT --reset-state EPOCH:SEQUENCE --floor TIME DIR\n"
            "  bundler statement sign DIR --signer NAME-root --key FOLDER\n"
            "and here, with the folder that they send:\n"
            "  applier recover --statement DIR%s\n",
            state->site, nonce, commands_state_option(call, option, sizeof option));
    return true;
}

/* What was asked for beside ending what was cut off. */
static bool go_on(struct cmd_call *call, struct state *state, const char *operator,
                  struct err * err)
{
    if (cmd_flag(call, "new-nonce")) {
        return make_nonce(call, state, operator, err);
    }
    return cmd_value(call, "statement") == NULL || take_statement(call, state, operator, err);
}

static void tell_run(struct cmd_call *call, const struct recover_report *report)
{
    bool asked = cmd_flag(call, "new-nonce") || cmd_value(call, "statement") != NULL;
    char text[RECOVER_TEXT_SIZE];

    if (report->outcome != RECOVER_NOTHING) {
        jout_number(call->result, "run", report->run);
        if (report->others > 0) {
            jout_text(call->result, "found", report->found.text);
            cmd_say(call, "%s%s\n", report->found.text,
                    report->others > 1 ? " (and more files like it)" : "");
        }
        cmd_result(call, "%s\n", recover_text(report, text));
    } else if (asked) {
        jout_text(call->result, "run", NULL);
    } else {
        cmd_result(call, "Nothing to do: no run was cut off.\n");
    }
}

static bool recover_call(struct cmd_call *call, struct err *err)
{
    struct recover_report report = {0};
    char operator[TEXT_FREE_MAX + 1];
    struct state *state;
    bool done;

    if (cmd_flag(call, "new-nonce") && cmd_value(call, "statement") != NULL) {
        return err_set(err, ERR_USAGE,
                       "--new-nonce and --statement exclude each other: a statement for the nonce "
                       "of before would count no more, and one for the new nonce is still to be "
                       "made");
    }
    state = state_open(commands_state_dir(call), true, err);
    proc_user(operator, sizeof operator);
    done = state != NULL && settle(call, state, operator, & report, err) &&
           go_on(call, state, operator, err);
    done = commands_start_services(call, state, done, err);
    if (done) {
        tell_run(call, &report);
    } else if (state != NULL) {
        record_refusal(state, err);
    }
    state_close(state);
    return done;
}

static const struct cmd_option options[] = {
    {"statement", 0, "DIR", "take a statement of the root signers to this site", false},
    {"accept-target", 0, NULL, "what stands in the files now is right: write nothing to them",
     false},
    {"new-nonce", 0, NULL, "the state was restored: apply nothing before a statement comes", false},
    COMMANDS_OUTSIDE_WINDOW,
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_recover = {
    .name = "recover",
    .args = "",
    .min_args = 0,
    .max_args = 0,
    .summary = "End a run that was cut off",
    .details =
        "After a power cut or a kill: each file of the run is compared with its bytes before and "
        "after. If none was changed, the run is closed; if some were, the others are changed too, "
        "after everything has been checked again. If a file holds anything else, nothing is "
        "touched (exit 21): compare it with the backup in the state folder, put it right, and "
        "say --accept-target.\n"
        "\n"
        "'applier apply' and 'applier rollback' do this by themselves first. Services that a run "
        "had "
        "stopped are started by any of the three.\n"
        "\n"
        "Where the site has patch windows, files that are left are changed only while one is open "
        "(exit 31), or with --outside-window.\n"
        "\n"
        "--statement DIR takes what the root signers say to this one site, once: that the end of "
        "one bundle's validity does not count, or where its clock or its sequence begins anew. "
        "They need the nonce that 'applier status' shows.\n"
        "\n"
        "--new-nonce is for a state that was restored from a copy, or a server that was reverted "
        "to a snapshot: it may lack what was accepted since, and a statement that was used since "
        "would count again. The site gets a new nonce, and applies nothing (exit 18) before a "
        "statement --reset-state for that nonce. Trust set, last bundle and time floor stay.\n"
        "\n"
        "  applier recover",
    .options = options,
    .run = recover_call,
};
