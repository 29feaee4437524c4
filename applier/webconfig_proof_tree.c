/* SPDX-License-Identifier: MIT */
/* Parses, finds the section, compares what is left when the pins are taken out. */
#include "applier/webconfig_proof_tree.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "keys/crypto.h"
#include "keys/pin.h"

#define SECTION "pinnedCertificates"
#define ITEM "pinnedCertificate"
#define VALUE "publicKeyString"
#define WHITE " \t\r\n"

struct webconfig_proof_tree {
    xmlDocPtr doc;
    xmlNodePtr section;
    size_t ordinal;
    struct webconfig_proof_piece *pieces; /* each piece's node points to it by _private */
    size_t count;
};

static void drop_error(void *data, xmlErrorPtr error)
{
    (void)data, (void)error;
}

/* Comes ahead of the internal subset: nothing in it is read. */
static void refuse_doctype(void *data, const xmlChar *name, const xmlChar *public_id,
                           const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    xmlParserCtxtPtr parser = data;
    parser->_private = parser;
    xmlStopParser(parser);
}

/*
 * Whether the declaration names another encoding than UTF-8 for one-byte text. It is then read as
 * ISO-8859-1, one to one, as every such encoding can be for the question of equality.
 */
static bool is_single_byte(const struct buf *file)
{
    char head[257];
    size_t len = file->len < sizeof head ? file->len : sizeof head - 1;
    memcpy(head, file->data, len);
    head[len] = '\0';
    if (strncmp(head, "<?xml", 5) != 0)
        return false;
    char *end = strstr(head, "?>");
    if (end == NULL)
        return false;
    *end = '\0';
    const char *name = strstr(head, "encoding");
    if (name == NULL)
        return false;
    name += strcspn(name, "\"'");
    return *name != '\0' && strncasecmp(name + 1, "utf-8", 5) != 0;
}

static bool parse(struct webconfig_proof_tree *tree, const struct buf *file, const char *which,
                  struct err *err)
{
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (parser == NULL)
        return err_memory(err);
    parser->sax->internalSubset = refuse_doctype;
    parser->sax->serror = drop_error;
    xmlStructuredErrorFunc old_handler = xmlStructuredError;
    void *old_data = xmlStructuredErrorContext;
    xmlSetStructuredErrorFunc(NULL, drop_error);
    bool single = is_single_byte(file);
    tree->doc = xmlCtxtReadMemory(parser, (const char *)file->data, (int)file->len, NULL,
                                  single ? "ISO-8859-1" : NULL,
                                  XML_PARSE_NONET | (single ? XML_PARSE_IGNORE_ENC : 0));
    xmlSetStructuredErrorFunc(old_data, old_handler);
    bool doctype = parser->_private != NULL;
    bool good = tree->doc != NULL && parser->wellFormed && parser->nsWellFormed;
    bool memory = parser->errNo == XML_ERR_NO_MEMORY;
    xmlFreeParserCtxt(parser);
    xmlResetLastError();
    if (memory)
        return err_memory(err);
    if (doctype)
        return err_set(err, ERR_PROOF, "the %s file has a DOCTYPE", which);
    if (!good || xmlDocGetRootElement(tree->doc) == NULL)
        return err_set(err, ERR_PROOF, "the %s file is not well-formed XML", which);
    return true;
}

static bool is_named(const xmlNode *node, const char *name, size_t len)
{
    return node->type == XML_ELEMENT_NODE && strlen((const char *)node->name) == len &&
           memcmp(node->name, name, len) == 0;
}

/* The node behind `node` in document order, within `top`. */
static xmlNodePtr following(xmlNodePtr node, xmlNodePtr top, bool into)
{
    if (into && node->type == XML_ELEMENT_NODE && node->children != NULL)
        return node->children;
    while (node != top && node->next == NULL)
        node = node->parent;
    return node == top ? NULL : node->next;
}

/* Every element called pinnedCertificates, except in configSections. */
static size_t find_anywhere(xmlNodePtr root, xmlNodePtr *found)
{
    size_t count = 0;
    for (xmlNodePtr node = root; node != NULL;) {
        bool declarations = is_named(node, "configSections", strlen("configSections"));
        if (is_named(node, SECTION, strlen(SECTION)) && count++ == 0)
            *found = node;
        node = following(node, root, !declarations);
    }
    return count;
}

/* Elements that `path` leads to from among `node` and its later siblings. */
static size_t find_by_path(xmlNodePtr node, const char *path, xmlNodePtr *found)
{
    size_t step = strcspn(path, "/"), name = strcspn(path, "/["), seen = 0, count = 0;
    unsigned long nth = name < step ? strtoul(path + name + 1, NULL, 10) : 0;
    bool any = name == 1 && *path == '*';
    for (; node != NULL; node = node->next) {
        bool fits = any ? node->type == XML_ELEMENT_NODE : is_named(node, path, name);
        if (!fits || (++seen != nth && nth != 0))
            continue;
        if (path[step] != '\0')
            count += find_by_path(node->children, path + step + 1, found);
        else if (count++ == 0 && *found == NULL)
            *found = node;
    }
    return count;
}

static bool find_section(struct webconfig_proof_tree *tree, const char *path, const char *which,
                         struct err *err)
{
    xmlNodePtr root = xmlDocGetRootElement(tree->doc);
    size_t count;
    if (path == NULL)
        count = find_anywhere(root, &tree->section);
    else
        count = find_by_path(tree->doc->children, path + (*path == '/'), &tree->section);
    if (count != 1 || tree->section == NULL)
        return err_set(err, ERR_PROOF, "the %s file has %zu such pins sections instead of one",
                       which, count);
    for (xmlNodePtr node = root; node != tree->section; node = following(node, root, true))
        tree->ordinal += node->type == XML_ELEMENT_NODE;
    return true;
}

bool webconfig_proof_tree_none(const struct buf *file, struct err *err)
{
    struct webconfig_proof_tree tree = {.doc = NULL};
    bool done = parse(&tree, file, "other", err) &&
                (find_anywhere(xmlDocGetRootElement(tree.doc), &tree.section) == 0 ||
                 err_set(err, ERR_PROOF, "there was a pins section already"));
    xmlFreeDoc(tree.doc);
    return done;
}

static bool has(xmlNodePtr node, const char *attribute, const xmlChar *value)
{
    xmlChar *text = xmlGetNoNsProp(node, (const xmlChar *)attribute);
    bool same = text != NULL && (value != NULL ? xmlStrEqual(text, value) : *text != '\0');
    xmlFree(text);
    return same;
}

/* The child of `top` that is `node` or holds it. */
static xmlNodePtr step_below(xmlNodePtr top, xmlNodePtr node)
{
    while (node->parent != top)
        node = node->parent;
    return node;
}

/* How many declarations below `node` lead along `step` to `section`. */
static size_t declarations(xmlNodePtr node, xmlNodePtr step, xmlNodePtr section)
{
    const char *kind = step == section ? "section" : "sectionGroup";
    size_t count = 0;
    for (xmlNodePtr child = node->children; child != NULL; child = child->next)
        if (is_named(child, kind, strlen(kind)) && has(child, "name", step->name))
            count += step == section ? has(child, "type", NULL)
                                     : declarations(child, step_below(step, section), section);
    return count;
}

bool webconfig_proof_tree_declared(const struct webconfig_proof_tree *tree, struct err *err)
{
    xmlNodePtr root = xmlDocGetRootElement(tree->doc), found = NULL;
    xmlNodePtr sections = xmlFirstElementChild(root);
    return (find_anywhere(root, &found) == 1 && found == tree->section && found != root &&
            is_named(root, "configuration", strlen("configuration")) && sections != NULL &&
            is_named(sections, "configSections", strlen("configSections")) &&
            declarations(sections, step_below(root, found), found) == 1) ||
           err_set(err, ERR_PROOF, "the pins section stands where nothing declares it");
}

static bool is_white(const xmlNode *node)
{
    if (node->type != XML_TEXT_NODE)
        return false;
    const char *text = node->content != NULL ? (const char *)node->content : "";
    return text[strspn(text, WHITE)] == '\0';
}

static bool same_text(const xmlChar *a, const xmlChar *b)
{
    return strcmp(a != NULL ? (const char *)a : "", b != NULL ? (const char *)b : "") == 0;
}

/* Digest of the key that an item's value spells; whatever it spells is no failure. */
static bool read_value(struct webconfig_proof_piece *piece, const char *value, struct err *err)
{
    char hex[2 * PIN_BYTES_MAX];
    uint8_t bytes[PIN_BYTES_MAX];
    size_t len = strcspn(value, WHITE);
    const char *digits = value;
    piece->spaced = value[len] != '\0';
    if (piece->spaced) {
        digits = hex;
        len = 0;
        for (; *value != '\0'; value++) {
            if (strchr(WHITE, *value) != NULL)
                continue;
            if (len == sizeof hex)
                return true;
            hex[len++] = *value;
        }
    }
    if (len == 0 || len / 2 > sizeof bytes || !text_unhex(bytes, len / 2, digits, len, true))
        return true;
    struct pin pin;
    struct err why = {0};
    piece->is_key = pin_from_bytes(&pin, bytes, len / 2, &why);
    if (!piece->is_key && why.code != ERR_PIN_FORM && why.code != ERR_PIN_WEAK)
        return err_set(err, why.code, "%s", why.text);
    piece->has_digest = true;
    if (!piece->is_key)
        return crypto_sha256(piece->sha256, bytes, len / 2, err);
    memcpy(piece->sha256, pin.sha256, sizeof piece->sha256);
    return true;
}

static bool read_attribute(const struct webconfig_proof_tree *tree, const xmlAttr *attr,
                           struct webconfig_proof_piece *piece, struct err *err)
{
    const xmlNode *text = attr->children;
    if (text == NULL)
        return true;
    if (text->next == NULL && text->type == XML_TEXT_NODE && text->content != NULL)
        return read_value(piece, (const char *)text->content, err);
    xmlChar *value = xmlNodeListGetString(tree->doc, text, 1); /* references among it */
    bool done = value == NULL ? err_memory(err) : read_value(piece, (const char *)value, err);
    xmlFree(value);
    return done;
}

static bool read_item(const struct webconfig_proof_tree *tree, xmlNodePtr node,
                      struct webconfig_proof_piece *piece, struct err *err)
{
    bool alone = node->nsDef == NULL && (node->ns == NULL || node->ns->prefix == NULL);
    piece->drops =
        (node->ns == NULL || node->ns->prefix == NULL) &&
        (is_named(node, "clear", strlen("clear")) || is_named(node, "remove", strlen("remove")));
    if (!is_named(node, ITEM, strlen(ITEM)) ||
        !same_text(node->ns != NULL ? node->ns->href : NULL,
                   tree->section->ns != NULL ? tree->section->ns->href : NULL))
        return true;
    piece->is_item = true;
    bool done = true;
    for (const xmlAttr *attr = node->properties; attr != NULL; attr = attr->next) {
        bool value = attr->ns == NULL && same_text(attr->name, (const xmlChar *)VALUE);
        alone = alone && value;
        done = done && (!value || read_attribute(tree, attr, piece, err));
    }
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        alone = alone && is_white(child);
    piece->plain = alone && piece->has_digest;
    return done;
}

static bool read_pieces(struct webconfig_proof_tree *tree, const char *which, struct err *err)
{
    size_t count = 0;
    for (const xmlNode *node = tree->section->children; node != NULL; node = node->next)
        count += node->type != XML_TEXT_NODE;
    if (count > WEBCONFIG_PROOF_PIECES_MAX)
        return err_set(err, ERR_PROOF, "the pins section of the %s file holds too much to prove",
                       which);
    tree->pieces = calloc(count + 1, sizeof tree->pieces[0]);
    if (tree->pieces == NULL)
        return err_memory(err);
    for (xmlNodePtr node = tree->section->children; node != NULL; node = node->next) {
        if (is_white(node))
            continue;
        struct webconfig_proof_piece *piece = &tree->pieces[tree->count];
        if (node->type == XML_ELEMENT_NODE)
            piece->kind = 'e';
        else if (node->type == XML_COMMENT_NODE)
            piece->kind = 'c';
        else if (node->type == XML_PI_NODE)
            piece->kind = 'p';
        else
            return err_set(err, ERR_PROOF, "the pins section of the %s file holds text", which);
        if (piece->kind == 'e' && !read_item(tree, node, piece, err))
            return false;
        node->_private = piece;
        tree->count++;
    }
    return true;
}

struct webconfig_proof_tree *webconfig_proof_tree_open(const struct buf *file, const char *which,
                                                       const char *section, struct err *err)
{
    struct webconfig_proof_tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL) {
        err_memory(err);
        return NULL;
    }
    if (parse(tree, file, which, err) && find_section(tree, section, which, err) &&
        read_pieces(tree, which, err))
        return tree;
    webconfig_proof_tree_free(tree);
    return NULL;
}

void webconfig_proof_tree_free(struct webconfig_proof_tree *tree)
{
    if (tree == NULL)
        return;
    xmlFreeDoc(tree->doc);
    free(tree->pieces);
    free(tree);
}

struct webconfig_proof_piece *webconfig_proof_tree_pieces(struct webconfig_proof_tree *tree,
                                                          size_t *count)
{
    *count = tree->count;
    return tree->pieces;
}

size_t webconfig_proof_tree_ordinal(const struct webconfig_proof_tree *tree)
{
    return tree->ordinal;
}

static bool same_namespace(const xmlNs *a, const xmlNs *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return same_text(a->href, b->href) && same_text(a->prefix, b->prefix);
}

/* The parts of an attribute's value: text and references. */
static bool same_values(const xmlNode *a, const xmlNode *b)
{
    for (; a != NULL && b != NULL; a = a->next, b = b->next)
        if (a->type != b->type || !same_text(a->name, b->name) ||
            !same_text(a->content, b->content))
            return false;
    return a == b;
}

static bool same_attributes(const xmlNode *a, const xmlNode *b)
{
    const xmlNs *m = a->nsDef, *n = b->nsDef;
    for (; m != NULL && n != NULL; m = m->next, n = n->next)
        if (!same_namespace(m, n))
            return false;
    const xmlAttr *x = a->properties, *y = b->properties;
    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        if (!same_text(x->name, y->name) || !same_namespace(x->ns, y->ns) ||
            !same_values(x->children, y->children))
            return false;
    return m == n && x == (const xmlAttr *)y;
}

static bool same_node(const xmlNode *a, const xmlNode *b)
{
    if (a->type != b->type || !same_text(a->name, b->name))
        return false;
    if (a->type == XML_ELEMENT_NODE)
        return same_namespace(a->ns, b->ns) && same_attributes(a, b);
    return same_text(a->content, b->content);
}

/* Past what is taken out of the section: plain pieces and white space. */
static xmlNodePtr stay(const struct webconfig_proof_tree *tree, xmlNodePtr node)
{
    while (node != NULL && node->parent == tree->section) {
        const struct webconfig_proof_piece *piece = node->_private;
        bool out = piece != NULL ? piece->plain : is_white(node);
        if (!out)
            break;
        node = node->next;
    }
    return node;
}

/* The next node in document order, and by how much it lies deeper: the shape is compared too. */
static xmlNodePtr step(const struct webconfig_proof_tree *tree, xmlNodePtr node, int *deeper)
{
    *deeper = 1;
    if (node->type == XML_ELEMENT_NODE) {
        xmlNodePtr child = stay(tree, node->children);
        if (child != NULL)
            return child;
    }
    for (;;) {
        --*deeper;
        xmlNodePtr next = stay(tree, node->next);
        if (next != NULL)
            return next;
        node = node->parent;
        if (node == NULL || node->type == XML_DOCUMENT_NODE)
            return NULL;
    }
}

bool webconfig_proof_tree_equal(const struct webconfig_proof_tree *a,
                                const struct webconfig_proof_tree *b, struct err *err)
{
    xmlNodePtr x = a->doc->children, y = b->doc->children;
    bool same = true;
    while (same && x != NULL && y != NULL) {
        int deeper_x, deeper_y;
        same = same_node(x, y) && (x == a->section) == (y == b->section);
        x = step(a, x, &deeper_x);
        y = step(b, y, &deeper_y);
        same = same && deeper_x == deeper_y;
    }
    if (same && x == NULL && y == NULL)
        return true;
    return err_set(err, ERR_PROOF,
                   "the new file says something else than the old one besides its pins");
}
