/* SPDX-License-Identifier: MIT */
/*
 * Takes away what writers that were ended left under temporary names, on Windows: one that lives
 * holds its file so that nobody can delete it.
 */
#include "base/fsio.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "base/fsio_edge_win32.h"

#define ENDING ".tmp"
#define ENDING_LEN (sizeof ENDING - 1)
#define RANDOM_LEN 6
#define NAMES_MAX 1000000

/* NAME.tmpXXXXXX, as fsio_create makes it. */
static bool is_temporary(const char *name)
{
    size_t len = strlen(name);
    const char *ending;

    if (len <= ENDING_LEN + RANDOM_LEN) {
        return false;
    }
    ending = name + (len - ENDING_LEN - RANDOM_LEN);
    return memcmp(ending, ENDING, ENDING_LEN) == 0 &&
           strspn(ending + ENDING_LEN, "0123456789abcdef") == RANDOM_LEN;
}

static void sweep(const char *dir, const char *name)
{
    char *path = fsio_join(dir, name, NULL);
    wchar_t *wide = path == NULL ? NULL : fsio_edge_path(path, NULL);
    enum fsio_kind kind;

    if (wide != NULL && fsio_kind(path, &kind, NULL) && kind == FSIO_FILE) {
        DeleteFileW(wide);
    }
    free(wide);
    free(path);
}

void fsio_sweep(const char *dir)
{
    struct fsio_names names = {0};

    if (!fsio_list(dir, NAMES_MAX, &names, NULL)) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (is_temporary(names.names[i])) {
            sweep(dir, names.names[i]);
        }
    }
    fsio_names_release(&names);
}
