/* SPDX-License-Identifier: MIT */
/* A scratch folder for tests that need files; removed with all it holds. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_dir[256];

/* The folder's path joined with a name; valid until the fourth call after. */
static inline const char *scratch(const char *name)
{
    static char paths[4][1024];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", scratch_dir, name);
    return path;
}

static inline int scratch_make(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(scratch_dir, sizeof scratch_dir, "%s/pinferry-unit.XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(scratch_dir) == NULL ? -1 : 0;
}

static inline void scratch_empty(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *entry;

    while (d != NULL && (entry = readdir(d)) != NULL) {
        char path[1024];
        struct stat st;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (snprintf(path, sizeof path, "%s/%s", dir, entry->d_name) >= (int)sizeof path) {
            continue;
        }
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            scratch_empty(path);
            rmdir(path);
        } else {
            unlink(path);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
}

static inline int scratch_remove(void **state)
{
    (void)state;
    scratch_empty(scratch_dir);
    return rmdir(scratch_dir);
}

#endif
