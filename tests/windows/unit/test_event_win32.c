/* SPDX-License-Identifier: MIT */
/* What reaches the event log: wine keeps nothing of it. The texts are those of applier.exe itself.
 */
#include "tests/windows/unit/shim_win32.h"

#include "base/event.h"

#define KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Pinferry"

static wchar_t reported[3][2400];
static DWORD number;
static WORD kind;
static unsigned reports, sources;
static struct shim_fault create_key;
static UINT drive;

static HANDLE WINAPI shim_RegisterEventSourceW(LPCWSTR server, LPCWSTR source)
{
    assert_null(server);
    assert_int_equal(wcscmp(source, L"Pinferry"), 0);
    sources++;
    return (HANDLE)(uintptr_t)42;
}
SHIM(RegisterEventSourceW);

static BOOL WINAPI shim_DeregisterEventSource(HANDLE source)
{
    assert_true(source == (HANDLE)(uintptr_t)42);
    sources--;
    return TRUE;
}
SHIM(DeregisterEventSource);

static BOOL WINAPI shim_ReportEventW(HANDLE source, WORD type, WORD category, DWORD event,
                                     PSID user, WORD count, DWORD bytes, LPCWSTR *texts,
                                     LPVOID data)
{
    assert_true(source == (HANDLE)(uintptr_t)42);
    assert_int_equal(category, 0);
    assert_null(user);
    assert_int_equal(count, 3);
    assert_int_equal(bytes, 0);
    assert_null(data);
    kind = type;
    number = event;
    reports++;
    for (int i = 0; i < 3; i++) {
        assert_true(wcslen(texts[i]) < 2400);
        wcscpy(reported[i], texts[i]);
    }
    return TRUE;
}
SHIM(ReportEventW);

static LSTATUS WINAPI shim_RegCreateKeyExW(HKEY root, LPCWSTR name, DWORD zero, LPWSTR class,
                                           DWORD options, REGSAM access,
                                           const LPSECURITY_ATTRIBUTES attributes, PHKEY key,
                                           LPDWORD how)
{
    if (shim_fails(&create_key)) {
        return (LSTATUS)create_key.code;
    }
    return SHIM_REAL(L"advapi32.dll", RegCreateKeyExW)(root, name, zero, class, options, access,
                                                       attributes, key, how);
}
SHIM(RegCreateKeyExW);

static UINT WINAPI shim_GetDriveTypeW(LPCWSTR root)
{
    assert_int_equal(wcslen(root), 3);
    return drive;
}
SHIM(GetDriveTypeW);

static int begin(void **state)
{
    (void)state;
    reports = sources = 0;
    create_key = (struct shim_fault){0};
    drive = DRIVE_FIXED;
    RegDeleteKeyW(HKEY_LOCAL_MACHINE, KEY);
    return 0;
}

static void a_refusal_is_an_error(void **unused)
{
    struct err err = {0};

    (void)unused;
    err_set(&err, ERR_CHANGED, "C:\\Sites\\\xc4\x8d\xe2\x82\xac.config: changed 100 %%%%1 %%1");
    event_refused(&err);
    assert_int_equal(reports, 1);
    assert_int_equal(sources, 0);
    assert_int_equal(kind, EVENTLOG_ERROR_TYPE);
    assert_int_equal(number, 0xc0000000u | 2101);
    assert_int_equal(wcscmp(reported[0], L"C:\\Sites\\\x010d\x20ac.config: changed 100 % 1 %1"), 0);
    assert_int_equal(wcscmp(reported[1], L"changed.target"), 0);
    assert_int_equal(wcscmp(reported[2], L"21"), 0);
}

static void what_was_done_is_information(void **unused)
{
    (void)unused;
    event_done(EVENT_APPLIED, "site a\n\x1b[31m: apply");
    assert_int_equal(kind, EVENTLOG_INFORMATION_TYPE);
    assert_int_equal(number, 0x40000000u | 2);
    assert_int_equal(wcscmp(reported[0], L"site a\\x0a\\x1b[31m: apply"), 0);
}

static void registers_its_source(void **unused)
{
    struct err err = {0};
    wchar_t path[MAX_PATH], self[MAX_PATH];
    DWORD size = sizeof path, types = 0, types_size = sizeof types;
    bool told = false;

    (void)unused;
    for (int i = 0; i < 2; i++) { /* again does no harm */
        assert_true(event_register(&told, &err));
        assert_true(told);
    }
    GetModuleFileNameW(NULL, self, MAX_PATH);
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, KEY, L"EventMessageFile",
                                  RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, path, &size),
                     0);
    assert_int_equal(wcscmp(path, self), 0);
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, KEY, L"TypesSupported", RRF_RT_REG_DWORD,
                                  NULL, &types, &types_size),
                     0);
    assert_int_equal(types, 7);
}

static void says_why_it_cannot(void **unused)
{
    struct err err = {0};
    bool told = false;

    (void)unused;
    create_key = (struct shim_fault){ERROR_ACCESS_DENIED, SHIM_ALWAYS, 0};
    assert_false(event_register(&told, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.text, "Permission denied"));
    create_key.times = 0;
    drive = DRIVE_REMOVABLE;
    assert_false(event_register(&told, &err));
    assert_non_null(strstr(err.text, "copy it to a folder of this server"));
    assert_false(told);
    assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY, 0, KEY_READ, &(HKEY){NULL}),
                     ERROR_FILE_NOT_FOUND);
}

/* As the event viewer does it. */
static void shown(HMODULE program, DWORD event, const wchar_t *expected)
{
    DWORD_PTR parts[] = {(DWORD_PTR)L"a text", (DWORD_PTR)L"an.id", (DWORD_PTR)L"42"};
    wchar_t text[200] = L"";

    if (FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY, program, event,
                       0, text, 200, (va_list *)parts) == 0) {
        fail_msg("event %lu has no text (%lu)", event & 0xffff, GetLastError());
    }
    assert_int_equal(wcsncmp(text, expected, wcslen(expected)), 0);
}

static void each_number_has_a_text_in_the_program(void **unused)
{
    char folder[MAX_PATH], path[MAX_PATH + 20];
    HMODULE program;

    (void)unused;
    if (GetEnvironmentVariableA("PINFERRY_TEST_EXE", folder, MAX_PATH) == 0) {
        skip();
    }
    snprintf(path, sizeof path, "Z:%s/applier.exe", folder);
    program = LoadLibraryExA(path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    assert_non_null(program);
    for (DWORD done = EVENT_ENROLLED; done <= EVENT_RECOVERED; done++) {
        shown(program, 0x40000000u | done, L"a text");
    }
    for (int code = 1; code < ERR_CODE_COUNT; code++) {
        shown(program, 0xc0000000u | event_of_reason((enum err_code)code),
              L"a text\r\n\r\nReason an.id, exit code 42.");
    }
    FreeLibrary(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_refusal_is_an_error, begin),
        cmocka_unit_test_setup(what_was_done_is_information, begin),
        cmocka_unit_test_setup(registers_its_source, begin),
        cmocka_unit_test_setup(says_why_it_cannot, begin),
        cmocka_unit_test_setup(each_number_has_a_text_in_the_program, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
