/* SPDX-License-Identifier: MIT */
/*
 * Makes a bundle from what the workspace's ledger has approved.
 */
#ifndef BUNDLER_BUILD_H
#define BUNDLER_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/progress.h"
#include "bundler/workspace.h"
#include "bundles/bundle.h"
#include "bundles/manifest.h"

#define BUILD_EXPIRES_DAYS 180
#define BUILD_NEXT_DAYS 35
#define BUILD_SIGNER "signer"

/* A file to carry; borrowed. */
struct build_file {
    const char *path;
    char name[MANIFEST_NAME_MAX]; /* "payload/" and an id */
    bool notes;
};

/* What to make; borrowed for the call. */
struct build_request {
    int64_t now;        /* workspace_now() */
    int64_t not_before; /* not before `now` */
    unsigned days;      /* until it expires, counted from not_before */
    uint64_t minimum;   /* 0: none */
    const char *const *sites;
    size_t site_count; /* 0: every site */
    const struct build_file *files;
    size_t file_count;
    const char *signer;           /* keys/NAME.key and keys/NAME.crt */
    const struct buf *passphrase; /* NULL if the key is not encrypted */
    const char *sequence_from;    /* a bundle (or its folder) whose sequence was taken; or NULL */
    const char *output;           /* NULL: into bundles/ */
    struct progress *progress;    /* may be NULL */
};

/* What was made. */
struct build_result {
    char *path;
    struct bundle *bundle; /* as it was read back */
    struct bundle
        *previous; /* the newest one before it in bundles/; NULL: none, or it is refused */
    struct err previous_problem; /* why it is refused */
    bool cut;                    /* it expires with its signer, earlier than was asked for */
    unsigned missing;            /* signatures that the trust set asks for beyond the one made */
};
void build_result_release(struct build_result *result);

/* The name of an attachment: "payload/" and `name`, or the last part of `path` if that is NULL.
 * ERR_USAGE when that is no id. */
bool build_name_file(struct build_file *file, const char *path, const char *name,
                     struct err *err) MUST_USE;

/*
 * Makes the bundle: every approved pin with its evidence, every retired one, the files, and the
 * trust sets 2 to the current one from keys/trust/. The next sequence is flushed before anything is
 * signed and is gone if the rest fails; what can be found out is found out before. The whole
 * bundle is read back and verified, as on a site at not_before, before it gets its name.
 *
 * ERR_UNFIT: no approved pin; ERR_USAGE: no such site id, dates in the wrong order; ERR_CONFIG_KEY:
 * the key or its certificate, which must be a bundle signer of the trust set; ERR_TIME_*: set or
 * signer is expired; ERR_IO_EXISTS: a file of that name is there; ERR_CHANGED: a file changed
 * meanwhile; errors of the trust set, ledger, sequence and opener. Needs the workspace's lock.
 */
bool build_bundle(const struct workspace *ws, const struct build_request *request,
                  struct build_result *result, struct err *err) MUST_USE;

#endif
