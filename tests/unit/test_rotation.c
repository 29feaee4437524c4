/* SPDX-License-Identifier: MIT */
/* rotation.c, rotation_publish.c: the pending set, its signatures, and when it becomes current. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundler/build_sets.h"
#include "bundler/rotation.h"
#include "bundler/signer.h"
#include "tests/unit/build_kit.h"

static struct workspace *ws;
static struct rotation r;

static int setup(void **state)
{
    int made = scratch_make(state);

    ws = made == 0 ? kit_workspace(SIGNKEY_P256) : NULL;
    r = (struct rotation){0};
    return made;
}

static int teardown(void **state)
{
    rotation_release(&r);
    workspace_close(ws);
    return scratch_remove(state);
}

static void load(void)
{
    struct err err = {0};

    rotation_release(&r);
    kit_must(rotation_load(&r, ws, &err), &err);
}

static void save(void)
{
    struct err err = {0};

    kit_must(rotation_save(&r, &err), &err);
    load();
}

static void begin(void)
{
    struct err err = {0};

    load();
    kit_must(rotation_begin(&r, KIT_NOW + 100 * WHEN_DAY, &err), &err);
    save();
}

static bool sign(const char *name, struct err *err)
{
    char *path = signer_path(ws, name, NULL, err);
    struct signkey *key = signkey_open(path, NULL, err);
    bool ok;

    kit_must(key != NULL, err);
    ok = rotation_sign(&r, key, KIT_NOW, err);
    signkey_free(key);
    free(path);
    return ok;
}

static bool is_there(const char *name)
{
    struct err err = {0};
    enum fsio_kind kind = FSIO_ABSENT;
    char *path = workspace_path(ws, name, &err);

    kit_must(path != NULL && fsio_kind(path, &kind, &err), &err);
    free(path);
    return kind != FSIO_ABSENT;
}

static bool publish(struct err *missing, struct err *err)
{
    bool done = false;

    return rotation_publish(&r, &done, missing, err) && done;
}

static void test_begun_changed_and_read_again(void **state)
{
    struct err err = {0};

    (void)state;
    load();
    assert_null(r.next);
    assert_false(rotation_check_pending(&r, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    begin();
    assert_int_equal(r.next->version, 2);
    assert_int_equal(r.next->expires, KIT_NOW + 100 * WHEN_DAY);
    assert_int_equal(r.signature_count, 0);
    assert_false(rotation_begin(&r, KIT_NOW, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    kit_must(trust_remove(r.next, TRUST_BUNDLE, "second", &err), &err);
    save();
    assert_null(trust_find(r.next, TRUST_BUNDLE, "second"));
    kit_must(rotation_discard(&r, &err), &err);
    load();
    assert_null(r.next);
}

static void test_signed_and_published(void **state)
{
    struct err err = {0}, missing = {0};
    struct rotation_vote votes[LIMIT_TRUST_SIGNATURES];
    struct build_sets *sets;

    (void)state;
    begin();
    assert_false(publish(&missing, &err));
    assert_int_equal(err.code, ERR_NONE);
    assert_int_equal(missing.code, ERR_TRUST_THRESHOLD);
    kit_must(sign("root", &err), &err);
    load();
    kit_must(rotation_votes(&r, votes, &err), &err);
    assert_int_equal(r.signature_count, 1);
    assert_string_equal(votes[0].signer->id, "root");
    assert_true(votes[0].of_current && votes[0].of_next);
    assert_int_equal(votes[0].signing_time, KIT_NOW);
    assert_true(publish(&missing, &err));
    assert_int_equal(r.current->version, 2);
    assert_null(r.next);
    assert_false(is_there(WORKSPACE_TRUST_NEXT) || is_there("keys/trust-next-1.p7s"));
    sets = build_sets_read(ws, 2, &err);
    kit_must(sets != NULL, &err);
    build_sets_free(sets);
    load();
    assert_int_equal(r.current->version, 2);
}

static void test_both_thresholds_count(void **state)
{
    struct err err = {0}, missing = {0};

    (void)state;
    begin();
    kit_signer(ws, r.next, TRUST_ROOT, "new", SIGNKEY_P256);
    kit_must(trust_remove(r.next, TRUST_ROOT, "root", &err), &err);
    save();
    kit_must(sign("new", &err), &err);
    assert_false(publish(&missing, &err));
    assert_non_null(strstr(missing.text, "0 of the 1"));
    kit_must(sign("root", &err), &err);
    assert_true(publish(&missing, &err));
    assert_true(is_there("keys/trust/000002-2.p7s"));
}

static void test_who_may_not_sign(void **state)
{
    struct err err = {0};

    (void)state;
    begin();
    assert_false(sign("signer", &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    kit_must(sign("root", &err), &err);
    assert_false(sign("root", &err));
    assert_int_equal(err.code, ERR_SIGNATURE_REPEATED);
    assert_int_equal(r.signature_count, 1);
}

static void test_a_change_removes_signatures(void **state)
{
    struct err err = {0};

    (void)state;
    begin();
    kit_must(sign("root", &err), &err);
    assert_true(is_there("keys/trust-next-1.p7s"));
    r.next->epoch = 5;
    save();
    assert_int_equal(r.signature_count, 0);
    assert_false(is_there("keys/trust-next-1.p7s"));
}

static void test_a_published_set_stays(void **state)
{
    struct err err = {0}, missing = {0};
    struct buf old;
    char *path = workspace_path(ws, WORKSPACE_TRUST, &err);

    (void)state;
    buf_init(&old, LIMIT_TRUST_BYTES);
    kit_must(fsio_read_file(path, LIMIT_TRUST_BYTES, &old, &err), &err);
    begin();
    kit_must(sign("root", &err), &err);
    assert_true(publish(&missing, &err));
    kit_file(ws, WORKSPACE_TRUST, old.data, old.len); /* a copy that was brought back */
    load();
    kit_must(rotation_begin(&r, KIT_NOW + 7 * WHEN_DAY, &err), &err);
    assert_false(rotation_save(&r, &err));
    assert_int_equal(err.code, ERR_TRUST_DIFFERENT);
    assert_false(rotation_discard(&r, &err));
    assert_int_equal(err.code, ERR_TRUST_DIFFERENT);
    load();
    assert_null(r.next);
    buf_release(&old);
    free(path);
}

static void test_what_does_not_follow(void **state)
{
    struct err err = {0};
    uint64_t version;

    (void)state;
    begin();
    r.next->epoch = 2;
    r.current->epoch = 3;
    assert_false(rotation_save(&r, &err));
    assert_int_equal(err.code, ERR_TRUST_STEP);
    load();
    version = r.next->version;
    r.next->version = version + 1;
    kit_must(trust_write(r.next, &err), &err);
    kit_file(ws, WORKSPACE_TRUST_NEXT, r.next->bytes.data, r.next->bytes.len);
    rotation_release(&r);
    assert_false(rotation_load(&r, ws, &err));
    assert_int_equal(err.code, ERR_TRUST_STEP);
    assert_non_null(strstr(err.text, WORKSPACE_TRUST_NEXT));
}

static void test_leftovers_of_the_last_step(void **state)
{
    struct err err = {0}, missing = {0};

    (void)state;
    load();
    kit_file(ws, WORKSPACE_TRUST_NEXT, r.current->bytes.data, r.current->bytes.len);
    kit_file(ws, "keys/trust-next-1.p7s", "x", 1);
    load();
    assert_true(r.leftover);
    assert_null(r.next);
    assert_true(publish(&missing, &err));
    assert_false(is_there(WORKSPACE_TRUST_NEXT) || is_there("keys/trust-next-1.p7s"));
    assert_false(publish(&missing, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
}

static void test_a_damaged_signature(void **state)
{
    struct rotation_vote votes[LIMIT_TRUST_SIGNATURES];
    struct err err = {0}, missing = {0};

    (void)state;
    begin();
    kit_file(ws, "keys/trust-next-1.p7s", "x", 1);
    load();
    assert_false(rotation_votes(&r, votes, &err));
    assert_int_equal(err.code, ERR_SIGNATURE_FORM);
    assert_false(publish(&missing, &err));
    assert_int_equal(err.code, ERR_TRUST_SIGNATURE);
}

static void test_reading_needs_no_lock_and_writing_does(void **state)
{
    struct fsio_lock *lock = ws->lock;
    struct err err = {0};

    (void)state;
    begin();
    ws->lock = NULL;
    load();
    assert_false(rotation_save(&r, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_false(sign("root", &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    ws->lock = lock;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_begun_changed_and_read_again), CASE(test_signed_and_published),
        CASE(test_both_thresholds_count),        CASE(test_who_may_not_sign),
        CASE(test_a_change_removes_signatures),  CASE(test_a_published_set_stays),
        CASE(test_what_does_not_follow),         CASE(test_leftovers_of_the_last_step),
        CASE(test_a_damaged_signature),          CASE(test_reading_needs_no_lock_and_writing_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
