/* SPDX-License-Identifier: MIT */
/*
 * Keeps and drops the bundle that waits for a patch window.
 */
#include "applier/pending.h"

#include <stdlib.h>
#include <string.h>

#include "applier/open.h"
#include "base/fsio.h"
#include "keys/crypto.h"

static bool remove_head(const struct state *state, struct err *err)
{
    char *path = state_path(state, STATE_PENDING_HEAD, err);
    bool done = path != NULL && fsio_remove(path, err);

    free(path);
    return done;
}

/* The state first: what it does not name means nothing. */
bool pending_drop(struct state *state, struct err *err)
{
    if (state->has_pending) {
        state->has_pending = false;
        if (!state_save(state, err)) {
            return false;
        }
    }
    return remove_head(state, err);
}

static bool write_head(const struct state *state, const struct buf *head, struct err *err)
{
    char *path = state_path(state, STATE_PENDING_HEAD, err);
    bool done = path != NULL && fsio_replace(path, head->data, head->len, STATE_FILE_MODE, err);

    free(path);
    return done;
}

bool pending_keep(struct state *state, const struct bundle *bundle, struct err *err)
{
    struct state_accepted accepted = open_accepted(bundle);
    const struct buf *head = bundle_head(bundle);
    uint8_t sha256[CRYPTO_SHA256_SIZE];

    if (!crypto_sha256(sha256, head->data, head->len, err)) {
        return false;
    }
    if (state->has_pending && state_is_same(&state->pending, &accepted) &&
        memcmp(state->pending_sha256, sha256, sizeof sha256) == 0) {
        return true;
    }
    if (!pending_drop(state, err) || !write_head(state, head, err)) {
        return false;
    }
    state->has_pending = true;
    state->pending = accepted;
    memcpy(state->pending_sha256, sha256, sizeof sha256);
    return state_save(state, err);
}
