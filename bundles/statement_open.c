/* SPDX-License-Identifier: MIT */
/*
 * A statement's folder: the document and its signatures, verified before anything is parsed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "bundles/statement.h"

#define NAME_SIZE 32

static bool read_in(const char *dir, const char *name, size_t max, struct buf *out, struct err *err)
{
    char *path = fsio_join(dir, name, err);
    bool done;

    buf_init(out, max);
    done = path != NULL && fsio_read_file(path, max, out, err);
    free(path);
    return done;
}

static bool is_there(const char *dir, unsigned number, bool *there, struct err *err)
{
    char name[NAME_SIZE];
    enum fsio_kind kind;
    char *path;
    bool done;

    snprintf(name, sizeof name, STATEMENT_SIGNATURE, number);
    path = fsio_join(dir, name, err);
    done = path != NULL && fsio_kind(path, &kind, err);
    free(path);
    *there = done && kind != FSIO_ABSENT;
    return done;
}

bool statement_files_read(struct statement_files *f, const char *dir, struct err *err)
{
    bool there;

    *f = (struct statement_files){0};
    if (!read_in(dir, STATEMENT_XML, LIMIT_DOCUMENT_BYTES, &f->document, err)) {
        if (err != NULL && err->code == ERR_IO_ABSENT) {
            err_set(err, ERR_IO_ABSENT,
                    "there is no statement in this folder (" STATEMENT_XML
                    ", statement-1.p7s, ...); name the folder that the root signers sent");
        }
        return false;
    }
    for (unsigned n = 1; is_there(dir, n, &there, err); n++) {
        char name[NAME_SIZE];

        if (!there) {
            return true;
        }
        if (n > LIMIT_TRUST_SIGNATURES) {
            return err_set(err, ERR_SIGNATURE_FORM, "%s: more than %d signatures", dir,
                           LIMIT_TRUST_SIGNATURES);
        }
        snprintf(name, sizeof name, STATEMENT_SIGNATURE, n);
        if (!read_in(dir, name, LIMIT_SIGNATURE_BYTES, &f->signatures[f->count++], err)) {
            return false;
        }
    }
    return false;
}

void statement_files_release(struct statement_files *f)
{
    buf_release(&f->document);
    for (size_t i = 0; i < f->count; i++) {
        buf_release(&f->signatures[i]);
    }
}

bool statement_files_verify(const struct statement_files *f, const struct trust *trust,
                            struct trust_vote votes[LIMIT_TRUST_SIGNATURES], struct err *err)
{
    struct trust_signature signatures[LIMIT_TRUST_SIGNATURES];

    for (size_t i = 0; i < f->count; i++) {
        signatures[i] = (struct trust_signature){f->signatures[i].data, f->signatures[i].len};
    }
    return trust_verify(trust, TRUST_ROOT, SIGFILE_STATEMENT, f->document.data, f->document.len,
                        signatures, f->count, votes, err);
}

bool statement_check_scope(const struct statement *s, const struct trust *trust, struct err *err)
{
    if (memcmp(s->domain, trust->domain, sizeof s->domain) != 0) {
        return err_set(err, ERR_SCOPE_DOMAIN, "the statement is of another domain");
    }
    return strcmp(s->channel, trust->channel) == 0 ||
           err_set(err, ERR_SCOPE_CHANNEL, "the statement is for channel %s, not %s", s->channel,
                   trust->channel);
}

struct statement *statement_open(const char *dir, const struct trust *trust, struct err *err)
{
    struct trust_vote votes[LIMIT_TRUST_SIGNATURES];
    struct statement *s = NULL;
    struct statement_files f;

    if (statement_files_read(&f, dir, err) && statement_files_verify(&f, trust, votes, err)) {
        s = statement_parse(f.document.data, f.document.len, err);
    }
    if (s != NULL && !statement_check_scope(s, trust, err)) {
        statement_free(s);
        s = NULL;
    }
    if (s == NULL) {
        err_context(err, "%s", dir);
    }
    statement_files_release(&f);
    return s;
}
