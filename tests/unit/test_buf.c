/* SPDX-License-Identifier: MIT */
/* The capped buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void it_never_exceeds_its_maximum(void **state)
{
    struct err err = {0};
    struct buf buf;

    (void)state;
    buf_init(&buf, 10);
    assert_true(buf_add(&buf, "12345", 5, &err));
    assert_true(buf_add_text(&buf, "67890", &err));
    assert_false(buf_add(&buf, "x", 1, &err));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    assert_true(buf_is(&buf, "1234567890", 10));
    assert_null(buf_reserve(&buf, SIZE_MAX, &err));
    assert_false(buf_printf(&buf, &err, "%d", 1));
    assert_string_equal(buf_text(&buf), "1234567890");
    buf_release(&buf);
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf.max, 10);
}

static void it_grows_and_stays_terminated(void **state)
{
    struct err err = {0};
    struct buf a, b;

    (void)state;
    buf_init(&a, 100000);
    buf_init_secret(&b, 100000);
    for (int i = 0; i < 5000; i++) {
        assert_true(buf_printf(&a, &err, "%d,", i));
        assert_true(buf_printf(&b, &err, "%d,", i));
    }
    assert_true(buf_equal(&a, &b));
    assert_int_equal(strlen(buf_text(&a)), a.len);
    assert_memory_equal(buf_text(&a), "0,1,2,", 6);
    buf_clear(&a);
    assert_int_equal(a.len, 0);
    assert_false(buf_equal(&a, &b));
    buf_release(&a);
    buf_release(&b);
}

static void clearing_a_secret_wipes_it(void **state)
{
    struct err err = {0};
    struct buf buf;

    (void)state;
    buf_init_secret(&buf, 100);
    assert_true(buf_add_text(&buf, "passphrase", &err));
    buf_clear(&buf);
    for (size_t i = 0; i < buf.cap; i++) {
        assert_int_equal(buf.data[i], 0);
    }
    buf_release(&buf);
}

static void the_largest_maximum_is_no_overflow(void **state)
{
    struct err err = {0};
    struct buf buf;

    (void)state;
    buf_init(&buf, SIZE_MAX);
    assert_true(buf_add(&buf, "x", 1, &err));
    assert_null(buf_reserve(&buf, SIZE_MAX - 1, &err));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    assert_string_equal(buf_text(&buf), "x");
    buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_never_exceeds_its_maximum),
        cmocka_unit_test(it_grows_and_stays_terminated),
        cmocka_unit_test(the_largest_maximum_is_no_overflow),
        cmocka_unit_test(clearing_a_secret_wipes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
