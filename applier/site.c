/* SPDX-License-Identifier: MIT */
/*
 * site.xml: written once by `applier init`, then an administrator's; so it is read for its meaning,
 * but nothing in it is passed over.
 */
#include "applier/site.h"

#include <stdlib.h>
#include <string.h>

#include "applier/state.h"
#include "applier/webconfig_selector.h"
#include "base/fsio.h"
#include "base/iis.h"
#include "base/limits.h"
#include "base/markup.h"
#include "keys/elem.h"

#define KIB ((size_t)1024)
#define MAX_KIB (LIMIT_TARGET_BYTES / KIB)
#define SECONDS_MAX 3600
#define RUN_SECONDS 60

static const enum err_code form = ERR_CONFIG_FORM;

struct site *site_new(struct err *err)
{
    struct site *site = calloc(1, sizeof *site);

    if (site == NULL) {
        err_memory(err);
        return NULL;
    }
    site->max_bytes = LIMIT_IIS_BYTES;
    site->check_seconds = SITE_CHECK_SECONDS;
    return site;
}

static void free_target(struct site_target *target)
{
    free(target->path);
    free(target->section);
    free(target->staging);
}

void site_free(struct site *site)
{
    if (site == NULL) {
        return;
    }
    proc_standby_end(site->standby); /* it uses the texts of `check` */
    for (size_t i = 0; i < site->count; i++) {
        free_target(&site->targets[i]);
    }
    for (size_t i = 0; site->check[i] != NULL; i++) {
        free(site->check[i]);
    }
    site_service_free(site);
    free(site->targets);
    free(site);
}

static bool check_absolute(const char *what, const char *path, struct err *err)
{
    return fsio_is_absolute(path) || err_set(err, ERR_USAGE, "%s '%s' must be an absolute path, %s",
                                             what, path, fsio_absolute_words());
}

/* XML has no control characters, and takes a line end for a space: another file would be meant. */
static bool check_writable(const char *what, const char *path, struct err *err)
{
    size_t len = strlen(path), used;
    uint32_t code = 0;

    for (size_t at = 0; at < len; at += used) {
        used = text_utf8(&code, path + at, len - at);
        if (used == 0 || code < 0x20 || code == 0xfffe || code == 0xffff) {
            return err_set(err, ERR_USAGE,
                           "%s '%s' must be UTF-8 without control characters, or " SITE_FILE
                           " cannot "
                           "hold it; rename the file or folder",
                           what, path);
        }
    }
    return true;
}

static bool check_section(const char *section, struct err *err)
{
    struct webconfig_selector selector;

    return section == NULL || webconfig_selector_parse(&selector, section, err);
}

bool site_add(struct site *site, const char *path, const char *section, const char *staging,
              struct err *err)
{
    struct site_target *targets, target = {0};

    if (!check_absolute("target", path, err) || !check_absolute("staging", staging, err) ||
        !check_writable("target", path, err) || !check_writable("staging", staging, err) ||
        (section != NULL && !check_writable("section", section, err)) ||
        !check_section(section, err)) {
        return false;
    }
    for (size_t i = 0; i < site->count; i++) {
        if (strcmp(site->targets[i].path, path) == 0) {
            return err_set(err, ERR_USAGE, "the target '%s' is there already; name each file once",
                           path);
        }
    }
    if (site->count == LIMIT_TARGETS) {
        return err_set(err, ERR_USAGE, "a site has at most %d targets", LIMIT_TARGETS);
    }
    targets = realloc(site->targets, (site->count + 1) * sizeof *targets);
    if (targets == NULL) {
        return err_memory(err);
    }
    site->targets = targets;
    target.path = strdup(path);
    target.section = section == NULL ? NULL : strdup(section);
    target.staging = strdup(staging);
    if (target.path == NULL || target.staging == NULL ||
        (section != NULL && target.section == NULL)) {
        free_target(&target);
        return err_memory(err);
    }
    site->targets[site->count++] = target;
    return true;
}

/* --- reading --- */

static bool read_target(struct site *site, const struct elem *el, struct err *err)
{
    static const char *const names[] = {"path", "section", "staging", NULL};
    const char *path, *staging;

    if (!elem_only(el, names, form, err) || !elem_text(el, "path", &path, form, err) ||
        !elem_text(el, "staging", &staging, form, err)) {
        return false;
    }
    if (elem_count(el) != 0) {
        return err_set(err, form, "line %ld: <target> holds no elements", elem_line(el));
    }
    if (!site_add(site, path, elem_attr(el, "section"), staging, err)) {
        if (err != NULL && err->code == ERR_USAGE) {
            err->code = form;
        }
        err_context(err, "line %ld: <target>", elem_line(el));
        return false;
    }
    return true;
}

static bool read_argument(struct site *site, size_t at, const struct elem *el, struct err *err)
{
    static const char *const names[] = {"value", NULL};
    const char *value;

    if (!elem_expect(el, "argument", NULL, form, err) || !elem_only(el, names, form, err) ||
        !elem_text(el, "value", &value, form, err)) {
        return false;
    }
    if (at > SITE_CHECK_ARGS) {
        return err_set(err, form, "line %ld: <check> has at most %d arguments", elem_line(el),
                       SITE_CHECK_ARGS);
    }
    site->check[at] = strdup(value);
    return site->check[at] != NULL || err_memory(err);
}

static bool read_check(struct site *site, const struct elem *el, struct err *err)
{
    static const char *const names[] = {"program", "seconds", NULL};
    const char *program;
    uint64_t seconds = SITE_CHECK_SECONDS;
    size_t at = 1;

    if (!elem_only(el, names, form, err) || !elem_text(el, "program", &program, form, err)) {
        return false;
    }
    if (!fsio_is_absolute(program)) {
        return err_set(err, form,
                       "line %ld: <check>: program must be an absolute path, %s; no shell and no "
                       "PATH is used",
                       elem_line(el), fsio_absolute_words());
    }
    if (elem_attr(el, "seconds") != NULL &&
        !elem_number(el, "seconds", 1, SECONDS_MAX, &seconds, form, err)) {
        return false;
    }
    site->check_seconds = (unsigned)seconds;
    site->check[0] = strdup(program);
    if (site->check[0] == NULL) {
        return err_memory(err);
    }
    for (const struct elem *child = elem_first(el); child != NULL; child = elem_next(child)) {
        if (!read_argument(site, at++, child, err)) {
            return false;
        }
    }
    return true;
}

static bool read_attributes(struct site *site, const struct elem *root, struct err *err)
{
    static const char *const names[] = {"minimum", "unlisted", "max-kib", NULL};
    const char *unlisted = elem_attr(root, "unlisted");
    uint64_t kib = site->max_bytes / KIB;

    if (!elem_only(root, names, form, err)) {
        return false;
    }
    if (elem_attr(root, "minimum") != NULL &&
        !elem_number(root, "minimum", 1, LIMIT_PINS, &site->minimum, form, err)) {
        return false;
    }
    if (elem_attr(root, "max-kib") != NULL &&
        !elem_number(root, "max-kib", 1, MAX_KIB, &kib, form, err)) {
        return false;
    }
    site->max_from_iis = elem_attr(root, "max-kib") == NULL && iis_limit_kib(&kib);
    site->max_bytes = (size_t)kib * KIB;
    site->refuse_unlisted = unlisted != NULL && strcmp(unlisted, "refuse") == 0;
    return unlisted == NULL || site->refuse_unlisted || strcmp(unlisted, "keep") == 0 ||
           err_set(err, form, "line %ld: <site>: attribute unlisted must be keep or refuse",
                   elem_line(root));
}

static bool check_namespace(const struct elem *root, struct err *err)
{
    static const char stem[] = "urn:pinferry:site:";
    const char *ns = elem_namespace(root);

    if (strncmp(ns, stem, sizeof stem - 1) == 0 && strcmp(ns, SITE_NS) != 0) {
        return err_set(err, form,
                       "made for a newer version of this program (%s); install that version", ns);
    }
    return elem_expect(root, "site", SITE_NS, form, err);
}

static bool read_root(struct site *site, const struct elem *root, struct err *err)
{
    if (!check_namespace(root, err) || !read_attributes(site, root, err)) {
        return false;
    }
    for (const struct elem *el = elem_first(root); el != NULL; el = elem_next(el)) {
        bool ok;

        if (strcmp(elem_name(el), "target") == 0) {
            ok = read_target(site, el, err);
        } else if (strcmp(elem_name(el), "check") == 0 && site->check[0] == NULL) {
            ok = read_check(site, el, err);
        } else if (strcmp(elem_name(el), "service") == 0) {
            ok = site_service_read(site, el, err);
        } else if (strcmp(elem_name(el), "windows") == 0 && site->windows.count == 0) {
            ok = window_read(&site->windows, el, err);
        } else {
            ok = err_set(err, form,
                         "line %ld: <%s> is not expected; a site has <target> elements, <service> "
                         "elements and at most one <windows> and one <check>",
                         elem_line(el), elem_name(el));
        }
        if (!ok) {
            return false;
        }
    }
    return site->count > 0 ||
           err_set(err, form,
                   "the site has no target; write <target path=\"/.../web.config\" "
                   "staging=\"/...\"/> for each file");
}

struct site *site_load(const char *state_dir, struct err *err)
{
    char *path = fsio_join(state_dir, SITE_FILE, err);
    struct elem_doc *doc = NULL;
    struct site *site = NULL;
    struct buf bytes;
    bool ok;

    buf_init(&bytes, LIMIT_STATE_BYTES);
    ok = path != NULL && fsio_read_file(path, LIMIT_STATE_BYTES, &bytes, err);
    if (!ok && path != NULL && err != NULL && err->code == ERR_IO_ABSENT) {
        err_set(err, form,
                "%s: is missing; bring it back from a backup or write it as docs/site.md says",
                path);
    }
    if (ok) {
        doc = elem_parse(bytes.data, bytes.len, form, err);
        site = doc == NULL ? NULL : site_new(err);
        ok = site != NULL && read_root(site, elem_root(doc), err);
        if (!ok) {
            err_context(err, "%s", path);
        }
    }
    elem_free(doc);
    buf_release(&bytes);
    free(path);
    if (!ok) {
        site_free(site);
        return NULL;
    }
    return site;
}

/* --- the check --- */

int64_t site_run_seconds(const struct site *site)
{
    int64_t seconds = RUN_SECONDS + (site->check[0] == NULL ? 0 : site->check_seconds);

    for (size_t i = 0; i < site->service_count; i++) {
        seconds += 2 * (int64_t)site->services[i].seconds; /* to stop and to start */
    }
    return seconds;
}

bool site_stand_by(struct site *site, struct err *err)
{
    if (site->check[0] == NULL || site->standby != NULL) {
        return true;
    }
    site->standby = proc_standby_start((const char *const *)site->check, site->check_seconds, err);
    return site->standby != NULL;
}

bool site_check(const struct site *site, int *status, struct err *err)
{
    return site->standby != NULL
               ? proc_standby_run(site->standby, status, err)
               : proc_run((const char *const *)site->check, site->check_seconds, status, err);
}

/* --- writing --- */

static void write_check(const struct site *site, struct markup *m)
{
    markup_open(m, "check");
    markup_text(m, "program", site->check[0]);
    markup_number(m, "seconds", site->check_seconds);
    for (size_t i = 1; site->check[i] != NULL; i++) {
        markup_open(m, "argument");
        markup_text(m, "value", site->check[i]);
        markup_close(m);
    }
    markup_close(m);
}

static bool write_document(const struct site *site, struct buf *out, struct err *err)
{
    struct markup m;

    markup_begin(&m, out, "site", SITE_NS, err);
    if (site->minimum > 0) {
        markup_number(&m, "minimum", site->minimum);
    }
    markup_text(&m, "unlisted", site->refuse_unlisted ? "refuse" : "keep");
    if (site->max_bytes != LIMIT_IIS_BYTES && !site->max_from_iis) {
        markup_number(&m, "max-kib", site->max_bytes / KIB);
    }
    for (size_t i = 0; i < site->count; i++) {
        markup_open(&m, "target");
        markup_text(&m, "path", site->targets[i].path);
        if (site->targets[i].section != NULL) {
            markup_text(&m, "section", site->targets[i].section);
        }
        markup_text(&m, "staging", site->targets[i].staging);
        markup_close(&m);
    }
    window_write(&site->windows, &m);
    site_service_write(site, &m);
    if (site->check[0] != NULL) {
        write_check(site, &m);
    }
    return markup_end(&m);
}

bool site_write(const struct site *site, const char *state_dir, struct err *err)
{
    char *path = fsio_join(state_dir, SITE_FILE, err);
    struct buf bytes;
    bool ok;

    buf_init(&bytes, LIMIT_STATE_BYTES);
    ok = path != NULL && write_document(site, &bytes, err) &&
         fsio_write_new(path, bytes.data, bytes.len, STATE_FILE_MODE, err);
    buf_release(&bytes);
    free(path);
    return ok;
}
