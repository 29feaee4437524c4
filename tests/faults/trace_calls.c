/* SPDX-License-Identifier: MIT */
/*
 * The system calls that the tracer knows by name.
 */
#define _GNU_SOURCE

#include "tests/faults/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* clang-format off */
#define CALL(name) SYS_##name, #name
static const struct trace_call calls[] = {
    {CALL(openat), 2, false, false}, /* changes by its flags */
    {CALL(openat2), 2, false, false},
    {CALL(write), 0, true, true},
    {CALL(pwrite64), 0, true, true},
    {CALL(writev), 0, false, true},
    {CALL(pwritev), 0, false, true},
    {CALL(copy_file_range), 0, false, true},
    {CALL(sendfile), 0, false, true},
    {CALL(splice), 0, false, true},
    {CALL(fsync), 0, false, true},
    {CALL(fdatasync), 0, false, true},
    {CALL(sync), 0, false, true},
    {CALL(syncfs), 0, false, true},
    {CALL(sync_file_range), 0, false, true},
    {CALL(ftruncate), 0, false, true},
    {CALL(truncate), 1, false, true},
    {CALL(fallocate), 0, false, true},
    {CALL(renameat), 2 | 8, false, true},
    {CALL(renameat2), 2 | 8, false, true},
    {CALL(linkat), 2 | 8, false, true},
    {CALL(symlinkat), 1 | 4, false, true},
    {CALL(unlinkat), 2, false, true},
    {CALL(mkdirat), 2, false, true},
    {CALL(mknodat), 2, false, true},
    {CALL(fchmod), 0, false, true},
    {CALL(fchmodat), 2, false, true},
    {CALL(fchown), 0, false, true},
    {CALL(fchownat), 2, false, true},
    {CALL(fsetxattr), 2, true, true}, /* the bytes follow the name: see bytes_of() */
    {CALL(fremovexattr), 2, false, true},
    {CALL(setxattr), 1 | 2, false, true},
    {CALL(lsetxattr), 1 | 2, false, true},
    {CALL(removexattr), 1 | 2, false, true},
    {CALL(utimensat), 2, false, true},
    {CALL(newfstatat), 2, false, false},
    {CALL(statx), 2, false, false},
    {CALL(faccessat), 2, false, false},
    {CALL(readlinkat), 2, false, false},
#ifdef SYS_open /* not on newer architectures */
    {CALL(open), 1, false, false},
    {CALL(creat), 1, false, true},
    {CALL(rename), 1 | 2, false, true},
    {CALL(link), 1 | 2, false, true},
    {CALL(symlink), 1 | 2, false, true},
    {CALL(unlink), 1, false, true},
    {CALL(mkdir), 1, false, true},
    {CALL(rmdir), 1, false, true},
    {CALL(chmod), 1, false, true},
    {CALL(chown), 1, false, true},
    {CALL(lchown), 1, false, true},
    {CALL(access), 1, false, false},
    {CALL(readlink), 1, false, false},
#endif
    {CALL(mmap), 0, false, false},
    {CALL(close), 0, false, false},
    {CALL(read), 0, false, false},
    {CALL(pread64), 0, false, false},
    {CALL(lseek), 0, false, false},
    {CALL(fcntl), 0, false, false},
    {CALL(flock), 0, false, false},
    {CALL(getdents64), 0, false, false},
    {CALL(clone), 0, false, false},
    {CALL(prctl), 0, false, false},
    {CALL(exit_group), 0, false, false},
    {CALL(brk), 0, false, false},
    {CALL(munmap), 0, false, false},
    {CALL(mprotect), 0, false, false},
    {CALL(dup), 0, false, false},
    {CALL(futex), 0, false, false},
    {CALL(getrandom), 0, false, false},
    {CALL(flistxattr), 0, false, false},
    {CALL(fgetxattr), 2, false, false},
};
/* clang-format on */

const struct trace_call *trace_look_up(uint64_t number)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if ((uint64_t)calls[i].number == number) {
            return &calls[i];
        }
    }
    return NULL;
}

uint64_t trace_number_of(const char *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(calls[i].name, name) == 0) {
            return (uint64_t)calls[i].number;
        }
    }
    if (strncmp(name, TRACE_UNKNOWN, sizeof TRACE_UNKNOWN - 1) != 0) {
        fprintf(stderr, "faults_trace: no such call: %s\n", name);
        exit(TRACE_TROUBLE);
    }
    return strtoull(name + sizeof TRACE_UNKNOWN - 1, NULL, 10);
}

size_t trace_changing(long numbers[static TRACE_WATCHED], size_t count)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (calls[i].changes || calls[i].number == SYS_openat) {
            numbers[count++] = calls[i].number;
        }
    }
    return count;
}
