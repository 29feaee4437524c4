/* SPDX-License-Identifier: MIT */
/*
 * Digests, HMAC, random bytes, and the one place that drains libcrypto's error queue.
 */
#ifndef KEYS_CRYPTO_H
#define KEYS_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define CRYPTO_SHA256_SIZE 32
#define CRYPTO_HASH_MAX 64

/*
 * Sets `code` and the sentence, and empties libcrypto's error queue. libcrypto's own text is never
 * shown (it can carry input); its last library and reason numbers are added in brackets.
 */
bool crypto_fail(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Empties libcrypto's error queue: after calls whose failure is no error. */
void crypto_drain(void);

/*
 * Readies libcrypto for the applier, before the sandbox is entered: it reads its settings, and what
 * they name, at its first work, and they may lie anywhere. Much of a short run's time goes here, so
 * three things are as OpenSSL's manual pages let one choose: random bytes come from Hash_DRBG with
 * SHA-256 (NIST SP 800-90A), unless those settings name another (RAND_set_DRBG_type(3)); algorithms
 * are found by what the providers call them only, and nothing is freed at the program's end
 * (OPENSSL_init_crypto(3)), where what is secret has been wiped already.
 */
bool crypto_wake(struct err *err) MUST_USE;

bool crypto_sha256(uint8_t out[static CRYPTO_SHA256_SIZE], const void *bytes, size_t len,
                   struct err *err) MUST_USE;

/* SHA-256 of a stream. NULL without memory. `_free(NULL)` is legal; `_final` may be called once. */
struct crypto_hash;
struct crypto_hash *crypto_hash_new(struct err *err) MUST_USE;
bool crypto_hash_add(struct crypto_hash *hash, const void *bytes, size_t len,
                     struct err *err) MUST_USE;
bool crypto_hash_final(struct crypto_hash *hash, uint8_t out[static CRYPTO_SHA256_SIZE],
                       struct err *err) MUST_USE;
void crypto_hash_free(struct crypto_hash *hash);

bool crypto_hmac_sha256(uint8_t out[static CRYPTO_SHA256_SIZE], const void *key, size_t key_len,
                        const void *bytes, size_t len, struct err *err) MUST_USE;

/* From the operating system's generator, by RAND_priv_bytes. */
bool crypto_random(void *out, size_t len, struct err *err) MUST_USE;

/* Constant-time comparison. */
bool crypto_equal(const void *a, const void *b, size_t len);

/* Standard base64 without line breaks (RFC 4648 section 4). Decoding is strict: the text must be
 * exactly what encoding its result gives; `code` is set otherwise. */
bool crypto_base64(struct buf *out, const void *bytes, size_t len, struct err *err) MUST_USE;
bool crypto_unbase64(struct buf *out, const char *text, enum err_code code,
                     struct err *err) MUST_USE;

#endif
