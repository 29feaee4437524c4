/* SPDX-License-Identifier: MIT */
/*
 * Certificates and public keys of every kind, made for the run by libcrypto. RSA keys are public
 * halves only (a random odd modulus): nothing signs with them, and none takes seconds to find.
 * Include after cmocka.h.
 */
#ifndef TESTS_UNIT_MADE_CERTS_H
#define TESTS_UNIT_MADE_CERTS_H

#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/buf.h"

#define MADE_CERTS_FROM ((time_t)1700000000)
#define MADE_CERTS_TO ((time_t)1800000000)

/* The public half of an RSA key that could be one. */
static inline EVP_PKEY *made_certs_rsa(int bits)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *n = BN_new(), *e = BN_new();
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params;

    assert_int_equal(BN_rand(n, bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD), 1);
    assert_int_equal(BN_set_word(e, 65537), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e), 1);
    params = OSSL_PARAM_BLD_to_param(builder);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    BN_free(n);
    BN_free(e);
    return key;
}

static inline void made_certs_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* A certificate for the key, signed by a key made for it. `name` becomes its CN, UTF-8. */
static inline X509 *made_certs_cert(EVP_PKEY *key, const char *name, bool ca)
{
    EVP_PKEY *issuer = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_NAME *subject = X509_get_subject_name(cert);

    assert_non_null(issuer);
    assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 7), 1);
    ASN1_TIME_set(X509_getm_notBefore(cert), MADE_CERTS_FROM);
    ASN1_TIME_set(X509_getm_notAfter(cert), MADE_CERTS_TO);
    assert_int_equal(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(cert, subject), 1);
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    made_certs_extension(cert, NID_basic_constraints, ca ? "critical,CA:TRUE" : "CA:FALSE");
    assert_true(X509_sign(cert, issuer, EVP_sha256()) > 0);
    EVP_PKEY_free(issuer);
    return cert;
}

/* What i2d_X(value, &p) wrote, into a buffer; for use by the macro only. */
static inline void made_certs_take(struct buf *out, unsigned char *der, int len)
{
    struct err err;

    assert_true(len > 0);
    assert_true(buf_add(out, der, (size_t)len, &err));
    OPENSSL_free(der);
}

/* Adds the DER of a libcrypto value. */
#define MADE_CERTS_DER(out, i2d, value)                                                            \
    do {                                                                                           \
        unsigned char *made_der = NULL;                                                            \
        int made_len = i2d(value, &made_der);                                                      \
        made_certs_take(out, made_der, made_len);                                                  \
    } while (0)

/* Adds a PEM block with this label around DER bytes. */
static inline void made_certs_pem(struct buf *out, const char *label, const struct buf *der)
{
    BIO *bio = BIO_new(BIO_s_mem());
    struct err err;
    char *text;
    long len;

    assert_true(PEM_write_bio(bio, label, "", der->data, (long)der->len) > 0);
    len = BIO_get_mem_data(bio, &text);
    assert_true(buf_add(out, text, (size_t)len, &err));
    BIO_free(bio);
}

#endif
