/* SPDX-License-Identifier: MIT */
/*
 * The event log of the system, for those who watch many servers: Windows' Application log, source
 * Pinferry. Elsewhere nothing is done; the applier's own log has the same.
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include <stdbool.h>

#include "base/err.h"

#define EVENT_SOURCE "Pinferry"

enum event_run {
#define EVENT_RUN(name, number, words) EVENT_##name = number,
#define EVENT_REASON(name, number)
#include "base/event_ids.h"
#undef EVENT_RUN
#undef EVENT_REASON
};

/* The number of the event for a refusal with this reason; 101, that of `internal`, for any other.
 */
unsigned event_of_reason(enum err_code code);

/* Reports that something was done, as information; or a refusal or failure, as an error. A failure
 * to report is not told: the log has the same. The text is shown as err_set shows it. */
void event_done(enum event_run what, const char *text);
void event_refused(const struct err *refusal);

/*
 * Has the system show these events with their text, from this program's file, where it has to be
 * told: *told. Events are kept all the same without. ERR_IO: the account may not, or the file lies
 * on a medium or share that may be gone when it is looked for.
 */
bool event_register(bool *told, struct err *err) MUST_USE;

#endif
