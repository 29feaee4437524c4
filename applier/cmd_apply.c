/* SPDX-License-Identifier: MIT */
/*
 * applier apply: verify, plan, write.
 */
#include <stdlib.h>
#include <string.h>

#include "applier/apply.h"
#include "applier/commands.h"
#include "applier/open.h"
#include "applier/record.h"
#include "applier/recover.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/when.h"
#include "bundles/candidate.h"
#include "keys/crypto.h"

/* Everything that one apply holds open. */
struct apply_call {
    struct cmd_call *call;
    struct state *state;
    struct site *site;
    struct bundle *bundle;
    struct plan *plan;
    struct buf secret;
    char operator[TEXT_FREE_MAX + 1];
    struct apply_who who;
    bool has_digest;
    uint8_t digest[32]; /* of --plan-digest */
};

/* The bundle that is named, its trust chain kept in any case; without a name the last one. */
static bool take_bundle(struct apply_call *a, struct err *err)
{
    struct trust *advanced = NULL;
    struct err second = {0};
    char *path;

    if (a->call->arg_count == 0) {
        a->bundle = open_last(a->state, err);
        return a->bundle != NULL && open_check_waiting(a->state, err) &&
               open_check_hold(a->state, a->bundle, err);
    }
    path = candidate_find(a->call->args[0], err);
    if (path == NULL) {
        return false;
    }
    a->bundle = open_bundle(a->state, path, NULL, NULL, &advanced, err);
    free(path);
    if (advanced != NULL && !state_advance_trust(a->state, advanced, &second)) {
        bundle_free(a->bundle);
        a->bundle = NULL;
        *err = second;
    }
    trust_free(advanced);
    return a->bundle != NULL && open_check_waiting(a->state, err);
}

/* Before anything else: what is typed wrong must not first recover a run or keep a trust set. */
static bool read_digest(struct apply_call *a, struct err *err)
{
    const char *typed = cmd_value(a->call, "plan-digest");
    char hex[80];
    size_t len = 0;

    a->has_digest = typed != NULL;
    if (!a->has_digest) {
        return true;
    }
    for (; *typed != '\0' && len < sizeof hex; typed++) {
        if (*typed != ' ' && *typed != ':') {
            hex[len++] = *typed;
        }
    }
    return text_unhex(a->digest, sizeof a->digest, hex, len, true) ||
           err_set(err, ERR_USAGE,
                   "--plan-digest takes the 64 hex digits that 'applier plan' printed");
}

static bool check_digest(const struct apply_call *a, struct err *err)
{
    return !a->has_digest || crypto_equal(a->digest, a->plan->digest, sizeof a->digest) ||
           err_set(err, ERR_CHANGED_PLAN,
                   "what would be written is not what was planned: bundle or files differ from "
                   "those of the plan; run 'applier plan' again and have it approved");
}

/* What was cut off before comes first, and what a check has still to say. */
static bool settle(struct apply_call *a, struct err *err)
{
    const char *bundle = a->call->arg_count == 0 ? NULL : a->call->args[0];
    struct recover_report report;
    struct err missing = {0};
    char text[RECOVER_TEXT_SIZE];

    if (!commands_confine_writing(a->call, a->state, bundle, false, 0, &a->site, &missing, err) ||
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

/* What a person should do once the files are changed. */
static void say_afterwards(const struct apply_call *a)
{
    cmd_result(a->call, "%s Then look at https://<ENS host>/MailNotifications/api/ens/alive\n",
               plan_may_need_recycle(a->plan)
                   ? "A file named by configSource was changed: the application may need a recycle "
                     "in IIS."
                   : "IIS restarts the application by itself.");
}

static void say_result(const struct apply_call *a, const struct apply_result *result)
{
    const struct manifest *m = bundle_manifest(a->bundle);
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
        say_afterwards(a);
    }
}

/* From the open bundle to the changed files. */
static bool carry_out(struct apply_call *a, struct err *err)
{
    const struct err *dates = bundle_date_problem(a->bundle);
    struct apply_result result;

    if (dates != NULL && dates->code != ERR_NONE) {
        cmd_warn(a->call, "applied again although: %s", dates->text);
    }
    a->plan = plan_bundle(a->bundle, a->site, &a->secret, err);
    if (a->plan == NULL || !check_digest(a, err) ||
        !commands_show_plan(a->call, a->plan, a->bundle, err)) {
        return false;
    }
    if (!apply_bundle(a->state, a->bundle, a->site, a->plan, &a->who, &result, err) ||
        !apply_check(a->state, a->site, &a->who, err)) {
        return false;
    }
    say_result(a, &result);
    return true;
}

/* With a reason a closed window is none in the way; log and receipt keep it. */
static bool pass_window(struct apply_call *a, struct err *err)
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

static bool run_locked(struct apply_call *a, struct err *err)
{
    if (!settle(a, err) || !commands_section(a->call, a->site, err) ||
        !state_secret(a->state, &a->secret, err)) {
        return false;
    }
    return take_bundle(a, err) && pass_window(a, err) && carry_out(a, err);
}

static bool apply_run(struct cmd_call *call, struct err *err)
{
    struct apply_call a = {.call = call};
    bool done;

    proc_user(a.operator, sizeof a.operator);
    a.who = (struct apply_who){.operator= a.operator, .note = cmd_value(call, "note")};
    buf_init_secret(&a.secret, LIMIT_LINE_BYTES);
    if (!commands_check_note(a.who.note, err) || !commands_outside(call, &a.who.outside, err) ||
        !read_digest(&a, err)) {
        return false;
    }
    a.state = state_open(commands_state_dir(call), true, err);
    done = a.state != NULL && run_locked(&a, err);
    done = commands_start_services(call, a.state, done, err);
    if (a.state != NULL && !done && err_exit(err->code) != err_exit(ERR_USAGE)) {
        record_refusal(a.state, err);
    }
    plan_free(a.plan);
    bundle_free(a.bundle);
    site_free(a.site);
    state_close(a.state);
    buf_release(&a.secret);
    return done;
}

static const struct cmd_option options[] = {
    {"plan-digest", 0, "HEX", "apply only what 'applier plan' showed with this digest", false},
    {"note", 0, "TEXT", "kept in receipt and log, such as the number of the change", false},
    {"section", 0, "PATH", "which pinnedCertificates, as in site.xml", false},
    COMMANDS_CREATE_SECTION,
    COMMANDS_OUTSIDE_WINDOW,
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_apply = {
    .name = "apply",
    .args = "[BUNDLE]",
    .min_args = 0,
    .max_args = 1,
    .summary = "Put a bundle's pins into every web.config",
    .details =
        "BUNDLE is a file, or a folder with one bundle in it, such as a mounted stick. It is "
        "verified as 'applier verify' does; then the new files are computed and proved, staged, "
        "and each is exchanged in one step. Every file is the old or the new one at any instant.\n"
        "\n"
        "Without BUNDLE the last accepted bundle is applied again: an upgrade of ENS may have "
        "replaced the file ('applier status' says so).\n"
        "\n"
        "A file without a pinnedCertificates section is refused (exit 20). --create-section gives "
        "it one, in the element where its configSections declares it; without a declaration it is "
        "refused all the same. 'applier rollback' takes the section out again. 'applier plan' has "
        "the same option.\n"
        "\n"
        "Where site.xml has patch windows, files are changed only while one is open and stays so "
        "for "
        "what the run may take; else exit 31 with the next opening. --outside-window with a "
        "--reason "
        "is for when it cannot wait.\n"
        "\n"
        "A run that was cut off is ended first. If the site has a check command and it fails, the "
        "run is rolled back (exit 24).\n"
        "\n"
        "  applier apply /media/usb --plan-digest 1a2b... --note CHG0012345",
    .options = options,
    .run = apply_run,
};
