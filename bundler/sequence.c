/* SPDX-License-Identifier: MIT */
/*
 * The number of the last bundle that this workspace made: bundles/sequence.xml.
 */
#include "bundler/sequence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/markup.h"
#include "bundler/receipts.h"
#include "keys/elem.h"

#define FILES_MAX 1000000 /* in bundles/: one for each number of six digits */
#define FILE_MODE 0644

static const enum err_code damaged = ERR_STATE_DAMAGED;

void sequence_name(const struct workspace *ws, uint64_t sequence,
                   char out[static SEQUENCE_NAME_SIZE])
{
    snprintf(out, SEQUENCE_NAME_SIZE, "%.*s-pins-%06" PRIu64 ".tar", (int)strcspn(ws->channel, "."),
             ws->channel, sequence);
}

/* --- bundles/ --- */

/* The number in a bundle's name; 0 if it is no such name. */
static uint64_t number_of(const struct workspace *ws, const char *name)
{
    size_t before = strcspn(ws->channel, ".") + strlen("-pins-");
    char expected[SEQUENCE_NAME_SIZE];
    uint64_t number = 0;

    if (strlen(name) < before) {
        return 0;
    }
    for (const char *p = name + before; *p >= '0' && *p <= '9' && number <= TEXT_NUMBER_MAX; p++) {
        number = number * 10 + (uint64_t)(*p - '0');
    }
    if (number > TEXT_NUMBER_MAX) {
        return 0;
    }
    sequence_name(ws, number, expected);
    return strcmp(name, expected) == 0 ? number : 0;
}

bool sequence_highest(const struct workspace *ws, uint64_t most, uint64_t *highest, struct err *err)
{
    char *dir = workspace_path(ws, WORKSPACE_BUNDLES, err);
    struct fsio_names names = {0};
    uint64_t found = 0;
    bool ok = dir != NULL && fsio_list(dir, FILES_MAX, &names, err);

    for (size_t i = 0; ok && i < names.count; i++) {
        uint64_t number = number_of(ws, names.names[i]);

        if (number > found && number <= most) {
            found = number;
        }
    }
    if (ok) {
        *highest = found;
    }
    fsio_names_release(&names);
    free(dir);
    return ok;
}

/* --- sequence.xml --- */

static bool read_root(const struct workspace *ws, const struct elem *root, uint64_t *last,
                      struct err *err)
{
    static const char *const names[] = {"domain", "last", NULL};
    uint8_t domain[16];

    if (!elem_expect(root, "sequence", SEQUENCE_NS, damaged, err) ||
        !elem_only(root, names, damaged, err) ||
        !elem_hex(root, "domain", domain, sizeof domain, damaged, err) ||
        !elem_number(root, "last", 1, TEXT_NUMBER_MAX, last, damaged, err)) {
        return false;
    }
    if (elem_first(root) != NULL) {
        return err_set(err, damaged, "an element where none is expected");
    }
    return memcmp(domain, ws->domain, sizeof domain) == 0 ||
           err_set(err, damaged, "belongs to another workspace (another domain)");
}

/* *last: 0 when there is no file yet. */
static bool read_last(const struct workspace *ws, const char *path, uint64_t *last, struct err *err)
{
    struct elem_doc *doc = NULL;
    struct buf bytes;
    enum fsio_kind kind;
    bool ok;

    *last = 0;
    if (!fsio_kind(path, &kind, err)) {
        return false;
    }
    if (kind == FSIO_ABSENT) {
        return true;
    }
    buf_init(&bytes, LIMIT_STATE_BYTES);
    ok = fsio_read_file(path, LIMIT_STATE_BYTES, &bytes, err);
    if (ok) {
        doc = elem_parse(bytes.data, bytes.len, damaged, err);
        ok = doc != NULL && read_root(ws, elem_root(doc), last, err);
        if (!ok) {
            err_context(err,
                        "%s: cannot be trusted for the last number; move it away and run 'bundler "
                        "build --sequence-from BUNDLE' with the newest bundle that was handed out",
                        path);
        }
    }
    elem_free(doc);
    buf_release(&bytes);
    return ok;
}

static bool write_last(const struct workspace *ws, const char *path, uint64_t last, struct err *err)
{
    struct markup m;
    struct buf out;
    bool ok;

    buf_init(&out, LIMIT_STATE_BYTES);
    markup_begin(&m, &out, "sequence", SEQUENCE_NS, err);
    markup_hex(&m, "domain", ws->domain, sizeof ws->domain);
    markup_number(&m, "last", last);
    ok = markup_end(&m) && fsio_replace(path, out.data, out.len, FILE_MODE, err);
    buf_release(&out);
    return ok;
}

/* A site would refuse the number; but nobody has verified that it says so. */
static bool check_receipts(const struct workspace *ws, uint64_t epoch, uint64_t next,
                           struct err *err)
{
    struct receipts_highest highest;
    bool ok = receipts_look(ws, epoch, &highest, err);

    if (ok && highest.sequence >= next) {
        ok =
            err_set(err, ERR_REPLAY_SEQUENCE,
                    "by %s site %s took bundle %" PRIu64 ", and the next number here would be "
                    "%" PRIu64 ": %s was lost or is old. The receipt was not verified. If it is "
                    "right, run 'bundler build --sequence-from BUNDLE' with the newest bundle that "
                    "was handed out; if a thief made that bundle, 'bundler trust raise --epoch' "
                    "comes first (docs/trust.md); if the receipt is wrong, move it away",
                    highest.path, highest.site, highest.sequence, next, SEQUENCE_XML);
    }
    receipts_release(&highest);
    return ok;
}

static bool choose(const struct workspace *ws, uint64_t epoch, uint64_t last, uint64_t least,
                   uint64_t *next, struct err *err)
{
    uint64_t highest = 0;

    if (!sequence_highest(ws, TEXT_NUMBER_MAX, &highest, err)) {
        return false;
    }
    if (highest > last) {
        char name[SEQUENCE_NAME_SIZE];

        sequence_name(ws, highest, name);
        return err_set(err, ERR_REPLAY_SEQUENCE,
                       "%s/" WORKSPACE_BUNDLES "/%s has a higher number than the last one noted in "
                       "%s (%" PRIu64
                       "), which was lost or is old. Sites refuse a number that they "
                       "have seen: run 'bundler build --sequence-from BUNDLE' with the newest "
                       "bundle that was handed out",
                       ws->dir, name, SEQUENCE_XML, last);
    }
    *next = last + 1 < least ? least : last + 1;
    if (*next > TEXT_NUMBER_MAX) {
        return err_set(err, ERR_CONTAINER_LIMIT, "the numbers of bundles are used up");
    }
    return check_receipts(ws, epoch, *next, err);
}

bool sequence_next(const struct workspace *ws, uint64_t epoch, uint64_t known, uint64_t least,
                   uint64_t *next, struct err *err)
{
    char *path = workspace_path(ws, SEQUENCE_XML, err);
    uint64_t last = 0, chosen = 0;
    bool ok = path != NULL && workspace_check_writing(ws, err) && read_last(ws, path, &last, err) &&
              choose(ws, epoch, last > known ? last : known, least, &chosen, err) &&
              write_last(ws, path, chosen, err);

    if (ok) {
        *next = chosen;
    }
    free(path);
    return ok;
}
