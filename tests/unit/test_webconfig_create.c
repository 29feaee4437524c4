/* SPDX-License-Identifier: MIT */
/* A section that is created: where, in what form, proved by other code, and taken out again. */
#include "applier/webconfig_create.h"
#include "tests/unit/webconfig_kit.h"

#define NS "http://schemas.microsoft.com/.NetConfiguration/v2.0"
#define SECTION "<section name=\"pinnedCertificates\" type=\"T, A\" />"
#define GROUPED                                                                                    \
    "<sectionGroup name=\"ens\"><sectionGroup name=\"b\">" SECTION "</sectionGroup></"             \
    "sectionGroup>"
#define CONFIG(declared, rest)                                                                     \
    "<configuration><configSections>" declared "</configSections>" rest "</configuration>"
#define ITEM(n) "<pinnedCertificate publicKeyString=\"{" n "}\" />"

struct created {
    const char *name, *before, *section, *after; /* with pins 1 and 2 */
};

static struct webconfig_claim claim_of(enum webconfig_fate fate, const char *section,
                                       const struct pin *pins, const uint8_t (*digests)[32],
                                       size_t count)
{
    struct webconfig_claim claim = {.fate = fate, .section = section, .max_bytes = KIT_MAX};
    if (fate == WEBCONFIG_UNDONE) {
        claim.removed = digests;
        claim.removed_count = count;
    } else {
        claim.added = pins;
        claim.added_count = count;
    }
    return claim;
}

static void round_of(const struct created *row, enum kit_form form, const char *eol)
{
    struct buf before, want, out, back;
    struct webconfig_change change;
    struct webconfig_report report;
    struct pin pins[2];
    uint8_t digests[2][32];
    kit_pins("12", pins, digests);
    kit_document(&before, row->before, form, eol);
    kit_document(&want, row->after, form, eol);
    buf_init(&out, KIT_MAX);
    buf_init(&back, KIT_MAX);
    webconfig_change_init(&change);
    KIT_MUST(webconfig_create_splice(&before, row->section, pins, 2, &out, &change, must));
    if (!buf_equal(&out, &want))
        fail_msg("%s (form %d): %s", row->name, (int)form, buf_text(&out));
    assert_int_equal(change.added_count, 2);
    assert_int_equal(change.removed_count, 0);
    struct webconfig_claim claim = claim_of(WEBCONFIG_CREATED, row->section, pins, NULL, 2);
    KIT_MUST(webconfig_prove(&before, &out, &claim, &report, must));
    assert_int_equal(report.old_count, 0);
    assert_int_equal(report.new_count, 2);
    KIT_MUST(webconfig_unsplice(&out, change.undo, change.undo_count, &back, must));
    assert_true(buf_equal(&back, &before));
    claim = claim_of(WEBCONFIG_UNDONE, row->section, NULL, (const uint8_t(*)[32])digests, 2);
    KIT_MUST(webconfig_prove(&out, &back, &claim, &report, must));
    assert_int_equal(report.removed_count, 2);
    webconfig_change_release(&change);
    buf_release(&before);
    buf_release(&want);
    buf_release(&out);
    buf_release(&back);
}

static void puts_it_where_it_is_declared(void **state)
{
    (void)state;
    static const struct created rows[] = {
        {"one line", CONFIG(SECTION, "<a/>"), NULL,
         CONFIG(SECTION, "<a/><pinnedCertificates>" ITEM("1") ITEM("2") "</pinnedCertificates>")},
        {"indented",
         "<configuration>\n  <configSections>\n    " SECTION "\n  </configSections>\n  <a>\n"
         "    <b/>\n  </a>\n</configuration>\n",
         NULL,
         "<configuration>\n  <configSections>\n    " SECTION "\n  </configSections>\n  <a>\n"
         "    <b/>\n  </a>\n  <pinnedCertificates>\n    " ITEM("1") "\n    " ITEM(
             "2") "\n  </pinnedCertificates>\n</configuration>\n"},
        {"tabs, a comment last",
         "<configuration>\n\t<configSections>" SECTION "</configSections>\n\t<!-- x -->\n"
         "</configuration>",
         "configuration/pinnedCertificates",
         "<configuration>\n\t<configSections>" SECTION
         "</configSections>\n\t<!-- x -->\n\t<pinnedCertificates>\n\t\t" ITEM("1") "\n\t\t" ITEM(
             "2") "\n\t</pinnedCertificates>\n</configuration>"},
        {"in groups that are there, the second empty",
         "<configuration>\n<configSections>" GROUPED "</configSections>\n<ens>\n <b>\n </b>\n"
         "</ens>\n<z/>\n</configuration>\n",
         "configuration/ens/b/pinnedCertificates",
         "<configuration>\n<configSections>" GROUPED "</configSections>\n<ens>\n <b>\n"
         "   <pinnedCertificates>\n     " ITEM("1") "\n     " ITEM(
             "2") "\n   </pinnedCertificates>\n </b>\n</ens>\n<z/>\n</configuration>\n"},
        {"in groups that are made",
         "<configuration>\n  <configSections>" GROUPED "</configSections>\n</configuration>\n",
         NULL,
         "<configuration>\n  <configSections>" GROUPED "</configSections>\n  <ens>\n    <b>\n"
         "      <pinnedCertificates>\n        " ITEM("1") "\n        " ITEM(
             "2") "\n      </pinnedCertificates>\n    </b>\n  </ens>\n</configuration>\n"},
        {"in one that is there and one that is made, on one line",
         CONFIG(GROUPED, "<x><ens/></x><ens><q/></ens>"), "configuration/*/b/pinnedCertificates",
         CONFIG(GROUPED, "<x><ens/></x><ens><q/><b><pinnedCertificates>" ITEM("1")
                             ITEM("2") "</pinnedCertificates></b></ens>")},
        {"the namespace of .NET, other ways to write it",
         "<?xml version='1.0'?><!-- --><configuration xmlns='" NS "'>\n <?x?><!-- -->"
         "<configSections >\n<!-- " SECTION " --><section\n type='t' allowDefinition = "
         "'MachineToApplication' name='pinnedCertificates'"
         "></section ></configSections>\n</configuration\n><!-- -->",
         NULL,
         "<?xml version='1.0'?><!-- --><configuration xmlns='" NS "'>\n <?x?><!-- -->"
         "<configSections >\n<!-- " SECTION " --><section\n type='t' allowDefinition = "
         "'MachineToApplication' name='pinnedCertificates'"
         "></section ></configSections>\n <pinnedCertificates>\n   " ITEM("1") "\n   " ITEM(
             "2") "\n </pinnedCertificates>\n</configuration\n><!-- -->"},
        {"the declaration that is meant", CONFIG(SECTION GROUPED, ""),
         "configuration/ens/b/pinnedCertificates",
         CONFIG(SECTION GROUPED, "<ens><b><pinnedCertificates>" ITEM("1")
                                     ITEM("2") "</pinnedCertificates></b></ens>")},
        {"mentions that do not count",
         CONFIG(SECTION, "<!-- <pinnedCertificates/> --><a><![CDATA[<pinnedCertificates/>]]></a>"),
         NULL,
         CONFIG(SECTION, "<!-- <pinnedCertificates/> --><a><![CDATA[<pinnedCertificates/>]]></a>"
                         "<pinnedCertificates>" ITEM("1") ITEM("2") "</pinnedCertificates>")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int form = 0; form < KIT_FORMS; form++)
            for (size_t eol = 0; eol < 3; eol++)
                round_of(&rows[i], (enum kit_form)form, kit_eols[eol]);
}

static void refuses_without_a_declaration_that_holds(void **state)
{
    (void)state;
    static const struct {
        const char *name, *document, *section;
        enum err_code code;
        const char *says;
    } rows[] = {
        {"none", "<configuration><a/></configuration>", NULL, ERR_TARGET_SECTION, "by hand"},
        {"empty root", "<configuration/>", NULL, ERR_TARGET_SECTION, "declare none"},
        {"empty configSections", "<configuration><configSections/></configuration>", NULL,
         ERR_TARGET_SECTION, "declare none"},
        {"of another", CONFIG("<section name=\"pinned\" type=\"t\"/>", ""), NULL,
         ERR_TARGET_SECTION, "declare none"},
        {"in a comment", CONFIG("<!-- " SECTION " -->", ""), NULL, ERR_TARGET_SECTION, NULL},
        {"not the first child",
         "<configuration><a/><configSections>" SECTION "</configSections></configuration>", NULL,
         ERR_TARGET_SECTION, "first child"},
        {"deeper",
         "<configuration><a><configSections>" SECTION "</configSections></a></configuration>", NULL,
         ERR_TARGET_SECTION, NULL},
        {"in something that is no group", CONFIG("<x name=\"ens\">" SECTION "</x>", ""), NULL,
         ERR_TARGET_SECTION, NULL},
        {"without type", CONFIG("\n<section name=\"pinnedCertificates\"/>", ""), NULL,
         ERR_TARGET_SECTION, "line 2: the declaration names no type"},
        {"empty type", CONFIG("<section name=\"pinnedCertificates\" type=\"\"/>", ""), NULL,
         ERR_TARGET_SECTION, "no type"},
        {"for machine.config only",
         CONFIG("<section name=\"pinnedCertificates\" type=\"t\" allowDefinition=\"MachineOnly\"/>",
                ""),
         NULL, ERR_TARGET_SECTION, "allowDefinition"},
        {"taken back", CONFIG(SECTION "\n<remove name=\"pinnedCertificates\"/>", ""), NULL,
         ERR_TARGET_SECTION, "line 2: this takes"},
        {"cleared", CONFIG(GROUPED "<clear/>", ""), NULL, ERR_TARGET_SECTION, "takes"},
        {"a group of a strange name",
         CONFIG("<sectionGroup name=\"a&amp;b\">" SECTION "</sectionGroup>", ""), NULL,
         ERR_TARGET_SECTION, "whose name"},
        {"a group called location",
         CONFIG("<sectionGroup name=\"location\">" SECTION "</sectionGroup>", ""), NULL,
         ERR_TARGET_SECTION, "whose name"},
        {"two", CONFIG(SECTION "\n" GROUPED, ""), NULL, ERR_TARGET_AMBIGUOUS, "lines 1 and 2"},
        {"two, the selector means neither", CONFIG(SECTION GROUPED, ""),
         "configuration/ens/pinnedCertificates", ERR_TARGET_SECTION, "selector"},
        {"a selector by another root", CONFIG(SECTION, ""), "web/pinnedCertificates",
         ERR_TARGET_SECTION, NULL},
        {"self-closed group", CONFIG(GROUPED, "\n<ens/>"), NULL, ERR_TARGET_SECTION,
         "line 2: the group that the pins section belongs in is self-closed"},
        {"a group with attributes", CONFIG(GROUPED, "<ens xmlns=\"urn:x\"></ens>"), NULL,
         ERR_TARGET_SECTION, "attributes"},
        {"a section is there", CONFIG(SECTION, "<pinnedCertificates/>"), NULL, ERR_TARGET_SECTION,
         NULL},
        {"a section elsewhere", CONFIG(SECTION, "<a><pinnedCertificates/></a>"),
         "configuration/pinnedCertificates", ERR_TARGET_SECTION, "selector names no"},
        {"a section below location", CONFIG(SECTION, "<location><pinnedCertificates/></location>"),
         NULL, ERR_TARGET_SECTION, "location"},
        {"a section with a prefix", CONFIG(SECTION, "<p:pinnedCertificates xmlns:p=\"urn:p\"/>"),
         NULL, ERR_TARGET_SECTION, "namespace"},
        {"malformed", "<configuration>", NULL, ERR_TARGET_FORM, NULL},
        {"other root", "<web/>", NULL, ERR_TARGET_FORM, NULL},
        {"doctype", "<!DOCTYPE a>" CONFIG(SECTION, ""), NULL, ERR_TARGET_DOCTYPE, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct webconfig_change change;
        struct err err = {0};
        struct buf file, out;
        webconfig_change_init(&change);
        buf_init(&out, KIT_MAX);
        kit_document(&file, rows[i].document, KIT_UTF8, "\n");
        bool done = webconfig_create_splice(&file, rows[i].section, NULL, 0, &out, &change, &err);
        if (done || err.code != rows[i].code ||
            (rows[i].says != NULL && strstr(err.text, rows[i].says) == NULL))
            fail_msg("%s: %d %s (%s)", rows[i].name, done, err.text, err_reason(err.code));
        assert_int_equal(out.len, 0);
        webconfig_change_release(&change);
        buf_release(&file);
        buf_release(&out);
    }
}

/* The proof's answer to a pair of files and a claim of pin 1. */
static void the_proof_takes_nothing_else(void **state)
{
    (void)state;
#define OLD CONFIG(GROUPED, "\n<a b=\"c\"/>\n")
#define NEW(inserted) CONFIG(GROUPED, "\n<a b=\"c\"/>\n" inserted)
#define PINS "<pinnedCertificates>" ITEM("1") "</pinnedCertificates>"
    static const struct {
        const char *name, *before, *after;
        bool good;
    } rows[] = {
        {"as it should be", OLD, NEW("<ens>\n<b>" PINS "</b>\t</ens>\r\n"), true},
        {"without the groups", OLD, NEW(PINS), false},
        {"in one group too few", OLD, NEW("<ens>" PINS "</ens>"), false},
        {"in one too many", OLD, NEW("<ens><b><c>" PINS "</c></b></ens>"), false},
        {"in groups that were there", CONFIG(GROUPED, "<ens> <b></b></ens>"),
         CONFIG(GROUPED, "<ens> <b>" PINS "</b></ens>"), true},
        {"a byte more before", OLD, CONFIG(GROUPED, "\n<a b=\"cc\"/>\n<ens><b>" PINS "</b></ens>"),
         false},
        {"a space in a tag", OLD, CONFIG(GROUPED, "\n<a  b=\"c\"/>\n<ens><b>" PINS "</b></ens>"),
         false},
        {"a line end more elsewhere", OLD,
         CONFIG(GROUPED, "\n\n<a b=\"c\"/>\n<ens><b>" PINS "</b></ens>"), false},
        {"an element more", OLD, NEW("<ens><b>" PINS "</b></ens><x/>"), false},
        {"a comment more", OLD, NEW("<!-- --><ens><b>" PINS "</b></ens>"), false},
        {"a comment in the group", OLD, NEW("<ens><b><!-- -->" PINS "</b></ens>"), false},
        {"an attribute of the group", OLD, NEW("<ens x=\"y\"><b>" PINS "</b></ens>"), false},
        {"an attribute of the section", OLD,
         NEW("<ens><b><pinnedCertificates x=\"y\">" ITEM("1") "</pinnedCertificates></b></ens>"),
         false},
        {"an odd item", OLD,
         NEW("<ens><b><pinnedCertificates>" ITEM(
             "1") "<pinnedCertificate/></pinnedCertificates></b>"
                  "</ens>"),
         false},
        {"a comment in the section", OLD,
         NEW("<ens><b><pinnedCertificates>" ITEM("1") "<!-- --></pinnedCertificates></b></ens>"),
         false},
        {"another pin", OLD,
         NEW("<ens><b><pinnedCertificates>" ITEM("2") "</pinnedCertificates></b></ens>"), false},
        {"a pin more", OLD,
         NEW("<ens><b><pinnedCertificates>" ITEM("1") ITEM("2") "</pinnedCertificates></b></ens>"),
         false},
        {"the pin twice", OLD,
         NEW("<ens><b><pinnedCertificates>" ITEM("1") ITEM("1") "</pinnedCertificates></b></ens>"),
         false},
        {"no pin", OLD, NEW("<ens><b><pinnedCertificates></pinnedCertificates></b></ens>"), false},
        {"twice", OLD, NEW("<ens><b>" PINS PINS "</b></ens>"), false},
        {"a section before", NEW("<ens><b>" PINS "</b></ens>"),
         NEW("<ens><b>" PINS "</b></ens><pinnedCertificates></pinnedCertificates>"), false},
        {"not declared", CONFIG("", ""), CONFIG("", PINS), false},
        {"declared without type", CONFIG("<section name=\"pinnedCertificates\"/>", ""),
         CONFIG("<section name=\"pinnedCertificates\"/>", PINS), false},
        {"below location", CONFIG(SECTION, "<location></location>"),
         CONFIG(SECTION, "<location>" PINS "</location>"), false},
        {"in a comment", CONFIG(SECTION, "<!-- -->"), CONFIG(SECTION, "<!-- " PINS "-->"), false},
        {"nothing", OLD, OLD, false},
    };
    struct pin pin;
    uint8_t digest[1][32];
    kit_pins("1", &pin, digest);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int form = 0; form < KIT_FORMS; form++)
            for (int fate = WEBCONFIG_CREATED; fate <= WEBCONFIG_UNDONE; fate++) {
                struct webconfig_claim claim = claim_of((enum webconfig_fate)fate, NULL, &pin,
                                                        (const uint8_t(*)[32])digest, 1);
                bool created = fate == WEBCONFIG_CREATED;
                struct err err = {0};
                struct buf without, with;
                kit_document(&without, rows[i].before, (enum kit_form)form, "\n");
                kit_document(&with, rows[i].after, (enum kit_form)form, "\n");
                bool done = webconfig_prove(created ? &without : &with, created ? &with : &without,
                                            &claim, NULL, &err);
                if (done != rows[i].good || (!done && err.code != ERR_PROOF))
                    fail_msg("%s (form %d, fate %d): %s", rows[i].name, form, fate, err.text);
                buf_release(&without);
                buf_release(&with);
            }
    struct webconfig_claim claim = claim_of(WEBCONFIG_CREATED, NULL, &pin, NULL, 1);
    struct err err = {0};
    struct buf without, with;
    kit_document(&without, OLD, KIT_UTF8, "\n");
    kit_document(&with, NEW("<ens><b>" PINS "</b></ens>"), KIT_UTF8, "\n");
    claim.minimum = 2;
    assert_false(webconfig_prove(&without, &with, &claim, NULL, &err));
    assert_int_equal(err.code, ERR_MINIMUM);
    claim.minimum = 1;
    claim.max_bytes = with.len - 1;
    assert_false(webconfig_prove(&without, &with, &claim, NULL, &err));
    assert_int_equal(err.code, ERR_TARGET_SIZE);
    buf_release(&without);
    buf_release(&with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_it_where_it_is_declared),
        cmocka_unit_test(refuses_without_a_declaration_that_holds),
        cmocka_unit_test(the_proof_takes_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
