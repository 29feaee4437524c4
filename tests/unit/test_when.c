/* SPDX-License-Identifier: MIT */
/* Times: the one form, the civil calendar, the test clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

#include "base/when.h"

static void only_the_one_form_is_read(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-24T00:00:00",
        "2026-11-24 00:00:00Z",
        "2026-11-24T00:00:00z",
        "2026-11-24T00:00:60Z",
        "2026-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "2026-1-01T00:00:00Z",
        "+026-01-01T00:00:00Z",
        "2026-01-01T00:00:00ZZ",
    };
    int64_t when = 3;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(when_parse(&when, bad[i], WHEN_MIN, WHEN_MAX));
    }
    assert_int_equal(when, 3);
    assert_true(when_parse(&when, "2000-01-01T00:00:00Z", WHEN_MIN, WHEN_MAX));
    assert_true(when == WHEN_MIN);
    assert_true(when_parse(&when, "2099-12-31T23:59:59Z", WHEN_MIN, WHEN_MAX));
    assert_true(when == WHEN_MAX);
    assert_true(when_parse(&when, "1950-01-01T00:00:00Z", WHEN_KEY_MIN, WHEN_KEY_MAX));
    assert_true(when == WHEN_KEY_MIN);
    assert_true(when_parse(&when, "9999-12-31T23:59:59Z", WHEN_KEY_MIN, WHEN_KEY_MAX));
    assert_true(when == WHEN_KEY_MAX);
}

static void it_agrees_with_libc_and_itself(void **state)
{
    (void)state;
    for (int64_t when = WHEN_KEY_MIN; when < WHEN_MAX; when += 86399 * 11) {
        char text[WHEN_TEXT_SIZE], expected[WHEN_TEXT_SIZE];
        time_t t = (time_t)when;
        struct tm tm;
        int64_t back;

        when_format(text, when);
        assert_non_null(gmtime_r(&t, &tm));
        assert_int_equal(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
        assert_string_equal(text, expected);
        assert_true(when_parse(&back, text, WHEN_KEY_MIN, WHEN_KEY_MAX));
        assert_true(back == when);
    }
}

static void the_test_build_takes_the_clock_it_is_given(void **state)
{
    (void)state;
    setenv("PINFERRY_TEST_NOW", "2031-01-02T03:04:05Z", 1);
    assert_true(when_now() == 1925089445);
    unsetenv("PINFERRY_TEST_NOW");
    assert_true(when_now() >= (int64_t)time(NULL) - 5 && when_now() <= (int64_t)time(NULL) + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_one_form_is_read),
        cmocka_unit_test(it_agrees_with_libc_and_itself),
        cmocka_unit_test(the_test_build_takes_the_clock_it_is_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
