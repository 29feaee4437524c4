/* SPDX-License-Identifier: MIT */
/*
 * Gives away, for the rest of the process, what the work at hand does not need: most of the file
 * system, the network, other programs. docs/architecture.md says what that holds off and what not.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_TERMINAL_PATH "/dev/tty"

/* What stays allowed at a path. A folder's use holds for all that lies below it. */
enum sandbox_use {
    SANDBOX_READ,  /* files are read, folders listed */
    SANDBOX_WRITE, /* of a folder: also files made, written, removed, renamed and exchanged, in it
                      and between folders of this use */
    SANDBOX_MAKE_DIR, /* of a folder: only listed, and folders made in it */
    SANDBOX_ALL,      /* of a folder: SANDBOX_WRITE and SANDBOX_MAKE_DIR */
    SANDBOX_TERMINAL  /* of SANDBOX_TERMINAL_PATH: a dialogue */
};
struct sandbox_rule {
    const char
        *path; /* links are followed now; one that is absent or closed to us is passed over */
    enum sandbox_use use;
};

/* What is in force, as it was asked from the system. */
struct sandbox_active {
    bool calls;   /* system calls are filtered (seccomp) */
    int landlock; /* the version of Landlock's ABI; 0: files are not restricted */
};

/*
 * For good: no new privileges; no socket, no new process or program, no debugging of others, no
 * change of account, mounts, kernel modules and the like (EPERM); files only as the rules say, and
 * below the folders that libraries read from (EACCES). Owner, mode and attributes of files can only
 * be changed through an open file, unless a rule lets folders be made. Files that are open stay
 * so. What the kernel does not know is left out, and *active says so; each call may only take more
 * away. Rules that write need version 2 of Landlock (Linux 5.19), else files stay unrestricted.
 */
void sandbox_enter(const struct sandbox_rule *rules, size_t count, struct sandbox_active *active);

#endif
