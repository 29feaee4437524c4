/* SPDX-License-Identifier: MIT */
/*
 * Signature files: one function writes them, and reading is taking the parts out, writing anew and
 * comparing (docs/format.md 3).
 */
#include "keys/sigfile.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/limits.h"
#include "base/policy.h"
#include "base/when.h"
#include "keys/crypto.h"
#include "keys/der.h"
#include "keys/sigfile_cert.h"
#include "keys/signkey.h"

#define UTC_TIME_END                                                                               \
    ((int64_t)2524608000) /* 2050-01-01: RFC 5652 11.3 asks for another type from there */

static const char *const oids[] = {
    [SIGFILE_TRUST] = "2.25.254887173127045732470168622027956037413",
    [SIGFILE_MANIFEST] = "2.25.31766164140568260447349616618476652351",
    [SIGFILE_STATEMENT] = "2.25.197687880681201724239043931611687692629",
    [SIGFILE_REQUEST] = "2.25.118544492469276971280011969100495939510",
    [SIGFILE_RECEIPT] = "2.25.116798913240482540324772958484461640384",
};

const char *sigfile_oid(enum sigfile_kind kind)
{
    return oids[kind];
}

static const EVP_MD *digest_md(enum sigfile_digest digest)
{
    return digest == SIGFILE_SHA256   ? EVP_sha256()
           : digest == SIGFILE_SHA384 ? EVP_sha384()
                                      : EVP_sha512();
}

static size_t digest_size(enum sigfile_digest digest)
{
    return digest == SIGFILE_SHA256 ? 32 : digest == SIGFILE_SHA384 ? 48 : 64;
}

/* An OID by its text: libcrypto encodes it. */
static void put_oid(struct der *d, const char *text)
{
    ASN1_OBJECT *object = OBJ_txt2obj(text, 1);

    if (object == NULL) {
        d->failed = true;
        crypto_fail(d->err, ERR_CRYPTO, "an object identifier cannot be written");
        return;
    }
    der_value(d, DER_OID, OBJ_get0_data(object), OBJ_length(object));
    ASN1_OBJECT_free(object);
}

static void put_digest_algorithm(struct der *d, enum sigfile_digest digest, bool null_parameters)
{
    static const char *const names[] = {"2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2",
                                        "2.16.840.1.101.3.4.2.3"};

    der_open(d, DER_SEQUENCE);
    put_oid(d, names[digest]);
    if (null_parameters) {
        der_value(d, DER_NULL, "", 0);
    }
    der_close(d);
}

static void put_pss_parameters(struct der *d, enum sigfile_digest digest)
{
    der_open(d, DER_SEQUENCE);
    der_open(d, DER_CONTEXT(0));
    put_digest_algorithm(d, digest, true);
    der_close(d);
    der_open(d, DER_CONTEXT(1));
    der_open(d, DER_SEQUENCE);
    put_oid(d, "1.2.840.113549.1.1.8");
    put_digest_algorithm(d, digest, true);
    der_close(d);
    der_close(d);
    der_open(d, DER_CONTEXT(2));
    der_small(d, (uint8_t)digest_size(digest));
    der_close(d);
    der_close(d);
}

static void put_signature_algorithm(struct der *d, const struct sigfile_parts *parts)
{
    static const char *const ecdsa[] = {"1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3",
                                        "1.2.840.10045.4.3.4"};

    der_open(d, DER_SEQUENCE);
    switch (parts->alg) {
    case SIGFILE_RSA_PKCS1:
        put_oid(d, "1.2.840.113549.1.1.1");
        der_value(d, DER_NULL, "", 0);
        break;
    case SIGFILE_RSA_PSS:
        put_oid(d, "1.2.840.113549.1.1.10");
        put_pss_parameters(d, parts->digest);
        break;
    case SIGFILE_ECDSA:
        put_oid(d, ecdsa[parts->digest]);
        break;
    }
    der_close(d);
}

static void put_signing_time(struct der *d, int64_t when)
{
    char text[WHEN_TEXT_SIZE], utc[14];
    static const int from[] = {2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};

    when_format(text, when);
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
        utc[i] = text[from[i]];
    }
    utc[12] = 'Z';
    der_value(d, DER_UTC_TIME, utc, 13);
}

static void open_attribute(struct der *d, const char *oid)
{
    der_open(d, DER_SEQUENCE);
    put_oid(d, oid);
    der_open(d, DER_SET);
}

static void close_attribute(struct der *d)
{
    der_close(d);
    der_close(d);
}

static bool put_certificate_id(struct der *d, const struct sigfile_cert *cert,
                               enum sigfile_digest digest)
{
    uint8_t hash[CRYPTO_HASH_MAX];

    if (EVP_Digest(cert->der, cert->len, hash, NULL, digest_md(digest), NULL) != 1) {
        d->failed = true;
        return crypto_fail(d->err, ERR_CRYPTO, "a certificate cannot be hashed");
    }
    open_attribute(d, "1.2.840.113549.1.9.16.2.47");
    der_open(d, DER_SEQUENCE);
    der_open(d, DER_SEQUENCE);
    der_open(d, DER_SEQUENCE);
    if (digest != SIGFILE_SHA256) {
        put_digest_algorithm(d, digest, false);
    }
    der_value(d, DER_OCTET_STRING, hash, digest_size(digest));
    der_open(d, DER_SEQUENCE);
    der_open(d, DER_SEQUENCE);
    der_open(d, DER_CONTEXT(4));
    der_raw(d, cert->issuer.data, cert->issuer.len);
    der_close(d);
    der_close(d);
    der_raw(d, cert->serial.data, cert->serial.len);
    der_close(d);
    der_close(d);
    der_close(d);
    der_close(d);
    close_attribute(d);
    return true;
}

/*
 * The attributes without their outer tag. DER sorts a SET OF by its encodings: by the second byte,
 * the length, this is signingTime (28), contentType (33 or 34), messageDigest (47 to 79),
 * signingCertificateV2 (over 80) for every digest, OID and issuer.
 */
static void put_attributes(struct der *d, const struct sigfile_cert *cert, enum sigfile_kind kind,
                           const struct sigfile_parts *parts)
{
    open_attribute(d, "1.2.840.113549.1.9.5");
    put_signing_time(d, parts->signing_time);
    close_attribute(d);
    open_attribute(d, "1.2.840.113549.1.9.3");
    put_oid(d, oids[kind]);
    close_attribute(d);
    open_attribute(d, "1.2.840.113549.1.9.4");
    der_value(d, DER_OCTET_STRING, parts->message_digest, digest_size(parts->digest));
    close_attribute(d);
    put_certificate_id(d, cert, parts->digest);
}

static bool check_parts(const struct sigfile_cert *cert, const struct sigfile_parts *parts,
                        struct err *err)
{
    if (parts->signing_time < WHEN_MIN || parts->signing_time >= UTC_TIME_END) {
        return err_set(err, ERR_SIGNATURE_FORM, "the signing time is not within 2000 to 2049");
    }
    if (cert->rsa != (parts->alg != SIGFILE_ECDSA)) {
        return err_set(err, ERR_SIGNATURE_PROFILE, "the algorithm does not suit the signer's key");
    }
    return true;
}

static bool write_attributes(const struct sigfile_cert *cert, enum sigfile_kind kind,
                             const struct sigfile_parts *parts, uint8_t tag, struct buf *out,
                             struct err *err)
{
    struct der d;

    der_init(&d, out, err);
    der_open(&d, tag);
    put_attributes(&d, cert, kind, parts);
    der_close(&d);
    return der_done(&d);
}

bool sigfile_attributes(const uint8_t *der, size_t len, enum sigfile_kind kind,
                        const struct sigfile_parts *parts, struct buf *out, struct err *err)
{
    struct sigfile_cert cert;
    bool ok = sigfile_cert_read(&cert, der, len, ERR_SIGNATURE_FORM, err) &&
              check_parts(&cert, parts, err) &&
              write_attributes(&cert, kind, parts, DER_SET, out, err);

    sigfile_cert_release(&cert);
    return ok;
}

static void put_signer_info(struct der *d, const struct sigfile_cert *cert, enum sigfile_kind kind,
                            const struct sigfile_parts *parts)
{
    der_open(d, DER_SEQUENCE);
    der_small(d, 1);
    der_open(d, DER_SEQUENCE);
    der_raw(d, cert->issuer.data, cert->issuer.len);
    der_raw(d, cert->serial.data, cert->serial.len);
    der_close(d);
    put_digest_algorithm(d, parts->digest, false);
    der_open(d, DER_CONTEXT(0));
    put_attributes(d, cert, kind, parts);
    der_close(d);
    put_signature_algorithm(d, parts);
    der_value(d, DER_OCTET_STRING, parts->signature, parts->signature_len);
    der_close(d);
}

static bool encode(const struct sigfile_cert *cert, enum sigfile_kind kind,
                   const struct sigfile_parts *parts, struct buf *out, struct err *err)
{
    struct der d;

    if (!check_parts(cert, parts, err)) {
        return false;
    }
    der_init(&d, out, err);
    der_open(&d, DER_SEQUENCE);
    put_oid(&d, "1.2.840.113549.1.7.2");
    der_open(&d, DER_CONTEXT(0));
    der_open(&d, DER_SEQUENCE);
    der_small(&d, 3);
    der_open(&d, DER_SET);
    put_digest_algorithm(&d, parts->digest, false);
    der_close(&d);
    der_open(&d, DER_SEQUENCE);
    put_oid(&d, oids[kind]);
    der_close(&d);
    der_open(&d, DER_CONTEXT(0));
    der_raw(&d, cert->der, cert->len);
    der_close(&d);
    der_open(&d, DER_SET);
    put_signer_info(&d, cert, kind, parts);
    der_close(&d);
    der_close(&d);
    der_close(&d);
    der_close(&d);
    return der_done(&d);
}

bool sigfile_encode(const uint8_t *der, size_t len, enum sigfile_kind kind,
                    const struct sigfile_parts *parts, struct buf *out, struct err *err)
{
    struct sigfile_cert cert;
    bool ok = sigfile_cert_read(&cert, der, len, ERR_SIGNATURE_FORM, err) &&
              encode(&cert, kind, parts, out, err);

    sigfile_cert_release(&cert);
    return ok;
}

static bool digest_of(const void *document, size_t len, enum sigfile_digest digest,
                      uint8_t out[static CRYPTO_HASH_MAX], struct err *err)
{
    return EVP_Digest(document, len, out, NULL, digest_md(digest), NULL) == 1 ||
           crypto_fail(err, ERR_CRYPTO, "the document cannot be hashed");
}

/* Rebuild, compare, then verify over the rebuilt attributes with the candidate's key. */
static bool check_against(const struct sigfile_cert *cert, const void *file, size_t file_len,
                          enum sigfile_kind kind, const void *document, size_t document_len,
                          const struct sigfile_parts *parts, struct err *err)
{
    uint8_t digest[CRYPTO_HASH_MAX];
    struct err why = {0};
    struct buf again;
    bool ok;

    buf_init(&again, LIMIT_SIGNATURE_BYTES * 2);
    ok = encode(cert, kind, parts, &again, &why);
    if (!ok && why.code == ERR_MEMORY) {
        buf_release(&again);
        return err_memory(err);
    }
    if (POLICY("signature.profile", !ok || !buf_is(&again, file, file_len))) {
        buf_release(&again);
        return err_set(
            err, ERR_SIGNATURE_PROFILE,
            "the signature file is not written as the profile prescribes (docs/format.md "
            "3)");
    }
    buf_clear(&again);
    ok = digest_of(document, document_len, parts->digest, digest, err);
    if (POLICY("signature.digest",
               ok && !crypto_equal(digest, parts->message_digest, digest_size(parts->digest)))) {
        ok = err_set(err, ERR_SIGNATURE_DIGEST, "the signature was made over other bytes");
    }
    ok = ok && write_attributes(cert, kind, parts, DER_SET, &again, err);
    if (POLICY("signature.value", ok && !sigfile_cert_verify(cert, parts, again.data, again.len))) {
        ok = crypto_fail(err, ERR_SIGNATURE_VALUE, "the signature does not hold");
    }
    buf_release(&again);
    return ok;
}

static bool find(const struct sigfile_candidate *candidates, size_t count, const struct buf *cert,
                 size_t *found)
{
    for (size_t i = 0; i < count; i++) {
        if (buf_is(cert, candidates[i].cert, candidates[i].cert_len)) {
            *found = i;
            return true;
        }
    }
    return false;
}

bool sigfile_verify(const void *file, size_t file_len, enum sigfile_kind kind, const void *document,
                    size_t document_len, const struct sigfile_candidate *candidates, size_t count,
                    struct sigfile_result *result, struct err *err)
{
    struct sigfile_taken taken = {0};
    struct sigfile_cert own = {0};
    const struct sigfile_cert *cert = &own;
    size_t found = 0;
    bool ok;

    if (file_len > LIMIT_SIGNATURE_BYTES) {
        return err_set(err, ERR_SIGNATURE_FORM, "a signature file has at most %zu bytes",
                       LIMIT_SIGNATURE_BYTES);
    }
    ok = sigfile_taken_read(&taken, file, file_len, err);
    if (POLICY("signature.signer", ok && !find(candidates, count, &taken.cert, &found))) {
        ok = err_set(err, ERR_SIGNATURE_SIGNER,
                     "the signer is none of those whom the trust set names for this");
    }
    if (ok && candidates[found].read != NULL) {
        cert = candidates[found].read;
    } else if (ok) {
        ok = sigfile_cert_read(&own, candidates[found].cert, candidates[found].cert_len,
                               ERR_SIGNATURE_PROFILE, err);
    }
    ok = ok && check_against(cert, file, file_len, kind, document, document_len, &taken.parts, err);
    if (ok) {
        result->signer = found;
        result->signing_time = taken.parts.signing_time;
        result->digest = taken.parts.digest;
        result->alg = taken.parts.alg;
    }
    sigfile_cert_release(&own);
    sigfile_taken_release(&taken);
    return ok;
}

bool sigfile_sign(struct signkey *key, const uint8_t *cert, size_t cert_len, bool pss,
                  enum sigfile_kind kind, const void *document, size_t document_len,
                  int64_t signing_time, struct buf *out, struct err *err)
{
    struct sigfile_candidate self = {.cert = cert, .cert_len = cert_len};
    struct sigfile_parts parts = {.signing_time = signing_time};
    struct sigfile_result result;
    struct buf attributes, value, file;
    unsigned bits = signkey_bits(key);
    bool ok;

    parts.digest = bits == 256 ? SIGFILE_SHA256 : bits == 521 ? SIGFILE_SHA512 : SIGFILE_SHA384;
    parts.alg = !signkey_is_rsa(key) ? SIGFILE_ECDSA : pss ? SIGFILE_RSA_PSS : SIGFILE_RSA_PKCS1;
    buf_init(&attributes, LIMIT_SIGNATURE_BYTES);
    buf_init(&value, LIMIT_SIGNATURE_BYTES);
    buf_init(&file, LIMIT_SIGNATURE_BYTES);
    ok = signkey_check_certificate(key, cert, cert_len, err) &&
         digest_of(document, document_len, parts.digest, parts.message_digest, err) &&
         sigfile_attributes(cert, cert_len, kind, &parts, &attributes, err) &&
         signkey_sign(key, parts.alg, parts.digest, attributes.data, attributes.len, &value, err);
    parts.signature = value.data;
    parts.signature_len = value.len;
    ok =
        ok && sigfile_encode(cert, cert_len, kind, &parts, &file, err) &&
        sigfile_verify(file.data, file.len, kind, document, document_len, &self, 1, &result, err) &&
        buf_add(out, file.data, file.len, err);
    buf_release(&file);
    buf_release(&attributes);
    buf_release(&value);
    return ok;
}
