/* SPDX-License-Identifier: MIT */
/*
 * Between UTF-8 and UTF-16, and between Windows' error numbers and our reasons.
 */
#include "base/fsio_edge_win32.h"

#include <windows.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define PAUSE_MS 25
#define TRIES_MAX 120 /* three seconds */

static const struct {
    unsigned long code;
    enum err_code reason;
    const char *text;
} known[] = {
    {ERROR_FILE_NOT_FOUND, ERR_IO_ABSENT, "No such file or directory"},
    {ERROR_PATH_NOT_FOUND, ERR_IO_ABSENT, "No such file or directory"},
    {ERROR_INVALID_DRIVE, ERR_IO_ABSENT, "there is no such drive"},
    {ERROR_NOT_READY, ERR_IO_ABSENT, "there is no medium in the drive"},
    {ERROR_BAD_NETPATH, ERR_IO_ABSENT, "there is no such server or share"},
    {ERROR_BAD_NET_NAME, ERR_IO_ABSENT, "there is no such share"},
    {ERROR_DIRECTORY, ERR_IO_ABSENT, "Not a directory"},
    {ERROR_INVALID_NAME, ERR_IO_ABSENT, "no file can have this name"},
    {ERROR_FILENAME_EXCED_RANGE, ERR_IO, "File name too long"},
    {ERROR_ACCESS_DENIED, ERR_IO, "Permission denied"},
    {ERROR_WRITE_PROTECT, ERR_IO, "the medium is write-protected"},
    {ERROR_SHARING_VIOLATION, ERR_IO, "another program holds it open"},
    {ERROR_LOCK_VIOLATION, ERR_IO, "another program has locked it"},
    {ERROR_FILE_EXISTS, ERR_IO_EXISTS, "File exists"},
    {ERROR_ALREADY_EXISTS, ERR_IO_EXISTS, "File exists"},
    {ERROR_DISK_FULL, ERR_IO_FULL, "No space left on device"},
    {ERROR_HANDLE_DISK_FULL, ERR_IO_FULL, "No space left on device"},
    {1295 /* ERROR_DISK_QUOTA_EXCEEDED */, ERR_IO_FULL, "Disk quota exceeded"},
    {ERROR_NOT_SAME_DEVICE, ERR_IO, "it lies on another volume"},
    {ERROR_DIR_NOT_EMPTY, ERR_IO, "Directory not empty"},
    {ERROR_CANT_RESOLVE_FILENAME, ERR_IO, "Too many levels of symbolic links"},
};

wchar_t *fsio_edge_wide(const char *text, struct err *err)
{
    int len = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide;

    if (len <= 0) {
        err_set(err, ERR_IO, "%s: is no UTF-8", text);
        return NULL;
    }
    wide = calloc((size_t)len, sizeof *wide);
    if (wide == NULL) {
        err_memory(err);
        return NULL;
    }
    MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, len);
    return wide;
}

char *fsio_edge_text(const wchar_t *wide, struct err *err)
{
    int len = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, NULL, 0, NULL, NULL);
    char *text;

    if (len <= 0) {
        err_set(err, ERR_IO, "a name is no text: it has half a character of UTF-16");
        return NULL;
    }
    text = calloc((size_t)len, 1);
    if (text == NULL) {
        err_memory(err);
        return NULL;
    }
    WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, text, len, NULL, NULL);
    return text;
}

/* The full path in `out`, which has room for `room` behind a prefix of 6; NULL-terminated. */
static bool full_path(const wchar_t *path, wchar_t **out, struct err *err)
{
    DWORD room = GetFullPathNameW(path, 0, NULL, NULL);
    wchar_t *full = room == 0 ? NULL : calloc((size_t)room + 8, sizeof *full);
    DWORD len;

    if (room == 0) {
        return fsio_edge_failed(err, GetLastError(), "the path");
    }
    if (full == NULL) {
        return err_memory(err);
    }
    len = GetFullPathNameW(path, room, full, NULL);
    if (len == 0 || len >= room) {
        free(full);
        return err_set(err, ERR_IO, "the path cannot be made absolute");
    }
    while (len > 3 && full[len - 1] == L'\\') {
        full[--len] = L'\0';
    }
    *out = full;
    return true;
}

/* \\?\ in front turns off the short limit and every rewriting by the system. */
static bool prefix(wchar_t *full, const char *path, struct err *err)
{
    size_t len = wcslen(full);
    bool share = wcsncmp(full, L"\\\\", 2) == 0;

    if (wcsncmp(full, L"\\\\.\\", 4) == 0) {
        return err_set(err, ERR_IO_KIND, "%s: is the name of a device", path);
    }
    if (wcsncmp(full, L"\\\\?\\", 4) != 0) {
        /* \\server\share becomes \\?\UNC\server\share */
        size_t skip = share ? 1 : 0, more = share ? 7 : 4;

        memmove(full + more, full + skip, (len - skip + 1) * sizeof *full);
        memcpy(full, share ? L"\\\\?\\UNC" : L"\\\\?\\", more * sizeof *full);
    }
    return wcschr(full + 6, L':') == NULL ||
           err_set(err, ERR_IO_KIND, "%s: names a stream of a file; name the file itself", path);
}

wchar_t *fsio_edge_path(const char *path, struct err *err)
{
    wchar_t *wide = fsio_edge_wide(path, err), *full = NULL;
    bool ok = wide != NULL;

    if (ok && wide[0] == L'\0') {
        ok = fsio_edge_failed(err, ERROR_FILE_NOT_FOUND, "''");
    } else if (ok && !full_path(wide, &full, err)) {
        err_context(err, "%s", path);
        ok = false;
    }
    ok = ok && prefix(full, path, err);
    free(wide);
    if (!ok) {
        free(full);
        return NULL;
    }
    return full;
}

char *fsio_edge_shown(const wchar_t *path, struct err *err)
{
    char *text;

    if (wcsncmp(path, L"\\\\?\\UNC\\", 8) == 0) {
        text = fsio_edge_text(path + 6, err);
        if (text != NULL) {
            text[0] = '\\';
        }
        return text;
    }
    return fsio_edge_text(wcsncmp(path, L"\\\\?\\", 4) == 0 ? path + 4 : path, err);
}

const char *fsio_edge_why(unsigned long code, char out[static FSIO_EDGE_WHY_SIZE])
{
    snprintf(out, FSIO_EDGE_WHY_SIZE, "Windows error %lu", code);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code == code) {
            snprintf(out, FSIO_EDGE_WHY_SIZE, "%s", known[i].text);
        }
    }
    return out;
}

bool fsio_edge_failed(struct err *err, unsigned long code, const char *fmt, ...)
{
    enum err_code reason = ERR_IO;
    char what[ERR_TEXT_SIZE], why[FSIO_EDGE_WHY_SIZE];
    va_list args;

    if (code == ERROR_NOT_ENOUGH_MEMORY || code == ERROR_OUTOFMEMORY) {
        return err_memory(err);
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        reason = known[i].code == code ? known[i].reason : reason;
    }
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return err_set(err, reason, "%s: %s", what, fsio_edge_why(code, why));
}

bool fsio_edge_again(unsigned long code, unsigned *tries)
{
    if ((code != ERROR_SHARING_VIOLATION && code != ERROR_LOCK_VIOLATION) ||
        (*tries)++ >= TRIES_MAX) {
        return false;
    }
    Sleep(PAUSE_MS);
    return true;
}

/* A sixth of the time for "access denied", since it mostly means just that. */
bool fsio_edge_again_name(unsigned long code, unsigned *tries)
{
    if (code != ERROR_ACCESS_DENIED) {
        return fsio_edge_again(code, tries);
    }
    *tries += 6;
    if (*tries > TRIES_MAX) {
        return false;
    }
    Sleep(PAUSE_MS);
    return true;
}

void *fsio_edge_open(const wchar_t *path, unsigned long access, unsigned long share,
                     unsigned long *code)
{
    unsigned tries = 0;
    HANDLE handle;

    do {
        /* The first flag lets a folder be opened, so that it can be told from what is denied. */
        handle = CreateFileW(path, access, share, NULL, OPEN_EXISTING,
                             FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        *code = handle == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    } while (*code != 0 && fsio_edge_again(*code, &tries));
    return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

bool fsio_edge_what(void *handle, enum fsio_edge_kind *kind, unsigned long *code)
{
    FILE_ATTRIBUTE_TAG_INFO info;

    if (GetFileType(handle) != FILE_TYPE_DISK) {
        *kind = FSIO_EDGE_OTHER;
        return true;
    }
    if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &info, sizeof info)) {
        *code = GetLastError();
        return false;
    }
    if ((info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
        IsReparseTagNameSurrogate(info.ReparseTag)) {
        *kind = FSIO_EDGE_LINK;
    } else {
        *kind = (info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? FSIO_EDGE_FOLDER
                                                                      : FSIO_EDGE_FILE;
    }
    return true;
}

bool fsio_edge_id(void *handle, struct fsio_edge_id *id, unsigned long *code)
{
    BY_HANDLE_FILE_INFORMATION info;

    if (!GetFileInformationByHandle(handle, &info)) {
        *code = GetLastError();
        return false;
    }
    id->volume = info.dwVolumeSerialNumber;
    id->file = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow;
    id->size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
    id->links = info.nNumberOfLinks;
    id->attributes = info.dwFileAttributes;
    return true;
}

/* One call's worth: a DWORD cannot hold every size. */
static DWORD part(size_t len)
{
    return len < 0x100000 ? (DWORD)len : 0x100000;
}

bool fsio_edge_read(void *handle, void *bytes, size_t len, unsigned long *code)
{
    const LARGE_INTEGER start = {.QuadPart = 0};
    uint8_t *to = bytes, extra;
    DWORD got = 0;

    *code = 0;
    if (!SetFilePointerEx(handle, start, NULL, FILE_BEGIN)) {
        *code = GetLastError();
        return false;
    }
    for (size_t done = 0; done < len; done += got) {
        if (!ReadFile(handle, to + done, part(len - done), &got, NULL)) {
            *code = GetLastError();
            return false;
        }
        if (got == 0) {
            return false;
        }
    }
    if (!ReadFile(handle, &extra, 1, &got, NULL)) {
        *code = GetLastError();
        return false;
    }
    return got == 0;
}

bool fsio_edge_write(void *handle, const void *bytes, size_t len, unsigned long *code)
{
    const uint8_t *from = bytes;
    DWORD put = 0;

    for (size_t done = 0; done < len; done += put) {
        if (!WriteFile(handle, from + done, part(len - done), &put, NULL) || put == 0) {
            *code = put == 0 && GetLastError() == 0 ? ERROR_DISK_FULL : GetLastError();
            return false;
        }
    }
    return true;
}
