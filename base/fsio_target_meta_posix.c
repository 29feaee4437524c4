/* SPDX-License-Identifier: MIT */
/*
 * Owner, mode, ACL and extended attributes of a production file, carried over to the file that
 * takes its place.
 */
#define _GNU_SOURCE

#include "base/fsio_target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define XATTR_NAMES_MAX ((size_t)65536) /* XATTR_LIST_MAX of linux/limits.h */
#define XATTR_VALUE_MAX ((size_t)65536) /* XATTR_SIZE_MAX */

/* One list of names and room for two values; about 260 KiB, so not on the stack. */
struct xattrs {
    char wanted[XATTR_NAMES_MAX];
    char found[XATTR_NAMES_MAX];
    uint8_t value[XATTR_VALUE_MAX];
    uint8_t back[XATTR_VALUE_MAX];
};

static bool list(int fd, char names[static XATTR_NAMES_MAX], size_t *len, const char *path,
                 struct err *err)
{
    ssize_t got = flistxattr(fd, names, XATTR_NAMES_MAX);

    if (got < 0 && errno != ENOTSUP) {
        return err_io(err, errno, "%s: attributes cannot be read", path);
    }
    *len = got < 0 ? 0 : (size_t)got;
    return true;
}

static bool has(const char *names, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i += strlen(names + i) + 1) {
        if (strcmp(names + i, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_same(int to, const char *name, struct xattrs *x, ssize_t len)
{
    return fgetxattr(to, name, x->back, XATTR_VALUE_MAX) == len &&
           memcmp(x->value, x->back, (size_t)len) == 0;
}

/* What is there already is not set again: a label of SELinux may be kept but not set. */
static bool copy_one(const struct fsio_target *t, int to, const char *name, struct xattrs *x,
                     struct err *err)
{
    ssize_t len = fgetxattr(t->fd, name, x->value, XATTR_VALUE_MAX);

    if (len >= 0 && is_same(to, name, x, len)) {
        return true;
    }
    if (len < 0 || fsetxattr(to, name, x->value, (size_t)len, 0) != 0) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: its attribute or ACL '%s' cannot be kept (%s); run as root", t->path,
                       name, strerror(errno));
    }
    return is_same(to, name, x, len) ||
           err_set(err, ERR_TARGET_ACCESS,
                   "%s: its attribute or ACL '%s' was not kept by the volume", t->path, name);
}

/*
 * A default ACL of the staging folder puts an ACL on every new file in it: left there, it would
 * let accounts in that the target keeps out.
 */
static bool drop_others(const struct fsio_target *t, int to, struct xattrs *x, size_t wanted,
                        struct err *err)
{
    size_t found = 0;

    if (!list(to, x->found, &found, t->path, err)) {
        return false;
    }
    for (size_t i = 0; i < found; i += strlen(x->found + i) + 1) {
        const char *name = x->found + i;

        if (!has(x->wanted, wanted, name) && fremovexattr(to, name) != 0) {
            return err_set(err, ERR_TARGET_ACCESS,
                           "%s: its replacement got the attribute or ACL '%s', which it does not "
                           "have, and which cannot be removed (%s)",
                           t->path, name, strerror(errno));
        }
    }
    return true;
}

static bool copy_xattrs(const struct fsio_target *t, int to, struct err *err)
{
    struct xattrs *x = malloc(sizeof *x);
    size_t wanted = 0;
    bool ok;

    if (x == NULL) {
        return err_memory(err);
    }
    ok = list(t->fd, x->wanted, &wanted, t->path, err) && drop_others(t, to, x, wanted, err);
    for (size_t i = 0; ok && i < wanted; i += strlen(x->wanted + i) + 1) {
        ok = copy_one(t, to, x->wanted + i, x, err);
    }
    free(x);
    return ok;
}

bool fsio_target_copy_metadata(const struct fsio_target *t, int to, struct err *err)
{
    struct stat st;

    if (fchown(to, t->uid, t->gid) != 0) {
        return err_set(err, ERR_TARGET_ACCESS, "%s: its owner cannot be kept (%s); run as root",
                       t->path, strerror(errno));
    }
    if (!copy_xattrs(t, to, err)) {
        return false;
    }
    /* After the owner, which clears set-id bits, and the ACL, whose mask is the group's mode. */
    if (fchmod(to, t->mode & 07777) != 0 || fstat(to, &st) != 0) {
        return err_set(err, ERR_TARGET_ACCESS, "%s: its mode cannot be kept (%s); run as root",
                       t->path, strerror(errno));
    }
    if (st.st_uid != t->uid || st.st_gid != t->gid || st.st_mode != t->mode) {
        return err_set(err, ERR_TARGET_ACCESS, "%s: owner or mode was not kept by the volume",
                       t->path);
    }
    return true;
}
