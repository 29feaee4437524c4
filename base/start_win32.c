/* SPDX-License-Identifier: MIT */
/*
 * Where a program begins on Windows: arguments and environment come as UTF-16 and become UTF-8
 * before main sees them.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/fsio_edge_win32.h"

#define EXIT_USAGE 2

int main(int argc, char **argv);
int wmain(int argc, wchar_t **argv);

/* Else the C library would look for files that an argument with a star or question mark fits. */
extern int _dowildcard;
int _dowildcard = 0;

/* What getenv gives would be in the code page of the system; only what is ours is looked at. */
static void turn_environment(void)
{
    wchar_t *all = GetEnvironmentStringsW();

    for (const wchar_t *at = all; at != NULL && *at != L'\0'; at += wcslen(at) + 1) {
        if (wcsncmp(at, L"PINFERRY_", 9) == 0) {
            char *text = fsio_edge_text(at, NULL);

            if (text != NULL) {
                _putenv(text); /* copies */
            }
            free(text);
        }
    }
    if (all != NULL) {
        FreeEnvironmentStringsW(all);
    }
}

int wmain(int argc, wchar_t **wide)
{
    char **argv = calloc((size_t)argc + 1, sizeof *argv);

    /* A library of the same name beside the program or in the current folder is not for us. */
    SetDllDirectoryW(L"");
    HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    if (argv == NULL) {
        return 1;
    }
    for (int i = 0; i < argc; i++) {
        argv[i] = fsio_edge_text(wide[i], NULL);
        if (argv[i] == NULL) {
            fputs("an argument is no text: it has half a character of UTF-16\n", stderr);
            return EXIT_USAGE;
        }
    }
    turn_environment();
    exit(main(argc, argv)); /* what was printed is brought to the console on the way out */
}
