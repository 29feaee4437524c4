/* SPDX-License-Identifier: MIT */
/*
 * A production file on Linux: opened without following links, read, and asked whether it may be
 * replaced.
 */
#define _GNU_SOURCE

#include "base/fsio_target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Network file systems by the numbers of statfs(2); linux/magic.h lacks the last. */
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

/* A link met with O_DIRECTORY gives ENOTDIR; openat2 says ELOOP for it, and so do we. */
static int why_not(int dir, const char *name, int errnum)
{
    struct stat st;

    if (errnum == ENOTDIR && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(st.st_mode)) {
        return ELOOP;
    }
    return errnum;
}

/* Without openat2 (before Linux 5.6) each component is opened with O_NOFOLLOW. */
static int open_by_steps(int at, char *path, int flags)
{
    int dir = at;

    for (;;) {
        char *slash = strchr(path, '/');
        const char *name = path;
        int next, failed;

        if (slash != NULL) {
            *slash = '\0';
        }
        if (path[0] == '\0') {
            name = slash != NULL && dir == at ? "/" : ".";
        }
        next = openat(dir, name,
                      (slash != NULL ? O_PATH | O_DIRECTORY : flags) | O_NOFOLLOW | O_CLOEXEC);
        failed = next < 0 ? why_not(dir, name, errno) : 0;
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

/* `more` RESOLVE flags; what they ask for must hold for the path without openat2, too. */
static int open_no_links(int at, const char *path, int flags, uint64_t more)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | more};
    long fd = syscall(SYS_openat2, at, path, &how, sizeof how);
    char *copy;
    int stepped, failed;

    /* EPERM is how older container runtimes refuse a call that they do not know. */
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

static bool check_kind(const struct fsio_target *t, const struct stat *st, size_t max,
                       struct err *err)
{
    struct statfs fs;

    if (!S_ISREG(st->st_mode)) {
        return err_set(err, ERR_TARGET_FILE, "%s: is no regular file", t->path);
    }
    if (st->st_nlink == 0) {
        return err_set(err, ERR_CHANGED, "%s: was replaced while it was opened; try again",
                       t->path);
    }
    if (st->st_nlink != 1) {
        return err_set(err, ERR_TARGET_LINK,
                       "%s: has %lu names (hard links); replacing one would leave the others old; "
                       "remove the other names first",
                       t->path, (unsigned long)st->st_nlink);
    }
    if (t->size > max) {
        return err_set(err, ERR_TARGET_SIZE, "%s: has %" PRIu64 " bytes, at most %zu are allowed",
                       t->path, t->size, max);
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

/* `parent` from the folder `at`: AT_FDCWD, or one that must not be left. */
static bool open_both(struct fsio_target *t, int at, const char *parent, size_t max,
                      struct err *err)
{
    struct stat st;

    t->dir =
        open_no_links(at, parent, O_RDONLY | O_DIRECTORY, at == AT_FDCWD ? 0 : RESOLVE_BENEATH);
    if (t->dir < 0) {
        return open_failed(t->path, errno, err);
    }
    t->fd = open_no_links(t->dir, t->name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (t->fd < 0 || fstat(t->fd, &st) != 0) {
        return open_failed(t->path, errno, err);
    }
    t->dev = (uint64_t)st.st_dev;
    t->ino = (uint64_t)st.st_ino;
    t->size = (uint64_t)st.st_size;
    t->mode = st.st_mode;
    t->uid = st.st_uid;
    t->gid = st.st_gid;
    return check_kind(t, &st, max, err);
}

/* Takes `path` and `parent`, which may be NULL for want of memory. */
static struct fsio_target *open_at(int at, char *path, char *parent, size_t max, struct err *err)
{
    struct fsio_target *t = path == NULL || parent == NULL ? NULL : calloc(1, sizeof *t);
    bool ok = false;

    if (t == NULL) {
        err_memory(err);
        free(path);
    } else {
        const char *slash = strrchr(path, '/');

        t->path = path;
        t->dir = t->fd = -1;
        t->name = slash == NULL ? path : slash + 1;
        ok = open_both(t, at, parent, max, err);
    }
    free(parent);
    if (!ok) {
        fsio_target_close(t);
        return NULL;
    }
    return t;
}

struct fsio_target *fsio_target_open(const char *path, size_t max, struct err *err)
{
    return open_at(AT_FDCWD, strdup(path), fsio_parent(path, err), max, err);
}

/* Only names, so that a walk by steps cannot lead out either. */
static bool is_below(const char *relative)
{
    for (const char *name = relative;; name++) {
        size_t len = strcspn(name, "/");

        if (len == 0 || (len == 1 && name[0] == '.') ||
            (len == 2 && name[0] == '.' && name[1] == '.')) {
            return false;
        }
        name += len;
        if (*name == '\0') {
            return true;
        }
    }
}

struct fsio_target *fsio_target_open_beside(const struct fsio_target *beside, const char *relative,
                                            size_t max, struct err *err)
{
    struct fsio_target *t = NULL;
    char *folder;

    if (!is_below(relative)) {
        err_set(err, ERR_TARGET_LINK, "%s: is no path that stays in the folder of %s", relative,
                beside->path);
        return NULL;
    }
    folder = fsio_parent(beside->path, err);
    if (folder != NULL) {
        t = open_at(beside->dir, fsio_join(folder, relative, err), fsio_parent(relative, err), max,
                    err);
    }
    free(folder);
    return t;
}

const char *fsio_target_path(const struct fsio_target *t)
{
    return t->path;
}

void fsio_target_close(struct fsio_target *t)
{
    if (t == NULL) {
        return;
    }
    if (t->fd >= 0) {
        close(t->fd);
    }
    if (t->dir >= 0) {
        close(t->dir);
    }
    free(t->path);
    free(t);
}

bool fsio_target_same(const struct fsio_target *a, const struct fsio_target *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

bool fsio_target_read_fd(int fd, const char *path, size_t expected, struct buf *out,
                         struct err *err)
{
    uint8_t *to = buf_reserve(out, expected, err);
    uint8_t extra;
    size_t done = 0;

    if (to == NULL) {
        err_context(err, "%s", path);
        return false;
    }
    while (done <= expected) {
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
    return fsio_target_read_fd(t->fd, t->path, (size_t)t->size, out, err);
}

static bool is_fixed(int fd)
{
    struct statx st;

    return statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) == 0 &&
           (st.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0;
}

/* In a sticky folder only root and the owners of file and folder may rename the file. */
static bool is_stuck(const struct fsio_target *t)
{
    struct stat st;
    uid_t self = geteuid();

    return fstat(t->dir, &st) == 0 && (st.st_mode & S_ISVTX) != 0 && self != 0 && self != t->uid &&
           self != st.st_uid;
}

bool fsio_target_writable(struct fsio_target *t, struct err *err)
{
    if (is_fixed(t->fd) || is_fixed(t->dir)) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: it or its folder is marked immutable or append-only; see lsattr and "
                       "take the mark away with chattr",
                       t->path);
    }
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
    if (is_stuck(t)) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: its folder is sticky, so only the file's owner may replace it; run as "
                       "that account or as root",
                       t->path);
    }
    return true;
}
