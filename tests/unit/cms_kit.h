/* SPDX-License-Identifier: MIT */
/*
 * A second writer of signature files, which can deviate in one point. Include after cmocka.h, once.
 */
#ifndef TESTS_UNIT_CMS_KIT_H
#define TESTS_UNIT_CMS_KIT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "keys/der.h"
#include "keys/sigfile.h"
#include "tests/unit/made_keys.h"

#define OIDS                                                                                       \
    X(SIGNED_DATA, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")                                         \
    X(ENVELOPED, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")                                           \
    X(DATA, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")                                                \
    X(MD5, "\x2a\x86\x48\x86\xf7\x0d\x02\x05")                                                     \
    X(SHA1, "\x2b\x0e\x03\x02\x1a")                                                                \
    X(SHA256, "\x60\x86\x48\x01\x65\x03\x04\x02\x01")                                              \
    X(SHA384, "\x60\x86\x48\x01\x65\x03\x04\x02\x02")                                              \
    X(ECDSA_SHA1, "\x2a\x86\x48\xce\x3d\x04\x01")                                                  \
    X(ECDSA_SHA256, "\x2a\x86\x48\xce\x3d\x04\x03\x02")                                            \
    X(ECDSA_SHA384, "\x2a\x86\x48\xce\x3d\x04\x03\x03")                                            \
    X(CONTENT_TYPE, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")                                        \
    X(MESSAGE_DIGEST, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")                                      \
    X(SIGNING_TIME, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05")                                        \
    X(CERTIFICATE, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f")                                 \
    X(CAPABILITIES, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f")

#define X(name, bytes) OID_##name,
enum oid { OIDS OID_COUNT };
#undef X
#define X(name, bytes) {bytes, sizeof(bytes) - 1},
static const struct {
    const char *bytes;
    size_t len;
} oids[] = {OIDS};
#undef X

/* One deviation each; the code that it must give stands in the table at the end. */
#define DEVIATIONS                                                                                 \
    X(NONE, ERR_NONE)                                                                              \
    X(OUTER_ENVELOPED, ERR_SIGNATURE_FORM)                                                         \
    X(OUTER_DATA, ERR_SIGNATURE_FORM)                                                              \
    X(VERSION_1, ERR_SIGNATURE_PROFILE)                                                            \
    X(VERSION_99, ERR_SIGNATURE_PROFILE)                                                           \
    X(DIGESTS_EMPTY, ERR_SIGNATURE_PROFILE)                                                        \
    X(DIGESTS_WRONG, ERR_SIGNATURE_PROFILE)                                                        \
    X(DIGESTS_TWO, ERR_SIGNATURE_PROFILE)                                                          \
    X(DIGESTS_NULL, ERR_SIGNATURE_PROFILE)                                                         \
    X(TYPE_DATA, ERR_SIGNATURE_PROFILE)                                                            \
    X(TYPE_DATA_OUTSIDE, ERR_SIGNATURE_PROFILE)                                                    \
    X(ATTACHED, ERR_SIGNATURE_PROFILE)                                                             \
    X(NO_CERTIFICATE, ERR_SIGNATURE_PROFILE)                                                       \
    X(CERTIFICATE_TWICE, ERR_SIGNATURE_PROFILE)                                                    \
    X(CERTIFICATE_OTHER, ERR_SIGNATURE_SIGNER)                                                     \
    X(CERTIFICATE_AND_OTHER, ERR_SIGNATURE_PROFILE)                                                \
    X(REVOCATION, ERR_SIGNATURE_PROFILE)                                                           \
    X(NO_SIGNER, ERR_SIGNATURE_PROFILE)                                                            \
    X(SIGNER_TWICE, ERR_SIGNATURE_PROFILE)                                                         \
    X(SIGNER_VERSION_3, ERR_SIGNATURE_PROFILE)                                                     \
    X(SIGNER_BY_KEY_ID, ERR_SIGNATURE_PROFILE)                                                     \
    X(SIGNER_SERIAL, ERR_SIGNATURE_PROFILE)                                                        \
    X(DIGEST_MD5, ERR_SIGNATURE_PROFILE)                                                           \
    X(DIGEST_SHA1, ERR_SIGNATURE_PROFILE)                                                          \
    X(DIGEST_OTHER, ERR_SIGNATURE_PROFILE)                                                         \
    X(DIGEST_NULL, ERR_SIGNATURE_PROFILE)                                                          \
    X(NO_ATTRIBUTES, ERR_SIGNATURE_PROFILE)                                                        \
    X(NO_TIME, ERR_SIGNATURE_PROFILE)                                                              \
    X(NO_TYPE, ERR_SIGNATURE_PROFILE)                                                              \
    X(NO_DIGEST, ERR_SIGNATURE_PROFILE)                                                            \
    X(NO_ESS, ERR_SIGNATURE_PROFILE)                                                               \
    X(TIME_TWICE, ERR_SIGNATURE_PROFILE)                                                           \
    X(TYPE_TWICE, ERR_SIGNATURE_PROFILE)                                                           \
    X(DIGEST_TWICE, ERR_SIGNATURE_PROFILE)                                                         \
    X(ESS_TWICE, ERR_SIGNATURE_PROFILE)                                                            \
    X(TIME_TWO_VALUES, ERR_SIGNATURE_PROFILE)                                                      \
    X(TYPE_TWO_VALUES, ERR_SIGNATURE_PROFILE)                                                      \
    X(DIGEST_TWO_VALUES, ERR_SIGNATURE_PROFILE)                                                    \
    X(ESS_TWO_VALUES, ERR_SIGNATURE_PROFILE)                                                       \
    X(TIME_NO_VALUE, ERR_SIGNATURE_PROFILE)                                                        \
    X(DIGEST_NO_VALUE, ERR_SIGNATURE_PROFILE)                                                      \
    X(TIME_BOOLEAN, ERR_SIGNATURE_PROFILE)                                                         \
    X(TIME_GENERALIZED, ERR_SIGNATURE_PROFILE)                                                     \
    X(TIME_1960, ERR_SIGNATURE_PROFILE)                                                            \
    X(TIME_OFFSET, ERR_SIGNATURE_PROFILE)                                                          \
    X(TIME_NO_SECONDS, ERR_SIGNATURE_PROFILE)                                                      \
    X(TIME_NO_DAY, ERR_SIGNATURE_PROFILE)                                                          \
    X(TYPE_AS_TEXT, ERR_SIGNATURE_PROFILE)                                                         \
    X(DIGEST_AS_UTF8, ERR_SIGNATURE_PROFILE)                                                       \
    X(DIGEST_SHORT, ERR_SIGNATURE_PROFILE)                                                         \
    X(DIGEST_OF_OTHER, ERR_SIGNATURE_DIGEST)                                                       \
    X(ESS_OTHER_HASH, ERR_SIGNATURE_PROFILE)                                                       \
    X(ESS_NO_ALGORITHM, ERR_SIGNATURE_PROFILE)                                                     \
    X(ESS_NO_ISSUER, ERR_SIGNATURE_PROFILE)                                                        \
    X(ESS_POLICY, ERR_SIGNATURE_PROFILE)                                                           \
    X(ATTRIBUTE_EXTRA, ERR_SIGNATURE_PROFILE)                                                      \
    X(ATTRIBUTES_UNSORTED, ERR_SIGNATURE_PROFILE)                                                  \
    X(ALGORITHM_NULL, ERR_SIGNATURE_PROFILE)                                                       \
    X(ALGORITHM_SHA1, ERR_SIGNATURE_PROFILE)                                                       \
    X(ALGORITHM_SHA256, ERR_SIGNATURE_PROFILE)                                                     \
    X(VALUE_EMPTY, ERR_SIGNATURE_VALUE)                                                            \
    X(VALUE_OF_OTHER_KEY, ERR_SIGNATURE_VALUE)                                                     \
    X(VALUE_R_ZERO, ERR_SIGNATURE_VALUE)                                                           \
    X(VALUE_S_ZERO, ERR_SIGNATURE_VALUE)                                                           \
    X(VALUE_R_ORDER, ERR_SIGNATURE_VALUE)                                                          \
    X(VALUE_S_NEGATIVE, ERR_SIGNATURE_VALUE)                                                       \
    X(VALUE_TRAILING, ERR_SIGNATURE_VALUE)                                                         \
    X(VALUE_LONG_LENGTH, ERR_SIGNATURE_VALUE)                                                      \
    X(UNSIGNED_ATTRIBUTE, ERR_SIGNATURE_PROFILE)

#define X(name, code) D_##name,
enum deviation { DEVIATIONS D_COUNT };
#undef X

static const char document[] = "<document/>\n";
#define DOCUMENT_LEN (sizeof document - 1)
#define UTC_TIME "260102030405Z"
#define WHEN ((int64_t)1767323045)

static struct err err;
static struct made_key signer, other;
static struct buf issuer, serial;

static int setup(void **state)
{
    const unsigned char *at;
    unsigned char *part = NULL;
    X509 *x509;
    int len;

    (void)state;
    made_key_init(&signer, SIGNKEY_P384, "signer");
    made_key_init(&other, SIGNKEY_P384, "signer");
    buf_init(&issuer, 1000);
    buf_init(&serial, 1000);
    at = signer.cert.data;
    x509 = d2i_X509(NULL, &at, (long)signer.cert.len);
    assert_non_null(x509);
    len = i2d_X509_NAME(X509_get_issuer_name(x509), &part);
    assert_true(len > 0 && buf_add(&issuer, part, (size_t)len, &err));
    OPENSSL_free(part);
    part = NULL;
    len = i2d_ASN1_INTEGER(X509_get_serialNumber(x509), &part);
    assert_true(len > 0 && buf_add(&serial, part, (size_t)len, &err));
    OPENSSL_free(part);
    X509_free(x509);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    made_key_release(&signer);
    made_key_release(&other);
    buf_release(&issuer);
    buf_release(&serial);
    return 0;
}

static void put(struct der *d, enum oid oid)
{
    der_value(d, DER_OID, oids[oid].bytes, oids[oid].len);
}

static void put_algorithm(struct der *d, enum oid oid, bool null)
{
    der_open(d, DER_SEQUENCE);
    put(d, oid);
    if (null) {
        der_value(d, DER_NULL, "", 0);
    }
    der_close(d);
}

/* An OID by its text; only libcrypto knows how to write arcs of 128 bits. */
static void put_kind(struct der *d)
{
    ASN1_OBJECT *object = OBJ_txt2obj(sigfile_oid(SIGFILE_MANIFEST), 1);

    assert_non_null(object);
    der_value(d, DER_OID, OBJ_get0_data(object), OBJ_length(object));
    ASN1_OBJECT_free(object);
}

static void put_time(struct der *d, enum deviation dev)
{
    static const struct {
        enum deviation dev;
        uint8_t tag;
        const char *text;
    } rows[] = {{D_TIME_BOOLEAN, 0x01, "\xff"},
                {D_TIME_GENERALIZED, 0x18, "20260102030405Z"},
                {D_TIME_1960, DER_UTC_TIME, "600102030405Z"},
                {D_TIME_OFFSET, DER_UTC_TIME, "260102030405+0000"},
                {D_TIME_NO_SECONDS, DER_UTC_TIME, "2601020304Z"},
                {D_TIME_NO_DAY, DER_UTC_TIME, "260230030405Z"},
                {D_NONE, DER_UTC_TIME, UTC_TIME}};
    size_t i = 0;

    while (rows[i].dev != D_NONE && rows[i].dev != dev) {
        i++;
    }
    der_value(d, rows[i].tag, rows[i].text, strlen(rows[i].text));
}

static void put_type(struct der *d, enum deviation dev)
{
    if (dev == D_TYPE_DATA) {
        put(d, OID_DATA);
    } else if (dev == D_TYPE_AS_TEXT) {
        der_value(d, DER_OCTET_STRING, "type", 4);
    } else {
        put_kind(d);
    }
}

static void put_digest(struct der *d, enum deviation dev)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = DOCUMENT_LEN - (dev == D_DIGEST_OF_OTHER);

    assert_int_equal(EVP_Digest(document, len, digest, NULL, EVP_sha384(), NULL), 1);
    der_value(d, dev == D_DIGEST_AS_UTF8 ? 0x0c : DER_OCTET_STRING, digest,
              dev == D_DIGEST_SHORT ? 32 : 48);
}

static void put_ess(struct der *d, enum deviation dev)
{
    const struct buf *cert = dev == D_ESS_OTHER_HASH ? &other.cert : &signer.cert;
    uint8_t hash[EVP_MAX_MD_SIZE];

    assert_int_equal(EVP_Digest(cert->data, cert->len, hash, NULL, EVP_sha384(), NULL), 1);
    der_open(d, DER_SEQUENCE);
    der_open(d, DER_SEQUENCE);
    der_open(d, DER_SEQUENCE);
    if (dev != D_ESS_NO_ALGORITHM) {
        put_algorithm(d, OID_SHA384, false);
    }
    der_value(d, DER_OCTET_STRING, hash, 48);
    if (dev != D_ESS_NO_ISSUER) {
        der_open(d, DER_SEQUENCE);
        der_open(d, DER_SEQUENCE);
        der_open(d, DER_CONTEXT(4));
        der_raw(d, issuer.data, issuer.len);
        der_close(d);
        der_close(d);
        der_raw(d, serial.data, serial.len);
        der_close(d);
    }
    der_close(d);
    der_close(d);
    if (dev == D_ESS_POLICY) {
        der_open(d, DER_SEQUENCE);
        put_algorithm(d, OID_DATA, false);
        der_close(d);
    }
    der_close(d);
}

/* One attribute with the deviations that all four share. */
static void put_attribute(struct der *d, enum deviation dev, enum oid oid,
                          void (*value)(struct der *, enum deviation), enum deviation missing,
                          enum deviation twice, enum deviation two_values, enum deviation no_value)
{
    for (int i = 0; i < (dev == missing ? 0 : dev == twice ? 2 : 1); i++) {
        der_open(d, DER_SEQUENCE);
        put(d, oid);
        der_open(d, DER_SET);
        for (int j = 0; j < (dev == no_value ? 0 : dev == two_values ? 2 : 1); j++) {
            value(d, dev);
        }
        der_close(d);
        der_close(d);
    }
}

static void put_attributes(struct der *d, enum deviation dev)
{
    if (dev != D_ATTRIBUTES_UNSORTED) {
        put_attribute(d, dev, OID_SIGNING_TIME, put_time, D_NO_TIME, D_TIME_TWICE,
                      D_TIME_TWO_VALUES, D_TIME_NO_VALUE);
    }
    put_attribute(d, dev, OID_CONTENT_TYPE, put_type, D_NO_TYPE, D_TYPE_TWICE, D_TYPE_TWO_VALUES,
                  D_COUNT);
    if (dev == D_ATTRIBUTE_EXTRA) {
        der_open(d, DER_SEQUENCE);
        put(d, OID_CAPABILITIES);
        der_open(d, DER_SET);
        der_open(d, DER_SEQUENCE);
        put_algorithm(d, OID_SHA256, false);
        der_close(d);
        der_close(d);
        der_close(d);
    }
    put_attribute(d, dev, OID_MESSAGE_DIGEST, put_digest, D_NO_DIGEST, D_DIGEST_TWICE,
                  D_DIGEST_TWO_VALUES, D_DIGEST_NO_VALUE);
    if (dev == D_ATTRIBUTES_UNSORTED) {
        put_attribute(d, dev, OID_SIGNING_TIME, put_time, D_NO_TIME, D_TIME_TWICE,
                      D_TIME_TWO_VALUES, D_TIME_NO_VALUE);
    }
    put_attribute(d, dev, OID_CERTIFICATE, put_ess, D_NO_ESS, D_ESS_TWICE, D_ESS_TWO_VALUES,
                  D_COUNT);
}

#endif
