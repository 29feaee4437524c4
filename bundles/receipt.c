/* SPDX-License-Identifier: MIT */
/*
 * The receipt as a value, and its strict reader.
 */
#include "bundles/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "keys/elem.h"

#define FORM ERR_DOCUMENT_FORM

static const char *const action_names[RECEIPT_ACTIONS] = {"apply", "rollback", "recover", "enrol",
                                                          "refuse"};
static const char *const outcome_names[RECEIPT_OUTCOMES] = {"changed", "unchanged", "rolled-back",
                                                            "refused"};

const char *receipt_action_name(enum receipt_action action)
{
    return action_names[action];
}

const char *receipt_outcome_name(enum receipt_outcome outcome)
{
    return outcome_names[outcome];
}

struct receipt *receipt_new(struct err *err)
{
    struct receipt *r = calloc(1, sizeof *r);

    if (r == NULL) {
        err_memory(err);
    }
    return r;
}

void receipt_free(struct receipt *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->target_count; i++) {
        free(r->targets[i].added);
        free(r->targets[i].removed);
    }
    free(r->targets);
    extension_release(&r->extensions);
    free(r);
}

struct receipt_target *receipt_add_target(struct receipt *r, struct err *err)
{
    struct receipt_target *more;

    if (r->target_count == LIMIT_TARGETS) {
        err_set(err, FORM, "a receipt holds at most %d targets", LIMIT_TARGETS);
        return NULL;
    }
    more = realloc(r->targets, (r->target_count + 1) * sizeof *more);
    if (more == NULL) {
        err_memory(err);
        return NULL;
    }
    r->targets = more;
    memset(&more[r->target_count], 0, sizeof *more);
    return &more[r->target_count++];
}

static bool wrong(const struct elem *el, const char *why, struct err *err)
{
    return err_set(err, FORM, "line %ld, <%s>: %s", elem_line(el), elem_name(el), why);
}

/* An attribute that may be absent; then `out` stays "". */
static bool read_text(const struct elem *el, const char *name, char *out, size_t size,
                      struct err *err)
{
    const char *text;

    if (elem_attr(el, name) == NULL) {
        return true;
    }
    if (!elem_free_text(el, name, &text, FORM, err)) {
        return false;
    }
    if (strlen(text) >= size) {
        return wrong(el, "an attribute is too long", err);
    }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool read_id(const struct elem *el, const char *name, char out[static TEXT_ID_MAX + 1],
                    struct err *err)
{
    const char *id;

    if (!elem_id(el, name, &id, FORM, err)) {
        return false;
    }
    memcpy(out, id, strlen(id) + 1);
    return true;
}

/* Which of `names` the attribute is. */
static bool read_name(const struct elem *el, const char *name, const char *const *names,
                      unsigned count, unsigned *out, struct err *err)
{
    const char *text;

    if (!elem_text(el, name, &text, FORM, err)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            return true;
        }
    }
    return err_set(err, FORM, "line %ld, <%s>: attribute %s has an unknown value", elem_line(el),
                   elem_name(el), name);
}

static bool read_numbers(struct receipt *r, const struct elem *el, struct err *err)
{
    if (!elem_number(el, "counter", 1, TEXT_NUMBER_MAX, &r->counter, FORM, err) ||
        !elem_time(el, "created", WHEN_MIN, WHEN_MAX, &r->created, FORM, err)) {
        return false;
    }
    if (r->counter > 1 && !elem_hex(el, "previous", r->previous, sizeof r->previous, FORM, err)) {
        return false;
    }
    r->has_floor = elem_attr(el, "floor") != NULL;
    if (r->has_floor && !elem_time(el, "floor", WHEN_MIN, WHEN_MAX, &r->floor, FORM, err)) {
        return false;
    }
    return elem_attr(el, "omitted") == NULL ||
           elem_number(el, "omitted", 1, TEXT_NUMBER_MAX, &r->omitted, FORM, err);
}

static bool read_root(struct receipt *r, const struct elem *el, struct err *err)
{
    unsigned action = 0, outcome = 0;

    if (!elem_hex(el, "domain", r->domain, sizeof r->domain, FORM, err) ||
        !read_id(el, "channel", r->channel, err) || !read_id(el, "site", r->site, err) ||
        !elem_hex(el, "chain", r->chain, sizeof r->chain, FORM, err) || !read_numbers(r, el, err) ||
        !read_text(el, "applier", r->applier, sizeof r->applier, err) ||
        !read_name(el, "action", action_names, RECEIPT_ACTIONS, &action, err) ||
        !read_name(el, "outcome", outcome_names, RECEIPT_OUTCOMES, &outcome, err)) {
        return false;
    }
    r->action = (enum receipt_action)action;
    r->outcome = (enum receipt_outcome)outcome;
    return (elem_attr(el, "reason") == NULL || read_id(el, "reason", r->reason, err)) &&
           read_text(el, "operator", r->operator, sizeof r->operator, err) &&
           read_text(el, "note", r->note, sizeof r->note, err);
}

static bool read_bundle(struct receipt *r, const struct elem *el, struct err *err)
{
    r->has_bundle = true;
    return elem_number(el, "epoch", 1, TEXT_NUMBER_MAX, &r->epoch, FORM, err) &&
           elem_number(el, "sequence", 1, TEXT_NUMBER_MAX, &r->sequence, FORM, err) &&
           elem_hex(el, "manifest", r->manifest, sizeof r->manifest, FORM, err) &&
           elem_number(el, "trust-version", 1, 999999, &r->trust_version, FORM, err);
}

static bool read_medium(struct receipt *r, const struct elem *el, struct err *err)
{
    r->has_medium = true;
    return read_text(el, "label", r->medium_label, sizeof r->medium_label, err) &&
           read_text(el, "serial", r->medium_serial, sizeof r->medium_serial, err);
}

/* The run of elements of one name that begins at *el, which becomes the one behind it. */
static bool read_pins(const struct elem **el, const char *name, size_t most, uint8_t (**sha256)[32],
                      size_t *count, struct err *err)
{
    *sha256 = calloc(most, sizeof **sha256);
    if (*sha256 == NULL) {
        return err_memory(err);
    }
    for (; *el != NULL && strcmp(elem_name(*el), name) == 0; *el = elem_next(*el)) {
        if (*count == most) {
            return wrong(*el, "too many of them", err);
        }
        if (!elem_hex(*el, "sha256", (*sha256)[*count], 32, FORM, err)) {
            return false;
        }
        (*count)++;
    }
    return true;
}

static bool read_target(struct receipt *r, const struct elem *el, struct err *err)
{
    struct receipt_target *t = receipt_add_target(r, err);
    const struct elem *pin = elem_first(el);

    return t != NULL && elem_expect(el, "target", NULL, FORM, err) &&
           elem_number(el, "index", 1, LIMIT_TARGETS, &t->index, FORM, err) &&
           elem_hex(el, "before", t->before, sizeof t->before, FORM, err) &&
           elem_hex(el, "after", t->after, sizeof t->after, FORM, err) &&
           elem_number(el, "count", 0, 65535, &t->count, FORM, err) &&
           read_pins(&pin, "added", LIMIT_PINS, &t->added, &t->added_count, err) &&
           read_pins(&pin, "removed", LIMIT_RETIRED, &t->removed, &t->removed_count, err) &&
           (pin == NULL || wrong(pin, "does not stand here", err));
}

static bool read_children(struct receipt *r, const struct elem *root, struct err *err)
{
    const struct elem *el = elem_first(root);

    if (el != NULL && strcmp(elem_name(el), "bundle") == 0) {
        if (!read_bundle(r, el, err)) {
            return false;
        }
        el = elem_next(el);
    }
    if (el != NULL && strcmp(elem_name(el), "medium") == 0) {
        if (!read_medium(r, el, err)) {
            return false;
        }
        el = elem_next(el);
    }
    if (!elem_expect(el, "targets", NULL, FORM, err)) {
        return false;
    }
    for (const struct elem *t = elem_first(el); t != NULL; t = elem_next(t)) {
        if (!read_target(r, t, err)) {
            return false;
        }
    }
    el = elem_next(el);
    return el == NULL || (extension_read(&r->extensions, el, FORM, err) &&
                          (elem_next(el) == NULL || wrong(el, "must be the last element", err)));
}

static bool check_canonical(const struct receipt *r, const void *bytes, size_t len, struct err *err)
{
    struct buf again;
    bool done;

    buf_init(&again, LIMIT_RECEIPT_BYTES);
    done = receipt_write(r, &again, err) && elem_expect_canonical(&again, bytes, len, err);
    buf_release(&again);
    return done;
}

struct receipt *receipt_parse(const void *bytes, size_t len, struct err *err)
{
    struct elem_doc *doc;
    struct receipt *r;

    if (len > LIMIT_RECEIPT_BYTES) {
        err_set(err, FORM, "a receipt has at most %zu bytes", LIMIT_RECEIPT_BYTES);
        return NULL;
    }
    doc = elem_parse(bytes, len, FORM, err);
    if (doc == NULL) {
        return NULL;
    }
    r = receipt_new(err);
    if (r == NULL || !elem_expect_kind(elem_root(doc), "receipt", FORM, err) ||
        !read_root(r, elem_root(doc), err) || !read_children(r, elem_root(doc), err) ||
        !check_canonical(r, bytes, len, err)) {
        receipt_free(r);
        r = NULL;
    }
    elem_free(doc);
    return r;
}
