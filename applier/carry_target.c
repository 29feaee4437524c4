/* SPDX-License-Identifier: MIT */
/*
 * One target of a run: where it stands, its backup, its exchange.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applier/carry.h"
#include "applier/site.h"
#include "applier/webconfig_proof.h"
#include "base/fsio.h"
#include "base/limits.h"

#define NAME_SIZE 64

/* The staged file's bytes; *there = false when there is none. */
static bool read_staged(const struct run_target *t, struct buf *out, bool *there, struct err *err)
{
    enum fsio_kind kind = FSIO_ABSENT;

    if (t->staged != NULL && !fsio_kind(t->staged, &kind, err)) {
        return false;
    }
    *there = kind != FSIO_ABSENT;
    return !*there || fsio_read_file(t->staged, LIMIT_TARGET_BYTES, out, err);
}

static bool open_target(const struct run_target *t, struct fsio_target **file, struct buf *bytes,
                        struct err *err)
{
    *file = fsio_target_open(t->path, LIMIT_TARGET_BYTES, err);
    return *file != NULL && fsio_target_read(*file, bytes, err);
}

/* Somebody removed or renamed the target, or put something there that is no plain file. */
static bool is_replaced(enum err_code code)
{
    return code == ERR_IO_ABSENT || code == ERR_TARGET_LINK || code == ERR_TARGET_FILE ||
           code == ERR_TARGET_SIZE;
}

/* Neither what the target held before the run nor what the run makes of it. */
static bool is_foreign(const struct run_target *t, const struct buf *secret,
                       const struct buf *bytes)
{
    return !run_is_mac(t->old_mac, secret, bytes) && !run_is_mac(t->new_mac, secret, bytes);
}

/* Two changes of others during one exchange: the newest put the old bytes back in the target. */
static enum carry_place old_again(const struct run_target *t, struct err *err)
{
    err_set(err, ERR_CHANGED,
            "%s: holds what it held before the run, put back by another program after yet another "
            "change",
            t->path);
    return CARRY_OTHER;
}

bool carry_look(const struct run_target *t, const struct buf *secret, enum carry_place *place,
                struct err *err)
{
    struct fsio_target *file = NULL;
    struct buf bytes, staged;
    bool there, done, foreign;

    buf_init_secret(&bytes, LIMIT_TARGET_BYTES);
    buf_init_secret(&staged, LIMIT_TARGET_BYTES);
    done = open_target(t, &file, &bytes, err) && read_staged(t, &staged, &there, err);
    foreign = done && there && is_foreign(t, secret, &staged);
    if (done && run_is_mac(t->old_mac, secret, &bytes)) {
        *place = foreign ? old_again(t, err) : CARRY_OLD;
    } else if (done && run_is_mac(t->new_mac, secret, &bytes)) {
        *place = foreign ? CARRY_DISPLACED : CARRY_NEW;
    } else if (done) {
        *place = CARRY_OTHER;
    } else if (err != NULL && is_replaced(err->code)) {
        *place = CARRY_OTHER;
        done = true;
    }
    fsio_target_close(file);
    buf_release(&bytes);
    buf_release(&staged);
    return done;
}

bool carry_keeps(const struct run_target *t, const struct buf *secret)
{
    struct buf staged;
    bool there = true, keeps;

    buf_init_secret(&staged, LIMIT_TARGET_BYTES);
    keeps = !read_staged(t, &staged, &there, NULL) || (there && is_foreign(t, secret, &staged));
    buf_release(&staged);
    return keeps;
}

bool carry_flush(const struct run_target *t, struct err *err)
{
    struct err gone = {0};

    if (!fsio_sync_parent(t->path, err)) {
        return false;
    }
    /* Without its folder there is no staged file either. */
    return t->staged == NULL || fsio_sync_parent(t->staged, &gone) || gone.code == ERR_IO_ABSENT ||
           err_set(err, gone.code, "%s", gone.text);
}

static bool back_up(const struct state *state, const struct run *run, const struct run_target *t,
                    const struct buf *old, struct err *err)
{
    char name[NAME_SIZE];
    char *path;
    bool done;

    snprintf(name, sizeof name, STATE_BACKUPS "/%06llu-%zu.config", (unsigned long long)run->number,
             t->index);
    path = state_path(state, name, err);
    done = path != NULL && fsio_replace(path, old->data, old->len, STATE_FILE_MODE, err);
    free(path);
    return done;
}

static struct pin *pins_of(const struct run_pin *from, size_t count, struct err *err)
{
    struct pin *pins = calloc(count + 1, sizeof *pins);

    if (pins == NULL) {
        err_memory(err);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        pins[i] = from[i].pin;
    }
    return pins;
}

/* The proof of a run that is rolled forward: its own pins are what is claimed. */
static bool prove_again(const struct run *run, const struct run_target *t, const struct buf *old,
                        const struct buf *staged, struct err *err)
{
    struct pin *added = pins_of(t->added, t->added_count, err);
    uint8_t(*removed)[32] = calloc(t->removed_count + 1, sizeof *removed);
    struct webconfig_claim claim = {.fate = t->fate,
                                    .section = t->section,
                                    .added = added,
                                    .added_count = t->added_count,
                                    .removed_count = t->removed_count,
                                    .returns = run->kind == RUN_ROLLBACK,
                                    .minimum = run->minimum,
                                    .max_bytes = run->max_bytes};
    bool done = added != NULL && (removed != NULL || err_memory(err));

    for (size_t i = 0; done && i < t->removed_count; i++) {
        memcpy(removed[i], t->removed[i].pin.sha256, sizeof removed[i]);
    }
    claim.removed = (const uint8_t(*)[32])removed;
    done = done && webconfig_prove(old, staged, &claim, NULL, err);
    free(added);
    free(removed);
    return done;
}

/* An undo has not read the web.config, and needs none; nor does recovery. */
static bool check_config(const struct plan_target *held, struct err *err)
{
    return held == NULL || held->config_line == 0 ||
           target_check_config(held->config, &held->config_bytes, err);
}

/* The web.config is looked at last: what names the target could change while its backup is made. */
static bool exchange(const struct state *state, const struct run *run, const struct run_target *t,
                     const struct plan_target *held, struct fsio_target *file,
                     const struct buf *old, struct err *err)
{
    return back_up(state, run, t, old, err) && check_config(held, err) &&
           fsio_target_swap(file, t->staged, old->data, old->len, err) &&
           fsio_remove(t->staged, err);
}

/* Whether what is read there now is what will be exchanged. */
static bool check_staging(const struct run_target *t, struct err *err)
{
    char *dir = fsio_parent(t->staged, err);
    bool done = dir != NULL && site_check_staging(dir, err);

    free(dir);
    return done;
}

/* From the journal: everything is looked at again. */
static bool exchange_again(const struct state *state, const struct run *run,
                           const struct run_target *t, const struct buf *secret, struct err *err)
{
    struct fsio_target *file = NULL;
    struct buf bytes, staged;
    bool there = false;
    bool done;

    buf_init_secret(&bytes, LIMIT_TARGET_BYTES);
    buf_init_secret(&staged, LIMIT_TARGET_BYTES);
    done = open_target(t, &file, &bytes, err) && read_staged(t, &staged, &there, err);
    if (done && !run_is_mac(t->new_mac, secret, &bytes)) {
        done = (run_is_mac(t->old_mac, secret, &bytes) ||
                err_set(err, ERR_CHANGED, "was changed by another program meanwhile")) &&
               ((there && run_is_mac(t->new_mac, secret, &staged)) ||
                err_set(err, ERR_UNFINISHED, "the file staged for it, %s, is absent or damaged",
                        t->staged)) &&
               check_staging(t, err) && prove_again(run, t, &bytes, &staged, err) &&
               fsio_target_restage(file, t->staged, err) &&
               exchange(state, run, t, NULL, file, &bytes, err);
    }
    fsio_target_close(file);
    buf_release(&bytes);
    buf_release(&staged);
    return done;
}

bool carry_exchange(const struct state *state, const struct run *run, const struct run_target *t,
                    struct plan_target *held, const struct buf *secret, struct err *err)
{
    if (!t->changes) {
        return true;
    }
    if (held == NULL) {
        return exchange_again(state, run, t, secret, err);
    }
    return exchange(state, run, t, held, held->file, &held->old_bytes, err);
}

bool carry_put_back(const struct run_target *t, const struct buf *secret, struct err *err)
{
    struct fsio_target *file = NULL;
    struct buf bytes;
    bool done;

    buf_init_secret(&bytes, LIMIT_TARGET_BYTES);
    done = open_target(t, &file, &bytes, err) &&
           (run_is_mac(t->new_mac, secret, &bytes) ||
            err_set(err, ERR_CHANGED, "%s: was changed by another program meanwhile", t->path)) &&
           fsio_target_swap(file, t->staged, bytes.data, bytes.len, err);
    fsio_target_close(file);
    buf_release(&bytes);
    return done;
}
