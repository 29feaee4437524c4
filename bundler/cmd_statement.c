/* SPDX-License-Identifier: MIT */
/* bundler statement make, sign: what the root signers tell one site. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/when.h"
#include "bundler/commands.h"
#include "bundler/statements.h"

/* --- what was asked for --- */

static bool read_time(const char *option, const char *text, int64_t *when, struct err *err)
{
    return when_parse(when, text, WHEN_MIN, WHEN_MAX) ||
           err_set(err, ERR_USAGE, "--%s '%s' is no time; it is written as 2027-01-31T06:00:00Z",
                   option, text);
}

static bool read_pair(struct statement *s, const char *text, struct err *err)
{
    const char *colon = strchr(text, ':');
    char epoch[32] = "";

    if (colon != NULL && (size_t)(colon - text) < sizeof epoch) {
        memcpy(epoch, text, (size_t)(colon - text));
    }
    return (text_number(&s->epoch, epoch, 1, TEXT_NUMBER_MAX) &&
            text_number(&s->sequence, colon + 1, 0, TEXT_NUMBER_MAX)) ||
           err_set(err, ERR_USAGE,
                   "--reset-state '%s' is no EPOCH:SEQUENCE, as 1:42; a bundle is then accepted if "
                   "it is greater",
                   text);
}

static bool one_kind(const struct cmd_call *call, struct err *err)
{
    int given = (cmd_value(call, "expired") != NULL) + (cmd_value(call, "reset-time") != NULL) +
                (cmd_value(call, "reset-state") != NULL);

    if (given != 1) {
        return err_set(err, ERR_USAGE,
                       "exactly one of --expired, --reset-time and --reset-state is expected");
    }
    return (cmd_value(call, "floor") != NULL) == (cmd_value(call, "reset-state") != NULL) ||
           err_set(err, ERR_USAGE,
                   "--floor TIME goes with --reset-state, and --reset-state needs "
                   "it: the time below which the site's clock must not be");
}

static bool read_kind(const struct cmd_call *call, struct statement *s, struct err *err)
{
    const char *expired = cmd_value(call, "expired"), *when = cmd_value(call, "reset-time"),
               *state = cmd_value(call, "reset-state");

    if (!one_kind(call, err)) {
        return false;
    }
    if (expired != NULL) {
        s->kind = STATEMENT_EXPIRED;
        return true;
    }
    if (when != NULL) {
        s->kind = STATEMENT_RESET_TIME;
        return read_time("reset-time", when, &s->floor, err);
    }
    s->kind = STATEMENT_RESET_STATE;
    return read_pair(s, state, err) && read_time("floor", cmd_value(call, "floor"), &s->floor, err);
}

static bool read_asked(const struct cmd_call *call, struct statement *s, struct err *err)
{
    const char *site = cmd_value(call, "site"), *nonce = cmd_value(call, "nonce"),
               *reason = cmd_value(call, "reason");

    if (site == NULL || nonce == NULL || reason == NULL) {
        return err_set(err, ERR_USAGE, "--site ID, --nonce HEX and --reason TEXT are needed");
    }
    if (!text_is_id(site)) {
        return err_set(err, ERR_USAGE, "--site '%s' is no id of a site", site);
    }
    if (!text_unhex(s->nonce, sizeof s->nonce, nonce, strlen(nonce), true)) {
        return err_set(err, ERR_USAGE,
                       "--nonce '%s' is none: 32 hexadecimal digits, as 'applier status' shows "
                       "them at the site",
                       nonce);
    }
    if (!text_is_free(reason, strlen(reason))) {
        return err_set(err, ERR_USAGE,
                       "--reason is no text of one line: 1 to %d bytes, without double spaces",
                       TEXT_FREE_MAX);
    }
    snprintf(s->site, sizeof s->site, "%s", site);
    snprintf(s->reason, sizeof s->reason, "%s", reason);
    return read_kind(call, s, err);
}

/* --- telling --- */

static void tell_what(const struct cmd_call *call, const struct statement *s)
{
    char hex[65], when[WHEN_TEXT_SIZE];

    jout_text(call->result, "kind", statement_kind_name(s->kind));
    jout_text(call->result, "site", s->site);
    jout_hex(call->result, "nonce", s->nonce, sizeof s->nonce);
    jout_text(call->result, "reason_given", s->reason);
    cmd_result(call, "For site %s, once: ", s->site);
    if (s->kind == STATEMENT_EXPIRED) {
        text_hex(hex, s->manifest, sizeof s->manifest);
        jout_hex(call->result, "manifest_sha256", s->manifest, sizeof s->manifest);
        cmd_result(call, "the bundle with manifest %s may be applied though it has expired.\n",
                   hex);
        return;
    }
    when_format(when, s->floor);
    jout_time(call->result, "floor", s->floor);
    if (s->kind == STATEMENT_RESET_STATE) {
        jout_number(call->result, "epoch", s->epoch);
        jout_number(call->result, "sequence", s->sequence);
        cmd_result(call, "bundles above epoch %" PRIu64 ", sequence %" PRIu64 " are accepted, and ",
                   s->epoch, s->sequence);
    }
    cmd_result(call, "its clock may not be before %s.\n", when);
}

/* --- running --- */

static bool make_it(struct cmd_call *call, struct workspace *ws, struct statement *s,
                    struct err *err)
{
    const char *expired = cmd_value(call, "expired"), *dir = call->args[0];
    struct trust *trust = workspace_trust(ws, err);
    char option[1100], word[1100];
    int64_t now;
    bool ok = trust != NULL && workspace_now(&now, err);

    if (ok && expired != NULL) {
        ok = statements_waive(trust, expired, s->site, now, s->manifest, err);
    }
    ok = ok && statements_make(ws, s, dir, now, err);
    if (ok) {
        jout_text(call->result, "statement", dir);
        jout_number(call->result, "signatures_missing", trust->roles[TRUST_ROOT].threshold);
        tell_what(call, s);
        cmd_say(
            call,
            "It needs %u root signature%s. Next:\n  bundler%s statement sign %s "
            "--signer NAME-root --key FOLDER\n",
            trust->roles[TRUST_ROOT].threshold, trust->roles[TRUST_ROOT].threshold == 1 ? "" : "s",
            commands_option(call, option, sizeof option), text_word(word, sizeof word, dir, "DIR"));
    }
    trust_free(trust);
    return ok;
}

static bool run_make(struct cmd_call *call, struct err *err)
{
    struct statement *s = statement_new(err);
    struct workspace *ws = NULL;
    bool ok = s != NULL && read_asked(call, s, err);

    if (ok) {
        ws = commands_workspace(call, false, err);
        ok = ws != NULL && make_it(call, ws, s, err);
    }
    workspace_close(ws);
    statement_free(s);
    return ok;
}

static bool sign_it(struct cmd_call *call, struct workspace *ws, struct trust *trust,
                    struct err *err)
{
    struct signkey *key = commands_key(call, ws, NULL, err);
    struct statements_signed done;
    struct statement *s = NULL;
    int64_t now;

    if (key != NULL && workspace_now(&now, err)) {
        s = statements_sign(trust, call->args[0], key, now, &done, err);
    }
    signkey_free(key);
    if (s == NULL) {
        return false;
    }
    tell_what(call, s);
    jout_text(call->result, "signer", done.signer->id);
    jout_number(call->result, "signatures_missing", done.missing);
    cmd_result(call, "Signed by %s.\n", done.signer->id);
    if (done.missing > 0) {
        cmd_say(call, "%u more root signature%s needed.\n", done.missing,
                done.missing == 1 ? " is" : "s are");
    } else {
        cmd_say(call,
                "Next: carry the folder to the site, and there:\n"
                "  applier recover --statement %s\n",
                call->args[0]);
    }
    statement_free(s);
    return true;
}

static bool run_sign(struct cmd_call *call, struct err *err)
{
    struct workspace *ws = commands_workspace(call, false, err);
    struct trust *trust = ws == NULL ? NULL : workspace_trust(ws, err);
    bool ok = trust != NULL && sign_it(call, ws, trust, err);

    trust_free(trust);
    workspace_close(ws);
    return ok;
}

static const struct cmd_option make_options[] = {
    {"site", 0, "ID", "the one site that it is for", false},
    {"nonce", 0, "HEX", "what 'applier status' shows there as nonce", false},
    {"reason", 0, "TEXT", "why, for the site's records", false},
    {"expired", 0, "BUNDLE", "this bundle may be applied though it has expired", false},
    {"reset-time", 0, "TIME", "the site's time floor: its clock may not be before it", false},
    {"reset-state", 0, "EPOCH:SEQUENCE", "the site accepts the bundles above this pair", false},
    {"floor", 0, "TIME", "with --reset-state: its time floor", false},
    {NULL, 0, NULL, NULL, false},
};

static const struct cmd_option sign_options[] = {
    {"signer", 0, "NAME", "sign with keys/NAME.key, or with NAME.key in the folder of --key",
     false},
    {"key", 0, "FILE", "the key, or a folder that holds NAME.key, as on an offline medium", false},
    {"passphrase-file", 0, "FILE", "the key's passphrase is the first line of FILE", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_statement_make = {
    .name = "statement make",
    .args = "DIR",
    .min_args = 1,
    .max_args = 1,
    .summary = "Write down what the root signers allow one site, once",
    .details =
        "For a site that a date or its own state stands in the way of. It has no effect before "
        "the root signers have signed it ('bundler statement sign'), and it never waives a "
        "signature, a threshold, the domain, the site or the minimum. The site takes it by "
        "'applier recover --statement DIR', once: its nonce is another one then.\n\n"
        "--expired waives the end of one bundle, of which nothing else is waived. --reset-time "
        "sets the time that the site's clock may not be before, after a clock that ran ahead. "
        "--reset-state sets what bundles are compared with, after a state was lost or a thief "
        "gave the site a bundle of a very high sequence; sequence 0 accepts any of the epoch.\n\n"
        "  bundler statement make --site plant-7 --nonce 0f1e… --reason 'change 1234' \\\n"
        "    --expired bundles/cns-pins-000042.tar plant-7\n\n"
        "Ask for the nonce on a channel that you trust: whoever gives it has the site in hand.",
    .options = make_options,
    .run = run_make,
};

const struct cmd cmd_statement_sign = {
    .name = "statement sign",
    .args = "DIR",
    .min_args = 1,
    .max_args = 1,
    .summary = "Sign a statement with a root key",
    .details =
        "Shows what is signed and adds DIR/statement-N.p7s. The key decides who signs: it must be "
        "a root signer of keys/trust.xml, and signs once. The site asks for as many signatures as "
        "the threshold of its root signers.\n\n"
        "  bundler statement sign plant-7 --signer signer-root --key /media/offline",
    .options = sign_options,
    .run = run_sign,
};
