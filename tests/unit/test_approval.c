/* SPDX-License-Identifier: MIT */
/* Pins by what people type: one pin and only one, or a refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bundler/approval.h"
#include "tests/unit/article_pins.h"

#define SHA_A "a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90a1b"
#define SHA_B "a0b1c2d3e4ffa6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90a1b"
#define SHA_C "ffb1c2d3e4ffa6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90a1b"

static struct err err;
static struct ledger *ledger;
static struct approval list;

static void put(const char *hex)
{
    uint8_t sha256[32];

    assert_true(text_unhex(sha256, sizeof sha256, hex, strlen(hex), false));
    assert_non_null(ledger_add(ledger, sha256, &err));
}

static int begin(void **state)
{
    (void)state;
    err = (struct err){0};
    approval_init(&list);
    ledger = ledger_new(&err);
    put(SHA_A);
    put(SHA_B);
    return 0;
}

static int end(void **state)
{
    (void)state;
    approval_release(&list);
    ledger_free(ledger);
    return 0;
}

static enum err_code add_code(const char *typed)
{
    err = (struct err){0};
    return approval_add(&list, ledger, typed, &err) ? ERR_NONE : err.code;
}

static enum err_code any_code(const char *typed)
{
    err = (struct err){0};
    return approval_add_any(&list, ledger, typed, &err) ? ERR_NONE : err.code;
}

static void spaces_colons_and_case_do_not_matter(void **unused)
{
    static const char *const rows[] = {SHA_A, "a0b1c2d3e4f5", "A0B1 C2D3 E4F5", "a0:b1:C2:d3:e4:f5",
                                       " a0b1c2d3e4f5 "};

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(add_code(rows[i]), ERR_NONE);
    }
    assert_int_equal(list.count, 1); /* each once */
    assert_ptr_equal(list.pins[0], ledger->pins[0]);
}

static void what_names_no_single_pin_is_refused(void **unused)
{
    static const char *const malformed[] = {"", "a0b1c2d", "a0b1c2d3-e4f5", "a0b1c2d3e4f5x"};
    static const char *const unfit[] = {"a0b1c2d3" /* two begin so */, "ffffffff", SHA_C,
                                        SHA_A "00"};

    (void)unused;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        assert_int_equal(add_code(malformed[i]), ERR_USAGE);
    }
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        assert_int_equal(add_code(unfit[i]), ERR_UNFIT);
    }
    assert_int_equal(list.count, 0);
    assert_int_equal(ledger->count, 2);
}

static void any_pin_can_be_named_to_retire_it(void **unused)
{
    struct pin pin;

    (void)unused;
    assert_int_equal(any_code("a0b1c2d3e4f5"), ERR_NONE);
    assert_int_equal(any_code(SHA_A), ERR_NONE);
    assert_int_equal(list.count, 1);
    assert_int_equal(any_code("ffb1c2d3"), ERR_UNFIT); /* a prefix must be known */
    assert_int_equal(any_code(SHA_C), ERR_NONE);
    assert_int_equal(any_code(ARTICLE_PIN_1), ERR_NONE);
    assert_int_equal(list.count, 3);
    assert_int_equal(ledger->count, 4);
    assert_true(pin_from_hex(&pin, ARTICLE_PIN_1, strlen(ARTICLE_PIN_1), &err));
    assert_ptr_equal(ledger_find(ledger, pin.sha256), list.pins[2]);
}

static void what_is_no_key_is_not_retired(void **unused)
{
    char too_long[2 * PIN_BYTES_MAX + 2];

    (void)unused;
    assert_int_equal(any_code(SHA_A "0"), ERR_PIN_FORM);
    assert_int_equal(any_code(SHA_A SHA_B), ERR_PIN_FORM);
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    assert_int_equal(any_code(too_long), ERR_USAGE);
    assert_int_equal(list.count, 0);
    assert_int_equal(ledger->count, 2);
}

static void all_are_those_nobody_decided_about(void **unused)
{
    (void)unused;
    ledger->pins[1]->state = LEDGER_EXCLUDED;
    put(SHA_C);
    ledger->pins[2]->state = LEDGER_RETIRED;
    assert_true(approval_add_seen(&list, ledger, &err));
    assert_int_equal(list.count, 1);
    assert_ptr_equal(list.pins[0], ledger->pins[0]);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)
    static const struct CMUnitTest tests[] = {
        EACH(spaces_colons_and_case_do_not_matter), EACH(what_names_no_single_pin_is_refused),
        EACH(any_pin_can_be_named_to_retire_it),    EACH(what_is_no_key_is_not_retired),
        EACH(all_are_those_nobody_decided_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
