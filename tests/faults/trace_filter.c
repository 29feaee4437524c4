/* SPDX-License-Identifier: MIT */
/*
 * The filter by which the traced program stops at some of its calls only.
 */
#include "tests/faults/trace.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

void trace_filter(const long numbers[], size_t count)
{
    struct sock_filter code[2 * TRACE_WATCHED + 2];
    struct sock_fprog filter = {.filter = code};
    unsigned short at = 0;

    code[at++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        code[at++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
        code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter.len = at;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        trace_trouble("the program cannot be filtered");
    }
}
