/* SPDX-License-Identifier: MIT */
/*
 * Files on Windows: what stands where, reading, locks.
 */
#include "base/fsio.h"

#include <windows.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio_edge_win32.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

struct fsio_file {
    HANDLE handle;
    uint64_t size;
    char *path;
};

struct fsio_lock {
    HANDLE handle;
};

bool fsio_kind(const char *path, enum fsio_kind *kind, struct err *err)
{
    static const enum fsio_kind kinds[] = {
        [FSIO_EDGE_FILE] = FSIO_FILE,
        [FSIO_EDGE_FOLDER] = FSIO_DIR,
        [FSIO_EDGE_LINK] = FSIO_LINK,
        [FSIO_EDGE_OTHER] = FSIO_OTHER,
    };
    wchar_t *wide = fsio_edge_path(path, err);
    enum fsio_edge_kind found;
    unsigned long code = 0;
    HANDLE handle;
    bool ok;

    if (wide == NULL) {
        return false;
    }
    handle = fsio_edge_open(wide, FILE_READ_ATTRIBUTES, SHARE_ALL, &code);
    free(wide);
    if (handle == NULL) {
        *kind = FSIO_ABSENT;
        return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
               code == ERROR_DIRECTORY || fsio_edge_failed(err, code, "%s", path);
    }
    ok = fsio_edge_what(handle, &found, &code);
    CloseHandle(handle);
    if (!ok) {
        return fsio_edge_failed(err, code, "%s", path);
    }
    *kind = kinds[found];
    return true;
}

static bool check_regular(HANDLE handle, const char *path, uint64_t *size, struct err *err)
{
    enum fsio_edge_kind kind;
    struct fsio_edge_id id;
    unsigned long code = 0;

    if (!fsio_edge_what(handle, &kind, &code) ||
        (kind == FSIO_EDGE_FILE && !fsio_edge_id(handle, &id, &code))) {
        return fsio_edge_failed(err, code, "%s", path);
    }
    if (kind == FSIO_EDGE_LINK) {
        return err_set(err, ERR_IO_KIND, "%s: is a link; name the file itself", path);
    }
    if (kind != FSIO_EDGE_FILE) {
        return err_set(err, ERR_IO_KIND, "%s: is %s, a regular file is needed", path,
                       kind == FSIO_EDGE_FOLDER ? "a folder" : "no regular file");
    }
    *size = id.size;
    return true;
}

static HANDLE open_regular(const char *path, uint64_t *size, struct err *err)
{
    wchar_t *wide = fsio_edge_path(path, err);
    unsigned long code = 0;
    HANDLE handle;

    if (wide == NULL) {
        return NULL;
    }
    handle = fsio_edge_open(wide, GENERIC_READ, SHARE_ALL, &code);
    free(wide);
    if (handle == NULL) {
        fsio_edge_failed(err, code, "%s", path);
        return NULL;
    }
    if (!check_regular(handle, path, size, err)) {
        CloseHandle(handle);
        return NULL;
    }
    return handle;
}

bool fsio_read_file(const char *path, size_t max, struct buf *out, struct err *err)
{
    struct fsio_file *file = fsio_open(path, err);
    uint8_t *to, extra;
    size_t got = 0;
    bool ok = false;

    if (file == NULL) {
        return false;
    }
    buf_clear(out);
    if (file->size > max) {
        err_set(err, ERR_IO_LIMIT, "%s: has %" PRIu64 " bytes, at most %zu are allowed", path,
                file->size, max);
    } else if ((to = buf_reserve(out, (size_t)file->size, err)) == NULL) {
        err_context(err, "%s", path);
    } else if (fsio_read(file, to, (size_t)file->size, &got, err)) {
        out->len = got;
        out->data[got] = '\0';
        ok =
            fsio_read(file, &extra, 1, &got, err) &&
            (got == 0 || err_set(err, ERR_IO_LIMIT, "%s: grew while it was read; try again", path));
    }
    fsio_close(file);
    if (!ok) {
        buf_clear(out);
    }
    return ok;
}

struct fsio_file *fsio_open(const char *path, struct err *err)
{
    struct fsio_file *file = calloc(1, sizeof *file);

    if (file == NULL || (file->path = strdup(path)) == NULL) {
        err_memory(err);
        free(file);
        return NULL;
    }
    file->handle = open_regular(path, &file->size, err);
    if (file->handle == NULL) {
        fsio_close(file);
        return NULL;
    }
    return file;
}

bool fsio_read(struct fsio_file *file, void *bytes, size_t len, size_t *got, struct err *err)
{
    size_t done = 0;

    while (done < len) {
        DWORD part = len - done < 0x100000 ? (DWORD)(len - done) : 0x100000, n = 0;

        if (!ReadFile(file->handle, (uint8_t *)bytes + done, part, &n, NULL)) {
            return fsio_edge_failed(err, GetLastError(), "%s: cannot be read", file->path);
        }
        if (n == 0) {
            break;
        }
        done += n;
    }
    *got = done;
    return true;
}

bool fsio_go_to_last(struct fsio_file *file, struct err *err)
{
    const LARGE_INTEGER last = {.QuadPart = -1};

    return SetFilePointerEx(file->handle, last, NULL, FILE_END) ||
           fsio_edge_failed(err, GetLastError(), "%s", file->path);
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
    if (file->handle != NULL) {
        CloseHandle(file->handle);
    }
    free(file->path);
    free(file);
}

static HANDLE open_lock(const char *path, struct err *err)
{
    wchar_t *wide = fsio_edge_path(path, err);
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    HANDLE handle = INVALID_HANDLE_VALUE;

    if (wide == NULL) {
        return NULL;
    }
    attributes.lpSecurityDescriptor = fsio_edge_private(false, err);
    if (attributes.lpSecurityDescriptor != NULL) {
        handle = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, SHARE_ALL, &attributes,
                             OPEN_ALWAYS, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (handle == INVALID_HANDLE_VALUE) {
            fsio_edge_failed(err, GetLastError(), "%s", path);
        }
        LocalFree(attributes.lpSecurityDescriptor);
    }
    free(wide);
    return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

struct fsio_lock *fsio_lock_take(const char *path, struct err *err)
{
    struct fsio_lock *lock = calloc(1, sizeof *lock);
    OVERLAPPED at = {0};

    if (lock == NULL) {
        err_memory(err);
        return NULL;
    }
    lock->handle = open_lock(path, err);
    if (lock->handle == NULL) {
        free(lock);
        return NULL;
    }
    if (!LockFileEx(lock->handle, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
                    &at)) {
        unsigned long code = GetLastError();

        if (code == ERROR_LOCK_VIOLATION || code == ERROR_IO_PENDING) {
            err_set(err, ERR_LOCKED, "%s: another run holds the lock; wait for it to end", path);
        } else {
            fsio_edge_failed(err, code, "%s: cannot be locked", path);
        }
        fsio_lock_release(lock);
        return NULL;
    }
    return lock;
}

void fsio_lock_release(struct fsio_lock *lock)
{
    if (lock != NULL) {
        CloseHandle(lock->handle);
        free(lock);
    }
}
