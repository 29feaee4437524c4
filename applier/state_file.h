/* SPDX-License-Identifier: MIT */
/*
 * The document state.xml (docs/state.md): what state.c keeps in it, and nothing else includes it.
 */
#ifndef APPLIER_STATE_FILE_H
#define APPLIER_STATE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "applier/state.h"
#include "base/buf.h"
#include "base/err.h"

/* Which trust set belongs to a state.xml: its file is looked up by the version. */
struct state_file_trust {
    uint64_t version;
    uint8_t sha256[32];
};

/* Adds the document of `state` to `out`; what lies in `state` of the set itself is not used. */
bool state_file_write(const struct state *state, const struct state_file_trust *trust,
                      struct buf *out, struct err *err) MUST_USE;

/*
 * Reads the document into `state`, whose dir, trust and lock stay as they are. ERR_STATE_DAMAGED
 * for any other bytes than state_file_write makes, also for a state of a newer version.
 */
bool state_file_read(struct state *state, struct state_file_trust *trust, const struct buf *bytes,
                     struct err *err) MUST_USE;

/* Removes what killed writers left in the folder and those below it (fsio_sweep). Needs the lock.
 */
void state_sweep(const struct state *state);

/* Removes trust sets other than the current one: a step from one to the next that was cut off
 * leaves two. What cannot be removed stays, and means nothing. Needs the lock. */
void state_sweep_trust(const struct state *state);

#endif
