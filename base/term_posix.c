/* SPDX-License-Identifier: MIT */
/*
 * Terminal and ticks on POSIX systems.
 */
#include "base/term.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

bool term_is_tty(enum term_stream stream)
{
    return isatty(stream == TERM_OUT ? STDOUT_FILENO : STDERR_FILENO) == 1;
}

void term_hold_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* The wrong way round, so that using it fails; the lowest free number is this one. */
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
            abort();
        }
    }
}

void term_ignore_pipe(void)
{
    signal(SIGPIPE, SIG_IGN);
}

const char *term_shell_quote(void)
{
    return "'";
}

int64_t term_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
