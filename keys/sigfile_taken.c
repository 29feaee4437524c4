/* SPDX-License-Identifier: MIT */
/*
 * Takes the parts out of a signature file, one DER value after the other, without libcrypto's
 * objects of CMS, which would decode the certificate's key once more. Nothing here decides: what is
 * taken is written anew and compared, so a value that is passed over here cannot pass there.
 */
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "base/limits.h"
#include "base/when.h"
#include "keys/crypto.h"
#include "keys/der.h"
#include "keys/sigfile_cert.h"

#define FAILED 0x80 /* of ASN1_get_object; 1 is for an indefinite length */

/* Bytes that are still to be read. */
struct rest {
    const unsigned char *at, *end;
};

/* The next value, if it is of this identifier and of definite length; `content` may be `in`. */
static bool next(struct rest *in, uint8_t identifier, struct rest *content)
{
    const unsigned char *at = in->at, *end = in->end;
    long len = 0;
    int tag, class;

    if (at >= end || *at != identifier ||
        (ASN1_get_object(&at, &len, &tag, &class, (long)(end - at)) & ~V_ASN1_CONSTRUCTED) != 0) {
        return false;
    }
    in->at = at + len;
    *content = (struct rest){at, at + len};
    return true;
}

static bool skip(struct rest *in, uint8_t identifier)
{
    struct rest content;

    return next(in, identifier, &content);
}

/* The number that libcrypto knows the next value by, if it is an OID. */
static int next_oid(struct rest *in)
{
    const unsigned char *at = in->at;
    ASN1_OBJECT *object = NULL;
    int nid = NID_undef;

    if (skip(in, DER_OID)) {
        object = d2i_ASN1_OBJECT(NULL, &at, (long)(in->at - at));
        nid = OBJ_obj2nid(object);
        ASN1_OBJECT_free(object);
    }
    return nid;
}

/* The OID that an AlgorithmIdentifier begins with. */
static int next_algorithm(struct rest *in)
{
    struct rest algorithm;

    return next(in, DER_SEQUENCE, &algorithm) ? next_oid(&algorithm) : NID_undef;
}

static bool take_digest_algorithm(struct sigfile_parts *parts, int nid, struct err *err)
{
    switch (nid) {
    case NID_sha256:
        parts->digest = SIGFILE_SHA256;
        return true;
    case NID_sha384:
        parts->digest = SIGFILE_SHA384;
        return true;
    case NID_sha512:
        parts->digest = SIGFILE_SHA512;
        return true;
    default:
        return err_set(err, ERR_SIGNATURE_PROFILE,
                       "the digest must be SHA-256, SHA-384 or SHA-512");
    }
}

static bool take_signature_algorithm(struct sigfile_parts *parts, int nid, struct err *err)
{
    switch (nid) {
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
static bool read_utc_time(int64_t *out, const unsigned char *text, size_t len)
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

/* The first value of the first attribute of this type. */
static bool find_attribute(struct rest attributes, int nid, uint8_t identifier,
                           struct rest *content)
{
    struct rest attribute, values;

    while (next(&attributes, DER_SEQUENCE, &attribute)) {
        if (next_oid(&attribute) == nid) {
            return next(&attribute, DER_SET, &values) && next(&values, identifier, content);
        }
    }
    return false;
}

static bool take_attributes(struct sigfile_parts *parts, struct rest attributes, struct err *err)
{
    size_t size = parts->digest == SIGFILE_SHA256 ? 32 : parts->digest == SIGFILE_SHA384 ? 48 : 64;
    struct rest digest, time;

    if (!find_attribute(attributes, NID_pkcs9_messageDigest, DER_OCTET_STRING, &digest) ||
        (size_t)(digest.end - digest.at) != size) {
        return err_set(err, ERR_SIGNATURE_PROFILE,
                       "the signed attribute messageDigest is missing or of wrong length");
    }
    memcpy(parts->message_digest, digest.at, size);
    if (!find_attribute(attributes, NID_pkcs9_signingTime, DER_UTC_TIME, &time) ||
        !read_utc_time(&parts->signing_time, time.at, (size_t)(time.end - time.at))) {
        return err_set(err, ERR_SIGNATURE_PROFILE,
                       "the signed attribute signingTime is missing or no UTCTime within 2000 to "
                       "2049");
    }
    return true;
}

/* SignerInfo of RFC 5652 5.3. */
static bool take_signer(struct sigfile_taken *taken, struct rest signers, struct err *err)
{
    struct sigfile_parts *parts = &taken->parts;
    struct rest signer, attributes, value;

    if (!next(&signers, DER_SEQUENCE, &signer) || signers.at != signers.end) {
        return err_set(err, ERR_SIGNATURE_PROFILE, "a signature file has exactly one signer");
    }
    if (!skip(&signer, DER_INTEGER) || !skip(&signer, DER_SEQUENCE)) {
        return err_set(err, ERR_SIGNATURE_PROFILE,
                       "the signer must be named by the certificate's issuer and serial number");
    }
    if (!take_digest_algorithm(parts, next_algorithm(&signer), err)) {
        return false;
    }
    if (!next(&signer, DER_CONTEXT(0), &attributes)) {
        return err_set(err, ERR_SIGNATURE_PROFILE, "there are no signed attributes");
    }
    if (!take_attributes(parts, attributes, err) ||
        !take_signature_algorithm(parts, next_algorithm(&signer), err)) {
        return false;
    }
    if (!next(&signer, DER_OCTET_STRING, &value)) {
        return err_set(err, ERR_SIGNATURE_PROFILE, "there is no signature value");
    }
    if (!buf_add(&taken->value, value.at, (size_t)(value.end - value.at), err)) {
        return false;
    }
    parts->signature = taken->value.data;
    parts->signature_len = taken->value.len;
    return true;
}

static bool take_certificate(struct sigfile_taken *taken, struct rest certificates, struct err *err)
{
    const unsigned char *cert = certificates.at;

    if (!skip(&certificates, DER_SEQUENCE) || certificates.at != certificates.end) {
        return err_set(err, ERR_SIGNATURE_PROFILE,
                       "the signature file must carry exactly the signer's certificate");
    }
    return buf_add(&taken->cert, cert, (size_t)(certificates.end - cert), err);
}

/* SignedData of RFC 5652 5.1. */
static bool take_all(struct sigfile_taken *taken, struct rest all, struct err *err)
{
    struct rest data, certificates, signers;

    if (!next(&all, DER_SEQUENCE, &data) || !skip(&data, DER_OID) ||
        !next(&data, DER_CONTEXT(0), &data) || !next(&data, DER_SEQUENCE, &data) ||
        !skip(&data, DER_INTEGER) || !skip(&data, DER_SET) || !skip(&data, DER_SEQUENCE)) {
        return err_set(err, ERR_SIGNATURE_PROFILE, "the SignedData does not begin as it must");
    }
    if (all.at != all.end) {
        return err_set(err, ERR_SIGNATURE_PROFILE, "bytes follow the signature");
    }
    if (!next(&data, DER_CONTEXT(0), &certificates)) {
        return err_set(err, ERR_SIGNATURE_PROFILE,
                       "the signature file must carry the signer's certificate");
    }
    if (!take_certificate(taken, certificates, err)) {
        return false;
    }
    if (!next(&data, DER_SET, &signers)) {
        return err_set(err, ERR_SIGNATURE_PROFILE,
                       "after the certificate the signature file must have its signer");
    }
    return take_signer(taken, signers, err);
}

/* Whether it begins as one, in whole length; its outer value may be of BER's indefinite length. */
static bool is_signed_data(struct rest all)
{
    const unsigned char *at = all.at;
    int tag, class;
    long len;

    if (at == all.end || *at != DER_SEQUENCE ||
        (ASN1_get_object(&at, &len, &tag, &class, (long)(all.end - at)) & FAILED) != 0) {
        return false;
    }
    return next_oid(&(struct rest){at, all.end}) == NID_pkcs7_signed;
}

bool sigfile_taken_read(struct sigfile_taken *taken, const void *file, size_t len, struct err *err)
{
    struct rest all = {file, len == 0 ? file : (const unsigned char *)file + len};
    bool ok;

    memset(taken, 0, sizeof *taken);
    buf_init(&taken->cert, LIMIT_SIGNATURE_BYTES);
    buf_init(&taken->value, LIMIT_SIGNATURE_BYTES);
    ok =
        is_signed_data(all) || err_set(err, ERR_SIGNATURE_FORM, "this is no CMS SignedData in DER");
    ok = ok && take_all(taken, all, err);
    crypto_drain();
    return ok;
}

void sigfile_taken_release(struct sigfile_taken *taken)
{
    buf_release(&taken->cert);
    buf_release(&taken->value);
}
