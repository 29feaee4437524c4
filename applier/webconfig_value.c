/* SPDX-License-Identifier: MIT */
/* Decodes publicKeyString: references, white space, hex. */
#include "applier/webconfig_value.h"

#include <string.h>

#include "base/text.h"
#include "keys/crypto.h"

#define DIGITS_MAX ((size_t)2 * PIN_BYTES_MAX)
#define CODE_MAX 0x10ffffU

static unsigned digit_value(unsigned unit)
{
    if (unit >= '0' && unit <= '9')
        return unit - '0';
    if (unit >= 'a' && unit <= 'f')
        return unit - 'a' + 10;
    if (unit >= 'A' && unit <= 'F')
        return unit - 'A' + 10;
    return 16;
}

/*
 * The character of the reference at *at, which is moved behind its ';'. A named one (&amp; and its
 * like) gives '&': none of those five is a hex digit or white space.
 */
static unsigned read_reference(const struct webconfig_text *text, size_t *at, size_t end)
{
    size_t width = text->width, p = *at + width;
    unsigned base = 0, code = 0;
    if (webconfig_text_unit(text, p) == '#') {
        p += width;
        base = 10;
        if (webconfig_text_unit(text, p) == 'x') {
            p += width;
            base = 16;
        }
    }
    for (; p < end && webconfig_text_unit(text, p) != ';'; p += width)
        if (base != 0 && code <= CODE_MAX)
            code = code * base + digit_value(webconfig_text_unit(text, p));
    *at = p;
    return base != 0 ? code : '&';
}

/* Gathers the hex digits. False if the value holds anything else, or too much. */
static bool gather(const struct webconfig_text *text, struct webconfig_item *item,
                   char digits[static DIGITS_MAX], size_t *count)
{
    bool upper = false, lower = false;
    *count = 0;
    for (size_t at = item->value.start; at < item->value.end; at += text->width) {
        unsigned unit = webconfig_text_unit(text, at);
        if (unit == '&') {
            item->odd |= WEBCONFIG_ODD_REFERENCE;
            unit = read_reference(text, &at, item->value.end);
        }
        if (webconfig_text_is_space(unit)) {
            item->odd |= WEBCONFIG_ODD_SPACE;
            continue;
        }
        if (digit_value(unit) == 16 || *count == DIGITS_MAX)
            return false;
        upper |= unit >= 'A' && unit <= 'F';
        lower |= unit >= 'a' && unit <= 'f';
        digits[(*count)++] = (char)unit;
    }
    item->upper = upper && !lower;
    return true;
}

/* The usual value: digits, a byte each, and nothing else. */
static bool read_plain(const struct webconfig_text *text, struct webconfig_item *item,
                       uint8_t bytes[static PIN_BYTES_MAX], size_t *count)
{
    const char *hex = (const char *)text->data + item->value.start;
    size_t len = item->value.end - item->value.start;
    if (text->width != 1 || len > DIGITS_MAX || !text_unhex(bytes, len / 2, hex, len, true))
        return false;
    *count = len;
    bool upper = false, lower = false;
    for (size_t i = 0; i < len; i++) {
        upper |= hex[i] >= 'A';
        lower |= hex[i] >= 'a';
        if (lower)
            break;
    }
    item->upper = upper && !lower;
    return true;
}

bool webconfig_value_read(struct webconfig_item *item, const struct webconfig_text *text,
                          struct err *err)
{
    char digits[DIGITS_MAX];
    uint8_t bytes[PIN_BYTES_MAX];
    size_t count;
    bool hex = read_plain(text, item, bytes, &count) ||
               (gather(text, item, digits, &count) && count % 2 == 0 &&
                text_unhex(bytes, count / 2, digits, count, true));
    if (!hex || count == 0) {
        item->odd |= WEBCONFIG_ODD_NOT_HEX;
        return true;
    }
    struct err why = {0};
    item->is_pin = pin_from_bytes(&item->pin, bytes, count / 2, &why);
    if (!item->is_pin) {
        if (why.code != ERR_PIN_FORM && why.code != ERR_PIN_WEAK)
            return err_set(err, why.code, "%s", why.text);
        item->odd |= WEBCONFIG_ODD_NO_KEY;
        memcpy(item->pin.bytes, bytes, count / 2);
        item->pin.len = count / 2;
        if (!crypto_sha256(item->pin.sha256, bytes, count / 2, err))
            return false;
    }
    item->has_digest = true;
    return true;
}
