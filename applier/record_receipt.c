/* SPDX-License-Identifier: MIT */
/*
 * Receipts: made from runs, signed by the site's key, chained.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applier/record.h"
#include "base/event.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/when.h"
#include "keys/crypto.h"
#include "keys/sigfile.h"
#include "keys/signkey.h"

#define NAME_SIZE 48

/* What every receipt of this site says. */
static struct receipt *begin(const struct state *state, const char *operator, struct err * err)
{
    struct receipt *r = receipt_new(err);

    if (r == NULL) {
        return NULL;
    }
    memcpy(r->domain, state->trust->domain, sizeof r->domain);
    memcpy(r->channel, state->trust->channel, sizeof r->channel);
    memcpy(r->site, state->site, sizeof r->site);
    memcpy(r->chain, state->chain, sizeof r->chain);
    r->counter = state->receipts + 1;
    memcpy(r->previous, state->receipt_sha256, sizeof r->previous);
    r->created = when_now();
    r->has_floor = state->has_floor;
    r->floor = state->floor;
    snprintf(r->applier, sizeof r->applier, "applier %s", PINFERRY_VERSION);
    snprintf(r->operator, sizeof r->operator, "%s", operator);
    return r;
}

static int by_digest(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* The pins' digests sorted, each once; a pin that stood twice was removed twice. */
static bool take_digests(const struct run_pin *pins, size_t count, uint8_t (**out)[32],
                         size_t *out_count, struct err *err)
{
    uint8_t(*sha256)[32] = calloc(count + 1, sizeof *sha256);
    size_t kept = 0;

    if (sha256 == NULL) {
        return err_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(sha256[i], pins[i].pin.sha256, 32);
    }
    qsort(sha256, count, sizeof *sha256, by_digest);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || memcmp(sha256[kept - 1], sha256[i], 32) != 0) {
            memmove(sha256[kept++], sha256[i], 32);
        }
    }
    *out = sha256;
    *out_count = kept;
    return true;
}

static bool add_target(struct receipt *r, const struct run_target *from, struct err *err)
{
    struct receipt_target *t = receipt_add_target(r, err);

    if (t == NULL) {
        return false;
    }
    t->index = from->index;
    memcpy(t->before, from->before, sizeof t->before);
    memcpy(t->after, from->after, sizeof t->after);
    t->count = from->after_count;
    return take_digests(from->added, from->added_count, &t->added, &t->added_count, err) &&
           take_digests(from->removed, from->removed_count, &t->removed, &t->removed_count, err);
}

/* Not critical: it informs whoever reads receipts, and older readers pass it over. */
static bool add_outside(struct receipt *r, const char *reason, struct err *err)
{
    struct extension *e = &r->extensions.items[r->extensions.count];

    snprintf(e->id, sizeof e->id, "%s", RECORD_OUTSIDE_WINDOW);
    e->value = strdup(reason);
    if (e->value == NULL) {
        return err_memory(err);
    }
    r->extensions.count++;
    return true;
}

static void add_bundle(struct receipt *r, const struct run *run)
{
    r->has_bundle = true;
    r->epoch = run->bundle.epoch;
    r->sequence = run->bundle.sequence;
    r->trust_version = run->trust_version;
    memcpy(r->manifest, run->bundle.manifest, sizeof r->manifest);
}

struct receipt *record_of_run(const struct state *state, const struct run *run,
                              enum receipt_action action, enum receipt_outcome outcome,
                              enum err_code reason, struct err *err)
{
    struct receipt *r = begin(state, run->operator, err);
    bool done = r != NULL;

    if (!done) {
        return NULL;
    }
    r->action = action;
    r->outcome = outcome;
    snprintf(r->note, sizeof r->note, "%s", run->note);
    if (reason != ERR_NONE) {
        snprintf(r->reason, sizeof r->reason, "%s", err_reason(reason));
    }
    add_bundle(r, run);
    done = run->outside[0] == '\0' || add_outside(r, run->outside, err);
    for (size_t i = 0; done && i < run->count; i++) {
        done = add_target(r, &run->targets[i], err);
    }
    if (!done) {
        receipt_free(r);
        return NULL;
    }
    return r;
}

struct receipt *record_of_event(const struct state *state, enum receipt_action action,
                                const char *operator, const char * note, struct err *err)
{
    struct receipt *r = begin(state, operator, err);

    if (r != NULL) {
        r->action = action;
        r->outcome = RECEIPT_CHANGED;
        snprintf(r->note, sizeof r->note, "%s", note == NULL ? "" : note);
    }
    return r;
}

static bool read_whole(const struct state *state, const char *name, struct buf *out,
                       struct err *err)
{
    char *path = state_path(state, name, err);
    bool done = path != NULL && fsio_read_file(path, LIMIT_CERTIFICATE_BYTES, out, err);

    free(path);
    return done;
}

static bool sign(const struct state *state, const struct buf *document, int64_t when,
                 struct buf *signature, struct err *err)
{
    char *path = state_path(state, STATE_SITE_KEY, err);
    struct signkey *key = path == NULL ? NULL : signkey_open(path, NULL, err);
    struct buf cert;
    bool done;

    buf_init(&cert, LIMIT_CERTIFICATE_BYTES);
    done = key != NULL && read_whole(state, STATE_SITE_CERT, &cert, err) &&
           sigfile_sign(key, cert.data, cert.len, false, SIGFILE_RECEIPT, document->data,
                        document->len, when, signature, err);
    if (!done) {
        err_context(err, "the receipt cannot be signed with the site's key");
    }
    buf_release(&cert);
    signkey_free(key);
    free(path);
    return done;
}

static bool keep(const struct state *state, uint64_t counter, const char *ending,
                 const struct buf *bytes, struct err *err)
{
    char name[NAME_SIZE];
    char *path;
    bool done;

    snprintf(name, sizeof name, STATE_RECEIPTS "/%06llu.%s", (unsigned long long)counter, ending);
    path = state_path(state, name, err);
    done = path != NULL && fsio_replace(path, bytes->data, bytes->len, STATE_FILE_MODE, err);
    free(path);
    return done;
}

bool record_check(const struct state *state, const struct receipt *receipt, struct err *err)
{
    struct buf document, signature;
    bool done;

    buf_init(&document, LIMIT_RECEIPT_BYTES);
    buf_init(&signature, LIMIT_SIGNATURE_BYTES);
    done = receipt_write(receipt, &document, err) &&
           sign(state, &document, receipt->created, &signature, err);
    buf_release(&document);
    buf_release(&signature);
    return done;
}

/* What was refused has an event of its own. */
static bool event_of(const struct receipt *r, enum event_run *event)
{
    switch (r->action) {
    case RECEIPT_ENROL:
        *event = EVENT_ENROLLED;
        return true;
    case RECEIPT_APPLY:
        *event = r->outcome == RECEIPT_CHANGED ? EVENT_APPLIED : EVENT_ACCEPTED;
        return r->outcome != RECEIPT_REFUSED;
    case RECEIPT_ROLLBACK:
        *event = EVENT_ROLLED_BACK;
        return r->outcome != RECEIPT_REFUSED;
    case RECEIPT_RECOVER:
        *event = EVENT_RECOVERED;
        return true;
    default:
        return false;
    }
}

static void tell_system(const struct receipt *r)
{
    char bundle[64] = "", text[ERR_TEXT_SIZE];
    enum event_run event;

    if (!event_of(r, &event)) {
        return;
    }
    if (r->has_bundle) {
        snprintf(bundle, sizeof bundle, "bundle %llu, ", (unsigned long long)r->sequence);
    }
    snprintf(text, sizeof text, "site %s: %s, %s; %s%zu files, receipt %llu, by %s%s%s", r->site,
             receipt_action_name(r->action), receipt_outcome_name(r->outcome), bundle,
             r->target_count, (unsigned long long)r->counter, r->operator,
             r->note[0] == '\0' ? "" : ": ", r->note);
    event_done(event, text);
}

bool record_receipt(struct state *state, const struct receipt *receipt, struct err *err)
{
    uint8_t sha256[32];
    struct buf document, signature;
    bool done;

    buf_init(&document, LIMIT_RECEIPT_BYTES);
    buf_init(&signature, LIMIT_SIGNATURE_BYTES);
    done = receipt_write(receipt, &document, err) &&
           crypto_sha256(sha256, document.data, document.len, err) &&
           sign(state, &document, receipt->created, &signature, err) &&
           keep(state, receipt->counter, "p7s", &signature, err) &&
           keep(state, receipt->counter, "xml", &document, err);
    if (done) {
        state->receipts = receipt->counter;
        memcpy(state->receipt_sha256, sha256, sizeof sha256);
        done = state_save(state, err);
        tell_system(receipt);
    }
    buf_release(&document);
    buf_release(&signature);
    return done;
}

bool record_enrolment(struct state *state, const char *operator, bool late, bool *made,
                      struct err *err)
{
    const char *note = late ? "made up: it could not be written at the enrolment" : NULL;
    struct receipt *receipt;
    bool done;

    *made = false;
    if (state->receipts > 0) {
        return true;
    }
    receipt = record_of_event(state, RECEIPT_ENROL, operator, note, err);
    done = receipt != NULL && record_receipt(state, receipt, err);
    receipt_free(receipt);
    *made = done;
    return done;
}
