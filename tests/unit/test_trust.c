/* SPDX-License-Identifier: MIT */
/* Trust sets: rules, canonical bytes, votes and steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "keys/trust.h"
#include "tests/unit/made_keys.h"

static struct err err;
static struct made_key root_a, root_b, root_c, signer_a, signer_b;

static int setup(void **state)
{
    (void)state;
    made_key_init(&root_a, SIGNKEY_P256, "root-a");
    made_key_init(&root_b, SIGNKEY_P256, "root-b");
    made_key_init(&root_c, SIGNKEY_P256, "root-c");
    made_key_init(&signer_a, SIGNKEY_P256, "signer-a");
    made_key_init(&signer_b, SIGNKEY_P256, "signer-b");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    made_key_release(&root_a);
    made_key_release(&root_b);
    made_key_release(&root_c);
    made_key_release(&signer_a);
    made_key_release(&signer_b);
    return 0;
}

static bool add(struct trust *t, enum trust_role role, const char *id, const struct made_key *key)
{
    return trust_add(t, role, id, when_now() + 900 * WHEN_DAY, key->cert.data, key->cert.len, &err);
}

/* Version 1 with roots a and b, bundle signers a and b, thresholds of one. Not yet written. */
static struct trust *draft(uint64_t version)
{
    struct trust *t = trust_new(&err);

    assert_non_null(t);
    memset(t->domain, 0x5A, sizeof t->domain);
    memcpy(t->channel, "cns.awmdm.com", 14);
    t->version = version;
    t->epoch = 1;
    t->least_sequence = 1;
    t->expires = when_now() + 400 * WHEN_DAY;
    assert_true(add(t, TRUST_ROOT, "b", &root_b));
    assert_true(add(t, TRUST_ROOT, "a", &root_a));
    assert_true(add(t, TRUST_BUNDLE, "a", &signer_a));
    assert_true(add(t, TRUST_BUNDLE, "b", &signer_b));
    t->roles[TRUST_ROOT].threshold = t->roles[TRUST_BUNDLE].threshold = 1;
    return t;
}

static void what_is_written_is_read(void **state)
{
    struct trust *t = draft(1), *again;
    char typed[100];

    (void)state;
    assert_string_equal(t->roles[TRUST_ROOT].signers[0].id, "a");
    assert_true(trust_write(t, &err));
    again = trust_parse(t->bytes.data, t->bytes.len, &err);
    assert_non_null(again);
    assert_memory_equal(again->fingerprint, t->fingerprint, 32);
    assert_non_null(trust_find(again, TRUST_BUNDLE, "b"));
    assert_null(trust_find(again, TRUST_BUNDLE, "c"));
    text_hex_groups(typed, t->fingerprint, 32);
    assert_true(trust_check_fingerprint(again, typed, &err));
    typed[0] = typed[0] == '0' ? '1' : '0';
    assert_false(trust_check_fingerprint(again, typed, &err));
    assert_int_equal(err.code, ERR_TRUST_FINGERPRINT);
    assert_false(trust_check_fingerprint(again, "abcd", &err));
    trust_free(t);
    trust_free(again);
    trust_free(NULL);
}

static void each_rule_refuses_to_be_written(void **state)
{
    struct trust *t = draft(1);

    (void)state;
    assert_false(add(t, TRUST_ROOT, "a", &root_c));
    assert_int_equal(err.code, ERR_TRUST_FORM);
    assert_false(add(t, TRUST_ROOT, "c", &root_a));
    assert_int_equal(err.code, ERR_TRUST_FORM);
    assert_false(add(t, TRUST_ROOT, "C", &root_c));
    assert_int_equal(err.code, ERR_TRUST_FORM);
    t->roles[TRUST_ROOT].threshold = 0;
    assert_false(trust_write(t, &err));
    t->roles[TRUST_ROOT].threshold = 3;
    assert_false(trust_write(t, &err));
    t->roles[TRUST_ROOT].threshold = 1;
    t->version = 0;
    assert_false(trust_write(t, &err));
    t->version = 1;
    t->single_key = true;
    assert_false(trust_write(t, &err));
    assert_true(add(t, TRUST_BUNDLE, "root", &root_a));
    assert_true(trust_write(t, &err));
    t->single_key = false;
    assert_false(trust_write(t, &err));
    assert_int_equal(err.code, ERR_TRUST_FORM);
    trust_free(t);
}

/* The document of `t` with one text replaced must be refused with this code. */
static void assert_reading(const struct trust *t, const char *from, const char *to,
                           enum err_code code)
{
    const char *text = buf_text(&t->bytes), *at = strstr(text, from);
    struct buf changed;

    assert_non_null(at);
    buf_init(&changed, LIMIT_TRUST_BYTES + 1000);
    assert_true(buf_add(&changed, text, (size_t)(at - text), &err) &&
                buf_add_text(&changed, to, &err) &&
                buf_add_text(&changed, at + strlen(from), &err));
    assert_null(trust_parse(changed.data, changed.len, &err));
    if (err.code != code) {
        fail_msg("%s: %s", to, err.text);
    }
    buf_release(&changed);
}

static void only_the_canonical_bytes_are_read(void **state)
{
    static const char *const rows[][2] = {
        {" version=\"1\"", " version=\"01\""},
        {" version=\"1\"", "  version=\"1\""},
        {" version=\"1\"", " version='1'"},
        {" version=\"1\"", " version=\"1\" more=\"1\""},
        {" version=\"1\"", ""},
        {" version=\"1\"", " version=\"1000000\""},
        {" epoch=\"1\"", " epoch=\"0\""},
        {"threshold=\"1\"", "threshold=\"9\""},
        {"threshold=\"1\"", "threshold=\"&#49;\""},
        {"<root ", "<!-- --><root "},
        {"<root ", "<![CDATA[]]><root "},
        {"<root ", "text<root "},
        {"<root ", "<?x?><root "},
        {"<root ", "\n<root "},
        {"<trust ", "<!DOCTYPE trust><trust "},
        {"</trust>\n", "</trust>"},
        {"</trust>\n", "<more/></trust>\n"},
        {"</trust>\n", "<extensions/></trust>\n"},
        {"<?xml", "\xef\xbb\xbf<?xml"},
        {"domain=\"5a", "domain=\"5A"},
        {"signer id=\"a\"", "signer id=\"c\""},
        {"channel=\"cns", "channel=\"CNS"},
    };
    struct trust *t = draft(1);

    (void)state;
    assert_true(trust_write(t, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_reading(t, rows[i][0], rows[i][1], ERR_TRUST_FORM);
    }
    assert_reading(t, "urn:pinferry:trust:1", "urn:pinferry:trust:2", ERR_NEWER);
    assert_reading(t, "urn:pinferry:trust:1", "urn:other:trust:1", ERR_TRUST_FORM);
    assert_reading(t, "</trust>\n",
                   "  <extensions>\n    <extension id=\"urn:x\" critical=\"true\" value=\"1\"/>\n"
                   "  </extensions>\n</trust>\n",
                   ERR_NEWER_EXTENSION);
    trust_free(t);
}

static void extensions_that_are_not_critical_are_kept(void **state)
{
    struct trust *t = draft(1), *again;
    struct buf with;

    (void)state;
    assert_true(trust_write(t, &err));
    buf_init(&with, LIMIT_TRUST_BYTES);
    assert_true(buf_add(&with, t->bytes.data, t->bytes.len - strlen("</trust>\n"), &err));
    assert_true(buf_add_text(&with,
                             "  <extensions>\n    <extension id=\"urn:x\" critical=\"false\" "
                             "value=\"1\"/>\n  </extensions>\n</trust>\n",
                             &err));
    again = trust_parse(with.data, with.len, &err);
    assert_non_null(again);
    assert_int_equal(again->extensions.count, 1);
    buf_release(&with);
    trust_free(t);
    trust_free(again);
}

/* Signature files over a set's bytes; freed by the test through `files`. */
static size_t sign(const struct trust *t, enum sigfile_kind kind, struct buf *files,
                   struct trust_signature *out, const struct made_key *const *keys)
{
    size_t n = 0;

    for (; keys[n] != NULL; n++) {
        buf_init(&files[n], LIMIT_SIGNATURE_BYTES);
        assert_true(sigfile_sign(keys[n]->key, keys[n]->cert.data, keys[n]->cert.len, false, kind,
                                 t->bytes.data, t->bytes.len, when_now(), &files[n], &err));
        out[n].bytes = files[n].data;
        out[n].len = files[n].len;
    }
    return n;
}

static void assert_step(const struct trust *from, struct trust *to,
                        const struct made_key *const *keys, enum err_code code)
{
    struct trust_signature signatures[4];
    struct buf files[4];
    struct trust *next;
    size_t n;

    assert_true(trust_write(to, &err));
    n = sign(to, SIGFILE_TRUST, files, signatures, keys);
    err.code = ERR_NONE;
    next = trust_step(from, to->bytes.data, to->bytes.len, signatures, n, &err);
    assert_int_equal(next == NULL, code != ERR_NONE);
    assert_int_equal(err.code, code);
    trust_free(next);
    while (n > 0) {
        buf_release(&files[--n]);
    }
}

#define KEYS(...) ((const struct made_key *const[]){__VA_ARGS__, NULL})

static void a_copy_is_the_same_set_with_its_own_memory(void **state)
{
    struct trust *from = draft(1), *copy;

    (void)state;
    from->extensions.count = 1;
    from->extensions.items[0].value = strdup("1");
    snprintf(from->extensions.items[0].id, sizeof from->extensions.items[0].id, "urn:example:a");
    assert_true(trust_write(from, &err));
    copy = trust_copy(from, &err);
    assert_non_null(copy);
    assert_memory_equal(copy->fingerprint, from->fingerprint, 32);
    assert_true(trust_remove(from, TRUST_ROOT, "a", &err));
    assert_true(trust_write(copy, &err)); /* the same document out of the same fields */
    assert_memory_not_equal(copy->roles[TRUST_ROOT].signers[0].cert,
                            from->roles[TRUST_ROOT].signers[0].cert, root_a.cert.len);
    assert_true(buf_equal(&copy->bytes, &from->bytes));
    assert_memory_equal(copy->fingerprint, from->fingerprint, 32);
    assert_true(trust_write(from, &err));
    assert_false(buf_equal(&copy->bytes, &from->bytes));
    trust_free(from);
    trust_free(copy);
}

static void steps_need_both_thresholds(void **state)
{
    struct trust *one = draft(1), *two = draft(2);

    (void)state;
    assert_true(trust_write(one, &err));
    assert_step(one, two, KEYS(&root_a), ERR_NONE);
    assert_step(one, two, KEYS(&root_a, &root_b), ERR_NONE);
    assert_step(one, two, KEYS(&root_a, &root_a), ERR_TRUST_SIGNATURE);
    assert_step(one, two, KEYS(&root_c), ERR_TRUST_THRESHOLD);
    assert_step(one, two, KEYS(&root_a, &root_c), ERR_TRUST_SIGNATURE);
    assert_step(one, two, KEYS(&signer_a), ERR_TRUST_THRESHOLD);
    assert_step(one, two, KEYS(&root_a, &signer_a), ERR_TRUST_SIGNATURE);
    two->roles[TRUST_ROOT].threshold = 2;
    assert_step(one, two, KEYS(&root_a), ERR_TRUST_THRESHOLD);
    assert_step(one, two, KEYS(&root_a, &root_b), ERR_NONE);
    assert_true(add(two, TRUST_ROOT, "c", &root_c));
    assert_step(one, two, KEYS(&root_a, &root_c), ERR_NONE);
    assert_step(one, two, KEYS(&root_c, &root_a), ERR_NONE);
    one->roles[TRUST_ROOT].threshold = 2;
    assert_true(trust_write(one, &err));
    assert_step(one, two, KEYS(&root_a, &root_c), ERR_TRUST_THRESHOLD);
    assert_step(one, two, KEYS(&root_a, &root_b, &root_c), ERR_NONE);
    trust_free(one);
    trust_free(two);
}

static void steps_only_go_forward(void **state)
{
    struct trust *one = draft(1), *two = draft(2);

    (void)state;
    one->epoch = one->least_sequence = 5;
    assert_true(trust_write(one, &err));
    assert_step(one, two, KEYS(&root_a), ERR_TRUST_STEP); /* epoch down */
    two->epoch = 5;
    assert_step(one, two, KEYS(&root_a), ERR_TRUST_STEP); /* least-sequence down */
    two->least_sequence = 5;
    assert_step(one, two, KEYS(&root_a), ERR_NONE);
    two->version = 3;
    assert_step(one, two, KEYS(&root_a), ERR_TRUST_STEP);
    two->version = 1;
    assert_step(one, two, KEYS(&root_a), ERR_TRUST_STEP);
    two->version = 2;
    two->domain[0] ^= 1;
    assert_step(one, two, KEYS(&root_a), ERR_TRUST_STEP);
    two->domain[0] ^= 1;
    memcpy(two->channel, "other.example", 14);
    assert_step(one, two, KEYS(&root_a), ERR_TRUST_STEP);
    trust_free(one);
    trust_free(two);
}

static void votes_are_by_distinct_signers_of_the_role(void **state)
{
    struct trust *t = draft(1);
    struct trust_signature s[4];
    struct trust_vote votes[4];
    struct buf files[4];
    size_t n;

    (void)state;
    t->roles[TRUST_BUNDLE].threshold = 2;
    assert_true(trust_write(t, &err));
    n = sign(t, SIGFILE_MANIFEST, files, s, KEYS(&signer_b, &signer_a, &signer_a, &root_a));
    assert_true(trust_verify(t, TRUST_BUNDLE, SIGFILE_MANIFEST, t->bytes.data, t->bytes.len, s, 2,
                             votes, &err));
    assert_int_equal(votes[0].signer, 1);
    assert_int_equal(votes[1].signer, 0);
    assert_false(trust_verify(t, TRUST_BUNDLE, SIGFILE_MANIFEST, t->bytes.data, t->bytes.len, s, 1,
                              votes, &err));
    assert_int_equal(err.code, ERR_THRESHOLD);
    assert_false(trust_verify(t, TRUST_BUNDLE, SIGFILE_MANIFEST, t->bytes.data, t->bytes.len, s, 3,
                              votes, &err));
    assert_int_equal(err.code, ERR_SIGNATURE_REPEATED);
    assert_false(trust_verify(t, TRUST_BUNDLE, SIGFILE_MANIFEST, t->bytes.data, t->bytes.len, s + 2,
                              2, votes, &err));
    assert_int_equal(err.code, ERR_SIGNATURE_SIGNER);
    while (n > 0) {
        buf_release(&files[--n]);
    }
    trust_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(each_rule_refuses_to_be_written),
        cmocka_unit_test(only_the_canonical_bytes_are_read),
        cmocka_unit_test(extensions_that_are_not_critical_are_kept),
        cmocka_unit_test(a_copy_is_the_same_set_with_its_own_memory),
        cmocka_unit_test(steps_need_both_thresholds),
        cmocka_unit_test(steps_only_go_forward),
        cmocka_unit_test(votes_are_by_distinct_signers_of_the_role),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
