/* SPDX-License-Identifier: MIT */
/* Where a web.config declares the pins section: the rules stand in webconfig_create.h. */
#ifndef APPLIER_WEBCONFIG_DECLARED_H
#define APPLIER_WEBCONFIG_DECLARED_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/webconfig_text.h"
#include "base/err.h"

#define WEBCONFIG_DECLARED_GROUPS 16 /* .NET's own nest two deep */

struct webconfig_declared {
    size_t root;                                             /* start tag of the root */
    size_t start;                                            /* of the declaration */
    struct webconfig_span groups[WEBCONFIG_DECLARED_GROUPS]; /* their names, outermost first */
    size_t group_count;
};

/* `text` is well-formed, with configuration as root. ERR_TARGET_SECTION, ERR_TARGET_AMBIGUOUS. */
bool webconfig_declared_find(struct webconfig_declared *out, const struct webconfig_text *text,
                             const char *section, struct err *err) MUST_USE;

#endif
