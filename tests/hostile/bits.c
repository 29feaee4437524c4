/* SPDX-License-Identifier: MIT */
/*
 * Opens a bundle, and a statement, with every single bit flipped, one at a time, and cut at every
 * length: all must be refused, none is sampled.
 *
 * bits TRUST BUNDLE STATEMENT.xml STATEMENT-1.p7s
 */
#include <stdio.h>
#include <stdlib.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/when.h"
#include "bundles/bundle.h"
#include "bundles/statement.h"

#define WORKERS 2
#define BUNDLE_BYTES ((size_t)1048576)

static struct buf tar;
static struct statement_files files;
static struct bundle_policy policy = {.site = "site-1", .check_replay = true, .check_time = true};

/* The code of the refusal of the bundle; ERR_NONE when it is taken. */
static enum err_code open_bundle(void)
{
    struct trust *advanced = NULL;
    struct err err = {0};
    struct bundle *bundle = bundle_open_bytes(tar.data, tar.len, &policy, NULL, &advanced, &err);
    enum err_code code = bundle != NULL ? ERR_NONE : err.code;

    bundle_free(bundle);
    trust_free(advanced);
    return code;
}

static enum err_code open_statement(void)
{
    struct trust_vote votes[LIMIT_TRUST_SIGNATURES];
    struct statement *s = NULL;
    struct err err = {0};
    bool done = statement_files_verify(&files, policy.trust, votes, &err);

    if (done) {
        s = statement_parse(files.document.data, files.document.len, &err);
        done = s != NULL && statement_check_scope(s, policy.trust, &err);
    }
    statement_free(s);
    return done ? ERR_NONE : err.code;
}

/* What is damaged, and who must notice. */
struct subject {
    const char *name;
    struct buf *bytes;
    enum err_code (*opened)(void);
    int cut_exit;
};

static const struct subject subjects[] = {
    {"bundle", &tar, open_bundle, 10},
    {"statement", &files.document, open_statement, 11},
    {"signature", &files.signatures[0], open_statement, 11},
};
#define SUBJECTS (sizeof subjects / sizeof subjects[0])

/* A bundle is refused for what it is, not for a fault of ours. */
static bool is_refused(enum err_code code)
{
    return err_exit(code) >= 10 && err_exit(code) <= 19;
}

static const char *told(enum err_code code)
{
    return code == ERR_NONE ? "taken" : err_reason(code);
}

static bool try_bit(const struct subject *s, size_t bit)
{
    uint8_t mask = (uint8_t)(1u << bit % 8);
    enum err_code code;

    s->bytes->data[bit / 8] ^= mask;
    code = s->opened();
    s->bytes->data[bit / 8] ^= mask;
    if (!is_refused(code)) {
        printf("FAIL  %s: bit %zu of byte %zu: %s\n", s->name, bit % 8, bit / 8, told(code));
    }
    return is_refused(code);
}

static bool try_cut(const struct subject *s, size_t len)
{
    size_t whole = s->bytes->len;
    enum err_code code;

    s->bytes->len = len;
    code = s->opened();
    s->bytes->len = whole;
    if (err_exit(code) != s->cut_exit) {
        printf("FAIL  %s: cut to %zu bytes: %s\n", s->name, len, told(code));
    }
    return err_exit(code) == s->cut_exit;
}

/* One worker's share. */
static bool work(size_t part)
{
    bool ok = true;

    for (size_t i = 0; i < SUBJECTS; i++) {
        for (size_t bit = part; bit < 8 * subjects[i].bytes->len; bit += WORKERS) {
            ok = try_bit(&subjects[i], bit) && ok;
        }
        for (size_t len = part; len < subjects[i].bytes->len; len += WORKERS) {
            ok = try_cut(&subjects[i], len) && ok;
        }
    }
    return ok;
}

static bool work_all(void)
{
    pid_t workers[WORKERS];
    bool ok = true;

    for (size_t i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            int code = work(i) ? 0 : 1;

            fflush(stdout);
            _exit(code);
        }
    }
    for (size_t i = 0; i < WORKERS; i++) {
        int status = 0;

        ok = workers[i] > 0 && waitpid(workers[i], &status, 0) == workers[i] && WIFEXITED(status) &&
             WEXITSTATUS(status) == 0 && ok;
    }
    return ok;
}

static bool read_all(char **paths, struct buf *set, struct err *err)
{
    buf_init(&tar, BUNDLE_BYTES);
    buf_init(&files.document, LIMIT_DOCUMENT_BYTES);
    buf_init(&files.signatures[0], LIMIT_SIGNATURE_BYTES);
    files.count = 1;
    return fsio_read_file(paths[0], LIMIT_TRUST_BYTES, set, err) &&
           fsio_read_file(paths[1], BUNDLE_BYTES, &tar, err) &&
           fsio_read_file(paths[2], LIMIT_DOCUMENT_BYTES, &files.document, err) &&
           fsio_read_file(paths[3], LIMIT_SIGNATURE_BYTES, &files.signatures[0], err);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct trust *trust = NULL;
    struct buf set;
    bool ok;

    buf_init(&set, LIMIT_TRUST_BYTES);
    ok = argc == 5 && read_all(argv + 1, &set, &err);
    trust = ok ? trust_parse(set.data, set.len, &err) : NULL;
    policy.trust = trust;
    policy.local = when_now();
    if (trust == NULL || open_bundle() != ERR_NONE || open_statement() != ERR_NONE) {
        fprintf(stderr, "bits: bundle and statement themselves are not taken: %s\n", err.text);
        ok = false;
    } else {
        ok = work_all();
        for (size_t i = 0; i < SUBJECTS; i++) {
            printf("bits: %s: %zu flipped, %zu cuts\n", subjects[i].name,
                   8 * subjects[i].bytes->len, subjects[i].bytes->len);
        }
        printf("bits: %s\n", ok ? "all refused" : "NOT all refused");
    }
    trust_free(trust);
    buf_release(&set);
    buf_release(&tar);
    statement_files_release(&files);
    return ok ? 0 : 1;
}
