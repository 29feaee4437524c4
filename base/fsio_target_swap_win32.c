/* SPDX-License-Identifier: MIT */
/*
 * The replacement of a production file on Windows: a new file staged and proved, then renamed over
 * the old one while nobody can write there.
 */
#include "base/fsio_target_win32.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Newer than the headers: FileRenameInfoEx, Windows 10 1607 and Server 2016. */
#define RENAME_EX ((FILE_INFO_BY_HANDLE_CLASS)22)
#define RENAME_REPLACE 1u
#define RENAME_POSIX 2u
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define STAGED_ACCESS (GENERIC_READ | GENERIC_WRITE | WRITE_DAC | WRITE_OWNER | DELETE)

struct rename_info {
    DWORD flags;
    HANDLE root;
    DWORD bytes;
    wchar_t name[];
};

static HANDLE create(const wchar_t *staged, const char *shown, struct err *err)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    HANDLE handle;

    attributes.lpSecurityDescriptor = fsio_edge_private(false, err);
    if (attributes.lpSecurityDescriptor == NULL) {
        return NULL;
    }
    handle = CreateFileW(staged, STAGED_ACCESS, 0, &attributes, CREATE_NEW, 0, NULL);
    if (handle == INVALID_HANDLE_VALUE) {
        fsio_edge_failed(err, GetLastError(), "%s: cannot be created", shown);
        handle = NULL;
    }
    LocalFree(attributes.lpSecurityDescriptor);
    return handle;
}

static bool check_volume(const struct fsio_target *t, HANDLE handle, const char *staged,
                         struct err *err)
{
    struct fsio_edge_id id;
    unsigned long code = 0;

    if (!fsio_edge_id(handle, &id, &code)) {
        return fsio_edge_failed(err, code, "%s", staged);
    }
    return id.volume == t->id.volume ||
           err_set(err, ERR_TARGET_VOLUME,
                   "%s: lies on another volume than %s; configure staging on the target's own",
                   staged, t->path);
}

/* Whether the file holds exactly these bytes. */
static bool holds(HANDLE handle, const void *bytes, size_t len)
{
    uint8_t *back = malloc(len + 1);
    unsigned long code = 0;
    bool same =
        back != NULL && fsio_edge_read(handle, back, len, &code) && memcmp(back, bytes, len) == 0;

    if (back != NULL) {
        buf_wipe(back, len);
    }
    free(back);
    return same;
}

static bool stage_bytes(HANDLE handle, const char *staged, const void *bytes, size_t len,
                        struct err *err)
{
    unsigned long code = 0;

    if (!fsio_edge_write(handle, bytes, len, &code)) {
        return fsio_edge_failed(err, code, "%s: cannot be written", staged);
    }
    if (!FlushFileBuffers(handle)) {
        return fsio_edge_failed(err, GetLastError(), "%s: cannot be flushed", staged);
    }
    return holds(handle, bytes, len) ||
           err_set(err, ERR_IO, "%s: reads back other bytes than were written", staged);
}

static bool flush(HANDLE handle, const char *staged, struct err *err)
{
    return FlushFileBuffers(handle) ||
           fsio_edge_failed(err, GetLastError(), "%s: cannot be flushed", staged);
}

bool fsio_target_stage(struct fsio_target *t, const char *staged, const void *bytes, size_t len,
                       struct err *err)
{
    wchar_t *wide = fsio_edge_path(staged, err);
    HANDLE handle = wide == NULL ? NULL : create(wide, staged, err);
    bool ok = handle != NULL;

    if (ok) {
        ok = check_volume(t, handle, staged, err) && stage_bytes(handle, staged, bytes, len, err) &&
             fsio_target_copy_metadata(t, handle, wide, err) && flush(handle, staged, err);
        CloseHandle(handle);
        ok = ok && fsio_sync_parent(staged, err);
        if (!ok) {
            DeleteFileW(wide);
        }
    }
    free(wide);
    return ok;
}

static HANDLE open_staged(const wchar_t *wide, unsigned long access, unsigned long share,
                          const char *staged, struct err *err)
{
    unsigned long code = 0;
    HANDLE handle = fsio_edge_open(wide, access, share, &code);

    if (handle == NULL) {
        fsio_edge_failed(err, code, "%s", staged);
    }
    return handle;
}

bool fsio_target_restage(struct fsio_target *t, const char *staged, struct err *err)
{
    wchar_t *wide = fsio_edge_path(staged, err);
    HANDLE handle = wide == NULL ? NULL : open_staged(wide, STAGED_ACCESS, 0, staged, err);
    bool ok = handle != NULL && fsio_target_copy_metadata(t, handle, wide, err) &&
              flush(handle, staged, err);

    if (handle != NULL) {
        CloseHandle(handle);
    }
    free(wide);
    return ok;
}

/* ", held by NAME (process N)", or nothing. */
#define HELD_SIZE (FSIO_EDGE_HOLDERS_SIZE + 16)
static const char *held_by(const struct fsio_target *t, char out[static HELD_SIZE])
{
    char names[FSIO_EDGE_HOLDERS_SIZE];

    out[0] = '\0';
    if (fsio_edge_holders(t->wide, names)[0] != '\0') {
        snprintf(out, HELD_SIZE, ", held by %s", names);
    }
    return out;
}

/* Opens the target so that nobody can write to it any more; NULL while somebody does. */
static HANDLE guard(const struct fsio_target *t, struct err *err)
{
    unsigned long code = 0;
    HANDLE handle =
        fsio_edge_open(t->wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, &code);
    char held[HELD_SIZE];

    if (handle == NULL && code == ERROR_SHARING_VIOLATION) {
        err_set(err, ERR_CHANGED,
                "%s: another program has it open for writing%s; nothing was changed; wait until it "
                "has finished and plan again",
                t->path, held_by(t, held));
    } else if (handle == NULL && (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND)) {
        err_set(err, ERR_CHANGED, "%s: was removed or renamed meanwhile; plan again", t->path);
    } else if (handle == NULL) {
        fsio_edge_failed(err, code, "%s", t->path);
    }
    return handle;
}

/* Whether that is the file that was opened, untouched, with the planned bytes. */
static bool is_planned(const struct fsio_target *t, HANDLE handle, const void *old, size_t len)
{
    wchar_t *security = fsio_target_security(handle, t->path, NULL);
    struct fsio_edge_id id;
    unsigned long code = 0;
    bool same = security != NULL && wcscmp(security, t->security) == 0 &&
                fsio_edge_id(handle, &id, &code) && id.volume == t->id.volume &&
                id.file == t->id.file && id.links == 1 && id.attributes == t->id.attributes &&
                id.size == len && holds(handle, old, len);

    LocalFree(security);
    return same;
}

/* By the open file, and over one that is held open; 0 or the error. */
static unsigned long rename_open(HANDLE staged, const wchar_t *to)
{
    size_t bytes = wcslen(to) * sizeof *to;
    struct rename_info *info = calloc(1, sizeof *info + bytes + sizeof *to);
    unsigned long code;

    if (info == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    info->flags = RENAME_REPLACE | RENAME_POSIX;
    info->bytes = (DWORD)bytes;
    memcpy(info->name, to, bytes);
    code = SetFileInformationByHandle(staged, RENAME_EX, info, (DWORD)(sizeof *info + bytes + 2))
               ? 0
               : GetLastError();
    free(info);
    return code;
}

static bool is_unknown(unsigned long code)
{
    return code == ERROR_INVALID_PARAMETER || code == ERROR_NOT_SUPPORTED ||
           code == ERROR_INVALID_FUNCTION || code == ERROR_CALL_NOT_IMPLEMENTED;
}

/*
 * Renames `staged` over the target. `guarding` is open on the target, `*handle` on the staged file.
 * Where the system cannot replace what is open, both and the target have to be let go of first; the
 * moment between that and the rename is the only one in which a change by others would be lost.
 */
static unsigned long replace(struct fsio_target *t, HANDLE *guarding, HANDLE *handle,
                             const wchar_t *staged)
{
    unsigned long code;
    unsigned tries = 0;

    do {
        code = rename_open(*handle, t->wide);
    } while (code != 0 && fsio_edge_again_name(code, &tries));
    if (!is_unknown(code)) {
        return code;
    }
    CloseHandle(*handle);
    CloseHandle(*guarding);
    CloseHandle(t->file);
    *handle = *guarding = t->file = NULL;
    do {
        /* without MOVEFILE_COPY_ALLOWED: a copy would be no replacement at one stroke */
        code = MoveFileExW(staged, t->wide, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)
                   ? 0
                   : GetLastError();
    } while (code != 0 && fsio_edge_again_name(code, &tries));
    return code;
}

static bool replace_failed(const struct fsio_target *t, const char *staged, unsigned long code,
                           struct err *err)
{
    char held[HELD_SIZE] = "";

    if (code == ERROR_SHARING_VIOLATION || code == ERROR_ACCESS_DENIED) {
        held_by(t, held); /* one that has it mapped makes that an access denied */
    }
    if (code == ERROR_SHARING_VIOLATION || held[0] != '\0') {
        return err_set(err, ERR_CHANGED,
                       "%s: another program holds it open and lets nobody replace it%s; nothing "
                       "was changed; end that program or wait, and try again",
                       t->path, held);
    }
    if (code == ERROR_ACCESS_DENIED || code == ERROR_WRITE_PROTECT) {
        return err_set(
            err, ERR_TARGET_ACCESS,
            "%s: cannot be replaced (access denied); it may be marked read-only, another "
            "program may hold it open, or this account may not",
            t->path);
    }
    if (code == ERROR_NOT_SAME_DEVICE) {
        return err_set(err, ERR_TARGET_VOLUME, "%s: lies on another volume than %s", staged,
                       t->path);
    }
    return fsio_edge_failed(err, code, "%s: cannot be replaced by %s", t->path, staged);
}

static bool flush_both(const struct fsio_target *t, const char *staged, struct err *err)
{
    if (fsio_sync_parent(t->path, err) && fsio_sync_parent(staged, err)) {
        return true;
    }
    if (err != NULL) {
        err->code = ERR_UNFINISHED;
    }
    return false;
}

bool fsio_target_swap(struct fsio_target *t, const char *staged, const void *old, size_t old_len,
                      struct err *err)
{
    wchar_t *wide = fsio_edge_path(staged, err);
    /* For renaming alone and shared with all: it is still open when the file has the target's name,
     * and must then keep no reader out. */
    HANDLE handle =
        wide == NULL ? NULL : open_staged(wide, DELETE | SYNCHRONIZE, SHARE_ALL, staged, err);
    HANDLE guarding = handle == NULL ? NULL : guard(t, err);
    bool ok = guarding != NULL;

    if (ok && !is_planned(t, guarding, old, old_len)) {
        ok = err_set(
            err, ERR_CHANGED,
            "%s: another program changed it meanwhile; nothing was changed here; plan again",
            t->path);
    }
    if (ok) {
        unsigned long code = replace(t, &guarding, &handle, wide);

        ok = code == 0 || replace_failed(t, staged, code, err);
    }
    if (handle != NULL) {
        CloseHandle(handle);
    }
    if (guarding != NULL) {
        CloseHandle(guarding);
    }
    free(wide);
    return ok && flush_both(t, staged, err);
}
