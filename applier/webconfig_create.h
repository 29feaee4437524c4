/* SPDX-License-Identifier: MIT */
/*
 * A pins section for a web.config that has none: only where the file declares one, and only when a
 * person asks for it.
 *
 * The declaration (.NET Framework, configSections): the first child of the root is configSections,
 * and in it stands exactly one <section name="pinnedCertificates" type="..."/>, in as many
 * sectionGroup elements as the new one gets around it. With --section, the one that it leads to.
 * allowDefinition must admit a web.config of an application, and no clear or remove may follow.
 */
#ifndef APPLIER_WEBCONFIG_CREATE_H
#define APPLIER_WEBCONFIG_CREATE_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/webconfig_splice.h"
#include "base/buf.h"
#include "base/err.h"
#include "keys/pin.h"

/*
 * Writes `file` with an empty section to `out` (emptied first), as the last child of the element
 * that it belongs in: the root, or the innermost of its groups that is there; other groups are made
 * around it. On lines of its own, indented as its neighbours, where the parent's end tag stands on
 * one. *at is where it was put in. ERR_TARGET_SECTION without a declaration that can be followed or
 * with a section in the file, ERR_TARGET_AMBIGUOUS with several declarations, codes of
 * webconfig_scan.
 */
bool webconfig_create(const struct buf *file, const char *section, struct buf *out, size_t *at,
                      struct err *err) MUST_USE;

/*
 * The same with these pins in it, as webconfig_splice puts them into an empty section; `change` as
 * there. Its undo is one edit, which takes the section out again.
 */
bool webconfig_create_splice(const struct buf *file, const char *section, const struct pin *add,
                             size_t add_count, struct buf *out, struct webconfig_change *change,
                             struct err *err) MUST_USE;

#endif
