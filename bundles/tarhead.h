/* SPDX-License-Identifier: MIT */
/*
 * The 512 bytes of a tar header as a function of name, size and encoding (docs/format.md 5).
 */
#ifndef BUNDLES_TARHEAD_H
#define BUNDLES_TARHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TARHEAD_BLOCK 512
#define TARHEAD_RECORD 10240
#define TARHEAD_NAME_MAX 100

enum tarhead_encoding { TARHEAD_LIBARCHIVE, TARHEAD_GNU };

/* Name: 1 to 99 bytes; size at most 4,294,967,295. */
void tarhead_make(uint8_t block[static TARHEAD_BLOCK], const char *name, uint64_t size,
                  enum tarhead_encoding encoding);

/*
 * Reads name and size out of a block, makes the header anew and compares all 512 bytes;
 * ERR_CONTAINER_HEADER when neither encoding gives them. The name's grammar is the caller's.
 */
bool tarhead_read(const uint8_t block[static TARHEAD_BLOCK], char name[static TARHEAD_NAME_MAX],
                  uint64_t *size, enum tarhead_encoding *encoding, struct err *err) MUST_USE;

#endif
