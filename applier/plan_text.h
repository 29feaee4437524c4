/* SPDX-License-Identifier: MIT */
/*
 * A plan as text for a terminal or a log: what `applier plan` and `applier apply` show.
 *
 * Of a web.config only pins are shown, with line numbers and without context. Every text that comes
 * from a bundle or from the file system is escaped.
 */
#ifndef APPLIER_PLAN_TEXT_H
#define APPLIER_PLAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/plan.h"
#include "base/buf.h"
#include "base/err.h"
#include "bundles/bundle.h"

#define PLAN_TEXT_MAX ((size_t)67108864) /* 1,024 targets with a full table each */

/*
 * Appends the bundle's head (who signed, until when, its notes), each target, with its pin lines
 * and the table of fates if it changes, and the plan's digest. `bundle` is NULL for an undo.
 * Colours only if `color`. Warnings are not among it: plan_words_warnings.
 */
bool plan_text(const struct plan *plan, const struct bundle *bundle, bool color, struct buf *out,
               struct err *err) MUST_USE;

/* The bundle's head alone. */
bool plan_text_bundle(const struct bundle *bundle, bool color, struct buf *out,
                      struct err *err) MUST_USE;

#endif
