/* SPDX-License-Identifier: MIT */
/*
 * A plan as one self-contained HTML page for whoever decides on a change: what, why, who signed,
 * what was checked, what it takes, how to go back, and room for two signatures.
 *
 * No script, no external resource, a content security policy that allows only the page's own style.
 * Of a web.config it holds pins, counts and line numbers.
 */
#ifndef APPLIER_PLAN_PAGE_H
#define APPLIER_PLAN_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applier/plan.h"
#include "base/buf.h"
#include "base/err.h"
#include "bundles/bundle.h"

#define PLAN_PAGE_MAX ((size_t)134217728) /* far more than anyone reads: about 200 full targets */

/* What the page says beside plan and bundle; borrowed. */
struct plan_page_facts {
    const char *site;                    /* id; NULL: a rehearsal on a copy, without state */
    const char *bundle;                  /* path as typed */
    const char *state;                   /* folder given with --state; NULL: the default one */
    int64_t made;                        /* when the plan was computed */
    bool has_check;                      /* the site configured a check command */
    unsigned check_seconds;              /* its time limit */
    const char *window;                  /* how the patch windows stand then; NULL: none */
    const struct site_service *services; /* that are stopped meanwhile */
    size_t service_count;
};

/* Writes the page. `bundle` is NULL for an undo. ERR_IO_LIMIT, ERR_MEMORY, ERR_INTERNAL. */
bool plan_page(const struct plan *plan, const struct bundle *bundle,
               const struct plan_page_facts *facts, struct buf *out, struct err *err) MUST_USE;

#endif
