/* SPDX-License-Identifier: MIT */
/*
 * What the editor's tests share: templates in which {1} to {9} stand for pins (lower-case hex, {1U}
 * upper-case), in any encoding and with any line ends; and the whole round of scan, splice, proof
 * and undo.
 */
#ifndef TESTS_UNIT_WEBCONFIG_KIT_H
#define TESTS_UNIT_WEBCONFIG_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "applier/webconfig.h"
#include "applier/webconfig_proof.h"
#include "applier/webconfig_splice.h"
#include "base/limits.h"
#include "base/text.h"
#include "keys/pin.h"
#include "tests/unit/article_pins.h"

#define KIT_UNUSED __attribute__((unused))
#define KIT_MAX LIMIT_TARGET_BYTES

/* Stands outside the section in every document: no message may hold it. */
#define CANARY "c4nary-Passw0rd"

enum kit_form { KIT_UTF8, KIT_UTF8_BOM, KIT_UTF16LE, KIT_UTF16BE, KIT_FORMS };
static const char *const kit_eols[] KIT_UNUSED = {"\n", "\r\n", "\r"};

#define KIT_MUST(call)                                                                             \
    do {                                                                                           \
        struct err kit_err = {0};                                                                  \
        struct err *must = &kit_err;                                                               \
        if (!(call))                                                                               \
            fail_msg("%s: %s (%s)", #call, kit_err.text, err_reason(kit_err.code));                \
    } while (0)

/* Pin n: 1 and 2 are the article's, others differ from the first in their modulus. */
static KIT_UNUSED void kit_pin(struct pin *pin, unsigned n)
{
    char hex[] = ARTICLE_PIN_1;
    if (n > 2) {
        char digits[9];
        snprintf(digits, sizeof digits, "%08x", n * 2654435761U);
        memcpy(hex + 100, digits, 8);
    }
    const char *from = n == 2 ? ARTICLE_PIN_2 : hex;
    KIT_MUST(pin_from_hex(pin, from, strlen(from), must));
}

static KIT_UNUSED void kit_expand(struct buf *out, const char *template)
{
    buf_init(out, KIT_MAX);
    for (const char *p = template; *p != '\0'; p++) {
        if (p[0] == '{' && p[1] >= '1' && p[1] <= '9') {
            struct pin pin;
            kit_pin(&pin, (unsigned)(p[1] - '0'));
            KIT_MUST(pin_add_hex(&pin, p[2] == 'U', out, must));
            p += p[2] == 'U' ? 3 : 2;
        } else {
            KIT_MUST(buf_add(out, p, 1, must));
        }
    }
}

static KIT_UNUSED void kit_add_unit(struct buf *out, enum kit_form form, unsigned unit)
{
    uint8_t low = (uint8_t)unit, high = (uint8_t)(unit >> 8);
    uint8_t bytes[2] = {form == KIT_UTF16LE ? low : high, form == KIT_UTF16LE ? high : low};
    KIT_MUST(buf_add(out, bytes, 2, must));
}

/* From UTF-8 with LF to another form and other line ends. */
static KIT_UNUSED void kit_encode(struct buf *out, const char *text, size_t len, enum kit_form form,
                                  const char *eol)
{
    buf_init(out, KIT_MAX);
    if (form == KIT_UTF8_BOM)
        KIT_MUST(buf_add(out, "\xef\xbb\xbf", 3, must));
    if (form >= KIT_UTF16LE)
        kit_add_unit(out, form, 0xfeff);
    for (size_t i = 0; i < len;) {
        uint32_t code = 0;
        size_t used = text_utf8(&code, text + i, len - i);
        if (used == 0) { /* kept as it is: a test of bad bytes */
            KIT_MUST(buf_add(out, text + i, 1, must));
            i++;
            continue;
        }
        const char *from = code == '\n' ? eol : text + i;
        size_t size = code == '\n' ? strlen(eol) : used;
        i += used;
        if (form < KIT_UTF16LE) {
            KIT_MUST(buf_add(out, from, size, must));
        } else if (code > 0xffff) {
            kit_add_unit(out, form, 0xd800 + ((code - 0x10000) >> 10));
            kit_add_unit(out, form, 0xdc00 + ((code - 0x10000) & 0x3ff));
        } else if (code == '\n') {
            for (size_t k = 0; k < size; k++)
                kit_add_unit(out, form, (uint8_t)from[k]);
        } else {
            kit_add_unit(out, form, code);
        }
    }
}

static KIT_UNUSED void kit_document(struct buf *out, const char *template, enum kit_form form,
                                    const char *eol)
{
    struct buf text;
    kit_expand(&text, template);
    kit_encode(out, buf_text(&text), text.len, form, eol);
    buf_release(&text);
}

/* Pins named by digits ("13") into an array, their digests too. Returns how many. */
static KIT_UNUSED size_t kit_pins(const char *digits, struct pin *pins, uint8_t (*digests)[32])
{
    size_t count = strlen(digits);
    for (size_t i = 0; i < count; i++) {
        kit_pin(&pins[i], (unsigned)(digits[i] - '0'));
        memcpy(digests[i], pins[i].sha256, 32);
    }
    return count;
}

static KIT_UNUSED void kit_no_canary(const struct err *err)
{
    if (strstr(err->text, CANARY) != NULL || strstr(err->text, "c4nary") != NULL)
        fail_msg("the message holds the canary: %s", err->text);
}

/*
 * Scans, splices, proves and undoes; `out` gets the new bytes (initialised here), *change what was
 * done (may be NULL). Fails the test at any step that goes wrong.
 */
static KIT_UNUSED void kit_round(const struct buf *file, const char *section, const struct pin *add,
                                 size_t add_count, const uint8_t (*remove)[32], size_t remove_count,
                                 struct buf *out, struct webconfig_change *change)
{
    struct webconfig *webconfig = NULL;
    struct webconfig_change made;
    struct webconfig_report report;
    struct buf back;
    webconfig_change_init(&made);
    buf_init(out, KIT_MAX);
    buf_init(&back, KIT_MAX);
    KIT_MUST(webconfig_scan(file, section, &webconfig, must));
    KIT_MUST(webconfig_splice(webconfig, add, add_count, remove, remove_count, out, &made, must));
    struct webconfig_claim claim = {.section = section,
                                    .added = add,
                                    .added_count = add_count,
                                    .removed = remove,
                                    .removed_count = remove_count,
                                    .max_bytes = KIT_MAX};
    KIT_MUST(webconfig_prove(file, out, &claim, &report, must));
    KIT_MUST(webconfig_unsplice(out, made.undo, made.undo_count, &back, must));
    if (!buf_equal(&back, file))
        fail_msg("the undo does not give the old bytes back");
    if (made.added_count == 0 && made.removed_count == 0 && !buf_equal(out, file))
        fail_msg("bytes changed with nothing to do");
    webconfig_free(webconfig);
    buf_release(&back);
    if (change != NULL)
        *change = made;
    else
        webconfig_change_release(&made);
}

#endif
