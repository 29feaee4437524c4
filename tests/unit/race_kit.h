/* SPDX-License-Identifier: MIT */
/*
 * Another program at work between two system calls of ours (Linux): the C library's functions for
 * these calls are defined here and call what a test says first.
 */
#ifndef TESTS_UNIT_RACE_KIT_H
#define TESTS_UNIT_RACE_KIT_H

#ifndef _GNU_SOURCE
#error "the test defines _GNU_SOURCE in front of all headers"
#endif

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RACE_MOST 4

/* Called in front of the 1st, 2nd … call from now on; NULL: nothing happens there. */
struct race {
    void (*before[RACE_MOST])(void);
    size_t calls;
};

static struct race race_exchange, race_fstat;

static inline void race_next(struct race *race)
{
    size_t at = race->calls++;

    if (at < RACE_MOST && race->before[at] != NULL) {
        race->before[at]();
    }
}

int renameat2(int old_dir, const char *old_name, int new_dir, const char *new_name, unsigned flags)
{
    if ((flags & RENAME_EXCHANGE) != 0) {
        race_next(&race_exchange);
    }
    return (int)syscall(SYS_renameat2, old_dir, old_name, new_dir, new_name, flags);
}

int fstat(int fd, struct stat *st)
{
    race_next(&race_fstat);
    return fstatat(fd, "", st, AT_EMPTY_PATH);
}

#endif
