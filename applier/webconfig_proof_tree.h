/* SPDX-License-Identifier: MIT */
/*
 * The proof's first evidence: both files as libxml2's trees.
 *
 * Shares nothing with the scan: it reads the DOM, not events, and knows no offsets.
 */
#ifndef APPLIER_WEBCONFIG_PROOF_TREE_H
#define APPLIER_WEBCONFIG_PROOF_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define WEBCONFIG_PROOF_PIECES_MAX ((size_t)65536) /* sixteen a pin, for 4096 pins */

/* A comment, processing instruction or element directly in the section. */
struct webconfig_proof_piece {
    char kind;    /* 'c', 'p', 'e' */
    bool is_item; /* a pinnedCertificate */
    bool plain;   /* a pinnedCertificate with a hex publicKeyString and nothing else */
    bool drops;   /* clear or remove: .NET drops pins that stand above it */
    bool spaced;  /* white space in its value */
    bool has_digest;
    bool is_key; /* that format 1 allows */
    uint8_t sha256[32];
    size_t start, end; /* bytes of the file; set by webconfig_proof_bytes */
};

struct webconfig_proof_tree;

/*
 * Parses `file` and finds the section as webconfig_scan's selector says. NULL with ERR_PROOF if it
 * is not well-formed, has a DOCTYPE, not exactly one such section, or text in it; ERR_MEMORY.
 * `which` ("old", "new") names the file in messages. Keeps no reference to `file`.
 */
struct webconfig_proof_tree *webconfig_proof_tree_open(const struct buf *file, const char *which,
                                                       const char *section,
                                                       struct err *err) MUST_USE;
void webconfig_proof_tree_free(struct webconfig_proof_tree *tree); /* NULL is legal */

/* Whether a file is well-formed, without DOCTYPE, and without any pins section. ERR_PROOF if not.
 */
bool webconfig_proof_tree_none(const struct buf *file, struct err *err) MUST_USE;

/* Whether the section is the file's only one, and stands in the root in exactly the groups in which
 * its configSections declares one with a type. ERR_PROOF if not. */
bool webconfig_proof_tree_declared(const struct webconfig_proof_tree *tree,
                                   struct err *err) MUST_USE;

/* The section's pieces in order, owned by the tree. */
struct webconfig_proof_piece *webconfig_proof_tree_pieces(struct webconfig_proof_tree *tree,
                                                          size_t *count);

/* Which start tag of the file is the section's, counted from 0. */
size_t webconfig_proof_tree_ordinal(const struct webconfig_proof_tree *tree);

/* Whether the trees are equal but for plain pieces and white space in the section. ERR_PROOF if
 * not. */
bool webconfig_proof_tree_equal(const struct webconfig_proof_tree *a,
                                const struct webconfig_proof_tree *b, struct err *err) MUST_USE;

#endif
