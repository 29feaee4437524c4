/* SPDX-License-Identifier: MIT */
/*
 * Which programs hold a file open, by the Restart Manager: asked only when a target stays held, so
 * its library is loaded only then.
 */
#include "base/fsio_edge_win32.h"

#include <windows.h>

#include <restartmanager.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

#define SHOWN_MAX 3
#define LISTED_MAX 64 /* by the Restart Manager */

/* What is used of rstrtmgr.dll. */
struct manager {
    HMODULE library;
    __typeof__(&RmStartSession) begin;
    __typeof__(&RmRegisterResources) add;
    __typeof__(&RmGetList) list;
    __typeof__(&RmEndSession) end;
};

/* Whether the library has it; a function's address comes as that of another kind of function. */
static bool take(const struct manager *m, const char *name, void *to)
{
    FARPROC found = GetProcAddress(m->library, name);

    memcpy(to, &found, sizeof found);
    return found != NULL;
}

static bool load(struct manager *m)
{
    m->library = LoadLibraryExW(L"rstrtmgr.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return m->library != NULL && take(m, "RmStartSession", &m->begin) &&
           take(m, "RmRegisterResources", &m->add) && take(m, "RmGetList", &m->list) &&
           take(m, "RmEndSession", &m->end);
}

/* Fills `found` with at most LISTED_MAX; their number. */
static UINT ask(const struct manager *m, const wchar_t *path, RM_PROCESS_INFO *found)
{
    wchar_t key[CCH_RM_SESSION_KEY + 1] = L"";
    DWORD session = 0, why = 0;
    UINT needed = 0, count = LISTED_MAX;

    if (m->begin(&session, 0, key) != ERROR_SUCCESS) {
        return 0;
    }
    if (m->add(session, 1, &path, 0, NULL, 0, NULL) != ERROR_SUCCESS ||
        m->list(session, &needed, &count, found, &why) != ERROR_SUCCESS) {
        count = 0;
    }
    m->end(session);
    return count;
}

/* "w3wp.exe (process 4711)"; `used` bytes of `out` are there already. */
static size_t add_one(char *out, size_t size, size_t used, const RM_PROCESS_INFO *one)
{
    wchar_t name[CCH_RM_MAX_APP_NAME + 1];
    char shown[256], *text;
    int len;

    wcsncpy(name, one->strAppName, CCH_RM_MAX_APP_NAME);
    name[CCH_RM_MAX_APP_NAME] = L'\0';
    text = fsio_edge_text(name, NULL);
    len = snprintf(
        out + used, size - used, "%s%s (process %lu)", used == 0 ? "" : ", ",
        text_shown(shown, sizeof shown, text == NULL ? "" : text, text == NULL ? 0 : strlen(text)),
        one->Process.dwProcessId);
    free(text);
    return len < 0 || (size_t)len >= size - used ? size - 1 : used + (size_t)len;
}

const char *fsio_edge_holders(const wchar_t *path, char out[static FSIO_EDGE_HOLDERS_SIZE])
{
    RM_PROCESS_INFO *found = calloc(LISTED_MAX, sizeof *found);
    /* it takes names as people write them */
    const wchar_t *plain = wcsncmp(path, L"\\\\?\\", 4) == 0 && path[5] == L':' ? path + 4 : path;
    size_t used = 0, others = 0;
    struct manager m = {0};
    UINT count;

    out[0] = '\0';
    count = found != NULL && load(&m) ? ask(&m, plain, found) : 0;
    for (UINT i = 0; i < count; i++) {
        if (found[i].Process.dwProcessId == GetCurrentProcessId()) {
            continue; /* this program holds it too */
        }
        if (others++ < SHOWN_MAX) {
            used = add_one(out, FSIO_EDGE_HOLDERS_SIZE, used, &found[i]);
        }
    }
    if (others > SHOWN_MAX) {
        snprintf(out + used, FSIO_EDGE_HOLDERS_SIZE - used, " and %zu more", others - SHOWN_MAX);
    }
    if (m.library != NULL) {
        FreeLibrary(m.library);
    }
    free(found);
    return out;
}
