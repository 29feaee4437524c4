/* SPDX-License-Identifier: MIT */
/*
 * The editor over a corpus of real configuration files (PINFERRY_CORPUS, or ../shared/corpus), with
 * a pins section put into each at several places. Skipped, and says so, where there is no corpus.
 */
#include "base/fsio.h"
#include "tests/unit/webconfig_kit.h"

#define PLACES_MAX 4096
#define SAMPLES 4

static const char *corpus_dir(void)
{
    const char *dir = getenv("PINFERRY_CORPUS");
    return dir != NULL ? dir : "../shared/corpus";
}

/* Sections of several shapes; "\n" becomes the file's line end. */
static const char *const sections[] = {
    "\n  <pinnedCertificates>\n    <pinnedCertificate publicKeyString=\"{3}\" />\n  "
    "</pinnedCertificates>\n",
    "<pinnedCertificates/>",
    "<pinnedCertificates><pinnedCertificate publicKeyString='{4U}'/> <pinnedCertificate "
    "publicKeyString='{3U}'/></pinnedCertificates>",
    "\n\t<pinnedCertificates>\n\t\t<!-- " CANARY " -->\n\t</pinnedCertificates>\n",
};

/* Where in a document (UTF-8) an element may be put and be live, found by no code of the editor. */
struct places {
    size_t at[PLACES_MAX];
    size_t count;
};

static const char *skip_to(const char *from, const char *mark)
{
    const char *hit = strstr(from, mark);
    return hit != NULL ? hit + strlen(mark) : from + strlen(from);
}

static const char *end_of_tag(const char *p)
{
    while (*p != '\0' && *p != '>')
        p = *p == '"' || *p == '\'' ? skip_to(p + 1, *p == '"' ? "\"" : "'") : p + 1;
    return *p == '>' ? p + 1 : p;
}

/* Whether what stands in this start tag keeps a section below it from being read or edited. */
static bool is_shade(const char *tag, const char *end, size_t depth)
{
    static const char *const marks[] = {"<location", "<configSections",
                                        "configSource=", "configProtectionProvider=", " xmlns="};
    size_t count = sizeof marks / sizeof marks[0] - (depth == 0);
    for (size_t i = 0; i < count; i++) {
        const char *hit = strstr(tag, marks[i]);
        if (hit != NULL && hit < end)
            return true;
    }
    return false;
}

static void find_places(struct places *places, const char *text)
{
    size_t depth = 0, shaded_at = SIZE_MAX;
    places->count = 0;
    for (const char *p = strchr(text, '<'); p != NULL; p = strchr(p, '<')) {
        const char *tag = p;
        if (strncmp(p, "<!--", 4) == 0) {
            p = skip_to(p + 4, "-->");
        } else if (strncmp(p, "<![CDATA[", 9) == 0) {
            p = skip_to(p, "]]>");
        } else if (p[1] == '?') {
            p = skip_to(p, "?>");
        } else {
            p = end_of_tag(p);
            if (tag[1] == '/') {
                depth--;
                if (depth == shaded_at)
                    shaded_at = SIZE_MAX;
            } else if (p[-2] != '/') {
                if (shaded_at == SIZE_MAX && is_shade(tag, p, depth))
                    shaded_at = depth;
                depth++;
            }
        }
        if (depth > 0 && shaded_at == SIZE_MAX && places->count < PLACES_MAX)
            places->at[places->count++] = (size_t)(p - text);
    }
}

/* LF only, declared as UTF-16 or not at all: what kit_encode can turn into every form. */
static void normalise(struct buf *out, const struct buf *file, bool wide)
{
    const char *p = buf_text(file), *end = p + file->len;
    buf_init(out, KIT_MAX);
    if (file->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    if (strncmp(p, "<?xml", 5) == 0) {
        p = skip_to(p, "?>");
        KIT_MUST(buf_add_text(
            out, wide ? "<?xml version=\"1.0\" encoding=\"utf-16\"?>" : "<?xml version=\"1.0\"?>",
            must));
    }
    for (; p < end; p++) {
        if (*p == '\r' && p[1] == '\n')
            continue;
        char c = *p == '\r' ? '\n' : *p;
        KIT_MUST(buf_add(out, &c, 1, must));
    }
}

/* old + what was put in = new, with at most the "/>" of the section left out. */
static void check_only_inserted(const char *name, const struct buf *old_file,
                                const struct buf *new_file, const struct webconfig_change *change,
                                size_t width)
{
    assert_int_equal(change->undo_count, 1);
    const struct webconfig_edit *edit = &change->undo[0];
    if (edit->len != 0 && edit->len != 2 * width)
        fail_msg("%s: %zu bytes left out", name, edit->len);
    assert_int_equal(new_file->len - edit->remove, old_file->len - edit->len);
    if (memcmp(old_file->data, new_file->data, edit->offset) != 0 ||
        memcmp(old_file->data + edit->offset + edit->len,
               new_file->data + edit->offset + edit->remove,
               old_file->len - edit->offset - edit->len) != 0)
        fail_msg("%s: something else than the insertion differs", name);
}

static void round_trip(const char *name, const struct buf *file, size_t width)
{
    struct pin pins[2];
    struct buf out;
    struct webconfig_change change;
    kit_pin(&pins[0], 1);
    kit_pin(&pins[1], 2);
    kit_round(file, NULL, pins, 2, NULL, 0, &out, &change);
    assert_int_equal(change.added_count, 2);
    assert_int_equal(change.removed_count, 0);
    check_only_inserted(name, file, &out, &change, width);
    webconfig_change_release(&change);
    buf_release(&out);
}

/* The file's own bytes, with a section put in at `at`. */
static void insert_section(struct buf *out, const struct buf *file, size_t at, const char *template,
                           const char *eol)
{
    struct buf section;
    kit_document(&section, template, KIT_UTF8, eol);
    buf_init(out, KIT_MAX);
    KIT_MUST(buf_add(out, file->data, at, must));
    KIT_MUST(buf_add(out, section.data, section.len, must));
    KIT_MUST(buf_add(out, file->data + at, file->len - at, must));
    buf_release(&section);
}

static void run_as_it_is(const char *name, const struct buf *file)
{
    static struct places places;
    find_places(&places, buf_text(file));
    assert_true(places.count > 0);
    const char *eol = strstr(buf_text(file), "\r\n") != NULL ? "\r\n" : "\n";
    for (size_t i = 0; i < SAMPLES; i++) {
        struct buf with;
        size_t place = places.at[(places.count - 1) * i / (SAMPLES - 1)];
        insert_section(&with, file, place, sections[i], eol);
        round_trip(name, &with, 1);
        buf_release(&with);
    }
}

static void run_converted(const char *name, const struct buf *file)
{
    static struct places places;
    for (size_t k = 0; k < KIT_FORMS * 3; k++) {
        enum kit_form form = (enum kit_form)(k / 3);
        struct buf plain, with, encoded;
        normalise(&plain, file, form >= KIT_UTF16LE);
        find_places(&places, buf_text(&plain));
        insert_section(&with, &plain, places.at[k * 7919 % places.count], sections[k % 4], "\n");
        kit_encode(&encoded, buf_text(&with), with.len, form, kit_eols[k % 3]);
        round_trip(name, &encoded, form >= KIT_UTF16LE ? 2 : 1);
        buf_release(&plain);
        buf_release(&with);
        buf_release(&encoded);
    }
}

/* Malformed: a place and our own words, nothing else. */
static void run_malformed(const char *name, const struct buf *file)
{
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    size_t line = 0, column = 0;
    int used = 0;
    assert_false(webconfig_scan(file, NULL, &webconfig, &err));
    assert_int_equal(err.code, ERR_TARGET_FORM);
    if (sscanf(err.text, "line %zu, column %zu: %n", &line, &column, &used) != 2 || line == 0 ||
        column == 0)
        fail_msg("%s: no place in \"%s\"", name, err.text);
    assert_string_equal(err.text + used,
                        "not well-formed XML at or before this place; .NET does not "
                        "load such a file; repair it first");
    printf("  refused %s: %.*s\n", name, used - 2, err.text);
}

/* The root as the corpus's list of features names it: "configuration" unless "root-..." stands
 * there. */
static void run_file(const char *name, const struct buf *file, bool well_formed, bool other_root)
{
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    if (!well_formed) {
        run_malformed(name, file);
        return;
    }
    assert_false(webconfig_scan(file, NULL, &webconfig, &err));
    if (err.code != (other_root ? ERR_TARGET_FORM : ERR_TARGET_SECTION))
        fail_msg("%s: %s", name, err.text);
    if (other_root)
        return;
    run_as_it_is(name, file);
    run_converted(name, file);
}

static void edits_every_file(void **state)
{
    (void)state;
    char *list_path = NULL;
    struct buf list;
    struct err err = {0};
    size_t files = 0, malformed = 0;
    buf_init(&list, KIT_MAX);
    list_path = fsio_join(corpus_dir(), "MANIFEST.tsv", &err);
    assert_non_null(list_path);
    if (!fsio_read_file(list_path, KIT_MAX, &list, &err)) {
        printf("SKIP: no corpus of web.config files at %s; set PINFERRY_CORPUS\n", corpus_dir());
        free(list_path);
        skip();
    }
    free(list_path);
    char *rest = (char *)list.data;
    for (char *row = strtok_r(rest, "\n", &rest); row != NULL; row = strtok_r(NULL, "\n", &rest)) {
        char *columns[13] = {NULL}, *cell = row;
        for (size_t i = 0; i < 13 && cell != NULL; i++) {
            columns[i] = cell;
            cell = strchr(cell, '\t');
            if (cell != NULL)
                *cell++ = '\0';
        }
        if (columns[12] == NULL || strcmp(columns[0], "file") == 0)
            continue;
        char *path = fsio_join(corpus_dir(), columns[0], &err);
        struct buf file;
        buf_init(&file, KIT_MAX);
        KIT_MUST(fsio_read_file(path, KIT_MAX, &file, must));
        bool well_formed = strcmp(columns[11], "yes") == 0;
        run_file(columns[0], &file, well_formed, strstr(columns[12], "root-") != NULL);
        files++;
        malformed += !well_formed;
        free(path);
        buf_release(&file);
    }
    printf("%zu files, %zu of them malformed\n", files, malformed);
    assert_true(files > 100 && malformed > 0);
    buf_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(edits_every_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
