/* SPDX-License-Identifier: MIT */
/* Other programs at work between two calls of an apply and of a recovery: nothing may be lost. */
#define _GNU_SOURCE
#include "tests/unit/apply_kit.h"
#include "tests/unit/race_kit.h"

#define FIRST "<configuration><!-- first --></configuration>"

static struct err err;
static struct buf old;

static void put_first(void)
{
    KIT_MUST(fsio_replace(site_kit_path("a"), FIRST, strlen(FIRST), 0640, must));
}

static void put_old(void)
{
    KIT_MUST(fsio_replace(site_kit_path("a"), old.data, old.len, 0640, must));
}

static void begin(struct apply_kit *kit)
{
    race_exchange = (struct race){0};
    apply_kit_init(kit, "12", NULL);
    apply_kit_read("www/a", &old);
    apply_kit_plan(kit, 5, "13", "2");
}

static bool recover(struct apply_kit *kit, bool accept)
{
    struct recover_report report;

    err = (struct err){0};
    apply_kit_crash(kit);
    return recover_run(kit->state, accept, NULL, &report, &err);
}

/* The old bytes are in the file, and the first change where the message says, until a person has
 * looked. */
static void check_kept(struct apply_kit *kit)
{
    const char *name = strstr(err.text, "run-");

    assert_int_equal(err.code, ERR_UNFINISHED);
    assert_non_null(name);
    assert_true(apply_kit_holds("a", "12"));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 1);
    assert_false(recover(kit, false));
    assert_int_equal(err.code, ERR_UNFINISHED);
    assert_non_null(strstr(err.text, "put back by another program"));
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 1);
    assert_true(recover(kit, true));
    assert_true(apply_kit_holds("a", "12"));
    apply_kit_plan(kit, 5, "13", "2");
    assert_int_equal(apply_kit_apply(kit, &err), ERR_NONE);
    assert_true(apply_kit_holds("a", "13"));
    apply_kit_release(kit);
    buf_release(&old);
}

static void the_old_bytes_come_back_during_an_apply(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    race_exchange.before[1] = put_first; /* behind the staging's own: the exchange */
    race_exchange.before[2] = put_old;
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_UNFINISHED);
    check_kept(&kit);
}

/* Killed behind the exchange that displaced the first; the second comes as that is put back. */
static void the_old_bytes_come_back_during_a_recovery(void **unused)
{
    struct apply_kit kit;
    struct run *run;

    (void)unused;
    begin(&kit);
    run = apply_kit_begin(&kit);
    KIT_MUST(carry_raise(kit.state, run, must));
    apply_kit_exchange(&kit, run, 0);
    KIT_MUST(fsio_write_new(run->targets[0].staged, FIRST, strlen(FIRST), 0640, must));
    run_free(run);
    race_exchange = (struct race){.before = {put_old}};
    assert_false(recover(&kit, false));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_true(apply_kit_holds("a", "12"));
    assert_false(recover(&kit, false));
    check_kept(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_old_bytes_come_back_during_an_apply, site_kit_empty),
        cmocka_unit_test_setup(the_old_bytes_come_back_during_a_recovery, site_kit_empty),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
