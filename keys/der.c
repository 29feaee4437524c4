/* SPDX-License-Identifier: MIT */
/*
 * A small DER writer.
 */
#include "keys/der.h"

#include <string.h>

void der_init(struct der *d, struct buf *out, struct err *err)
{
    memset(d, 0, sizeof *d);
    d->out = out;
    d->err = err;
}

void der_raw(struct der *d, const void *bytes, size_t len)
{
    if (!d->failed && !buf_add(d->out, bytes, len, d->err)) {
        d->failed = true;
    }
}

/* The length octets of DER; returns how many. */
static size_t length_octets(uint8_t out[static 9], size_t len)
{
    size_t n = 0;

    if (len < 0x80) {
        out[0] = (uint8_t)len;
        return 1;
    }
    for (size_t rest = len; rest > 0; rest >>= 8) {
        n++;
    }
    out[0] = (uint8_t)(0x80 | n);
    for (size_t i = n; i > 0; i--) {
        out[i] = (uint8_t)len;
        len >>= 8;
    }
    return n + 1;
}

void der_value(struct der *d, uint8_t tag, const void *content, size_t len)
{
    uint8_t head[9];
    size_t n = length_octets(head, len);

    der_raw(d, &tag, 1);
    der_raw(d, head, n);
    der_raw(d, content, len);
}

void der_small(struct der *d, uint8_t value)
{
    der_value(d, DER_INTEGER, &value, 1);
}

void der_open(struct der *d, uint8_t tag)
{
    der_raw(d, &tag, 1);
    if (d->depth == DER_DEPTH) {
        d->failed = true;
        err_set(d->err, ERR_INTERNAL, "DER nests too deep");
    }
    if (!d->failed) {
        d->open[d->depth++] = d->out->len;
    }
}

void der_close(struct der *d)
{
    uint8_t head[9];
    size_t start, len, n;

    if (d->failed || d->depth == 0) {
        d->failed = true;
        return;
    }
    start = d->open[--d->depth];
    len = d->out->len - start;
    n = length_octets(head, len);
    der_raw(d, head, n);
    if (!d->failed) {
        memmove(d->out->data + start + n, d->out->data + start, len);
        memcpy(d->out->data + start, head, n);
    }
}

bool der_done(struct der *d)
{
    if (!d->failed && d->depth == 0) {
        return true;
    }
    if (d->err != NULL && d->err->code == ERR_NONE) {
        err_set(d->err, ERR_INTERNAL, "DER was not closed");
    }
    return false;
}
