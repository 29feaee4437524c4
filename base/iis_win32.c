/* SPDX-License-Identifier: MIT */
/*
 * IIS's settings: in the registry, and in its own file below Windows' folder.
 */
#include "base/iis.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio_edge_win32.h"
#include "base/limits.h"

#define EXPANDED_MAX 8192

#define SETTINGS L"SOFTWARE\\Microsoft\\InetStp\\Configuration"
#define USUAL_KIB (LIMIT_IIS_BYTES / 1024)
#define MAX_KIB (LIMIT_TARGET_BYTES / 1024)

/* The value in one of the two views of the registry; 0: it is not there. */
static uint64_t read_limit(REGSAM view)
{
    DWORD value = 0, type = 0, size = sizeof value;
    HKEY key = NULL;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, SETTINGS, 0, KEY_QUERY_VALUE | view, &key) != 0) {
        return 0;
    }
    if (RegQueryValueExW(key, L"MaxWebConfigFileSizeInKB", NULL, &type, (BYTE *)&value, &size) !=
            0 ||
        type != REG_DWORD || size != sizeof value) {
        value = 0;
    }
    RegCloseKey(key);
    return value > MAX_KIB ? MAX_KIB : value;
}

bool iis_limit_kib(uint64_t *kib)
{
    uint64_t native = read_limit(KEY_WOW64_64KEY), small = read_limit(KEY_WOW64_32KEY);
    uint64_t limit = native == 0 ? USUAL_KIB : native;

    if (native == 0 && (small == 0 || small >= USUAL_KIB)) {
        return false;
    }
    *kib = small != 0 && small < limit ? small : limit;
    return true;
}

const char *iis_hosting(void)
{
    static char path[4 * MAX_PATH + 64];
    wchar_t windows[MAX_PATH];
    UINT len = GetSystemWindowsDirectoryW(windows, MAX_PATH);
    char *folder = len == 0 || len >= MAX_PATH ? NULL : fsio_edge_text(windows, NULL);

    if (folder == NULL) {
        return NULL;
    }
    snprintf(path, sizeof path, "%s\\System32\\inetsrv\\config\\applicationHost.config", folder);
    free(folder);
    return path;
}

char *iis_expand(const char *path, struct err *err)
{
    wchar_t *wide = fsio_edge_wide(path, err), *full = NULL;
    char *text = NULL;
    DWORD len = 0;

    if (wide != NULL) {
        full = calloc(EXPANDED_MAX, sizeof *full);
        len = full == NULL ? 0 : ExpandEnvironmentStringsW(wide, full, EXPANDED_MAX);
    }
    if (len > 0 && len <= EXPANDED_MAX) {
        text = fsio_edge_text(full, err);
    } else if (wide != NULL) {
        err_set(err, ERR_IO_LIMIT, "%s: is too long", path);
    }
    free(full);
    free(wide);
    return text;
}

bool iis_drives(struct fsio_names *out, struct err *err)
{
    DWORD present = GetLogicalDrives();
    struct fsio_names found = {.names = calloc(27, sizeof *found.names)};

    if (found.names == NULL) {
        return err_memory(err);
    }
    for (unsigned i = 0; i < 26; i++) {
        wchar_t wide[] = {(wchar_t)(L'A' + i), L':', L'\\', L'\0'};

        if ((present & 1u << i) == 0 || GetDriveTypeW(wide) != DRIVE_FIXED) {
            continue;
        }
        found.names[found.count] = fsio_edge_text(wide, err);
        if (found.names[found.count] == NULL) {
            fsio_names_release(&found);
            return false;
        }
        found.count++;
    }
    *out = found;
    return true;
}
