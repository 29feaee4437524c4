/* SPDX-License-Identifier: MIT */
/* Signing keys: their certificates and signatures as libcrypto finds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "keys/signkey.h"
#include "tests/unit/made_keys.h"

static struct err err;

static const struct row {
    enum signkey_kind kind;
    unsigned bits;
    bool rsa;
    enum sigfile_digest digest;
    int signature_nid; /* of the self-signed certificate */
} rows[] = {
    {SIGNKEY_P256, 256, false, SIGFILE_SHA256, NID_ecdsa_with_SHA256},
    {SIGNKEY_P384, 384, false, SIGFILE_SHA384, NID_ecdsa_with_SHA384},
    {SIGNKEY_P521, 521, false, SIGFILE_SHA512, NID_ecdsa_with_SHA512},
    {SIGNKEY_RSA3072, 3072, true, SIGFILE_SHA384, NID_sha384WithRSAEncryption},
    {SIGNKEY_RSA4096, 4096, true, SIGFILE_SHA384, NID_sha384WithRSAEncryption},
};
#define ROWS (sizeof rows / sizeof rows[0])

/* Made once: RSA keys take their time. */
static struct made_key made[ROWS];

static int make_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        made_key_init(&made[i], rows[i].kind, "alice.example");
    }
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        made_key_release(&made[i]);
    }
    return 0;
}

static X509 *certificate(const struct made_key *m)
{
    const unsigned char *at = m->cert.data;
    X509 *cert = d2i_X509(NULL, &at, (long)m->cert.len);

    assert_non_null(cert);
    assert_ptr_equal(at, m->cert.data + m->cert.len);
    return cert;
}

static void each_kind_is_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(signkey_is_rsa(made[i].key), rows[i].rsa);
        assert_int_equal(signkey_bits(made[i].key), rows[i].bits);
    }
    signkey_free(NULL);
}

static void assert_extensions(X509 *cert)
{
    const ASN1_OCTET_STRING *id;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    assert_int_equal(X509_get_ext_count(cert), 3);
    for (int i = 0; i < 3; i++) {
        X509_EXTENSION *ext = X509_get_ext(cert, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));

        assert_true(nid == NID_basic_constraints || nid == NID_key_usage ||
                    nid == NID_subject_key_identifier);
        assert_int_equal(X509_EXTENSION_get_critical(ext) != 0, nid != NID_subject_key_identifier);
    }
    assert_int_equal(X509_check_ca(cert), 0);
    assert_int_equal(X509_get_extension_flags(cert) & EXFLAG_BCONS, EXFLAG_BCONS);
    assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
    id = X509_get0_subject_key_id(cert);
    assert_non_null(id);
    assert_int_equal(X509_pubkey_digest(cert, EVP_sha1(), digest, &len), 1);
    assert_int_equal(ASN1_STRING_length(id), (int)len);
    assert_memory_equal(ASN1_STRING_get0_data(id), digest, len);
}

static void certificates_are_as_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        X509 *cert = certificate(&made[i]);
        char name[64];
        BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);

        assert_int_equal(X509_get_version(cert), X509_VERSION_3);
        assert_int_equal(X509_verify(cert, X509_get0_pubkey(cert)), 1);
        assert_int_equal(X509_get_signature_nid(cert), rows[i].signature_nid);
        assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(cert)), 1);
        assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name,
                                              sizeof name) > 0);
        assert_string_equal(name, "alice.example");
        assert_int_equal(X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)), 0);
        assert_false(BN_is_negative(serial));
        assert_int_equal(BN_num_bits(serial), 127); /* 16 bytes, the sign bit clear */
        assert_extensions(cert);
        BN_free(serial);
        X509_free(cert);
    }
}

static void assert_time(const ASN1_TIME *time, int64_t expected)
{
    assert_int_equal(ASN1_TIME_cmp_time_t(time, (time_t)expected), 0);
}

/* RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
static void validity_is_what_was_asked_for(void **state)
{
    int64_t from = 1767225600 /* 2026-01-01 */, to = 2524608000 /* 2050-01-01 */;
    struct made_key m = {.key = made[0].key};
    X509 *cert, *other;

    (void)state;
    buf_init(&m.cert, LIMIT_CERTIFICATE_BYTES);
    assert_true(signkey_self_certificate(m.key, "bob", from, to, &m.cert, &err));
    cert = certificate(&m);
    assert_time(X509_get0_notBefore(cert), from);
    assert_time(X509_get0_notAfter(cert), to);
    assert_int_equal(ASN1_STRING_type(X509_get0_notBefore(cert)), V_ASN1_UTCTIME);
    assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(cert)), V_ASN1_GENERALIZEDTIME);
    buf_clear(&m.cert);
    assert_true(signkey_self_certificate(m.key, "bob", from, to, &m.cert, &err));
    other = certificate(&m);
    assert_int_not_equal(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(cert), X509_get0_serialNumber(other)), 0);
    X509_free(cert);
    X509_free(other);
    buf_release(&m.cert);
}

static void certificate_and_key_must_belong_together(void **state)
{
    struct buf longer;

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct buf *other = &made[(i + 1) % ROWS].cert;

        assert_true(
            signkey_check_certificate(made[i].key, made[i].cert.data, made[i].cert.len, &err));
        memset(&err, 0, sizeof err);
        assert_false(signkey_check_certificate(made[i].key, other->data, other->len, &err));
        assert_int_equal(err.code, ERR_CONFIG_KEY);
    }
    buf_init(&longer, LIMIT_CERTIFICATE_BYTES);
    assert_true(buf_add(&longer, made[0].cert.data, made[0].cert.len, &err));
    assert_true(buf_add(&longer, "", 1, &err));
    memset(&err, 0, sizeof err);
    assert_false(signkey_check_certificate(made[0].key, longer.data, longer.len, &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    assert_false(signkey_check_certificate(made[0].key, longer.data, 20, &err));
    buf_release(&longer);
}

static int verify(const struct made_key *m, enum sigfile_alg alg, const EVP_MD *md,
                  const struct buf *signature, const char *message)
{
    X509 *cert = certificate(m);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    int held;

    assert_int_equal(EVP_DigestVerifyInit(ctx, &pctx, md, NULL, X509_get0_pubkey(cert)), 1);
    if (alg == SIGFILE_RSA_PSS) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, md), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, EVP_MD_get_size(md)), 1);
    }
    held = EVP_DigestVerify(ctx, signature->data, signature->len, (const unsigned char *)message,
                            strlen(message));
    EVP_MD_CTX_free(ctx);
    X509_free(cert);
    return held;
}

static void assert_signs(const struct made_key *m, enum sigfile_alg alg, enum sigfile_digest digest)
{
    const EVP_MD *md = digest == SIGFILE_SHA256   ? EVP_sha256()
                       : digest == SIGFILE_SHA384 ? EVP_sha384()
                                                  : EVP_sha512();
    struct buf signature;

    buf_init(&signature, LIMIT_SIGNATURE_BYTES);
    assert_true(signkey_sign(m->key, alg, digest, "message", 7, &signature, &err));
    assert_int_equal(verify(m, alg, md, &signature, "message"), 1);
    assert_int_not_equal(verify(m, alg, md, &signature, "massage"), 1);
    assert_int_equal(signature.data[signature.len], 0);
    buf_release(&signature);
}

static void signatures_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        if (!rows[i].rsa) {
            assert_signs(&made[i], SIGFILE_ECDSA, rows[i].digest);
            continue;
        }
        for (int digest = SIGFILE_SHA256; digest <= SIGFILE_SHA512; digest++) {
            assert_signs(&made[i], SIGFILE_RSA_PKCS1, (enum sigfile_digest)digest);
            assert_signs(&made[i], SIGFILE_RSA_PSS, (enum sigfile_digest)digest);
        }
    }
}

static void an_algorithm_of_another_kind_of_key_is_refused(void **state)
{
    struct buf signature;

    (void)state;
    buf_init(&signature, LIMIT_SIGNATURE_BYTES);
    for (size_t i = 0; i < ROWS; i++) {
        enum sigfile_alg alg = rows[i].rsa ? SIGFILE_ECDSA : SIGFILE_RSA_PSS;

        memset(&err, 0, sizeof err);
        assert_false(signkey_sign(made[i].key, alg, SIGFILE_SHA384, "m", 1, &signature, &err));
        assert_int_equal(err.code, ERR_CRYPTO);
        assert_int_equal(signature.len, 0);
    }
    buf_release(&signature);
    buf_init(&signature, 8);
    assert_false(
        signkey_sign(made[0].key, SIGFILE_ECDSA, SIGFILE_SHA256, "m", 1, &signature, &err));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    assert_int_equal(signature.len, 0);
    buf_release(&signature);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_what_it_says),
        cmocka_unit_test(certificates_are_as_documented),
        cmocka_unit_test(validity_is_what_was_asked_for),
        cmocka_unit_test(certificate_and_key_must_belong_together),
        cmocka_unit_test(signatures_hold),
        cmocka_unit_test(an_algorithm_of_another_kind_of_key_is_refused),
    };

    return cmocka_run_group_tests(tests, make_all, remove_all);
}
