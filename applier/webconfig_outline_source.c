/* SPDX-License-Identifier: MIT */
/* Notes the elements that keep their content in another file. */
#include <stdlib.h>
#include <string.h>

#include "applier/webconfig_outline.h"

/* libxml2 leaves an ampersand in a value as the reference "&#38;", however it was written. */
static char *decode(const char *from, size_t len)
{
    char *text = malloc(len + 1);
    size_t at = 0;
    for (size_t i = 0; text != NULL && i < len; i++) {
        text[at++] = from[i];
        if (len - i >= 5 && memcmp(from + i, "&#38;", 5) == 0)
            i += 4;
    }
    if (text != NULL)
        text[at] = '\0';
    return text;
}

bool webconfig_outline_source_add(struct webconfig_outline *outline,
                                  const struct webconfig_outline_source *facts, const char *name,
                                  const char *value, size_t len, struct err *err)
{
    if (outline->source_count == WEBCONFIG_OUTLINE_SOURCES)
        return err_set(err, ERR_TARGET_SIZE,
                       "more than %d elements keep their content in other files by configSource",
                       WEBCONFIG_OUTLINE_SOURCES);
    if (outline->sources == NULL)
        outline->sources = calloc(WEBCONFIG_OUTLINE_SOURCES, sizeof outline->sources[0]);
    if (outline->sources == NULL)
        return err_memory(err);
    struct webconfig_outline_source *source = &outline->sources[outline->source_count++];
    *source = *facts;
    source->name = strdup(name);
    source->value = decode(value, len);
    return (source->name != NULL && source->value != NULL) || err_memory(err);
}

void webconfig_outline_source_release(struct webconfig_outline *outline)
{
    for (size_t i = 0; i < outline->source_count; i++) {
        free(outline->sources[i].name);
        free(outline->sources[i].value);
    }
    free(outline->sources);
    free(outline->root_name);
    outline->sources = NULL;
    outline->root_name = NULL;
    outline->source_count = 0;
}
