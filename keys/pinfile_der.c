/* SPDX-License-Identifier: MIT */
/*
 * The keys in one DER value: a certificate, a PKCS#7 bundle, a public key.
 */
#include "keys/pinfile_der.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/when.h"
#include "keys/crypto.h"

bool pinfile_der_append(struct pinfile *file, const struct pinfile_entry *entry, struct err *err)
{
    size_t count = file->count;

    if (count == LIMIT_KEY_FILE_PINS) {
        return err_set(err, ERR_IO_LIMIT, "more than %d keys; split the file", LIMIT_KEY_FILE_PINS);
    }
    if ((count & (count - 1)) == 0) { /* full at each power of two */
        size_t room = count == 0 ? 1 : 2 * count;
        struct pinfile_entry *grown = realloc(file->entries, room * sizeof *grown);

        if (grown == NULL) {
            return err_memory(err);
        }
        file->entries = grown;
    }
    file->entries[count] = *entry;
    if (entry->form != PINFILE_CERTIFICATE) {
        memcpy(file->entries[count].source_sha256, entry->pin.sha256, sizeof entry->pin.sha256);
    }
    file->count++;
    return true;
}

bool pinfile_der_private(const char *what, struct err *err)
{
    return err_set(err, ERR_PIN_FORM,
                   "this is %s; only public keys and certificates are read here. Keep private keys "
                   "where they belong and export the certificate alone",
                   what);
}

static bool read_time(int64_t *out, const ASN1_TIME *time)
{
    struct tm tm;
    struct when_civil civil;

    if (ASN1_TIME_to_tm(time, &tm) != 1) {
        return false;
    }
    civil = (struct when_civil){.year = tm.tm_year + 1900,
                                .month = tm.tm_mon + 1,
                                .day = tm.tm_mday,
                                .hour = tm.tm_hour,
                                .minute = tm.tm_min,
                                .second = tm.tm_sec};
    return when_from_civil(out, &civil) && *out >= WHEN_KEY_MIN && *out <= WHEN_KEY_MAX;
}

/* Dates inform and decide nothing, so that unreadable ones are no reason to refuse the key. */
static void take_validity(struct pinfile_entry *entry, const X509 *cert)
{
    int64_t from, to;

    if (read_time(&from, X509_get0_notBefore(cert)) && read_time(&to, X509_get0_notAfter(cert)) &&
        from <= to) {
        entry->has_validity = true;
        entry->not_before = from;
        entry->not_after = to;
    }
}

static void take_subject(struct pinfile_entry *entry, const X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    if (bio != NULL && X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
                                          XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        long len = BIO_get_mem_data(bio, &text);

        if (len > 0) {
            text_shown(entry->subject, sizeof entry->subject, text, (size_t)len);
        }
    }
    BIO_free(bio);
}

static bool take_pin(struct pinfile_entry *entry, X509 *cert, struct err *err)
{
    unsigned char *spki = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
    bool ok = len > 0 ? pin_from_spki(&entry->pin, spki, (size_t)len, err)
                      : err_set(err, ERR_PIN_FORM, "its public key cannot be read");

    OPENSSL_free(spki);
    if (!ok && entry->subject[0] != '\0') {
        err_context(err, "certificate %s", entry->subject);
    }
    return ok;
}

bool pinfile_der_certificate(struct pinfile *file, const uint8_t *der, size_t len, size_t line,
                             struct err *err)
{
    struct pinfile_entry entry = {.form = PINFILE_CERTIFICATE, .line = line};
    const unsigned char *at = der;
    X509 *cert = len > LONG_MAX ? NULL : d2i_X509(NULL, &at, (long)len);
    bool ok = false;

    if (cert == NULL || at != der + len) {
        err_set(err, ERR_PIN_FORM, "this is no certificate, or a damaged one; export it again");
    } else {
        take_subject(&entry, cert);
        take_validity(&entry, cert);
        entry.is_leaf = X509_check_ca(cert) == 0;
        ok = take_pin(&entry, cert, err) && crypto_sha256(entry.source_sha256, der, len, err) &&
             pinfile_der_append(file, &entry, err);
    }
    X509_free(cert);
    crypto_drain();
    return ok;
}

static bool append_all(struct pinfile *file, const STACK_OF(X509) * certs, size_t line,
                       struct err *err)
{
    for (int i = 0; i < sk_X509_num(certs); i++) {
        unsigned char *der = NULL;
        int len = i2d_X509(sk_X509_value(certs, i), &der);
        bool ok = len > 0 ? pinfile_der_certificate(file, der, (size_t)len, line, err)
                          : crypto_fail(err, ERR_PIN_FORM, "it cannot be read");

        OPENSSL_free(der);
        if (!ok) {
            err_context(err, "certificate %d of the PKCS#7 bundle", i + 1);
            return false;
        }
    }
    return true;
}

static CMS_ContentInfo *read_cms(const uint8_t *der, size_t len)
{
    const unsigned char *at = der;
    CMS_ContentInfo *cms = len > LONG_MAX ? NULL : d2i_CMS_ContentInfo(NULL, &at, (long)len);

    if (cms != NULL && at != der + len) {
        CMS_ContentInfo_free(cms);
        cms = NULL;
    }
    crypto_drain();
    return cms;
}

bool pinfile_der_pkcs7(struct pinfile *file, const uint8_t *der, size_t len, size_t line,
                       struct err *err)
{
    CMS_ContentInfo *cms = read_cms(der, len);
    STACK_OF(X509) *certs = NULL;
    bool ok;

    if (cms == NULL || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
        ok = err_set(err, ERR_PIN_FORM,
                     "this is no PKCS#7 bundle of certificates; export it again (.p7b)");
    } else if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) > 0) {
        ok = err_set(err, ERR_PIN_FORM,
                     "this is a signed message; a PKCS#7 bundle of certificates alone is needed");
    } else {
        certs = CMS_get1_certs(cms);
        ok = sk_X509_num(certs) > 0
                 ? append_all(file, certs, line, err)
                 : err_set(err, ERR_PIN_FORM, "the PKCS#7 bundle holds no certificate");
    }
    sk_X509_pop_free(certs, X509_free);
    CMS_ContentInfo_free(cms);
    crypto_drain();
    return ok;
}

bool pinfile_der_spki(struct pinfile *file, const uint8_t *der, size_t len, size_t line,
                      struct err *err)
{
    struct pinfile_entry entry = {.form = PINFILE_SPKI, .line = line};

    return pin_from_spki(&entry.pin, der, len, err) && pinfile_der_append(file, &entry, err);
}

bool pinfile_der_pkcs1(struct pinfile *file, const uint8_t *der, size_t len, size_t line,
                       struct err *err)
{
    struct pinfile_entry entry = {.form = PINFILE_PKCS1, .line = line};

    if (!pin_from_bytes(&entry.pin, der, len, err)) {
        return false;
    }
    if (entry.pin.type != PIN_RSA) {
        return err_set(err, ERR_PIN_FORM, "this is no RSA public key");
    }
    return pinfile_der_append(file, &entry, err);
}

/* Whether the bytes are, from first to last, what one of libcrypto's readers understands. */
#define WHOLE(type)                                                                                \
    static bool is_##type(const uint8_t *der, size_t len)                                          \
    {                                                                                              \
        const unsigned char *at = der;                                                             \
        type *value = d2i_##type(NULL, &at, (long)len);                                            \
        bool whole = value != NULL && at == der + len;                                             \
                                                                                                   \
        type##_free(value);                                                                        \
        crypto_drain();                                                                            \
        return whole;                                                                              \
    }

WHOLE(X509)
WHOLE(X509_PUBKEY)
WHOLE(X509_SIG) /* EncryptedPrivateKeyInfo has its form */
WHOLE(PKCS12)

/* A SEQUENCE whose first value is an INTEGER, as RSAPublicKey is: pin.c then says what is wrong. */
static bool resembles_pkcs1(const uint8_t *der, size_t len)
{
    size_t at;

    if (len < 4 || der[0] != 0x30) {
        return false;
    }
    at = der[1] < 0x80 ? 2 : 2 + (size_t)(der[1] & 0x7f);
    return at < len && der[at] == 0x02;
}

static bool is_private_key(const uint8_t *der, size_t len)
{
    const unsigned char *at = der;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)len);
    bool found = key != NULL;

    EVP_PKEY_free(key);
    crypto_drain();
    return found || is_X509_SIG(der, len);
}

bool pinfile_der_any(struct pinfile *file, const uint8_t *der, size_t len, struct err *err)
{
    CMS_ContentInfo *cms;

    if (len > LIMIT_KEY_FILE_BYTES) {
        return err_set(err, ERR_IO_LIMIT, "more than %zu bytes", LIMIT_KEY_FILE_BYTES);
    }
    if (is_X509(der, len)) {
        return pinfile_der_certificate(file, der, len, 0, err);
    }
    if (is_X509_PUBKEY(der, len)) {
        return pinfile_der_spki(file, der, len, 0, err);
    }
    if (is_private_key(der, len)) {
        return pinfile_der_private("a private key", err);
    }
    if (is_PKCS12(der, len)) {
        return pinfile_der_private("a PKCS#12 file (.pfx, .p12), which may hold a private key",
                                   err);
    }
    cms = read_cms(der, len);
    CMS_ContentInfo_free(cms);
    if (cms != NULL) {
        return pinfile_der_pkcs7(file, der, len, 0, err);
    }
    if (resembles_pkcs1(der, len)) {
        return pinfile_der_pkcs1(file, der, len, 0, err);
    }
    return err_set(
        err, ERR_PIN_FORM,
        "this is neither a certificate, a PKCS#7 bundle, a public key nor a list of keys "
        "in hex; export the certificate again (.cer)");
}
