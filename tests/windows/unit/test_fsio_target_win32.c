/* SPDX-License-Identifier: MIT */
/* The replacement of a target where Windows says no: denied, held by others, and how long. */
#include "tests/windows/unit/shim_win32.h"

#include <sddl.h>

#include "base/fsio.h"

#define OLD "old bytes"
#define NEW "the new bytes"
#define RENAME_EX 22
#define PAUSES_MAX 120 /* three seconds */

static struct shim_fault rename_open, move, open_guard, keep_list;
static unsigned pauses, slept;
static bool posix_rename; /* the system knows FileRenameInfoEx */
static const wchar_t *grown_list;

/* --- in front of Windows --- */

static void WINAPI shim_Sleep(DWORD ms)
{
    pauses++;
    slept += (unsigned)ms;
}
SHIM(Sleep);

static BOOL WINAPI shim_MoveFileExW(LPCWSTR from, LPCWSTR to, DWORD flags)
{
    assert_int_equal(flags & MOVEFILE_COPY_ALLOWED, 0);
    return !shim_fails(&move) && SHIM_REAL(L"kernel32.dll", MoveFileExW)(from, to, flags);
}
SHIM(MoveFileExW);

static BOOL WINAPI shim_SetFileInformationByHandle(HANDLE handle, FILE_INFO_BY_HANDLE_CLASS what,
                                                   LPVOID info, DWORD size)
{
    if ((int)what != RENAME_EX) {
        return SHIM_REAL(L"kernel32.dll", SetFileInformationByHandle)(handle, what, info, size);
    }
    if (!posix_rename) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    return !shim_fails(&rename_open);
}
SHIM(SetFileInformationByHandle);

/* What guards the target against writers is the only one that lets others read and rename only. */
static HANDLE WINAPI shim_CreateFileW(LPCWSTR name, DWORD access, DWORD share,
                                      LPSECURITY_ATTRIBUTES attributes, DWORD how, DWORD flags,
                                      HANDLE template)
{
    if (share == (FILE_SHARE_READ | FILE_SHARE_DELETE) && access == GENERIC_READ &&
        shim_fails(&open_guard)) {
        return INVALID_HANDLE_VALUE;
    }
    return SHIM_REAL(L"kernel32.dll", CreateFileW)(name, access, share, attributes, how, flags,
                                                   template);
}
SHIM(CreateFileW);

static BOOL WINAPI shim_SetKernelObjectSecurity(HANDLE handle, SECURITY_INFORMATION parts,
                                                PSECURITY_DESCRIPTOR wanted)
{
    assert_int_equal(parts, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                                DACL_SECURITY_INFORMATION);
    return !shim_fails(&keep_list) &&
           SHIM_REAL(L"advapi32.dll", SetKernelObjectSecurity)(handle, parts, wanted);
}
SHIM(SetKernelObjectSecurity);

/* The owner and list of a file as text: `grown_list` instead, if it is set. */
static BOOL WINAPI shim_ConvertSecurityDescriptorToStringSecurityDescriptorW(
    PSECURITY_DESCRIPTOR from, DWORD revision, SECURITY_INFORMATION parts, LPWSTR *text, PULONG len)
{
    if (grown_list != NULL) {
        size_t bytes = (wcslen(grown_list) + 1) * sizeof *grown_list;

        *text = LocalAlloc(0, bytes);
        memcpy(*text, grown_list, bytes);
        return TRUE;
    }
    return SHIM_REAL(L"advapi32.dll", ConvertSecurityDescriptorToStringSecurityDescriptorW)(
        from, revision, parts, text, len);
}
SHIM(ConvertSecurityDescriptorToStringSecurityDescriptorW);

/* --- the target --- */

static struct fsio_target *target;
static struct err err;

static int begin(void **state)
{
    (void)state;
    rename_open = move = open_guard = keep_list = (struct shim_fault){0};
    posix_rename = false;
    grown_list = NULL;
    err = (struct err){0};
    DeleteFileA(shim_path("staged"));
    shim_write("target", OLD);
    target = fsio_target_open(shim_path("target"), 1000, &err);
    assert_string_equal(err.text, "");
    assert_non_null(target);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fsio_target_close(target);
    return 0;
}

static bool stage(void)
{
    return fsio_target_stage(target, shim_path("staged"), NEW, strlen(NEW), &err);
}

static bool swap(void)
{
    assert_true(stage());
    pauses = slept = 0;
    return fsio_target_swap(target, shim_path("staged"), OLD, strlen(OLD), &err);
}

static void refused(enum err_code code, const char *words)
{
    assert_int_equal(err.code, code);
    if (strstr(err.text, words) == NULL) {
        fail_msg("'%s' is not in: %s", words, err.text);
    }
    shim_holds("target", OLD);
    assert_true(shim_is_there("staged"));
}

/* --- the tests --- */

static void replaces(void **unused)
{
    (void)unused;
    assert_true(swap());
    shim_holds("target", NEW);
    assert_false(shim_is_there("staged"));
    assert_int_equal(pauses, 0);
}

/* As Windows does for a file that is marked read-only, or whose list denies it. */
static void denied_is_tried_for_half_a_second(void **unused)
{
    (void)unused;
    posix_rename = true;
    rename_open = (struct shim_fault){ERROR_ACCESS_DENIED, SHIM_ALWAYS, 0};
    assert_false(swap());
    refused(ERR_TARGET_ACCESS, "access denied");
    assert_in_range(rename_open.calls, 2, 30);
    assert_int_equal(pauses + 1, rename_open.calls);
    assert_in_range(slept, 400, 700);
    assert_int_equal(move.calls, 0);
}

static void denied_before_2016(void **unused)
{
    (void)unused;
    move = (struct shim_fault){ERROR_ACCESS_DENIED, SHIM_ALWAYS, 0};
    assert_false(swap());
    refused(ERR_TARGET_ACCESS, "access denied");
    assert_in_range(move.calls, 2, 30);
}

static void denied_for_a_moment(void **unused)
{
    (void)unused;
    posix_rename = false;
    move = (struct shim_fault){ERROR_ACCESS_DENIED, 3, 0};
    assert_true(swap());
    shim_holds("target", NEW);
    assert_int_equal(pauses, 3);
}

static void held_and_released(void **unused)
{
    (void)unused;
    move = (struct shim_fault){ERROR_SHARING_VIOLATION, 40, 0};
    assert_true(swap());
    shim_holds("target", NEW);
    assert_int_equal(move.calls, 41);
    assert_int_equal(pauses, 40);
}

static void held_for_good(void **unused)
{
    (void)unused;
    posix_rename = true;
    rename_open = (struct shim_fault){ERROR_SHARING_VIOLATION, SHIM_ALWAYS, 0};
    assert_false(swap());
    refused(ERR_CHANGED, "holds it open");
    assert_int_equal(pauses, PAUSES_MAX);
    assert_int_equal(slept, 3000);
}

static void a_writer_that_ends(void **unused)
{
    (void)unused;
    open_guard = (struct shim_fault){ERROR_SHARING_VIOLATION, 7, 0};
    assert_true(swap());
    shim_holds("target", NEW);
    assert_int_equal(pauses, 7);
}

static void a_writer_that_stays(void **unused)
{
    (void)unused;
    open_guard = (struct shim_fault){ERROR_SHARING_VIOLATION, SHIM_ALWAYS, 0};
    assert_false(swap());
    refused(ERR_CHANGED, "open for writing");
    assert_int_equal(pauses, PAUSES_MAX);
    assert_int_equal(move.calls, 0);
}

static void another_volume(void **unused)
{
    (void)unused;
    move = (struct shim_fault){ERROR_NOT_SAME_DEVICE, SHIM_ALWAYS, 0};
    assert_false(swap());
    refused(ERR_TARGET_VOLUME, "another volume");
    assert_int_equal(move.calls, 1);
}

static void a_list_that_cannot_be_kept(void **unused)
{
    (void)unused;
    keep_list = (struct shim_fault){ERROR_INVALID_OWNER, SHIM_ALWAYS, 0};
    assert_false(stage());
    assert_int_equal(err.code, ERR_TARGET_ACCESS);
    assert_non_null(strstr(err.text, "owner or access list"));
    assert_int_equal(keep_list.calls, 2); /* again with the privileges taken up */
    assert_false(shim_is_there("staged"));
    shim_holds("target", OLD);
}

static void a_list_that_takes_a_privilege(void **unused)
{
    (void)unused;
    keep_list = (struct shim_fault){ERROR_ACCESS_DENIED, 1, 0};
    assert_true(stage());
    assert_int_equal(keep_list.calls, 2);
}

static void rights_that_changed_meanwhile(void **unused)
{
    (void)unused;
    assert_true(stage());
    grown_list = L"O:BAG:BAD:(A;;FA;;;WD)";
    assert_false(fsio_target_swap(target, shim_path("staged"), OLD, strlen(OLD), &err));
    grown_list = NULL;
    refused(ERR_CHANGED, "changed it meanwhile");
    assert_int_equal(move.calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replaces, begin, end),
        cmocka_unit_test_setup_teardown(denied_is_tried_for_half_a_second, begin, end),
        cmocka_unit_test_setup_teardown(denied_before_2016, begin, end),
        cmocka_unit_test_setup_teardown(denied_for_a_moment, begin, end),
        cmocka_unit_test_setup_teardown(held_and_released, begin, end),
        cmocka_unit_test_setup_teardown(held_for_good, begin, end),
        cmocka_unit_test_setup_teardown(a_writer_that_ends, begin, end),
        cmocka_unit_test_setup_teardown(a_writer_that_stays, begin, end),
        cmocka_unit_test_setup_teardown(another_volume, begin, end),
        cmocka_unit_test_setup_teardown(a_list_that_cannot_be_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_list_that_takes_a_privilege, begin, end),
        cmocka_unit_test_setup_teardown(rights_that_changed_meanwhile, begin, end),
    };

    return cmocka_run_group_tests(tests, shim_make, shim_remove);
}
