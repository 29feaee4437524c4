/* SPDX-License-Identifier: MIT */
/*
 * Inside of bundle.c: the bundle's trust and manifest members, as they lie in the tar.
 */
#ifndef BUNDLES_BUNDLE_PARTS_H
#define BUNDLES_BUNDLE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/progress.h"
#include "bundles/tarball.h"
#include "keys/trust.h"

#define BUNDLE_PARTS_MAX                                                                           \
    (LIMIT_TRUST_SETS * (1 + LIMIT_TRUST_SIGNATURES) + 1 + LIMIT_MANIFEST_SIGNATURES)

/* A member read whole; nothing of its content is looked at here. */
struct bundle_part {
    char name[TARHEAD_NAME_MAX];
    struct buf bytes;
};

/* A document and the signature files behind it, as indices into `items`. */
struct bundle_signed {
    size_t document;
    size_t signatures; /* they follow the document */
};

struct bundle_parts {
    struct bundle_part items[BUNDLE_PARTS_MAX];
    size_t count;
    struct bundle_signed sets[LIMIT_TRUST_SETS];
    size_t set_count;
    unsigned first_version; /* of the first carried set; the others follow without gap */
    struct bundle_signed manifest;
    struct buf head; /* the raw bytes of all that */

    struct tarball_source source; /* what the tee below reads from */
    bool heading;                 /* the tee still fills `head` */
    struct progress *progress;
    struct tarball *tarball;
    struct tarball_member next; /* the first member behind, if there is one */
    bool more;
};

/*
 * Opens the tar and reads it up to the first member that is no manifest-N.p7s (check 4 of
 * docs/format.md 6): ERR_CONTAINER_*, ERR_IO*. The caller frees; NULL on failure.
 */
struct bundle_parts *bundle_parts_read(struct tarball_source source, struct progress *progress,
                                       struct err *err) MUST_USE;
void bundle_parts_free(struct bundle_parts *parts); /* NULL is legal */

/* The signature files of a document, for trust_verify and trust_step: returns how many. */
size_t bundle_parts_signatures(const struct bundle_parts *parts, const struct bundle_signed *of,
                               struct trust_signature out[static LIMIT_TRUST_SIGNATURES]);

#endif
