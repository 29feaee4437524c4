/* SPDX-License-Identifier: MIT */
/* Events have the numbers that monitoring relies on. What Windows gets: tests/windows/unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/event.h"

/* Released numbers do not change: a few of every kind, written down. */
static void numbers_stay(void **unused)
{
    (void)unused;
    assert_int_equal(EVENT_ENROLLED, 1);
    assert_int_equal(EVENT_APPLIED, 2);
    assert_int_equal(EVENT_RECOVERED, 5);
    assert_int_equal(event_of_reason(ERR_INTERNAL), 101);
    assert_int_equal(event_of_reason(ERR_CONTAINER_FORM), 1001);
    assert_int_equal(event_of_reason(ERR_SIGNATURE_VALUE), 1105);
    assert_int_equal(event_of_reason(ERR_CHANGED), 2101);
    assert_int_equal(event_of_reason(ERR_CHECK_FAILED), 2401);
    assert_int_equal(event_of_reason(ERR_HOLD), 3201);
}

static void each_reason_has_one_below_its_exit_code(void **unused)
{
    (void)unused;
    for (int code = 1; code < ERR_CODE_COUNT; code++) {
        unsigned number = event_of_reason((enum err_code)code);

        assert_int_equal((int)number / 100, err_exit((enum err_code)code));
        for (int other = 1; other < code; other++) {
            assert_int_not_equal(number, event_of_reason((enum err_code)other));
        }
    }
    assert_int_equal(event_of_reason(ERR_NONE), 101);
    assert_int_equal(event_of_reason((enum err_code)ERR_CODE_COUNT), 101);
}

static void nothing_is_registered_here(void **unused)
{
    struct err err = {0};
    bool told = true;

    (void)unused;
    assert_true(event_register(&told, &err));
    assert_false(told);
    err_set(&err, ERR_CHANGED, "a text");
    event_refused(&err);
    event_done(EVENT_APPLIED, "a text");
    assert_string_equal(err.text, "a text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stay),
        cmocka_unit_test(each_reason_has_one_below_its_exit_code),
        cmocka_unit_test(nothing_is_registered_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
