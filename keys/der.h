/* SPDX-License-Identifier: MIT */
/*
 * A small DER writer (X.690): what is written can be compared byte for byte.
 */
#ifndef KEYS_DER_H
#define KEYS_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define DER_INTEGER 0x02
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_UTC_TIME 0x17
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_CONTEXT(n) (0xa0 + (n)) /* constructed, context-specific */

#define DER_DEPTH 20

/* Values nest by der_open and der_close; a failure is kept and told by der_done. */
struct der {
    struct buf *out;
    struct err *err;
    size_t open[DER_DEPTH]; /* where each open value's content starts */
    size_t depth;
    bool failed;
};

void der_init(struct der *d, struct buf *out, struct err *err);

/* A constructed value; its length is written when it is closed. */
void der_open(struct der *d, uint8_t tag);
void der_close(struct der *d);

/* A primitive value with this content. */
void der_value(struct der *d, uint8_t tag, const void *content, size_t len);
void der_small(struct der *d, uint8_t value); /* INTEGER 0..127 */

/* Bytes that are DER already. */
void der_raw(struct der *d, const void *bytes, size_t len);

/* False, with `err` set, when anything failed or is still open. */
bool der_done(struct der *d) MUST_USE;

#endif
