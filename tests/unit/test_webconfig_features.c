/* SPDX-License-Identifier: MIT */
/*
 * The editor over made files: one for each feature that real configuration files were found to
 * have, and one with all of them, each as it is and in every encoding and kind of line end. Where
 * the corpus of real files is there, no feature in its list may be missing here.
 */
#include "base/fsio.h"
#include "tests/unit/webconfig_files.h"

enum where { BODY, HEAD, WHOLE, BROKEN, NAME };

struct feature {
    const char *name;
    enum where where;
    const char *text; /* a part of the body, what stands before the root, or the file */
    size_t repeat;    /* of a part; 0 is once */
};

#define DECLARED "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
#define ROOT(text) "<configuration>\n" text "</configuration>\n"

static const struct feature features[] = {
    {"bom-utf-8", WHOLE, "\xef\xbb\xbf" DECLARED ROOT("  <a />\n"), 0},
    {"cdata", BODY, "  <script><![CDATA[ if (a < b && c > d) { <x>; } ]]></script>\n", 0},
    {"cert-attrs", BODY,
     "  <serviceCertificate findValue=\"CN=a\" x509FindType=\"FindBySubjectName\" "
     "thumbprint=\"00 11 22\" />\n",
     0},
    {"cert-elements", BODY,
     "  <certificates>\n    <certificate name=\"a\">MIIB</certificate>\n  "
     "</certificates>\n",
     0},
    {"char-refs", BODY, "  <add key=\"a&#xA;b&#233;\" value=\"&#x26;\" />&#32;\n", 0},
    {"clear-remove", BODY,
     "  <handlers>\n    <clear />\n    <remove name=\"a\" />\n  "
     "</handlers>\n",
     0},
    {"comment-before-root", HEAD, "<!-- made by hand -->\n", 0},
    {"commented-out-elements", BODY,
     "  <!-- <pinnedCertificates><add /></pinnedCertificates> -->\n", 0},
    {"comments", BODY, "  <!-- one -->\n", 0},
    {"configProtectedData", BODY, "  <configProtectedData><providers /></configProtectedData>\n",
     0},
    {"configProtectionProvider", BODY,
     "  <connectionStrings configProtectionProvider=\"a\"></connectionStrings>\n", 0},
    {"configSections", BODY,
     "  <configSections>\n    <section name=\"pinnedCertificates\" type=\"a.b, c\" />\n  "
     "</configSections>\n",
     0},
    {"configSource", BODY, "  <appSettings configSource=\"bin\\settings.config\" />\n", 0},
    {"custom-element-collection", BODY,
     "  <uri>\n    <idn enabled=\"All\" />\n    <iri enabled=\"true\" />\n  </uri>\n", 0},
    {"custom-section-collection", BODY,
     "  <custom.section><items><item name=\"a\" /><item name=\"b\" /></items></custom.section>\n",
     0},
    {"decl-encoding-windows-1252", WHOLE,
     "<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n" ROOT("  <a />\n"), 0},
    {"empty-configuration", WHOLE, DECLARED "<configuration>\n</configuration>\n", 0},
    {"encryptedData", BODY,
     "  <connectionStrings configProtectionProvider=\"a\">\n    <EncryptedData "
     "Type=\"http://www.w3.org/2001/04/xmlenc#Element\" "
     "xmlns=\"http://www.w3.org/2001/04/xmlenc#\"><CipherData><CipherValue>" CANARY
     "</CipherValue></CipherData></EncryptedData>\n  </connectionStrings>\n",
     0},
    {"from-non-HEAD-ref", NAME, NULL, 0},
    {"gt-in-attr", BODY, "  <add verb=\"a > b /> c\" x='>' />\n", 0},
    {"large>=20k", BODY, "  <add key=\"a\" value=\"0123456789\" />\n", 700},
    {"large>=50k", BODY, "  <add key=\"a\" value=\"0123456789\" />\n", 1700},
    {"location", BODY,
     "  <location path=\"a\">\n    <system.web><authorization /></system.web>\n  </location>\n", 0},
    {"long-hex-attr", BODY,
     "  <machineKey validationKey=\"0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCD"
     "EF0123456789ABCDEF0123456789ABCDEF\" />\n",
     0},
    {"long-line", BODY,
     "  <add type=\"System.Web.Mvc.MvcHandler, System.Web.Mvc, Version=3.0.0.0, Culture=neutral, "
     "PublicKeyToken=31BF3856AD364E35\" path=\"*\" verb=\"*\" name=\"a name that goes on for a "
     "while\" resourceType=\"Unspecified\" preCondition=\"integratedMode\" />\n",
     0},
    {"malformed", BROKEN, DECLARED ROOT("  <a><b></a></b>\n"), 0},
    {"many-comments", BODY, "  <!-- one -->\n  <a /> <!-- two -->\n", 40},
    {"merge-conflict-markers", BROKEN,
     DECLARED ROOT("<<<<<<< HEAD\n  <a />\n=======\n  <b />\n>>>>>>> other\n"), 0},
    {"mixed-eol", WHOLE, DECLARED "<configuration>\r\n  <a />\n  <b />\r\n</configuration>\n", 0},
    {"mixed-indent", BODY, "  <a>\n\t<b />\n \t <c />\n  </a>\n", 0},
    {"multiline-attrs", BODY, "  <add\n    key=\"a\"\n    value=\"b\"\n  />\n", 0},
    {"multiline-comments", BODY, "  <!--\n    one\n      two\n  -->\n", 0},
    {"name-not-web.config", NAME, NULL, 0},
    {"newline-in-attr-value", BODY, "  <add type=\"a,\n    b\" />\n", 0},
    {"no-final-newline", WHOLE, DECLARED "<configuration>\n  <a />\n</configuration>", 0},
    {"no-xmldecl", WHOLE, ROOT("  <a />\n"), 0},
    {"non-ascii", BODY, "  <!-- \xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91 --><add k=\"\xc3\xb8\" />\n",
     0},
    {"predef-entities", BODY, "  <add key=\"&lt;&gt;&amp;&quot;&apos;\" />&lt;&amp;\n", 0},
    {"root-appSettings", WHOLE, DECLARED "<appSettings>\n  <add key=\"a\" />\n</appSettings>\n", 0},
    {"root-packages", WHOLE, DECLARED "<packages>\n  <package id=\"a\" />\n</packages>\n", 0},
    {"root-settings", WHOLE, DECLARED "<settings>\n  <content><a /></content>\n</settings>\n", 0},
    {"root-tinymceConfig", WHOLE, DECLARED "<tinymceConfig>\n  <a>b</a>\n</tinymceConfig>\n", 0},
    {"single-quoted", BODY, "  <add key='a' value='\"b\"' />\n", 0},
    {"space-around-equals", BODY, "  <add key = \"a\" value= \"b\" x =\"c\" />\n", 0},
    {"space-in-end-tag", BODY, "  <a></a >\n  <b\t></b\n>\n", 0},
    {"spaces", BODY, "    <a>\n        <b />\n    </a>\n", 0},
    {"tabs", BODY, "\t<a>\n\t\t<b />\n\t</a>\n", 0},
    {"template-markers", BODY, "  <add key=\"$name$\" value=\"#{v}\" x=\"__Y__\" />{0}\n", 0},
    {"tiny<200", WHOLE, "<configuration><a /></configuration>", 0},
    {"trailing-whitespace", BODY, "  <a />  \n  <b>\t\n  </b> \n\n", 0},
    {"very-long-line", BODY, "<add key=\"a\" value=\"0123456789\" />", 120},
    {"xdt-transform", BODY,
     "  <a xmlns:xdt=\"http://schemas.microsoft.com/XML-Document-Transform\" "
     "xdt:Transform=\"Replace\" xdt:Locator=\"Match(name)\" />\n",
     0},
    {"xmldecl-no-encoding", WHOLE, "<?xml version=\"1.0\"?>\n" ROOT("  <a />\n"), 0},
    {"xmlns-on-configuration", WHOLE,
     DECLARED "<configuration xmlns=\"http://schemas.microsoft.com/.NetConfiguration/v2.0\">\n  "
              "<a />\n</configuration>\n",
     0},
    /* of none of the files that were seen */
    {"standalone", WHOLE, "<?xml version='1.0' standalone='yes' ?>" ROOT("<a />\n"), 0},
    {"instruction", BODY, "  <?a <pinnedCertificates> ?>\n", 0},
    {"unknown-entity", BROKEN, DECLARED ROOT("  <a>&nbsp;</a>\n"), 0},
    {"attribute-twice", BROKEN, DECLARED ROOT("  <a b=\"1\" b=\"2\" />\n"), 0},
    {"dashes-in-comment", BROKEN, DECLARED ROOT("  <!-- a -- b -->\n"), 0},
    {"no-end", BROKEN, DECLARED "<configuration>\n  <a />\n", 0},
    {"text-behind-root", BROKEN, DECLARED ROOT("  <a />\n") "x\n", 0},
    {"bare-ampersand", BROKEN, DECLARED ROOT("  <a b=\"c&d\" />\n"), 0},
};
#define FEATURES (sizeof features / sizeof features[0])

static void put(struct buf *out, const char *text)
{
    KIT_MUST(buf_add_text(out, text, must));
}

static void put_part(struct buf *out, const struct feature *feature)
{
    for (size_t i = 0; i < (feature->repeat > 0 ? feature->repeat : 1); i++)
        put(out, feature->text);
}

static void make_file(struct buf *out, const struct feature *feature)
{
    buf_init(out, KIT_MAX);
    if (feature->where == WHOLE || feature->where == BROKEN) {
        put(out, feature->text);
        return;
    }
    put(out, DECLARED);
    if (feature->where == HEAD)
        put_part(out, feature);
    put(out, "<configuration>\n  <x y=\"" CANARY "\"></x>\n");
    if (feature->where == BODY)
        put_part(out, feature);
    put(out, "</configuration>\n");
}

static void edits_each_feature(void **state)
{
    (void)state;
    for (size_t i = 0; i < FEATURES; i++) {
        struct buf file;
        if (features[i].where == NAME)
            continue;
        make_file(&file, &features[i]);
        run_file(features[i].name, &file, features[i].where != BROKEN);
        buf_release(&file);
    }
    printf("# %zu files: %zu edits, %zu refusals\n", tally.files, tally.edited, tally.refused);
    assert_true(tally.edited > 2000 && tally.refused > 100);
}

static void edits_all_features_at_once(void **state)
{
    (void)state;
    struct buf file;
    buf_init(&file, KIT_MAX);
    put(&file, DECLARED);
    for (size_t i = 0; i < FEATURES; i++)
        if (features[i].where == HEAD)
            put_part(&file, &features[i]);
    put(&file, "<configuration>\n");
    for (size_t i = 0; i < FEATURES; i++)
        if (features[i].where == BODY)
            put_part(&file, &features[i]);
    put(&file, "</configuration>\n");
    run_file("all", &file, true);
    buf_release(&file);
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < FEATURES; i++)
        if (strcmp(features[i].name, name) == 0)
            return true;
    return false;
}

/* The columns that are not free text have no value that is not made here. */
static void check_row(char *row)
{
    static const struct {
        size_t column;
        const char *values;
    } closed[] = {{7, " ascii utf-8 "},
                  {8, " none utf-8 "},
                  {9, " crlf lf mixed "},
                  {10, " no yes "},
                  {11, " no yes "}};
    char *columns[13] = {NULL}, *cell = row;
    for (size_t i = 0; i < 13 && cell != NULL; i++) {
        columns[i] = cell;
        cell = strchr(cell, '\t');
        if (cell != NULL)
            *cell++ = '\0';
    }
    if (columns[12] == NULL || strcmp(columns[0], "file") == 0)
        return;
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        char word[64];
        snprintf(word, sizeof word, " %s ", columns[closed[i].column]);
        if (strstr(closed[i].values, word) == NULL)
            fail_msg("%s: column %zu has an unknown value%s", columns[0], closed[i].column, word);
    }
    char *rest = columns[12];
    for (char *name = strtok_r(rest, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest))
        if (!is_known(name))
            fail_msg("%s: no file is made with the feature %s", columns[0], name);
}

static void knows_every_feature_of_the_corpus(void **state)
{
    (void)state;
    const char *dir = getenv("PINFERRY_CORPUS");
    struct buf list;
    struct err err = {0};
    buf_init(&list, KIT_MAX);
    char *path = fsio_join(dir != NULL ? dir : "../shared/corpus", "MANIFEST.tsv", &err);
    assert_non_null(path);
    bool there = fsio_read_file(path, KIT_MAX, &list, &err);
    free(path);
    if (!there) {
        puts("SKIP: no corpus of web.config files; set PINFERRY_CORPUS");
        skip();
    }
    char *rest = (char *)list.data;
    for (char *row = strtok_r(rest, "\n", &rest); row != NULL; row = strtok_r(NULL, "\n", &rest))
        check_row(row);
    buf_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_each_feature),
        cmocka_unit_test(edits_all_features_at_once),
        cmocka_unit_test(knows_every_feature_of_the_corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
