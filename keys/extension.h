/* SPDX-License-Identifier: MIT */
/*
 * The <extensions> that any signed document may end in (docs/format.md 1).
 */
#ifndef KEYS_EXTENSION_H
#define KEYS_EXTENSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/markup.h"
#include "keys/elem.h"

struct extension {
    char id[128]; /* "urn:" and up to 123 bytes */
    char *value;  /* owned */
};

/* Only extensions that are not critical get this far: format 1 knows none. Sorted by id. */
struct extension_list {
    struct extension items[LIMIT_EXTENSIONS];
    size_t count;
};

void extension_release(struct extension_list *list);

/* Puts the same extensions into an empty list. */
bool extension_copy(struct extension_list *to, const struct extension_list *from,
                    struct err *err) MUST_USE;

/* Reads an <extensions> element. `code` for a wrong form, ERR_NEWER_EXTENSION for a critical one.
 */
bool extension_read(struct extension_list *list, const struct elem *el, enum err_code code,
                    struct err *err) MUST_USE;

/* Writes the element, nothing when the list is empty. */
void extension_write(const struct extension_list *list, struct markup *m);

#endif
