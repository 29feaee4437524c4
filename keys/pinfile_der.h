/* SPDX-License-Identifier: MIT */
/*
 * Inside of pinfile.c: the entries that one DER value gives.
 */
#ifndef KEYS_PINFILE_DER_H
#define KEYS_PINFILE_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "keys/pinfile.h"

/* Adds a copy of the entry, whose source is the key itself unless it came from a certificate:
 * ERR_IO_LIMIT beyond LIMIT_KEY_FILE_PINS. */
bool pinfile_der_append(struct pinfile *file, const struct pinfile_entry *entry,
                        struct err *err) MUST_USE;

/*
 * Each reads a value that fills `der` and appends what it gives, with `line` in each entry.
 * ERR_PIN_FORM, ERR_PIN_WEAK.
 */
bool pinfile_der_certificate(struct pinfile *file, const uint8_t *der, size_t len, size_t line,
                             struct err *err) MUST_USE;
bool pinfile_der_pkcs7(struct pinfile *file, const uint8_t *der, size_t len, size_t line,
                       struct err *err) MUST_USE;
bool pinfile_der_spki(struct pinfile *file, const uint8_t *der, size_t len, size_t line,
                      struct err *err) MUST_USE;
bool pinfile_der_pkcs1(struct pinfile *file, const uint8_t *der, size_t len, size_t line,
                       struct err *err) MUST_USE;

/* Whichever of the four it is; what is or may hold a private key is refused with that reason. */
bool pinfile_der_any(struct pinfile *file, const uint8_t *der, size_t len,
                     struct err *err) MUST_USE;

/* ERR_PIN_FORM with the sentence on private keys; `what` with its article. Returns false. */
bool pinfile_der_private(const char *what, struct err *err);

#endif
