/* SPDX-License-Identifier: MIT */
/*
 * What lies on a medium for this site: every bundle looked at, and the newest that it would take.
 */
#ifndef APPLIER_INBOX_H
#define APPLIER_INBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/state.h"
#include "base/err.h"
#include "bundles/bundle.h"

enum inbox_kind {
    INBOX_FIT,    /* this site would take it */
    INBOX_OLD,    /* older than what it accepted */
    INBOX_REFUSED /* `why` says what is wrong */
};

struct inbox_item {
    char *path; /* of the file; that of STATE_PENDING_HEAD for what waits already */
    enum inbox_kind kind;
    struct state_accepted bundle; /* INBOX_FIT */
    struct err why;               /* the others */
};

struct inbox {
    struct inbox_item *items; /* by name; what waits already comes last */
    size_t count;
    struct bundle *best; /* the newest that is INBOX_FIT; NULL: none */
};

/*
 * Opens each bundle of the folder (candidate.h) and the one that waits (pending.h). A newer trust
 * set in any of them is kept, and then all are looked at again. Two that fit with one number and
 * different content are both refused (ERR_REPLAY_DIFFERENT). A folder that is not there is as one
 * without bundles: *absent says so. ERR_IO*, ERR_MEMORY; the caller releases, also after a failure.
 */
bool inbox_look(struct state *state, const char *dir, struct inbox *inbox, bool *absent,
                struct err *err) MUST_USE;
void inbox_release(struct inbox *inbox);

#endif
