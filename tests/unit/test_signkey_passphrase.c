/* SPDX-License-Identifier: MIT */
/* Passphrases from files, the environment and a person; none of them in an error's text. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "keys/signkey.h"
#include "tests/unit/pty_kit.h"
#include "tests/unit/scratch.h"

static struct err err;
static struct buf out;

static int begin(void **state)
{
    (void)state;
    memset(&err, 0, sizeof err);
    buf_init_secret(&out, LIMIT_PASSPHRASE_BYTES);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

/* --- files --- */

static const char *phrase_file(const void *bytes, size_t len)
{
    const char *path = scratch("phrase");

    assert_true(fsio_replace(path, bytes, len, 0600, &err));
    return path;
}

static void the_first_line_of_a_file_is_taken(void **state)
{
    static const char *const rows[][2] = {
        {"sesame", "sesame"},       {"sesame\n", "sesame"},
        {"sesame\r\n", "sesame"},   {"sesame\nsecond\n", "sesame"},
        {" sesame \n", " sesame "}, {"ses\xc3\xa4me\n", "ses\xc3\xa4me"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_clear(&out);
        assert_true(
            signkey_passphrase_file(phrase_file(rows[i][0], strlen(rows[i][0])), &out, &err));
        assert_true(buf_is(&out, rows[i][1], strlen(rows[i][1])));
    }
}

static void a_file_without_a_passphrase_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *say;
    } rows[] = {
        {"", 0, "empty"},
        {"\n", 1, "empty"},
        {"\r\nsesame\n", 8, "empty"},
        {"ses\0me\n", 7, "zero byte"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = phrase_file(rows[i].bytes, rows[i].len);

        assert_false(signkey_passphrase_file(path, &out, &err));
        assert_int_equal(err.code, ERR_CONFIG_KEY);
        assert_non_null(strstr(err.text, rows[i].say));
        assert_non_null(strstr(err.text, path));
        assert_null(strstr(err.text, "ses"));
        assert_int_equal(out.len, 0);
    }
}

static void the_length_is_bounded(void **state)
{
    char text[LIMIT_PASSPHRASE_BYTES + 2];

    (void)state;
    memset(text, 'x', sizeof text);
    text[LIMIT_PASSPHRASE_BYTES] = '\n';
    assert_true(signkey_passphrase_file(phrase_file(text, LIMIT_PASSPHRASE_BYTES + 1), &out, &err));
    assert_int_equal(out.len, LIMIT_PASSPHRASE_BYTES);
    buf_clear(&out);
    text[LIMIT_PASSPHRASE_BYTES] = 'x';
    assert_false(
        signkey_passphrase_file(phrase_file(text, LIMIT_PASSPHRASE_BYTES + 1), &out, &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    assert_int_equal(out.len, 0);
}

static void a_file_that_others_can_read_is_refused(void **state)
{
    const char *path = phrase_file("sesame\n", 7);

    (void)state;
    assert_int_equal(chmod(path, 0640), 0);
    assert_false(signkey_passphrase_file(path, &out, &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    assert_non_null(strstr(err.text, "chmod 600"));
    assert_int_equal(out.len, 0);
    assert_false(signkey_passphrase_file(scratch("absent"), &out, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
}

/* --- environment --- */

static void the_environment_may_have_it(void **state)
{
    char longer[LIMIT_PASSPHRASE_BYTES + 2];
    bool found = true;

    (void)state;
    assert_int_equal(unsetenv("PINFERRY_PASSPHRASE"), 0);
    assert_true(signkey_passphrase_env(&out, &found, &err));
    assert_false(found);
    assert_int_equal(setenv("PINFERRY_PASSPHRASE", "", 1), 0);
    found = true;
    assert_true(signkey_passphrase_env(&out, &found, &err));
    assert_false(found);
    assert_int_equal(out.len, 0);
    assert_int_equal(setenv("PINFERRY_PASSPHRASE", "open sesame", 1), 0);
    assert_true(signkey_passphrase_env(&out, &found, &err));
    assert_true(found);
    assert_string_equal(buf_text(&out), "open sesame");
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(setenv("PINFERRY_PASSPHRASE", longer, 1), 0);
    assert_false(signkey_passphrase_env(&out, &found, &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    assert_non_null(strstr(err.text, "PINFERRY_PASSPHRASE"));
    assert_null(strstr(err.text, "xxxx"));
    assert_int_equal(unsetenv("PINFERRY_PASSPHRASE"), 0);
}

/* --- a person --- */

static bool ask_once(struct buf *to, struct err *why)
{
    return signkey_passphrase_prompt("Passphrase of alice: ", false, to, why);
}

static bool ask_twice(struct buf *to, struct err *why)
{
    return signkey_passphrase_prompt("New passphrase: ", true, to, why);
}

/* One conversation; `second` NULL: asked once only. */
static struct pty_result talk(const char *first, const char *second)
{
    struct pty p;
    struct pty_result r;

    assert_true(pty_start(&p, second == NULL ? ask_once : ask_twice, LIMIT_PASSPHRASE_BYTES, true));
    assert_true(pty_expect(&p, second == NULL ? "Passphrase of alice: " : "New passphrase: "));
    assert_true(pty_type(&p, first));
    if (second != NULL) {
        assert_true(pty_expect(&p, "again: "));
        assert_true(pty_type(&p, second));
    }
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_null(strstr(p.seen, "sesame"));
    assert_true(pty_echo(&p));
    pty_close(&p);
    return r;
}

static void a_person_is_asked(void **state)
{
    struct pty_result r = talk("open sesame\n", NULL);

    (void)state;
    assert_true(r.ok);
    assert_string_equal(r.text, "open sesame");
    r = talk("open sesame\n", "open sesame\n");
    assert_true(r.ok);
    assert_string_equal(r.text, "open sesame");
}

static void a_slip_is_refused(void **state)
{
    struct pty_result r = talk("open sesame\n", "open sesam\n");

    (void)state;
    assert_false(r.ok);
    assert_int_equal(r.code, ERR_CONFIG_KEY);
    assert_non_null(strstr(r.text, "differ"));
    assert_int_equal(r.len, 0);
    r = talk("\n", NULL);
    assert_false(r.ok);
    assert_int_equal(r.code, ERR_CONFIG_KEY);
    assert_non_null(strstr(r.text, "empty"));
}

static void without_a_terminal_the_other_ways_are_named(void **state)
{
    struct pty p;
    struct pty_result r;

    (void)state;
    assert_true(pty_start(&p, ask_once, LIMIT_PASSPHRASE_BYTES, false));
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_false(r.ok);
    assert_int_equal(r.code, ERR_USAGE);
    assert_non_null(strstr(r.text, "--passphrase-file"));
    assert_non_null(strstr(r.text, "PINFERRY_PASSPHRASE"));
    pty_close(&p);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_first_line_of_a_file_is_taken),
        CASE(a_file_without_a_passphrase_is_refused),
        CASE(the_length_is_bounded),
        CASE(a_file_that_others_can_read_is_refused),
        CASE(the_environment_may_have_it),
        CASE(a_person_is_asked),
        CASE(a_slip_is_refused),
        CASE(without_a_terminal_the_other_ways_are_named),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
