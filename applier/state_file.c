/* SPDX-License-Identifier: MIT */
/*
 * Writes state.xml, and reads it strictly: what was read is written again and compared, as with
 * signed documents, so that no damaged byte goes unread.
 */
#include "applier/state_file.h"

#include <string.h>

#include "base/limits.h"
#include "base/markup.h"
#include "base/when.h"
#include "keys/elem.h"

#define TRUST_VERSION_MAX 999999 /* docs/format.md 2.1 */

static const enum err_code damaged = ERR_STATE_DAMAGED;

bool state_is_same(const struct state_accepted *a, const struct state_accepted *b)
{
    return a->epoch == b->epoch && a->sequence == b->sequence &&
           memcmp(a->manifest, b->manifest, sizeof a->manifest) == 0;
}

bool state_is_newer(const struct state_accepted *a, const struct state_accepted *b)
{
    return a->epoch > b->epoch || (a->epoch == b->epoch && a->sequence > b->sequence);
}

static void write_accepted(struct markup *m, const char *name, const struct state_accepted *a,
                           const uint8_t *head)
{
    markup_open(m, name);
    markup_number(m, "epoch", a->epoch);
    markup_number(m, "sequence", a->sequence);
    markup_hex(m, "manifest", a->manifest, sizeof a->manifest);
    if (head != NULL) {
        markup_hex(m, "head", head, 32);
    }
    markup_close(m);
}

bool state_file_write(const struct state *state, const struct state_file_trust *trust,
                      struct buf *out, struct err *err)
{
    struct markup m;

    markup_begin(&m, out, "state", STATE_NS, err);
    markup_text(&m, "site", state->site);
    markup_number(&m, "trust-version", trust->version);
    markup_hex(&m, "trust", trust->sha256, sizeof trust->sha256);
    if (state->has_floor) {
        markup_time(&m, "floor", state->floor);
    }
    if (state->has_waived) {
        markup_hex(&m, "waived", state->waived, sizeof state->waived);
    }
    if (state->least > 0) {
        markup_number(&m, "least-epoch", state->least_epoch);
        markup_number(&m, "least", state->least);
    }
    markup_hex(&m, "nonce", state->nonce, sizeof state->nonce);
    if (state->waits) {
        markup_text(&m, "waits", "true");
    }
    markup_number(&m, "runs", state->runs);
    if (state->unchecked > 0) {
        markup_number(&m, "unchecked", state->unchecked);
    }
    markup_hex(&m, "chain", state->chain, sizeof state->chain);
    markup_number(&m, "receipts", state->receipts);
    if (state->receipts > 0) {
        markup_hex(&m, "receipt", state->receipt_sha256, sizeof state->receipt_sha256);
    }
    if (state->has_last) {
        write_accepted(&m, "last", &state->last, state->head_sha256);
    }
    if (state->held) {
        write_accepted(&m, "hold", &state->hold, NULL);
    }
    if (state->has_pending) {
        write_accepted(&m, "pending", &state->pending, state->pending_sha256);
    }
    return markup_end(&m);
}

static bool read_accepted(struct state_accepted *a, const struct elem *el, struct err *err)
{
    return elem_number(el, "epoch", 1, TEXT_NUMBER_MAX, &a->epoch, damaged, err) &&
           elem_number(el, "sequence", 0, TEXT_NUMBER_MAX, &a->sequence, damaged, err) &&
           elem_hex(el, "manifest", a->manifest, sizeof a->manifest, damaged, err);
}

/* One whose head is kept in a file. */
static bool read_kept(struct state_accepted *a, uint8_t head[static 32], const struct elem *el,
                      struct err *err)
{
    return read_accepted(a, el, err) && elem_hex(el, "head", head, 32, damaged, err);
}

static bool read_root(struct state *state, struct state_file_trust *trust, const struct elem *el,
                      struct err *err)
{
    const char *site;

    if (!elem_id(el, "site", &site, damaged, err) ||
        !elem_number(el, "trust-version", 1, TRUST_VERSION_MAX, &trust->version, damaged, err) ||
        !elem_hex(el, "trust", trust->sha256, sizeof trust->sha256, damaged, err) ||
        !elem_hex(el, "nonce", state->nonce, sizeof state->nonce, damaged, err) ||
        !elem_number(el, "runs", 0, TEXT_NUMBER_MAX, &state->runs, damaged, err) ||
        !elem_hex(el, "chain", state->chain, sizeof state->chain, damaged, err) ||
        !elem_number(el, "receipts", 0, TEXT_NUMBER_MAX, &state->receipts, damaged, err)) {
        return false;
    }
    memcpy(state->site, site, strlen(site) + 1);
    state->waits = elem_attr(el, "waits") != NULL;
    if (elem_attr(el, "unchecked") != NULL &&
        !elem_number(el, "unchecked", 1, TEXT_NUMBER_MAX, &state->unchecked, damaged, err)) {
        return false;
    }
    if (elem_attr(el, "least") != NULL &&
        (!elem_number(el, "least-epoch", 1, TEXT_NUMBER_MAX, &state->least_epoch, damaged, err) ||
         !elem_number(el, "least", 1, TEXT_NUMBER_MAX, &state->least, damaged, err))) {
        return false;
    }
    state->has_waived = elem_attr(el, "waived") != NULL;
    if (state->has_waived &&
        !elem_hex(el, "waived", state->waived, sizeof state->waived, damaged, err)) {
        return false;
    }
    state->has_floor = elem_attr(el, "floor") != NULL;
    if (state->has_floor &&
        !elem_time(el, "floor", WHEN_MIN, WHEN_MAX, &state->floor, damaged, err)) {
        return false;
    }
    return state->receipts == 0 || elem_hex(el, "receipt", state->receipt_sha256,
                                            sizeof state->receipt_sha256, damaged, err);
}

static bool read_children(struct state *state, const struct elem *root, struct err *err)
{
    const struct elem *last = elem_child(root, "last"), *hold = elem_child(root, "hold");
    const struct elem *pending = elem_child(root, "pending");

    state->has_last = last != NULL;
    state->held = hold != NULL;
    state->has_pending = pending != NULL;
    if (last != NULL && !read_kept(&state->last, state->head_sha256, last, err)) {
        return false;
    }
    if (pending != NULL && !read_kept(&state->pending, state->pending_sha256, pending, err)) {
        return false;
    }
    return hold == NULL || read_accepted(&state->hold, hold, err);
}

static bool check_namespace(const struct elem *root, struct err *err)
{
    static const char stem[] = "urn:pinferry:state:";
    const char *ns = elem_namespace(root);

    if (strncmp(ns, stem, sizeof stem - 1) == 0 && strcmp(ns, STATE_NS) != 0) {
        return err_set(err, damaged,
                       "made by a newer version of this program (%s); install that version again",
                       ns);
    }
    return elem_expect(root, "state", STATE_NS, damaged, err);
}

bool state_file_read(struct state *state, struct state_file_trust *trust, const struct buf *bytes,
                     struct err *err)
{
    struct elem_doc *doc = elem_parse(bytes->data, bytes->len, damaged, err);
    struct buf again;
    bool ok;

    buf_init(&again, LIMIT_STATE_BYTES);
    ok = doc != NULL && check_namespace(elem_root(doc), err) &&
         read_root(state, trust, elem_root(doc), err) &&
         read_children(state, elem_root(doc), err) && state_file_write(state, trust, &again, err);
    if (ok && !buf_equal(&again, bytes)) {
        ok = err_set(err, damaged,
                     "not as this program writes it: it was edited or damaged; nothing in it may "
                     "be changed by hand (docs/state.md)");
    }
    buf_release(&again);
    elem_free(doc);
    return ok;
}
