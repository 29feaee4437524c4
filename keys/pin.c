/* SPDX-License-Identifier: MIT */
/*
 * Pins: form, strength and spellings.
 */
#include "keys/pin.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>

#include "base/policy.h"
#include "base/text.h"
#include "keys/crypto.h"

/* One DER INTEGER, minimal and positive. Advances *at; false for any other form. */
static bool read_integer(const uint8_t *der, size_t len, size_t *at, const uint8_t **value,
                         size_t *value_len)
{
    size_t i = *at, n;

    if (len - i < 3 || der[i] != 0x02) {
        return false;
    }
    n = der[i + 1];
    i += 2;
    if (n == 0x81) {
        n = der[i++];
        if (n < 0x80) {
            return false;
        }
    } else if (n == 0x82) {
        if (len - i < 2) {
            return false;
        }
        n = (size_t)der[i] << 8 | der[i + 1];
        i += 2;
        if (n < 0x100) {
            return false;
        }
    } else if (n > 0x7f) {
        return false;
    }
    if (n == 0 || n > len - i || (der[i] & 0x80) != 0) {
        return false;
    }
    if (n > 1 && der[i] == 0 && (der[i + 1] & 0x80) == 0) {
        return false;
    }
    *value = der + i;
    *value_len = n;
    *at = i + n;
    return true;
}

static unsigned bit_length(const uint8_t *value, size_t len)
{
    unsigned bits;

    while (len > 0 && *value == 0) {
        value++;
        len--;
    }
    if (len == 0) {
        return 0;
    }
    bits = (unsigned)(len - 1) * 8;
    for (unsigned top = *value; top != 0; top >>= 1) {
        bits++;
    }
    return bits;
}

/* The SEQUENCE header, minimal, whose content is all that follows. */
static bool read_sequence(const uint8_t *der, size_t len, size_t *at)
{
    size_t n;

    if (len < 4 || der[0] != 0x30) {
        return false;
    }
    if (der[1] == 0x82) {
        n = (size_t)der[2] << 8 | der[3];
        *at = 4;
        return n >= 0x100 && n == len - 4;
    }
    if (der[1] == 0x81) {
        *at = 3;
        return der[2] >= 0x80 && der[2] == len - 3;
    }
    *at = 2;
    return der[1] < 0x80 && der[1] == len - 2;
}

static bool check_rsa(struct pin *pin, struct err *err)
{
    const uint8_t *modulus, *exponent;
    size_t modulus_len, exponent_len, at;
    unsigned bits;

    if (!read_sequence(pin->bytes, pin->len, &at) ||
        !read_integer(pin->bytes, pin->len, &at, &modulus, &modulus_len) ||
        !read_integer(pin->bytes, pin->len, &at, &exponent, &exponent_len) || at != pin->len) {
        return err_set(err, ERR_PIN_FORM,
                       "the key is no RSA public key in its one DER form (PKCS#1); copy it whole");
    }
    bits = bit_length(modulus, modulus_len);
    if (POLICY("pin.weak/bits", bits < PIN_RSA_BITS_MIN || bits > PIN_RSA_BITS_MAX)) {
        return err_set(err, ERR_PIN_WEAK, "the RSA key has %u bits; %d to %d are accepted", bits,
                       PIN_RSA_BITS_MIN, PIN_RSA_BITS_MAX);
    }
    if (POLICY("pin.weak/even", (modulus[modulus_len - 1] & 1) == 0)) {
        return err_set(err, ERR_PIN_WEAK, "the RSA modulus is even; this is no RSA key");
    }
    if (POLICY("pin.weak/exponent", bit_length(exponent, exponent_len) > 32 ||
                                        (exponent[exponent_len - 1] & 1) == 0 ||
                                        (exponent_len == 1 && exponent[0] < 3))) {
        return err_set(err, ERR_PIN_WEAK, "the RSA exponent must be odd and from 3 to 4294967295");
    }
    pin->type = PIN_RSA;
    pin->bits = bits;
    return true;
}

static const struct {
    size_t len;
    int nid;
    enum pin_type type;
    unsigned bits;
} curves[] = {
    {65, NID_X9_62_prime256v1, PIN_EC_P256, 256},
    {97, NID_secp384r1, PIN_EC_P384, 384},
    {133, NID_secp521r1, PIN_EC_P521, 521},
};
#define CURVES (sizeof curves / sizeof curves[0])

/* EC_POINT_oct2point checks the equation of the curve. Making the curve takes longer than that, so
 * each is made once and stays. */
static bool on_curve(size_t curve, const uint8_t *bytes, size_t len)
{
    static EC_GROUP *groups[CURVES];
    EC_GROUP *group = groups[curve];
    EC_POINT *point;
    bool ok;

    if (group == NULL) {
        group = groups[curve] = EC_GROUP_new_by_curve_name(curves[curve].nid);
    }
    point = group == NULL ? NULL : EC_POINT_new(group);
    ok = point != NULL && EC_POINT_oct2point(group, point, bytes, len, NULL) == 1 &&
         EC_POINT_is_on_curve(group, point, NULL) == 1;
    EC_POINT_free(point);
    crypto_drain();
    return ok;
}

static bool check_ec(struct pin *pin, struct err *err)
{
    for (size_t i = 0; i < CURVES; i++) {
        if (pin->len != curves[i].len) {
            continue;
        }
        if (POLICY("pin.form/curve", !on_curve(i, pin->bytes, pin->len))) {
            return err_set(err, ERR_PIN_FORM, "the point is not on the curve P-%u; copy it whole",
                           curves[i].bits);
        }
        pin->type = curves[i].type;
        pin->bits = curves[i].bits;
        return true;
    }
    return err_set(err, ERR_PIN_FORM,
                   "an EC point of %zu bytes is none of P-256, P-384, P-521 (65, 97, 133 bytes)",
                   pin->len);
}

bool pin_from_bytes(struct pin *out, const uint8_t *bytes, size_t len, struct err *err)
{
    struct pin pin = {0};

    if (len == 0 || len > PIN_BYTES_MAX) {
        return err_set(err, ERR_PIN_FORM, "a key has 1 to %d bytes, this has %zu", PIN_BYTES_MAX,
                       len);
    }
    memcpy(pin.bytes, bytes, len);
    pin.len = len;
    if (bytes[0] == 0x30) {
        if (!check_rsa(&pin, err)) {
            return false;
        }
    } else if (bytes[0] == 0x04) {
        if (!check_ec(&pin, err)) {
            return false;
        }
    } else if (bytes[0] == 0x02 || bytes[0] == 0x03 || bytes[0] == 0x00) {
        return err_set(err, ERR_PIN_FORM, "the EC point must be uncompressed: 04, X, Y");
    } else {
        return err_set(err, ERR_PIN_FORM, "the key starts neither as RSA (30) nor as EC (04)");
    }
    if (!crypto_sha256(pin.sha256, pin.bytes, pin.len, err)) {
        return false;
    }
    *out = pin;
    return true;
}

bool pin_from_hex(struct pin *out, const char *hex, size_t len, struct err *err)
{
    uint8_t bytes[PIN_BYTES_MAX];

    if (len % 2 == 0 && len / 2 <= sizeof bytes && text_unhex(bytes, len / 2, hex, len, true)) {
        return pin_from_bytes(out, bytes, len / 2, err);
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t ignored;
        char pair[2] = {hex[i], '0'};

        if (!text_unhex(&ignored, 1, pair, 2, true)) {
            return err_set(err, ERR_PIN_FORM, "character %zu is no hexadecimal digit", i + 1);
        }
    }
    if (len % 2 != 0) {
        return err_set(err, ERR_PIN_FORM, "an odd number of digits (%zu); copy the key whole", len);
    }
    return err_set(err, ERR_PIN_FORM, "a key has at most %d digits, this has %zu",
                   2 * PIN_BYTES_MAX, len);
}

/* The key's algorithm must be the one that its bytes say, with parameters that name the same curve.
 */
static bool algorithm_fits(const X509_ALGOR *whole, const struct pin *pin)
{
    const ASN1_OBJECT *algorithm = NULL;
    const void *value = NULL;
    int type = 0;

    X509_ALGOR_get0(&algorithm, &type, &value, whole);
    if (pin->type == PIN_RSA) {
        return OBJ_obj2nid(algorithm) == NID_rsaEncryption;
    }
    return OBJ_obj2nid(algorithm) == NID_X9_62_id_ecPublicKey && type == V_ASN1_OBJECT &&
           OBJ_obj2nid(value) == curves[pin->type - PIN_EC_P256].nid;
}

#define UNUSED_BITS 7 /* how many, in the flags of an ASN1_BIT_STRING */

/* Not by d2i_X509_PUBKEY, which decodes the key too: most of the time that a certificate takes. */
static bool read_spki(const uint8_t *der, size_t len, X509_ALGOR **algorithm,
                      ASN1_BIT_STRING **bits)
{
    const unsigned char *at = der, *end = der + len;
    long n = 0;
    int tag = 0, class = 0;

    if (len > LONG_MAX || ASN1_get_object(&at, &n, &tag, &class, (long)len) != V_ASN1_CONSTRUCTED ||
        tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL || n != end - at) {
        return false;
    }
    *algorithm = d2i_X509_ALGOR(NULL, &at, (long)(end - at));
    *bits = *algorithm == NULL ? NULL : d2i_ASN1_BIT_STRING(NULL, &at, (long)(end - at));
    return *bits != NULL && at == end && ((*bits)->flags & UNUSED_BITS) == 0;
}

bool pin_from_spki(struct pin *out, const uint8_t *der, size_t len, struct err *err)
{
    X509_ALGOR *algorithm = NULL;
    ASN1_BIT_STRING *bits = NULL;
    struct pin pin;
    bool ok = false;

    if (!read_spki(der, len, &algorithm, &bits) || ASN1_STRING_length(bits) <= 0) {
        err_set(err, ERR_PIN_FORM, "this is no public key (SubjectPublicKeyInfo)");
    } else if (pin_from_bytes(&pin, ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits),
                              err)) {
        ok = algorithm_fits(algorithm, &pin);
        if (!ok) {
            err_set(err, ERR_PIN_FORM,
                    "the key's algorithm must be RSA or EC on the named curve of its point");
        }
    }
    X509_ALGOR_free(algorithm);
    ASN1_BIT_STRING_free(bits);
    crypto_drain();
    if (ok) {
        *out = pin;
    }
    return ok;
}

bool pin_add_hex(const struct pin *pin, bool upper, struct buf *out, struct err *err)
{
    uint8_t *to = buf_reserve(out, 2 * pin->len, err);

    if (to == NULL) {
        return false;
    }
    text_hex((char *)to, pin->bytes, pin->len);
    for (size_t i = 0; upper && i < 2 * pin->len; i++) {
        if (to[i] >= 'a') {
            to[i] = (uint8_t)(to[i] - 'a' + 'A');
        }
    }
    out->len += 2 * pin->len;
    return true;
}

static bool make_spki(const struct pin *pin, unsigned char **der, int *len)
{
    X509_PUBKEY *spki = X509_PUBKEY_new();
    unsigned char *bits = OPENSSL_memdup(pin->bytes, pin->len);
    bool rsa = pin->type == PIN_RSA;
    ASN1_OBJECT *algorithm = OBJ_nid2obj(rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey);
    void *parameter = rsa ? NULL : OBJ_nid2obj(curves[pin->type - PIN_EC_P256].nid);

    if (spki == NULL || bits == NULL ||
        X509_PUBKEY_set0_param(spki, algorithm, rsa ? V_ASN1_NULL : V_ASN1_OBJECT, parameter, bits,
                               (int)pin->len) != 1) {
        OPENSSL_free(bits);
        X509_PUBKEY_free(spki);
        return false;
    }
    *len = i2d_X509_PUBKEY(spki, der);
    X509_PUBKEY_free(spki);
    return *len > 0;
}

bool pin_spki_base64(const struct pin *pin, char out[static 45], struct err *err)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    unsigned char *der = NULL;
    int len = 0;
    struct buf text;
    bool ok;

    if (!make_spki(pin, &der, &len)) {
        return crypto_fail(err, ERR_CRYPTO, "the public key cannot be written");
    }
    buf_init(&text, 64);
    ok = crypto_sha256(digest, der, (size_t)len, err) &&
         crypto_base64(&text, digest, sizeof digest, err);
    if (ok) {
        memcpy(out, buf_text(&text), 45);
    }
    buf_release(&text);
    OPENSSL_free(der);
    return ok;
}

const char *pin_type_text(const struct pin *pin, char out[static PIN_TYPE_TEXT_SIZE])
{
    snprintf(out, PIN_TYPE_TEXT_SIZE, pin->type == PIN_RSA ? "RSA-%u" : "EC P-%u", pin->bits);
    return out;
}

bool pin_equal(const struct pin *a, const struct pin *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

int pin_compare(const void *a, const void *b)
{
    return memcmp(((const struct pin *)a)->sha256, ((const struct pin *)b)->sha256, 32);
}
