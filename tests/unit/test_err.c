/* SPDX-License-Identifier: MIT */
/* The error value: reasons, exit codes, and that no hostile byte survives in its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/err.h"
#include "base/text.h"

static void every_reason_has_an_id_and_an_exit_code(void **state)
{
    (void)state;
    for (int a = 1; a < ERR_CODE_COUNT; a++) {
        assert_in_range(err_exit((enum err_code)a), 1, 41);
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(err_reason((enum err_code)a), err_reason((enum err_code)b));
        }
    }
    assert_int_equal(err_exit(ERR_NONE), 0);
    assert_string_equal(err_reason(ERR_SIGNATURE_FORM), "signature.form");
    assert_int_equal(err_exit(ERR_SIGNATURE_FORM), 11);
    assert_string_equal(err_reason((enum err_code)9999), "internal");
}

static void hostile_bytes_are_escaped(void **state)
{
    struct err err = {0};

    (void)state;
    assert_false(err_set(&err, ERR_IO, "name %s end", "a\033[31m\xe2\x80\xae\xff\n"));
    assert_string_equal(err.text, "name a\\x1b[31m\\xe2\\x80\\xae\\xff\\x0a end");
    assert_int_equal(err.code, ERR_IO);
}

static void context_stands_in_front(void **state)
{
    struct err err = {0};

    (void)state;
    err_set(&err, ERR_PIN_FORM, "not hex");
    err_context(&err, "line %d", 3);
    err_context(&err, "keys.txt");
    assert_string_equal(err.text, "keys.txt: line 3: not hex");
    assert_int_equal(err.code, ERR_PIN_FORM);
    assert_false(err_set(NULL, ERR_IO, "x"));
    err_context(NULL, "x");
}

static void long_texts_are_cut(void **state)
{
    struct err err = {0};
    char text[2 * ERR_TEXT_SIZE];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    err_set(&err, ERR_IO, "%s", text);
    assert_true(strlen(err.text) < ERR_TEXT_SIZE);
    assert_string_equal(err.text + strlen(err.text) - 3, "...");
    err_context(&err, "%s", text);
    assert_true(strlen(err.text) < ERR_TEXT_SIZE);
}

static void assert_utf8(const char *text)
{
    uint32_t c;
    size_t n;

    for (size_t left = strlen(text); left > 0; text += n, left -= n) {
        n = text_utf8(&c, text, left);
        assert_int_not_equal(n, 0);
    }
}

static void a_cut_leaves_whole_characters(void **state)
{
    static char text[2 * ERR_TEXT_SIZE + 8];
    struct err err = {0};

    (void)state;
    for (size_t pad = 0; pad < 4; pad++) {
        memset(text, 'x', pad);
        for (size_t i = pad; i + 4 < sizeof text; i += 4) {
            memcpy(text + i, "\xf0\x9f\x98\x80", 4); /* four bytes, one character */
        }
        err_set(&err, ERR_IO, "%s", text);
        assert_utf8(err.text);
        err_set(&err, ERR_IO, "reason");
        err_context(&err, "%s", text);
        assert_utf8(err.text);
        assert_string_equal(err.text + strlen(err.text) - 11, "...: reason");
    }
}

static void system_errors_have_their_codes(void **state)
{
    static const struct {
        int number;
        enum err_code code;
    } rows[] = {{ENOENT, ERR_IO_ABSENT}, {ENOTDIR, ERR_IO_ABSENT}, {EEXIST, ERR_IO_EXISTS},
                {ENOSPC, ERR_IO_FULL},   {EDQUOT, ERR_IO_FULL},    {EIO, ERR_IO}};
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(err_io(&err, rows[i].number, "%s", "file"));
        assert_int_equal(err.code, rows[i].code);
        assert_memory_equal(err.text, "file: ", 6);
    }
    assert_false(err_memory(&err));
    assert_int_equal(err.code, ERR_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_an_id_and_an_exit_code),
        cmocka_unit_test(hostile_bytes_are_escaped),
        cmocka_unit_test(context_stands_in_front),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(a_cut_leaves_whole_characters),
        cmocka_unit_test(system_errors_have_their_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
