/* SPDX-License-Identifier: MIT */
/*
 * Owner, access list, attributes and streams of a production file, carried over to the file that
 * takes its place.
 */
#include "base/fsio_target_win32.h"

#include <windows.h>

#include <sddl.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define PARTS (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)
#define STREAM_MAX 65536
/* What a copy can be given; the others say how a file is stored, not what it is for. */
#define KEPT                                                                                       \
    (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |                      \
     FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)

static bool not_kept(const struct fsio_target *t, const char *what, unsigned long code,
                     struct err *err)
{
    char why[FSIO_EDGE_WHY_SIZE];

    return err_set(err, ERR_TARGET_ACCESS, "%s: its %s cannot be kept (%s); run as administrator",
                   t->path, what, fsio_edge_why(code, why));
}

/* Malloc'd. */
static PSECURITY_DESCRIPTOR read_security(HANDLE handle, SECURITY_INFORMATION parts,
                                          unsigned long *code)
{
    PSECURITY_DESCRIPTOR found = NULL;
    DWORD size = 0;

    GetKernelObjectSecurity(handle, parts, NULL, 0, &size);
    found = malloc(size == 0 ? 1 : size);
    if (found == NULL || !GetKernelObjectSecurity(handle, parts, found, size, &size)) {
        *code = found == NULL ? ERROR_NOT_ENOUGH_MEMORY : GetLastError();
        free(found);
        return NULL;
    }
    return found;
}

wchar_t *fsio_target_security(void *handle, const char *path, struct err *err)
{
    unsigned long code = 0;
    PSECURITY_DESCRIPTOR found = read_security(handle, PARTS, &code);
    wchar_t *text = NULL;

    if (found == NULL || !ConvertSecurityDescriptorToStringSecurityDescriptorW(
                             found, SDDL_REVISION_1, PARTS, &text, NULL)) {
        fsio_edge_failed(err, code != 0 ? code : GetLastError(),
                         "%s: its access list cannot be read", path);
        text = NULL;
    }
    free(found);
    return text;
}

/*
 * An administrator holds the right to give a file to others, or to see what is audited, but has to
 * take it up first. False: this account does not have it.
 */
static bool take_up(const wchar_t *name)
{
    TOKEN_PRIVILEGES rights = {.PrivilegeCount = 1};
    HANDLE token = NULL;
    bool has = false;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token)) {
        return false;
    }
    rights.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (LookupPrivilegeValueW(NULL, name, &rights.Privileges[0].Luid)) {
        /* it also says that it was done when the right is not held */
        has = AdjustTokenPrivileges(token, FALSE, &rights, 0, NULL, NULL) &&
              GetLastError() != ERROR_NOT_ALL_ASSIGNED;
    }
    CloseHandle(token);
    return has;
}

/* The same file once more, with access to its list of what is audited. */
static HANDLE reopen_audit(HANDLE handle)
{
    return ReOpenFile(handle, ACCESS_SYSTEM_SECURITY | READ_CONTROL, SHARE_ALL,
                      FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
}

static bool set_audit(HANDLE to, PSECURITY_DESCRIPTOR wanted)
{
    const SECURITY_DESCRIPTOR_CONTROL asked = SE_SACL_AUTO_INHERIT_REQ;
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;

    if (GetSecurityDescriptorControl(wanted, &control, &revision) &&
        (control & SE_SACL_AUTO_INHERITED) != 0) {
        SetSecurityDescriptorControl(wanted, asked, asked);
    }
    return SetKernelObjectSecurity(to, SACL_SECURITY_INFORMATION, wanted);
}

/* What the target's owner wants to be told of, by who may know that. */
static bool copy_audit(const struct fsio_target *t, HANDLE handle, struct err *err)
{
    HANDLE from, to = INVALID_HANDLE_VALUE;
    PSECURITY_DESCRIPTOR wanted = NULL;
    BOOL present = FALSE, by_default = FALSE;
    unsigned long code = 0;
    PACL list = NULL;
    bool ok;

    if (!take_up(L"SeSecurityPrivilege")) {
        return true;
    }
    from = reopen_audit(t->file);
    ok = from != INVALID_HANDLE_VALUE &&
         (wanted = read_security(from, SACL_SECURITY_INFORMATION, &code)) != NULL &&
         GetSecurityDescriptorSacl(wanted, &present, &list, &by_default);
    if (ok && present && list != NULL && list->AceCount > 0) {
        to = reopen_audit(handle);
        ok = to != INVALID_HANDLE_VALUE && set_audit(to, wanted);
    }
    code = ok || code != 0 ? code : GetLastError();
    if (from != INVALID_HANDLE_VALUE) {
        CloseHandle(from);
    }
    if (to != INVALID_HANDLE_VALUE) {
        CloseHandle(to);
    }
    free(wanted);
    return ok || not_kept(t, "list of what is audited", code, err);
}

/*
 * By the call that sets what it is given. SetSecurityInfo would take the inherited entries of the
 * staging folder instead of those that the target has from its own.
 */
static bool copy_security(const struct fsio_target *t, HANDLE to, struct err *err)
{
    const SECURITY_DESCRIPTOR_CONTROL asked = SE_DACL_AUTO_INHERIT_REQ;
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    unsigned long code = 0;
    PSECURITY_DESCRIPTOR wanted = read_security(t->file, PARTS, &code);
    DWORD revision = 0;
    bool ok = wanted != NULL && GetSecurityDescriptorControl(wanted, &control, &revision);

    if (ok && (control & SE_DACL_AUTO_INHERITED) != 0) {
        SetSecurityDescriptorControl(wanted, asked, asked);
    }
    if (ok && !SetKernelObjectSecurity(to, PARTS, wanted)) {
        take_up(L"SeRestorePrivilege");
        take_up(L"SeTakeOwnershipPrivilege");
        ok = SetKernelObjectSecurity(to, PARTS, wanted);
    }
    code = ok || code != 0 ? code : GetLastError();
    free(wanted);
    return ok || not_kept(t, "owner or access list", code, err);
}

static bool check_security(const struct fsio_target *t, HANDLE to, struct err *err)
{
    wchar_t *wanted = fsio_target_security(t->file, t->path, err);
    wchar_t *found = wanted == NULL ? NULL : fsio_target_security(to, t->path, err);
    bool ok =
        found != NULL && (wcscmp(wanted, found) == 0 ||
                          err_set(err, ERR_TARGET_ACCESS,
                                  "%s: owner or access list was not kept by the volume", t->path));

    LocalFree(wanted);
    LocalFree(found);
    return ok;
}

static bool copy_attributes(const struct fsio_target *t, HANDLE to, struct err *err)
{
    FILE_BASIC_INFO info = {0}; /* a time of 0 stays as it is */
    struct fsio_edge_id id;
    unsigned long code = 0;

    info.FileAttributes = t->id.attributes & KEPT;
    if (info.FileAttributes == 0) {
        info.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    }
    if (!SetFileInformationByHandle(to, FileBasicInfo, &info, sizeof info)) {
        return not_kept(t, "attributes", GetLastError(), err);
    }
    return (fsio_edge_id(to, &id, &code) && (id.attributes & KEPT) == (t->id.attributes & KEPT)) ||
           not_kept(t, "attributes", code, err);
}

/* "path:stream:$DATA" */
static wchar_t *with_stream(const wchar_t *path, const wchar_t *stream)
{
    size_t len = wcslen(path), more = wcslen(stream) + 1;
    wchar_t *both = calloc(len + more, sizeof *both);

    if (both != NULL) {
        memcpy(both, path, len * sizeof *both);
        memcpy(both + len, stream, more * sizeof *both);
    }
    return both;
}

static bool copy_stream(const wchar_t *from, const wchar_t *to, DWORD len, unsigned long *code)
{
    HANDLE in = CreateFileW(from, GENERIC_READ, SHARE_ALL, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE out = INVALID_HANDLE_VALUE;
    uint8_t *bytes = malloc(len + 1u);
    bool ok = in != INVALID_HANDLE_VALUE && bytes != NULL && fsio_edge_read(in, bytes, len, code);

    if (ok) {
        out = CreateFileW(to, GENERIC_WRITE, SHARE_ALL, NULL, CREATE_ALWAYS, 0, NULL);
        ok = out != INVALID_HANDLE_VALUE && fsio_edge_write(out, bytes, len, code) &&
             FlushFileBuffers(out);
    }
    if (!ok && *code == 0) {
        *code = GetLastError();
    }
    if (in != INVALID_HANDLE_VALUE) {
        CloseHandle(in);
    }
    if (out != INVALID_HANDLE_VALUE) {
        CloseHandle(out);
    }
    free(bytes);
    return ok;
}

static bool copy_one(const struct fsio_target *t, const wchar_t *staged,
                     const WIN32_FIND_STREAM_DATA *stream, struct err *err)
{
    unsigned long code = ERROR_NOT_ENOUGH_MEMORY;
    wchar_t *from, *to;
    bool ok = false;

    if (wcscmp(stream->cStreamName, L"::$DATA") == 0) {
        return true;
    }
    if (stream->StreamSize.QuadPart > STREAM_MAX) {
        return err_set(err, ERR_TARGET_ACCESS,
                       "%s: has a second stream of more than %d bytes, which cannot be kept; see "
                       "dir /r",
                       t->path, STREAM_MAX);
    }
    from = with_stream(t->wide, stream->cStreamName);
    to = with_stream(staged, stream->cStreamName);
    if (from != NULL && to != NULL) {
        code = 0;
        ok = copy_stream(from, to, (DWORD)stream->StreamSize.QuadPart, &code);
    }
    free(from);
    free(to);
    return ok || not_kept(t, "second stream", code, err);
}

static bool copy_streams(const struct fsio_target *t, const wchar_t *staged, struct err *err)
{
    WIN32_FIND_STREAM_DATA stream;
    HANDLE found = FindFirstStreamW(t->wide, FindStreamInfoStandard, &stream, 0);
    bool ok = true;

    if (found == INVALID_HANDLE_VALUE) {
        return true; /* a volume without streams */
    }
    do {
        ok = copy_one(t, staged, &stream, err);
    } while (ok && FindNextStreamW(found, &stream));
    FindClose(found);
    return ok;
}

bool fsio_target_copy_metadata(const struct fsio_target *t, void *handle, const wchar_t *staged,
                               struct err *err)
{
    /* The list last: it may keep this account from doing the rest. */
    return copy_streams(t, staged, err) && copy_attributes(t, handle, err) &&
           copy_audit(t, handle, err) && copy_security(t, handle, err) &&
           check_security(t, handle, err);
}
