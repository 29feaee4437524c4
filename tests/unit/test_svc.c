/* SPDX-License-Identifier: MIT */
/* Where there are no services, each call says so. On Windows: tests/windows/unit, tests/e2e. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/svc.h"

static void refused(struct err *err)
{
    assert_int_equal(err->code, ERR_CONFIG_SERVICE);
    assert_int_equal(err_exit(err->code), 20);
    assert_non_null(strstr(err->text, "'Spooler'"));
    assert_non_null(strstr(err->text, "on Windows only"));
    *err = (struct err){0};
}

static void there_are_none(void **unused)
{
    struct fsio_names names = {0};
    struct err err = {0};
    bool running = true;

    (void)unused;
    assert_false(svc_supported());
    assert_null(svc_find("Spooler", &err));
    refused(&err);
    assert_false(svc_is_running("Spooler", &running, &err));
    refused(&err);
    assert_true(running);
    assert_false(svc_dependents("Spooler", &names, &err));
    refused(&err);
    assert_int_equal(names.count, 0);
    assert_false(svc_stop("Spooler", 1, &err));
    refused(&err);
    assert_false(svc_start("Spooler", 1, &err));
    refused(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_are_none)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
