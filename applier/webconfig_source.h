/* SPDX-License-Identifier: MIT */
/*
 * configSource: a section whose content lies in another file. Says which files a web.config names,
 * and whether one of them holds the pins; opens none itself.
 *
 * Rules (.NET Framework, configSource of a section): the value is a path from the folder of the
 * web.config, not absolute, not out of that folder; the element holds nothing else; the file's root
 * is an element of the same name, and names no further file.
 */
#ifndef APPLIER_WEBCONFIG_SOURCE_H
#define APPLIER_WEBCONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define WEBCONFIG_SOURCE_PATH_MAX 1024 /* .NET Framework takes 260 characters in all */

/* An element of a web.config that names another file. */
struct webconfig_source {
    size_t line;
    char *at;        /* selector of the element in the web.config */
    bool is_section; /* pinnedCertificates itself, the only one: its content is in that file */
    char *name;      /* local; the root that the file must have */
    char *path;      /* names joined by '/', none "." or ".."; NULL: no file can be meant */
    const char *why; /* path NULL: what is wrong with it */
    char *section;   /* selector in that file; NULL: its only section */
};

struct webconfig_sources {
    struct webconfig_source *items;
    size_t count;
    size_t inline_count; /* sections in the web.config that hold their content themselves */
    size_t inline_line;  /* of the first of them, with its selector; 0 and NULL if there is none */
    char *inline_at;
};

/*
 * Reads which files may hold the section that `section` (a selector, or NULL) means; elements that
 * lead elsewhere, are encrypted, or stand below `location` without being selected are left out, as
 * webconfig_scan refuses them. Codes as webconfig_scan for a file that is malformed.
 */
bool webconfig_source_read(struct webconfig_sources *out, const struct buf *file,
                           const char *section, struct err *err) MUST_USE;
void webconfig_source_release(struct webconfig_sources *sources);

/* Appends the selector, from the web.config's root on, of what `section` selects in the file. */
bool webconfig_source_path(const struct webconfig_source *source, const char *section,
                           struct buf *out, struct err *err) MUST_USE;

/*
 * Whether `file`, which `source` names, holds the section; then *section is the selector for
 * webconfig_scan, owned by the caller. ERR_TARGET_CONFIG_SOURCE if it has another root or names a
 * further file, ERR_TARGET_AMBIGUOUS if it holds several; codes of webconfig_scan for a malformed
 * one.
 */
bool webconfig_source_look(const struct webconfig_source *source, const struct buf *file,
                           bool *found, char **section, struct err *err) MUST_USE;

#endif
