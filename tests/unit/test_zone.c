/* SPDX-License-Identifier: MIT */
/* Local time by POSIX rules: held to the C library's own reading of the same rules. */
#define _DEFAULT_SOURCE /* tm_gmtoff */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/when.h"
#include "base/zone.h"

#define SUMMERS                                                                                    \
    "CET-1CEST,M3.5.0,M10.5.0/3",               /* Prague */                                       \
        "GMT0BST,M3.5.0/1,M10.5.0",             /* London */                                       \
        "IST-1GMT0,M10.5.0,M3.5.0/1",           /* Dublin: summer is the standard */               \
        "EST5EDT,M3.2.0,M11.1.0",               /* New York */                                     \
        "NST3:30NDT,M3.2.0,M11.1.0",            /* St. John's */                                   \
        "AEST-10AEDT,M10.1.0,M4.1.0/3",         /* Sydney */                                       \
        "NZST-12NZDT,M9.5.0,M4.1.0/3",          /* Auckland */                                     \
        "<-04>4<-03>,M9.1.6/24,M4.1.6/24",      /* Santiago */                                     \
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", /* Lord Howe: half an hour */                      \
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",      /* Nuuk: at -1 o'clock */                          \
        "EET-2EEST,M3.4.4/50,M10.4.4/50",       /* as Gaza had it */                               \
        "AAA1BBB,J60/0,J300/0", "AAA1BBB,59/0,299/0"

static const char *const summers[] = {SUMMERS};
static const char *const plain[] = {"UTC", "UTC0", "JST-9", "<+0545>-5:45", "<-12>+12"};

static void use(const char *rule)
{
    assert_int_equal(setenv("TZ", rule, 1), 0);
    tzset();
}

static void agrees_with_libc(const char *rule, int64_t when)
{
    struct zone zone;
    const char *name;
    struct tm tm;
    time_t t = (time_t)when;

    assert_true(zone_parse(&zone, rule));
    assert_non_null(localtime_r(&t, &tm));
    if (zone_offset(&zone, when, &name) != tm.tm_gmtoff) {
        fail_msg("%s at %lld: %d instead of %ld", rule, (long long)when,
                 (int)zone_offset(&zone, when, NULL), tm.tm_gmtoff);
    }
    assert_string_equal(name, tm.tm_zone);
}

static void offsets_are_those_of_the_c_library(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof summers / sizeof summers[0]; i++) {
        use(summers[i]);
        /* 2000 to 2060, at odd steps of about three hours */
        for (int64_t when = WHEN_MIN; when < WHEN_MIN + 60 * 365 * WHEN_DAY; when += 10007) {
            agrees_with_libc(summers[i], when);
        }
    }
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        use(plain[i]);
        agrees_with_libc(plain[i], WHEN_MIN);
        agrees_with_libc(plain[i], WHEN_MIN + 200 * WHEN_DAY);
    }
}

/* To the second, around each change of 2026. */
static void changes_are_those_of_the_c_library(void **state)
{
    int64_t year;
    int changes;

    (void)state;
    assert_true(when_parse(&year, "2026-01-02T00:00:00Z", WHEN_MIN, WHEN_MAX));
    for (size_t i = 0; i < sizeof summers / sizeof summers[0]; i++) {
        struct zone zone;

        assert_true(zone_parse(&zone, summers[i]));
        use(summers[i]);
        changes = 0;
        for (int64_t when = year; when < year + 364 * WHEN_DAY; when += 1800) {
            if (zone_offset(&zone, when, NULL) != zone_offset(&zone, when - 1, NULL)) {
                agrees_with_libc(summers[i], when);
                agrees_with_libc(summers[i], when - 1);
                changes++;
            }
        }
        assert_int_equal(changes, 2);
    }
}

static int64_t instant(const char *rule, const char *local)
{
    struct zone zone;
    int64_t when;

    assert_true(zone_parse(&zone, rule));
    assert_true(when_parse(&when, local, WHEN_MIN, WHEN_MAX));
    return zone_instant(&zone, when);
}

static void local_times_have_one_instant(void **state)
{
    /* a summer day, a winter day; skipped; passed twice */
    static const struct {
        const char *rule, *local, *utc;
    } rows[] = {
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01T12:00:00Z", "2026-07-01T10:00:00Z"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-12-01T12:00:00Z", "2026-12-01T11:00:00Z"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-10-04T02:30:00Z", "2026-10-03T16:00:00Z"},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-04-05T02:30:00Z", "2026-04-04T15:30:00Z"},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2027-01-01T00:00:00Z", "2026-12-31T13:00:00Z"},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-03-29T01:30:00Z", "2026-03-29T01:00:00Z"},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-10-25T01:30:00Z", "2026-10-25T00:30:00Z"},
        {"UTC", "2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z"},
        {"<+0545>-5:45", "2026-01-01T00:00:00Z", "2025-12-31T18:15:00Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[WHEN_TEXT_SIZE];

        when_format(text, instant(rows[i].rule, rows[i].local));
        if (strcmp(text, rows[i].utc) != 0) {
            fail_msg("%s, %s: %s instead of %s", rows[i].rule, rows[i].local, text, rows[i].utc);
        }
    }
}

/* Every local hour of a year leads to an instant that shows it, but for those that are skipped. */
static void instants_show_their_local_time(void **state)
{
    int64_t year;

    (void)state;
    assert_true(when_parse(&year, "2026-01-01T00:00:00Z", WHEN_MIN, WHEN_MAX));
    for (size_t i = 0; i < sizeof summers / sizeof summers[0]; i++) {
        struct zone zone;
        int skipped = 0;

        assert_true(zone_parse(&zone, summers[i]));
        for (int64_t local = year; local < year + 365 * WHEN_DAY; local += 900) {
            int64_t when = zone_instant(&zone, local);

            if (when + zone_offset(&zone, when, NULL) != local) {
                skipped++;
                assert_true(zone_offset(&zone, when, NULL) > zone_offset(&zone, when - 1, NULL));
            }
        }
        assert_in_range(skipped, 1, 4);
    }
}

static void other_texts_are_no_rules(void **state)
{
    static const char *const bad[] = {
        "",
        "CET",
        "Europe/Prague",
        ":Europe/Prague",
        "CE-1",
        "CET-25",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/3,",
        "CET-1CEST,M3.5.0,M10.5.0/3 ",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M0.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,J366,J300",
        "CET-1CEST,366,300",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.0/2:60,M10.5.0",
        "CET-1:",
        "<CET-1",
        "<C>-1",
        "<CET>-1<CEST,M3.5.0,M10.5.0",
        "UTC0\n",
        "ABCDEFGHIJKLMNOPQ0",
        "AAAAAAAAAAA1BBBBBBBBBBBB,M10.5.0/100:00:00,M10.5.0/100:00:00xxxxxxxxxxxxxxx",
    };
    struct zone zone = {.offset = {7, 8}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (zone_parse(&zone, bad[i])) {
            fail_msg("'%s' was taken", bad[i]);
        }
    }
    assert_int_equal(zone.offset[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_c_library),
        cmocka_unit_test(changes_are_those_of_the_c_library),
        cmocka_unit_test(local_times_have_one_instant),
        cmocka_unit_test(instants_show_their_local_time),
        cmocka_unit_test(other_texts_are_no_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
