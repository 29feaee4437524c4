/* SPDX-License-Identifier: MIT */
/*
 * Writing files on POSIX systems: complete or not at all, and flushed with their folder.
 */
#define _GNU_SOURCE

#include "base/fsio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMP_ENDING ".tmpXXXXXX"
#define TEMP_TRIES 3

struct fsio_out {
    int fd;
    char *path;
    char *temp;
};

static bool write_all(int fd, const char *path, const void *bytes, size_t len, struct err *err)
{
    const uint8_t *from = bytes;

    while (len > 0) {
        ssize_t n = write(fd, from, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_io(err, errno, "%s: cannot be written", path);
        }
        from += n;
        len -= (size_t)n;
    }
    return true;
}

/*
 * Locked as long as it is written, so that no sweep (fsio_sweep_posix.c) takes it for left over;
 * one that a sweep took before it was locked has no name any more. Where there are no locks, the
 * sweep has none either and leaves it.
 */
static bool make_temp(struct fsio_out *out)
{
    struct stat st;

    for (int i = 0; i < TEMP_TRIES; i++) {
        snprintf(out->temp, strlen(out->path) + sizeof TEMP_ENDING, "%s" TEMP_ENDING, out->path);
        out->fd = mkostemp(out->temp, O_CLOEXEC);
        if (out->fd < 0) {
            return false;
        }
        if (flock(out->fd, LOCK_EX) != 0 || fstat(out->fd, &st) != 0 || st.st_nlink > 0) {
            return true;
        }
        close(out->fd);
        out->fd = -1;
        errno = EBUSY;
    }
    return false;
}

struct fsio_out *fsio_create(const char *path, unsigned mode, struct err *err)
{
    struct fsio_out *out = calloc(1, sizeof *out);

    if (out == NULL) {
        err_memory(err);
        return NULL;
    }
    out->fd = -1;
    out->path = strdup(path);
    out->temp = malloc(strlen(path) + sizeof TEMP_ENDING);
    if (out->path == NULL || out->temp == NULL) {
        err_memory(err);
        fsio_discard(out);
        return NULL;
    }
    if (!make_temp(out)) {
        err_io(err, errno, "%s: cannot be created", path);
        free(out->temp);
        out->temp = NULL;
        fsio_discard(out);
        return NULL;
    }
    /* FAT knows no modes; what it gives cannot be changed and need not be. */
    if (fchmod(out->fd, (mode_t)mode) != 0 && errno != EPERM) {
        err_io(err, errno, "%s: mode cannot be set", path);
        fsio_discard(out);
        return NULL;
    }
    return out;
}

bool fsio_write(struct fsio_out *out, const void *bytes, size_t len, struct err *err)
{
    return write_all(out->fd, out->path, bytes, len, err);
}

/*
 * Gives `temp` its name if that is free; returns 0 or the errno. Volumes that know no
 * RENAME_NOREPLACE (NFS) mostly know hard links; FAT knows neither, and only a look is left.
 */
static int name_new(const char *temp, const char *path)
{
    struct stat st;

    if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    if (link(temp, path) == 0) {
        return unlink(temp) == 0 ? 0 : errno;
    }
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS) {
        return errno;
    }
    if (lstat(path, &st) == 0) {
        return EEXIST;
    }
    return errno == ENOENT && rename(temp, path) == 0 ? 0 : errno;
}

static bool name_it(struct fsio_out *out, bool replace, struct err *err)
{
    int failed = !replace                            ? name_new(out->temp, out->path)
                 : rename(out->temp, out->path) != 0 ? errno
                                                     : 0;

    if (failed == EEXIST) {
        return err_set(err, ERR_IO_EXISTS, "%s: is there already", out->path);
    }
    return failed == 0 || err_io(err, failed, "%s: cannot be put in place", out->path);
}

bool fsio_commit(struct fsio_out *out, bool replace, struct err *err)
{
    bool ok = fsync(out->fd) == 0;

    if (!ok) {
        err_io(err, errno, "%s: cannot be flushed", out->path);
    }
    if (close(out->fd) != 0 && ok) {
        ok = err_io(err, errno, "%s: cannot be closed", out->path);
    }
    out->fd = -1;
    if (ok && name_it(out, replace, err)) {
        free(out->temp);
        out->temp = NULL;
        ok = fsio_sync_parent(out->path, err);
        if (!ok && !replace) { /* nothing is left on failure; an older file is gone already */
            unlink(out->path);
        }
    } else {
        ok = false;
    }
    fsio_discard(out);
    return ok;
}

void fsio_discard(struct fsio_out *out)
{
    if (out == NULL) {
        return;
    }
    if (out->fd >= 0) {
        close(out->fd);
    }
    if (out->temp != NULL) {
        unlink(out->temp);
    }
    free(out->temp);
    free(out->path);
    free(out);
}

struct fsio_file *fsio_reread(const struct fsio_out *out, struct err *err)
{
    return fsio_open(out->temp, err);
}

static bool write_whole(const char *path, const void *bytes, size_t len, unsigned mode,
                        bool replace, struct err *err)
{
    struct fsio_out *out = fsio_create(path, mode, err);

    if (out == NULL) {
        return false;
    }
    if (!fsio_write(out, bytes, len, err)) {
        fsio_discard(out);
        return false;
    }
    return fsio_commit(out, replace, err);
}

bool fsio_write_new(const char *path, const void *bytes, size_t len, unsigned mode, struct err *err)
{
    return write_whole(path, bytes, len, mode, false, err);
}

bool fsio_replace(const char *path, const void *bytes, size_t len, unsigned mode, struct err *err)
{
    return write_whole(path, bytes, len, mode, true, err);
}

/* *made: it was not there. Its mode is set whatever the umask is. */
static int open_append(const char *path, unsigned mode, bool *made, struct err *err)
{
    const int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    int fd = open(path, flags | O_CREAT | O_EXCL, (mode_t)mode);

    *made = fd >= 0;
    if (fd < 0 && errno == EEXIST) {
        fd = open(path, flags);
    }
    if (fd < 0 && errno == ELOOP) {
        err_set(err, ERR_IO_KIND, "%s: is a link; name the file itself", path);
    } else if (fd < 0) {
        err_io(err, errno, "%s", path);
    } else if (*made && fchmod(fd, (mode_t)mode) != 0 && errno != EPERM) {
        err_io(err, errno, "%s: mode cannot be set", path);
        unlink(path);
        close(fd);
        fd = -1;
    }
    return fd;
}

bool fsio_append(const char *path, const void *bytes, size_t len, unsigned mode, struct err *err)
{
    bool made, ok;
    int fd = open_append(path, mode, &made, err);

    if (fd < 0) {
        return false;
    }
    ok = write_all(fd, path, bytes, len, err);
    /* A device or a pipe that takes the log has nothing to flush and says EINVAL. */
    if (ok && fsync(fd) != 0 && errno != EINVAL) {
        ok = err_io(err, errno, "%s: cannot be flushed", path);
    }
    close(fd);
    return ok && (!made || fsio_sync_parent(path, err));
}
