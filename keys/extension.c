/* SPDX-License-Identifier: MIT */
/*
 * The <extensions> that any signed document may end in.
 */
#include "keys/extension.h"

#include <stdlib.h>
#include <string.h>

void extension_release(struct extension_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].value);
    }
    list->count = 0;
}

bool extension_copy(struct extension_list *to, const struct extension_list *from, struct err *err)
{
    for (size_t i = 0; i < from->count; i++) {
        to->items[i] = from->items[i];
        to->items[i].value = strdup(from->items[i].value);
        if (to->items[i].value == NULL) {
            return err_memory(err);
        }
        to->count++;
    }
    return true;
}

static bool is_extension_id(const char *id)
{
    size_t len = strlen(id);

    return len > 4 && len < sizeof((struct extension *)0)->id && memcmp(id, "urn:", 4) == 0 &&
           strspn(id + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:_-") ==
               len - 4;
}

static bool is_extension_value(const char *value)
{
    size_t len = strlen(value);

    for (size_t i = 0; i < len; i++) {
        if (value[i] < 0x20 || value[i] > 0x7e) {
            return false;
        }
    }
    return len >= 1 && len <= LIMIT_EXTENSION_VALUE;
}

static bool read_one(struct extension_list *list, const struct elem *el, enum err_code code,
                     struct err *err)
{
    const char *id, *critical, *value;
    struct extension *item;

    if (!elem_expect(el, "extension", NULL, code, err) || !elem_text(el, "id", &id, code, err) ||
        !elem_text(el, "critical", &critical, code, err) ||
        !elem_text(el, "value", &value, code, err)) {
        return false;
    }
    if (!is_extension_id(id) || !is_extension_value(value) || elem_first(el) != NULL) {
        return err_set(err, code, "line %ld: an extension of wrong form", elem_line(el));
    }
    if (list->count > 0 && strcmp(list->items[list->count - 1].id, id) >= 0) {
        return err_set(err, code, "line %ld: extensions are not sorted by id", elem_line(el));
    }
    if (strcmp(critical, "true") == 0) {
        return err_set(err, ERR_NEWER_EXTENSION,
                       "line %ld: the critical extension '%s' is unknown here; install a newer "
                       "version",
                       elem_line(el), id);
    }
    if (strcmp(critical, "false") != 0 || list->count == LIMIT_EXTENSIONS) {
        return err_set(err, code, "line %ld: an extension of wrong form, or too many",
                       elem_line(el));
    }
    item = &list->items[list->count];
    item->value = strdup(value);
    if (item->value == NULL) {
        return err_memory(err);
    }
    memcpy(item->id, id, strlen(id) + 1);
    list->count++;
    return true;
}

bool extension_read(struct extension_list *list, const struct elem *el, enum err_code code,
                    struct err *err)
{
    if (!elem_expect(el, "extensions", NULL, code, err)) {
        return false;
    }
    for (const struct elem *child = elem_first(el); child != NULL; child = elem_next(child)) {
        if (!read_one(list, child, code, err)) {
            return false;
        }
    }
    return list->count > 0 || err_set(err, code, "line %ld: <extensions> is empty", elem_line(el));
}

void extension_write(const struct extension_list *list, struct markup *m)
{
    if (list->count == 0) {
        return;
    }
    markup_open(m, "extensions");
    for (size_t i = 0; i < list->count; i++) {
        markup_open(m, "extension");
        markup_text(m, "id", list->items[i].id);
        markup_text(m, "critical", "false");
        markup_text(m, "value", list->items[i].value);
        markup_close(m);
    }
    markup_close(m);
}
