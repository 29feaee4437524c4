/* SPDX-License-Identifier: MIT */
/*
 * Reads the discovery service's answer strictly, by jansson.
 */
#include "bundler/registry.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"

/* Object, array, string: anything that nests deeper is no answer. */
#define DEPTH_MAX 2

/* jansson recurses as deep as the text does; brackets outside strings are counted first. */
static bool check_depth(const char *text, size_t len, struct err *err)
{
    bool in_string = false;
    int depth = 0;

    for (size_t i = 0; i < len; i++) {
        if (in_string && text[i] == '\\') {
            i++; /* whatever is escaped does not end the string */
        } else if (in_string) {
            in_string = text[i] != '"';
        } else if (text[i] == '"') {
            in_string = true;
        } else if (text[i] == '{' || text[i] == '[') {
            depth++;
        } else if (text[i] == '}' || text[i] == ']') {
            depth--;
        }
        if (depth > DEPTH_MAX) {
            return err_set(err, ERR_ANSWER_FORM,
                           "byte %zu: the answer nests deeper than a host's list of keys", i + 1);
        }
    }
    return true;
}

static json_t *load(const char *text, size_t len, struct err *err)
{
    json_error_t where;
    json_t *root;
    char first = '\0';

    if (len > LIMIT_ANSWER_BYTES) {
        err_set(err, ERR_ANSWER_LIMIT, "the answer has over %zu bytes", LIMIT_ANSWER_BYTES);
        return NULL;
    }
    for (size_t i = 0; i < len && first == '\0'; i++) {
        first = strchr(" \t\r\n", text[i]) == NULL ? text[i] : '\0';
    }
    if (first == '<') {
        err_set(err, ERR_ANSWER_FORM,
                "the answer is a page (HTML or XML), not JSON: a proxy or a portal answered; open "
                "the address in a browser on this machine to see which");
        return NULL;
    }
    if (!check_depth(text, len, err)) {
        return NULL;
    }
    root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        err_set(err, ERR_ANSWER_FORM, "line %d, column %d: the answer is no strict JSON",
                where.line, where.column);
    } else if (!json_is_object(root)) {
        err_set(err, ERR_ANSWER_FORM, "the answer is no JSON object from host to keys");
        json_decref(root);
        root = NULL;
    }
    return root;
}

/* Every entry must be an array of strings, and the asked host's must be there once. */
static json_t *find(json_t *root, const char *host, struct err *err)
{
    json_t *found = NULL, *value, *item;
    const char *key;
    size_t i;

    json_object_foreach(root, key, value)
    {
        if (!json_is_array(value)) {
            err_set(err, ERR_ANSWER_FORM, "the entry of '%s' is no array", key);
            return NULL;
        }
        json_array_foreach(value, i, item)
        {
            if (!json_is_string(item)) {
                err_set(err, ERR_ANSWER_FORM, "key %zu of '%s' is no string", i + 1, key);
                return NULL;
            }
        }
        if (strcasecmp(key, host) == 0) {
            if (found != NULL) {
                err_set(err, ERR_ANSWER_FORM, "'%s' stands in the answer twice", host);
                return NULL;
            }
            found = value;
        }
    }
    if (found == NULL && json_object_size(root) == 0) {
        err_set(err, ERR_ANSWER_EMPTY,
                "the answer is empty: the service pins nothing for '%s'; nothing was changed",
                host);
    } else if (found == NULL) {
        err_set(err, ERR_ANSWER_HOST, "the answer has no entry for '%s'", host);
    }
    return found;
}

static bool read_keys(struct pin *pins, json_t *array, const char *host, struct err *err)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        json_t *item = json_array_get(array, i);

        if (!pin_from_hex(&pins[i], json_string_value(item), json_string_length(item), err)) {
            if (err != NULL) {
                err->code = ERR_ANSWER_KEY;
            }
            err_context(err, "key %zu of '%s'", i + 1, host);
            return false;
        }
    }
    return true;
}

static size_t sort_unique(struct pin *pins, size_t count)
{
    size_t kept = 0;

    qsort(pins, count, sizeof *pins, pin_compare);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !pin_equal(&pins[kept - 1], &pins[i])) {
            pins[kept++] = pins[i];
        }
    }
    return kept;
}

bool registry_parse(struct registry *out, const void *bytes, size_t len, const char *host,
                    struct err *err)
{
    json_t *root = load(bytes, len, err);
    json_t *array = root == NULL ? NULL : find(root, host, err);
    size_t count = array == NULL ? 0 : json_array_size(array);
    struct pin *pins = NULL;
    bool ok = array != NULL;

    if (ok && count == 0) {
        ok = err_set(err, ERR_ANSWER_EMPTY, "the answer has no key for '%s'; nothing was changed",
                     host);
    } else if (ok && count > LIMIT_PINS) {
        ok = err_set(err, ERR_ANSWER_LIMIT, "the answer has %zu keys for '%s', at most %d", count,
                     host, LIMIT_PINS);
    }
    if (ok) {
        pins = calloc(count, sizeof *pins);
        ok = pins != NULL ? read_keys(pins, array, host, err) : err_memory(err);
    }
    json_decref(root);
    if (!ok) {
        free(pins);
        return false;
    }
    out->count = sort_unique(pins, count);
    out->pins = pins;
    return true;
}

void registry_release(struct registry *registry)
{
    free(registry->pins);
    registry->pins = NULL;
    registry->count = 0;
}
