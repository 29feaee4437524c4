/* SPDX-License-Identifier: MIT */
/*
 * Services stopped for a run, and the note of them that outlives the process.
 */
#include "applier/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applier/record.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/markup.h"
#include "base/svc.h"
#include "keys/elem.h"

#define NOTED_MAX 256 /* those of a site, with all that need them */

static const enum err_code form = ERR_STATE_DAMAGED;

/* In the order in which they are stopped. */
struct noted {
    struct {
        char *name; /* short */
        unsigned seconds;
    } list[NOTED_MAX];
    size_t count;
};

static void release(struct noted *n)
{
    for (size_t i = 0; i < n->count; i++) {
        free(n->list[i].name);
    }
    n->count = 0;
}

static bool has(const struct noted *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++) {
        if (strcmp(n->list[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool add(struct noted *n, const char *name, unsigned seconds, struct err *err)
{
    if (has(n, name)) {
        return true;
    }
    if (n->count == NOTED_MAX) {
        return err_set(err, ERR_CONFIG_SERVICE, "more than %d services would have to be stopped",
                       NOTED_MAX);
    }
    n->list[n->count].name = strdup(name);
    n->list[n->count].seconds = seconds;
    return n->list[n->count].name == NULL ? err_memory(err) : (n->count++, true);
}

/* --- the note --- */

static bool read_one(struct noted *n, const struct elem *el, struct err *err)
{
    static const char *const names[] = {"name", "seconds", NULL};
    const char *name;
    uint64_t seconds;

    return elem_expect(el, "service", NULL, form, err) && elem_only(el, names, form, err) &&
           elem_text(el, "name", &name, form, err) &&
           elem_number(el, "seconds", 1, SITE_SERVICE_SECONDS_MAX, &seconds, form, err) &&
           add(n, name, (unsigned)seconds, err);
}

static bool read_bytes(struct noted *n, const struct buf *bytes, struct err *err)
{
    struct elem_doc *doc = elem_parse(bytes->data, bytes->len, form, err);
    bool ok = doc != NULL && elem_expect(elem_root(doc), "services", SERVICES_NS, form, err);

    for (const struct elem *el = ok ? elem_first(elem_root(doc)) : NULL; ok && el != NULL;
         el = elem_next(el)) {
        ok = read_one(n, el, err);
    }
    elem_free(doc);
    return ok;
}

/* Empty where there is no note; nothing to release on failure. */
static bool load(const struct state *state, struct noted *n, struct err *err)
{
    char *path = state_path(state, SERVICES_FILE, err);
    enum fsio_kind kind = FSIO_ABSENT;
    struct buf bytes;
    bool ok;

    *n = (struct noted){.count = 0};
    buf_init(&bytes, LIMIT_STATE_BYTES);
    ok = path != NULL && fsio_kind(path, &kind, err);
    if (ok && kind != FSIO_ABSENT) {
        ok = fsio_read_file(path, LIMIT_STATE_BYTES, &bytes, err);
        if (ok && !read_bytes(n, &bytes, err)) {
            err_context(err,
                        "%s (which services a run had stopped; see which of them do not run, start "
                        "them, and remove the file)",
                        path);
            ok = false;
        }
    }
    if (!ok) {
        release(n);
    }
    buf_release(&bytes);
    free(path);
    return ok;
}

static bool write_note(const struct noted *n, struct buf *out, struct err *err)
{
    struct markup m;

    markup_begin(&m, out, "services", SERVICES_NS, err);
    for (size_t i = 0; i < n->count; i++) {
        markup_open(&m, "service");
        markup_text(&m, "name", n->list[i].name);
        markup_number(&m, "seconds", n->list[i].seconds);
        markup_close(&m);
    }
    return markup_end(&m);
}

/* Flushed; removed when nothing is left to start. */
static bool save(const struct state *state, const struct noted *n, struct err *err)
{
    char *path = state_path(state, SERVICES_FILE, err);
    struct buf bytes;
    bool ok;

    buf_init(&bytes, LIMIT_STATE_BYTES);
    ok = path != NULL &&
         (n->count == 0 ? fsio_remove(path, err)
                        : write_note(n, &bytes, err) &&
                              fsio_replace(path, bytes.data, bytes.len, STATE_FILE_MODE, err));
    buf_release(&bytes);
    free(path);
    return ok;
}

/* --- stopping --- */

/* One that runs, behind those that need it. */
static bool note_one(struct noted *n, const struct site_service *from, struct err *err)
{
    struct fsio_names needing = {0};
    char *name = svc_find(from->name, err);
    bool running = false;
    bool ok = name != NULL && svc_is_running(name, &running, err) &&
              (!running || svc_dependents(name, &needing, err));

    for (size_t i = 0; ok && i < needing.count; i++) {
        ok = add(n, needing.names[i], from->seconds, err);
    }
    ok = ok && (!running || add(n, name, from->seconds, err));
    fsio_names_release(&needing);
    free(name);
    return ok;
}

static void log_it(const struct state *state, const char *what, const char *name)
{
    struct err unused = {0};

    (void)!record_log(state, RECORD_INFO, &unused, "service %s: %s", name, what);
}

static bool stop_all(const struct state *state, const struct noted *n, struct err *err)
{
    for (size_t i = 0; i < n->count; i++) {
        if (!svc_stop(n->list[i].name, n->list[i].seconds, err)) {
            return false;
        }
        log_it(state, "stopped", n->list[i].name);
    }
    return true;
}

/* A file was not written yet; what did stop is started again. */
static bool give_up(const struct state *state, struct err *err)
{
    struct err stop = *err, start = {0};

    if (stop.code == ERR_SERVICE_STOP) {
        err_set(
            err, stop.code,
            "%s; no file was changed; look at the service, or give it more seconds in " SITE_FILE,
            stop.text);
    }
    if (!services_start(state, &start)) {
        err_context(err, "(%s)", start.text);
    }
    return false;
}

bool services_stop(const struct state *state, const struct site *site, struct err *err)
{
    struct noted n;
    bool ok;

    if (site == NULL || site->service_count == 0) {
        return true;
    }
    if (!load(state, &n, err)) {
        return false;
    }
    ok = true;
    for (size_t i = 0; ok && i < site->service_count; i++) {
        ok = note_one(&n, &site->services[i], err);
    }
    /* What is noted but does not run an earlier run has stopped: it stays noted. */
    ok = ok && (n.count == 0 ||
                (save(state, &n, err) && (stop_all(state, &n, err) || give_up(state, err))));
    release(&n);
    return ok;
}

/* --- starting --- */

static void keep_failed(struct noted *failed, struct noted *n, size_t i)
{
    failed->list[failed->count++] = n->list[i];
    n->list[i].name = NULL;
}

/* `failed` gets those that do not run, the last one first; the text is the first one's. */
static void start_all(const struct state *state, struct noted *n, struct noted *failed,
                      struct err *why)
{
    for (size_t i = n->count; i-- > 0;) {
        struct err one = {0};

        if (svc_start(n->list[i].name, n->list[i].seconds, &one)) {
            log_it(state, "started again", n->list[i].name);
            continue;
        }
        if (failed->count == 0) {
            *why = one;
        }
        keep_failed(failed, n, i);
    }
}

static void turn(struct noted *n)
{
    for (size_t i = 0; i < n->count / 2; i++) {
        size_t other = n->count - 1 - i;
        char *name = n->list[i].name;
        unsigned seconds = n->list[i].seconds;

        n->list[i] = n->list[other];
        n->list[other].name = name;
        n->list[other].seconds = seconds;
    }
}

static bool not_started(const struct state *state, const struct noted *failed,
                        const struct err *why, struct err *err)
{
    char more[64] = "";

    if (failed->count > 1) {
        snprintf(more, sizeof more, " (and %zu more)", failed->count - 1);
    }
    return err_set(err, ERR_SERVICE_START,
                   "a service that a run stopped does not run again: %s%s; mend that and run "
                   "'applier recover', which tries again, or start it yourself; one that is to "
                   "stay stopped is taken out of %s in %s",
                   why->text, more, SERVICES_FILE, state->dir);
}

bool services_start(const struct state *state, struct err *err)
{
    struct noted n, failed = {.count = 0};
    struct err why = {0};
    bool ok = load(state, &n, err);

    if (!ok || n.count == 0) {
        return ok;
    }
    start_all(state, &n, &failed, &why);
    turn(&failed);
    ok = save(state, &failed, err) && (failed.count == 0 || not_started(state, &failed, &why, err));
    release(&n);
    release(&failed);
    return ok;
}

bool services_check(const struct state *state, struct err *err)
{
    struct noted n;
    bool ok = load(state, &n, err);

    if (ok && n.count > 0) {
        ok = err_set(err, ERR_SERVICE_START,
                     "%zu service%s that a run stopped, '%s'%s, may not run again yet; run "
                     "'applier recover', which starts %s",
                     n.count, n.count == 1 ? "" : "s", n.list[0].name,
                     n.count == 1 ? "" : " among them", n.count == 1 ? "it" : "them");
        release(&n);
    }
    return ok;
}
