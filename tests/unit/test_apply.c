/* SPDX-License-Identifier: MIT */
/* What an apply leaves behind, what it refuses, and how it is undone. */
#include "applier/record.h"
#include "tests/unit/apply_kit.h"

static struct err err;

static void applies_and_leaves_records(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "2");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_true(kit.result.written && kit.result.changed);
    assert_int_equal(kit.result.run, 1);
    assert_true(apply_kit_holds("a", "13"));
    assert_int_equal(kit.state->last.sequence, 5);
    assert_int_equal(kit.state->floor, MADE_NOW - 60);
    assert_int_equal(kit.state->unchecked, 1);
    assert_int_equal(kit.state->receipts, 1);
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    assert_int_equal(apply_kit_count("state/" STATE_RUNS), 1);
    assert_int_equal(apply_kit_count("state/" STATE_BACKUPS), 1);
    assert_int_equal(apply_kit_count("www"), 1);
    assert_true(
        apply_kit_says("state/" STATE_LOG, "INFO New Certificate Added Successfully: sha256="));
    assert_true(apply_kit_says("state/" STATE_LOG, "INFO Certificate removed: sha256="));
    assert_true(
        apply_kit_says("state/receipts/000001.xml", "action=\"apply\" outcome=\"changed\""));
    assert_true(apply_kit_says("state/receipts/000001.xml", "note=\"CHG-1\""));
    assert_false(apply_kit_says("state/runs/000001.xml", CANARY));
    assert_false(apply_kit_says("state/" STATE_LOG, CANARY));
    assert_true(apply_kit_says("state/backups/000001-1.config", CANARY));
    apply_kit_release(&kit);
}

/* All files of the state with their times, as one text. */
static void remember(struct buf *out)
{
    char command[1100];
    FILE *pipe;
    char line[512];

    buf_init(out, LIMIT_STATE_BYTES);
    snprintf(command, sizeof command, "find %s -printf '%%p %%s %%T@ %%i\\n' | sort", scratch(""));
    pipe = popen(command, "r");
    assert_non_null(pipe);
    while (fgets(line, sizeof line, pipe) != NULL) {
        KIT_MUST(buf_add_text(out, line, must));
    }
    pclose(pipe);
    assert_true(out->len > 100);
}

static void writes_nothing_when_nothing_is_to_do(void **unused)
{
    struct apply_kit kit;
    struct buf before, after;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    apply_kit_plan(&kit, 5, "13", "");
    remember(&before);
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    remember(&after);
    assert_false(kit.result.written);
    assert_string_equal(buf_text(&before), buf_text(&after));
    buf_release(&before);
    buf_release(&after);
    apply_kit_release(&kit);
}

static void accepts_a_sequence_that_changes_nothing(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 7, "1", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_true(kit.result.written);
    assert_false(kit.result.changed);
    assert_int_equal(kit.state->last.sequence, 7);
    assert_int_equal(kit.state->unchecked, 0);
    assert_int_equal(apply_kit_count("state/" STATE_RUNS), 0);
    assert_int_equal(apply_kit_count("state/" STATE_BACKUPS), 0);
    assert_true(apply_kit_says("state/receipts/000001.xml", "outcome=\"unchanged\""));
    assert_true(apply_kit_holds("a", "12"));
    apply_kit_release(&kit);
}

static void write_text(const char *name, const char *text)
{
    KIT_MUST(fsio_replace(scratch(name), text, strlen(text), 0640, must));
}

static void a_staging_folder_of_others_is_not_used(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    for (int i = 0; i < 2; i++) {
        scratch_empty(scratch_dir);
        apply_kit_init(&kit, "12", NULL);
        KIT_MUST(fsio_make_dir(scratch("open"), 0700, must));
        free(kit.site->targets[0].staging);
        kit.site->targets[0].staging = strdup(scratch("open"));
        apply_kit_plan(&kit, 5, "13", "");
        assert_int_equal(chmod(scratch("open"), i == 0 ? 0777 : 0755), 0);
        assert_int_equal(apply_kit_apply(&kit, &err), ERR_STATE_ACCESS);
        assert_true(apply_kit_holds("a", "12"));
        assert_false(kit.state->has_last);
        assert_int_equal(apply_kit_count("open"), 0);
        apply_kit_release(&kit);
    }
}

static void another_writer_s_bytes_stay(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    site_kit_target("a", "4");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_CHANGED);
    assert_true(apply_kit_holds("a", "4"));
    assert_int_equal(kit.state->last.sequence, 5);
    assert_int_equal(kit.state->unchecked, 0);
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    assert_int_equal(apply_kit_count("state/" STATE_RUNS), 0);
    assert_true(apply_kit_says("state/receipts/000001.xml",
                               "outcome=\"refused\" reason=\"changed.target\""));
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_true(apply_kit_holds("a", "413") || apply_kit_holds("a", "431"));
    apply_kit_release(&kit);
}

/* The windows are looked at once more before anything is written. */
static void a_window_that_closed_stops_it(void **unused)
{
    struct apply_kit kit;
    struct apply_who who = {.operator= "tester", .outside = "silent phones"};

    (void)unused;
    apply_kit_init(&kit, "12", "1");
    apply_kit_plan(&kit, 5, "13", "");
    assert_true(zone_parse(&kit.site->windows.zone, "UTC"));
    kit.site->windows.items[0] = (struct window){.date = 1, .minutes = 1};
    kit.site->windows.count = 1;
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_WINDOW);
    assert_true(apply_kit_holds("a", "12"));
    assert_false(kit.state->has_last);
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    KIT_MUST(apply_bundle(kit.state, kit.bundle, kit.site, kit.plan, &who, &kit.result, must));
    assert_true(apply_kit_holds("a", "123"));
    assert_true(apply_kit_says("state/receipts/000001.xml", RECORD_OUTSIDE_WINDOW
                               "\" critical=\"false\" value=\"silent phones\""));
    apply_kit_release(&kit);
}

static void half_done_is_said_and_left(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", "1");
    apply_kit_plan(&kit, 5, "13", "");
    write_text("www/b", "<configuration/>");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_UNFINISHED);
    assert_non_null(strstr(err.text, "1 of 2 files"));
    assert_true(apply_kit_holds("a", "123"));
    apply_kit_crash(&kit);
    assert_false(recover_run(kit.state, false, NULL, &report, &err));
    assert_int_equal(err.code, ERR_UNFINISHED);
    assert_true(apply_kit_says("www/b", "<configuration/>"));
    KIT_MUST(recover_run(kit.state, true, NULL, &report, must));
    assert_int_equal(report.outcome, RECOVER_ACCEPTED);
    assert_true(apply_kit_says("www/b", "<configuration/>"));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    assert_int_equal(apply_kit_count("state/" STATE_RUNS), 1);
    apply_kit_release(&kit);
}

/* Plans the undoing of a run (0: the newest) and carries it out. */
static enum err_code undo(struct apply_kit *kit, uint64_t number, bool force)
{
    struct run *run;
    struct plan *plan;

    err = (struct err){0};
    apply_kit_forget(kit);
    run = run_record(kit->state, number, &err);
    plan = run == NULL
               ? NULL
               : plan_undo(run, kit->state->dir, kit->site, force, false, &kit->secret, &err);
    if (plan != NULL) {
        KIT_MUST(apply_undo(kit->state, run, kit->site, plan, &apply_kit_who, ERR_NONE,
                            &kit->result, must));
    }
    kit_no_canary(&err);
    plan_free(plan);
    run_free(run);
    return err.code;
}

static void a_rollback_gives_the_old_bytes(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", "4");
    apply_kit_plan(&kit, 5, "134", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_int_equal(undo(&kit, 0, false), ERR_NONE);
    assert_true(apply_kit_holds("a", "12"));
    assert_true(apply_kit_holds("b", "4"));
    assert_true(kit.state->held);
    assert_int_equal(kit.state->hold.sequence, 5);
    assert_int_equal(kit.state->last.sequence, 5);
    assert_true(
        apply_kit_says("state/receipts/000002.xml", "action=\"rollback\" outcome=\"changed\""));
    assert_int_equal(undo(&kit, 0, false), ERR_UNFIT);
    assert_int_equal(undo(&kit, 9, false), ERR_UNFIT);
    /* by name it comes back, and the hold is gone */
    apply_kit_plan(&kit, 5, "134", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_false(kit.state->held);
    assert_true(apply_kit_holds("a", "1234"));
    apply_kit_release(&kit);
}

static void an_older_rollback_keeps_the_newest_held(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    apply_kit_plan(&kit, 6, "134", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_int_equal(undo(&kit, 0, false), ERR_NONE);
    /* once more, as after a kill at its very last call: not a second run by the way */
    assert_int_equal(undo(&kit, 0, false), ERR_UNFIT);
    assert_non_null(strstr(err.text, "run 3 was a rollback"));
    assert_non_null(strstr(err.text, "applier rollback 1"));
    assert_true(apply_kit_holds("a", "123"));
    assert_int_equal(undo(&kit, 1, false), ERR_NONE);
    assert_true(apply_kit_holds("a", "12"));
    /* else `apply` without a bundle would bring back what was rolled back first */
    assert_true(kit.state->held);
    assert_int_equal(kit.state->hold.sequence, 6);
    apply_kit_release(&kit);
}

static void a_held_bundle_without_work_is_let_go(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_int_equal(undo(&kit, 1, false), ERR_NONE);
    site_kit_target("a", "123");
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_true(kit.result.written);
    assert_false(kit.state->held);
    apply_kit_release(&kit);
}

/* Puts a comment above the root, so that only bytes outside the section differ. */
static void edit_outside(const char *name)
{
    struct buf old, edited;

    apply_kit_read(name, &old);
    buf_init(&edited, LIMIT_TARGET_BYTES);
    KIT_MUST(buf_add(&edited, old.data, old.len, must) &&
             buf_add_text(&edited, "<!-- edited -->\n", must));
    KIT_MUST(fsio_replace(scratch(name), edited.data, edited.len, 0640, must));
    buf_release(&old);
    buf_release(&edited);
}

static void a_rollback_after_an_edit_keeps_the_edit(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    edit_outside("www/a");
    assert_int_equal(undo(&kit, 0, false), ERR_NONE);
    assert_true(apply_kit_says("www/a", "<!-- edited -->"));
    assert_false(apply_kit_holds("a", "12"));
    site_kit_target("b", "12");
    edit_outside("www/b");
    {
        struct buf a, b;

        apply_kit_read("www/a", &a);
        apply_kit_read("www/b", &b);
        assert_true(buf_equal(&a, &b));
        buf_release(&a);
        buf_release(&b);
    }
    apply_kit_release(&kit);
}

static void a_rollback_over_changed_pins_needs_force(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    site_kit_target("a", "1234");
    assert_int_equal(undo(&kit, 0, false), ERR_ROLLBACK_PINS);
    assert_true(apply_kit_holds("a", "1234"));
    assert_int_equal(undo(&kit, 0, true), ERR_NONE);
    assert_true(apply_kit_holds("a", "124"));
    apply_kit_release(&kit);
}

static void a_retired_key_comes_back_by_force_only(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "1", "2");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_true(apply_kit_holds("a", "1"));
    assert_int_equal(undo(&kit, 0, false), ERR_ROLLBACK_PINS);
    assert_true(apply_kit_holds("a", "1"));
    assert_int_equal(undo(&kit, 0, true), ERR_NONE);
    assert_true(apply_kit_holds("a", "12"));
    apply_kit_release(&kit);
}

static void check_with(struct apply_kit *kit, const char *program, const char *argument)
{
    kit->site->check[0] = strdup(program);
    kit->site->check[1] = argument == NULL ? NULL : strdup(argument);
    kit->site->check_seconds = 30;
    err = (struct err){0};
    bool done = apply_check(kit->state, kit->site, &apply_kit_who, &err);
    assert_int_equal(done, err.code == ERR_NONE);
    free(kit->site->check[0]);
    free(kit->site->check[1]);
    kit->site->check[0] = kit->site->check[1] = NULL;
}

static void a_check_that_passes_is_asked_once(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    check_with(&kit, "/bin/true", NULL);
    assert_int_equal(err.code, ERR_NONE);
    assert_int_equal(kit.state->unchecked, 0);
    check_with(&kit, "/bin/false", NULL);
    assert_int_equal(err.code, ERR_NONE);
    assert_true(apply_kit_holds("a", "123"));
    apply_kit_release(&kit);
}

static void a_check_that_fails_brings_all_back(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "124", "2"); /* the retired one stands in the middle */
    apply_kit_plan(&kit, 5, "13", "2");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    apply_kit_crash(&kit); /* also by the next process */
    check_with(&kit, "/bin/false", NULL);
    assert_int_equal(err.code, ERR_CHECK_FAILED);
    assert_true(apply_kit_holds("a", "124"));
    assert_true(apply_kit_holds("b", "2"));
    assert_true(kit.state->held);
    assert_int_equal(kit.state->unchecked, 0);
    assert_true(apply_kit_says("state/receipts/000002.xml",
                               "outcome=\"rolled-back\" reason=\"check.failed\""));
    apply_kit_release(&kit);
}

static void an_older_undo_leaves_the_newest_check_to_do(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    apply_kit_plan(&kit, 6, "134", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_int_equal(kit.state->unchecked, 2);
    assert_int_equal(undo(&kit, 1, true), ERR_NONE);
    assert_int_equal(kit.state->unchecked, 2);
    assert_int_equal(undo(&kit, 2, true), ERR_NONE);
    assert_int_equal(kit.state->unchecked, 0);
    apply_kit_release(&kit);
}

static void staging_is_where_the_site_says(void **unused)
{
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    KIT_MUST(fsio_make_dir(scratch("other"), 0700, must));
    free(kit.site->targets[0].staging);
    kit.site->targets[0].staging = strdup(scratch("other"));
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_int_equal(undo(&kit, 0, false), ERR_NONE);
    for (uint64_t n = 1; n <= 2; n++) {
        KIT_MUST((run = run_record(kit.state, n, must)) != NULL);
        assert_memory_equal(run->targets[0].staged, scratch("other/"), strlen(scratch("other/")));
        run_free(run);
    }
    apply_kit_release(&kit);
}

static void a_check_that_cannot_start_has_failed(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    apply_kit_plan(&kit, 5, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    check_with(&kit, "/nowhere/check", NULL);
    assert_int_equal(err.code, ERR_CHECK_FAILED);
    assert_true(apply_kit_holds("a", "12"));
    apply_kit_release(&kit);
}

static void backups_of_five_runs_are_kept(void **unused)
{
    static const char *const pins[] = {"1", "13", "134", "1345", "13456", "134567", "1345678"};
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "2", "29");
    for (unsigned i = 0; i < 7; i++) {
        apply_kit_plan(&kit, 5 + i, pins[i], "");
        assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    }
    assert_int_equal(apply_kit_count("state/" STATE_BACKUPS), 2 * CARRY_BACKUPS);
    assert_int_equal(apply_kit_count("state/" STATE_RUNS), 7);
    assert_int_equal(access(scratch("state/backups/000002-1.config"), F_OK), -1);
    assert_int_equal(access(scratch("state/backups/000003-2.config"), F_OK), 0);
    apply_kit_release(&kit);
}

static void a_full_log_makes_way(void **unused)
{
    static char big[RECORD_LOG_BYTES];
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "2", NULL);
    memset(big, 'x', sizeof big);
    KIT_MUST(fsio_replace(scratch("state/" STATE_LOG), big, sizeof big, 0600, must));
    KIT_MUST(record_log(kit.state, RECORD_INFO, must, "a\nb \x1b[31m"));
    assert_true(apply_kit_says("state/" STATE_LOG, "INFO a\\x0ab \\x1b[31m\n"));
    assert_int_equal(access(scratch("state/" STATE_LOG ".1"), F_OK), 0);
    apply_kit_release(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(applies_and_leaves_records, site_kit_empty),
        cmocka_unit_test_setup(writes_nothing_when_nothing_is_to_do, site_kit_empty),
        cmocka_unit_test_setup(accepts_a_sequence_that_changes_nothing, site_kit_empty),
        cmocka_unit_test_setup(a_staging_folder_of_others_is_not_used, site_kit_empty),
        cmocka_unit_test_setup(another_writer_s_bytes_stay, site_kit_empty),
        cmocka_unit_test_setup(a_window_that_closed_stops_it, site_kit_empty),
        cmocka_unit_test_setup(half_done_is_said_and_left, site_kit_empty),
        cmocka_unit_test_setup(a_rollback_gives_the_old_bytes, site_kit_empty),
        cmocka_unit_test_setup(an_older_rollback_keeps_the_newest_held, site_kit_empty),
        cmocka_unit_test_setup(a_held_bundle_without_work_is_let_go, site_kit_empty),
        cmocka_unit_test_setup(a_rollback_after_an_edit_keeps_the_edit, site_kit_empty),
        cmocka_unit_test_setup(a_rollback_over_changed_pins_needs_force, site_kit_empty),
        cmocka_unit_test_setup(a_retired_key_comes_back_by_force_only, site_kit_empty),
        cmocka_unit_test_setup(a_check_that_passes_is_asked_once, site_kit_empty),
        cmocka_unit_test_setup(a_check_that_fails_brings_all_back, site_kit_empty),
        cmocka_unit_test_setup(an_older_undo_leaves_the_newest_check_to_do, site_kit_empty),
        cmocka_unit_test_setup(staging_is_where_the_site_says, site_kit_empty),
        cmocka_unit_test_setup(a_check_that_cannot_start_has_failed, site_kit_empty),
        cmocka_unit_test_setup(backups_of_five_runs_are_kept, site_kit_empty),
        cmocka_unit_test_setup(a_full_log_makes_way, site_kit_empty),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
