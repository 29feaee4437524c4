/* SPDX-License-Identifier: MIT */
/* Patch windows: read, open, closed, next; over changes of the clock, midnight, leap day, blackout.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "applier/window.h"
#include "base/limits.h"
#include "base/when.h"

#define PRAGUE "zone=\"CET-1CEST,M3.5.0,M10.5.0/3\""
#define SYDNEY "zone=\"AEST-10AEDT,M10.1.0,M4.1.0/3\""
#define UTC_ZONE "zone=\"UTC\""
#define SAT_NIGHT "<window days=\"sat\" from=\"22:00\" minutes=\"240\"/>"

static struct err err;

static bool read(struct windows *w, const char *attributes, const char *inside)
{
    char text[4096];
    struct elem_doc *doc;
    bool done;

    snprintf(text, sizeof text,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<windows %s>%s</windows>\n", attributes,
             inside);
    memset(w, 0, sizeof *w);
    err = (struct err){0};
    doc = elem_parse(text, strlen(text), ERR_CONFIG_FORM, &err);
    assert_non_null(doc);
    done = window_read(w, elem_root(doc), &err);
    elem_free(doc);
    return done;
}

static int64_t at(const char *utc)
{
    int64_t when;

    assert_true(when_parse(&when, utc, WHEN_MIN, WHEN_MAX));
    return when;
}

/* One moment of one configuration: when it closes, or when the next opens; UTC. NULL: not so. */
struct row {
    const char *what, *zone, *inside, *now, *closes, *opens;
};

static const struct row rows[] = {
    {"before", PRAGUE, SAT_NIGHT, "2026-12-05T20:59:59Z", NULL, "2026-12-05T21:00:00Z"},
    {"its first second", PRAGUE, SAT_NIGHT, "2026-12-05T21:00:00Z", "2026-12-06T01:00:00Z", NULL},
    {"over midnight", PRAGUE, SAT_NIGHT, "2026-12-06T00:59:59Z", "2026-12-06T01:00:00Z", NULL},
    {"its end", PRAGUE, SAT_NIGHT, "2026-12-06T01:00:00Z", NULL, "2026-12-12T21:00:00Z"},
    {"in summer an hour earlier", PRAGUE, SAT_NIGHT, "2026-07-01T00:00:00Z", NULL,
     "2026-07-04T20:00:00Z"},
    {"the night to summer time: elapsed time counts", PRAGUE, SAT_NIGHT, "2026-03-29T00:30:00Z",
     "2026-03-29T01:00:00Z", NULL},
    {"the night from summer time: elapsed time counts", PRAGUE, SAT_NIGHT, "2026-10-24T23:00:00Z",
     "2026-10-25T00:00:00Z", NULL},
    {"a start that the clock skips: at the change", PRAGUE,
     "<window days=\"sun\" from=\"02:30\" minutes=\"60\"/>", "2026-03-29T00:59:59Z", NULL,
     "2026-03-29T01:00:00Z"},
    {"a start that the clock passes twice: the first", PRAGUE,
     "<window days=\"sun\" from=\"02:30\" minutes=\"60\"/>", "2026-10-25T00:00:00Z", NULL,
     "2026-10-25T00:30:00Z"},
    {"and not the second", PRAGUE, "<window days=\"sun\" from=\"02:30\" minutes=\"30\"/>",
     "2026-10-25T01:30:00Z", NULL, "2026-11-01T01:30:00Z"},
    {"the other hemisphere in summer", SYDNEY, SAT_NIGHT, "2026-12-01T00:00:00Z", NULL,
     "2026-12-05T11:00:00Z"},
    {"and in winter", SYDNEY, SAT_NIGHT, "2026-07-01T00:00:00Z", NULL, "2026-07-04T12:00:00Z"},
    {"the night to its summer time", SYDNEY, SAT_NIGHT, "2026-10-03T15:59:59Z",
     "2026-10-03T16:00:00Z", NULL},
    {"a skipped start there", SYDNEY, "<window days=\"sun\" from=\"02:15\" minutes=\"60\"/>",
     "2026-10-03T15:00:00Z", NULL, "2026-10-03T16:00:00Z"},
    {"a day of UTC is the next of the zone", SYDNEY,
     "<window days=\"mon\" from=\"08:00\" minutes=\"60\"/>", "2026-12-06T00:00:00Z", NULL,
     "2026-12-06T21:00:00Z"},
    {"leap day", UTC_ZONE, "<window date=\"2028-02-29\" from=\"23:00\" minutes=\"120\"/>",
     "2028-03-01T00:59:59Z", "2028-03-01T01:00:00Z", NULL},
    {"over the year's end", UTC_ZONE, "<window date=\"2026-12-31\" from=\"23:30\" minutes=\"60\"/>",
     "2027-01-01T00:15:00Z", "2027-01-01T00:30:00Z", NULL},
    {"a day alone that has passed", UTC_ZONE,
     "<window date=\"2026-01-31\" from=\"23:30\" minutes=\"60\"/>", "2026-02-01T00:30:00Z", NULL,
     NULL},
    {"a day alone far away", UTC_ZONE,
     "<window date=\"2028-01-31\" from=\"23:30\" minutes=\"60\"/>", "2026-02-01T00:30:00Z", NULL,
     "2028-01-31T23:30:00Z"},
    {"over a week's end", UTC_ZONE, "<window days=\"fri\" from=\"18:00\" minutes=\"3480\"/>",
     "2026-12-07T03:59:59Z", "2026-12-07T04:00:00Z", NULL},
    {"a whole week, always", UTC_ZONE, "<window days=\"tue\" from=\"00:00\" minutes=\"10080\"/>",
     "2026-12-07T23:59:59Z", "never", NULL},
    {"two that touch", UTC_ZONE,
     "<window days=\"sat\" from=\"22:00\" minutes=\"120\"/>"
     "<window days=\"sun\" from=\"00:00\" minutes=\"60\"/>",
     "2026-12-05T22:30:00Z", "2026-12-06T01:00:00Z", NULL},
    {"two that overlap", UTC_ZONE,
     "<window days=\"sat\" from=\"22:00\" minutes=\"30\"/>"
     "<window days=\"sat\" from=\"22:15\" minutes=\"60\"/>",
     "2026-12-05T22:10:00Z", "2026-12-05T23:15:00Z", NULL},
    {"of several days the nearest", UTC_ZONE,
     "<window days=\"mon wed\" from=\"01:00\" minutes=\"30\"/>", "2026-12-01T12:00:00Z", NULL,
     "2026-12-02T01:00:00Z"},
    {"blackout", UTC_ZONE, SAT_NIGHT "<blackout from=\"2026-12-05\" until=\"2026-12-05\"/>",
     "2026-12-05T22:30:00Z", NULL, "2026-12-06T00:00:00Z"},
    {"what a blackout leaves of a window", UTC_ZONE,
     SAT_NIGHT "<blackout from=\"2026-12-05\" until=\"2026-12-05\"/>", "2026-12-06T00:00:00Z",
     "2026-12-06T02:00:00Z", NULL},
    {"a blackout closes a window", UTC_ZONE,
     SAT_NIGHT "<blackout from=\"2026-12-06\" until=\"2026-12-31\"/>", "2026-12-05T23:00:00Z",
     "2026-12-06T00:00:00Z", NULL},
    {"a blackout of weeks", UTC_ZONE,
     SAT_NIGHT "<blackout from=\"2026-12-12\" until=\"2027-01-10\"/>", "2026-12-06T02:00:00Z", NULL,
     "2027-01-16T22:00:00Z"},
    {"a blackout's midnight is the zone's", PRAGUE,
     SAT_NIGHT "<blackout from=\"2026-12-06\" until=\"2026-12-31\"/>", "2026-12-05T22:30:00Z",
     "2026-12-05T23:00:00Z", NULL},
    {"a day alone does not lift a blackout", UTC_ZONE,
     "<window date=\"2026-12-25\" from=\"10:00\" minutes=\"60\"/>"
     "<blackout from=\"2026-12-20\" until=\"2027-01-03\"/>",
     "2026-12-25T10:30:00Z", NULL, NULL},
};

static void check(const struct row *row, const char *what, const char *expected, int64_t found)
{
    char text[WHEN_TEXT_SIZE] = "never";

    if (found != INT64_MAX) {
        when_format(text, found);
    }
    if (strcmp(text, expected) != 0) {
        fail_msg("%s: %s %s instead of %s", row->what, what, text, expected);
    }
}

static void each_row_of_the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct windows w;
        struct window_look look;

        if (!read(&w, row->zone, row->inside)) {
            fail_msg("%s: %s", row->what, err.text);
        }
        look = window_look(&w, at(row->now));
        if (look.open != (row->closes != NULL) || look.has_next != (row->opens != NULL)) {
            fail_msg("%s: open %d, next %d", row->what, look.open, look.has_next);
        }
        if (look.open) {
            check(row, "closes", row->closes, look.closes);
        } else if (look.has_next) {
            check(row, "opens", row->opens, look.opens);
        }
    }
}

/* What an opening promises is kept, at each minute of two years: the look is held to itself. */
static void openings_and_closings_agree(void **state)
{
    static const char inside[] =
        SAT_NIGHT "<window days=\"tue thu\" from=\"02:15\" minutes=\"50\"/>"
                  "<window date=\"2026-06-03\" from=\"12:00\" minutes=\"600\"/>"
                  "<blackout from=\"2026-08-10\" until=\"2026-08-23\"/>";
    static const char *const zones[] = {PRAGUE, SYDNEY, UTC_ZONE};

    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct windows w;
        int64_t when = at("2026-01-01T00:00:00Z"), turn;
        int turns = 0;

        assert_true(read(&w, zones[i], inside));
        while (when < at("2027-01-01T00:00:00Z")) {
            struct window_look look = window_look(&w, when);

            turn = look.open ? look.closes : look.opens;
            assert_true(turn > when);
            for (int64_t t = when; t < turn; t += 60 * 97) {
                struct window_look same = window_look(&w, t);

                assert_int_equal(same.open, look.open);
                assert_true((same.open ? same.closes : same.opens) == turn);
            }
            assert_int_equal(window_look(&w, turn).open, !look.open);
            when = turn;
            turns++;
        }
        assert_in_range(turns, 2 * (52 * 3 - 8), 2 * (52 * 3 + 3));
    }
}

static void without_windows_any_time_will_do(void **state)
{
    struct windows none = {0};

    (void)state;
    assert_true(window_look(&none, 0).open);
    assert_true(window_check(&none, at("2026-12-05T22:30:00Z"), 86400, &err));
}

static void a_refusal_names_the_next_opening(void **state)
{
    struct windows w;

    (void)state;
    assert_true(read(&w, PRAGUE, SAT_NIGHT));
    assert_false(window_check(&w, at("2026-12-04T22:30:00Z"), 60, &err));
    assert_int_equal(err.code, ERR_WINDOW);
    assert_int_equal(err_exit(err.code), 31);
    assert_non_null(strstr(err.text, "Sat 2026-12-05 22:00 CET (2026-12-05T21:00:00Z)"));
    assert_true(window_check(&w, at("2026-12-06T00:59:00Z"), 60, &err));
    assert_false(window_check(&w, at("2026-12-06T00:59:01Z"), 60, &err));
    assert_int_equal(err.code, ERR_WINDOW);
    assert_non_null(strstr(err.text, "closes at Sun 2026-12-06 02:00 CET"));
    assert_non_null(strstr(err.text, "60 seconds"));
    assert_non_null(strstr(err.text, "Sat 2026-12-12 22:00 CET"));
    assert_true(read(&w, UTC_ZONE, "<window date=\"2026-01-31\" from=\"23:30\" minutes=\"60\"/>"));
    assert_false(window_check(&w, at("2026-12-06T00:59:01Z"), 60, &err));
    assert_int_equal(err.code, ERR_WINDOW);
    assert_non_null(strstr(err.text, "none opens within 800 days"));
}

static void other_forms_are_refused(void **state)
{
    static const struct {
        const char *zone, *inside, *says;
    } bad[] = {
        {"", SAT_NIGHT, "zone"},
        {"zone=\"Europe/Prague\"", SAT_NIGHT, "CET-1CEST"},
        {"zone=\"UTC\" day=\"sat\"", SAT_NIGHT, "day"},
        {UTC_ZONE, "", "no <window>"},
        {UTC_ZONE, "<blackout from=\"2026-12-05\" until=\"2026-12-05\"/>", "no <window>"},
        {UTC_ZONE, "<windows/>", "window"},
        {UTC_ZONE, "<window days=\"sat\" from=\"22:00\" minutes=\"1\"><window/></window>", "holds"},
        {UTC_ZONE, "<window from=\"22:00\" minutes=\"1\"/>", "either"},
        {UTC_ZONE, "<window days=\"sat\" date=\"2026-12-05\" from=\"22:00\" minutes=\"1\"/>",
         "either"},
        {UTC_ZONE, "<window days=\"sat\" from=\"22:00\"/>", "minutes"},
        {UTC_ZONE, "<window days=\"sat\" minutes=\"10\"/>", "from"},
        {UTC_ZONE, "<window days=\"sat\" from=\"22:00\" minutes=\"0\"/>", "minutes"},
        {UTC_ZONE, "<window days=\"sat\" from=\"22:00\" minutes=\"10081\"/>", "minutes"},
        {UTC_ZONE, "<window days=\"sat\" from=\"22:00\" minutes=\"1\" to=\"23:00\"/>", "to"},
        {UTC_ZONE, "<window days=\"sat\" from=\"24:00\" minutes=\"1\"/>", "22:30"},
        {UTC_ZONE, "<window days=\"sat\" from=\"22:60\" minutes=\"1\"/>", "22:30"},
        {UTC_ZONE, "<window days=\"sat\" from=\"9:00\" minutes=\"1\"/>", "22:30"},
        {UTC_ZONE, "<window days=\"sat\" from=\"22.00\" minutes=\"1\"/>", "22:30"},
        {UTC_ZONE, "<window days=\"sat\" from=\"-1:00\" minutes=\"1\"/>", "22:30"},
        {UTC_ZONE, "<window days=\"Sat\" from=\"22:00\" minutes=\"1\"/>", "days"},
        {UTC_ZONE, "<window days=\"sat sat\" from=\"22:00\" minutes=\"1\"/>", "days"},
        {UTC_ZONE, "<window days=\"sat,sun\" from=\"22:00\" minutes=\"1\"/>", "days"},
        {UTC_ZONE, "<window days=\"sat  sun\" from=\"22:00\" minutes=\"1\"/>", "days"},
        {UTC_ZONE, "<window days=\"sat \" from=\"22:00\" minutes=\"1\"/>", "days"},
        {UTC_ZONE, "<window days=\"saturday\" from=\"22:00\" minutes=\"1\"/>", "days"},
        {UTC_ZONE, "<window date=\"2026-02-29\" from=\"22:00\" minutes=\"1\"/>", "2026-12-24"},
        {UTC_ZONE, "<window date=\"24.12.2026\" from=\"22:00\" minutes=\"1\"/>", "2026-12-24"},
        {UTC_ZONE, SAT_NIGHT "<blackout from=\"2026-12-05\"/>", "until"},
        {UTC_ZONE, SAT_NIGHT "<blackout from=\"2026-12-05\" until=\"2026-12-04\"/>", "last day"},
        {UTC_ZONE, SAT_NIGHT "<blackout from=\"2026-12-05\" until=\"2026-13-04\"/>", "2026-12-24"},
        {UTC_ZONE, SAT_NIGHT "<blackout from=\"2026-12-05\" until=\"2026-12-06\" why=\"x\"/>",
         "why"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct windows w;

        if (read(&w, bad[i].zone, bad[i].inside)) {
            fail_msg("taken: %s %s", bad[i].zone, bad[i].inside);
        }
        assert_int_equal(err.code, ERR_CONFIG_FORM);
        if (strstr(err.text, bad[i].says) == NULL || strstr(err.text, "line 2") == NULL) {
            fail_msg("%s: '%s' does not say '%s'", bad[i].inside, err.text, bad[i].says);
        }
    }
}

static void there_is_a_limit_to_their_number(void **state)
{
    struct windows w;
    struct buf inside;

    (void)state;
    buf_init(&inside, 8192);
    for (int i = 0; i < WINDOW_MAX; i++) {
        assert_true(buf_add_text(&inside, SAT_NIGHT, &err));
    }
    assert_true(read(&w, UTC_ZONE, buf_text(&inside)));
    assert_true(buf_add_text(&inside, SAT_NIGHT, &err));
    assert_false(read(&w, UTC_ZONE, buf_text(&inside)));
    assert_int_equal(err.code, ERR_CONFIG_FORM);
    buf_release(&inside);
}

static void what_is_written_reads_the_same(void **state)
{
    struct windows w;
    struct markup m;
    struct buf out;

    (void)state;
    assert_true(read(&w, PRAGUE,
                     "<window days=\"sun sat mon\" from=\"02:05\" minutes=\"50\"/>"
                     "<window date=\"2026-06-03\" from=\"12:00\" minutes=\"600\"/>"
                     "<blackout from=\"2026-08-10\" until=\"2026-08-23\"/>"));
    buf_init(&out, 4096);
    markup_begin(&m, &out, "site", "urn:x", &err);
    window_write(&w, &m);
    assert_true(markup_end(&m));
    assert_non_null(strstr(buf_text(&out),
                           "  <windows zone=\"CET-1CEST,M3.5.0,M10.5.0/3\">\n"
                           "    <window days=\"mon sat sun\" from=\"02:05\" minutes=\"50\"/>\n"
                           "    <window date=\"2026-06-03\" from=\"12:00\" minutes=\"600\"/>\n"
                           "    <blackout from=\"2026-08-10\" until=\"2026-08-23\"/>\n"
                           "  </windows>\n"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_the_table_holds),
        cmocka_unit_test(openings_and_closings_agree),
        cmocka_unit_test(without_windows_any_time_will_do),
        cmocka_unit_test(a_refusal_names_the_next_opening),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(there_is_a_limit_to_their_number),
        cmocka_unit_test(what_is_written_reads_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
