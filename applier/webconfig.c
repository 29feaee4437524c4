/* SPDX-License-Identifier: MIT */
/* Scans a web.config: encoding, outline, section. */
#include "applier/webconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applier/webconfig_lex.h"
#include "applier/webconfig_outline.h"
#include "applier/webconfig_path.h"
#include "applier/webconfig_section.h"
#include "applier/webconfig_selector.h"
#include "base/limits.h"

#define SECTION "pinnedCertificates"
/* A message shows its beginning. */
#define LIST_MAX (WEBCONFIG_OUTLINE_LISTED * 2 * WEBCONFIG_PATH_MAX)
#define SOURCE_SHOWN 200 /* characters of a configSource that a message shows */

static size_t line_at(const struct webconfig_text *text, size_t offset)
{
    return 1 + webconfig_text_lines(text, text->start, offset);
}

/* With the selector of each section that there is. */
static bool refuse_listing(const struct webconfig_text *text,
                           const struct webconfig_outline *outline, enum err_code code,
                           const char *why, struct err *err)
{
    struct buf list;
    buf_init(&list, LIST_MAX);
    bool done = webconfig_path_list(text, outline, &list, err);
    if (done)
        err_set(err, code, "%s; say which one is meant with --section and one of these (%s)", why,
                buf_text(&list));
    buf_release(&list);
    return false;
}

static bool refuse_ambiguous(const struct webconfig_text *text,
                             const struct webconfig_outline *outline, bool selected,
                             struct err *err)
{
    char why[200];
    snprintf(why, sizeof why, "the file has %zu " SECTION " elements%s", outline->total,
             selected ? ", and the section selector names several" : "");
    return refuse_listing(text, outline, ERR_TARGET_AMBIGUOUS, why, err);
}

static bool refuse_absent(const struct webconfig_text *text,
                          const struct webconfig_outline *outline, bool selected, struct err *err)
{
    if (selected && outline->total > 0)
        return refuse_listing(text, outline, ERR_TARGET_SECTION,
                              "the section selector names no " SECTION " element of the file", err);
    err_set(err, ERR_TARGET_SECTION,
            "no " SECTION " element in the file; expected the web.config of the Email Notification "
            "Service's Website folder; if it is that file, and only the section is missing, add "
            "--create-section, which puts it where configSections declares it");
    if (outline->source_count > 0)
        return err_set(err, ERR_TARGET_SECTION,
                       "no " SECTION
                       " element in the file, nor where the element on line %zu (and perhaps "
                       "others) keeps its content by configSource; expected the web.config of the "
                       "Email Notification Service's Website folder",
                       line_at(text, outline->sources[0].start));
    if (outline->first_protect_tag != WEBCONFIG_OUTLINE_NONE)
        return err_set(
            err, ERR_TARGET_SECTION,
            "no " SECTION " element in the file, but the element on line %zu (and perhaps "
            "others) is encrypted; if the pins are in it, decrypt it first: " WEBCONFIG_REGIIS
            " -pdf \"SECTION\" \"FOLDER\", with the section's path and the folder of this file",
            line_at(text, outline->first_protect_tag));
    return false;
}

/* Names the other file if the section itself does: its attributes belong to the section. */
static bool refuse_source(const struct webconfig_text *text,
                          const struct webconfig_outline_section *section, struct err *err)
{
    size_t line = line_at(text, section->source_tag);
    struct webconfig_lex tag;
    struct webconfig_lex_attr attr;
    webconfig_lex_at(text, section->source_tag, &tag);
    size_t at = tag.name.end;
    while (section->source_tag == section->start_tag.start &&
           webconfig_lex_attr(text, &tag, &at, &attr)) {
        if (!webconfig_lex_is(text, attr.name, "configSource"))
            continue;
        char name[SOURCE_SHOWN + 1];
        size_t len = 0;
        for (size_t p = attr.value.start; p < attr.value.end && len < SOURCE_SHOWN;
             p += text->width) {
            unsigned unit = webconfig_text_unit(text, p);
            name[len++] = (char)(unit < 0x80 ? unit : '?');
        }
        name[len] = '\0';
        return err_set(err, ERR_TARGET_CONFIG_SOURCE,
                       "line %zu: the pins section is kept in another file, configSource \"%s\", "
                       "which was not followed from here; configure that file, in the folder of "
                       "this one, as the target instead",
                       line, name);
    }
    return err_set(err, ERR_TARGET_CONFIG_SOURCE,
                   "line %zu: an element around the pins section has a configSource and content "
                   "too, which .NET does not load; remove one of the two",
                   line);
}

static bool refuse_encrypted(const struct webconfig_text *text,
                             const struct webconfig_outline_section *section, struct err *err)
{
    const char *path = section->at_top ? SECTION : "GROUP/" SECTION;
    return err_set(err, ERR_TARGET_ENCRYPTED,
                   "line %zu: the pins section is encrypted (configProtectionProvider); decrypt it "
                   "first: " WEBCONFIG_REGIIS
                   " -pdf \"%s\" \"FOLDER\", FOLDER being the folder of this file%s; "
                   "apply, then encrypt it again with -pef",
                   line_at(text, section->protect_tag), path,
                   section->at_top ? "" : " and GROUP the elements around the section");
}

/* Whether the outline's section is one that .NET reads from here and that we may edit. */
static bool check_section(const struct webconfig_text *text,
                          const struct webconfig_outline *outline, bool selected, struct err *err)
{
    const struct webconfig_outline_section *section = &outline->section;
    size_t line = line_at(text, section->start_tag.start);
    if (section->in_location && !selected)
        return refuse_listing(text, outline, ERR_TARGET_SECTION,
                              "the only " SECTION " element stands below a location element and so "
                              "may hold for a part of the site only",
                              err);
    if (section->prefixed || section->foreign)
        return err_set(err, ERR_TARGET_SECTION,
                       "line %zu: " SECTION
                       " stands in a namespace of its own, so .NET does not read it "
                       "as the pins section; remove its prefix or xmlns",
                       line);
    if (section->source_tag != WEBCONFIG_OUTLINE_NONE)
        return refuse_source(text, section, err);
    if (section->protect_tag != WEBCONFIG_OUTLINE_NONE)
        return refuse_encrypted(text, section, err);
    return true;
}

static bool choose_section(const struct webconfig_text *text,
                           const struct webconfig_outline *outline, bool selected, struct err *err)
{
    bool is_section = outline->total > 0 && outline->section.depth == 0;
    if (!selected && !is_section && !outline->root_is_configuration)
        return err_set(err, ERR_TARGET_FORM,
                       "the root element is neither configuration nor " SECTION "; this is no .NET "
                       "configuration file");
    if (!outline->root_is_known)
        return err_set(err, ERR_TARGET_FORM,
                       "the root element has a namespace that .NET does not accept there; only "
                       "http://schemas.microsoft.com/.NetConfiguration/v2.0 or none is");
    if (outline->section_count == 0)
        return refuse_absent(text, outline, selected, err);
    if (outline->section_count > 1)
        return refuse_ambiguous(text, outline, selected, err);
    return check_section(text, outline, selected, err);
}

bool webconfig_scan(const struct buf *file, const char *section, struct webconfig **out,
                    struct err *err)
{
    struct webconfig_selector selector;
    struct webconfig_outline outline = {.root_name = NULL};
    if (!webconfig_selector_parse(&selector, section, err))
        return false;
    if (file->len == 0)
        return err_set(err, ERR_TARGET_FORM, "the file is empty");
    if (file->len > LIMIT_TARGET_BYTES)
        return err_set(err, ERR_TARGET_SIZE, "the file has %zu bytes; at most %zu are supported",
                       file->len, LIMIT_TARGET_BYTES);
    struct webconfig *webconfig = calloc(1, sizeof *webconfig);
    if (webconfig == NULL)
        return err_memory(err);
    webconfig->file = file;
    const struct webconfig_text *text = &webconfig->text;
    if (!webconfig_text_open(&webconfig->text, file, err) ||
        !webconfig_outline_read(&outline, text, &selector, err) ||
        !choose_section(text, &outline, section != NULL, err))
        goto fail;
    webconfig->start_tag = outline.section.start_tag;
    webconfig->end_tag = outline.section.end_tag;
    webconfig->self_closed = outline.section.self_closed;
    webconfig->parent_start = outline.section.parent;
    webconfig->line = line_at(text, webconfig->start_tag.start);
    webconfig->end_line = webconfig->line + webconfig_text_lines(text, webconfig->start_tag.start,
                                                                 webconfig->end_tag.end);
    if (!webconfig_section_read(webconfig, err))
        goto fail;
    webconfig_outline_source_release(&outline);
    *out = webconfig;
    return true;
fail:
    webconfig_outline_source_release(&outline);
    webconfig_free(webconfig);
    return false;
}

void webconfig_free(struct webconfig *webconfig)
{
    if (webconfig == NULL)
        return;
    free(webconfig->items);
    free(webconfig->by_digest);
    free(webconfig);
}

const struct webconfig_item *webconfig_find(const struct webconfig *webconfig,
                                            const uint8_t sha256[static 32])
{
    size_t low = 0, high = webconfig->by_digest_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(webconfig->by_digest[middle]->pin.sha256, sha256, 32) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == webconfig->by_digest_count ||
        memcmp(webconfig->by_digest[low]->pin.sha256, sha256, 32) != 0)
        return NULL;
    return webconfig->by_digest[low];
}

const char *webconfig_encoding_text(const struct webconfig *webconfig)
{
    switch (webconfig->text.encoding) {
    case WEBCONFIG_UTF8:
        return webconfig->text.has_bom ? "UTF-8 with byte order mark" : "UTF-8";
    case WEBCONFIG_UTF16LE:
        return "UTF-16 LE";
    case WEBCONFIG_UTF16BE:
        return "UTF-16 BE";
    case WEBCONFIG_SINGLE_BYTE:
        break;
    }
    return "single-byte";
}

const char *webconfig_eol_text(const struct webconfig *webconfig)
{
    static const char *const names[] = {"none", "LF", "CRLF", "CR", "mixed"};
    return names[webconfig->text.eol];
}
