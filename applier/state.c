/* SPDX-License-Identifier: MIT */
/*
 * The state folder: made, opened, and moved forward one flushed file at a time, state.xml last.
 */
#include "applier/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applier/state_file.h"
#include "base/limits.h"
#include "base/when.h"
#include "keys/crypto.h"
#include "keys/signkey.h"

#define STATE_XML "state.xml"
#define LOCK "lock"
#define SECRET "secret"
#define SECRET_BYTES 32
#define TRUST_NAME_SIZE 32
/* A writer may move the trust set on between a reader's two files. */
#define READ_TRIES 5

static const char *const folders[] = {STATE_RUNS, STATE_BACKUPS, STATE_RECEIPTS, STATE_STAGING};

/* What only a run leaves behind: without state.xml beside it, something was lost. */
static const char *const traces[] = {STATE_LAST_HEAD, STATE_NEXT_HEAD, STATE_JOURNAL};

static void trust_name(char out[static TRUST_NAME_SIZE], uint64_t version)
{
    snprintf(out, TRUST_NAME_SIZE, "trust-%06" PRIu64 ".xml", version);
}

static struct state_file_trust trust_of(const struct trust *trust)
{
    struct state_file_trust of = {.version = trust->version};

    memcpy(of.sha256, trust->fingerprint, sizeof of.sha256);
    return of;
}

char *state_path(const struct state *state, const char *name, struct err *err)
{
    return fsio_join(state->dir, name, err);
}

/* --- small files of the folder --- */

static bool kind_of(const char *dir, const char *name, enum fsio_kind *kind, struct err *err)
{
    char *path = fsio_join(dir, name, err);
    bool ok = path != NULL && fsio_kind(path, kind, err);

    free(path);
    return ok;
}

static bool read_in(const char *dir, const char *name, struct buf *out, struct err *err)
{
    char *path = fsio_join(dir, name, err);
    bool ok = path != NULL && fsio_read_file(path, out->max, out, err);

    free(path);
    return ok;
}

static bool replace_in(const char *dir, const char *name, const void *bytes, size_t len,
                       struct err *err)
{
    char *path = fsio_join(dir, name, err);
    bool ok = path != NULL && fsio_replace(path, bytes, len, STATE_FILE_MODE, err);

    free(path);
    return ok;
}

static bool remove_in(const char *dir, const char *name, struct err *err)
{
    char *path = fsio_join(dir, name, err);
    bool ok = path != NULL && fsio_remove(path, err);

    free(path);
    return ok;
}

/* --- making one --- */

/* ERR_STATE_PRESENT with a state, ERR_STATE_DAMAGED with the remains of one. */
static bool check_unused(const char *dir, struct err *err)
{
    enum fsio_kind kind;

    if (!kind_of(dir, STATE_XML, &kind, err)) {
        return false;
    }
    if (kind != FSIO_ABSENT) {
        return err_set(err, ERR_STATE_PRESENT,
                       "%s: a site is enrolled here already; 'applier status' shows it. To enrol "
                       "another, give it a folder of its own by --state",
                       dir);
    }
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        if (!kind_of(dir, traces[i], &kind, err)) {
            return false;
        }
        if (kind != FSIO_ABSENT) {
            return err_set(err, ERR_STATE_DAMAGED,
                           "%s: holds %s but no %s: part of a state was lost. Bring the file back "
                           "from a backup, or move the folder away and enrol anew",
                           dir, traces[i], STATE_XML);
        }
    }
    return true;
}

/* That nobody else may enter also makes the modes of the files in it, site.xml's too, harmless. */
static bool check_folder(const char *dir, struct err *err)
{
    bool is_private = false;
    char remedy[FSIO_REMEDY_SIZE];

    if (!fsio_check_protected(dir, err) || !fsio_is_private(dir, &is_private, err)) {
        return false;
    }
    return is_private || err_set(err, ERR_STATE_ACCESS, "%s: others may enter this folder: %s", dir,
                                 fsio_remedy(dir, STATE_FOLDER_MODE, remedy));
}

bool state_prepare(const char *dir, struct err *err)
{
    if (!fsio_make_dir(dir, STATE_FOLDER_MODE, err) || !check_folder(dir, err) ||
        !check_unused(dir, err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char *path = fsio_join(dir, folders[i], err);
        bool ok = path != NULL && fsio_make_dir(path, STATE_FOLDER_MODE, err);

        free(path);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool make_secret(const char *dir, struct err *err)
{
    uint8_t bytes[SECRET_BYTES];
    char hex[2 * SECRET_BYTES + 2];
    bool ok = crypto_random(bytes, sizeof bytes, err);

    if (ok) {
        text_hex(hex, bytes, sizeof bytes);
        hex[2 * SECRET_BYTES] = '\n';
        ok = replace_in(dir, SECRET, hex, 2 * SECRET_BYTES + 1, err);
    }
    buf_wipe(bytes, sizeof bytes);
    buf_wipe(hex, sizeof hex);
    return ok;
}

/* A key that a cut-off `init` left is not used again: nobody has seen its certificate yet. */
static bool make_key(const char *dir, const char *site, struct err *err)
{
    struct signkey *key = signkey_generate(SIGNKEY_P384, err);
    char *path = fsio_join(dir, STATE_SITE_KEY, err);
    struct buf cert;
    bool ok;

    buf_init(&cert, LIMIT_CERTIFICATE_BYTES);
    ok = key != NULL && path != NULL && fsio_remove(path, err) &&
         signkey_save(key, path, NULL, err) &&
         signkey_self_certificate(key, site, when_now(), WHEN_MAX, &cert, err) &&
         replace_in(dir, STATE_SITE_CERT, cert.data, cert.len, err);
    buf_release(&cert);
    free(path);
    signkey_free(key);
    return ok;
}

static bool write_trust(const char *dir, const struct trust *trust, struct err *err)
{
    char name[TRUST_NAME_SIZE];

    trust_name(name, trust->version);
    return replace_in(dir, name, trust->bytes.data, trust->bytes.len, err);
}

static bool write_state(const struct state *state, const struct trust *trust, struct err *err)
{
    struct state_file_trust of = trust_of(trust);
    struct buf bytes;
    bool ok;

    buf_init(&bytes, LIMIT_STATE_BYTES);
    ok = state_file_write(state, &of, &bytes, err) &&
         replace_in(state->dir, STATE_XML, bytes.data, bytes.len, err);
    buf_release(&bytes);
    return ok;
}

bool state_create(const char *dir, const char *site, const struct trust *trust, uint64_t least,
                  struct err *err)
{
    struct state state = {.least_epoch = least == 0 ? 0 : trust->epoch, .least = least};
    char *lock = fsio_join(dir, LOCK, err);
    bool ok;

    if (!text_is_id(site)) {
        free(lock);
        return err_set(err, ERR_USAGE,
                       "'%s' is no site id: labels of a-z, 0-9 and '-', joined by single dots, at "
                       "most %d characters",
                       site, TEXT_ID_MAX);
    }
    memcpy(state.site, site, strlen(site) + 1);
    ok = lock != NULL && state_prepare(dir, err);
    if (ok) {
        state.lock = fsio_lock_take(lock, err);
        state.dir = fsio_join(dir, "", err);
        ok = state.lock != NULL && state.dir != NULL && check_unused(dir, err);
    }
    ok = ok && crypto_random(state.nonce, sizeof state.nonce, err) &&
         crypto_random(state.chain, sizeof state.chain, err) && make_secret(dir, err) &&
         make_key(dir, site, err) && write_trust(dir, trust, err);
    if (ok && !write_state(&state, trust, err)) { /* its rename may have come before what failed */
        ok = remove_in(dir, STATE_XML, NULL) && false;
    }
    fsio_lock_release(state.lock);
    free(state.dir);
    free(lock);
    return ok;
}

/* --- opening --- */

static bool check_present(const char *dir, struct err *err)
{
    enum fsio_kind kind = FSIO_ABSENT;
    struct err cause = {0};

    if (!kind_of(dir, STATE_XML, &kind, &cause)) {
        return err_set(err, ERR_STATE_ACCESS,
                       "%s; run this as the account that enrolled the site, usually root",
                       cause.text);
    }
    return kind != FSIO_ABSENT ||
           err_set(err, ERR_STATE_ABSENT,
                   "%s: no site is enrolled here; 'applier init' enrols one, --state names another "
                   "folder",
                   dir);
}

/* What the state needs is gone, no file, or too large: no error of the system, but a damage. */
static bool as_damage(struct err *err, const struct err *cause)
{
    enum err_code code = cause->code;

    if (code == ERR_IO_ABSENT || code == ERR_IO_KIND || code == ERR_IO_LIMIT) {
        code = ERR_STATE_DAMAGED;
    }
    return err_set(err, code, "%s", cause->text);
}

static bool parse_trust(struct state *state, const struct state_file_trust *of,
                        const struct buf *bytes, struct err *err)
{
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    struct err cause = {0};

    if (!crypto_sha256(sha256, bytes->data, bytes->len, err)) {
        return false;
    }
    if (memcmp(sha256, of->sha256, sizeof sha256) != 0) {
        return err_set(err, ERR_STATE_DAMAGED,
                       "not the trust set that %s names: it was edited or damaged", STATE_XML);
    }
    state->trust = trust_parse(bytes->data, bytes->len, &cause);
    return (state->trust != NULL && state->trust->version == of->version) ||
           err_set(err, cause.code == ERR_MEMORY ? ERR_MEMORY : ERR_STATE_DAMAGED, "%s",
                   cause.text);
}

/* *moved: the set's file is not there, as when a writer has just moved on. */
static bool load_trust(struct state *state, const struct state_file_trust *of, bool *moved,
                       struct err *err)
{
    char name[TRUST_NAME_SIZE];
    struct err cause = {0};
    struct buf bytes;
    bool ok;

    buf_init(&bytes, LIMIT_TRUST_BYTES);
    trust_name(name, of->version);
    ok = read_in(state->dir, name, &bytes, &cause) || as_damage(err, &cause);
    *moved = cause.code == ERR_IO_ABSENT;
    if (ok && !parse_trust(state, of, &bytes, err)) {
        err_context(err, "%s/%s", state->dir, name);
        ok = false;
    }
    buf_release(&bytes);
    return ok;
}

static bool load(struct state *state, bool *moved, struct err *err)
{
    struct state_file_trust of = {0};
    struct err cause = {0};
    struct buf bytes;
    bool ok;

    *moved = false;
    buf_init(&bytes, LIMIT_STATE_BYTES);
    ok = read_in(state->dir, STATE_XML, &bytes, &cause) || as_damage(err, &cause);
    if (ok && !state_file_read(state, &of, &bytes, err)) {
        err_context(err, "%s/%s", state->dir, STATE_XML);
        ok = false;
    }
    buf_release(&bytes);
    return ok && load_trust(state, &of, moved, err);
}

static bool open_locked(struct state *state, bool writing, struct err *err)
{
    bool moved = true, ok = false;

    if (!check_present(state->dir, err) || !check_folder(state->dir, err)) {
        return false;
    }
    if (writing) {
        char *path = state_path(state, LOCK, err);

        state->lock = path == NULL ? NULL : fsio_lock_take(path, err);
        free(path);
        if (state->lock == NULL) {
            return false;
        }
        state_sweep(state);
    }
    for (int i = 0; !ok && moved && i < READ_TRIES; i++) {
        ok = load(state, &moved, err);
    }
    if (ok && writing) {
        state_sweep_trust(state);
    }
    return ok;
}

struct state *state_open(const char *dir, bool writing, struct err *err)
{
    struct state *state = calloc(1, sizeof *state);

    if (state == NULL) {
        err_memory(err);
        return NULL;
    }
    state->dir = fsio_join(dir, "", err);
    if (state->dir == NULL) {
        free(state);
        return NULL;
    }
    state->dir[fsio_trimmed(state->dir)] = '\0';
    if (!open_locked(state, writing, err)) {
        state_close(state);
        return NULL;
    }
    return state;
}

void state_close(struct state *state)
{
    if (state == NULL) {
        return;
    }
    trust_free(state->trust);
    fsio_lock_release(state->lock);
    free(state->dir);
    free(state);
}

/* --- moving on --- */

static bool check_writing(const struct state *state, struct err *err)
{
    return state->lock != NULL ||
           err_set(err, ERR_INTERNAL, "a state that was opened for reading is never written");
}

bool state_save(const struct state *state, struct err *err)
{
    return check_writing(state, err) && write_state(state, state->trust, err);
}

bool state_advance_trust(struct state *state, const struct trust *advanced, struct err *err)
{
    struct trust *copy;
    char old[TRUST_NAME_SIZE];

    if (!check_writing(state, err)) {
        return false;
    }
    if (advanced->version <= state->trust->version) {
        return err_set(err, ERR_INTERNAL, "a trust set is never lowered");
    }
    copy = trust_copy(advanced, err);
    if (copy == NULL || !write_trust(state->dir, copy, err) || !write_state(state, copy, err)) {
        trust_free(copy);
        return false;
    }
    trust_name(old, state->trust->version);
    trust_free(state->trust);
    state->trust = copy;
    return remove_in(state->dir, old, err);
}

bool state_secret(const struct state *state, struct buf *out, struct err *err)
{
    uint8_t bytes[SECRET_BYTES];
    struct err cause = {0};
    struct buf hex;
    bool ok;

    buf_init_secret(&hex, 2 * SECRET_BYTES + 1);
    ok = read_in(state->dir, SECRET, &hex, &cause) || as_damage(err, &cause);
    if (ok && (hex.len != 2 * SECRET_BYTES + 1 || hex.data[hex.len - 1] != '\n' ||
               !text_unhex(bytes, sizeof bytes, buf_text(&hex), hex.len - 1, false))) {
        ok = err_set(err, ERR_STATE_DAMAGED,
                     "%s/%s: not the %d hexadecimal digits and line end that 'applier init' wrote",
                     state->dir, SECRET, 2 * SECRET_BYTES);
    }
    ok = ok && buf_add(out, bytes, sizeof bytes, err);
    buf_wipe(bytes, sizeof bytes);
    buf_release(&hex);
    return ok;
}

bool state_unfinished(const struct state *state, bool *unfinished, struct err *err)
{
    enum fsio_kind kind;

    if (!kind_of(state->dir, STATE_JOURNAL, &kind, err)) {
        return false;
    }
    *unfinished = kind != FSIO_ABSENT;
    return true;
}
