/* SPDX-License-Identifier: MIT */
/*
 * A process that waits to run one program.
 */
#define _GNU_SOURCE

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct proc_standby {
    pid_t child;
    int ask, answer;
};

/* What comes back; the same program reads what it wrote. */
struct answer {
    bool done;
    int status;
    struct err err;
};

static bool send(int fd, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;

    while (len > 0) {
        ssize_t n = write(fd, from, len);

        if (n > 0) {
            from += n;
            len -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool receive(int fd, void *bytes, size_t len)
{
    uint8_t *to = bytes;

    while (len > 0) {
        ssize_t n = read(fd, to, len);

        if (n > 0) {
            to += n;
            len -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* The waiting process: one byte in, one answer out, until the other end is closed. */
static _Noreturn void stand_by(int ask, int answer, const char *const argv[], unsigned seconds)
{
    char word = 0;

    /* A copy of the caller's lock or output would outlive it while a check runs. */
    if (dup2(ask, STDIN_FILENO) < 0 || dup2(answer, STDOUT_FILENO) < 0) {
        _exit(1);
    }
    close(STDERR_FILENO);
    closefrom(STDERR_FILENO);
    if (!send(STDOUT_FILENO, &word, 1)) {
        _exit(1);
    }
    while (receive(STDIN_FILENO, &word, 1)) {
        struct answer said = {0};

        said.done = proc_run(argv, seconds, &said.status, &said.err);
        if (!send(STDOUT_FILENO, &said, sizeof said)) {
            break;
        }
    }
    _exit(0);
}

static bool start(struct proc_standby *standby, const char *const argv[], unsigned seconds,
                  struct err *err)
{
    int ask[2] = {-1, -1}, answer[2] = {-1, -1};
    bool ok = pipe2(ask, O_CLOEXEC) == 0 && pipe2(answer, O_CLOEXEC) == 0;
    char ready;

    if (ok) {
        standby->child = fork();
        if (standby->child == 0) {
            close(ask[1]); /* or it would never see its end */
            stand_by(ask[0], answer[1], argv, seconds);
        }
        ok = standby->child > 0;
    }
    if (!ok) {
        err_io(err, errno, "the process for %s cannot be started", argv[0]);
    }
    if (ask[0] >= 0) {
        close(ask[0]);
    }
    if (answer[1] >= 0) {
        close(answer[1]);
    }
    standby->ask = ask[1];
    standby->answer = answer[0];
    /* Until it has let go of our files: a lock among them would outlive us. */
    return ok && (receive(standby->answer, &ready, 1) ||
                  err_io(err, EIO, "the process for %s ended at once", argv[0]));
}

struct proc_standby *proc_standby_start(const char *const argv[], unsigned seconds, struct err *err)
{
    struct proc_standby *standby = calloc(1, sizeof *standby);

    if (standby == NULL) {
        err_memory(err);
        return NULL;
    }
    standby->ask = standby->answer = -1;
    if (!start(standby, argv, seconds, err)) {
        proc_standby_end(standby);
        return NULL;
    }
    return standby;
}

bool proc_standby_run(struct proc_standby *standby, int *status, struct err *err)
{
    struct answer said;
    char word = 'r';

    if (!send(standby->ask, &word, 1) || !receive(standby->answer, &said, sizeof said)) {
        return err_set(err, ERR_IO, "the process that was to start it is gone; try again");
    }
    if (!said.done) {
        return err_set(err, said.err.code, "%s", said.err.text);
    }
    *status = said.status;
    return true;
}

void proc_standby_end(struct proc_standby *standby)
{
    if (standby == NULL) {
        return;
    }
    if (standby->ask >= 0) {
        close(standby->ask);
    }
    if (standby->answer >= 0) {
        close(standby->answer);
    }
    while (standby->child > 0 && waitpid(standby->child, NULL, 0) < 0 && errno == EINTR) {
    }
    free(standby);
}
