/* SPDX-License-Identifier: MIT */
/*
 * Looks for the one bundle of a folder.
 */
#include "bundles/candidate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/text.h"

#define FOLDER_MAX 65536 /* entries of a stick's top folder */

static bool is_candidate(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".tar") == 0;
}

static bool say_names(const struct fsio_names *names, struct buf *text, struct err *err)
{
    size_t said = 0;

    for (size_t i = 0; i < names->count && said < CANDIDATE_MAX; i++) {
        if (is_candidate(names->names[i]) &&
            (!buf_add_text(text, said++ == 0 ? "" : ", ", err) ||
             !text_add_shown(text, names->names[i], strlen(names->names[i]), err))) {
            return false;
        }
    }
    return true;
}

static bool refuse(const char *dir, const struct fsio_names *names, size_t count, struct err *err)
{
    struct buf text;

    if (count == 0) {
        return err_set(err, ERR_IO_CANDIDATES,
                       "%s: there is no bundle in this folder (no file named *.tar)", dir);
    }
    buf_init(&text, LIMIT_LINE_BYTES);
    if (say_names(names, &text, err)) {
        err_set(err, ERR_IO_CANDIDATES, "%s: there are %zu bundles in this folder; name one of: %s",
                dir, count, buf_text(&text));
    }
    buf_release(&text);
    return false;
}

/* The folder's only candidate. */
static char *find_in(const char *dir, struct err *err)
{
    struct fsio_names names = {0};
    const char *found = NULL;
    char *path = NULL;
    size_t count = 0;

    if (!fsio_list(dir, FOLDER_MAX, &names, err)) {
        return NULL;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (is_candidate(names.names[i])) {
            found = names.names[i];
            count++;
        }
    }
    if (count == 1) {
        path = fsio_join(dir, found, err);
    } else {
        refuse(dir, &names, count, err);
    }
    fsio_names_release(&names);
    return path;
}

bool candidate_list(const char *dir, struct fsio_names *names, struct err *err)
{
    size_t kept = 0;

    if (!fsio_list(dir, FOLDER_MAX, names, err)) {
        return false;
    }
    for (size_t i = 0; i < names->count; i++) {
        char *name = names->names[i];

        if (is_candidate(name)) {
            names->names[kept++] = name;
        } else {
            free(name);
        }
    }
    names->count = kept;
    if (kept > CANDIDATE_MAX) {
        fsio_names_release(names);
        return err_set(err, ERR_IO_CANDIDATES,
                       "%s: there are %zu bundles in this folder, more than %d; take away those "
                       "that are done with",
                       dir, kept, CANDIDATE_MAX);
    }
    return true;
}

char *candidate_find(const char *path, struct err *err)
{
    enum fsio_kind kind;
    char *copy;

    if (!fsio_kind(path, &kind, err)) {
        return NULL;
    }
    if (kind == FSIO_DIR) {
        return find_in(path, err);
    }
    copy = strdup(path);
    if (copy == NULL) {
        err_memory(err);
    }
    return copy;
}
