/* SPDX-License-Identifier: MIT */
/*
 * A production file on Linux: opened without following links, staged with all its metadata, and
 * exchanged atomically.
 */
#define _GNU_SOURCE

#include "base/fsio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define XATTR_NAMES_MAX ((size_t)65536) /* XATTR_LIST_MAX of linux/limits.h */
#define XATTR_VALUE_MAX ((size_t)65536) /* XATTR_SIZE_MAX */

struct fsio_target {
    char *path;
    const char *name; /* within path */
    int dir;
    int fd;
    struct stat st;
};

/* Network file systems by the numbers of statfs(2); linux/magic.h lacks the last two. */
static bool is_network(const struct statfs *fs)
{
    static const unsigned long magics[] = {
        NFS_SUPER_MAGIC, SMB_SUPER_MAGIC,  CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
        AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, V9FS_MAGIC,       0x00C36400ul /* ceph */,
    };

    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        if ((unsigned long)fs->f_type == magics[i]) {
            return true;
        }
    }
    return false;
}

/* Without openat2 (before Linux 5.6) each component is opened with O_NOFOLLOW. */
static int open_by_steps(int at, char *path, int flags)
{
    int dir = at;

    for (;;) {
        char *slash = strchr(path, '/');
        int next, failed;

        if (slash != NULL) {
            *slash = '\0';
        }
        next = openat(dir, path[0] == '\0' ? (slash != NULL && dir == at ? "/" : ".") : path,
                      (slash != NULL ? O_PATH | O_DIRECTORY : flags) | O_NOFOLLOW | O_CLOEXEC);
        failed = errno;
        if (dir != at) {
            close(dir);
        }
        if (next < 0 || slash == NULL) {
            errno = failed;
            return next;
        }
        dir = next;
        path = slash + 1;
    }
}

static int open_no_links(int at, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, at, path, &how, sizeof how);
    char *copy;
    int stepped, failed;

    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) {
        return (int)fd;
    }
    copy = strdup(path);
    if (copy == NULL) {
        errno = ENOMEM;
        return -1;
    }
    stepped = open_by_steps(at, copy, flags);
    failed = errno;
    free(copy);
    errno = failed;
    return stepped;
}

static bool open_failed(const char *path, int errnum, struct err *err)
{
    if (errnum == ELOOP) {
        return err_set(err, ERR_TARGET_LINK,
                       "%s: a link stands in the path; configure the path without links", path);
    }
    if (errnum == EACCES || errnum == EPERM) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: access is denied; run as an account that may replace the file", path);
    }
    if (errnum == ENXIO || errnum == EISDIR) {
        return err_set(err, ERR_TARGET_FILE, "%s: is no regular file", path);
    }
    return err_io(err, errnum, "%s", path);
}

static bool check_kind(const struct fsio_target *t, size_t max, struct err *err)
{
    struct statfs fs;

    if (!S_ISREG(t->st.st_mode)) {
        return err_set(err, ERR_TARGET_FILE, "%s: is no regular file", t->path);
    }
    if (t->st.st_nlink != 1) {
        return err_set(err, ERR_TARGET_LINK,
                       "%s: has %lu names (hard links); replacing one would leave the others old; "
                       "remove the other names first",
                       t->path, (unsigned long)t->st.st_nlink);
    }
    if ((uint64_t)t->st.st_size > max) {
        return err_set(err, ERR_TARGET_SIZE, "%s: has %" PRIu64 " bytes, at most %zu are allowed",
                       t->path, (uint64_t)t->st.st_size, max);
    }
    if (fstatfs(t->fd, &fs) != 0) {
        return err_io(err, errno, "%s", t->path);
    }
    if (is_network(&fs)) {
        return err_set(err, ERR_TARGET_VOLUME,
                       "%s: lies on a network volume; run the applier on the server that has it",
                       t->path);
    }
    return true;
}

struct fsio_target *fsio_target_open(const char *path, size_t max, struct err *err)
{
    struct fsio_target *t = calloc(1, sizeof *t);
    char *parent = fsio_parent(path, err);
    const char *slash = strrchr(path, '/');

    if (t == NULL || parent == NULL || (t->path = strdup(path)) == NULL) {
        err_memory(err);
        goto fail;
    }
    t->dir = t->fd = -1;
    t->name = slash == NULL ? t->path : t->path + (slash - path) + 1;
    t->dir = open_no_links(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY);
    if (t->dir < 0) {
        open_failed(path, errno, err);
        goto fail;
    }
    t->fd = open_no_links(t->dir, t->name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (t->fd < 0 || fstat(t->fd, &t->st) != 0) {
        open_failed(path, errno, err);
        goto fail;
    }
    if (!check_kind(t, max, err)) {
        goto fail;
    }
    free(parent);
    return t;
fail:
    free(parent);
    fsio_target_close(t);
    return NULL;
}

void fsio_target_close(struct fsio_target *t)
{
    if (t == NULL) {
        return;
    }
    if (t->path != NULL) {
        if (t->fd >= 0) {
            close(t->fd);
        }
        if (t->dir >= 0) {
            close(t->dir);
        }
    }
    free(t->path);
    free(t);
}

/* All of `fd` from its start into `out`, which holds room for `expected` bytes; no more, no less.
 */
static bool read_exactly(int fd, const char *path, size_t expected, struct buf *out,
                         struct err *err)
{
    uint8_t *to = buf_reserve(out, expected, err);
    uint8_t extra;
    size_t done = 0;

    while (to != NULL && done <= expected) {
        ssize_t n = pread(fd, done < expected ? to + done : &extra,
                          done < expected ? expected - done : 1, (off_t)done);

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
    if (to == NULL) {
        return false;
    }
    if (done != expected) {
        return err_set(err, ERR_CHANGED, "%s: changed while it was read; try again", path);
    }
    out->len += expected;
    out->data[out->len] = '\0';
    return true;
}

bool fsio_target_read(struct fsio_target *t, struct buf *out, struct err *err)
{
    buf_clear(out);
    return read_exactly(t->fd, t->path, (size_t)t->st.st_size, out, err);
}

bool fsio_target_writable(struct fsio_target *t, struct err *err)
{
    /* AT_EACCESS: by the effective account; a read-only file system says EROFS here. */
    if (faccessat(t->dir, ".", W_OK | X_OK, AT_EACCESS) != 0) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: its folder cannot be written (%s); run as an account that may", t->path,
                       strerror(errno));
    }
    if (faccessat(t->dir, t->name, W_OK, AT_EACCESS) != 0) {
        return err_set(err, ERR_TARGET_ACCESS, "%s: is read-only for this account (%s)", t->path,
                       strerror(errno));
    }
    return true;
}

static bool copy_one_xattr(int from, int to, const char *name, uint8_t *value, uint8_t *back,
                           const char *path, struct err *err)
{
    ssize_t len = fgetxattr(from, name, value, XATTR_VALUE_MAX);

    if (len < 0 || (fsetxattr(to, name, value, (size_t)len, 0) != 0) ||
        fgetxattr(to, name, back, XATTR_VALUE_MAX) != len ||
        memcmp(value, back, (size_t)len) != 0) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: its attribute or ACL '%s' cannot be kept; run as root", path, name);
    }
    return true;
}

static bool copy_xattrs(const struct fsio_target *t, int to, struct err *err)
{
    char *names = malloc(XATTR_NAMES_MAX);
    uint8_t *values = malloc(2 * XATTR_VALUE_MAX);
    ssize_t len = names == NULL ? -1 : flistxattr(t->fd, names, XATTR_NAMES_MAX);
    bool ok = true;

    if (names == NULL || values == NULL) {
        ok = err_memory(err);
    } else if (len < 0 && errno != ENOTSUP) {
        ok = err_io(err, errno, "%s: attributes cannot be read", t->path);
    }
    for (ssize_t i = 0; ok && i < len; i += (ssize_t)strlen(names + i) + 1) {
        ok = copy_one_xattr(t->fd, to, names + i, values, values + XATTR_VALUE_MAX, t->path, err);
    }
    free(names);
    free(values);
    return ok;
}

static bool copy_metadata(const struct fsio_target *t, int to, struct err *err)
{
    struct stat st;

    if (fchown(to, t->st.st_uid, t->st.st_gid) != 0) {
        return err_set(err, ERR_TARGET_ACCESS, "%s: its owner cannot be kept (%s); run as root",
                       t->path, strerror(errno));
    }
    if (!copy_xattrs(t, to, err)) {
        return false;
    }
    /* After the owner, which clears set-id bits, and the ACL, whose mask is the group's mode. */
    if (fchmod(to, t->st.st_mode & 07777) != 0 || fstat(to, &st) != 0) {
        return err_set(err, ERR_TARGET_ACCESS, "%s: its mode cannot be kept (%s); run as root",
                       t->path, strerror(errno));
    }
    if (st.st_uid != t->st.st_uid || st.st_gid != t->st.st_gid || st.st_mode != t->st.st_mode) {
        return err_set(err, ERR_TARGET_ACCESS, "%s: owner or mode was not kept by the volume",
                       t->path);
    }
    return true;
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
    buf_init_secret(&back, len + 1);
    ok = read_exactly(fd, staged, len, &back, err);
    if (ok && !buf_is(&back, bytes, len)) {
        ok = err_set(err, ERR_IO, "%s: reads back other bytes than were written", staged);
    }
    buf_release(&back);
    return ok;
}

static bool sync_folder_of(const char *path, struct err *err)
{
    char *parent = fsio_parent(path, err);
    bool ok = parent != NULL && fsio_sync_dir(parent, err);

    free(parent);
    return ok;
}

bool fsio_target_stage(struct fsio_target *t, const char *staged, const void *bytes, size_t len,
                       struct err *err)
{
    int fd = open(staged, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat st;
    bool ok;

    if (fd < 0) {
        return err_io(err, errno, "%s: cannot be created", staged);
    }
    if (fstat(fd, &st) == 0 && st.st_dev != t->st.st_dev) {
        ok = err_set(err, ERR_TARGET_VOLUME,
                     "%s: lies on another volume than %s; configure staging on the target's volume",
                     staged, t->path);
    } else {
        ok = stage_bytes(fd, staged, bytes, len, err) && copy_metadata(t, fd, err);
    }
    if (ok && fsync(fd) != 0) {
        ok = err_io(err, errno, "%s: cannot be flushed", staged);
    }
    close(fd);
    ok = ok && sync_folder_of(staged, err);
    if (!ok) {
        unlink(staged);
    }
    return ok;
}

/* Whether `staged` now holds the file that was opened, with the planned bytes. */
static bool is_planned(const struct fsio_target *t, const char *staged, const void *old,
                       size_t old_len, struct err *err)
{
    int fd = open(staged, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    struct buf now;
    bool same;

    if (fd < 0) {
        return false;
    }
    buf_init_secret(&now, old_len + 1);
    same = fstat(fd, &st) == 0 && st.st_dev == t->st.st_dev && st.st_ino == t->st.st_ino &&
           st.st_nlink == 1 && (size_t)st.st_size == old_len &&
           read_exactly(fd, staged, old_len, &now, err) && buf_is(&now, old, old_len);
    buf_release(&now);
    close(fd);
    return same;
}

static int exchange(const struct fsio_target *t, const char *staged)
{
    return renameat2(AT_FDCWD, staged, t->dir, t->name, RENAME_EXCHANGE) == 0 ? 0 : errno;
}

bool fsio_target_swap(struct fsio_target *t, const char *staged, const void *old, size_t old_len,
                      struct err *err)
{
    int failed = exchange(t, staged);

    if (failed == EINVAL || failed == ENOSYS || failed == EXDEV) {
        return err_set(err, ERR_TARGET_VOLUME, "%s: this volume cannot exchange files atomically",
                       t->path);
    }
    if (failed == ENOENT) {
        return err_set(err, ERR_CHANGED, "%s: was removed or renamed meanwhile", t->path);
    }
    if (failed != 0) {
        return err_io(err, failed, "%s: cannot be replaced", t->path);
    }
    if (!is_planned(t, staged, old, old_len, err)) {
        if (exchange(t, staged) != 0) {
            return err_set(err, ERR_UNFINISHED,
                           "%s: another program changed it at the same moment, and it could not be "
                           "put back; its content is kept in %s",
                           t->path, staged);
        }
        return err_set(err, ERR_CHANGED,
                       "%s: another program changed it meanwhile; nothing was changed here; plan "
                       "again",
                       t->path);
    }
    if (fsync(t->dir) != 0) {
        return err_set(err, ERR_UNFINISHED, "%s: was replaced, its folder cannot be flushed (%s)",
                       t->path, strerror(errno));
    }
    if (!sync_folder_of(staged, err)) {
        err->code = ERR_UNFINISHED;
        return false;
    }
    return true;
}
