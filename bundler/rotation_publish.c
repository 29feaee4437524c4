/* SPDX-License-Identifier: MIT */
/*
 * The pending trust set becomes the current one, and is never changed again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fsio.h"
#include "bundler/rotation.h"

#define FILE_MODE 0644
#define FOLDER_MODE 0700
#define NAME_SIZE 64
#define DOCUMENT WORKSPACE_TRUST_SETS "/%06" PRIu64 ".xml"
#define SIGNATURE WORKSPACE_TRUST_SETS "/%06" PRIu64 "-%zu.p7s"

static bool refuse(const char *path, struct err *err)
{
    return err_set(err, ERR_TRUST_DIFFERENT,
                   "%s: a set of this number got its signatures already, and sites may have it: it "
                   "is never changed. 'bundler trust sign' ends what was cut off",
                   path);
}

/* *there: it is there with these bytes; with others, or with any when `bytes` is NULL: refused. */
static bool look(const char *path, const struct buf *bytes, bool *there, struct err *err)
{
    enum fsio_kind kind;
    struct buf found;
    bool ok, same;

    if (!fsio_kind(path, &kind, err)) {
        return false;
    }
    *there = kind != FSIO_ABSENT;
    if (!*there) {
        return true;
    }
    if (bytes == NULL) {
        return refuse(path, err);
    }
    buf_init(&found, LIMIT_TRUST_BYTES);
    ok = fsio_read_file(path, LIMIT_TRUST_BYTES, &found, err);
    same = ok && buf_equal(&found, bytes);
    buf_release(&found);
    return ok && (same || refuse(path, err));
}

bool rotation_check_published(const struct rotation *r, uint64_t version, const struct buf *bytes,
                              struct err *err)
{
    char name[NAME_SIZE];
    char *path;
    bool there, ok;

    snprintf(name, sizeof name, DOCUMENT, version);
    path = workspace_path(r->ws, name, err);
    ok = path != NULL && look(path, bytes, &there, err);
    free(path);
    return ok;
}

static bool remove_file(const struct workspace *ws, const char *name, struct err *err)
{
    char *path = workspace_path(ws, name, err);
    bool ok = path != NULL && fsio_remove(path, err);

    free(path);
    return ok;
}

bool rotation_clear_files(const struct rotation *r, struct err *err)
{
    for (size_t i = LIMIT_TRUST_SIGNATURES; i > 0; i--) {
        char name[NAME_SIZE];

        snprintf(name, sizeof name, ROTATION_SIGNATURE, i);
        if (!remove_file(r->ws, name, err)) {
            return false;
        }
    }
    return remove_file(r->ws, WORKSPACE_TRUST_NEXT, err);
}

static bool keep(const struct rotation *r, const char *name, const struct buf *bytes,
                 struct err *err)
{
    char *path = workspace_path(r->ws, name, err);
    bool there = false, ok = path != NULL && look(path, bytes, &there, err);

    if (ok && !there && bytes != NULL) {
        ok = fsio_write_new(path, bytes->data, bytes->len, FILE_MODE, err);
    }
    free(path);
    return ok;
}

/* Where bundles take it from. The document first: from then on the set is not changed. */
static bool keep_all(const struct rotation *r, struct err *err)
{
    char *folder = workspace_path(r->ws, WORKSPACE_TRUST_SETS, err);
    char name[NAME_SIZE];
    bool ok;

    snprintf(name, sizeof name, DOCUMENT, r->next->version);
    ok = folder != NULL && fsio_make_dir(folder, FOLDER_MODE, err) &&
         keep(r, name, &r->next->bytes, err);
    free(folder);
    for (size_t i = 0; ok && i < LIMIT_TRUST_SIGNATURES; i++) {
        snprintf(name, sizeof name, SIGNATURE, r->next->version, i + 1);
        ok = keep(r, name, i < r->signature_count ? &r->signatures[i] : NULL, err);
    }
    return ok;
}

static bool make_current(struct rotation *r, struct trust *next, struct err *err)
{
    char *path = workspace_path(r->ws, WORKSPACE_TRUST, err);
    bool ok = path != NULL && keep_all(r, err) &&
              fsio_replace(path, next->bytes.data, next->bytes.len, FILE_MODE, err);

    free(path);
    if (!ok) {
        trust_free(next);
        return false;
    }
    trust_free(r->current);
    trust_free(r->next);
    r->current = next;
    r->next = NULL;
    return rotation_clear_files(r, err);
}

bool rotation_publish(struct rotation *r, bool *done, struct err *missing, struct err *err)
{
    struct trust_signature signatures[LIMIT_TRUST_SIGNATURES];
    struct trust *next;

    *done = false;
    if (!workspace_check_writing(r->ws, err)) {
        return false;
    }
    if (r->leftover) {
        r->leftover = false;
        *done = true;
        return rotation_clear_files(r, err);
    }
    if (!rotation_check_pending(r, err)) {
        return false;
    }
    for (size_t i = 0; i < r->signature_count; i++) {
        signatures[i] = (struct trust_signature){r->signatures[i].data, r->signatures[i].len};
    }
    next = trust_step(r->current, r->next->bytes.data, r->next->bytes.len, signatures,
                      r->signature_count, missing);
    if (next == NULL) {
        return missing->code == ERR_TRUST_THRESHOLD ||
               err_set(err, missing->code, "%s", missing->text);
    }
    *done = true;
    return make_current(r, next, err);
}
