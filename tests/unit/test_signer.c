/* SPDX-License-Identifier: MIT */
/* signer.c: where a key lies, and whose it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundler/signer.h"
#include "tests/unit/build_kit.h"

static struct workspace *ws;

static int setup(void **state)
{
    int made = scratch_make(state);

    ws = made == 0 ? kit_workspace(SIGNKEY_P256) : NULL;
    return made;
}

static int teardown(void **state)
{
    workspace_close(ws);
    return scratch_remove(state);
}

static void assert_path(const char *name, const char *key, const char *expected)
{
    struct err err = {0};
    char *path = signer_path(ws, name, key, &err);

    kit_must(path != NULL, &err);
    assert_string_equal(path, expected);
    free(path);
}

static void test_where_a_key_lies(void **state)
{
    char expected[1100];

    (void)state;
    snprintf(expected, sizeof expected, "%s/keys/alice.key", ws->dir);
    assert_path("alice", NULL, expected);
    snprintf(expected, sizeof expected, "%s/bob.key", ws->dir);
    assert_path("bob", ws->dir, expected);
    assert_path(NULL, "/no/such/file.pem", "/no/such/file.pem");
    assert_path("bob", "pkcs11:object=x", "pkcs11:object=x");
}

static void test_no_name_of_a_key(void **state)
{
    static const char *const bad[] = {NULL, "../x", "A", ""};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct err err = {0};

        assert_null(signer_path(ws, bad[i], NULL, &err));
        assert_int_equal(err.code, ERR_USAGE);
        err.code = ERR_NONE;
        assert_null(signer_path(ws, bad[i], ws->dir, &err));
        assert_int_equal(err.code, ERR_USAGE);
    }
}

static void test_the_key_says_who(void **state)
{
    const struct trust_signer *found = NULL;
    struct err err = {0};
    struct trust *trust = workspace_trust(ws, &err);
    char *path = signer_path(ws, "second", NULL, &err);
    struct signkey *key = path == NULL ? NULL : signkey_open(path, NULL, &err);
    struct signkey *stranger = signkey_generate(SIGNKEY_P256, &err);

    (void)state;
    kit_must(trust != NULL && key != NULL && stranger != NULL, &err);
    kit_must(signer_find(trust, TRUST_BUNDLE, key, &found, &err), &err);
    assert_ptr_equal(found, trust_find(trust, TRUST_BUNDLE, "second"));
    kit_must(signer_find(trust, TRUST_ROOT, key, &found, &err), &err);
    assert_null(found);
    kit_must(signer_find(trust, TRUST_BUNDLE, stranger, &found, &err), &err);
    assert_null(found);
    signkey_free(stranger);
    signkey_free(key);
    free(path);
    trust_free(trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_where_a_key_lies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_name_of_a_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_key_says_who, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
