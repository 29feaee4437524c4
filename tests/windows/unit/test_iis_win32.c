/* SPDX-License-Identifier: MIT */
/* IIS's limit in both views of the registry, which is wine's own. */
#include "tests/windows/unit/shim_win32.h"

#include "base/iis.h"

#define SETTINGS L"SOFTWARE\\Microsoft\\InetStp\\Configuration"
#define NAME L"MaxWebConfigFileSizeInKB"
#define ABSENT 0xffffffffu

static void put(REGSAM view, DWORD value)
{
    HKEY key;

    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, SETTINGS, 0, NULL, 0,
                                     KEY_ALL_ACCESS | view, NULL, &key, NULL),
                     0);
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
    HKEY key;

    (void)unused;
    put(KEY_WOW64_64KEY, 300);
    assert_int_equal(
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, SETTINGS, 0, KEY_SET_VALUE | KEY_WOW64_64KEY, &key), 0);
    assert_int_equal(RegSetValueExW(key, NAME, 0, REG_SZ, (const BYTE *)L"3", 4), 0);
    assert_false(iis_limit_kib(&kib));
    assert_int_equal(RegSetValueExW(key, NAME, 0, REG_SZ, (const BYTE *)L"300000", 14), 0);
    assert_false(iis_limit_kib(&kib));
    RegCloseKey(key);
}

static int remove_key(void **state)
{
    nothing(state);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, SETTINGS, KEY_WOW64_64KEY, 0);
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, SETTINGS, KEY_WOW64_32KEY, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(both_views_count, nothing),
        cmocka_unit_test_setup(another_type_is_no_value, nothing),
    };

    return cmocka_run_group_tests(tests, NULL, remove_key);
}
