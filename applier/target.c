/* SPDX-License-Identifier: MIT */
/* From a web.config to the file that holds its pins. */
#include "applier/target.h"

#include <stdlib.h>
#include <string.h>

#include "applier/webconfig_path.h"
#include "applier/webconfig_source.h"
#include "base/limits.h"

void target_init(struct target *target)
{
    *target = (struct target){.path = NULL};
    buf_init_secret(&target->bytes, LIMIT_TARGET_BYTES);
    buf_init_secret(&target->config_bytes, LIMIT_TARGET_BYTES);
}

void target_release(struct target *target)
{
    fsio_target_close(target->file);
    free(target->path);
    free(target->section);
    free(target->config);
    buf_release(&target->bytes);
    buf_release(&target->config_bytes);
    target_init(target);
}

/* `from` NULL gives NULL. */
static bool copy(char **to, const char *from, struct err *err)
{
    *to = from == NULL ? NULL : strdup(from);
    return (*to != NULL) == (from != NULL) || err_memory(err);
}

bool target_open_file(struct target *target, const char *path, const char *section,
                      const char *config, struct err *err)
{
    if (!copy(&target->path, path, err) || !copy(&target->section, section, err) ||
        !copy(&target->config, config, err)) {
        return false;
    }
    target->file = fsio_target_open(path, LIMIT_TARGET_BYTES, err);
    return target->file != NULL && fsio_target_read(target->file, &target->bytes, err);
}

/* --- the file that a configSource names --- */

/* One that was opened and looked into. */
struct followed {
    struct fsio_target *file;
    struct buf bytes;
    char *section;
    bool found;
};

/* One that holds the section. */
struct found {
    const struct webconfig_source *source; /* NULL: none so far */
    struct followed f;
};

static void drop(struct followed *f)
{
    fsio_target_close(f->file);
    buf_release(&f->bytes);
    free(f->section);
    f->file = NULL;
    f->section = NULL;
    f->found = false;
}

static bool refuse_path(const struct webconfig_source *source, const char *why, struct err *err)
{
    return err_set(err, ERR_TARGET_CONFIG_SOURCE,
                   "line %zu: the pins %s kept in another file by configSource, whose value %s; "
                   "expected the name of a file in this folder or below it, such as pins.config",
                   source->line, source->is_section ? "are" : "may be", why);
}

/* The value belongs to the section only if that is the pins'; another's is not shown. */
static bool refuse_file(const struct webconfig_source *source, const struct err *why,
                        struct err *err)
{
    if (source->is_section) {
        return err_set(err, why->code, "%s (which configSource on line %zu names)", why->text,
                       source->line);
    }
    return err_set(err, why->code,
                   "line %zu: the pins may be kept in another file by configSource, but that file "
                   "is refused: reason %s",
                   source->line, err_reason(why->code));
}

static bool open_source(const struct target *target, const struct webconfig_source *source,
                        struct followed *f, struct err *err)
{
    struct err why = {0};

    if (source->path == NULL) {
        return refuse_path(source, source->why, err);
    }
    f->file = fsio_target_open_beside(target->file, source->path, LIMIT_TARGET_BYTES, &why);
    if (f->file == NULL && why.code == ERR_IO_ABSENT) {
        return refuse_path(source, "names a file that is not there", err);
    }
    return (f->file != NULL && fsio_target_read(f->file, &f->bytes, &why)) ||
           refuse_file(source, &why, err);
}

/* Drop it also after failure. */
static bool follow(const struct target *target, const struct webconfig_source *source,
                   struct followed *f, struct err *err)
{
    *f = (struct followed){.file = NULL};
    buf_init_secret(&f->bytes, LIMIT_TARGET_BYTES);
    if (!open_source(target, source, f, err)) {
        err_context(err, "%s", target->path);
        return false;
    }
    if (webconfig_source_look(source, &f->bytes, &f->found, &f->section, err)) {
        return true;
    }
    if (source->is_section) {
        err_context(err, "%s", fsio_target_path(f->file));
    } else {
        err_context(err, "%s: the file that configSource on line %zu names", target->path,
                    source->line);
    }
    return false;
}

/* What was the target becomes the web.config of it. */
static bool move_to(struct target *target, struct followed *f, size_t line, struct err *err)
{
    struct buf empty = target->config_bytes;

    free(target->section);
    target->section = f->section;
    target->config = target->path;
    fsio_target_close(target->file);
    target->config_bytes = target->bytes;
    target->config_line = line;
    target->file = f->file;
    target->bytes = f->bytes;
    f->file = NULL;
    f->section = NULL;
    f->bytes = empty;
    target->path = strdup(fsio_target_path(target->file));
    return target->path != NULL || err_memory(err);
}

/* One in a file that was followed, and another there or in the web.config itself. */
static bool refuse_several(const struct target *target, const struct webconfig_sources *sources,
                           const struct found *first, const struct found *second, struct err *err)
{
    struct buf one, two;
    bool done;

    buf_init(&one, WEBCONFIG_PATH_MAX);
    buf_init(&two, WEBCONFIG_PATH_MAX);
    done = webconfig_source_path(first->source, first->f.section, &one, err) &&
           (second == NULL ? buf_add_text(&two, sources->inline_at, err)
                           : webconfig_source_path(second->source, second->f.section, &two, err));
    if (done) {
        err_set(err, ERR_TARGET_AMBIGUOUS,
                "%s: there are several pinnedCertificates elements: one in the file that "
                "configSource on line %zu names, another %s%zu%s; say which one is meant with "
                "--section '%s' or '%s'",
                target->path, first->source->line,
                second == NULL ? "on line " : "in the one that line ",
                second == NULL ? sources->inline_line : second->source->line,
                second == NULL ? "" : " names", buf_text(&one), buf_text(&two));
    }
    buf_release(&one);
    buf_release(&two);
    return false;
}

/* One of them. False also when it shows that no file can be chosen. */
static bool look_at(struct target *target, const struct webconfig_sources *sources,
                    const struct webconfig_source *source, struct found *chosen, struct err *first,
                    struct err *err)
{
    struct found now = {.source = source};
    struct err why = {0};
    bool done = true;

    if (!follow(target, source, &now.f, &why)) {
        if (source->is_section || why.code == ERR_TARGET_AMBIGUOUS || why.code == ERR_MEMORY) {
            *err = why;
            done = false;
        } else if (first->code == ERR_NONE) {
            *first = why;
        }
    } else if (now.f.found && chosen->source != NULL) {
        done = refuse_several(target, sources, chosen, &now, err);
    } else if (now.f.found && sources->inline_count > 0) {
        done = refuse_several(target, sources, &now, NULL, err);
    } else if (now.f.found) {
        *chosen = now;
        return true;
    }
    drop(&now.f);
    return done;
}

/* Follows all of them: the section must be the only one wherever it stands. */
static bool follow_all(struct target *target, const struct webconfig_sources *sources,
                       struct err *err)
{
    struct found chosen = {.source = NULL};
    struct err first = {0};
    bool done = true;

    for (size_t i = 0; done && i < sources->count; i++) {
        done = look_at(target, sources, &sources->items[i], &chosen, &first, err);
    }
    if (done && chosen.source != NULL) {
        done = move_to(target, &chosen.f, chosen.source->line, err);
    } else if (done && sources->inline_count == 0 && first.code != ERR_NONE) {
        *err = first;
        done = false;
    }
    if (chosen.source != NULL) {
        drop(&chosen.f);
    }
    return done;
}

bool target_open(struct target *target, const char *path, const char *section, struct err *err)
{
    struct webconfig_sources sources = {.items = NULL};
    struct err unused = {0};
    bool done;

    if (!target_open_file(target, path, section, NULL, err)) {
        return false;
    }
    /* A file that cannot be read so far is webconfig_scan's to refuse. */
    if (target->bytes.len == 0 ||
        !webconfig_source_read(&sources, &target->bytes, section, &unused)) {
        return unused.code != ERR_MEMORY || err_memory(err);
    }
    done = follow_all(target, &sources, err);
    webconfig_source_release(&sources);
    return done;
}

bool target_check_config(const char *config, const struct buf *expected, struct err *err)
{
    struct fsio_target *now;
    struct buf bytes;
    bool done;

    buf_init_secret(&bytes, LIMIT_TARGET_BYTES);
    now = fsio_target_open(config, LIMIT_TARGET_BYTES, err);
    done = now != NULL && fsio_target_read(now, &bytes, err) &&
           (buf_equal(&bytes, expected) ||
            err_set(err, ERR_CHANGED,
                    "%s: was changed by another program meanwhile, and it says which file holds "
                    "the pins; run it again",
                    config));
    if (!done && err != NULL && err->code != ERR_MEMORY) {
        err->code = ERR_CHANGED; /* absent or a link now: not what was planned with either */
    }
    fsio_target_close(now);
    buf_release(&bytes);
    return done;
}
