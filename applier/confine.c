/* SPDX-License-Identifier: MIT */
/*
 * Makes the sandbox of a command out of what the command is about.
 */
#include "applier/confine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/proc.h"
#include "keys/crypto.h"

static struct sandbox_active in_force;

/* Takes `path`, which may be NULL after a failure that is in `failed`. */
static void add(struct confine *c, char *path, enum sandbox_use use)
{
    if (path != NULL && c->count == c->room) {
        size_t room = c->room * 2 + 16;
        struct sandbox_rule *grown = realloc(c->rules, room * sizeof *grown);

        if (grown == NULL) {
            err_memory(&c->failed);
            free(path);
            return;
        }
        c->rules = grown;
        c->room = room;
    }
    if (path != NULL) {
        c->rules[c->count++] = (struct sandbox_rule){.path = path, .use = use};
    }
}

void confine_init(struct confine *c, const char *state_dir, bool writing)
{
    *c = (struct confine){0};
    confine_allow(c, state_dir, writing ? SANDBOX_WRITE : SANDBOX_READ);
}

void confine_allow(struct confine *c, const char *path, enum sandbox_use use)
{
    char *copy = path == NULL ? NULL : strdup(path);

    if (path != NULL && copy == NULL) {
        err_memory(&c->failed);
    }
    add(c, copy, use);
}

void confine_allow_parent(struct confine *c, const char *path, enum sandbox_use use)
{
    char *copy = path == NULL ? NULL : strdup(path);

    if (path != NULL && copy == NULL) {
        err_memory(&c->failed);
    }
    if (copy != NULL) {
        copy[fsio_trimmed(copy)] = '\0'; /* DIR/ stands where DIR does */
    }
    add(c, copy == NULL ? NULL : fsio_parent(copy, &c->failed), use);
    free(copy);
}

void confine_site(struct confine *c, const struct site *site, enum sandbox_use use)
{
    for (size_t i = 0; site != NULL && i < site->count; i++) {
        confine_allow_parent(c, site->targets[i].path, use);
        if (use == SANDBOX_WRITE) {
            confine_allow(c, site->targets[i].staging, use);
        }
    }
}

static void allow_run(struct confine *c, struct run *run)
{
    for (size_t i = 0; run != NULL && i < run->count; i++) {
        confine_allow_parent(c, run->targets[i].path, SANDBOX_WRITE);
        confine_allow_parent(c, run->targets[i].staged, SANDBOX_WRITE);
    }
    run_free(run);
}

void confine_runs(struct confine *c, const struct state *state, bool undo, uint64_t number)
{
    struct fsio_names folders = {0};
    struct run *journal = NULL;
    struct err unused = {0};

    if (run_journal(state, &journal, &unused)) {
        allow_run(c, journal);
    }
    if (state->unchecked != 0) {
        allow_run(c, run_record(state, state->unchecked, &unused));
    }
    if (undo) {
        allow_run(c, run_record(state, number, &unused));
    }
    if (run_staging(state, &folders, &unused)) {
        for (size_t i = 0; i < folders.count; i++) {
            confine_allow(c, folders.names[i], SANDBOX_WRITE);
        }
        fsio_names_release(&folders);
    }
}

static void release(struct confine *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free((char *)(uintptr_t)c->rules[i].path);
    }
    free(c->rules);
    *c = (struct confine){0};
}

bool confine_enter(struct confine *c, const struct cmd_call *call, struct err *err)
{
    char text[CONFINE_TEXT_SIZE];
    bool ok = c->failed.code == ERR_NONE || err_memory(err);

    ok = ok && crypto_wake(err);
    if (ok) {
        sandbox_enter(c->rules, c->count, &in_force);
        if (call->verbose) {
            cmd_say(call, "sandbox    %s\n", confine_text(&in_force, text));
        }
    }
    release(c);
    return ok;
}

const char *confine_text(const struct sandbox_active *active, char out[static CONFINE_TEXT_SIZE])
{
    char files[80] = "files not restricted (no Landlock here)";

    if (active->landlock > 0) {
        snprintf(files, sizeof files, "files restricted (Landlock ABI %d%s)", active->landlock,
                 active->landlock == 1 ? "; not in commands that write" : "");
    }
    snprintf(out, CONFINE_TEXT_SIZE, "%s, %s, %s",
             active->calls ? "system calls filtered"
                           : "system calls not filtered (no seccomp here)",
             files, proc_dumps_off() ? "no core dumps" : "core dumps as the system has them");
    return out;
}

struct sandbox_active confine_active(void)
{
    return in_force;
}
