/* SPDX-License-Identifier: MIT */
/*
 * A pin: the bytes that .NET's X509Certificate.GetPublicKeyString() prints as hex.
 *
 * RSA: the PKCS#1 RSAPublicKey DER (RFC 8017 A.1.1). EC: the uncompressed point 04||X||Y
 * (SEC 1 2.3.3), whose length tells the curve: 65, 97, 133 bytes for P-256, P-384, P-521.
 */
#ifndef KEYS_PIN_H
#define KEYS_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define PIN_BYTES_MAX 1040 /* RSA-8192 with a 4-byte exponent takes 1,037 */
#define PIN_RSA_BITS_MIN 2048
#define PIN_RSA_BITS_MAX 8192

enum pin_type { PIN_RSA, PIN_EC_P256, PIN_EC_P384, PIN_EC_P521 };

struct pin {
    uint8_t bytes[PIN_BYTES_MAX];
    size_t len;
    uint8_t sha256[32]; /* of bytes: the pin's fingerprint for people, its sort key and identity */
    enum pin_type type;
    unsigned bits; /* of the RSA modulus or the curve's field */
};

/*
 * Checks the bytes and fills `out`. RSA: minimal DER without a trailing byte, modulus positive,
 * odd, 2048 to 8192 bits, exponent odd, 3 to 2^32-1. EC: uncompressed, a point of P-256, P-384 or
 * P-521 by length, on the curve. ERR_PIN_FORM or ERR_PIN_WEAK says what is wrong.
 */
bool pin_from_bytes(struct pin *out, const uint8_t *bytes, size_t len, struct err *err) MUST_USE;

/* The same from hex in either case, nothing else in it; ERR_PIN_FORM names the first bad digit's
 * place. */
bool pin_from_hex(struct pin *out, const char *hex, size_t len, struct err *err) MUST_USE;

/* From a DER SubjectPublicKeyInfo (RFC 5280 4.1): rsaEncryption or id-ecPublicKey with a named
 * curve. */
bool pin_from_spki(struct pin *out, const uint8_t *der, size_t len, struct err *err) MUST_USE;

/* Adds the key as lower-case (or upper-case) hex. */
bool pin_add_hex(const struct pin *pin, bool upper, struct buf *out, struct err *err) MUST_USE;

/* The SPKI's SHA-256 in base64 (RFC 7469 2.4), 44 characters and a NUL: for comparison with other
 * tools. */
bool pin_spki_base64(const struct pin *pin, char out[static 45], struct err *err) MUST_USE;

/* "RSA-2048", "EC P-256": static storage, or `out`. */
#define PIN_TYPE_TEXT_SIZE 16
const char *pin_type_text(const struct pin *pin, char out[static PIN_TYPE_TEXT_SIZE]);

/* Decoded bytes compared. */
bool pin_equal(const struct pin *a, const struct pin *b);

/* By SHA-256, for qsort and bsearch over struct pin. */
int pin_compare(const void *a, const void *b);

#endif
