/* SPDX-License-Identifier: MIT */
/*
 * The 512 bytes of a tar header as a function of name, size and encoding (docs/format.md 5).
 */
#include "bundles/tarhead.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/policy.h"

#define NAME_AT 0
#define SIZE_AT 124
#define SIZE_DIGITS 11
#define CHECKSUM_AT 148

/* The fields that are the same in each header of one encoding. */
struct field {
    size_t at, len;
    const char *bytes[2]; /* by enum tarhead_encoding */
};

static const struct field fields[] = {
    {100, 8, {"000644 \0", "0000644\0"}},
    {108, 8, {"000000 \0", "0000000\0"}},
    {116, 8, {"000000 \0", "0000000\0"}},
    {136, 12, {"02263523000 ", "02263523000\0"}},
    {156, 1, {"0", "0"}},
    {257,
     8,
     {"ustar\0"
      "00",
      "ustar\0"
      "00"}},
    {329, 8, {"000000 \0", "0000000\0"}},
    {337, 8, {"000000 \0", "0000000\0"}},
};

void tarhead_make(uint8_t block[static TARHEAD_BLOCK], const char *name, uint64_t size,
                  enum tarhead_encoding encoding)
{
    char digits[32];
    unsigned sum = 0;

    memset(block, 0, TARHEAD_BLOCK);
    memcpy(block + NAME_AT, name, strnlen(name, TARHEAD_NAME_MAX - 1));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        memcpy(block + fields[i].at, fields[i].bytes[encoding], fields[i].len);
    }
    snprintf(digits, sizeof digits, "%011llo", (unsigned long long)size);
    memcpy(block + SIZE_AT, digits, SIZE_DIGITS);
    block[SIZE_AT + SIZE_DIGITS] = encoding == TARHEAD_LIBARCHIVE ? ' ' : '\0';
    memset(block + CHECKSUM_AT, ' ', 8);
    for (size_t i = 0; i < TARHEAD_BLOCK; i++) {
        sum += block[i];
    }
    snprintf(digits, sizeof digits, "%06o", sum);
    memcpy(block + CHECKSUM_AT, digits, 7); /* its NUL too; the space behind stands there */
}

static bool read_size(const uint8_t *digits, uint64_t *out)
{
    uint64_t size = 0;

    for (size_t i = 0; i < SIZE_DIGITS; i++) {
        if (digits[i] < '0' || digits[i] > '7') {
            return false;
        }
        size = size * 8 + (uint64_t)(digits[i] - '0');
    }
    *out = size;
    return true;
}

bool tarhead_read(const uint8_t block[static TARHEAD_BLOCK], char name[static TARHEAD_NAME_MAX],
                  uint64_t *size, enum tarhead_encoding *encoding, struct err *err)
{
    uint8_t again[TARHEAD_BLOCK];
    char text[TARHEAD_NAME_MAX] = "";
    uint64_t bytes = 0;
    size_t len = strnlen((const char *)block + NAME_AT, TARHEAD_NAME_MAX);

    if (len == 0 || len == TARHEAD_NAME_MAX || !read_size(block + SIZE_AT, &bytes)) {
        return err_set(err, ERR_CONTAINER_HEADER,
                       "a tar header has no name of 1 to 99 bytes or no octal size");
    }
    memcpy(text, block + NAME_AT, len);
    for (int e = TARHEAD_LIBARCHIVE; e <= TARHEAD_GNU; e++) {
        tarhead_make(again, text, bytes, (enum tarhead_encoding)e);
        if (POLICY("container.header/compare", memcmp(again, block, TARHEAD_BLOCK) != 0)) {
            continue;
        }
        if (bytes > LIMIT_MEMBER_BYTES) {
            return err_set(err, ERR_CONTAINER_LIMIT, "member '%s' has more than %llu bytes", text,
                           (unsigned long long)LIMIT_MEMBER_BYTES);
        }
        memcpy(name, text, sizeof text);
        *size = bytes;
        *encoding = (enum tarhead_encoding)e;
        return true;
    }
    return err_set(
        err, ERR_CONTAINER_HEADER,
        "the tar header of '%s' is not as the bundle format prescribes: mode 0644, owner "
        "and group 0, time 315532800, a plain file in ustar format",
        text);
}
