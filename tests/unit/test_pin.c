/* SPDX-License-Identifier: MIT */
/* Pins: the article's two keys, every strength rule, and what OpenSSL makes of the same keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "keys/pin.h"
#include "tests/unit/article_pins.h"
#include "tests/unit/made_certs.h"
#include "tests/unit/made_keys.h"

static struct err err;

static void the_article_keys_have_their_fingerprints(void **state)
{
    static const char *const rows[][2] = {
        {ARTICLE_PIN_1, "5b6a451320ad344be072fb43cb63d479cdcf73e21d5c19e724947e32e6d75d7d"},
        {ARTICLE_PIN_2, "e40a3199efed57fde8b0e2b4f0bd7bcff99486ad8b47acafbf788e46697a5806"},
    };
    struct buf hex;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct pin lower, upper;
        char text[65], type[PIN_TYPE_TEXT_SIZE];

        assert_true(pin_from_hex(&lower, rows[i][0], strlen(rows[i][0]), &err));
        assert_int_equal(lower.len, 270);
        assert_string_equal(pin_type_text(&lower, type), "RSA-2048");
        text_hex(text, lower.sha256, 32);
        assert_string_equal(text, rows[i][1]);
        buf_init(&hex, 2 * PIN_BYTES_MAX);
        assert_true(pin_add_hex(&lower, true, &hex, &err));
        assert_true(pin_from_hex(&upper, buf_text(&hex), hex.len, &err));
        assert_true(pin_equal(&lower, &upper));
        buf_clear(&hex);
        assert_true(pin_add_hex(&upper, false, &hex, &err));
        assert_string_equal(buf_text(&hex), rows[i][0]);
        buf_release(&hex);
    }
}

/* The first article key with a change: offset, byte; the modulus is at 8..263 behind 30 82 010a 02
 * 82 0101 00. */
static void changed(struct pin *pin, uint8_t bytes[PIN_BYTES_MAX])
{
    assert_true(pin_from_hex(pin, ARTICLE_PIN_1, strlen(ARTICLE_PIN_1), &err));
    memcpy(bytes, pin->bytes, pin->len);
}

static void assert_refused(const uint8_t *bytes, size_t len, enum err_code code)
{
    struct pin pin;

    memset(&pin, 0xEE, sizeof pin);
    assert_false(pin_from_bytes(&pin, bytes, len, &err));
    assert_int_equal(err.code, code);
    assert_int_equal(pin.len, (size_t)0xEEEEEEEEEEEEEEEEULL);
}

static void each_rsa_rule_refuses(void **state)
{
    uint8_t bytes[PIN_BYTES_MAX + 1];
    struct pin pin;

    (void)state;
    changed(&pin, bytes);
    assert_refused(bytes, 0, ERR_PIN_FORM);
    assert_refused(bytes, pin.len - 1, ERR_PIN_FORM);
    bytes[pin.len] = 0;
    assert_refused(bytes, pin.len + 1, ERR_PIN_FORM);
    assert_refused(bytes, sizeof bytes, ERR_PIN_FORM);
    bytes[0] = 0x31;
    assert_refused(bytes, pin.len, ERR_PIN_FORM);
    changed(&pin, bytes);
    bytes[264] &= 0xFE; /* the modulus' last byte */
    assert_refused(bytes, pin.len, ERR_PIN_WEAK);
    changed(&pin, bytes);
    bytes[269] = 0x00; /* an even exponent */
    assert_refused(bytes, pin.len, ERR_PIN_WEAK);
    changed(&pin, bytes);
    bytes[8] = 0x80; /* the leading zero gone: negative */
    assert_refused(bytes, pin.len, ERR_PIN_FORM);
    changed(&pin, bytes);
    bytes[9] = 0x40; /* a leading zero that is not needed */
    assert_refused(bytes, pin.len, ERR_PIN_FORM);
    changed(&pin, bytes);
    memcpy(bytes + 265, "\x02\x01\x01", 3); /* exponent 1 */
    bytes[3] -= 2;
    assert_refused(bytes, pin.len - 2, ERR_PIN_WEAK);
    memcpy(bytes + 265, "\x02\x01\x03", 3); /* exponent 3 is sane */
    assert_true(pin_from_bytes(&pin, bytes, 268, &err));
}

/* A well-formed RSAPublicKey of this many modulus bytes, exponent 65537. */
static size_t made_rsa(uint8_t *out, size_t modulus)
{
    size_t integer = modulus + 1, content = 4 + integer + 5;

    out[0] = 0x30;
    out[1] = 0x82;
    out[2] = (uint8_t)(content >> 8);
    out[3] = (uint8_t)content;
    out[4] = 0x02;
    out[5] = 0x82;
    out[6] = (uint8_t)(integer >> 8);
    out[7] = (uint8_t)integer;
    out[8] = 0;
    memset(out + 9, 0xFF, modulus);
    memcpy(out + 9 + modulus, "\x02\x03\x01\x00\x01", 5);
    return content + 4;
}

static void modulus_sizes_are_bounded(void **state)
{
    uint8_t bytes[1200];
    struct pin pin;

    (void)state;
    assert_true(pin_from_bytes(&pin, bytes, made_rsa(bytes, 256), &err));
    assert_true(pin_from_bytes(&pin, bytes, made_rsa(bytes, 1024), &err));
    assert_int_equal(pin.bits, 8192);
    assert_refused(bytes, made_rsa(bytes, 255), ERR_PIN_WEAK);
    assert_refused(bytes, made_rsa(bytes, 1025), ERR_PIN_WEAK);
}

static void other_sizes_and_exponents_are_refused(void **state)
{
    static const struct {
        const char *integer;
        size_t len;
        enum err_code code;
    } rows[] = {
        {"\x02\x01\x00", 3, ERR_PIN_WEAK},
        {"\x02\x01\x02", 3, ERR_PIN_WEAK},
        {"\x02\x05\x00\xff\xff\xff\xff", 7, ERR_NONE},
        {"\x02\x05\x01\x00\x00\x00\x01", 7, ERR_PIN_WEAK},
        {"\x02\x03\x81\x00\x01", 5, ERR_PIN_FORM},         /* negative */
        {"\x02\x04\x00\x01\x00\x01", 6, ERR_PIN_FORM},     /* a zero that is not needed */
        {"\x02\x81\x03\x01\x00\x01", 6, ERR_PIN_FORM},     /* a length that is not minimal */
        {"\x03\x03\x01\x00\x01", 5, ERR_PIN_FORM},         /* a BIT STRING */
        {"\x02\x03\x01\x00\x01\x05\x00", 7, ERR_PIN_FORM}, /* a third value */
        {"\x02\x04\x01\x00\x01", 5, ERR_PIN_FORM},         /* longer than there is */
        {"\x02\x00", 2, ERR_PIN_FORM},
        {"", 0, ERR_PIN_FORM},
    };
    uint8_t bytes[1200];
    struct pin pin;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = made_rsa(bytes, 256) - 5 + rows[i].len;

        memcpy(bytes + 265, rows[i].integer, rows[i].len);
        bytes[2] = (uint8_t)((len - 4) >> 8);
        bytes[3] = (uint8_t)(len - 4);
        if (rows[i].code == ERR_NONE) {
            assert_true(pin_from_bytes(&pin, bytes, len, &err));
        } else {
            assert_refused(bytes, len, rows[i].code);
        }
    }
}

static void short_rsa_keys_are_weak(void **state)
{
    static const int bits[] = {512, 1024, 1536, 2047};

    (void)state;
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        EVP_PKEY *key = made_certs_rsa(bits[i]);
        unsigned char *der = NULL;
        int len = i2d_PublicKey(key, &der);
        char words[32];

        assert_true(len > 0);
        snprintf(words, sizeof words, "%d bits", bits[i]);
        assert_refused(der, (size_t)len, ERR_PIN_WEAK);
        assert_non_null(strstr(err.text, words));
        OPENSSL_free(der);
        EVP_PKEY_free(key);
    }
}

/* The sequence's own length in a longer spelling than needed, and as BER's indefinite one. */
static void other_spellings_of_the_length_are_refused(void **state)
{
    uint8_t bytes[PIN_BYTES_MAX + 4], longer[PIN_BYTES_MAX + 4];
    size_t len = made_rsa(bytes, 256);

    (void)state;
    memcpy(longer, "\x30\x83\x00", 3);
    memcpy(longer + 3, bytes + 2, len - 2);
    assert_refused(longer, len + 1, ERR_PIN_FORM);
    memcpy(longer, "\x30\x80", 2);
    memcpy(longer + 2, bytes + 4, len - 4);
    memset(longer + len - 2, 0, 2);
    assert_refused(longer, len, ERR_PIN_FORM);
}

/* A public key's SubjectPublicKeyInfo, released by the caller, and its bits in it. */
static unsigned char *spki_of(EVP_PKEY *key, size_t *len, size_t bits)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(key, &der);

    assert_true(n > (int)bits);
    *len = (size_t)n;
    EVP_PKEY_free(key);
    return der;
}

static const struct curve {
    const char *name;
    size_t len; /* of the point, which ends the SubjectPublicKeyInfo */
} curves[] = {{"P-256", 65}, {"P-384", 97}, {"P-521", 133}};

static void each_ec_rule_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t len = curves[i].len, whole;
        unsigned char *der = spki_of(EVP_EC_gen(curves[i].name), &whole, len);
        uint8_t point[140] = {0}, *last = point + len - 1;
        struct pin pin;

        memcpy(point, der + whole - len, len);
        assert_true(pin_from_bytes(&pin, point, len, &err));
        *last ^= 1; /* off the curve */
        assert_refused(point, len, ERR_PIN_FORM);
        *last ^= 1;
        assert_refused(point, len - 1, ERR_PIN_FORM);
        assert_refused(point, len + 1, ERR_PIN_FORM);
        point[0] = (uint8_t)(2 + (*last & 1)); /* compressed */
        assert_refused(point, 1 + len / 2, ERR_PIN_FORM);
        point[0] = (uint8_t)(6 + (*last & 1)); /* hybrid: a second spelling of the same key */
        assert_refused(point, len, ERR_PIN_FORM);
        point[0] = 0; /* infinity */
        assert_refused(point, 1, ERR_PIN_FORM);
        assert_refused(point, len, ERR_PIN_FORM);
        memset(point, 0, sizeof point);
        point[0] = 4; /* (0, 0) */
        assert_refused(point, len, ERR_PIN_FORM);
        memset(point + 1, 0xFF, len - 1); /* beyond the field */
        assert_refused(point, len, ERR_PIN_FORM);
        OPENSSL_free(der);
    }
}

static void assert_spki_refused(const uint8_t *der, size_t len)
{
    struct pin pin;

    memset(&err, 0, sizeof err);
    assert_false(pin_from_spki(&pin, der, len, &err));
    assert_int_equal(err.code, ERR_PIN_FORM);
}

/* What libcrypto would let pass, .NET would not, or the other way round. */
static void an_spki_must_be_of_its_keys_kind(void **state)
{
    size_t len;
    unsigned char *der = spki_of(EVP_EC_gen("P-256"), &len, 65);
    uint8_t longer[128];
    struct pin pin;

    (void)state;
    assert_true(pin_from_spki(&pin, der, len, &err));
    memcpy(longer, der, len);
    longer[len] = 0;
    assert_spki_refused(longer, len + 1);
    assert_spki_refused(der, 0);
    der[22] = 0x08; /* prime256v1 becomes another object identifier */
    assert_spki_refused(der, len);
    der[22] = 0x07;
    der[12] = 0x02; /* id-ecPublicKey no more */
    assert_spki_refused(der, len);
    OPENSSL_free(der);
    der = spki_of(EVP_EC_gen("secp256k1"), &len, 65);
    assert_spki_refused(der, len);
    OPENSSL_free(der);
    der = spki_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), &len, 32);
    assert_spki_refused(der, len);
    OPENSSL_free(der);
}

/* Where the last bit is 0, a bit string that leaves it out has the same bytes. */
static void an_spki_uses_all_bits_of_its_key(void **state)
{
    size_t len;
    unsigned char *der = spki_of(EVP_EC_gen("P-256"), &len, 65);
    struct pin pin;

    (void)state;
    while ((der[len - 1] & 1) != 0) {
        OPENSSL_free(der);
        der = spki_of(EVP_EC_gen("P-256"), &len, 65);
    }
    assert_true(pin_from_spki(&pin, der, len, &err));
    assert_int_equal(der[len - 66], 0); /* unused bits */
    der[len - 66] = 1;
    assert_spki_refused(der, len);
    OPENSSL_free(der);
}

static void hex_errors_name_their_place(void **state)
{
    struct pin pin;

    (void)state;
    assert_false(pin_from_hex(&pin, "30x0", 4, &err));
    assert_int_equal(err.code, ERR_PIN_FORM);
    assert_non_null(strstr(err.text, "character 3"));
    assert_false(pin_from_hex(&pin, "308", 3, &err));
    assert_int_equal(err.code, ERR_PIN_FORM);
    assert_false(pin_from_hex(&pin, "", 0, &err));
    assert_int_equal(err.code, ERR_PIN_FORM);
}

static void certificates_give_the_key_of_their_bit_string(void **state)
{
    static const struct {
        enum signkey_kind kind;
        const char *type;
    } rows[] = {{SIGNKEY_P256, "EC P-256"},
                {SIGNKEY_P384, "EC P-384"},
                {SIGNKEY_P521, "EC P-521"},
                {SIGNKEY_RSA3072, "RSA-3072"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct made_key made;
        const unsigned char *at;
        unsigned char *spki = NULL;
        char type[PIN_TYPE_TEXT_SIZE], base64[45], expected[45];
        uint8_t digest[32];
        struct pin pin, again;
        X509 *cert;
        int len;

        made_key_init(&made, rows[i].kind, "pin");
        at = made.cert.data;
        cert = d2i_X509(NULL, &at, (long)made.cert.len);
        len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
        assert_true(pin_from_spki(&pin, spki, (size_t)len, &err));
        assert_string_equal(pin_type_text(&pin, type), rows[i].type);
        assert_true(pin_from_bytes(&again, X509_get0_pubkey_bitstr(cert)->data,
                                   (size_t)X509_get0_pubkey_bitstr(cert)->length, &err));
        assert_true(pin_equal(&pin, &again));
        assert_int_equal(pin_compare(&pin, &again), 0);
        assert_int_equal(EVP_Digest(spki, (size_t)len, digest, NULL, EVP_sha256(), NULL), 1);
        EVP_EncodeBlock((unsigned char *)expected, digest, 32);
        assert_true(pin_spki_base64(&pin, base64, &err));
        assert_string_equal(base64, expected);
        assert_false(pin_from_spki(&pin, spki, (size_t)len - 1, &err));
        assert_int_equal(err.code, ERR_PIN_FORM);
        OPENSSL_free(spki);
        X509_free(cert);
        made_key_release(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_article_keys_have_their_fingerprints),
        cmocka_unit_test(each_rsa_rule_refuses),
        cmocka_unit_test(modulus_sizes_are_bounded),
        cmocka_unit_test(other_sizes_and_exponents_are_refused),
        cmocka_unit_test(short_rsa_keys_are_weak),
        cmocka_unit_test(other_spellings_of_the_length_are_refused),
        cmocka_unit_test(each_ec_rule_refuses),
        cmocka_unit_test(an_spki_must_be_of_its_keys_kind),
        cmocka_unit_test(an_spki_uses_all_bits_of_its_key),
        cmocka_unit_test(hex_errors_name_their_place),
        cmocka_unit_test(certificates_give_the_key_of_their_bit_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
