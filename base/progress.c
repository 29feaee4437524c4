/* SPDX-License-Identifier: MIT */
/*
 * A line on stderr for work that takes long.
 */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/term.h"

#define FIRST_MS 500
#define EVERY_MS 200

/* The test build takes PINFERRY_TEST_TICK instead when it is set; a release build lacks the name.
 */
static int64_t tick(void)
{
#ifdef PINFERRY_TEST_SWITCHES
    const char *text = getenv("PINFERRY_TEST_TICK");

    if (text != NULL) {
        return atoll(text);
    }
#endif
    return term_monotonic_ms();
}

void progress_begin(struct progress *p, const char *what, uint64_t total, bool wanted)
{
    memset(p, 0, sizeof *p);
    p->what = what;
    p->total = total;
    p->enabled = wanted && term_is_tty(TERM_ERR);
    p->shown_at = p->enabled ? tick() + FIRST_MS - EVERY_MS : 0;
}

/* A file that grows while it is read must not show 101 %. */
static uint64_t percent(const struct progress *p)
{
    return p->done >= p->total ? 100 : p->done * 100 / p->total;
}

void progress_add(struct progress *p, uint64_t amount)
{
    int64_t now;

    if (p == NULL || !p->enabled) {
        return;
    }
    p->done += amount;
    now = tick();
    if (now < p->shown_at + EVERY_MS) {
        return;
    }
    p->shown_at = now;
    p->drawn = true;
    if (p->total > 0) {
        fprintf(stderr, "\r%s: %3" PRIu64 " %%", p->what, percent(p));
    } else {
        fprintf(stderr, "\r%s: %" PRIu64 " MiB", p->what, p->done >> 20);
    }
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p != NULL && p->drawn) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
        p->drawn = false;
    }
}
