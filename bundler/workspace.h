/* SPDX-License-Identifier: MIT */
/*
 * The folder that the connected side works in: bundler.xml, keys/, bundles/ and receipts/.
 */
#ifndef BUNDLER_WORKSPACE_H
#define BUNDLER_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fsio.h"
#include "base/text.h"
#include "keys/trust.h"

#define WORKSPACE_NS "urn:pinferry:bundler:1"
#define WORKSPACE_CHANNEL "cns.awmdm.com" /* when `init` is told no other */

/* Names within the workspace. */
#define WORKSPACE_XML "bundler.xml"
#define WORKSPACE_KEYS "keys" /* mode 0700 */
#define WORKSPACE_TRUST "keys/trust.xml"
#define WORKSPACE_TRUST_NEXT "keys/trust-next.xml" /* the set that waits for its signatures */
#define WORKSPACE_TRUST_SETS "keys/trust" /* sets 2 to the current one, as bundles carry them */
#define WORKSPACE_LEDGER "keys/ledger"
#define WORKSPACE_EVIDENCE "keys/ledger/evidence"
#define WORKSPACE_BUNDLES "bundles"
#define WORKSPACE_RECEIPTS "receipts"

struct workspace {
    char *dir;
    uint8_t domain[16];
    char channel[TEXT_ID_MAX + 1];
    int64_t created;
    char *source_url; /* what `fetch` asks unless told otherwise; NULL: source.h's default */
    char *source_ca;  /* certificates to check it with, below `dir` unless absolute; or NULL */
    struct fsio_lock *lock; /* NULL when opened for reading */
};

/*
 * Makes a workspace in `dir` (made if absent, its parent must exist) with a new random domain;
 * bundler.xml is written last. ERR_USAGE: `channel` is no id. ERR_STATE_PRESENT: there is one.
 * ERR_STATE_DAMAGED: keys of one that lost its bundler.xml.
 */
bool workspace_create(const char *dir, const char *channel, struct err *err) MUST_USE;

/*
 * Opens it. `writing` takes the lock (ERR_LOCKED when another process holds it); reading takes none
 * and writes nothing. ERR_STATE_ABSENT, ERR_CONFIG_FORM (bundler.xml, which people may edit),
 * ERR_NEWER. NULL on failure; the caller closes.
 */
struct workspace *workspace_open(const char *dir, bool writing, struct err *err) MUST_USE;
void workspace_close(struct workspace *ws); /* NULL is legal */

/* "DIR/name"; owned by the caller. ERR_MEMORY. */
char *workspace_path(const struct workspace *ws, const char *name, struct err *err) MUST_USE;

/* ERR_INTERNAL unless the lock is held: before something is written. */
bool workspace_check_writing(const struct workspace *ws, struct err *err) MUST_USE;

/*
 * The current trust set, keys/trust.xml; the caller frees. ERR_CONFIG_KEY before `bundler keygen`,
 * ERR_TRUST_FORM and others of trust_parse, ERR_SCOPE_DOMAIN or ERR_SCOPE_CHANNEL when it belongs
 * to another workspace.
 */
struct trust *workspace_trust(const struct workspace *ws, struct err *err) MUST_USE;

/* The time that everything written is dated with: SOURCE_DATE_EPOCH (decimal seconds, 2000 to
 * 2099, ERR_USAGE otherwise) if it is set, else the clock. */
bool workspace_now(int64_t *now, struct err *err) MUST_USE;

#endif
