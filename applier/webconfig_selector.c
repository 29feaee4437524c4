/* SPDX-License-Identifier: MIT */
/* Reads a selector and follows it through a document. */
#include "applier/webconfig_selector.h"

#include <string.h>

#define SECTION "pinnedCertificates"
#define NTH_MAX 100000 /* elements of one name in one parent: more than IIS's 250 KiB hold */

static bool refuse(const char *what, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "the section selector %s; expected element names from the root to " SECTION
                   ", joined by '/', or * for any name, each with an optional [n] counted from 1, "
                   "such as configuration/location[2]/" SECTION,
                   what);
}

/* Splits "name[n]". */
static bool read_step(struct webconfig_selector_step *step, const char *text, size_t len,
                      struct err *err)
{
    const char *open = memchr(text, '[', len);
    step->name = text;
    step->len = open != NULL ? (size_t)(open - text) : len;
    step->nth = 0;
    step->seen = 0;
    if (step->len == 0)
        return refuse("has an empty name", err);
    if (memchr(text, ':', step->len) != NULL)
        return refuse("has a namespace prefix", err);
    if (open == NULL)
        return true;
    const char *end = text + len - 1;
    if (*end != ']' || end == open + 1 || open[1] == '0')
        return refuse("has a malformed number", err);
    for (const char *p = open + 1; p < end; p++) {
        if (*p < '0' || *p > '9' || step->nth > NTH_MAX)
            return refuse("has a malformed number", err);
        step->nth = step->nth * 10 + (size_t)(*p - '0');
    }
    return true;
}

bool webconfig_selector_parse(struct webconfig_selector *out, const char *path, struct err *err)
{
    struct webconfig_selector selector = {.count = 0};
    if (path != NULL) {
        if (*path == '/')
            path++;
        for (;;) {
            size_t len = strcspn(path, "/");
            if (selector.count == WEBCONFIG_SELECTOR_STEPS)
                return refuse("has more steps than a file has levels", err);
            if (!read_step(&selector.steps[selector.count], path, len, err))
                return false;
            selector.count++;
            if (path[len] == '\0')
                break;
            path += len + 1;
        }
        const struct webconfig_selector_step *last = &selector.steps[selector.count - 1];
        if (last->len != strlen(SECTION) || memcmp(last->name, SECTION, last->len) != 0)
            return refuse("does not end in " SECTION, err);
    }
    *out = selector;
    return true;
}

bool webconfig_selector_enter(struct webconfig_selector *selector, size_t depth, const char *local)
{
    if (selector->matched != depth || depth >= selector->count)
        return false;
    struct webconfig_selector_step *step = &selector->steps[depth];
    bool any = step->len == 1 && step->name[0] == '*';
    if (!any && (strlen(local) != step->len || memcmp(local, step->name, step->len) != 0))
        return false;
    step->seen++;
    if (step->nth != 0 && step->nth != step->seen)
        return false;
    selector->matched = depth + 1;
    if (depth + 1 < selector->count)
        selector->steps[depth + 1].seen = 0;
    return depth + 1 == selector->count;
}

void webconfig_selector_leave(struct webconfig_selector *selector, size_t depth)
{
    if (selector->matched > depth)
        selector->matched = depth;
}
