/* SPDX-License-Identifier: MIT */
/*
 * Reads the trust and manifest members of a bundle without looking into them.
 */
#include "bundles/bundle_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/policy.h"
#include "bundles/naming.h"

/* The source as the tarball sees it: what passes is kept as head until the head is complete. */
static bool tee_read(void *ctx, void *bytes, size_t len, size_t *got, struct err *err)
{
    struct bundle_parts *parts = ctx;

    if (!parts->source.read(parts->source.ctx, bytes, len, got, err)) {
        return false;
    }
    progress_add(parts->progress, *got);
    return !parts->heading || buf_add(&parts->head, bytes, *got, err);
}

static bool read_content(struct bundle_parts *parts, struct bundle_part *part, uint64_t size,
                         struct err *err)
{
    uint8_t *bytes;
    size_t got = 1;

    buf_init(&part->bytes, (size_t)size);
    bytes = buf_reserve(&part->bytes, (size_t)size, err);
    if (bytes == NULL) {
        return false;
    }
    while (part->bytes.len < size && got > 0) {
        if (!tarball_read(parts->tarball, bytes + part->bytes.len, (size_t)size - part->bytes.len,
                          &got, err)) {
            return false;
        }
        part->bytes.len += got;
    }
    return part->bytes.len == size ||
           err_set(err, ERR_CONTAINER_FORM, "'%s' has fewer bytes than announced", part->name);
}

static void note_kind(struct bundle_parts *parts, enum naming_kind kind,
                      const struct naming *naming)
{
    switch (kind) {
    case NAMING_SET:
        if (parts->set_count == 0) {
            parts->first_version = naming->set;
        }
        parts->sets[parts->set_count++].document = parts->count;
        break;
    case NAMING_SET_SIGNATURE:
        parts->sets[parts->set_count - 1].signatures++;
        break;
    case NAMING_MANIFEST:
        parts->manifest.document = parts->count;
        break;
    case NAMING_MANIFEST_SIGNATURE:
        parts->manifest.signatures++;
        break;
    case NAMING_PAYLOAD:
        break;
    }
}

/* Takes the member whose header came last. *more = false when it is the first of the payload. */
static bool take_member(struct bundle_parts *parts, struct naming *naming, bool *more,
                        struct err *err)
{
    const struct tarball_member *member = &parts->next;
    struct bundle_part *part = &parts->items[parts->count];
    enum naming_kind kind;

    if (!naming_next(naming, member->name, &kind)) {
        return err_set(
            err, ERR_CONTAINER_MEMBER, "%smember '%s' may not stand at this place of one",
            parts->count == 0 ? "this is not a Pinferry bundle: " : "of a bundle: ", member->name);
    }
    if (POLICY("container.limit", member->size == 0 || member->size > naming_limit(kind))) {
        return err_set(err, ERR_CONTAINER_LIMIT, "member '%s' must have 1 to %llu bytes, not %llu",
                       member->name, (unsigned long long)naming_limit(kind),
                       (unsigned long long)member->size);
    }
    *more = kind != NAMING_PAYLOAD;
    if (!*more) {
        return true;
    }
    note_kind(parts, kind, naming);
    parts->count++;
    memcpy(part->name, member->name, sizeof part->name);
    return read_content(parts, part, member->size, err);
}

static bool read_parts(struct bundle_parts *parts, struct err *err)
{
    struct tarball_source tee = {.read = tee_read, .ctx = parts};
    struct naming naming = {0};
    bool more = true;

    parts->tarball = tarball_open(tee, err);
    if (parts->tarball == NULL) {
        return false;
    }
    while (more) {
        if (!tarball_next(parts->tarball, &parts->next, &parts->more, err)) {
            return false;
        }
        more = parts->more;
        if (more && !take_member(parts, &naming, &more, err)) {
            return false;
        }
    }
    /* the block just read, a header or zeros, is not of the head */
    parts->heading = false;
    parts->head.len -= TARHEAD_BLOCK;
    return naming_complete(&naming) ||
           err_set(err, ERR_CONTAINER_MEMBER,
                   "the bundle has no manifest with a signature: is it a Pinferry bundle?");
}

struct bundle_parts *bundle_parts_read(struct tarball_source source, struct progress *progress,
                                       struct err *err)
{
    struct bundle_parts *parts = calloc(1, sizeof *parts);

    if (parts == NULL) {
        err_memory(err);
        return NULL;
    }
    buf_init(&parts->head, LIMIT_HEAD_BYTES);
    parts->source = source;
    parts->heading = true;
    parts->progress = progress;
    if (!read_parts(parts, err)) {
        bundle_parts_free(parts);
        return NULL;
    }
    return parts;
}

void bundle_parts_free(struct bundle_parts *parts)
{
    if (parts == NULL) {
        return;
    }
    for (size_t i = 0; i < parts->count; i++) {
        buf_release(&parts->items[i].bytes);
    }
    buf_release(&parts->head);
    tarball_free(parts->tarball);
    free(parts);
}

size_t bundle_parts_signatures(const struct bundle_parts *parts, const struct bundle_signed *of,
                               struct trust_signature out[static LIMIT_TRUST_SIGNATURES])
{
    for (size_t i = 0; i < of->signatures; i++) {
        out[i].bytes = parts->items[of->document + 1 + i].bytes.data;
        out[i].len = parts->items[of->document + 1 + i].bytes.len;
    }
    return of->signatures;
}
