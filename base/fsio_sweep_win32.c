/* SPDX-License-Identifier: MIT */
/*
 * Takes away what writers that were ended left under temporary names, on Windows: one that lives
 * holds its file so that nobody can delete it.
 */
#include "base/fsio.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "base/fsio_edge_win32.h"

#define ENDING ".tmp"
#define ENDING_LEN (sizeof ENDING - 1)
#define RANDOM_LEN 6
#define NAMES_MAX 1000000

/* NAME.tmpXXXXXX, as fsio_create makes it. */
static bool is_temporary(const char *name)
{
    size_t len = strlen(name);
    const char *ending;

    if (len <= ENDING_LEN + RANDOM_LEN) {
        return false;
    }
    ending = name + (len - ENDING_LEN - RANDOM_LEN);
    return memcmp(ending, ENDING, ENDING_LEN) == 0 &&
           strspn(ending + ENDING_LEN, "0123456789abcdef") == RANDOM_LEN;
}

/* A regular file of this account with no other name. */
static bool is_own(HANDLE handle)
{
    enum fsio_edge_kind kind;
    struct fsio_edge_id id;
    unsigned long unused;

    return fsio_edge_what(handle, &kind, &unused) && kind == FSIO_EDGE_FILE &&
           fsio_edge_id(handle, &id, &unused) && id.links == 1 && fsio_edge_is_own(handle);
}

/* By the open file: what was looked at is what goes. Opening waits for nobody: who holds it lives.
 */
static void sweep(const char *dir, const char *name)
{
    FILE_DISPOSITION_INFO gone = {.DeleteFile = TRUE};
    char *path = fsio_join(dir, name, NULL);
    wchar_t *wide = path == NULL ? NULL : fsio_edge_path(path, NULL);
    HANDLE handle = INVALID_HANDLE_VALUE;

    if (wide != NULL) {
        handle = CreateFileW(wide, DELETE | READ_CONTROL | FILE_READ_ATTRIBUTES, FILE_SHARE_READ,
                             NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    }
    if (handle != INVALID_HANDLE_VALUE) {
        if (is_own(handle)) {
            SetFileInformationByHandle(handle, FileDispositionInfo, &gone, sizeof gone);
        }
        CloseHandle(handle);
    }
    free(wide);
    free(path);
}

void fsio_sweep(const char *dir)
{
    struct fsio_names names = {0};

    if (!fsio_list(dir, NAMES_MAX, &names, NULL)) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (is_temporary(names.names[i])) {
            sweep(dir, names.names[i]);
        }
    }
    fsio_names_release(&names);
}
