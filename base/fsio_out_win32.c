/* SPDX-License-Identifier: MIT */
/*
 * Writing files on Windows: complete or not at all, and flushed with their folder.
 */
#include "base/fsio.h"

#include <windows.h>

#include <ntsecapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/fsio_edge_win32.h"

#define TEMP_TRIES 16

struct fsio_out {
    HANDLE handle;
    char *path, *temp;
    wchar_t *wide_path, *wide_temp;
};

/* A new file that nobody else may open meanwhile but to read; closed to others by `mode`. */
static HANDLE create(const wchar_t *path, unsigned mode, unsigned long *code, struct err *err)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    bool closed = (mode & 077) == 0;
    HANDLE handle;

    *code = 0;
    attributes.lpSecurityDescriptor = closed ? fsio_edge_private(false, err) : NULL;
    if (closed && attributes.lpSecurityDescriptor == NULL) {
        return NULL;
    }
    handle = CreateFileW(path, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_SHARE_READ,
                         closed ? &attributes : NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    *code = handle == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    LocalFree(attributes.lpSecurityDescriptor);
    return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

static bool name_temp(struct fsio_out *out, struct err *err)
{
    size_t size = strlen(out->path) + 16;
    uint32_t random = 0;

    free(out->temp);
    free(out->wide_temp);
    out->wide_temp = NULL;
    out->temp = malloc(size);
    if (out->temp == NULL) {
        return err_memory(err);
    }
    if (!RtlGenRandom(&random, sizeof random)) {
        return err_set(err, ERR_IO, "the system gives no random number");
    }
    snprintf(out->temp, size, "%s.tmp%06x", out->path, (unsigned)(random & 0xffffff));
    out->wide_temp = fsio_edge_path(out->temp, err);
    return out->wide_temp != NULL;
}

/* Under a name of chance that is free. */
static bool create_temp(struct fsio_out *out, unsigned mode, struct err *err)
{
    unsigned long code = 0;

    for (int i = 0; i < TEMP_TRIES; i++) {
        if (!name_temp(out, err)) {
            return false;
        }
        out->handle = create(out->wide_temp, mode, &code, err);
        if (out->handle != NULL) {
            return true;
        }
        if (code != ERROR_FILE_EXISTS) {
            break;
        }
    }
    return code == 0 ? false : fsio_edge_failed(err, code, "%s: cannot be created", out->path);
}

struct fsio_out *fsio_create(const char *path, unsigned mode, struct err *err)
{
    struct fsio_out *out = calloc(1, sizeof *out);
    bool ok = false;

    if (out == NULL || (out->path = strdup(path)) == NULL) {
        err_memory(err);
    } else {
        out->wide_path = fsio_edge_path(path, err);
        ok = out->wide_path != NULL && create_temp(out, mode, err);
    }
    if (!ok) {
        if (out != NULL) { /* nothing of this name is ours */
            free(out->wide_temp);
            out->wide_temp = NULL;
        }
        fsio_discard(out);
        return NULL;
    }
    return out;
}

bool fsio_write(struct fsio_out *out, const void *bytes, size_t len, struct err *err)
{
    unsigned long code = 0;

    return fsio_edge_write(out->handle, bytes, len, &code) ||
           fsio_edge_failed(err, code, "%s: cannot be written", out->path);
}

static bool name_it(struct fsio_out *out, bool replace, struct err *err)
{
    DWORD flags = MOVEFILE_WRITE_THROUGH | (replace ? MOVEFILE_REPLACE_EXISTING : 0);
    unsigned long code;
    unsigned tries = 0;

    do {
        code = MoveFileExW(out->wide_temp, out->wide_path, flags) ? 0 : GetLastError();
    } while (code != 0 && fsio_edge_again_name(code, &tries));
    if (code == ERROR_ALREADY_EXISTS || code == ERROR_FILE_EXISTS) {
        return err_set(err, ERR_IO_EXISTS, "%s: is there already", out->path);
    }
    return code == 0 || fsio_edge_failed(err, code, "%s: cannot be put in place", out->path);
}

bool fsio_commit(struct fsio_out *out, bool replace, struct err *err)
{
    bool ok = FlushFileBuffers(out->handle) ||
              fsio_edge_failed(err, GetLastError(), "%s: cannot be flushed", out->path);

    CloseHandle(out->handle);
    out->handle = NULL;
    if (ok && name_it(out, replace, err)) {
        free(out->wide_temp);
        out->wide_temp = NULL;
        ok = fsio_sync_parent(out->path, err);
        if (!ok && !replace) { /* nothing is left on failure; an older file is gone already */
            DeleteFileW(out->wide_path);
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
    if (out->handle != NULL) {
        CloseHandle(out->handle);
    }
    if (out->wide_temp != NULL) {
        DeleteFileW(out->wide_temp);
    }
    free(out->wide_temp);
    free(out->wide_path);
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

static bool append_to(HANDLE handle, const char *path, const void *bytes, size_t len,
                      struct err *err)
{
    const LARGE_INTEGER none = {.QuadPart = 0};
    enum fsio_edge_kind kind;
    unsigned long code = 0;

    if (!fsio_edge_what(handle, &kind, &code)) {
        return fsio_edge_failed(err, code, "%s", path);
    }
    if (kind == FSIO_EDGE_LINK || kind == FSIO_EDGE_FOLDER) {
        return err_set(err, ERR_IO_KIND, "%s: is a %s; name the file itself", path,
                       kind == FSIO_EDGE_LINK ? "link" : "folder");
    }
    if (!SetFilePointerEx(handle, none, NULL, FILE_END) ||
        !fsio_edge_write(handle, bytes, len, &code)) {
        return fsio_edge_failed(err, code != 0 ? code : GetLastError(), "%s: cannot be written",
                                path);
    }
    return FlushFileBuffers(handle) ||
           fsio_edge_failed(err, GetLastError(), "%s: cannot be flushed", path);
}

bool fsio_append(const char *path, const void *bytes, size_t len, unsigned mode, struct err *err)
{
    wchar_t *wide = fsio_edge_path(path, err);
    unsigned long code = 0;
    HANDLE handle;
    bool made, ok;

    if (wide == NULL) {
        return false;
    }
    handle = create(wide, mode, &code, err);
    made = handle != NULL;
    if (code == ERROR_FILE_EXISTS) {
        /* FILE_APPEND_DATA alone: what is there cannot be written over */
        handle = fsio_edge_open(wide, FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                                FILE_SHARE_READ, &code);
    }
    free(wide);
    if (handle == NULL) {
        return code == 0 ? false : fsio_edge_failed(err, code, "%s", path);
    }
    ok = append_to(handle, path, bytes, len, err);
    CloseHandle(handle);
    return ok && (!made || fsio_sync_parent(path, err));
}
