/* SPDX-License-Identifier: MIT */
/*
 * Ends a run that was cut off, before anything else is begun.
 */
#ifndef APPLIER_RECOVER_H
#define APPLIER_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "applier/run.h"
#include "applier/state.h"
#include "applier/window.h"
#include "base/err.h"

enum recover_outcome {
    RECOVER_NOTHING,   /* no run was cut off */
    RECOVER_UNCHANGED, /* no target had been changed: the run is closed, the state stays raised */
    RECOVER_COMPLETED, /* every target had been changed: the run is closed as done */
    RECOVER_FORWARD,   /* some had been changed: the others were changed too */
    RECOVER_ACCEPTED   /* what stands in the targets was accepted as it is */
};

struct recover_report {
    enum recover_outcome outcome;
    uint64_t run;
    enum run_kind kind;
    size_t others;    /* targets that held neither the old nor the new bytes */
    struct err found; /* what stood in the first of them: a link, nothing, other bytes */
};

/*
 * Looks for a journal and ends its run. Each target is compared with the bytes before and after:
 * all before: closed without change; some after: the others are brought forward, after their staged
 * bytes and the proof have been checked again; anything else in a target: ERR_UNFINISHED,
 * everything is left as it is. `accept` says that a person has looked: then what stands in the
 * targets counts, whatever it is and though it cannot be read, and nothing is written to them.
 * Bytes of another program that were displaced at the last moment are put back first. With
 * `windows` (NULL: at any time) files are brought forward only while one is open, else ERR_WINDOW.
 */
bool recover_run(struct state *state, bool accept, const struct windows *windows,
                 struct recover_report *report, struct err *err) MUST_USE;

/* Closes a run of which this process knows that it exchanged no target: the receipt says `reason`.
 */
bool recover_abandon(struct state *state, struct run *run, enum err_code reason,
                     struct err *err) MUST_USE;

/* "run 12 had been cut off; ..." for a person. Static or in `out`. */
#define RECOVER_TEXT_SIZE 200
const char *recover_text(const struct recover_report *report, char out[static RECOVER_TEXT_SIZE]);

#endif
