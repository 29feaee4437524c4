/* SPDX-License-Identifier: MIT */
/*
 * Signing keys: made, kept in files, and used.
 */
#include "keys/signkey.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "keys/crypto.h"

#define PBKDF2_ITERATIONS 600000 /* OWASP Password Storage Cheat Sheet, 2023, for HMAC-SHA256 */

struct signkey {
    EVP_PKEY *pkey;
};

static struct signkey *wrap(EVP_PKEY *pkey, struct err *err)
{
    struct signkey *key = pkey == NULL ? NULL : calloc(1, sizeof *key);

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        err_memory(err);
        return NULL;
    }
    key->pkey = pkey;
    return key;
}

void signkey_free(struct signkey *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}

struct signkey *signkey_generate(enum signkey_kind kind, struct err *err)
{
    EVP_PKEY *pkey = NULL;

    switch (kind) {
    case SIGNKEY_P256:
        pkey = EVP_EC_gen("P-256");
        break;
    case SIGNKEY_P384:
        pkey = EVP_EC_gen("P-384");
        break;
    case SIGNKEY_P521:
        pkey = EVP_EC_gen("P-521");
        break;
    case SIGNKEY_RSA3072:
        pkey = EVP_RSA_gen(3072);
        break;
    case SIGNKEY_RSA4096:
        pkey = EVP_RSA_gen(4096);
        break;
    }
    if (pkey == NULL) {
        crypto_fail(err, ERR_CRYPTO, "the key cannot be made");
        return NULL;
    }
    return wrap(pkey, err);
}

/* PEM asks for the passphrase only when the key is encrypted; the answer is remembered. */
struct asked {
    const struct buf *passphrase;
    bool asked;
};

static int give_passphrase(char *out, int size, int writing, void *ctx)
{
    struct asked *a = ctx;

    (void)writing;
    a->asked = true;
    if (a->passphrase == NULL || a->passphrase->len == 0 || size < 0 ||
        a->passphrase->len > (size_t)size) {
        return -1;
    }
    memcpy(out, a->passphrase->data, a->passphrase->len);
    return (int)a->passphrase->len;
}

bool signkey_read_private(const char *path, struct buf *out, struct err *err)
{
    bool is_private = false;
    char remedy[FSIO_REMEDY_SIZE];

    if (!fsio_is_private(path, &is_private, err)) {
        return false;
    }
    if (!is_private) {
        return err_set(err, ERR_CONFIG_KEY,
                       "%s: others can read this file; if nobody else did, type: %s", path,
                       fsio_remedy(path, 0600, remedy));
    }
    return fsio_read_file(path, LIMIT_KEY_FILE_BYTES, out, err);
}

static EVP_PKEY *read_pem(const struct buf *file, struct asked *a)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, a);

    BIO_free(bio);
    return pkey;
}

/* Only what the profile of signature files allows (docs/format.md 3). */
static bool may_sign(EVP_PKEY *pkey)
{
    char group[32] = "";
    int bits = EVP_PKEY_get_bits(pkey);

    if (EVP_PKEY_is_a(pkey, "RSA") == 1) {
        return bits >= 3072 && bits <= 8192;
    }
    if (EVP_PKEY_is_a(pkey, "EC") != 1 ||
        EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) != 1) {
        return false;
    }
    return strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0 ||
           strcmp(group, "secp521r1") == 0;
}

/* What the file gives, or why not. */
static EVP_PKEY *read_key(const char *path, const struct buf *passphrase, struct err *err)
{
    struct asked a = {.passphrase = passphrase};
    EVP_PKEY *pkey = NULL;
    struct buf file;

    buf_init_secret(&file, LIMIT_KEY_FILE_BYTES);
    if (signkey_read_private(path, &file, err)) {
        pkey = read_pem(&file, &a);
        if (pkey != NULL && !may_sign(pkey)) {
            EVP_PKEY_free(pkey);
            pkey = NULL;
            err_set(err, ERR_CONFIG_KEY,
                    "%s: this kind of key may not sign: RSA of 3072 to 8192 bits or EC on P-256, "
                    "P-384 or P-521 is needed",
                    path);
        } else if (pkey == NULL && a.asked) {
            err_set(err, ERR_CONFIG_KEY,
                    passphrase == NULL ? "%s: the key needs its passphrase"
                                       : "%s: the passphrase does not fit",
                    path);
        } else if (pkey == NULL) {
            err_set(err, ERR_CONFIG_KEY,
                    "%s: holds no private key in PEM (-----BEGIN PRIVATE KEY-----)", path);
        }
        crypto_drain();
    }
    buf_release(&file);
    return pkey;
}

struct signkey *signkey_open(const char *reference, const struct buf *passphrase, struct err *err)
{
    EVP_PKEY *pkey;

    if (strncmp(reference, "pkcs11:", 7) == 0) {
        err_set(err, ERR_CONFIG_KEY,
                "this build cannot use keys in tokens (pkcs11:); name a key file");
        return NULL;
    }
    pkey = read_key(reference, passphrase, err);
    return pkey == NULL ? NULL : wrap(pkey, err);
}

bool signkey_is_encrypted(const char *path, bool *encrypted, struct err *err)
{
    struct asked a = {0};
    struct buf file;
    bool ok;

    buf_init_secret(&file, LIMIT_KEY_FILE_BYTES);
    ok = signkey_read_private(path, &file, err);
    if (ok) {
        EVP_PKEY_free(read_pem(&file, &a));
        crypto_drain();
        *encrypted = a.asked;
    }
    buf_release(&file);
    return ok;
}

static X509_SIG *encrypt(PKCS8_PRIV_KEY_INFO *plain, const struct buf *passphrase)
{
    unsigned char salt[16];
    X509_ALGOR *pbe;
    X509_SIG *sig = NULL;

    if (!crypto_random(salt, sizeof salt, NULL)) {
        return NULL;
    }
    pbe = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), PBKDF2_ITERATIONS, salt, sizeof salt, NULL,
                            NID_hmacWithSHA256);
    if (pbe != NULL) {
        sig = PKCS8_set0_pbe((const char *)passphrase->data, (int)passphrase->len, plain, pbe);
        if (sig == NULL) {
            X509_ALGOR_free(pbe);
        }
    }
    return sig;
}

static bool write_pem(BIO *bio, const struct signkey *key, const struct buf *passphrase)
{
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key->pkey);
    X509_SIG *sig = NULL;
    bool ok = plain != NULL;

    if (ok && passphrase == NULL) {
        ok = PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, plain) == 1;
    } else if (ok) {
        sig = encrypt(plain, passphrase);
        ok = sig != NULL && PEM_write_bio_PKCS8(bio, sig) == 1;
    }
    X509_SIG_free(sig);
    PKCS8_PRIV_KEY_INFO_free(plain);
    return ok;
}

bool signkey_save(const struct signkey *key, const char *path, const struct buf *passphrase,
                  struct err *err)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *bytes = NULL;
    long len;
    bool ok;

    if (passphrase != NULL && (passphrase->len == 0 || passphrase->len > LIMIT_PASSPHRASE_BYTES)) {
        BIO_free(bio);
        return err_set(err, ERR_CONFIG_KEY, "a passphrase has 1 to %zu bytes",
                       LIMIT_PASSPHRASE_BYTES);
    }
    if (bio == NULL || !write_pem(bio, key, passphrase)) {
        BIO_free(bio);
        return crypto_fail(err, ERR_CRYPTO, "%s: the key cannot be written", path);
    }
    len = BIO_get_mem_data(bio, &bytes);
    ok = fsio_write_new(path, bytes, (size_t)len, 0600, err);
    BIO_free(bio);
    return ok;
}

static const EVP_MD *own_digest(const struct signkey *key)
{
    unsigned bits = signkey_bits(key);

    return bits == 256 ? EVP_sha256() : bits == 521 ? EVP_sha512() : EVP_sha384();
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;
    bool ok;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return ok;
}

static bool fill(X509 *cert, const struct signkey *key, const char *name, int64_t from, int64_t to)
{
    uint8_t serial[16];
    BIGNUM *number;
    X509_NAME *subject = X509_get_subject_name(cert);
    bool ok;

    if (!crypto_random(serial, sizeof serial, NULL)) {
        return false;
    }
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    number = BN_bin2bn(serial, sizeof serial, NULL);
    ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return ok && X509_set_version(cert, X509_VERSION_3) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)to) != NULL &&
           X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)name, -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1 && X509_set_pubkey(cert, key->pkey) == 1 &&
           add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, NID_subject_key_identifier, "hash");
}

bool signkey_self_certificate(const struct signkey *key, const char *common_name,
                              int64_t not_before, int64_t not_after, struct buf *der,
                              struct err *err)
{
    X509 *cert = X509_new();
    unsigned char *bytes = NULL;
    int len = -1;
    bool ok;

    if (cert != NULL && fill(cert, key, common_name, not_before, not_after) &&
        X509_sign(cert, key->pkey, own_digest(key)) > 0) {
        len = i2d_X509(cert, &bytes);
    }
    X509_free(cert);
    if (len <= 0) {
        return crypto_fail(err, ERR_CRYPTO, "the certificate cannot be made");
    }
    ok = buf_add(der, bytes, (size_t)len, err);
    OPENSSL_free(bytes);
    return ok;
}

bool signkey_sign(const struct signkey *key, enum sigfile_alg alg, enum sigfile_digest digest,
                  const void *message, size_t len, struct buf *signature, struct err *err)
{
    const EVP_MD *md = digest == SIGFILE_SHA256   ? EVP_sha256()
                       : digest == SIGFILE_SHA384 ? EVP_sha384()
                                                  : EVP_sha512();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    size_t size = 0;
    uint8_t *to = NULL;
    bool full = false; /* `err` says so already */
    bool ok = ctx != NULL && signkey_is_rsa(key) == (alg != SIGFILE_ECDSA) &&
              EVP_DigestSignInit(ctx, &pctx, md, NULL, key->pkey) == 1;

    if (ok && alg == SIGFILE_RSA_PSS) {
        ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1;
    }
    ok = ok && EVP_DigestSign(ctx, NULL, &size, message, len) == 1;
    if (ok) {
        to = buf_reserve(signature, size, err);
        full = to == NULL;
        ok = !full && EVP_DigestSign(ctx, to, &size, message, len) == 1;
    }
    EVP_MD_CTX_free(ctx);
    if (ok) {
        signature->len += size;
        signature->data[signature->len] = '\0';
    }
    return ok || (!full && crypto_fail(err, ERR_CRYPTO, "the key cannot sign in this way"));
}

bool signkey_is_rsa(const struct signkey *key)
{
    return EVP_PKEY_get_base_id(key->pkey) == EVP_PKEY_RSA;
}

unsigned signkey_bits(const struct signkey *key)
{
    return (unsigned)EVP_PKEY_get_bits(key->pkey);
}

bool signkey_spki(const struct signkey *key, struct buf *out, struct err *err)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key->pkey, &der);
    bool ok;

    if (len <= 0) {
        return crypto_fail(err, ERR_CRYPTO, "the public key cannot be written");
    }
    ok = buf_add(out, der, (size_t)len, err);
    OPENSSL_free(der);
    return ok;
}

bool signkey_check_certificate(const struct signkey *key, const uint8_t *der, size_t len,
                               struct err *err)
{
    const unsigned char *at = der;
    X509 *cert = len > LONG_MAX ? NULL : d2i_X509(NULL, &at, (long)len);
    bool ok = cert != NULL && at == der + len && X509_check_private_key(cert, key->pkey) == 1;

    X509_free(cert);
    crypto_drain();
    return ok || err_set(err, ERR_CONFIG_KEY, "key and certificate do not belong together");
}
