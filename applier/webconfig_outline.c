/* SPDX-License-Identifier: MIT */
/* libxml2 and our lexer over one web.config, in step. */
#include "applier/webconfig_outline.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <string.h>

#include "applier/webconfig_lex.h"

#define SECTION "pinnedCertificates"
#define NAMESPACE "http://schemas.microsoft.com/.NetConfiguration/v2.0"
#define DEPTH_MAX WEBCONFIG_DEPTH_MAX

/* An open element and what holds for everything in it. */
struct level {
    size_t start; /* of its start tag */
    bool empty;   /* self-closed: the lexer gives no end tag */
    bool in_location, in_declarations;
    size_t source_tag, protect_tag;
};

struct walk {
    const struct webconfig_text *text;
    struct webconfig_selector *selector;
    struct webconfig_outline *out;
    struct err *err;
    xmlParserCtxtPtr parser;
    size_t at; /* where the lexer goes on */
    struct level levels[DEPTH_MAX];
    size_t depth;         /* elements open */
    size_t section_depth; /* depth in which the section's end tag is awaited, or NONE */
    char root_uri[sizeof NAMESPACE];
    bool stopped;             /* err is set */
    int bad_line, bad_column; /* where libxml2 found its first error; line 0: nowhere */
};

static void stop(struct walk *walk)
{
    walk->stopped = true;
    xmlStopParser(walk->parser);
}

static void stop_differs(struct walk *walk, size_t at)
{
    size_t line, column;
    webconfig_text_place(walk->text, at, &line, &column);
    err_set(
        walk->err, ERR_TARGET_FORM,
        "line %zu, column %zu: two independent readers disagree on the markup here, so it is not "
        "edited; write it more plainly",
        line, column);
    stop(walk);
}

/* Whether a name in the file is this prefix and local name (UTF-8). */
static bool name_is(const struct webconfig_text *text, struct webconfig_span span,
                    const char *prefix, const char *local)
{
    const char *want = prefix != NULL ? prefix : local;
    for (size_t at = span.start; at < span.end; at += text->width) {
        unsigned unit = webconfig_text_unit(text, at);
        char bytes[5] = {(char)unit};
        if (unit >= 0x80 && text->encoding != WEBCONFIG_UTF8) {
            unsigned code = unit;
            if (unit >= 0xd800 && unit <= 0xdbff) {
                at += text->width;
                code = 0x10000 + ((unit & 0x3ff) << 10) + (webconfig_text_unit(text, at) & 0x3ff);
            }
            bytes[xmlCopyCharMultiByte((xmlChar *)bytes, (int)code)] = '\0';
        }
        if (*want == '\0' && prefix != NULL) {
            if (strcmp(bytes, ":") != 0)
                return false;
            prefix = NULL;
            want = local;
            continue;
        }
        size_t len = strlen(bytes);
        if (strncmp(want, bytes, len) != 0)
            return false;
        want += len;
    }
    return *want == '\0' && prefix == NULL;
}

/* The lexer's next token that is not text; the parser must have seen one of these kinds. */
static bool expect(struct walk *walk, enum webconfig_lex_kind kind, enum webconfig_lex_kind other,
                   struct webconfig_lex *token)
{
    if (walk->stopped)
        return false;
    do {
        webconfig_lex_at(walk->text, walk->at, token);
        walk->at = token->all.end;
    } while (token->kind == WEBCONFIG_LEX_TEXT);
    if (token->kind == kind || token->kind == other)
        return true;
    stop_differs(walk, token->all.start);
    return false;
}

static bool is_declaration_of_namespace(const struct webconfig_text *text,
                                        struct webconfig_span name)
{
    struct webconfig_span head = {name.start, name.start + 5 * text->width};
    if (head.end > name.end || !webconfig_lex_is(text, head, "xmlns"))
        return false;
    return head.end == name.end || webconfig_text_unit(text, head.end) == ':';
}

/* Same attributes in the same order, by name; notes those that say where a section's content is. */
static bool compare_attributes(struct walk *walk, const struct webconfig_lex *tag,
                               struct level *level, size_t namespaces, size_t attributes,
                               const xmlChar **values)
{
    struct webconfig_lex_attr attr;
    size_t at = tag->name.end, declared = 0, named = 0;
    while (webconfig_lex_attr(walk->text, tag, &at, &attr)) {
        if (is_declaration_of_namespace(walk->text, attr.name)) {
            declared++;
            continue;
        }
        if (named == attributes ||
            !name_is(walk->text, attr.name, (const char *)values[5 * named + 1],
                     (const char *)values[5 * named]))
            return false;
        named++;
        if (webconfig_lex_is(walk->text, attr.name, "configSource"))
            level->source_tag = tag->all.start;
        else if (webconfig_lex_is(walk->text, attr.name, "configProtectionProvider"))
            level->protect_tag = tag->all.start;
    }
    return declared == namespaces && named == attributes;
}

static const char *usual_text(const char *uri)
{
    return uri != NULL ? uri : "";
}

static bool note_source(struct walk *walk, const struct level *level, const char *local, bool usual,
                        const xmlChar **values)
{
    const struct webconfig_selector *selector = walk->selector;
    const struct webconfig_outline_source facts = {
        .start = level->start,
        .depth = walk->depth,
        .on_the_path = selector->count == 0 || selector->matched == walk->depth + 1,
        .in_location = level->in_location,
        .usual = usual,
        .is_protected = level->protect_tag != WEBCONFIG_OUTLINE_NONE,
    };
    while (values[1] != NULL || strcmp((const char *)values[0], "configSource") != 0)
        values += 5;
    return webconfig_outline_source_add(walk->out, &facts, local, (const char *)values[3],
                                        (size_t)(values[4] - values[3]), walk->err);
}

static void note_root(struct walk *walk, const char *local, const char *prefix, const char *uri)
{
    bool known = uri == NULL || strcmp(uri, NAMESPACE) == 0;
    walk->out->root_is_configuration = strcmp(local, "configuration") == 0;
    walk->out->root_is_known = prefix == NULL && known;
    if (known && uri != NULL)
        memcpy(walk->root_uri, NAMESPACE, sizeof NAMESPACE);
    walk->out->root_name = strdup(local);
    if (walk->out->root_name == NULL) {
        err_memory(walk->err);
        stop(walk);
    }
}

static void note_section(struct walk *walk, const struct webconfig_lex *tag, const char *prefix,
                         const char *uri, bool selected)
{
    struct webconfig_outline *out = walk->out;
    size_t depth = walk->depth;
    if (out->total < WEBCONFIG_OUTLINE_LISTED)
        out->places[out->total] = tag->all.start;
    out->total++;
    if (walk->selector->count > 0 && !selected)
        return;
    if (out->section_count++ > 0)
        return;
    const struct level *level = &walk->levels[depth];
    out->section = (struct webconfig_outline_section){
        .start_tag = tag->all,
        .end_tag = {tag->all.end, tag->all.end},
        .self_closed = level->empty,
        .parent = depth > 0 ? walk->levels[depth - 1].start : tag->all.start,
        .depth = depth,
        .at_top = depth <= 1,
        .in_location = level->in_location,
        .prefixed = prefix != NULL,
        .foreign = strcmp(usual_text(uri), walk->root_uri) != 0,
        .source_tag = level->source_tag,
        .protect_tag = level->protect_tag,
    };
    walk->section_depth = depth;
}

static void on_start(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **attributes)
{
    (void)namespaces, (void)defaulted_count;
    struct walk *walk = data;
    struct webconfig_lex tag;
    if (!expect(walk, WEBCONFIG_LEX_START, WEBCONFIG_LEX_EMPTY, &tag))
        return;
    struct level level = {.source_tag = WEBCONFIG_OUTLINE_NONE,
                          .protect_tag = WEBCONFIG_OUTLINE_NONE};
    if (walk->depth > 0)
        level = walk->levels[walk->depth - 1];
    level.start = tag.all.start;
    level.empty = tag.kind == WEBCONFIG_LEX_EMPTY;
    if (walk->depth >= DEPTH_MAX ||
        !name_is(walk->text, tag.name, (const char *)prefix, (const char *)local) ||
        !compare_attributes(walk, &tag, &level, (size_t)namespace_count, (size_t)attribute_count,
                            attributes)) {
        stop_differs(walk, tag.all.start);
        return;
    }
    struct webconfig_outline *out = walk->out;
    if (level.protect_tag == tag.all.start && out->first_protect_tag == WEBCONFIG_OUTLINE_NONE)
        out->first_protect_tag = tag.all.start;
    walk->levels[walk->depth] = level;
    if (walk->depth == 0)
        note_root(walk, (const char *)local, (const char *)prefix, (const char *)uri);
    bool selected = webconfig_selector_enter(walk->selector, walk->depth, (const char *)local);
    bool usual = prefix == NULL && strcmp(usual_text((const char *)uri), walk->root_uri) == 0;
    if (level.source_tag == tag.all.start && !level.in_declarations &&
        !note_source(walk, &level, (const char *)local, usual, attributes)) {
        stop(walk);
        return;
    }
    if (strcmp((const char *)local, SECTION) == 0 && !level.in_declarations)
        note_section(walk, &tag, (const char *)prefix, (const char *)uri, selected);
    struct level *inside = &walk->levels[walk->depth++];
    inside->in_location |= strcmp((const char *)local, "location") == 0;
    inside->in_declarations |= strcmp((const char *)local, "configSections") == 0;
}

static void on_end(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    (void)uri;
    struct walk *walk = data;
    if (walk->stopped)
        return;
    size_t depth = --walk->depth;
    webconfig_selector_leave(walk->selector, depth);
    struct webconfig_lex tag = {0};
    bool empty = walk->levels[depth].empty;
    if (!empty) {
        if (!expect(walk, WEBCONFIG_LEX_END, WEBCONFIG_LEX_END, &tag))
            return;
        if (!name_is(walk->text, tag.name, (const char *)prefix, (const char *)local)) {
            stop_differs(walk, tag.all.start);
            return;
        }
    }
    if (walk->section_depth == depth) {
        if (!empty)
            walk->out->section.end_tag = tag.all;
        walk->section_depth = WEBCONFIG_OUTLINE_NONE;
    }
}

static void on_comment(void *data, const xmlChar *value)
{
    (void)value;
    struct webconfig_lex token;
    (void)expect(data, WEBCONFIG_LEX_COMMENT, WEBCONFIG_LEX_COMMENT, &token);
}

static void on_cdata(void *data, const xmlChar *value, int len)
{
    (void)value, (void)len;
    struct webconfig_lex token;
    (void)expect(data, WEBCONFIG_LEX_CDATA, WEBCONFIG_LEX_CDATA, &token);
}

static void on_pi(void *data, const xmlChar *target, const xmlChar *value)
{
    (void)target, (void)value;
    struct webconfig_lex token;
    (void)expect(data, WEBCONFIG_LEX_PI, WEBCONFIG_LEX_PI, &token);
}

static void stop_doctype(struct walk *walk, size_t at)
{
    size_t line, column;
    webconfig_text_place(walk->text, at, &line, &column);
    err_set(walk->err, ERR_TARGET_DOCTYPE,
            "line %zu: a DOCTYPE, which .NET configuration files do not have and which can pull in "
            "other files; remove it",
            line);
    walk->stopped = true;
}

/* Comes before libxml2 reads a word of the internal subset. */
static void on_doctype(void *data, const xmlChar *name, const xmlChar *public_id,
                       const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    struct walk *walk = data;
    if (walk->stopped)
        return;
    stop_doctype(walk, walk->at);
    xmlStopParser(walk->parser);
}

/* Takes the first error's place and drops its text, which quotes the file. */
static void on_error(void *data, xmlErrorPtr error)
{
    struct walk *walk = data;
    if (walk == NULL || error->level < XML_ERR_ERROR || walk->bad_line > 0)
        return;
    walk->bad_line = error->line > 0 ? error->line : 1;
    walk->bad_column = error->int2 > 0 ? error->int2 : 1;
}

/* Whether the lexer meets a DOCTYPE ahead of the root, before libxml2 sees anything at all. */
static bool check_doctype(struct walk *walk)
{
    struct webconfig_lex token = {.kind = WEBCONFIG_LEX_TEXT, .all = {0, walk->at}};
    while (token.kind == WEBCONFIG_LEX_TEXT || token.kind == WEBCONFIG_LEX_COMMENT ||
           token.kind == WEBCONFIG_LEX_PI)
        webconfig_lex_at(walk->text, token.all.end, &token);
    if (token.kind == WEBCONFIG_LEX_DOCTYPE)
        stop_doctype(walk, token.all.start);
    return !walk->stopped;
}

/* libxml2 counts LF only; this gives our line and column of its place. */
static void place_of_error(const struct walk *walk, size_t *line, size_t *column)
{
    const struct webconfig_text *text = walk->text;
    size_t at = text->start;
    for (int left = walk->bad_line - 1; left > 0 && at < text->len; at += text->width)
        left -= webconfig_text_unit(text, at) == '\n';
    for (int left = walk->bad_column - 1; left > 0 && at < text->len; left--)
        at += text->width;
    webconfig_text_place(text, at, line, column);
}

static bool parse(struct walk *walk)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .comment = on_comment,
        .cdataBlock = on_cdata,
        .processingInstruction = on_pi,
        .internalSubset = on_doctype,
        .serror = on_error,
    };
    const struct webconfig_text *text = walk->text;
    *walk->parser->sax = sax;
    walk->parser->userData = walk;
    /* Every single-byte encoding is read as ISO-8859-1: a mapping one to one, so structure and
     * differences stay what they are, and it needs no iconv, which the Windows build has not. */
    bool single = text->encoding == WEBCONFIG_SINGLE_BYTE;
    xmlDocPtr none = xmlCtxtReadMemory(walk->parser, (const char *)text->data, (int)text->len, NULL,
                                       single ? "ISO-8859-1" : NULL,
                                       XML_PARSE_NONET | (single ? XML_PARSE_IGNORE_ENC : 0));
    xmlFreeDoc(none);
    if (walk->stopped)
        return false;
    if (!walk->parser->wellFormed || !walk->parser->nsWellFormed || walk->bad_line > 0) {
        if (walk->parser->errNo == XML_ERR_NO_MEMORY)
            return err_memory(walk->err);
        size_t line, column;
        place_of_error(walk, &line, &column);
        return err_set(
            walk->err, ERR_TARGET_FORM,
            "line %zu, column %zu: not well-formed XML at or before this place; .NET does "
            "not load such a file; repair it first",
            line, column);
    }
    struct webconfig_lex token;
    return expect(walk, WEBCONFIG_LEX_EOF, WEBCONFIG_LEX_EOF, &token);
}

bool webconfig_outline_read(struct webconfig_outline *out, const struct webconfig_text *text,
                            struct webconfig_selector *selector, struct err *err)
{
    struct webconfig_outline outline = {.first_protect_tag = WEBCONFIG_OUTLINE_NONE};
    struct walk walk = {.text = text,
                        .selector = selector,
                        .out = &outline,
                        .err = err,
                        .at = text->body,
                        .section_depth = WEBCONFIG_OUTLINE_NONE};
    if (!check_doctype(&walk))
        return false;
    walk.parser = xmlNewParserCtxt();
    if (walk.parser == NULL)
        return err_memory(err);
    /* Errors of the decoders have no parser: they go to the process's handler, by default stderr.
     */
    xmlStructuredErrorFunc old_handler = xmlStructuredError;
    void *old_data = xmlStructuredErrorContext;
    xmlSetStructuredErrorFunc(NULL, on_error);
    bool done = parse(&walk);
    xmlSetStructuredErrorFunc(old_data, old_handler);
    xmlFreeParserCtxt(walk.parser);
    xmlResetLastError();
    if (done)
        *out = outline;
    else
        webconfig_outline_source_release(&outline);
    return done;
}
