/* SPDX-License-Identifier: MIT */
/*
 * The beginning and the end of a run: staging, journal, state, records.
 */
#include "applier/carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applier/record.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/when.h"
#include "keys/crypto.h"

#define NAME_SIZE 64
#define FOLDER_MAX 65536

static char *copy(const char *text, struct err *err)
{
    char *made = strdup(text);

    if (made == NULL) {
        err_memory(err);
    }
    return made;
}

/* The staging folder of a volume may serve several states: each knows its own files by its chain.
 */
static void staged_prefix(const struct state *state, char out[static NAME_SIZE])
{
    char chain[9];

    text_hex(chain, state->chain, 4);
    snprintf(out, NAME_SIZE, "run-%s-", chain);
}

static char *staged_path(const struct state *state, const struct plan_target *t, struct err *err)
{
    char prefix[NAME_SIZE], name[2 * NAME_SIZE];

    staged_prefix(state, prefix);
    snprintf(name, sizeof name, "%s%06llu-%zu", prefix, (unsigned long long)state->runs + 1,
             t->index);
    return fsio_join(t->staging, name, err);
}

static bool sweep_folder(const char *dir, const char *prefix, struct err *err)
{
    struct fsio_names names = {0};
    enum fsio_kind kind;
    bool done =
        fsio_kind(dir, &kind, err) && (kind != FSIO_DIR || fsio_list(dir, FOLDER_MAX, &names, err));

    for (size_t i = 0; done && i < names.count; i++) {
        if (strncmp(names.names[i], prefix, strlen(prefix)) == 0) {
            char *path = fsio_join(dir, names.names[i], err);

            done = path != NULL && fsio_remove(path, err);
            free(path);
        }
    }
    fsio_names_release(&names);
    return done;
}

bool carry_sweep(const struct state *state, const struct site *site, struct err *err)
{
    char *own = state_path(state, STATE_STAGING, err);
    struct fsio_names folders = {0};
    char prefix[NAME_SIZE];
    bool done;

    staged_prefix(state, prefix);
    done = own != NULL && sweep_folder(own, prefix, err) && run_staging(state, &folders, err);
    for (size_t i = 0; done && i < folders.count; i++) {
        done = sweep_folder(folders.names[i], prefix, err);
    }
    for (size_t i = 0; done && site != NULL && i < site->count; i++) {
        done = sweep_folder(site->targets[i].staging, prefix, err);
    }
    fsio_names_release(&folders);
    free(own);
    return done;
}

/* Whether the plan removes the pin because the bundle retires it. */
static bool is_retired(const struct plan_target *t, const uint8_t sha256[static 32])
{
    for (size_t i = 0; i < t->row_count; i++) {
        if (t->rows[i].fate == PLAN_REMOVED && t->rows[i].reason[0] != '\0' &&
            memcmp(t->rows[i].pin.sha256, sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_lines(const struct plan_target *from, const struct webconfig_line *lines,
                       size_t count, struct run_pin **out, size_t *out_count, struct err *err)
{
    struct run_pin *pins = calloc(count + 1, sizeof *pins);

    if (pins == NULL) {
        return err_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        pins[i].pin = lines[i].pin;
        pins[i].retired = is_retired(from, lines[i].pin.sha256);
    }
    *out = pins;
    *out_count = count;
    return true;
}

static bool take_undo(struct run_target *t, const struct webconfig_change *change, struct err *err)
{
    t->undo = calloc(change->undo_count + 1, sizeof *t->undo);
    if (t->undo == NULL) {
        return err_memory(err);
    }
    if (!buf_add(&t->kept, change->kept.data, change->kept.len, err)) {
        return false;
    }
    for (size_t i = 0; i < change->undo_count; i++) {
        t->undo[i] = change->undo[i];
        if (t->undo[i].len > 0) {
            t->undo[i].bytes = t->kept.data + (change->undo[i].bytes - change->kept.data);
        }
    }
    t->undo_count = change->undo_count;
    return true;
}

static bool make_target(struct run_target *t, const struct state *state,
                        const struct plan_target *from, const struct buf *secret, struct err *err)
{
    t->index = from->index;
    t->changes = from->changes;
    t->fate = from->fate;
    t->path = copy(from->path, err);
    t->config = from->config == NULL ? NULL : copy(from->config, err);
    t->section = from->section == NULL ? NULL : copy(from->section, err);
    t->staged = from->changes ? staged_path(state, from, err) : NULL;
    memcpy(t->before, from->before.digest, sizeof t->before);
    memcpy(t->after, from->after.digest, sizeof t->after);
    t->after_count = from->after.count;
    return t->path != NULL && (t->config != NULL) == (from->config != NULL) &&
           (t->section != NULL) == (from->section != NULL) &&
           (t->staged != NULL) == from->changes &&
           run_mac(t->old_mac, secret, &from->old_bytes, err) &&
           run_mac(t->new_mac, secret, &from->new_bytes, err) &&
           take_lines(from, from->change.added, from->change.added_count, &t->added,
                      &t->added_count, err) &&
           take_lines(from, from->change.removed, from->change.removed_count, &t->removed,
                      &t->removed_count, err) &&
           take_undo(t, &from->change, err);
}

static struct run *make(const struct state *state, const struct plan *plan,
                        const struct carry_facts *facts, const struct buf *secret, struct err *err)
{
    struct run *run = run_new(plan->count, err);
    bool done = run != NULL;

    if (!done) {
        return NULL;
    }
    run->number = state->runs + 1;
    run->kind = facts->kind;
    run->started = when_now();
    snprintf(run->operator, sizeof run->operator, "%s", facts->operator);
    snprintf(run->note, sizeof run->note, "%s", facts->note == NULL ? "" : facts->note);
    snprintf(run->outside, sizeof run->outside, "%s", facts->outside == NULL ? "" : facts->outside);
    run->undoes = facts->undoes;
    run->bundle = facts->bundle;
    run->trust_version = facts->trust_version;
    run->floor = facts->floor;
    run->receipt = state->receipts + 1;
    run->minimum = plan->minimum;
    run->max_bytes = plan->max_bytes;
    if (facts->head != NULL) {
        done = crypto_sha256(run->head_sha256, facts->head->data, facts->head->len, err);
    }
    for (size_t i = 0; done && i < plan->count; i++) {
        done = make_target(&run->targets[i], state, &plan->targets[i], secret, err);
    }
    if (!done) {
        run_free(run);
        return NULL;
    }
    return run;
}

/* A run whose receipt could not be written or signed must not begin. */
static bool check_receipt(const struct state *state, const struct run *run, struct err *err)
{
    struct receipt *receipt =
        record_of_run(state, run, RECEIPT_RECOVER, RECEIPT_ROLLED_BACK, ERR_CHECK_FAILED, err);
    bool done = receipt != NULL && record_check(state, receipt, err);

    receipt_free(receipt);
    if (!done) {
        err_context(err, "the receipt of this run");
    }
    return done;
}

/* Before anything is written for it. */
static bool check_writable(const struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->targets[i].changes && (!fsio_target_writable(plan->targets[i].file, err) ||
                                         !site_check_staging(plan->targets[i].staging, err))) {
            return false;
        }
    }
    return true;
}

static bool stage(const struct run *run, struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < run->count; i++) {
        struct plan_target *t = &plan->targets[i];

        /* What a run that was cut off before its journal left under this name means nothing. */
        if (run->targets[i].changes &&
            (!fsio_remove(run->targets[i].staged, err) ||
             !fsio_target_stage(t->file, run->targets[i].staged, t->new_bytes.data,
                                t->new_bytes.len, err))) {
            return false;
        }
    }
    return true;
}

static bool keep_head(const struct state *state, const struct buf *head, struct err *err)
{
    char *path = state_path(state, STATE_NEXT_HEAD, err);
    bool done = path != NULL && fsio_replace(path, head->data, head->len, STATE_FILE_MODE, err);

    free(path);
    return done;
}

/* Taking back what was begun can fail too; a journal that stays is for the next run to end. */
static void take_back(const struct state *state, const struct run *run, struct err *err)
{
    struct err second = {0};
    bool unfinished = false;

    if (!carry_unstage(run, &second)) {
        err_context(err, "(a staged file could not be removed: %s)", second.text);
    }
    if (err != NULL && state_unfinished(state, &unfinished, &second) && unfinished) {
        err_context(err,
                    "run %llu could not be taken back; once the cause is mended, run 'applier "
                    "recover', which closes it",
                    (unsigned long long)run->number);
        err->code = ERR_UNFINISHED;
    }
}

struct run *carry_begin(const struct state *state, struct plan *plan,
                        const struct carry_facts *facts, const struct buf *secret, struct err *err)
{
    struct run *run = make(state, plan, facts, secret, err);

    if (run == NULL) {
        return NULL;
    }
    if (!check_receipt(state, run, err) || !check_writable(plan, err)) {
        run_free(run);
        return NULL;
    }
    if (!stage(run, plan, err) || (facts->head != NULL && !keep_head(state, facts->head, err)) ||
        !run_begin(state, run, err)) {
        take_back(state, run, err);
        run_free(run);
        return NULL;
    }
    return run;
}

bool carry_unstage(const struct run *run, struct err *err)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->targets[i].staged != NULL && !fsio_remove(run->targets[i].staged, err)) {
            return false;
        }
    }
    return true;
}

/* The head becomes the last one, unless it is already. */
static bool raise_head(const struct state *state, const struct run *run, struct err *err)
{
    char *next = state_path(state, STATE_NEXT_HEAD, err);
    char *last = state_path(state, STATE_LAST_HEAD, err);
    uint8_t sha256[32];
    enum fsio_kind kind;
    struct buf head;
    bool done;

    buf_init(&head, LIMIT_HEAD_BYTES);
    done = next != NULL && last != NULL && fsio_kind(next, &kind, err) &&
           (kind == FSIO_ABSENT || fsio_rename(next, last, err)) &&
           fsio_read_file(last, LIMIT_HEAD_BYTES, &head, err) &&
           crypto_sha256(sha256, head.data, head.len, err) &&
           (memcmp(sha256, run->head_sha256, sizeof sha256) == 0 ||
            err_set(err, ERR_STATE_DAMAGED, "%s: is not the head that the journal names", last));
    buf_release(&head);
    free(next);
    free(last);
    return done;
}

static bool changes_any(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->targets[i].changes) {
            return true;
        }
    }
    return false;
}

/*
 * Only the last bundle could come back without its name: a rollback of an older one must not take
 * its hold away.
 */
static void hold(struct state *state, const struct state_accepted *bundle)
{
    bool last_is_held = state->held && state->has_last && state_is_same(&state->hold, &state->last);

    if (!last_is_held) {
        state->held = true;
        state->hold = *bundle;
    }
}

bool carry_raise(struct state *state, const struct run *run, struct err *err)
{
    if (run->kind == RUN_APPLY) {
        if (!raise_head(state, run, err)) {
            return false;
        }
        state->has_last = true;
        state->last = run->bundle;
        memcpy(state->head_sha256, run->head_sha256, sizeof state->head_sha256);
        state->has_floor = true;
        state->floor = run->floor;
        state->held = false;
        state->has_pending = state->has_pending && state_is_newer(&state->pending, &run->bundle);
        state->has_waived = state->has_waived &&
                            memcmp(state->waived, run->bundle.manifest, sizeof state->waived) == 0;
        state->unchecked = changes_any(run) ? run->number : 0;
    } else {
        hold(state, &run->bundle);
    }
    state->runs = run->number;
    return state_save(state, err);
}

void carry_undone(struct state *state, const struct run *run)
{
    if (run->kind == RUN_ROLLBACK && state->unchecked == run->undoes) {
        state->unchecked = 0;
    }
}

/* "NNNNNN-INDEX.config": the run's number as text of fixed width, so that names sort. */
static bool prune_backups(const struct state *state, struct err *err)
{
    char *dir = state_path(state, STATE_BACKUPS, err);
    struct fsio_names names = {0};
    size_t runs = 0;
    bool done = dir != NULL && fsio_list(dir, FOLDER_MAX, &names, err);

    for (size_t i = names.count; done && i-- > 0;) {
        size_t stem = strcspn(names.names[i], "-");

        if (i + 1 == names.count || strncmp(names.names[i], names.names[i + 1], stem + 1) != 0) {
            runs++;
        }
        if (runs > CARRY_BACKUPS) {
            char *path = fsio_join(dir, names.names[i], err);

            done = path != NULL && fsio_remove(path, err);
            free(path);
        }
    }
    fsio_names_release(&names);
    free(dir);
    return done;
}

bool carry_end(struct state *state, const struct run *run, enum receipt_action action,
               enum receipt_outcome outcome, enum err_code reason, struct err *err)
{
    if (state->receipts < run->receipt) {
        struct receipt *receipt = record_of_run(state, run, action, outcome, reason, err);
        bool done = receipt != NULL && record_receipt(state, receipt, err);

        receipt_free(receipt);
        if (!done) {
            return false;
        }
    }
    if (!record_pins(state, run, err) || !carry_unstage(run, err) || !prune_backups(state, err)) {
        return false;
    }
    return changes_any(run) ? run_end(state, run, err) : run_drop(state, err);
}
