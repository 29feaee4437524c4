/* SPDX-License-Identifier: MIT */
/*
 * IIS's settings in the registry.
 */
#include "base/iis.h"

#include <windows.h>

#include "base/limits.h"

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
