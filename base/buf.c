/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer with a maximum.
 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_wipe(void *bytes, size_t len)
{
    volatile uint8_t *p = bytes;

    while (len-- > 0) {
        *p++ = 0;
    }
}

void buf_init(struct buf *buf, size_t max)
{
    memset(buf, 0, sizeof *buf);
    buf->max = max < SIZE_MAX ? max : SIZE_MAX - 1; /* one more is for the NUL */
}

void buf_init_secret(struct buf *buf, size_t max)
{
    buf_init(buf, max);
    buf->secret = true;
}

void buf_release(struct buf *buf)
{
    if (buf->data != NULL && buf->secret) {
        buf_wipe(buf->data, buf->cap);
    }
    free(buf->data);
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
}

void buf_clear(struct buf *buf)
{
    if (buf->data != NULL) {
        if (buf->secret) {
            buf_wipe(buf->data, buf->cap);
        }
        buf->data[0] = '\0';
    }
    buf->len = 0;
}

/* realloc may leave a copy behind, so a secret buffer moves by hand. */
static uint8_t *move(struct buf *buf, size_t cap)
{
    uint8_t *grown;

    if (!buf->secret) {
        return realloc(buf->data, cap);
    }
    grown = malloc(cap);
    if (grown != NULL && buf->data != NULL) {
        memcpy(grown, buf->data, buf->len + 1);
        buf_wipe(buf->data, buf->cap);
        free(buf->data);
    }
    return grown;
}

uint8_t *buf_reserve(struct buf *buf, size_t len, struct err *err)
{
    size_t need, cap;
    uint8_t *grown;

    if (len > buf->max || buf->len > buf->max - len) {
        err_set(err, ERR_IO_LIMIT, "more than the %zu bytes that are allowed here", buf->max);
        return NULL;
    }
    need = buf->len + len + 1;
    if (need > buf->cap) {
        cap = buf->cap < 64 ? 64 : buf->cap;
        while (cap < need) {
            cap = cap > SIZE_MAX / 2 ? need : cap * 2;
        }
        if (cap > buf->max + 1) {
            cap = buf->max + 1;
        }
        grown = move(buf, cap);
        if (grown == NULL) {
            err_memory(err);
            return NULL;
        }
        buf->data = grown;
        buf->cap = cap;
        buf->data[buf->len] = '\0';
    }
    return buf->data + buf->len;
}

bool buf_add(struct buf *buf, const void *bytes, size_t len, struct err *err)
{
    uint8_t *to = buf_reserve(buf, len, err);

    if (to == NULL) {
        return false;
    }
    if (len > 0) {
        memcpy(to, bytes, len);
    }
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_add_text(struct buf *buf, const char *text, struct err *err)
{
    return buf_add(buf, text, strlen(text), err);
}

bool buf_printf(struct buf *buf, struct err *err, const char *fmt, ...)
{
    va_list args;
    uint8_t *to;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0) {
        return err_set(err, ERR_INTERNAL, "a text could not be formatted");
    }
    to = buf_reserve(buf, (size_t)len, err);
    if (to == NULL) {
        return false;
    }
    va_start(args, fmt);
    vsnprintf((char *)to, (size_t)len + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)len;
    return true;
}

bool buf_is(const struct buf *buf, const void *bytes, size_t len)
{
    return buf->len == len && (len == 0 || memcmp(buf->data, bytes, len) == 0);
}

bool buf_equal(const struct buf *a, const struct buf *b)
{
    return buf_is(a, b->data, b->len);
}

const char *buf_text(const struct buf *buf)
{
    return buf->data == NULL ? "" : (const char *)buf->data;
}
