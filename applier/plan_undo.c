/* SPDX-License-Identifier: MIT */
/*
 * The inverse of a run, by its record where the file is untouched since, by the splice elsewhere.
 */
#include "applier/plan_undo.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/text.h"

/* What one target loses and gets back. */
struct inverse {
    struct pin *back;
    size_t back_count;
    uint8_t (*gone)[32];
    size_t gone_count;
};

static void inverse_release(struct inverse *inverse)
{
    free(inverse->back);
    free(inverse->gone);
}

static bool inverse_make(struct inverse *inverse, const struct run_target *t, struct err *err)
{
    *inverse = (struct inverse){
        .back = calloc(t->removed_count + 1, sizeof *inverse->back),
        .gone = calloc(t->added_count + 1, sizeof *inverse->gone),
    };
    if (inverse->back == NULL || inverse->gone == NULL) {
        return err_memory(err);
    }
    for (size_t i = 0; i < t->removed_count; i++) {
        inverse->back[inverse->back_count++] = t->removed[i].pin;
    }
    for (size_t i = 0; i < t->added_count; i++) {
        memcpy(inverse->gone[inverse->gone_count++], t->added[i].pin.sha256, 32);
    }
    return true;
}

static bool check_retired(const struct run_target *t, bool allowed, struct err *err)
{
    for (size_t i = 0; !allowed && i < t->removed_count; i++) {
        if (t->removed[i].retired) {
            char hex[65];

            text_hex(hex, t->removed[i].pin.sha256, 32);
            return err_set(err, ERR_ROLLBACK_PINS,
                           "%s: the rollback would bring back the key with SHA-256 %s, which the "
                           "bundle retired; if that is wanted, add --force",
                           t->path, hex);
        }
    }
    return true;
}

/* The file is as the run left it: its old bytes exactly. */
static bool by_record(struct plan_target *t, const struct run_target *from,
                      const struct buf *secret, struct err *err)
{
    return webconfig_unsplice(&t->old_bytes, from->undo, from->undo_count, &t->new_bytes, err) &&
           (run_is_mac(from->old_mac, secret, &t->new_bytes) ||
            err_set(err, ERR_STATE_DAMAGED,
                    "%s: the record of the run does not give the bytes before it", t->path));
}

/* The splice also says which lines come and go, which the record does not know any more. */
static bool splice(struct plan_target *t, const struct inverse *inverse, struct err *err)
{
    struct webconfig *scan = NULL;
    bool done = webconfig_scan(&t->old_bytes, t->section, &scan, err) &&
                webconfig_splice(scan, inverse->back, inverse->back_count,
                                 (const uint8_t(*)[32])inverse->gone, inverse->gone_count,
                                 &t->new_bytes, &t->change, err);

    webconfig_free(scan);
    return done;
}

static bool prove(struct plan_target *t, const struct inverse *inverse, struct err *err)
{
    struct webconfig_claim claim = {
        .fate = t->fate,
        .section = t->section,
        .added = inverse->back,
        .added_count = inverse->back_count,
        .removed = (const uint8_t(*)[32])inverse->gone,
        .removed_count = inverse->gone_count,
        .returns = true,
        .max_bytes = LIMIT_TARGET_BYTES,
    };

    return webconfig_prove(&t->old_bytes, &t->new_bytes, &claim, &t->report, err);
}

static bool make_bytes(struct plan_target *t, const struct run_target *from, bool force,
                       const struct buf *secret, struct err *err)
{
    struct inverse inverse;
    bool as_left = run_is_mac(from->new_mac, secret, &t->old_bytes);
    bool done = inverse_make(&inverse, from, err) && splice(t, &inverse, err);

    if (done && as_left) {
        /* In a file that was edited since, a created section stays, without the run's pins. */
        t->fate = from->fate == WEBCONFIG_CREATED ? WEBCONFIG_UNDONE : WEBCONFIG_STAYS;
        done = by_record(t, from, secret, err);
    }
    done = done && prove(t, &inverse, err) && plan_target_finish(t, err);
    if (done && !as_left && !force && memcmp(t->before.digest, from->after, 32) != 0) {
        done = err_set(err, ERR_ROLLBACK_PINS,
                       "pins were changed since the run; look at 'applier pins', and if the "
                       "run's own pins are to be undone all the same, add --force");
    }
    if (!done) {
        err_context(err, "%s", from->path);
    }
    inverse_release(&inverse);
    return done;
}

/* The state's own folder, if it lies on the target's volume. Takes `gone`. */
static char *instead_of(char *gone, const struct run_target *t, const char *state_dir,
                        struct err *err)
{
    char *dir = fsio_join(state_dir, STATE_STAGING, err);
    bool same = false, known = dir != NULL && fsio_same_volume(dir, t->path, &same, err);

    if (known && !same) {
        err_set(err, ERR_TARGET_VOLUME,
                "%s: the run had staged here, but the folder is gone, and the state folder lies on "
                "another volume than %s; make the folder again, for root alone, and run this again",
                gone, t->path);
    }
    if (!same) {
        free(dir);
        dir = NULL;
    }
    free(gone);
    return dir;
}

/*
 * Where the site stages today, else where the run did; the state's own folder if that is gone. Each
 * of them is swept (carry_sweep). New string, owned by the caller.
 */
static char *staging_of(const struct run_target *t, const char *state_dir, const struct site *site,
                        struct err *err)
{
    const char *path = t->config != NULL ? t->config : t->path; /* as site.xml names it */
    enum fsio_kind kind;
    char *dir;

    for (size_t i = 0; site != NULL && i < site->count; i++) {
        if (strcmp(site->targets[i].path, path) == 0) {
            dir = strdup(site->targets[i].staging);
            if (dir == NULL) {
                err_memory(err);
            }
            return dir;
        }
    }
    dir = fsio_parent(t->staged, err);
    if (dir == NULL || (fsio_kind(dir, &kind, err) && kind == FSIO_DIR)) {
        return dir;
    }
    return instead_of(dir, t, state_dir, err);
}

/* The file that the run changed, whatever the web.config says by now. */
static bool make_target(struct plan_target *t, const struct run_target *from, char *staging,
                        bool force, const struct buf *secret, struct err *err)
{
    struct target opened;
    bool done;

    target_init(&opened);
    done = staging != NULL &&
           target_open_file(&opened, from->path, from->section, from->config, err) &&
           plan_target_take(t, from->index, &opened, staging, err) &&
           make_bytes(t, from, force, secret, err);
    target_release(&opened);
    return done;
}

struct plan *plan_undo(const struct run *run, const char *state_dir, const struct site *site,
                       bool force, bool retired_too, const struct buf *secret, struct err *err)
{
    size_t count = 0, at = 0;
    struct plan *plan;
    bool done;

    for (size_t i = 0; i < run->count; i++) {
        count += run->targets[i].changes;
    }
    plan = plan_new(count, err);
    if (plan == NULL) {
        return NULL;
    }
    plan->max_bytes = LIMIT_TARGET_BYTES;
    done = true;
    for (size_t i = 0; done && i < run->count; i++) {
        const struct run_target *from = &run->targets[i];
        char *staging = NULL;

        if (from->changes) {
            staging = staging_of(from, state_dir, site, err);
            done = check_retired(from, force || retired_too, err) &&
                   make_target(&plan->targets[at++], from, staging, force, secret, err);
        }
        free(staging);
    }
    if (!done || !plan_finish(plan, run->bundle.manifest, secret, err)) {
        plan_free(plan);
        return NULL;
    }
    return plan;
}
