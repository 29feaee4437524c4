/* SPDX-License-Identifier: MIT */
/*
 * A line on stderr for work that takes long, only when stderr is a terminal and nobody said
 * --quiet.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what;
    uint64_t total; /* 0: unknown */
    uint64_t done;
    int64_t shown_at; /* monotonic milliseconds of the last redraw */
    bool enabled;
    bool drawn;
};

/* `what` outlives it. Shows nothing for work that ends within half a second. */
void progress_begin(struct progress *p, const char *what, uint64_t total, bool wanted);
void progress_add(struct progress *p, uint64_t amount); /* p may be NULL */
void progress_end(struct progress *p);                  /* clears the line; p may be NULL */

#endif
