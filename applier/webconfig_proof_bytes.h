/* SPDX-License-Identifier: MIT */
/* The proof's second evidence: which bytes of the two files differ. */
#ifndef APPLIER_WEBCONFIG_PROOF_BYTES_H
#define APPLIER_WEBCONFIG_PROOF_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "applier/webconfig_proof_tree.h"
#include "base/buf.h"
#include "base/err.h"

/* One of the two files, its section found again by counting start tags. */
struct webconfig_proof_bytes {
    const struct buf *file;
    struct webconfig_proof_piece *pieces; /* the tree's; their start and end are set here */
    size_t count;
    bool self_closed;
    size_t tag_start, tag_core; /* the start tag up to its ">" or the white space and "/>" */
    size_t content, content_end;
    size_t end_tag; /* behind the end tag, or behind the self-closed tag */
};

/* Finds the section and the extent of its pieces, which must be those of the tree. ERR_PROOF. */
bool webconfig_proof_bytes_find(struct webconfig_proof_bytes *out, const struct buf *file,
                                size_t ordinal, struct webconfig_proof_piece *pieces, size_t count,
                                struct err *err) MUST_USE;

/*
 * Whether the new file is the old one but for the pieces that go or come (a flag for each) and
 * white space next to those; and, where pieces only come or only go, with all of the old or new
 * white space kept around them. ERR_PROOF if not.
 */
bool webconfig_proof_bytes_equal(const struct webconfig_proof_bytes *old_bytes, const bool *goes,
                                 const struct webconfig_proof_bytes *new_bytes, const bool *comes,
                                 struct err *err) MUST_USE;

#endif
