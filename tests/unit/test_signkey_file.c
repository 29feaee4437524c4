/* SPDX-License-Identifier: MIT */
/* Key files: kept, opened again here and by the openssl program, and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "tests/unit/made_keys.h"
#include "tests/unit/scratch.h"

static struct err err;

static const enum signkey_kind kinds[] = {SIGNKEY_P256, SIGNKEY_P384, SIGNKEY_P521,
                                          SIGNKEY_RSA3072};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* Made once: the RSA key takes its time. */
static struct made_key made[KINDS];

static int make_all(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        made_key_init(&made[i], kinds[i], "alice.example");
    }
    return scratch_make(state);
}

static int remove_all(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        made_key_release(&made[i]);
    }
    return scratch_remove(state);
}

/* A secret buffer with this text. */
static void secret(struct buf *buf, const char *text)
{
    buf_init_secret(buf, LIMIT_KEY_FILE_BYTES);
    assert_true(buf_add_text(buf, text, &err));
}

static void assert_same_key(const struct signkey *a, const struct signkey *b)
{
    struct buf spki_a, spki_b;

    buf_init(&spki_a, LIMIT_CERTIFICATE_BYTES);
    buf_init(&spki_b, LIMIT_CERTIFICATE_BYTES);
    assert_true(signkey_spki(a, &spki_a, &err));
    assert_true(signkey_spki(b, &spki_b, &err));
    assert_true(spki_a.len > 0);
    assert_true(buf_equal(&spki_a, &spki_b));
    buf_release(&spki_a);
    buf_release(&spki_b);
}

/* Not opened, with this code and these words in the text. */
static void assert_closed(const char *reference, const struct buf *passphrase, const char *words)
{
    memset(&err, 0, sizeof err);
    assert_null(signkey_open(reference, passphrase, &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    assert_non_null(strstr(err.text, words));
}

static void assert_mode(const char *path, mode_t mode)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static void a_plain_file_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        const char *path = scratch("plain.key");
        struct signkey *again;
        bool encrypted = true;

        assert_true(signkey_save(made[i].key, path, NULL, &err));
        assert_mode(path, 0600);
        assert_true(signkey_is_encrypted(path, &encrypted, &err));
        assert_false(encrypted);
        again = signkey_open(path, NULL, &err);
        assert_non_null(again);
        assert_same_key(made[i].key, again);
        signkey_free(again);
        assert_int_equal(unlink(path), 0);
    }
}

static void an_encrypted_file_needs_its_passphrase(void **state)
{
    const char *path = scratch("encrypted.key");
    struct buf right, wrong, none;
    struct signkey *again;
    bool encrypted = false;

    (void)state;
    secret(&right, "a long sentence");
    secret(&wrong, "a long sentence!");
    buf_init_secret(&none, LIMIT_PASSPHRASE_BYTES);
    assert_true(signkey_save(made[1].key, path, &right, &err));
    assert_mode(path, 0600);
    assert_true(signkey_is_encrypted(path, &encrypted, &err));
    assert_true(encrypted);
    again = signkey_open(path, &right, &err);
    assert_non_null(again);
    assert_same_key(made[1].key, again);
    signkey_free(again);
    assert_closed(path, &wrong, "the passphrase does not fit");
    assert_closed(path, &none, "the passphrase does not fit");
    assert_closed(path, NULL, "needs its passphrase");
    assert_null(strstr(err.text, "sentence"));
    buf_release(&right);
    buf_release(&wrong);
    buf_release(&none);
}

static void a_passphrase_has_a_length(void **state)
{
    const char *path = scratch("length.key");
    struct buf phrase;
    struct signkey *again;
    enum fsio_kind kind;

    (void)state;
    buf_init_secret(&phrase, LIMIT_PASSPHRASE_BYTES + 1);
    assert_false(signkey_save(made[0].key, path, &phrase, &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    for (size_t i = 0; i < LIMIT_PASSPHRASE_BYTES; i++) {
        assert_true(buf_add(&phrase, "x", 1, &err));
    }
    assert_true(signkey_save(made[0].key, path, &phrase, &err));
    again = signkey_open(path, &phrase, &err);
    assert_non_null(again);
    signkey_free(again);
    assert_true(buf_add(&phrase, "x", 1, &err));
    assert_closed(path, &phrase, "the passphrase does not fit");
    assert_false(signkey_save(made[0].key, scratch("longer.key"), &phrase, &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    assert_true(fsio_kind(scratch("longer.key"), &kind, &err));
    assert_int_equal(kind, FSIO_ABSENT);
    buf_release(&phrase);
}

/* What the file's own fields say: PBES2, PBKDF2-HMAC-SHA256 with 600,000 rounds, AES-256-CBC. */
static void encryption_is_what_the_header_says(void **state)
{
    static const struct {
        size_t len;
        const char *der;
    } fields[] = {
        {11, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"}, /* PBES2 */
        {11, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"}, /* PBKDF2 */
        {5, "\x02\x03\x09\x27\xc0"},                          /* 600000 */
        {10, "\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09"},     /* hmacWithSHA256 */
        {11, "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"}, /* aes256-CBC */
        {2, "\x04\x10"},                                      /* 16 bytes of salt and of IV */
    };
    const char *path = scratch("fields.key");
    struct buf phrase, file;
    char *label = NULL, *header = NULL;
    unsigned char *der = NULL;
    long len = 0;
    BIO *bio;

    (void)state;
    secret(&phrase, "phrase");
    assert_true(signkey_save(made[0].key, path, &phrase, &err));
    buf_init(&file, LIMIT_KEY_FILE_BYTES);
    assert_true(fsio_read_file(path, LIMIT_KEY_FILE_BYTES, &file, &err));
    bio = BIO_new_mem_buf(file.data, (int)file.len);
    assert_int_equal(PEM_read_bio(bio, &label, &header, &der, &len), 1);
    assert_string_equal(label, "ENCRYPTED PRIVATE KEY");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        bool found = false;

        for (size_t at = 0; !found && at + fields[i].len <= (size_t)len; at++) {
            found = memcmp(der + at, fields[i].der, fields[i].len) == 0;
        }
        assert_true(found);
    }
    BIO_free(bio);
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(der);
    buf_release(&file);
    buf_release(&phrase);
}

static void an_existing_file_is_not_overwritten(void **state)
{
    const char *path = scratch("there.key");
    struct signkey *again;

    (void)state;
    assert_true(signkey_save(made[0].key, path, NULL, &err));
    assert_false(signkey_save(made[1].key, path, NULL, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    again = signkey_open(path, NULL, &err);
    assert_non_null(again);
    assert_same_key(made[0].key, again);
    signkey_free(again);
}

static void what_others_can_read_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601};
    const char *path = scratch("shared.key");
    struct signkey *again;
    bool encrypted;

    (void)state;
    assert_true(signkey_save(made[0].key, path, NULL, &err));
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_closed(path, NULL, "chmod 600");
        assert_non_null(strstr(err.text, path));
        memset(&err, 0, sizeof err);
        assert_false(signkey_is_encrypted(path, &encrypted, &err));
        assert_int_equal(err.code, ERR_CONFIG_KEY);
    }
    assert_int_equal(chmod(path, 0400), 0);
    again = signkey_open(path, NULL, &err);
    assert_non_null(again);
    signkey_free(again);
}

static void write_private(const char *name, const void *bytes, size_t len)
{
    assert_true(fsio_replace(scratch(name), bytes, len, 0600, &err));
}

/* Of a key that the profile does not let sign, as libcrypto writes it. */
static void write_foreign(const char *name, EVP_PKEY *pkey)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    long len;

    assert_non_null(pkey);
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    len = BIO_get_mem_data(bio, &bytes);
    write_private(name, bytes, (size_t)len);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
}

static void a_key_that_may_not_sign_is_refused(void **state)
{
    (void)state;
    write_foreign("rsa2048.key", EVP_RSA_gen(2048));
    assert_closed(scratch("rsa2048.key"), NULL, "may not sign");
    write_foreign("secp256k1.key", EVP_EC_gen("secp256k1"));
    assert_closed(scratch("secp256k1.key"), NULL, "may not sign");
    write_foreign("ed25519.key", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    assert_closed(scratch("ed25519.key"), NULL, "may not sign");
}

static void what_is_no_key_is_refused(void **state)
{
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    bool encrypted = true;

    (void)state;
    write_private("empty.key", "", 0);
    assert_closed(scratch("empty.key"), NULL, "no private key");
    write_private("damaged.key", pem, sizeof pem - 1);
    assert_closed(scratch("damaged.key"), NULL, "no private key");
    write_private("cert.key", made[0].cert.data, made[0].cert.len);
    assert_closed(scratch("cert.key"), NULL, "no private key");
    assert_true(signkey_is_encrypted(scratch("cert.key"), &encrypted, &err));
    assert_false(encrypted);
    assert_closed("pkcs11:object=signer", NULL, "pkcs11:");
    assert_null(signkey_open(scratch("absent.key"), NULL, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    assert_int_equal(symlink("empty.key", scratch("link.key")), 0);
    assert_null(signkey_open(scratch("link.key"), NULL, &err));
    assert_int_equal(err.code, ERR_IO_KIND);
}

/* The openssl program as the second opinion: it opens ours, and what it makes is opened here. */
static bool openssl(const char *fmt, ...)
{
    char command[4096];
    va_list args;

    va_start(args, fmt);
    vsnprintf(command, sizeof command, fmt, args);
    va_end(args);
    return system(command) == 0;
}

static void the_openssl_program_agrees(void **state)
{
    struct buf phrase;
    struct signkey *key;

    (void)state;
    if (!openssl("openssl version >/dev/null 2>&1")) {
        print_message("SKIP: no openssl program here\n");
        return;
    }
    secret(&phrase, "phrase");
    assert_true(signkey_save(made[2].key, scratch("ours.key"), &phrase, &err));
    assert_true(openssl("openssl pkey -in %s -passin pass:phrase -noout", scratch("ours.key")));
    assert_false(
        openssl("openssl pkey -in %s -passin pass:false -noout 2>/dev/null", scratch("ours.key")));
    assert_true(openssl("umask 077; openssl genpkey -algorithm EC -pkeyopt "
                        "ec_paramgen_curve:P-384 -aes256 -pass pass:phrase -out %s 2>/dev/null",
                        scratch("theirs.key")));
    key = signkey_open(scratch("theirs.key"), &phrase, &err);
    assert_non_null(key);
    assert_int_equal(signkey_bits(key), 384);
    signkey_free(key);
    assert_true(openssl("umask 077; openssl ecparam -name prime256v1 -genkey -noout -out %s "
                        "2>/dev/null",
                        scratch("older.key"))); /* SEC 1, from before PKCS#8 */
    key = signkey_open(scratch("older.key"), NULL, &err);
    assert_non_null(key);
    assert_int_equal(signkey_bits(key), 256);
    signkey_free(key);
    buf_release(&phrase);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_file_comes_back),
        cmocka_unit_test(an_encrypted_file_needs_its_passphrase),
        cmocka_unit_test(a_passphrase_has_a_length),
        cmocka_unit_test(encryption_is_what_the_header_says),
        cmocka_unit_test(an_existing_file_is_not_overwritten),
        cmocka_unit_test(what_others_can_read_is_refused),
        cmocka_unit_test(a_key_that_may_not_sign_is_refused),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(the_openssl_program_agrees),
    };

    return cmocka_run_group_tests(tests, make_all, remove_all);
}
