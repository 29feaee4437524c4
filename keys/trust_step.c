/* SPDX-License-Identifier: MIT */
/*
 * Votes under a trust set, and the step from one set to the next (docs/format.md 3).
 */
#include <string.h>

#include "base/policy.h"
#include "keys/trust.h"

static size_t candidates_of(const struct trust *trust, enum trust_role role,
                            struct sigfile_candidate out[static LIMIT_BUNDLE_SIGNERS])
{
    const struct trust_keys *keys = &trust->roles[role];

    for (size_t i = 0; i < keys->count; i++) {
        out[i] = (struct sigfile_candidate){.cert = keys->signers[i].cert,
                                            .cert_len = keys->signers[i].cert_len,
                                            .read = keys->signers[i].read};
    }
    return keys->count;
}

bool trust_verify(const struct trust *trust, enum trust_role role, enum sigfile_kind kind,
                  const void *document, size_t len, const struct trust_signature *signatures,
                  size_t count, struct trust_vote *votes, struct err *err)
{
    struct sigfile_candidate candidates[LIMIT_BUNDLE_SIGNERS];
    size_t signers = candidates_of(trust, role, candidates);
    bool voted[LIMIT_BUNDLE_SIGNERS] = {false};
    struct sigfile_result result;

    for (size_t i = 0; i < count; i++) {
        if (!sigfile_verify(signatures[i].bytes, signatures[i].len, kind, document, len, candidates,
                            signers, &result, err)) {
            err_context(err, "signature %zu", i + 1);
            return false;
        }
        if (POLICY("signature.repeated", voted[result.signer])) {
            return err_set(err, ERR_SIGNATURE_REPEATED, "signature %zu: '%s' has signed already",
                           i + 1, trust->roles[role].signers[result.signer].id);
        }
        voted[result.signer] = true;
        votes[i].signer = result.signer;
        votes[i].signing_time = result.signing_time;
    }
    if (POLICY("signature.threshold", count < trust->roles[role].threshold)) {
        return err_set(err, ERR_THRESHOLD, "%zu of the %u signatures that are needed", count,
                       trust->roles[role].threshold);
    }
    return true;
}

/* Who signed a step: the key of each signature, once its signer is known. */
struct step {
    const uint8_t *keys[LIMIT_TRUST_SIGNATURES]; /* SPKI SHA-256; NULL: not by the old set */
    size_t old_votes;
};

static bool signature_failed(struct err *err, size_t i) /* no switch: round_of has it */
{
    char text[ERR_TEXT_SIZE] = "";

    if (err != NULL) {
        memcpy(text, err->text, sizeof text);
    }
    return err_set(err, ERR_TRUST_SIGNATURE, "signature %zu: %s", i + 1, text);
}

static bool is_repeated(const struct step *step, size_t count, const uint8_t *key)
{
    for (size_t i = 0; i < count; i++) {
        if (step->keys[i] != NULL && memcmp(step->keys[i], key, 32) == 0) {
            return true;
        }
    }
    return false;
}

/* One round over the signatures by the root signers of `set`; strangers are left when `first`. */
static bool round_of(const struct trust *set, bool first, const void *bytes, size_t len,
                     const struct trust_signature *signatures, size_t count, struct step *step,
                     struct err *err)
{
    struct sigfile_candidate candidates[LIMIT_BUNDLE_SIGNERS];
    size_t signers = candidates_of(set, TRUST_ROOT, candidates);
    struct sigfile_result result;

    for (size_t i = 0; i < count; i++) {
        const uint8_t *key;

        if (step->keys[i] != NULL) {
            continue;
        }
        if (!sigfile_verify(signatures[i].bytes, signatures[i].len, SIGFILE_TRUST, bytes, len,
                            candidates, signers, &result, err)) {
            if ((first && err->code == ERR_SIGNATURE_SIGNER) ||
                !POLICY("trust.signature/fails", true)) {
                err->code = ERR_NONE; /* the new set may name this signer */
                continue;
            }
            return signature_failed(err, i);
        }
        key = set->roles[TRUST_ROOT].signers[result.signer].spki_sha256;
        if (POLICY("trust.signature/repeated", is_repeated(step, count, key))) {
            return err_set(err, ERR_TRUST_SIGNATURE, "signature %zu: its signer has signed already",
                           i + 1);
        }
        step->keys[i] = key;
        step->old_votes += first;
    }
    return true;
}

static bool check_rules(const struct trust *from, const struct trust *to, struct err *err)
{
    if (POLICY("trust.step/version", to->version != from->version + 1)) {
        return err_set(err, ERR_TRUST_STEP, "version %llu does not follow version %llu",
                       (unsigned long long)to->version, (unsigned long long)from->version);
    }
    if (POLICY("trust.step/domain", memcmp(to->domain, from->domain, sizeof to->domain) != 0) ||
        POLICY("trust.step/channel", strcmp(to->channel, from->channel) != 0)) {
        return err_set(err, ERR_TRUST_STEP, "the new trust set is for another domain or channel");
    }
    if (POLICY("trust.step/epoch", to->epoch < from->epoch) ||
        POLICY("trust.step/least-sequence", to->least_sequence < from->least_sequence)) {
        return err_set(err, ERR_TRUST_STEP, "epoch or least-sequence goes down");
    }
    return true;
}

static bool check_new_threshold(const struct trust *to, const struct step *step, size_t count,
                                struct err *err)
{
    const struct trust_keys *keys = &to->roles[TRUST_ROOT];
    size_t votes = 0;

    for (size_t i = 0; i < keys->count; i++) {
        votes += is_repeated(step, count, keys->signers[i].spki_sha256);
    }
    return !POLICY("trust.threshold/new", votes < keys->threshold) ||
           err_set(err, ERR_TRUST_THRESHOLD,
                   "%zu of the %u root signatures that the new trust set itself needs", votes,
                   keys->threshold);
}

struct trust *trust_step(const struct trust *from, const void *bytes, size_t len,
                         const struct trust_signature *signatures, size_t count, struct err *err)
{
    struct step step = {0};
    struct trust *to;
    struct err local = {0};

    err = err == NULL ? &local : err;
    if (count > LIMIT_TRUST_SIGNATURES) { /* no switch: an array's size */
        err_set(err, ERR_TRUST_SIGNATURE, "at most %d signatures", LIMIT_TRUST_SIGNATURES);
        return NULL;
    }
    if (!round_of(from, true, bytes, len, signatures, count, &step, err)) {
        return NULL;
    }
    if (POLICY("trust.threshold/old", step.old_votes < from->roles[TRUST_ROOT].threshold)) {
        err_set(err, ERR_TRUST_THRESHOLD,
                "%zu of the %u root signatures that trust set %llu asks for", step.old_votes,
                from->roles[TRUST_ROOT].threshold, (unsigned long long)from->version);
        return NULL;
    }
    to = trust_parse(bytes, len, err);
    if (to == NULL || !check_rules(from, to, err) ||
        !round_of(to, false, bytes, len, signatures, count, &step, err) ||
        !check_new_threshold(to, &step, count, err)) {
        trust_free(to);
        return NULL;
    }
    return to;
}
