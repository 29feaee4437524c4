/* SPDX-License-Identifier: MIT */
/*
 * configSource: which files a web.config names, and what is in one of them. A path that is taken
 * stays below the site's folder whatever opens it, a selector that is made is one that can be
 * typed, and what the scan finds in the web.config itself is never looked for elsewhere. The input
 * is a selector and a web.config, their lengths in front, and the file that is named.
 */
#include "applier/webconfig_path.h"
#include "applier/webconfig_selector.h"
#include "applier/webconfig_source.h"
#include "tests/fuzz/fuzz_pins.h"

/* Names joined by '/', of which none leads up, to a drive, a stream or another program's reading.
 */
static bool is_below(const char *path)
{
    for (const char *name = path;;) {
        size_t len = strcspn(name, "/");

        if (len == 0 || (len == 1 && name[0] == '.') ||
            (len == 2 && name[0] == '.' && name[1] == '.')) {
            return false;
        }
        if (name[len] == '\0') {
            break;
        }
        name += len + 1;
    }
    for (const char *p = path; *p != '\0'; p++) {
        if (strchr("\\:", *p) != NULL || (unsigned char)*p < ' ') {
            return false;
        }
    }
    return strlen(path) <= WEBCONFIG_SOURCE_PATH_MAX;
}

static bool can_be_typed(const char *section)
{
    struct webconfig_selector selector;

    return webconfig_selector_parse(&selector, section, NULL);
}

/* What was found is there for the scan, and its selector through the web.config can be typed. */
static void check_found(const struct webconfig_source *source, const struct buf *file,
                        const char *section)
{
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    struct buf path;

    FUZZ_MUST(section != NULL && can_be_typed(section));
    if (!webconfig_scan(file, section, &webconfig, &err)) {
        FUZZ_MUST(err.code != ERR_TARGET_SECTION && err.code != ERR_USAGE);
    }
    webconfig_free(webconfig);
    err = (struct err){0};
    buf_init(&path, 3 * WEBCONFIG_PATH_MAX);
    FUZZ_MUST(webconfig_source_path(source, section, &path, &err));
    FUZZ_MUST(can_be_typed(buf_text(&path)));
    buf_release(&path);
}

static void look(const struct webconfig_source *source, const struct buf *file)
{
    struct err err = {0};
    char *section = NULL;
    bool found = false;
    bool taken = webconfig_source_look(source, file, &found, &section, &err);

    fuzz_verdict(taken, &err);
    FUZZ_MUST(found == (section != NULL) && (taken || !found));
    if (found) {
        check_found(source, file, section);
    }
    free(section);
}

static void check_source(const struct webconfig_source *source, const struct buf *file)
{
    FUZZ_MUST(source->line > 0 && source->at[0] != '\0' && source->name[0] != '\0');
    FUZZ_MUST((source->path == NULL) == (source->why != NULL));
    FUZZ_MUST(source->path == NULL || is_below(source->path));
    FUZZ_MUST(source->section == NULL || can_be_typed(source->section));
    FUZZ_MUST(!source->is_section || can_be_typed(source->at));
    if (source->path != NULL) {
        look(source, file);
    }
}

static void check_sources(const struct webconfig_sources *sources, const struct buf *config,
                          const char *selector, const struct buf *file)
{
    struct webconfig *webconfig = NULL;
    size_t sections = 0;

    for (size_t i = 0; i < sources->count; i++) {
        check_source(&sources->items[i], file);
        sections += sources->items[i].is_section;
    }
    FUZZ_MUST(sections <= 1 && (sections == 0 || sources->inline_count == 0));
    FUZZ_MUST((sources->inline_count > 0) == (sources->inline_at != NULL));
    FUZZ_MUST(sources->inline_at == NULL || can_be_typed(sources->inline_at));
    if (webconfig_scan(config, selector, &webconfig, NULL)) {
        FUZZ_MUST(sources->inline_count == 1 && sections == 0);
        webconfig_free(webconfig);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size}, part;
    struct fuzz_wish wish = {.selector = NULL};
    struct webconfig_sources sources;
    struct buf config, file;
    struct err err = {0};
    bool taken;

    fuzz_selector(&wish, &in);
    part = fuzz_part(&in);
    fuzz_copy(&config, part.data, part.left);
    fuzz_copy(&file, in.data, in.left);
    taken = webconfig_source_read(&sources, &config, wish.selector, &err);
    fuzz_verdict(taken, &err);
    if (taken) {
        check_sources(&sources, &config, wish.selector, &file);
        webconfig_source_release(&sources);
    }
    buf_release(&config);
    buf_release(&file);
    return 0;
}
