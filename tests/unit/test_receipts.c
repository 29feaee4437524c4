/* SPDX-License-Identifier: MIT */
/* receipts.c: what receipts that nobody verified may say, and what they may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "bundler/receipts.h"
#include "bundler/sequence.h"
#include "bundles/receipt.h"
#include "tests/unit/build_kit.h"

static struct workspace *ws;

static int setup(void **state)
{
    struct err err = {0};
    int made = scratch_make(state);

    if (made == 0) {
        kit_must(workspace_create(scratch("ws"), "keys.example", &err), &err);
        ws = workspace_open(scratch("ws"), true, &err);
        kit_must(ws != NULL, &err);
    }
    return made;
}

static int teardown(void **state)
{
    workspace_close(ws);
    return scratch_remove(state);
}

/* A receipt by which site-1 took this bundle, in receipts/NAME; `change` makes it another. */
static void put(const char *name, uint64_t epoch, uint64_t sequence,
                void (*change)(struct receipt *r))
{
    struct err err = {0};
    struct receipt *r = receipt_new(&err);
    char path[200];
    struct buf out;

    kit_must(r != NULL, &err);
    memcpy(r->domain, ws->domain, sizeof r->domain);
    snprintf(r->channel, sizeof r->channel, "keys.example");
    snprintf(r->site, sizeof r->site, "site-1");
    r->counter = 1;
    r->created = 1790000000;
    snprintf(r->applier, sizeof r->applier, "applier 1.0");
    r->has_bundle = true;
    r->epoch = epoch;
    r->sequence = sequence;
    r->trust_version = 1;
    if (change != NULL) {
        change(r);
    }
    buf_init(&out, LIMIT_DOCUMENT_BYTES);
    kit_must(receipt_write(r, &out, &err), &err);
    snprintf(path, sizeof path, "ws/receipts/%s", name);
    kit_must(fsio_replace(scratch(path), out.data, out.len, 0644, &err), &err);
    buf_release(&out);
    receipt_free(r);
}

static void stranger(struct receipt *r)
{
    r->domain[0] ^= 1;
}
static void no_bundle(struct receipt *r)
{
    r->has_bundle = false;
}
static void refused(struct receipt *r)
{
    r->action = RECEIPT_REFUSE;
    r->outcome = RECEIPT_REFUSED;
    snprintf(r->reason, sizeof r->reason, "time.expired");
}

static void assert_highest(uint64_t epoch, uint64_t sequence, const char *name)
{
    struct receipts_highest highest;
    struct err err = {0};

    kit_must(receipts_look(ws, epoch, &highest, &err), &err);
    assert_int_equal(highest.sequence, sequence);
    if (sequence > 0) {
        assert_non_null(strstr(highest.path, name));
        assert_string_equal(highest.site, "site-1");
    }
    receipts_release(&highest);
}

static void the_highest_of_the_epoch_counts(void **state)
{
    struct err err = {0};

    (void)state;
    assert_highest(1, 0, NULL);
    put("000001.xml", 1, 7, NULL);
    put("other.xml", 1, 9000, stranger);
    put("enrol.xml", 1, 9000, no_bundle);
    put("refused.xml", 1, 9000, refused);
    put("no-ending", 1, 9000, NULL);
    assert_highest(1, 7, "receipts/000001.xml");
    kit_must(fsio_make_dir(scratch("ws/receipts/plant"), 0755, &err), &err);
    put("plant/000002.xml", 1, 8, NULL);
    assert_highest(1, 8, "receipts/plant/000002.xml");
    kit_must(fsio_make_dir(scratch("ws/receipts/plant/deep"), 0755, &err), &err);
    put("plant/deep/000002.xml", 1, 9000, NULL);
    assert_highest(1, 8, "plant/000002.xml");
    assert_highest(2, 0, NULL);
    put("000003.xml", 2, 3, NULL);
    assert_highest(2, 3, "000003.xml");
}

static void what_is_no_receipt_is_passed_over(void **state)
{
    struct err err = {0};

    (void)state;
    put("000001.xml", 1, 7, NULL);
    kit_must(fsio_replace(scratch("ws/receipts/a.xml"), "<x", 2, 0644, &err), &err);
    kit_must(fsio_replace(scratch("ws/receipts/empty.xml"), "", 0, 0644, &err), &err);
    assert_int_equal(symlink("000001.xml", scratch("ws/receipts/link.xml")), 0);
    assert_int_equal(mkfifo(scratch("ws/receipts/pipe.xml"), 0644), 0);
    assert_int_equal(symlink("/", scratch("ws/receipts/root")), 0);
    assert_highest(1, 7, "000001.xml");
}

static void without_the_folder_there_are_none(void **state)
{
    (void)state;
    assert_int_equal(rmdir(scratch("ws/receipts")), 0);
    assert_highest(1, 0, NULL);
}

static void a_number_that_a_site_took_is_not_taken_again(void **state)
{
    struct err err = {0};
    uint64_t next = 77;

    (void)state;
    kit_must(sequence_next(ws, 1, 0, 1, &next, &err), &err);
    assert_int_equal(next, 1);
    put("000001.xml", 1, 2, NULL);
    assert_false(sequence_next(ws, 1, 0, 1, &next, &err));
    assert_int_equal(err.code, ERR_REPLAY_SEQUENCE);
    assert_non_null(strstr(err.text, "receipts/000001.xml site site-1 took bundle 2"));
    assert_non_null(strstr(err.text, "was not verified"));
    assert_int_equal(next, 1);
    /* the new epoch, a known bundle or a number beyond it go on */
    kit_must(sequence_next(ws, 2, 0, 1, &next, &err), &err);
    assert_int_equal(next, 2);
    put("000001.xml", 1, 9, NULL);
    kit_must(sequence_next(ws, 1, 9, 1, &next, &err), &err);
    assert_int_equal(next, 10);
    put("000001.xml", 1, 20, NULL);
    kit_must(sequence_next(ws, 1, 0, 21, &next, &err), &err);
    assert_int_equal(next, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_highest_of_the_epoch_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_receipt_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(without_the_folder_there_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(a_number_that_a_site_took_is_not_taken_again, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
