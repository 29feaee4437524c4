/* SPDX-License-Identifier: MIT */
/*
 * Carries a run out: staging, journal, state, the exchange of each target, and its end. What an
 * apply does first, recovery does again from the journal, by the same function.
 */
#ifndef APPLIER_CARRY_H
#define APPLIER_CARRY_H

#include <stdbool.h>
#include <stdint.h>

#include "applier/plan.h"
#include "applier/run.h"
#include "applier/state.h"
#include "base/buf.h"
#include "base/err.h"
#include "bundles/receipt.h"

#define CARRY_BACKUPS 5 /* runs whose backups are kept */

/* Beside the plan: what a run says of itself. */
struct carry_facts {
    enum run_kind kind;
    const char *operator;
    const char *note;    /* NULL: none */
    const char *outside; /* as in apply_who, if no window was open; NULL: none */
    uint64_t undoes;
    struct state_accepted bundle;
    uint64_t trust_version;
    int64_t floor;
    const struct buf *head; /* RUN_APPLY: bytes that become STATE/last.head */
};

/*
 * Makes the run of a plan, stages the new bytes of every target that changes, writes the head
 * beside the last one, then the journal. On failure nothing but the state folder's next.head may be
 * left, which means nothing. The caller frees; NULL on failure.
 */
struct run *carry_begin(const struct state *state, struct plan *plan,
                        const struct carry_facts *facts, const struct buf *secret,
                        struct err *err) MUST_USE;

/* Raises the state to what the run says (again, if it was done before), saved. */
bool carry_raise(struct state *state, const struct run *run, struct err *err) MUST_USE;

/*
 * Where a target of an unfinished run stands: its bytes are those before, those after, or others.
 * CARRY_DISPLACED: the new bytes are there, but what was displaced at the last moment is not what
 * was planned and still lies at `staged`. CARRY_OTHER also if the bytes of before are there and
 * `staged` holds another program's, which must not be lost: then, and when no plain file is there,
 * true with the reason in `err`.
 */
enum carry_place { CARRY_OLD, CARRY_NEW, CARRY_OTHER, CARRY_DISPLACED };
bool carry_look(const struct run_target *target, const struct buf *secret, enum carry_place *place,
                struct err *err) MUST_USE;

/* Whether `staged` holds other bytes than those before and after (or what cannot be read): another
 * program's, displaced by what it wrote next. */
bool carry_keeps(const struct run_target *target, const struct buf *secret) MUST_USE;

/* Flushes the names of a target and its staged file: a run that was killed may have exchanged them
 * and not come so far, and what is built on that must not be undone by a power cut. */
bool carry_flush(const struct run_target *target, struct err *err) MUST_USE;

/*
 * Backs a target's old bytes up and exchanges it with the staged file; one that holds the new bytes
 * already is passed over. `held` is the plan's target when this is the run's first time, with the
 * file held open since it was planned; NULL in recovery: then it is opened again, and the staged
 * bytes and the proof are checked again. ERR_CHANGED, ERR_PROOF, ERR_TARGET_*, ERR_IO*,
 * ERR_UNFINISHED.
 */
bool carry_exchange(const struct state *state, const struct run *run,
                    const struct run_target *target, struct plan_target *held,
                    const struct buf *secret, struct err *err) MUST_USE;

/* Brings the displaced bytes of CARRY_DISPLACED back into the target. */
bool carry_put_back(const struct run_target *target, const struct buf *secret,
                    struct err *err) MUST_USE;

/* Removes what runs of this state that never reached their journal left in the staging folders: the
 * site's (NULL: none), those of its recorded runs, and the state's own. Only while no journal is
 * open. */
bool carry_sweep(const struct state *state, const struct site *site, struct err *err) MUST_USE;

/* Removes the staged files of a run. */
bool carry_unstage(const struct run *run, struct err *err) MUST_USE;

/* Every target of a rollback holds what it should: the run that it undoes has no check left to
 * pass. Earlier, a rollback that was cut off would take with it that a check had failed. Not saved:
 * the receipt's save in carry_end does it. */
void carry_undone(struct state *state, const struct run *run);

/*
 * The run's receipt (unless it is written already), its log lines, old backups pruned, and the
 * journal becomes the record; dropped instead if no target changed.
 */
bool carry_end(struct state *state, const struct run *run, enum receipt_action action,
               enum receipt_outcome outcome, enum err_code reason, struct err *err) MUST_USE;

#endif
