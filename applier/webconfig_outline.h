/* SPDX-License-Identifier: MIT */
/*
 * The first pass over a web.config: libxml2 and the lexer read it in step, and the elements called
 * pinnedCertificates are noted on the way.
 */
#ifndef APPLIER_WEBCONFIG_OUTLINE_H
#define APPLIER_WEBCONFIG_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/webconfig_selector.h"
#include "applier/webconfig_text.h"
#include "base/err.h"

#define WEBCONFIG_OUTLINE_NONE ((size_t)-1)
#define WEBCONFIG_OUTLINE_LISTED 8   /* places that a message lists */
#define WEBCONFIG_OUTLINE_SOURCES 64 /* elements with configSource: .NET has some 60 sections */

/* An element called pinnedCertificates. Offsets; WEBCONFIG_OUTLINE_NONE where there is none. */
struct webconfig_outline_section {
    struct webconfig_span start_tag, end_tag; /* end_tag empty if self-closed */
    bool self_closed;
    size_t parent;    /* start tag of the element around it, or its own */
    size_t depth;     /* 0: the root */
    bool at_top;      /* a child of the root or the root */
    bool in_location; /* below a location element */
    bool prefixed;
    bool foreign;       /* in another namespace than the root */
    size_t source_tag;  /* its own or an outer start tag with configSource */
    size_t protect_tag; /* the same with configProtectionProvider */
};

/* An element with configSource outside configSections. Texts are owned, as XML decodes them. */
struct webconfig_outline_source {
    size_t start; /* of its start tag */
    size_t depth;
    char *name;       /* local */
    char *value;      /* of configSource */
    bool on_the_path; /* the selector's steps lead to it or through it; without one always */
    bool in_location;
    bool usual;        /* no prefix, in the root's namespace */
    bool is_protected; /* configProtectionProvider on it or above it */
};

struct webconfig_outline {
    struct webconfig_outline_section section; /* the first that counts */
    size_t section_count;                     /* that count: those selected, or all */
    size_t total;                             /* selected or not */
    size_t places[WEBCONFIG_OUTLINE_LISTED];  /* of the first of them all */
    bool root_is_configuration;               /* by local name */
    bool root_is_known;                       /* no prefix, and no namespace or .NET's */
    char *root_name;                          /* local; owned */
    struct webconfig_outline_source *sources; /* in order; owned */
    size_t source_count;
    size_t first_protect_tag; /* anywhere in the file */
};

/*
 * Reads the whole file. ERR_TARGET_DOCTYPE before anything is expanded; ERR_TARGET_FORM with line
 * and column when it is malformed, or when the two readers differ; ERR_TARGET_SIZE with more than
 * WEBCONFIG_OUTLINE_SOURCES; ERR_MEMORY. `selector` is used up.
 */
bool webconfig_outline_read(struct webconfig_outline *out, const struct webconfig_text *text,
                            struct webconfig_selector *selector, struct err *err) MUST_USE;

/* Frees what it owns (sources, root_name). */
void webconfig_outline_source_release(struct webconfig_outline *outline);

/* For webconfig_outline.c: adds a source with these facts and copies of its texts, `value` as SAX
 * gives it. ERR_TARGET_SIZE, ERR_MEMORY. */
bool webconfig_outline_source_add(struct webconfig_outline *outline,
                                  const struct webconfig_outline_source *facts, const char *name,
                                  const char *value, size_t len, struct err *err) MUST_USE;

#endif
