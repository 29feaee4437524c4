/* SPDX-License-Identifier: MIT */
/*
 * Local time by a rule of POSIX (XBD 8.3, TZ): "CET-1CEST,M3.5.0,M10.5.0/3". The rule says it all,
 * so that a site's times are the same on every system, without its tables of zones.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ZONE_NAME_SIZE 16
#define ZONE_TEXT_SIZE 64 /* of a rule */

enum zone_kind {
    ZONE_JULIAN, /* Jn: day 1..365, 29 February is never counted */
    ZONE_DAY,    /* n: day 0..365, 29 February is counted */
    ZONE_WEEK    /* Mm.w.d: d-th weekday (0 Sunday) of week w (5: the last) of month m */
};

/* A moment of every year. */
struct zone_change {
    enum zone_kind kind;
    int month, week, day;
    int32_t seconds; /* after local midnight, -167 to 167 hours */
};

struct zone {
    char text[ZONE_TEXT_SIZE]; /* the rule as it was read */
    char name[2][ZONE_NAME_SIZE];
    int32_t offset[2]; /* seconds east of UTC; [1] is that of summer, if there is one */
    bool has_summer;
    struct zone_change change[2]; /* [0] to the standard time, [1] to summer */
};

/* Reads a rule; "UTC" too. A summer time must have its two changes. False leaves *out unchanged. */
bool zone_parse(struct zone *out, const char *text) MUST_USE;

/* Seconds to add to UTC at that instant, and the name of that time; `name` may be NULL. */
int32_t zone_offset(const struct zone *zone, int64_t when, const char **name);

/*
 * The instant of a local time (in seconds as if it were UTC). One that the clock passes twice: the
 * first; one that it skips: the moment of the change.
 */
int64_t zone_instant(const struct zone *zone, int64_t local);

#endif
