/* SPDX-License-Identifier: MIT */
/* A run cut off behind each of its steps: every file is the old or the new one, and the next run
 * says what happened. */
#include "applier/record.h"
#include "tests/unit/apply_kit.h"

static struct err err;

/* Two targets, planned to get pin 3 and to lose pin 2. */
static void begin(struct apply_kit *kit)
{
    err = (struct err){0};
    apply_kit_init(kit, "12", "2");
    apply_kit_plan(kit, 5, "13", "2");
}

static bool recover(struct apply_kit *kit, bool accept, struct recover_report *report)
{
    bool done;

    err = (struct err){0};
    apply_kit_crash(kit);
    done = recover_run(kit->state, accept, NULL, report, &err);
    kit_no_canary(&err);
    return done;
}

static void assert_settled(struct apply_kit *kit, enum recover_outcome outcome)
{
    struct recover_report report;

    if (!recover(kit, false, &report))
        fail_msg("%s", err.text);
    assert_int_equal(report.outcome, outcome);
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    assert_int_equal(kit->state->last.sequence, 5);
    assert_int_equal(kit->state->receipts, 1);
    KIT_MUST(recover_run(kit->state, false, NULL, &report, must));
    assert_int_equal(report.outcome, RECOVER_NOTHING);
}

static void before_the_state_was_raised(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    run_free(apply_kit_begin(&kit));
    assert_int_equal(kit.state->runs, 0);
    assert_settled(&kit, RECOVER_UNCHANGED);
    assert_true(apply_kit_holds("a", "12"));
    assert_true(apply_kit_holds("b", "2"));
    assert_int_equal(kit.state->runs, 1);
    assert_int_equal(kit.state->unchecked, 0);
    assert_int_equal(apply_kit_count("state/" STATE_RUNS), 0);
    assert_true(
        apply_kit_says("state/receipts/000001.xml", "action=\"recover\" outcome=\"unchanged\""));
    /* the same sequence comes again */
    apply_kit_plan(&kit, 5, "13", "2");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_true(apply_kit_holds("a", "13"));
    apply_kit_release(&kit);
}

static void between_two_files(void **unused)
{
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    apply_kit_exchange(&kit, run, 0);
    run_free(run);
    assert_true(apply_kit_holds("a", "13"));
    assert_true(apply_kit_holds("b", "2"));
    assert_settled(&kit, RECOVER_FORWARD);
    assert_true(apply_kit_holds("a", "13"));
    assert_true(apply_kit_holds("b", "13") || apply_kit_holds("b", "31"));
    assert_int_equal(kit.state->unchecked, 1);
    assert_int_equal(apply_kit_count("state/" STATE_BACKUPS), 2);
    assert_int_equal(apply_kit_count("state/" STATE_RUNS), 1);
    apply_kit_release(&kit);
}

/* Cut off behind `exchanged` of two files; its end is asked for at a time when no window is open.
 */
static bool recover_outside(struct apply_kit *kit, size_t exchanged, struct windows *windows,
                            struct recover_report *report)
{
    struct run *run;

    *windows = (struct windows){.items = {{.date = 1, .minutes = 1}}, .count = 1};
    assert_true(zone_parse(&windows->zone, "UTC"));
    begin(kit);
    run = apply_kit_begin(kit);
    KIT_MUST(carry_raise(kit->state, run, must));
    for (size_t i = 0; i < exchanged; i++) {
        apply_kit_exchange(kit, run, i);
    }
    run_free(run);
    apply_kit_crash(kit);
    err = (struct err){0};
    return recover_run(kit->state, false, windows, report, &err);
}

static void files_that_are_left_wait_for_a_window(void **unused)
{
    struct recover_report report;
    struct windows windows;
    struct apply_kit kit;

    (void)unused;
    assert_false(recover_outside(&kit, 1, &windows, &report));
    assert_int_equal(err.code, ERR_WINDOW);
    assert_non_null(strstr(err.text, "1 of 2 files changed"));
    assert_true(apply_kit_holds("a", "13"));
    assert_true(apply_kit_holds("b", "2"));
    windows.items[0] = (struct window){.weekdays = 127, .minutes = WINDOW_MINUTES};
    KIT_MUST(recover_run(kit.state, false, &windows, &report, must));
    assert_int_equal(report.outcome, RECOVER_FORWARD);
    apply_kit_release(&kit);
}

static void what_changes_no_file_waits_for_none(void **unused)
{
    struct recover_report report;
    struct windows windows;
    struct apply_kit kit;

    (void)unused;
    assert_true(recover_outside(&kit, 2, &windows, &report));
    assert_int_equal(report.outcome, RECOVER_COMPLETED);
    apply_kit_release(&kit);
}

static void nor_does_what_changed_none(void **unused)
{
    struct recover_report report;
    struct windows windows;
    struct apply_kit kit;

    (void)unused;
    assert_true(recover_outside(&kit, 0, &windows, &report));
    assert_int_equal(report.outcome, RECOVER_UNCHANGED);
    apply_kit_release(&kit);
}

static void behind_the_last_file(void **unused)
{
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    apply_kit_exchange(&kit, run, 0);
    apply_kit_exchange(&kit, run, 1);
    run_free(run);
    assert_settled(&kit, RECOVER_COMPLETED);
    assert_true(
        apply_kit_says("state/receipts/000001.xml", "action=\"recover\" outcome=\"changed\""));
    apply_kit_release(&kit);
}

static void behind_the_receipt(void **unused)
{
    struct receipt *receipt;
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    apply_kit_exchange(&kit, run, 0);
    apply_kit_exchange(&kit, run, 1);
    KIT_MUST((receipt = record_of_run(kit.state, run, RECEIPT_APPLY, RECEIPT_CHANGED, ERR_NONE,
                                      must)) != NULL);
    KIT_MUST(record_receipt(kit.state, receipt, must));
    receipt_free(receipt);
    run_free(run);
    assert_settled(&kit, RECOVER_COMPLETED);
    assert_true(apply_kit_says("state/receipts/000001.xml", "action=\"apply\""));
    assert_int_equal(apply_kit_count("state/" STATE_RECEIPTS), 2);
    apply_kit_release(&kit);
}

/* The exchange was done, and the displaced file not yet removed. */
static void with_the_displaced_file_still_there(void **unused)
{
    struct apply_kit kit;
    struct buf old;
    struct run *run;
    char *staged;

    (void)unused;
    begin(&kit);
    apply_kit_read("www/a", &old);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    staged = strdup(run->targets[0].staged);
    apply_kit_exchange(&kit, run, 0);
    KIT_MUST(fsio_write_new(staged, old.data, old.len, 0600, must));
    run_free(run);
    assert_settled(&kit, RECOVER_FORWARD);
    free(staged);
    buf_release(&old);
    apply_kit_release(&kit);
}

/* Another program wrote between the last look and the exchange; the kill came right behind it. */
static void with_foreign_bytes_displaced(void **unused)
{
    static const char foreign[] = "<configuration><!-- theirs --></configuration>";
    struct recover_report report;
    struct apply_kit kit;
    struct run *run;
    char *staged;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    staged = strdup(run->targets[0].staged);
    apply_kit_exchange(&kit, run, 0);
    KIT_MUST(fsio_write_new(staged, foreign, strlen(foreign), 0640, must));
    run_free(run);
    assert_false(recover(&kit, false, &report));
    assert_int_equal(err.code, ERR_UNFINISHED);
    assert_true(apply_kit_says("www/a", "theirs"));
    assert_true(apply_kit_holds("b", "2"));
    assert_true(recover(&kit, true, &report));
    assert_int_equal(report.outcome, RECOVER_ACCEPTED);
    assert_true(apply_kit_says("www/a", "theirs"));
    assert_true(apply_kit_holds("b", "2"));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    free(staged);
    apply_kit_release(&kit);
}

/* Two changes at one moment: the second is in the target, the first was displaced by it. */
static void what_was_displaced_twice_is_named(void **unused)
{
    static const char foreign[] = "<configuration><!-- first --></configuration>";
    struct recover_report report;
    struct apply_kit kit;
    struct run *run;
    char *staged;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    staged = strdup(run->targets[0].staged);
    run_free(run);
    site_kit_target("a", "4");
    assert_false(recover(&kit, false, &report));
    assert_null(strstr(err.text, staged));
    KIT_MUST(fsio_replace(staged, foreign, strlen(foreign), 0640, must));
    assert_false(recover(&kit, false, &report));
    assert_int_equal(err.code, ERR_UNFINISHED);
    assert_non_null(strstr(err.text, staged));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 2);
    assert_true(recover(&kit, true, &report));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    free(staged);
    apply_kit_release(&kit);
}

/* The same, and the second put the old bytes back: to call the file untouched would lose the first.
 */
static void what_the_old_bytes_displaced_is_kept(void **unused)
{
    static const char foreign[] = "<configuration><!-- first --></configuration>";
    struct recover_report report;
    struct apply_kit kit;
    struct run *run;
    char *staged;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    staged = strdup(run->targets[0].staged);
    run_free(run);
    KIT_MUST(fsio_replace(staged, foreign, strlen(foreign), 0640, must));
    for (int i = 0; i < 2; i++) {
        assert_false(recover(&kit, false, &report));
        assert_int_equal(err.code, ERR_UNFINISHED);
        assert_non_null(strstr(err.text, staged));
        assert_non_null(strstr(err.text, "put back by another program"));
        assert_int_equal(apply_kit_count("state/" STATE_STAGING), 2);
    }
    assert_true(apply_kit_holds("a", "12"));
    assert_true(apply_kit_holds("b", "2"));
    assert_true(recover(&kit, true, &report));
    assert_int_equal(report.outcome, RECOVER_ACCEPTED);
    assert_int_equal(report.others, 1);
    assert_int_equal(report.found.code, ERR_CHANGED);
    assert_true(apply_kit_holds("a", "12"));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    free(staged);
    apply_kit_release(&kit);
}

static void an_edited_file_waits_for_a_person(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    run_free(apply_kit_begin(&kit));
    site_kit_target("a", "4");
    for (int i = 0; i < 2; i++) { /* asking does not change the answer */
        assert_false(recover(&kit, false, &report));
        assert_int_equal(err.code, ERR_UNFINISHED);
        assert_non_null(strstr(err.text, "--accept-target"));
        assert_non_null(strstr(err.text, site_kit_path("a")));
    }
    assert_true(apply_kit_holds("a", "4"));
    assert_true(recover(&kit, true, &report));
    assert_int_equal(report.outcome, RECOVER_ACCEPTED);
    assert_true(apply_kit_holds("a", "4"));
    assert_int_equal(kit.state->unchecked, 0);
    apply_kit_release(&kit);
}

static void a_removed_file_waits_for_a_person(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    run_free(apply_kit_begin(&kit));
    assert_int_equal(unlink(site_kit_path("a")), 0);
    assert_false(recover(&kit, false, &report));
    assert_int_equal(err.code, ERR_UNFINISHED);
    apply_kit_release(&kit);
}

/* A person has to look, and may then say that it is right. */
static void a_file_that_became_a_link_waits_for_a_person(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    run_free(apply_kit_begin(&kit));
    assert_int_equal(rename(site_kit_path("a"), scratch("elsewhere")), 0);
    assert_int_equal(symlink(scratch("elsewhere"), site_kit_path("a")), 0);
    assert_false(recover(&kit, false, &report));
    assert_int_equal(err.code, ERR_UNFINISHED);
    assert_non_null(strstr(err.text, "a link"));
    assert_true(recover(&kit, true, &report));
    assert_int_equal(report.outcome, RECOVER_ACCEPTED);
    assert_int_equal(report.others, 1);
    assert_int_equal(report.found.code, ERR_TARGET_LINK);
    apply_kit_release(&kit);
}

/* Whatever the reason is: without this way out the site could never apply again. */
static void a_file_that_cannot_be_read_is_accepted_too(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;
    char path[300];

    (void)unused;
    begin(&kit);
    run_free(apply_kit_begin(&kit));
    snprintf(path, sizeof path, "%s", site_kit_path("a"));
    assert_int_equal(rename(scratch("www"), scratch("moved")), 0);
    KIT_MUST(fsio_write_new(scratch("www"), "x", 1, 0600, must)); /* ENOTDIR */
    assert_true(recover(&kit, true, &report));
    assert_int_equal(report.outcome, RECOVER_ACCEPTED);
    assert_int_equal(report.others, 2);
    assert_non_null(strstr(report.found.text, path));
    apply_kit_release(&kit);
}

/* Cuts a run between two files and writes `bytes` over the staged second (NULL: removes it). */
static enum err_code forward_with(const char *bytes)
{
    struct recover_report report;
    struct apply_kit kit;
    struct run *run;
    enum err_code code;

    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    apply_kit_exchange(&kit, run, 0);
    if (bytes == NULL) {
        assert_int_equal(unlink(run->targets[1].staged), 0);
    } else {
        KIT_MUST(fsio_replace(run->targets[1].staged, bytes, strlen(bytes), 0640, must));
    }
    run_free(run);
    assert_false(recover(&kit, false, &report));
    assert_non_null(strstr(err.text, "--accept-target"));
    code = err.code;
    /* a person has looked: the way out, with nothing written */
    if (!recover(&kit, true, &report))
        fail_msg("%s", err.text);
    assert_int_equal(report.outcome, RECOVER_ACCEPTED);
    assert_true(apply_kit_holds("a", "13"));
    assert_true(apply_kit_holds("b", "2"));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    assert_int_equal(apply_kit_count("state/" STATE_RUNS), 1);
    apply_kit_release(&kit);
    scratch_empty(scratch_dir);
    return code;
}

static void a_damaged_staged_file_is_not_used(void **unused)
{
    (void)unused;
    assert_int_equal(forward_with("<configuration/>"), ERR_UNFINISHED);
    assert_int_equal(forward_with(NULL), ERR_UNFINISHED);
}

/* Made stricter between the cut and the recovery, as one does whose secrets got about. */
static void the_metadata_of_today_is_kept(void **unused)
{
    struct apply_kit kit;
    struct run *run;
    struct stat st;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    apply_kit_exchange(&kit, run, 0);
    run_free(run);
    assert_int_equal(chmod(site_kit_path("b"), 0600), 0);
    assert_settled(&kit, RECOVER_FORWARD);
    assert_true(apply_kit_holds("b", "13") || apply_kit_holds("b", "31"));
    assert_int_equal(stat(site_kit_path("b"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    apply_kit_release(&kit);
}

static void a_staging_folder_of_others_is_not_used(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    apply_kit_exchange(&kit, run, 0);
    run_free(run);
    assert_int_equal(chmod(scratch("state/" STATE_STAGING), 0777), 0);
    assert_false(recover(&kit, false, &report));
    assert_int_equal(err.code, ERR_STATE_ACCESS);
    assert_true(apply_kit_holds("b", "2"));
    assert_int_equal(chmod(scratch("state/" STATE_STAGING), 0700), 0);
    assert_settled(&kit, RECOVER_FORWARD);
    apply_kit_release(&kit);
}

static void overwrite(const char *name, const char *from, const char *to)
{
    struct buf bytes;
    char *at;

    apply_kit_read(name, &bytes);
    at = strstr((char *)bytes.data, from);
    assert_non_null(at);
    memcpy(at, to, strlen(to));
    KIT_MUST(fsio_replace(scratch(name), bytes.data, bytes.len, 0600, must));
    buf_release(&bytes);
}

static void a_damaged_journal_is_said(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    run_free(apply_kit_begin(&kit));
    overwrite("state/" STATE_JOURNAL, "kind=\"apply\"", "kind=\"other\"");
    assert_false(recover(&kit, false, &report));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
    apply_kit_release(&kit);
}

static void the_proof_is_made_again(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    apply_kit_exchange(&kit, run, 0);
    run_free(run);
    overwrite("state/" STATE_JOURNAL, "minimum=\"0\"", "minimum=\"9\"");
    assert_false(recover(&kit, false, &report));
    assert_int_equal(err.code, ERR_MINIMUM);
    assert_true(apply_kit_holds("b", "2"));
    apply_kit_release(&kit);
}

static void another_head_is_not_taken(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    run_free(apply_kit_begin(&kit));
    overwrite("state/" STATE_NEXT_HEAD, "manifest.xml", "manifest.xmm");
    assert_false(recover(&kit, false, &report));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
    assert_false(kit.state->has_last);
    apply_kit_release(&kit);
}

/* A cut before the journal leaves staged files that mean nothing; others' files stay. */
static void leftovers_are_swept(void **unused)
{
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    run_free(run);
    KIT_MUST(run_drop(kit.state, must));
    KIT_MUST(fsio_write_new(scratch("state/" STATE_STAGING "/run-00000000-000001-1"), "x", 1, 0600,
                            must));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 3);
    KIT_MUST(carry_sweep(kit.state, kit.site, must));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 1);
    apply_kit_release(&kit);
}

/* Makes scratch("NAME"), 0700; a static text. */
static const char *staging_folder(const char *name)
{
    KIT_MUST(fsio_make_dir(scratch(name), 0700, must));
    return scratch(name);
}

/* The site is staged elsewhere since, and one of its files is no target any more. */
static void the_leftovers_of_an_undo_are_swept_wherever_it_staged(void **unused)
{
    struct carry_facts facts = {.kind = RUN_ROLLBACK, .operator= "tester", .undoes = 1};
    struct apply_kit kit;
    struct run *run, *back;

    (void)unused;
    begin(&kit);
    apply_kit_forget(&kit);
    for (size_t i = 0; i < kit.site->count; i++) {
        free(kit.site->targets[i].staging);
        kit.site->targets[i].staging = strdup(staging_folder("first"));
    }
    apply_kit_plan(&kit, 5, "13", "2");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    apply_kit_forget(&kit);
    site_free(kit.site);
    kit.site = site_new(NULL);
    KIT_MUST(site_add(kit.site, site_kit_path("b"), NULL, staging_folder("second"), must));
    KIT_MUST((run = run_record(kit.state, 0, must)) != NULL);
    KIT_MUST((kit.plan = plan_undo(run, kit.state->dir, kit.site, false, true, &kit.secret,
                                   must)) != NULL);
    facts.bundle = run->bundle;
    facts.trust_version = run->trust_version;
    KIT_MUST((back = carry_begin(kit.state, kit.plan, &facts, &kit.secret, must)) != NULL);
    KIT_MUST(run_drop(kit.state, must)); /* as if it had not come so far */
    assert_int_equal(apply_kit_count("first"), 1);
    assert_int_equal(apply_kit_count("second"), 1);
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    KIT_MUST(carry_sweep(kit.state, kit.site, must));
    assert_int_equal(apply_kit_count("first"), 0);
    assert_int_equal(apply_kit_count("second"), 0);
    run_free(back);
    run_free(run);
    apply_kit_release(&kit);
}

/* A folder that is gone is no reason to refuse an undo; neither is a site.xml that is. */
static void an_undo_stages_in_the_state_when_all_else_is_gone(void **unused)
{
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    begin(&kit);
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    apply_kit_forget(&kit);
    KIT_MUST((run = run_record(kit.state, 0, must)) != NULL);
    free(run->targets[0].staged);
    run->targets[0].staged = strdup(scratch("gone/file"));
    KIT_MUST((kit.plan = plan_undo(run, kit.state->dir, NULL, false, true, &kit.secret, must)) !=
             NULL);
    assert_non_null(strstr(kit.plan->targets[0].staging, "state/" STATE_STAGING));
    run_free(run);
    KIT_MUST(fsio_write_new(scratch("state/" STATE_RUNS "/000009.xml"), "x", 1, 0600, must));
    KIT_MUST(carry_sweep(kit.state, NULL, must));
    apply_kit_release(&kit);
}

/* Rolls run 1 back as far as the second target's exchange, or not even that. */
static void cut_rollback(struct apply_kit *kit, bool exchange)
{
    struct carry_facts facts = {.kind = RUN_ROLLBACK, .operator= "tester", .undoes = 1};
    struct run *run, *back;

    begin(kit);
    assert_int_equal(apply_kit_apply(kit, &err), ERR_NONE);
    apply_kit_forget(kit);
    KIT_MUST((run = run_record(kit->state, 0, must)) != NULL);
    KIT_MUST((kit->plan = plan_undo(run, kit->state->dir, kit->site, false, true, &kit->secret,
                                    must)) != NULL);
    facts.bundle = run->bundle;
    facts.trust_version = run->trust_version;
    KIT_MUST((back = carry_begin(kit->state, kit->plan, &facts, &kit->secret, must)) != NULL);
    KIT_MUST(carry_raise(kit->state, back, must));
    if (exchange) {
        apply_kit_exchange(kit, back, 1);
    }
    run_free(back);
    run_free(run);
}

static void a_rollback_is_recovered_too(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;

    (void)unused;
    cut_rollback(&kit, true);
    assert_true(recover(&kit, false, &report));
    assert_int_equal(report.outcome, RECOVER_FORWARD);
    assert_int_equal(report.kind, RUN_ROLLBACK);
    assert_true(apply_kit_holds("a", "12"));
    assert_true(apply_kit_holds("b", "2"));
    assert_true(kit.state->held);
    assert_int_equal(kit.state->unchecked, 0);
    apply_kit_crash(&kit);
    assert_int_equal(kit.state->unchecked, 0);
    apply_kit_release(&kit);
}

/* It may have been begun because the check failed: that must not be forgotten with it. */
static void a_rollback_that_changed_nothing_leaves_the_check(void **unused)
{
    struct recover_report report;
    struct apply_kit kit;

    (void)unused;
    cut_rollback(&kit, false);
    assert_true(recover(&kit, false, &report));
    assert_int_equal(report.outcome, RECOVER_UNCHANGED);
    assert_true(apply_kit_holds("a", "13"));
    apply_kit_crash(&kit);
    assert_int_equal(kit.state->unchecked, 1);
    apply_kit_release(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(before_the_state_was_raised, site_kit_empty),
        cmocka_unit_test_setup(between_two_files, site_kit_empty),
        cmocka_unit_test_setup(files_that_are_left_wait_for_a_window, site_kit_empty),
        cmocka_unit_test_setup(what_changes_no_file_waits_for_none, site_kit_empty),
        cmocka_unit_test_setup(nor_does_what_changed_none, site_kit_empty),
        cmocka_unit_test_setup(behind_the_last_file, site_kit_empty),
        cmocka_unit_test_setup(behind_the_receipt, site_kit_empty),
        cmocka_unit_test_setup(with_the_displaced_file_still_there, site_kit_empty),
        cmocka_unit_test_setup(with_foreign_bytes_displaced, site_kit_empty),
        cmocka_unit_test_setup(what_was_displaced_twice_is_named, site_kit_empty),
        cmocka_unit_test_setup(what_the_old_bytes_displaced_is_kept, site_kit_empty),
        cmocka_unit_test_setup(an_edited_file_waits_for_a_person, site_kit_empty),
        cmocka_unit_test_setup(a_removed_file_waits_for_a_person, site_kit_empty),
        cmocka_unit_test_setup(a_file_that_became_a_link_waits_for_a_person, site_kit_empty),
        cmocka_unit_test_setup(a_file_that_cannot_be_read_is_accepted_too, site_kit_empty),
        cmocka_unit_test_setup(a_damaged_staged_file_is_not_used, site_kit_empty),
        cmocka_unit_test_setup(the_metadata_of_today_is_kept, site_kit_empty),
        cmocka_unit_test_setup(a_staging_folder_of_others_is_not_used, site_kit_empty),
        cmocka_unit_test_setup(a_damaged_journal_is_said, site_kit_empty),
        cmocka_unit_test_setup(the_proof_is_made_again, site_kit_empty),
        cmocka_unit_test_setup(another_head_is_not_taken, site_kit_empty),
        cmocka_unit_test_setup(leftovers_are_swept, site_kit_empty),
        cmocka_unit_test_setup(the_leftovers_of_an_undo_are_swept_wherever_it_staged,
                               site_kit_empty),
        cmocka_unit_test_setup(an_undo_stages_in_the_state_when_all_else_is_gone, site_kit_empty),
        cmocka_unit_test_setup(a_rollback_is_recovered_too, site_kit_empty),
        cmocka_unit_test_setup(a_rollback_that_changed_nothing_leaves_the_check, site_kit_empty),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
