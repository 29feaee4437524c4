/* SPDX-License-Identifier: MIT */
/*
 * The element <windows> of site.xml.
 */
#include "applier/window.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/when.h"

static const enum err_code form = ERR_CONFIG_FORM;
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/* Names with single spaces between, each once. */
static bool read_weekdays(unsigned *out, const char *text)
{
    unsigned all = 0, one;

    for (;;) {
        one = 0;
        for (size_t i = 0; i < sizeof weekdays / sizeof weekdays[0]; i++) {
            one |= strncmp(text, weekdays[i], 3) == 0 ? 1u << i : 0;
        }
        if (one == 0 || (all & one) != 0) {
            return false;
        }
        all |= one;
        text += 3;
        if (*text == '\0') {
            *out = all;
            return true;
        }
        if (*text++ != ' ') {
            return false;
        }
    }
}

/* "YYYY-MM-DD". */
static bool read_date(int64_t *day, const char *text)
{
    char full[WHEN_TEXT_SIZE];
    int64_t when;

    if (strlen(text) != 10) {
        return false;
    }
    snprintf(full, sizeof full, "%sT00:00:00Z", text);
    if (!when_parse(&when, full, WHEN_MIN, WHEN_MAX)) {
        return false;
    }
    *day = when / WHEN_DAY;
    return true;
}

/* "hh:mm", 00:00 to 23:59. */
static bool read_clock(int *minutes, const char *text)
{
    uint64_t hour, minute;
    char hours[3];

    if (strlen(text) != 5 || text[2] != ':') {
        return false;
    }
    memcpy(hours, text, 2);
    hours[2] = '\0';
    if (!text_number(&hour, hours[0] == '0' ? hours + 1 : hours, 0, 23) ||
        !text_number(&minute, text[3] == '0' ? text + 4 : text + 3, 0, 59)) {
        return false;
    }
    *minutes = (int)(hour * 60 + minute);
    return true;
}

static bool expect_date(const struct elem *el, const char *name, int64_t *day, struct err *err)
{
    const char *text;

    return elem_text(el, name, &text, form, err) &&
           (read_date(day, text) ||
            err_set(err, form, "line %ld: <%s>: %s must be a day such as 2026-12-24", elem_line(el),
                    elem_name(el), name));
}

/* One of `days` and `date`. */
static bool read_when(struct window *window, const struct elem *el, struct err *err)
{
    const char *days = elem_attr(el, "days"), *date = elem_attr(el, "date");

    if ((days == NULL) == (date == NULL)) {
        return err_set(err, form,
                       "line %ld: <window> has either days, such as \"sat sun\", or a date",
                       elem_line(el));
    }
    if (date != NULL) {
        return expect_date(el, "date", &window->date, err);
    }
    return read_weekdays(&window->weekdays, days) ||
           err_set(err, form,
                   "line %ld: <window>: days must be some of \"mon tue wed thu fri sat sun\", each "
                   "once, with a space between",
                   elem_line(el));
}

static bool read_window(struct windows *w, const struct elem *el, struct err *err)
{
    static const char *const names[] = {"days", "date", "from", "minutes", NULL};
    struct window window = {0};
    const char *from;
    uint64_t minutes = 0;

    if (!elem_only(el, names, form, err) || !read_when(&window, el, err) ||
        !elem_text(el, "from", &from, form, err)) {
        return false;
    }
    if (!read_clock(&window.from, from)) {
        return err_set(err, form, "line %ld: <window>: from must be a time such as 22:30",
                       elem_line(el));
    }
    if (!elem_number(el, "minutes", 1, WINDOW_MINUTES, &minutes, form, err)) {
        return false;
    }
    if (w->count == WINDOW_MAX) {
        return err_set(err, form, "line %ld: there are at most %d windows", elem_line(el),
                       WINDOW_MAX);
    }
    window.minutes = (int)minutes;
    w->items[w->count++] = window;
    return true;
}

static bool read_blackout(struct windows *w, const struct elem *el, struct err *err)
{
    static const char *const names[] = {"from", "until", NULL};
    struct window_blackout blackout;

    if (!elem_only(el, names, form, err) || !expect_date(el, "from", &blackout.from, err) ||
        !expect_date(el, "until", &blackout.until, err)) {
        return false;
    }
    if (blackout.until < blackout.from) {
        return err_set(err, form, "line %ld: <blackout>: until is its last day, not before from",
                       elem_line(el));
    }
    if (w->blackout_count == WINDOW_MAX) {
        return err_set(err, form, "line %ld: there are at most %d times of blackout", elem_line(el),
                       WINDOW_MAX);
    }
    w->blackouts[w->blackout_count++] = blackout;
    return true;
}

static bool read_one(struct windows *w, const struct elem *el, struct err *err)
{
    bool blackout = strcmp(elem_name(el), "blackout") == 0;

    if (elem_count(el) != 0) {
        return err_set(err, form, "line %ld: <%s> holds no elements", elem_line(el), elem_name(el));
    }
    return blackout ? read_blackout(w, el, err)
                    : elem_expect(el, "window", NULL, form, err) && read_window(w, el, err);
}

bool window_read(struct windows *w, const struct elem *el, struct err *err)
{
    static const char *const names[] = {"zone", NULL};
    const char *zone;

    if (!elem_only(el, names, form, err) || !elem_text(el, "zone", &zone, form, err)) {
        return false;
    }
    if (!zone_parse(&w->zone, zone)) {
        return err_set(err, form,
                       "line %ld: <windows>: zone must be UTC or a rule such as "
                       "CET-1CEST,M3.5.0,M10.5.0/3 (docs/site.md has more of them)",
                       elem_line(el));
    }
    for (const struct elem *child = elem_first(el); child != NULL; child = elem_next(child)) {
        if (!read_one(w, child, err)) {
            return false;
        }
    }
    return w->count > 0 ||
           err_set(err, form,
                   "line %ld: <windows> has no <window>, so nothing could ever be applied; leave "
                   "it out to allow any time",
                   elem_line(el));
}

/* --- writing --- */

static void write_date(struct markup *m, const char *name, int64_t day)
{
    char text[WHEN_TEXT_SIZE];

    when_format(text, day * WHEN_DAY);
    markup_text_len(m, name, text, 10);
}

static void write_weekdays(struct markup *m, unsigned days)
{
    char text[32] = "";
    size_t len = 0;

    /* as they are spoken of: the week begins on Monday */
    for (size_t i = 1; i <= sizeof weekdays / sizeof weekdays[0]; i++) {
        size_t day = i % (sizeof weekdays / sizeof weekdays[0]);

        if ((days & (1u << day)) != 0) {
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len == 0 ? "" : " ",
                                    weekdays[day]);
        }
    }
    markup_text(m, "days", text);
}

void window_write(const struct windows *w, struct markup *m)
{
    char from[8];

    if (w->count == 0) {
        return;
    }
    markup_open(m, "windows");
    markup_text(m, "zone", w->zone.text);
    for (size_t i = 0; i < w->count; i++) {
        const struct window *window = &w->items[i];

        markup_open(m, "window");
        if (window->weekdays != 0) {
            write_weekdays(m, window->weekdays);
        } else {
            write_date(m, "date", window->date);
        }
        snprintf(from, sizeof from, "%02d:%02d", window->from / 60 % 24, window->from % 60);
        markup_text(m, "from", from);
        markup_number(m, "minutes", (uint64_t)window->minutes);
        markup_close(m);
    }
    for (size_t i = 0; i < w->blackout_count; i++) {
        markup_open(m, "blackout");
        write_date(m, "from", w->blackouts[i].from);
        write_date(m, "until", w->blackouts[i].until);
        markup_close(m);
    }
    markup_close(m);
}
