/* SPDX-License-Identifier: MIT */
/* The journal and the records: read back whole, refused when damaged, found by number. */
#include "tests/unit/apply_kit.h"

static struct err err;

/* Applies pins 13 without 2 to a file of 1, 2 whose value holds markup's characters. */
static void apply_once(struct apply_kit *kit)
{
    err = (struct err){0};
    apply_kit_init(kit, "12", "1");
    apply_kit_plan(kit, 5, "13", "2");
    assert_int_equal(apply_kit_apply(kit, &err), ERR_NONE);
}

static void a_record_holds_what_undoing_needs(void **unused)
{
    struct apply_kit kit;
    struct run *run;
    struct buf old, back, now;

    (void)unused;
    site_kit_target("a", "12");
    apply_kit_read("www/a", &old);
    apply_once(&kit);
    KIT_MUST((run = run_record(kit.state, 1, must)) != NULL);
    assert_int_equal(run->kind, RUN_APPLY);
    assert_int_equal(run->number, 1);
    assert_int_equal(run->bundle.sequence, 5);
    assert_string_equal(run->operator, "tester");
    assert_string_equal(run->note, "CHG-1");
    assert_int_equal(run->count, 2);
    assert_string_equal(run->targets[0].path, site_kit_path("a"));
    assert_int_equal(run->targets[0].added_count, 1);
    assert_int_equal(run->targets[0].removed_count, 1);
    assert_true(run->targets[0].removed[0].retired);
    assert_false(run->targets[0].added[0].retired);
    apply_kit_read("www/a", &now);
    buf_init(&back, LIMIT_TARGET_BYTES);
    KIT_MUST(
        webconfig_unsplice(&now, run->targets[0].undo, run->targets[0].undo_count, &back, must));
    assert_true(buf_equal(&back, &old));
    run_free(run);
    buf_release(&old);
    buf_release(&back);
    buf_release(&now);
    apply_kit_release(&kit);
}

/* The code of the record with the first `from` replaced by `to`. */
static enum err_code parse_with(const struct buf *text, const char *from, const char *to)
{
    struct buf other;
    struct run *run;
    const char *at = strstr(buf_text(text), from);

    if (at == NULL)
        fail_msg("the record does not hold %s", from);
    buf_init(&other, LIMIT_RUN_BYTES);
    KIT_MUST(buf_add(&other, text->data, (size_t)(at - buf_text(text)), must) &&
             buf_add_text(&other, to, must) && buf_add_text(&other, at + strlen(from), must));
    err = (struct err){0};
    run = run_parse(&other, &err);
    assert_true((run == NULL) == (err.code != ERR_NONE));
    run_free(run);
    buf_release(&other);
    return err.code;
}

static void a_damaged_record_is_refused(void **unused)
{
    static const struct {
        const char *from, *to;
        enum err_code code;
    } cases[] = {
        {"note=\"CHG-1\"", "note=\"CHG-2\"", ERR_NONE},
        {"run:1\"", "run:2\"", ERR_STATE_DAMAGED},
        {"<run ", "<walk ", ERR_STATE_DAMAGED},
        {" number=\"1\"", " number=\"0\"", ERR_STATE_DAMAGED},
        {" kind=\"apply\"", " kind=\"rollback\"", ERR_STATE_DAMAGED},
        {" kind=\"apply\"", " kind=\"apply\" more=\"1\"", ERR_STATE_DAMAGED},
        {" head=\"", " haed=\"", ERR_STATE_DAMAGED},
        {" floor=\"2", " floor=\"1", ERR_STATE_DAMAGED},
        {" receipt=\"1\"", "", ERR_STATE_DAMAGED},
        {" path=\"", " pfad=\"", ERR_STATE_DAMAGED},
        {" staged=\"", " fate=\"created\" staged=\"", ERR_NONE},
        {" staged=\"", " fate=\"undone\" staged=\"", ERR_NONE},
        {" staged=\"", " fate=\"kept\" staged=\"", ERR_STATE_DAMAGED},
        {" staged=\"", " fate=\"\" staged=\"", ERR_STATE_DAMAGED},
        {" changes=\"true", " config=\"/w\" changes=\"true", ERR_STATE_DAMAGED},
        {" staged=\"", " stagd=\"", ERR_STATE_DAMAGED},
        {" changes=\"true\"", " changes=\"yes\"", ERR_STATE_DAMAGED},
        {" old=\"", " old=\"0", ERR_STATE_DAMAGED},
        {"<added key=\"3", "<added key=\"x", ERR_STATE_DAMAGED},
        {"<added key=\"3", "<added key=\"", ERR_STATE_DAMAGED},
        {"<added key", "<added ", ERR_STATE_DAMAGED},
        {"<removed", "<undo", ERR_STATE_DAMAGED},
        {" retired=\"true\"", " retired=\"false\"", ERR_STATE_DAMAGED},
        {" offset=\"", " offset=\"x", ERR_STATE_DAMAGED},
        {" bytes=\"", " bytes=\"x", ERR_STATE_DAMAGED},
        {" remove=\"", " remove=\"99999999999", ERR_STATE_DAMAGED},
        {"<undo", "<redo", ERR_STATE_DAMAGED},
        {"</run>", "<!-- -->\n</run>", ERR_STATE_DAMAGED},
        {"  <target", "\t<target", ERR_STATE_DAMAGED},
    };
    struct apply_kit kit;
    struct buf text;

    (void)unused;
    apply_once(&kit);
    buf_init(&text, LIMIT_RUN_BYTES);
    KIT_MUST(fsio_read_file(scratch("state/runs/000001.xml"), LIMIT_RUN_BYTES, &text, must));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (parse_with(&text, cases[i].from, cases[i].to) != cases[i].code)
            fail_msg("%s -> %s: %s", cases[i].from, cases[i].to, err_reason(err.code));
    }
    buf_release(&text);
    apply_kit_release(&kit);
}

static void a_second_journal_is_not_begun(void **unused)
{
    struct apply_kit kit;
    struct run *run, *journal;

    (void)unused;
    apply_once(&kit);
    KIT_MUST((run = run_record(kit.state, 1, must)) != NULL);
    KIT_MUST(run_journal(kit.state, &journal, must));
    assert_null(journal);
    KIT_MUST(run_begin(kit.state, run, must));
    assert_false(run_begin(kit.state, run, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    KIT_MUST(run_journal(kit.state, &journal, must));
    assert_non_null(journal);
    assert_string_equal(journal->note, run->note);
    KIT_MUST(run_drop(kit.state, must));
    run_free(run);
    run_free(journal);
    apply_kit_release(&kit);
}

static void a_run_with_a_path_that_cannot_be_written_is_not_begun(void **unused)
{
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    apply_once(&kit);
    KIT_MUST((run = run_record(kit.state, 1, must)) != NULL);
    run->targets[0].path[0] = '\n';
    assert_false(run_begin(kit.state, run, &err));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
    assert_int_equal(access(scratch("state/" STATE_JOURNAL), F_OK), -1);
    run_free(run);
    apply_kit_release(&kit);
}

static void old_records_go(void **unused)
{
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    apply_once(&kit);
    KIT_MUST((run = run_record(kit.state, 1, must)) != NULL);
    for (uint64_t n = 2; n <= RUN_KEPT + 3; n++) {
        run->number = n;
        KIT_MUST(run_begin(kit.state, run, must));
        KIT_MUST(run_end(kit.state, run, must));
    }
    run_free(run);
    assert_int_equal(apply_kit_count("state/" STATE_RUNS), RUN_KEPT);
    assert_null(run_record(kit.state, 3, &err));
    assert_int_equal(err.code, ERR_UNFIT);
    KIT_MUST((run = run_record(kit.state, 4, must)) != NULL);
    run_free(run);
    KIT_MUST((run = run_record(kit.state, 0, must)) != NULL);
    assert_int_equal(run->number, RUN_KEPT + 3);
    run_free(run);
    apply_kit_release(&kit);
}

static void nothing_to_undo_is_said(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", NULL);
    err = (struct err){0};
    assert_null(run_record(kit.state, 0, &err));
    assert_int_equal(err.code, ERR_UNFIT);
    assert_null(run_record(kit.state, 1, &err));
    assert_int_equal(err.code, ERR_UNFIT);
    apply_kit_release(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_record_holds_what_undoing_needs, site_kit_empty),
        cmocka_unit_test_setup(a_damaged_record_is_refused, site_kit_empty),
        cmocka_unit_test_setup(a_second_journal_is_not_begun, site_kit_empty),
        cmocka_unit_test_setup(a_run_with_a_path_that_cannot_be_written_is_not_begun,
                               site_kit_empty),
        cmocka_unit_test_setup(old_records_go, site_kit_empty),
        cmocka_unit_test_setup(nothing_to_undo_is_said, site_kit_empty),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
