/* SPDX-License-Identifier: MIT */
/*
 * UTC times as format 1 writes them, and the one place where the clock is read.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define WHEN_TEXT_SIZE 21 /* "YYYY-MM-DDThh:mm:ssZ" and NUL */
#define WHEN_DAY ((int64_t)86400)
#define WHEN_MIN ((int64_t)946684800)        /* 2000-01-01T00:00:00Z */
#define WHEN_MAX ((int64_t)4102444799)       /* 2099-12-31T23:59:59Z */
#define WHEN_KEY_MIN ((int64_t)-631152000)   /* 1950-01-01T00:00:00Z: validity of keys (RFC 5280) */
#define WHEN_KEY_MAX ((int64_t)253402300799) /* 9999-12-31T23:59:59Z */

/* Times are seconds since 1970-01-01T00:00:00Z without leap seconds. */

/* Exactly "YYYY-MM-DDThh:mm:ssZ", a day that exists, no second 60, within [min, max]. */
bool when_parse(int64_t *out, const char *text, int64_t min, int64_t max) MUST_USE;

/* Writes the form above; `when` must lie in years 1..9999. */
void when_format(char out[static WHEN_TEXT_SIZE], int64_t when);

/*
 * The local clock, once per call. The test build takes PINFERRY_TEST_NOW (the form above) instead
 * when it is set; the name does not exist in a release build.
 */
int64_t when_now(void);

/*
 * Seconds from civil UTC date and time, and back (proleptic Gregorian; no libc time zone involved).
 * Months 1..12, days 1..31.
 */
struct when_civil {
    int year, month, day, hour, minute, second;
};
bool when_from_civil(int64_t *out, const struct when_civil *civil) MUST_USE;
void when_to_civil(struct when_civil *out, int64_t when);

#endif
