/* SPDX-License-Identifier: MIT */
/*
 * One whole configuration file through the editor, for tests that have many: as it is and turned
 * into each encoding and each kind of line end, with a pins section put in at several places.
 */
#ifndef TESTS_UNIT_WEBCONFIG_FILES_H
#define TESTS_UNIT_WEBCONFIG_FILES_H

#include "tests/unit/webconfig_kit.h"

#define PLACES_MAX 4096
#define SAMPLES 4 /* places in each file that get a section */

/* Sections of several shapes; "\n" becomes the file's line end. */
static const char *const sections[] = {
    "\n  <pinnedCertificates>\n    <pinnedCertificate publicKeyString=\"{3}\" />\n  "
    "</pinnedCertificates>\n",
    "<pinnedCertificates/>",
    "<pinnedCertificates><pinnedCertificate publicKeyString='{4U}'/> <pinnedCertificate "
    "publicKeyString='{3U}'/></pinnedCertificates>",
    "\n\t<pinnedCertificates>\n\t\t<!-- " CANARY " -->\n\t</pinnedCertificates>\n",
};

/* What was done, for the reader of the log. */
static struct {
    size_t files, edited, refused;
} tally;

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

/* Places down to this depth; 1 is directly in the root. */
static void find_places(struct places *places, const char *text, size_t deepest)
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
        if (depth > 0 && depth <= deepest && shaded_at == SIZE_MAX && places->count < PLACES_MAX)
            places->at[places->count++] = (size_t)(p - text);
    }
}

/* LF only, declared as UTF-16 or not at all: what kit_encode can turn into every form. */
static KIT_UNUSED void normalise(struct buf *out, const struct buf *file, bool wide)
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

/* `selector` NULL: the only section. */
static void round_trip(const char *name, const struct buf *file, const char *selector, size_t width)
{
    struct pin pins[2];
    struct buf out;
    struct webconfig_change change;
    kit_pin(&pins[0], 1);
    kit_pin(&pins[1], 2);
    kit_round(file, selector, pins, 2, NULL, 0, &out, &change);
    assert_int_equal(change.added_count, 2);
    assert_int_equal(change.removed_count, 0);
    check_only_inserted(name, file, &out, &change, width);
    tally.edited++;
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

/* A file of this name and how to reach a section in it. */
struct subject {
    const char *name;
    bool wild_root;     /* not `configuration`: only a selector reaches a section */
    char selector[256]; /* for those */
};

static const char *selector_of(const struct subject *subject)
{
    return subject->wild_root ? subject->selector : NULL;
}

/* A section at several places of a file, whose text is UTF-8 with LF, in one form. */
static void run_form(const struct subject *subject, const struct buf *plain, enum kit_form form,
                     const char *eol)
{
    static struct places places;
    find_places(&places, buf_text(plain), subject->wild_root ? 1 : SIZE_MAX);
    assert_true(places.count > 0);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct buf with, encoded;
        insert_section(&with, plain, places.at[(places.count - 1) * i / (SAMPLES - 1)],
                       sections[(i + (size_t)form) % SAMPLES], "\n");
        kit_encode(&encoded, buf_text(&with), with.len, form, eol);
        round_trip(subject->name, &encoded, selector_of(subject), form >= KIT_UTF16LE ? 2 : 1);
        buf_release(&with);
        buf_release(&encoded);
    }
}

/* The file's own bytes, whatever their line ends are. */
static void run_as_it_is(const struct subject *subject, const struct buf *file)
{
    static struct places places;
    const char *eol = strstr(buf_text(file), "\r\n") != NULL ? "\r\n" : "\n";
    find_places(&places, buf_text(file), subject->wild_root ? 1 : SIZE_MAX);
    assert_true(places.count > 0);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct buf with;
        insert_section(&with, file, places.at[(places.count - 1) * i / (SAMPLES - 1)], sections[i],
                       eol);
        round_trip(subject->name, &with, selector_of(subject), 1);
        buf_release(&with);
    }
}

/* Refused with a place and our own words, and not touched. */
static void run_malformed(const char *name, const struct buf *file)
{
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    struct buf copy;
    size_t line = 0, column = 0;
    int used = 0;
    buf_init(&copy, KIT_MAX);
    KIT_MUST(buf_add(&copy, file->data, file->len, must));
    assert_false(webconfig_scan(file, NULL, &webconfig, &err));
    if (err.code != ERR_TARGET_FORM ||
        sscanf(err.text, "line %zu, column %zu: %n", &line, &column, &used) != 2 || line == 0 ||
        column == 0)
        fail_msg("%s: no place in \"%s\"", name, err.text);
    assert_string_equal(err.text + used,
                        "not well-formed XML at or before this place; .NET does not "
                        "load such a file; repair it first");
    assert_true(buf_equal(&copy, file));
    tally.refused++;
    buf_release(&copy);
}

/* Without a section there is nothing to edit. */
static void run_without_section(const struct subject *subject, const struct buf *file)
{
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    assert_false(webconfig_scan(file, NULL, &webconfig, &err));
    if (err.code != (subject->wild_root ? ERR_TARGET_FORM : ERR_TARGET_SECTION))
        fail_msg("%s: %s", subject->name, err.text);
    tally.refused++;
}

/* "NAME/pinnedCertificates" of a root that is not `configuration`. */
static void find_root(struct subject *subject, const char *text)
{
    const char *p = strchr(text, '<');
    while (p != NULL && (p[1] == '?' || p[1] == '!'))
        p = strchr(skip_to(p, p[1] == '?' ? "?>" : "-->"), '<');
    assert_non_null(p);
    int len = (int)strcspn(p + 1, " \t\r\n/>");
    subject->wild_root = len != 13 || strncmp(p + 1, "configuration", 13) != 0;
    snprintf(subject->selector, sizeof subject->selector, "%.*s/pinnedCertificates", len, p + 1);
}

static void run_file(const char *name, const struct buf *file, bool well_formed)
{
    struct subject subject = {.name = name};
    tally.files++;
    if (well_formed) {
        find_root(&subject, buf_text(file));
        run_without_section(&subject, file);
        run_as_it_is(&subject, file);
    } else {
        run_malformed(name, file);
    }
    for (int form = 0; form < KIT_FORMS; form++) {
        struct buf plain;
        normalise(&plain, file, form >= KIT_UTF16LE);
        for (size_t eol = 0; eol < 3; eol++) {
            if (well_formed) {
                run_form(&subject, &plain, (enum kit_form)form, kit_eols[eol]);
            } else {
                struct buf encoded;
                kit_encode(&encoded, buf_text(&plain), plain.len, (enum kit_form)form,
                           kit_eols[eol]);
                run_malformed(name, &encoded);
                buf_release(&encoded);
            }
        }
        buf_release(&plain);
    }
}

#endif
