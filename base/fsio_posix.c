/* SPDX-License-Identifier: MIT */
/*
 * Files on POSIX systems: whole files, streams, locks and the checks of folders.
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

struct fsio_out {
    int fd;
    char *path;
    char *temp;
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

/* O_NONBLOCK so that a FIFO is refused instead of waited for. */
static int open_regular(const char *path, struct stat *st, struct err *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        if (errno == ELOOP) {
            err_set(err, ERR_IO_KIND, "%s: is a link; name the file itself", path);
        } else if (errno == ENXIO) {
            err_set(err, ERR_IO_KIND, "%s: is no regular file", path);
        } else {
            err_io(err, errno, "%s", path);
        }
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
    return ok;
}

static bool sync_parent(const char *path, struct err *err)
{
    char *parent = fsio_parent(path, err);
    bool ok = parent != NULL && fsio_sync_dir(parent, err);

    free(parent);
    return ok;
}

struct fsio_out *fsio_create(const char *path, unsigned mode, struct err *err)
{
    struct fsio_out *out = calloc(1, sizeof *out);
    size_t size = strlen(path) + 16;

    if (out == NULL) {
        err_memory(err);
        return NULL;
    }
    out->fd = -1;
    out->path = copy_text(path, err);
    out->temp = malloc(size);
    if (out->path == NULL || out->temp == NULL) {
        err_memory(err);
        fsio_discard(out);
        return NULL;
    }
    snprintf(out->temp, size, "%s.tmpXXXXXX", path);
    out->fd = mkostemp(out->temp, O_CLOEXEC);
    if (out->fd < 0) {
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

static bool name_it(struct fsio_out *out, bool replace, struct err *err)
{
    int failed;

    if (replace) {
        failed = rename(out->temp, out->path) != 0 ? errno : 0;
    } else {
        failed =
            renameat2(AT_FDCWD, out->temp, AT_FDCWD, out->path, RENAME_NOREPLACE) != 0 ? errno : 0;
        if (failed == EINVAL || failed == ENOSYS) {
            struct stat st;

            failed = lstat(out->path, &st) == 0          ? EEXIST
                     : errno != ENOENT                   ? errno
                     : rename(out->temp, out->path) != 0 ? errno
                                                         : 0;
        }
    }
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
        ok = sync_parent(out->path, err);
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

bool fsio_append(const char *path, const void *bytes, size_t len, unsigned mode, struct err *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                  (mode_t)mode);
    bool ok;

    if (fd < 0) {
        return err_io(err, errno, "%s", path);
    }
    ok = write_all(fd, path, bytes, len, err);
    if (ok && fsync(fd) != 0) {
        ok = err_io(err, errno, "%s: cannot be flushed", path);
    }
    close(fd);
    return ok;
}

bool fsio_rename(const char *from, const char *to, struct err *err)
{
    if (rename(from, to) != 0) {
        return err_io(err, errno, "%s: cannot be renamed to %s", from, to);
    }
    return sync_parent(from, err) && sync_parent(to, err);
}

bool fsio_remove(const char *path, struct err *err)
{
    if (unlink(path) != 0) {
        return errno == ENOENT || err_io(err, errno, "%s: cannot be removed", path);
    }
    return sync_parent(path, err);
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
