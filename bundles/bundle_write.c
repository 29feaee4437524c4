/* SPDX-License-Identifier: MIT */
/*
 * Writes a bundle, the counterpart of bundle.c: head, then each payload file, then tarwrite_end.
 */
#include "bundles/bundle_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "bundles/tarhead.h"
#include "keys/crypto.h"

#define PORTION ((size_t)65536) /* of a payload file in memory */

/* --- head --- */

/* One member of a signed document: what to do with it is the callee's. */
typedef bool (*visit_member)(void *ctx, const char *name, const struct buf *bytes, struct err *err);

/* "STEM.xml", then "STEM-1.p7s" and so on. */
static bool visit_signed(const char *stem, const struct bundle_write_signed *parts,
                         visit_member visit, void *ctx, struct err *err)
{
    char name[TARHEAD_NAME_MAX];
    bool ok;

    snprintf(name, sizeof name, "%s.xml", stem);
    ok = visit(ctx, name, parts->document, err);
    for (size_t i = 0; ok && i < parts->count; i++) {
        snprintf(name, sizeof name, "%s-%zu.p7s", stem, i + 1);
        ok = visit(ctx, name, &parts->signatures[i], err);
    }
    return ok;
}

static bool visit_sets(const struct bundle_write_set *sets, size_t count, visit_member visit,
                       void *ctx, struct err *err)
{
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        char stem[32];

        snprintf(stem, sizeof stem, "trust/%06" PRIu64, sets[i].version);
        ok = visit_signed(stem, &sets[i].parts, visit, ctx, err);
    }
    return ok;
}

/* The names of sets are far shorter than the longest that a manifest holds. */
static bool copy_name(char out[static MANIFEST_NAME_MAX], const char *name, struct err *err)
{
    size_t len = strlen(name);

    if (len >= MANIFEST_NAME_MAX) {
        return err_set(err, ERR_INTERNAL, "the member name %s is too long", name);
    }
    memcpy(out, name, len + 1);
    return true;
}

static bool list_member(void *ctx, const char *name, const struct buf *bytes, struct err *err)
{
    struct manifest_member *member = manifest_add_trust(ctx, err);

    if (member == NULL || !copy_name(member->name, name, err)) {
        return false;
    }
    member->size = bytes->len;
    return crypto_sha256(member->sha256, bytes->data, bytes->len, err);
}

bool bundle_write_list(struct manifest *m, const struct bundle_write_set *sets, size_t count,
                       struct err *err)
{
    return visit_sets(sets, count, list_member, m, err);
}

static bool write_member(void *ctx, const char *name, const struct buf *bytes, struct err *err)
{
    return tarwrite_member(ctx, name, bytes->len, err) &&
           tarwrite_bytes(ctx, bytes->data, bytes->len, err);
}

bool bundle_write_head(struct tarwrite *w, const struct bundle_write_set *sets, size_t count,
                       const struct bundle_write_signed *manifest, struct err *err)
{
    return visit_sets(sets, count, write_member, w, err) &&
           visit_signed("manifest", manifest, write_member, w, err);
}

/* --- payload --- */

/* A payload file on its way through its digest, and into a tar unless `w` is NULL. */
struct stream {
    struct fsio_file *file;
    struct crypto_hash *hash;
    uint8_t *portion;
    uint64_t most, done; /* bytes that it may have, and has given */
    struct tarwrite *w;
    struct progress *progress;
};

/* Up to one byte more than `most` is read, which tells a file that is too long. */
static bool stream_bytes(struct stream *s, struct err *err)
{
    size_t got;

    do {
        if (!fsio_read(s->file, s->portion, PORTION, &got, err)) {
            return false;
        }
        s->done += got;
        if (s->done > s->most) {
            return true;
        }
        if (got > 0 && (!crypto_hash_add(s->hash, s->portion, got, err) ||
                        (s->w != NULL && !tarwrite_bytes(s->w, s->portion, got, err)))) {
            return false;
        }
        progress_add(s->progress, got);
    } while (got > 0);
    return true;
}

static bool stream_file(struct stream *s, const char *path,
                        uint8_t sha256[static CRYPTO_SHA256_SIZE], struct err *err)
{
    bool ok;

    s->file = fsio_open(path, err);
    s->hash = s->file == NULL ? NULL : crypto_hash_new(err);
    s->portion = s->hash == NULL ? NULL : malloc(PORTION);
    if (s->hash != NULL && s->portion == NULL) {
        err_memory(err);
    }
    ok = s->portion != NULL && stream_bytes(s, err) && crypto_hash_final(s->hash, sha256, err);
    free(s->portion);
    crypto_hash_free(s->hash);
    fsio_close(s->file);
    return ok;
}

bool bundle_write_measure(struct manifest_member *member, const char *path,
                          struct progress *progress, struct err *err)
{
    struct stream s = {.most = member->notes ? LIMIT_NOTES_BYTES : LIMIT_MEMBER_BYTES,
                       .progress = progress};

    if (!stream_file(&s, path, member->sha256, err)) {
        return false;
    }
    if (s.done == 0 || s.done > s.most) {
        return err_set(
            err, ERR_CONTAINER_LIMIT, "%s: %s; %s in a bundle have 1 to %" PRIu64 " bytes", path,
            s.done == 0 ? "empty" : "too large", member->notes ? "notes" : "files", s.most);
    }
    member->size = s.done;
    return true;
}

bool bundle_write_file(struct tarwrite *w, const struct manifest_member *member, const char *path,
                       struct progress *progress, struct err *err)
{
    struct stream s = {.most = member->size, .w = w, .progress = progress};
    uint8_t sha256[CRYPTO_SHA256_SIZE];

    if (!tarwrite_member(w, member->name, member->size, err) ||
        !stream_file(&s, path, sha256, err)) {
        return false;
    }
    return (s.done == member->size && memcmp(sha256, member->sha256, sizeof sha256) == 0) ||
           err_set(err, ERR_CHANGED,
                   "%s: changed while the bundle was written; try again once nobody writes to it",
                   path);
}
