/* SPDX-License-Identifier: MIT */
/*
 * The chain of a site's receipts, looked through from its first to its last.
 */
#ifndef APPLIER_AUDIT_H
#define APPLIER_AUDIT_H

#include <stdint.h>

#include "applier/state.h"
#include "base/err.h"

/*
 * Verifies every receipt that the state counts: signature, site, chain, and that the last is the
 * one that the state names. *checked: how many held. ERR_RECEIPT_CHAIN with the file that is
 * missing, changed, cut off or too many; ERR_IO*, ERR_MEMORY.
 */
bool audit_receipts(const struct state *state, uint64_t *checked, struct err *err) MUST_USE;

#endif
