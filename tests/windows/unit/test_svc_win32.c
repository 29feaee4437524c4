/* SPDX-License-Identifier: MIT */
/* Services that refuse, hang or end at once, on a Service Control Manager that the test plays. */
#include "tests/windows/unit/shim_win32.h"

#include "base/svc.h"

/* One service: KEY, shown as SHOWN. The states that it goes through, one a query from the order on.
 */
#define KEY L"ADChecker"
#define SHOWN L"AirWatch AutoDiscovery Checker"
#define STATES_MAX 4

static DWORD states[STATES_MAX];
static size_t at;
static bool ordered;
static struct shim_fault open_manager, open_one, order, start;
static unsigned handles;
static ULONGLONG clock_ms;
static DWORD exit_code, process_id, service_type;
static unsigned process_waits;
static DWORD waited_ms;

static void WINAPI shim_Sleep(DWORD ms)
{
    clock_ms += ms;
}
SHIM(Sleep);

static ULONGLONG WINAPI shim_GetTickCount64(void)
{
    return clock_ms;
}
SHIM(GetTickCount64);

static SC_HANDLE new_handle(void)
{
    handles++;
    return (SC_HANDLE)(uintptr_t)42;
}

static SC_HANDLE WINAPI shim_OpenSCManagerW(LPCWSTR machine, LPCWSTR database, DWORD access)
{
    assert_null(machine);
    assert_null(database);
    assert_int_equal(access, SC_MANAGER_CONNECT);
    return shim_fails(&open_manager) ? NULL : new_handle();
}
SHIM(OpenSCManagerW);

static SC_HANDLE WINAPI shim_OpenServiceW(SC_HANDLE manager, LPCWSTR name, DWORD access)
{
    (void)manager;
    assert_int_equal(access & ~(DWORD)(SERVICE_QUERY_STATUS | SERVICE_STOP | SERVICE_START |
                                       SERVICE_ENUMERATE_DEPENDENTS),
                     0);
    if (wcscmp(name, KEY) != 0) {
        SetLastError(ERROR_SERVICE_DOES_NOT_EXIST);
        return NULL;
    }
    return shim_fails(&open_one) ? NULL : new_handle();
}
SHIM(OpenServiceW);

static BOOL WINAPI shim_CloseServiceHandle(SC_HANDLE handle)
{
    assert_non_null(handle);
    assert_true(handles-- > 0);
    return TRUE;
}
SHIM(CloseServiceHandle);

static BOOL WINAPI shim_GetServiceKeyNameW(SC_HANDLE manager, LPCWSTR shown, LPWSTR key,
                                           LPDWORD len)
{
    (void)manager;
    if (wcscmp(shown, SHOWN) != 0) {
        SetLastError(ERROR_SERVICE_DOES_NOT_EXIST);
        return FALSE;
    }
    assert_true(*len > wcslen(KEY));
    wcscpy(key, KEY);
    return TRUE;
}
SHIM(GetServiceKeyNameW);

static BOOL WINAPI shim_GetServiceDisplayNameW(SC_HANDLE manager, LPCWSTR key, LPWSTR shown,
                                               LPDWORD len)
{
    (void)manager;
    assert_true(*len > wcslen(SHOWN));
    wcscpy(shown, wcscmp(key, KEY) == 0 ? SHOWN : key);
    return TRUE;
}
SHIM(GetServiceDisplayNameW);

static BOOL WINAPI shim_QueryServiceStatusEx(SC_HANDLE service, SC_STATUS_TYPE type, LPBYTE out,
                                             DWORD size, LPDWORD needed)
{
    SERVICE_STATUS_PROCESS *status = (SERVICE_STATUS_PROCESS *)(void *)out;

    (void)service;
    (void)needed;
    assert_int_equal(type, SC_STATUS_PROCESS_INFO);
    assert_int_equal(size, sizeof *status);
    memset(status, 0, sizeof *status);
    status->dwCurrentState = states[at];
    status->dwWin32ExitCode = exit_code;
    status->dwProcessId = process_id;
    status->dwServiceType = service_type;
    if (ordered && at + 1 < STATES_MAX && states[at + 1] != 0) {
        at++;
    }
    return TRUE;
}
SHIM(QueryServiceStatusEx);

/* An order that is taken shows in the state at once. */
static BOOL take(bool taken)
{
    ordered = ordered || taken;
    at += taken && at + 1 < STATES_MAX && states[at + 1] != 0;
    return taken;
}

static BOOL WINAPI shim_ControlService(SC_HANDLE service, DWORD what, LPSERVICE_STATUS status)
{
    (void)service;
    (void)status;
    assert_int_equal(what, SERVICE_CONTROL_STOP);
    return take(!shim_fails(&order));
}
SHIM(ControlService);

static BOOL WINAPI shim_StartServiceW(SC_HANDLE service, DWORD argc, LPCWSTR *argv)
{
    (void)service;
    (void)argv;
    assert_int_equal(argc, 0);
    return take(!shim_fails(&start));
}
SHIM(StartServiceW);

static BOOL WINAPI shim_EnumDependentServicesW(SC_HANDLE service, DWORD state,
                                               LPENUM_SERVICE_STATUSW list, DWORD size,
                                               LPDWORD needed, LPDWORD count)
{
    static wchar_t last[] = L"last", first[] = L"first";

    (void)service;
    assert_int_equal(state, SERVICE_ACTIVE);
    if (size < 2 * sizeof *list) {
        *needed = 2 * sizeof *list;
        *count = 0;
        SetLastError(ERROR_MORE_DATA);
        return FALSE;
    }
    list[0].lpServiceName = last;
    list[1].lpServiceName = first;
    *count = 2;
    return TRUE;
}
SHIM(EnumDependentServicesW);

static HANDLE WINAPI shim_OpenProcess(DWORD access, BOOL inherit, DWORD id)
{
    assert_int_equal(access, SYNCHRONIZE);
    assert_false(inherit);
    assert_int_equal(id, process_id);
    return CreateEventW(NULL, TRUE, TRUE, NULL);
}
SHIM(OpenProcess);

static DWORD WINAPI shim_WaitForSingleObject(HANDLE handle, DWORD ms)
{
    assert_non_null(handle);
    process_waits++;
    waited_ms = ms;
    return WAIT_OBJECT_0;
}
SHIM(WaitForSingleObject);

/* --- the tests --- */

static struct err err;

static int begin(void **state)
{
    (void)state;
    memset(states, 0, sizeof states);
    at = 0;
    ordered = false;
    open_manager = open_one = order = start = (struct shim_fault){0};
    handles = 0;
    clock_ms = 1000000;
    exit_code = process_id = 0;
    service_type = SERVICE_WIN32_OWN_PROCESS;
    process_waits = 0;
    err = (struct err){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(handles, 0);
    return 0;
}

static void goes_through(DWORD first, DWORD second, DWORD third)
{
    states[0] = first;
    states[1] = second;
    states[2] = third;
}

static void refused(enum err_code code, const char *words)
{
    assert_int_equal(err.code, code);
    if (strstr(err.text, words) == NULL) {
        fail_msg("'%s' is not in: %s", words, err.text);
    }
}

static void either_name_finds_it(void **unused)
{
    static const char *const names[] = {"ADChecker", "AirWatch AutoDiscovery Checker"};

    (void)unused;
    assert_true(svc_supported());
    for (size_t i = 0; i < 2; i++) {
        char *key = svc_find(names[i], &err);

        assert_non_null(key);
        assert_string_equal(key, "ADChecker");
        free(key);
    }
    assert_null(svc_find("AirWatch AutoDiscovery Chequer", &err));
    refused(ERR_CONFIG_SERVICE, "'AirWatch AutoDiscovery Chequer': there is none of this name");
}

static void an_account_that_may_not(void **unused)
{
    (void)unused;
    open_one = (struct shim_fault){ERROR_ACCESS_DENIED, SHIM_ALWAYS, 0};
    assert_null(svc_find("ADChecker", &err));
    refused(ERR_CONFIG_SERVICE, "run as administrator");
    assert_non_null(strstr(err.text, "'AirWatch AutoDiscovery Checker' (ADChecker)"));
    open_manager = (struct shim_fault){ERROR_ACCESS_DENIED, SHIM_ALWAYS, 0};
    assert_null(svc_find("ADChecker", &err));
    refused(ERR_CONFIG_SERVICE, "run as administrator");
}

static void what_counts_as_running(void **unused)
{
    static const struct {
        DWORD state;
        bool running;
    } rows[] = {{SERVICE_RUNNING, true},         {SERVICE_STOPPED, false},
                {SERVICE_START_PENDING, true},   {SERVICE_STOP_PENDING, false},
                {SERVICE_PAUSED, true},          {SERVICE_PAUSE_PENDING, true},
                {SERVICE_CONTINUE_PENDING, true}};

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool running = !rows[i].running;

        states[0] = rows[i].state;
        assert_true(svc_is_running("ADChecker", &running, &err));
        assert_int_equal(running, rows[i].running);
    }
}

static void those_that_need_it(void **unused)
{
    struct fsio_names names = {0};

    (void)unused;
    assert_true(svc_dependents("ADChecker", &names, &err));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.names[0], "last");
    assert_string_equal(names.names[1], "first");
    fsio_names_release(&names);
}

static void stops_in_its_time(void **unused)
{
    (void)unused;
    goes_through(SERVICE_RUNNING, SERVICE_STOP_PENDING, SERVICE_STOPPED);
    assert_true(svc_stop("ADChecker", 5, &err));
    assert_int_equal(order.calls, 1);
    assert_in_range(clock_ms, 1000000, 1001000);
}

/* Before that the files that it holds are not free. */
static void its_own_process_is_waited_for(void **unused)
{
    (void)unused;
    process_id = 4711;
    goes_through(SERVICE_RUNNING, SERVICE_STOP_PENDING, SERVICE_STOPPED);
    assert_true(svc_stop("ADChecker", 5, &err));
    assert_int_equal(process_waits, 1);
    assert_in_range(waited_ms, 4000, 5000);
}

static void a_process_of_several_is_not(void **unused)
{
    (void)unused;
    process_id = 4711;
    service_type = SERVICE_WIN32_SHARE_PROCESS;
    goes_through(SERVICE_RUNNING, SERVICE_STOPPED, 0);
    assert_true(svc_stop("ADChecker", 5, &err));
    assert_int_equal(process_waits, 0);
}

static void a_stopped_one_is_left(void **unused)
{
    (void)unused;
    goes_through(SERVICE_STOPPED, 0, 0);
    assert_true(svc_stop("ADChecker", 5, &err));
    assert_int_equal(order.calls, 0);
}

static void does_not_stop(void **unused)
{
    (void)unused;
    goes_through(SERVICE_RUNNING, SERVICE_STOP_PENDING, 0);
    assert_false(svc_stop("ADChecker", 5, &err));
    refused(ERR_SERVICE_STOP, "did not stop within 5 seconds: it is still stopping");
    assert_in_range(clock_ms, 1005000, 1005200);
}

static void takes_no_order(void **unused)
{
    (void)unused;
    goes_through(SERVICE_RUNNING, 0, 0);
    order = (struct shim_fault){ERROR_SERVICE_CANNOT_ACCEPT_CTRL, SHIM_ALWAYS, 0};
    assert_false(svc_stop("ADChecker", 5, &err));
    refused(ERR_SERVICE_STOP, "it accepts none");
    assert_in_range(clock_ms, 1005000, 1005200);
}

static void takes_the_order_later(void **unused)
{
    (void)unused;
    goes_through(SERVICE_RUNNING, SERVICE_STOPPED, 0);
    order = (struct shim_fault){ERROR_SERVICE_CANNOT_ACCEPT_CTRL, 9, 0};
    assert_true(svc_stop("ADChecker", 5, &err));
    assert_int_equal(order.calls, 10);
}

static void a_dependent_that_came_up(void **unused)
{
    (void)unused;
    goes_through(SERVICE_RUNNING, 0, 0);
    order = (struct shim_fault){ERROR_DEPENDENT_SERVICES_RUNNING, SHIM_ALWAYS, 0};
    assert_false(svc_stop("ADChecker", 5, &err));
    refused(ERR_SERVICE_STOP, "needs it was started");
    assert_int_equal(order.calls, 1);
}

static void starts_in_its_time(void **unused)
{
    (void)unused;
    goes_through(SERVICE_STOPPED, SERVICE_START_PENDING, SERVICE_RUNNING);
    assert_true(svc_start("ADChecker", 5, &err));
    assert_int_equal(start.calls, 1);
}

static void a_running_one_is_left(void **unused)
{
    (void)unused;
    goes_through(SERVICE_RUNNING, 0, 0);
    assert_true(svc_start("ADChecker", 5, &err));
    assert_int_equal(start.calls, 0);
}

static void ends_at_once(void **unused)
{
    (void)unused;
    goes_through(SERVICE_STOPPED, SERVICE_START_PENDING, SERVICE_STOPPED);
    exit_code = 1067;
    assert_false(svc_start("ADChecker", 60, &err));
    refused(ERR_SERVICE_START, "it has ended again (its own code 1067)");
    assert_in_range(clock_ms, 1000000, 1001000); /* that is not waited for */
}

static void hangs_at_its_start(void **unused)
{
    (void)unused;
    goes_through(SERVICE_STOPPED, SERVICE_START_PENDING, 0);
    assert_false(svc_start("ADChecker", 5, &err));
    refused(ERR_SERVICE_START, "did not start within 5 seconds: it is still starting");
}

static void is_disabled(void **unused)
{
    (void)unused;
    goes_through(SERVICE_STOPPED, 0, 0);
    start = (struct shim_fault){ERROR_SERVICE_DISABLED, SHIM_ALWAYS, 0};
    assert_false(svc_start("ADChecker", 5, &err));
    refused(ERR_SERVICE_START, "it is disabled");
}

/* What was told to stop by a run that gave up on it: it is waited for, then started. */
static void one_that_still_stops_is_started_after(void **unused)
{
    (void)unused;
    ordered = true;
    goes_through(SERVICE_STOP_PENDING, SERVICE_STOP_PENDING, SERVICE_STOPPED);
    states[3] = SERVICE_RUNNING;
    assert_true(svc_start("ADChecker", 5, &err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(either_name_finds_it),
        TEST(an_account_that_may_not),
        TEST(what_counts_as_running),
        TEST(those_that_need_it),
        TEST(stops_in_its_time),
        TEST(its_own_process_is_waited_for),
        TEST(a_process_of_several_is_not),
        TEST(a_stopped_one_is_left),
        TEST(does_not_stop),
        TEST(takes_no_order),
        TEST(takes_the_order_later),
        TEST(a_dependent_that_came_up),
        TEST(starts_in_its_time),
        TEST(a_running_one_is_left),
        TEST(ends_at_once),
        TEST(hangs_at_its_start),
        TEST(is_disabled),
        TEST(one_that_still_stops_is_started_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
