/* SPDX-License-Identifier: MIT */
/* Selectors that messages show: each selects the element that it was made of, and no other. */
#include "applier/webconfig_path.h"
#include "tests/unit/webconfig_kit.h"

#define P "<pinnedCertificates/>"

static void each_selects_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *document, *want; /* selectors of all sections, joined by " " */
    } rows[] = {
        {P, "pinnedCertificates"},
        {"<configuration>" P "</configuration>", "configuration/pinnedCertificates"},
        {"<configuration>" P P "</configuration>",
         "configuration/pinnedCertificates[1] configuration/pinnedCertificates[2]"},
        {"<configuration><a>" P "</a></configuration>", "configuration/*/pinnedCertificates"},
        {"<configuration><a/><!-- <b> --><a>" P "</a><b><c></c>" P "</b></configuration>",
         "configuration/*[2]/pinnedCertificates configuration/*[3]/pinnedCertificates"},
        {"<configuration><location><a><location/></a></location><location>" P
         "<b/></location><c/></configuration>",
         "configuration/location[2]/pinnedCertificates"},
        {"<configuration><a><b><c/><d>" P "</d></b></a><a><b><c/><d>" P
         "</d></b></a></configuration>",
         "configuration/*[1]/*/*[2]/pinnedCertificates configuration/*[2]/*/*[2]/"
         "pinnedCertificates"},
        {"<configuration><pinnedCertificates>" P P "</pinnedCertificates></configuration>",
         "configuration/pinnedCertificates configuration/pinnedCertificates/pinnedCertificates[1] "
         "configuration/pinnedCertificates/pinnedCertificates[2]"},
        {"<?xml version='1.0'?><!-- --><\xc3\xa9><?x <a>?><![CDATA[<b>]]>" P "</\xc3\xa9>",
         "*/pinnedCertificates"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int form = 0; form < KIT_FORMS; form++) {
            struct webconfig_outline outline;
            struct webconfig_selector selector;
            struct webconfig_text text;
            struct buf file, all, one;
            buf_init(&all, KIT_MAX);
            buf_init(&one, WEBCONFIG_PATH_MAX);
            kit_document(&file, rows[i].document, (enum kit_form)form, "\n");
            KIT_MUST(webconfig_selector_parse(&selector, NULL, must));
            KIT_MUST(webconfig_text_open(&text, &file, must));
            KIT_MUST(webconfig_outline_read(&outline, &text, &selector, must));
            for (size_t k = 0; k < outline.total; k++) {
                struct webconfig_outline again;
                buf_clear(&one);
                KIT_MUST(webconfig_path_add(&text, outline.places[k], &one, must));
                KIT_MUST(buf_printf(&all, must, "%s%s", k > 0 ? " " : "", buf_text(&one)));
                KIT_MUST(webconfig_selector_parse(&selector, buf_text(&one), must));
                KIT_MUST(webconfig_outline_read(&again, &text, &selector, must));
                assert_int_equal(again.section_count, 1);
                assert_int_equal(again.section.start_tag.start, outline.places[k]);
                webconfig_outline_source_release(&again);
            }
            assert_string_equal(buf_text(&all), rows[i].want);
            webconfig_outline_source_release(&outline);
            buf_release(&file);
            buf_release(&all);
            buf_release(&one);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_selects_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
