/* SPDX-License-Identifier: MIT */
/* A slip of the fingers is told before the work, not after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "tests/unit/scratch.h"

static struct err err;

static enum err_code check(const char *path)
{
    bool ok;

    err = (struct err){0};
    ok = outfile_check(path, &err);
    assert_int_equal(ok, err.code == ERR_NONE);
    return err.code;
}

static void a_new_file_in_a_folder_that_is_there(void **state)
{
    (void)state;
    assert_int_equal(check(scratch("new")), ERR_NONE);
    assert_int_equal(check("new"), ERR_NONE);
    assert_true(fsio_write_new(scratch("old"), "x", 1, 0600, &err));
    assert_int_equal(check(scratch("old")), ERR_IO_EXISTS);
    assert_int_equal(check(scratch("")), ERR_IO_EXISTS);
    assert_int_equal(symlink("nowhere", scratch("link")), 0);
    assert_int_equal(check(scratch("link")), ERR_IO_EXISTS);
    assert_int_equal(check(scratch("absent/new")), ERR_IO_ABSENT);
    assert_non_null(strstr(err.text, "make it first"));
    assert_int_equal(check(scratch("old/new")), ERR_IO_KIND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_in_a_folder_that_is_there),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
