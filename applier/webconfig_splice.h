/* SPDX-License-Identifier: MIT */
/*
 * New bytes of a web.config by splicing: items are put in and taken out, every other byte is
 * copied.
 *
 * Called by applier/plan.c only (and the tests): see webconfig.h on why no bundle reaches this.
 */
#ifndef APPLIER_WEBCONFIG_SPLICE_H
#define APPLIER_WEBCONFIG_SPLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applier/webconfig.h"
#include "base/buf.h"
#include "base/err.h"
#include "keys/pin.h"

/* One item that came or went. `line`: of the new file for added ones, of the old one for removed.
 */
struct webconfig_line {
    size_t line;
    struct pin
        pin; /* of removed items that are no allowed key only bytes, len and sha256 are set */
};

/*
 * At `offset` of a file, `remove` bytes give way to `len` bytes at `bytes`. In a list, offsets are
 * those of the file before any edit of the list, ascending, and ranges do not overlap.
 */
struct webconfig_edit {
    size_t offset;
    size_t remove;
    const uint8_t *bytes; /* not owned; may be NULL if len is 0 */
    size_t len;
};

/* What a splice does. `undo` turns the new bytes into the old ones; its bytes live in `kept`. */
struct webconfig_change {
    struct webconfig_line *added;
    size_t added_count;
    size_t present_count; /* pins to add that were there already, or given twice */
    struct webconfig_line *removed;
    size_t removed_count; /* items: one for each copy of a pin */
    struct webconfig_edit *undo;
    size_t undo_count;
    struct buf kept;
};

/*
 * Writes the new file to `out`, which is emptied first and must allow the result (ERR_IO_LIMIT).
 * `change` must be initialised (webconfig_change_init); what it held is released. On failure `out`
 * is empty and `change` is as before.
 *
 * Removed are the items whose decoded value has one of the digests `remove` (SHA-256; the key need
 * not be one that format 1 allows), with their lines if nothing else stands there; else the item
 * and the blanks on one side of it, so that a comment on its line stays. An untouchable item
 * (webconfig.h) with such a digest: ERR_TARGET_ITEM.
 *
 * Added are the pins of `add` that no item holds, in the given order, behind the last item (removed
 * or not), in its form: the same bytes as that item but for the value, in its letter case, on lines
 * of their own with its indentation and line end if items stand on lines of their own. Without any
 * item: behind the section's other content in the article's form, one level deeper than the
 * section. A self-closed section gets an end tag. A pin in both lists: ERR_INTERNAL, no bundle says
 * so.
 *
 * Nothing to do gives the old bytes, and no edits.
 */
bool webconfig_splice(const struct webconfig *webconfig, const struct pin *add, size_t add_count,
                      const uint8_t (*remove)[32], size_t remove_count, struct buf *out,
                      struct webconfig_change *change, struct err *err) MUST_USE;

void webconfig_change_init(struct webconfig_change *change);
void webconfig_change_release(struct webconfig_change *change);

/*
 * Applies a list of edits to `file`, into `out`, which is emptied first. Edits that overlap,
 * descend or leave the file: ERR_STATE_DAMAGED, since they come from the journal; `out` is empty
 * then.
 */
bool webconfig_unsplice(const struct buf *file, const struct webconfig_edit *edits, size_t count,
                        struct buf *out, struct err *err) MUST_USE;

#endif
