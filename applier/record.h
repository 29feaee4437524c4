/* SPDX-License-Identifier: MIT */
/*
 * What remains of each run: a line in the log, and a signed receipt chained to the one before.
 */
#ifndef APPLIER_RECORD_H
#define APPLIER_RECORD_H

#include <stdbool.h>

#include "applier/run.h"
#include "applier/state.h"
#include "base/err.h"
#include "bundles/receipt.h"

/* The extension of a receipt whose run was not in a patch window: its value says why. */
#define RECORD_OUTSIDE_WINDOW "urn:pinferry:receipt:outside-window"

#define RECORD_LOG_BYTES ((uint64_t)4194304) /* then applier.log becomes applier.log.1 */

enum record_level { RECORD_INFO, RECORD_WARNING, RECORD_ERROR };

/* Appends "TIME LEVEL text" to STATE/applier.log. The text is shown as err_set shows it. */
bool record_log(const struct state *state, enum record_level level, struct err *err,
                const char *fmt, ...) PRINTF_LIKE(4, 5) MUST_USE;

/*
 * Logs a refusal or failure in the words that log checks of ENS sites already look for (the
 * vendor's article on ENS 2): which of its three error lines depends on what went wrong. A failure
 * to write the log is not told: the refusal matters more. The system's event log gets it too.
 */
void record_refusal(const struct state *state, const struct err *refusal);

/* Logs one "New Certificate Added Successfully" (the vendor's line) for each pin that a run added,
 * and one line for each that it removed. */
bool record_pins(const struct state *state, const struct run *run, struct err *err) MUST_USE;

/*
 * The receipt of a run, to be the state's next one. `reason` is
 * ERR_NONE unless the outcome is rolled-back. The caller frees.
 */
struct receipt *record_of_run(const struct state *state, const struct run *run,
                              enum receipt_action action, enum receipt_outcome outcome,
                              enum err_code reason, struct err *err) MUST_USE;

/* The receipt of what is no run: RECEIPT_ENROL, the first of a new state, and RECEIPT_RECOVER of a
 * statement. `note` NULL: none. */
struct receipt *record_of_event(const struct state *state, enum receipt_action action,
                                const char *operator, const char * note, struct err *err) MUST_USE;

/*
 * Writes the receipt of the enrolment, unless the state has its first one. *made: it was written.
 * `late`: it could not be written when the site was enrolled, and says so.
 */
bool record_enrolment(struct state *state, const char *operator, bool late, bool *made,
                      struct err *err) MUST_USE;

/* Whether the receipt can be written and signed, so that no run begins that could not be told;
 * writes nothing. */
bool record_check(const struct state *state, const struct receipt *receipt,
                  struct err *err) MUST_USE;

/*
 * Signs the receipt with the site's key, keeps both files in STATE/receipts and raises the state's
 * counter; then the system's event log is told (base/event.h). Files that a run that was cut off
 * left under the same number are replaced.
 */
bool record_receipt(struct state *state, const struct receipt *receipt, struct err *err) MUST_USE;

#endif
