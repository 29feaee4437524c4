/* SPDX-License-Identifier: MIT */
/* Discovery answers: the one shape, and each way to miss it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "bundler/registry.h"
#include "tests/unit/article_pins.h"

#define HOST "cns.awmdm.com"

static struct err err;

static bool parse(struct registry *r, const char *text)
{
    return registry_parse(r, text, strlen(text), HOST, &err);
}

static void the_article_keys_are_read_in_either_case(void **state)
{
    struct registry r = {0};
    struct pin pin;

    (void)state;
    assert_true(parse(&r, "{\"" HOST "\":[\"" ARTICLE_PIN_1 "\",\"" ARTICLE_PIN_2 "\"]}"));
    assert_int_equal(r.count, 2);
    assert_true(pin_from_hex(&pin, ARTICLE_PIN_1, strlen(ARTICLE_PIN_1), &err));
    assert_true(pin_equal(&r.pins[0], &pin));
    assert_true(pin_compare(&r.pins[0], &r.pins[1]) < 0);
    registry_release(&r);
    assert_true(parse(
        &r, " {\"x\":[], \"CNS.AWMDM.COM\" : [ "
            "\"3082010A0282010100D830F1761B2C0D17F6B523028C47125D3C757EC1DB087C3EC5407E3748A576BAF2"
            "79AEA34C9620D9B3B9F17574335AF64103F9B0792B283346959AD7A9A068108141D63F465E355E06F59BC4"
            "C11FD5267CE987A60F7169AF4CBF1C314A757EE5A910ABF4A2FE32208486DCEE065CCD22DD7DC945907D08"
            "6BADAF0D438F6954369A99BE2FBFA23E18395CCC2D78BE79A5F0416AFD7A75173A8BAB6680B6265C0850B4"
            "313D1D5CE906BB80CFAB2F97479479D3960F98763E409AE8DFFD6125ADBAE662D935FA37A05F52C3692FC5"
            "3BB467B092758AA5ACF7B0D0266A1393465D63422753F7562621508C9DA4ED1D5EC7FB75A46B5FA73EEB59"
            "B8921161D20BE1E70203010001\", \"" ARTICLE_PIN_2 "\" ] }\n"));
    assert_int_equal(r.count, 1);
    assert_true(pin_from_hex(&pin, ARTICLE_PIN_2, strlen(ARTICLE_PIN_2), &err));
    assert_true(pin_equal(&r.pins[0], &pin));
    registry_release(&r);
}

static void each_wrong_answer_has_its_code(void **state)
{
    static const struct {
        const char *text;
        enum err_code code;
    } rows[] = {
        {"", ERR_ANSWER_FORM},
        {"<html><body>Sign in</body></html>", ERR_ANSWER_FORM},
        {"\n <!DOCTYPE html>", ERR_ANSWER_FORM},
        {"[]", ERR_ANSWER_FORM},
        {"null", ERR_ANSWER_FORM},
        {"{}", ERR_ANSWER_EMPTY},
        {" { } ", ERR_ANSWER_EMPTY},
        {"{\"" HOST "\":[]}", ERR_ANSWER_EMPTY},
        {"{\"other.example\":[\"" ARTICLE_PIN_1 "\"]}", ERR_ANSWER_HOST},
        {"{\"" HOST "\":\"" ARTICLE_PIN_1 "\"}", ERR_ANSWER_FORM},
        {"{\"" HOST "\":null}", ERR_ANSWER_FORM},
        {"{\"" HOST "\":[1]}", ERR_ANSWER_FORM},
        {"{\"" HOST "\":[\"" ARTICLE_PIN_1 "\",null]}", ERR_ANSWER_FORM},
        {"{\"" HOST "\":[\"" ARTICLE_PIN_1 "\"],\"x\":1}", ERR_ANSWER_FORM},
        {"{\"" HOST "\":[\"" ARTICLE_PIN_1 "\"],\"" HOST "\":[\"" ARTICLE_PIN_2 "\"]}",
         ERR_ANSWER_FORM},
        {"{\"" HOST "\":[\"" ARTICLE_PIN_1 "\"],\"CNS.awmdm.com\":[\"" ARTICLE_PIN_2 "\"]}",
         ERR_ANSWER_FORM},
        {"{\"" HOST "\":[\"" ARTICLE_PIN_1 "\"]} more", ERR_ANSWER_FORM},
        {"{\"" HOST "\":[\"" ARTICLE_PIN_1 "\"]", ERR_ANSWER_FORM},
        {"{\"" HOST "\":[\"" ARTICLE_PIN_1 "\",]}", ERR_ANSWER_FORM},
        {"{'" HOST "':[]}", ERR_ANSWER_FORM},
        {"{\"" HOST "\":[[\"" ARTICLE_PIN_1 "\"]]}", ERR_ANSWER_FORM},
        {"{\"" HOST "\":[\"\"]}", ERR_ANSWER_KEY},
        {"{\"" HOST "\":[\"3082\"]}", ERR_ANSWER_KEY},
        {"{\"" HOST "\":[\" " ARTICLE_PIN_1 "\"]}", ERR_ANSWER_KEY},
        {"{\"" HOST "\":[\"" ARTICLE_PIN_1 "\",\"zz\"]}", ERR_ANSWER_KEY},
        {"{\"" HOST "\":[\"\\u0000\"]}", ERR_ANSWER_FORM},
        {"{\"" HOST "\":[\"\xff\"]}", ERR_ANSWER_FORM},
    };
    struct registry r = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (parse(&r, rows[i].text) || err.code != rows[i].code) {
            fail_msg("%s: %s (%s)", rows[i].text, err_reason(err.code), err.text);
        }
        assert_null(r.pins);
        assert_int_equal(err_exit(err.code), 41);
    }
}

static void brackets_in_strings_are_no_depth(void **state)
{
    struct registry r = {0};

    (void)state;
    assert_false(parse(&r, "{\"[[[[\\\"{{{\\\\\":[]}"));
    assert_int_equal(err.code, ERR_ANSWER_HOST);
}

static void depth_and_size_are_capped(void **state)
{
    struct registry r = {0};
    struct buf text;

    (void)state;
    buf_init(&text, 2 * LIMIT_ANSWER_BYTES);
    for (int i = 0; i < 500000; i++) {
        assert_true(buf_add(&text, "[", 1, &err));
    }
    assert_false(registry_parse(&r, text.data, text.len, HOST, &err));
    assert_int_equal(err.code, ERR_ANSWER_FORM);
    while (text.len <= LIMIT_ANSWER_BYTES) {
        assert_true(buf_add(&text, "        ", 8, &err));
    }
    assert_false(registry_parse(&r, text.data, text.len, HOST, &err));
    assert_int_equal(err.code, ERR_ANSWER_LIMIT);
    buf_clear(&text);
    assert_true(buf_add_text(&text, "{\"" HOST "\":[\"00\"", &err));
    for (int i = 0; i < LIMIT_PINS; i++) {
        assert_true(buf_add_text(&text, ",\"00\"", &err));
    }
    assert_true(buf_add_text(&text, "]}", &err));
    assert_false(registry_parse(&r, text.data, text.len, HOST, &err));
    assert_int_equal(err.code, ERR_ANSWER_LIMIT);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_article_keys_are_read_in_either_case),
        cmocka_unit_test(each_wrong_answer_has_its_code),
        cmocka_unit_test(brackets_in_strings_are_no_depth),
        cmocka_unit_test(depth_and_size_are_capped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
