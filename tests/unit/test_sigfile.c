/* SPDX-License-Identifier: MIT */
/* Signature files: the same bytes as the openssl program, and every other byte refused. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/fsio.h"
#include "keys/sigfile.h"
#include "tests/unit/made_keys.h"
#include "tests/unit/scratch.h"

static struct err err;
static struct made_key p256, p384, p521, rsa, other;
static const char document[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
#define DOCUMENT_LEN (sizeof document - 1)

static int setup(void **state)
{
    if (scratch_make(state) != 0) {
        return -1;
    }
    made_key_init(&p256, SIGNKEY_P256, "p256");
    made_key_init(&p384, SIGNKEY_P384, "p384");
    made_key_init(&p521, SIGNKEY_P521, "p521");
    made_key_init(&rsa, SIGNKEY_RSA3072, "rsa");
    made_key_init(&other, SIGNKEY_P384, "p384");
    return 0;
}

static int teardown(void **state)
{
    made_key_release(&p256);
    made_key_release(&p384);
    made_key_release(&p521);
    made_key_release(&rsa);
    made_key_release(&other);
    return scratch_remove(state);
}

static bool check(const struct buf *file, enum sigfile_kind kind, const char *text, size_t len,
                  const struct made_key *signer, struct sigfile_result *result)
{
    struct sigfile_candidate one = {.cert = signer->cert.data, .cert_len = signer->cert.len};

    return sigfile_verify(file->data, file->len, kind, text, len, &one, 1, result, &err);
}

static void sign(const struct made_key *made, bool pss, struct buf *out)
{
    buf_init(out, LIMIT_SIGNATURE_BYTES);
    assert_true(sigfile_sign(made->key, made->cert.data, made->cert.len, pss, SIGFILE_MANIFEST,
                             document, DOCUMENT_LEN, when_now(), out, &err));
}

static void each_algorithm_signs_and_verifies(void **state)
{
    static const struct {
        const struct made_key *key;
        bool pss;
        enum sigfile_alg alg;
        enum sigfile_digest digest;
    } rows[] = {{&p256, false, SIGFILE_ECDSA, SIGFILE_SHA256},
                {&p384, false, SIGFILE_ECDSA, SIGFILE_SHA384},
                {&p521, false, SIGFILE_ECDSA, SIGFILE_SHA512},
                {&rsa, false, SIGFILE_RSA_PKCS1, SIGFILE_SHA384},
                {&rsa, true, SIGFILE_RSA_PSS, SIGFILE_SHA384}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sigfile_result result;
        struct buf file;

        sign(rows[i].key, rows[i].pss, &file);
        assert_true(check(&file, SIGFILE_MANIFEST, document, DOCUMENT_LEN, rows[i].key, &result));
        assert_int_equal(result.alg, rows[i].alg);
        assert_int_equal(result.digest, rows[i].digest);
        buf_release(&file);
    }
}

static void each_part_has_its_own_refusal(void **state)
{
    struct sigfile_result result;
    struct buf file;

    (void)state;
    sign(&p384, false, &file);
    assert_false(check(&file, SIGFILE_MANIFEST, document, DOCUMENT_LEN - 1, &p384, &result));
    assert_int_equal(err.code, ERR_SIGNATURE_DIGEST);
    assert_false(check(&file, SIGFILE_TRUST, document, DOCUMENT_LEN, &p384, &result));
    assert_int_equal(err.code, ERR_SIGNATURE_PROFILE);
    assert_false(check(&file, SIGFILE_MANIFEST, document, DOCUMENT_LEN, &other, &result));
    assert_int_equal(err.code, ERR_SIGNATURE_SIGNER);
    assert_true(buf_add(&file, "", 1, &err));
    assert_false(check(&file, SIGFILE_MANIFEST, document, DOCUMENT_LEN, &p384, &result));
    assert_int_equal(err.code, ERR_SIGNATURE_PROFILE);
    buf_clear(&file);
    assert_false(check(&file, SIGFILE_MANIFEST, document, DOCUMENT_LEN, &p384, &result));
    assert_int_equal(err.code, ERR_SIGNATURE_FORM);
    buf_release(&file);
    buf_init(&file, LIMIT_SIGNATURE_BYTES + 1);
    assert_non_null(buf_reserve(&file, LIMIT_SIGNATURE_BYTES + 1, &err));
    file.len = LIMIT_SIGNATURE_BYTES + 1;
    memset(file.data, 0x30, file.len);
    assert_false(check(&file, SIGFILE_MANIFEST, document, DOCUMENT_LEN, &p384, &result));
    assert_int_equal(err.code, ERR_SIGNATURE_FORM);
    buf_release(&file);
}

static void every_single_bit_matters(void **state)
{
    struct sigfile_result result;
    struct buf file;

    (void)state;
    sign(&p384, false, &file);
    for (size_t bit = 0; bit < 8 * file.len; bit++) {
        file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(check(&file, SIGFILE_MANIFEST, document, DOCUMENT_LEN, &p384, &result));
        assert_int_equal(err_exit(err.code), 11);
        file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(check(&file, SIGFILE_MANIFEST, document, DOCUMENT_LEN, &p384, &result));
    buf_release(&file);
}

/* Runs the openssl program with these arguments (NULL-terminated); its exit code. */
static int openssl(const char *const *args)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        execvp("openssl", (char *const *)(uintptr_t)args);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void write_files(const struct made_key *made)
{
    assert_true(fsio_replace(scratch("doc"), document, DOCUMENT_LEN, 0600, &err));
    assert_true(fsio_replace(scratch("crt.der"), made->cert.data, made->cert.len, 0600, &err));
    assert_true(fsio_remove(scratch("key"), &err));
    assert_true(signkey_save(made->key, scratch("key"), NULL, &err));
    assert_int_equal(
        openssl((const char *const[]){"openssl", "x509", "-inform", "DER", "-in",
                                      scratch("crt.der"), "-out", scratch("crt"), NULL}),
        0);
}

static void openssl_writes_the_same_bytes(const struct made_key *made, bool pss, const char *md)
{
    const char *args[40] = {"openssl", "cms", "-sign", "-binary", "-cades", "-nosmimecap", "-md"};
    char paths[4][300];
    struct sigfile_result result;
    struct buf file;
    int n = 7;

    write_files(made);
    snprintf(paths[0], 300, "%s", scratch("doc"));
    snprintf(paths[1], 300, "%s", scratch("crt"));
    snprintf(paths[2], 300, "%s", scratch("key"));
    snprintf(paths[3], 300, "%s", scratch("p7s"));
    args[n++] = md;
    args[n++] = "-econtent_type";
    args[n++] = sigfile_oid(SIGFILE_MANIFEST);
    args[n++] = "-outform";
    args[n++] = "DER";
    args[n++] = "-in";
    args[n++] = paths[0];
    args[n++] = "-signer";
    args[n++] = paths[1];
    args[n++] = "-inkey";
    args[n++] = paths[2];
    args[n++] = "-out";
    args[n++] = paths[3];
    if (pss) {
        args[n++] = "-keyopt";
        args[n++] = "rsa_padding_mode:pss";
        args[n++] = "-keyopt";
        args[n++] = "rsa_pss_saltlen:digest";
    }
    assert_int_equal(openssl(args), 0);
    buf_init(&file, LIMIT_SIGNATURE_BYTES);
    assert_true(fsio_read_file(paths[3], LIMIT_SIGNATURE_BYTES, &file, &err));
    /* Verifying writes the file anew and compares, so success is equality. */
    if (!check(&file, SIGFILE_MANIFEST, document, DOCUMENT_LEN, made, &result)) {
        fail_msg("%s: %s", md, err.text);
    }
    buf_release(&file);
}

static void the_openssl_program_makes_our_bytes(void **state)
{
    static const char *const digests[] = {"sha256", "sha384", "sha512"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        openssl_writes_the_same_bytes(&p256, false, digests[i]);
        openssl_writes_the_same_bytes(&p384, false, digests[i]);
        openssl_writes_the_same_bytes(&p521, false, digests[i]);
        openssl_writes_the_same_bytes(&rsa, false, digests[i]);
        openssl_writes_the_same_bytes(&rsa, true, digests[i]);
    }
}

/* PKCS#1 1.5 has no random part: with the same time, the whole file is the same. */
static void we_make_the_openssl_programs_bytes(void **state)
{
    struct sigfile_result result;
    struct buf theirs, ours;

    (void)state;
    openssl_writes_the_same_bytes(&rsa, false, "sha384");
    buf_init(&theirs, LIMIT_SIGNATURE_BYTES);
    assert_true(fsio_read_file(scratch("p7s"), LIMIT_SIGNATURE_BYTES, &theirs, &err));
    assert_true(check(&theirs, SIGFILE_MANIFEST, document, DOCUMENT_LEN, &rsa, &result));
    buf_init(&ours, LIMIT_SIGNATURE_BYTES);
    assert_true(sigfile_sign(rsa.key, rsa.cert.data, rsa.cert.len, false, SIGFILE_MANIFEST,
                             document, DOCUMENT_LEN, result.signing_time, &ours, &err));
    assert_true(buf_equal(&ours, &theirs));
    buf_release(&ours);
    buf_release(&theirs);
}

static void the_openssl_program_verifies_ours(void **state)
{
    struct buf file;
    char p7s[300], doc[300], crt[300];

    (void)state;
    write_files(&rsa);
    sign(&rsa, true, &file);
    snprintf(p7s, sizeof p7s, "%s", scratch("ours.p7s"));
    snprintf(doc, sizeof doc, "%s", scratch("doc"));
    snprintf(crt, sizeof crt, "%s", scratch("crt"));
    assert_true(fsio_write_new(p7s, file.data, file.len, 0600, &err));
    assert_int_equal(openssl((const char *const[]){
                         "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", p7s,
                         "-content", doc, "-CAfile", crt, "-partial_chain", "-purpose", "any",
                         "-no_check_time", "-out", "/dev/null", NULL}),
                     0);
    buf_release(&file);
}

static void signing_times_stay_in_their_type(void **state)
{
    static const int64_t bad[] = {WHEN_MIN - 1, 2524608000};
    struct buf file;

    (void)state;
    buf_init(&file, LIMIT_SIGNATURE_BYTES);
    for (size_t i = 0; i < 2; i++) {
        assert_false(sigfile_sign(p384.key, p384.cert.data, p384.cert.len, false, SIGFILE_TRUST,
                                  document, DOCUMENT_LEN, bad[i], &file, &err));
        assert_int_equal(err.code, ERR_SIGNATURE_FORM);
    }
    assert_false(sigfile_sign(p384.key, other.cert.data, other.cert.len, false, SIGFILE_TRUST,
                              document, DOCUMENT_LEN, when_now(), &file, &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    buf_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_signs_and_verifies),
        cmocka_unit_test(each_part_has_its_own_refusal),
        cmocka_unit_test(every_single_bit_matters),
        cmocka_unit_test(the_openssl_program_makes_our_bytes),
        cmocka_unit_test(we_make_the_openssl_programs_bytes),
        cmocka_unit_test(the_openssl_program_verifies_ours),
        cmocka_unit_test(signing_times_stay_in_their_type),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
