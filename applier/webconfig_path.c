/* SPDX-License-Identifier: MIT */
/* From the place of an element to its selector. */
#include "applier/webconfig_path.h"

#include <string.h>

#include "applier/webconfig_lex.h"

#define LEVELS WEBCONFIG_DEPTH_MAX

/* An element on the way, and its place among those that its step fits in its parent. */
struct level {
    size_t start;
    const char *name; /* "*" unless it is one that is shown */
    size_t nth, of;
};

struct way {
    struct level levels[LEVELS];
    size_t count;
};

static const char *shown_name(const struct webconfig_text *text, const struct webconfig_lex *tag)
{
    static const char *const names[] = {"configuration", "location", "pinnedCertificates"};
    struct webconfig_span local = webconfig_lex_local(text, tag->name);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (webconfig_lex_is(text, local, names[i]))
            return names[i];
    return "*";
}

/* The elements that are open at `start`, and the one there. */
static void find_way(struct way *way, const struct webconfig_text *text, size_t start)
{
    struct webconfig_lex token = {.kind = WEBCONFIG_LEX_TEXT, .all = {0, text->body}};
    way->count = 0;
    while (token.kind != WEBCONFIG_LEX_EOF) {
        webconfig_lex_at(text, token.all.end, &token);
        if (token.kind == WEBCONFIG_LEX_END && way->count > 0)
            way->count--;
        if ((token.kind != WEBCONFIG_LEX_START && token.kind != WEBCONFIG_LEX_EMPTY) ||
            way->count == LEVELS)
            continue;
        way->levels[way->count++] =
            (struct level){.start = token.all.start, .name = shown_name(text, &token)};
        if (token.all.start == start)
            return;
        way->count -= token.kind == WEBCONFIG_LEX_EMPTY;
    }
}

/* Counts, in each parent on the way, the children that the next step fits. */
static void count_along(struct way *way, const struct webconfig_text *text)
{
    struct webconfig_lex token = {.kind = WEBCONFIG_LEX_TEXT, .all = {0, text->body}};
    size_t depth = 0, on = 0; /* elements open; how many of them are on the way */
    while (token.kind != WEBCONFIG_LEX_EOF) {
        webconfig_lex_at(text, token.all.end, &token);
        bool opens = token.kind == WEBCONFIG_LEX_START;
        if (token.kind == WEBCONFIG_LEX_END && depth > 0)
            depth--;
        if (on > depth)
            on = depth;
        if (!opens && token.kind != WEBCONFIG_LEX_EMPTY)
            continue;
        if (depth == on && on < way->count) {
            struct level *level = &way->levels[on];
            bool fits = level->name[0] == '*' || level->name == shown_name(text, &token);
            level->of += fits;
            if (token.all.start == level->start) {
                level->nth = level->of;
                on += opens;
            }
        }
        depth += opens;
    }
}

bool webconfig_path_add(const struct webconfig_text *text, size_t start, struct buf *out,
                        struct err *err)
{
    struct way way;
    find_way(&way, text, start);
    count_along(&way, text);
    for (size_t i = 0; i < way.count; i++) {
        const struct level *level = &way.levels[i];
        if ((i > 0 && !buf_add_text(out, "/", err)) || !buf_add_text(out, level->name, err) ||
            (level->of > 1 && !buf_printf(out, err, "[%zu]", level->nth)))
            return false;
    }
    return true;
}

bool webconfig_path_list(const struct webconfig_text *text, const struct webconfig_outline *outline,
                         struct buf *out, struct err *err)
{
    size_t listed =
        outline->total < WEBCONFIG_OUTLINE_LISTED ? outline->total : WEBCONFIG_OUTLINE_LISTED;
    for (size_t i = 0; i < listed; i++) {
        size_t line = 1 + webconfig_text_lines(text, text->start, outline->places[i]);
        if (!buf_printf(out, err, "%sline %zu: '", i > 0 ? ", " : "", line) ||
            !webconfig_path_add(text, outline->places[i], out, err) || !buf_add_text(out, "'", err))
            return false;
    }
    return listed == outline->total || buf_add_text(out, ", ...", err);
}
