/* SPDX-License-Identifier: MIT */
/* Which files a web.config names by configSource, and what is taken for the section in them. */
#include "applier/webconfig_selector.h"
#include "applier/webconfig_source.h"
#include "tests/unit/webconfig_kit.h"

#define NS "http://schemas.microsoft.com/.NetConfiguration/v2.0"
#define DOC(inside) "<configuration>" inside "</configuration>"
#define SECTION "<pinnedCertificates></pinnedCertificates>"

/* "PATH" or "!why"; "" for no source at all. Several are joined by " ". */
static void expect(const char *name, const char *template, enum kit_form form, const char *section,
                   const char *want, size_t inline_count)
{
    struct webconfig_sources sources;
    char found[600] = "";
    struct buf file;
    kit_document(&file, template, form, "\n");
    KIT_MUST(webconfig_source_read(&sources, &file, section, must));
    for (size_t i = 0; i < sources.count; i++) {
        const struct webconfig_source *source = &sources.items[i];
        size_t len = strlen(found);
        snprintf(found + len, sizeof found - len, "%s%s%s", i > 0 ? " " : "",
                 source->path == NULL ? "!" : "",
                 source->path == NULL ? source->why : source->path);
        assert_int_equal(source->path == NULL, source->why != NULL);
    }
    if (strcmp(found, want) != 0 || sources.inline_count != inline_count)
        fail_msg("%s: \"%s\" and %zu", name, found, sources.inline_count);
    webconfig_source_release(&sources);
    buf_release(&file);
}

static void reads_paths_as_dotnet_does(void **state)
{
    (void)state;
    static const struct {
        const char *value, *want;
    } rows[] = {
        {"pins.config", "pins.config"},
        {"a\\b\\pins.config", "a/b/pins.config"},
        {"a/b/pins.config", "a/b/pins.config"},
        {".\\a\\.\\\\pins.config", "a/pins.config"},
        {"a\\..\\pins.config", "pins.config"},
        {"a\\b\\..\\..\\c\\pins.config", "c/pins.config"},
        {"a b&amp;c&#38;&#x26;amp;.config", "a b&c&&amp;.config"},
        {"&#x41;.config", "A.config"},
        {"\xc3\xa9\xf0\x9f\x94\x91.config", "\xc3\xa9\xf0\x9f\x94\x91.config"},
        {"..pins", "..pins"},
        {"...", "..."},
        {"", "!names no file"},
        {".", "!names no file"},
        {"a\\..", "!names no file"},
        {"..\\pins.config", "!leads out of the folder of the file"},
        {"a\\..\\..\\pins.config", "!leads out of the folder of the file"},
        {"..", "!leads out of the folder of the file"},
        {"a\\", "!names a folder"},
        {"\\pins.config", "!is absolute"},
        {"/etc/passwd", "!is absolute"},
        {"\\\\host\\share\\x", "!is absolute"},
        {"C:\\x", "!has a colon: a drive or a stream"},
        {"x.config::$DATA", "!has a colon: a drive or a stream"},
        {" x", "!begins or ends with a space, which .NET does not take"},
        {"x\n", "!begins or ends with a space, which .NET does not take"},
        {"x&#10;y", "!has a control character"},
        {"x\xe2\x80\xaey", "!has a control character"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (enum kit_form form = KIT_UTF8; form < KIT_FORMS; form++) {
            char template[300];
            snprintf(template, sizeof template, DOC("<pinnedCertificates\n configSource = '%s'/>"),
                     rows[i].value);
            expect(rows[i].value, template, form, NULL, rows[i].want, 0);
        }
    char text[1400], want[40] = "!is too long";
    memset(text, 'x', sizeof text);
    snprintf(text + 1100, sizeof text - 1100, "'/></configuration>");
    memcpy(text, "<configuration><pinnedCertificates configSource='", 49);
    expect("long", text, KIT_UTF8, NULL, want, 0);
    expect("latin",
           "<?xml version='1.0' encoding='iso-8859-1'?>" DOC(
               "<pinnedCertificates configSource='\xe9'/>"),
           KIT_UTF8, NULL,
           "!has a character that only UTF-8 says for certain; save the file as UTF-8", 0);
}

static void finds_what_may_hold_the_section(void **state)
{
    (void)state;
    static const struct {
        const char *name, *template, *section, *want;
        size_t inline_count;
    } rows[] = {
        {"none", DOC(SECTION), NULL, "", 1},
        {"the root's namespace",
         "<configuration xmlns=\"" NS "\"><pinnedCertificates configSource='a'/></configuration>",
         NULL, "a", 0},
        {"root of another namespace",
         "<configuration xmlns=\"urn:c\"><a configSource='a'/></configuration>", NULL, "", 0},
        {"in a comment", DOC("<!--<a configSource='a'/>-->"), NULL, "", 0},
        {"as a declaration", DOC("<configSections><a configSource='a'/></configSections>"), NULL,
         "", 0},
        {"with a prefix", DOC("<p:a xmlns:p='urn:p' configSource='a'/>"), NULL, "", 0},
        {"of another namespace", DOC("<a xmlns='urn:p' configSource='a'/>"), NULL, "", 0},
        {"a prefixed attribute", DOC("<a xmlns:p='urn:p' p:configSource='b' configSource='a'/>"),
         NULL, "a", 0},
        {"encrypted", DOC("<a configProtectionProvider='p' configSource='a'/>"), NULL, "", 0},
        {"several", DOC("<a configSource='a'/><b><c configSource='c'/></b>" SECTION), NULL, "a c",
         1},
        {"comments and white space in it", DOC("<a configSource='a'> <!-- --><?x?>\n</a>"), NULL,
         "a", 0},
        {"content", DOC("<a configSource='a'><b/></a>"), NULL,
         "!stands at an element that has content too, which .NET does not load", 0},
        {"text", DOC("<a configSource='a'> x</a>"), NULL,
         "!stands at an element that has content too, which .NET does not load", 0},
        {"below location", DOC("<location><a configSource='a'/></location>"), NULL, "", 0},
        {"below location, selected", DOC("<location><a configSource='a'/></location>"),
         "configuration/location/a/pinnedCertificates", "a", 0},
        {"selected", DOC("<a configSource='a'/><b configSource='b'/>"),
         "configuration/*[2]/x/pinnedCertificates", "b", 0},
        {"selected elsewhere", DOC("<a configSource='a'/>" SECTION),
         "configuration/pinnedCertificates", "", 1},
        {"section and section", DOC("<pinnedCertificates configSource='a'/>" SECTION), NULL, "", 2},
        {"the one selected", DOC("<pinnedCertificates configSource='a'/>" SECTION),
         "configuration/pinnedCertificates[1]", "a", 0},
        {"section below location",
         DOC("<location><pinnedCertificates configSource='a'/></location>"), NULL, "", 1},
        {"inside such an element", DOC("<a configSource='a'>" SECTION "</a>"), NULL,
         "!stands at an element that has content too, which .NET does not load", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(rows[i].name, rows[i].template, KIT_UTF8, rows[i].section, rows[i].want,
               rows[i].inline_count);
}

static void looks_into_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *config, *section, *file;
        enum err_code code;
        const char *want; /* the selector; NULL: not found */
    } rows[] = {
        {"<pinnedCertificates configSource='a'/>", NULL, SECTION, ERR_NONE, "pinnedCertificates"},
        {"<pinnedCertificates configSource='a'/>", "configuration/pinnedCertificates", SECTION,
         ERR_NONE, "pinnedCertificates"},
        {"<pinnedCertificates configSource='a'/>", NULL, "<ens>" SECTION "</ens>",
         ERR_TARGET_CONFIG_SOURCE, NULL},
        {"<pinnedCertificates configSource='a'/>", NULL, DOC(SECTION), ERR_TARGET_CONFIG_SOURCE,
         NULL},
        {"<pinnedCertificates configSource='a'/>", NULL,
         "<pinnedCertificates xmlns='urn:x'></pinnedCertificates>", ERR_TARGET_CONFIG_SOURCE, NULL},
        {"<pinnedCertificates configSource='a'/>", NULL, "<pinnedCertificates configSource='b'/>",
         ERR_TARGET_CONFIG_SOURCE, NULL},
        {"<pinnedCertificates configSource='a'/>", NULL, "<!DOCTYPE c>" SECTION, ERR_TARGET_DOCTYPE,
         NULL},
        {"<pinnedCertificates configSource='a'/>", NULL, "", ERR_TARGET_FORM, NULL},
        {"<pinnedCertificates configSource='a'/>", NULL, "<pinnedCertificates>", ERR_TARGET_FORM,
         NULL},
        {"<ens configSource='a'/>", NULL, "<ens>" SECTION "</ens>", ERR_NONE,
         "*/pinnedCertificates"},
        {"<ens configSource='a'/>", NULL, "<ens><x><y>" SECTION "</y></x></ens>", ERR_NONE,
         "*/*/*/pinnedCertificates"},
        {"<ens configSource='a'/>", NULL, "<ens/>", ERR_NONE, NULL},
        {"<ens configSource='a'/>", NULL, "<ens>" SECTION SECTION "</ens>", ERR_TARGET_AMBIGUOUS,
         NULL},
        {"<ens configSource='a'/>", NULL, "<ens><x configSource='b'/></ens>",
         ERR_TARGET_CONFIG_SOURCE, NULL},
        {"<x/><ens/><ens configSource='a'/>", "configuration/ens[2]/y[2]/pinnedCertificates",
         "<ens>" SECTION "<y/><y>" SECTION "</y></ens>", ERR_NONE, "ens/y[2]/pinnedCertificates"},
        {"<ens configSource='a'/>", "configuration/ens/y/pinnedCertificates",
         "<ens>" SECTION "</ens>", ERR_NONE, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct webconfig_sources sources;
        char template[300];
        char *section = NULL;
        struct err err = {0};
        struct buf config, file;
        bool found = false;
        snprintf(template, sizeof template, DOC("%s"), rows[i].config);
        kit_document(&config, template, KIT_UTF8, "\n");
        kit_document(&file, rows[i].file, KIT_UTF16BE, "\n");
        if (rows[i].file[0] == '\0')
            buf_clear(&file);
        KIT_MUST(webconfig_source_read(&sources, &config, rows[i].section, must));
        assert_int_equal(sources.count, 1);
        bool done = webconfig_source_look(&sources.items[0], &file, &found, &section, &err);
        if (done != (rows[i].code == ERR_NONE) || (!done && err.code != rows[i].code))
            fail_msg("row %zu: %s (%s)", i, err.text, err_reason(err.code));
        if (found != (rows[i].want != NULL))
            fail_msg("row %zu: found %d", i, found);
        if (found)
            assert_string_equal(section, rows[i].want);
        free(section);
        webconfig_source_release(&sources);
        buf_release(&config);
        buf_release(&file);
    }
}

static void refuses_too_many(void **state)
{
    (void)state;
    struct webconfig_sources sources;
    struct err err = {0};
    struct buf file;
    buf_init(&file, KIT_MAX);
    KIT_MUST(buf_add_text(&file, "<configuration>", must));
    for (int i = 0; i < 65; i++)
        KIT_MUST(buf_add_text(&file, "<a configSource='a'/>", must));
    KIT_MUST(buf_add_text(&file, "</configuration>", must));
    assert_false(webconfig_source_read(&sources, &file, NULL, &err));
    assert_int_equal(err.code, ERR_TARGET_SIZE);
    assert_false(webconfig_source_read(&sources, &file, "a", &err));
    assert_int_equal(err.code, ERR_USAGE);
    buf_release(&file);
}

static void finds_the_deepest(void **state)
{
    (void)state;
    struct webconfig *webconfig = NULL;
    struct buf file;
    buf_init(&file, KIT_MAX);
    KIT_MUST(buf_add_text(&file, "<ens>", must));
    for (int i = 2; i < WEBCONFIG_DEPTH_MAX; i++)
        KIT_MUST(buf_add_text(&file, "<a>", must));
    KIT_MUST(buf_add_text(&file, "<pinnedCertificates/>", must));
    for (int i = 2; i < WEBCONFIG_DEPTH_MAX; i++)
        KIT_MUST(buf_add_text(&file, "</a>", must));
    KIT_MUST(buf_add_text(&file, "</ens>", must));
    char name[] = "ens";
    struct webconfig_source source = {.line = 1, .name = name};
    char *section = NULL;
    bool found = false;
    KIT_MUST(webconfig_source_look(&source, &file, &found, &section, must));
    assert_true(found);
    KIT_MUST(webconfig_scan(&file, section, &webconfig, must));
    webconfig_free(webconfig);
    free(section);
    buf_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_paths_as_dotnet_does),
        cmocka_unit_test(finds_what_may_hold_the_section),
        cmocka_unit_test(looks_into_the_file),
        cmocka_unit_test(refuses_too_many),
        cmocka_unit_test(finds_the_deepest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
