/* SPDX-License-Identifier: MIT */
/*
 * The journal and the records of finished runs, as files of the state.
 */
#include "applier/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "keys/crypto.h"

#define NAME_SIZE 40
#define FILES_MAX 4096 /* in runs/: RUN_KEPT and what was left there by hand */

/* HMACs of different meaning under one secret must never be taken for each other. */
static const char mac_label[] = "pinferry file 1";

static void release_target(struct run_target *t)
{
    free(t->path);
    free(t->config);
    free(t->section);
    free(t->staged);
    free(t->added);
    free(t->removed);
    free(t->undo);
    buf_release(&t->kept);
}

struct run *run_new(size_t count, struct err *err)
{
    struct run *run = calloc(1, sizeof *run);

    if (run == NULL) {
        err_memory(err);
        return NULL;
    }
    run->targets = calloc(count == 0 ? 1 : count, sizeof *run->targets);
    if (run->targets == NULL) {
        free(run);
        err_memory(err);
        return NULL;
    }
    run->count = count;
    for (size_t i = 0; i < count; i++) {
        buf_init(&run->targets[i].kept, LIMIT_TARGET_BYTES);
    }
    return run;
}

void run_free(struct run *run)
{
    if (run == NULL) {
        return;
    }
    for (size_t i = 0; i < run->count; i++) {
        release_target(&run->targets[i]);
    }
    free(run->targets);
    free(run);
}

bool run_mac(uint8_t out[static 32], const struct buf *secret, const struct buf *bytes,
             struct err *err)
{
    uint8_t message[sizeof mac_label + CRYPTO_SHA256_SIZE];

    memcpy(message, mac_label, sizeof mac_label);
    return crypto_sha256(message + sizeof mac_label, bytes->data, bytes->len, err) &&
           crypto_hmac_sha256(out, secret->data, secret->len, message, sizeof message, err);
}

bool run_is_mac(const uint8_t mac[static 32], const struct buf *secret, const struct buf *bytes)
{
    uint8_t found[32];

    return run_mac(found, secret, bytes, NULL) && crypto_equal(found, mac, sizeof found);
}

static char *record_path(const struct state *state, uint64_t number, struct err *err)
{
    char name[NAME_SIZE];

    snprintf(name, sizeof name, STATE_RUNS "/%06llu.xml", (unsigned long long)number);
    return state_path(state, name, err);
}

/* A journal that cannot be read again would strand the site, so that is tried first. */
static bool check_readable(const struct buf *text, struct err *err)
{
    struct run *again = run_parse(text, err);
    bool readable = again != NULL;

    run_free(again);
    if (!readable) {
        err_context(err, "the journal to be written");
    }
    return readable;
}

bool run_begin(const struct state *state, const struct run *run, struct err *err)
{
    char *path = state_path(state, STATE_JOURNAL, err);
    struct buf text;
    bool done;

    buf_init(&text, LIMIT_RUN_BYTES);
    done = path != NULL && run_write(run, &text, err) && check_readable(&text, err) &&
           fsio_write_new(path, text.data, text.len, STATE_FILE_MODE, err);
    buf_release(&text);
    free(path);
    return done;
}

static struct run *read_run(const char *path, struct err *err)
{
    struct run *run = NULL;
    struct buf text;

    buf_init(&text, LIMIT_RUN_BYTES);
    if (fsio_read_file(path, LIMIT_RUN_BYTES, &text, err)) {
        run = run_parse(&text, err);
        if (run == NULL) {
            err_context(err, "%s", path);
        }
    }
    buf_release(&text);
    return run;
}

bool run_journal(const struct state *state, struct run **run, struct err *err)
{
    bool unfinished;
    char *path;

    if (!state_unfinished(state, &unfinished, err)) {
        return false;
    }
    *run = NULL;
    if (!unfinished) {
        return true;
    }
    path = state_path(state, STATE_JOURNAL, err);
    if (path != NULL) {
        *run = read_run(path, err);
    }
    free(path);
    return *run != NULL;
}

/* "000042.xml": its number, 0 for any other name. */
static uint64_t record_number(const char *name)
{
    char digits[NAME_SIZE];
    size_t len = strlen(name);
    uint64_t number;

    if (len < 10 || len >= sizeof digits || strcmp(name + len - 4, ".xml") != 0) {
        return 0;
    }
    memcpy(digits, name, len - 4);
    digits[len - 4] = '\0';
    while (len > 5 && digits[0] == '0') { /* leading zeros */
        memmove(digits, digits + 1, len - 4);
        len--;
    }
    return text_number(&number, digits, 1, TEXT_NUMBER_MAX) ? number : 0;
}

static int by_number_down(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? 1 : *x > *y ? -1 : 0;
}

/* The numbers of the records, newest first; owned by the caller. */
static bool list(const struct state *state, uint64_t **numbers, size_t *count, struct err *err)
{
    char *dir = state_path(state, STATE_RUNS, err);
    struct fsio_names names = {0};
    uint64_t *found;
    size_t n = 0;

    if (dir == NULL || !fsio_list(dir, FILES_MAX, &names, err)) {
        free(dir);
        return false;
    }
    free(dir);
    found = calloc(names.count + 1, sizeof *found);
    for (size_t i = 0; found != NULL && i < names.count; i++) {
        found[n] = record_number(names.names[i]);
        n += found[n] != 0;
    }
    fsio_names_release(&names);
    if (found == NULL) {
        return err_memory(err);
    }
    qsort(found, n, sizeof *found, by_number_down);
    *numbers = found;
    *count = n;
    return true;
}

static bool prune(const struct state *state, struct err *err)
{
    uint64_t *numbers;
    size_t count;
    bool done = true;

    if (!list(state, &numbers, &count, err)) {
        return false;
    }
    for (size_t i = RUN_KEPT; done && i < count; i++) {
        char *path = record_path(state, numbers[i], err);

        done = path != NULL && fsio_remove(path, err);
        free(path);
    }
    free(numbers);
    return done;
}

bool run_end(const struct state *state, const struct run *run, struct err *err)
{
    char *journal = state_path(state, STATE_JOURNAL, err);
    char *record = record_path(state, run->number, err);
    bool done =
        journal != NULL && record != NULL && fsio_rename(journal, record, err) && prune(state, err);

    free(journal);
    free(record);
    return done;
}

bool run_drop(const struct state *state, struct err *err)
{
    char *journal = state_path(state, STATE_JOURNAL, err);
    bool done = journal != NULL && fsio_remove(journal, err);

    free(journal);
    return done;
}

static struct run *record(const struct state *state, uint64_t number, struct err *err)
{
    char *path = record_path(state, number, err);
    struct run *run = path == NULL ? NULL : read_run(path, err);

    free(path);
    return run;
}

/* Whether a rollback among the newer `count` numbers undid `number`. */
static bool is_undone(const uint64_t *undone, size_t count, uint64_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (undone[i] == number) {
            return true;
        }
    }
    return false;
}

/* Given once more, because it was cut off or not seen to end, it would undo what nobody meant. */
static struct run *refuse_another(uint64_t rollback, struct run *next, struct err *err)
{
    err_set(err, ERR_UNFIT,
            "run %llu was a rollback, and no file was changed since; to undo run %llu as well, "
            "name it: applier rollback %llu",
            (unsigned long long)rollback, (unsigned long long)next->number,
            (unsigned long long)next->number);
    run_free(next);
    return NULL;
}

static struct run *newest_apply(const struct state *state, const uint64_t *numbers, size_t count,
                                struct err *err)
{
    uint64_t *undone = calloc(count + 1, sizeof *undone);
    size_t rollbacks = 0;
    struct run *run = NULL;

    if (undone == NULL) {
        err_memory(err);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        run = record(state, numbers[i], err);
        if (run == NULL || (run->kind == RUN_APPLY && !is_undone(undone, rollbacks, run->number))) {
            run = run == NULL || i == 0 ? run : refuse_another(numbers[0], run, err);
            break;
        }
        if (run->kind == RUN_ROLLBACK) {
            undone[rollbacks++] = run->undoes;
        }
        run_free(run);
        run = NULL;
        if (i + 1 == count) {
            err_set(err, ERR_UNFIT, "every recorded apply has been rolled back already");
        }
    }
    free(undone);
    return run;
}

struct run *run_record(const struct state *state, uint64_t number, struct err *err)
{
    struct run *run = NULL;
    uint64_t *numbers;
    size_t count;
    bool there = false;

    if (!list(state, &numbers, &count, err)) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        there = there || numbers[i] == number;
    }
    if (count == 0) {
        err_set(err, ERR_UNFIT, "this site has not changed any file yet: there is nothing to undo");
    } else if (number == 0) {
        run = newest_apply(state, numbers, count, err);
    } else if (!there) {
        err_set(err, ERR_UNFIT,
                "there is no record of run %llu; the newest is run %llu, the oldest "
                "that is kept run %llu",
                (unsigned long long)number, (unsigned long long)numbers[0],
                (unsigned long long)numbers[count - 1]);
    } else {
        run = record(state, number, err);
    }
    free(numbers);
    return run;
}

static bool add_folder(struct fsio_names *folders, const char *staged, struct err *err)
{
    char *dir = fsio_parent(staged, err);
    char **grown;

    for (size_t i = 0; dir != NULL && i < folders->count; i++) {
        if (strcmp(folders->names[i], dir) == 0) {
            free(dir);
            return true;
        }
    }
    grown = dir == NULL ? NULL : realloc(folders->names, (folders->count + 1) * sizeof *grown);
    if (grown == NULL) {
        free(dir);
        return err_memory(err);
    }
    folders->names = grown;
    folders->names[folders->count++] = dir;
    return true;
}

bool run_staging(const struct state *state, struct fsio_names *folders, struct err *err)
{
    struct fsio_names found = {0};
    uint64_t *numbers;
    size_t count;
    bool done = list(state, &numbers, &count, err);

    if (!done) {
        return false;
    }
    for (size_t i = 0; done && i < count; i++) {
        struct err unused = {0};
        struct run *run = record(state, numbers[i], &unused);

        for (size_t k = 0; done && run != NULL && k < run->count; k++) {
            done =
                run->targets[k].staged == NULL || add_folder(&found, run->targets[k].staged, err);
        }
        run_free(run);
    }
    free(numbers);
    if (!done) {
        fsio_names_release(&found);
        return false;
    }
    *folders = found;
    return true;
}
