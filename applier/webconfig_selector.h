/* SPDX-License-Identifier: MIT */
/* The selector of a section ("configuration/location[2]/pinnedCertificates"), followed along a
 * walk. */
#ifndef APPLIER_WEBCONFIG_SELECTOR_H
#define APPLIER_WEBCONFIG_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define WEBCONFIG_DEPTH_MAX 257 /* elements open: libxml2 reads no more without XML_PARSE_HUGE */
/* Whatever selector a message shows can be typed, also one through a configSource into another
 * file. */
#define WEBCONFIG_SELECTOR_STEPS (2 * WEBCONFIG_DEPTH_MAX)

struct webconfig_selector {
    struct webconfig_selector_step {
        const char *name; /* within the caller's text */
        size_t len;
        size_t nth;  /* 0: any */
        size_t seen; /* children of that name (of any, if it is "*") so far */
    } steps[WEBCONFIG_SELECTOR_STEPS];
    size_t count;   /* 0: no selector */
    size_t matched; /* leading steps that the open elements match */
};

/* `path` NULL gives the selector that matches nothing; see webconfig_scan for the grammar.
 * ERR_USAGE. */
bool webconfig_selector_parse(struct webconfig_selector *out, const char *path,
                              struct err *err) MUST_USE;

/* An element with this local name (UTF-8) opens at `depth`, 0 for the root. True if it is the one.
 */
bool webconfig_selector_enter(struct webconfig_selector *selector, size_t depth, const char *local);
void webconfig_selector_leave(struct webconfig_selector *selector, size_t depth);

#endif
