/* SPDX-License-Identifier: MIT */
/*
 * Writes a bundle, the counterpart of bundle.c: head, then each payload file, then tarwrite_end.
 */
#ifndef BUNDLES_BUNDLE_WRITE_H
#define BUNDLES_BUNDLE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/progress.h"
#include "bundles/manifest.h"
#include "bundles/tarwrite.h"

/* A document and its signature files, in their order; borrowed. */
struct bundle_write_signed {
    const struct buf *document;
    const struct buf *signatures;
    size_t count; /* at least 1 */
};

/* A trust set to carry. */
struct bundle_write_set {
    uint64_t version; /* 2 to 999,999 */
    struct bundle_write_signed parts;
};

/* Lists the members of carried sets, which ascend without gap, in the manifest. ERR_CONTAINER_LIMIT
 * for more than format 1 allows. */
bool bundle_write_list(struct manifest *m, const struct bundle_write_set *sets, size_t count,
                       struct err *err) MUST_USE;

/* Trust and manifest members. The sets are those that bundle_write_list put into the manifest. */
bool bundle_write_head(struct tarwrite *w, const struct bundle_write_set *sets, size_t count,
                       const struct bundle_write_signed *manifest, struct err *err) MUST_USE;

/*
 * Reads a file once and fills the member's size and digest. ERR_CONTAINER_LIMIT when it is empty or
 * larger than the member (by its `notes`) may be. `progress` may be NULL.
 */
bool bundle_write_measure(struct manifest_member *member, const char *path,
                          struct progress *progress, struct err *err) MUST_USE;

/* Reads the file again, as a member: ERR_CHANGED when it gives other bytes than were measured. */
bool bundle_write_file(struct tarwrite *w, const struct manifest_member *member, const char *path,
                       struct progress *progress, struct err *err) MUST_USE;

#endif
