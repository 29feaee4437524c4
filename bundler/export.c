/* SPDX-License-Identifier: MIT */
/*
 * Puts a verified bundle on a medium, with what the person on the other side needs.
 */
#include "bundler/export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/when.h"
#include "bundler/check.h"
#include "bundler/export_text.h"
#include "keys/crypto.h"

#define FILE_MODE 0644
#define DIR_MODE 0755
#define PORTION ((size_t)65536)
#define TEXT_MAX LIMIT_TRUST_BYTES /* of a small file: a trust set is the largest */

/* A file beside the bundle. */
struct small {
    const char *name;
    struct buf bytes;
};

struct job {
    const struct export_request *request;
    struct export_result *result;
    const char *name; /* of the bundle, within its path */
    struct bundle *original;
    uint8_t sha256[CRYPTO_SHA256_SIZE]; /* of the whole bundle */
    struct small files[EXPORT_FILES - 1];
    size_t count;
};

/* --- reading --- */

/* Through the digest, and into `out` unless that is NULL. */
static bool pour(struct fsio_file *file, struct crypto_hash *hash, struct fsio_out *out,
                 struct progress *progress, struct err *err)
{
    uint8_t *portion = malloc(PORTION);
    bool ok = portion != NULL || err_memory(err);
    size_t got = 0;

    do {
        ok = ok && fsio_read(file, portion, PORTION, &got, err) &&
             crypto_hash_add(hash, portion, got, err) &&
             (out == NULL || fsio_write(out, portion, got, err));
        progress_add(progress, got);
    } while (ok && got > 0);
    free(portion);
    return ok;
}

static bool digest(struct job *job, const char *path, struct fsio_out *out,
                   uint8_t sha256[static CRYPTO_SHA256_SIZE], struct err *err)
{
    struct fsio_file *file = fsio_open(path, err);
    struct crypto_hash *hash = file == NULL ? NULL : crypto_hash_new(err);
    bool ok = hash != NULL && pour(file, hash, out, job->request->progress, err) &&
              crypto_hash_final(hash, sha256, err);

    crypto_hash_free(hash);
    fsio_close(file);
    return ok;
}

static bool verify_original(struct job *job, struct err *err)
{
    const struct export_request *request = job->request;
    const struct err *problem;

    job->original = check_open(request->trust, request->bundle, NULL, false, request->local,
                               request->progress, err);
    if (job->original == NULL) {
        return false;
    }
    problem = bundle_date_problem(job->original);
    if (problem->code != ERR_NONE && problem->code != ERR_TIME_NOT_YET) {
        return err_set(err, problem->code, "%s: no site would take it: %s", request->bundle,
                       problem->text);
    }
    return digest(job, request->bundle, NULL, job->sha256, err);
}

/* --- what is there already --- */

static bool refuse(const char *path, struct err *err)
{
    return err_set(err, ERR_IO_EXISTS,
                   "%s: is there already, with other content, and is not overwritten; name an "
                   "empty folder",
                   path);
}

/* *absent: it is to be made. */
static bool check_bundle(struct job *job, const char *path, bool *absent, struct err *err)
{
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    enum fsio_kind kind;

    if (!fsio_kind(path, &kind, err)) {
        return false;
    }
    *absent = kind == FSIO_ABSENT;
    if (*absent) {
        return true;
    }
    return digest(job, path, NULL, sha256, err) &&
           (memcmp(sha256, job->sha256, sizeof sha256) == 0 || refuse(path, err));
}

static bool check_small(const struct small *file, const char *path, bool *absent, struct err *err)
{
    struct buf bytes;
    enum fsio_kind kind;
    bool ok;

    if (!fsio_kind(path, &kind, err)) {
        return false;
    }
    *absent = kind == FSIO_ABSENT;
    if (*absent) {
        return true;
    }
    buf_init(&bytes, TEXT_MAX);
    ok = fsio_read_file(path, TEXT_MAX, &bytes, err);
    ok = (ok && buf_equal(&bytes, &file->bytes)) || refuse(path, err);
    buf_release(&bytes);
    return ok;
}

static bool check_dir(struct job *job, struct err *err)
{
    struct export_result *result = job->result;

    for (size_t i = 0; i <= job->count; i++) {
        const char *name = i == 0 ? job->name : job->files[i - 1].name;
        char *path = fsio_join(job->request->dir, name, err);

        if (path == NULL) {
            return false;
        }
        result->paths[result->count++] = path;
        if (!(i == 0 ? check_bundle(job, path, &result->made[i], err)
                     : check_small(&job->files[i - 1], path, &result->made[i], err))) {
            return false;
        }
    }
    return true;
}

/* --- writing --- */

/*
 * Verifying covers every bit but which of several valid signatures stand there; comparing the
 * heads covers those.
 */
static bool verify_copy(struct job *job, const char *path, struct fsio_file *file, struct err *err)
{
    struct export_result *result = job->result;

    result->bundle = check_open(job->request->trust, path, file, false, job->request->local,
                                job->request->progress, err);
    return result->bundle != NULL &&
           (buf_equal(bundle_head(result->bundle), bundle_head(job->original)) ||
            err_set(err, ERR_CHANGED, "%s: changed while it was copied; try again",
                    job->request->bundle));
}

static bool copy_bundle(struct job *job, const char *path, struct err *err)
{
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    struct fsio_out *out = fsio_create(path, FILE_MODE, err);
    struct fsio_file *file = NULL;
    bool ok = out != NULL && digest(job, job->request->bundle, out, sha256, err);

    if (ok && memcmp(sha256, job->sha256, sizeof sha256) != 0) {
        ok = err_set(err, ERR_CHANGED, "%s: changed while it was copied; try again",
                     job->request->bundle);
    }
    if (ok) {
        file = fsio_reread(out, err);
        ok = file != NULL && verify_copy(job, path, file, err);
    }
    fsio_close(file);
    if (!ok) {
        fsio_discard(out);
        return false;
    }
    return fsio_commit(out, false, err);
}

/* Written, and read back the same; else it is taken away again. */
static bool write_small(const struct small *file, const char *path, struct err *err)
{
    bool absent = false;
    struct err cause = {0};

    if (!fsio_write_new(path, file->bytes.data, file->bytes.len, FILE_MODE, err)) {
        return false;
    }
    if (check_small(file, path, &absent, &cause) && !absent) {
        return true;
    }
    err_set(err, ERR_IO, "%s: the medium does not give back what was written; use another one",
            path);
    if (!absent && !fsio_remove(path, &cause)) {
        err_context(err, "left behind, to be removed: %s", path);
    }
    return false;
}

/* Half a set of files would look like one that was carried whole. */
static void take_back(const struct export_result *result, size_t made, struct err *err)
{
    for (size_t i = 0; i < made; i++) {
        struct err cause = {0};

        if (result->made[i] && !fsio_remove(result->paths[i], &cause)) {
            err_context(err, "left behind, to be removed: %s", result->paths[i]);
        }
    }
}

static bool write_all(struct job *job, struct err *err)
{
    struct export_result *result = job->result;

    for (size_t i = 0; i < result->count; i++) {
        bool ok = true;

        if (i == 0 && !result->made[0]) {
            ok = verify_copy(job, result->paths[0], NULL, err);
        } else if (i == 0) {
            ok = copy_bundle(job, result->paths[0], err);
        } else if (result->made[i]) {
            ok = write_small(&job->files[i - 1], result->paths[i], err);
        }
        if (!ok) {
            take_back(result, i, err);
            return false;
        }
    }
    return true;
}

/* --- texts --- */

static struct buf *add_small(struct job *job, const char *name)
{
    struct small *file = &job->files[job->count++];

    file->name = name;
    buf_init(&file->bytes, TEXT_MAX);
    return &file->bytes;
}

static bool add_sum(struct buf *sums, const uint8_t sha256[static CRYPTO_SHA256_SIZE],
                    const char *name, struct err *err)
{
    char hex[2 * CRYPTO_SHA256_SIZE + 1];

    text_hex(hex, sha256, CRYPTO_SHA256_SIZE);
    return buf_printf(sums, err, "%s  %s\n", hex, name);
}

/* Not of the trust set: that digest is the fingerprint, which must not travel with it. */
static bool make_sums(struct job *job, struct err *err)
{
    size_t listed = job->count;
    struct buf *sums = add_small(job, EXPORT_SUMS);
    bool ok = add_sum(sums, job->sha256, job->name, err);

    for (size_t i = 0; ok && i < listed; i++) {
        const struct small *file = &job->files[i];
        uint8_t sha256[CRYPTO_SHA256_SIZE];

        ok = strcmp(file->name, EXPORT_TRUST) == 0 ||
             (crypto_sha256(sha256, file->bytes.data, file->bytes.len, err) &&
              add_sum(sums, sha256, file->name, err));
    }
    return ok;
}

static bool make_texts(struct job *job, struct err *err)
{
    const struct export_request *request = job->request;
    bool ok = export_text_readme(add_small(job, EXPORT_README), bundle_manifest(job->original),
                                 job->name, err);

    if (ok && request->enrol) {
        ok = export_text_enrol(add_small(job, EXPORT_ENROL), request->trust, err) &&
             buf_add(add_small(job, EXPORT_TRUST), request->trust->bytes.data,
                     request->trust->bytes.len, err);
    }
    return ok && make_sums(job, err);
}

/* A link to a folder will do: that is how some systems name their drives. */
static bool make_dir(const char *dir, struct err *err)
{
    enum fsio_kind kind;

    return fsio_kind(dir, &kind, err) && (kind == FSIO_LINK || fsio_make_dir(dir, DIR_MODE, err));
}

bool export_bundle(const struct export_request *request, struct export_result *result,
                   struct err *err)
{
    struct job job = {.request = request, .result = result, .name = fsio_name(request->bundle)};
    bool ok;

    *result = (struct export_result){0};
    ok = export_text_check_name(job.name, err) && verify_original(&job, err) &&
         make_texts(&job, err) && make_dir(request->dir, err) && check_dir(&job, err) &&
         write_all(&job, err);
    for (size_t i = 0; i < job.count; i++) {
        buf_release(&job.files[i].bytes);
    }
    bundle_free(job.original);
    if (!ok) {
        export_result_release(result);
    }
    return ok;
}

void export_result_release(struct export_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        free(result->paths[i]);
    }
    bundle_free(result->bundle);
    *result = (struct export_result){0};
}
