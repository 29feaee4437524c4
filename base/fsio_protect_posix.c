/* SPDX-License-Identifier: MIT */
/*
 * Whether a folder is safe from other accounts, on POSIX systems: it and all that leads to it.
 */
#define _GNU_SOURCE

#include "base/fsio.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel */

/* `here`: absolute, without links, looked at already. `rest`: what is still to walk from there. */
struct walk {
    char here[PATH_MAX];
    char rest[PATH_MAX];
    int links;
};

static bool check_owner(const char *path, const struct stat *st, struct err *err)
{
    if (st->st_uid == 0 || st->st_uid == geteuid()) {
        return true;
    }
    return err_set(err, ERR_STATE_ACCESS,
                   "%s: belongs to user %lu; it must belong to root or to the account that runs "
                   "this program: chown -h root '%s'",
                   path, (unsigned long)st->st_uid, path);
}

/* A sticky folder lets nobody but an entry's or its own owner delete or rename an entry. */
static bool check_folder(const char *path, const struct stat *st, bool last, struct err *err)
{
    if (!S_ISDIR(st->st_mode)) {
        return err_set(err, ERR_STATE_ACCESS, "%s: is no folder", path);
    }
    if (!check_owner(path, st, err)) {
        return false;
    }
    if ((st->st_mode & 022) != 0 && (last || (st->st_mode & S_ISVTX) == 0 || st->st_uid != 0)) {
        return err_set(err, ERR_STATE_ACCESS, "%s: others can write here: chmod go-w '%s'", path,
                       path);
    }
    return true;
}

static bool too_long(const char *path, struct err *err)
{
    return err_io(err, ENAMETOOLONG, "%s", path);
}

/* Puts what the link at `here` says in front of `rest`. */
static bool follow(struct walk *w, const struct stat *st, struct err *err)
{
    char to[PATH_MAX], joined[PATH_MAX];
    ssize_t len;

    if (!check_owner(w->here, st, err)) {
        return false;
    }
    len = readlink(w->here, to, sizeof to - 1);
    if (len < 0) {
        return err_io(err, errno, "%s", w->here);
    }
    to[len] = '\0';
    if (++w->links > LINKS_MAX) {
        return err_io(err, ELOOP, "%s", w->here);
    }
    if (snprintf(joined, sizeof joined, "%s/%s", to, w->rest) >= (int)sizeof joined) {
        return too_long(w->here, err);
    }
    memcpy(w->rest, joined, strlen(joined) + 1);
    if (to[0] == '/') {
        w->here[1] = '\0';
    } else {
        char *slash = strrchr(w->here, '/');

        slash[slash == w->here ? 1 : 0] = '\0';
    }
    return true;
}

/* One component further; `name` is its text, `len` bytes. */
static bool step(struct walk *w, const char *name, size_t len, struct err *err)
{
    size_t used = strlen(w->here);
    struct stat st;

    if (len == 2 && memcmp(name, "..", 2) == 0) {
        char *slash = strrchr(w->here, '/');

        slash[slash == w->here ? 1 : 0] = '\0';
        return true;
    }
    if (used + 1 + len + 1 > sizeof w->here) {
        return too_long(w->here, err);
    }
    if (used > 1) {
        w->here[used++] = '/';
    }
    memcpy(w->here + used, name, len);
    w->here[used + len] = '\0';
    if (lstat(w->here, &st) != 0) {
        return err_io(err, errno, "%s", w->here);
    }
    return S_ISLNK(st.st_mode) ? follow(w, &st, err) : check_folder(w->here, &st, false, err);
}

static bool start(struct walk *w, const char *dir, struct err *err)
{
    char cwd[PATH_MAX] = "";
    struct stat st;

    if (dir[0] != '/' && getcwd(cwd, sizeof cwd) == NULL) {
        return err_io(err, errno, "the current folder");
    }
    if (snprintf(w->rest, sizeof w->rest, "%s/%s", cwd, dir) >= (int)sizeof w->rest) {
        return too_long(dir, err);
    }
    memcpy(w->here, "/", 2);
    w->links = 0;
    if (lstat("/", &st) != 0) {
        return err_io(err, errno, "/");
    }
    return check_folder("/", &st, false, err);
}

const char *fsio_remedy(const char *path, unsigned mode, char out[static FSIO_REMEDY_SIZE])
{
    snprintf(out, FSIO_REMEDY_SIZE, "chmod %o '%s'", mode, path);
    return out;
}

bool fsio_check_protected(const char *dir, struct err *err)
{
    struct walk w;
    struct stat st;

    if (!start(&w, dir, err)) {
        return false;
    }
    for (;;) {
        char name[NAME_MAX + 1];
        size_t skip = strspn(w.rest, "/");
        size_t len = strcspn(w.rest + skip, "/");

        if (len == 0) {
            break;
        }
        if (len >= sizeof name) {
            return too_long(dir, err);
        }
        memcpy(name, w.rest + skip, len);
        memmove(w.rest, w.rest + skip + len, strlen(w.rest + skip + len) + 1);
        if ((len != 1 || name[0] != '.') && !step(&w, name, len, err)) {
            return false;
        }
    }
    if (lstat(w.here, &st) != 0) {
        return err_io(err, errno, "%s", w.here);
    }
    return check_folder(w.here, &st, true, err);
}
