/* SPDX-License-Identifier: MIT */
/*
 * Signing keys: made, kept in files, and used.
 */
#ifndef KEYS_SIGNKEY_H
#define KEYS_SIGNKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "keys/sigfile.h"

enum signkey_kind { SIGNKEY_P256, SIGNKEY_P384, SIGNKEY_P521, SIGNKEY_RSA3072, SIGNKEY_RSA4096 };

/* A private key; wiped by libcrypto when freed. */
struct signkey;
void signkey_free(struct signkey *key); /* NULL is legal */

/* Makes a new key; the caller frees. */
struct signkey *signkey_generate(enum signkey_kind kind, struct err *err) MUST_USE;

/*
 * Opens the key that a reference names. A path: a PEM file (PKCS#8, or what OpenSSL wrote before
 * it) that only its owner can read; an encrypted one needs `passphrase`. A "pkcs11:" URI: this
 * build knows no tokens. ERR_CONFIG_KEY: others can read the file (the text has the chmod to type),
 * no private key in it, no passphrase or one that does not fit, a key that docs/format.md 3 does
 * not let sign. Up to LIMIT_KEY_FILE_BYTES.
 */
struct signkey *signkey_open(const char *reference, const struct buf *passphrase,
                             struct err *err) MUST_USE;

/* Whether the file needs a passphrase. */
bool signkey_is_encrypted(const char *path, bool *encrypted, struct err *err) MUST_USE;

/* Writes PKCS#8 PEM to a new file with mode 0600; with a passphrase by PBES2: PBKDF2-HMAC-SHA256
 * with 600,000 iterations and AES-256-CBC. */
bool signkey_save(const struct signkey *key, const char *path, const struct buf *passphrase,
                  struct err *err) MUST_USE;

/* A self-signed X.509 v3 certificate in DER: CN, random 128-bit serial, CA:FALSE, digitalSignature.
 */
bool signkey_self_certificate(const struct signkey *key, const char *common_name,
                              int64_t not_before, int64_t not_after, struct buf *der,
                              struct err *err) MUST_USE;

/* Signs a message: the digest is made here. PSS: MGF1 of the same digest, salt as long as it. */
bool signkey_sign(const struct signkey *key, enum sigfile_alg alg, enum sigfile_digest digest,
                  const void *message, size_t len, struct buf *signature, struct err *err) MUST_USE;

/* Adds the key's DER SubjectPublicKeyInfo. */
bool signkey_spki(const struct signkey *key, struct buf *out, struct err *err) MUST_USE;

bool signkey_is_rsa(const struct signkey *key);
unsigned signkey_bits(const struct signkey *key); /* of the modulus or the curve */

/* ERR_CONFIG_KEY unless the bytes are one certificate that carries this key. */
bool signkey_check_certificate(const struct signkey *key, const uint8_t *der, size_t len,
                               struct err *err) MUST_USE;

/*
 * Reads a whole file that must be a secret of its owner: ERR_CONFIG_KEY with the chmod to type if
 * others can read it. `out` should be a secret buffer that allows LIMIT_KEY_FILE_BYTES.
 */
bool signkey_read_private(const char *path, struct buf *out, struct err *err) MUST_USE;

/*
 * Where a passphrase comes from; each adds it to `out`, a secret buffer. A passphrase has 1 to
 * LIMIT_PASSPHRASE_BYTES bytes, none of them NUL or a line end: ERR_CONFIG_KEY otherwise.
 */

/* The first line of a private file, without its line end (LF or CR LF). */
bool signkey_passphrase_file(const char *path, struct buf *out, struct err *err) MUST_USE;

/* PINFERRY_PASSPHRASE, if it is set and not empty: *found. */
bool signkey_passphrase_env(struct buf *out, bool *found, struct err *err) MUST_USE;

/*
 * Asks on the terminal, without echo; with `confirm` a second time, because a slip in a new
 * passphrase loses the key. ERR_CONFIG_KEY when the two differ or are no passphrase; ERR_USAGE when
 * there is no terminal (the text names the other ways); ERR_IO when it was interrupted.
 */
bool signkey_passphrase_prompt(const char *prompt, bool confirm, struct buf *out,
                               struct err *err) MUST_USE;

#endif
