/* SPDX-License-Identifier: MIT */
/*
 * Takes away what writers that were killed left under temporary names.
 */
#define _GNU_SOURCE

#include "base/fsio.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING ".tmp"
#define ENDING_LEN (sizeof ENDING - 1)
#define RANDOM_LEN 6

/* NAME.tmpXXXXXX, as fsio_create makes it by mkostemp(3). */
static bool is_temporary(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = strlen(name);
    const char *ending;

    if (len <= ENDING_LEN + RANDOM_LEN) {
        return false;
    }
    ending = name + (len - ENDING_LEN - RANDOM_LEN);
    return memcmp(ending, ENDING, ENDING_LEN) == 0 &&
           strspn(ending + ENDING_LEN, letters) == RANDOM_LEN;
}

/* A regular file of this account with no other name, under the name that it was opened by. */
static bool is_own(int dir, const char *name, int fd)
{
    struct stat opened, named;

    return fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) && opened.st_uid == geteuid() &&
           opened.st_nlink == 1 && fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

/* A writer that lives holds the lock; the system takes it from one that was killed. */
static void sweep(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        return;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_own(dir, name, fd)) {
        unlinkat(dir, name, 0);
    }
    close(fd);
}

void fsio_sweep(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (is_temporary(entry->d_name)) {
            sweep(dirfd(dir), entry->d_name);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
}
