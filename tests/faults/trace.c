/* SPDX-License-Identifier: MIT */
/*
 * Runs a program under ptrace(2): writes down each of its system calls, or kills it at one, or
 * makes one fail or write less, or lets another program write meanwhile. The program itself is the
 * one that is delivered, its sandbox in force.
 *
 *   faults_trace LOG MODE [NAME N [VALUE]] PROGRAM ARGUMENT...
 *
 *   log                  each call is written to LOG
 *   kill NAME N          SIGKILL at the entry of the call, which is not carried out any more
 *   cut NAME N           the same, and each call before it is written down
 *   fail NAME N ERRNO    the call fails
 *   stay NAME N ERRNO    and so does each later one that changes files
 *   short NAME N LEN     the call is asked for LEN bytes only
 *   write NAME N M TARGET WAY FROM WAY2 FROM2
 *                        while it is stopped there, another program changes TARGET (trace.h), and
 *                        again M calls later unless M is 0; LOG gets "wrote" for that, and all
 *                        calls from then on
 *
 * To stop at each call takes half as long as the run itself, so a mode that waits for one call has
 * a filter stop the program at those of that name only (trace_filter.c).
 *
 * The call is the Nth of its name, since how much memory a run asks for may differ from that of the
 * run before. LOG gets a line for each call (else for that one only): number, name, value returned,
 * the six arguments, and the texts and bytes that the call was given, in hex. Ends as the program
 * does, by its exit code or 128 + signal.
 */
#define _GNU_SOURCE

#include "tests/faults/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES_MAX (1u << 20) /* of one write; the suite looks that none is longer */

enum mode { LOG, KILL, CUT, FAIL, STAY, SHORT, WRITE };

struct tracer {
    pid_t child;
    FILE *log;
    enum mode mode;
    uint64_t which, at, value; /* the number of NAME; N; E or L */
    uint64_t count, of_which;
    bool stepping;            /* it stops at each call; else where the filter says so */
    bool leaving;             /* it is stopped at an entry, and is to stop at the exit too */
    bool here;                /* this call is the one */
    bool answer;              /* at the exit of this call, `value` is the errno to give */
    uint64_t number, args[6]; /* of the call that it is in */
    struct trace_writer writers[2];
    bool writes;     /* the first of them is due */
    uint64_t due[2]; /* the numbers of the calls at which they act; 0 before that is known */
};

void trace_trouble(const char *what)
{
    fprintf(stderr, "faults_trace: %s: %s\n", what, strerror(errno));
    exit(TRACE_TROUBLE);
}

/* --- writing down --- */

static size_t fetch(pid_t child, uint64_t from, void *to, size_t len)
{
    struct iovec here = {to, len}, there = {(void *)(uintptr_t)from, len};
    ssize_t n = process_vm_readv(child, &here, 1, &there, 1, 0);

    return n < 0 ? 0 : (size_t)n;
}

static void put_hex(FILE *log, const uint8_t *bytes, size_t len)
{
    fputc(' ', log);
    for (size_t i = 0; i < len; i++) {
        fprintf(log, "%02x", bytes[i]);
    }
    if (len == 0) {
        fputc('-', log);
    }
}

/* A text may end at the last byte of a page, so it is fetched page by page. */
static void put_text(const struct tracer *t, uint64_t from)
{
    uint8_t text[8192];
    size_t len = 0;

    while (len < sizeof text - 4096) {
        size_t part = 4096 - (size_t)((from + len) % 4096), got;

        got = fetch(t->child, from + len, text + len, part);
        if (got == 0 || memchr(text + len, 0, got) != NULL) {
            len += got == 0 ? 0 : (size_t)((uint8_t *)memchr(text + len, 0, got) - (text + len));
            break;
        }
        len += got;
    }
    put_hex(t->log, text, len);
}

static void put_bytes(const struct tracer *t, const struct trace_call *call, const uint64_t args[6])
{
    size_t first = call->number == SYS_fsetxattr ? 2 : 1;
    size_t len = args[first + 1] < BYTES_MAX ? (size_t)args[first + 1] : BYTES_MAX;
    uint8_t *bytes = malloc(len + 1);

    if (bytes == NULL) {
        trace_trouble("memory");
    }
    put_hex(t->log, bytes, fetch(t->child, args[first], bytes, len));
    free(bytes);
}

static void write_down(const struct tracer *t, uint64_t number, const uint64_t args[6],
                       int64_t result)
{
    const struct trace_call *call = trace_look_up(number);

    fprintf(t->log, "%" PRIu64 " ", t->count);
    if (call == NULL) {
        fprintf(t->log, TRACE_UNKNOWN "%" PRIu64, number);
    } else {
        fputs(call->name, t->log);
    }
    fprintf(t->log, " %" PRId64, result);
    for (int i = 0; i < 6; i++) {
        fprintf(t->log, " %" PRIu64, args[i]);
    }
    for (unsigned i = 0; call != NULL && i < 6; i++) {
        if ((call->texts & 1u << i) != 0) {
            put_text(t, args[i]);
        }
    }
    if (call != NULL && call->bytes) {
        put_bytes(t, call, args);
    }
    fputc('\n', t->log);
}

/* --- the calls of the program --- */

static bool changes_files(uint64_t number, const uint64_t args[6])
{
    const struct trace_call *call = trace_look_up(number);

    if (number == SYS_openat) {
        return (args[2] & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0;
    }
    if (number == SYS_write && args[0] <= STDERR_FILENO) {
        return false;
    }
    return call != NULL && call->changes;
}

/* Only root may look into a process that forbids dumps; for others this one goes on to allow it. */
static bool must_stay_readable(uint64_t number, const uint64_t args[6])
{
    return number == SYS_prctl && args[0] == PR_SET_DUMPABLE && geteuid() != 0;
}

/* A writer that has to wait acts at a later call. */
static void let_write(struct tracer *t)
{
    if (t->here) {
        t->writes = true;
        t->due[0] = t->count;
        t->due[1] = t->value == 0 ? 0 : t->count + t->value;
    }
    for (size_t i = 0; i < 2; i++) {
        if (t->due[i] != 0 && t->count >= t->due[i] && trace_writer_act(&t->writers[i])) {
            t->due[i] = 0;
            fprintf(t->log, "%" PRIu64 " wrote %zu 0 0 0 0 0 0\n", t->count, i);
        }
    }
}

static void end_writing(struct tracer *t)
{
    for (size_t i = 0; i < 2; i++) {
        if (t->due[i] != 0 && !trace_writer_act(&t->writers[i])) {
            trace_trouble("a lease outlives the program");
        }
        trace_writer_end(&t->writers[i]);
    }
}

static void enter(struct tracer *t, uint64_t number, const uint64_t args[6])
{
    t->count++;
    t->here = number == t->which && t->mode != LOG && ++t->of_which == t->at;
    t->answer = false;
    if (t->mode == WRITE) {
        let_write(t);
    }
    if (t->here && (t->mode == KILL || t->mode == CUT)) {
        write_down(t, number, args, 0);
        kill(t->child, SIGKILL);
    } else if (t->here && t->mode == SHORT) {
        trace_set_third(t->child, t->value);
    } else if ((t->here && (t->mode == FAIL || t->mode == STAY)) ||
               (t->mode == STAY && t->of_which >= t->at && changes_files(number, args))) {
        if (number != SYS_close) { /* which lets go of the file even when it fails */
            trace_skip_call(t->child);
        }
        t->answer = true;
    } else if (must_stay_readable(number, args)) {
        trace_skip_call(t->child);
    }
}

static void leave(struct tracer *t, uint64_t number, const uint64_t args[6], int64_t result)
{
    if (t->answer) {
        result = -(int64_t)t->value;
        trace_set_result(t->child, (uint64_t)result);
    } else if (must_stay_readable(number, args)) {
        trace_set_result(t->child, 0);
    }
    if (t->mode == LOG || t->mode == CUT || t->here || t->writes) {
        write_down(t, number, args, result);
    }
}

/* What the filter stops at is an entry like others, but seen twice by who stops at each call. */
static void at_call(struct tracer *t, bool filtered)
{
    struct __ptrace_syscall_info info;

    if ((filtered && t->stepping) ||
        ptrace(PTRACE_GET_SYSCALL_INFO, t->child, sizeof info, &info) <= 0) {
        return;
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_SECCOMP) {
        t->number = info.entry.nr;
        memcpy(t->args, info.entry.args, sizeof t->args);
        enter(t, t->number, t->args);
        t->stepping = t->stepping || t->writes;
        t->leaving = t->here || t->answer || must_stay_readable(t->number, t->args);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && t->count > 0) {
        t->leaving = false;
        leave(t, t->number, t->args, info.exit.rval);
    }
}

/* Processes that the program starts are stopped by its filter too, and just go on. */
static void next_stop(const struct tracer *t, int signal, int *status)
{
    pid_t pid = t->child;

    for (;;) {
        bool each = pid == t->child && (t->stepping || t->leaving);

        if (ptrace(each ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal) != 0 && errno != ESRCH) {
            trace_trouble("the program cannot go on");
        }
        do {
            pid = waitpid(-1, status, __WALL);
        } while (pid > 0 && pid != t->child && !WIFSTOPPED(*status));
        if (pid < 0) {
            trace_trouble("the program cannot be waited for");
        }
        if (pid == t->child) {
            return;
        }
        signal =
            WSTOPSIG(*status) == SIGTRAP || WSTOPSIG(*status) == SIGSTOP ? 0 : WSTOPSIG(*status);
    }
}

static int follow(struct tracer *t)
{
    int status, signal = 0;

    for (;;) {
        next_stop(t, signal, &status);
        if (!WIFSTOPPED(status)) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        signal = 0;
        if (WSTOPSIG(status) == (SIGTRAP | 0x80) ||
            status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
            at_call(t, WSTOPSIG(status) == SIGTRAP);
        } else if (WSTOPSIG(status) != SIGTRAP) {
            signal = WSTOPSIG(status);
        }
    }
}

/* Which calls the filter is for: the one that is waited for, and what goes with the mode. */
static size_t watched(const struct tracer *t, long numbers[static TRACE_WATCHED])
{
    size_t count = 0;

    numbers[count++] = (long)t->which;
    if (geteuid() != 0) {
        numbers[count++] = SYS_prctl; /* must_stay_readable() */
    }
    return t->mode == STAY ? trace_changing(numbers, count) : count;
}

static void start(struct tracer *t, char *argv[])
{
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL, numbers[TRACE_WATCHED];
    int status;

    if (!t->stepping) {
        options |=
            PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    }
    t->child = fork();
    if (t->child == 0) {
        personality(ADDR_NO_RANDOMIZE); /* the same calls each time */
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        if (!t->stepping) {
            trace_filter(numbers, watched(t, numbers));
        }
        execv(argv[0], argv);
        _exit(TRACE_TROUBLE);
    }
    if (t->child < 0 || waitpid(t->child, &status, 0) != t->child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, t->child, 0, options) != 0) {
        trace_trouble("the program cannot be traced");
    }
}

int main(int argc, char *argv[])
{
    static const char *const modes[] = {"log", "kill", "cut", "fail", "stay", "short", "write"};
    static const int numbers[] = {0, 2, 2, 3, 3, 3, 8};
    struct tracer t = {.mode = LOG};
    int status, first;

    while (argc > 2 && t.mode < WRITE && strcmp(argv[2], modes[t.mode]) != 0) {
        t.mode++;
    }
    first = 3 + numbers[t.mode];
    if (argc <= first) {
        fprintf(stderr, "faults_trace: see its first lines for its arguments\n");
        return TRACE_TROUBLE;
    }
    t.which = t.mode != LOG ? trace_number_of(argv[3]) : 0;
    t.at = t.mode != LOG ? strtoull(argv[4], NULL, 10) : 0;
    t.stepping = t.mode == LOG || t.mode == CUT;
    t.value = numbers[t.mode] > 2 ? strtoull(argv[5], NULL, 10) : 0;
    if (t.mode == WRITE) {
        t.writers[0] = (struct trace_writer){argv[7], argv[8], argv[6], -1};
        t.writers[1] = (struct trace_writer){argv[9], argv[10], argv[6], -1};
    }
    t.log = fopen(argv[1], "we");
    if (t.log == NULL) {
        trace_trouble(argv[1]);
    }
    start(&t, argv + first);
    status = follow(&t);
    end_writing(&t);
    if (fclose(t.log) != 0) {
        trace_trouble(argv[1]);
    }
    return status;
}
