/* SPDX-License-Identifier: MIT */
/*
 * Makes a bundle: everything is gathered and looked at, then the sequence is taken, then the
 * manifest is signed and the tar written.
 */
#include "bundler/build.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/outfile.h"
#include "base/when.h"
#include "bundler/build_pins.h"
#include "bundler/build_request.h"
#include "bundler/build_sets.h"
#include "bundler/check.h"
#include "bundler/sequence.h"
#include "bundles/bundle_write.h"
#include "bundles/candidate.h"
#include "keys/signkey.h"

#define BUNDLE_MODE 0644

/* A bundle in the making. */
struct job {
    const struct workspace *ws;
    const struct build_request *request;
    struct trust *trust;
    const struct trust_signer *signer; /* in `trust` */
    struct signkey *key;
    struct build_sets *sets;
    struct manifest *manifest;
    struct buf document, signature;
    char *path;
    bool cut;
};

/* --- who signs --- */

/* The signer of the set whose certificate lies in keys/NAME.crt. */
static bool find_signer(struct job *job, const char *path, struct err *err)
{
    const struct trust_keys *keys = &job->trust->roles[TRUST_BUNDLE];
    struct buf cert;
    bool ok;

    buf_init(&cert, LIMIT_CERTIFICATE_BYTES);
    ok = fsio_read_file(path, LIMIT_CERTIFICATE_BYTES, &cert, err);
    if (!ok && err != NULL && err->code == ERR_IO_ABSENT) {
        err->code = ERR_CONFIG_KEY;
        err_context(err, "no signer '%s' here; --signer NAME names one", job->request->signer);
    }
    for (size_t i = 0; ok && i < keys->count; i++) {
        if (buf_is(&cert, keys->signers[i].cert, keys->signers[i].cert_len)) {
            job->signer = &keys->signers[i];
        }
    }
    buf_release(&cert);
    if (ok && job->signer == NULL) {
        return err_set(err, ERR_CONFIG_KEY,
                       "%s: not the certificate of a bundle signer of " WORKSPACE_TRUST
                       ", so no site would take the bundle; --signer NAME names another key",
                       path);
    }
    return ok;
}

static bool check_signer_dates(const struct job *job, struct err *err)
{
    int64_t begin = job->request->not_before;
    char when[WHEN_TEXT_SIZE];

    if (begin >= job->trust->expires) {
        when_format(when, job->trust->expires);
        return err_set(err, ERR_TIME_TRUST_EXPIRED,
                       WORKSPACE_TRUST " expires on %s: sites refuse a bundle that begins later; "
                                       "'bundler trust refresh' begins the next set",
                       when);
    }
    if (begin >= job->signer->until) {
        when_format(when, job->signer->until);
        return err_set(err, ERR_TIME_SIGNER_UNTIL,
                       "signer '%s' may sign until %s: sites refuse a bundle that begins later; "
                       "'bundler trust add' gives it a later end in the next trust set",
                       job->signer->id, when);
    }
    return true;
}

static bool open_signer(struct job *job, struct err *err)
{
    const char *name = job->request->signer;
    char file[TEXT_ID_MAX + 16];
    char *cert = NULL, *key = NULL;
    bool ok =
        text_is_id(name) || err_set(err, ERR_USAGE, "--signer '%s' is no name of a key", name);

    if (ok) {
        snprintf(file, sizeof file, WORKSPACE_KEYS "/%s.crt", name);
        cert = workspace_path(job->ws, file, err);
        snprintf(file, sizeof file, WORKSPACE_KEYS "/%s.key", name);
        key = cert == NULL ? NULL : workspace_path(job->ws, file, err);
        ok = key != NULL && find_signer(job, cert, err) && check_signer_dates(job, err);
    }
    if (ok) {
        job->key = signkey_open(key, job->request->passphrase, err);
        ok = job->key != NULL &&
             signkey_check_certificate(job->key, job->signer->cert, job->signer->cert_len, err);
    }
    free(cert);
    free(key);
    return ok;
}

/* --- the manifest, but for its sequence --- */

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void date(struct job *job)
{
    const struct build_request *request = job->request;
    struct manifest *m = job->manifest;
    int64_t expires = earliest(request->not_before + (int64_t)request->days * WHEN_DAY, WHEN_MAX);

    job->cut = expires > job->signer->until;
    m->created = request->now;
    m->not_before = request->not_before;
    m->expires = job->cut ? job->signer->until : expires;
    m->next_expected = earliest(request->not_before + BUILD_NEXT_DAYS * WHEN_DAY, m->expires);
    m->minimum = request->minimum;
}

static bool measure_files(struct job *job, struct err *err)
{
    const struct build_request *request = job->request;

    for (size_t i = 0; i < request->file_count; i++) {
        struct manifest_member *member = manifest_add_payload(job->manifest, err);

        if (member == NULL) {
            return false;
        }
        member->notes = request->files[i].notes;
        memcpy(member->name, request->files[i].name, sizeof member->name);
        if (!bundle_write_measure(member, request->files[i].path, request->progress, err)) {
            return false;
        }
    }
    return true;
}

static bool fill(struct job *job, struct err *err)
{
    const struct build_request *request = job->request;
    struct manifest *m = manifest_new(err);
    bool ok = m != NULL;

    if (!ok) {
        return false;
    }
    job->manifest = m;
    memcpy(m->domain, job->ws->domain, sizeof m->domain);
    memcpy(m->channel, job->ws->channel, sizeof m->channel);
    m->epoch = job->trust->epoch;
    m->trust_version = job->trust->version;
    m->sequence = 1; /* the true one is taken last */
    m->all_sites = request->site_count == 0;
    for (size_t i = 0; ok && i < request->site_count; i++) {
        ok = manifest_add_site(m, request->sites[i], err);
    }
    date(job);
    return ok && build_pins(job->ws, m, err) && build_sets_list(job->sets, m, err) &&
           measure_files(job, err);
}

/* --- sequence and name --- */

/* The sequence of --sequence-from, 0 without. */
static bool known_sequence(const struct job *job, uint64_t *known, struct err *err)
{
    struct bundle *bundle;
    char *path;

    *known = 0;
    if (job->request->sequence_from == NULL) {
        return true;
    }
    path = candidate_find(job->request->sequence_from, err);
    bundle = path == NULL ? NULL
                          : check_open(job->trust, path, NULL, false, job->request->now,
                                       job->request->progress, err);
    if (bundle != NULL) {
        *known = bundle_manifest(bundle)->sequence;
    }
    bundle_free(bundle);
    free(path);
    return *known > 0;
}

static bool name_bundle(struct job *job, struct err *err)
{
    char file[sizeof WORKSPACE_BUNDLES + 1 + SEQUENCE_NAME_SIZE], name[SEQUENCE_NAME_SIZE];

    if (job->request->output == NULL) {
        sequence_name(job->ws, job->manifest->sequence, name);
        snprintf(file, sizeof file, WORKSPACE_BUNDLES "/%s", name);
        job->path = workspace_path(job->ws, file, err);
    } else {
        job->path = strdup(job->request->output);
    }
    return job->path != NULL || err_memory(err);
}

/* The document is written once before, so that what is wrong with it costs no sequence. */
static bool take_sequence(struct job *job, struct err *err)
{
    uint64_t known = 0;
    bool ok =
        known_sequence(job, &known, err) && manifest_write(job->manifest, &job->document, err);

    if (ok && job->request->output != NULL) {
        ok = outfile_check(job->request->output, err); /* a slip of the fingers costs no number */
    }
    if (!ok || !sequence_next(job->ws, job->trust->epoch, known, job->trust->least_sequence,
                              &job->manifest->sequence, err)) {
        return false;
    }
    buf_clear(&job->document);
    return name_bundle(job, err) && manifest_write(job->manifest, &job->document, err);
}

/* --- signing and writing --- */

static bool sink(void *ctx, const void *bytes, size_t len, struct err *err)
{
    return fsio_write(ctx, bytes, len, err);
}

static const char *path_of(const struct build_request *request, const char *name)
{
    size_t i = 0;

    while (strcmp(request->files[i].name, name) != 0) {
        i++;
    }
    return request->files[i].path;
}

static bool write_tar(struct job *job, struct fsio_out *out, struct err *err)
{
    struct bundle_write_signed parts = {&job->document, &job->signature, 1};
    const struct manifest *m = job->manifest;
    struct tarwrite w;
    bool ok;

    tarwrite_init(&w, sink, out);
    ok = build_sets_write(job->sets, &w, &parts, err);
    for (size_t i = 0; ok && i < m->payload_count; i++) { /* the manifest has sorted them */
        ok = bundle_write_file(&w, &m->payload[i], path_of(job->request, m->payload[i].name),
                               job->request->progress, err);
    }
    return ok && tarwrite_end(&w, err);
}

/*
 * Where the set asks for several signatures, the others are added later; what was made here is
 * checked with the one that there is.
 */
static bool read_back(struct job *job, const struct fsio_out *out, struct build_result *result,
                      struct err *err)
{
    struct fsio_file *file = fsio_reread(out, err);

    if (file != NULL) {
        result->missing = job->trust->roles[TRUST_BUNDLE].threshold - 1;
        result->bundle = check_draft(job->trust, job->path, file, true, job->request->not_before,
                                     job->request->progress, err);
    }
    fsio_close(file);
    return result->bundle != NULL;
}

static bool write_bundle(struct job *job, struct build_result *result, struct err *err)
{
    struct fsio_out *out;

    if (!sigfile_sign(job->key, job->signer->cert, job->signer->cert_len, false, SIGFILE_MANIFEST,
                      job->document.data, job->document.len, job->request->now, &job->signature,
                      err)) {
        return false;
    }
    out = fsio_create(job->path, BUNDLE_MODE, err);
    if (out == NULL) {
        return false;
    }
    if (!write_tar(job, out, err) || !read_back(job, out, result, err)) {
        fsio_discard(out);
        return false;
    }
    return fsio_commit(out, false, err);
}

/* For what changed since; that it cannot be read is no reason to refuse the new one. */
static bool open_previous(const struct job *job, struct build_result *result, struct err *err)
{
    char name[SEQUENCE_NAME_SIZE];
    uint64_t before = 0;
    char *dir, *path;
    bool ok = sequence_highest(job->ws, job->manifest->sequence - 1, &before, err);

    if (!ok || before == 0) {
        return ok;
    }
    sequence_name(job->ws, before, name);
    dir = workspace_path(job->ws, WORKSPACE_BUNDLES, err);
    path = dir == NULL ? NULL : fsio_join(dir, name, err);
    if (path != NULL) {
        result->previous = check_draft(job->trust, path, NULL, false, job->request->now,
                                       job->request->progress, &result->previous_problem);
    }
    free(dir);
    free(path);
    return path != NULL;
}

static bool make(struct job *job, struct build_result *result, struct err *err)
{
    job->trust = workspace_trust(job->ws, err);
    if (job->trust == NULL || !open_signer(job, err)) {
        return false;
    }
    job->sets = build_sets_read(job->ws, job->trust->version, err);
    if (job->sets == NULL || !fill(job, err) || !take_sequence(job, err) ||
        !open_previous(job, result, err)) {
        return false;
    }
    if (!write_bundle(job, result, err)) {
        err_context(err, "sequence %" PRIu64 " is used up", job->manifest->sequence);
        return false;
    }
    result->cut = job->cut;
    result->path = job->path;
    job->path = NULL;
    return true;
}

bool build_bundle(const struct workspace *ws, const struct build_request *request,
                  struct build_result *result, struct err *err)
{
    struct job job = {.ws = ws, .request = request};
    bool ok;

    *result = (struct build_result){0};
    buf_init(&job.document, LIMIT_MANIFEST_BYTES);
    buf_init(&job.signature, LIMIT_SIGNATURE_BYTES);
    ok = workspace_check_writing(ws, err) && build_request_check(request, err) &&
         make(&job, result, err);
    if (!ok) {
        build_result_release(result);
    }
    buf_release(&job.document);
    buf_release(&job.signature);
    build_sets_free(job.sets);
    manifest_free(job.manifest);
    signkey_free(job.key);
    trust_free(job.trust);
    free(job.path);
    return ok;
}

void build_result_release(struct build_result *result)
{
    bundle_free(result->bundle);
    bundle_free(result->previous);
    free(result->path);
    *result = (struct build_result){0};
}
