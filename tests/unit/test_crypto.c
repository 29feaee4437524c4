/* SPDX-License-Identifier: MIT */
/* Digests, HMAC and base64 by published vectors, and what an error says of libcrypto. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/text.h"
#include "keys/crypto.h"

static struct err err;

static void assert_digest(const uint8_t digest[static CRYPTO_SHA256_SIZE], const char *expected)
{
    char hex[2 * CRYPTO_SHA256_SIZE + 1];

    text_hex(hex, digest, CRYPTO_SHA256_SIZE);
    assert_string_equal(hex, expected);
}

#define SHA256_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* FIPS 180-4 */
/* Comes first: a generator that is in use is not exchanged. */
static void waking_names_the_generator_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(crypto_wake(&err));
        assert_int_equal(ERR_peek_error(), 0);
        assert_true(EVP_RAND_is_a(EVP_RAND_CTX_get0_rand(RAND_get0_primary(NULL)), "HASH-DRBG"));
    }
}

static void sha256_is_the_published_one(void **state)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];

    (void)state;
    assert_true(crypto_sha256(digest, "", 0, &err));
    assert_digest(digest, SHA256_EMPTY);
    assert_true(crypto_sha256(digest, "abc", 3, &err));
    assert_digest(digest, SHA256_ABC);
}

static void a_stream_gives_the_digest_of_the_whole(void **state)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    struct crypto_hash *hash = crypto_hash_new(&err);

    (void)state;
    assert_non_null(hash);
    assert_true(crypto_hash_add(hash, "a", 1, &err));
    assert_true(crypto_hash_add(hash, "", 0, &err));
    assert_true(crypto_hash_add(hash, "bc", 2, &err));
    assert_true(crypto_hash_final(hash, digest, &err));
    assert_digest(digest, SHA256_ABC);
    crypto_hash_free(hash);
    hash = crypto_hash_new(&err);
    assert_non_null(hash);
    assert_true(crypto_hash_final(hash, digest, &err));
    assert_digest(digest, SHA256_EMPTY);
    crypto_hash_free(hash);
    crypto_hash_free(NULL);
}

/* RFC 4231, test cases 2 and 6 */
static void hmac_is_the_published_one(void **state)
{
    static const char longer[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t mac[CRYPTO_SHA256_SIZE], key[131];

    (void)state;
    assert_true(crypto_hmac_sha256(mac, "Jefe", 4, "what do ya want for nothing?", 28, &err));
    assert_digest(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    assert_true(crypto_hmac_sha256(mac, key, sizeof key, longer, strlen(longer), &err));
    assert_digest(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void random_bytes_differ_and_fill_all(void **state)
{
    uint8_t a[64] = {0}, b[64] = {0};
    static const uint8_t zero[32];

    (void)state;
    assert_true(crypto_random(a, sizeof a, &err));
    assert_true(crypto_random(b, sizeof b, &err));
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a + 32, zero, 32);
    a[8] = 0xEE;
    assert_true(crypto_random(a, 8, &err));
    assert_int_equal(a[8], 0xEE);
}

static void equal_looks_at_every_byte(void **state)
{
    static const char a[] = "0123456789";

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        char b[] = "0123456789";

        assert_true(crypto_equal(a, b, 10));
        b[i] ^= 1;
        assert_false(crypto_equal(a, b, 10));
        assert_true(crypto_equal(a, b, i));
    }
}

/* RFC 4648 section 10 */
static const char *const base64_rows[][2] = {
    {"f", "Zg=="},        {"fo", "Zm8="},        {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
};

static void base64_goes_both_ways(void **state)
{
    struct buf text, raw;

    (void)state;
    buf_init(&text, 64);
    buf_init(&raw, 64);
    for (size_t i = 0; i < sizeof base64_rows / sizeof base64_rows[0]; i++) {
        const char *plain = base64_rows[i][0];

        buf_clear(&text);
        buf_clear(&raw);
        assert_true(crypto_base64(&text, plain, strlen(plain), &err));
        assert_string_equal(buf_text(&text), base64_rows[i][1]);
        assert_int_equal(text.len, strlen(base64_rows[i][1]));
        assert_true(crypto_unbase64(&raw, base64_rows[i][1], ERR_DOCUMENT_FORM, &err));
        assert_true(buf_is(&raw, plain, strlen(plain)));
    }
    assert_true(crypto_unbase64(&raw, "+/8=", ERR_DOCUMENT_FORM, &err));
    assert_true(buf_is(&raw, "foobar\xfb\xff", 8)); /* added to what was there */
    buf_release(&text);
    buf_release(&raw);
}

static void base64_is_read_in_one_spelling_only(void **state)
{
    static const char *const rows[] = {
        "",         "Z",         "Zg",         "Zg=",      "Zg==\n",       " Zg==",
        "Zg== ",    "\tZm9v\n ", "Zm9\nv",     "Zh==",     "Zm9=",         "Zm-_",
        "Zg==Zg==", "====",      "Z===",       "=Zg=",     "Zm9v\r\nZm9v", "Zm9*",
        "   Zm9v",  "Zm9v    ",  "Zm\xc3\xb6", "Zm9v====",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf raw;

        buf_init(&raw, 64);
        memset(&err, 0, sizeof err);
        assert_false(crypto_unbase64(&raw, rows[i], ERR_DOCUMENT_FORM, &err));
        assert_int_equal(err.code, ERR_DOCUMENT_FORM);
        assert_int_equal(raw.len, 0);
        assert_int_equal(ERR_peek_error(), 0);
        buf_release(&raw);
    }
}

static void base64_keeps_within_the_buffer(void **state)
{
    struct buf small;

    (void)state;
    buf_init(&small, 7);
    assert_false(crypto_base64(&small, "abcd", 4, &err));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    assert_int_equal(small.len, 0);
    assert_true(crypto_base64(&small, "abc", 3, &err));
    assert_false(crypto_unbase64(&small, "Zm9vYmFy", ERR_DOCUMENT_FORM, &err));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    assert_true(buf_is(&small, "YWJj", 4));
    buf_release(&small);
}

/* libcrypto's texts can carry input; its numbers cannot. */
static void a_failure_has_numbers_and_no_foreign_text(void **state)
{
    char numbers[64];

    (void)state;
    ERR_clear_error();
    assert_false(crypto_fail(&err, ERR_CONFIG_KEY, "the %s is broken", "key"));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    assert_string_equal(err.text, "the key is broken");
    ERR_raise_data(ERR_LIB_EVP, EVP_R_BAD_DECRYPT, "from the input");
    snprintf(numbers, sizeof numbers, "%d:%d", ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
    assert_false(crypto_fail(&err, ERR_CRYPTO, "it failed"));
    assert_int_equal(err.code, ERR_CRYPTO);
    assert_non_null(strstr(err.text, "it failed"));
    assert_non_null(strstr(err.text, numbers));
    assert_null(strstr(err.text, "input"));
    assert_null(strstr(err.text, "decrypt"));
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
    crypto_drain();
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waking_names_the_generator_once),
        cmocka_unit_test(sha256_is_the_published_one),
        cmocka_unit_test(a_stream_gives_the_digest_of_the_whole),
        cmocka_unit_test(hmac_is_the_published_one),
        cmocka_unit_test(random_bytes_differ_and_fill_all),
        cmocka_unit_test(equal_looks_at_every_byte),
        cmocka_unit_test(base64_goes_both_ways),
        cmocka_unit_test(base64_is_read_in_one_spelling_only),
        cmocka_unit_test(base64_keeps_within_the_buffer),
        cmocka_unit_test(a_failure_has_numbers_and_no_foreign_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
