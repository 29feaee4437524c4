/* SPDX-License-Identifier: MIT */
/* Which access lists keep a state folder to itself: wine has none, so the lists are the test's. */
#include "tests/windows/unit/shim_win32.h"

#include <aclapi.h>
#include <sddl.h>

#include "base/fsio.h"
#include "base/fsio_edge_win32.h"

/* What GetSecurityInfo says of the folder itself, and of all above it. */
static const wchar_t *own, *above;
static unsigned asked;
static BOOL administrator;

#define GOOD L"O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

static DWORD WINAPI shim_GetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE type,
                                         SECURITY_INFORMATION parts, PSID *owner, PSID *group,
                                         PACL *list, PACL *system, PSECURITY_DESCRIPTOR *all)
{
    wchar_t path[MAX_PATH];
    BOOL present, defaulted;
    bool is_own;

    (void)type;
    (void)parts;
    (void)group;
    (void)system;
    asked++;
    assert_true(GetFinalPathNameByHandleW(handle, path, MAX_PATH, 0) > 0);
    is_own = wcsstr(path, L"pinferry-") != NULL;
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(is_own ? own : above,
                                                                     SDDL_REVISION_1, all, NULL));
    assert_true(GetSecurityDescriptorOwner(*all, owner, &defaulted));
    assert_true(GetSecurityDescriptorDacl(*all, &present, list, &defaulted));
    if (!present) {
        *list = NULL;
    }
    return 0;
}
SHIM(GetSecurityInfo);

static BOOL WINAPI shim_CheckTokenMembership(HANDLE token, PSID sid, PBOOL member)
{
    (void)token;
    assert_true(IsWellKnownSid(sid, WinBuiltinAdministratorsSid));
    *member = administrator;
    return TRUE;
}
SHIM(CheckTokenMembership);

static int begin(void **state)
{
    (void)state;
    own = above = GOOD;
    asked = 0;
    administrator = TRUE;
    return 0;
}

static void closed_to_others(void **unused)
{
    static const wchar_t *const lists[] = {
        GOOD,
        L"O:SYG:SYD:P(A;;FA;;;SY)",
        L"O:BAD:(A;;FA;;;BA)(D;;FA;;;WD)",       /* what is denied does no harm */
        L"O:BAD:(A;;FA;;;BA)(A;OICIIO;FA;;;WD)", /* what only its content would inherit, too */
        L"O:BAD:(A;;FA;;;CO)",
        L"O:BAD:(A;;FR;;;WD)",
        L"O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464D:P(A;;FA;;;BA)",
    };
    struct err err = {0};

    (void)unused;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        own = lists[i];
        if (!fsio_check_protected(shim_dir, &err)) {
            fail_msg("list %zu: %s", i, err.text);
        }
    }
    assert_true(asked >= 4); /* each folder on the way, too */
}

static void open_to_others(void **unused)
{
    static const struct {
        const wchar_t *list;
        const char *words;
    } rows[] = {
        {L"O:BAD:(A;;FA;;;BA)(A;;FA;;;WD)", "others can write"},
        {L"O:BAD:(A;;FA;;;BA)(A;;0x2;;;BU)", "others can write"},  /* a new file */
        {L"O:BAD:(A;;FA;;;BA)(A;;WD;;;AU)", "others can write"},   /* WRITE_DAC */
        {L"O:BAD:(A;;FA;;;BA)(A;;0x40;;;AU)", "others can write"}, /* delete a child */
        {L"O:BAD:(A;;FA;;;BA)(A;;SD;;;AU)", "others can write"},   /* delete itself */
        {L"O:BA", "others can write"},                             /* no list at all */
        {L"O:WDD:(A;;FA;;;BA)", "belongs to another account"},
        {L"O:BUD:(A;;FA;;;BA)", "takeown"},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};

        own = rows[i].list;
        if (fsio_check_protected(shim_dir, &err) || err.code != ERR_STATE_ACCESS ||
            strstr(err.text, rows[i].words) == NULL || strstr(err.text, "pinferry-") == NULL) {
            fail_msg("row %zu: %s", i, err.text);
        }
    }
}

static void a_folder_above_that_others_can_take_away(void **unused)
{
    struct err err = {0};

    (void)unused;
    above = L"O:BAD:(A;;FA;;;BA)(A;;FRFX;;;BU)(A;;0x2;;;BU)"; /* new files beside it do no harm */
    assert_true(fsio_check_protected(shim_dir, &err));
    above = L"O:BAD:(A;;FA;;;BA)(A;;0x40;;;BU)";
    assert_false(fsio_check_protected(shim_dir, &err));
    assert_int_equal(err.code, ERR_STATE_ACCESS);
    assert_non_null(strstr(err.text, "delete or rename"));
    assert_null(strstr(err.text, "pinferry-"));
}

static void private_is_what_nobody_else_reads(void **unused)
{
    struct err err = {0};
    bool is_private = false;

    (void)unused;
    assert_true(fsio_is_private(shim_dir, &is_private, &err));
    assert_true(is_private);
    own = L"O:BAD:(A;;FA;;;BA)(A;;FR;;;BU)";
    assert_true(fsio_is_private(shim_dir, &is_private, &err));
    assert_false(is_private);
}

/* The list that new state files get. */
static void the_own_list_takes_nothing_over(void **unused)
{
    struct err err = {0};

    (void)unused;
    for (int folder = 0; folder < 2; folder++) {
        for (int admin = 0; admin < 2; admin++) {
            PSECURITY_DESCRIPTOR made;
            wchar_t *text = NULL;

            administrator = admin;
            made = fsio_edge_private(folder, &err);
            assert_non_null(made);
            assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorW(
                made, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
            assert_non_null(wcsstr(text, L"D:P"));
            assert_non_null(wcsstr(text, folder ? L"(A;OICI;FA;;;SY)" : L"(A;;FA;;;SY)"));
            assert_non_null(wcsstr(text, folder ? L"(A;OICI;FA;;;BA)" : L"(A;;FA;;;BA)"));
            assert_int_equal(wcsstr(text, L";S-1-5-21-") == NULL, admin);
            LocalFree(text);
            LocalFree(made);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(closed_to_others, begin),
        cmocka_unit_test_setup(open_to_others, begin),
        cmocka_unit_test_setup(a_folder_above_that_others_can_take_away, begin),
        cmocka_unit_test_setup(private_is_what_nobody_else_reads, begin),
        cmocka_unit_test_setup(the_own_list_takes_nothing_over, begin),
    };

    return cmocka_run_group_tests(tests, shim_make, shim_remove);
}
