/* SPDX-License-Identifier: MIT */
/* A header is a function of name, size and encoding, and nothing else is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bundles/tarhead.h"

static void header_l_is_as_written_down(void **state)
{
    uint8_t block[TARHEAD_BLOCK];
    unsigned sum = 0;
    unsigned told;

    (void)state;
    tarhead_make(block, "manifest.xml", 1234, TARHEAD_LIBARCHIVE);
    assert_string_equal((char *)block, "manifest.xml");
    assert_memory_equal(block + 100,
                        "000644 \0"
                        "000000 \0"
                        "000000 \0",
                        24);
    assert_memory_equal(block + 124,
                        "00000002322 "
                        "02263523000 ",
                        24);
    assert_memory_equal(block + 257,
                        "ustar\0"
                        "00",
                        8);
    assert_memory_equal(block + 154, "\0 0", 3);
    assert_int_equal(sscanf((char *)block + 148, "%o", &told), 1);
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < sizeof block; i++) {
        sum += block[i];
    }
    assert_int_equal(sum, told);
}

static void header_g_is_as_written_down(void **state)
{
    uint8_t block[TARHEAD_BLOCK];

    (void)state;
    tarhead_make(block, "payload/a", 4294967295u, TARHEAD_GNU);
    assert_memory_equal(block + 100,
                        "0000644\0"
                        "0000000\0"
                        "0000000\0",
                        24);
    assert_memory_equal(block + 124,
                        "37777777777\0"
                        "02263523000\0",
                        24);
    assert_memory_equal(block + 329,
                        "0000000\0"
                        "0000000\0",
                        16);
}

static void both_encodings_are_read(void **state)
{
    char longest[TARHEAD_NAME_MAX];
    const char *names[] = {"a", "trust/000002.xml", longest};
    const uint64_t sizes[] = {0, 1, 511, 4294967295u};

    (void)state;
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 4; k++) {
            for (int e = 0; e < 2; e++) {
                uint8_t block[TARHEAD_BLOCK];
                char name[TARHEAD_NAME_MAX];
                enum tarhead_encoding encoding = (enum tarhead_encoding)(1 - e);
                uint64_t size = 99;
                struct err err = {0};

                tarhead_make(block, names[i], sizes[k], (enum tarhead_encoding)e);
                assert_true(tarhead_read(block, name, &size, &encoding, &err));
                assert_string_equal(name, names[i]);
                assert_int_equal(size, sizes[k]);
                assert_int_equal(encoding, e);
            }
        }
    }
}

static void no_single_bit_may_differ(void **state)
{
    (void)state;
    for (int e = 0; e < 2; e++) {
        uint8_t block[TARHEAD_BLOCK];

        tarhead_make(block, "manifest-1.p7s", 777, (enum tarhead_encoding)e);
        for (size_t bit = 0; bit < 8 * sizeof block; bit++) {
            char name[TARHEAD_NAME_MAX] = "unset";
            enum tarhead_encoding encoding;
            uint64_t size = 99;
            struct err err = {0};

            block[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(tarhead_read(block, name, &size, &encoding, &err));
            assert_int_equal(err.code, ERR_CONTAINER_HEADER);
            assert_string_equal(name, "unset");
            assert_int_equal(size, 99);
            block[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void too_large_and_nameless_are_refused(void **state)
{
    uint8_t block[TARHEAD_BLOCK];
    char name[TARHEAD_NAME_MAX];
    enum tarhead_encoding encoding;
    uint64_t size;
    struct err err = {0};

    (void)state;
    tarhead_make(block, "a", 4294967296u, TARHEAD_LIBARCHIVE);
    assert_false(tarhead_read(block, name, &size, &encoding, &err));
    assert_int_equal(err.code, ERR_CONTAINER_LIMIT);
    tarhead_make(block, "", 1, TARHEAD_LIBARCHIVE);
    assert_false(tarhead_read(block, name, &size, &encoding, &err));
    assert_int_equal(err.code, ERR_CONTAINER_HEADER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_l_is_as_written_down),
        cmocka_unit_test(header_g_is_as_written_down),
        cmocka_unit_test(both_encodings_are_read),
        cmocka_unit_test(no_single_bit_may_differ),
        cmocka_unit_test(too_large_and_nameless_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
