/* SPDX-License-Identifier: MIT */
/*
 * Services by the Service Control Manager.
 */
#include "base/svc.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio_edge_win32.h"

#define PAUSE_MS 100
#define RIGHTS (SERVICE_QUERY_STATUS | SERVICE_STOP | SERVICE_START | SERVICE_ENUMERATE_DEPENDENTS)

/* A service held open, with what messages call it. */
struct service {
    SC_HANDLE manager, handle;
    char shown[4 * SVC_NAME_MAX + 1];
};

bool svc_supported(void)
{
    return true;
}

static void close_service(struct service *s)
{
    if (s->handle != NULL) {
        CloseServiceHandle(s->handle);
    }
    if (s->manager != NULL) {
        CloseServiceHandle(s->manager);
    }
}

/* "'shown name' (short name)", or only one of them. */
static void name_it(struct service *s, const wchar_t *wide, const char *name)
{
    wchar_t display[SVC_NAME_MAX + 1];
    DWORD len = SVC_NAME_MAX + 1;
    char *text = GetServiceDisplayNameW(s->manager, wide, display, &len)
                     ? fsio_edge_text(display, NULL)
                     : NULL;

    if (text != NULL && strcmp(text, name) != 0) {
        snprintf(s->shown, sizeof s->shown, "'%s' (%s)", text, name);
    } else {
        snprintf(s->shown, sizeof s->shown, "'%s'", name);
    }
    free(text);
}

static bool refused(const char *shown, unsigned long code, struct err *err)
{
    char why[FSIO_EDGE_WHY_SIZE];

    if (code == ERROR_SERVICE_DOES_NOT_EXIST || code == ERROR_INVALID_NAME) {
        return err_set(err, ERR_CONFIG_SERVICE,
                       "service %s: there is none of this name; 'sc query state= all' lists all",
                       shown);
    }
    if (code == ERROR_ACCESS_DENIED) {
        return err_set(err, ERR_CONFIG_SERVICE,
                       "service %s: this account may not stop and start it; run as administrator",
                       shown);
    }
    return err_set(err, ERR_CONFIG_SERVICE, "service %s: it cannot be controlled: %s", shown,
                   fsio_edge_why(code, why));
}

/* By its short name; false leaves nothing open. */
static bool open_service(struct service *s, const char *name, struct err *err)
{
    wchar_t *wide = fsio_edge_wide(name, err);
    unsigned long code = 0;

    *s = (struct service){0};
    if (wide == NULL) {
        return false;
    }
    snprintf(s->shown, sizeof s->shown, "'%s'", name);
    s->manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (s->manager == NULL) {
        code = GetLastError();
    } else {
        name_it(s, wide, name);
        s->handle = OpenServiceW(s->manager, wide, RIGHTS);
        code = s->handle == NULL ? GetLastError() : 0;
    }
    free(wide);
    if (s->handle == NULL) {
        close_service(s);
        return refused(s->shown, code, err);
    }
    return true;
}

/* The short name for the one that is shown; malloc'd, NULL if there is none. */
static char *key_of(const char *name, struct err *err)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    wchar_t *wide = manager == NULL ? NULL : fsio_edge_wide(name, err);
    wchar_t key[SVC_NAME_MAX + 1];
    DWORD len = SVC_NAME_MAX + 1;
    char *found = NULL;

    if (wide != NULL && GetServiceKeyNameW(manager, wide, key, &len)) {
        found = fsio_edge_text(key, err);
    }
    if (manager != NULL) {
        CloseServiceHandle(manager);
    }
    free(wide);
    return found;
}

char *svc_find(const char *name, struct err *err)
{
    char *key = key_of(name, err);
    struct service s;

    if (key == NULL) {
        key = strdup(name);
    }
    if (key == NULL) {
        err_memory(err);
        return NULL;
    }
    if (!open_service(&s, key, err)) {
        free(key);
        return NULL;
    }
    close_service(&s);
    return key;
}

static bool query(const struct service *s, SERVICE_STATUS_PROCESS *status, struct err *err)
{
    DWORD len = 0;

    return QueryServiceStatusEx(s->handle, SC_STATUS_PROCESS_INFO, (BYTE *)status, sizeof *status,
                                &len) ||
           refused(s->shown, GetLastError(), err);
}

bool svc_is_running(const char *service, bool *running, struct err *err)
{
    SERVICE_STATUS_PROCESS status;
    struct service s;
    bool ok = open_service(&s, service, err);

    if (ok) {
        ok = query(&s, &status, err);
        close_service(&s);
    }
    if (ok) {
        *running = status.dwCurrentState != SERVICE_STOPPED &&
                   status.dwCurrentState != SERVICE_STOP_PENDING;
    }
    return ok;
}

static bool take_names(struct fsio_names *out, const ENUM_SERVICE_STATUSW *list, DWORD count,
                       struct err *err)
{
    out->names = calloc((size_t)count + 1, sizeof *out->names);
    if (out->names == NULL) {
        return err_memory(err);
    }
    for (DWORD i = 0; i < count; i++) {
        out->names[out->count] = fsio_edge_text(list[i].lpServiceName, err);
        if (out->names[out->count] == NULL) {
            fsio_names_release(out);
            return false;
        }
        out->count++;
    }
    return true;
}

bool svc_dependents(const char *service, struct fsio_names *out, struct err *err)
{
    struct fsio_names found = {0};
    DWORD bytes = 0, count = 0, got = 0;
    ENUM_SERVICE_STATUSW *list = NULL;
    struct service s;
    bool ok;

    if (!open_service(&s, service, err)) {
        return false;
    }
    ok = EnumDependentServicesW(s.handle, SERVICE_ACTIVE, NULL, 0, &bytes, &count);
    if (!ok && GetLastError() == ERROR_MORE_DATA) {
        list = malloc(bytes);
        ok = list != NULL &&
             EnumDependentServicesW(s.handle, SERVICE_ACTIVE, list, bytes, &got, &count);
    }
    ok = ok ? take_names(&found, list, count, err) : refused(s.shown, GetLastError(), err);
    free(list);
    close_service(&s);
    if (ok) {
        *out = found;
    }
    return ok;
}

/* Until it has that state, the time is over, or it is stopped though it should start. */
static bool wait_for(const struct service *s, DWORD wanted, ULONGLONG end,
                     SERVICE_STATUS_PROCESS *status, struct err *err)
{
    for (;;) {
        if (!query(s, status, err)) {
            return false;
        }
        if (status->dwCurrentState == wanted || status->dwCurrentState == SERVICE_STOPPED ||
            GetTickCount64() >= end) {
            return true;
        }
        Sleep(PAUSE_MS);
    }
}

/* Asks it to stop until it takes that: while it starts or stops, it takes nothing. */
static bool ask_to_stop(const struct service *s, ULONGLONG end, struct err *err)
{
    char why[FSIO_EDGE_WHY_SIZE];
    SERVICE_STATUS status;
    unsigned long code;

    while (!ControlService(s->handle, SERVICE_CONTROL_STOP, &status)) {
        code = GetLastError();
        if (code == ERROR_SERVICE_NOT_ACTIVE || code == ERROR_SERVICE_REQUEST_TIMEOUT) {
            return true;
        }
        if (code == ERROR_DEPENDENT_SERVICES_RUNNING) {
            return err_set(err, ERR_SERVICE_STOP,
                           "service %s: another service that needs it was started just now",
                           s->shown);
        }
        if (code != ERROR_SERVICE_CANNOT_ACCEPT_CTRL || GetTickCount64() >= end) {
            return err_set(
                err, ERR_SERVICE_STOP, "service %s does not take the order to stop: %s", s->shown,
                code == ERROR_INVALID_SERVICE_CONTROL || code == ERROR_SERVICE_CANNOT_ACCEPT_CTRL
                    ? "it accepts none"
                    : fsio_edge_why(code, why));
        }
        Sleep(PAUSE_MS);
    }
    return true;
}

static const char *state_words(DWORD state)
{
    switch (state) {
    case SERVICE_STOP_PENDING:
        return "it is still stopping";
    case SERVICE_START_PENDING:
    case SERVICE_CONTINUE_PENDING:
        return "it is still starting";
    case SERVICE_STOPPED:
        return "it has ended again";
    case SERVICE_RUNNING:
        return "it still runs";
    default:
        return "it pauses";
    }
}

/* Its process, if that is its own and will end with it; NULL if not, or it cannot be had. */
static HANDLE own_process(const SERVICE_STATUS_PROCESS *status)
{
    return (status->dwServiceType & SERVICE_WIN32_OWN_PROCESS) != 0 && status->dwProcessId != 0
               ? OpenProcess(SYNCHRONIZE, FALSE, status->dwProcessId)
               : NULL;
}

/* A service is stopped when it says so; the files that it holds are free when its process is gone.
 */
static void wait_for_end(HANDLE process, ULONGLONG end)
{
    ULONGLONG now = GetTickCount64();

    if (process != NULL) {
        WaitForSingleObject(process, now < end ? (DWORD)(end - now) : 0);
        CloseHandle(process);
    }
}

bool svc_stop(const char *service, unsigned seconds, struct err *err)
{
    ULONGLONG end = GetTickCount64() + seconds * (ULONGLONG)1000;
    SERVICE_STATUS_PROCESS status = {0};
    HANDLE process = NULL;
    struct service s;
    bool ok = open_service(&s, service, err);

    if (!ok) {
        return false;
    }
    ok = query(&s, &status, err);
    if (ok) {
        process = own_process(&status);
        ok = (status.dwCurrentState == SERVICE_STOPPED ||
              status.dwCurrentState == SERVICE_STOP_PENDING || ask_to_stop(&s, end, err)) &&
             wait_for(&s, SERVICE_STOPPED, end, &status, err) &&
             (status.dwCurrentState == SERVICE_STOPPED ||
              err_set(err, ERR_SERVICE_STOP, "service %s did not stop within %u seconds: %s",
                      s.shown, seconds, state_words(status.dwCurrentState)));
    }
    wait_for_end(process, ok ? end : 0);
    close_service(&s);
    return ok;
}

/* Asks for it, unless it runs or is on its way; one that is still stopping is waited for. */
static bool ask_to_start(const struct service *s, ULONGLONG end, struct err *err)
{
    char why[FSIO_EDGE_WHY_SIZE];
    SERVICE_STATUS_PROCESS status;
    unsigned long code;

    if (!query(s, &status, err)) {
        return false;
    }
    if (status.dwCurrentState == SERVICE_STOP_PENDING &&
        !wait_for(s, SERVICE_STOPPED, end, &status, err)) {
        return false;
    }
    if (status.dwCurrentState != SERVICE_STOPPED || StartServiceW(s->handle, 0, NULL)) {
        return true;
    }
    code = GetLastError();
    return code == ERROR_SERVICE_ALREADY_RUNNING ||
           err_set(err, ERR_SERVICE_START, "service %s cannot be started: %s", s->shown,
                   code == ERROR_SERVICE_DISABLED          ? "it is disabled"
                   : code == ERROR_SERVICE_REQUEST_TIMEOUT ? "it does not answer"
                   : code == ERROR_SERVICE_LOGON_FAILED    ? "its account cannot log on"
                   : code == ERROR_SERVICE_DEPENDENCY_FAIL
                       ? "a service that it needs does not start"
                       : fsio_edge_why(code, why));
}

bool svc_start(const char *service, unsigned seconds, struct err *err)
{
    ULONGLONG end = GetTickCount64() + seconds * (ULONGLONG)1000;
    SERVICE_STATUS_PROCESS status = {0};
    struct service s;
    bool ok = open_service(&s, service, err);

    if (!ok) {
        return false;
    }
    ok = ask_to_start(&s, end, err) && wait_for(&s, SERVICE_RUNNING, end, &status, err) &&
         (status.dwCurrentState == SERVICE_RUNNING ||
          err_set(err, ERR_SERVICE_START,
                  "service %s did not start within %u seconds: %s (its own code %lu)", s.shown,
                  seconds, state_words(status.dwCurrentState),
                  status.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR
                      ? status.dwServiceSpecificExitCode
                      : status.dwWin32ExitCode));
    close_service(&s);
    return ok;
}
