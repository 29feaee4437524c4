/* SPDX-License-Identifier: MIT */
/* Which bundle a folder means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundles/candidate.h"
#include "tests/unit/scratch.h"

static struct err err;

static int empty(void **state)
{
    (void)state;
    scratch_empty(scratch_dir);
    err = (struct err){0};
    return 0;
}

static void touch(const char *name)
{
    FILE *file = fopen(scratch(name), "w");

    assert_non_null(file);
    fclose(file);
}

static void assert_found(const char *path, const char *expected)
{
    char *found = candidate_find(path, &err);

    assert_non_null(found);
    assert_string_equal(found, expected);
    free(found);
}

static void a_file_is_itself(void **unused)
{
    (void)unused;
    touch("any name");
    assert_found(scratch("any name"), scratch("any name"));
    assert_found(scratch("absent.tar"), scratch("absent.tar"));
}

static void the_only_bundle_of_a_folder(void **unused)
{
    (void)unused;
    touch("cns-pins-000042.tar");
    touch("._cns-pins-000042.tar");
    touch(".tar");
    touch("README.txt");
    touch("x.tar.part");
    assert_found(scratch_dir, scratch("cns-pins-000042.tar"));
}

static void none_or_several_are_refused(void **unused)
{
    (void)unused;
    touch("README.txt");
    assert_null(candidate_find(scratch_dir, &err));
    assert_int_equal(err.code, ERR_IO_CANDIDATES);
    touch("a.tar");
    touch("b\x1b[31m.tar");
    assert_null(candidate_find(scratch_dir, &err));
    assert_int_equal(err.code, ERR_IO_CANDIDATES);
    assert_non_null(strstr(err.text, "2 bundles"));
    assert_non_null(strstr(err.text, "a.tar, b\\x1b[31m.tar"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_is_itself, empty),
        cmocka_unit_test_setup(the_only_bundle_of_a_folder, empty),
        cmocka_unit_test_setup(none_or_several_are_refused, empty),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
