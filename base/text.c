/* SPDX-License-Identifier: MIT */
/*
 * Strict readers and writers for the small texts of format 1.
 */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/term.h"

void text_hex(char *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

/* The value of each hex digit plus 1, and 0 for all else. A table: a 228 KB file has a million. */
#define UPPER 0x20
static const uint8_t digits_by_char[256] = {
    ['0'] = 1,          ['1'] = 2,          ['2'] = 3,          ['3'] = 4,
    ['4'] = 5,          ['5'] = 6,          ['6'] = 7,          ['7'] = 8,
    ['8'] = 9,          ['9'] = 10,         ['a'] = 11,         ['b'] = 12,
    ['c'] = 13,         ['d'] = 14,         ['e'] = 15,         ['f'] = 16,
    ['A'] = 11 | UPPER, ['B'] = 12 | UPPER, ['C'] = 13 | UPPER, ['D'] = 14 | UPPER,
    ['E'] = 15 | UPPER, ['F'] = 16 | UPPER,
};

static uint8_t entry_of(char c)
{
    return digits_by_char[(unsigned char)c];
}

bool text_unhex(uint8_t *out, size_t len, const char *hex, size_t hex_len, bool any_case)
{
    if (hex_len % 2 != 0 || hex_len / 2 != len) {
        return false;
    }
    for (size_t i = 0; i < hex_len; i++) {
        if (entry_of(hex[i]) == 0 || (!any_case && (entry_of(hex[i]) & UPPER) != 0)) {
            return false;
        }
    }
    for (size_t i = 0; i < len; i++) {
        unsigned high = (entry_of(hex[2 * i]) & (UPPER - 1U)) - 1U;
        unsigned low = (entry_of(hex[2 * i + 1]) & (UPPER - 1U)) - 1U;

        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

void text_hex_groups(char *out, const uint8_t *bytes, size_t len)
{
    char pair[3];

    for (size_t i = 0; i < len; i++) {
        text_hex(pair, bytes + i, 1);
        if (i > 0 && i % 2 == 0) {
            *out++ = ' ';
        }
        *out++ = pair[0];
        *out++ = pair[1];
    }
    *out = '\0';
}

bool text_number(uint64_t *out, const char *text, uint64_t min, uint64_t max)
{
    uint64_t value = 0;

    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0')) {
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9') {
            return false;
        }
        if (value > (UINT64_MAX - (uint64_t)(*p - '0')) / 10) {
            return false;
        }
        value = value * 10 + (uint64_t)(*p - '0');
    }
    if (value < min || value > max) {
        return false;
    }
    *out = value;
    return true;
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_device(const char *label, size_t len)
{
    static const char names[][4] = {"con", "prn", "aux", "nul"};

    if (len == 3) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (memcmp(label, names[i], 3) == 0) {
                return true;
            }
        }
    }
    return len == 4 && (memcmp(label, "com", 3) == 0 || memcmp(label, "lpt", 3) == 0) &&
           label[3] >= '0' && label[3] <= '9';
}

bool text_is_id(const char *text)
{
    size_t len = strlen(text);
    size_t first = strcspn(text, ".");

    if (len < 1 || len > TEXT_ID_MAX || is_device(text, first)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool edge = i == 0 || i + 1 == len || text[i - 1] == '.' || text[i + 1] == '.';

        if (!is_alnum(text[i]) && (edge || (text[i] != '-' && text[i] != '.'))) {
            return false;
        }
    }
    return true;
}

size_t text_utf8(uint32_t *code_point, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    uint32_t value, least;
    size_t need;

    if (len == 0) {
        return 0;
    }
    if (s[0] < 0x80) {
        *code_point = s[0];
        return 1;
    }
    if (s[0] >= 0xC2 && s[0] <= 0xDF) {
        need = 2, value = s[0] & 0x1Fu, least = 0x80;
    } else if ((s[0] & 0xF0) == 0xE0) {
        need = 3, value = s[0] & 0x0Fu, least = 0x800;
    } else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        need = 4, value = s[0] & 0x07u, least = 0x10000;
    } else {
        return 0;
    }
    if (len < need) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (s[i] & 0x3Fu);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *code_point = value;
    return need;
}

bool text_is_shown(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x0000, 0x001F}, {0x007F, 0x009F}, {0x061C, 0x061C}, {0x200B, 0x200F}, {0x2028, 0x202E},
        {0x2060, 0x206F}, {0xFDD0, 0xFDEF}, {0xFEFF, 0xFEFF}, {0xD800, 0xDFFF},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1]) {
            return false;
        }
    }
    return c <= 0x10FFFF && (c & 0xFFFE) != 0xFFFE;
}

bool text_is_free(const char *text, size_t len)
{
    uint32_t c = 0, before = ' ';

    if (len < 1 || len > TEXT_FREE_MAX) {
        return false;
    }
    for (size_t i = 0; i < len;) {
        size_t n = text_utf8(&c, text + i, len - i);

        if (n == 0 || !text_is_shown(c) || (c == ' ' && before == ' ')) {
            return false;
        }
        before = c;
        i += n;
    }
    return before != ' ';
}

/* The shown form of the first character of text; returns the bytes it consumed. */
static size_t show_one(char out[static 8], const char *text, size_t len)
{
    uint32_t c = 0;
    size_t n = text_utf8(&c, text, len);

    if (n > 0 && text_is_shown(c)) {
        memcpy(out, text, n);
        out[n] = '\0';
        return n;
    }
    snprintf(out, 8, "\\x%02x", (unsigned)(unsigned char)text[0]);
    return 1;
}

bool text_add_shown(struct buf *out, const char *text, size_t len, struct err *err)
{
    char one[8];

    for (size_t i = 0; i < len;) {
        i += show_one(one, text + i, len - i);
        if (!buf_add_text(out, one, err)) {
            return false;
        }
    }
    return true;
}

char *text_shown(char *out, size_t size, const char *text, size_t len)
{
    char one[8];
    size_t used = 0, fits = 0;

    for (size_t i = 0; i < len;) {
        size_t n = show_one(one, text + i, len - i);
        size_t width = strlen(one);

        if (used + width + 1 > size) {
            if (size >= 4) {
                memcpy(out + fits, "...", 4);
            } else if (size > 0) {
                out[0] = '\0';
            }
            return out;
        }
        memcpy(out + used, one, width);
        used += width;
        if (used + 4 <= size) {
            fits = used;
        }
        i += n;
    }
    if (size > 0) {
        out[used] = '\0';
    }
    return out;
}

char *text_word(char *out, size_t size, const char *text, const char *otherwise)
{
    const char *quote = term_shell_quote();
    size_t len = strlen(text), slashes = 0;

    /* Before a double quote a backslash would stand for the quote itself, unless it is doubled. */
    while (quote[0] == '"' && slashes < len && text[len - 1 - slashes] == '\\') {
        slashes++;
    }
    text_shown(out, size, text, len);
    if (len + slashes + 3 > size || strcmp(out, text) != 0 || strpbrk(text, quote) != NULL) {
        snprintf(out, size, "%s", otherwise);
    } else {
        snprintf(out, size, "%c%s%s%c", quote[0], text, text + len - slashes, quote[0]);
    }
    return out;
}
