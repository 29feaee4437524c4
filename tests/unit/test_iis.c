/* SPDX-License-Identifier: MIT */
/* Where there is no IIS, nothing is known of it. On Windows: tests/windows/unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/iis.h"

static void no_limit_is_known(void **unused)
{
    uint64_t kib = 7;

    (void)unused;
    assert_false(iis_limit_kib(&kib));
    assert_int_equal(kib, 7);
}

static void no_sites_are_known(void **unused)
{
    struct fsio_names drives = {.count = 7};
    struct err err = {0};

    (void)unused;
    assert_null(iis_hosting());
    assert_true(iis_drives(&drives, &err));
    assert_int_equal(drives.count, 0);
    assert_null(iis_expand("%SystemDrive%", &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_limit_is_known),
                                       cmocka_unit_test(no_sites_are_known)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
