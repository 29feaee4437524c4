/* SPDX-License-Identifier: MIT */
/*
 * Adds a signature to a bundle: verified, signed, and written anew with one member more.
 */
#include "bundler/cosign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "bundler/check.h"
#include "bundler/signer.h"
#include "bundles/naming.h"
#include "bundles/tarball.h"
#include "bundles/tarwrite.h"
#include "keys/crypto.h"
#include "keys/sigfile.h"

#define FILE_MODE 0644
#define PORTION ((size_t)65536)

struct job {
    const struct trust *trust;
    const char *path;
    int64_t now, begin; /* `begin`: when the dates are checked */
    struct progress *progress;
    const struct trust_signer *signer;
    struct buf document, signature;
    uint8_t sha256[CRYPTO_SHA256_SIZE]; /* of the document */
    unsigned number;                    /* of the new signature */
    uint8_t *portion;
    struct fsio_out *out;
};

static bool changed(const struct job *job, struct err *err)
{
    return err_set(err, ERR_CHANGED, "%s: changed while it was signed; look at it again",
                   job->path);
}

/* --- what may be signed --- */

static bool check_votes(struct job *job, const struct bundle *bundle, struct err *err)
{
    size_t count;
    const struct trust_vote *votes = bundle_votes(bundle, &count);
    const struct trust_keys *keys = &bundle_trust(bundle)->roles[TRUST_BUNDLE];

    for (size_t i = 0; i < count; i++) {
        if (memcmp(keys->signers[votes[i].signer].spki_sha256, job->signer->spki_sha256, 32) == 0) {
            return err_set(err, ERR_SIGNATURE_REPEATED,
                           "%s: '%s' has signed already; one signer is one vote", job->path,
                           job->signer->id);
        }
    }
    job->number = (unsigned)count + 1;
    return count < LIMIT_MANIFEST_SIGNATURES ||
           err_set(err, ERR_CONTAINER_LIMIT, "%s: has %d signatures already, and no more fit",
                   job->path, LIMIT_MANIFEST_SIGNATURES);
}

static bool check_set(const struct job *job, const struct bundle *bundle, struct err *err)
{
    uint64_t made = bundle_manifest(bundle)->trust_version;

    return made == job->trust->version ||
           err_set(err, ERR_TRUST_GAP,
                   "%s: was made under trust set %" PRIu64 ", and keys/trust.xml is set %" PRIu64
                   "; build again, or copy the current trust.xml here",
                   job->path, made, job->trust->version);
}

static bool read_file(void *ctx, void *bytes, size_t len, size_t *got, struct err *err)
{
    return fsio_read(ctx, bytes, len, got, err);
}

/* The manifest's bytes, which must be those that were verified. */
static bool take_document(struct job *job, struct tarball *from, struct err *err)
{
    struct tarball_member member = {0};
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    size_t got = 1;
    bool more = true, ok = true;

    while (ok && more && strcmp(member.name, "manifest.xml") != 0) {
        ok = tarball_next(from, &member, &more, err);
    }
    while (ok && more && got > 0) {
        ok = tarball_read(from, job->portion, PORTION, &got, err) &&
             buf_add(&job->document, job->portion, got, err);
    }
    ok = ok && crypto_sha256(sha256, job->document.data, job->document.len, err);
    return ok && (memcmp(sha256, job->sha256, sizeof sha256) == 0 || changed(job, err));
}

static bool look(struct job *job, struct err *err)
{
    struct bundle *bundle =
        check_draft(job->trust, job->path, NULL, false, job->now, job->progress, err);
    bool ok = bundle != NULL && check_set(job, bundle, err) && check_votes(job, bundle, err);

    if (ok) {
        memcpy(job->sha256, bundle_manifest_sha256(bundle), sizeof job->sha256);
        if (bundle_manifest(bundle)->not_before > job->now) {
            job->begin = bundle_manifest(bundle)->not_before;
        }
    }
    bundle_free(bundle);
    return ok;
}

/* Opens the file once more for what `take` does with it. */
static bool with_members(struct job *job,
                         bool (*take)(struct job *, struct tarball *, struct err *),
                         struct err *err)
{
    struct fsio_file *file = fsio_open(job->path, err);
    struct tarball_source source = {.read = read_file, .ctx = file};
    struct tarball *from = file == NULL ? NULL : tarball_open(source, err);
    bool ok = from != NULL && take(job, from, err);

    tarball_free(from);
    fsio_close(file);
    return ok;
}

/* --- writing it anew --- */

static bool sink(void *ctx, const void *bytes, size_t len, struct err *err)
{
    return fsio_write(ctx, bytes, len, err);
}

static bool copy_member(struct job *job, struct tarball *from, const struct tarball_member *member,
                        struct tarwrite *to, struct err *err)
{
    size_t got = 1;
    bool ok = tarwrite_member(to, member->name, member->size, err);

    while (ok && got > 0) {
        ok = tarball_read(from, job->portion, PORTION, &got, err) &&
             tarwrite_bytes(to, job->portion, got, err);
        progress_add(job->progress, got);
    }
    return ok;
}

static bool add_signature(struct job *job, struct tarwrite *to, struct err *err)
{
    char name[TARHEAD_NAME_MAX];

    snprintf(name, sizeof name, "manifest-%u.p7s", job->number);
    return tarwrite_member(to, name, job->signature.len, err) &&
           tarwrite_bytes(to, job->signature.data, job->signature.len, err);
}

static bool copy_all(struct job *job, struct tarball *from, struct err *err)
{
    struct tarball_member member;
    struct tarwrite to;
    bool more = true, added = false, ok = true;

    tarwrite_init(&to, sink, job->out);
    while (ok && more) {
        ok = tarball_next(from, &member, &more, err);
        if (ok && !added && (!more || naming_is_payload(member.name))) {
            ok = add_signature(job, &to, err);
            added = true;
        }
        ok = ok && (!more || copy_member(job, from, &member, &to, err));
    }
    return ok && tarball_finish(from, err) && tarwrite_end(&to, err);
}

static bool read_back(struct job *job, struct cosign_result *result, struct err *err)
{
    struct fsio_file *file = fsio_reread(job->out, err);
    unsigned threshold = job->trust->roles[TRUST_BUNDLE].threshold;
    size_t count;

    result->bundle = file == NULL ? NULL
                                  : check_draft(job->trust, job->path, file, true, job->begin,
                                                job->progress, err);
    fsio_close(file);
    if (result->bundle == NULL) {
        return false;
    }
    bundle_votes(result->bundle, &count);
    result->missing = count < threshold ? threshold - (unsigned)count : 0;
    return (count == job->number &&
            memcmp(bundle_manifest_sha256(result->bundle), job->sha256, sizeof job->sha256) == 0) ||
           changed(job, err);
}

static bool replace(struct job *job, struct cosign_result *result, struct err *err)
{
    job->out = fsio_create(job->path, FILE_MODE, err);
    if (job->out == NULL) {
        return false;
    }
    if (!with_members(job, copy_all, err) || !read_back(job, result, err)) {
        fsio_discard(job->out);
        return false;
    }
    return fsio_commit(job->out, true, err);
}

static bool find_signer(struct job *job, const struct signkey *key, struct err *err)
{
    return signer_find(job->trust, TRUST_BUNDLE, key, &job->signer, err) &&
           (job->signer != NULL || err_set(err, ERR_CONFIG_KEY,
                                           "this key is no bundle signer of trust set %" PRIu64
                                           ": no site would take the bundle with its signature",
                                           job->trust->version));
}

bool cosign_bundle(const struct trust *trust, const char *path, struct signkey *key, int64_t now,
                   struct progress *progress, struct cosign_result *result, struct err *err)
{
    struct job job = {.trust = trust, .path = path, .now = now, .begin = now, .progress = progress};
    bool ok;

    *result = (struct cosign_result){0};
    buf_init(&job.document, LIMIT_MANIFEST_BYTES);
    buf_init(&job.signature, LIMIT_SIGNATURE_BYTES);
    job.portion = malloc(PORTION);
    ok = (job.portion != NULL || err_memory(err)) && find_signer(&job, key, err) &&
         look(&job, err) && with_members(&job, take_document, err) &&
         sigfile_sign(key, job.signer->cert, job.signer->cert_len, false, SIGFILE_MANIFEST,
                      job.document.data, job.document.len, now, &job.signature, err) &&
         replace(&job, result, err);
    result->signer = job.signer;
    if (!ok) {
        cosign_result_release(result);
    }
    free(job.portion);
    buf_release(&job.document);
    buf_release(&job.signature);
    return ok;
}

void cosign_result_release(struct cosign_result *result)
{
    bundle_free(result->bundle);
    *result = (struct cosign_result){0};
}
