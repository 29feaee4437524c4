/* SPDX-License-Identifier: MIT */
/*
 * Takes the parts out of a signature file. Nothing here decides: what is taken is written anew and
 * compared.
 */
#include <limits.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/x509.h>

#include "base/limits.h"
#include "base/when.h"
#include "keys/crypto.h"
#include "keys/sigfile_cert.h"

static bool take_certificate(struct sigfile_taken *taken, CMS_ContentInfo *cms, struct err *err)
{
    STACK_OF(X509) *certs = CMS_get1_certs(cms);
    unsigned char *der = NULL;
    int len = -1;
    bool ok;

    if (certs != NULL && sk_X509_num(certs) == 1) {
        len = i2d_X509(sk_X509_value(certs, 0), &der);
    }
    sk_X509_pop_free(certs, X509_free);
    if (len <= 0) {
        return crypto_fail(err, ERR_SIGNATURE_PROFILE,
                           "the signature file must carry exactly the signer's certificate");
    }
    ok = buf_add(&taken->cert, der, (size_t)len, err);
    OPENSSL_free(der);
    return ok;
}

static bool take_algorithms(struct sigfile_parts *parts, CMS_SignerInfo *si, struct err *err)
{
    const ASN1_OBJECT *object = NULL;
    X509_ALGOR *digest = NULL, *signature = NULL;

    CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest, &signature);
    X509_ALGOR_get0(&object, NULL, NULL, digest);
    switch (OBJ_obj2nid(object)) {
    case NID_sha256:
        parts->digest = SIGFILE_SHA256;
        break;
    case NID_sha384:
        parts->digest = SIGFILE_SHA384;
        break;
    case NID_sha512:
        parts->digest = SIGFILE_SHA512;
        break;
    default:
        return err_set(err, ERR_SIGNATURE_PROFILE,
                       "the digest must be SHA-256, SHA-384 or SHA-512");
    }
    X509_ALGOR_get0(&object, NULL, NULL, signature);
    switch (OBJ_obj2nid(object)) {
    case NID_rsaEncryption:
        parts->alg = SIGFILE_RSA_PKCS1;
        return true;
    case NID_rsassaPss:
        parts->alg = SIGFILE_RSA_PSS;
        return true;
    case NID_ecdsa_with_SHA256:
    case NID_ecdsa_with_SHA384:
    case NID_ecdsa_with_SHA512:
        parts->alg = SIGFILE_ECDSA;
        return true;
    default:
        return err_set(err, ERR_SIGNATURE_PROFILE, "the signature algorithm is not allowed");
    }
}

/* YYMMDDhhmmssZ of RFC 5652 11.3; two digits of the year mean 1950 to 2049. */
static bool read_utc_time(int64_t *out, const unsigned char *text, int len)
{
    char full[WHEN_TEXT_SIZE] = "20YY-MM-DDThh:mm:ssZ";
    static const int to[] = {2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};

    if (len != 13 || text[12] != 'Z' || text[0] > '4') {
        return false;
    }
    for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
        full[to[i]] = (char)text[i];
    }
    return when_parse(out, full, WHEN_MIN, WHEN_MAX);
}

static bool take_attributes(struct sigfile_parts *parts, CMS_SignerInfo *si, struct err *err)
{
    size_t size = parts->digest == SIGFILE_SHA256 ? 32 : parts->digest == SIGFILE_SHA384 ? 48 : 64;
    const ASN1_OCTET_STRING *digest = CMS_signed_get0_data_by_OBJ(
        si, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
    const ASN1_UTCTIME *time =
        CMS_signed_get0_data_by_OBJ(si, OBJ_nid2obj(NID_pkcs9_signingTime), -3, V_ASN1_UTCTIME);

    if (digest == NULL || (size_t)ASN1_STRING_length(digest) != size) {
        return err_set(
            err, ERR_SIGNATURE_PROFILE,
            "the signed attribute messageDigest is missing, repeated or of wrong length");
    }
    memcpy(parts->message_digest, ASN1_STRING_get0_data(digest), size);
    if (time == NULL || !read_utc_time(&parts->signing_time, ASN1_STRING_get0_data(time),
                                       ASN1_STRING_length(time))) {
        return err_set(err, ERR_SIGNATURE_PROFILE,
                       "the signed attribute signingTime is missing, repeated or no UTCTime within "
                       "2000 to 2049");
    }
    return true;
}

static bool take_all(struct sigfile_taken *taken, CMS_ContentInfo *cms, struct err *err)
{
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
    const ASN1_OCTET_STRING *value;
    CMS_SignerInfo *si;

    if (infos == NULL) {
        return crypto_fail(err, ERR_SIGNATURE_FORM, "this is no CMS SignedData");
    }
    if (sk_CMS_SignerInfo_num(infos) != 1) {
        return err_set(err, ERR_SIGNATURE_PROFILE, "a signature file has exactly one signer");
    }
    si = sk_CMS_SignerInfo_value(infos, 0);
    if (!take_certificate(taken, cms, err) || !take_algorithms(&taken->parts, si, err) ||
        !take_attributes(&taken->parts, si, err)) {
        return false;
    }
    value = CMS_SignerInfo_get0_signature(si);
    if (!buf_add(&taken->value, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value),
                 err)) {
        return false;
    }
    taken->parts.signature = taken->value.data;
    taken->parts.signature_len = taken->value.len;
    return true;
}

bool sigfile_taken_read(struct sigfile_taken *taken, const void *file, size_t len, struct err *err)
{
    const unsigned char *at = file;
    CMS_ContentInfo *cms = len > LONG_MAX ? NULL : d2i_CMS_ContentInfo(NULL, &at, (long)len);
    bool ok;

    memset(taken, 0, sizeof *taken);
    buf_init(&taken->cert, LIMIT_SIGNATURE_BYTES);
    buf_init(&taken->value, LIMIT_SIGNATURE_BYTES);
    if (cms == NULL) {
        return crypto_fail(err, ERR_SIGNATURE_FORM, "this is no CMS SignedData in DER");
    }
    ok = take_all(taken, cms, err);
    CMS_ContentInfo_free(cms);
    crypto_drain();
    if (ok && at != (const unsigned char *)file + len) {
        ok = err_set(err, ERR_SIGNATURE_PROFILE, "bytes follow the signature");
    }
    return ok;
}

void sigfile_taken_release(struct sigfile_taken *taken)
{
    buf_release(&taken->cert);
    buf_release(&taken->value);
}
