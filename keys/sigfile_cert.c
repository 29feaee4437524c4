/* SPDX-License-Identifier: MIT */
/*
 * Certificates whose key may sign.
 */
#include "keys/sigfile_cert.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/limits.h"
#include "keys/crypto.h"
#include "keys/pin.h"

#define RSA_BITS_MIN 3072

/* Adds what an i2d function gave and frees it. */
static bool take(struct buf *out, unsigned char *der, int len, struct err *err)
{
    bool ok = len > 0 ? buf_add(out, der, (size_t)len, err)
                      : crypto_fail(err, ERR_CRYPTO, "a certificate's part cannot be written");

    if (len > 0) {
        OPENSSL_free(der);
    }
    return ok;
}

/* i2d_re_X509_tbs makes libcrypto forget the bytes that were read, so that i2d writes them anew. */
static bool is_canonical(X509 *cert, const uint8_t *der, size_t len)
{
    unsigned char *tbs = NULL, *again = NULL;
    int tbs_len = i2d_re_X509_tbs(cert, &tbs);
    int again_len = tbs_len > 0 ? i2d_X509(cert, &again) : -1;
    bool same = again_len > 0 && (size_t)again_len == len && memcmp(again, der, len) == 0;

    if (tbs_len > 0) {
        OPENSSL_free(tbs);
    }
    if (again_len > 0) {
        OPENSSL_free(again);
    }
    crypto_drain();
    return same;
}

/* The pin reader checks form, curve and point; signing asks for more bits and the usual exponent.
 */
static bool check_key(struct sigfile_cert *cert, X509 *x509, enum err_code code, struct err *err)
{
    static const uint8_t f4[] = {0x02, 0x03, 0x01, 0x00, 0x01};
    unsigned char *spki = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki);
    struct pin pin = {0};
    bool ok;

    if (len <= 0) {
        return crypto_fail(err, code, "the certificate has no public key");
    }
    ok = pin_from_spki(&pin, spki, (size_t)len, err) &&
         crypto_sha256(cert->spki_sha256, spki, (size_t)len, err);
    OPENSSL_free(spki);
    if (ok && pin.type == PIN_RSA) {
        cert->rsa = true;
        ok =
            pin.bits >= RSA_BITS_MIN && memcmp(pin.bytes + pin.len - sizeof f4, f4, sizeof f4) == 0;
    }
    if (!ok) {
        return err_set(err, code,
                       "the certificate's key may not sign: RSA of 3072 to 8192 bits with exponent "
                       "65537, or EC on P-256, P-384 or P-521 by name");
    }
    return true;
}

bool sigfile_cert_read(struct sigfile_cert *cert, const uint8_t *der, size_t len,
                       enum err_code code, struct err *err)
{
    const unsigned char *at = der;
    unsigned char *part = NULL;
    X509 *x509;
    int n;
    bool ok;

    memset(cert, 0, sizeof *cert);
    buf_init(&cert->issuer, LIMIT_CERTIFICATE_BYTES);
    buf_init(&cert->serial, LIMIT_CERTIFICATE_BYTES);
    cert->der = der;
    cert->len = len;
    if (len == 0 || len > LIMIT_CERTIFICATE_BYTES) {
        return err_set(err, code, "a certificate has 1 to %zu bytes", LIMIT_CERTIFICATE_BYTES);
    }
    x509 = d2i_X509(NULL, &at, (long)len);
    if (x509 == NULL || at != der + len || !is_canonical(x509, der, len)) {
        X509_free(x509);
        return crypto_fail(err, code, "this is no certificate in DER");
    }
    ok = check_key(cert, x509, code, err);
    if (ok) {
        n = i2d_X509_NAME(X509_get_issuer_name(x509), &part);
        ok = take(&cert->issuer, part, n, err);
        part = NULL;
        n = ok ? i2d_ASN1_INTEGER(X509_get_serialNumber(x509), &part) : -1;
        ok = ok && take(&cert->serial, part, n, err);
        cert->key = X509_get_pubkey(x509);
        if (ok && cert->key == NULL) {
            ok = crypto_fail(err, code, "the certificate's key cannot be read");
        }
    }
    X509_free(x509);
    return ok;
}

void sigfile_cert_release(struct sigfile_cert *cert)
{
    buf_release(&cert->issuer);
    buf_release(&cert->serial);
    EVP_PKEY_free(cert->key);
    cert->key = NULL;
}

struct sigfile_cert *sigfile_cert_new(const uint8_t *der, size_t len,
                                      uint8_t spki_sha256[static 32], enum err_code code,
                                      struct err *err)
{
    struct sigfile_cert *cert = malloc(sizeof *cert);

    if (cert == NULL) {
        err_memory(err);
        return NULL;
    }
    if (!sigfile_cert_read(cert, der, len, code, err)) {
        sigfile_cert_free(cert);
        return NULL;
    }
    memcpy(spki_sha256, cert->spki_sha256, sizeof cert->spki_sha256);
    return cert;
}

void sigfile_cert_free(struct sigfile_cert *cert)
{
    if (cert != NULL) {
        sigfile_cert_release(cert);
        free(cert);
    }
}

bool sigfile_check_certificate(const uint8_t *der, size_t len, uint8_t spki_sha256[static 32],
                               enum err_code code, struct err *err)
{
    struct sigfile_cert cert;
    bool ok = sigfile_cert_read(&cert, der, len, code, err);

    if (ok) {
        memcpy(spki_sha256, cert.spki_sha256, 32);
    }
    sigfile_cert_release(&cert);
    return ok;
}

static bool in_range(const BIGNUM *value, const BIGNUM *order)
{
    return !BN_is_zero(value) && !BN_is_negative(value) && BN_cmp(value, order) < 0;
}

/*
 * DER that is written again without change, r and s within 1 to n-1 (SEC 1 4.1.4). libcrypto looks
 * too; one file for one signature must not hang on which version of it is there.
 */
static bool is_strict_ecdsa(const EVP_PKEY *key, const uint8_t *value, size_t len)
{
    BIGNUM *order = NULL;
    const unsigned char *at = value;
    ECDSA_SIG *sig = len == 0 || len > LONG_MAX ? NULL : d2i_ECDSA_SIG(NULL, &at, (long)len);
    unsigned char *again = NULL;
    int again_len = sig == NULL ? -1 : i2d_ECDSA_SIG(sig, &again);
    bool ok = again_len > 0 && (size_t)again_len == len && memcmp(again, value, len) == 0 &&
              EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &order) == 1 &&
              in_range(ECDSA_SIG_get0_r(sig), order) && in_range(ECDSA_SIG_get0_s(sig), order);

    if (again_len > 0) {
        OPENSSL_free(again);
    }
    ECDSA_SIG_free(sig);
    BN_free(order);
    return ok;
}

bool sigfile_cert_verify(const struct sigfile_cert *cert, const struct sigfile_parts *parts,
                         const void *attributes, size_t len)
{
    const EVP_MD *md = parts->digest == SIGFILE_SHA256   ? EVP_sha256()
                       : parts->digest == SIGFILE_SHA384 ? EVP_sha384()
                                                         : EVP_sha512();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    bool ok = ctx != NULL && EVP_DigestVerifyInit(ctx, &pctx, md, NULL, cert->key) == 1 &&
              (parts->alg != SIGFILE_ECDSA ||
               is_strict_ecdsa(cert->key, parts->signature, parts->signature_len));

    if (ok && parts->alg == SIGFILE_RSA_PSS) {
        ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1;
    }
    ok = ok && EVP_DigestVerify(ctx, parts->signature, parts->signature_len, attributes, len) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}
