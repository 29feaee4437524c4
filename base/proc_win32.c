/* SPDX-License-Identifier: MIT */
/*
 * Programs and accounts on Windows.
 */
#include "base/proc.h"

#include <windows.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/fsio.h"
#include "base/fsio_edge_win32.h"
#include "base/text.h"

#define COMMAND_MAX 32767 /* of CreateProcess, with the final NUL */
#define ENVIRONMENT_MAX (6 * MAX_PATH + 64)
#define EXIT_MAX 255u

/* Where a command line grows. */
struct line {
    wchar_t *text;
    size_t len;
    bool full;
};

static void put(struct line *line, wchar_t c)
{
    if (line->len + 1 < COMMAND_MAX) {
        line->text[line->len++] = c;
    } else {
        line->full = true;
    }
}

/*
 * As CommandLineToArgvW takes it apart: backslashes count only in front of a quote. Quotes only
 * where they are needed, since cmd and others take their line apart in ways of their own.
 */
static void put_word(struct line *line, const wchar_t *word)
{
    size_t slashes = 0;

    if (*word != L'\0' && wcspbrk(word, L" \t\"") == NULL) {
        for (; *word != L'\0'; word++) {
            put(line, *word);
        }
        return;
    }

    put(line, L'"');
    for (; *word != L'\0'; word++) {
        slashes = *word == L'\\' ? slashes + 1 : slashes;
        if (*word == L'"') {
            for (; slashes > 0; slashes--) {
                put(line, L'\\');
            }
            put(line, L'\\');
        }
        slashes = *word == L'\\' ? slashes : 0;
        put(line, *word);
    }
    for (; slashes > 0; slashes--) {
        put(line, L'\\');
    }
    put(line, L'"');
}

static wchar_t *command_line(const char *const argv[], struct err *err)
{
    struct line line = {.text = calloc(COMMAND_MAX, sizeof(wchar_t))};
    bool ok = line.text != NULL || err_memory(err);

    for (size_t i = 0; ok && argv[i] != NULL; i++) {
        wchar_t *word = fsio_edge_wide(argv[i], err);

        ok = word != NULL;
        if (ok) {
            if (i > 0) {
                put(&line, L' ');
            }
            put_word(&line, word);
        }
        free(word);
    }
    if (ok && line.full) {
        ok = err_set(err, ERR_CONFIG_FORM, "%s: its arguments are too long for Windows", argv[0]);
    }
    if (!ok) {
        free(line.text);
        return NULL;
    }
    return line.text;
}

/* SystemRoot and PATH, which hardly a program starts without; "A=1\0B=2\0\0", names sorted. */
static void environment(wchar_t out[static ENVIRONMENT_MAX], const wchar_t *root)
{
    int len = swprintf(out, ENVIRONMENT_MAX - 1, L"PATH=%ls\\system32;%ls;%ls\\System32\\Wbem",
                       root, root, root);

    len = len < 0 ? 0 : len + 1;
    len += swprintf(out + len, ENVIRONMENT_MAX - 1 - (size_t)len, L"SystemRoot=%ls", root) + 1;
    out[len] = L'\0';
}

/* One handle to nowhere, that the program may have; nothing else is passed on. */
static HANDLE nowhere(void)
{
    SECURITY_ATTRIBUTES pass_on = {.nLength = sizeof pass_on, .bInheritHandle = TRUE};
    HANDLE null = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, &pass_on, OPEN_EXISTING, 0, NULL);

    return null == INVALID_HANDLE_VALUE ? NULL : null;
}

static bool create(const wchar_t *program, wchar_t *line, HANDLE *null, PROCESS_INFORMATION *child)
{
    STARTUPINFOEXW start = {.StartupInfo = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES}};
    wchar_t root[MAX_PATH] = L"C:\\Windows", variables[ENVIRONMENT_MAX];
    SIZE_T size = 0;
    bool ok = false;

    GetSystemWindowsDirectoryW(root, MAX_PATH);
    environment(variables, root);
    start.StartupInfo.hStdInput = start.StartupInfo.hStdOutput = start.StartupInfo.hStdError =
        *null;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    start.lpAttributeList = malloc(size);
    if (start.lpAttributeList == NULL ||
        !InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size)) {
        free(start.lpAttributeList);
        return false;
    }
    /* suspended, so that it is in its job before it can start others */
    ok = UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                   null, sizeof *null, NULL, NULL) &&
         CreateProcessW(program, line, NULL, NULL, TRUE,
                        CREATE_SUSPENDED | CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT |
                            EXTENDED_STARTUPINFO_PRESENT,
                        variables, root, &start.StartupInfo, child);
    if (ok) {
        DeleteProcThreadAttributeList(start.lpAttributeList);
    }
    free(start.lpAttributeList);
    return ok;
}

static bool start(const char *const argv[], PROCESS_INFORMATION *child, struct err *err)
{
    wchar_t *program = fsio_edge_path(argv[0], err);
    wchar_t *line = program == NULL ? NULL : command_line(argv, err);
    HANDLE null = line == NULL ? NULL : nowhere();
    unsigned long code = 0;
    bool ok = line != NULL && null != NULL;

    if (line != NULL) {
        /* some programs cannot be started by a name with \\?\ in front */
        const wchar_t *plain = program != NULL && wcslen(program) < MAX_PATH && program[5] == L':'
                                   ? program + 4
                                   : program;

        ok = ok && create(plain, line, &null, child);
        code = ok ? 0 : GetLastError();
    }
    if (null != NULL) {
        CloseHandle(null);
    }
    free(line);
    free(program);
    return ok || line == NULL || fsio_edge_failed(err, code, "%s cannot be started", argv[0]);
}

/* Until the child ended or the time is over; then it and all that it started is ended. */
static bool wait_for(HANDLE child, HANDLE job, unsigned seconds, int *status, struct err *err)
{
    DWORD limit = seconds < 4000000u ? seconds * 1000u : 4000000000u, code = 0;
    DWORD how = WaitForSingleObject(child, limit);

    if (how == WAIT_TIMEOUT) {
        if (job != NULL) {
            TerminateJobObject(job, 1);
        }
        TerminateProcess(child, 1);
        WaitForSingleObject(child, INFINITE);
        *status = PROC_TIMED_OUT;
        return true;
    }
    if (how != WAIT_OBJECT_0 || !GetExitCodeProcess(child, &code)) {
        return fsio_edge_failed(err, GetLastError(), "the end of a program cannot be waited for");
    }
    /* Greater ones are faults, such as 0xC0000005. */
    *status = code <= EXIT_MAX ? (int)code : (int)EXIT_MAX;
    return true;
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && _stricmp(text + len - end_len, end) == 0;
}

bool proc_run(const char *const argv[], unsigned seconds, int *status, struct err *err)
{
    PROCESS_INFORMATION child = {0};
    HANDLE job;
    bool ok;

    if (argv[0] == NULL || !fsio_is_absolute(argv[0])) {
        return err_set(err, ERR_CONFIG_FORM, "%s: give the absolute path of the program, %s",
                       argv[0] == NULL ? "no program" : argv[0], fsio_absolute_words());
    }
    if (ends_in(argv[0], ".bat") || ends_in(argv[0], ".cmd")) {
        return err_set(err, ERR_CONFIG_FORM,
                       "%s: is a batch file, which only a shell runs; name the shell with the file "
                       "as its argument: C:\\Windows\\System32\\cmd.exe /d /c",
                       argv[0]);
    }
    if (!start(argv, &child, err) || child.hProcess == NULL) {
        return false;
    }
    job = CreateJobObjectW(NULL, NULL);
    if (job != NULL) {
        AssignProcessToJobObject(job, child.hProcess);
    }
    ResumeThread(child.hThread);
    ok = wait_for(child.hProcess, job, seconds, status, err);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    if (job != NULL) {
        CloseHandle(job);
    }
    return ok;
}

/* Instead of handing the fault to the system's reporting, which would keep a dump. */
static LONG WINAPI end_quietly(EXCEPTION_POINTERS *fault)
{
    TerminateProcess(GetCurrentProcess(), (UINT)fault->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

void proc_no_dumps(void)
{
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    SetUnhandledExceptionFilter(end_quietly);
}

bool proc_dumps_off(void)
{
    return (GetErrorMode() & SEM_NOGPFAULTERRORBOX) != 0;
}

/* The account's name alone: its domain would have to be asked for over the network. */
void proc_user(char *out, size_t size)
{
    wchar_t name[TEXT_FREE_MAX];
    DWORD len = sizeof name / sizeof name[0];
    char *text = GetUserNameW(name, &len) ? fsio_edge_text(name, NULL) : NULL;

    if (text != NULL && text_is_free(text, strlen(text)) && strlen(text) < size) {
        memcpy(out, text, strlen(text) + 1);
    } else {
        snprintf(out, size, "an account");
    }
    free(text);
}
