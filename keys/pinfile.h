/* SPDX-License-Identifier: MIT */
/*
 * Pins out of the files that administrators have: certificates, PKCS#7 bundles, public keys, hex.
 */
#ifndef KEYS_PINFILE_H
#define KEYS_PINFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "keys/pin.h"

enum pinfile_form {
    PINFILE_CERTIFICATE, /* X.509, alone or in PKCS#7 */
    PINFILE_SPKI,        /* SubjectPublicKeyInfo, "PUBLIC KEY" */
    PINFILE_PKCS1,       /* RSAPublicKey, "RSA PUBLIC KEY" */
    PINFILE_HEX
};

#define PINFILE_SUBJECT_SIZE 256

/* One key. Validity, subject and is_leaf are known of certificates only, else zero. */
struct pinfile_entry {
    struct pin pin;
    enum pinfile_form form;
    size_t line;       /* where it begins, from 1; 0 in a DER file */
    bool has_validity; /* both dates could be read, lie in 1950-9999 and are in order */
    int64_t not_before, not_after;
    char subject[PINFILE_SUBJECT_SIZE]; /* for display only; fit to be shown */
    bool is_leaf;                       /* the certificate is no CA's */
    uint8_t source_sha256[32];          /* evidence: of the certificate's DER, else of the key */
};

/* The keys in the order of the file. Which of a chain's are wanted is the caller's decision. */
struct pinfile {
    struct pinfile_entry *entries;
    size_t count;
};

/* Holds nothing yet. */
void pinfile_init(struct pinfile *file);
void pinfile_release(struct pinfile *file);

/*
 * Reads all keys of a file's bytes; `name` is the file's name for messages. Understood are:
 * - PEM (RFC 7468) with any number of CERTIFICATE, X509 CERTIFICATE, PKCS7, CMS, PUBLIC KEY and
 *   RSA PUBLIC KEY blocks; other blocks are refused, lines between blocks are skipped;
 * - DER of one certificate, one certs-only PKCS#7 (RFC 5652 5.1), one SubjectPublicKeyInfo or one
 *   RSAPublicKey;
 * - text with one key a line: hex in either case, or a whole <pinnedCertificate
 *   publicKeyString="HEX" /> as in a web.config; empty lines and lines that begin with # are
 *   skipped. White space around a line, CR LF and an UTF-8 BOM do not matter.
 *
 * ERR_PIN_FORM: anything else, no key, or a private key anywhere in the file; ERR_PIN_WEAK: a key
 * that pin.h refuses as weak; both with file and line, and nothing of the file is taken then.
 * ERR_IO_LIMIT: over LIMIT_KEY_FILE_BYTES or LIMIT_KEY_FILE_PINS keys. `out` must be initialised;
 * what it held is released.
 */
bool pinfile_read(struct pinfile *out, const struct buf *bytes, const char *name,
                  struct err *err) MUST_USE;

#endif
