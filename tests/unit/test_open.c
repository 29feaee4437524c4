/* SPDX-License-Identifier: MIT */
/* Bundles as a site opens them: what of its state counts, and what it keeps of the last one. */
#include "applier/open.h"
#include "tests/unit/site_kit.h"

static struct err err;
static struct state *state;

static int setup(void **unused)
{
    struct site *site;

    err = (struct err){0};
    site_kit_empty(unused);
    site_kit_target("a", "1");
    site = site_kit_site("a", NULL);
    site_kit_enrol(site);
    site_free(site);
    state = state_open(scratch("state"), true, &err);
    return state == NULL;
}

static int teardown(void **unused)
{
    (void)unused;
    state_close(state);
    return 0;
}

static void write_bundle(const struct made_bundle *b)
{
    KIT_MUST(fsio_replace(scratch("b.tar"), b->tar.data, b->tar.len, 0644, must));
}

static void simple_bundle(void)
{
    struct made_bundle b;

    site_kit_bundle_init(&b, "12", "");
    site_kit_bundle_finish(&b);
    write_bundle(&b);
    made_bundle_release(&b);
}

/* As an apply does; the bundle is the caller's. */
static struct bundle *accept(void)
{
    struct trust *advanced = NULL;
    struct bundle *bundle = open_bundle(state, scratch("b.tar"), NULL, NULL, &advanced, &err);
    const struct buf *head;

    assert_non_null(bundle);
    head = bundle_head(bundle);
    state->has_last = state->has_floor = true;
    state->last.epoch = bundle_manifest(bundle)->epoch;
    state->last.sequence = bundle_manifest(bundle)->sequence;
    memcpy(state->last.manifest, bundle_manifest_sha256(bundle), 32);
    state->floor = bundle_signed_at(bundle);
    KIT_MUST(crypto_sha256(state->head_sha256, head->data, head->len, must));
    KIT_MUST(fsio_replace(scratch("state/" STATE_LAST_HEAD), head->data, head->len, 0600, must));
    trust_free(advanced);
    return bundle;
}

static enum err_code open_code(void)
{
    struct trust *advanced = NULL;
    struct bundle *bundle;

    err = (struct err){0};
    bundle = open_bundle(state, scratch("b.tar"), NULL, NULL, &advanced, &err);
    assert_int_equal(bundle == NULL, err.code != ERR_NONE);
    bundle_free(bundle);
    trust_free(advanced);
    return err.code;
}

static enum err_code last_code(void)
{
    struct bundle *bundle;

    err = (struct err){0};
    bundle = open_last(state, &err);
    assert_int_equal(bundle == NULL, err.code != ERR_NONE);
    bundle_free(bundle);
    return err.code;
}

static void the_state_decides(void **unused)
{
    struct bundle *bundle;

    (void)unused;
    simple_bundle();
    bundle = accept();
    assert_int_equal(open_code(), ERR_NONE); /* the same again */
    state->last.sequence++;
    assert_int_equal(open_code(), ERR_REPLAY_SEQUENCE);
    assert_ptr_equal(strstr(err.text, scratch("b.tar")), err.text);
    state->last.sequence--;
    state->last.manifest[0] ^= 1;
    assert_int_equal(open_code(), ERR_REPLAY_DIFFERENT);
    state->last.manifest[0] ^= 1;
    state->last.epoch++;
    assert_int_equal(open_code(), ERR_REPLAY_EPOCH);
    state->last.epoch--;
    state->floor = MADE_NOW + 2 * WHEN_DAY;
    assert_int_equal(open_code(), ERR_CLOCK_BEHIND);
    state->floor = MADE_NOW;
    state->trust->domain[0] ^= 1;
    assert_int_equal(open_code(), ERR_SCOPE_DOMAIN);
    bundle_free(bundle);
}

static void the_site_decides(void **unused)
{
    struct made_bundle b;

    (void)unused;
    site_kit_bundle_init(&b, "12", "");
    b.manifest->all_sites = false;
    KIT_MUST(manifest_add_site(b.manifest, "elsewhere", must));
    site_kit_bundle_finish(&b);
    write_bundle(&b);
    made_bundle_release(&b);
    assert_int_equal(open_code(), ERR_SCOPE_SITE);
}

static void the_first_bundle_may_have_to_be_a_certain_one(void **unused)
{
    (void)unused;
    simple_bundle();
    state->least_epoch = 1;
    state->least = 5;
    assert_int_equal(open_code(), ERR_NONE);
    state->least = 6;
    assert_int_equal(open_code(), ERR_REPLAY_LEAST);
}

static void absent_files_are_named(void **unused)
{
    (void)unused;
    assert_int_equal(open_code(), ERR_IO_ABSENT);
    assert_non_null(strstr(err.text, "b.tar"));
}

static void a_chain_survives_its_bundle(void **unused)
{
    static const int root[] = {MADE_ROOT, -1};
    struct made_bundle b;
    struct trust *next = made_set(&site_kit_made, 2, MADE_ROOT, 1), *advanced = NULL;

    (void)unused;
    site_kit_bundle_init(&b, "12", "");
    b.manifest->expires = MADE_NOW - 1;
    b.manifest->not_before = MADE_NOW - 7000;
    made_carry_set(&site_kit_made, &b, next, root);
    site_kit_bundle_finish(&b);
    write_bundle(&b);
    made_bundle_release(&b);
    assert_null(open_bundle(state, scratch("b.tar"), NULL, NULL, &advanced, &err));
    assert_int_equal(err.code, ERR_TIME_EXPIRED);
    assert_non_null(advanced);
    assert_int_equal(advanced->version, 2);
    assert_int_equal(state->trust->version, 1);
    trust_free(advanced);
    trust_free(next);
}

static void without_a_site_less_is_checked(void **unused)
{
    struct made_bundle b;
    struct bundle *bundle;

    (void)unused;
    site_kit_bundle_init(&b, "12", "");
    b.manifest->all_sites = false;
    KIT_MUST(manifest_add_site(b.manifest, "elsewhere", must));
    site_kit_bundle_finish(&b);
    write_bundle(&b);
    made_bundle_release(&b);
    bundle = open_under(site_kit_made.trust, scratch("b.tar"), NULL, NULL, &err);
    assert_non_null(bundle);
    bundle_free(bundle);
    KIT_MUST(fsio_replace(scratch("b.tar"), "x", 1, 0644, must));
    assert_null(open_under(site_kit_made.trust, scratch("b.tar"), NULL, NULL, &err));
    assert_int_equal(err.code, ERR_CONTAINER_FORM);
}

static void the_last_one_opens_again(void **unused)
{
    struct bundle *bundle, *last;

    (void)unused;
    assert_int_equal(last_code(), ERR_UNFIT);
    simple_bundle();
    bundle = accept();
    last = open_last(state, &err);
    assert_non_null(last);
    assert_memory_equal(bundle_manifest_sha256(last), bundle_manifest_sha256(bundle), 32);
    assert_int_equal(bundle_date_problem(last)->code, ERR_NONE);
    bundle_free(last);
    setenv("PINFERRY_TEST_NOW", "2027-09-21T14:13:20Z", 1);
    last = open_last(state, &err);
    assert_non_null(last);
    assert_int_not_equal(bundle_date_problem(last)->code, ERR_NONE);
    bundle_free(last);
    setenv("PINFERRY_TEST_NOW", "2026-09-21T14:13:20Z", 1);
    bundle_free(bundle);
}

static void another_head_is_damage(void **unused)
{
    struct bundle *bundle;
    struct buf head;

    (void)unused;
    simple_bundle();
    bundle = accept();
    buf_init(&head, LIMIT_HEAD_BYTES);
    KIT_MUST(buf_add(&head, bundle_head(bundle)->data, bundle_head(bundle)->len, must));
    head.data[head.len - 1] ^= 1;
    KIT_MUST(fsio_replace(scratch("state/" STATE_LAST_HEAD), head.data, head.len, 0600, must));
    assert_int_equal(last_code(), ERR_STATE_DAMAGED);
    KIT_MUST(fsio_remove(scratch("state/" STATE_LAST_HEAD), must));
    assert_int_equal(last_code(), ERR_STATE_DAMAGED);
    /* between a run's new head and its new state.xml */
    KIT_MUST(fsio_replace(scratch("state/" STATE_JOURNAL), "x", 1, 0600, must));
    assert_int_equal(last_code(), ERR_UNFINISHED);
    buf_release(&head);
    bundle_free(bundle);
}

/* The reader has state.xml of before and finds the head of after. */
static void a_reader_follows_a_writer(void **unused)
{
    struct state *reader;
    struct bundle *first, *second, *last;
    struct made_bundle b;

    (void)unused;
    simple_bundle();
    first = accept();
    KIT_MUST(state_save(state, must));
    reader = state_open(scratch("state"), false, &err);
    assert_non_null(reader);
    site_kit_bundle_init(&b, "123", "");
    b.manifest->sequence = state->last.sequence + 1;
    site_kit_bundle_finish(&b);
    write_bundle(&b);
    made_bundle_release(&b);
    second = accept();
    KIT_MUST(state_save(state, must));
    err = (struct err){0};
    last = open_last(reader, &err);
    if (last == NULL)
        fail_msg("%s", err.text);
    assert_memory_equal(bundle_manifest_sha256(last), bundle_manifest_sha256(second), 32);
    assert_int_equal(reader->last.sequence, state->last.sequence);
    bundle_free(last);
    /* nobody wrote since: that is damage */
    KIT_MUST(fsio_remove(scratch("state/" STATE_LAST_HEAD), must));
    assert_null(open_last(reader, &err));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
    bundle_free(first);
    bundle_free(second);
    state_close(reader);
}

static void a_hold_is_for_one_bundle(void **unused)
{
    struct bundle *bundle;

    (void)unused;
    simple_bundle();
    bundle = accept();
    assert_true(open_check_hold(state, bundle, &err));
    state->held = true;
    state->hold = state->last;
    assert_false(open_check_hold(state, bundle, &err));
    assert_int_equal(err.code, ERR_HOLD);
    state->hold.sequence--;
    assert_true(open_check_hold(state, bundle, &err));
    state->hold = state->last;
    state->hold.manifest[0] ^= 1;
    assert_true(open_check_hold(state, bundle, &err));
    bundle_free(bundle);
}

static enum err_code trust_code(const char *fingerprint)
{
    struct trust *trust;

    err = (struct err){0};
    trust = open_trust(scratch("trust.xml"), fingerprint, &err);
    trust_free(trust);
    return trust == NULL ? err.code : ERR_NONE;
}

static void a_trust_set_is_compared_before_it_is_read(void **unused)
{
    const struct trust *set = site_kit_made.trust;
    uint8_t sha256[32];
    char hex[65], grouped[81];

    (void)unused;
    KIT_MUST(fsio_replace(scratch("trust.xml"), set->bytes.data, set->bytes.len, 0644, must));
    text_hex(hex, set->fingerprint, 32);
    text_hex_groups(grouped, set->fingerprint, 32);
    assert_int_equal(trust_code(hex), ERR_NONE);
    assert_int_equal(trust_code(grouped), ERR_NONE);
    hex[0] = hex[0] == '0' ? '1' : '0';
    assert_int_equal(trust_code(hex), ERR_TRUST_FINGERPRINT);
    assert_int_equal(trust_code(""), ERR_TRUST_FINGERPRINT);
    /* no trust set at all: unread without the fingerprint, refused by form with it */
    KIT_MUST(fsio_replace(scratch("trust.xml"), "<x", 2, 0644, must));
    assert_int_equal(trust_code(hex), ERR_TRUST_FINGERPRINT);
    KIT_MUST(crypto_sha256(sha256, "<x", 2, must));
    text_hex(hex, sha256, 32);
    assert_int_equal(trust_code(hex), ERR_TRUST_FORM);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_state_decides),
        TEST(the_site_decides),
        TEST(the_first_bundle_may_have_to_be_a_certain_one),
        TEST(absent_files_are_named),
        TEST(a_chain_survives_its_bundle),
        TEST(without_a_site_less_is_checked),
        TEST(the_last_one_opens_again),
        TEST(another_head_is_damage),
        TEST(a_reader_follows_a_writer),
        TEST(a_hold_is_for_one_bundle),
        TEST(a_trust_set_is_compared_before_it_is_read),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
