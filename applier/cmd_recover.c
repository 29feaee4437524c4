/* SPDX-License-Identifier: MIT */
/*
 * applier recover: end a run that was cut off, and nothing else.
 */
#include <string.h>

#include "applier/apply.h"
#include "applier/carry.h"
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

    if (!commands_confine_writing(call, state, cmd_value(call, "statement"), false, 0, &site,
                                  &missing, err)) {
        return false;
    }
    done = recover_run(state, cmd_flag(call, "accept-target"), report, err);
    if (done && site == NULL) {
        *err = missing;
        done = false;
    }
    done = done && carry_sweep(state, site, err) && apply_check(state, site, &who, err);
    site_free(site);
    return done;
}

/* After what was cut off is ended. */
static bool take_statement(struct cmd_call *call, struct state *state, const char *operator,
                           struct err * err)
{
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
    statement_free(s);
    return true;
}

static bool recover_call(struct cmd_call *call, struct err *err)
{
    struct state *state = state_open(commands_state_dir(call), true, err);
    struct recover_report report = {0};
    char text[RECOVER_TEXT_SIZE], operator[TEXT_FREE_MAX + 1];
    const char *dir = cmd_value(call, "statement");
    bool done;

    proc_user(operator, sizeof operator);
    done = state != NULL && settle(call, state, operator, & report, err) &&
           (dir == NULL || take_statement(call, state, operator, err));
    if (done && report.outcome == RECOVER_NOTHING && dir != NULL) {
        jout_text(call->result, "run", NULL);
    } else if (done && report.outcome == RECOVER_NOTHING) {
        cmd_result(call, "Nothing to do: no run was cut off.\n");
    } else if (done) {
        jout_number(call->result, "run", report.run);
        cmd_result(call, "%s\n", recover_text(&report, text));
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
        "'applier apply' and 'applier rollback' do this by themselves first.\n"
        "\n"
        "--statement DIR takes what the root signers say to this one site, once: that the end of "
        "one bundle's validity does not count, or where its clock or its sequence begins anew. "
        "They need the nonce that 'applier status' shows.\n"
        "\n"
        "  applier recover",
    .options = options,
    .run = recover_call,
};
