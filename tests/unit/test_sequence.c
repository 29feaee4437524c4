/* SPDX-License-Identifier: MIT */
/* sequence.c: numbers that are never taken twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundler/sequence.h"
#include "tests/unit/build_kit.h"

static struct workspace *ws;

static int setup(void **state)
{
    struct err err = {0};
    int made = scratch_make(state);

    if (made == 0) {
        kit_must(workspace_create(scratch("ws"), "a-pins-b.example.com", &err), &err);
        ws = workspace_open(scratch("ws"), true, &err);
        kit_must(ws != NULL, &err);
    }
    return made;
}

static int teardown(void **state)
{
    workspace_close(ws);
    return scratch_remove(state);
}

static void assert_next(uint64_t known, uint64_t least, uint64_t expected)
{
    struct err err = {0};
    uint64_t next = 0;

    kit_must(sequence_next(ws, 2, known, least, &next, &err), &err);
    assert_int_equal(next, expected);
}

static void assert_refused(uint64_t known, enum err_code code, const char *says)
{
    struct err err = {0};
    uint64_t next = 77;

    assert_false(sequence_next(ws, 2, known, 1, &next, &err));
    if (err.code != code || strstr(err.text, says) == NULL) {
        fail_msg("%s, not %s: %s", err_reason(err.code), err_reason(code), err.text);
    }
    assert_int_equal(next, 77);
}

static void test_counting(void **state)
{
    (void)state;
    assert_next(0, 1, 1);
    assert_next(0, 1, 2);
    assert_next(0, 100, 100);
    assert_next(50, 1, 101);
    assert_next(200, 1, 201);
}

static void test_names(void **state)
{
    char name[SEQUENCE_NAME_SIZE];

    (void)state;
    sequence_name(ws, 42, name);
    assert_string_equal(name, "a-pins-b-pins-000042.tar");
    sequence_name(ws, 1234567, name);
    assert_string_equal(name, "a-pins-b-pins-1234567.tar");
}

static void test_what_lies_in_bundles(void **state)
{
    struct err err = {0};
    uint64_t highest = 0;

    (void)state;
    kit_file(ws, "bundles/a-pins-b-pins-000007.tar", "", 0);
    kit_file(ws, "bundles/a-pins-b-pins-000003.tar", "", 0);
    /* none of these is such a name */
    kit_file(ws, "bundles/a-pins-b-pins-00000099.tar", "", 0);
    kit_file(ws, "bundles/a-pins-b-pins-99.tar", "", 0);
    kit_file(ws, "bundles/a-pins-000099.tar", "", 0);
    kit_file(ws, "bundles/a-pins-b-pins-000099.tar.tmpAAAAAA", "", 0);
    kit_file(ws, "bundles/a-pins-b-pins-99999999999999999999999.tar", "", 0);
    kit_file(ws, "bundles/x", "", 0);
    kit_must(sequence_highest(ws, TEXT_NUMBER_MAX, &highest, &err), &err);
    assert_int_equal(highest, 7);
    kit_must(sequence_highest(ws, 6, &highest, &err), &err);
    assert_int_equal(highest, 3);
    assert_refused(0, ERR_REPLAY_SEQUENCE, "a-pins-b-pins-000007.tar");
    assert_refused(6, ERR_REPLAY_SEQUENCE, "--sequence-from");
    assert_next(7, 1, 8);
}

static void test_a_file_that_is_not_to_be_trusted(void **state)
{
    static const char another[] = "<sequence xmlns=\"urn:pinferry:sequence:1\" "
                                  "domain=\"00000000000000000000000000000000\" last=\"4\"/>";
    static const char *const texts[] = {
        "",
        "<sequence/>",
        "<sequence xmlns=\"urn:pinferry:sequence:1\" last=\"4\"/>",
        another,
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        kit_file(ws, SEQUENCE_XML, texts[i], strlen(texts[i]));
        assert_refused(0, ERR_STATE_DAMAGED, "sequence.xml");
    }
}

static void test_only_under_the_lock(void **state)
{
    struct err err = {0};

    (void)state;
    workspace_close(ws);
    ws = workspace_open(scratch("ws"), false, &err);
    kit_must(ws != NULL, &err);
    assert_refused(0, ERR_INTERNAL, "reading");
}

static void test_the_last_number(void **state)
{
    (void)state;
    assert_next(TEXT_NUMBER_MAX - 1, 1, TEXT_NUMBER_MAX);
    assert_refused(0, ERR_CONTAINER_LIMIT, "used up");
}

#define IN_WORKSPACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORKSPACE(test_counting),
        IN_WORKSPACE(test_names),
        IN_WORKSPACE(test_what_lies_in_bundles),
        IN_WORKSPACE(test_a_file_that_is_not_to_be_trusted),
        IN_WORKSPACE(test_only_under_the_lock),
        IN_WORKSPACE(test_the_last_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
