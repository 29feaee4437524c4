/* SPDX-License-Identifier: MIT */
/*
 * UTC times, and the one place where the clock is read.
 */
#include "base/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01, counting years from March so that the leap day is the last. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    int64_t era, of_era, of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    of_era = year - era * 400;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool when_from_civil(int64_t *out, const struct when_civil *c)
{
    if (c->year < 1 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
        c->day > month_days(c->year, c->month) || c->hour < 0 || c->hour > 23 || c->minute < 0 ||
        c->minute > 59 || c->second < 0 || c->second > 59) {
        return false;
    }
    *out = days_from_civil(c->year, c->month, c->day) * WHEN_DAY + c->hour * 3600 + c->minute * 60 +
           c->second;
    return true;
}

void when_to_civil(struct when_civil *out, int64_t when)
{
    int64_t days = when / WHEN_DAY, rest = when % WHEN_DAY;
    int64_t era, of_era, year, of_year, month;

    if (rest < 0) {
        rest += WHEN_DAY;
        days--;
    }
    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    of_era = days - era * 146097;
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * year + year / 4 - year / 100);
    month = (5 * of_year + 2) / 153;
    out->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = (int)(year + era * 400 + (out->month <= 2));
    out->hour = (int)(rest / 3600);
    out->minute = (int)(rest / 60 % 60);
    out->second = (int)(rest % 60);
}

static bool digits(int *out, const char *text, size_t count)
{
    int value = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}

bool when_parse(int64_t *out, const char *text, int64_t min, int64_t max)
{
    struct when_civil c;
    int64_t when;

    if (strlen(text) != WHEN_TEXT_SIZE - 1 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':' || text[19] != 'Z' || !digits(&c.year, text, 4) ||
        !digits(&c.month, text + 5, 2) || !digits(&c.day, text + 8, 2) ||
        !digits(&c.hour, text + 11, 2) || !digits(&c.minute, text + 14, 2) ||
        !digits(&c.second, text + 17, 2) || !when_from_civil(&when, &c) || when < min ||
        when > max) {
        return false;
    }
    *out = when;
    return true;
}

void when_format(char out[static WHEN_TEXT_SIZE], int64_t when)
{
    struct when_civil c;
    char text[96];

    when_to_civil(&c, when);
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour,
             c.minute, c.second);
    memcpy(out, text, WHEN_TEXT_SIZE - 1);
    out[WHEN_TEXT_SIZE - 1] = '\0';
}

int64_t when_now(void)
{
#ifdef PINFERRY_TEST_SWITCHES
    const char *text = getenv("PINFERRY_TEST_NOW");
    int64_t when;

    if (text != NULL && when_parse(&when, text, WHEN_KEY_MIN, WHEN_KEY_MAX)) {
        return when;
    }
#endif
    return (int64_t)time(NULL);
}
