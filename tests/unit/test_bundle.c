/* SPDX-License-Identifier: MIT */
/* The opener: each refusal with its code, in the order of checks, and nothing let through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/make_bundle.h"
#include "tests/unit/scratch.h"

#define SIGNED (MADE_NOW - 1800)

static struct made made;

static int setup(void **state)
{
    struct err err = {0};

    made_init(&made);
    made.trust = made_set(&made, 1, MADE_ROOT, 1);
    made_must(trust_write(made.trust, &err), &err);
    return scratch_make(state);
}

static int teardown(void **state)
{
    made_release(&made);
    return scratch_remove(state);
}

/* A bundle as it should be: notes and a file as payload. */
static void make_good(struct made_bundle *b)
{
    made_bundle_init(b);
    made_payload(b, "payload/notes", "read me")->notes = true;
    made_payload(b, "payload/tool", "bytes");
    made_sign(&made, b, MADE_FIRST, SIGNED);
    made_add(b, "payload/notes", "read me", 7);
    made_add(b, "payload/tool", "bytes", 5);
    made_tar(b);
}

/* Opens b->tar and says how that ended. */
static enum err_code open_code(const struct made_bundle *b, const struct bundle_policy *policy)
{
    struct trust *advanced = NULL;
    struct err err = {0};
    struct bundle *bundle =
        bundle_open_bytes(b->tar.data, b->tar.len, policy, NULL, &advanced, &err);

    assert_true((bundle != NULL) == (err.code == ERR_NONE));
    trust_free(advanced);
    bundle_free(bundle);
    return err.code;
}

static enum err_code open_plain(const struct made_bundle *b)
{
    struct bundle_policy policy = made_policy(made.trust);

    return open_code(b, &policy);
}

static void a_good_bundle_is_taken(void **state)
{
    struct bundle_policy policy = made_policy(made.trust);
    struct trust *advanced = NULL;
    struct made_bundle b;
    struct bundle *bundle;
    struct err err = {0};
    uint8_t sha256[32];
    size_t votes;

    (void)state;
    make_good(&b);
    bundle = bundle_open_bytes(b.tar.data, b.tar.len, &policy, NULL, &advanced, &err);
    assert_non_null(bundle);
    assert_null(advanced);
    assert_int_equal(bundle_manifest(bundle)->sequence, 5);
    assert_true(crypto_sha256(sha256, b.document.data, b.document.len, &err));
    assert_memory_equal(bundle_manifest_sha256(bundle), sha256, 32);
    assert_memory_equal(bundle_trust(bundle)->fingerprint, made.trust->fingerprint, 32);
    assert_int_equal(bundle_votes(bundle, &votes)[0].signing_time, SIGNED);
    assert_int_equal(votes, 1);
    assert_int_equal(bundle_signed_at(bundle), SIGNED);
    assert_string_equal(buf_text(bundle_notes(bundle)), "read me");
    assert_int_equal(bundle_date_problem(bundle)->code, ERR_NONE);
    assert_memory_equal(bundle_head(bundle)->data, b.tar.data, bundle_head(bundle)->len);
    assert_memory_equal(b.tar.data + bundle_head(bundle)->len, "payload/notes", 14);
    bundle_free(bundle);
    made_bundle_release(&b);
}

static void a_head_is_opened_alone(void **state)
{
    struct bundle_policy policy = made_policy(made.trust);
    struct trust *advanced = NULL;
    struct made_bundle b;
    struct bundle *bundle, *again;
    struct err err = {0};
    size_t len;

    (void)state;
    make_good(&b);
    bundle = bundle_open_bytes(b.tar.data, b.tar.len, &policy, NULL, &advanced, &err);
    assert_non_null(bundle);
    len = bundle_head(bundle)->len;
    again = bundle_open_head(b.tar.data, len, &policy, &advanced, &err);
    assert_non_null(again);
    assert_true(buf_equal(bundle_head(again), bundle_head(bundle)));
    assert_null(bundle_notes(again));
    bundle_free(again);
    for (size_t wrong = 0; wrong < b.tar.len; wrong += 256) {
        if (wrong != len) {
            assert_null(bundle_open_head(b.tar.data, wrong, &policy, &advanced, &err));
            assert_int_equal(err_exit(err.code), 10);
        }
    }
    b.tar.data[len - 513] ^= 1;
    assert_null(bundle_open_head(b.tar.data, len, &policy, &advanced, &err));
    bundle_free(bundle);
    made_bundle_release(&b);
}

/* --- check 4: the container --- */

static void wrong_containers_are_refused(void **state)
{
    struct made_bundle b;
    struct err err = {0};

    (void)state;
    made_bundle_init(&b);
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_CONTAINER_MEMBER);
    made_add(&b, "other", "x", 1);
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_CONTAINER_MEMBER);
    snprintf(b.members[0].name, sizeof b.members[0].name, "manifest.xml");
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_CONTAINER_MEMBER);
    made_add(&b, "manifest-1.p7s", "x", 1);
    b.members[1].bytes.len = 0;
    while (b.members[1].bytes.len <= LIMIT_SIGNATURE_BYTES) {
        assert_true(buf_add(&b.members[1].bytes, "0123456789abcdef", 16, &err));
    }
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_CONTAINER_LIMIT);
    b.members[1].bytes.len = 16;
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_SIGNATURE_FORM);
    tarhead_make(b.tar.data, "manifest.xml", 0, TARHEAD_LIBARCHIVE);
    assert_int_equal(open_plain(&b), ERR_CONTAINER_LIMIT);
    b.tar.len = 700;
    assert_int_equal(open_plain(&b), ERR_CONTAINER_LIMIT);
    tarhead_make(b.tar.data, "manifest.xml", 500, TARHEAD_LIBARCHIVE);
    assert_int_equal(open_plain(&b), ERR_CONTAINER_FORM);
    b.tar.data[0] ^= 1;
    assert_int_equal(open_plain(&b), ERR_CONTAINER_HEADER);
    made_bundle_release(&b);
}

/* --- check 5: the chain --- */

static const int by_root[] = {MADE_ROOT, -1};
static const int by_stranger[] = {MADE_STRANGER, -1};
static const int by_both[] = {MADE_ROOT, MADE_NEW_ROOT, -1};
static const int by_root_and_stranger[] = {MADE_ROOT, MADE_STRANGER, -1};

/* A bundle that carries set `version` with this root, signed by these keys; with a sequence of 5.
 */
static enum err_code open_carried(uint64_t version, int root, const int *keys, uint64_t epoch,
                                  uint64_t *reached)
{
    struct bundle_policy policy = made_policy(made.trust);
    struct trust *set = made_set(&made, version, root, 1), *advanced = NULL;
    struct made_bundle b;
    struct bundle *bundle;
    struct err err = {0};

    set->epoch = epoch;
    made_bundle_init(&b);
    made_carry_set(&made, &b, set, keys);
    made_sign(&made, &b, MADE_FIRST, SIGNED);
    made_tar(&b);
    bundle = bundle_open_bytes(b.tar.data, b.tar.len, &policy, NULL, &advanced, &err);
    *reached = advanced == NULL ? 0 : advanced->version;
    assert_true(bundle == NULL || bundle_trust(bundle)->version == version);
    bundle_free(bundle);
    trust_free(advanced);
    trust_free(set);
    made_bundle_release(&b);
    return err.code;
}

static void the_chain_is_followed(void **state)
{
    uint64_t reached;

    (void)state;
    assert_int_equal(open_carried(2, MADE_ROOT, by_root, 1, &reached), ERR_NONE);
    assert_int_equal(reached, 2);
    assert_int_equal(open_carried(2, MADE_NEW_ROOT, by_both, 1, &reached), ERR_NONE);
    assert_int_equal(reached, 2);
    assert_int_equal(open_carried(2, MADE_ROOT, by_stranger, 1, &reached), ERR_TRUST_THRESHOLD);
    assert_int_equal(reached, 0);
    assert_int_equal(open_carried(2, MADE_ROOT, by_root_and_stranger, 1, &reached),
                     ERR_TRUST_SIGNATURE);
    assert_int_equal(open_carried(2, MADE_NEW_ROOT, by_root, 1, &reached), ERR_TRUST_THRESHOLD);
    assert_int_equal(open_carried(3, MADE_ROOT, by_root, 1, &reached), ERR_TRUST_GAP);
    /* refused by a later check: the chain is kept all the same */
    assert_int_equal(open_carried(2, MADE_ROOT, by_root, 2, &reached), ERR_REPLAY_EPOCH);
    assert_int_equal(reached, 2);
}

/* A good set 2 and then a set 3 by these keys: how far a site with set 1 gets. */
static enum err_code open_two_steps(const int *keys, uint64_t *reached)
{
    struct bundle_policy policy = made_policy(made.trust);
    struct trust *second = made_set(&made, 2, MADE_ROOT, 1),
                 *third = made_set(&made, 3, MADE_ROOT, 1);
    struct trust *advanced = NULL;
    struct made_bundle b;
    struct err err = {0};

    made_bundle_init(&b);
    made_carry_set(&made, &b, second, by_root);
    made_carry_set(&made, &b, third, keys);
    made_sign(&made, &b, MADE_FIRST, SIGNED);
    made_tar(&b);
    bundle_free(bundle_open_bytes(b.tar.data, b.tar.len, &policy, NULL, &advanced, &err));
    *reached = 0;
    if (advanced != NULL) {
        const struct trust *last = advanced->version == 2 ? second : third;

        *reached = advanced->version;
        assert_true(buf_equal(&advanced->bytes, &last->bytes));
    }
    trust_free(advanced);
    trust_free(second);
    trust_free(third);
    made_bundle_release(&b);
    return err.code;
}

static void steps_before_a_broken_one_are_kept(void **state)
{
    uint64_t reached;

    (void)state;
    assert_int_equal(open_two_steps(by_root, &reached), ERR_NONE);
    assert_int_equal(reached, 3);
    assert_int_equal(open_two_steps(by_stranger, &reached), ERR_TRUST_THRESHOLD);
    assert_int_equal(reached, 2);
    assert_int_equal(open_two_steps(by_root_and_stranger, &reached), ERR_TRUST_SIGNATURE);
    assert_int_equal(reached, 2);
}

static void carried_sets_at_and_below_ours(void **state)
{
    struct trust *set = made_set(&made, 2, MADE_ROOT, 1), *other = made_set(&made, 2, MADE_ROOT, 1);
    struct bundle_policy policy;
    struct made_bundle b;
    struct err err = {0};

    (void)state;
    made_bundle_init(&b);
    made_carry_set(&made, &b, set, by_root);
    made_sign(&made, &b, MADE_FIRST, SIGNED);
    made_tar(&b);
    policy = made_policy(set);
    assert_int_equal(open_code(&b, &policy), ERR_NONE);
    other->expires++;
    assert_true(trust_write(other, &err));
    policy = made_policy(other);
    assert_int_equal(open_code(&b, &policy), ERR_TRUST_DIFFERENT);
    other->version = 3;
    assert_true(trust_write(other, &err));
    assert_int_equal(open_code(&b, &policy), ERR_NONE);
    made_bundle_release(&b);
    /* what lies below is not parsed, but it is what was signed or refused */
    made_bundle_init(&b);
    made_carry(&b, "trust/000002.xml", "no trust set", 12);
    made_carry(&b, "trust/000002-1.p7s", "no signature", 12);
    b.manifest->trust_version = 2;
    made_sign(&made, &b, MADE_FIRST, SIGNED);
    made_tar(&b);
    assert_int_equal(open_code(&b, &policy), ERR_NONE);
    b.tar.data[512] ^= 1;
    assert_int_equal(open_code(&b, &policy), ERR_MANIFEST_FORM);
    made_bundle_release(&b);
    trust_free(set);
    trust_free(other);
}

/* --- checks 6 and 7: signatures and threshold --- */

static void every_signature_must_hold(void **state)
{
    static const struct {
        int keys[3];
        unsigned threshold;
        enum err_code code;
    } cases[] = {
        {{MADE_FIRST, -1, -1}, 1, ERR_NONE},
        {{MADE_FIRST, MADE_SECOND, -1}, 1, ERR_NONE},
        {{MADE_FIRST, MADE_SECOND, -1}, 2, ERR_NONE},
        {{MADE_FIRST, -1, -1}, 2, ERR_THRESHOLD},
        {{MADE_FIRST, MADE_FIRST, -1}, 2, ERR_SIGNATURE_REPEATED},
        {{MADE_FIRST, MADE_FIRST, -1}, 1, ERR_SIGNATURE_REPEATED},
        {{MADE_STRANGER, -1, -1}, 1, ERR_SIGNATURE_SIGNER},
        {{MADE_ROOT, -1, -1}, 1, ERR_SIGNATURE_SIGNER},
        {{MADE_FIRST, MADE_STRANGER, -1}, 1, ERR_SIGNATURE_SIGNER},
        {{MADE_STRANGER, -1, -1}, 2, ERR_SIGNATURE_SIGNER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trust *set = made_set(&made, 1, MADE_ROOT, cases[i].threshold);
        struct bundle_policy policy = made_policy(set);
        struct made_bundle b;
        struct err err = {0};

        assert_true(trust_write(set, &err));
        made_bundle_init(&b);
        for (int k = 0; k < 3 && cases[i].keys[k] >= 0; k++) {
            made_sign(&made, &b, cases[i].keys[k], SIGNED);
        }
        made_tar(&b);
        assert_int_equal(open_code(&b, &policy), cases[i].code);
        made_bundle_release(&b);
        trust_free(set);
    }
}

static void another_document_is_refused_before_it_is_parsed(void **state)
{
    struct made_bundle b;

    (void)state;
    make_good(&b);
    b.tar.data[512] = '!'; /* no XML any more, and nobody looks */
    assert_int_equal(open_plain(&b), ERR_SIGNATURE_DIGEST);
    made_bundle_release(&b);
}

/* --- check 8: form --- */

/* A manifest whose text was changed before it was signed. */
static enum err_code open_edited(const char *from, const char *to)
{
    struct made_bundle b;
    struct err err = {0};
    struct buf text;
    char *at;
    enum err_code code;

    made_bundle_init(&b);
    made_document(&b);
    buf_init(&text, LIMIT_MANIFEST_BYTES);
    at = strstr((char *)b.document.data, from);
    assert_non_null(at);
    assert_true(buf_add(&text, b.document.data, (size_t)(at - (char *)b.document.data), &err));
    assert_true(buf_add_text(&text, to, &err));
    assert_true(buf_add_text(&text, at + strlen(from), &err));
    buf_release(&b.document);
    b.document = text;
    made_sign(&made, &b, MADE_FIRST, SIGNED);
    made_tar(&b);
    code = open_plain(&b);
    made_bundle_release(&b);
    return code;
}

static void signed_but_wrong_manifests_are_refused(void **state)
{
    (void)state;
    assert_int_equal(open_edited("epoch=\"1\"", "epoch=\"1\""), ERR_NONE);
    assert_int_equal(open_edited("</manifest>", ""), ERR_DOCUMENT_FORM);
    assert_int_equal(open_edited("epoch=\"1\"", "epoch=\"x\""), ERR_MANIFEST_FORM);
    assert_int_equal(open_edited("<pins>", "<pins >"), ERR_DOCUMENT_CANONICAL);
    assert_int_equal(open_edited("manifest:1", "manifest:9"), ERR_NEWER);
    assert_int_equal(open_edited("</manifest>", "  <extensions>\n    <extension id=\"urn:a\" "
                                                "critical=\"true\" value=\"v\"/>\n  "
                                                "</extensions>\n</manifest>"),
                     ERR_NEWER_EXTENSION);
    assert_int_equal(open_edited("trust-version=\"1\"", "trust-version=\"2\""), ERR_TRUST_GAP);
    /* before the domain is looked at */
    assert_int_equal(open_edited("domain=\"01", "domain=\"02"), ERR_SCOPE_DOMAIN);
}

static void trust_members_are_those_of_the_manifest(void **state)
{
    struct trust *set = made_set(&made, 2, MADE_ROOT, 1);
    struct made_bundle b;

    (void)state;
    for (int i = 0; i < 4; i++) {
        made_bundle_init(&b);
        made_carry_set(&made, &b, set, by_root);
        if (i == 1) {
            b.manifest->trust[1].sha256[0] ^= 1;
        } else if (i == 2) {
            b.manifest->trust[0].size++;
        } else if (i == 3) {
            b.manifest->trust_count = 0;
        }
        made_sign(&made, &b, MADE_FIRST, SIGNED);
        made_tar(&b);
        assert_int_equal(open_plain(&b), i == 0 ? ERR_NONE : ERR_MANIFEST_FORM);
        made_bundle_release(&b);
    }
    trust_free(set);
}

/* --- checks 9 to 12 --- */

/* A bundle after `change`, opened after `ask`; both may be NULL. */
static enum err_code open_changed(void (*change)(struct manifest *), int64_t when,
                                  const struct bundle_policy *policy)
{
    struct made_bundle b;
    enum err_code code;

    made_bundle_init(&b);
    if (change != NULL) {
        change(b.manifest);
    }
    made_sign(&made, &b, MADE_FIRST, when);
    made_tar(&b);
    code = open_code(&b, policy);
    made_bundle_release(&b);
    return code;
}

static void other_channel(struct manifest *m)
{
    m->channel[0] = 'x';
}

static void other_site(struct manifest *m)
{
    m->all_sites = false;
    made_must(manifest_add_site(m, "site-2", NULL), &(struct err){0});
}

static void next_epoch(struct manifest *m)
{
    m->epoch = 2;
}

static void next_epoch_elsewhere(struct manifest *m)
{
    m->epoch = 2;
    other_site(m);
}

static void lasts_too_long(struct manifest *m)
{
    m->expires = MADE_NOW + 400 * WHEN_DAY + 1;
}

static void scope_is_checked(void **state)
{
    struct bundle_policy policy = made_policy(made.trust);

    (void)state;
    assert_int_equal(open_changed(other_channel, SIGNED, &policy), ERR_SCOPE_CHANNEL);
    assert_int_equal(open_changed(other_site, SIGNED, &policy), ERR_SCOPE_SITE);
    assert_int_equal(open_changed(next_epoch_elsewhere, SIGNED, &policy), ERR_SCOPE_SITE);
    policy.site = "site-2";
    assert_int_equal(open_changed(other_site, SIGNED, &policy), ERR_NONE);
    policy.site = NULL;
    assert_int_equal(open_changed(other_site, SIGNED, &policy), ERR_NONE);
}

static void sequence_is_checked(void **state)
{
    struct bundle_policy policy = made_policy(made.trust);
    struct made_bundle b;
    struct err err = {0};

    (void)state;
    assert_int_equal(open_changed(next_epoch, SIGNED, &policy), ERR_REPLAY_EPOCH);
    policy.has_last = true;
    policy.last_epoch = 1;
    policy.last_sequence = 4;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_NONE);
    policy.last_sequence = 6;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_REPLAY_SEQUENCE);
    policy.last_epoch = 2;
    policy.last_sequence = 1;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_REPLAY_EPOCH);
    policy.last_epoch = 1;
    policy.last_sequence = 5;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_REPLAY_DIFFERENT);
    make_good(&b);
    assert_true(crypto_sha256(policy.last_manifest, b.document.data, b.document.len, &err));
    assert_int_equal(open_code(&b, &policy), ERR_NONE);
    policy.last_sequence = 6;
    policy.local = MADE_NOW - 100 * WHEN_DAY; /* the sequence comes before the clock */
    assert_int_equal(open_code(&b, &policy), ERR_REPLAY_SEQUENCE);
    policy.local = MADE_NOW;
    policy.check_replay = false;
    assert_int_equal(open_code(&b, &policy), ERR_NONE);
    made_bundle_release(&b);
    /* The epoch must be the trust set's also where no state is compared with. */
    assert_int_equal(open_changed(next_epoch, SIGNED, &policy), ERR_REPLAY_EPOCH);
}

static void the_site_s_own_least_sequence_is_checked(void **state)
{
    struct bundle_policy policy = made_policy(made.trust);

    (void)state;
    policy.least_epoch = 1;
    policy.least_sequence = 5;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_NONE);
    policy.least_sequence = 6;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_REPLAY_LEAST);
    policy.check_replay = false;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_NONE);
    policy.check_replay = policy.has_last = true;
    policy.last_epoch = 1;
    policy.last_sequence = 4;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_NONE);
    policy.has_last = false;
    policy.least_epoch = 2;
    policy.least_sequence = 1;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_REPLAY_LEAST);
}

static void least_sequence_is_checked(void **state)
{
    struct trust *set = made_set(&made, 1, MADE_ROOT, 1);
    struct bundle_policy policy = made_policy(set);
    struct err err = {0};

    (void)state;
    set->least_sequence = 6;
    assert_true(trust_write(set, &err));
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_REPLAY_LEAST);
    policy.check_replay = false;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_REPLAY_LEAST);
    set->least_sequence = 5;
    assert_true(trust_write(set, &err));
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_NONE);
    trust_free(set);
}

static void the_clock_is_checked(void **state)
{
    struct bundle_policy policy = made_policy(made.trust);

    (void)state;
    policy.has_floor = true;
    policy.floor = MADE_NOW + WHEN_DAY;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_NONE);
    policy.floor++;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_CLOCK_BEHIND);
    policy.has_floor = false;
    policy.local = SIGNED - WHEN_DAY - 1; /* also before not-before: the clock comes first */
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_CLOCK_AHEAD);
    policy.local = SIGNED - WHEN_DAY;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_TIME_NOT_YET);
}

static void dates_are_checked(void **state)
{
    const int64_t created = MADE_NOW - 7200, expires = MADE_NOW + 30 * WHEN_DAY;
    struct bundle_policy policy = made_policy(made.trust);

    (void)state;
    policy.local = MADE_NOW - 3600;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_NONE);
    policy.local--;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_TIME_NOT_YET);
    policy.local = expires - 1;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_NONE);
    policy.local = expires;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_TIME_EXPIRED);
    policy.local = MADE_NOW + 300 * WHEN_DAY;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_TIME_TRUST_EXPIRED);
    policy.local = expires - 10; /* the floor is later and decides */
    policy.has_floor = true;
    policy.floor = expires;
    assert_int_equal(open_changed(NULL, SIGNED, &policy), ERR_TIME_EXPIRED);
    policy = made_policy(made.trust);
    assert_int_equal(open_changed(lasts_too_long, SIGNED, &policy), ERR_TIME_SIGNER_UNTIL);
    assert_int_equal(open_changed(NULL, created - 1, &policy), ERR_TIME_SIGNED);
    assert_int_equal(open_changed(NULL, created, &policy), ERR_NONE);
    policy.local = expires - 1;
    assert_int_equal(open_changed(NULL, expires, &policy), ERR_TIME_SIGNED);
}

static void dates_can_be_waived_or_reported(void **state)
{
    struct bundle_policy policy = made_policy(made.trust);
    struct trust *advanced = NULL;
    struct made_bundle b;
    struct bundle *bundle;
    struct err err = {0};
    uint8_t sha256[32];

    (void)state;
    make_good(&b);
    assert_true(crypto_sha256(sha256, b.document.data, b.document.len, &err));
    policy.local = MADE_NOW + 31 * WHEN_DAY;
    policy.waived_manifest = sha256;
    assert_int_equal(open_code(&b, &policy), ERR_NONE);
    sha256[31] ^= 1;
    assert_int_equal(open_code(&b, &policy), ERR_TIME_EXPIRED);
    sha256[31] ^= 1;
    policy.local = MADE_NOW + 301 * WHEN_DAY; /* expires alone is waived */
    assert_int_equal(open_code(&b, &policy), ERR_TIME_TRUST_EXPIRED);
    policy.check_time = false;
    bundle = bundle_open_bytes(b.tar.data, b.tar.len, &policy, NULL, &advanced, &err);
    assert_non_null(bundle);
    assert_int_equal(bundle_date_problem(bundle)->code, ERR_TIME_TRUST_EXPIRED);
    bundle_free(bundle);
    made_bundle_release(&b);
}

/* T is the threshold-th highest time, so one signer with a wrong clock cannot move it alone. */
static void signed_at_is_the_quorums(void **state)
{
    struct trust *set = made_set(&made, 1, MADE_ROOT, 2);
    struct bundle_policy policy = made_policy(set);
    struct trust *advanced = NULL;
    struct made_bundle b;
    struct bundle *bundle;
    struct err err = {0};

    (void)state;
    assert_true(trust_write(set, &err));
    made_bundle_init(&b);
    made_sign(&made, &b, MADE_FIRST, MADE_NOW + 20 * WHEN_DAY);
    made_sign(&made, &b, MADE_SECOND, SIGNED);
    made_tar(&b);
    bundle = bundle_open_bytes(b.tar.data, b.tar.len, &policy, NULL, &advanced, &err);
    assert_non_null(bundle);
    assert_int_equal(bundle_signed_at(bundle), SIGNED);
    bundle_free(bundle);
    policy.trust = made.trust; /* threshold 1 */
    assert_int_equal(open_code(&b, &policy), ERR_CLOCK_AHEAD);
    made_bundle_release(&b);
    trust_free(set);
}

/* --- check 13: payload and end --- */

static void the_payload_is_what_was_signed(void **state)
{
    struct bundle_policy late = made_policy(made.trust);
    struct made_bundle b;
    struct err err = {0};
    size_t len, all;

    (void)state;
    make_good(&b);
    assert_int_equal(open_plain(&b), ERR_NONE);
    len = b.tar.len;
    b.members[3].bytes.data[0] ^= 1;
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_PAYLOAD_DIGEST);
    late.local = MADE_NOW + 31 * WHEN_DAY; /* the dates come before the payload */
    assert_int_equal(open_code(&b, &late), ERR_TIME_EXPIRED);
    b.members[3].bytes.data[0] ^= 1;
    all = b.count;
    b.count = all - 1;
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_PAYLOAD_ABSENT);
    b.count = all;
    made_add(&b, "payload/more", "x", 1);
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_PAYLOAD_MEMBER);
    b.count--;
    buf_release(&b.members[b.count].bytes);
    snprintf(b.members[3].name, sizeof b.members[3].name, "payload/tools");
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_PAYLOAD_MEMBER);
    snprintf(b.members[3].name, sizeof b.members[3].name, "payload/tool");
    assert_true(buf_add(&b.members[3].bytes, "+", 1, &err));
    made_tar(&b);
    assert_int_equal(open_plain(&b), ERR_PAYLOAD_MEMBER);
    b.members[3].bytes.len--;
    made_tar(&b);
    assert_int_equal(b.tar.len, len);
    assert_true(buf_add(&b.tar, "x", 1, &err));
    assert_int_equal(open_plain(&b), ERR_CONTAINER_TAIL);
    assert_int_equal(open_code(&b, &late), ERR_TIME_EXPIRED);
    b.tar.len = len - 1;
    assert_int_equal(open_plain(&b), ERR_CONTAINER_FORM);
    b.tar.len = len;
    assert_int_equal(open_plain(&b), ERR_NONE);
    made_bundle_release(&b);
}

struct taken {
    struct buf bytes;
    int begun, ended;
    const char *wanted;
    bool fails;
};

static bool take_begin(void *ctx, const struct manifest_member *member, bool *take, struct err *err)
{
    struct taken *taken = ctx;

    (void)err;
    taken->begun++;
    *take = strcmp(member->name, taken->wanted) == 0;
    return true;
}

static bool take_bytes(void *ctx, const void *bytes, size_t len, struct err *err)
{
    struct taken *taken = ctx;

    return taken->fails ? err_set(err, ERR_IO_FULL, "no room")
                        : buf_add(&taken->bytes, bytes, len, err);
}

static bool take_end(void *ctx, const struct manifest_member *member, struct err *err)
{
    struct taken *taken = ctx;

    (void)member;
    (void)err;
    taken->ended++;
    return true;
}

static void a_taker_gets_what_it_asks_for(void **state)
{
    struct taken taken = {.wanted = "payload/tool"};
    struct bundle_taker taker = {take_begin, take_bytes, take_end, &taken};
    struct bundle_policy policy = made_policy(made.trust);
    struct trust *advanced = NULL;
    struct made_bundle b;
    struct bundle *bundle;
    struct fsio_file *file;
    struct err err = {0};

    (void)state;
    buf_init(&taken.bytes, 1000);
    make_good(&b);
    assert_true(fsio_write_new(scratch("b.tar"), b.tar.data, b.tar.len, 0600, &err));
    file = fsio_open(scratch("b.tar"), &err);
    assert_non_null(file);
    bundle = bundle_open(file, &policy, &taker, &advanced, &err);
    assert_non_null(bundle);
    assert_string_equal(buf_text(&taken.bytes), "bytes");
    assert_int_equal(taken.begun, 2);
    assert_int_equal(taken.ended, 1);
    bundle_free(bundle);
    fsio_close(file);
    b.members[3].bytes.data[0] ^= 1;
    made_tar(&b);
    assert_null(bundle_open_bytes(b.tar.data, b.tar.len, &policy, &taker, &advanced, &err));
    assert_int_equal(err.code, ERR_PAYLOAD_DIGEST);
    assert_int_equal(taken.ended, 1); /* not told to be whole */
    taken.fails = true;
    assert_null(bundle_open_bytes(b.tar.data, b.tar.len, &policy, &taker, &advanced, &err));
    assert_int_equal(err.code, ERR_IO_FULL);
    buf_release(&taken.bytes);
    made_bundle_release(&b);
}

/* --- all of it --- */

#if defined(__SANITIZE_ADDRESS__)
#define SPARSE 16
#else
#define SPARSE 1
#endif

/*
 * Whether this bit's turn has come. Each costs a verification, so where one check decides over all
 * bits alike (the manifest's digest, the zeros, which test_tarball_frame.c walks whole) some do.
 * BUNDLE_ALL_BITS=1 takes all; that runs for minutes.
 */
static bool is_due(const struct made_bundle *b, size_t bit)
{
    size_t at = bit / 8, manifest = TARHEAD_BLOCK + b->document.len;
    size_t signature = (manifest + TARHEAD_BLOCK - 1) / TARHEAD_BLOCK * TARHEAD_BLOCK;
    size_t end = signature + TARHEAD_BLOCK + b->members[1].bytes.len;

    if (getenv("BUNDLE_ALL_BITS") != NULL) {
        return true;
    }
    if (at >= signature && at < end) {
        return bit % SPARSE == 0;
    }
    return at % (8 * SPARSE) == 0 && bit % 8 == at / 8 % 8;
}

static void no_single_bit_may_differ(void **state)
{
    struct made_bundle b;

    (void)state;
    make_good(&b);
    for (size_t bit = 0; bit < 8 * b.tar.len; bit++) {
        if (!is_due(&b, bit)) {
            continue;
        }
        b.tar.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (open_plain(&b) == ERR_NONE) {
            fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        }
        b.tar.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(open_plain(&b), ERR_NONE);
    made_bundle_release(&b);
}

static void no_cut_is_taken(void **state)
{
    struct made_bundle b;
    size_t len;

    (void)state;
    make_good(&b);
    len = b.tar.len;
    for (b.tar.len = 0; b.tar.len < len; b.tar.len += 7) {
        assert_int_equal(err_exit(open_plain(&b)), 10);
    }
    made_bundle_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_bundle_is_taken),
        cmocka_unit_test(a_head_is_opened_alone),
        cmocka_unit_test(wrong_containers_are_refused),
        cmocka_unit_test(the_chain_is_followed),
        cmocka_unit_test(steps_before_a_broken_one_are_kept),
        cmocka_unit_test(carried_sets_at_and_below_ours),
        cmocka_unit_test(every_signature_must_hold),
        cmocka_unit_test(another_document_is_refused_before_it_is_parsed),
        cmocka_unit_test(signed_but_wrong_manifests_are_refused),
        cmocka_unit_test(trust_members_are_those_of_the_manifest),
        cmocka_unit_test(scope_is_checked),
        cmocka_unit_test(sequence_is_checked),
        cmocka_unit_test(the_site_s_own_least_sequence_is_checked),
        cmocka_unit_test(least_sequence_is_checked),
        cmocka_unit_test(the_clock_is_checked),
        cmocka_unit_test(dates_are_checked),
        cmocka_unit_test(dates_can_be_waived_or_reported),
        cmocka_unit_test(signed_at_is_the_quorums),
        cmocka_unit_test(the_payload_is_what_was_signed),
        cmocka_unit_test(a_taker_gets_what_it_asks_for),
        cmocka_unit_test(no_single_bit_may_differ),
        cmocka_unit_test(no_cut_is_taken),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
