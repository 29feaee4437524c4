/* SPDX-License-Identifier: MIT */
/*
 * Patch windows: open or closed, until when, and when next.
 */
#include "applier/window.h"

#include <stdio.h>

#include "base/when.h"

#define MINUTE 60
#define WEEK 7

static const char *const weekday_names[WEEK] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* 1970-01-01 was a Thursday; days before it do not occur. */
static unsigned weekday(int64_t day)
{
    return (unsigned)((day + 4) % WEEK);
}

static int64_t local_day(const struct windows *w, int64_t when)
{
    return (when + zone_offset(&w->zone, when, NULL)) / WHEN_DAY;
}

static int64_t midnight(const struct windows *w, int64_t day)
{
    return zone_instant(&w->zone, day * WHEN_DAY);
}

/* Whether the window begins on that day, and when it does. */
static bool begins(const struct windows *w, const struct window *window, int64_t day, int64_t *at)
{
    if (window->weekdays == 0 ? window->date != day
                              : (window->weekdays & (1u << weekday(day))) == 0) {
        return false;
    }
    *at = zone_instant(&w->zone, day * WHEN_DAY + window->from * MINUTE);
    return true;
}

/* Whether `when` lies in a blackout; the next one begins at *next, unless it is earlier already. */
static bool blacked_out(const struct windows *w, int64_t when, int64_t *next)
{
    for (size_t i = 0; i < w->blackout_count; i++) {
        int64_t from = midnight(w, w->blackouts[i].from);

        if (from <= when && when < midnight(w, w->blackouts[i].until + 1)) {
            return true;
        }
        if (from > when && from < *next) {
            *next = from;
        }
    }
    return false;
}

/* Whether a window is open at `when`; then *until: some time at which it still might be. */
static bool is_open(const struct windows *w, int64_t when, int64_t *until)
{
    int64_t today = local_day(w, when), latest = 0, black = INT64_MAX, at;

    for (int64_t day = today - WEEK - 1; day <= today; day++) {
        for (size_t i = 0; i < w->count; i++) {
            if (begins(w, &w->items[i], day, &at) && at <= when &&
                when < at + w->items[i].minutes * MINUTE &&
                at + w->items[i].minutes * MINUTE > latest) {
                latest = at + w->items[i].minutes * MINUTE;
            }
        }
    }
    if (latest == 0 || blacked_out(w, when, &black)) {
        return false;
    }
    *until = black < latest ? black : latest;
    return true;
}

/* Windows may follow one another without a gap. */
static int64_t closing(const struct windows *w, int64_t until, int64_t limit)
{
    int64_t later;

    while (until < limit && is_open(w, until, &later)) {
        until = later;
    }
    return until;
}

/* The earliest moment after `now` at which one is open. */
static bool opening(const struct windows *w, int64_t now, int64_t *out)
{
    int64_t today = local_day(w, now), best = INT64_MAX, at, until;

    for (size_t i = 0; i < w->blackout_count; i++) {
        at = midnight(w, w->blackouts[i].until + 1);
        if (at > now && at < best && is_open(w, at, &until)) {
            best = at;
        }
    }
    /* a day's window may begin, by a change of the clock, on the day after */
    for (int64_t day = today - 1; day <= today + WINDOW_SEARCH_DAYS; day++) {
        for (size_t i = 0; i < w->count; i++) {
            if (begins(w, &w->items[i], day, &at) && at > now && at < best &&
                is_open(w, at, &until)) {
                best = at;
            }
        }
        if (best <= midnight(w, day)) {
            break;
        }
    }
    *out = best;
    return best != INT64_MAX;
}

struct window_look window_look(const struct windows *w, int64_t now)
{
    struct window_look look = {.open = true, .closes = INT64_MAX};
    int64_t until, limit = now + WINDOW_SEARCH_DAYS * WHEN_DAY;

    if (w->count == 0) {
        return look;
    }
    look.open = is_open(w, now, &until);
    if (look.open) {
        until = closing(w, until, limit);
        look.closes = until < limit ? until : INT64_MAX;
    } else {
        look.has_next = opening(w, now, &look.opens);
    }
    return look;
}

char *window_text(const struct windows *w, int64_t when, char out[static WINDOW_TEXT_SIZE])
{
    const char *name;
    int64_t local = when + zone_offset(&w->zone, when, &name);
    struct when_civil c;

    when_to_civil(&c, local);
    snprintf(out, WINDOW_TEXT_SIZE, "%s %04d-%02d-%02d %02d:%02d %s",
             weekday_names[weekday(local / WHEN_DAY)], c.year % 10000, c.month % 100, c.day % 100,
             c.hour % 100, c.minute % 100, name);
    return out;
}

char *window_words(const struct windows *w, const struct window_look *look,
                   char out[static WINDOW_WORDS_SIZE])
{
    char text[WINDOW_TEXT_SIZE];

    if (look->open && look->closes == INT64_MAX) {
        snprintf(out, WINDOW_WORDS_SIZE, "open at any time");
    } else if (look->open) {
        snprintf(out, WINDOW_WORDS_SIZE, "open until %s", window_text(w, look->closes, text));
    } else if (look->has_next) {
        snprintf(out, WINDOW_WORDS_SIZE, "closed; the next opens on %s",
                 window_text(w, look->opens, text));
    } else {
        snprintf(out, WINDOW_WORDS_SIZE, "closed, and none opens within %d days",
                 WINDOW_SEARCH_DAYS);
    }
    return out;
}

static bool refuse(const struct windows *w, int64_t after, const char *what, struct err *err)
{
    struct window_look look = window_look(w, after);
    char opens[WINDOW_TEXT_SIZE], utc[WHEN_TEXT_SIZE];

    if (!look.has_next) {
        return err_set(err, ERR_WINDOW,
                       "%s, and none opens within %d days: look at <windows> in site.xml", what,
                       WINDOW_SEARCH_DAYS);
    }
    when_format(utc, look.opens);
    return err_set(err, ERR_WINDOW,
                   "%s; the next one opens on %s (%s). To change the files now all the same: "
                   "--outside-window --reason TEXT",
                   what, window_text(w, look.opens, opens), utc);
}

bool window_check(const struct windows *w, int64_t now, int64_t seconds, struct err *err)
{
    struct window_look look = window_look(w, now);
    char closes[WINDOW_TEXT_SIZE], what[160];

    if (!look.open) {
        return refuse(w, now, "no patch window is open", err);
    }
    if (look.closes - now < seconds) {
        snprintf(what, sizeof what,
                 "the patch window closes at %s, and a run may take %lld seconds here",
                 window_text(w, look.closes, closes), (long long)seconds);
        return refuse(w, look.closes, what, err);
    }
    return true;
}
