/* SPDX-License-Identifier: MIT */
/* Hex, decimals, ids, free text and what a terminal is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void hex_is_strict(void **state)
{
    uint8_t out[3] = {9, 9, 9};
    char text[16];

    (void)state;
    assert_true(text_unhex(out, 2, "0aff", 4, false));
    assert_memory_equal(out, "\x0a\xff", 2);
    assert_false(text_unhex(out, 2, "0AFF", 4, false));
    assert_true(text_unhex(out, 2, "0AfF", 4, true));
    assert_false(text_unhex(out, 2, "0af", 3, true));
    assert_false(text_unhex(out, 2, "0aff00", 6, true));
    out[0] = 7;
    assert_false(text_unhex(out, 2, "0ag0", 4, true));
    assert_int_equal(out[0], 7);
    text_hex(text, out + 1, 1);
    assert_string_equal(text, "ff");
    text_hex_groups(text, (const uint8_t *)"\x6b\x43\x36\x8b\x01", 5);
    assert_string_equal(text, "6b43 368b 01");
}

static void numbers_are_strict(void **state)
{
    static const char *const bad[] = {"",
                                      "01",
                                      "+1",
                                      "-1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x1",
                                      "9007199254740992",
                                      "18446744073709551616",
                                      "99999999999999999999999"};
    uint64_t n = 5;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(text_number(&n, bad[i], 0, TEXT_NUMBER_MAX));
    }
    assert_int_equal(n, 5);
    assert_true(text_number(&n, "0", 0, 10));
    assert_int_equal(n, 0);
    assert_true(text_number(&n, "9007199254740991", 1, TEXT_NUMBER_MAX));
    assert_true(n == TEXT_NUMBER_MAX);
    assert_false(text_number(&n, "0", 1, 10));
    assert_true(text_number(&n, "18446744073709551615", 0, UINT64_MAX));
}

static void ids_follow_the_grammar(void **state)
{
    static const char *const good[] = {
        "a",
        "7",
        "plant-4.north",
        "cns.awmdm.com",
        "com10",
        "a.con",
        "0123456789012345678901234567890123456789012345678901234567890ab"};
    static const char *const bad[] = {
        "",         "A",    "-a",
        "a-",       "a..b", ".a",
        "a.",       "a_b",  "con",
        "com1",     "lpt0", "nul.x",
        "aux.b.c",  "a b",  "a/b",
        "\xc3\xa9", "a.-b", "0123456789012345678901234567890123456789012345678901234567890abc"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(text_is_id(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(text_is_id(bad[i]));
    }
}

static bool is_free(const char *text)
{
    return text_is_free(text, strlen(text));
}

static void free_text_excludes_what_deceives(void **state)
{
    char longest[TEXT_FREE_MAX + 2];

    (void)state;
    assert_true(is_free("Leaked by the vendor, see case 4711"));
    assert_true(is_free("caf\xc3\xa9 \xf0\x9f\x94\x91"));
    assert_false(is_free(""));
    assert_false(is_free(" a"));
    assert_false(is_free("a "));
    assert_false(is_free("a  b"));
    assert_false(is_free("a\tb"));
    assert_false(is_free("a\xc2\x85"
                         "b")); /* U+0085 */
    assert_false(is_free("a\xd8\x9c"
                         "b")); /* U+061C */
    assert_false(is_free("a\xe2\x80\x8b"
                         "b")); /* U+200B */
    assert_false(is_free("a\xe2\x80\xae"
                         "b")); /* U+202E */
    assert_false(is_free("a\xe2\x81\xa6"
                         "b")); /* U+2066 */
    assert_false(is_free("\xef\xbb\xbf"
                         "a"));                /* U+FEFF */
    assert_false(is_free("\xef\xb7\x90"));     /* U+FDD0 */
    assert_false(is_free("\xf0\x9f\xbf\xbf")); /* U+1FFFF */
    assert_false(is_free("\xed\xa0\x80"));     /* a surrogate */
    assert_false(is_free("\xc0\x80"));         /* overlong */
    assert_false(is_free("\xf4\x90\x80\x80")); /* above U+10FFFF */
    assert_false(is_free("a\xff"));
    memset(longest, 'x', sizeof longest);
    assert_true(text_is_free(longest, TEXT_FREE_MAX));
    assert_false(text_is_free(longest, TEXT_FREE_MAX + 1));
}

static void shown_text_is_harmless_and_bounded(void **state)
{
    char out[12];
    struct err err = {0};
    struct buf buf;

    (void)state;
    assert_string_equal(text_shown(out, sizeof out, "ab\033c", 4), "ab\\x1bc");
    assert_string_equal(text_shown(out, sizeof out, "0123456789abcdef", 16), "01234567...");
    assert_string_equal(text_shown(out, sizeof out, "0123456789a", 11), "0123456789a");
    buf_init(&buf, 100);
    assert_true(text_add_shown(&buf, "x\0y", 3, &err));
    assert_string_equal(buf_text(&buf), "x\\x00y");
    buf_release(&buf);
}

static void a_word_to_type_is_one_word(void **state)
{
    char out[12];

    (void)state;
    assert_string_equal(text_word(out, sizeof out, "a b;$c", "DIR"), "'a b;$c'");
    assert_string_equal(text_word(out, sizeof out, "123456789", "DIR"), "'123456789'");
    assert_string_equal(text_word(out, sizeof out, "1234567890", "DIR"), "DIR");
    assert_string_equal(text_word(out, sizeof out, "it's", "DIR"), "DIR");
    assert_string_equal(text_word(out, sizeof out, "a\nb", "DIR"), "DIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_is_strict),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(ids_follow_the_grammar),
        cmocka_unit_test(free_text_excludes_what_deceives),
        cmocka_unit_test(shown_text_is_harmless_and_bounded),
        cmocka_unit_test(a_word_to_type_is_one_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
