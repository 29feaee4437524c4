/* SPDX-License-Identifier: MIT */
/*
 * A pseudo-terminal with a child that has it as its controlling terminal, so that what asks on
 * /dev/tty can be answered, and watched, by the test. Needs _XOPEN_SOURCE 700 before all headers.
 */
#ifndef TESTS_UNIT_PTY_KIT_H
#define TESTS_UNIT_PTY_KIT_H

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

/* What the child found: sent back through a pipe. */
struct pty_result {
    bool ok;
    enum err_code code;
    size_t len;
    char text[ERR_TEXT_SIZE]; /* what was read, or the error's sentence */
};

struct pty {
    int master, result;
    pid_t child;
    char seen[4096]; /* all that the terminal showed */
    size_t seen_len;
};

typedef bool pty_question(struct buf *out, struct err *err);

static inline void pty_child(const char *slave, pty_question *question, size_t max, int result)
{
    struct pty_result r = {0};
    struct err err = {0};
    struct buf out;
    int fd;

    if (setsid() < 0) {
        _exit(90);
    }
    fd = slave == NULL ? -1 : open(slave, O_RDWR); /* Linux: the first one becomes controlling */
    buf_init_secret(&out, max);
    r.ok = question(&out, &err);
    r.code = err.code;
    r.len = out.len;
    snprintf(r.text, sizeof r.text, "%s", r.ok ? buf_text(&out) : err.text);
    buf_release(&out);
    if (fd >= 0) {
        close(fd);
    }
    /* not _exit(), which loses what coverage counts */
    exit(write(result, &r, sizeof r) == (ssize_t)sizeof r ? 0 : 91);
}

/* Starts a child that asks; without a terminal when `terminal` is false. */
static inline bool pty_start(struct pty *p, pty_question *question, size_t max, bool terminal)
{
    char slave[128] = "";
    int pipes[2];

    memset(p, 0, sizeof *p);
    p->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (p->master < 0 || grantpt(p->master) != 0 || unlockpt(p->master) != 0 || pipe(pipes) != 0) {
        return false;
    }
    if (strlen(ptsname(p->master)) >= sizeof slave) {
        return false;
    }
    memcpy(slave, ptsname(p->master), strlen(ptsname(p->master)) + 1);
    fflush(NULL);
    p->child = fork();
    if (p->child == 0) {
        close(pipes[0]);
        close(p->master);
        pty_child(terminal ? slave : NULL, question, max, pipes[1]);
    }
    close(pipes[1]);
    p->result = pipes[0];
    return p->child > 0;
}

/* Waits up to 30 s until the terminal has shown `text` and its echo is as said. */
static inline bool pty_wait(struct pty *p, const char *text, bool echo)
{
    for (int i = 0; i < 3000; i++) {
        struct pollfd in = {.fd = p->master, .events = POLLIN};
        struct termios modes;

        if (strstr(p->seen, text) != NULL && tcgetattr(p->master, &modes) == 0 &&
            ((modes.c_lflag & ECHO) != 0) == echo) {
            return true;
        }
        if (poll(&in, 1, 10) > 0 && p->seen_len < sizeof p->seen - 1) {
            ssize_t n = read(p->master, p->seen + p->seen_len, sizeof p->seen - 1 - p->seen_len);

            p->seen_len += n > 0 ? (size_t)n : 0;
        }
    }
    return false;
}

static inline bool pty_expect(struct pty *p, const char *text)
{
    return pty_wait(p, text, false);
}

static inline bool pty_type(const struct pty *p, const char *text)
{
    return write(p->master, text, strlen(text)) == (ssize_t)strlen(text);
}

static inline bool pty_echo(const struct pty *p)
{
    struct termios modes;

    return tcgetattr(p->master, &modes) == 0 && (modes.c_lflag & ECHO) != 0;
}

/* The child's result, and how it ended (as waitpid says). */
static inline int pty_finish(struct pty *p, struct pty_result *r)
{
    int status = -1;

    memset(r, 0, sizeof *r);
    if (read(p->result, r, sizeof *r) != (ssize_t)sizeof *r) {
        memset(r, 0, sizeof *r);
    }
    waitpid(p->child, &status, 0);
    for (;;) { /* what it showed last */
        struct pollfd in = {.fd = p->master, .events = POLLIN};
        ssize_t n;

        if (poll(&in, 1, 0) <= 0 || (in.revents & POLLIN) == 0) {
            break;
        }
        n = read(p->master, p->seen + p->seen_len, sizeof p->seen - 1 - p->seen_len);
        if (n <= 0) {
            break;
        }
        p->seen_len += (size_t)n;
    }
    close(p->result);
    return status;
}

static inline void pty_close(struct pty *p)
{
    close(p->master);
}

#endif
