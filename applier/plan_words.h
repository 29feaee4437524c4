/* SPDX-License-Identifier: MIT */
/*
 * The words that the text, the JSON object and the page of a plan share.
 */
#ifndef APPLIER_PLAN_WORDS_H
#define APPLIER_PLAN_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "applier/plan.h"
#include "base/err.h"
#include "base/when.h"
#include "bundles/bundle.h"

#define PLAN_WORDS_FATES 4

/* Of a change in a file that a configSource names. Inferred: which the declaration says was not
 * looked at, nor has it been tried on a server. */
#define PLAN_WORDS_RECYCLE                                                                         \
    "The application may need a recycle: whether ASP.NET takes notice of a change in such a file " \
    "hangs on restartOnExternalChanges of the section's declaration, which was not checked."

/* How many rows of a target have which fate, by enum plan_fate. */
struct plan_words_counts {
    size_t of[PLAN_WORDS_FATES];
};

/* "kept", "kept, not in bundle", "added", "retired" ("taken out" without a bundle: an undo). */
const char *plan_words_fate(enum plan_fate fate, const struct bundle *bundle);

/* "RSA-2048"; "no valid key" for what format 1 does not allow. Static storage, or `out`. */
const char *plan_words_key(const struct plan_row *row, char out[static PIN_TYPE_TEXT_SIZE]);

/* "2026-01-31 to 2027-03-01", or "" when unknown. */
#define PLAN_WORDS_VALIDITY_SIZE 32
const char *plan_words_validity(const struct plan_row *row,
                                char out[static PLAN_WORDS_VALIDITY_SIZE]);

/* "2026-01-31 14:13:20 UTC". */
#define PLAN_WORDS_TIME_SIZE 32
const char *plan_words_time(int64_t when, char out[static PLAN_WORDS_TIME_SIZE]);

/* The first 16 digits of a pin's SHA-256, or "-" for an item without a readable value. */
#define PLAN_WORDS_SHORT_SIZE 17
const char *plan_words_short(const struct plan_row *row, char out[static PLAN_WORDS_SHORT_SIZE]);

/* What becomes of the section itself, if it does not stay: a sentence without its full stop. */
const char *plan_words_section(const struct plan_target *target);

struct plan_words_counts plan_words_count(const struct plan_target *target);

/* "s" unless n is 1. */
const char *plan_words_s(size_t n);

/*
 * What a person should know before they say yes, one sentence a call: fewer pins than the vendor
 * expects with no minimum set, white space in a value, pins that the bundle does not name, items
 * that hold no valid key, a file close to IIS's limit, a change that ASP.NET may not notice. Texts
 * are safe to print. ERR_MEMORY, ERR_IO_LIMIT.
 */
typedef void plan_words_warn(void *ctx, const char *text);
bool plan_words_warnings(const struct plan *plan, const struct bundle *bundle,
                         plan_words_warn *warn, void *ctx, struct err *err) MUST_USE;

#endif
