/* SPDX-License-Identifier: MIT */
/*
 * The replacement of a file on Windows beside a reader of it, each in a process of its own.
 *
 * exchange replace TARGET STAGED OLD NEW COUNT   gives TARGET the bytes of NEW and OLD in turn
 * exchange read TARGET OLD NEW STOP              reads TARGET until STOP is there, and says what it
 * saw
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/fsio_edge_win32.h"

#define SIZE_MAX_READ 65536
#define HELD_MAX 100
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static void need(bool ok, const struct err *err)
{
    if (!ok) {
        fprintf(stderr, "exchange: %s\n", err->text);
        exit(1);
    }
}

static void load(const char *path, struct buf *out)
{
    struct err err = {0};

    buf_init(out, SIZE_MAX_READ);
    need(fsio_read_file(path, SIZE_MAX_READ, out, &err), &err);
}

/* A reader that was put aside while it held the file lets nobody replace it meanwhile: once more,
 * as a person would do who was told so. */
static bool is_held(const struct err *err)
{
    return err->code == ERR_CHANGED || err->code == ERR_TARGET_ACCESS;
}

static bool replace_once(char **paths, const struct buf *old, const struct buf *new,
                         struct err *err)
{
    struct fsio_target *target = fsio_target_open(paths[0], SIZE_MAX_READ, err);
    bool done;

    need(target != NULL, err);
    need(fsio_target_stage(target, paths[1], new->data, new->len, err), err);
    done = fsio_target_swap(target, paths[1], old->data, old->len, err);
    fsio_target_close(target);
    return done;
}

static void replace(char **paths, unsigned count)
{
    unsigned held = 0;
    struct buf bytes[2];
    struct err err = {0};

    load(paths[2], &bytes[0]);
    load(paths[3], &bytes[1]);
    for (unsigned i = 0; i < count; i++) {
        const struct buf *old = &bytes[i % 2], *new = &bytes[(i + 1) % 2];

        while (!replace_once(paths, old, new, &err)) {
            need(is_held(&err) && held++ < HELD_MAX, &err);
            need(fsio_remove(paths[1], &err), &err);
            err = (struct err){0};
        }
    }
    printf("%u replacements\n", count);
    buf_release(&bytes[0]);
    buf_release(&bytes[1]);
}

/* Every fourth time as programs do that let others only read meanwhile. */
static size_t read_once(const wchar_t *path, unsigned turn, char *bytes, unsigned long *code)
{
    HANDLE handle = CreateFileW(path, GENERIC_READ, turn % 4 == 0 ? FILE_SHARE_READ : SHARE_ALL,
                                NULL, OPEN_EXISTING, 0, NULL);
    size_t len = 0;
    DWORD got = 0;

    *code = handle == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    if (*code != 0) {
        return 0;
    }
    while (len < SIZE_MAX_READ &&
           ReadFile(handle, bytes + len, (DWORD)(SIZE_MAX_READ - len), &got, NULL) && got > 0) {
        len += got;
    }
    CloseHandle(handle);
    return len;
}

static void read_on(char **paths)
{
    static char bytes[SIZE_MAX_READ];
    unsigned reads = 0, seen[2] = {0}, partial = 0, missing = 0, kept_out[2] = {0};
    struct err err = {0};
    wchar_t *path = fsio_edge_path(paths[0], &err), *stop = fsio_edge_path(paths[3], &err);
    struct buf known[2];

    need(path != NULL && stop != NULL, &err);
    load(paths[1], &known[0]);
    load(paths[2], &known[1]);
    for (; GetFileAttributesW(stop) == INVALID_FILE_ATTRIBUTES; reads++) {
        unsigned long code;
        size_t len = read_once(path, reads, bytes, &code);

        if (code == ERROR_SHARING_VIOLATION || code == ERROR_ACCESS_DENIED) {
            kept_out[reads % 4 == 0]++;
        } else if (code != 0) {
            missing++;
        } else if (len == known[0].len && memcmp(bytes, known[0].data, len) == 0) {
            seen[0]++;
        } else if (len == known[1].len && memcmp(bytes, known[1].data, len) == 0) {
            seen[1]++;
        } else {
            partial++;
        }
    }
    printf("%u reads: %u old, %u new, %u partial, %u missing, %u kept out, %u of those that share "
           "little kept out\n",
           reads, seen[0], seen[1], partial, missing, kept_out[0], kept_out[1]);
    buf_release(&known[0]);
    buf_release(&known[1]);
    free(path);
    free(stop);
}

static void hold(char **paths)
{
    struct err err = {0};
    wchar_t *stop = fsio_edge_path(paths[1], &err);
    struct fsio_lock *lock = stop == NULL ? NULL : fsio_lock_take(paths[0], &err);

    need(lock != NULL, &err);
    puts("held");
    fflush(stdout);
    while (GetFileAttributesW(stop) == INVALID_FILE_ATTRIBUTES) {
        Sleep(20);
    }
    fsio_lock_release(lock);
    free(stop);
}

int main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[1], "replace") == 0) {
        replace(argv + 2, (unsigned)strtoul(argv[6], NULL, 10));
    } else if (argc == 6 && strcmp(argv[1], "read") == 0) {
        read_on(argv + 2);
    } else if (argc == 4 && strcmp(argv[1], "hold") == 0) {
        hold(argv + 2);
    } else {
        return 2;
    }
    return 0;
}
