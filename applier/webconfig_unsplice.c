/* SPDX-License-Identifier: MIT */
/* Applies a recorded list of edits: what recovery and rollback need of the editor, and no more. */
#include "applier/webconfig_splice.h"

bool webconfig_unsplice(const struct buf *file, const struct webconfig_edit *edits, size_t count,
                        struct buf *out, struct err *err)
{
    size_t at = 0;
    buf_clear(out);
    for (size_t i = 0; i < count; i++) {
        const struct webconfig_edit *edit = &edits[i];
        if (edit->offset < at || edit->offset > file->len ||
            edit->remove > file->len - edit->offset) {
            buf_clear(out);
            return err_set(err, ERR_STATE_DAMAGED,
                           "recorded edit %zu does not fit the file it is for", i + 1);
        }
        if (!buf_add(out, file->data + at, edit->offset - at, err) ||
            (edit->len > 0 && !buf_add(out, edit->bytes, edit->len, err)))
            goto fail;
        at = edit->offset + edit->remove;
    }
    if (buf_add(out, file->data + at, file->len - at, err))
        return true;
fail:
    buf_clear(out);
    return false;
}
