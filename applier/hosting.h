/* SPDX-License-Identifier: MIT */
/*
 * IIS's applicationHost.config: which folders its sites and applications have. Read to offer files
 * to a person, and for nothing else; so it is read leniently, and what is odd is passed over.
 */
#ifndef APPLIER_HOSTING_H
#define APPLIER_HOSTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define HOSTING_MAX 4096 /* folders; what is beyond them is not looked at */

/* One virtualDirectory with a physicalPath. UTF-8, as written; owned. */
struct hosting_folder {
    char *site;        /* name of its site, "" if it has none */
    char *application; /* path of its application, "/" if it has none */
    char *path;        /* may hold %NAME% */
};

struct hosting {
    struct hosting_folder *folders;
    size_t count;
};

/*
 * The folders within <sites>, in order. ERR_TARGET_ENCODING when the bytes are no text of XML,
 * ERR_TARGET_DOCTYPE, ERR_TARGET_FORM when it ends within a tag; ERR_MEMORY. Released by
 * hosting_release, also an empty one.
 */
bool hosting_read(struct hosting *out, const struct buf *file, struct err *err) MUST_USE;
void hosting_release(struct hosting *hosting);

#endif
