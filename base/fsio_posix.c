/* SPDX-License-Identifier: MIT */
/*
 * Files on POSIX systems: what stands where, reading, locks.
 */
#define _GNU_SOURCE

#include "base/fsio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct fsio_file {
    int fd;
    uint64_t size;
    char *path;
};

struct fsio_lock {
    int fd;
};

static char *copy_text(const char *text, struct err *err)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        err_memory(err);
    }
    return copy;
}

bool fsio_kind(const char *path, enum fsio_kind *kind, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            *kind = FSIO_ABSENT;
            return true;
        }
        return err_io(err, errno, "%s", path);
    }
    *kind = S_ISREG(st.st_mode)   ? FSIO_FILE
            : S_ISDIR(st.st_mode) ? FSIO_DIR
            : S_ISLNK(st.st_mode) ? FSIO_LINK
                                  : FSIO_OTHER;
    return true;
}

static bool open_failed(const char *path, int errnum, struct err *err)
{
    if (errnum == ELOOP) {
        return err_set(err, ERR_IO_KIND, "%s: is a link; name the file itself", path);
    }
    if (errnum == ENXIO) {
        return err_set(err, ERR_IO_KIND, "%s: is no regular file", path);
    }
    return err_io(err, errnum, "%s", path);
}

/* O_NONBLOCK so that a FIFO is refused instead of waited for. */
static int open_regular(const char *path, struct stat *st, struct err *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        open_failed(path, errno, err);
        return -1;
    }
    if (fstat(fd, st) != 0) {
        err_io(err, errno, "%s", path);
    } else if (!S_ISREG(st->st_mode)) {
        err_set(err, ERR_IO_KIND, "%s: is %s, a regular file is needed", path,
                S_ISDIR(st->st_mode) ? "a folder" : "no regular file");
    } else {
        return fd;
    }
    close(fd);
    return -1;
}

static bool read_some(int fd, const char *path, void *bytes, size_t len, size_t *got,
                      struct err *err)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = read(fd, (uint8_t *)bytes + done, len - done);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_io(err, errno, "%s: cannot be read", path);
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    *got = done;
    return true;
}

static bool read_up_to(int fd, const char *path, uint64_t expected, size_t max, struct buf *out,
                       struct err *err)
{
    size_t got, want = expected < max ? (size_t)expected : max;
    uint8_t *to, extra;

    if (expected > max) {
        return err_set(err, ERR_IO_LIMIT, "%s: has %" PRIu64 " bytes, at most %zu are allowed",
                       path, expected, max);
    }
    to = buf_reserve(out, want, err);
    if (to == NULL) {
        err_context(err, "%s", path);
        return false;
    }
    if (!read_some(fd, path, to, want, &got, err)) {
        return false;
    }
    out->len += got;
    out->data[out->len] = '\0';
    if (!read_some(fd, path, &extra, 1, &got, err)) {
        return false;
    }
    if (got != 0) {
        return err_set(err, ERR_IO_LIMIT, "%s: grew while it was read; try again", path);
    }
    return true;
}

bool fsio_read_file(const char *path, size_t max, struct buf *out, struct err *err)
{
    struct stat st;
    int fd = open_regular(path, &st, err);
    bool ok;

    if (fd < 0) {
        return false;
    }
    buf_clear(out);
    ok = read_up_to(fd, path, (uint64_t)st.st_size, max, out, err);
    close(fd);
    if (!ok) {
        buf_clear(out);
    }
    return ok;
}

bool fsio_is_private(const char *path, bool *is_private, struct err *err)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return err_io(err, errno, "%s", path);
    }
    *is_private = (st.st_mode & 077) == 0;
    return true;
}

struct fsio_file *fsio_open(const char *path, struct err *err)
{
    struct fsio_file *file = calloc(1, sizeof *file);
    struct stat st;

    if (file == NULL) {
        err_memory(err);
        return NULL;
    }
    file->path = copy_text(path, err);
    file->fd = file->path == NULL ? -1 : open_regular(path, &st, err);
    if (file->fd < 0) {
        fsio_close(file);
        return NULL;
    }
    file->size = (uint64_t)st.st_size;
    return file;
}

bool fsio_read(struct fsio_file *file, void *bytes, size_t len, size_t *got, struct err *err)
{
    return read_some(file->fd, file->path, bytes, len, got, err);
}

bool fsio_go_to_last(struct fsio_file *file, struct err *err)
{
    return lseek(file->fd, -1, SEEK_END) >= 0 || err_io(err, errno, "%s", file->path);
}

uint64_t fsio_size(const struct fsio_file *file)
{
    return file->size;
}

void fsio_close(struct fsio_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->fd >= 0) {
        close(file->fd);
    }
    free(file->path);
    free(file);
}

struct fsio_lock *fsio_lock_take(const char *path, struct err *err)
{
    struct fsio_lock *lock = calloc(1, sizeof *lock);
    int failed;

    if (lock == NULL) {
        err_memory(err);
        return NULL;
    }
    lock->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (lock->fd < 0) {
        err_io(err, errno, "%s", path);
        free(lock);
        return NULL;
    }
    failed = flock(lock->fd, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
    if (failed != 0) {
        if (failed == EWOULDBLOCK) {
            err_set(err, ERR_LOCKED, "%s: another run holds the lock; wait for it to end", path);
        } else {
            err_io(err, failed, "%s: cannot be locked", path);
        }
        fsio_lock_release(lock);
        return NULL;
    }
    return lock;
}

void fsio_lock_release(struct fsio_lock *lock)
{
    if (lock != NULL) {
        close(lock->fd);
        free(lock);
    }
}
