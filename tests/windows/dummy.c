/* SPDX-License-Identifier: MIT */
/*
 * Programs for the tests under wine, in one: a service that says when it starts and stops, what
 * registers and removes it, and what holds a file open.
 *
 *   dummy install NAME SHOWN LOG [SLOW_MS [BROKEN]]   SLOW_MS: how long it takes to stop
 *   dummy remove NAME | start NAME | stop NAME | state NAME
 *   dummy hold FILE STOP    keeps FILE open for writing until a file STOP is there
 *   dummy run NAME LOG SLOW_MS BROKEN                 what the Service Control Manager starts
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SERVICE_STATUS_HANDLE handle;
static SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS};
static HANDLE stopping;
static wchar_t *name, *log_path, *broken;
static DWORD slow;

static void say(const char *what)
{
    FILE *file = _wfopen(log_path, L"ab");

    if (file != NULL) {
        fprintf(file, "%s\n", what);
        fclose(file);
    }
}

static void report(DWORD state, DWORD exit_code)
{
    status.dwCurrentState = state;
    status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP : 0;
    status.dwWin32ExitCode = exit_code;
    status.dwWaitHint = 30000;
    SetServiceStatus(handle, &status);
}

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *ctx)
{
    (void)type;
    (void)data;
    (void)ctx;
    if (code == SERVICE_CONTROL_STOP) {
        report(SERVICE_STOP_PENDING, 0);
        SetEvent(stopping);
    }
    return NO_ERROR;
}

static void WINAPI service_main(DWORD argc, wchar_t **argv)
{
    (void)argc;
    (void)argv;
    stopping = CreateEventW(NULL, TRUE, FALSE, NULL);
    handle = RegisterServiceCtrlHandlerExW(name, control, NULL);
    report(SERVICE_START_PENDING, 0);
    if (GetFileAttributesW(broken) != INVALID_FILE_ATTRIBUTES) {
        report(SERVICE_STOPPED, 1067);
        return;
    }
    say("started");
    report(SERVICE_RUNNING, 0);
    WaitForSingleObject(stopping, INFINITE);
    Sleep(slow);
    say("stopped");
    report(SERVICE_STOPPED, 0);
}

static int run(wchar_t **args)
{
    SERVICE_TABLE_ENTRYW table[] = {{args[0], service_main}, {NULL, NULL}};

    name = args[0];
    log_path = args[1];
    slow = wcstoul(args[2], NULL, 10);
    broken = args[3];
    return StartServiceCtrlDispatcherW(table) ? 0 : 1;
}

static SC_HANDLE manager(void)
{
    return OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
}

static int install(int argc, wchar_t **args)
{
    wchar_t line[2048], self[MAX_PATH];

    GetModuleFileNameW(NULL, self, MAX_PATH);
    swprintf(line, 2048, L"\"%ls\" run \"%ls\" \"%ls\" %ls \"%ls\"", self, args[0], args[2],
             argc > 3 ? args[3] : L"0", argc > 4 ? args[4] : L"C:\\no such file");
    return CreateServiceW(manager(), args[0], args[1], SERVICE_ALL_ACCESS,
                          SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                          line, NULL, NULL, NULL, NULL, NULL) != NULL
               ? 0
               : (int)GetLastError();
}

static int state(const wchar_t *service)
{
    SC_HANDLE s = OpenServiceW(manager(), service, SERVICE_QUERY_STATUS);
    SERVICE_STATUS now;

    if (s == NULL || !QueryServiceStatus(s, &now)) {
        return 1;
    }
    printf("%s\n", now.dwCurrentState == SERVICE_RUNNING   ? "running"
                   : now.dwCurrentState == SERVICE_STOPPED ? "stopped"
                                                           : "pending");
    return 0;
}

static int control_it(const wchar_t *what, const wchar_t *service)
{
    SC_HANDLE s = OpenServiceW(manager(), service, SERVICE_ALL_ACCESS);
    SERVICE_STATUS now;

    if (s == NULL) {
        return 1;
    }
    if (wcscmp(what, L"start") == 0) {
        return StartServiceW(s, 0, NULL) ? 0 : (int)GetLastError();
    }
    if (wcscmp(what, L"stop") == 0) {
        return ControlService(s, SERVICE_CONTROL_STOP, &now) ? 0 : (int)GetLastError();
    }
    return DeleteService(s) ? 0 : (int)GetLastError();
}

static int hold(wchar_t **args)
{
    HANDLE file = CreateFileW(args[0], GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE) {
        return 1;
    }
    printf("held\n");
    fflush(stdout);
    while (GetFileAttributesW(args[1]) == INVALID_FILE_ATTRIBUTES) {
        Sleep(50);
    }
    return 0;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    if (argc > 4 && wcscmp(argv[1], L"install") == 0) {
        return install(argc - 2, argv + 2);
    }
    if (argc == 6 && wcscmp(argv[1], L"run") == 0) {
        return run(argv + 2);
    }
    if (argc == 4 && wcscmp(argv[1], L"hold") == 0) {
        return hold(argv + 2);
    }
    if (argc == 3 && wcscmp(argv[1], L"state") == 0) {
        return state(argv[2]);
    }
    return argc == 3 ? control_it(argv[1], argv[2]) : 2;
}
