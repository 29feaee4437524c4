/* SPDX-License-Identifier: MIT */
/* Elements that come and go: exact, cut at their ends, in every encoding. */
#include "applier/plan_lines.h"
#include "tests/unit/plan_kit.h"

#define DOCUMENT                                                                                   \
    PLAN_KIT_HEAD PLAN_KIT_ITEM("1") " <!-- " CANARY " -->\n" PLAN_KIT_ITEM("2U") "\n" PLAN_KIT_TAIL

static void elements_are_cut_whole(void **state)
{
    char upper[] = ARTICLE_PIN_2, expected[2048];

    (void)state;
    for (char *p = upper; *p != '\0'; p++)
        *p = *p >= 'a' ? (char)(*p - 'a' + 'A') : *p;
    for (enum kit_form form = KIT_UTF8; form < KIT_FORMS; form++) {
        struct plan_kit kit;
        struct plan_lines lines;

        plan_kit_init(&kit, DOCUMENT, form, "3", "12", "");
        KIT_MUST(plan_lines_of(&kit.target, &lines, must));
        assert_int_equal(lines.count, 3);
        assert_false(lines.items[0].comes);
        snprintf(expected, sizeof expected, "<pinnedCertificate publicKeyString=\"%s\" />",
                 ARTICLE_PIN_1);
        assert_string_equal(buf_text(&lines.items[0].text), expected);
        snprintf(expected, sizeof expected, "<pinnedCertificate publicKeyString=\"%s\" />", upper);
        assert_string_equal(buf_text(&lines.items[1].text), expected);
        assert_true(lines.items[2].comes);
        assert_int_equal(lines.items[2].row->line, kit.rows[2].line);
        plan_lines_release(&lines);
        plan_kit_release(&kit);
    }
}

static void long_values_are_shortened(void **state)
{
    struct plan_kit kit;
    struct plan_lines lines;
    struct buf text;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "", "1", "");
    KIT_MUST(plan_lines_of(&kit.target, &lines, must));
    buf_init(&text, 4096);
    KIT_MUST(plan_lines_add_short(&lines.items[0], &text, must));
    assert_string_equal(buf_text(&text),
                        "<pinnedCertificate publicKeyString=\"3082010a...770203010001\" />");
    buf_clear(&text);
    buf_clear(&lines.items[0].text);
    KIT_MUST(
        buf_add_text(&lines.items[0].text, "<pinnedCertificate publicKeyString='0aff'/>", must));
    KIT_MUST(plan_lines_add_short(&lines.items[0], &text, must));
    assert_string_equal(buf_text(&text), "<pinnedCertificate publicKeyString='0aff'/>");
    buf_release(&text);
    plan_lines_release(&lines);
    plan_kit_release(&kit);
}

static void white_space_in_a_value_is_shown(void **state)
{
    static const char document[] =
        PLAN_KIT_HEAD "    <pinnedCertificate\n      publicKeyString=\"\t{1}\n\"/>\n" PLAN_KIT_TAIL;
    struct plan_kit kit;
    struct plan_lines lines;
    const char *text;

    (void)state;
    plan_kit_init(&kit, document, KIT_UTF16LE, "", "1", "");
    KIT_MUST(plan_lines_of(&kit.target, &lines, must));
    text = buf_text(&lines.items[0].text);
    assert_ptr_equal(strstr(text, "<pinnedCertificate\\x0d\\x0a      publicKeyString=\"\\x093082"),
                     text);
    assert_string_equal(text + strlen(text) - 13, "01\\x0d\\x0a\"/>");
    plan_lines_release(&lines);
    plan_kit_release(&kit);
}

static void a_row_that_fits_no_item_is_a_fault(void **state)
{
    struct plan_kit kit;
    struct plan_lines lines;
    struct err err = {0};

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "3", "1", "");
    kit.rows[2].line++;
    assert_false(plan_lines_of(&kit.target, &lines, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    kit_no_canary(&err);
    plan_kit_release(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_cut_whole),
        cmocka_unit_test(long_values_are_shortened),
        cmocka_unit_test(white_space_in_a_value_is_shown),
        cmocka_unit_test(a_row_that_fits_no_item_is_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
