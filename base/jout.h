/* SPDX-License-Identifier: MIT */
/*
 * JSON output of the commands, by jansson, whose types stay inside.
 */
#ifndef BASE_JOUT_H
#define BASE_JOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/*
 * A tree being built. Without memory it turns into an error that jout_print reports, so callers
 * check once. Members stand in the order in which they were first set; setting one again replaces
 * its value. Text that is not UTF-8 is written as text_add_shown shows it.
 */
struct jout;

/* A new object, owned by the caller. Never NULL in normal use; NULL without memory is accepted by
 * every function here. */
struct jout *jout_new(void);
void jout_free(struct jout *j);

/* Members of object `j`. `text` NULL writes null; a number above INT64_MAX is an error. */
void jout_text(struct jout *j, const char *key, const char *text);
/* Text that may hold NUL, which is written as \u0000 and not taken for its end. */
void jout_text_len(struct jout *j, const char *key, const char *text, size_t len);
void jout_number(struct jout *j, const char *key, uint64_t value);
void jout_bool(struct jout *j, const char *key, bool value);
void jout_time(struct jout *j, const char *key, int64_t when);
void jout_hex(struct jout *j, const char *key, const uint8_t *bytes, size_t len);

/* A child object or array of `j`, owned by `j`. */
struct jout *jout_object(struct jout *j, const char *key);
struct jout *jout_array(struct jout *j, const char *key);

/* Elements of array `j`. The object is owned by `j`. */
struct jout *jout_item(struct jout *j);
void jout_item_text(struct jout *j, const char *text);

/* Writes the tree, two spaces a level, LF at the end. ERR_IO* when the stream fails, ERR_MEMORY
 * when building it failed. What is still in the stream's buffer is the caller's to flush. */
bool jout_print(const struct jout *j, FILE *stream, struct err *err) MUST_USE;

#endif
