/* SPDX-License-Identifier: MIT */
/*
 * Takes what the sources showed into the ledger, in one change, and tells what that means.
 */
#ifndef BUNDLER_FETCH_H
#define BUNDLER_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bundler/ledger.h"
#include "bundler/source.h"
#include "bundler/workspace.h"
#include "keys/pin.h"

/* One key of the sources. */
struct fetch_pin {
    struct source_pin shown; /* by that of its certificates which is valid longest */
    enum ledger_state state; /* in the ledger now */
    bool is_new;             /* the ledger did not know it before */
};

struct fetch_report {
    struct fetch_pin *pins; /* sorted by SHA-256, each once */
    size_t count, new_count;
    struct pin *missing; /* approved, but in none of the answers, if there were any; sorted */
    size_t missing_count;
};

void fetch_report_init(struct fetch_report *report);
void fetch_report_release(struct fetch_report *report);

/*
 * Records in the ledger (in memory) every key of every source as seen `now`, and fills `out`, which
 * must be initialised. No state of a known pin changes: what is approved stays so when an answer no
 * longer has it, what is retired stays so when an answer still has it. Errors of ledger_observe.
 */
bool fetch_record(struct ledger *ledger, const struct source *sources, size_t count, int64_t now,
                  struct fetch_report *out, struct err *err) MUST_USE;

/* Keeps the sources' bytes, then the ledger, which is replaced once. Needs the workspace's lock. */
bool fetch_store(const struct workspace *ws, struct ledger *ledger, const struct source *sources,
                 size_t count, struct err *err) MUST_USE;

#endif
