/* SPDX-License-Identifier: MIT */
/*
 * A production file on Windows: opened without following links, read, and asked whether it may be
 * replaced.
 */
#include "base/fsio_target_win32.h"

#include <windows.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static bool link_in(const struct fsio_target *t, struct err *err)
{
    return err_set(err, ERR_TARGET_LINK,
                   "%s: a link stands in the path; configure the path without links", t->path);
}

static bool open_failed(const struct fsio_target *t, unsigned long code, struct err *err)
{
    if (code == ERROR_ACCESS_DENIED) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: access is denied; run as an account that may replace the file (as "
                       "administrator)",
                       t->path);
    }
    return fsio_edge_failed(err, code, "%s", t->path);
}

/* A share, or a volume that keeps no access lists, on which nothing is replaced at one stroke. */
static bool check_volume(const struct fsio_target *t, struct err *err)
{
    size_t room = wcslen(t->wide) + 2;
    wchar_t *root = calloc(room, sizeof *root);
    DWORD flags = 0;
    bool ok;

    if (root == NULL) {
        return err_memory(err);
    }
    ok = GetVolumePathNameW(t->wide, root, (DWORD)room) ||
         fsio_edge_failed(err, GetLastError(), "%s: its volume cannot be found", t->path);
    if (ok && (GetDriveTypeW(root) == DRIVE_REMOTE || wcsncmp(t->wide, L"\\\\?\\UNC\\", 8) == 0)) {
        ok = err_set(err, ERR_TARGET_VOLUME,
                     "%s: lies on a network volume; run the applier on the server that has it",
                     t->path);
    }
    if (ok && GetVolumeInformationW(root, NULL, 0, NULL, NULL, &flags, NULL, 0) &&
        (flags & FILE_PERSISTENT_ACLS) == 0) {
        ok = err_set(err, ERR_TARGET_VOLUME,
                     "%s: its volume keeps no access rights; move the site to an NTFS or ReFS "
                     "volume",
                     t->path);
    }
    free(root);
    return ok;
}

/*
 * Opens the folders on the way one after the other; each is held until the next is open, and a
 * folder with something open below it cannot be renamed. The last stays open in `t`.
 */
static bool open_folders(struct fsio_target *t, struct err *err)
{
    wchar_t *at = t->wide + 4;
    unsigned long code = 0;

    for (;;) {
        enum fsio_edge_kind kind = FSIO_EDGE_OTHER;
        wchar_t *slash = wcschr(at, L'\\'), kept;
        HANDLE next;

        if (slash == NULL) {
            return t->dir != NULL || fsio_edge_failed(err, ERROR_PATH_NOT_FOUND, "%s", t->path);
        }
        /* the drive keeps its backslash: C: alone would be another folder */
        kept = slash[slash[-1] == L':' ? 1 : 0];
        slash[slash[-1] == L':' ? 1 : 0] = L'\0';
        next = fsio_edge_open(t->wide, FILE_READ_ATTRIBUTES | FILE_TRAVERSE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, &code);
        slash[slash[-1] == L':' ? 1 : 0] = kept;
        if (t->dir != NULL) {
            CloseHandle(t->dir);
        }
        t->dir = next;
        if (next == NULL || !fsio_edge_what(next, &kind, &code)) {
            return open_failed(t, code, err);
        }
        if (kind == FSIO_EDGE_LINK) {
            return link_in(t, err);
        }
        at = slash + 1;
    }
}

static bool check_kind(struct fsio_target *t, size_t max, struct err *err)
{
    enum fsio_edge_kind kind;
    unsigned long code = 0;

    if (!fsio_edge_what(t->file, &kind, &code) || !fsio_edge_id(t->file, &t->id, &code)) {
        return open_failed(t, code, err);
    }
    if (kind == FSIO_EDGE_LINK) {
        return link_in(t, err);
    }
    if (kind != FSIO_EDGE_FILE) {
        return err_set(err, ERR_TARGET_FILE, "%s: is no regular file", t->path);
    }
    if ((t->id.attributes & (FILE_ATTRIBUTE_ENCRYPTED | FILE_ATTRIBUTE_REPARSE_POINT)) != 0) {
        return err_set(
            err, ERR_TARGET_FILE,
            "%s: is encrypted (EFS) or stored in a way of its own, which cannot be kept; "
            "see 'cipher /d' and the file's properties",
            t->path);
    }
    if (t->id.links != 1) {
        return err_set(err, ERR_TARGET_LINK,
                       "%s: has %lu names (hard links); replacing one would leave the others old; "
                       "remove the other names first",
                       t->path, t->id.links);
    }
    return t->id.size <= max ||
           err_set(err, ERR_TARGET_SIZE, "%s: has %" PRIu64 " bytes, at most %zu are allowed",
                   t->path, t->id.size, max);
}

static bool open_both(struct fsio_target *t, size_t max, struct err *err)
{
    unsigned long code = 0;

    /* Before anything is opened there: a share may be anybody's. */
    if (!check_volume(t, err) || !open_folders(t, err)) {
        return false;
    }
    t->file = fsio_edge_open(t->wide, GENERIC_READ, SHARE_ALL, &code);
    if (t->file == NULL) {
        return open_failed(t, code, err);
    }
    if (!check_kind(t, max, err)) {
        return false;
    }
    t->security = fsio_target_security(t->file, t->path, err);
    return t->security != NULL;
}

struct fsio_target *fsio_target_open(const char *path, size_t max, struct err *err)
{
    struct fsio_target *t = calloc(1, sizeof *t);
    bool ok = false;

    if (t == NULL || (t->path = strdup(path)) == NULL) {
        err_memory(err);
    } else {
        t->wide = fsio_edge_path(path, err);
        ok = t->wide != NULL && open_both(t, max, err);
    }
    if (!ok) {
        fsio_target_close(t);
        return NULL;
    }
    return t;
}

/*
 * Only names, and none that Windows would rewrite: a point or space at the end goes, a backslash
 * parts names, and a colon stands before a stream.
 */
static bool is_below(const char *relative)
{
    for (const char *name = relative;; name++) {
        size_t len = strcspn(name, "/");

        if (len == 0 || name[len - 1] == '.' || name[len - 1] == ' ') {
            return false;
        }
        name += len;
        if (*name == '\0') {
            return strpbrk(relative, "\\:") == NULL;
        }
    }
}

/* From the root again: while `beside` is open, no folder on the way to it can be renamed. */
struct fsio_target *fsio_target_open_beside(const struct fsio_target *beside, const char *relative,
                                            size_t max, struct err *err)
{
    struct fsio_target *t = NULL;
    char *folder, *path;

    if (!is_below(relative)) {
        err_set(err, ERR_TARGET_LINK, "%s: is no path that stays in the folder of %s", relative,
                beside->path);
        return NULL;
    }
    folder = fsio_parent(beside->path, err);
    path = folder == NULL ? NULL : fsio_join(folder, relative, err);
    if (path != NULL) {
        t = fsio_target_open(path, max, err);
    }
    free(path);
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
    if (t->file != NULL) {
        CloseHandle(t->file);
    }
    if (t->dir != NULL) {
        CloseHandle(t->dir);
    }
    LocalFree(t->security);
    free(t->wide);
    free(t->path);
    free(t);
}

bool fsio_target_same(const struct fsio_target *a, const struct fsio_target *b)
{
    return a->id.volume == b->id.volume && a->id.file == b->id.file;
}

bool fsio_target_read(struct fsio_target *t, struct buf *out, struct err *err)
{
    size_t size = (size_t)t->id.size;
    unsigned long code = 0;
    uint8_t *to;

    buf_clear(out);
    to = buf_reserve(out, size, err);
    if (to == NULL) {
        err_context(err, "%s", t->path);
        return false;
    }
    if (!fsio_edge_read(t->file, to, size, &code)) {
        return code != 0
                   ? fsio_edge_failed(err, code, "%s: cannot be read", t->path)
                   : err_set(err, ERR_CHANGED, "%s: changed while it was read; try again", t->path);
    }
    out->len = size;
    out->data[size] = '\0';
    return true;
}

/* Whether the path can be opened with `access`; that somebody holds it just now is no answer. */
static bool lets_us(const wchar_t *path, DWORD access)
{
    HANDLE handle = CreateFileW(path, access, SHARE_ALL, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);

    if (handle == INVALID_HANDLE_VALUE) {
        return GetLastError() == ERROR_SHARING_VIOLATION;
    }
    CloseHandle(handle);
    return true;
}

bool fsio_target_writable(struct fsio_target *t, struct err *err)
{
    wchar_t *slash = wcsrchr(t->wide, L'\\'), *end = slash + (slash[-1] == L':' ? 1 : 0);
    wchar_t kept = *end;
    bool folder, any;

    if ((t->id.attributes & FILE_ATTRIBUTE_READONLY) != 0) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: is marked read-only; take the mark away: attrib -r \"%s\"", t->path,
                       t->path);
    }
    *end = L'\0';
    folder = lets_us(t->wide, FILE_ADD_FILE | FILE_TRAVERSE);
    any = lets_us(t->wide, FILE_DELETE_CHILD);
    *end = kept;
    if (!folder) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: its folder cannot be written; run as an account that may (as "
                       "administrator)",
                       t->path);
    }
    return (lets_us(t->wide, FILE_WRITE_DATA | WRITE_DAC) && (any || lets_us(t->wide, DELETE))) ||
           err_set(err, ERR_TARGET_ACCESS,
                   "%s: is read-only for this account; run as an account that may replace it (as "
                   "administrator)",
                   t->path);
}
