/* SPDX-License-Identifier: MIT */
/*
 * Looks through the receipts of a site.
 */
#include "applier/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "bundles/receipt.h"

#define NAME_SIZE 48

/* What all receipts are checked against, and room for one. */
struct audit {
    const struct state *state;
    struct buf cert, document, signature;
    struct sigfile_cert *key;
    struct receipt_link link;
};

static bool read_file(const struct state *state, const char *name, struct buf *out, struct err *err)
{
    char *path = state_path(state, name, err);
    bool done;

    buf_clear(out);
    done = path != NULL && fsio_read_file(path, out->max, out, err);
    free(path);
    return done;
}

static bool check_site(const struct audit *a, const struct receipt *r, struct err *err)
{
    const struct state *state = a->state;

    return (strcmp(r->site, state->site) == 0 &&
            memcmp(r->domain, state->trust->domain, sizeof r->domain) == 0 &&
            strcmp(r->channel, state->trust->channel) == 0) ||
           err_set(err, ERR_RECEIPT_CHAIN, "the receipt is of another site");
}

static bool check_one(struct audit *a, uint64_t counter, struct err *err)
{
    struct sigfile_candidate site = {.cert = a->cert.data, .cert_len = a->cert.len, .read = a->key};
    char document[NAME_SIZE], signature[NAME_SIZE];
    struct receipt *receipt = NULL;
    bool done;

    snprintf(document, sizeof document, STATE_RECEIPTS "/%06llu.xml", (unsigned long long)counter);
    snprintf(signature, sizeof signature, STATE_RECEIPTS "/%06llu.p7s",
             (unsigned long long)counter);
    done = read_file(a->state, document, &a->document, err) &&
           read_file(a->state, signature, &a->signature, err) &&
           (receipt = receipt_open(&a->document, &a->signature, &site, err)) != NULL &&
           check_site(a, receipt, err) && receipt_follow(&a->link, receipt, &a->document, err);
    receipt_free(receipt);
    if (!done) {
        err_context(err, "%s", document);
    }
    return done;
}

static bool check_end(const struct audit *a, struct err *err)
{
    char name[NAME_SIZE];
    enum fsio_kind kind;
    char *path;
    bool done;

    if (a->state->receipts > 0 &&
        memcmp(a->link.sha256, a->state->receipt_sha256, sizeof a->link.sha256) != 0) {
        return err_set(err, ERR_RECEIPT_CHAIN,
                       STATE_RECEIPTS "/%06llu.xml: is not the last one that the state names",
                       (unsigned long long)a->state->receipts);
    }
    snprintf(name, sizeof name, STATE_RECEIPTS "/%06llu.xml",
             (unsigned long long)a->state->receipts + 1);
    path = state_path(a->state, name, err);
    done = path != NULL && fsio_kind(path, &kind, err);
    free(path);
    return done && (kind == FSIO_ABSENT ||
                    err_set(err, ERR_RECEIPT_CHAIN,
                            "%s: the state counts only %llu; an older state was brought back, or a "
                            "run was cut off just now",
                            name, (unsigned long long)a->state->receipts));
}

/* Whatever is wrong with a receipt is wrong with the chain; what kept it from being read is not. */
static bool tell(struct err *err)
{
    if (err != NULL && err->code != ERR_MEMORY &&
        (err_exit(err->code) != err_exit(ERR_IO) || err->code == ERR_IO_ABSENT)) {
        err->code = ERR_RECEIPT_CHAIN;
    }
    return false;
}

bool audit_receipts(const struct state *state, uint64_t *checked, struct err *err)
{
    struct audit a = {.state = state};
    uint8_t spki[32];
    bool done;

    buf_init(&a.cert, LIMIT_CERTIFICATE_BYTES);
    buf_init(&a.document, LIMIT_RECEIPT_BYTES);
    buf_init(&a.signature, LIMIT_SIGNATURE_BYTES);
    memcpy(a.link.chain, state->chain, sizeof a.link.chain);
    done =
        read_file(state, STATE_SITE_CERT, &a.cert, err) &&
        (a.key = sigfile_cert_new(a.cert.data, a.cert.len, spki, ERR_STATE_DAMAGED, err)) != NULL;
    for (uint64_t i = 1; done && i <= state->receipts; i++) {
        done = check_one(&a, i, err) || tell(err);
    }
    done = done && check_end(&a, err);
    *checked = a.link.counter;
    sigfile_cert_free(a.key);
    buf_release(&a.cert);
    buf_release(&a.document);
    buf_release(&a.signature);
    return done;
}
