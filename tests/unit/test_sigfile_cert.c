/* SPDX-License-Identifier: MIT */
/* Which certificates' keys may sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "tests/unit/made_keys.h"

#define CODE ERR_TRUST_FORM

static struct err err;

static EVP_PKEY *generate(EVP_PKEY_CTX *ctx)
{
    EVP_PKEY *key = NULL;

    assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *make_rsa(const char *type, size_t bits, unsigned exponent)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    BIGNUM *e = BN_new();

    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits), 1);
    assert_int_equal(BN_set_word(e, exponent), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
    BN_free(e);
    return generate(ctx);
}

static EVP_PKEY *make_ec(int nid, int encoding)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, nid), 1);
    assert_int_equal(EVP_PKEY_CTX_set_ec_param_enc(ctx, encoding), 1);
    return generate(ctx);
}

/* A self-signed certificate's code; frees the key. */
static enum err_code code_of(EVP_PKEY *key)
{
    uint8_t spki_sha256[32];
    unsigned char *der = NULL;
    X509 *x509 = X509_new();
    bool ok;
    int len;

    assert_non_null(key);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 86400));
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    assert_true(X509_sign(x509, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0);
    len = i2d_X509(x509, &der);
    assert_true(len > 0);
    err = (struct err){0};
    ok = sigfile_check_certificate(der, (size_t)len, spki_sha256, CODE, &err);
    OPENSSL_free(der);
    X509_free(x509);
    EVP_PKEY_free(key);
    return ok ? ERR_NONE : err.code;
}

static void keys_of_the_profile_may_sign(void **state)
{
    (void)state;
    assert_int_equal(code_of(make_rsa("RSA", 3072, 65537)), ERR_NONE);
    assert_int_equal(code_of(make_ec(NID_X9_62_prime256v1, OPENSSL_EC_NAMED_CURVE)), ERR_NONE);
    assert_int_equal(code_of(make_ec(NID_secp384r1, OPENSSL_EC_NAMED_CURVE)), ERR_NONE);
    assert_int_equal(code_of(make_ec(NID_secp521r1, OPENSSL_EC_NAMED_CURVE)), ERR_NONE);
}

static void other_keys_may_not_sign(void **state)
{
    (void)state;
    assert_int_equal(code_of(make_rsa("RSA", 1024, 65537)), CODE);
    assert_int_equal(code_of(make_rsa("RSA", 2048, 65537)), CODE);
    assert_int_equal(code_of(make_rsa("RSA", 3064, 65537)), CODE);
    assert_int_equal(code_of(make_rsa("RSA", 3072, 3)), CODE);
    assert_int_equal(code_of(make_rsa("RSA-PSS", 3072, 65537)), CODE);
    assert_int_equal(code_of(make_ec(NID_X9_62_prime256v1, OPENSSL_EC_EXPLICIT_CURVE)), CODE);
    assert_int_equal(code_of(make_ec(NID_secp256k1, OPENSSL_EC_NAMED_CURVE)), CODE);
    assert_int_equal(code_of(make_ec(NID_secp224r1, OPENSSL_EC_NAMED_CURVE)), CODE);
    assert_int_equal(code_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")), CODE);
}

/* The key's hash is that of the subjectPublicKeyInfo, whatever certificate carries it. */
static void one_key_has_one_hash(void **state)
{
    struct made_key made;
    uint8_t first[32], second[32];
    struct buf renewed;

    (void)state;
    made_key_init(&made, SIGNKEY_P256, "one");
    buf_init(&renewed, LIMIT_CERTIFICATE_BYTES);
    assert_true(signkey_self_certificate(made.key, "two", when_now(), when_now() + WHEN_DAY,
                                         &renewed, &err));
    assert_true(sigfile_check_certificate(made.cert.data, made.cert.len, first, CODE, &err));
    assert_true(sigfile_check_certificate(renewed.data, renewed.len, second, CODE, &err));
    assert_false(buf_equal(&renewed, &made.cert));
    assert_memory_equal(first, second, 32);
    buf_release(&renewed);
    made_key_release(&made);
}

/* The outer length in one byte more than DER takes. */
static void a_certificate_in_ber_is_refused(void **state)
{
    uint8_t hash[32];
    struct made_key made;
    struct buf ber;

    (void)state;
    made_key_init(&made, SIGNKEY_P256, "ber");
    assert_int_equal(made.cert.data[1], 0x82);
    buf_init(&ber, LIMIT_CERTIFICATE_BYTES);
    assert_true(buf_add(&ber, "\x30\x83\0", 3, &err));
    assert_true(buf_add(&ber, made.cert.data + 2, made.cert.len - 2, &err));
    assert_false(sigfile_check_certificate(ber.data, ber.len, hash, CODE, &err));
    assert_int_equal(err.code, CODE);
    buf_release(&ber);
    made_key_release(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_the_profile_may_sign),
        cmocka_unit_test(other_keys_may_not_sign),
        cmocka_unit_test(one_key_has_one_hash),
        cmocka_unit_test(a_certificate_in_ber_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
