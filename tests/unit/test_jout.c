/* SPDX-License-Identifier: MIT */
/* JSON output: its exact form, hostile text, and failures that no caller has to look for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/fsio.h"
#include "base/jout.h"
#include "base/when.h"
#include "tests/unit/scratch.h"

static struct err err;

/* What jout_print writes, in a static buffer. */
static const char *printed(const struct jout *j)
{
    static char text[4096];
    FILE *file = fopen(scratch("json"), "w+");
    size_t len;

    assert_non_null(file);
    assert_true(jout_print(j, file, &err));
    rewind(file);
    len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static void a_tree_has_one_form(void **state)
{
    struct jout *j = jout_new(), *list, *item;

    (void)state;
    jout_text(j, "name", "a \"b\"\n");
    jout_text(j, "none", NULL);
    jout_number(j, "largest", INT64_MAX);
    jout_bool(j, "ok", true);
    jout_time(j, "when", WHEN_MIN);
    jout_hex(j, "sha256", (const uint8_t *)"\x0a\xff", 2);
    jout_hex(j, "empty", NULL, 0);
    jout_text(jout_object(j, "child"), "x", "y");
    list = jout_array(j, "list");
    jout_item_text(list, "first");
    item = jout_item(list);
    jout_number(item, "n", 2);
    jout_array(item, "below");
    assert_string_equal(printed(j), "{\n"
                                    "  \"name\": \"a \\\"b\\\"\\n\",\n"
                                    "  \"none\": null,\n"
                                    "  \"largest\": 9223372036854775807,\n"
                                    "  \"ok\": true,\n"
                                    "  \"when\": \"2000-01-01T00:00:00Z\",\n"
                                    "  \"sha256\": \"0aff\",\n"
                                    "  \"empty\": \"\",\n"
                                    "  \"child\": {\n"
                                    "    \"x\": \"y\"\n"
                                    "  },\n"
                                    "  \"list\": [\n"
                                    "    \"first\",\n"
                                    "    {\n"
                                    "      \"n\": 2,\n"
                                    "      \"below\": []\n"
                                    "    }\n"
                                    "  ]\n"
                                    "}\n");
    jout_free(j);
}

static void what_turns_a_terminal_is_escaped(void **state)
{
    struct jout *j = jout_new();

    (void)state;
    jout_text(j, "file", "\xe2\x80\xae\xc2\x9b.tar");
    assert_string_equal(printed(j), "{\n  \"file\": \"\\u202E\\u009B.tar\"\n}\n");
    jout_free(j);
}

static void a_member_set_again_keeps_its_place(void **state)
{
    struct jout *j = jout_new();

    (void)state;
    jout_bool(j, "ok", false);
    jout_text(j, "name", "x");
    jout_bool(j, "ok", true);
    assert_string_equal(printed(j), "{\n  \"ok\": true,\n  \"name\": \"x\"\n}\n");
    jout_free(j);
}

static void hostile_text_is_still_json(void **state)
{
    struct jout *j = jout_new();
    json_t *read;
    char *large = malloc(1 << 20);

    (void)state;
    assert_non_null(large);
    memset(large, 0xff, (1 << 20) - 1);
    large[(1 << 20) - 1] = '\0';
    jout_text(j, "bytes", "a\xff\xc0\x80z");
    jout_text(j, "control", "\033[1m\x7f");
    jout_text_len(j, "nul", "a\0b", 3);
    jout_text_len(j, "both", "\0\xff", 2);
    jout_item_text(jout_array(j, "list"), "\xed\xa0\x80");
    jout_text(j, "large", large);
    {
        FILE *file = fopen(scratch("json"), "w+");

        assert_non_null(file);
        assert_true(jout_print(j, file, &err));
        rewind(file);
        read = json_loadf(file, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        fclose(file);
    }
    assert_non_null(read);
    assert_string_equal(json_string_value(json_object_get(read, "bytes")), "a\\xff\\xc0\\x80z");
    assert_string_equal(json_string_value(json_object_get(read, "control")), "\033[1m\x7f");
    assert_int_equal(json_string_length(json_object_get(read, "nul")), 3);
    assert_memory_equal(json_string_value(json_object_get(read, "nul")), "a\0b", 3);
    assert_string_equal(json_string_value(json_object_get(read, "both")), "\\x00\\xff");
    assert_string_equal(json_string_value(json_array_get(json_object_get(read, "list"), 0)),
                        "\\xed\\xa0\\x80");
    assert_int_equal(json_string_length(json_object_get(read, "large")), 4 * ((1 << 20) - 1));
    json_decref(read);
    jout_free(j);
    free(large);
}

static void no_tree_is_an_error_and_nothing_else(void **state)
{
    (void)state;
    jout_text(NULL, "a", "b");
    jout_number(NULL, "a", 1);
    jout_bool(NULL, "a", true);
    jout_time(NULL, "a", 0);
    jout_hex(NULL, "a", (const uint8_t *)"x", 1);
    jout_item_text(NULL, "x");
    assert_null(jout_object(NULL, "a"));
    assert_null(jout_array(NULL, "a"));
    assert_null(jout_item(NULL));
    assert_false(jout_print(NULL, stdout, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    jout_free(NULL);
}

static void what_cannot_be_built_is_not_printed(void **state)
{
    struct jout *j = jout_new();
    FILE *file = fopen(scratch("json"), "w+");

    (void)state;
    assert_non_null(file);
    jout_number(jout_object(j, "child"), "n", (uint64_t)INT64_MAX + 1);
    assert_false(jout_print(j, file, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    assert_int_equal(ftell(file), 0);
    fclose(file);
    jout_free(j);
}

static void a_stream_that_fails_is_told(void **state)
{
    struct jout *j = jout_new();
    FILE *file = fopen("/dev/full", "w");

    (void)state;
    if (file == NULL) {
        jout_free(j);
        print_message("SKIP: no /dev/full here\n");
        skip();
    }
    setvbuf(file, NULL, _IONBF, 0);
    jout_text(j, "a", "b");
    err.code = ERR_NONE;
    assert_false(jout_print(j, file, &err));
    assert_int_equal(err.code, ERR_IO_FULL);
    fclose(file);
    jout_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_has_one_form),
        cmocka_unit_test(what_turns_a_terminal_is_escaped),
        cmocka_unit_test(a_member_set_again_keeps_its_place),
        cmocka_unit_test(hostile_text_is_still_json),
        cmocka_unit_test(no_tree_is_an_error_and_nothing_else),
        cmocka_unit_test(what_cannot_be_built_is_not_printed),
        cmocka_unit_test(a_stream_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
