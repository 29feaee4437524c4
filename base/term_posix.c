/* SPDX-License-Identifier: MIT */
/*
 * Terminal and ticks on POSIX systems.
 */
#include "base/term.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

bool term_is_tty(enum term_stream stream)
{
    return isatty(stream == TERM_OUT ? STDOUT_FILENO : STDERR_FILENO) == 1;
}

void term_ignore_pipe(void)
{
    signal(SIGPIPE, SIG_IGN);
}

int64_t term_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
