/* SPDX-License-Identifier: MIT */
/* IIS's limit in both views of the registry: wine's own, but for a key of the test's in place of
 * IIS's, since other tests run meanwhile. */
#include "tests/windows/unit/shim_win32.h"

#include "base/iis.h"

#define SETTINGS L"SOFTWARE\\Microsoft\\InetStp\\Configuration"
#define NAME L"MaxWebConfigFileSizeInKB"
#define ABSENT 0xffffffffu

#define OWN L"Software\\PinferryTest"

static const wchar_t *own(REGSAM access)
{
    assert_int_not_equal((access & KEY_WOW64_64KEY) != 0, (access & KEY_WOW64_32KEY) != 0);
    return (access & KEY_WOW64_32KEY) != 0 ? OWN L"\\32" : OWN L"\\64";
}

static LSTATUS WINAPI shim_RegOpenKeyExW(HKEY root, LPCWSTR name, DWORD options, REGSAM access,
                                         PHKEY key)
{
    assert_true(root == HKEY_LOCAL_MACHINE);
    assert_int_equal(wcscmp(name, SETTINGS), 0);
    assert_int_equal(access & ~(REGSAM)(KEY_WOW64_64KEY | KEY_WOW64_32KEY), KEY_QUERY_VALUE);
    return SHIM_REAL(L"advapi32.dll", RegOpenKeyExW)(HKEY_CURRENT_USER, own(access), options,
                                                     KEY_QUERY_VALUE, key);
}
SHIM(RegOpenKeyExW);

static HKEY open_own(REGSAM view)
{
    HKEY key;

    assert_int_equal(
        RegCreateKeyExW(HKEY_CURRENT_USER, own(view), 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL),
        0);
    return key;
}

static void put(REGSAM view, DWORD value)
{
    HKEY key = open_own(view);

    if (value == ABSENT) {
        RegDeleteValueW(key, NAME);
    } else {
        assert_int_equal(
            RegSetValueExW(key, NAME, 0, REG_DWORD, (const BYTE *)&value, sizeof value), 0);
    }
    RegCloseKey(key);
}

static int nothing(void **state)
{
    (void)state;
    put(KEY_WOW64_64KEY, ABSENT);
    put(KEY_WOW64_32KEY, ABSENT);
    return 0;
}

static void both_views_count(void **unused)
{
    static const struct {
        DWORD native, small;
        uint64_t limit; /* 0: not set */
    } rows[] = {
        {ABSENT, ABSENT, 0},    {300, ABSENT, 300},     {100, ABSENT, 100},
        {250, ABSENT, 250},     {300, 300, 300},        {300, 280, 280},
        {280, 300, 280},        {ABSENT, 300, 0},       {ABSENT, 250, 0},
        {ABSENT, 100, 100},     {0, ABSENT, 0},         {0, 0, 0},
        {0, 100, 100},          {300, 0, 300},          {1, ABSENT, 1},
        {16384, ABSENT, 16384}, {16385, ABSENT, 16384}, {0xfffffffe, ABSENT, 16384},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t kib = 7;
        bool set;

        put(KEY_WOW64_64KEY, rows[i].native);
        put(KEY_WOW64_32KEY, rows[i].small);
        set = iis_limit_kib(&kib);
        if (set != (rows[i].limit != 0) || kib != (set ? rows[i].limit : 7)) {
            fail_msg("row %zu: %d, %u", i, set, (unsigned)kib);
        }
    }
}

static void another_type_is_no_value(void **unused)
{
    uint64_t kib = 7;
    HKEY key = open_own(KEY_WOW64_64KEY);

    (void)unused;
    assert_int_equal(RegSetValueExW(key, NAME, 0, REG_SZ, (const BYTE *)L"3", 4), 0);
    assert_false(iis_limit_kib(&kib));
    assert_int_equal(RegSetValueExW(key, NAME, 0, REG_SZ, (const BYTE *)L"300000", 14), 0);
    assert_false(iis_limit_kib(&kib));
    RegCloseKey(key);
}

static int remove_key(void **state)
{
    (void)state;
    RegDeleteKeyW(HKEY_CURRENT_USER, OWN L"\\32");
    RegDeleteKeyW(HKEY_CURRENT_USER, OWN L"\\64");
    RegDeleteKeyW(HKEY_CURRENT_USER, OWN);
    return 0;
}

/* A key that is not there at all: a server without IIS. */
static void no_key(void **unused)
{
    uint64_t kib = 7;

    remove_key(unused);
    assert_false(iis_limit_kib(&kib));
    assert_int_equal(kib, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(both_views_count, nothing),
        cmocka_unit_test_setup(another_type_is_no_value, nothing),
        cmocka_unit_test(no_key),
    };

    return cmocka_run_group_tests(tests, NULL, remove_key);
}
