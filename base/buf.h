/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer that cannot be made without a maximum, and its form that wipes itself.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * `data` is NUL-terminated behind `len` whenever it is not NULL (the NUL is not counted), so text
 * can be printed from it. Never holds more than `max` bytes. `secret` buffers are wiped on every
 * reallocation and release.
 */
struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max;
    bool secret;
};

/* `max` in bytes, from limits.h with its reason. Allocates nothing yet. */
void buf_init(struct buf *buf, size_t max);
void buf_init_secret(struct buf *buf, size_t max);

/* Wipes if secret, frees, and leaves an empty buffer with the same maximum. */
void buf_release(struct buf *buf);

/* Forgets the content, keeps the memory (wiped if secret). */
void buf_clear(struct buf *buf);

/* Each fails with ERR_IO_LIMIT beyond `max` and ERR_MEMORY; on failure the content is unchanged. */
bool buf_add(struct buf *buf, const void *bytes, size_t len, struct err *err) MUST_USE;
bool buf_add_text(struct buf *buf, const char *text, struct err *err) MUST_USE;
bool buf_printf(struct buf *buf, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_USE;

/* Makes room for `len` more bytes and returns where they go (not yet counted); NULL on failure. */
uint8_t *buf_reserve(struct buf *buf, size_t len, struct err *err) MUST_USE;

/* Same bytes, same length. */
bool buf_equal(const struct buf *a, const struct buf *b);
bool buf_is(const struct buf *buf, const void *bytes, size_t len);

/* As text; "" when nothing was added. */
const char *buf_text(const struct buf *buf);

/* memset that no optimiser removes. */
void buf_wipe(void *bytes, size_t len);

#endif
