/* SPDX-License-Identifier: MIT */
/*
 * One apply or rollback over all targets: the journal while it is under way, the record of it
 * afterwards. The same document, so that ending a run is one rename.
 */
#ifndef APPLIER_RUN_H
#define APPLIER_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applier/state.h"
#include "applier/webconfig_proof.h"
#include "applier/webconfig_splice.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "keys/pin.h"

#define RUN_NS "urn:pinferry:run:1"
#define RUN_KEPT 64 /* records of finished runs that are kept, newest first */

enum run_kind { RUN_APPLY, RUN_ROLLBACK };

/* A pin that came or went: its bytes, so that it can be brought back. */
struct run_pin {
    struct pin pin; /* only bytes, len and sha256 are set */
    bool retired;   /* it went because the bundle retires it */
};

struct run_target {
    size_t index;             /* from 1, as in site.xml then */
    char *path;               /* of the file that was edited; owned, as the next three */
    char *config;             /* of the web.config whose configSource named it; NULL: path itself */
    char *section;            /* NULL: the only one */
    char *staged;             /* the staged file; after the exchange the displaced one */
    enum webconfig_fate fate; /* of the section itself */
    bool changes;             /* false: needed nothing, is not touched */
    uint8_t old_mac[32];      /* HMAC under the site secret of the bytes before and after */
    uint8_t new_mac[32];
    uint8_t before[32], after[32]; /* digests of the pin sets (docs/format.md 2.5) */
    size_t after_count;
    struct run_pin *added;
    size_t added_count;
    struct run_pin *removed;
    size_t removed_count;
    struct webconfig_edit *undo; /* turns the new bytes into the old; bytes live in `kept` */
    size_t undo_count;
    struct buf kept;
};

struct run {
    uint64_t number;
    enum run_kind kind;
    int64_t started;
    char operator[TEXT_FREE_MAX + 1];
    char note[TEXT_FREE_MAX + 1];    /* "" if none */
    char outside[TEXT_FREE_MAX + 1]; /* why it ran though no patch window was open; "" if not so */
    uint64_t undoes;                 /* RUN_ROLLBACK: the run that is undone; else 0 */
    struct state_accepted bundle;    /* of the apply, or of the apply that is undone */
    uint64_t trust_version;
    uint8_t head_sha256[32]; /* RUN_APPLY: of the head that the state keeps */
    int64_t floor;           /* RUN_APPLY: the state's floor with this run */
    uint64_t receipt;        /* counter of the run's receipt */
    size_t minimum, max_bytes;
    struct run_target *targets;
    size_t count;
};

/* A run of `count` zeroed targets; the caller frees. NULL without memory. */
struct run *run_new(size_t count, struct err *err) MUST_USE;
void run_free(struct run *run); /* NULL is legal */

/* HMAC under the site secret of a file's bytes: old_mac and new_mac. */
bool run_mac(uint8_t out[static 32], const struct buf *secret, const struct buf *bytes,
             struct err *err) MUST_USE;

/* Whether the bytes are those of a mac; false also when it cannot be computed. */
bool run_is_mac(const uint8_t mac[static 32], const struct buf *secret, const struct buf *bytes);

/* The document of a run, and back (run_file.c): ERR_STATE_DAMAGED for any other form. */
bool run_write(const struct run *run, struct buf *out, struct err *err) MUST_USE;
struct run *run_parse(const struct buf *bytes, struct err *err) MUST_USE;

/* The journal: written and flushed; read (NULL in *run if there is none); ended by becoming the
 * record of the run, the oldest records beyond RUN_KEPT going; or dropped. */
bool run_begin(const struct state *state, const struct run *run, struct err *err) MUST_USE;
bool run_journal(const struct state *state, struct run **run, struct err *err) MUST_USE;
bool run_end(const struct state *state, const struct run *run, struct err *err) MUST_USE;
bool run_drop(const struct state *state, struct err *err) MUST_USE;

/* The record of a finished run; if `number` is 0 the newest, which must be an apply. ERR_UNFIT when
 * there is none of that number, nothing to undo, or the newest was a rollback: the text names the
 * apply before it that is not undone. */
struct run *run_record(const struct state *state, uint64_t number, struct err *err) MUST_USE;

/*
 * The folders in which the recorded runs staged, each once; released by fsio_names_release. An undo
 * may stage there again (plan_undo.h). A record that cannot be read is passed over: whoever needs
 * it says so.
 */
bool run_staging(const struct state *state, struct fsio_names *folders, struct err *err) MUST_USE;

#endif
