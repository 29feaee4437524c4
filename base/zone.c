/* SPDX-License-Identifier: MIT */
/*
 * Local time by a rule of POSIX.
 */
#include "base/zone.h"

#include <string.h>

#include "base/when.h"

#define HOUR 3600
#define WEEK 7

/* --- reading --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Three letters or more, or "<" letters, digits, "+" and "-" ">". */
static bool read_name(const char **at, char out[static ZONE_NAME_SIZE])
{
    const char *from = *at;
    bool quoted = *from == '<';
    size_t len = 0;

    from += quoted;
    while (is_letter(from[len]) ||
           (quoted && (is_digit(from[len]) || from[len] == '+' || from[len] == '-'))) {
        len++;
    }
    if (len < 3 || len >= ZONE_NAME_SIZE || (quoted && from[len] != '>')) {
        return false;
    }
    memcpy(out, from, len);
    out[len] = '\0';
    *at = from + len + quoted;
    return true;
}

static bool read_number(const char **at, int min, int max, int *out)
{
    int value = 0, digits = 0;

    while (is_digit(**at) && digits < 4) {
        value = value * 10 + (*(*at)++ - '0');
        digits++;
    }
    *out = value;
    return digits > 0 && value >= min && value <= max;
}

static bool read_char(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool read_time(const char **at, int max_hours, int32_t *out)
{
    int sign = read_char(at, '-') ? -1 : 1, hours, minutes = 0, seconds = 0;

    if (sign > 0) {
        (void)read_char(at, '+');
    }
    if (!read_number(at, 0, max_hours, &hours) ||
        (read_char(at, ':') && (!read_number(at, 0, 59, &minutes) ||
                                (read_char(at, ':') && !read_number(at, 0, 59, &seconds))))) {
        return false;
    }
    *out = sign * (hours * HOUR + minutes * 60 + seconds);
    return true;
}

/* POSIX counts offsets west of UTC. */
static bool read_offset(const char **at, int32_t *out)
{
    int32_t west;

    if (!read_time(at, 24, &west)) {
        return false;
    }
    *out = -west;
    return true;
}

static bool read_day(const char **at, struct zone_change *out)
{
    if (read_char(at, 'M')) {
        out->kind = ZONE_WEEK;
        return read_number(at, 1, 12, &out->month) && read_char(at, '.') &&
               read_number(at, 1, 5, &out->week) && read_char(at, '.') &&
               read_number(at, 0, 6, &out->day);
    }
    out->kind = read_char(at, 'J') ? ZONE_JULIAN : ZONE_DAY;
    return read_number(at, out->kind == ZONE_JULIAN ? 1 : 0, 365, &out->day);
}

static bool read_change(const char **at, struct zone_change *out)
{
    out->seconds = 2 * HOUR;
    return read_char(at, ',') && read_day(at, out) &&
           (!read_char(at, '/') || read_time(at, 167, &out->seconds));
}

static bool read_summer(const char **at, struct zone *zone)
{
    zone->offset[1] = zone->offset[0] + HOUR;
    return read_name(at, zone->name[1]) && (**at == ',' || read_offset(at, &zone->offset[1])) &&
           read_change(at, &zone->change[1]) && read_change(at, &zone->change[0]);
}

bool zone_parse(struct zone *out, const char *text)
{
    struct zone zone = {0};
    const char *at = strcmp(text, "UTC") == 0 ? "UTC0" : text;

    if (strlen(text) >= sizeof zone.text || !read_name(&at, zone.name[0]) ||
        !read_offset(&at, &zone.offset[0])) {
        return false;
    }
    zone.has_summer = *at != '\0';
    if (zone.has_summer && (!read_summer(&at, &zone) || *at != '\0')) {
        return false;
    }
    memcpy(zone.text, text, strlen(text) + 1);
    *out = zone;
    return true;
}

/* --- changes --- */

static int64_t day_of(int year, int month, int day)
{
    struct when_civil civil = {.year = year, .month = month, .day = day};
    int64_t when = 0;

    return when_from_civil(&when, &civil) ? when / WHEN_DAY : 0;
}

static bool has_leap_day(int year)
{
    return day_of(year, 3, 1) - day_of(year, 2, 1) == 29;
}

static int64_t day_in_week(const struct zone_change *change, int year)
{
    int64_t first = day_of(year, change->month, 1);
    int64_t next =
        change->month == 12 ? day_of(year + 1, 1, 1) : day_of(year, change->month + 1, 1);
    int64_t weekday = (first + 4) % WEEK; /* 1970-01-01 was a Thursday */
    int64_t day = first + (change->day - weekday + WEEK) % WEEK + (change->week - 1) * WEEK;

    return day >= next ? day - WEEK : day;
}

/* The local time of a change, as if it were UTC. */
static int64_t change_in(const struct zone_change *change, int year)
{
    int64_t day = day_of(year, 1, 1);

    switch (change->kind) {
    case ZONE_WEEK:
        day = day_in_week(change, year);
        break;
    case ZONE_JULIAN:
        day += change->day - 1 + (change->day > 59 && has_leap_day(year));
        break;
    case ZONE_DAY:
        day += change->day;
        break;
    }
    return day * WHEN_DAY + change->seconds;
}

/* The last change up to `when`: its instant, and to which time it leads. */
static int64_t last_change(const struct zone *zone, int64_t when, int *to)
{
    int64_t last = INT64_MIN;
    struct when_civil civil;

    when_to_civil(&civil, when);
    for (int year = civil.year - 1; year <= civil.year + 1; year++) {
        for (int i = 0; i < 2; i++) {
            /* what the clock shows at a change is still the time before it */
            int64_t at = change_in(&zone->change[i], year) - zone->offset[!i];

            if (at <= when && at >= last) {
                last = at;
                *to = i;
            }
        }
    }
    return last;
}

int32_t zone_offset(const struct zone *zone, int64_t when, const char **name)
{
    int which = 0;

    if (zone->has_summer) {
        (void)last_change(zone, when, &which);
    }
    if (name != NULL) {
        *name = zone->name[which];
    }
    return zone->offset[which];
}

int64_t zone_instant(const struct zone *zone, int64_t local)
{
    int32_t least = zone->offset[0], most = zone->offset[0];
    int to;

    if (!zone->has_summer) {
        return local - zone->offset[0];
    }
    if (zone->offset[1] < least) {
        least = zone->offset[1];
    } else {
        most = zone->offset[1];
    }
    if (zone_offset(zone, local - most, NULL) == most) {
        return local - most;
    }
    if (zone_offset(zone, local - least, NULL) == least) {
        return local - least;
    }
    return last_change(zone, local - least, &to);
}
