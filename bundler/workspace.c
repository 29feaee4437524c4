/* SPDX-License-Identifier: MIT */
/*
 * The workspace: made once with a domain of its own, and read for its meaning, since people edit
 * bundler.xml, but nothing in it is passed over.
 */
#include "bundler/workspace.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/markup.h"
#include "base/when.h"
#include "keys/crypto.h"
#include "keys/elem.h"

#define LOCK "lock"
#define FOLDER_MODE 0755
#define KEYS_MODE 0700
#define XML_MODE 0644

static const enum err_code form = ERR_CONFIG_FORM;

/* In the order in which they are made. */
static const struct {
    const char *name;
    unsigned mode;
} folders[] = {
    {WORKSPACE_KEYS, KEYS_MODE},       {WORKSPACE_LEDGER, KEYS_MODE},
    {WORKSPACE_EVIDENCE, KEYS_MODE},   {WORKSPACE_BUNDLES, FOLDER_MODE},
    {WORKSPACE_RECEIPTS, FOLDER_MODE},
};

static bool kind_of(const char *dir, const char *name, enum fsio_kind *kind, struct err *err)
{
    char *path = fsio_join(dir, name, err);
    bool ok = path != NULL && fsio_kind(path, kind, err);

    free(path);
    return ok;
}

bool workspace_now(int64_t *now, struct err *err)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds;

    if (epoch == NULL) {
        *now = when_now();
        return true;
    }
    if (!text_number(&seconds, epoch, (uint64_t)WHEN_MIN, (uint64_t)WHEN_MAX)) {
        return err_set(err, ERR_USAGE,
                       "SOURCE_DATE_EPOCH is '%s'; expected seconds since 1970 in decimal, of the "
                       "years 2000 to 2099",
                       epoch);
    }
    *now = (int64_t)seconds;
    return true;
}

/* --- making one --- */

static bool check_unused(const char *dir, struct err *err)
{
    enum fsio_kind xml, trust, ledger;

    if (!kind_of(dir, WORKSPACE_XML, &xml, err) || !kind_of(dir, WORKSPACE_TRUST, &trust, err) ||
        !kind_of(dir, WORKSPACE_LEDGER "/ledger.xml", &ledger, err)) {
        return false;
    }
    if (xml != FSIO_ABSENT) {
        return err_set(err, ERR_STATE_PRESENT,
                       "%s: is a workspace already; work in it with 'bundler -C %s', or name "
                       "another folder",
                       dir, dir);
    }
    if (trust != FSIO_ABSENT || ledger != FSIO_ABSENT) {
        return err_set(err, ERR_STATE_DAMAGED,
                       "%s: holds %s but no %s: part of a workspace was lost. Bring the file back "
                       "from a backup, or name another folder",
                       dir, trust != FSIO_ABSENT ? WORKSPACE_TRUST : WORKSPACE_LEDGER,
                       WORKSPACE_XML);
    }
    return true;
}

static bool make_folders(const char *dir, struct err *err)
{
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char *path = fsio_join(dir, folders[i].name, err);
        bool is_private = true, ok = path != NULL && fsio_make_dir(path, folders[i].mode, err);
        char remedy[FSIO_REMEDY_SIZE];

        if (ok && folders[i].mode == KEYS_MODE) {
            ok = fsio_is_private(path, &is_private, err);
        }
        if (ok && !is_private) {
            ok = err_set(err, ERR_CONFIG_KEY, "%s: others may enter this folder: %s", path,
                         fsio_remedy(path, KEYS_MODE, remedy));
        }
        free(path);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool write_xml(const char *dir, const char *channel, struct err *err)
{
    char *path = fsio_join(dir, WORKSPACE_XML, err);
    uint8_t domain[16];
    struct markup m;
    struct buf out;
    int64_t now;
    bool ok = path != NULL && crypto_random(domain, sizeof domain, err) && workspace_now(&now, err);

    buf_init(&out, LIMIT_STATE_BYTES);
    if (ok) {
        markup_begin(&m, &out, "bundler", WORKSPACE_NS, err);
        markup_hex(&m, "domain", domain, sizeof domain);
        markup_text(&m, "channel", channel);
        markup_time(&m, "created", now);
        ok = markup_end(&m) && fsio_write_new(path, out.data, out.len, XML_MODE, err);
    }
    buf_release(&out);
    free(path);
    return ok;
}

bool workspace_create(const char *dir, const char *channel, struct err *err)
{
    struct fsio_lock *lock = NULL;
    char *path;
    int64_t now;
    bool ok;

    if (!text_is_id(channel)) {
        return err_set(err, ERR_USAGE,
                       "channel '%s' is no id: labels of a-z, 0-9 and '-', joined by single dots, "
                       "at most %d characters, as in %s",
                       channel, TEXT_ID_MAX, WORKSPACE_CHANNEL);
    }
    path = fsio_join(dir, LOCK, err);
    ok = path != NULL && workspace_now(&now, err) && check_unused(dir, err) &&
         fsio_make_dir(dir, FOLDER_MODE, err);
    if (ok) {
        lock = fsio_lock_take(path, err);
    }
    ok = lock != NULL && check_unused(dir, err) && make_folders(dir, err) &&
         write_xml(dir, channel, err);
    fsio_lock_release(lock);
    free(path);
    return ok;
}

/* --- opening --- */

static bool check_namespace(const struct elem *root, struct err *err)
{
    static const char stem[] = "urn:pinferry:bundler:";
    const char *ns = elem_namespace(root);

    if (strncmp(ns, stem, sizeof stem - 1) == 0 && strcmp(ns, WORKSPACE_NS) != 0) {
        return err_set(err, ERR_NEWER,
                       "made by a newer version of this program (%s); install that version", ns);
    }
    return elem_expect(root, "bundler", WORKSPACE_NS, form, err);
}

static bool read_source(struct workspace *ws, const struct elem *el, struct err *err)
{
    static const char *const names[] = {"url", "ca", NULL};
    const char *url, *ca;

    if (!elem_expect(el, "source", NULL, form, err) || !elem_only(el, names, form, err) ||
        !elem_text(el, "url", &url, form, err)) {
        return false;
    }
    if (elem_first(el) != NULL || elem_next(el) != NULL) {
        return err_set(err, form, "line %ld: one <source url=\"...\"/> without content is expected",
                       elem_line(el));
    }
    if (strncmp(url, "https://", 8) != 0) {
        return err_set(err, form, "line %ld: url '%s' does not begin with https://", elem_line(el),
                       url);
    }
    ws->source_url = strdup(url);
    if (ws->source_url == NULL) {
        return err_memory(err);
    }
    ca = elem_attr(el, "ca");
    if (ca == NULL) {
        return true;
    }
    if (fsio_is_absolute(ca)) {
        ws->source_ca = strdup(ca);
        return ws->source_ca != NULL || err_memory(err);
    }
    ws->source_ca = workspace_path(ws, ca, err);
    return ws->source_ca != NULL;
}

static bool read_root(struct workspace *ws, const struct elem *root, struct err *err)
{
    static const char *const names[] = {"domain", "channel", "created", NULL};
    const char *channel;

    if (!check_namespace(root, err) || !elem_only(root, names, form, err) ||
        !elem_hex(root, "domain", ws->domain, sizeof ws->domain, form, err) ||
        !elem_id(root, "channel", &channel, form, err) ||
        !elem_time(root, "created", WHEN_MIN, WHEN_MAX, &ws->created, form, err)) {
        return false;
    }
    memcpy(ws->channel, channel, strlen(channel) + 1);
    return elem_first(root) == NULL || read_source(ws, elem_first(root), err);
}

static bool read_xml(struct workspace *ws, struct err *err)
{
    char *path = workspace_path(ws, WORKSPACE_XML, err);
    struct elem_doc *doc = NULL;
    struct buf bytes;
    bool ok;

    buf_init(&bytes, LIMIT_STATE_BYTES);
    ok = path != NULL && fsio_read_file(path, LIMIT_STATE_BYTES, &bytes, err);
    if (ok) {
        doc = elem_parse(bytes.data, bytes.len, form, err);
        ok = doc != NULL && read_root(ws, elem_root(doc), err);
        if (!ok) {
            err_context(err, "%s", path);
        }
    }
    elem_free(doc);
    buf_release(&bytes);
    free(path);
    return ok;
}

/* What killed writers left; the folders are the workspace's own. */
static void sweep(const struct workspace *ws)
{
    static const char *const own[] = {WORKSPACE_KEYS, WORKSPACE_TRUST_SETS, WORKSPACE_LEDGER,
                                      WORKSPACE_EVIDENCE, WORKSPACE_BUNDLES};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        char *path = workspace_path(ws, own[i], NULL);

        if (path != NULL) {
            fsio_sweep(path);
        }
        free(path);
    }
}

static bool open_in(struct workspace *ws, bool writing, struct err *err)
{
    enum fsio_kind kind;
    char *path;

    if (!kind_of(ws->dir, WORKSPACE_XML, &kind, err)) {
        return false;
    }
    if (kind == FSIO_ABSENT) {
        return err_set(err, ERR_STATE_ABSENT,
                       "%s: is no workspace (no %s in it); name one by -C, or make one with "
                       "'bundler init DIR'",
                       ws->dir, WORKSPACE_XML);
    }
    if (writing) {
        path = workspace_path(ws, LOCK, err);
        ws->lock = path == NULL ? NULL : fsio_lock_take(path, err);
        free(path);
        if (ws->lock == NULL) {
            return false;
        }
        sweep(ws);
    }
    return read_xml(ws, err);
}

struct workspace *workspace_open(const char *dir, bool writing, struct err *err)
{
    struct workspace *ws = calloc(1, sizeof *ws);

    if (ws == NULL) {
        err_memory(err);
        return NULL;
    }
    ws->dir = strdup(dir);
    if (ws->dir == NULL) {
        err_memory(err);
        free(ws);
        return NULL;
    }
    if (!open_in(ws, writing, err)) {
        workspace_close(ws);
        return NULL;
    }
    return ws;
}

void workspace_close(struct workspace *ws)
{
    if (ws == NULL) {
        return;
    }
    fsio_lock_release(ws->lock);
    free(ws->source_url);
    free(ws->source_ca);
    free(ws->dir);
    free(ws);
}

char *workspace_path(const struct workspace *ws, const char *name, struct err *err)
{
    bool here = strcmp(ws->dir, ".") == 0; /* "./bundles" would be shown and is one word too many */
    char *path = here ? strdup(name) : fsio_join(ws->dir, name, err);

    if (path == NULL && here) {
        err_memory(err);
    }
    return path;
}

bool workspace_check_writing(const struct workspace *ws, struct err *err)
{
    return ws->lock != NULL ||
           err_set(err, ERR_INTERNAL, "a workspace that was opened for reading is never written");
}

/* --- the trust set --- */

static bool check_scope(const struct workspace *ws, const struct trust *trust, struct err *err)
{
    if (memcmp(trust->domain, ws->domain, sizeof ws->domain) != 0) {
        return err_set(err, ERR_SCOPE_DOMAIN,
                       "the trust set of another workspace: its domain is not that of %s",
                       WORKSPACE_XML);
    }
    return strcmp(trust->channel, ws->channel) == 0 ||
           err_set(err, ERR_SCOPE_CHANNEL, "for channel %s, but %s says %s", trust->channel,
                   WORKSPACE_XML, ws->channel);
}

static bool read_trust(const struct workspace *ws, const char *path, struct buf *bytes,
                       struct err *err)
{
    enum fsio_kind kind;

    if (!fsio_kind(path, &kind, err)) {
        return false;
    }
    if (kind == FSIO_ABSENT) {
        return err_set(err, ERR_CONFIG_KEY,
                       "%s: there is no trust set yet; 'bundler -C %s keygen' makes keys and set",
                       path, ws->dir);
    }
    return fsio_read_file(path, LIMIT_TRUST_BYTES, bytes, err);
}

struct trust *workspace_trust(const struct workspace *ws, struct err *err)
{
    char *path = workspace_path(ws, WORKSPACE_TRUST, err);
    struct trust *trust = NULL;
    struct buf bytes;

    buf_init(&bytes, LIMIT_TRUST_BYTES);
    if (path != NULL && read_trust(ws, path, &bytes, err)) {
        trust = trust_parse(bytes.data, bytes.len, err);
        if (trust == NULL || !check_scope(ws, trust, err)) {
            err_context(err, "%s", path);
            trust_free(trust);
            trust = NULL;
        }
    }
    buf_release(&bytes);
    free(path);
    return trust;
}
