/* SPDX-License-Identifier: MIT */
/* cosign.c, check.c: a signature is added to what holds, and to nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundler/check.h"
#include "bundler/cosign.h"
#include "bundler/signer.h"
#include "tests/unit/build_kit.h"

static struct workspace *ws;
static struct trust *trust;
static char path[1100];

/* A draft that 'signer' has signed, of a set that asks for two. */
static int setup(void **state)
{
    int made = scratch_make(state);
    struct build_request request = kit_request();
    struct err err = {0};

    if (made == 0) {
        ws = kit_workspace(SIGNKEY_P256);
        trust = workspace_trust(ws, &err);
        kit_must(trust != NULL, &err);
        trust->roles[TRUST_BUNDLE].threshold = 2;
        kit_write_trust(ws, trust);
        kit_approve(ws, "ab");
        snprintf(path, sizeof path, "%s/draft.tar", scratch_dir);
        request.output = path;
        kit_build(ws, &request);
    }
    return made;
}

static int teardown(void **state)
{
    trust_free(trust);
    workspace_close(ws);
    return scratch_remove(state);
}

static struct signkey *key_of(const char *name)
{
    struct err err = {0};
    char *file = signer_path(ws, name, NULL, &err);
    struct signkey *key = file == NULL ? NULL : signkey_open(file, NULL, &err);

    kit_must(key != NULL, &err);
    free(file);
    return key;
}

static void read_file(struct buf *out)
{
    struct err err = {0};

    buf_init(out, LIMIT_HEAD_BYTES);
    kit_must(fsio_read_file(path, LIMIT_HEAD_BYTES, out, &err), &err);
}

static bool cosign(const char *name, int64_t now, struct cosign_result *result, struct err *err)
{
    struct signkey *key = key_of(name);
    bool ok = cosign_bundle(trust, path, key, now, NULL, result, err);

    signkey_free(key);
    return ok;
}

static void assert_refused(const char *name, int64_t now, enum err_code code)
{
    struct cosign_result result;
    struct err err = {0};
    struct buf before, after;

    read_file(&before);
    assert_false(cosign(name, now, &result, &err));
    if (err.code != code) {
        fail_msg("%s, not %s: %s", err_reason(err.code), err_reason(code), err.text);
    }
    assert_null(result.bundle);
    read_file(&after);
    assert_true(buf_equal(&before, &after));
    buf_release(&before);
    buf_release(&after);
}

static void test_a_draft_is_looked_at_by_its_makers_alone(void **state)
{
    struct err err = {0};
    struct bundle *bundle = check_open(trust, path, NULL, true, KIT_NOW, NULL, &err);

    (void)state;
    assert_null(bundle);
    assert_int_equal(err.code, ERR_THRESHOLD);
    bundle = check_draft(trust, path, NULL, true, KIT_NOW, NULL, &err);
    kit_must(bundle != NULL, &err);
    assert_int_equal(bundle_trust(bundle)->roles[TRUST_BUNDLE].threshold, 1);
    assert_int_equal(trust->roles[TRUST_BUNDLE].threshold, 2);
    bundle_free(bundle);
    assert_null(check_draft(trust, path, NULL, true, KIT_NOW + 999 * WHEN_DAY, NULL, &err));
    assert_int_equal(err.code, ERR_TIME_EXPIRED);
}

static void test_the_second_of_two(void **state)
{
    struct cosign_result result;
    struct err err = {0};
    struct bundle *bundle;
    size_t count;

    (void)state;
    kit_must(cosign("second", KIT_NOW + WHEN_DAY, &result, &err), &err);
    assert_string_equal(result.signer->id, "second");
    assert_int_equal(result.missing, 0);
    cosign_result_release(&result);
    bundle = check_open(trust, path, NULL, true, KIT_NOW + WHEN_DAY, NULL, &err);
    kit_must(bundle != NULL, &err);
    bundle_votes(bundle, &count);
    assert_int_equal(count, 2);
    assert_int_equal(bundle_signed_at(bundle), KIT_NOW);
    bundle_free(bundle);
}

static void test_who_may_not_sign(void **state)
{
    (void)state;
    assert_refused("signer", KIT_NOW, ERR_SIGNATURE_REPEATED);
    assert_refused("root", KIT_NOW, ERR_CONFIG_KEY);
}

static void test_dates_that_no_site_takes(void **state)
{
    (void)state;
    assert_refused("second", KIT_NOW + 181 * WHEN_DAY, ERR_TIME_EXPIRED);
    assert_refused("second", KIT_NOW - 1, ERR_TIME_SIGNED);
    trust->roles[TRUST_BUNDLE].signers[0].until = KIT_NOW + 9 * WHEN_DAY; /* second */
    kit_must(trust_write(trust, &(struct err){0}), &(struct err){0});
    assert_refused("second", KIT_NOW, ERR_TIME_SIGNER_UNTIL);
}

static void test_another_trust_set(void **state)
{
    struct err err = {0};

    (void)state;
    trust->version = 2;
    kit_must(trust_write(trust, &err), &err);
    assert_refused("second", KIT_NOW, ERR_TRUST_GAP);
}

static void test_damage(void **state)
{
    struct err err = {0};
    struct buf bytes;

    (void)state;
    read_file(&bytes);
    bytes.data[bytes.len - 1] = 1;
    kit_must(fsio_replace(path, bytes.data, bytes.len, 0600, &err), &err);
    assert_refused("second", KIT_NOW, ERR_CONTAINER_TAIL);
    bytes.data[bytes.len - 1] = 0;
    bytes.data[600] ^= 1; /* within manifest.xml */
    kit_must(fsio_replace(path, bytes.data, bytes.len, 0600, &err), &err);
    assert_refused("second", KIT_NOW, ERR_SIGNATURE_DIGEST);
    buf_release(&bytes);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_draft_is_looked_at_by_its_makers_alone),
        CASE(test_the_second_of_two),
        CASE(test_who_may_not_sign),
        CASE(test_dates_that_no_site_takes),
        CASE(test_another_trust_set),
        CASE(test_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
