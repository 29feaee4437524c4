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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_limit_is_known)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
