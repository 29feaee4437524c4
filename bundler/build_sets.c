/* SPDX-License-Identifier: MIT */
/*
 * Inside of build.c: the trust sets that a bundle carries, from keys/trust/.
 */
#include "bundler/build_sets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fsio.h"
#include "base/limits.h"

#define FOLDER WORKSPACE_TRUST_SETS

/* The bytes of a set and its signatures. */
struct set {
    struct buf document;
    struct buf signatures[LIMIT_TRUST_SIGNATURES];
};

struct build_sets {
    struct set sets[LIMIT_TRUST_SETS];
    struct bundle_write_set items[LIMIT_TRUST_SETS]; /* over `sets` */
    size_t count;
};

/* *found: false, which is no failure, when the file is absent. */
static bool read_file(const struct workspace *ws, const char *name, struct buf *out, bool *found,
                      struct err *err)
{
    char *path = workspace_path(ws, name, err);
    enum fsio_kind kind = FSIO_ABSENT;
    bool ok = path != NULL && fsio_kind(path, &kind, err);

    *found = ok && kind != FSIO_ABSENT;
    if (*found) {
        ok = fsio_read_file(path, out->max, out, err);
    }
    free(path);
    return ok;
}

static bool read_set(const struct workspace *ws, struct build_sets *sets, uint64_t version,
                     struct err *err)
{
    struct bundle_write_set *item = &sets->items[sets->count];
    struct set *set = &sets->sets[sets->count++];
    char name[64];
    bool found, ok;

    buf_init(&set->document, LIMIT_TRUST_BYTES);
    *item = (struct bundle_write_set){version, {&set->document, set->signatures, 0}};
    snprintf(name, sizeof name, FOLDER "/%06" PRIu64 ".xml", version);
    ok = read_file(ws, name, &set->document, &found, err);
    for (size_t i = 0; ok && found && i < LIMIT_TRUST_SIGNATURES; i++) {
        snprintf(name, sizeof name, FOLDER "/%06" PRIu64 "-%zu.p7s", version, i + 1);
        buf_init(&set->signatures[i], LIMIT_SIGNATURE_BYTES);
        ok = read_file(ws, name, &set->signatures[i], &found, err);
        item->parts.count += ok && found;
    }
    return ok && (item->parts.count > 0 ||
                  err_set(err, ERR_TRUST_GAP,
                          "%s/%s: is missing; bundles carry every trust set since the first, so "
                          "that no site is left behind",
                          ws->dir, name));
}

struct build_sets *build_sets_read(const struct workspace *ws, uint64_t version, struct err *err)
{
    struct build_sets *sets = calloc(1, sizeof *sets);
    uint64_t first = version > LIMIT_TRUST_SETS + 1 ? version - LIMIT_TRUST_SETS + 1 : 2;

    if (sets == NULL) {
        err_memory(err);
        return NULL;
    }
    for (uint64_t v = first; v <= version; v++) {
        if (!read_set(ws, sets, v, err)) {
            build_sets_free(sets);
            return NULL;
        }
    }
    return sets;
}

void build_sets_free(struct build_sets *sets)
{
    for (size_t i = 0; sets != NULL && i < sets->count; i++) {
        buf_release(&sets->sets[i].document);
        for (size_t j = 0; j < LIMIT_TRUST_SIGNATURES; j++) {
            buf_release(&sets->sets[i].signatures[j]);
        }
    }
    free(sets);
}

bool build_sets_list(const struct build_sets *sets, struct manifest *m, struct err *err)
{
    return bundle_write_list(m, sets->items, sets->count, err);
}

bool build_sets_write(const struct build_sets *sets, struct tarwrite *w,
                      const struct bundle_write_signed *manifest, struct err *err)
{
    return bundle_write_head(w, sets->items, sets->count, manifest, err);
}
