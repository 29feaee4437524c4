/* SPDX-License-Identifier: MIT */
/* Words and warnings of a plan. */
#include "applier/plan_words.h"
#include "tests/unit/plan_kit.h"

#define DOCUMENT                                                                                   \
    PLAN_KIT_HEAD PLAN_KIT_ITEM("1") "\n" PLAN_KIT_ITEM("3") "\n" PLAN_KIT_ITEM(                   \
        "4") "\n" PLAN_KIT_TAIL

static struct buf said;
static size_t said_count;

static void take(void *ctx, const char *text)
{
    assert_ptr_equal(ctx, &said);
    said_count++;
    KIT_MUST(buf_add_text(&said, text, must));
    KIT_MUST(buf_add_text(&said, "\n", must));
}

static const char *warned(const struct plan_kit *kit, const struct bundle *bundle)
{
    buf_clear(&said);
    said_count = 0;
    KIT_MUST(plan_words_warnings(&kit->plan, bundle, take, &said, must));
    return buf_text(&said);
}

static void few_pins_warn_without_a_minimum(void **state)
{
    struct plan_kit kit;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    assert_string_equal(
        warned(&kit, NULL),
        "/srv/ens/web.config: 3 pins afterwards, and neither site nor bundle sets a "
        "minimum; the vendor's article expects at least 8\n");
    kit.plan.minimum = 2;
    assert_string_equal(warned(&kit, NULL), "");
    kit.plan.minimum = 0;
    kit.target.report.new_count = 8;
    assert_string_equal(warned(&kit, NULL), "");
    plan_kit_release(&kit);
}

static void unlisted_pins_are_named_by_line(void **state)
{
    struct made made;
    struct bundle *bundle = plan_kit_bundle(&made, NULL);
    struct plan_kit kit;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "", "14");
    kit.plan.minimum = 1;
    assert_string_equal(warned(&kit, bundle), "/srv/ens/web.config: 2 pins that the bundle does "
                                              "not name stay (lines 7, 9)\n");
    kit.rows[0].fate = PLAN_KEPT;
    assert_string_equal(warned(&kit, bundle), "/srv/ens/web.config: 1 pin that the bundle does "
                                              "not name stays (line 9)\n");
    kit.rows[2].is_pin = false;
    assert_string_equal(warned(&kit, bundle), "");
    kit.rows[2].is_pin = true;
    for (size_t i = 0; i < 9; i++) {
        *plan_kit_row(&kit, PLAN_UNLISTED, 20 + i, &kit.rows[0].pin) = kit.rows[2];
        kit.rows[kit.target.row_count - 1].line = 20 + i;
    }
    assert_non_null(strstr(warned(&kit, bundle), "10 pins"));
    assert_non_null(strstr(warned(&kit, bundle), "stay (lines 9, 20-28)\n"));
    for (size_t i = 4; i < kit.target.row_count; i++) {
        kit.rows[i].line = 10 * i;
    }
    assert_non_null(strstr(warned(&kit, bundle), "(lines 9, 40, 50, 60, 70, 80, ...)\n"));
    plan_kit_release(&kit);
    bundle_free(bundle);
    made_release(&made);
}

static void odd_items_and_a_large_file_warn(void **state)
{
    struct plan_kit kit;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    kit.plan.minimum = 3;
    kit.target.odd_space = true;
    kit.target.report.others = 2;
    kit.plan.max_bytes = kit.target.new_bytes.len + 10;
    snprintf(kit.path, sizeof kit.path, "/a\nb");
    (void)warned(&kit, NULL);
    assert_int_equal(said_count, 3);
    assert_non_null(strstr(buf_text(&said), "/a\\x0ab: white space in the value"));
    assert_non_null(strstr(buf_text(&said), "2 items hold no valid key and stay as they are\n"));
    assert_non_null(strstr(buf_text(&said), "IIS refuses a larger file\n"));
    plan_kit_release(&kit);
}

static void words_are_fixed(void **state)
{
    struct plan_row row = {.fate = PLAN_KEPT};
    char key[PIN_TYPE_TEXT_SIZE], digits[PLAN_WORDS_SHORT_SIZE], span[PLAN_WORDS_VALIDITY_SIZE];

    (void)state;
    assert_string_equal(plan_words_fate(PLAN_REMOVED, NULL), "taken out");
    assert_string_equal(plan_words_key(&row, key), "no valid key");
    assert_string_equal(plan_words_short(&row, digits), "-");
    assert_string_equal(plan_words_validity(&row, span), "");
    row.has_validity = true;
    row.valid_from = WHEN_KEY_MIN;
    row.valid_to = WHEN_KEY_MAX;
    assert_string_equal(plan_words_validity(&row, span), "1950-01-01 to 9999-12-31");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_pins_warn_without_a_minimum),
        cmocka_unit_test(unlisted_pins_are_named_by_line),
        cmocka_unit_test(odd_items_and_a_large_file_warn),
        cmocka_unit_test(words_are_fixed),
    };
    int failed;

    buf_init(&said, 65536);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_release(&said);
    return failed;
}
