/* SPDX-License-Identifier: MIT */
/* The scan: which files are taken, which are refused, and with what code and words. */
#include "tests/unit/webconfig_kit.h"

#define NS "http://schemas.microsoft.com/.NetConfiguration/v2.0"
#define OUTSIDE                                                                                    \
    "<appSettings><add key=\"p\" value=\"" CANARY "\"/></appSettings><!-- " CANARY " -->"
#define DOC(inside)                                                                                \
    "<configuration>" OUTSIDE inside "<x " CANARY "=\"" CANARY "\"/></configuration>\n"
#define ITEM(value) "<pinnedCertificate publicKeyString=\"" value "\" />"
#define SECTION(inside) "<pinnedCertificates>" inside "</pinnedCertificates>"

struct row {
    const char *name;
    const char *document;
    const char *section;
    enum err_code code;
    const char *says; /* part of the message */
    size_t items, pins;
    unsigned odd; /* of all items together */
};

static void run(const struct row *row, enum kit_form form, const char *eol)
{
    struct buf file;
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    kit_document(&file, row->document, form, eol);
    bool done = webconfig_scan(&file, row->section, &webconfig, &err);
    kit_no_canary(&err);
    if (done != (row->code == ERR_NONE) || (!done && err.code != row->code))
        fail_msg("%s (form %d): got %s \"%s\", expected %s", row->name, (int)form,
                 err_reason(err.code), err.text, err_reason(row->code));
    if (!done && row->says != NULL && strstr(err.text, row->says) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", row->name, err.text, row->says);
    if (!done) {
        assert_null(webconfig);
    } else {
        unsigned odd = 0;
        for (size_t i = 0; i < webconfig->item_count; i++)
            odd |= webconfig->items[i].odd;
        if (webconfig->item_count != row->items || webconfig->pin_count != row->pins ||
            odd != row->odd)
            fail_msg("%s: %zu items, %zu pins, odd %x", row->name, webconfig->item_count,
                     webconfig->pin_count, odd);
    }
    webconfig_free(webconfig);
    buf_release(&file);
}

static void run_all(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int form = 0; form < KIT_FORMS; form++)
            for (size_t eol = 0; eol < 3; eol++)
                run(&rows[i], (enum kit_form)form, kit_eols[eol]);
}
#define RUN_ALL(rows) run_all(rows, sizeof(rows) / sizeof(rows)[0])

static void accepts_what_dotnet_reads(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"article", DOC(SECTION(ITEM("{1}") ITEM("{2}"))), NULL, ERR_NONE, NULL, 2, 2, 0},
        {"self-closed", DOC("<pinnedCertificates/>"), NULL, ERR_NONE, NULL, 0, 0, 0},
        {"self-closed, attribute over lines", DOC("<pinnedCertificates\n a='>'\n />"), NULL,
         ERR_NONE, NULL, 0, 0, 0},
        {"empty", DOC(SECTION("")), NULL, ERR_NONE, NULL, 0, 0, 0},
        {"only white space", DOC(SECTION(" \n\t")), NULL, ERR_NONE, NULL, 0, 0, 0},
        {"only comments", DOC(SECTION("<!-- " ITEM("{1}") " -->\n<?x y?>")), NULL, ERR_NONE, NULL,
         0, 0, 0},
        {"deep", DOC("<a><b><c>" SECTION(ITEM("{1}")) "</c></b></a>"), NULL, ERR_NONE, NULL, 1, 1,
         0},
        {"namespace of .NET",
         "<configuration xmlns=\"" NS "\">" SECTION(ITEM("{1}")) "</configuration>", NULL, ERR_NONE,
         NULL, 1, 1, 0},
        {"a file of configSource", "<?xml version=\"1.0\"?>\n" SECTION(ITEM("{1}")), NULL, ERR_NONE,
         NULL, 1, 1, 0},
        {"another root, selected", "<ens>" SECTION(ITEM("{1}")) "</ens>", "ens/pinnedCertificates",
         ERR_NONE, NULL, 1, 1, 0},
        {"declared only in configSections beside it",
         DOC("<configSections><section name=\"pinnedCertificates\"/></configSections>" SECTION("")),
         NULL, ERR_NONE, NULL, 0, 0, 0},
        {"other in comment, CDATA and declarations",
         DOC("<!-- " SECTION("") " --><y><![CDATA[" SECTION(
             "") "]]></y>"
                 "<configSections><pinnedCertificates/></configSections>" SECTION("")),
         NULL, ERR_NONE, NULL, 0, 0, 0},
        {"single quotes", DOC(SECTION("<pinnedCertificate publicKeyString='{1}'/>")), NULL,
         ERR_NONE, NULL, 1, 1, 0},
        {"over lines, with an end tag",
         DOC(SECTION(
             "<pinnedCertificate\n  publicKeyString\n=\n\"{1}\"\n>\n </pinnedCertificate\n>")),
         NULL, ERR_NONE, NULL, 1, 1, 0},
        {"upper case", DOC(SECTION(ITEM("{1U}"))), NULL, ERR_NONE, NULL, 1, 1, 0},
        {"twice, in two cases", DOC(SECTION(ITEM("{1U}") ITEM("{1}"))), NULL, ERR_NONE, NULL, 2, 1,
         WEBCONFIG_ODD_REPEATED},
        {"white space in hex", DOC(SECTION(ITEM(" {1}\n"))), NULL, ERR_NONE, NULL, 1, 1,
         WEBCONFIG_ODD_SPACE},
        {"decimal and hex references twice the same key",
         DOC(SECTION(ITEM("{1}") "<pinnedCertificate publicKeyString=\"&#51;&#x30;82010a0282010100"
                                 "9c64\"/>")),
         NULL, ERR_NONE, NULL, 2, 1, WEBCONFIG_ODD_REFERENCE | WEBCONFIG_ODD_NO_KEY},
        {"clear in front", DOC(SECTION("<clear/>" ITEM("{1}"))), NULL, ERR_NONE, NULL, 1, 1, 0},
        {"clear alone", DOC(SECTION("<clear/>")), NULL, ERR_NONE, NULL, 0, 0, 0},
        {"remove in front", DOC(SECTION("<remove publicKeyString=\"ab\"/>" ITEM("{1}"))), NULL,
         ERR_NONE, NULL, 1, 1, 0},
        {"other element beside an item",
         DOC(SECTION(ITEM("{1}") "<policy><![CDATA[t]]>text</policy>")), NULL, ERR_NONE, NULL, 1, 1,
         0},
        {"only strangers", DOC(SECTION("<add publicKeyString=\"{1}\"/>")), NULL, ERR_NONE, NULL, 0,
         0, 0},
        {"prefixed stranger", DOC(SECTION(ITEM("{1}") "<q:p xmlns:q=\"urn:q\"/>")), NULL, ERR_NONE,
         NULL, 1, 1, 0},
        {"text behind the root", DOC(SECTION("")) "<!-- " CANARY " -->\n<?p " CANARY "?>\n\n", NULL,
         ERR_NONE, NULL, 0, 0, 0},
        {"names and values of other scripts",
         DOC("<\xc3\xa9l\xc3\xa9ment \xe5\x80\xa4=\"\xf0\x9f\x94\x91\"/>" SECTION(ITEM("{1}"))),
         NULL, ERR_NONE, NULL, 1, 1, 0},
        {"below location, selected",
         DOC("<location path=\"a\"/><location>" SECTION("") "</location>"),
         "configuration/location[2]/pinnedCertificates", ERR_NONE, NULL, 0, 0, 0},
        {"one of two, selected", DOC(SECTION("") "<a>" SECTION(ITEM("{1}")) "</a>"),
         "/configuration/a/pinnedCertificates", ERR_NONE, NULL, 1, 1, 0},
        {"any name, selected", DOC(SECTION("") "<a>" SECTION(ITEM("{1}")) "</a>"),
         "configuration/*[3]/pinnedCertificates", ERR_NONE, NULL, 1, 1, 0},
        {"the second of two, selected", DOC(SECTION("") SECTION(ITEM("{1}"))),
         "configuration/pinnedCertificates[2]", ERR_NONE, NULL, 1, 1, 0},
    };
    RUN_ALL(rows);
}

static void odd_items_block_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"no value", DOC(SECTION("<pinnedCertificate/>")), NULL, ERR_NONE, NULL, 1, 0,
         WEBCONFIG_ODD_NO_VALUE},
        {"other attribute alone", DOC(SECTION("<pinnedCertificate thumbprint=\"ab\"/>")), NULL,
         ERR_NONE, NULL, 1, 0, WEBCONFIG_ODD_NO_VALUE | WEBCONFIG_ODD_ATTRIBUTES},
        {"other attribute beside",
         DOC(SECTION("<pinnedCertificate host='h' publicKeyString='{1}'/>")), NULL, ERR_NONE, NULL,
         1, 1, WEBCONFIG_ODD_ATTRIBUTES},
        {"namespace declared",
         DOC(SECTION("<pinnedCertificate xmlns:q='q:q' publicKeyString='{1}'/>")), NULL, ERR_NONE,
         NULL, 1, 1, WEBCONFIG_ODD_ATTRIBUTES},
        {"comment within",
         DOC(SECTION("<pinnedCertificate publicKeyString='{1}'><!-- c --></pinnedCertificate>")),
         NULL, ERR_NONE, NULL, 1, 1, WEBCONFIG_ODD_CHILDREN},
        {"element within",
         DOC(SECTION("<pinnedCertificate publicKeyString='{1}'><x>t</x></pinnedCertificate>")),
         NULL, ERR_NONE, NULL, 1, 1, WEBCONFIG_ODD_CHILDREN},
        {"empty value", DOC(SECTION(ITEM(""))), NULL, ERR_NONE, NULL, 1, 0, WEBCONFIG_ODD_NOT_HEX},
        {"no hex", DOC(SECTION(ITEM("{1}g"))), NULL, ERR_NONE, NULL, 1, 0, WEBCONFIG_ODD_NOT_HEX},
        {"odd number of digits", DOC(SECTION(ITEM("{1}0"))), NULL, ERR_NONE, NULL, 1, 0,
         WEBCONFIG_ODD_NOT_HEX},
        {"named reference", DOC(SECTION(ITEM("{1}&amp;"))), NULL, ERR_NONE, NULL, 1, 0,
         WEBCONFIG_ODD_NOT_HEX | WEBCONFIG_ODD_REFERENCE},
        {"full-width digit", DOC(SECTION(ITEM("{1}\xef\xbc\x91"))), NULL, ERR_NONE, NULL, 1, 0,
         WEBCONFIG_ODD_NOT_HEX},
        {"too long", DOC(SECTION(ITEM("{1}{1}{1}{1}"))), NULL, ERR_NONE, NULL, 1, 0,
         WEBCONFIG_ODD_NOT_HEX},
        {"no key", DOC(SECTION(ITEM("{1}00"))), NULL, ERR_NONE, NULL, 1, 0, WEBCONFIG_ODD_NO_KEY},
    };
    RUN_ALL(rows);
}

static void refuses_what_it_must_not_edit(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"no section", DOC(""), NULL, ERR_TARGET_SECTION, "web.config", 0, 0, 0},
        {"in a comment only", DOC("<!-- " SECTION("") " -->"), NULL, ERR_TARGET_SECTION, NULL, 0, 0,
         0},
        {"in CDATA only", DOC("<y><![CDATA[" SECTION("") "]]></y>"), NULL, ERR_TARGET_SECTION, NULL,
         0, 0, 0},
        {"declared only",
         DOC("<configSections><section name=\"pinnedCertificates\"/></configSections>"), NULL,
         ERR_TARGET_SECTION, NULL, 0, 0, 0},
        {"perhaps in another file", DOC("\n<ens configSource=\"" CANARY "\"/>"), NULL,
         ERR_TARGET_SECTION, "line 2 ", 0, 0, 0},
        {"perhaps encrypted", DOC("\n\n<ens configProtectionProvider=\"" CANARY "\"/>"), NULL,
         ERR_TARGET_SECTION, "line 3 ", 0, 0, 0},
        {"twice", DOC("\n" SECTION("") "\n" SECTION("")), NULL, ERR_TARGET_AMBIGUOUS,
         "the file has 2 pinnedCertificates elements; say which one is meant with --section and "
         "one "
         "of these (line 2: 'configuration/pinnedCertificates[1]', line 3: "
         "'configuration/pinnedCertificates[2]')",
         0, 0, 0},
        {"ten times",
         DOC(SECTION("") SECTION("") SECTION("") SECTION("") SECTION("") SECTION("") SECTION("")
                 SECTION("") SECTION("") SECTION("")),
         NULL, ERR_TARGET_AMBIGUOUS, "line 1: 'configuration/pinnedCertificates[8]', ...)", 0, 0,
         0},
        {"nested in itself", DOC(SECTION(SECTION(""))), NULL, ERR_TARGET_AMBIGUOUS, NULL, 0, 0, 0},
        {"two match the selector", DOC(SECTION("") SECTION("")), "configuration/pinnedCertificates",
         ERR_TARGET_AMBIGUOUS, "selector names several", 0, 0, 0},
        {"selector matches nothing", DOC("\n" SECTION("")), "configuration/a/pinnedCertificates",
         ERR_TARGET_SECTION, "(line 2: 'configuration/pinnedCertificates')", 0, 0, 0},
        {"below location", DOC("<location/><location><s/><s>" SECTION("") "</s></location>"), NULL,
         ERR_TARGET_SECTION, "'configuration/location[2]/*[2]/pinnedCertificates'", 0, 0, 0},
        {"moved", DOC("\n<pinnedCertificates configSource=\"pins.config\"/>"), NULL,
         ERR_TARGET_CONFIG_SOURCE,
         "line 2: the pins section is kept in another file, configSource "
         "\"pins.config\", which was not followed",
         0, 0, 0},
        {"moved with what is around it", DOC("<s configSource=\"" CANARY "\">" SECTION("") "</s>"),
         NULL, ERR_TARGET_CONFIG_SOURCE, "line 1: an element around", 0, 0, 0},
        {"encrypted",
         DOC("<pinnedCertificates "
             "configProtectionProvider=\"R\"><EncryptedData/></pinnedCertificates>"),
         NULL, ERR_TARGET_ENCRYPTED,
         "%windir%\\Microsoft.NET\\Framework64\\v4.0.30319\\aspnet_regiis.exe "
         "-pdf \"pinnedCertificates\" \"FOLDER\"",
         0, 0, 0},
        {"encrypted, deeper", DOC("<s configProtectionProvider=\"R\">" SECTION("") "</s>"), NULL,
         ERR_TARGET_ENCRYPTED, "-pdf \"GROUP/pinnedCertificates\"", 0, 0, 0},
        {"encrypted data alone",
         DOC(SECTION("<e:EncryptedData xmlns:e=\"http://www.w3.org/2001/04/xmlenc#\">" CANARY
                     "</e:EncryptedData>")),
         NULL, ERR_TARGET_ENCRYPTED, "-pdf", 0, 0, 0},
        {"prefixed", DOC("<p:pinnedCertificates xmlns:p=\"urn:p\"/>"), NULL, ERR_TARGET_SECTION,
         "namespace", 0, 0, 0},
        {"foreign", DOC("<pinnedCertificates xmlns=\"urn:p\"/>"), NULL, ERR_TARGET_SECTION,
         "namespace", 0, 0, 0},
        {"foreign from above", DOC("<s xmlns=\"urn:p\">" SECTION("") "</s>"), NULL,
         ERR_TARGET_SECTION, "namespace", 0, 0, 0},
        {"without the root's",
         "<configuration xmlns=\"" NS "\"><s xmlns=\"\">" SECTION("") "</s></configuration>", NULL,
         ERR_TARGET_SECTION, "namespace", 0, 0, 0},
        {"item prefixed", DOC(SECTION("<p:pinnedCertificate xmlns:p=\"urn:p\"/>")), NULL,
         ERR_TARGET_SECTION, "prefix", 0, 0, 0},
        {"item foreign", DOC(SECTION("<pinnedCertificate xmlns=\"urn:p\"/>")), NULL,
         ERR_TARGET_SECTION, "xmlns", 0, 0, 0},
        {"clear behind", DOC(SECTION(ITEM("{1}") "\n<clear/>")), NULL, ERR_TARGET_ITEM,
         "line 2: <clear/>", 0, 0, 0},
        {"clear between", DOC(SECTION(ITEM("{1}") "<clear/>" ITEM("{2}"))), NULL, ERR_TARGET_ITEM,
         "clear", 0, 0, 0},
        {"remove behind", DOC(SECTION(ITEM("{1}") "<remove publicKeyString=\"x\"/>")), NULL,
         ERR_TARGET_ITEM, "<remove>", 0, 0, 0},
        {"text", DOC(SECTION(ITEM("{1}") "\n x")), NULL, ERR_TARGET_ITEM, "line 1: text or CDATA",
         0, 0, 0},
        {"reference as text", DOC(SECTION("&#32;")), NULL, ERR_TARGET_ITEM, "text", 0, 0, 0},
        {"CDATA", DOC(SECTION("\n\n<![CDATA[]]>")), NULL, ERR_TARGET_ITEM, "line 3", 0, 0, 0},
        {"text in an item",
         DOC(SECTION("<pinnedCertificate publicKeyString=\"{1}\">x</pinnedCertificate>")), NULL,
         ERR_TARGET_ITEM, "text", 0, 0, 0},
        {"root of another name", "<configurations>" SECTION("") "</configurations>", NULL,
         ERR_TARGET_FORM, "root", 0, 0, 0},
        {"root of another namespace",
         "<configuration xmlns=\"urn:c\">" SECTION("") "</configuration>", NULL, ERR_TARGET_FORM,
         "namespace", 0, 0, 0},
        {"root prefixed", "<c:configuration xmlns:c=\"" NS "\">" SECTION("") "</c:configuration>",
         NULL, ERR_TARGET_FORM, "namespace", 0, 0, 0},
        {"XML 1.1", "<?xml version=\"1.1\"?>" DOC(SECTION("")), NULL, ERR_TARGET_FORM, "1.0", 0, 0,
         0},
        {"selector malformed", DOC(SECTION("")), "configuration//pinnedCertificates", ERR_USAGE,
         "empty name", 0, 0, 0},
    };
    RUN_ALL(rows);
}

static void refuses_doctype_before_anything_else(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"plain", "<!DOCTYPE configuration>\n" DOC(SECTION("")), NULL, ERR_TARGET_DOCTYPE, "line 1",
         0, 0, 0},
        {"behind a comment",
         "<?xml version=\"1.0\"?>\n<!-- c -->\n<!DOCTYPE configuration []>\n" DOC(""), NULL,
         ERR_TARGET_DOCTYPE, "line 3", 0, 0, 0},
        {"external entity",
         "<!DOCTYPE c [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" DOC(SECTION(ITEM("&e;"))), NULL,
         ERR_TARGET_DOCTYPE, NULL, 0, 0, 0},
        {"billion laughs",
         "<!DOCTYPE c [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
         "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]>" DOC("&c;" SECTION("")),
         NULL, ERR_TARGET_DOCTYPE, NULL, 0, 0, 0},
        {"malformed behind it", "<!DOCTYPE c [<!ENTITY", NULL, ERR_TARGET_DOCTYPE, NULL, 0, 0, 0},
        {"malformed ahead of it", "<?x ?><!-- -- --><!DOCTYPE c [<!ENTITY e \"x\">]><c>&e;</c>",
         NULL, ERR_TARGET_DOCTYPE, NULL, 0, 0, 0},
        {"in a comment it is none", "<!-- <!DOCTYPE c> -->" DOC(SECTION("")), NULL, ERR_NONE, NULL,
         0, 0, 0},
    };
    RUN_ALL(rows);
}

static void refuses_malformed_files_with_a_place(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"white space only", " \n", NULL, ERR_TARGET_FORM, "line ", 0, 0, 0},
        {"text only", CANARY, NULL, ERR_TARGET_FORM, "line 1, column ", 0, 0, 0},
        {"cut at the last byte", "<configuration>\n" SECTION("") "\n</configuration", NULL,
         ERR_TARGET_FORM, "line 3, column ", 0, 0, 0},
        {"cut in a quote", "<configuration>" SECTION("") "\n<a b=\"" CANARY, NULL, ERR_TARGET_FORM,
         "line 2, column ", 0, 0, 0},
        {"beside a secret",
         "<configuration>\n" SECTION("") "\n<a password=\"" CANARY "\" b=<></a></configuration>",
         NULL, ERR_TARGET_FORM, "line 3, column ", 0, 0, 0},
        {"wrong end tag", "<configuration>\n" SECTION("") "\n\n<" CANARY "></a></configuration>",
         NULL, ERR_TARGET_FORM, "line 4, column ", 0, 0, 0},
        {"twice the same attribute", DOC("<a " CANARY "=\"1\" " CANARY "=\"2\"/>" SECTION("")),
         NULL, ERR_TARGET_FORM, "line 1, column ", 0, 0, 0},
        {"undeclared prefix",
         DOC("<"
             "c4nary:a/>" SECTION("")),
         NULL, ERR_TARGET_FORM, "line 1, column ", 0, 0, 0},
        {"undeclared entity", DOC("&c4nary;" SECTION("")), NULL, ERR_TARGET_FORM, "line 1, column ",
         0, 0, 0},
        {"two roots", DOC(SECTION("")) "\n<b/>", NULL, ERR_TARGET_FORM, "line 3, column ", 0, 0, 0},
        {"ampersand", DOC("<a b=\"" CANARY "&\"/>" SECTION("")), NULL, ERR_TARGET_FORM, "line 1", 0,
         0, 0},
        {"control character", DOC("<a b=\"\x01\"/>" SECTION("")), NULL, ERR_TARGET_FORM, "line 1",
         0, 0, 0},
        {"open comment", "<configuration>" SECTION("") "\n<!-- " CANARY "</configuration>", NULL,
         ERR_TARGET_FORM, "line 2", 0, 0, 0},
        {"open CDATA", "<configuration>" SECTION("") "\n<![CDATA[" CANARY "</configuration>", NULL,
         ERR_TARGET_FORM, "line 2", 0, 0, 0},
        {"merge conflict", DOC("\n<<<<<<< HEAD\n" SECTION("")), NULL, ERR_TARGET_FORM, "line 2", 0,
         0, 0},
        {"CDATA end in text", DOC("]]>" SECTION("")), NULL, ERR_TARGET_FORM, "line 1", 0, 0, 0},
    };
    RUN_ALL(rows);
}

static void reports_where_things_stand(void **state)
{
    (void)state;
    struct buf file;
    struct webconfig *webconfig = NULL;
    const char *before = "<?xml version=\"1.0\"?>\r\n<configuration>\r\n  ";
    const char *tag = "<pinnedCertificates>";
    const char *line = "\t<pinnedCertificate publicKeyString='{1U}'/>  \r\n";
    char text[1024];
    snprintf(text, sizeof text,
             "%s%s\r\n%s  <!-- c --> <pinnedCertificate/>\n  </pinnedCertificates>\r\n"
             "</configuration>",
             before, tag, line);
    kit_document(&file, text, KIT_UTF8, "\n");
    KIT_MUST(webconfig_scan(&file, NULL, &webconfig, must));
    assert_int_equal(webconfig->text.eol, WEBCONFIG_EOL_MIXED);
    assert_string_equal(webconfig_eol_text(webconfig), "mixed");
    assert_string_equal(webconfig_encoding_text(webconfig), "UTF-8");
    assert_int_equal(webconfig->start_tag.start, strlen(before));
    assert_int_equal(webconfig->start_tag.end, strlen(before) + strlen(tag));
    assert_memory_equal(file.data + webconfig->end_tag.start, "</pinnedCertificates>", 21);
    assert_int_equal(webconfig->end_tag.end - webconfig->end_tag.start, 21);
    assert_int_equal(webconfig->line, 3);
    assert_int_equal(webconfig->end_line, 6);
    assert_int_equal(webconfig->item_count, 2);
    const struct webconfig_item *item = &webconfig->items[0];
    assert_int_equal(item->line, 4);
    assert_int_equal(item->last_line, 4);
    assert_true(item->upper && item->is_pin);
    assert_int_equal(item->lines.start, webconfig->start_tag.end + 2);
    assert_int_equal(item->element.start, item->lines.start + 1);
    assert_memory_equal(file.data + item->element.end, "  \r\n", 4);
    assert_int_equal(item->lines.end, item->element.end + 4);
    assert_int_equal(item->value.end - item->value.start, strlen(ARTICLE_PIN_1));
    assert_ptr_equal(webconfig_find(webconfig, item->pin.sha256), item);
    item = &webconfig->items[1];
    assert_int_equal(item->line, 5);
    assert_int_equal(item->lines.start, item->element.start); /* shares its line with a comment */
    assert_memory_equal(file.data + webconfig->last_child.start, "<pinnedCertificate/>", 20);
    webconfig_free(webconfig);
    buf_release(&file);
}

static void refuses_empty_and_oversized_files(void **state)
{
    (void)state;
    struct buf file;
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    buf_init(&file, LIMIT_TARGET_BYTES + 1);
    assert_false(webconfig_scan(&file, NULL, &webconfig, &err));
    assert_int_equal(err.code, ERR_TARGET_FORM);
    uint8_t *to = buf_reserve(&file, LIMIT_TARGET_BYTES + 1, &err);
    assert_non_null(to);
    memset(to, ' ', LIMIT_TARGET_BYTES + 1);
    file.len = LIMIT_TARGET_BYTES + 1;
    assert_false(webconfig_scan(&file, NULL, &webconfig, &err));
    assert_int_equal(err.code, ERR_TARGET_SIZE);
    buf_release(&file);
}

static void refuses_too_many_items(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        struct buf file;
        struct webconfig *webconfig = NULL;
        struct err why = {0};
        buf_init(&file, KIT_MAX);
        KIT_MUST(buf_add_text(&file, "<configuration><pinnedCertificates>", must));
        for (int i = 0; i < WEBCONFIG_ITEMS_MAX + extra; i++)
            KIT_MUST(buf_add_text(&file, "<pinnedCertificate/>", must));
        KIT_MUST(buf_add_text(&file, "</pinnedCertificates></configuration>", must));
        assert_int_equal(webconfig_scan(&file, NULL, &webconfig, &why), !extra);
        if (extra)
            assert_int_equal(why.code, ERR_TARGET_SIZE);
        webconfig_free(webconfig);
        buf_release(&file);
    }
}

static void refuses_excessive_depth(void **state)
{
    (void)state;
    struct buf file;
    struct webconfig *webconfig = NULL;
    struct err why = {0};
    buf_init(&file, KIT_MAX);
    for (int i = 0; i < 10000; i++)
        KIT_MUST(buf_add_text(&file, "<configuration>", must));
    assert_false(webconfig_scan(&file, NULL, &webconfig, &why));
    assert_int_equal(why.code, ERR_TARGET_FORM);
    buf_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_dotnet_reads),
        cmocka_unit_test(odd_items_block_nothing),
        cmocka_unit_test(refuses_what_it_must_not_edit),
        cmocka_unit_test(refuses_doctype_before_anything_else),
        cmocka_unit_test(refuses_malformed_files_with_a_place),
        cmocka_unit_test(reports_where_things_stand),
        cmocka_unit_test(refuses_empty_and_oversized_files),
        cmocka_unit_test(refuses_too_many_items),
        cmocka_unit_test(refuses_excessive_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
