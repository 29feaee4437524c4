/* SPDX-License-Identifier: MIT */
/* The small readers of text, hex, numbers and times against plain second versions of them. */
#include <ctype.h>

#include "base/html.h"
#include "base/text.h"
#include "base/when.h"
#include "keys/crypto.h"
#include "tests/fuzz/fuzz.h"

/* UTF-8 by the table of RFC 3629 section 4. */
static size_t second_utf8(uint32_t *out, const uint8_t *s, size_t len)
{
    static const struct {
        uint8_t low, high, next_low, next_high;
        size_t len;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

    for (size_t i = 0; len > 0 && i < sizeof rows / sizeof rows[0]; i++) {
        if (s[0] < rows[i].low || s[0] > rows[i].high || len < rows[i].len) {
            continue;
        }
        *out = rows[i].len == 1 ? s[0] : s[0] & (0x7fu >> rows[i].len);
        for (size_t k = 1; k < rows[i].len; k++) {
            if (s[k] < (k == 1 ? rows[i].next_low : 0x80) ||
                s[k] > (k == 1 ? rows[i].next_high : 0xbf)) {
                return 0;
            }
            *out = *out << 6 | (s[k] & 0x3f);
        }
        return rows[i].len;
    }
    return 0;
}

static void check_shown(const char *text, size_t len)
{
    struct err err = {0};
    struct buf out;
    struct html html;
    char small[32];
    uint32_t code = 0;

    buf_init(&out, 16 * len + 64);
    FUZZ_MUST(text_add_shown(&out, text, len, &err));
    for (size_t at = 0, used; at < out.len; at += used) {
        used = text_utf8(&code, (const char *)out.data + at, out.len - at);
        FUZZ_MUST(used > 0 && text_is_shown(code));
    }
    FUZZ_MUST(strlen(text_shown(small, sizeof small, text, len)) < sizeof small);
    buf_clear(&out);
    html_begin(&html, &out, &err);
    html_text_len(&html, text, len);
    FUZZ_MUST(html_end(&html));
    buf_release(&out);
    err_set(&err, ERR_USAGE, "%s", text);
    FUZZ_MUST(strlen(err.text) < sizeof err.text);
}

static void check_free(const char *text, size_t len)
{
    bool good = len >= 1 && len <= TEXT_FREE_MAX && text[0] != ' ' && text[len - 1] != ' ';
    uint32_t code = 0;

    for (size_t at = 0, used; at < len; at += used) {
        used = second_utf8(&code, (const uint8_t *)text + at, len - at);
        FUZZ_MUST(used == text_utf8(&code, text + at, len - at));
        if (used == 0) {
            good = false;
            break;
        }
        good = good && text_is_shown(code) && (code & 0xfffe) != 0xfffe &&
               !(code >= 0xfdd0 && code <= 0xfdef) &&
               !(at > 0 && memcmp(text + at - 1, "  ", 2) == 0);
    }
    FUZZ_MUST(text_is_free(text, len) == good);
}

static void check_number(const char *text, uint64_t min, uint64_t max)
{
    size_t len = strlen(text);
    uint64_t number = 0, second = 0;
    bool good = len >= 1 && len <= 16 && (text[0] != '0' || len == 1);

    for (size_t i = 0; good && i < len; i++) {
        good = text[i] >= '0' && text[i] <= '9';
        second = second * 10 + (uint64_t)(text[i] - '0');
    }
    good = good && second >= min && second <= max;
    FUZZ_MUST(text_number(&number, text, min, max) == good && (!good || number == second));
}

static void check_id(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    size_t len = strlen(text), first = strcspn(text, ".");
    bool device = (first == 3 && (memcmp(text, "con", 3) == 0 || memcmp(text, "prn", 3) == 0 ||
                                  memcmp(text, "aux", 3) == 0 || memcmp(text, "nul", 3) == 0)) ||
                  (first == 4 && (memcmp(text, "com", 3) == 0 || memcmp(text, "lpt", 3) == 0) &&
                   isdigit((unsigned char)text[3]));
    bool good = len >= 1 && len <= TEXT_ID_MAX && strspn(text, letters) == len && !device &&
                strstr(text, "..") == NULL && strstr(text, "-.") == NULL &&
                strstr(text, ".-") == NULL && strchr(".-", text[0]) == NULL &&
                strchr(".-", text[len - 1]) == NULL;

    FUZZ_MUST(text_is_id(text) == good);
}

/* A shell takes what is suggested for one word, or it is the name that stands for it. */
static void check_word(const char *text)
{
    char word[64];
    size_t len;

    FUZZ_MUST(text_word(word, sizeof word, text, "DIR") == word);
    len = strlen(word);
    FUZZ_MUST(strcmp(word, "DIR") == 0 ||
              (len == strlen(text) + 2 && word[0] == '\'' && word[len - 1] == '\'' &&
               memcmp(word + 1, text, len - 2) == 0 && strchr(text, '\'') == NULL));
}

static void check_when(const char *text)
{
    char again[WHEN_TEXT_SIZE];
    struct when_civil civil;
    int64_t when = 0, back = 0;

    if (when_parse(&when, text, WHEN_KEY_MIN, WHEN_KEY_MAX)) {
        when_format(again, when);
        FUZZ_MUST(strcmp(again, text) == 0);
        when_to_civil(&civil, when);
        FUZZ_MUST(when_from_civil(&back, &civil) && back == when);
        FUZZ_MUST(!when_parse(&back, text, when + 1, WHEN_KEY_MAX));
    }
}

/* Any time of the years 1950 to 9999, also those that no text of the input spells. */
static void check_civil(const uint8_t *data, size_t size)
{
    char text[WHEN_TEXT_SIZE];
    int64_t when = 0, back = 0;

    for (size_t i = 0; i < 5; i++) {
        when = when * 256 + (i < size ? data[i] : 0);
    }
    when = WHEN_KEY_MIN + when % (WHEN_KEY_MAX - WHEN_KEY_MIN + 1);
    when_format(text, when);
    FUZZ_MUST(when_parse(&back, text, WHEN_KEY_MIN, WHEN_KEY_MAX) && back == when);
    FUZZ_MUST(when_now() > WHEN_MIN);
}

static void check_hex(const char *text, size_t len)
{
    uint8_t bytes[64];
    char hex[129], groups[64 * 5 / 2 + 1];
    size_t half = len / 2;

    if (half <= sizeof bytes && text_unhex(bytes, half, text, len, false)) {
        text_hex(hex, bytes, half);
        FUZZ_MUST(len % 2 == 0 && memcmp(hex, text, len) == 0);
        text_hex_groups(groups, bytes, half);
    }
    FUZZ_MUST(half > sizeof bytes || !text_unhex(bytes, half + 1, text, len, true));
}

static void check_base64(const char *text)
{
    struct err err = {0};
    struct buf bytes, again;
    bool taken;

    buf_init(&bytes, strlen(text) + 3);
    buf_init(&again, strlen(text) + 8);
    taken = crypto_unbase64(&bytes, text, ERR_DOCUMENT_FORM, &err);
    fuzz_verdict(taken, &err);
    if (taken) {
        FUZZ_MUST(crypto_base64(&again, bytes.data, bytes.len, &err));
        FUZZ_MUST(strcmp(buf_text(&again), text) == 0);
    }
    buf_release(&bytes);
    buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf copy;
    const char *text;

    fuzz_copy(&copy, data, size);
    text = buf_text(&copy);
    check_shown(text, size);
    check_free(text, size);
    check_number(text, 0, TEXT_NUMBER_MAX);
    check_number(text, 5, 999);
    check_id(text);
    check_word(text);
    check_when(text);
    check_civil(data, size);
    check_hex(text, size);
    check_base64(text);
    buf_release(&copy);
    return 0;
}
