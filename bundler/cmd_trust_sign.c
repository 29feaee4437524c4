/* SPDX-License-Identifier: MIT */
/* bundler trust sign: a root signer agrees to the next trust set. */
#include <inttypes.h>

#include "bundler/commands.h"
#include "bundler/rotation.h"

static void tell_current(const struct cmd_call *call, const struct trust *trust)
{
    char digits[2 * 32 + 32 / 2 + 1], option[1100];

    text_hex_groups(digits, trust->fingerprint, sizeof trust->fingerprint);
    jout_bool(call->result, "current", true);
    jout_hex(call->result, "fingerprint", trust->fingerprint, sizeof trust->fingerprint);
    cmd_result(call, "Trust set %" PRIu64 " is signed and current.\n", trust->version);
    cmd_say(call,
            "trust fingerprint\n  %s\n"
            "Sites that are enrolled take it from the next bundle; new ones enrol with the new "
            "trust.xml and this fingerprint. Take the root keys away again.\n"
            "Next:\n"
            "  bundler%s build\n",
            digits, commands_option(call, option, sizeof option));
}

/* *done: the pending set is current now; else `missing` says why not. */
static bool finish(struct cmd_call *call, struct rotation *r, bool *done, struct err *missing,
                   struct err *err)
{
    if (!rotation_publish(r, done, missing, err)) {
        return false;
    }
    if (*done) {
        jout_number(call->result, "version", r->current->version);
        tell_current(call, r->current);
    }
    return true;
}

static void tell_missing(const struct cmd_call *call, const struct trust *next,
                         const struct err *missing)
{
    jout_number(call->result, "version", next->version);
    jout_bool(call->result, "current", false);
    jout_text(call->result, "missing", missing->text);
    cmd_result(call, "Signed trust set %" PRIu64 "; not enough yet: %s.\n", next->version,
               missing->text);
    cmd_say(call, "Who has signed: 'bundler trust show'. The others sign by 'bundler trust sign', "
                  "here or in a copy of this workspace.\n");
}

static bool sign(struct cmd_call *call, struct rotation *r, struct err *err)
{
    struct signkey *key = commands_key(call, r->ws, NULL, err);
    struct err missing = {0};
    bool done = false, ok = key != NULL;
    int64_t now;

    ok = ok && workspace_now(&now, err) && rotation_sign(r, key, now, err) &&
         finish(call, r, &done, &missing, err);
    signkey_free(key);
    if (ok && !done) {
        tell_missing(call, r->next, &missing);
    }
    return ok;
}

/* First what a run that was cut off left to do: it needs no key. */
static bool run(struct cmd_call *call, struct err *err)
{
    struct workspace *ws = commands_workspace(call, true, err);
    struct rotation r = {0};
    struct err missing = {0};
    bool done = false, ok = ws != NULL && rotation_load(&r, ws, err) &&
                            finish(call, &r, &done, &missing, err) && (done || sign(call, &r, err));

    rotation_release(&r);
    workspace_close(ws);
    return ok;
}

static const struct cmd_option options[] = {
    {"signer", 0, "NAME", "sign with keys/NAME.key, or with NAME.key in the folder of --key",
     false},
    {"key", 0, "FILE", "the key, or a folder that holds NAME.key, as on an offline medium", false},
    {"passphrase-file", 0, "FILE", "the key's passphrase is the first line of FILE", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_trust_sign = {
    .name = "trust sign",
    .args = "",
    .summary = "Sign the next trust set with a root key",
    .details =
        "Adds a signature to the pending trust set (look at it first: 'bundler trust show'). The "
        "key decides who signs: it must be a root signer of the current set or of the next, and "
        "signs once. As soon as enough root signers of both sets have signed, the next set becomes "
        "keys/trust.xml and is kept with its signatures in keys/trust/, and every later bundle "
        "carries it.\n\n"
        "  bundler trust sign --signer signer-root --key /media/offline\n\n"
        "Root signers in other places sign a copy: they need bundler.xml, keys/trust.xml, "
        "keys/trust-next.xml and its .p7s files, and send the new keys/trust-next-N.p7s back.\n\n"
        "A run that was cut off is ended by the same command.",
    .options = options,
    .run = run,
};
