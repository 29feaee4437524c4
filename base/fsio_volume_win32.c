/* SPDX-License-Identifier: MIT */
/*
 * Where a path leads on Windows, and on which volume.
 */
#include "base/fsio.h"

#include <windows.h>

#include <stdlib.h>
#include <wchar.h>

#include "base/fsio_edge_win32.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* As fsio_edge_open, but where links lead. */
static HANDLE follow(const char *path, struct err *err)
{
    wchar_t *wide = fsio_edge_path(path, err);
    HANDLE handle;

    if (wide == NULL) {
        return NULL;
    }
    handle = CreateFileW(wide, FILE_READ_ATTRIBUTES, SHARE_ALL, NULL, OPEN_EXISTING,
                         FILE_FLAG_BACKUP_SEMANTICS, NULL);
    free(wide);
    if (handle == INVALID_HANDLE_VALUE) {
        fsio_edge_failed(err, GetLastError(), "%s", path);
        return NULL;
    }
    return handle;
}

static wchar_t *final_path(HANDLE handle, const char *path, struct err *err)
{
    DWORD room = GetFinalPathNameByHandleW(handle, NULL, 0, FILE_NAME_NORMALIZED), len;
    wchar_t *real = room == 0 ? NULL : calloc((size_t)room + 1, sizeof *real);

    if (room == 0) {
        fsio_edge_failed(err, GetLastError(), "%s", path);
        return NULL;
    }
    if (real == NULL) {
        err_memory(err);
        return NULL;
    }
    len = GetFinalPathNameByHandleW(handle, real, room + 1, FILE_NAME_NORMALIZED);
    if (len == 0 || len > room) {
        err_set(err, ERR_IO, "%s: was renamed meanwhile; try again", path);
        free(real);
        return NULL;
    }
    return real;
}

char *fsio_real_path(const char *path, struct err *err)
{
    HANDLE handle = follow(path, err);
    wchar_t *real = handle == NULL ? NULL : final_path(handle, path, err);
    char *text = real == NULL ? NULL : fsio_edge_shown(real, err);

    if (handle != NULL) {
        CloseHandle(handle);
    }
    free(real);
    return text;
}

static bool volume_of(const char *path, uint32_t *volume, struct err *err)
{
    HANDLE handle = follow(path, err);
    struct fsio_edge_id id;
    unsigned long code = 0;
    bool ok;

    if (handle == NULL) {
        return false;
    }
    ok = fsio_edge_id(handle, &id, &code);
    CloseHandle(handle);
    if (!ok) {
        return fsio_edge_failed(err, code, "%s", path);
    }
    *volume = id.volume;
    return true;
}

bool fsio_same_volume(const char *a, const char *b, bool *same, struct err *err)
{
    uint32_t first, second;

    if (!volume_of(a, &first, err) || !volume_of(b, &second, err)) {
        return false;
    }
    *same = first == second;
    return true;
}

char *fsio_volume_root(const char *path, struct err *err)
{
    char *real = fsio_real_path(path, err), *text = NULL;
    wchar_t *wide = real == NULL ? NULL : fsio_edge_path(real, err);
    size_t room = wide == NULL ? 0 : wcslen(wide) + 2;
    wchar_t *root = wide == NULL ? NULL : calloc(room, sizeof *root);

    if (wide != NULL && root == NULL) {
        err_memory(err);
    } else if (root != NULL && !GetVolumePathNameW(wide, root, (DWORD)room)) {
        fsio_edge_failed(err, GetLastError(), "%s: its volume cannot be found", path);
    } else if (root != NULL) {
        text = fsio_edge_shown(root, err);
    }
    free(root);
    free(wide);
    free(real);
    return text;
}
