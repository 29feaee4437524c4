/* SPDX-License-Identifier: MIT */
/*
 * The search for web.config files of ENS.
 */
#include "applier/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applier/hosting.h"
#include "applier/webconfig.h"
#include "base/limits.h"
#include "base/text.h"

#define FROM_SIZE 600

/* Below the topmost folder of a drive; where an installer puts ENS is the site's choice. */
static const char *const usual[] = {
    "AirWatch",
    "Program Files/AirWatch",
    "Program Files (x86)/AirWatch",
    "VMware/AirWatch",
    "Program Files/VMware",
    "Program Files (x86)/VMware",
    "Omnissa",
    "Program Files/Omnissa",
    "Program Files",
    "Program Files (x86)",
};

static bool is_there(const struct find *found, const struct target *target)
{
    for (size_t i = 0; i < found->count; i++) {
        if (fsio_target_same(found->configs[i].target.file, target->file)) {
            return true;
        }
    }
    return false;
}

/* Opens what may be one. False: it is none, or *err has ERR_MEMORY. */
static bool look(struct find_config *c, const char *path, struct err *err)
{
    struct webconfig *scanned = NULL;
    struct err why = {0};
    enum fsio_kind kind;
    bool ok = fsio_kind(path, &kind, &why) && kind == FSIO_FILE;

    if (ok) {
        c->path = fsio_real_path(path, &why);
        ok = c->path != NULL && target_open(&c->target, c->path, NULL, &why);
    }
    if (ok) {
        ok = webconfig_scan(&c->target.bytes, c->target.section, &scanned, &why);
        c->pins = ok ? scanned->pin_count : 0;
    }
    c->several = why.code == ERR_TARGET_AMBIGUOUS && c->target.file != NULL;
    webconfig_free(scanned);
    if (why.code == ERR_MEMORY) {
        err_memory(err);
    }
    return (ok || c->several) && why.code != ERR_MEMORY;
}

static void release_one(struct find_config *c)
{
    target_release(&c->target);
    free(c->path);
    free(c->from);
}

static bool add(struct find *found, const struct find_config *c, const char *from, struct err *err)
{
    struct find_config *more = realloc(found->configs, (found->count + 1) * sizeof *more);

    if (more == NULL) {
        return err_memory(err);
    }
    found->configs = more;
    more[found->count] = *c;
    more[found->count].from = strdup(from);
    if (more[found->count].from == NULL) {
        return err_memory(err);
    }
    found->count++;
    return true;
}

/* FOLDER/web.config, if it is one. */
static bool consider(struct find *found, const char *folder, const char *from, struct err *err)
{
    char *path = fsio_join(folder, "web.config", err);
    struct find_config c = {0};
    struct err failed = {0};
    bool ok = path != NULL, taken = false;

    target_init(&c.target);
    if (ok && found->count < FIND_MAX && fsio_is_absolute(path) && look(&c, path, &failed) &&
        !is_there(found, &c.target)) {
        taken = ok = add(found, &c, from, err);
    }
    if (failed.code == ERR_MEMORY) {
        ok = err_memory(err);
    }
    if (!taken) {
        release_one(&c);
    }
    free(path);
    return ok;
}

static bool try_hosted(struct find *found, const struct hosting_folder *folder,
                       const struct find_ground *ground, struct err *err)
{
    struct err unused = {0};
    char *path = ground->expand(folder->path, &unused);
    char from[FROM_SIZE], site[256], application[256];
    bool ok;

    snprintf(from, sizeof from, "IIS site '%s', application '%s'",
             text_shown(site, sizeof site, folder->site, strlen(folder->site)),
             text_shown(application, sizeof application, folder->application,
                        strlen(folder->application)));
    ok = path == NULL || consider(found, path, from, err);
    free(path);
    return ok;
}

static bool try_iis(struct find *found, const struct find_ground *ground, struct err *skipped,
                    struct err *err)
{
    struct hosting hosting = {0};
    struct err why = {0};
    struct buf file;
    bool ok = true;

    buf_init_secret(&file, LIMIT_TARGET_BYTES);
    if (fsio_read_file(ground->hosting, LIMIT_TARGET_BYTES, &file, &why) &&
        hosting_read(&hosting, &file, &why)) {
        for (size_t i = 0; ok && i < hosting.count; i++) {
            ok = try_hosted(found, &hosting.folders[i], ground, err);
        }
    } else if (why.code == ERR_MEMORY) {
        ok = err_memory(err);
    } else if (skipped != NULL) {
        *skipped = why;
    }
    hosting_release(&hosting);
    buf_release(&file);
    return ok;
}

static bool try_usual(struct find *found, const char *drive, struct err *err)
{
    static const char website[] = "Email Notification Service/Website";
    bool ok = true;

    for (size_t i = 0; ok && i <= sizeof usual / sizeof usual[0]; i++) {
        bool top = i == sizeof usual / sizeof usual[0];
        char *above = top ? strdup(drive) : fsio_join(drive, usual[i], err);
        char *folder = above == NULL ? NULL : fsio_join(above, website, err);

        ok = folder != NULL ? consider(found, folder, "usual folder", err) : err_memory(err);
        free(folder);
        free(above);
    }
    return ok;
}

bool find_configs(struct find *out, const struct find_ground *ground, struct err *skipped,
                  struct err *err)
{
    struct find found = {0};
    bool ok = ground->hosting == NULL || try_iis(&found, ground, skipped, err);

    for (size_t i = 0; ok && i < ground->drives.count; i++) {
        ok = try_usual(&found, ground->drives.names[i], err);
    }
    if (!ok) {
        find_release(&found);
        return false;
    }
    *out = found;
    return true;
}

void find_release(struct find *find)
{
    for (size_t i = 0; i < find->count; i++) {
        release_one(&find->configs[i]);
    }
    free(find->configs);
    *find = (struct find){0};
}

bool find_chosen(const char *typed, size_t count, bool chosen[], struct err *err)
{
    static const char gaps[] = " ,\t";
    size_t any = 0;

    for (size_t i = 0; i < count; i++) {
        chosen[i] = false;
    }
    for (typed += strspn(typed, gaps); *typed != '\0'; typed += strspn(typed, gaps)) {
        size_t len = strcspn(typed, gaps);
        char word[8];
        uint64_t number = 0;

        if (len < sizeof word) {
            memcpy(word, typed, len);
            word[len] = '\0';
        }
        if (len >= sizeof word || !text_number(&number, word, 1, count) || chosen[number - 1]) {
            return err_set(err, ERR_USAGE,
                           "type numbers of the list, from 1 to %zu, each once; nothing was done",
                           count);
        }
        chosen[number - 1] = true;
        any++;
        typed += len;
    }
    return any > 0 || err_set(err, ERR_USAGE, "no file was chosen; nothing was done");
}
