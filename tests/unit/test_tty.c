/* SPDX-License-Identifier: MIT */
/* The question on the terminal: no echo, the modes given back, and every way that it can fail. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "base/tty.h"
#include "tests/unit/pty_kit.h"

static bool question(struct buf *out, struct err *err)
{
    return tty_ask_secret("Passphrase: ", out, err);
}

static void a_line_is_read_without_echo(void **state)
{
    struct pty p;
    struct pty_result r;

    (void)state;
    assert_true(pty_start(&p, question, 100, true));
    assert_true(pty_expect(&p, "Passphrase: "));
    assert_true(pty_type(&p, "sesam \xc3\xb6"
                             "ffne\n"));
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_true(r.ok);
    assert_string_equal(r.text, "sesam \xc3\xb6"
                                "ffne");
    assert_null(strstr(p.seen, "sesam"));
    assert_non_null(strchr(p.seen, '\n')); /* the cursor stands on a new line */
    assert_true(pty_echo(&p));
    pty_close(&p);
}

static bool open_question(struct buf *out, struct err *err)
{
    return tty_ask("Fingerprint: ", out, err);
}

static void what_is_no_secret_is_seen(void **state)
{
    struct pty p;
    struct pty_result r;

    (void)state;
    assert_true(pty_start(&p, open_question, 100, true));
    assert_true(pty_wait(&p, "Fingerprint: ", true));
    assert_true(pty_type(&p, "6b43 368b\n"));
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_true(r.ok);
    assert_string_equal(r.text, "6b43 368b");
    assert_non_null(strstr(p.seen, "6b43 368b"));
    pty_close(&p);
}

static void an_empty_line_is_an_empty_answer(void **state)
{
    struct pty p;
    struct pty_result r;

    (void)state;
    assert_true(pty_start(&p, question, 100, true));
    assert_true(pty_expect(&p, "Passphrase: "));
    assert_true(pty_type(&p, "\n"));
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_true(r.ok);
    assert_int_equal(r.len, 0);
    pty_close(&p);
}

static void the_longest_line_fits_and_one_byte_more_does_not(void **state)
{
    struct pty p;
    struct pty_result r;

    (void)state;
    assert_true(pty_start(&p, question, 8, true));
    assert_true(pty_expect(&p, "Passphrase: "));
    assert_true(pty_type(&p, "12345678\n"));
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_true(r.ok);
    assert_string_equal(r.text, "12345678");
    pty_close(&p);
    assert_true(pty_start(&p, question, 8, true));
    assert_true(pty_expect(&p, "Passphrase: "));
    assert_true(pty_type(&p, "123456789\n"));
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_false(r.ok);
    assert_int_equal(r.code, ERR_IO_LIMIT);
    assert_int_equal(r.len, 0);
    assert_null(strstr(r.text, "123456789"));
    assert_true(pty_echo(&p));
    pty_close(&p);
}

static void the_end_of_input_is_no_answer(void **state)
{
    struct pty p;
    struct pty_result r;

    (void)state;
    assert_true(pty_start(&p, question, 100, true));
    assert_true(pty_expect(&p, "Passphrase: "));
    assert_true(pty_type(&p, "\x04"));
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_false(r.ok);
    assert_int_equal(r.code, ERR_IO);
    assert_true(pty_echo(&p));
    pty_close(&p);
}

static void without_a_terminal_nothing_is_asked(void **state)
{
    struct pty p;
    struct pty_result r;

    (void)state;
    assert_true(pty_start(&p, question, 100, false));
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_false(r.ok);
    assert_int_equal(r.code, ERR_IO_ABSENT);
    pty_close(&p);
}

static void an_interrupt_ends_it_with_the_echo_given_back(void **state)
{
    struct pty p;
    struct pty_result r;
    int status;

    (void)state;
    assert_true(pty_start(&p, question, 100, true));
    assert_true(pty_expect(&p, "Passphrase: "));
    assert_true(pty_type(&p, "half\x03"));
    status = pty_finish(&p, &r);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
    assert_false(r.ok);
    assert_true(pty_echo(&p));
    pty_close(&p);
}

static bool question_of_one_who_ignores_signals(struct buf *out, struct err *err)
{
    struct sigaction now;
    bool ok;

    signal(SIGHUP, SIG_IGN);
    ok = tty_ask_secret("Passphrase: ", out, err);
    return ok && sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void an_ignored_signal_stays_ignored(void **state)
{
    struct pty p;
    struct pty_result r;

    (void)state;
    assert_true(pty_start(&p, question_of_one_who_ignores_signals, 100, true));
    assert_true(pty_expect(&p, "Passphrase: "));
    assert_int_equal(kill(p.child, SIGHUP), 0);
    assert_true(pty_type(&p, "word\n"));
    assert_int_equal(pty_finish(&p, &r), 0);
    assert_true(r.ok);
    assert_string_equal(r.text, "word");
    pty_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_without_echo),
        cmocka_unit_test(what_is_no_secret_is_seen),
        cmocka_unit_test(an_empty_line_is_an_empty_answer),
        cmocka_unit_test(the_longest_line_fits_and_one_byte_more_does_not),
        cmocka_unit_test(the_end_of_input_is_no_answer),
        cmocka_unit_test(without_a_terminal_nothing_is_asked),
        cmocka_unit_test(an_interrupt_ends_it_with_the_echo_given_back),
        cmocka_unit_test(an_ignored_signal_stays_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
