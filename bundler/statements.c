/* SPDX-License-Identifier: MIT */
/*
 * Makes and signs what the root signers tell one site (docs/format.md 2.3).
 */
#include "bundler/statements.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "bundler/check.h"
#include "bundler/signer.h"
#include "keys/sigfile.h"

#define FILE_MODE 0644
#define FOLDER_MODE 0755
#define NAME_SIZE 32

static bool is_for(const struct manifest *m, const char *site)
{
    bool found = m->all_sites;

    for (size_t i = 0; i < m->site_count; i++) {
        found = found || strcmp(m->sites[i], site) == 0;
    }
    return found;
}

bool statements_waive(const struct trust *trust, const char *bundle, const char *site, int64_t now,
                      uint8_t manifest[static 32], struct err *err)
{
    struct bundle *b = check_open(trust, bundle, NULL, false, now, NULL, err);
    bool ok = b != NULL;

    if (ok && !is_for(bundle_manifest(b), site)) {
        ok = err_set(err, ERR_SCOPE_SITE,
                     "%s: is not for site '%s', which would refuse it all the "
                     "same",
                     bundle, site);
    }
    if (ok) {
        memcpy(manifest, bundle_manifest_sha256(b), 32);
    }
    bundle_free(b);
    return ok;
}

static bool write_file(const char *dir, const char *name, const struct buf *bytes, struct err *err)
{
    char *path = fsio_join(dir, name, err);
    bool ok = path != NULL && fsio_write_new(path, bytes->data, bytes->len, FILE_MODE, err);

    free(path);
    return ok;
}

bool statements_make(const struct workspace *ws, struct statement *s, const char *dir, int64_t now,
                     struct err *err)
{
    struct buf out;
    bool ok;

    memcpy(s->domain, ws->domain, sizeof s->domain);
    memcpy(s->channel, ws->channel, sizeof s->channel);
    s->created = now;
    buf_init(&out, LIMIT_DOCUMENT_BYTES);
    ok = statement_write(s, &out, err) && fsio_make_dir(dir, FOLDER_MODE, err) &&
         write_file(dir, STATEMENT_XML, &out, err);
    buf_release(&out);
    return ok;
}

/* Every signature that is there must hold: one that does not refuses the whole at the site. */
static bool check_first(const struct statement_files *files, const struct trust *trust,
                        const struct trust_signer *signer, struct err *err)
{
    struct trust_vote votes[LIMIT_TRUST_SIGNATURES];
    struct err problem = {0};

    if (files->count > 0 && !statement_files_verify(files, trust, votes, &problem) &&
        problem.code != ERR_THRESHOLD) {
        return err_set(err, problem.code, "%s", problem.text);
    }
    for (size_t i = 0; i < files->count; i++) {
        if (&trust->roles[TRUST_ROOT].signers[votes[i].signer] == signer) {
            return err_set(err, ERR_SIGNATURE_REPEATED,
                           "'%s' has signed already; one signer is one vote", signer->id);
        }
    }
    return files->count < LIMIT_TRUST_SIGNATURES ||
           err_set(err, ERR_CONTAINER_LIMIT, "a statement has at most %d signatures",
                   LIMIT_TRUST_SIGNATURES);
}

static bool find_root(const struct trust *trust, const struct signkey *key,
                      const struct trust_signer **signer, struct err *err)
{
    return signer_find(trust, TRUST_ROOT, key, signer, err) &&
           (*signer != NULL ||
            err_set(err, ERR_CONFIG_KEY,
                    "this key is no root signer of trust set %" PRIu64
                    ", and nobody else signs statements: 'bundler trust show' lists them",
                    trust->version));
}

static bool add_signature(const struct statement_files *files, const char *dir, struct signkey *key,
                          int64_t now, struct statements_signed *done, struct err *err)
{
    char name[NAME_SIZE];
    struct buf out;
    bool ok;

    buf_init(&out, LIMIT_SIGNATURE_BYTES);
    done->number = (unsigned)files->count + 1;
    snprintf(name, sizeof name, STATEMENT_SIGNATURE, done->number);
    ok = sigfile_sign(key, done->signer->cert, done->signer->cert_len, false, SIGFILE_STATEMENT,
                      files->document.data, files->document.len, now, &out, err) &&
         write_file(dir, name, &out, err);
    buf_release(&out);
    return ok;
}

struct statement *statements_sign(const struct trust *trust, const char *dir, struct signkey *key,
                                  int64_t now, struct statements_signed *done, struct err *err)
{
    struct statement_files files;
    struct statement *s = NULL;
    unsigned threshold = trust->roles[TRUST_ROOT].threshold;

    *done = (struct statements_signed){0};
    if (find_root(trust, key, &done->signer, err) && statement_files_read(&files, dir, err)) {
        s = statement_parse(files.document.data, files.document.len, err);
        if (s == NULL || !statement_check_scope(s, trust, err) ||
            !check_first(&files, trust, done->signer, err) ||
            !add_signature(&files, dir, key, now, done, err)) {
            err_context(err, "%s", dir);
            statement_free(s);
            s = NULL;
        }
        statement_files_release(&files);
    }
    done->missing = done->number < threshold ? threshold - done->number : 0;
    return s;
}
