/* SPDX-License-Identifier: MIT */
/*
 * Inside of sigfile.c: what it takes from a certificate and out of a signature file.
 */
#ifndef KEYS_SIGFILE_CERT_H
#define KEYS_SIGFILE_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "keys/sigfile.h"

/* A certificate with a key that may sign. `der` is borrowed. */
struct sigfile_cert {
    const uint8_t *der;
    size_t len;
    struct buf issuer, serial; /* DER of Name and INTEGER */
    bool rsa;
    uint8_t spki_sha256[32];
    void *key; /* libcrypto's EVP_PKEY */
};

/* Checks what sigfile_check_certificate says and takes the parts out. Release also after failure.
 */
bool sigfile_cert_read(struct sigfile_cert *cert, const uint8_t *der, size_t len,
                       enum err_code code, struct err *err) MUST_USE;
void sigfile_cert_release(struct sigfile_cert *cert);

/* Whether the signature value holds over the attributes. */
bool sigfile_cert_verify(const struct sigfile_cert *cert, const struct sigfile_parts *parts,
                         const void *attributes, size_t len);

/* The parts of a signature file, not yet believed. */
struct sigfile_taken {
    struct sigfile_parts parts; /* signature points into `value` */
    struct buf cert, value;
};

/* ERR_SIGNATURE_FORM; ERR_SIGNATURE_PROFILE when a part is of a kind that the profile lacks. */
bool sigfile_taken_read(struct sigfile_taken *taken, const void *file, size_t len,
                        struct err *err) MUST_USE;
void sigfile_taken_release(struct sigfile_taken *taken);

#endif
