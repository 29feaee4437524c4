/* SPDX-License-Identifier: MIT */
/*
 * System calls that fail when a test says so, by a seccomp filter (Linux). A filter stays, so each
 * case runs in a child of its own.
 */
#ifndef TESTS_UNIT_FAULT_KIT_H
#define TESTS_UNIT_FAULT_KIT_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAULT_NONE_HERE 77 /* a child's status where there are no filters */

static bool fault_blinds; /* what coverage counts cannot be added to its files any more */

/* From now on the call fails with `errnum`. Ends the child where that cannot be had. */
static inline void fault(long call, int errnum)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)errnum),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof code[0], code};
    const char *preload = getenv("LD_PRELOAD");

    fault_blinds = fault_blinds || call == SYS_read || call == SYS_write || call == SYS_fcntl;
    if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
        _exit(FAULT_NONE_HERE); /* valgrind's own calls would fail too */
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        _exit(FAULT_NONE_HERE);
    }
}

/* Runs `check` in a child; its status is what that returned. */
static inline int fault_run(int (*check)(void))
{
    int status = 0;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        status = check();
        if (fault_blinds) {
            _exit(status);
        }
        exit(status); /* not _exit(), which loses what coverage counts */
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        return -1;
    }
    return WEXITSTATUS(status);
}

#endif
