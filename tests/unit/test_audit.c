/* SPDX-License-Identifier: MIT */
/* The chain of receipts: what is cut, changed, exchanged or signed by another is found. */
#include <unistd.h>

#include "applier/audit.h"
#include "applier/record.h"
#include "tests/unit/apply_kit.h"

static struct err err;

/* A state with the receipts of an enrolment and two runs. */
static void begin(struct apply_kit *kit)
{
    struct receipt *r;

    apply_kit_init(kit, "12", "1");
    KIT_MUST((r = record_of_event(kit->state, RECEIPT_ENROL, "tester", NULL, must)) != NULL);
    KIT_MUST(record_receipt(kit->state, r, must));
    receipt_free(r);
    apply_kit_plan(kit, 5, "13", "2");
    assert_int_equal(apply_kit_apply(kit, &err), ERR_NONE);
    apply_kit_plan(kit, 6, "134", "");
    assert_int_equal(apply_kit_apply(kit, &err), ERR_NONE);
    assert_int_equal(kit->state->receipts, 3);
}

static enum err_code audit(const struct apply_kit *kit, uint64_t *checked)
{
    bool done;

    err = (struct err){0};
    done = audit_receipts(kit->state, checked, &err);
    assert_int_equal(done, err.code == ERR_NONE);
    return err.code;
}

static void assert_broken(const struct apply_kit *kit, uint64_t held, const char *says)
{
    uint64_t checked = 99;

    assert_int_equal(audit(kit, &checked), ERR_RECEIPT_CHAIN);
    assert_int_equal(err_exit(err.code), 18);
    assert_int_equal(checked, held);
    if (strstr(err.text, says) == NULL) {
        fail_msg("'%s' does not say '%s'", err.text, says);
    }
}

static void move(const char *from, const char *to)
{
    char source[256];

    snprintf(source, sizeof source, "%s", scratch(from));
    assert_int_equal(rename(source, scratch(to)), 0);
}

static void an_untouched_chain_holds(void **unused)
{
    struct apply_kit kit;
    uint64_t checked = 0;

    (void)unused;
    begin(&kit);
    assert_int_equal(audit(&kit, &checked), ERR_NONE);
    assert_int_equal(checked, 3);
    apply_kit_release(&kit);
}

static void a_missing_one_is_found(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    assert_int_equal(unlink(scratch("state/receipts/000002.xml")), 0);
    assert_broken(&kit, 1, "000002.xml");
    apply_kit_release(&kit);
}

static void a_missing_signature_is_found(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    assert_int_equal(unlink(scratch("state/receipts/000003.p7s")), 0);
    assert_broken(&kit, 2, "000003");
    apply_kit_release(&kit);
}

static void a_changed_byte_is_found(void **unused)
{
    struct apply_kit kit;
    struct buf bytes;

    (void)unused;
    begin(&kit);
    apply_kit_read("state/receipts/000002.xml", &bytes);
    for (size_t i = 0; i < bytes.len; i += 37) {
        bytes.data[i] ^= 1;
        KIT_MUST(
            fsio_replace(scratch("state/receipts/000002.xml"), bytes.data, bytes.len, 0600, must));
        bytes.data[i] ^= 1;
        assert_broken(&kit, 1, "000002.xml");
    }
    buf_release(&bytes);
    apply_kit_release(&kit);
}

static void receipts_that_changed_places_are_found(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    begin(&kit);
    move("state/receipts/000002.xml", "x");
    move("state/receipts/000003.xml", "state/receipts/000002.xml");
    move("x", "state/receipts/000003.xml");
    move("state/receipts/000002.p7s", "x");
    move("state/receipts/000003.p7s", "state/receipts/000002.p7s");
    move("x", "state/receipts/000003.p7s");
    assert_broken(&kit, 1, "counter is 3 instead of 2");
    apply_kit_release(&kit);
}

/* What an older state in their place would leave. */
static void more_receipts_than_the_state_counts_are_found(void **unused)
{
    struct apply_kit kit;
    struct receipt *r;

    (void)unused;
    begin(&kit);
    KIT_MUST((r = record_of_event(kit.state, RECEIPT_RECOVER, "tester", NULL, must)) != NULL);
    KIT_MUST(record_receipt(kit.state, r, must));
    receipt_free(r);
    kit.state->receipts = 3;
    assert_broken(&kit, 3, "is not the last one");
    apply_kit_release(&kit);
}

/* Signed by the site's own key, but of a chain or a site that is another. */
static void forge(struct apply_kit *kit, void change(struct state *))
{
    struct state copy = *kit->state;
    struct receipt *r;

    change(&copy);
    KIT_MUST((r = record_of_event(&copy, RECEIPT_RECOVER, "tester", NULL, must)) != NULL);
    KIT_MUST(record_receipt(&copy, r, must));
    receipt_free(r);
    kit->state->receipts = copy.receipts;
    memcpy(kit->state->receipt_sha256, copy.receipt_sha256, 32);
}

static void of_another_chain(struct state *state)
{
    state->chain[0] ^= 1;
}

static void of_another_site(struct state *state)
{
    state->site[0] = 'x';
}

static void after_another(struct state *state)
{
    state->receipt_sha256[0] ^= 1;
}

static void after_a_gap(struct state *state)
{
    state->receipts++;
}

static void one_that_does_not_follow_is_found(void **unused)
{
    static const struct {
        void (*change)(struct state *);
        const char *says;
    } rows[] = {{of_another_chain, "another chain"},
                {of_another_site, "another site"},
                {after_another, "the one before was another"},
                {after_a_gap, "000004.xml"}};

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct apply_kit kit;

        if (i > 0) {
            assert_int_equal(site_kit_empty(NULL), 0);
        }
        begin(&kit);
        forge(&kit, rows[i].change);
        assert_broken(&kit, 3, rows[i].says);
        apply_kit_release(&kit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_untouched_chain_holds, site_kit_empty),
        cmocka_unit_test_setup(a_missing_one_is_found, site_kit_empty),
        cmocka_unit_test_setup(a_missing_signature_is_found, site_kit_empty),
        cmocka_unit_test_setup(a_changed_byte_is_found, site_kit_empty),
        cmocka_unit_test_setup(receipts_that_changed_places_are_found, site_kit_empty),
        cmocka_unit_test_setup(more_receipts_than_the_state_counts_are_found, site_kit_empty),
        cmocka_unit_test_setup(one_that_does_not_follow_is_found, site_kit_empty),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
