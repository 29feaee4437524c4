/* SPDX-License-Identifier: MIT */
/* statements.c: what root signers say is written once, and signed by each of them once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundler/check.h"
#include "bundler/signer.h"
#include "bundler/statements.h"
#include "tests/unit/build_kit.h"

static struct workspace *ws;
static struct trust *trust;
static struct statement *s;
static char dir[1100];

static int setup(void **state)
{
    int made = scratch_make(state);
    struct err err = {0};

    if (made == 0) {
        ws = kit_workspace(SIGNKEY_P256);
        trust = workspace_trust(ws, &err);
        kit_must(trust != NULL, &err);
        kit_signer(ws, trust, TRUST_ROOT, "other", SIGNKEY_P256);
        trust->roles[TRUST_ROOT].threshold = 2;
        kit_write_trust(ws, trust);
        s = statement_new(&err);
        kit_must(s != NULL, &err);
        s->kind = STATEMENT_RESET_TIME;
        s->floor = KIT_NOW;
        memcpy(s->site, "plant", sizeof "plant");
        memcpy(s->reason, "because", sizeof "because");
        snprintf(dir, sizeof dir, "%s/statement", scratch_dir);
    }
    return made;
}

static int teardown(void **state)
{
    statement_free(s);
    trust_free(trust);
    workspace_close(ws);
    return scratch_remove(state);
}

static struct statement *sign(const char *name, struct statements_signed *done, struct err *err)
{
    char *file = signer_path(ws, name, NULL, err);
    struct signkey *key = file == NULL ? NULL : signkey_open(file, NULL, err);
    struct statement *read;

    kit_must(key != NULL, err);
    read = statements_sign(trust, dir, key, KIT_NOW, done, err);
    signkey_free(key);
    free(file);
    return read;
}

static void make(void)
{
    struct err err = {0};

    kit_must(statements_make(ws, s, dir, KIT_NOW, &err), &err);
}

static void assert_refused(const char *name, enum err_code code)
{
    struct statements_signed done;
    struct err err = {0};

    assert_null(sign(name, &done, &err));
    if (err.code != code) {
        fail_msg("%s, not %s: %s", err_reason(err.code), err_reason(code), err.text);
    }
}

static void test_two_of_two(void **state)
{
    struct statements_signed done;
    struct statement *read;
    struct err err = {0};

    (void)state;
    make();
    read = sign("root", &done, &err);
    kit_must(read != NULL, &err);
    assert_int_equal(done.number, 1);
    assert_int_equal(done.missing, 1);
    assert_string_equal(done.signer->id, "root");
    assert_memory_equal(read->domain, ws->domain, sizeof ws->domain);
    assert_int_equal(read->created, KIT_NOW);
    statement_free(read);
    assert_null(statement_open(dir, trust, &err));
    assert_int_equal(err.code, ERR_THRESHOLD);
    read = sign("other", &done, &err);
    kit_must(read != NULL, &err);
    assert_int_equal(done.missing, 0);
    statement_free(read);
    read = statement_open(dir, trust, &err);
    kit_must(read != NULL, &err);
    assert_string_equal(read->site, "plant");
    statement_free(read);
}

static void test_who_may_not_sign(void **state)
{
    struct statements_signed done;
    struct statement *read;
    struct err err = {0};

    (void)state;
    assert_refused("root", ERR_IO_ABSENT);
    make();
    assert_refused("signer", ERR_CONFIG_KEY);
    read = sign("root", &done, &err);
    kit_must(read != NULL, &err);
    statement_free(read);
    assert_refused("root", ERR_SIGNATURE_REPEATED);
    kit_must(fsio_replace(scratch("statement/statement-1.p7s"), "x", 1, 0644, &err), &err);
    assert_refused("other", ERR_SIGNATURE_FORM);
}

static void test_what_is_not_signed(void **state)
{
    struct err err = {0};

    (void)state;
    make();
    trust->domain[0] ^= 1;
    assert_refused("root", ERR_SCOPE_DOMAIN);
    kit_must(fsio_replace(scratch("statement/statement.xml"), "x", 1, 0644, &err), &err);
    assert_refused("root", ERR_DOCUMENT_FORM);
}

static void test_made_once(void **state)
{
    struct err err = {0};

    (void)state;
    make();
    assert_false(statements_make(ws, s, dir, KIT_NOW, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    s->reason[0] = '\0';
    assert_false(statements_make(ws, s, scratch("b"), KIT_NOW, &err));
    assert_int_equal(err.code, ERR_DOCUMENT_FORM);
}

static void test_the_manifest_that_is_waived(void **state)
{
    static const char *const sites[] = {"plant"};
    struct build_request request = kit_request();
    struct err err = {0};
    struct bundle *bundle;
    uint8_t sha256[32];
    char path[1200];

    (void)state;
    kit_approve(ws, "a");
    snprintf(path, sizeof path, "%s/b.tar", scratch_dir);
    request.output = path;
    request.sites = sites;
    request.site_count = 1;
    kit_build(ws, &request);
    bundle = check_open(trust, path, NULL, false, KIT_NOW, NULL, &err);
    kit_must(bundle != NULL, &err);
    kit_must(statements_waive(trust, path, "plant", KIT_NOW + 900 * WHEN_DAY, sha256, &err), &err);
    assert_memory_equal(sha256, bundle_manifest_sha256(bundle), 32);
    assert_false(statements_waive(trust, path, "other", KIT_NOW, sha256, &err));
    assert_int_equal(err.code, ERR_SCOPE_SITE);
    assert_false(statements_waive(trust, scratch("absent"), "plant", KIT_NOW, sha256, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    bundle_free(bundle);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_two_of_two),
        CASE(test_who_may_not_sign),
        CASE(test_what_is_not_signed),
        CASE(test_made_once),
        CASE(test_the_manifest_that_is_waived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
