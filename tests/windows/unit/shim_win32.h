/* SPDX-License-Identifier: MIT */
/*
 * What wine cannot show, played by the test. The programs call Windows through pointers named
 * __imp_NAME, which the import libraries define; a test that defines one itself is called instead,
 * and no line of the programs knows of it.
 */
#ifndef TESTS_WINDOWS_UNIT_SHIM_WIN32_H
#define TESTS_WINDOWS_UNIT_SHIM_WIN32_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <windows.h>

#include "base/err.h"

/* In place of NAME, for the whole test program: SHIM(CopyFileW) has shim_CopyFileW called. */
#define SHIM(name)                                                                                 \
    extern void *__imp_##name;                                                                     \
    void *__imp_##name = (void *)shim_##name

#define SHIM_UNUSED __attribute__((unused))

/* The function that a shim stands in front of. */
#define SHIM_REAL(dll, name) ((__typeof__(&name))shim_real(dll, #name))

static SHIM_UNUSED void *shim_real(const wchar_t *dll, const char *name)
{
    FARPROC found = GetProcAddress(LoadLibraryW(dll), name);
    void *function;

    assert_non_null(found);
    memcpy(&function, &found, sizeof function);
    return function;
}

/* How a call goes: the first `times` of it fail with `code`, later ones do what they should. */
struct shim_fault {
    unsigned long code;
    unsigned times;
    unsigned calls; /* counted */
};
#define SHIM_ALWAYS 1000000u

/* Whether this call fails; the error is set then. */
static SHIM_UNUSED bool shim_fails(struct shim_fault *fault)
{
    if (fault->calls++ >= fault->times) {
        return false;
    }
    SetLastError(fault->code);
    return true;
}

/* --- a folder of the test's own --- */

static char shim_dir[MAX_PATH];

static SHIM_UNUSED int shim_make(void **state)
{
    char temp[MAX_PATH - 40];

    (void)state;
    assert_true(GetTempPathA(sizeof temp, temp) > 0);
    snprintf(shim_dir, sizeof shim_dir, "%spinferry-%lu", temp, GetCurrentProcessId());
    return CreateDirectoryA(shim_dir, NULL) ? 0 : -1;
}

/* The path of a name there; four at a time. */
static SHIM_UNUSED const char *shim_path(const char *name)
{
    static char paths[4][MAX_PATH + 40];
    static unsigned at;
    char *path = paths[at++ % 4];

    snprintf(path, sizeof paths[0], "%s\\%s", shim_dir, name);
    return path;
}

static SHIM_UNUSED void shim_write(const char *name, const char *text)
{
    FILE *file = fopen(shim_path(name), "wb");

    assert_non_null(file);
    fwrite(text, 1, strlen(text), file);
    assert_int_equal(fclose(file), 0);
}

static SHIM_UNUSED void shim_holds(const char *name, const char *text)
{
    char found[512];
    FILE *file = fopen(shim_path(name), "rb");
    size_t len;

    assert_non_null(file);
    len = fread(found, 1, sizeof found - 1, file);
    found[len] = '\0';
    fclose(file);
    assert_string_equal(found, text);
}

static SHIM_UNUSED bool shim_is_there(const char *name)
{
    return GetFileAttributesA(shim_path(name)) != INVALID_FILE_ATTRIBUTES;
}

static SHIM_UNUSED int shim_remove(void **state)
{
    static const char *const names[] = {"target", "staged", "other"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        DeleteFileA(shim_path(names[i]));
    }
    RemoveDirectoryA(shim_dir);
    return 0;
}

#endif
