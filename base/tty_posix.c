/* SPDX-License-Identifier: MIT */
/*
 * The terminal, on POSIX: /dev/tty.
 */
#include "base/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"

#define PROMPT_MAX 512

/* A signal that ended the program here would leave the person's terminal without echo. */
static const int watched[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
#define WATCHED (sizeof watched / sizeof watched[0])

static volatile sig_atomic_t caught;

static void note(int signal)
{
    caught = signal;
}

static void watch(struct sigaction old[static WATCHED])
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = note; /* without SA_RESTART: read() must come back */
    sigemptyset(&action.sa_mask);
    caught = 0;
    for (size_t i = 0; i < WATCHED; i++) {
        sigaction(watched[i], &action, &old[i]);
        if (old[i].sa_handler == SIG_IGN) { /* nohup stays nohup */
            sigaction(watched[i], &old[i], NULL);
        }
    }
}

static void unwatch(const struct sigaction old[static WATCHED])
{
    for (size_t i = 0; i < WATCHED; i++) {
        sigaction(watched[i], &old[i], NULL);
    }
}

static bool set_modes(int fd, const struct termios *modes)
{
    int done;

    do { /* flushing what was typed before the prompt: it would have been echoed */
        done = tcsetattr(fd, TCSAFLUSH, modes);
    } while (done != 0 && errno == EINTR && caught == 0);
    return done == 0;
}

static bool show(int fd, const char *prompt, struct err *err)
{
    char shown[PROMPT_MAX];
    size_t len = strlen(text_shown(shown, sizeof shown, prompt, strlen(prompt)));

    for (size_t at = 0; at < len && caught == 0;) {
        ssize_t n = write(fd, shown + at, len - at);

        if (n < 0 && errno != EINTR) {
            return err_io(err, errno, "the terminal cannot be written to");
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Up to the line end, also when the line is too long: its rest must not reach the shell. */
static bool read_line(int fd, struct buf *line, struct err *err)
{
    bool fits = true;
    uint8_t c = 0;

    while (caught == 0) {
        ssize_t n = read(fd, &c, 1);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_io(err, errno, "the terminal cannot be read");
        }
        if (n == 0) {
            return err_set(err, ERR_IO, "nothing was typed: the input ended before a line end");
        }
        if (c == '\n') {
            return fits || err_set(err, ERR_IO_LIMIT, "the line has more than %zu bytes; type less",
                                   line->max);
        }
        fits = fits && buf_add(line, &c, 1, NULL);
        buf_wipe(&c, 1);
    }
    return false;
}

static bool ask(int fd, const char *prompt, bool echo, struct buf *line, struct err *err)
{
    struct termios before, during;
    bool ok;

    if (tcgetattr(fd, &before) != 0) {
        return err_io(err, errno, "the terminal's modes cannot be read");
    }
    during = before;
    during.c_lflag |= ICANON | ECHONL;
    if (echo) {
        during.c_lflag |= ECHO | ECHOE | ECHOK;
    } else {
        during.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
    }
    if (!set_modes(fd, &during)) {
        ok = err_io(err, errno, "the terminal's modes cannot be set");
    } else {
        ok = show(fd, prompt, err) && read_line(fd, line, err);
    }
    while (tcsetattr(fd, TCSAFLUSH, &before) != 0 && errno == EINTR) {
        continue;
    }
    return ok;
}

static bool question(const char *prompt, bool echo, struct buf *out, struct err *err)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct sigaction old[WATCHED];
    struct buf line;
    bool ok;

    if (fd < 0) {
        return err_set(err, ERR_IO_ABSENT, "there is no terminal to ask on");
    }
    buf_init_secret(&line, out->max - out->len);
    watch(old);
    ok = ask(fd, prompt, echo, &line, err);
    unwatch(old);
    close(fd);
    if (caught != 0) {
        buf_wipe(line.data, line.len);
        raise(caught);
        ok = err_set(err, ERR_IO, "interrupted at a question on the terminal");
    }
    ok = ok && buf_add(out, line.data, line.len, err);
    buf_release(&line);
    return ok;
}

bool tty_ask(const char *prompt, struct buf *out, struct err *err)
{
    return question(prompt, true, out, err);
}

bool tty_ask_secret(const char *prompt, struct buf *out, struct err *err)
{
    return question(prompt, false, out, err);
}
