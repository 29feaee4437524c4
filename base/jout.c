/* SPDX-License-Identifier: MIT */
/*
 * JSON output of the commands, by jansson.
 */
#include "base/jout.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/when.h"

#define SHOWN_WIDTH 4 /* "\\xNN" for a byte */

/* A node; children are kept in a list of the root so that one call frees all. */
struct jout {
    json_t *value; /* borrowed from the parent but for the root */
    struct jout *root;
    struct jout *next;
    bool failed; /* root only */
};

static struct jout *node_new(struct jout *root, json_t *value)
{
    struct jout *node = calloc(1, sizeof *node);

    if (node == NULL) {
        return NULL;
    }
    node->value = value;
    node->root = root == NULL ? node : root;
    if (root != NULL) {
        node->next = root->next;
        root->next = node;
    }
    return node;
}

struct jout *jout_new(void)
{
    json_t *value = json_object();
    struct jout *root = value == NULL ? NULL : node_new(NULL, value);

    if (root == NULL) {
        json_decref(value);
    }
    return root;
}

void jout_free(struct jout *j)
{
    if (j == NULL) {
        return;
    }
    json_decref(j->root->value);
    for (struct jout *node = j->root; node != NULL;) {
        struct jout *next = node->next;

        free(node);
        node = next;
    }
}

/* Takes the reference; a failure is kept for jout_print. */
static void set(struct jout *j, const char *key, json_t *value)
{
    if (j == NULL) {
        json_decref(value);
    } else if (value == NULL || json_object_set_new(j->value, key, value) != 0) {
        j->root->failed = true;
    }
}

static json_t *text_value(const char *text, size_t len)
{
    json_t *value = json_stringn(text, len);
    struct buf shown;

    if (value == NULL) {
        buf_init(&shown, SHOWN_WIDTH * len);
        if (text_add_shown(&shown, text, len, NULL)) {
            value = json_string(buf_text(&shown));
        }
        buf_release(&shown);
    }
    return value;
}

void jout_text(struct jout *j, const char *key, const char *text)
{
    set(j, key, text == NULL ? json_null() : text_value(text, strlen(text)));
}

void jout_text_len(struct jout *j, const char *key, const char *text, size_t len)
{
    set(j, key, text_value(text, len));
}

void jout_number(struct jout *j, const char *key, uint64_t value)
{
    set(j, key, value > INT64_MAX ? NULL : json_integer((json_int_t)value));
}

void jout_bool(struct jout *j, const char *key, bool value)
{
    set(j, key, json_boolean(value));
}

void jout_time(struct jout *j, const char *key, int64_t when)
{
    char text[WHEN_TEXT_SIZE];

    when_format(text, when);
    jout_text(j, key, text);
}

void jout_hex(struct jout *j, const char *key, const uint8_t *bytes, size_t len)
{
    char *hex = malloc(2 * len + 1);

    if (hex == NULL) {
        set(j, key, NULL);
        return;
    }
    text_hex(hex, bytes, len);
    jout_text(j, key, hex);
    free(hex);
}

static struct jout *child(struct jout *j, const char *key, json_t *value)
{
    struct jout *node;

    if (j == NULL) {
        json_decref(value);
        return NULL;
    }
    if (value == NULL || (key != NULL ? json_object_set_new(j->value, key, value)
                                      : json_array_append_new(j->value, value)) != 0) {
        j->root->failed = true;
        return NULL;
    }
    node = node_new(j->root, value);
    if (node == NULL) {
        j->root->failed = true;
    }
    return node;
}

struct jout *jout_object(struct jout *j, const char *key)
{
    return child(j, key, json_object());
}

struct jout *jout_array(struct jout *j, const char *key)
{
    return child(j, key, json_array());
}

struct jout *jout_item(struct jout *j)
{
    return child(j, NULL, json_object());
}

void jout_item_text(struct jout *j, const char *text)
{
    json_t *value = text_value(text, strlen(text));

    if (j == NULL) {
        json_decref(value);
    } else if (value == NULL || json_array_append_new(j->value, value) != 0) {
        j->root->failed = true;
    }
}

bool jout_print(const struct jout *j, FILE *stream, struct err *err)
{
    if (j == NULL || j->root->failed) {
        return err_memory(err);
    }
    errno = 0;
    /* all of ASCII: on a terminal U+009B begins an escape sequence, and U+202E turns a line around
     */
    if (json_dumpf(j->root->value, stream, JSON_INDENT(2) | JSON_ENSURE_ASCII) != 0 ||
        fputc('\n', stream) == EOF) {
        return err_io(err, errno != 0 ? errno : EIO, "the output cannot be written");
    }
    return true;
}
