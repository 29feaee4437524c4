/* SPDX-License-Identifier: MIT */
/*
 * The selector of an element, to be typed by a person: names that any .NET configuration has, "*"
 * for all others, so that no name of the file is shown.
 */
#ifndef APPLIER_WEBCONFIG_PATH_H
#define APPLIER_WEBCONFIG_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/webconfig_outline.h"
#include "applier/webconfig_text.h"
#include "base/buf.h"
#include "base/err.h"

/* WEBCONFIG_DEPTH_MAX steps of "pinnedCertificates[100000]" */
#define WEBCONFIG_PATH_MAX ((size_t)8192)

/*
 * Appends the selector of the element whose start tag is at byte `start` of a well-formed file:
 * "configuration/location[2]/pinnedCertificates", [n] where a parent has several that the name
 * fits. It selects no other element. ERR_MEMORY, ERR_IO_LIMIT.
 */
bool webconfig_path_add(const struct webconfig_text *text, size_t start, struct buf *out,
                        struct err *err) MUST_USE;

/* Appends "line 3: 'configuration/pinnedCertificates[1]', line 9: ..." for the places of an
 * outline, "..." for those beyond WEBCONFIG_OUTLINE_LISTED. */
bool webconfig_path_list(const struct webconfig_text *text, const struct webconfig_outline *outline,
                         struct buf *out, struct err *err) MUST_USE;

#endif
