/* SPDX-License-Identifier: MIT */
/*
 * A bundle of our writers is one that tar and openssl read: the commands of docs/verify-by-hand.md,
 * taken out of the page, name its signer. tests/e2e/stock_tools.bats goes the other way.
 */
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

static const enum signkey_kind kinds[] = {SIGNKEY_P256, SIGNKEY_P384, SIGNKEY_P521,
                                          SIGNKEY_RSA3072};

static void write_file(const char *name, const struct buf *bytes)
{
    FILE *f = fopen(scratch(name), "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes->data, 1, bytes->len, f), bytes->len);
    assert_int_equal(fclose(f), 0);
}

/* Runs the page's commands in an empty folder beside the files; the output must have the text. */
static void run_page(const char *expected)
{
    char command[2048], output[4096];
    FILE *pipe;
    size_t len;

    snprintf(command, sizeof command,
             "tests/e2e/lib/page.sh docs/verify-by-hand.md setup unpack signers verify type "
             ">'%s/commands' && rm -rf '%s/work' && mkdir '%s/work' && cd '%s/work' && "
             "sh -u ../commands 2>&1",
             scratch_dir, scratch_dir, scratch_dir, scratch_dir);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    len = fread(output, 1, sizeof output - 1, pipe);
    output[len] = '\0';
    assert_int_equal(pclose(pipe), 0);
    if (strstr(output, expected) == NULL || strstr(output, "nobody") != NULL ||
        strstr(output, sigfile_oid(SIGFILE_MANIFEST)) == NULL) {
        fail_msg("%s", output);
    }
}

/* A bundle signed by a key of this kind, under a set that names it. */
static void check_kind(enum signkey_kind kind, bool pss)
{
    struct signkey *key;
    struct trust *set;
    struct made made;
    struct made_bundle b;
    struct err err = {0};
    struct buf file;

    made_init(&made);
    key = signkey_generate(kind, &err);
    assert_non_null(key);
    signkey_free(made.keys[MADE_FIRST]);
    made.keys[MADE_FIRST] = key;
    buf_clear(&made.certs[MADE_FIRST]);
    assert_true(signkey_self_certificate(key, "first", MADE_NOW, MADE_NOW + WHEN_DAY,
                                         &made.certs[MADE_FIRST], &err));
    set = made_set(&made, 1, MADE_ROOT, 1);
    made_must(trust_write(set, &err), &err);
    made_bundle_init(&b);
    made_document(&b);
    made_add(&b, "manifest.xml", b.document.data, b.document.len);
    buf_init(&file, LIMIT_SIGNATURE_BYTES);
    made_must(sigfile_sign(key, made.certs[MADE_FIRST].data, made.certs[MADE_FIRST].len, pss,
                           SIGFILE_MANIFEST, b.document.data, b.document.len, MADE_NOW, &file,
                           &err),
              &err);
    made_add(&b, "manifest-1.p7s", file.data, file.len);
    made_tar(&b);
    write_file("bundle.tar", &b.tar);
    write_file("trust.xml", &set->bytes);
    run_page("manifest-1.p7s: key-1\n");
    buf_release(&file);
    made_bundle_release(&b);
    trust_free(set);
    made_release(&made);
}

static void the_page_verifies_what_we_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        check_kind(kinds[i], false);
    }
    check_kind(SIGNKEY_RSA3072, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_verifies_what_we_write)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
