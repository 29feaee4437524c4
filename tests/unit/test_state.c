/* SPDX-License-Identifier: MIT */
/* The state folder: made once, read without a trace, moved forward, and every damage noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "applier/state.h"
#include "tests/unit/make_bundle.h"
#include "tests/unit/scratch.h"

static struct made made;
static struct err err;

static int make_all(void **state)
{
    struct trust *trust;

    made_init(&made);
    trust = made_set(&made, 1, MADE_ROOT, 1);
    made_must(trust_write(trust, &err), &err);
    made.trust = trust;
    return scratch_make(state);
}

static int remove_all(void **state)
{
    made_release(&made);
    return scratch_remove(state);
}

static int empty(void **state)
{
    (void)state;
    scratch_empty(scratch_dir);
    err = (struct err){0};
    return 0;
}

static const char *dir(void)
{
    return scratch("state");
}

static void create(void)
{
    assert_true(state_create(dir(), MADE_SITE, made.trust, 0, &err));
}

static enum err_code open_code(bool writing)
{
    struct state *s;

    err = (struct err){0};
    s = state_open(dir(), writing, &err);
    if (s == NULL) {
        assert_int_not_equal(err.code, ERR_NONE);
    }
    state_close(s);
    return s == NULL ? err.code : ERR_NONE;
}

static void read_to(struct buf *out, const char *path)
{
    buf_init(out, LIMIT_STATE_BYTES);
    assert_true(fsio_read_file(path, LIMIT_STATE_BYTES, out, &err));
}

static void write_over(const char *path, const void *bytes, size_t len)
{
    assert_true(fsio_replace(path, bytes, len, 0600, &err));
}

static void is_made_whole(void **unused)
{
    static const char *const files[] = {"state.xml", "trust-000001.xml", "secret", STATE_SITE_KEY,
                                        STATE_SITE_CERT};
    static const uint8_t zero[32];
    struct state *s;
    struct buf secret;
    bool unfinished = true;

    (void)unused;
    create();
    s = state_open(dir(), true, &err);
    assert_non_null(s);
    assert_string_equal(s->site, MADE_SITE);
    assert_string_equal(s->dir, dir());
    assert_memory_equal(s->trust->fingerprint, made.trust->fingerprint, 32);
    assert_false(s->has_last || s->has_floor || s->held);
    assert_int_equal(s->runs + s->receipts, 0);
    assert_memory_not_equal(s->nonce, zero, sizeof s->nonce);
    assert_memory_not_equal(s->chain, s->nonce, sizeof s->chain);
    assert_true(state_unfinished(s, &unfinished, &err));
    assert_false(unfinished);
    buf_init_secret(&secret, 32);
    assert_true(state_secret(s, &secret, &err));
    assert_int_equal(secret.len, 32);
    assert_memory_not_equal(secret.data, zero, 32);
    buf_release(&secret);
    state_close(s);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[64];
        struct stat st;

        snprintf(path, sizeof path, "state/%s", files[i]);
        assert_int_equal(stat(scratch(path), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
}

static void has_a_key_of_its_own(void **unused)
{
    struct signkey *key;
    struct buf cert;

    (void)unused;
    create();
    key = signkey_open(scratch("state/" STATE_SITE_KEY), NULL, &err);
    assert_non_null(key);
    assert_int_equal(signkey_bits(key), 384);
    read_to(&cert, scratch("state/" STATE_SITE_CERT));
    assert_true(signkey_check_certificate(key, cert.data, cert.len, &err));
    buf_release(&cert);
    signkey_free(key);
}

static void is_made_once(void **unused)
{
    (void)unused;
    create();
    assert_false(state_create(dir(), "other", made.trust, 0, &err));
    assert_int_equal(err.code, ERR_STATE_PRESENT);
    assert_false(state_prepare(dir(), &err));
    assert_int_equal(err.code, ERR_STATE_PRESENT);
    assert_int_equal(open_code(false), ERR_NONE);
}

static void may_ask_for_more_than_any_bundle(void **unused)
{
    struct state *s;

    (void)unused;
    assert_true(state_create(dir(), MADE_SITE, made.trust, 42, &err));
    s = state_open(dir(), false, &err);
    assert_non_null(s);
    assert_true(s->least == 42 && s->least_epoch == made.trust->epoch && !s->has_last);
    state_close(s);
}

static void wants_an_id(void **unused)
{
    (void)unused;
    assert_false(state_create(dir(), "Site 1", made.trust, 0, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_int_equal(open_code(false), ERR_STATE_ABSENT);
}

/* A cut at any step of state_create leaves no state.xml; what lies there is made anew. */
static void what_was_cut_off_is_no_obstacle(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(unlink(scratch("state/state.xml")), 0);
    assert_int_equal(open_code(false), ERR_STATE_ABSENT);
    create();
    assert_int_equal(open_code(true), ERR_NONE);
}

/* A step to a newer set that was cut off leaves two of them. */
static void one_trust_set_is_kept(void **unused)
{
    static const char *const others[] = {"state/trust-000002.xml", "state/trust-000009.xml"};
    enum fsio_kind kind;

    (void)unused;
    create();
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        write_over(scratch(others[i]), "x", 1);
    }
    write_over(scratch("state/trust-of-mine.xml"), "x", 1);
    assert_int_equal(open_code(false), ERR_NONE);
    assert_true(fsio_kind(scratch(others[0]), &kind, &err));
    assert_int_equal(kind, FSIO_FILE); /* who reads writes nothing */
    assert_int_equal(open_code(true), ERR_NONE);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_true(fsio_kind(scratch(others[i]), &kind, &err));
        assert_int_equal(kind, FSIO_ABSENT);
    }
    assert_true(fsio_kind(scratch("state/trust-of-mine.xml"), &kind, &err));
    assert_int_equal(kind, FSIO_FILE);
    assert_int_equal(open_code(false), ERR_NONE);
}

/* Unlike a half-made one, a state that lost its file must not be made anew: its last bundle is what
 * keeps older ones out. */
static void what_was_lost_is_an_obstacle(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(unlink(scratch("state/state.xml")), 0);
    write_over(scratch("state/" STATE_LAST_HEAD), "x", 1);
    assert_false(state_create(dir(), MADE_SITE, made.trust, 0, &err));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
}

static void others_keep_out(void **unused)
{
    (void)unused;
    assert_int_equal(mkdir(dir(), 0700), 0);
    assert_int_equal(chmod(dir(), 0750), 0);
    assert_false(state_create(dir(), MADE_SITE, made.trust, 0, &err));
    assert_int_equal(err.code, ERR_STATE_ACCESS);
    assert_int_equal(chmod(dir(), 0700), 0);
    create();
    assert_int_equal(chmod(dir(), 0770), 0);
    assert_int_equal(open_code(false), ERR_STATE_ACCESS);
    assert_int_equal(open_code(true), ERR_STATE_ACCESS);
    assert_int_equal(chmod(dir(), 0711), 0);
    assert_int_equal(open_code(false), ERR_STATE_ACCESS);
    assert_int_equal(chmod(dir(), 0700), 0);
    assert_int_equal(open_code(false), ERR_NONE);
}

static void one_writes_many_read(void **unused)
{
    struct state *s;

    (void)unused;
    create();
    s = state_open(dir(), true, &err);
    assert_non_null(s);
    assert_int_equal(open_code(true), ERR_LOCKED);
    assert_int_equal(open_code(false), ERR_NONE);
    state_close(s);
    assert_int_equal(open_code(true), ERR_NONE);
}

static void reading_leaves_no_trace(void **unused)
{
    struct fsio_names before, after;
    struct state *s;

    (void)unused;
    create();
    assert_int_equal(unlink(scratch("state/lock")), 0);
    assert_true(fsio_list(dir(), 100, &before, &err));
    s = state_open(dir(), false, &err);
    assert_non_null(s);
    assert_false(state_save(s, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    state_close(s);
    assert_true(fsio_list(dir(), 100, &after, &err));
    assert_int_equal(before.count, after.count);
    fsio_names_release(&before);
    fsio_names_release(&after);
}

static void all_is_kept(void **unused)
{
    struct state *s, *again;

    (void)unused;
    create();
    s = state_open(dir(), true, &err);
    assert_non_null(s);
    s->has_last = s->has_floor = s->held = true;
    s->last = (struct state_accepted){.epoch = 2, .sequence = TEXT_NUMBER_MAX};
    memset(s->last.manifest, 7, 32);
    memset(s->head_sha256, 8, 32);
    s->hold = (struct state_accepted){.epoch = 1, .sequence = 41};
    memset(s->hold.manifest, 9, 32);
    s->floor = MADE_NOW;
    s->runs = 12;
    s->receipts = 13;
    memset(s->receipt_sha256, 10, 32);
    assert_true(state_save(s, &err));
    again = state_open(dir(), false, &err);
    assert_non_null(again);
    assert_true(again->has_last && again->has_floor && again->held);
    assert_memory_equal(&again->last, &s->last, sizeof s->last);
    assert_memory_equal(&again->hold, &s->hold, sizeof s->hold);
    assert_memory_equal(again->head_sha256, s->head_sha256, 32);
    assert_memory_equal(again->receipt_sha256, s->receipt_sha256, 32);
    assert_memory_equal(again->nonce, s->nonce, sizeof s->nonce);
    assert_memory_equal(again->chain, s->chain, sizeof s->chain);
    assert_true(again->floor == MADE_NOW && again->runs == 12 && again->receipts == 13);
    state_close(again);
    state_close(s);
}

static void trust_moves_forward(void **unused)
{
    struct trust *next = made_set(&made, 2, MADE_NEW_ROOT, 2);
    struct state *s;

    (void)unused;
    made_must(trust_write(next, &err), &err);
    create();
    s = state_open(dir(), true, &err);
    assert_non_null(s);
    assert_true(state_advance_trust(s, next, &err));
    assert_int_equal(s->trust->version, 2);
    assert_false(state_advance_trust(s, made.trust, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    state_close(s);
    assert_int_equal(access(scratch("state/trust-000001.xml"), F_OK), -1);
    s = state_open(dir(), false, &err);
    assert_non_null(s);
    assert_memory_equal(s->trust->fingerprint, next->fingerprint, 32);
    assert_false(state_advance_trust(s, next, &err));
    state_close(s);
    trust_free(next);
}

/* Between the new set's file and state.xml the old state stands; behind it the new one. */
static void a_cut_in_between_is_either_set(void **unused)
{
    struct trust *next = made_set(&made, 2, MADE_NEW_ROOT, 2);
    struct state *s;

    (void)unused;
    made_must(trust_write(next, &err), &err);
    create();
    write_over(scratch("state/trust-000002.xml"), next->bytes.data, next->bytes.len);
    assert_int_equal(open_code(false), ERR_NONE);
    s = state_open(dir(), true, &err);
    assert_non_null(s);
    assert_true(state_advance_trust(s, next, &err));
    state_close(s);
    write_over(scratch("state/trust-000001.xml"), made.trust->bytes.data, made.trust->bytes.len);
    s = state_open(dir(), true, &err);
    assert_non_null(s);
    assert_int_equal(s->trust->version, 2);
    state_close(s);
    trust_free(next);
}

static void damage_of_the_trust_set_is_noticed(void **unused)
{
    struct trust *other = made_set(&made, 1, MADE_STRANGER, 1);
    struct trust *wrong = made_set(&made, 2, MADE_ROOT, 1);

    (void)unused;
    made_must(trust_write(other, &err) && trust_write(wrong, &err), &err);
    create();
    write_over(scratch("state/trust-000001.xml"), other->bytes.data, other->bytes.len);
    assert_int_equal(open_code(false), ERR_STATE_DAMAGED);
    write_over(scratch("state/trust-000001.xml"), wrong->bytes.data, wrong->bytes.len);
    assert_int_equal(open_code(false), ERR_STATE_DAMAGED);
    write_over(scratch("state/trust-000001.xml"), "", 0);
    assert_int_equal(open_code(false), ERR_STATE_DAMAGED);
    assert_int_equal(unlink(scratch("state/trust-000001.xml")), 0);
    assert_int_equal(open_code(false), ERR_STATE_DAMAGED);
    assert_int_equal(symlink("/dev/null", scratch("state/trust-000001.xml")), 0);
    assert_int_equal(open_code(false), ERR_STATE_DAMAGED);
    trust_free(other);
    trust_free(wrong);
}

static void damage_of_the_secret_is_noticed(void **unused)
{
    static const char *const wrong[] = {"", "00\n", NULL};
    struct state *s;
    struct buf secret;
    char upper[66];

    (void)unused;
    create();
    s = state_open(dir(), false, &err);
    assert_non_null(s);
    buf_init_secret(&secret, 32);
    for (size_t i = 0; wrong[i] != NULL; i++) {
        write_over(scratch("state/secret"), wrong[i], strlen(wrong[i]));
        assert_false(state_secret(s, &secret, &err));
        assert_int_equal(err.code, ERR_STATE_DAMAGED);
    }
    memset(upper, 'A', 64);
    upper[64] = '\n';
    write_over(scratch("state/secret"), upper, 65);
    assert_false(state_secret(s, &secret, &err));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
    assert_int_equal(unlink(scratch("state/secret")), 0);
    assert_false(state_secret(s, &secret, &err));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
    assert_int_equal(secret.len, 0);
    buf_release(&secret);
    state_close(s);
}

static void a_journal_is_seen(void **unused)
{
    struct state *s;
    bool unfinished = false;

    (void)unused;
    create();
    write_over(scratch("state/" STATE_JOURNAL), "x", 1);
    s = state_open(dir(), false, &err);
    assert_non_null(s);
    assert_true(state_unfinished(s, &unfinished, &err));
    assert_true(unfinished);
    state_close(s);
}

static void absent_is_not_enrolled(void **unused)
{
    (void)unused;
    assert_int_equal(open_code(false), ERR_STATE_ABSENT);
    assert_int_equal(open_code(true), ERR_STATE_ABSENT);
    assert_int_equal(mkdir(dir(), 0700), 0);
    assert_int_equal(open_code(true), ERR_STATE_ABSENT);
}

static void a_slash_at_the_end_does_not_matter(void **unused)
{
    char with[1024];
    struct state *s;

    (void)unused;
    snprintf(with, sizeof with, "%s//", dir());
    assert_true(state_create(with, MADE_SITE, made.trust, 0, &err));
    s = state_open(with, false, &err);
    assert_non_null(s);
    assert_string_equal(s->dir, dir());
    state_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, empty)
    const struct CMUnitTest tests[] = {
        TEST(is_made_whole),
        TEST(has_a_key_of_its_own),
        TEST(is_made_once),
        TEST(may_ask_for_more_than_any_bundle),
        TEST(wants_an_id),
        TEST(what_was_cut_off_is_no_obstacle),
        TEST(one_trust_set_is_kept),
        TEST(what_was_lost_is_an_obstacle),
        TEST(others_keep_out),
        TEST(one_writes_many_read),
        TEST(reading_leaves_no_trace),
        TEST(all_is_kept),
        TEST(trust_moves_forward),
        TEST(a_cut_in_between_is_either_set),
        TEST(damage_of_the_trust_set_is_noticed),
        TEST(damage_of_the_secret_is_noticed),
        TEST(a_journal_is_seen),
        TEST(absent_is_not_enrolled),
        TEST(a_slash_at_the_end_does_not_matter),
    };

    return cmocka_run_group_tests(tests, make_all, remove_all);
}
