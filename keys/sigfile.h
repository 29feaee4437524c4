/* SPDX-License-Identifier: MIT */
/*
 * Signature files: detached CMS SignedData by the profile of docs/format.md 3.
 */
#ifndef KEYS_SIGFILE_H
#define KEYS_SIGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* The kinds of signed document; each has its own eContentType. */
enum sigfile_kind {
    SIGFILE_TRUST,
    SIGFILE_MANIFEST,
    SIGFILE_STATEMENT,
    SIGFILE_REQUEST,
    SIGFILE_RECEIPT
};

enum sigfile_digest { SIGFILE_SHA256, SIGFILE_SHA384, SIGFILE_SHA512 };
enum sigfile_alg { SIGFILE_RSA_PKCS1, SIGFILE_RSA_PSS, SIGFILE_ECDSA };

/* "2.25.…" in static storage, for messages and the commands in the documentation. */
const char *sigfile_oid(enum sigfile_kind kind);

/* What a signature file is a function of, beside certificate and eContentType. */
struct sigfile_parts {
    enum sigfile_digest digest;
    enum sigfile_alg alg;
    int64_t signing_time;
    uint8_t message_digest[64]; /* as long as the digest */
    const uint8_t *signature;
    size_t signature_len;
};

/*
 * Writes the signature file. ERR_SIGNATURE_FORM for a signing time outside 2000-2049 or a
 * certificate that cannot be read, ERR_SIGNATURE_PROFILE for a key that the profile does not allow
 * or that does not suit `alg`.
 */
bool sigfile_encode(const uint8_t *cert, size_t cert_len, enum sigfile_kind kind,
                    const struct sigfile_parts *parts, struct buf *out, struct err *err) MUST_USE;

/* The signed attributes as they are signed (SET OF, tag 0x31): what the signer's key signs. */
bool sigfile_attributes(const uint8_t *cert, size_t cert_len, enum sigfile_kind kind,
                        const struct sigfile_parts *parts, struct buf *out,
                        struct err *err) MUST_USE;

/*
 * Whether a DER certificate (1..8192 bytes, read and written again without change) has a key that
 * may sign: RSA 3072-8192 with e=65537 as rsaEncryption, or EC P-256/384/521 as a named curve.
 * `code` if not. Fills the SHA-256 of its subjectPublicKeyInfo.
 */
bool sigfile_check_certificate(const uint8_t *cert, size_t cert_len, uint8_t spki_sha256[static 32],
                               enum err_code code, struct err *err) MUST_USE;

/*
 * A certificate that was read and checked so, with its key, which takes most of the time of a
 * verification that is not the signature's own. `cert` must outlive it; the caller frees, and
 * `_free(NULL)` is legal. NULL: `code`.
 */
struct sigfile_cert;
struct sigfile_cert *sigfile_cert_new(const uint8_t *cert, size_t cert_len,
                                      uint8_t spki_sha256[static 32], enum err_code code,
                                      struct err *err) MUST_USE;
void sigfile_cert_free(struct sigfile_cert *cert);

/* A certificate that may have signed; borrowed. `read` is NULL or made of these bytes. */
struct sigfile_candidate {
    const uint8_t *cert;
    size_t cert_len;
    const struct sigfile_cert *read;
};

struct sigfile_result {
    size_t signer; /* index into the candidates */
    int64_t signing_time;
    enum sigfile_digest digest;
    enum sigfile_alg alg;
};

/*
 * Verifies one signature file over `document`. ERR_SIGNATURE_FORM: no CMS SignedData or over 16,384
 * bytes. ERR_SIGNATURE_PROFILE: it is not byte for byte what the profile makes of its parts.
 * ERR_SIGNATURE_SIGNER: its certificate is none of the candidates. ERR_SIGNATURE_DIGEST: made over
 * other bytes. ERR_SIGNATURE_VALUE: the signature does not hold.
 */
bool sigfile_verify(const void *file, size_t file_len, enum sigfile_kind kind, const void *document,
                    size_t document_len, const struct sigfile_candidate *candidates, size_t count,
                    struct sigfile_result *result, struct err *err) MUST_USE;

struct signkey;

/*
 * Signs `document` with the key, whose certificate is `cert`. Digest and algorithm by the key:
 * ECDSA P-256 with SHA-256, P-384 with SHA-384, P-521 with SHA-512, RSA with SHA-384 PKCS#1 1.5, or
 * PSS when `pss`. ERR_CONFIG_KEY when key and certificate do not belong together. The result is
 * verified before it is returned.
 */
bool sigfile_sign(struct signkey *key, const uint8_t *cert, size_t cert_len, bool pss,
                  enum sigfile_kind kind, const void *document, size_t document_len,
                  int64_t signing_time, struct buf *out, struct err *err) MUST_USE;

#endif
