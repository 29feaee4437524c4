/* SPDX-License-Identifier: MIT */
/* The proof that a file differs from another in a pins section that was created, and in no byte
 * else. */
#ifndef APPLIER_WEBCONFIG_PROOF_CREATE_H
#define APPLIER_WEBCONFIG_PROOF_CREATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applier/webconfig_proof_bytes.h"
#include "applier/webconfig_proof_tree.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * `with` is `without` and one insertion: white space, the section in plain tags with plain items
 * only, perhaps in plain tags of groups of its own. `without` is well-formed and has no section;
 * that of `with` stands where exactly such a declaration in configSections says. `tree` and its
 * pieces are of `with`; webconfig_proof_bytes_find has found them. ERR_PROOF, ERR_MEMORY.
 */
bool webconfig_proof_create(const struct buf *without, const struct buf *with,
                            const struct webconfig_proof_tree *tree,
                            const struct webconfig_proof_bytes *bytes, struct err *err) MUST_USE;

#endif
