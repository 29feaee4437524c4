/* SPDX-License-Identifier: MIT */
/* The plan of an undo: its rows name the lines where items really come back. */
#include "applier/plan_text.h"
#include "applier/plan_undo.h"
#include "tests/unit/apply_kit.h"

static struct err err;

static int empty(void **state)
{
    err = (struct err){0};
    return site_kit_empty(state);
}

/* Item 1 of "1234" goes and 5 comes; the record puts 1 back first, a splice would put it last. */
static void an_item_comes_back_where_it_stood(void **state)
{
    struct apply_kit kit;
    struct run *run;
    struct plan *plan;
    const struct plan_target *t;
    struct buf text;

    (void)state;
    apply_kit_init(&kit, "1234", NULL);
    apply_kit_plan(&kit, 5, "5", "1");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    run = run_record(kit.state, 0, &err);
    assert_non_null(run);
    plan = plan_undo(run, kit.state->dir, kit.site, true, false, &kit.secret, &err);
    assert_non_null(plan);
    t = &plan->targets[0];
    assert_int_equal(t->row_count, 5);
    assert_int_equal(t->rows[3].fate, PLAN_REMOVED);
    assert_int_equal(t->rows[3].line, 10);
    assert_int_equal(t->rows[4].fate, PLAN_ADDED);
    assert_int_equal(t->rows[4].line, 7);
    assert_true(t->rows[4].is_pin);
    buf_init(&text, PLAN_TEXT_MAX);
    KIT_MUST(plan_text(plan, NULL, false, &text, must));
    assert_non_null(strstr(buf_text(&text), "  +    7  <pinnedCertificate "));
    buf_release(&text);
    plan_free(plan);
    run_free(run);
    apply_kit_release(&kit);
}

/* The journal may be read from another folder than the one where the run began. */
static void staging_is_named_in_full(void **state)
{
    struct apply_kit kit;
    struct run *run;
    struct plan *plan;
    char before[1024];

    (void)state;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    run = run_record(kit.state, 0, &err);
    assert_non_null(run);
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch_dir), 0);
    plan = plan_undo(run, "state", NULL, false, false, &kit.secret, &err);
    assert_int_equal(chdir(before), 0);
    assert_non_null(plan);
    assert_int_equal(plan->targets[0].staging[0], '/');
    plan_free(plan);
    run_free(run);
    apply_kit_release(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_item_comes_back_where_it_stood, empty),
        cmocka_unit_test_setup(staging_is_named_in_full, empty),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
