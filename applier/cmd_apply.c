/* SPDX-License-Identifier: MIT */
/*
 * applier apply: verify, plan, write.
 */
#include <stdlib.h>
#include <string.h>

#include "applier/commands_apply.h"
#include "applier/open.h"
#include "bundles/candidate.h"
#include "keys/crypto.h"

/* Everything that one apply holds open. */
struct apply_call {
    struct commands_apply base;
    struct bundle *bundle;
    struct plan *plan;
    bool has_digest;
    uint8_t digest[32]; /* of --plan-digest */
};

/* The bundle that is named, its trust chain kept in any case; without a name the last one. */
static bool take_bundle(struct apply_call *a, struct err *err)
{
    struct trust *advanced = NULL;
    struct err second = {0};
    char *path;

    if (a->base.call->arg_count == 0) {
        a->bundle = open_last(a->base.state, err);
        return a->bundle != NULL && open_check_waiting(a->base.state, err) &&
               open_check_hold(a->base.state, a->bundle, err);
    }
    path = candidate_find(a->base.call->args[0], err);
    if (path == NULL) {
        return false;
    }
    a->bundle = open_bundle(a->base.state, path, NULL, NULL, &advanced, err);
    free(path);
    if (advanced != NULL && !state_advance_trust(a->base.state, advanced, &second)) {
        bundle_free(a->bundle);
        a->bundle = NULL;
        *err = second;
    }
    trust_free(advanced);
    return a->bundle != NULL && open_check_waiting(a->base.state, err);
}

/* Before anything else: what is typed wrong must not first recover a run or keep a trust set. */
static bool read_digest(const struct cmd_call *call, struct apply_call *a, struct err *err)
{
    const char *typed = cmd_value(call, "plan-digest");
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

/* From the open bundle to the changed files. */
static bool carry_out(struct apply_call *a, struct err *err)
{
    const struct err *dates = bundle_date_problem(a->bundle);

    if (dates != NULL && dates->code != ERR_NONE) {
        cmd_warn(a->base.call, "applied again although: %s", dates->text);
    }
    a->plan = plan_bundle(a->bundle, a->base.site, &a->base.secret, err);
    return a->plan != NULL && check_digest(a, err) &&
           commands_show_plan(a->base.call, a->plan, a->bundle, err) &&
           commands_apply_carry(&a->base, a->bundle, a->plan, err);
}

static bool apply_run(struct cmd_call *call, struct err *err)
{
    struct apply_call a = {0};
    const char *named = call->arg_count == 0 ? NULL : call->args[0];
    bool done;

    if (!read_digest(call, &a, err) || !commands_apply_init(&a.base, call, err)) {
        return false;
    }
    done = commands_apply_begin(&a.base, named, err) && take_bundle(&a, err) &&
           commands_apply_window(&a.base, err) && carry_out(&a, err);
    done = commands_apply_end(&a.base, done, err);
    plan_free(a.plan);
    bundle_free(a.bundle);
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
