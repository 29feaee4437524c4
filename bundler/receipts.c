/* SPDX-License-Identifier: MIT */
/*
 * Reads the receipts that lie in the workspace, for the one thing that an unverified one is good
 * for.
 */
#include "bundler/receipts.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "bundles/receipt.h"

#define FILES_MAX 1000000

/* A search under way. */
struct search {
    const struct workspace *ws;
    uint64_t epoch;
    struct receipts_highest *highest;
};

static bool is_taken(const struct search *s, const struct receipt *r)
{
    return memcmp(r->domain, s->ws->domain, sizeof r->domain) == 0 && r->has_bundle &&
           r->action != RECEIPT_REFUSE && r->epoch >= s->epoch;
}

static struct receipt *read_receipt(const char *path)
{
    struct receipt *r = NULL;
    struct buf bytes;

    buf_init(&bytes, LIMIT_RECEIPT_BYTES);
    if (fsio_read_file(path, LIMIT_RECEIPT_BYTES, &bytes, NULL)) {
        r = receipt_parse(bytes.data, bytes.len, NULL);
    }
    buf_release(&bytes);
    return r;
}

static bool look_at(struct search *s, const char *path, struct err *err)
{
    struct receipt *r = read_receipt(path);
    struct receipts_highest *highest = s->highest;
    bool ok = true;

    if (r != NULL && is_taken(s, r) && r->sequence > highest->sequence) {
        free(highest->path);
        highest->path = strdup(path);
        highest->sequence = r->sequence;
        memcpy(highest->site, r->site, sizeof highest->site);
        ok = highest->path != NULL || err_memory(err);
    }
    receipt_free(r);
    return ok;
}

static bool is_xml(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".xml") == 0;
}

static bool look_in(struct search *s, const char *dir, bool below, struct err *err);

static bool look_at_entry(struct search *s, const char *path, const char *name, bool below,
                          struct err *err)
{
    enum fsio_kind kind;
    struct err unused = {0};

    if (!fsio_kind(path, &kind, err)) {
        return false;
    }
    if (kind == FSIO_FILE && is_xml(name)) {
        return look_at(s, path, err);
    }
    return kind != FSIO_DIR || !below || look_in(s, path, false, &unused) ||
           unused.code != ERR_MEMORY || err_memory(err);
}

static bool look_in(struct search *s, const char *dir, bool below, struct err *err)
{
    struct fsio_names names = {0};
    bool ok = fsio_list(dir, FILES_MAX, &names, err);

    for (size_t i = 0; ok && i < names.count; i++) {
        char *path = fsio_join(dir, names.names[i], err);

        ok = path != NULL && look_at_entry(s, path, names.names[i], below, err);
        free(path);
    }
    fsio_names_release(&names);
    return ok;
}

bool receipts_look(const struct workspace *ws, uint64_t epoch, struct receipts_highest *highest,
                   struct err *err)
{
    struct search s = {.ws = ws, .epoch = epoch, .highest = highest};
    char *dir = workspace_path(ws, WORKSPACE_RECEIPTS, err);
    enum fsio_kind kind;
    bool ok;

    *highest = (struct receipts_highest){0};
    ok = dir != NULL && fsio_kind(dir, &kind, err) &&
         (kind == FSIO_ABSENT || look_in(&s, dir, true, err));
    free(dir);
    return ok;
}

void receipts_release(struct receipts_highest *highest)
{
    free(highest->path);
    *highest = (struct receipts_highest){0};
}
