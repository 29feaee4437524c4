/* SPDX-License-Identifier: MIT */
/* Reads configSections for the pins section. */
#include "applier/webconfig_declared.h"

#include <string.h>

#include "applier/webconfig_lex.h"
#include "applier/webconfig_selector.h"

#define SECTION "pinnedCertificates"
#define BY_HAND                                                                                    \
    "; if ENS is known to read it, write the empty section <" SECTION "></" SECTION "> where it "  \
    "belongs by hand"

struct reader {
    const struct webconfig_text *text;
    const char *section; /* the selector that chooses, or NULL */
    struct webconfig_declared now, found;
    size_t count; /* that it may mean */
    size_t first, second;
};

static size_t line_at(const struct webconfig_text *text, size_t offset)
{
    return 1 + webconfig_text_lines(text, text->start, offset);
}

static bool refuse(const struct reader *reader, size_t at, const char *what, struct err *err)
{
    return err_set(err, ERR_TARGET_SECTION,
                   "line %zu: %s, so the pins section is not created" BY_HAND,
                   line_at(reader->text, at), what);
}

/* The value of an attribute as it is written, if the tag has it. */
static bool value_of(const struct webconfig_text *text, const struct webconfig_lex *tag,
                     const char *name, struct webconfig_span *value)
{
    struct webconfig_lex_attr attr;
    size_t at = tag->name.end;
    while (webconfig_lex_attr(text, tag, &at, &attr))
        if (webconfig_lex_is(text, attr.name, name)) {
            *value = attr.value;
            return true;
        }
    return false;
}

/* Names that may be written as an element without a second thought. */
static bool is_plain_name(const struct webconfig_text *text, struct webconfig_span name)
{
    for (size_t at = name.start; at < name.end; at += text->width) {
        unsigned unit = webconfig_text_unit(text, at);
        bool letter = (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') || unit == '_';
        bool other = (unit >= '0' && unit <= '9') || unit == '.' || unit == '-';
        if (!letter && (!other || at == name.start))
            return false;
    }
    return name.end > name.start && !webconfig_lex_is(text, name, "location");
}

/* Whether the selector leads to where this declaration has the section stand. */
static bool is_meant(const struct reader *reader)
{
    struct webconfig_selector selector;
    const struct webconfig_declared *now = &reader->now;
    if (reader->section == NULL)
        return true;
    if (!webconfig_selector_parse(&selector, reader->section, NULL) ||
        selector.count != now->group_count + 2)
        return false;
    for (size_t i = 0; i < now->group_count; i++) {
        const struct webconfig_selector_step *step = &selector.steps[i + 1];
        struct webconfig_span name = now->groups[i];
        bool any = step->len == 1 && step->name[0] == '*';
        if (!any && step->len * reader->text->width != name.end - name.start)
            return false;
        for (size_t k = 0; !any && k < step->len; k++)
            if (webconfig_text_unit(reader->text, name.start + k * reader->text->width) !=
                (unsigned char)step->name[k])
                return false;
    }
    return true;
}

/* What .NET asks of a declaration, for a section in the web.config of an application. */
static bool check_declaration(const struct reader *reader, const struct webconfig_lex *tag,
                              struct err *err)
{
    const struct webconfig_text *text = reader->text;
    struct webconfig_span value;
    if (!value_of(text, tag, "type", &value) || value.start == value.end)
        return refuse(reader, tag->all.start, "the declaration names no type", err);
    if (value_of(text, tag, "allowDefinition", &value) &&
        !webconfig_lex_is(text, value, "Everywhere") &&
        !webconfig_lex_is(text, value, "MachineToApplication"))
        return refuse(reader, tag->all.start,
                      "the declaration allows the section in no web.config of an application "
                      "(allowDefinition)",
                      err);
    for (size_t i = 0; i < reader->now.group_count; i++)
        if (!is_plain_name(text, reader->now.groups[i]))
            return refuse(reader, tag->all.start,
                          "the declaration stands in a group whose name is not plain letters, "
                          "digits, '.', '_' or '-'",
                          err);
    return true;
}

static bool on_section(struct reader *reader, const struct webconfig_lex *tag, struct err *err)
{
    struct webconfig_span name;
    if (!value_of(reader->text, tag, "name", &name) ||
        !webconfig_lex_is(reader->text, name, SECTION) || !is_meant(reader))
        return true;
    if (!check_declaration(reader, tag, err))
        return false;
    if (reader->count++ > 0) {
        reader->second = tag->all.start;
        return true;
    }
    reader->found = reader->now;
    reader->found.start = reader->first = tag->all.start;
    return true;
}

static bool on_open(struct reader *reader, const struct webconfig_lex *tag, size_t depth,
                    struct err *err)
{
    const struct webconfig_text *text = reader->text;
    struct webconfig_declared *now = &reader->now;
    bool known = depth == now->group_count; /* not below something that is no group */
    if (known && webconfig_lex_is(text, tag->name, "section"))
        return on_section(reader, tag, err);
    if (reader->count > 0 &&
        (webconfig_lex_is(text, tag->name, "clear") || webconfig_lex_is(text, tag->name, "remove")))
        return refuse(reader, tag->all.start, "this takes declarations back", err);
    struct webconfig_span name;
    if (known && tag->kind == WEBCONFIG_LEX_START &&
        webconfig_lex_is(text, tag->name, "sectionGroup") && depth < WEBCONFIG_DECLARED_GROUPS &&
        value_of(text, tag, "name", &name))
        now->groups[now->group_count++] = name;
    return true;
}

/* From behind the start tag of configSections to its end tag. */
static bool read_all(struct reader *reader, size_t from, struct err *err)
{
    struct webconfig_lex token;
    size_t depth = 0;
    for (size_t at = from;; at = token.all.end) {
        webconfig_lex_at(reader->text, at, &token);
        if (token.kind == WEBCONFIG_LEX_EOF || (token.kind == WEBCONFIG_LEX_END && depth == 0))
            return true;
        bool opens = token.kind == WEBCONFIG_LEX_START;
        if ((opens || token.kind == WEBCONFIG_LEX_EMPTY) && !on_open(reader, &token, depth, err))
            return false;
        depth += opens;
        depth -= token.kind == WEBCONFIG_LEX_END;
        if (reader->now.group_count > depth)
            reader->now.group_count = depth;
    }
}

/* The next start tag from `at` on. */
static bool next_tag(const struct webconfig_text *text, size_t at, struct webconfig_lex *tag)
{
    do {
        webconfig_lex_at(text, at, tag);
        at = tag->all.end;
    } while (tag->kind == WEBCONFIG_LEX_TEXT || tag->kind == WEBCONFIG_LEX_COMMENT ||
             tag->kind == WEBCONFIG_LEX_PI);
    return tag->kind == WEBCONFIG_LEX_START;
}

bool webconfig_declared_find(struct webconfig_declared *out, const struct webconfig_text *text,
                             const char *section, struct err *err)
{
    struct reader reader = {.text = text, .section = section};
    struct webconfig_lex root, first;
    if (next_tag(text, text->body, &root) && next_tag(text, root.all.end, &first) &&
        webconfig_lex_is(text, first.name, "configSections") &&
        !read_all(&reader, first.all.end, err))
        return false;
    if (reader.count == 0)
        return err_set(err, ERR_TARGET_SECTION,
                       "no " SECTION " element in the file, and its configSections (which must be "
                       "the first child of the root) declare%s none, so it is not known where ENS "
                       "would read one" BY_HAND,
                       section != NULL ? " where the section selector leads" : "");
    if (reader.count > 1)
        return err_set(err, ERR_TARGET_AMBIGUOUS,
                       "no " SECTION " element in the file, and %zu declarations of one (lines %zu "
                       "and %zu); say with --section configuration/GROUP/" SECTION
                       " which one is meant, GROUP being the names of the sectionGroup elements "
                       "around it",
                       reader.count, line_at(text, reader.first), line_at(text, reader.second));
    reader.found.root = root.all.start;
    *out = reader.found;
    return true;
}
