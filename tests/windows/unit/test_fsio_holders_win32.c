/* SPDX-License-Identifier: MIT */
/* Who holds a target, as a Restart Manager of the test's own says: wine's knows nobody. */
#include "tests/windows/unit/shim_win32.h"

#include <restartmanager.h>

#include "base/fsio.h"
#include "base/fsio_edge_win32.h"

static RM_PROCESS_INFO holders[8];
static UINT holder_count;
static DWORD failing; /* what RmGetList says */
static bool absent;   /* there is no Restart Manager */
static int sessions, libraries;
static unsigned long move_code;

static DWORD WINAPI begin_session(DWORD *session, DWORD flags, WCHAR key[])
{
    assert_int_equal(flags, 0);
    assert_non_null(key);
    *session = 7;
    sessions++;
    return ERROR_SUCCESS;
}

static DWORD WINAPI add(DWORD session, UINT files, LPCWSTR names[], UINT programs,
                        RM_UNIQUE_PROCESS list[], UINT services, LPCWSTR service_names[])
{
    (void)list;
    (void)service_names;
    assert_int_equal(session, 7);
    assert_int_equal(files, 1);
    assert_int_equal(programs + services, 0);
    assert_int_equal(wcsncmp(names[0], L"\\\\?\\", 4) == 0, false);
    return ERROR_SUCCESS;
}

static DWORD WINAPI list(DWORD session, UINT *needed, UINT *count, RM_PROCESS_INFO out[],
                         LPDWORD reasons)
{
    (void)reasons;
    assert_int_equal(session, 7);
    assert_true(*count >= holder_count);
    memcpy(out, holders, holder_count * sizeof out[0]);
    *needed = *count = holder_count;
    return failing;
}

static DWORD WINAPI end_session(DWORD session)
{
    assert_int_equal(session, 7);
    sessions--;
    return ERROR_SUCCESS;
}

static HMODULE WINAPI shim_LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags)
{
    assert_int_equal(wcscmp(name, L"rstrtmgr.dll"), 0);
    assert_null(file);
    assert_int_equal(flags, LOAD_LIBRARY_SEARCH_SYSTEM32);
    libraries += !absent;
    return absent ? NULL : (HMODULE)(uintptr_t)4096;
}
SHIM(LoadLibraryExW);

static FARPROC WINAPI shim_GetProcAddress(HMODULE library, LPCSTR name)
{
    static const struct {
        const char *name;
        void *function;
    } known[] = {{"RmStartSession", (void *)begin_session},
                 {"RmRegisterResources", (void *)add},
                 {"RmGetList", (void *)list},
                 {"RmEndSession", (void *)end_session}};
    FARPROC found = NULL;

    for (size_t i = 0; library == (HMODULE)(uintptr_t)4096 && i < 4; i++) {
        if (strcmp(known[i].name, name) == 0) {
            memcpy(&found, &known[i].function, sizeof found);
        }
    }
    return found;
}
SHIM(GetProcAddress);

static BOOL WINAPI shim_FreeLibrary(HMODULE library)
{
    assert_true(library == (HMODULE)(uintptr_t)4096);
    libraries--;
    return TRUE;
}
SHIM(FreeLibrary);

static void WINAPI shim_Sleep(DWORD ms)
{
    (void)ms;
}
SHIM(Sleep);

static BOOL WINAPI shim_MoveFileExW(LPCWSTR from, LPCWSTR to, DWORD flags)
{
    (void)from;
    (void)to;
    (void)flags;
    SetLastError(move_code);
    return FALSE;
}
SHIM(MoveFileExW);

static int begin(void **state)
{
    (void)state;
    memset(holders, 0, sizeof holders);
    holder_count = 0;
    failing = 0;
    absent = false;
    sessions = libraries = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(sessions, 0);
    assert_int_equal(libraries, 0);
    return 0;
}

static void holds(DWORD process, const wchar_t *name)
{
    holders[holder_count].Process.dwProcessId = process;
    wcscpy(holders[holder_count++].strAppName, name);
}

static void says(const char *expected)
{
    char text[FSIO_EDGE_HOLDERS_SIZE];

    assert_string_equal(fsio_edge_holders(L"\\\\?\\C:\\Sites\\web.config", text), expected);
}

static void nobody(void **unused)
{
    (void)unused;
    says("");
    holds(GetCurrentProcessId(), L"applier.exe");
    says("");
    failing = ERROR_WRITE_FAULT;
    holds(1, L"a");
    says("");
    failing = 0;
    absent = true;
    says("");
}

static void some(void **unused)
{
    (void)unused;
    holds(4711, L"IIS Worker Process");
    says("IIS Worker Process (process 4711)");
    holds(12, L"č\x202e\n");
    holds(13, L"c");
    says("IIS Worker Process (process 4711), \xc4\x8d\\xe2\\x80\\xae\\x0a (process 12), c (process "
         "13)");
    holds(14, L"d");
    holds(15, L"e");
    says("IIS Worker Process (process 4711), \xc4\x8d\\xe2\\x80\\xae\\x0a (process 12), c (process "
         "13) and 2 more");
}

static void swap(unsigned long code, struct err *err)
{
    struct fsio_target *target;

    move_code = code;
    DeleteFileA(shim_path("staged"));
    shim_write("target", "old");
    target = fsio_target_open(shim_path("target"), 100, err);
    assert_non_null(target);
    assert_true(fsio_target_stage(target, shim_path("staged"), "new", 3, err));
    assert_false(fsio_target_swap(target, shim_path("staged"), "old", 3, err));
    fsio_target_close(target);
    shim_holds("target", "old");
}

static void a_refusal_names_them(void **unused)
{
    struct err err = {0};

    (void)unused;
    holds(4711, L"w3wp.exe");
    swap(ERROR_SHARING_VIOLATION, &err);
    assert_int_equal(err.code, ERR_CHANGED);
    assert_non_null(strstr(err.text, "held by w3wp.exe (process 4711)"));
    swap(ERROR_ACCESS_DENIED, &err);
    assert_int_equal(err.code, ERR_CHANGED);
    assert_non_null(strstr(err.text, "held by w3wp.exe (process 4711)"));
    holder_count = 0;
    swap(ERROR_SHARING_VIOLATION, &err);
    assert_int_equal(err.code, ERR_CHANGED);
    assert_null(strstr(err.text, "held by"));
    swap(ERROR_ACCESS_DENIED, &err);
    assert_int_equal(err.code, ERR_TARGET_ACCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody, begin, end),
        cmocka_unit_test_setup_teardown(some, begin, end),
        cmocka_unit_test_setup_teardown(a_refusal_names_them, begin, end),
    };

    return cmocka_run_group_tests(tests, shim_make, shim_remove);
}
