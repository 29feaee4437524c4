/* SPDX-License-Identifier: MIT */
/* Selectors that messages show: each selects the element that it was made of, and no other. */
#include "applier/webconfig_path.h"
#include "tests/unit/webconfig_kit.h"

#define P "<pinnedCertificates/>"
#define DEEPEST WEBCONFIG_DEPTH_MAX /* elements above a section that make it one too deep */

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

/* However deep the sections stand, what is suggested for each can be typed; deeper is no file. */
static void each_depth_can_be_typed(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "location", "pinnedCertificates"};
    for (int below = 1; below <= DEEPEST; below++) {
        const char *name = names[below % 3];
        struct webconfig *webconfig = NULL;
        struct webconfig_outline outline;
        struct webconfig_selector selector;
        struct webconfig_text text;
        struct err err = {0};
        struct buf file, path;
        buf_init(&file, KIT_MAX);
        buf_init(&path, WEBCONFIG_PATH_MAX);
        KIT_MUST(buf_add_text(&file, "<configuration>", must));
        for (int i = 1; i < below; i++)
            KIT_MUST(buf_printf(&file, must, "<%s/><%s>", name, name));
        KIT_MUST(buf_add_text(&file, P P, must));
        for (int i = 1; i < below; i++)
            KIT_MUST(buf_printf(&file, must, "</%s>", name));
        KIT_MUST(buf_add_text(&file, "</configuration>", must));
        KIT_MUST(webconfig_text_open(&text, &file, must));
        KIT_MUST(webconfig_selector_parse(&selector, NULL, must));
        if (below == DEEPEST) {
            assert_false(webconfig_outline_read(&outline, &text, &selector, &err));
            assert_int_equal(err.code, ERR_TARGET_FORM);
        } else {
            size_t start = text.len - strlen("</configuration>") - strlen(P);
            start -= (size_t)(below - 1) * (strlen(name) + 3);
            KIT_MUST(webconfig_path_add(&text, start, &path, must));
            KIT_MUST(webconfig_outline_read(&outline, &text, &selector, must));
            webconfig_outline_source_release(&outline);
            if (!webconfig_scan(&file, buf_text(&path), &webconfig, &err))
                fail_msg("%d below: %s", below, err.text);
            assert_int_equal(webconfig->start_tag.start, start);
        }
        webconfig_free(webconfig);
        buf_release(&file);
        buf_release(&path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_selects_its_own),
        cmocka_unit_test(each_depth_can_be_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
