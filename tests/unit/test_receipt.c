/* SPDX-License-Identifier: MIT */
/*
 * Receipts: written and read back, and each rule broken once, in the value and in the text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/when.h"
#include "bundles/receipt.h"

#define NOW ((int64_t)1790000000)

/* A receipt with everything in it that may stand there. */
static struct receipt *whole(void)
{
    struct err err = {0};
    struct receipt *r = receipt_new(&err);
    struct receipt_target *t;

    assert_non_null(r);
    memset(r->domain, 1, sizeof r->domain);
    snprintf(r->channel, sizeof r->channel, "keys.example");
    snprintf(r->site, sizeof r->site, "site-1");
    memset(r->chain, 2, sizeof r->chain);
    r->counter = 7;
    memset(r->previous, 3, sizeof r->previous);
    r->created = NOW;
    r->has_floor = true;
    r->floor = NOW - 5;
    snprintf(r->applier, sizeof r->applier, "applier 1.0");
    r->action = RECEIPT_APPLY;
    r->outcome = RECEIPT_ROLLED_BACK;
    snprintf(r->reason, sizeof r->reason, "check.failed");
    snprintf(r->operator, sizeof r->operator, "R\xc3\xbc"
                                              "di");
    snprintf(r->note, sizeof r->note, "CHG-1 <& \"2\">");
    r->omitted = 3;
    r->has_bundle = true;
    r->epoch = 1;
    r->sequence = 42;
    r->trust_version = 2;
    r->has_medium = true;
    snprintf(r->medium_label, sizeof r->medium_label, "STICK");
    t = receipt_add_target(r, &err);
    assert_non_null(t);
    t->index = 2;
    t->count = 9;
    t->added = calloc(2, 32);
    t->added_count = 2;
    memset(t->added[0], 5, 32);
    memset(t->added[1], 6, 32);
    t->removed = calloc(1, 32);
    t->removed_count = 1;
    return r;
}

static void write_it(const struct receipt *r, struct buf *out)
{
    struct err err = {0};

    buf_init(out, LIMIT_RECEIPT_BYTES);
    if (!receipt_write(r, out, &err)) {
        fail_msg("%s", err.text);
    }
}

static void reads_what_it_writes(void **unused)
{
    struct receipt *r = whole(), *again;
    struct err err = {0};
    struct buf text;

    (void)unused;
    write_it(r, &text);
    again = receipt_parse(text.data, text.len, &err);
    assert_non_null(again);
    assert_string_equal(again->note, r->note);
    assert_string_equal(again->operator, r->operator);
    assert_string_equal(again->reason, "check.failed");
    assert_int_equal(again->outcome, RECEIPT_ROLLED_BACK);
    assert_int_equal(again->target_count, 1);
    assert_int_equal(again->targets[0].index, 2);
    assert_int_equal(again->targets[0].added_count, 2);
    assert_memory_equal(again->targets[0].added, r->targets[0].added, 64);
    assert_int_equal(again->sequence, 42);
    assert_int_equal(again->floor, NOW - 5);
    buf_release(&text);
    receipt_free(again);
    receipt_free(r);
}

/* As many targets as a site may have, with a rotation of pins in each. */
static void holds_a_whole_site(void **unused)
{
    struct receipt *r = whole(), *again;
    struct err err = {0};
    struct buf text;

    (void)unused;
    r->targets[0].index = 1;
    while (r->target_count < LIMIT_TARGETS) {
        struct receipt_target *t = receipt_add_target(r, &err);

        assert_non_null(t);
        t->index = r->target_count;
        t->added_count = t->removed_count = 20;
        t->added = calloc(20, 32);
        t->removed = calloc(20, 32);
        for (size_t i = 0; i < 20; i++) {
            t->added[i][0] = t->removed[i][0] = (uint8_t)i;
        }
    }
    write_it(r, &text);
    again = receipt_parse(text.data, text.len, &err);
    assert_non_null(again);
    assert_int_equal(again->target_count, LIMIT_TARGETS);
    receipt_free(again);
    buf_release(&text);
    receipt_free(r);
}

static void the_first_of_a_chain_names_none_before(void **unused)
{
    struct receipt *r = whole(), *again;
    struct err err = {0};
    struct buf text;

    (void)unused;
    r->counter = 1;
    r->has_bundle = r->has_medium = r->has_floor = false;
    r->action = RECEIPT_ENROL;
    r->outcome = RECEIPT_UNCHANGED;
    r->reason[0] = r->note[0] = r->operator[0] = '\0';
    r->omitted = 0;
    write_it(r, &text);
    assert_null(strstr(buf_text(&text), "previous="));
    again = receipt_parse(text.data, text.len, &err);
    assert_non_null(again);
    assert_false(again->has_bundle);
    buf_release(&text);
    receipt_free(again);
    receipt_free(r);
}

typedef void change(struct receipt *r);

static void channel(struct receipt *r)
{
    snprintf(r->channel, sizeof r->channel, "UPPER");
}
static void counter_zero(struct receipt *r)
{
    r->counter = 0;
}
static void created_1999(struct receipt *r)
{
    r->created = WHEN_MIN - 1;
}
static void no_applier(struct receipt *r)
{
    r->applier[0] = '\0';
}
static void two_spaces(struct receipt *r)
{
    snprintf(r->note, sizeof r->note, "a  b");
}
static void reason_without_refusal(struct receipt *r)
{
    r->outcome = RECEIPT_CHANGED;
}
static void refusal_without_reason(struct receipt *r)
{
    r->reason[0] = '\0';
}
static void unknown_reason(struct receipt *r)
{
    snprintf(r->reason, sizeof r->reason, "No.such");
}
static void sequence_zero(struct receipt *r)
{
    r->sequence = 0;
}
static void target_zero(struct receipt *r)
{
    r->targets[0].index = 0;
}
static void count_too_high(struct receipt *r)
{
    r->targets[0].count = 65536;
}
static void pin_twice(struct receipt *r)
{
    memset(r->targets[0].added[1], 5, 32);
}
static void index_twice(struct receipt *r)
{
    struct err err = {0};
    struct receipt_target *t = receipt_add_target(r, &err);

    assert_non_null(t);
    t->index = 2;
}

static void writes_nothing_that_breaks_a_rule(void **unused)
{
    change *const changes[] = {channel,
                               counter_zero,
                               created_1999,
                               no_applier,
                               two_spaces,
                               reason_without_refusal,
                               refusal_without_reason,
                               unknown_reason,
                               sequence_zero,
                               target_zero,
                               count_too_high,
                               pin_twice,
                               index_twice};

    (void)unused;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct receipt *r = whole();
        struct err err = {0};
        struct buf out;

        buf_init(&out, LIMIT_RECEIPT_BYTES);
        changes[i](r);
        assert_false(receipt_write(r, &out, &err));
        assert_int_equal(err.code, ERR_DOCUMENT_FORM);
        buf_release(&out);
        receipt_free(r);
    }
}

/* Replaces the first `from` by `to` and reads: the code. */
static enum err_code read_with(const char *from, const char *to)
{
    struct receipt *r = whole(), *again;
    struct err err = {0};
    struct buf text, other;
    const char *at;

    write_it(r, &text);
    buf_init(&other, LIMIT_RECEIPT_BYTES);
    at = strstr(buf_text(&text), from);
    assert_non_null(at);
    assert_true(buf_add(&other, text.data, (size_t)(at - buf_text(&text)), &err));
    assert_true(buf_add_text(&other, to, &err));
    assert_true(buf_add_text(&other, at + strlen(from), &err));
    again = receipt_parse(other.data, other.len, &err);
    assert_true((again == NULL) == (err.code != ERR_NONE));
    receipt_free(again);
    receipt_free(r);
    buf_release(&text);
    buf_release(&other);
    return err.code;
}

static void refuses_other_texts(void **unused)
{
    static const struct {
        const char *from, *to;
        enum err_code code;
    } cases[] = {
        {"applier 1.0", "applier 1.1", ERR_NONE},
        {"receipt:1\"", "receipt:2\"", ERR_NEWER},
        {"receipt:1\"", "other:1\"", ERR_DOCUMENT_FORM},
        {"<receipt ", "<receipt  ", ERR_DOCUMENT_CANONICAL},
        {" omitted=\"3\"", " omitted=\"3\" extra=\"1\"", ERR_DOCUMENT_CANONICAL},
        {" omitted=\"3\"", " omitted=\"0\"", ERR_DOCUMENT_FORM},
        {"reason=\"check.failed\"", "reason=\"later.than-this\"", ERR_NONE},
        {"action=\"apply\"", "action=\"Apply\"", ERR_DOCUMENT_FORM},
        {"outcome=\"rolled-back\"", "outcome=\"back\"", ERR_DOCUMENT_FORM},
        {" previous=", " before=", ERR_DOCUMENT_FORM},
        {"<medium", "<bundle", ERR_DOCUMENT_FORM},
        {"<medium label=\"STICK\"/>", "<medium/>", ERR_NONE},
        {"</targets>", "</targets>\n  <more/>", ERR_DOCUMENT_FORM},
        {"<added", "<moved", ERR_DOCUMENT_FORM},
        {"count=\"9\"", "count=\"09\"", ERR_DOCUMENT_FORM},
        {"index=\"2\"", "index=\"1025\"", ERR_DOCUMENT_FORM},
        {" floor=\"2026", " floor=\"1926", ERR_DOCUMENT_FORM},
        {"<targets>", "<targets>x", ERR_DOCUMENT_FORM},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum err_code code = read_with(cases[i].from, cases[i].to);

        if (code != cases[i].code) {
            fail_msg("%s -> %s: %s", cases[i].from, cases[i].to, err_reason(code));
        }
    }
}

static void names_the_extension_that_it_does_not_know(void **unused)
{
    (void)unused;
    assert_int_equal(read_with("  </targets>\n",
                               "  </targets>\n  <extensions>\n    <extension id=\"urn:x\" "
                               "critical=\"false\" value=\"1\"/>\n  </extensions>\n"),
                     ERR_NONE);
    assert_int_equal(read_with("  </targets>\n",
                               "  </targets>\n  <extensions>\n    <extension id=\"urn:x\" "
                               "critical=\"true\" value=\"1\"/>\n  </extensions>\n"),
                     ERR_NEWER_EXTENSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(holds_a_whole_site),
        cmocka_unit_test(the_first_of_a_chain_names_none_before),
        cmocka_unit_test(writes_nothing_that_breaks_a_rule),
        cmocka_unit_test(refuses_other_texts),
        cmocka_unit_test(names_the_extension_that_it_does_not_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
