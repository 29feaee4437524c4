/* SPDX-License-Identifier: MIT */
/*
 * The console of the person who runs the program, wherever its standard streams lead.
 */
#include "base/tty.h"

#include <windows.h>

#include <stdint.h>
#include <string.h>

#include "base/fsio_edge_win32.h"
#include "base/term_win32.h"
#include "base/text.h"

#define PROMPT_MAX 512

/* For the handler of Ctrl-C: a console without echo would stay so for the shell. */
static HANDLE asking;
static DWORD mode_before;

static BOOL WINAPI restore(DWORD event)
{
    (void)event;
    SetConsoleMode(asking, mode_before);
    return FALSE; /* and on it takes its usual course */
}

static HANDLE console(const wchar_t *name)
{
    HANDLE handle = CreateFileW(name, GENERIC_READ | GENERIC_WRITE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);

    return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

static void say(HANDLE out, const char *text, size_t len)
{
    wchar_t wide[PROMPT_MAX];
    int count = MultiByteToWideChar(CP_UTF8, 0, text, (int)len, wide, PROMPT_MAX);
    DWORD done;

    WriteConsoleW(out, wide, (DWORD)(count < 0 ? 0 : count), &done, NULL);
}

/* One unit of UTF-16; half a pair is kept in *high until the other half comes. */
static bool add_unit(struct buf *line, uint32_t *high, uint32_t unit)
{
    uint32_t pair = *high;
    wchar_t wide[2] = {(wchar_t)pair, (wchar_t)unit};
    char utf8[8];
    int len;

    if (unit >= 0xd800 && unit < 0xdc00) {
        *high = unit;
        return true;
    }
    *high = 0;
    len = WideCharToMultiByte(CP_UTF8, 0, pair != 0 ? wide : wide + 1, pair != 0 ? 2 : 1, utf8,
                              sizeof utf8, NULL, NULL);
    return buf_add(line, utf8, (size_t)len, NULL);
}

/* Up to the line end, also when the line is too long: its rest must not reach the shell. */
static bool read_line(HANDLE in, struct buf *line, struct err *err)
{
    uint32_t high = 0;
    bool fits = true;

    for (;;) {
        wchar_t unit = 0;
        DWORD got = 0;

        if (!ReadConsoleW(in, &unit, 1, &got, NULL)) {
            return fsio_edge_failed(err, GetLastError(), "the console cannot be read");
        }
        if (got == 0 || unit == 0x1a) {
            return err_set(err, ERR_IO, "nothing was typed: the input ended before a line end");
        }
        if (unit == L'\n') {
            return fits || err_set(err, ERR_IO_LIMIT, "the line has more than %zu bytes; type less",
                                   line->max);
        }
        if (unit != L'\r') {
            fits = fits && add_unit(line, &high, unit);
        }
    }
}

static bool ask(HANDLE in, HANDLE out, const char *prompt, bool echo, struct buf *line,
                struct err *err)
{
    DWORD during = ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT | (echo ? ENABLE_ECHO_INPUT : 0u);
    char shown[PROMPT_MAX];
    bool ok;

    if (!GetConsoleMode(in, &mode_before)) {
        return fsio_edge_failed(err, GetLastError(), "the console's modes cannot be read");
    }
    asking = in;
    SetConsoleCtrlHandler(restore, TRUE);
    text_shown(shown, sizeof shown, prompt, strlen(prompt));
    FlushConsoleInputBuffer(in); /* what was typed before the prompt would have been echoed */
    if (!SetConsoleMode(in, during)) {
        ok = fsio_edge_failed(err, GetLastError(), "the console's modes cannot be set");
    } else {
        say(out, shown, strlen(shown));
        ok = read_line(in, line, err);
        if (!echo) {
            say(out, "\n", 1);
        }
    }
    SetConsoleMode(in, mode_before);
    SetConsoleCtrlHandler(restore, FALSE);
    return ok;
}

static bool question(const char *prompt, bool echo, struct buf *out, struct err *err)
{
    HANDLE in = console(L"CONIN$"), to = in == NULL ? NULL : console(L"CONOUT$");
    struct buf line;
    bool ok;

    if (to == NULL) {
        if (in != NULL) {
            CloseHandle(in);
        }
        return err_set(err, ERR_IO_ABSENT, "there is no terminal to ask on");
    }
    term_win32_drain();
    buf_init_secret(&line, out->max - out->len);
    ok = ask(in, to, prompt, echo, &line, err) && buf_add(out, line.data, line.len, err);
    buf_release(&line);
    CloseHandle(in);
    CloseHandle(to);
    return ok;
}

bool tty_ask(const char *prompt, struct buf *out, struct err *err)
{
    return question(prompt, true, out, err);
}

bool tty_ask_secret(const char *prompt, struct buf *out, struct err *err)
{
    return question(prompt, false, out, err);
}
