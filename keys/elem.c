/* SPDX-License-Identifier: MIT */
/*
 * XML documents as plain elements and attributes, by libxml2 in its hardened mode.
 */
#include "keys/elem.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include "base/policy.h"
#include "base/text.h"
#include "base/when.h"

#define ELEM_KIND_SIZE 64

/* `struct elem` is libxml2's node under another name; only this file knows. */
struct elem_doc {
    xmlDocPtr doc;
};

static const xmlNode *node_of(const struct elem *el)
{
    return (const xmlNode *)(const void *)el;
}

static const struct elem *elem_of(const xmlNode *node)
{
    return (const struct elem *)(const void *)node;
}

static void silent(void *ctx, xmlErrorPtr error)
{
    (void)ctx;
    (void)error;
}

/* No "<!" and no "<?" but the declaration: neither DOCTYPE, CDATA, comment nor PI reaches libxml2.
 */
static bool check_marks(const char *bytes, size_t len, enum err_code code, struct err *err)
{
    long line = 1;

    if (memchr(bytes, '\0', len) != NULL) {
        return err_set(err, code, "the document has a NUL byte");
    }
    for (size_t i = 0; i + 1 < len; i++) {
        line += bytes[i] == '\n';
        if (bytes[i] == '<' && (bytes[i + 1] == '!' || (bytes[i + 1] == '?' && i > 0))) {
            return err_set(err, code,
                           "line %ld: DOCTYPE, CDATA, comments and processing instructions are not "
                           "allowed",
                           line);
        }
    }
    return true;
}

static bool check_node(const xmlNode *node, const xmlNode *root, enum err_code code,
                       struct err *err)
{
    if (node->type == XML_TEXT_NODE) {
        if (xmlIsBlankNode((xmlNodePtr)(uintptr_t)node)) {
            return true;
        }
        return err_set(err, code, "line %ld: text between elements is not allowed",
                       xmlGetLineNo(node));
    }
    if (node->type != XML_ELEMENT_NODE) {
        return err_set(err, code, "line %ld: only elements are allowed", xmlGetLineNo(node));
    }
    if (node->ns != root->ns || (node != root && node->nsDef != NULL)) {
        return err_set(err, code, "line %ld: another namespace than the document's",
                       xmlGetLineNo(node));
    }
    for (const xmlAttr *a = node->properties; a != NULL; a = a->next) {
        if (a->ns != NULL) {
            return err_set(err, code, "line %ld: an attribute with a prefix", xmlGetLineNo(node));
        }
        if (a->children == NULL || a->children->next != NULL ||
            a->children->type != XML_TEXT_NODE || a->children->content[0] == '\0') {
            return err_set(err, code, "line %ld: an attribute is empty or no plain text",
                           xmlGetLineNo(node));
        }
    }
    return true;
}

/* Depth first without recursion: libxml2 allows 256 levels. */
static bool check_tree(const xmlNode *root, enum err_code code, struct err *err)
{
    const xmlNode *node = root;

    for (;;) {
        if (!check_node(node, root, code, err)) {
            return false;
        }
        if (node->children != NULL) {
            node = node->children;
            continue;
        }
        while (node != root && node->next == NULL) {
            node = node->parent;
        }
        if (node == root) {
            return true;
        }
        node = node->next;
    }
}

/*
 * The bytes are UTF-8 whatever they declare: in another encoding, UTF-7 for one, a DOCTYPE has no
 * "<!" and would pass check_marks.
 */
static xmlDocPtr parse(const char *bytes, size_t len, enum err_code code, struct err *err)
{
    xmlParserCtxtPtr ctxt = xmlNewParserCtxt();
    xmlDocPtr doc = NULL;

    if (ctxt == NULL) {
        err_memory(err);
        return NULL;
    }
    xmlSetStructuredErrorFunc(NULL, silent);
    doc = xmlCtxtReadMemory(ctxt, bytes, (int)len, NULL, "UTF-8",
                            XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    if (doc == NULL || ctxt->wellFormed != 1) {
        err_set(err, code, "line %d, column %d: not well-formed XML", ctxt->lastError.line,
                ctxt->lastError.int2);
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(ctxt);
    xmlSetStructuredErrorFunc(NULL, NULL);
    return doc;
}

struct elem_doc *elem_parse(const void *bytes, size_t len, enum err_code code, struct err *err)
{
    struct elem_doc *doc;
    const xmlNode *root;

    if (len == 0 || len > INT_MAX || !check_marks(bytes, len, code, err)) {
        if (len == 0 || len > INT_MAX) {
            err_set(err, code, "the document is empty or too large");
        }
        return NULL;
    }
    doc = calloc(1, sizeof *doc);
    if (doc == NULL) {
        err_memory(err);
        return NULL;
    }
    doc->doc = parse(bytes, len, code, err);
    root = doc->doc == NULL ? NULL : xmlDocGetRootElement(doc->doc);
    if (root == NULL || !check_tree(root, code, err)) {
        elem_free(doc);
        return NULL;
    }
    return doc;
}

void elem_free(struct elem_doc *doc)
{
    if (doc != NULL) {
        xmlFreeDoc(doc->doc);
        free(doc);
    }
}

const struct elem *elem_root(const struct elem_doc *doc)
{
    return elem_of(xmlDocGetRootElement(doc->doc));
}

const char *elem_name(const struct elem *el)
{
    return (const char *)node_of(el)->name;
}

const char *elem_namespace(const struct elem *el)
{
    const xmlNode *node = node_of(el);

    return node->ns == NULL || node->ns->href == NULL || node->ns->prefix != NULL
               ? ""
               : (const char *)node->ns->href;
}

long elem_line(const struct elem *el)
{
    return xmlGetLineNo(node_of(el));
}

static const struct elem *element_from(const xmlNode *node)
{
    while (node != NULL && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }
    return elem_of(node);
}

const struct elem *elem_first(const struct elem *el)
{
    return element_from(node_of(el)->children);
}

const struct elem *elem_next(const struct elem *el)
{
    return element_from(node_of(el)->next);
}

const struct elem *elem_child(const struct elem *el, const char *name)
{
    const struct elem *child = elem_first(el);

    while (child != NULL && strcmp(elem_name(child), name) != 0) {
        child = elem_next(child);
    }
    return child;
}

size_t elem_count(const struct elem *el)
{
    size_t count = 0;

    for (const struct elem *child = elem_first(el); child != NULL; child = elem_next(child)) {
        count++;
    }
    return count;
}

const char *elem_attr(const struct elem *el, const char *name)
{
    for (const xmlAttr *a = node_of(el)->properties; a != NULL; a = a->next) {
        if (strcmp((const char *)a->name, name) == 0) {
            return (const char *)a->children->content;
        }
    }
    return NULL;
}

static bool wrong(const struct elem *el, const char *name, const char *expected, enum err_code code,
                  struct err *err)
{
    return err_set(err, code, "line %ld: <%s>: attribute %s must be %s", elem_line(el),
                   elem_name(el), name, expected);
}

bool elem_text(const struct elem *el, const char *name, const char **out, enum err_code code,
               struct err *err)
{
    const char *value = elem_attr(el, name);

    if (value == NULL) {
        return wrong(el, name, "there", code, err);
    }
    *out = value;
    return true;
}

bool elem_id(const struct elem *el, const char *name, const char **out, enum err_code code,
             struct err *err)
{
    const char *value = elem_attr(el, name);

    if (value == NULL || !text_is_id(value)) {
        return wrong(el, name, "an id (lower-case letters, digits, '-' and '.')", code, err);
    }
    *out = value;
    return true;
}

bool elem_free_text(const struct elem *el, const char *name, const char **out, enum err_code code,
                    struct err *err)
{
    const char *value = elem_attr(el, name);

    if (value == NULL || !text_is_free(value, strlen(value))) {
        return wrong(el, name, "1 to 512 bytes of plain text", code, err);
    }
    *out = value;
    return true;
}

bool elem_number(const struct elem *el, const char *name, uint64_t min, uint64_t max, uint64_t *out,
                 enum err_code code, struct err *err)
{
    const char *value = elem_attr(el, name);

    if (value == NULL || !text_number(out, value, min, max)) {
        return err_set(err, code, "line %ld: <%s>: attribute %s must be a number from %llu to %llu",
                       elem_line(el), elem_name(el), name, (unsigned long long)min,
                       (unsigned long long)max);
    }
    return true;
}

bool elem_time(const struct elem *el, const char *name, int64_t min, int64_t max, int64_t *out,
               enum err_code code, struct err *err)
{
    const char *value = elem_attr(el, name);

    if (value == NULL || !when_parse(out, value, min, max)) {
        return wrong(el, name, "a time like 2026-01-31T12:00:00Z", code, err);
    }
    return true;
}

bool elem_hex(const struct elem *el, const char *name, uint8_t *out, size_t len, enum err_code code,
              struct err *err)
{
    const char *value = elem_attr(el, name);

    if (value == NULL || !text_unhex(out, len, value, strlen(value), false)) {
        return err_set(err, code,
                       "line %ld: <%s>: attribute %s must be %zu lower-case hexadecimal digits",
                       elem_line(el), elem_name(el), name, 2 * len);
    }
    return true;
}

bool elem_expect(const struct elem *el, const char *name, const char *ns, enum err_code code,
                 struct err *err)
{
    if (el == NULL) {
        return err_set(err, code, "<%s> is missing", name);
    }
    if (strcmp(elem_name(el), name) != 0) {
        return err_set(err, code, "line %ld: <%s> stands where <%s> is expected", elem_line(el),
                       elem_name(el), name);
    }
    if (ns != NULL && strcmp(elem_namespace(el), ns) != 0) {
        return err_set(err, code, "line %ld: <%s> is not in the namespace %s", elem_line(el), name,
                       ns);
    }
    return true;
}

bool elem_only(const struct elem *el, const char *const *names, enum err_code code, struct err *err)
{
    for (const xmlAttr *a = node_of(el)->properties; a != NULL; a = a->next) {
        size_t i = 0;

        while (names[i] != NULL && strcmp((const char *)a->name, names[i]) != 0) {
            i++;
        }
        if (names[i] == NULL) {
            return err_set(err, code, "line %ld: <%s>: there is no attribute %s here",
                           elem_line(el), elem_name(el), (const char *)a->name);
        }
    }
    return true;
}

bool elem_expect_kind(const struct elem *root, const char *kind, enum err_code code,
                      struct err *err)
{
    const char *ns = elem_namespace(root);
    char stem[ELEM_KIND_SIZE], first[ELEM_KIND_SIZE + 2];
    uint64_t version;

    snprintf(stem, sizeof stem, "urn:pinferry:%s:", kind);
    snprintf(first, sizeof first, "%s1", stem);
    if (strncmp(ns, stem, strlen(stem)) == 0 &&
        text_number(&version, ns + strlen(stem), 0, TEXT_NUMBER_MAX) && version != 1) {
        return err_set(err, ERR_NEWER,
                       "the %s is of format %llu and this program knows format 1; install a newer "
                       "version of it",
                       kind, (unsigned long long)version);
    }
    return elem_expect(root, kind, first, code, err);
}

bool elem_expect_canonical(const struct buf *again, const void *bytes, size_t len, struct err *err)
{
    return !POLICY("document.canonical", !buf_is(again, bytes, len)) ||
           err_set(err, ERR_DOCUMENT_CANONICAL,
                   "not written in the one form that the format allows (order, white space, "
                   "spelling, or something that format 1 does not know)");
}
