/* SPDX-License-Identifier: MIT */
/* A plan as text: its golden form, hostile texts, and what it never holds. */
#include "applier/plan_lines.h"
#include "applier/plan_text.h"
#include "tests/unit/plan_kit.h"
#include "tests/unit/site_kit.h"

#define DOCUMENT                                                                                   \
    PLAN_KIT_HEAD PLAN_KIT_ITEM("1") "\n" PLAN_KIT_ITEM("3") "\n" PLAN_KIT_ITEM(                   \
        "4") "\n" PLAN_KIT_TAIL

static struct buf out;

static const char *shown(const struct plan_kit *kit, const struct bundle *bundle, bool color)
{
    buf_clear(&out);
    KIT_MUST(plan_text(&kit->plan, bundle, color, &out, must));
    assert_null(strstr(buf_text(&out), "c4nary"));
    return buf_text(&out);
}

static void an_undo_has_one_form(void **state)
{
    struct plan_kit kit;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8_BOM, "2", "3", "");
    assert_string_equal(
        shown(&kit, NULL, false),
        "\n/srv/ens/web.config: changes\n"
        "  UTF-8 with byte order mark, line ends CRLF, 1955 -> 1955 bytes\n"
        "  pins 3 -> 3: 2 kept; 1 put back; 1 taken out\n"
        "\n"
        "  -    8  <pinnedCertificate publicKeyString=\"3082010a...770203010001\" />  "
        "172dc565ee121f8d\n"
        "  +    9  <pinnedCertificate publicKeyString=\"3082010a...e70203010001\" />  "
        "e40a3199efed57fd\n"
        "\n"
        "    line  pin                  SHA-256           key\n"
        "       7  kept                 5b6a451320ad344b  RSA-2048\n"
        "  -    8  taken out            172dc565ee121f8d  RSA-2048\n"
        "       9  kept                 69de6b333859c124  RSA-2048\n"
        "  +    9  put back             e40a3199efed57fd  RSA-2048\n");
    plan_kit_release(&kit);
}

static void a_bundle_says_who_and_why(void **state)
{
    struct made made;
    struct bundle *bundle = plan_kit_bundle(&made, "CHG-17\r\n\033[2J<b>done</b>\n");
    struct plan_kit kit;
    const char *text;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF16LE, "2", "3", "4");
    snprintf(kit.rows[1].reason, sizeof kit.rows[1].reason, "rotated \033]0;owned\a");
    kit.rows[3].has_validity = true;
    kit.rows[3].valid_from = MADE_NOW - 400 * WHEN_DAY;
    kit.rows[3].valid_to = MADE_NOW + 30 * WHEN_DAY;
    text = shown(&kit, bundle, false);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    assert_ptr_equal(strstr(text, "bundle 5 of epoch 1 for keys.example\n"
                                  "valid   2026-09-21 13:13:20 UTC until 2026-10-21 14:13:20 UTC\n"
                                  "signed  2026-09-21 14:12:20 UTC by key-1\n"
                                  "signed  2026-09-21 14:12:50 UTC by key-2\n"
                                  "notes:\n  | CHG-17\n  | \\x1b[2J<b>done</b>\n\n"),
                     text);
    assert_non_null(strstr(text, "RSA-2048, reason: rotated \\x1b]0;owned\\x07\n"));
    assert_non_null(strstr(text, "RSA-2048, valid 2025-08-17 to 2026-10-21\n"));
    assert_non_null(strstr(text, "1 kept; 1 kept, not in bundle; 1 added; 1 retired\n"));
    assert_non_null(strstr(text, "UTF-16 LE"));
    assert_non_null(strstr(text, "\nplan digest abababab"));
    plan_kit_release(&kit);
    bundle_free(bundle);
    made_release(&made);
}

static void colours_come_only_when_asked_for(void **state)
{
    struct plan_kit kit;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    assert_null(strchr(shown(&kit, NULL, false), '\033'));
    assert_non_null(strstr(shown(&kit, NULL, true), "\033[31m  -    8  <pinned"));
    assert_non_null(strstr(shown(&kit, NULL, true), "\033[32m  +    9  <pinned"));
    plan_kit_release(&kit);
}

static void nothing_to_do_says_so(void **state)
{
    struct plan_kit kit;
    const char *text;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "1", "", "");
    memset(kit.plan.digest, 0, sizeof kit.plan.digest);
    text = shown(&kit, NULL, false);
    assert_non_null(strstr(text, "/srv/ens/web.config: needs no change\n"));
    assert_null(strstr(text, "pinnedCertificate"));
    assert_null(strstr(text, "SHA-256"));
    assert_null(strstr(text, "plan digest"));
    plan_kit_release(&kit);
}

static void a_path_cannot_steer_the_terminal(void **state)
{
    struct plan_kit kit;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "", "");
    snprintf(kit.path, sizeof kit.path, "/srv/\033[2J\n/web.config");
    assert_non_null(strstr(shown(&kit, NULL, false), "/srv/\\x1b[2J\\x0a/web.config: changes\n"));
    plan_kit_release(&kit);
}

static void a_full_buffer_is_an_error(void **state)
{
    struct plan_kit kit;
    struct buf small;
    struct err err = {0};

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    (void)shown(&kit, NULL, false);
    for (size_t max = 0; max < out.len; max += 7) {
        buf_init(&small, max);
        assert_false(plan_text(&kit.plan, NULL, false, &small, &err));
        assert_int_equal(err.code, ERR_IO_LIMIT);
        buf_release(&small);
    }
    plan_kit_release(&kit);
}

static void a_plan_of_a_real_target_is_shown(void **state)
{
    struct bundle *bundle = site_kit_bundle("145", "26");
    struct plan_lines lines;
    struct site *site;
    struct plan *plan;
    struct err err = {0};

    (void)state;
    site_kit_target("a", "123");
    site = site_kit_site("a", NULL);
    plan = plan_bundle(bundle, site, NULL, &err);
    assert_non_null(plan);
    buf_clear(&out);
    KIT_MUST(plan_text(plan, bundle, false, &out, must));
    assert_null(strstr(buf_text(&out), "c4nary"));
    assert_non_null(strstr(buf_text(&out), "1 kept; 1 kept, not in bundle; 2 added; 1 retired\n"));
    assert_non_null(strstr(buf_text(&out), ", reason: " SITE_KIT_REASON "\n"));
    KIT_MUST(plan_lines_of(&plan->targets[0], &lines, must));
    assert_int_equal(lines.count, 3);
    plan_lines_release(&lines);
    plan_free(plan);
    site_free(site);
    bundle_free(bundle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_undo_has_one_form),
        cmocka_unit_test(a_bundle_says_who_and_why),
        cmocka_unit_test(colours_come_only_when_asked_for),
        cmocka_unit_test(nothing_to_do_says_so),
        cmocka_unit_test(a_path_cannot_steer_the_terminal),
        cmocka_unit_test(a_full_buffer_is_an_error),
        cmocka_unit_test(a_plan_of_a_real_target_is_shown),
    };
    int failed;

    buf_init(&out, PLAN_TEXT_MAX);
    failed = cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
    buf_release(&out);
    return failed;
}
