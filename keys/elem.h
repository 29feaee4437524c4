/* SPDX-License-Identifier: MIT */
/*
 * Reads an XML document into plain elements and attributes, by libxml2 in its hardened mode, whose
 * types stay inside. For documents whose every value is an attribute: signed documents, state,
 * site, workspace. What is not an element or attribute is refused here; the canonical rule
 * (docs/format.md 1) is the caller's: write what was read and compare.
 */
#ifndef KEYS_ELEM_H
#define KEYS_ELEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct elem; /* one element; owned by its document */
struct elem_doc;

/*
 * `bytes`: the whole document. Refused with `code`: any "<!" or "<?" behind the first line (so no
 * DOCTYPE, CDATA, comment or PI ever reaches libxml2's tree), not well-formed (line and column in
 * the text), text content, an empty attribute, a namespace other than the root's. The bytes are
 * read as UTF-8 whatever they declare. Accepts white space between elements. NULL on failure; the
 * caller frees.
 */
struct elem_doc *elem_parse(const void *bytes, size_t len, enum err_code code,
                            struct err *err) MUST_USE;
void elem_free(struct elem_doc *doc);

const struct elem *elem_root(const struct elem_doc *doc);
const char *elem_name(const struct elem *el);
const char *elem_namespace(const struct elem *el); /* "" if none */
long elem_line(const struct elem *el);

/* Child elements in order; NULL at the end. */
const struct elem *elem_first(const struct elem *el);
const struct elem *elem_next(const struct elem *el);
/* The first child of that name, NULL if none. How many children there are. */
const struct elem *elem_child(const struct elem *el, const char *name);
size_t elem_count(const struct elem *el);

/* The attribute's decoded value, NULL if absent; owned by the document. */
const char *elem_attr(const struct elem *el, const char *name);

/* Typed attributes: `code` and a sentence with line, element and attribute when absent or of wrong
 * form. */
bool elem_text(const struct elem *el, const char *name, const char **out, enum err_code code,
               struct err *err) MUST_USE;
bool elem_id(const struct elem *el, const char *name, const char **out, enum err_code code,
             struct err *err) MUST_USE;
bool elem_free_text(const struct elem *el, const char *name, const char **out, enum err_code code,
                    struct err *err) MUST_USE;
bool elem_number(const struct elem *el, const char *name, uint64_t min, uint64_t max, uint64_t *out,
                 enum err_code code, struct err *err) MUST_USE;
bool elem_time(const struct elem *el, const char *name, int64_t min, int64_t max, int64_t *out,
               enum err_code code, struct err *err) MUST_USE;
bool elem_hex(const struct elem *el, const char *name, uint8_t *out, size_t len, enum err_code code,
              struct err *err) MUST_USE;

/* `code` unless each attribute has one of these names (NULL ends them). For documents that people
 * edit: a misspelt name must not pass for an absent one. */
bool elem_only(const struct elem *el, const char *const *names, enum err_code code,
               struct err *err) MUST_USE;

/* `code` unless the element has this name. For a root: also this namespace. */
bool elem_expect(const struct elem *el, const char *name, const char *ns, enum err_code code,
                 struct err *err) MUST_USE;

/*
 * Whether the root is that of a signed document of format 1: <KIND> in urn:pinferry:KIND:1. Another
 * number there: ERR_NEWER, before anything else is asked of the document (docs/format.md 1).
 */
bool elem_expect_kind(const struct elem *root, const char *kind, enum err_code code,
                      struct err *err) MUST_USE;

/* The canonical rule (docs/format.md 1): ERR_DOCUMENT_CANONICAL unless the document's bytes are
 * those that its writer makes of what was read. */
bool elem_expect_canonical(const struct buf *again, const void *bytes, size_t len,
                           struct err *err) MUST_USE;

#endif
