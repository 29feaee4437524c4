/* SPDX-License-Identifier: MIT */
/*
 * Signature files that are well signed and deviate in one point each. They are written by a second
 * writer, which without a deviation must give the bytes of the first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cms_kit.h"

/* The value over what this file says is signed, so that only the deviation can refuse it. */
static void make_value(enum deviation dev, struct buf *value)
{
    const struct made_key *by = dev == D_VALUE_OF_OTHER_KEY ? &other : &signer;
    enum sigfile_digest digest = dev == D_ALGORITHM_SHA256 ? SIGFILE_SHA256 : SIGFILE_SHA384;
    struct buf message;
    struct der d;

    buf_init(&message, LIMIT_SIGNATURE_BYTES);
    der_init(&d, &message, &err);
    if (dev == D_NO_ATTRIBUTES) {
        der_raw(&d, document, DOCUMENT_LEN);
    } else {
        der_open(&d, DER_SET);
        put_attributes(&d, dev);
        der_close(&d);
    }
    assert_true(der_done(&d));
    assert_true(
        signkey_sign(by->key, SIGFILE_ECDSA, digest, message.data, message.len, value, &err));
    buf_release(&message);
}

/* ECDSA values that other readers may forgive. `value` is the good one. */
static void spoil_value(enum deviation dev, struct buf *value)
{
    static const char order[] = /* n of P-384 (FIPS 186-4 D.1.2.4) */
        "\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff"
        "\xc7\x63\x4d\x81\xf4\x37\x2d\xdf\x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5"
        "\x29\x73";
    size_t r_len = value->data[3];
    struct buf good = *value;
    struct der d;

    buf_init(value, LIMIT_SIGNATURE_BYTES);
    der_init(&d, value, &err);
    if (dev == D_VALUE_LONG_LENGTH) {
        der_raw(&d, "\x30\x81", 2);
        der_raw(&d, good.data + 1, good.len - 1);
    } else if (dev == D_VALUE_TRAILING) {
        der_raw(&d, good.data, good.len);
        der_raw(&d, "", 1);
    } else if (dev != D_VALUE_EMPTY) {
        der_open(&d, DER_SEQUENCE);
        if (dev == D_VALUE_R_ZERO) {
            der_small(&d, 0);
            der_raw(&d, good.data + 4 + r_len, good.len - 4 - r_len);
        } else if (dev == D_VALUE_R_ORDER) {
            der_value(&d, DER_INTEGER, order, sizeof order - 1);
            der_raw(&d, good.data + 4 + r_len, good.len - 4 - r_len);
        } else {
            der_raw(&d, good.data + 2, 2 + r_len);
            der_value(&d, DER_INTEGER, dev == D_VALUE_S_NEGATIVE ? "\x80" : "", 1);
        }
        der_close(&d);
    }
    assert_true(der_done(&d));
    buf_release(&good);
}

static void put_signer(struct der *d, enum deviation dev, const struct buf *value)
{
    static const uint8_t id[20] = {1};

    der_open(d, DER_SEQUENCE);
    der_small(d, dev == D_SIGNER_VERSION_3 || dev == D_SIGNER_BY_KEY_ID ? 3 : 1);
    if (dev == D_SIGNER_BY_KEY_ID) {
        der_value(d, 0x80, id, sizeof id);
    } else {
        der_open(d, DER_SEQUENCE);
        der_raw(d, issuer.data, issuer.len);
        if (dev == D_SIGNER_SERIAL) {
            der_small(d, 1);
        } else {
            der_raw(d, serial.data, serial.len);
        }
        der_close(d);
    }
    put_algorithm(d,
                  dev == D_DIGEST_MD5     ? OID_MD5
                  : dev == D_DIGEST_SHA1  ? OID_SHA1
                  : dev == D_DIGEST_OTHER ? OID_SHA256
                                          : OID_SHA384,
                  dev == D_DIGEST_NULL);
    if (dev != D_NO_ATTRIBUTES) {
        der_open(d, DER_CONTEXT(0));
        put_attributes(d, dev);
        der_close(d);
    }
    put_algorithm(d,
                  dev == D_ALGORITHM_SHA1     ? OID_ECDSA_SHA1
                  : dev == D_ALGORITHM_SHA256 ? OID_ECDSA_SHA256
                                              : OID_ECDSA_SHA384,
                  dev == D_ALGORITHM_NULL);
    der_value(d, DER_OCTET_STRING, value->data, value->len);
    if (dev == D_UNSIGNED_ATTRIBUTE) {
        der_open(d, DER_CONTEXT(1));
        put_attribute(d, dev, OID_SIGNING_TIME, put_time, D_COUNT, D_COUNT, D_COUNT, D_COUNT);
        der_close(d);
    }
    der_close(d);
}

static void put_digests(struct der *d, enum deviation dev)
{
    der_open(d, DER_SET);
    if (dev == D_DIGESTS_WRONG || dev == D_DIGESTS_TWO) {
        put_algorithm(d, OID_SHA256, false);
    }
    if (dev != D_DIGESTS_EMPTY && dev != D_DIGESTS_WRONG) {
        put_algorithm(d, OID_SHA384, dev == D_DIGESTS_NULL);
    }
    der_close(d);
}

static void put_certificates(struct der *d, enum deviation dev)
{
    if (dev != D_NO_CERTIFICATE) {
        der_open(d, DER_CONTEXT(0));
        if (dev != D_CERTIFICATE_OTHER) {
            der_raw(d, signer.cert.data, signer.cert.len);
        }
        if (dev == D_CERTIFICATE_TWICE) {
            der_raw(d, signer.cert.data, signer.cert.len);
        }
        if (dev == D_CERTIFICATE_OTHER || dev == D_CERTIFICATE_AND_OTHER) {
            der_raw(d, other.cert.data, other.cert.len);
        }
        der_close(d);
    }
    if (dev == D_REVOCATION) { /* otherRevInfo of RFC 5652 10.2.1 */
        der_open(d, DER_CONTEXT(1));
        der_open(d, DER_CONTEXT(1));
        put(d, OID_DATA);
        der_value(d, DER_NULL, "", 0);
        der_close(d);
        der_close(d);
    }
}

static void make_file(enum deviation dev, struct buf *out, struct buf *value)
{
    struct der d;

    buf_init(out, 2 * LIMIT_SIGNATURE_BYTES);
    buf_init(value, LIMIT_SIGNATURE_BYTES);
    make_value(dev, value);
    if (dev == D_VALUE_EMPTY || (dev >= D_VALUE_R_ZERO && dev <= D_VALUE_LONG_LENGTH)) {
        spoil_value(dev, value);
    }
    der_init(&d, out, &err);
    der_open(&d, DER_SEQUENCE);
    put(&d, dev == D_OUTER_ENVELOPED ? OID_ENVELOPED
            : dev == D_OUTER_DATA    ? OID_DATA
                                     : OID_SIGNED_DATA);
    der_open(&d, DER_CONTEXT(0));
    der_open(&d, DER_SEQUENCE);
    der_small(&d, dev == D_VERSION_1 ? 1 : dev == D_VERSION_99 ? 99 : 3);
    put_digests(&d, dev);
    der_open(&d, DER_SEQUENCE);
    if (dev == D_TYPE_DATA || dev == D_TYPE_DATA_OUTSIDE) {
        put(&d, OID_DATA);
    } else {
        put_kind(&d);
    }
    if (dev == D_ATTACHED) {
        der_open(&d, DER_CONTEXT(0));
        der_value(&d, DER_OCTET_STRING, document, DOCUMENT_LEN);
        der_close(&d);
    }
    der_close(&d);
    put_certificates(&d, dev);
    der_open(&d, DER_SET);
    for (int i = 0; i < (dev == D_NO_SIGNER ? 0 : dev == D_SIGNER_TWICE ? 2 : 1); i++) {
        put_signer(&d, dev, value);
    }
    der_close(&d);
    der_close(&d);
    der_close(&d);
    der_close(&d);
    assert_true(der_done(&d));
}

static enum err_code verify(const void *file, size_t len)
{
    struct sigfile_candidate one = {.cert = signer.cert.data, .cert_len = signer.cert.len};
    struct sigfile_result result;

    err = (struct err){0};
    if (sigfile_verify(file, len, SIGFILE_MANIFEST, document, DOCUMENT_LEN, &one, 1, &result,
                       &err)) {
        assert_int_equal(result.signing_time, WHEN);
        return ERR_NONE;
    }
    assert_true(strlen(err.text) > 0);
    return err.code;
}

static void both_writers_give_the_same_bytes(void **state)
{
    struct sigfile_parts parts = {SIGFILE_SHA384, SIGFILE_ECDSA, WHEN, {0}, NULL, 0};
    struct buf file, value, encoded;

    (void)state;
    make_file(D_NONE, &file, &value);
    parts.signature = value.data;
    parts.signature_len = value.len;
    assert_int_equal(
        EVP_Digest(document, DOCUMENT_LEN, parts.message_digest, NULL, EVP_sha384(), NULL), 1);
    buf_init(&encoded, LIMIT_SIGNATURE_BYTES);
    assert_true(sigfile_encode(signer.cert.data, signer.cert.len, SIGFILE_MANIFEST, &parts,
                               &encoded, &err));
    assert_true(buf_equal(&encoded, &file));
    buf_release(&encoded);
    buf_release(&file);
    buf_release(&value);
}

static void each_deviation_is_refused(void **state)
{
#define X(name, code) {#name, code},
    static const struct {
        const char *name;
        enum err_code code;
    } rows[] = {DEVIATIONS};
#undef X

    (void)state;
    for (size_t i = 0; i < D_COUNT; i++) {
        enum err_code code;
        struct buf file, value;

        make_file((enum deviation)i, &file, &value);
        code = verify(file.data, file.len);
        if (code != rows[i].code) {
            fail_msg("%s: %s instead of %s: %s", rows[i].name, err_reason(code),
                     err_reason(rows[i].code), err.text);
        }
        buf_release(&file);
        buf_release(&value);
    }
}

/* BER of the same content: a longer length, an indefinite one; and a cut at each byte. */
static void only_der_in_full_length_is_read(void **state)
{
    struct buf file, value, ber;

    (void)state;
    make_file(D_NONE, &file, &value);
    assert_int_equal(file.data[1], 0x82);
    buf_init(&ber, LIMIT_SIGNATURE_BYTES);
    assert_true(buf_add(&ber, "\x30\x83\0", 3, &err));
    assert_true(buf_add(&ber, file.data + 2, file.len - 2, &err));
    assert_int_equal(verify(ber.data, ber.len), ERR_SIGNATURE_PROFILE);
    buf_clear(&ber);
    assert_true(buf_add(&ber, "\x30\x80", 2, &err));
    assert_true(buf_add(&ber, file.data + 4, file.len - 4, &err));
    assert_true(buf_add(&ber, "\0\0", 2, &err));
    assert_int_equal(verify(ber.data, ber.len), ERR_SIGNATURE_PROFILE);
    for (size_t len = 0; len < file.len; len++) {
        assert_int_equal(verify(file.data, len), ERR_SIGNATURE_FORM);
    }
    assert_int_equal(verify(file.data, file.len), ERR_NONE);
    buf_release(&ber);
    buf_release(&file);
    buf_release(&value);
}

static void other_files_are_no_signature(void **state)
{
    static const char *const texts[] = {"-----BEGIN CMS-----\n",
                                        "MIME-Version: 1.0\n\n",
                                        "0",
                                        "\x30\x80",
                                        "\x30\x84\xff\xff\xff\xff",
                                        "\x30\x00"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(verify(texts[i], strlen(texts[i])), ERR_SIGNATURE_FORM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_writers_give_the_same_bytes),
        cmocka_unit_test(each_deviation_is_refused),
        cmocka_unit_test(only_der_in_full_length_is_read),
        cmocka_unit_test(other_files_are_no_signature),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
