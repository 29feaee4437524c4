/* SPDX-License-Identifier: MIT */
/*
 * Computes and proves the new bytes of every target; writes nothing.
 */
#include "applier/plan.h"

#include <stdlib.h>
#include <string.h>

#include "applier/webconfig_create.h"
#include "base/limits.h"
#include "base/policy.h"
#include "keys/crypto.h"

/* The new file may be larger than any that IIS reads: the proof says by how much. */
#define NEW_BYTES_MAX (2 * LIMIT_TARGET_BYTES)

/* HMACs of different meaning under one secret must never be taken for each other. */
static const char digest_label[] = "pinferry plan 1";

/* What a bundle asks of a target, as the editor takes it. */
struct wanted {
    const struct manifest *manifest;
    struct pin *pins;
    uint8_t (*retired)[32];
};

struct plan *plan_new(size_t count, struct err *err)
{
    struct plan *plan = calloc(1, sizeof *plan);

    if (plan != NULL && count > 0) {
        plan->targets = calloc(count, sizeof *plan->targets);
    }
    if (plan == NULL || (count > 0 && plan->targets == NULL)) {
        free(plan);
        err_memory(err);
        return NULL;
    }
    plan->count = count;
    plan->max_bytes = LIMIT_IIS_BYTES;
    for (size_t i = 0; i < count; i++) {
        buf_init_secret(&plan->targets[i].old_bytes, LIMIT_TARGET_BYTES);
        buf_init_secret(&plan->targets[i].new_bytes, NEW_BYTES_MAX);
        buf_init_secret(&plan->targets[i].config_bytes, LIMIT_TARGET_BYTES);
        webconfig_change_init(&plan->targets[i].change);
    }
    return plan;
}

static void release_target(struct plan_target *t)
{
    fsio_target_close(t->file);
    free(t->path);
    free(t->section);
    free(t->staging);
    free(t->config);
    buf_release(&t->config_bytes);
    buf_release(&t->old_bytes);
    buf_release(&t->new_bytes);
    webconfig_change_release(&t->change);
    free(t->before.sha256);
    free(t->after.sha256);
    free(t->rows);
}

bool plan_may_need_recycle(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->targets[i].changes && plan->targets[i].config != NULL) {
            return true;
        }
    }
    return false;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL) {
        return;
    }
    for (size_t i = 0; i < plan->count; i++) {
        release_target(&plan->targets[i]);
    }
    free(plan->targets);
    free(plan);
}

/* --- one target --- */

bool plan_target_take(struct plan_target *target, size_t index, struct target *opened,
                      const char *staging, struct err *err)
{
    target->index = index;
    target->path = opened->path;
    target->section = opened->section;
    target->file = opened->file;
    target->config = opened->config;
    target->config_line = opened->config_line;
    buf_release(&target->old_bytes);
    buf_release(&target->config_bytes);
    target->old_bytes = opened->bytes;
    target->config_bytes = opened->config_bytes;
    target_init(opened);
    target->staging = strdup(staging);
    return target->staging != NULL || err_memory(err);
}

bool plan_target_open(struct plan_target *target, size_t index, const struct site_target *from,
                      struct err *err)
{
    struct target opened;
    bool done;

    target_init(&opened);
    done = target_open(&opened, from->path, from->section, err) &&
           plan_target_take(target, index, &opened, from->staging, err);
    target_release(&opened);
    return done;
}

/* by_digest is sorted, so equal values are neighbours. `found` NULL: there is no section. */
static bool fill_set(struct plan_set *set, const struct webconfig *found, struct err *err)
{
    size_t count = found == NULL ? 0 : found->by_digest_count;

    set->sha256 = calloc(count + 1, sizeof *set->sha256);
    if (set->sha256 == NULL) {
        return err_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *digest = found->by_digest[i]->pin.sha256;

        if (set->count == 0 || memcmp(set->sha256[set->count - 1], digest, 32) != 0) {
            memcpy(set->sha256[set->count++], digest, 32);
        }
    }
    return crypto_sha256(set->digest, set->sha256, set->count * sizeof *set->sha256, err);
}

static bool is_among(const struct webconfig_line *lines, size_t count, const struct pin *pin)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(lines[i].pin.sha256, pin->sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

static void add_row(struct plan_target *t, const struct webconfig_item *item, enum plan_fate fate)
{
    struct plan_row *row = &t->rows[t->row_count++];

    row->fate = fate;
    row->line = item->line;
    row->is_pin = item->is_pin;
    if (item->has_digest) {
        row->pin = item->pin;
    }
}

/* Added ones are looked up in the new file: an undo by the record of its run puts an item back
 * where it stood, not where the splice would put it. */
static bool fill_rows(struct plan_target *t, const struct webconfig *old,
                      const struct webconfig *new, struct err *err)
{
    const struct webconfig_change *change = &t->change;
    size_t olds = old == NULL ? 0 : old->item_count, news = new == NULL ? 0 : new->item_count;

    t->rows = calloc(olds + news + 1, sizeof *t->rows);
    if (t->rows == NULL) {
        return err_memory(err);
    }
    for (size_t i = 0; i < olds; i++) {
        const struct webconfig_item *item = &old->items[i];
        bool goes =
            item->has_digest && is_among(change->removed, change->removed_count, &item->pin);

        t->odd_space = t->odd_space || (item->odd & WEBCONFIG_ODD_SPACE) != 0;
        add_row(t, item, goes ? PLAN_REMOVED : PLAN_KEPT);
    }
    for (size_t i = 0; i < news; i++) {
        const struct webconfig_item *item = &new->items[i];

        if (item->has_digest && is_among(change->added, change->added_count, &item->pin)) {
            add_row(t, item, PLAN_ADDED);
        }
    }
    return true;
}

bool plan_target_finish(struct plan_target *target, struct err *err)
{
    struct webconfig *old = NULL, *new = NULL;
    bool ok = (target->fate == WEBCONFIG_CREATED ||
               webconfig_scan(&target->old_bytes, target->section, &old, err)) &&
              (target->fate == WEBCONFIG_UNDONE ||
               webconfig_scan(&target->new_bytes, target->section, &new, err)) &&
              fill_set(&target->before, old, err) && fill_set(&target->after, new, err) &&
              fill_rows(target, old, new, err);

    if (ok) {
        target->encoding = webconfig_encoding_text(old != NULL ? old : new);
        target->eol = webconfig_eol_text(old != NULL ? old : new);
        target->changes = !buf_equal(&target->old_bytes, &target->new_bytes);
    }
    webconfig_free(old);
    webconfig_free(new);
    return ok;
}

/* --- what the bundle says about each item --- */

static int by_retired(const void *digest, const void *item)
{
    return memcmp(digest, ((const struct manifest_retired *)item)->sha256, 32);
}

/* struct manifest_pin begins with its pin. */
static int by_pin(const void *digest, const void *item)
{
    return memcmp(digest, ((const struct manifest_pin *)item)->pin.sha256, 32);
}

static void explain_row(struct plan_row *row, const struct manifest *m)
{
    const struct manifest_pin *pin =
        m->pin_count == 0
            ? NULL
            : bsearch(row->pin.sha256, m->pins, m->pin_count, sizeof *m->pins, by_pin);
    const struct manifest_retired *retired =
        m->retired_count == 0 ? NULL
                              : bsearch(row->pin.sha256, m->retired, m->retired_count,
                                        sizeof *m->retired, by_retired);

    if (row->fate == PLAN_KEPT && pin == NULL) {
        row->fate = PLAN_UNLISTED;
    }
    if (pin != NULL && pin->has_validity) {
        row->has_validity = true;
        row->valid_from = pin->valid_from;
        row->valid_to = pin->valid_to;
    }
    if (row->fate == PLAN_REMOVED && retired != NULL) {
        memcpy(row->reason, retired->reason, sizeof row->reason);
    }
}

/* Only what was asked for, and only where no section is. */
static bool create(struct plan_target *t, const struct wanted *wanted, struct err *err)
{
    t->fate = WEBCONFIG_CREATED;
    return webconfig_create_splice(&t->old_bytes, t->section, wanted->pins,
                                   wanted->manifest->pin_count, &t->new_bytes, &t->change, err);
}

static bool splice(struct plan_target *t, const struct wanted *wanted, bool may_create,
                   struct err *err)
{
    struct webconfig *found = NULL;
    struct err why = {0};
    bool ok = webconfig_scan(&t->old_bytes, t->section, &found, &why);

    if (!ok && why.code == ERR_TARGET_SECTION && may_create && t->config == NULL) {
        return create(t, wanted, err);
    }
    if (!ok) {
        *err = why;
        return false;
    }
    ok = webconfig_splice(found, wanted->pins, wanted->manifest->pin_count,
                          (const uint8_t(*)[32])wanted->retired, wanted->manifest->retired_count,
                          &t->new_bytes, &t->change, err);
    webconfig_free(found);
    return ok;
}

static bool prove(const struct plan *plan, struct plan_target *t, const struct wanted *wanted,
                  struct err *err)
{
    struct webconfig_claim claim = {.fate = t->fate,
                                    .section = t->section,
                                    .added = wanted->pins,
                                    .added_count = wanted->manifest->pin_count,
                                    .removed = (const uint8_t(*)[32])wanted->retired,
                                    .removed_count = wanted->manifest->retired_count,
                                    .minimum = plan->minimum,
                                    .max_bytes = plan->max_bytes};

    return webconfig_prove(&t->old_bytes, &t->new_bytes, &claim, &t->report, err);
}

static bool check_unlisted(const struct plan_target *t, const struct site *site, struct err *err)
{
    return !POLICY("proof.unlisted", site->refuse_unlisted && t->report.unlisted_count > 0) ||
           err_set(err, ERR_UNLISTED,
                   "holds %zu pins that the bundle does not name, and this site refuses that "
                   "(unlisted=\"refuse\" in site.xml): have them approved or retired on the other "
                   "side, or take them out by hand",
                   t->report.unlisted_count);
}

static bool make_target(const struct plan *plan, struct plan_target *t, const struct site *site,
                        const struct wanted *wanted, struct err *err)
{
    if (!splice(t, wanted, site->create_section, err) || !prove(plan, t, wanted, err) ||
        !check_unlisted(t, site, err) || !plan_target_finish(t, err)) {
        err_context(err, "%s", t->path);
        return false;
    }
    for (size_t i = 0; i < t->row_count; i++) {
        explain_row(&t->rows[i], wanted->manifest);
    }
    return true;
}

/* --- all targets --- */

static bool copy_wanted(struct wanted *wanted, const struct manifest *m, struct err *err)
{
    wanted->manifest = m;
    wanted->pins = calloc(m->pin_count + 1, sizeof *wanted->pins);
    wanted->retired = calloc(m->retired_count + 1, sizeof *wanted->retired);
    if (wanted->pins == NULL || wanted->retired == NULL) {
        return err_memory(err);
    }
    for (size_t i = 0; i < m->pin_count; i++) {
        wanted->pins[i] = m->pins[i].pin;
    }
    for (size_t i = 0; i < m->retired_count; i++) {
        memcpy(wanted->retired[i], m->retired[i].sha256, 32);
    }
    return true;
}

/* Two exchanges of one file: the second would find the first one's file instead of its own. */
static bool check_distinct(const struct plan *plan, size_t last, struct err *err)
{
    for (size_t i = 0; i < last; i++) {
        if (fsio_target_same(plan->targets[i].file, plan->targets[last].file)) {
            return err_set(err, ERR_CONFIG_FORM,
                           "%s: is the same file as %s; name each file once in site.xml",
                           plan->targets[last].path, plan->targets[i].path);
        }
    }
    return true;
}

/* The digests of one target's bytes; of the web.config too, when that decides which file it is. */
static bool add_digests(struct buf *message, const struct plan_target *t, struct err *err)
{
    const struct buf *bytes[] = {&t->old_bytes, &t->new_bytes, &t->config_bytes};
    size_t count = t->config == NULL ? 2 : 3;
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        ok = crypto_sha256(sha256, bytes[i]->data, bytes[i]->len, err) &&
             buf_add(message, sha256, sizeof sha256, err);
    }
    return ok;
}

static bool make_all(struct plan *plan, const struct site *site, const struct wanted *wanted,
                     struct err *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct plan_target *t = &plan->targets[i];

        if (!plan_target_open(t, i + 1, &site->targets[i], err) || !check_distinct(plan, i, err) ||
            !make_target(plan, t, site, wanted, err)) {
            return false;
        }
    }
    return true;
}

bool plan_finish(struct plan *plan, const uint8_t subject[static 32], const struct buf *secret,
                 struct err *err)
{
    struct buf message;
    bool ok;

    buf_init(&message, sizeof digest_label + 32 + 3 * CRYPTO_SHA256_SIZE * plan->count);
    ok = buf_add(&message, digest_label, sizeof digest_label, err) &&
         buf_add(&message, subject, 32, err);
    for (size_t i = 0; ok && i < plan->count; i++) {
        const struct plan_target *t = &plan->targets[i];

        plan->changes = plan->changes || t->changes;
        ok = add_digests(&message, t, err);
    }
    ok = ok && (secret == NULL || crypto_hmac_sha256(plan->digest, secret->data, secret->len,
                                                     message.data, message.len, err));
    buf_release(&message);
    return ok;
}

struct plan *plan_bundle(const struct bundle *bundle, const struct site *site,
                         const struct buf *secret, struct err *err)
{
    const struct manifest *m = bundle_manifest(bundle);
    struct plan *plan = plan_new(site->count, err);
    struct wanted wanted = {0};
    bool ok = plan != NULL && copy_wanted(&wanted, m, err);

    if (ok) {
        plan->minimum = (size_t)(m->minimum > site->minimum ? m->minimum : site->minimum);
        plan->max_bytes = site->max_bytes;
        ok = make_all(plan, site, &wanted, err) &&
             plan_finish(plan, bundle_manifest_sha256(bundle), secret, err);
    }
    free(wanted.pins);
    free(wanted.retired);
    if (!ok) {
        plan_free(plan);
        return NULL;
    }
    return plan;
}
