/* SPDX-License-Identifier: MIT */
/*
 * A line on stderr for work that takes long.
 */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST_MS 500
#define EVERY_MS 200

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, const char *what, uint64_t total, bool wanted)
{
    memset(p, 0, sizeof *p);
    p->what = what;
    p->total = total;
    p->enabled = wanted && isatty(STDERR_FILENO) == 1;
    p->shown_at = p->enabled ? monotonic_ms() + FIRST_MS - EVERY_MS : 0;
}

void progress_add(struct progress *p, uint64_t amount)
{
    int64_t now;

    if (p == NULL || !p->enabled) {
        return;
    }
    p->done += amount;
    now = monotonic_ms();
    if (now < p->shown_at + EVERY_MS) {
        return;
    }
    p->shown_at = now;
    p->drawn = true;
    if (p->total > 0) {
        fprintf(stderr, "\r%s: %3" PRIu64 " %%", p->what, p->done * 100 / p->total);
    } else {
        fprintf(stderr, "\r%s: %" PRIu64 " MiB", p->what, p->done >> 20);
    }
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->drawn) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
        p->drawn = false;
    }
}
