/* SPDX-License-Identifier: MIT */
/*
 * Strict readers and writers for the small texts of format 1: hex, decimals, ids, free text.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define TEXT_ID_MAX 63    /* bytes of the longest id (docs/format.md) */
#define TEXT_FREE_MAX 512 /* bytes of the longest free text (docs/format.md) */
#define TEXT_NUMBER_MAX ((uint64_t)9007199254740991) /* 2^53-1, so that JSON readers keep it */

/* Writes 2*len lower-case digits and a NUL. */
void text_hex(char *out, const uint8_t *bytes, size_t len);

/* Reads exactly 2*len digits; lower case only unless `any_case`. False leaves `out` unchanged. */
bool text_unhex(uint8_t *out, size_t len, const char *hex, size_t hex_len, bool any_case) MUST_USE;

/* Lower-case hex in groups of four, a space between ("6b43 368b ..."); out holds len*5/2+1. */
void text_hex_groups(char *out, const uint8_t *bytes, size_t len);

/* Decimal without sign, space or leading zero, within [min, max]; the whole text. */
bool text_number(uint64_t *out, const char *text, uint64_t min, uint64_t max) MUST_USE;

/*
 * An id of format 1: labels [a-z0-9]([a-z0-9-]*[a-z0-9])? joined by single dots, 1 to 63 bytes,
 * the first label no Windows device name (con prn aux nul com0-9 lpt0-9).
 */
bool text_is_id(const char *text) MUST_USE;

/*
 * Free text of format 1: 1 to 512 bytes of UTF-8, no leading, trailing or double space, none of
 * U+0000-001F 007F-009F 061C 200B-200F 2028-202E 2060-206F FEFF, no surrogate or non-character.
 */
bool text_is_free(const char *text, size_t len) MUST_USE;

/*
 * One code point of strict UTF-8 (no overlong form, no surrogate, at most U+10FFFF) from `text`.
 * Returns its length in bytes, 0 when malformed or at the end.
 */
size_t text_utf8(uint32_t *code_point, const char *text, size_t len);

/* Whether a terminal or log may be shown this code point (the list above; LF and TAB are not). */
bool text_is_shown(uint32_t code_point);

/*
 * Adds `text` for display: valid shown characters as they are, every other byte as \xNN. For every
 * text that came from a bundle, a target, a file name or the network.
 */
bool text_add_shown(struct buf *out, const char *text, size_t len, struct err *err) MUST_USE;

/* The same into a fixed array, cut with "..." when it does not fit. Returns out. */
char *text_shown(char *out, size_t size, const char *text, size_t len);

/*
 * "'text'", one word of a command that a person is told to type, in the quotes of this system's
 * shells. `otherwise` stands in its place when `text` has what they cannot hold or a byte that is
 * not shown as it is, or does not fit. Returns out.
 */
char *text_word(char *out, size_t size, const char *text, const char *otherwise);

#endif
