/* SPDX-License-Identifier: MIT */
/*
 * Whether a folder is safe from other accounts, on Windows: by owner and access list of it and of
 * all that leads to it. What this program makes for itself is closed by a list of its own, which
 * takes nothing over from the folder above.
 */
#include "base/fsio.h"

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/fsio_edge_win32.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* NT SERVICE\TrustedInstaller, to which Windows' own folders belong. */
#define INSTALLER L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

/* What takes an entry away from a folder, or the folder itself. */
#define TAKES_AWAY (FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_ALL | GENERIC_WRITE)
#define WRITES                                                                                     \
    (TAKES_AWAY | DELETE | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_WRITE_EA |                 \
     FILE_WRITE_ATTRIBUTES)
#define READS (FILE_READ_DATA | FILE_READ_EA | GENERIC_READ)

struct account {
    TOKEN_USER *user; /* followed by its SID */
    bool administrator;
};

static bool account_of_us(struct account *us, struct err *err)
{
    SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
    HANDLE token = NULL;
    BOOL member = FALSE;
    PSID admins = NULL;
    DWORD size = 0;
    bool ok = false;

    *us = (struct account){0};
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        GetTokenInformation(token, TokenUser, NULL, 0, &size);
        us->user = malloc(size);
        ok = us->user != NULL && GetTokenInformation(token, TokenUser, us->user, size, &size);
        CloseHandle(token);
    }
    if (ok && AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS,
                                       0, 0, 0, 0, 0, 0, &admins)) {
        us->administrator = CheckTokenMembership(NULL, admins, &member) && member;
        FreeSid(admins);
    }
    if (!ok) {
        free(us->user);
        us->user = NULL;
        err_set(err, ERR_IO, "the account that runs this program cannot be asked for");
    }
    return ok;
}

void *fsio_edge_private(bool folder, struct err *err)
{
    const wchar_t *down = folder ? L"OICI" : L"";
    PSECURITY_DESCRIPTOR made = NULL;
    wchar_t text[400], *sid = NULL;
    struct account us;

    if (!account_of_us(&us, err)) {
        return NULL;
    }
    if (us.administrator || !ConvertSidToStringSidW(us.user->User.Sid, &sid)) {
        sid = NULL;
    }
    swprintf(text, sizeof text / sizeof text[0],
             sid == NULL ? L"D:P(A;%ls;FA;;;SY)(A;%ls;FA;;;BA)"
                         : L"D:P(A;%ls;FA;;;SY)(A;%ls;FA;;;BA)(A;%ls;FA;;;%ls)",
             down, down, down, sid);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &made, NULL)) {
        fsio_edge_failed(err, GetLastError(), "an access list cannot be made");
        made = NULL;
    }
    LocalFree(sid);
    free(us.user);
    return made;
}

bool fsio_edge_is_own(void *handle)
{
    PSECURITY_DESCRIPTOR all = NULL;
    struct account us = {0};
    PSID owner = NULL;
    bool own = false;

    if (account_of_us(&us, NULL) &&
        GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                        NULL, &all) == 0) {
        own = owner != NULL &&
              (EqualSid(owner, us.user->User.Sid) ||
               (us.administrator && IsWellKnownSid(owner, WinBuiltinAdministratorsSid)));
    }
    LocalFree(all);
    free(us.user);
    return own;
}

/* SYSTEM, Administrators, Windows' installer, the account that runs this program. */
static bool is_trusted(PSID sid, const struct account *us)
{
    PSID installer = NULL;
    bool trusted = IsWellKnownSid(sid, WinLocalSystemSid) ||
                   IsWellKnownSid(sid, WinBuiltinAdministratorsSid) ||
                   IsWellKnownSid(sid, WinCreatorOwnerSid) || EqualSid(sid, us->user->User.Sid);

    if (!trusted && ConvertStringSidToSidW(INSTALLER, &installer)) {
        trusted = EqualSid(sid, installer);
        LocalFree(installer);
    }
    return trusted;
}

/* Whether the list lets anybody else do one of `rights` here; what it denies is not counted in. */
static bool lets_others(PACL list, DWORD rights, const struct account *us)
{
    if (list == NULL) {
        return true; /* no list at all: everybody may do everything */
    }
    for (DWORD i = 0; i < list->AceCount; i++) {
        ACCESS_ALLOWED_ACE *entry = NULL;

        if (!GetAce(list, i, (void **)&entry)) {
            return true;
        }
        if (entry->Header.AceType == ACCESS_DENIED_ACE_TYPE ||
            (entry->Header.AceFlags & INHERIT_ONLY_ACE) != 0) {
            continue;
        }
        /* kinds with conditions have no SID where it is looked for */
        if (entry->Header.AceType != ACCESS_ALLOWED_ACE_TYPE ||
            ((entry->Mask & rights) != 0 && !is_trusted(&entry->SidStart, us))) {
            return true;
        }
    }
    return false;
}

/* Its owner and list, by a handle that follows no link; free *all with LocalFree. */
static bool ask(const wchar_t *path, const char *shown, PSID *owner, PACL *list,
                PSECURITY_DESCRIPTOR *all, struct err *err)
{
    enum fsio_edge_kind kind = FSIO_EDGE_OTHER;
    unsigned long code = 0;
    HANDLE handle = fsio_edge_open(path, READ_CONTROL | FILE_READ_ATTRIBUTES, SHARE_ALL, &code);

    if (handle == NULL || !fsio_edge_what(handle, &kind, &code)) {
        if (handle != NULL) {
            CloseHandle(handle);
        }
        return fsio_edge_failed(err, code, "%s", shown);
    }
    if (kind == FSIO_EDGE_LINK) {
        CloseHandle(handle);
        return err_set(err, ERR_STATE_ACCESS,
                       "%s: is a link or a mount point; name the path without it", shown);
    }
    code = GetSecurityInfo(handle, SE_FILE_OBJECT,
                           OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, owner, NULL,
                           list, NULL, all);
    CloseHandle(handle);
    return code == 0 || fsio_edge_failed(err, code, "%s: its access list cannot be read", shown);
}

bool fsio_is_private(const char *path, bool *is_private, struct err *err)
{
    PSECURITY_DESCRIPTOR all = NULL;
    wchar_t *wide = fsio_edge_path(path, err);
    struct account us = {0};
    PSID owner = NULL;
    PACL list = NULL;
    bool ok = wide != NULL && account_of_us(&us, err) && ask(wide, path, &owner, &list, &all, err);

    if (ok) {
        *is_private = !lets_others(list, READS | WRITES, &us);
    }
    LocalFree(all);
    free(us.user);
    free(wide);
    return ok;
}

const char *fsio_remedy(const char *path, unsigned mode, char out[static FSIO_REMEDY_SIZE])
{
    const char *down = (mode & 0100) != 0 ? "(OI)(CI)" : "";

    snprintf(out, FSIO_REMEDY_SIZE,
             "icacls \"%s\" /inheritance:r /grant:r *S-1-5-18:%sF *S-1-5-32-544:%sF", path, down,
             down);
    return out;
}

static bool check_one(const wchar_t *path, bool root, bool last, const struct account *us,
                      struct err *err)
{
    DWORD rights = last ? WRITES : root ? TAKES_AWAY : TAKES_AWAY | DELETE;
    PSECURITY_DESCRIPTOR all = NULL;
    PSID owner = NULL;
    PACL list = NULL;
    char *shown = fsio_edge_shown(path, err);
    bool ok = shown != NULL && ask(path, shown, &owner, &list, &all, err);

    if (ok && !is_trusted(owner, us)) {
        ok = err_set(err, ERR_STATE_ACCESS,
                     "%s: belongs to another account; it must belong to Administrators, SYSTEM or "
                     "the account that runs this program: takeown /A /F \"%s\"",
                     shown, shown);
    } else if (ok && lets_others(list, rights, us)) {
        ok = err_set(err, ERR_STATE_ACCESS,
                     "%s: others can %s here: look with icacls \"%s\" and take that right away",
                     shown, last ? "write" : "delete or rename", shown);
    }
    LocalFree(all);
    free(shown);
    return ok;
}

/* Behind \\?\C:\ or \\?\UNC\server\share\ */
static wchar_t *behind_root(wchar_t *path)
{
    wchar_t *at = path + 4;

    if (wcsncmp(at, L"UNC\\", 4) == 0) {
        at += 4;
        at += wcscspn(at, L"\\");
        at += *at == L'\\';
    }
    at += wcscspn(at, L"\\");
    return *at == L'\\' ? at + 1 : at;
}

bool fsio_check_protected(const char *dir, struct err *err)
{
    wchar_t *path = fsio_edge_path(dir, err);
    wchar_t *at = path == NULL ? NULL : behind_root(path);
    struct account us = {0};
    enum fsio_kind kind;
    bool ok = path != NULL && account_of_us(&us, err) && fsio_kind(dir, &kind, err);

    if (ok && kind != FSIO_DIR && kind != FSIO_LINK) {
        ok = kind == FSIO_ABSENT ? fsio_edge_failed(err, ERROR_PATH_NOT_FOUND, "%s", dir)
                                 : err_set(err, ERR_STATE_ACCESS, "%s: is no folder", dir);
    }
    for (bool root = true; ok; root = false) {
        wchar_t kept = *at;

        *at = L'\0';
        ok = check_one(path, root, kept == L'\0', &us, err);
        *at = kept;
        if (kept == L'\0') {
            break;
        }
        at += kept == L'\\' ? 1 : 0;
        at += wcscspn(at, L"\\");
    }
    free(us.user);
    free(path);
    return ok;
}
