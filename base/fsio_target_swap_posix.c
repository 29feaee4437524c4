/* SPDX-License-Identifier: MIT */
/*
 * The exchange of a production file on Linux: a new file staged and proved, then the two names
 * exchanged, and exchanged back when another program was at work on the file.
 */
#define _GNU_SOURCE

#include "base/fsio_target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

static bool no_exchange(const struct fsio_target *t, struct err *err)
{
    return err_set(err, ERR_TARGET_VOLUME,
                   "%s: its volume cannot exchange two files atomically; move the site to a local "
                   "ext4, XFS or Btrfs volume",
                   t->path);
}

static int create(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/*
 * Makes `staged` by the same exchange that the target will go through, with a file that is thrown
 * away: what the volume cannot do shows before anything is changed.
 */
static int create_by_exchange(const struct fsio_target *t, const char *staged, struct err *err)
{
    size_t size = strlen(staged) + 3;
    char *probe = malloc(size);
    int first = -1, fd = -1, failed;

    if (probe == NULL) {
        err_memory(err);
        return -1;
    }
    snprintf(probe, size, "%s.x", staged);
    first = create(staged);
    if (first < 0) {
        err_io(err, errno, "%s: cannot be created", staged);
        goto out;
    }
    fd = create(probe);
    if (fd < 0) {
        err_io(err, errno, "%s: cannot be created", probe);
        unlink(staged);
        goto out;
    }
    failed = renameat2(AT_FDCWD, staged, AT_FDCWD, probe, RENAME_EXCHANGE) != 0 ? errno : 0;
    if (unlink(probe) != 0 && failed == 0) {
        failed = errno;
        err_io(err, failed, "%s: cannot be removed", probe);
    } else if (failed != 0) {
        (void)(failed == EINVAL || failed == ENOSYS
                   ? no_exchange(t, err)
                   : err_io(err, failed, "%s: cannot be exchanged with %s", staged, probe));
    }
    if (failed != 0) {
        unlink(staged);
        close(fd);
        fd = -1;
    }
out:
    if (first >= 0) {
        close(first);
    }
    free(probe);
    return fd;
}

/* The same device is not enough: the kernel renames nothing from one mount to another. */
static bool check_volume(const struct fsio_target *t, int fd, const char *staged, struct err *err)
{
    struct statx a, b;

    if (statx(t->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &a) != 0 ||
        statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &b) != 0) {
        return err_io(err, errno, "%s", staged);
    }
    if (a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor &&
        ((a.stx_mask & b.stx_mask & STATX_MNT_ID) == 0 || a.stx_mnt_id == b.stx_mnt_id)) {
        return true;
    }
    return err_set(err, ERR_TARGET_VOLUME,
                   "%s: lies on another volume or mount than %s; configure staging on the target's "
                   "own",
                   staged, t->path);
}

static bool stage_bytes(int fd, const char *staged, const void *bytes, size_t len, struct err *err)
{
    const uint8_t *from = bytes;
    size_t done = 0;
    struct buf back;
    bool ok;

    while (done < len) {
        ssize_t n = write(fd, from + done, len - done);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_io(err, errno, "%s: cannot be written", staged);
        }
        done += (size_t)n;
    }
    if (fsync(fd) != 0) {
        return err_io(err, errno, "%s: cannot be flushed", staged);
    }
    buf_init_secret(&back, len);
    ok = fsio_target_read_fd(fd, staged, len, &back, err);
    if (ok && !buf_is(&back, bytes, len)) {
        ok = err_set(err, ERR_IO, "%s: reads back other bytes than were written", staged);
    }
    buf_release(&back);
    return ok;
}

bool fsio_target_stage(struct fsio_target *t, const char *staged, const void *bytes, size_t len,
                       struct err *err)
{
    int fd = create_by_exchange(t, staged, err);
    bool ok;

    if (fd < 0) {
        return false;
    }
    ok = check_volume(t, fd, staged, err) && stage_bytes(fd, staged, bytes, len, err) &&
         fsio_target_copy_metadata(t, fd, err);
    if (ok && fsync(fd) != 0) {
        ok = err_io(err, errno, "%s: cannot be flushed", staged);
    }
    close(fd);
    ok = ok && fsio_sync_parent(staged, err);
    if (!ok) {
        unlink(staged);
    }
    return ok;
}

bool fsio_target_restage(struct fsio_target *t, const char *staged, struct err *err)
{
    int fd = open(staged, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool ok;

    if (fd < 0) {
        return err_io(err, errno, "%s", staged);
    }
    ok = fsio_target_copy_metadata(t, fd, err);
    if (ok && fsync(fd) != 0) {
        ok = err_io(err, errno, "%s: cannot be flushed", staged);
    }
    close(fd);
    return ok;
}

/*
 * Whether somebody has the file open for writing, which a read lease excludes (fcntl(2)); no where
 * leases are unknown. While the lease is held nobody new can begin to write. Whoever breaks it
 * sends a signal, SIGIO by default, which would end the program: SIGURG is ignored.
 */
static bool is_written(int fd)
{
    return fcntl(fd, F_SETSIG, SIGURG) == 0 && fcntl(fd, F_SETLEASE, F_RDLCK) != 0 &&
           errno == EAGAIN;
}

/* Whether `staged` now holds the file that was `was`, untouched, with these bytes. */
static bool is_still(const char *staged, const struct stat *was, const void *bytes, size_t len)
{
    int fd = open(staged, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    struct buf now;
    bool same;

    if (fd < 0) {
        return false;
    }
    buf_init_secret(&now, len);
    same = !is_written(fd) && fstat(fd, &st) == 0 && st.st_dev == was->st_dev &&
           st.st_ino == was->st_ino && st.st_nlink == 1 && st.st_mode == was->st_mode &&
           st.st_uid == was->st_uid && st.st_gid == was->st_gid && (uint64_t)st.st_size == len &&
           fsio_target_read_fd(fd, staged, len, &now, NULL) && buf_is(&now, bytes, len);
    buf_release(&now);
    close(fd); /* and the lease */
    return same;
}

/* The file that was opened, with the planned bytes. */
static bool is_planned(const struct fsio_target *t, const char *staged, const void *old, size_t len)
{
    struct stat was = {.st_dev = (dev_t)t->dev,
                       .st_ino = (ino_t)t->ino,
                       .st_mode = t->mode,
                       .st_uid = t->uid,
                       .st_gid = t->gid};

    return is_still(staged, &was, old, len);
}

/* The file at `staged`, as it is before the exchange. */
static bool look_at_ours(const char *staged, struct stat *st, struct buf *bytes, struct err *err)
{
    int fd = open(staged, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool done;

    if (fd < 0 || fstat(fd, st) != 0) {
        done = err_io(err, errno, "%s", staged);
    } else {
        done = fsio_target_read_fd(fd, staged, (size_t)st->st_size, bytes, err);
    }
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

static int exchange(const struct fsio_target *t, const char *staged)
{
    return renameat2(AT_FDCWD, staged, t->dir, t->name, RENAME_EXCHANGE) == 0 ? 0 : errno;
}

static bool exchange_failed(const struct fsio_target *t, const char *staged, int failed,
                            struct err *err)
{
    struct stat st;

    if (failed == EINVAL || failed == ENOSYS || failed == EXDEV) {
        return no_exchange(t, err);
    }
    if (failed == ENOENT && lstat(staged, &st) == 0) {
        return err_set(err, ERR_CHANGED, "%s: was removed or renamed meanwhile; plan again",
                       t->path);
    }
    if (failed == EPERM || failed == EACCES || failed == EROFS) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: cannot be replaced (%s); run as an account that may", t->path,
                       strerror(failed));
    }
    return err_io(err, failed, "%s: cannot be exchanged with %s", t->path, staged);
}

/* Undoes the exchange; `ours` is the file that was staged, with `bytes`. */
static bool put_back(const struct fsio_target *t, const char *staged, const struct stat *ours,
                     const struct buf *bytes)
{
    if (exchange(t, staged) != 0) {
        return false;
    }
    if (is_still(staged, ours, bytes->data, bytes->len)) {
        return true;
    }
    /* Somebody replaced it or wrote to it between the two exchanges: the newest stays in place. */
    (void)exchange(t, staged);
    return false;
}

static bool flush_both(const struct fsio_target *t, const char *staged, struct err *err)
{
    if (fsync(t->dir) != 0) {
        return err_set(err, ERR_UNFINISHED,
                       "%s: after the exchange its folder cannot be flushed (%s)", t->path,
                       strerror(errno));
    }
    if (!fsio_sync_parent(staged, err)) {
        if (err != NULL) {
            err->code = ERR_UNFINISHED;
        }
        return false;
    }
    return true;
}

/* Another program was at work: what it wrote counts. */
static bool give_way(const struct fsio_target *t, const char *staged, const struct stat *ours,
                     const struct buf *bytes, struct err *err)
{
    if (!put_back(t, staged, ours, bytes)) {
        return err_set(err, ERR_UNFINISHED,
                       "%s: another program changed it at the same moment, and what it held before "
                       "could not be put back; that is kept in %s",
                       t->path, staged);
    }
    /* Before the caller removes what is staged: never the removal without the way back. */
    return flush_both(t, staged, err) &&
           err_set(err, ERR_CHANGED,
                   "%s: another program changed it meanwhile; nothing was changed here; plan again",
                   t->path);
}

bool fsio_target_swap(struct fsio_target *t, const char *staged, const void *old, size_t old_len,
                      struct err *err)
{
    bool written = is_written(t->fd);
    struct stat ours;
    struct buf bytes;
    bool done = false;
    int failed;

    /* Only a look: kept, it would make others wait who open the file. */
    (void)fcntl(t->fd, F_SETLEASE, F_UNLCK);
    if (written) {
        return err_set(err, ERR_CHANGED,
                       "%s: another program has it open for writing; nothing was changed; wait "
                       "until it has finished and plan again",
                       t->path);
    }
    buf_init_secret(&bytes, LIMIT_TARGET_BYTES);
    if (look_at_ours(staged, &ours, &bytes, err)) {
        failed = exchange(t, staged);
        done = failed != 0                           ? exchange_failed(t, staged, failed, err)
               : is_planned(t, staged, old, old_len) ? flush_both(t, staged, err)
                                                     : give_way(t, staged, &ours, &bytes, err);
    }
    buf_release(&bytes);
    return done;
}
