/* SPDX-License-Identifier: MIT */
/* applier status: what the site has, and what is wrong with it; writes nothing. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "applier/audit.h"
#include "applier/commands.h"
#include "applier/confine.h"
#include "applier/open.h"
#include "applier/plan_words.h"
#include "applier/services.h"
#include "applier/status.h"
#include "base/limits.h"
#include "base/when.h"

/* --- the state --- */

static void tell_trust(struct status *s, const struct trust *trust, int64_t now)
{
    char when[PLAN_WORDS_TIME_SIZE], digits[81];
    struct err err = {0};

    text_hex_groups(digits, trust->fingerprint, sizeof trust->fingerprint);
    commands_trust_json(trust, jout_object(s->call->result, "trust"));
    cmd_result(s->call, "trust set  %" PRIu64 " of epoch %" PRIu64 ", until %s%s\n           %s\n",
               trust->version, trust->epoch, plan_words_time(trust->expires, when),
               trust->single_key ? "; one key signs both trust sets and bundles (single-key)" : "",
               digits);
    if (trust->expires <= now) {
        err_set(&err, ERR_TIME_TRUST_EXPIRED,
                "the trust set expired on %s; bundles are refused until one carries a newer set",
                when);
        status_note(s, err_reason(err.code), 17, err.text);
    }
}

static void tell_accepted(struct status *s, const struct state *state)
{
    struct jout *last;
    char when[PLAN_WORDS_TIME_SIZE];

    if (!state->has_last) {
        jout_text(s->call->result, "last", NULL);
        jout_number(s->call->result, "least_sequence", state->least);
        cmd_result(s->call, "accepted   no bundle yet");
        if (state->least > 0) {
            cmd_result(s->call, "; the first must have sequence %" PRIu64 " or more", state->least);
        }
        cmd_result(s->call, "\n");
        return;
    }
    last = jout_object(s->call->result, "last");
    jout_number(last, "epoch", state->last.epoch);
    jout_number(last, "sequence", state->last.sequence);
    jout_hex(last, "manifest_sha256", state->last.manifest, sizeof state->last.manifest);
    cmd_result(s->call, "accepted   bundle %" PRIu64 " of epoch %" PRIu64, state->last.sequence,
               state->last.epoch);
    if (s->last != NULL) {
        jout_time(last, "signed", bundle_signed_at(s->last));
        jout_time(last, "expires", bundle_manifest(s->last)->expires);
        jout_time(last, "next_expected", bundle_manifest(s->last)->next_expected);
        cmd_result(s->call, ", signed %s", plan_words_time(bundle_signed_at(s->last), when));
        cmd_result(s->call, "; the next is expected by %s",
                   plan_words_time(bundle_manifest(s->last)->next_expected, when));
    }
    cmd_result(s->call, "\n");
}

static void tell_rest(struct status *s, const struct state *state)
{
    char when[PLAN_WORDS_TIME_SIZE], nonce[33];
    struct jout *result = s->call->result;

    if (state->has_floor) {
        jout_time(result, "floor", state->floor);
        cmd_result(s->call, "floor      %s: earlier clocks are not believed\n",
                   plan_words_time(state->floor, when));
    } else {
        jout_text(result, "floor", NULL);
    }
    text_hex(nonce, state->nonce, sizeof state->nonce);
    jout_text(result, "nonce", nonce);
    jout_bool(result, "waiting", state->waits);
    jout_number(result, "runs", state->runs);
    jout_number(result, "receipts", state->receipts);
    jout_bool(result, "held", state->held);
    jout_number(result, "unchecked", state->unchecked);
    cmd_result(s->call, "nonce      %s, %" PRIu64 " run%s, %" PRIu64 " receipt%s\n", nonce,
               state->runs, plan_words_s((size_t)state->runs), state->receipts,
               plan_words_s((size_t)state->receipts));
    if (state->unchecked > 0) {
        cmd_result(s->call,
                   "check      run %" PRIu64
                   " still waits for the site's check command; the next 'apply' starts with it\n",
                   state->unchecked);
    }
    if (state->has_pending) {
        jout_number(result, "waiting_sequence", state->pending.sequence);
        cmd_result(s->call,
                   "waiting    bundle %" PRIu64
                   " for a patch window; 'applier inbox' applies it then\n",
                   state->pending.sequence);
    }
    if (state->held) {
        jout_number(result, "held_sequence", state->hold.sequence);
        cmd_result(s->call,
                   "hold       bundle %" PRIu64
                   " was rolled back; only 'apply BUNDLE' by name, or a newer one, is taken\n",
                   state->hold.sequence);
    }
}

/* The pins' dates that passed inform; a bundle that never came is a problem. */
static void check_last(struct status *s, int64_t now)
{
    const struct err *dates = bundle_date_problem(s->last);
    char when[PLAN_WORDS_TIME_SIZE];
    struct err err = {0};

    if (bundle_manifest(s->last)->next_expected < now) {
        err_set(&err, ERR_FROZEN,
                "the next bundle was expected by %s and none came: ask those who make them, or "
                "look who keeps it",
                plan_words_time(bundle_manifest(s->last)->next_expected, when));
        status_note_err(s, &err);
    }
    if (dates->code != ERR_NONE) {
        cmd_warn(s->call, "the last bundle today: %s", dates->text);
    }
}

static void check_waiting(struct status *s, const struct state *state)
{
    struct err err = {0};

    if (!open_check_waiting(state, &err)) {
        status_note_err(s, &err);
    }
}

static void check_clock(struct status *s, const struct state *state)
{
    struct err err = {0};

    if (state->has_floor && when_now() < state->floor - WHEN_DAY) {
        err_set(&err, ERR_CLOCK_BEHIND,
                "the clock of this machine is more than a day behind what the site has seen "
                "signed: set it, or every bundle is refused");
        status_note_err(s, &err);
    }
}

static void check_services(struct status *s, const struct state *state)
{
    struct err err = {0};

    if (!services_check(state, &err)) {
        status_note_err(s, &err);
    }
}

static bool check_journal(struct status *s, const struct state *state)
{
    bool unfinished = false;
    struct err err = {0};

    if (!state_unfinished(state, &unfinished, &err)) {
        status_note_err(s, &err);
    } else if (unfinished) {
        err_set(&err, ERR_UNFINISHED,
                "an earlier run was cut off; 'applier recover' ends it, and 'apply' does so first");
        status_note_err(s, &err);
    }
    jout_bool(s->call->result, "unfinished", unfinished);
    return unfinished;
}

/* --- all of it --- */

static void tell_head(struct status *s, const struct state *state)
{
    char domain[33];

    text_hex(domain, state->trust->domain, sizeof state->trust->domain);
    jout_text(s->call->result, "site", state->site);
    jout_text(s->call->result, "state", state->dir);
    jout_text(s->call->result, "channel", state->trust->channel);
    jout_text(s->call->result, "domain", domain);
    cmd_result(s->call, "site       %s, state in %s\nchannel    %s, domain %s\n", state->site,
               state->dir, state->trust->channel, domain);
}

static void verify_receipts(struct status *s, const struct state *state)
{
    struct err err = {0};
    uint64_t checked = 0;

    if (!audit_receipts(state, &checked, &err)) {
        status_note_err(s, &err);
    } else {
        cmd_result(s->call, "receipts   all %" PRIu64 " hold, from the first to the last\n",
                   checked);
    }
    jout_number(s->call->result, "receipts_verified", checked);
}

static void tell_sandbox(const struct cmd_call *call)
{
    struct jout *to = jout_object(call->result, "sandbox");
    struct sandbox_active active = confine_active();
    char text[CONFINE_TEXT_SIZE];

    jout_bool(to, "seccomp", active.calls);
    jout_number(to, "landlock", (uint64_t)active.landlock);
    jout_bool(to, "core_dumps_off", proc_dumps_off());
    if (!call->verbose) { /* said already */
        cmd_result(call, "sandbox    %s\n", confine_text(&active, text));
    }
}

static bool confine(const struct cmd_call *call, const struct site *site, struct err *err)
{
    struct confine c;

    confine_init(&c, commands_state_dir(call), false);
    confine_site(&c, site, SANDBOX_READ);
    return confine_enter(&c, call, err);
}

/* Everything, from a state that is open. */
static void tell(struct status *s, struct state *state, const struct site *site,
                 const struct err *missing)
{
    struct err cause = {0};
    bool unfinished;
    int64_t now;

    s->last = state->has_last ? open_last(state, &cause) : NULL;
    now = when_now();
    now = state->has_floor && state->floor > now ? state->floor : now;
    s->last_is_held = s->last != NULL && !open_check_hold(state, s->last, NULL);
    tell_head(s, state);
    if (cmd_flag(s->call, "verify-receipts")) {
        verify_receipts(s, state);
    }
    tell_trust(s, state->trust, now);
    tell_accepted(s, state);
    tell_rest(s, state);
    unfinished = check_journal(s, state);
    check_services(s, state);
    check_waiting(s, state);
    check_clock(s, state);
    if (s->last != NULL) {
        check_last(s, now);
    } else if (cause.code != ERR_NONE && !(cause.code == ERR_UNFINISHED && unfinished)) {
        status_note_err(s, &cause);
    }
    status_targets(s, site, missing);
    bundle_free(s->last);
}

static bool run(struct cmd_call *call, struct err *err)
{
    struct status s;
    struct state *state = state_open(commands_state_dir(call), false, err);
    struct err missing = {0};
    struct site *site;
    bool ok;

    if (state == NULL) {
        return false;
    }
    status_init(&s, call);
    site = site_load(state->dir, &missing);
    ok = confine(call, site, err);
    if (ok) {
        s.problems = jout_array(call->result, "problems");
        s.targets = jout_array(call->result, "targets");
        tell(&s, state, site, &missing);
        tell_sandbox(call);
    }
    site_free(site);
    state_close(state);
    return ok;
}

static const struct cmd_option options[] = {
    {"verify-receipts", 0, NULL, "verify every receipt and that none is missing", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_status = {
    .name = "status",
    .args = "",
    .summary = "Show what this site has and what is wrong",
    .details =
        "Looks at the state and the targets without changing or locking anything. The exit code is "
        "the first that applies of 18 (not enrolled, or state damaged), 21 (a run was cut off, or "
        "left a service stopped), 17 (trust set expired), 23 (the next bundle is overdue), that of "
        "a target that cannot be read, 3 (a target lacks pins of the last bundle or holds retired "
        "ones), 0. Every problem is named, with its reason in --json.\n\n"
        "--verify-receipts looks through the site's receipts too, each signed and naming the one "
        "before: a receipt that is missing, was changed, or does not follow is a problem (18). It "
        "cannot see that the last ones were taken away together with an older state; the copies on "
        "the connected side can.\n\n"
        "  applier status --json",
    .options = options,
    .run = run,
};
