/* SPDX-License-Identifier: MIT */
/*
 * The pending trust set: read, begun, changed, signed.
 */
#include "bundler/rotation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "bundler/signer.h"
#include "keys/sigfile.h"

#define FILE_MODE 0644
#define NAME_SIZE 64

/* --- reading --- */

/* *found: false, which is no failure, when the file is absent. */
static bool read_file(const struct workspace *ws, const char *name, size_t max, struct buf *out,
                      bool *found, struct err *err)
{
    char *path = workspace_path(ws, name, err);
    enum fsio_kind kind = FSIO_ABSENT;
    bool ok = path != NULL && fsio_kind(path, &kind, err);

    buf_init(out, max);
    *found = ok && kind != FSIO_ABSENT;
    if (*found) {
        ok = fsio_read_file(path, max, out, err);
    }
    free(path);
    return ok;
}

static bool read_signatures(struct rotation *r, struct err *err)
{
    bool found = true;

    for (size_t i = 0; found && i < LIMIT_TRUST_SIGNATURES; i++) {
        char name[NAME_SIZE];

        snprintf(name, sizeof name, ROTATION_SIGNATURE, i + 1);
        if (!read_file(r->ws, name, LIMIT_SIGNATURE_BYTES, &r->signatures[i], &found, err)) {
            return false;
        }
        r->signature_count += found;
    }
    return true;
}

/* What a step asks for that does not depend on signatures, said before anybody signs. */
static bool check_follows(const struct trust *from, const struct trust *to, struct err *err)
{
    if (to->version != from->version + 1) {
        return err_set(err, ERR_TRUST_STEP,
                       "is trust set %" PRIu64 ", which does not follow set %" PRIu64
                       "; if it is left from before, 'bundler trust discard' removes it",
                       to->version, from->version);
    }
    if (memcmp(to->domain, from->domain, sizeof to->domain) != 0 ||
        strcmp(to->channel, from->channel) != 0) {
        return err_set(err, ERR_TRUST_STEP, "is of another domain or channel");
    }
    return (to->epoch >= from->epoch && to->least_sequence >= from->least_sequence) ||
           err_set(err, ERR_TRUST_STEP,
                   "epoch and least-sequence never go down: set %" PRIu64 " has %" PRIu64
                   " and %" PRIu64,
                   from->version, from->epoch, from->least_sequence);
}

static bool read_next(struct rotation *r, const struct buf *bytes, struct err *err)
{
    r->leftover = buf_equal(bytes, &r->current->bytes);
    if (r->leftover) {
        return true;
    }
    r->next = trust_parse(bytes->data, bytes->len, err);
    if (r->next == NULL || !check_follows(r->current, r->next, err)) {
        err_context(err, "%s/" WORKSPACE_TRUST_NEXT, r->ws->dir);
        return false;
    }
    return read_signatures(r, err);
}

bool rotation_load(struct rotation *r, const struct workspace *ws, struct err *err)
{
    struct buf bytes;
    bool found, ok;

    *r = (struct rotation){.ws = ws};
    r->current = workspace_trust(ws, err);
    if (r->current == NULL) {
        return false;
    }
    ok = read_file(ws, WORKSPACE_TRUST_NEXT, LIMIT_TRUST_BYTES, &bytes, &found, err) &&
         (!found || read_next(r, &bytes, err));
    buf_release(&bytes);
    return ok;
}

void rotation_release(struct rotation *r)
{
    for (size_t i = 0; i < LIMIT_TRUST_SIGNATURES; i++) {
        buf_release(&r->signatures[i]);
    }
    trust_free(r->current);
    trust_free(r->next);
    *r = (struct rotation){0};
}

/* --- changing --- */

bool rotation_check_pending(const struct rotation *r, struct err *err)
{
    return r->next != NULL ||
           err_set(err, ERR_IO_ABSENT,
                   "%s/" WORKSPACE_TRUST_NEXT ": no trust set is pending; 'bundler trust new' "
                   "begins one",
                   r->ws->dir);
}

bool rotation_begin(struct rotation *r, int64_t expires, struct err *err)
{
    if (r->next != NULL) {
        return err_set(err, ERR_IO_EXISTS,
                       "trust set %" PRIu64 " is pending already: change it, sign it, or begin "
                       "again after 'bundler trust discard'",
                       r->next->version);
    }
    r->next = trust_copy(r->current, err);
    if (r->next == NULL) {
        return false;
    }
    r->next->version++;
    r->next->expires = expires;
    return true;
}

bool rotation_save(struct rotation *r, struct err *err)
{
    char *path = workspace_path(r->ws, WORKSPACE_TRUST_NEXT, err);
    bool ok = path != NULL && workspace_check_writing(r->ws, err) && trust_write(r->next, err) &&
              check_follows(r->current, r->next, err) &&
              rotation_check_published(r, r->next->version, &r->next->bytes, err) &&
              rotation_clear_files(r, err) &&
              fsio_replace(path, r->next->bytes.data, r->next->bytes.len, FILE_MODE, err);

    if (ok) {
        r->signature_count = 0;
    }
    free(path);
    return ok;
}

bool rotation_discard(struct rotation *r, struct err *err)
{
    return workspace_check_writing(r->ws, err) &&
           rotation_check_published(r, r->current->version + 1, NULL, err) &&
           rotation_clear_files(r, err);
}

/* --- signing --- */

static bool is_same_key(const struct trust_signer *a, const struct trust_signer *b)
{
    return memcmp(a->spki_sha256, b->spki_sha256, sizeof a->spki_sha256) == 0;
}

static bool has_key(const struct trust *trust, const struct trust_signer *signer)
{
    const struct trust_keys *keys = &trust->roles[TRUST_ROOT];
    bool found = false;

    for (size_t i = 0; i < keys->count; i++) {
        found = found || is_same_key(&keys->signers[i], signer);
    }
    return found;
}

/* The root signers of N, then those of N+1: by the first certificate that fits. */
static size_t candidates_of(const struct rotation *r,
                            struct sigfile_candidate out[static 2 * LIMIT_ROOT_SIGNERS],
                            const struct trust_signer *signers[static 2 * LIMIT_ROOT_SIGNERS])
{
    const struct trust *sets[] = {r->current, r->next};
    size_t count = 0;

    for (size_t s = 0; s < 2; s++) {
        const struct trust_keys *keys = &sets[s]->roles[TRUST_ROOT];

        for (size_t i = 0; i < keys->count; i++) {
            signers[count] = &keys->signers[i];
            out[count++] = (struct sigfile_candidate){.cert = keys->signers[i].cert,
                                                      .cert_len = keys->signers[i].cert_len,
                                                      .read = keys->signers[i].read};
        }
    }
    return count;
}

bool rotation_votes(const struct rotation *r, struct rotation_vote votes[LIMIT_TRUST_SIGNATURES],
                    struct err *err)
{
    struct sigfile_candidate candidates[2 * LIMIT_ROOT_SIGNERS];
    const struct trust_signer *signers[2 * LIMIT_ROOT_SIGNERS];
    size_t count = candidates_of(r, candidates, signers);
    const struct buf *bytes = &r->next->bytes;

    for (size_t i = 0; i < r->signature_count; i++) {
        struct sigfile_result result;

        if (!sigfile_verify(r->signatures[i].data, r->signatures[i].len, SIGFILE_TRUST, bytes->data,
                            bytes->len, candidates, count, &result, err)) {
            err_context(err, ROTATION_SIGNATURE, i + 1);
            return false;
        }
        votes[i].signer = signers[result.signer];
        votes[i].signing_time = result.signing_time;
        votes[i].of_current = has_key(r->current, votes[i].signer);
        votes[i].of_next = has_key(r->next, votes[i].signer);
        for (size_t j = 0; j < i; j++) {
            if (is_same_key(votes[j].signer, votes[i].signer)) {
                return err_set(err, ERR_SIGNATURE_REPEATED,
                               ROTATION_SIGNATURE ": '%s' has signed already", i + 1,
                               votes[i].signer->id);
            }
        }
    }
    return true;
}

/* N's certificate counts for both sets, so it comes first. */
static bool find_root(const struct rotation *r, const struct signkey *key,
                      const struct trust_signer **signer, struct err *err)
{
    if (!signer_find(r->current, TRUST_ROOT, key, signer, err) ||
        (*signer == NULL && !signer_find(r->next, TRUST_ROOT, key, signer, err))) {
        return false;
    }
    return *signer != NULL || err_set(err, ERR_CONFIG_KEY,
                                      "this key is no root signer of trust set %" PRIu64
                                      " or %" PRIu64 ": 'bundler trust show' lists them",
                                      r->current->version, r->next->version);
}

static bool check_first(const struct rotation *r, const struct trust_signer *signer,
                        struct err *err)
{
    struct rotation_vote votes[LIMIT_TRUST_SIGNATURES];

    if (!rotation_votes(r, votes, err)) {
        return false;
    }
    for (size_t i = 0; i < r->signature_count; i++) {
        if (is_same_key(votes[i].signer, signer)) {
            return err_set(err, ERR_SIGNATURE_REPEATED,
                           "'%s' has signed trust set %" PRIu64 " already; one signer is one vote",
                           signer->id, r->next->version);
        }
    }
    return r->signature_count < LIMIT_TRUST_SIGNATURES ||
           err_set(err, ERR_CONTAINER_LIMIT, "a trust set has at most %d signatures",
                   LIMIT_TRUST_SIGNATURES);
}

bool rotation_sign(struct rotation *r, struct signkey *key, int64_t now, struct err *err)
{
    const struct trust_signer *signer = NULL;
    struct buf *out;
    char name[NAME_SIZE];
    char *path;
    bool ok;

    if (!workspace_check_writing(r->ws, err) || !rotation_check_pending(r, err) ||
        !find_root(r, key, &signer, err) || !check_first(r, signer, err)) {
        return false;
    }
    out = &r->signatures[r->signature_count];
    buf_release(out);
    buf_init(out, LIMIT_SIGNATURE_BYTES);
    snprintf(name, sizeof name, ROTATION_SIGNATURE, r->signature_count + 1);
    path = workspace_path(r->ws, name, err);
    ok = path != NULL &&
         sigfile_sign(key, signer->cert, signer->cert_len, false, SIGFILE_TRUST,
                      r->next->bytes.data, r->next->bytes.len, now, out, err) &&
         fsio_write_new(path, out->data, out->len, FILE_MODE, err);
    free(path);
    r->signature_count += ok;
    return ok;
}
