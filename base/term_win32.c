/* SPDX-License-Identifier: MIT */
/*
 * Console and ticks on Windows. The programs print UTF-8. A console takes that rightly only as
 * UTF-16, whatever its code page is, so what goes there passes through a pipe and a thread that
 * turns it over; files and pipes of others get the bytes as they are.
 */
#include "base/term.h"

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/term_win32.h"
#include "base/text.h"

#define PIPE_SIZE 4096
#define VIRTUAL_TERMINAL 0x0004u /* ENABLE_VIRTUAL_TERMINAL_PROCESSING, Windows 10 */

/* One for both streams, so that their order stays. */
static struct {
    bool is_console[3]; /* by file descriptor */
    HANDLE console, from, thread;
    int kept[3];  /* descriptors of the console itself, while the pipe is in its place */
    bool escapes; /* the console understands them */
    bool running;
} pump;

static void show(const wchar_t *text, size_t len)
{
    DWORD done = 0;

    for (size_t at = 0; at < len; at += done) {
        if (!WriteConsoleW(pump.console, text + at, (DWORD)(len - at), &done, NULL) || done == 0) {
            return;
        }
    }
}

/* ESC [ ... letter; returns the length, 0 when its end is not there yet. */
static size_t escape(const char *text, size_t len)
{
    for (size_t i = 2; i < len; i++) {
        if (text[i] >= '@' && text[i] <= '~') {
            return i + 1;
        }
    }
    return 0;
}

/* Shows the whole characters of `text`; returns how many bytes those are. */
static size_t turn_over(const char *text, size_t len, bool last)
{
    wchar_t wide[2 * PIPE_SIZE];
    size_t at = 0, count = 0;

    while (at < len) {
        uint32_t code = 0;
        size_t used = text_utf8(&code, text + at, len - at);

        if (used == 0 && len - at < 4 && !last) {
            break;
        }
        if (used == 0) {
            used = 1;
            code = 0xfffd;
        } else if (code == 0x1b && !pump.escapes) {
            used = escape(text + at, len - at);
            if (used == 0 && !last && len - at < 16) {
                break;
            }
            at += used == 0 ? 1 : used;
            continue;
        }
        if (code >= 0x10000) {
            wide[count++] = (wchar_t)(0xd800 + ((code - 0x10000) >> 10));
            code = 0xdc00 + ((code - 0x10000) & 0x3ff);
        }
        wide[count++] = (wchar_t)code;
        at += used;
    }
    show(wide, count);
    return at;
}

static DWORD WINAPI run(void *unused)
{
    char text[PIPE_SIZE];
    size_t len = 0;
    DWORD got = 0;

    (void)unused;
    while (ReadFile(pump.from, text + len, (DWORD)(sizeof text - len), &got, NULL) && got > 0) {
        size_t done;

        len += got;
        done = turn_over(text, len, false);
        memmove(text, text + done, len - done);
        len -= done;
    }
    turn_over(text, len, true);
    return 0;
}

static void begin(void)
{
    HANDLE to = NULL;
    int fd;

    if (!CreatePipe(&pump.from, &to, NULL, 0)) {
        return;
    }
    fd = _open_osfhandle((intptr_t)to, _O_BINARY);
    pump.thread = fd < 0 ? NULL : CreateThread(NULL, 0, run, NULL, 0, NULL);
    if (pump.thread == NULL) {
        CloseHandle(pump.from);
        return;
    }
    for (int stream = 1; stream <= 2; stream++) {
        if (pump.is_console[stream]) {
            pump.kept[stream] = _dup(stream);
            _dup2(fd, stream);
        }
    }
    _close(fd);
    /* as a pipe it would be buffered; progress and warnings are to be seen at once */
    setvbuf(stderr, NULL, _IONBF, 0);
    pump.running = true;
}

static void end(void)
{
    if (!pump.running) {
        return;
    }
    fflush(stdout);
    fflush(stderr);
    for (int stream = 1; stream <= 2; stream++) {
        if (pump.is_console[stream]) {
            _dup2(pump.kept[stream], stream); /* the pipe's last writer goes, so the thread ends */
            _close(pump.kept[stream]);
        }
    }
    WaitForSingleObject(pump.thread, INFINITE);
    CloseHandle(pump.thread);
    CloseHandle(pump.from);
    pump.running = false;
}

void term_win32_drain(void)
{
    if (pump.running) {
        end();
        begin();
    }
}

static bool is_console(int fd)
{
    intptr_t handle = _get_osfhandle(fd);
    DWORD mode;

    return handle != -1 && handle != -2 && GetConsoleMode((HANDLE)handle, &mode) != 0;
}

bool term_is_tty(enum term_stream stream)
{
    int fd = stream == TERM_OUT ? 1 : 2;

    return pump.is_console[fd] || is_console(fd);
}

static void hold(int fd, FILE *stream)
{
    intptr_t handle = _get_osfhandle(fd);

    if (handle == -1 || handle == -2) {
        /* The wrong way round, so that using it fails. */
        stream = freopen("NUL", fd == 0 ? "wb" : "rb", stream);
        if (stream == NULL) {
            abort();
        }
    }
    if (_fileno(stream) >= 0) {
        _setmode(_fileno(stream), _O_BINARY); /* or each line end would become two bytes */
    }
}

void term_hold_streams(void)
{
    DWORD mode = 0;

    hold(0, stdin);
    hold(1, stdout);
    hold(2, stderr);
    for (int fd = 1; fd <= 2 && !pump.running; fd++) {
        pump.is_console[fd] = is_console(fd);
        if (pump.is_console[fd]) {
            pump.console = (HANDLE)_get_osfhandle(fd);
        }
    }
    if (pump.console == NULL || pump.running) {
        return;
    }
    pump.console = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
                               FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (pump.console == INVALID_HANDLE_VALUE) {
        pump.console = NULL;
        return;
    }
    pump.escapes = GetConsoleMode(pump.console, &mode) &&
                   SetConsoleMode(pump.console, mode | VIRTUAL_TERMINAL);
    begin();
    atexit(end);
}

void term_ignore_pipe(void)
{
    /* Windows has no signal for it: a write fails, which is what is asked for. */
}

/* cmd fills in %names%, PowerShell $names and what follows a backtick. */
const char *term_shell_quote(void)
{
    return "\"%$`";
}

int64_t term_monotonic_ms(void)
{
    return (int64_t)GetTickCount64();
}
