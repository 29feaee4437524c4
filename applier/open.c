/* SPDX-License-Identifier: MIT */
/*
 * What a site compares a bundle with, and the ways to a verified one.
 */
#include "applier/open.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/policy.h"
#include "base/when.h"
#include "keys/crypto.h"

#define READ_TRIES 5

static struct bundle_policy policy_of(const struct state *state)
{
    struct bundle_policy policy = {.trust = state->trust,
                                   .site = state->site,
                                   .check_replay = true,
                                   .has_last = state->has_last,
                                   .last_epoch = state->last.epoch,
                                   .last_sequence = state->last.sequence,
                                   .least_epoch = state->least_epoch,
                                   .least_sequence = state->least,
                                   .has_floor = state->has_floor,
                                   .floor = state->floor,
                                   .local = when_now(),
                                   .check_time = true};

    policy.waived_manifest = state->has_waived ? state->waived : NULL;
    memcpy(policy.last_manifest, state->last.manifest, sizeof policy.last_manifest);
    return policy;
}

static struct bundle *open_file(const char *path, const struct bundle_policy *policy,
                                const struct bundle_taker *taker, struct trust **advanced,
                                struct err *err)
{
    struct fsio_file *file = fsio_open(path, err);
    struct bundle *bundle;

    *advanced = NULL;
    if (file == NULL) {
        return NULL;
    }
    bundle = bundle_open(file, policy, taker, advanced, err);
    if (bundle == NULL) {
        err_context(err, "%s", path);
    }
    fsio_close(file);
    return bundle;
}

struct bundle *open_bundle(const struct state *state, const char *path,
                           const struct bundle_taker *taker, struct progress *progress,
                           struct trust **advanced, struct err *err)
{
    struct bundle_policy policy = policy_of(state);

    policy.progress = progress;
    return open_file(path, &policy, taker, advanced, err);
}

struct bundle *open_under(const struct trust *trust, const char *path,
                          const struct bundle_taker *taker, struct progress *progress,
                          struct err *err)
{
    struct bundle_policy policy = {
        .trust = trust, .local = when_now(), .check_time = true, .progress = progress};
    struct trust *advanced = NULL;
    struct bundle *bundle = open_file(path, &policy, taker, &advanced, err);

    trust_free(advanced);
    return bundle;
}

/* A run puts the new head in place before state.xml names it; in between nothing is damaged. */
static bool other_head(const struct state *state, const char *path, struct err *err)
{
    bool unfinished = false;

    if (!state_unfinished(state, &unfinished, err)) {
        return false;
    }
    if (unfinished) {
        return err_set(err, ERR_UNFINISHED,
                       "%s: a run is under way or was cut off; 'applier recover' ends the latter",
                       path);
    }
    return err_set(err, ERR_STATE_DAMAGED,
                   "%s: not the part of the last accepted bundle that was kept; apply that bundle "
                   "by name again",
                   path);
}

static bool read_head(const struct state *state, const char *path, struct buf *head,
                      struct err *err)
{
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    struct err cause = {0};

    if (!fsio_read_file(path, head->max, head, &cause)) {
        if (cause.code == ERR_IO_ABSENT || cause.code == ERR_IO_KIND ||
            cause.code == ERR_IO_LIMIT) {
            return other_head(state, path, err);
        }
        return err_set(err, cause.code, "%s", cause.text);
    }
    if (!crypto_sha256(sha256, head->data, head->len, err)) {
        return false;
    }
    return memcmp(sha256, state->head_sha256, sizeof sha256) == 0 || other_head(state, path, err);
}

/* *moved: a writer has accepted another bundle since `state` was opened for reading. */
static bool catch_up(struct state *state, bool *moved, struct err *err)
{
    struct state *fresh = state_open(state->dir, false, err);
    struct state before = *state;

    if (fresh == NULL) {
        return false;
    }
    *moved = !fresh->has_last ||
             memcmp(fresh->head_sha256, before.head_sha256, sizeof before.head_sha256) != 0;
    *state = *fresh;
    *fresh = before;
    state_close(fresh);
    return true;
}

/* Head and state.xml are two files: a reader may have one of before and one of after an apply. */
static bool read_last(struct state *state, const char *path, struct buf *head, struct err *err)
{
    struct err cause = {0};

    for (int i = 0; i < READ_TRIES; i++) {
        bool moved = false;

        cause = (struct err){0};
        if (!state->has_last) {
            return err_set(err, ERR_UNFIT, "no bundle was accepted here yet: name one");
        }
        if (read_head(state, path, head, &cause)) {
            return true;
        }
        if ((cause.code != ERR_STATE_DAMAGED && cause.code != ERR_UNFINISHED) ||
            state->lock != NULL) {
            break;
        }
        if (!catch_up(state, &moved, err)) {
            return false;
        }
        if (!moved) {
            break;
        }
    }
    return err_set(err, cause.code, "%s", cause.text);
}

struct bundle *open_last(struct state *state, struct err *err)
{
    char *path = state_path(state, STATE_LAST_HEAD, err);
    struct bundle *bundle = NULL;
    struct trust *advanced = NULL;
    struct buf head;

    buf_init(&head, LIMIT_HEAD_BYTES);
    if (path != NULL && read_last(state, path, &head, err)) {
        struct bundle_policy policy = policy_of(state);

        policy.check_time = false;
        bundle = bundle_open_head(head.data, head.len, &policy, &advanced, err);
        if (bundle == NULL) {
            err_context(err, "%s", path);
        }
    }
    trust_free(advanced);
    buf_release(&head);
    free(path);
    return bundle;
}

struct bundle *open_pending(const struct state *state, struct trust **advanced, struct err *err)
{
    char *path = state_path(state, STATE_PENDING_HEAD, err);
    struct bundle_policy policy = policy_of(state);
    struct bundle *bundle = NULL;
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    struct buf head;

    *advanced = NULL;
    buf_init(&head, LIMIT_HEAD_BYTES);
    if (path != NULL && fsio_read_file(path, LIMIT_HEAD_BYTES, &head, err) &&
        crypto_sha256(sha256, head.data, head.len, err)) {
        if (memcmp(sha256, state->pending_sha256, sizeof sha256) == 0) {
            bundle = bundle_open_head(head.data, head.len, &policy, advanced, err);
        } else {
            err_set(err, ERR_STATE_DAMAGED, "not the part of the waiting bundle that was kept");
        }
        if (bundle == NULL) {
            err_context(err, "%s", path);
        }
    }
    buf_release(&head);
    free(path);
    return bundle;
}

struct state_accepted open_accepted(const struct bundle *bundle)
{
    struct state_accepted a = {.epoch = bundle_manifest(bundle)->epoch,
                               .sequence = bundle_manifest(bundle)->sequence};

    memcpy(a.manifest, bundle_manifest_sha256(bundle), sizeof a.manifest);
    return a;
}

bool open_check_hold(const struct state *state, const struct bundle *bundle, struct err *err)
{
    const struct manifest *m = bundle_manifest(bundle);

    bool held = state->held && m->epoch == state->hold.epoch &&
                m->sequence == state->hold.sequence &&
                memcmp(bundle_manifest_sha256(bundle), state->hold.manifest, 32) == 0;

    return !POLICY("hold.rolled-back", held) ||
           err_set(err, ERR_HOLD,
                   "bundle %llu was rolled back here and is on hold; a newer bundle is not, and "
                   "'applier apply BUNDLE' with its name lifts it",
                   (unsigned long long)m->sequence);
}

bool open_check_waiting(const struct state *state, struct err *err)
{
    return !POLICY("state.waiting", state->waits) ||
           err_set(err, ERR_STATE_WAITING,
                   "site %s has a new nonce (recover --new-nonce) and applies nothing before the "
                   "root signers say from which bundle on: have them make a statement "
                   "--reset-state for the nonce that 'applier status' shows, and take it by "
                   "'applier recover --statement DIR'",
                   state->site);
}

static bool vouch(const struct buf *bytes, const char *fingerprint, struct err *err)
{
    struct trust *shell = trust_new(err); /* holds nothing but the digest to compare with */
    bool ok = shell != NULL && crypto_sha256(shell->fingerprint, bytes->data, bytes->len, err) &&
              trust_check_fingerprint(shell, fingerprint, err);

    trust_free(shell);
    return ok;
}

struct trust *open_trust(const char *path, const char *fingerprint, struct err *err)
{
    struct trust *trust = NULL;
    struct buf bytes;

    buf_init(&bytes, LIMIT_TRUST_BYTES);
    if (fsio_read_file(path, LIMIT_TRUST_BYTES, &bytes, err)) {
        if (vouch(&bytes, fingerprint, err)) {
            trust = trust_parse(bytes.data, bytes.len, err);
        }
        if (trust == NULL) {
            err_context(err, "%s", path);
        }
    }
    buf_release(&bytes);
    return trust;
}
