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
#define WEBCONFIG_OUTLINE_LISTED 8 /* places that a message lists */

/* An element called pinnedCertificates. Offsets; WEBCONFIG_OUTLINE_NONE where there is none. */
struct webconfig_outline_section {
    struct webconfig_span start_tag, end_tag; /* end_tag empty if self-closed */
    bool self_closed;
    size_t parent; /* start tag of the element around it, or its own */
    bool is_root;
    bool at_top;      /* a child of the root or the root */
    bool in_location; /* below a location element */
    bool prefixed;
    bool foreign;       /* in another namespace than the root */
    size_t source_tag;  /* its own or an outer start tag with configSource */
    size_t protect_tag; /* the same with configProtectionProvider */
};

struct webconfig_outline {
    struct webconfig_outline_section section; /* the first that counts */
    size_t section_count;                     /* that count: those selected, or all */
    size_t total;                             /* selected or not */
    size_t places[WEBCONFIG_OUTLINE_LISTED];  /* of the first of them all */
    bool root_is_configuration;               /* by local name */
    bool root_is_known;                       /* no prefix, and no namespace or .NET's */
    size_t first_source_tag;                  /* anywhere in the file */
    size_t first_protect_tag;
};

/*
 * Reads the whole file. ERR_TARGET_DOCTYPE before anything is expanded; ERR_TARGET_FORM with line
 * and column when it is malformed, or when the two readers differ; ERR_MEMORY. `selector` is used
 * up.
 */
bool webconfig_outline_read(struct webconfig_outline *out, const struct webconfig_text *text,
                            struct webconfig_selector *selector, struct err *err) MUST_USE;

#endif
