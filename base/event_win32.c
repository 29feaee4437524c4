/* SPDX-License-Identifier: MIT */
/*
 * Windows' event log. The texts of its messages lie in the program itself, as a resource.
 */
#include "base/event.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/fsio_edge_win32.h"

#define SOURCE L"Pinferry"
#define KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" SOURCE
#define PATH_MAX_WIDE 4096
/* The two bits that say how grave it is belong to the number under which the text is looked up. */
#define GRAVITY_INFO 0x40000000u
#define GRAVITY_ERROR 0xc0000000u

/* A text with "%%1" would have another text put in its place by the viewer. */
static void break_marks(wchar_t *text)
{
    for (; *text != L'\0'; text++) {
        if (text[0] == L'%' && text[1] == L'%') {
            text[1] = L' ';
        }
    }
}

static void report(WORD type, DWORD number, const char *text, const char *reason, int exit_code)
{
    struct err shown = {0};
    const wchar_t *parts[3];
    wchar_t *wide, *id, code[16];
    HANDLE source;

    err_set(&shown, ERR_NONE, "%s", text); /* one line, whatever stands in it */
    wide = fsio_edge_wide(shown.text, NULL);
    id = fsio_edge_wide(reason, NULL);
    swprintf(code, sizeof code / sizeof code[0], L"%d", exit_code);
    source = wide == NULL || id == NULL ? NULL : RegisterEventSourceW(NULL, SOURCE);
    if (source != NULL) {
        break_marks(wide);
        parts[0] = wide;
        parts[1] = id;
        parts[2] = code;
        ReportEventW(source, type, 0, number, NULL, 3, 0, parts, NULL);
        DeregisterEventSource(source);
    }
    free(id);
    free(wide);
}

void event_done(enum event_run what, const char *text)
{
    report(EVENTLOG_INFORMATION_TYPE, GRAVITY_INFO | (DWORD)what, text, "none", 0);
}

void event_refused(const struct err *refusal)
{
    report(EVENTLOG_ERROR_TYPE, GRAVITY_ERROR | (DWORD)event_of_reason(refusal->code),
           refusal->text, err_reason(refusal->code), err_exit(refusal->code));
}

/* Where this program lies, if that is a place that stays. */
static bool own_place(wchar_t path[static PATH_MAX_WIDE], struct err *err)
{
    DWORD len = GetModuleFileNameW(NULL, path, PATH_MAX_WIDE);
    wchar_t root[4] = L"";
    UINT kind;

    if (len == 0 || len >= PATH_MAX_WIDE) {
        return fsio_edge_failed(err, GetLastError(), "the place of this program");
    }
    wcsncpy(root, path, 3);
    kind = path[1] == L':' ? GetDriveTypeW(root) : DRIVE_REMOTE;
    return kind == DRIVE_FIXED ||
           err_set(err, ERR_IO,
                   "this program lies on a medium or share, from where Windows could not take the "
                   "texts later; copy it to a folder of this server, such as C:\\Program "
                   "Files\\Pinferry, and run it from there");
}

static unsigned long set(HKEY key, const wchar_t *name, DWORD type, const void *value, size_t bytes)
{
    return (unsigned long)RegSetValueExW(key, name, 0, type, value, (DWORD)bytes);
}

bool event_register(bool *told, struct err *err)
{
    const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    wchar_t path[PATH_MAX_WIDE];
    unsigned long code;
    HKEY key = NULL;

    if (!own_place(path, err)) {
        return false;
    }
    code = (unsigned long)RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, NULL, 0,
                                          KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
    if (code == 0) {
        code =
            set(key, L"EventMessageFile", REG_EXPAND_SZ, path, (wcslen(path) + 1) * sizeof *path);
        code = code != 0 ? code : set(key, L"TypesSupported", REG_DWORD, &types, sizeof types);
        RegCloseKey(key);
    }
    if (code != 0) {
        return fsio_edge_failed(err, code, "the registry key of the event source " EVENT_SOURCE);
    }
    *told = true;
    return true;
}
