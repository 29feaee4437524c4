/* SPDX-License-Identifier: MIT */
/* Votes and steps, case by case: who counts for which set, and what refuses the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/trust_kit.h"

static struct err err;

/* The step's code, ERR_NONE when it is made; the new set must then be the document. */
static enum err_code step(const struct trust *from, const struct buf *bytes,
                          const struct kit_signatures *s)
{
    struct trust *next;

    err = (struct err){0};
    next = trust_step(from, bytes->data, bytes->len, s->items, s->count, &err);
    if (next == NULL) {
        assert_int_not_equal(err.code, ERR_NONE);
        assert_int_equal(err_exit(err.code) == 17 || err_exit(err.code) == 16, 1);
        return err.code;
    }
    assert_true(buf_equal(&next->bytes, bytes));
    trust_free(next);
    return ERR_NONE;
}

static void assert_step(const struct trust *from, const struct trust *to, const char *signers,
                        enum err_code code)
{
    struct kit_signatures s = {0};

    kit_sign(&s, signers, SIGFILE_TRUST, to->bytes.data, to->bytes.len);
    if (step(from, &to->bytes, &s) != code) {
        fail_msg("signed by %s: %s instead of %s: %s", signers, err_reason(err.code),
                 err_reason(code), err.text);
    }
    kit_signatures_release(&s);
}

static void each_set_has_its_threshold(void **state)
{
    struct trust *from = kit_written(kit_set(1, "012", 2));
    struct trust *same = kit_written(kit_set(2, "012", 2));
    struct trust *moved = kit_written(kit_set(2, "234", 2));
    struct trust *apart = kit_written(kit_set(2, "345", 3));
    struct trust *stricter = kit_written(kit_set(2, "012", 3));

    (void)state;
    assert_step(from, same, "", ERR_TRUST_THRESHOLD);
    assert_step(from, same, "0", ERR_TRUST_THRESHOLD);
    assert_step(from, same, "02", ERR_NONE);
    assert_step(from, same, "012", ERR_NONE);
    assert_step(from, moved, "02", ERR_TRUST_THRESHOLD);
    assert_step(from, moved, "01", ERR_TRUST_THRESHOLD);
    assert_step(from, moved, "34", ERR_TRUST_THRESHOLD);
    assert_step(from, moved, "0134", ERR_NONE);
    assert_step(from, moved, "3041", ERR_NONE);
    assert_step(from, moved, "023", ERR_NONE);
    assert_step(from, apart, "012", ERR_TRUST_THRESHOLD);
    assert_step(from, apart, "345", ERR_TRUST_THRESHOLD);
    assert_step(from, apart, "01234", ERR_TRUST_THRESHOLD);
    assert_step(from, apart, "0345", ERR_TRUST_THRESHOLD);
    assert_step(from, apart, "01345", ERR_NONE);
    assert_step(from, stricter, "01", ERR_TRUST_THRESHOLD);
    assert_step(from, stricter, "012", ERR_NONE);
    trust_free(from);
    trust_free(same);
    trust_free(moved);
    trust_free(apart);
    trust_free(stricter);
}

static void strangers_and_the_other_role_refuse_the_whole(void **state)
{
    struct trust *from = kit_written(kit_set(1, "012", 2));
    struct trust *to = kit_written(kit_set(2, "012", 2));

    (void)state;
    assert_step(from, to, "018", ERR_TRUST_SIGNATURE);
    assert_step(from, to, "801", ERR_TRUST_SIGNATURE);
    assert_step(from, to, "019", ERR_TRUST_SIGNATURE); /* 9 signs bundles in both sets */
    assert_step(from, to, "99", ERR_TRUST_THRESHOLD);
    assert_step(from, to, "00", ERR_TRUST_SIGNATURE);
    assert_step(from, to, "010", ERR_TRUST_SIGNATURE);
    trust_free(from);
    trust_free(to);
}

/* The thief's key 2 is dropped by set 2 and then signs a set 3 of its own. */
static void a_dropped_root_signs_nothing_any_more(void **state)
{
    struct trust *one = kit_written(kit_set(1, "012", 1));
    struct trust *two = kit_written(kit_set(2, "01", 1));
    struct trust *three = kit_written(kit_set(3, "2", 1));

    (void)state;
    assert_step(one, two, "0", ERR_NONE);
    assert_step(two, three, "2", ERR_TRUST_THRESHOLD);
    assert_step(one, three, "2", ERR_TRUST_STEP);
    trust_free(one);
    trust_free(two);
    trust_free(three);
}

static void assert_changed(uint64_t version, uint64_t epoch, uint64_t least, enum err_code code)
{
    struct trust *from = kit_written(kit_set(4, "01", 1)), *to = kit_set(version, "01", 1);

    to->epoch = epoch;
    to->least_sequence = least;
    kit_written(to);
    assert_step(from, to, "0", code);
    trust_free(from);
    trust_free(to);
}

static void numbers_only_go_up(void **state)
{
    (void)state;
    assert_changed(5, 5, 7, ERR_NONE);
    assert_changed(5, 6, 8, ERR_NONE);
    assert_changed(6, 5, 7, ERR_TRUST_STEP);
    assert_changed(4, 5, 7, ERR_TRUST_STEP);
    assert_changed(3, 5, 7, ERR_TRUST_STEP);
    assert_changed(5, 4, 7, ERR_TRUST_STEP);
    assert_changed(5, 5, 6, ERR_TRUST_STEP);
    assert_changed(5, 6, 6, ERR_TRUST_STEP);
}

static void domain_and_channel_stay(void **state)
{
    struct trust *from = kit_written(kit_set(1, "01", 1)), *to = kit_set(2, "01", 1);

    (void)state;
    to->domain[15] ^= 1;
    kit_written(to);
    assert_step(from, to, "0", ERR_TRUST_STEP);
    to->domain[15] ^= 1;
    to->channel[0] = 'd';
    kit_written(to);
    assert_step(from, to, "0", ERR_TRUST_STEP);
    trust_free(from);
    trust_free(to);
}

/* Steps ignore dates. */
static void an_expired_set_is_still_followed(void **state)
{
    struct trust *from = kit_set(1, "01", 1), *to = kit_set(2, "01", 1);

    (void)state;
    from->expires = to->expires = WHEN_MIN;
    kit_written(from);
    kit_written(to);
    assert_step(from, to, "0", ERR_NONE);
    trust_free(from);
    trust_free(to);
}

/* Key 0 has another certificate in the new set: each of the two counts as the format says. */
static void a_renewed_certificate_counts_by_its_key(void **state)
{
    struct trust *from = kit_written(kit_set(1, "01", 1)), *to = kit_set(2, "1", 1);
    struct kit_signatures s = {0};
    struct buf renewed;

    (void)state;
    kit_renew(0, &renewed);
    assert_true(trust_add(to, TRUST_ROOT, "key-0", 0, renewed.data, renewed.len, &err));
    kit_written(to);
    assert_step(from, to, "0", ERR_NONE);
    kit_sign_cert(&s, 0, &renewed, SIGFILE_TRUST, to->bytes.data, to->bytes.len);
    assert_int_equal(step(from, &to->bytes, &s), ERR_TRUST_THRESHOLD);
    kit_sign(&s, "1", SIGFILE_TRUST, to->bytes.data, to->bytes.len);
    assert_int_equal(step(from, &to->bytes, &s), ERR_NONE);
    kit_sign(&s, "0", SIGFILE_TRUST, to->bytes.data, to->bytes.len);
    assert_int_equal(step(from, &to->bytes, &s), ERR_TRUST_SIGNATURE); /* one key twice */
    kit_signatures_release(&s);
    buf_release(&renewed);
    trust_free(from);
    trust_free(to);
}

/* Nothing is read before the old threshold holds over the bytes. */
static void unsigned_bytes_are_not_parsed(void **state)
{
    static const char junk[] = "<!DOCTYPE trust><trust/>";
    struct trust *from = kit_written(kit_set(1, "01", 2));
    struct kit_signatures s = {0};
    struct buf bytes;

    (void)state;
    buf_init(&bytes, 100);
    assert_true(buf_add(&bytes, junk, sizeof junk - 1, &err));
    assert_int_equal(step(from, &bytes, &s), ERR_TRUST_THRESHOLD);
    kit_sign(&s, "0", SIGFILE_TRUST, bytes.data, bytes.len);
    assert_int_equal(step(from, &bytes, &s), ERR_TRUST_THRESHOLD);
    kit_sign(&s, "1", SIGFILE_TRUST, bytes.data, bytes.len);
    assert_int_equal(step(from, &bytes, &s), ERR_TRUST_FORM);
    kit_signatures_release(&s);
    buf_release(&bytes);
    trust_free(from);
}

static void a_newer_set_says_so_once_it_is_signed(void **state)
{
    struct trust *from = kit_written(kit_set(1, "01", 1)), *to = kit_written(kit_set(2, "01", 1));
    struct kit_signatures s = {0};
    char *ns = strstr((char *)to->bytes.data, "urn:pinferry:trust:1");

    (void)state;
    assert_non_null(ns);
    ns[19] = '2';
    assert_int_equal(step(from, &to->bytes, &s), ERR_TRUST_THRESHOLD);
    kit_sign(&s, "0", SIGFILE_TRUST, to->bytes.data, to->bytes.len);
    assert_int_equal(step(from, &to->bytes, &s), ERR_NEWER);
    kit_signatures_release(&s);
    trust_free(from);
    trust_free(to);
}

static void signatures_are_over_these_bytes_as_a_trust_set(void **state)
{
    struct trust *from = kit_written(kit_set(1, "01", 1)), *to = kit_written(kit_set(2, "01", 1));
    struct kit_signatures s = {0};

    (void)state;
    kit_sign(&s, "0", SIGFILE_STATEMENT, to->bytes.data, to->bytes.len);
    assert_int_equal(step(from, &to->bytes, &s), ERR_TRUST_SIGNATURE);
    kit_signatures_release(&s);
    kit_sign(&s, "0", SIGFILE_TRUST, from->bytes.data, from->bytes.len);
    assert_int_equal(step(from, &to->bytes, &s), ERR_TRUST_SIGNATURE);
    kit_signatures_release(&s);
    kit_sign(&s, "01", SIGFILE_TRUST, to->bytes.data, to->bytes.len);
    assert_int_equal(step(from, &to->bytes, &s), ERR_NONE);
    for (size_t i = 0; i < to->bytes.len; i++) {
        to->bytes.data[i] ^= 1;
        assert_int_equal(step(from, &to->bytes, &s), ERR_TRUST_SIGNATURE);
        to->bytes.data[i] ^= 1;
    }
    s.items[1].len--;
    assert_int_equal(step(from, &to->bytes, &s), ERR_TRUST_SIGNATURE);
    s.items[1].len = 0;
    assert_int_equal(step(from, &to->bytes, &s), ERR_TRUST_SIGNATURE);
    kit_signatures_release(&s);
    trust_free(from);
    trust_free(to);
}

static void too_many_signatures_are_refused(void **state)
{
    struct trust_signature many[LIMIT_TRUST_SIGNATURES + 1] = {{0}};
    struct trust *from = kit_written(kit_set(1, "01", 1));

    (void)state;
    assert_null(trust_step(from, "x", 1, many, LIMIT_TRUST_SIGNATURES + 1, &err));
    assert_int_equal(err.code, ERR_TRUST_SIGNATURE);
    trust_free(from);
}

static void assert_votes(const struct trust *set, enum trust_role role, const char *signers,
                         enum err_code code)
{
    static const char document[] = "document";
    struct trust_vote votes[20];
    struct kit_signatures s = {0};

    kit_sign(&s, signers, SIGFILE_STATEMENT, document, sizeof document);
    err = (struct err){0};
    if (trust_verify(set, role, SIGFILE_STATEMENT, document, sizeof document, s.items, s.count,
                     votes, &err)) {
        for (size_t i = 0; i < s.count; i++) {
            char id[] = {'k', 'e', 'y', '-', signers[i], '\0'};

            assert_string_equal(set->roles[role].signers[votes[i].signer].id, id);
            assert_int_equal(votes[i].signing_time, 1767225600 + (signers[i] - '0'));
        }
    }
    if (err.code != code) {
        fail_msg("signed by %s: %s instead of %s: %s", signers, err_reason(err.code),
                 err_reason(code), err.text);
    }
    kit_signatures_release(&s);
}

static void votes_count_once_and_in_their_role(void **state)
{
    struct trust *set = kit_written(kit_set(1, "012", 2));

    (void)state;
    assert_votes(set, TRUST_ROOT, "", ERR_THRESHOLD);
    assert_votes(set, TRUST_ROOT, "1", ERR_THRESHOLD);
    assert_votes(set, TRUST_ROOT, "20", ERR_NONE);
    assert_votes(set, TRUST_ROOT, "201", ERR_NONE);
    assert_votes(set, TRUST_ROOT, "11", ERR_SIGNATURE_REPEATED);
    assert_votes(set, TRUST_ROOT, "019", ERR_SIGNATURE_SIGNER);
    assert_votes(set, TRUST_ROOT, "901", ERR_SIGNATURE_SIGNER);
    assert_votes(set, TRUST_ROOT, "018", ERR_SIGNATURE_SIGNER);
    assert_votes(set, TRUST_BUNDLE, "9", ERR_NONE);
    assert_votes(set, TRUST_BUNDLE, "0", ERR_SIGNATURE_SIGNER);
    assert_votes(set, TRUST_BUNDLE, "90", ERR_SIGNATURE_SIGNER);
    trust_free(set);
}

/* A certificate that the set does not name does not count, though its key is named. */
static void another_certificate_of_the_key_is_a_stranger(void **state)
{
    static const char document[] = "document";
    struct trust *set = kit_written(kit_set(1, "0", 1));
    struct kit_signatures s = {0};
    struct trust_vote votes[1];
    struct buf renewed;

    (void)state;
    kit_renew(0, &renewed);
    kit_sign_cert(&s, 0, &renewed, SIGFILE_STATEMENT, document, sizeof document);
    assert_false(trust_verify(set, TRUST_ROOT, SIGFILE_STATEMENT, document, sizeof document,
                              s.items, 1, votes, &err));
    assert_int_equal(err.code, ERR_SIGNATURE_SIGNER);
    kit_signatures_release(&s);
    buf_release(&renewed);
    trust_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_set_has_its_threshold),
        cmocka_unit_test(strangers_and_the_other_role_refuse_the_whole),
        cmocka_unit_test(a_dropped_root_signs_nothing_any_more),
        cmocka_unit_test(numbers_only_go_up),
        cmocka_unit_test(domain_and_channel_stay),
        cmocka_unit_test(an_expired_set_is_still_followed),
        cmocka_unit_test(a_renewed_certificate_counts_by_its_key),
        cmocka_unit_test(unsigned_bytes_are_not_parsed),
        cmocka_unit_test(a_newer_set_says_so_once_it_is_signed),
        cmocka_unit_test(signatures_are_over_these_bytes_as_a_trust_set),
        cmocka_unit_test(too_many_signatures_are_refused),
        cmocka_unit_test(votes_count_once_and_in_their_role),
        cmocka_unit_test(another_certificate_of_the_key_is_a_stranger),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
