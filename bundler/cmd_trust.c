/* SPDX-License-Identifier: MIT */
/* bundler trust show: the current trust set, and the next with who has signed it. */
#include <inttypes.h>

#include "base/when.h"
#include "bundler/commands.h"
#include "bundler/rotation.h"
#include "keys/crypto.h"

#define WARN_DAYS 60

static bool tell_signer(const struct cmd_call *call, enum trust_role role,
                        const struct trust_signer *signer, struct jout *item, struct err *err)
{
    char digits[2 * CRYPTO_SHA256_SIZE + 1], until[WHEN_TEXT_SIZE];
    uint8_t sha256[CRYPTO_SHA256_SIZE];

    if (!crypto_sha256(sha256, signer->cert, signer->cert_len, err)) {
        return false;
    }
    text_hex(digits, sha256, sizeof sha256);
    jout_text(item, "id", signer->id);
    jout_hex(item, "certificate_sha256", sha256, sizeof sha256);
    if (role == TRUST_BUNDLE) {
        when_format(until, signer->until);
        jout_time(item, "until", signer->until);
        cmd_result(call, "    %s, until %s\n", signer->id, until);
    } else {
        cmd_result(call, "    %s\n", signer->id);
    }
    cmd_result(call, "      certificate %s\n", digits);
    return true;
}

static bool tell_role(const struct cmd_call *call, const struct trust *trust, enum trust_role role,
                      struct jout *to, struct err *err)
{
    const struct trust_keys *keys = &trust->roles[role];
    struct jout *object = jout_object(to, trust_role_name(role));
    struct jout *list;
    bool ok = true;

    jout_number(object, "threshold", keys->threshold);
    list = jout_array(object, "signers");
    cmd_result(call, "  %s signers, %u of %zu needed\n", trust_role_name(role), keys->threshold,
               keys->count);
    for (size_t i = 0; ok && i < keys->count; i++) {
        ok = tell_signer(call, role, &keys->signers[i], jout_item(list), err);
    }
    return ok;
}

static bool tell_set(const struct cmd_call *call, const struct trust *trust, struct jout *to,
                     struct err *err)
{
    char digits[2 * 32 + 32 / 2 + 1], expires[WHEN_TEXT_SIZE];

    text_hex_groups(digits, trust->fingerprint, sizeof trust->fingerprint);
    when_format(expires, trust->expires);
    jout_number(to, "version", trust->version);
    jout_hex(to, "fingerprint", trust->fingerprint, sizeof trust->fingerprint);
    jout_hex(to, "domain", trust->domain, sizeof trust->domain);
    jout_text(to, "channel", trust->channel);
    jout_number(to, "epoch", trust->epoch);
    jout_number(to, "least_sequence", trust->least_sequence);
    jout_time(to, "expires", trust->expires);
    jout_bool(to, "single_key", trust->single_key);
    cmd_result(call,
               "trust set %" PRIu64 " for %s\n  fingerprint %s\n"
               "  epoch %" PRIu64 ", sequences from %" PRIu64 ", expires %s%s\n",
               trust->version, trust->channel, digits, trust->epoch, trust->least_sequence, expires,
               trust->single_key ? ", single-key" : "");
    return tell_role(call, trust, TRUST_ROOT, to, err) &&
           tell_role(call, trust, TRUST_BUNDLE, to, err);
}

static void tell_vote(const struct cmd_call *call, const struct rotation *r,
                      const struct rotation_vote *vote, struct jout *item)
{
    char when[WHEN_TEXT_SIZE];

    when_format(when, vote->signing_time);
    jout_text(item, "id", vote->signer->id);
    jout_time(item, "when", vote->signing_time);
    jout_bool(item, "counts_for_current", vote->of_current);
    jout_bool(item, "counts_for_next", vote->of_next);
    cmd_result(call, "  signed %s by %s, for set ", when, vote->signer->id);
    if (vote->of_current) {
        cmd_result(call, "%" PRIu64 "%s", r->current->version, vote->of_next ? " and " : "");
    }
    if (vote->of_next) {
        cmd_result(call, "%" PRIu64, r->next->version);
    }
    cmd_result(call, "\n");
}

static bool tell_pending(const struct cmd_call *call, const struct rotation *r, struct err *err)
{
    struct rotation_vote votes[LIMIT_TRUST_SIGNATURES];
    struct jout *to = jout_object(call->result, "pending"), *list;
    size_t current = 0, next = 0;

    cmd_result(call, "\npending: ");
    if (!tell_set(call, r->next, to, err) || !rotation_votes(r, votes, err)) {
        return false;
    }
    list = jout_array(to, "signatures");
    for (size_t i = 0; i < r->signature_count; i++) {
        tell_vote(call, r, &votes[i], jout_item(list));
        current += votes[i].of_current;
        next += votes[i].of_next;
    }
    jout_number(to, "votes_of_current", current);
    jout_number(to, "votes_of_next", next);
    cmd_result(call,
               "  %zu of the %u root signatures that set %" PRIu64 " asks for, %zu of the %u that "
               "set %" PRIu64 " asks for\n",
               current, r->current->roles[TRUST_ROOT].threshold, r->current->version, next,
               r->next->roles[TRUST_ROOT].threshold, r->next->version);
    return true;
}

static void warn_dates(struct cmd_call *call, const struct trust *trust)
{
    int64_t now = when_now();
    char when[WHEN_TEXT_SIZE];

    when_format(when, trust->expires);
    if (now >= trust->expires) {
        cmd_warn(call,
                 "trust set %" PRIu64 " has expired: sites refuse every bundle until one "
                 "carries the next set: 'bundler trust refresh'",
                 trust->version);
    } else if (now + WARN_DAYS * WHEN_DAY >= trust->expires) {
        cmd_warn(call,
                 "trust set %" PRIu64 " expires on %s; 'bundler trust refresh' begins the "
                 "next",
                 trust->version, when);
    }
}

static bool run(struct cmd_call *call, struct err *err)
{
    struct workspace *ws = commands_workspace(call, false, err);
    struct rotation r = {0};
    bool ok = ws != NULL && rotation_load(&r, ws, err) &&
              tell_set(call, r.current, jout_object(call->result, "current"), err);

    if (ok && r.next == NULL) {
        jout_text(call->result, "pending", NULL);
    } else if (ok) {
        ok = tell_pending(call, &r, err);
    }
    if (ok) {
        warn_dates(call, r.current);
    }
    if (ok && r.leftover) {
        cmd_warn(call, "a 'trust sign' was cut off at its end: run it once more");
    }
    rotation_release(&r);
    workspace_close(ws);
    return ok;
}

const struct cmd cmd_trust_show = {
    .name = "trust show",
    .args = "",
    .summary = "Show the trust set, and the next with who has signed it",
    .details =
        "The fingerprint is what sites are enrolled by. Two roles sign: root signers sign trust "
        "sets and statements, bundle signers sign bundles; of each, so many are needed as the "
        "threshold says. A certificate is shown by its SHA-256: compare it with its owner.\n\n"
        "The next trust set, from 'bundler trust new' on, is shown as pending until enough root "
        "signers of both sets have signed it.\n\n"
        "  bundler trust show --json",
    .run = run,
};
