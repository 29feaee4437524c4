/* SPDX-License-Identifier: MIT */
/*
 * Paths and folders on Windows: names, listing, flushing. Both slashes part names; what is made
 * here has backslashes, as a person types them.
 */
#include "base/fsio.h"

#include <windows.h>

#include <shlobj.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/fsio_edge_win32.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static char *copy_text(const char *text, struct err *err)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        err_memory(err);
    }
    return copy;
}

static bool is_slash(char c)
{
    return c == '\\' || c == '/';
}

static bool has_drive(const char *path)
{
    return ((path[0] >= 'A' && path[0] <= 'Z') || (path[0] >= 'a' && path[0] <= 'z')) &&
           path[1] == ':';
}

/* Bytes in front of the first name: "C:\", "C:", "\", or "" for a relative path. */
static size_t root_len(const char *path)
{
    size_t len = has_drive(path) ? 2 : 0;

    return len + (is_slash(path[len]) ? 1 : 0);
}

char *fsio_join(const char *dir, const char *name, struct err *err)
{
    size_t dir_len = strlen(dir), name_len = strlen(name);
    char *path = malloc(dir_len + name_len + 2);

    if (path == NULL) {
        err_memory(err);
        return NULL;
    }
    memcpy(path, dir, dir_len);
    if (dir_len == 0 || !is_slash(dir[dir_len - 1])) {
        path[dir_len++] = '\\';
    }
    memcpy(path + dir_len, name, name_len + 1);
    for (char *at = path + dir_len; *at != '\0'; at++) {
        *at = *at == '/' ? '\\' : *at;
    }
    return path;
}

const char *fsio_name(const char *path)
{
    const char *name = path + root_len(path);

    for (const char *at = name; *at != '\0'; at++) {
        name = is_slash(*at) ? at + 1 : name;
    }
    return name;
}

char *fsio_parent(const char *path, struct err *err)
{
    size_t root = root_len(path), len = (size_t)(fsio_name(path) - path);
    char *parent;

    if (len == 0) {
        return copy_text(".", err);
    }
    parent = copy_text(path, err);
    if (parent != NULL) {
        parent[len > root ? len - 1 : root] = '\0';
    }
    return parent;
}

bool fsio_is_absolute(const char *path)
{
    return (has_drive(path) && is_slash(path[2])) || (is_slash(path[0]) && is_slash(path[1]));
}

const char *fsio_absolute_words(void)
{
    return "from its drive on, as in C:\\Sites";
}

size_t fsio_trimmed(const char *path)
{
    size_t len = strlen(path), root = root_len(path);

    while (len > root && len > 1 && is_slash(path[len - 1])) {
        len--;
    }
    return len;
}

/* Upper and lower case are one to Windows, by its own table. */
bool fsio_is_within(const char *path, const char *dir)
{
    wchar_t *wide_path = fsio_edge_wide(path, NULL), *wide_dir = fsio_edge_wide(dir, NULL);
    size_t len = wide_dir == NULL ? 0 : wcslen(wide_dir);
    bool within = true; /* without memory: the careful answer */

    if (wide_path != NULL && wide_dir != NULL) {
        within =
            wcslen(wide_path) >= len &&
            CompareStringOrdinal(wide_path, (int)len, wide_dir, (int)len, TRUE) == CSTR_EQUAL &&
            (wide_path[len] == L'\0' || wide_path[len] == L'\\' ||
             (len > 0 && wide_dir[len - 1] == L'\\'));
    }
    free(wide_path);
    free(wide_dir);
    return within;
}

const char *fsio_site_home(void)
{
    static char home[4 * MAX_PATH + 16];
    wchar_t data[MAX_PATH];
    struct err unused = {0};
    char *text;

    if (home[0] == '\0') {
        text = SHGetFolderPathW(NULL, CSIDL_COMMON_APPDATA, NULL, SHGFP_TYPE_CURRENT, data) == S_OK
                   ? fsio_edge_text(data, &unused)
                   : NULL;
        snprintf(home, sizeof home, "%s\\Pinferry", text == NULL ? "C:\\ProgramData" : text);
        free(text);
    }
    return home;
}

bool fsio_sync_dir(const char *path, struct err *err)
{
    wchar_t *wide = fsio_edge_path(path, err);
    unsigned long code = 0;
    HANDLE handle;

    if (wide == NULL) {
        return false;
    }
    handle = fsio_edge_open(wide, GENERIC_WRITE, SHARE_ALL, &code);
    free(wide);
    if (handle == NULL) {
        return fsio_edge_failed(err, code, "%s", path);
    }
    code = FlushFileBuffers(handle) ? 0 : GetLastError();
    CloseHandle(handle);
    /* FAT and shares cannot flush a folder and have several words for that. */
    if (code != 0 && code != ERROR_INVALID_FUNCTION && code != ERROR_NOT_SUPPORTED &&
        code != ERROR_INVALID_PARAMETER && code != ERROR_INVALID_HANDLE) {
        return fsio_edge_failed(err, code, "%s: cannot be flushed", path);
    }
    return true;
}

bool fsio_sync_parent(const char *path, struct err *err)
{
    char *parent = fsio_parent(path, err);
    bool ok = parent != NULL && fsio_sync_dir(parent, err);

    free(parent);
    return ok;
}

bool fsio_rename(const char *from, const char *to, struct err *err)
{
    wchar_t *wide_from = fsio_edge_path(from, err);
    wchar_t *wide_to = wide_from == NULL ? NULL : fsio_edge_path(to, err);
    unsigned long code = 0;
    unsigned tries = 0;

    if (wide_to == NULL) {
        free(wide_from);
        return false;
    }
    do {
        code = MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)
                   ? 0
                   : GetLastError();
    } while (code != 0 && fsio_edge_again_name(code, &tries));
    free(wide_from);
    free(wide_to);
    if (code != 0) {
        return fsio_edge_failed(err, code, "%s: cannot be renamed to %s", from, to);
    }
    return fsio_sync_parent(from, err) && fsio_sync_parent(to, err);
}

bool fsio_remove(const char *path, struct err *err)
{
    wchar_t *wide = fsio_edge_path(path, err);
    unsigned long code = 0;
    unsigned tries = 0;

    if (wide == NULL) {
        return false;
    }
    do {
        code = DeleteFileW(wide) ? 0 : GetLastError();
    } while (code != 0 && fsio_edge_again_name(code, &tries));
    free(wide);
    if (code != 0) {
        return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
               fsio_edge_failed(err, code, "%s: cannot be removed", path);
    }
    return fsio_sync_parent(path, err);
}

static bool is_folder(const char *path, struct err *err)
{
    enum fsio_kind kind;

    return fsio_kind(path, &kind, err) &&
           (kind == FSIO_DIR || err_set(err, ERR_IO_KIND, "%s: is no folder", path));
}

bool fsio_make_dir(const char *path, unsigned mode, struct err *err)
{
    wchar_t *wide = fsio_edge_path(path, err);
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    bool closed = (mode & 077) == 0;
    unsigned long code = 0;

    if (wide == NULL) {
        return false;
    }
    attributes.lpSecurityDescriptor = closed ? fsio_edge_private(true, err) : NULL;
    if (closed && attributes.lpSecurityDescriptor == NULL) {
        free(wide);
        return false;
    }
    code = CreateDirectoryW(wide, closed ? &attributes : NULL) ? 0 : GetLastError();
    LocalFree(attributes.lpSecurityDescriptor);
    free(wide);
    if (code == 0) {
        return fsio_sync_parent(path, err);
    }
    return code == ERROR_ALREADY_EXISTS ? is_folder(path, err)
                                        : fsio_edge_failed(err, code, "%s: cannot be made", path);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_name(struct fsio_names *out, size_t *room, const wchar_t *name, struct err *err)
{
    if (out->count == *room) {
        char **grown = realloc(out->names, (*room = *room * 2 + 16) * sizeof *grown);

        if (grown == NULL) {
            return err_memory(err);
        }
        out->names = grown;
    }
    out->names[out->count] = fsio_edge_text(name, err);
    if (out->names[out->count] == NULL) {
        return false;
    }
    out->count++;
    return true;
}

static bool list_into(HANDLE found, WIN32_FIND_DATAW *entry, const char *path, size_t max,
                      struct fsio_names *out, struct err *err)
{
    size_t room = 0;

    do {
        if (wcscmp(entry->cFileName, L".") == 0 || wcscmp(entry->cFileName, L"..") == 0) {
            continue;
        }
        if (out->count == max) {
            return err_set(err, ERR_IO_LIMIT, "%s: has more than %zu entries", path, max);
        }
        if (!add_name(out, &room, entry->cFileName, err)) {
            err_context(err, "%s", path);
            return false;
        }
    } while (FindNextFileW(found, entry));
    return GetLastError() == ERROR_NO_MORE_FILES ||
           fsio_edge_failed(err, GetLastError(), "%s", path);
}

/* A folder's name, with the pattern for all that is in it. */
static wchar_t *pattern(const char *path, struct err *err)
{
    wchar_t *wide = fsio_edge_path(path, err);
    size_t len = wide == NULL ? 0 : wcslen(wide);
    wchar_t *all = wide == NULL ? NULL : realloc(wide, (len + 3) * sizeof *all);

    if (all == NULL) {
        if (wide != NULL) {
            err_memory(err);
        }
        free(wide);
        return NULL;
    }
    memcpy(all + len, all[len - 1] == L'\\' ? L"*" : L"\\*",
           (all[len - 1] == L'\\' ? 2 : 3) * sizeof *all);
    return all;
}

bool fsio_list(const char *path, size_t max, struct fsio_names *out, struct err *err)
{
    struct fsio_names names = {0};
    wchar_t *all = pattern(path, err);
    WIN32_FIND_DATAW entry;
    unsigned long code;
    HANDLE found;
    bool ok;

    if (all == NULL) {
        return false;
    }
    found = FindFirstFileW(all, &entry);
    code = GetLastError();
    free(all);
    if (found == INVALID_HANDLE_VALUE) {
        /* The root of an empty volume has not even "." in it. */
        if (code != ERROR_FILE_NOT_FOUND || !is_folder(path, err)) {
            return code == ERROR_FILE_NOT_FOUND ? false : fsio_edge_failed(err, code, "%s", path);
        }
        *out = names;
        return true;
    }
    ok = list_into(found, &entry, path, max, &names, err);
    FindClose(found);
    if (!ok) {
        fsio_names_release(&names);
        return false;
    }
    if (names.count > 1) {
        qsort(names.names, names.count, sizeof *names.names, by_name);
    }
    *out = names;
    return true;
}

void fsio_names_release(struct fsio_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->names[i]);
    }
    free(names->names);
    names->names = NULL;
    names->count = 0;
}
