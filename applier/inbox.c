/* SPDX-License-Identifier: MIT */
/*
 * Looks at every bundle of a folder and chooses one.
 */
#include "applier/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "applier/open.h"
#include "base/fsio.h"
#include "bundles/candidate.h"

/* Each pass keeps a newer trust set or is the last; sets number their versions up to here. */
#define PASSES_MAX 1000

void inbox_release(struct inbox *inbox)
{
    for (size_t i = 0; i < inbox->count; i++) {
        free(inbox->items[i].path);
    }
    free(inbox->items);
    bundle_free(inbox->best);
    *inbox = (struct inbox){0};
}

static bool is_old(enum err_code code)
{
    return code == ERR_REPLAY_SEQUENCE || code == ERR_REPLAY_EPOCH;
}

/* Takes `bundle` (NULL: refused for item->why) over. */
static void weigh(struct inbox *inbox, struct inbox_item *item, struct bundle *bundle)
{
    struct state_accepted best;

    if (bundle == NULL) {
        item->kind = is_old(item->why.code) ? INBOX_OLD : INBOX_REFUSED;
        return;
    }
    item->kind = INBOX_FIT;
    item->bundle = open_accepted(bundle);
    if (inbox->best != NULL) {
        best = open_accepted(inbox->best);
        if (!state_is_newer(&item->bundle, &best)) {
            bundle_free(bundle);
            return;
        }
    }
    bundle_free(inbox->best);
    inbox->best = bundle;
}

/* *moved: a newer trust set was kept. */
static bool look_at(struct state *state, struct inbox *inbox, struct inbox_item *item, bool pending,
                    bool *moved, struct err *err)
{
    struct trust *advanced = NULL;
    struct bundle *bundle = pending
                                ? open_pending(state, &advanced, &item->why)
                                : open_bundle(state, item->path, NULL, NULL, &advanced, &item->why);
    bool done = advanced == NULL || state_advance_trust(state, advanced, err);

    *moved = *moved || advanced != NULL;
    trust_free(advanced);
    if (!done) {
        bundle_free(bundle);
        return false;
    }
    weigh(inbox, item, bundle);
    return item->why.code != ERR_MEMORY || err_memory(err);
}

/* Bundles of one number that say different things: nobody here can tell which is meant. */
static void refuse_rivals(struct inbox *inbox)
{
    struct state_accepted best;
    bool rivals = false;

    if (inbox->best == NULL) {
        return;
    }
    best = open_accepted(inbox->best);
    for (size_t i = 0; i < inbox->count; i++) {
        struct inbox_item *item = &inbox->items[i];

        rivals = rivals ||
                 (item->kind == INBOX_FIT && item->bundle.epoch == best.epoch &&
                  item->bundle.sequence == best.sequence && !state_is_same(&item->bundle, &best));
    }
    for (size_t i = 0; rivals && i < inbox->count; i++) {
        struct inbox_item *item = &inbox->items[i];

        if (item->kind == INBOX_FIT && item->bundle.epoch == best.epoch &&
            item->bundle.sequence == best.sequence) {
            item->kind = INBOX_REFUSED;
            err_set(&item->why, ERR_REPLAY_DIFFERENT,
                    "%s: another bundle here has the same epoch and sequence (%llu) and different "
                    "content; ask those who make them which one is right",
                    item->path, (unsigned long long)best.sequence);
        }
    }
    if (rivals) {
        bundle_free(inbox->best);
        inbox->best = NULL;
    }
}

static bool look_once(struct state *state, const char *dir, const struct fsio_names *names,
                      struct inbox *inbox, bool *moved, struct err *err)
{
    size_t count = names->count + state->has_pending;

    *moved = false;
    inbox->items = calloc(count + 1, sizeof *inbox->items);
    if (inbox->items == NULL) {
        return err_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        struct inbox_item *item = &inbox->items[i];
        bool pending = i == names->count;

        item->path = pending ? state_path(state, STATE_PENDING_HEAD, err)
                             : fsio_join(dir, names->names[i], err);
        inbox->count = i + 1;
        if (item->path == NULL || !look_at(state, inbox, item, pending, moved, err)) {
            return false;
        }
    }
    refuse_rivals(inbox);
    return true;
}

bool inbox_look(struct state *state, const char *dir, struct inbox *inbox, bool *absent,
                struct err *err)
{
    struct fsio_names names = {0};
    enum fsio_kind kind;
    bool moved = true, done;

    *inbox = (struct inbox){0};
    if (!fsio_kind(dir, &kind, err)) {
        return false;
    }
    *absent = kind == FSIO_ABSENT;
    done = *absent || candidate_list(dir, &names, err);
    for (int i = 0; done && moved && i < PASSES_MAX; i++) {
        inbox_release(inbox);
        done = look_once(state, dir, &names, inbox, &moved, err);
    }
    fsio_names_release(&names);
    return done;
}
