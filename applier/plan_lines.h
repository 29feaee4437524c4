/* SPDX-License-Identifier: MIT */
/*
 * The exact elements that a plan puts into a target and takes out of it, as text to show.
 *
 * Cut from the file by a scan: an element reaches from its "<" to its ">", so whatever else stands
 * on its line (a comment, for one) is never among it.
 */
#ifndef APPLIER_PLAN_LINES_H
#define APPLIER_PLAN_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/plan.h"
#include "base/buf.h"
#include "base/err.h"

struct plan_line {
    bool comes;                 /* else it goes */
    const struct plan_row *row; /* of the target: line, pin, reason */
    struct buf text; /* the element in ASCII; what is no printable character of it is \xNN */
};

struct plan_lines {
    struct plan_line *items; /* those that go in the order of the old file, then those that come in
                                the order of the new one */
    size_t count;
};

/* Refers to the target's rows. ERR_INTERNAL when a row names what its file does not hold. The
 * caller releases after success. */
bool plan_lines_of(const struct plan_target *target, struct plan_lines *out,
                   struct err *err) MUST_USE;
void plan_lines_release(struct plan_lines *lines);

/*
 * Adds the element with all but the first 8 and last 12 digits of a long value left out ("...");
 * the pin's fingerprint tells keys apart, not these digits.
 */
bool plan_lines_add_short(const struct plan_line *line, struct buf *out, struct err *err) MUST_USE;

#endif
