/* SPDX-License-Identifier: MIT */
/*
 * Patch windows: when a site lets its files be changed (docs/site.md). Local times by one zone.
 */
#ifndef APPLIER_WINDOW_H
#define APPLIER_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/markup.h"
#include "base/zone.h"
#include "keys/elem.h"

#define WINDOW_MAX 32          /* windows, and as many times of blackout */
#define WINDOW_MINUTES 10080   /* the longest window: a week */
#define WINDOW_SEARCH_DAYS 800 /* how far ahead the next opening is looked for */
#define WINDOW_TEXT_SIZE 48    /* "Sat 2026-12-05 22:00 CET" */

struct window {
    unsigned weekdays; /* a bit for each, 1 for Sunday; 0: on `date` alone */
    int64_t date;      /* local day, counted from 1970-01-01 */
    int from;          /* minutes after local midnight */
    int minutes;       /* of elapsed time */
};

/* Local days, the last one included. */
struct window_blackout {
    int64_t from, until;
};

struct windows {
    struct zone zone;
    struct window items[WINDOW_MAX];
    size_t count; /* 0: none configured, files may be changed at any time */
    struct window_blackout blackouts[WINDOW_MAX];
    size_t blackout_count;
};

struct window_look {
    bool open;
    int64_t closes; /* when open; INT64_MAX: never */
    bool has_next;  /* when closed: whether one opens within WINDOW_SEARCH_DAYS */
    int64_t opens;
};

/* How things stand at `now`. */
struct window_look window_look(const struct windows *windows, int64_t now);

/*
 * ERR_WINDOW, with the next opening in local time, unless a window is open and stays so for
 * `seconds`: what a run may take.
 */
bool window_check(const struct windows *windows, int64_t now, int64_t seconds,
                  struct err *err) MUST_USE;

/* "Sat 2026-12-05 22:00 CET", the local time of an instant. Returns out. */
char *window_text(const struct windows *windows, int64_t when, char out[static WINDOW_TEXT_SIZE]);

/* "closed; the next opens on Sat 2026-12-05 22:00 CET", "open at any time". Returns out. */
#define WINDOW_WORDS_SIZE 96
char *window_words(const struct windows *windows, const struct window_look *look,
                   char out[static WINDOW_WORDS_SIZE]);

/* The element <windows> of site.xml. ERR_CONFIG_FORM with line and what to write instead. */
bool window_read(struct windows *windows, const struct elem *el, struct err *err) MUST_USE;
void window_write(const struct windows *windows, struct markup *m);

#endif
