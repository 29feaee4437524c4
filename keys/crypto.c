/* SPDX-License-Identifier: MIT */
/*
 * Digests, HMAC, random bytes, base64, and libcrypto's error queue.
 */
#include "keys/crypto.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

struct crypto_hash {
    EVP_MD_CTX *ctx;
};

bool crypto_fail(struct err *err, enum err_code code, const char *fmt, ...)
{
    unsigned long last = ERR_peek_last_error();
    char text[ERR_TEXT_SIZE];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    ERR_clear_error();
    if (last == 0) {
        return err_set(err, code, "%s", text);
    }
    return err_set(err, code, "%s (libcrypto %d:%d)", text, ERR_GET_LIB(last),
                   ERR_GET_REASON(last));
}

void crypto_drain(void)
{
    ERR_clear_error();
}

/* One for all digests: looking up the algorithm anew costs more than the digest of a key. */
static EVP_MD_CTX *sha256_context(void)
{
    static EVP_MD_CTX *context;

    if (context == NULL) {
        context = EVP_MD_CTX_new();
        if (context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
            EVP_MD_CTX_free(context);
            context = NULL;
        }
    }
    return context;
}

bool crypto_wake(struct err *err)
{
    /* The old table of names is for ciphers of encrypted PEM files; the applier has no such key. */
    static const uint64_t options =
        OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS;
    uint8_t digest[CRYPTO_SHA256_SIZE];

    if (OPENSSL_init_crypto(options, NULL) != 1) {
        return crypto_fail(err, ERR_CRYPTO, "libcrypto cannot be started");
    }
    /* For CTR_DRBG, its own choice, it looks up every cipher. That stands where it is in use. */
    (void)RAND_set_DRBG_type(NULL, "HASH-DRBG", NULL, NULL, "SHA256");
    crypto_drain();
    return crypto_sha256(digest, "", 0, err);
}

bool crypto_sha256(uint8_t out[static CRYPTO_SHA256_SIZE], const void *bytes, size_t len,
                   struct err *err)
{
    EVP_MD_CTX *context = sha256_context();
    uint8_t digest[CRYPTO_SHA256_SIZE];

    if (context == NULL || EVP_DigestInit_ex(context, NULL, NULL) != 1 ||
        EVP_DigestUpdate(context, bytes, len) != 1 ||
        EVP_DigestFinal_ex(context, digest, NULL) != 1) {
        return crypto_fail(err, ERR_CRYPTO, "SHA-256 failed");
    }
    memcpy(out, digest, sizeof digest);
    return true;
}

struct crypto_hash *crypto_hash_new(struct err *err)
{
    struct crypto_hash *hash = calloc(1, sizeof *hash);

    if (hash == NULL) {
        err_memory(err);
        return NULL;
    }
    hash->ctx = EVP_MD_CTX_new();
    if (hash->ctx == NULL || EVP_DigestInit_ex(hash->ctx, EVP_sha256(), NULL) != 1) {
        crypto_fail(err, ERR_CRYPTO, "SHA-256 cannot be started");
        crypto_hash_free(hash);
        return NULL;
    }
    return hash;
}

bool crypto_hash_add(struct crypto_hash *hash, const void *bytes, size_t len, struct err *err)
{
    return EVP_DigestUpdate(hash->ctx, bytes, len) == 1 ||
           crypto_fail(err, ERR_CRYPTO, "SHA-256 failed");
}

bool crypto_hash_final(struct crypto_hash *hash, uint8_t out[static CRYPTO_SHA256_SIZE],
                       struct err *err)
{
    return EVP_DigestFinal_ex(hash->ctx, out, NULL) == 1 ||
           crypto_fail(err, ERR_CRYPTO, "SHA-256 failed");
}

void crypto_hash_free(struct crypto_hash *hash)
{
    if (hash != NULL) {
        EVP_MD_CTX_free(hash->ctx);
        free(hash);
    }
}

bool crypto_hmac_sha256(uint8_t out[static CRYPTO_SHA256_SIZE], const void *key, size_t key_len,
                        const void *bytes, size_t len, struct err *err)
{
    if (key_len > INT_MAX || HMAC(EVP_sha256(), key, (int)key_len, bytes, len, out, NULL) == NULL) {
        return crypto_fail(err, ERR_CRYPTO, "HMAC failed");
    }
    return true;
}

bool crypto_random(void *out, size_t len, struct err *err)
{
    if (len > INT_MAX || RAND_priv_bytes(out, (int)len) != 1) {
        return crypto_fail(err, ERR_CRYPTO, "no random bytes");
    }
    return true;
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

bool crypto_base64(struct buf *out, const void *bytes, size_t len, struct err *err)
{
    uint8_t *to;

    if (len > INT_MAX / 2) {
        return err_set(err, ERR_IO_LIMIT, "too many bytes for base64");
    }
    to = buf_reserve(out, (len + 2) / 3 * 4, err);
    if (to == NULL) {
        return false;
    }
    out->len += (size_t)EVP_EncodeBlock(to, bytes, (int)len);
    return true;
}

/* EVP_DecodeBlock forgives white space and counts padding as bytes: its result is encoded again. */
static bool decode(uint8_t *raw, const char *text, size_t len, size_t *raw_len)
{
    int n;

    if (len == 0 || len % 4 != 0 || len > INT_MAX / 2) {
        return false;
    }
    n = EVP_DecodeBlock(raw, (const unsigned char *)text, (int)len);
    ERR_clear_error();
    if (n < 0) {
        return false;
    }
    *raw_len = (size_t)n - (text[len - 1] == '=') - (text[len - 2] == '=');
    return true;
}

bool crypto_unbase64(struct buf *out, const char *text, enum err_code code, struct err *err)
{
    size_t len = strlen(text), raw_len = 0;
    struct buf raw, again;
    uint8_t *to;
    bool ok = false;

    buf_init(&raw, len / 4 * 3 + 4);
    buf_init(&again, len + 8);
    to = buf_reserve(&raw, len / 4 * 3 + 3, err);
    if (to != NULL && !decode(to, text, len, &raw_len)) {
        err_set(err, code, "is no base64 (RFC 4648, without line breaks)");
    } else if (to != NULL && crypto_base64(&again, to, raw_len, err)) {
        ok = buf_is(&again, text, len) ||
             err_set(err, code,
                     "is not written as base64 is written (RFC 4648): other bits at "
                     "its end, or white space");
    }
    ok = ok && buf_add(out, to, raw_len, err);
    buf_release(&again);
    buf_release(&raw);
    return ok;
}
