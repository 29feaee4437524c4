/* SPDX-License-Identifier: MIT */
/*
 * Paths and folders on POSIX systems: names, listing, flushing, and who may write where.
 */
#define _GNU_SOURCE

#include "base/fsio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *copy_text(const char *text, struct err *err)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        err_memory(err);
    }
    return copy;
}

char *fsio_join(const char *dir, const char *name, struct err *err)
{
    size_t dir_len = strlen(dir), name_len = strlen(name);
    char *path = malloc(dir_len + name_len + 2);
    const char *slash = dir_len > 0 && dir[dir_len - 1] == '/' ? "" : "/";

    if (path == NULL) {
        err_memory(err);
        return NULL;
    }
    snprintf(path, dir_len + name_len + 2, "%s%s%s", dir, slash, name);
    return path;
}

char *fsio_parent(const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    char *parent;

    if (slash == NULL) {
        return copy_text(".", err);
    }
    parent = copy_text(path, err);
    if (parent != NULL) {
        parent[slash == path ? 1 : slash - path] = '\0';
    }
    return parent;
}

const char *fsio_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

size_t fsio_trimmed(const char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    return len;
}

bool fsio_is_absolute(const char *path)
{
    return path[0] == '/';
}

const char *fsio_absolute_words(void)
{
    return "from / on";
}

bool fsio_is_within(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    return strncmp(path, dir, len) == 0 &&
           (path[len] == '\0' || path[len] == '/' || (len > 0 && dir[len - 1] == '/'));
}

const char *fsio_site_home(void)
{
    return "/var/lib/pinferry";
}

bool fsio_sync_dir(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed;

    if (fd < 0) {
        return err_io(err, errno, "%s", path);
    }
    failed = fsync(fd) != 0 ? errno : 0;
    close(fd);
    /* Some file systems (FAT by FUSE) cannot flush a folder and say EINVAL. */
    if (failed != 0 && failed != EINVAL) {
        return err_io(err, failed, "%s: cannot be flushed", path);
    }
    return true;
}

bool fsio_sync_parent(const char *path, struct err *err)
{
    char *parent = fsio_parent(path, err);
    bool ok = parent != NULL && fsio_sync_dir(parent, err);

    free(parent);
    return ok;
}

bool fsio_rename(const char *from, const char *to, struct err *err)
{
    if (rename(from, to) != 0) {
        return err_io(err, errno, "%s: cannot be renamed to %s", from, to);
    }
    return fsio_sync_parent(from, err) && fsio_sync_parent(to, err);
}

bool fsio_remove(const char *path, struct err *err)
{
    if (unlink(path) != 0) {
        return errno == ENOENT || err_io(err, errno, "%s: cannot be removed", path);
    }
    return fsio_sync_parent(path, err);
}

bool fsio_make_dir(const char *path, unsigned mode, struct err *err)
{
    struct stat st;

    if (mkdir(path, (mode_t)mode) == 0) {
        if (chmod(path, (mode_t)mode) != 0 && errno != EPERM) {
            return err_io(err, errno, "%s: mode cannot be set", path);
        }
        return fsio_sync_parent(path, err);
    }
    if (errno != EEXIST) {
        return err_io(err, errno, "%s: cannot be made", path);
    }
    if (lstat(path, &st) != 0) {
        return err_io(err, errno, "%s", path);
    }
    return S_ISDIR(st.st_mode) || err_set(err, ERR_IO_KIND, "%s: is no folder", path);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool list_into(DIR *dir, const char *path, size_t max, struct fsio_names *out,
                      struct err *err)
{
    size_t room = 0;

    for (;;) {
        struct dirent *entry = (errno = 0, readdir(dir));

        if (entry == NULL) {
            return errno == 0 || err_io(err, errno, "%s", path);
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (out->count == max) {
            return err_set(err, ERR_IO_LIMIT, "%s: has more than %zu entries", path, max);
        }
        if (out->count == room) {
            char **grown = realloc(out->names, (room = room * 2 + 16) * sizeof *grown);

            if (grown == NULL) {
                return err_memory(err);
            }
            out->names = grown;
        }
        out->names[out->count] = copy_text(entry->d_name, err);
        if (out->names[out->count] == NULL) {
            return false;
        }
        out->count++;
    }
}

bool fsio_list(const char *path, size_t max, struct fsio_names *out, struct err *err)
{
    struct fsio_names names = {0};
    DIR *dir = opendir(path);
    bool ok;

    if (dir == NULL) {
        return err_io(err, errno, "%s", path);
    }
    ok = list_into(dir, path, max, &names, err);
    closedir(dir);
    if (!ok) {
        fsio_names_release(&names);
        return false;
    }
    if (names.count > 1) {
        qsort(names.names, names.count, sizeof *names.names, by_name);
    }
    *out = names;
    return true;
}

void fsio_names_release(struct fsio_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->names[i]);
    }
    free(names->names);
    names->names = NULL;
    names->count = 0;
}

char *fsio_real_path(const char *path, struct err *err)
{
    char *real = realpath(path, NULL);

    if (real == NULL) {
        err_io(err, errno, "%s", path);
    }
    return real;
}

bool fsio_same_volume(const char *a, const char *b, bool *same, struct err *err)
{
    struct stat st_a, st_b;

    if (stat(a, &st_a) != 0) {
        return err_io(err, errno, "%s", a);
    }
    if (stat(b, &st_b) != 0) {
        return err_io(err, errno, "%s", b);
    }
    *same = st_a.st_dev == st_b.st_dev;
    return true;
}

char *fsio_volume_root(const char *path, struct err *err)
{
    char *here = fsio_real_path(path, err);

    while (here != NULL && strcmp(here, "/") != 0) {
        char *parent = fsio_parent(here, err);
        bool same = false;

        if (parent == NULL || !fsio_same_volume(here, parent, &same, err)) {
            free(parent);
            free(here);
            return NULL;
        }
        if (!same) {
            free(parent);
            return here;
        }
        free(here);
        here = parent;
    }
    return here;
}
