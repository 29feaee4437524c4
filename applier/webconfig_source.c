/* SPDX-License-Identifier: MIT */
/* Which files a web.config names by configSource, and what is in them. */
#include "applier/webconfig_source.h"

#include <stdlib.h>
#include <string.h>

#include "applier/webconfig_lex.h"
#include "applier/webconfig_outline.h"
#include "applier/webconfig_path.h"
#include "applier/webconfig_selector.h"
#include "base/limits.h"
#include "base/text.h"

#define SECTION "pinnedCertificates"
/* A message shows its beginning. */
#define LIST_MAX (WEBCONFIG_OUTLINE_LISTED * 3 * WEBCONFIG_PATH_MAX)
#define SELECTOR_MAX WEBCONFIG_PATH_MAX

/* --- the path --- */

/* What no file name within the site's folder has; NULL if there is nothing of that. */
static const char *odd_character(const char *value, bool single_byte)
{
    size_t len = strlen(value), used;
    uint32_t code = 0;
    for (size_t at = 0; at < len; at += used) {
        used = text_utf8(&code, value + at, len - at);
        if (used == 0 || !text_is_shown(code))
            return "has a control character";
        if (code == ':')
            return "has a colon: a drive or a stream";
        if (code > 0x7f && single_byte)
            return "has a character that only UTF-8 says for certain; save the file as UTF-8";
    }
    return NULL;
}

/*
 * Appends the names of `value` to `path`, "." and ".." resolved by words alone, as .NET does before
 * it opens anything; NULL, or what is wrong with it.
 */
static const char *resolve(const char *value, char path[static WEBCONFIG_SOURCE_PATH_MAX + 1])
{
    size_t len = 0;
    path[0] = '\0';
    for (const char *name = value; *name != '\0';) {
        size_t size = strcspn(name, "/\\");
        if (size == 2 && memcmp(name, "..", 2) == 0) {
            if (len == 0)
                return "leads out of the folder of the file";
            const char *slash = strrchr(path, '/');
            len = slash != NULL ? (size_t)(slash - path) : 0;
        } else if (size > 0 && !(size == 1 && name[0] == '.')) {
            if (len + 1 + size > WEBCONFIG_SOURCE_PATH_MAX)
                return "is too long";
            if (len > 0)
                path[len++] = '/';
            memcpy(path + len, name, size);
            len += size;
        }
        path[len] = '\0';
        name += size + (name[size] != '\0');
    }
    return len == 0 ? "names no file" : NULL;
}

/* Sets source->path, or source->why. */
static bool read_path(struct webconfig_source *source, const char *value, bool single_byte,
                      struct err *err)
{
    char path[WEBCONFIG_SOURCE_PATH_MAX + 1];
    size_t len = strlen(value);
    source->why = odd_character(value, single_byte);
    if (source->why == NULL && len > 0 && (value[0] == '/' || value[0] == '\\'))
        source->why = "is absolute";
    if (source->why == NULL && len > 0 && (value[0] == ' ' || value[len - 1] == ' '))
        source->why = "begins or ends with a space, which .NET does not take";
    if (source->why == NULL && len > 0 && strchr("/\\", value[len - 1]) != NULL)
        source->why = "names a folder";
    if (source->why == NULL)
        source->why = resolve(value, path);
    if (source->why != NULL)
        return true;
    source->path = strdup(path);
    return source->path != NULL || err_memory(err);
}

/* --- the web.config --- */

/* Whether the element at `start` holds nothing but white space, comments and instructions. */
static bool is_empty_element(const struct webconfig_text *text, size_t start)
{
    struct webconfig_lex token;
    webconfig_lex_at(text, start, &token);
    while (token.kind != WEBCONFIG_LEX_EMPTY) {
        webconfig_lex_at(text, token.all.end, &token);
        if (token.kind == WEBCONFIG_LEX_END)
            break;
        bool passes = token.kind == WEBCONFIG_LEX_COMMENT || token.kind == WEBCONFIG_LEX_PI ||
                      (token.kind == WEBCONFIG_LEX_TEXT && webconfig_lex_is_space(text, token.all));
        if (!passes)
            return false;
    }
    return true;
}

/* The selector's steps from the source's own on; its file has one root, so that step has no [n]. */
static bool rest_of(const struct webconfig_selector *selector, size_t depth, char **out,
                    struct err *err)
{
    struct buf rest;
    bool done = true;
    buf_init(&rest, SELECTOR_MAX);
    for (size_t i = depth; done && i < selector->count; i++) {
        const struct webconfig_selector_step *step = &selector->steps[i];
        done = (i == depth || buf_add_text(&rest, "/", err)) &&
               buf_add(&rest, step->name, step->len, err) &&
               (i == depth || step->nth == 0 || buf_printf(&rest, err, "[%zu]", step->nth));
    }
    if (done) {
        *out = strdup(buf_text(&rest));
        done = *out != NULL || err_memory(err);
    }
    buf_release(&rest);
    return done;
}

static bool path_of(const struct webconfig_text *text, size_t start, char **out, struct err *err)
{
    struct buf path;
    buf_init(&path, WEBCONFIG_PATH_MAX);
    bool done = webconfig_path_add(text, start, &path, err);
    if (done) {
        *out = strdup(buf_text(&path));
        done = *out != NULL || err_memory(err);
    }
    buf_release(&path);
    return done;
}

static bool add(struct webconfig_sources *sources, const struct webconfig_outline_source *from,
                const struct webconfig_text *text, const struct webconfig_selector *selector,
                bool is_section, struct err *err)
{
    struct webconfig_source *source = &sources->items[sources->count++];
    *source = (struct webconfig_source){
        .line = 1 + webconfig_text_lines(text, text->start, from->start),
        .is_section = is_section,
        .name = strdup(from->name),
    };
    if (source->name == NULL)
        return err_memory(err);
    if (!path_of(text, from->start, &source->at, err))
        return false;
    if (!is_empty_element(text, from->start)) {
        source->why = "stands at an element that has content too, which .NET does not load";
        return true;
    }
    return (selector->count == 0 || is_section ||
            rest_of(selector, from->depth, &source->section, err)) &&
           read_path(source, from->value, text->encoding == WEBCONFIG_SINGLE_BYTE, err);
}

/* The one section, if webconfig_scan has nothing against it but that it is elsewhere. */
static bool is_moved(const struct webconfig_outline *outline, bool selected)
{
    const struct webconfig_outline_section *section = &outline->section;
    return outline->section_count == 1 && !section->prefixed && !section->foreign &&
           (selected || !section->in_location) && section->protect_tag == WEBCONFIG_OUTLINE_NONE &&
           section->source_tag == section->start_tag.start;
}

static bool fill(struct webconfig_sources *out, const struct webconfig_outline *outline,
                 const struct webconfig_text *text, const char *section, struct err *err)
{
    struct webconfig_selector selector;
    bool moved = is_moved(outline, section != NULL);
    out->inline_count = outline->section_count - moved;
    if (out->inline_count > 0) {
        size_t start = outline->section.start_tag.start;
        out->inline_line = 1 + webconfig_text_lines(text, text->start, start);
        if (!path_of(text, start, &out->inline_at, err))
            return false;
    }
    out->items = calloc(outline->source_count + 1, sizeof out->items[0]);
    if (out->items == NULL)
        return err_memory(err);
    if (!webconfig_selector_parse(&selector, section, err))
        return false;
    for (size_t i = 0; i < outline->source_count; i++) {
        const struct webconfig_outline_source *from = &outline->sources[i];
        bool is_section = moved && from->start == outline->section.start_tag.start;
        bool may_hold = from->on_the_path && from->usual && !from->is_protected &&
                        (section != NULL || !from->in_location) && strcmp(from->name, SECTION) != 0;
        if ((is_section || may_hold) && !add(out, from, text, &selector, is_section, err))
            return false;
    }
    return true;
}

bool webconfig_source_read(struct webconfig_sources *out, const struct buf *file,
                           const char *section, struct err *err)
{
    struct webconfig_sources sources = {.items = NULL};
    struct webconfig_outline outline;
    struct webconfig_selector selector;
    struct webconfig_text text;
    if (!webconfig_selector_parse(&selector, section, err) ||
        !webconfig_text_open(&text, file, err) ||
        !webconfig_outline_read(&outline, &text, &selector, err))
        return false;
    bool done = !outline.root_is_known || fill(&sources, &outline, &text, section, err);
    webconfig_outline_source_release(&outline);
    if (done)
        *out = sources;
    else
        webconfig_source_release(&sources);
    return done;
}

void webconfig_source_release(struct webconfig_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        free(sources->items[i].name);
        free(sources->items[i].at);
        free(sources->items[i].path);
        free(sources->items[i].section);
    }
    free(sources->items);
    free(sources->inline_at);
    *sources = (struct webconfig_sources){.items = NULL};
}

/* --- the file that it names --- */

static bool check_root(const struct webconfig_source *source,
                       const struct webconfig_outline *outline, struct err *err)
{
    if (strcmp(outline->root_name, source->name) != 0 || !outline->root_is_known)
        return err_set(err, ERR_TARGET_CONFIG_SOURCE,
                       "the root element is not that of the section which configSource on line %zu "
                       "of web.config moves here, so .NET does not load it; put the whole section "
                       "here, from its start tag to its end tag",
                       source->line);
    if (outline->source_count > 0)
        return err_set(err, ERR_TARGET_CONFIG_SOURCE,
                       "names a further file by configSource, which .NET does not follow; move the "
                       "section's content here");
    return true;
}

/* The only section, at whatever depth, without saying the names of the elements around it. */
static bool by_depth(size_t depth, char **section, struct err *err)
{
    struct buf selector;
    bool done = true;
    buf_init(&selector, SELECTOR_MAX);
    for (size_t i = 0; done && i < depth; i++)
        done = buf_add_text(&selector, "*/", err);
    done = done && buf_add_text(&selector, SECTION, err);
    if (done) {
        *section = strdup(buf_text(&selector));
        done = *section != NULL || err_memory(err);
    }
    buf_release(&selector);
    return done;
}

bool webconfig_source_path(const struct webconfig_source *source, const char *section,
                           struct buf *out, struct err *err)
{
    const char *rest = strchr(section, '/'); /* the first step is the source's own */
    return buf_add_text(out, source->at, err) && (rest == NULL || buf_add_text(out, rest, err));
}

static bool refuse_several(const struct webconfig_source *source,
                           const struct webconfig_outline *outline,
                           const struct webconfig_text *text, struct err *err)
{
    struct buf list, path;
    bool done = true;
    buf_init(&list, LIST_MAX);
    buf_init(&path, WEBCONFIG_PATH_MAX);
    for (size_t i = 0; done && i < outline->total && i < WEBCONFIG_OUTLINE_LISTED; i++) {
        buf_clear(&path);
        done = webconfig_path_add(text, outline->places[i], &path, err) &&
               buf_add_text(&list, i > 0 ? ", '" : "'", err) &&
               webconfig_source_path(source, buf_text(&path), &list, err) &&
               buf_add_text(&list, "'", err);
    }
    if (done)
        err_set(err, ERR_TARGET_AMBIGUOUS,
                "holds %zu " SECTION " elements; say which one is meant with --section and one of "
                "these (%s%s)",
                outline->total, buf_text(&list),
                outline->total > WEBCONFIG_OUTLINE_LISTED ? ", ..." : "");
    buf_release(&list);
    buf_release(&path);
    return false;
}

static bool choose(const struct webconfig_source *source, const struct webconfig_outline *outline,
                   const struct webconfig_text *text, bool *found, char **section, struct err *err)
{
    if (!check_root(source, outline, err))
        return false;
    if (outline->section_count == 0) {
        *found = false;
        return true;
    }
    if (source->section == NULL && outline->section_count > 1)
        return refuse_several(source, outline, text, err);
    char *chosen = NULL;
    if (source->section == NULL) {
        if (!by_depth(outline->section.depth, &chosen, err))
            return false;
    } else if ((chosen = strdup(source->section)) == NULL) {
        return err_memory(err);
    }
    *found = true;
    *section = chosen;
    return true;
}

bool webconfig_source_look(const struct webconfig_source *source, const struct buf *file,
                           bool *found, char **section, struct err *err)
{
    struct webconfig_outline outline;
    struct webconfig_selector selector;
    struct webconfig_text text;
    if (file->len == 0)
        return err_set(err, ERR_TARGET_FORM, "the file is empty");
    if (!webconfig_selector_parse(&selector, source->section, err) ||
        !webconfig_text_open(&text, file, err) ||
        !webconfig_outline_read(&outline, &text, &selector, err))
        return false;
    bool done = choose(source, &outline, &text, found, section, err);
    webconfig_outline_source_release(&outline);
    return done;
}
