/* SPDX-License-Identifier: MIT */
/* Pins out of files: every kind gives the same key, and what is none of them is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

#include "base/limits.h"
#include "keys/crypto.h"
#include "keys/pinfile.h"
#include "tests/unit/article_pins.h"
#include "tests/unit/made_certs.h"

static struct err err;
static struct buf text; /* the file of the case */
static struct pinfile file;

static int setup(void **state)
{
    (void)state;
    buf_init(&text, 2 * LIMIT_KEY_FILE_BYTES);
    pinfile_init(&file);
    memset(&err, 0, sizeof err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&text);
    pinfile_release(&file);
    return 0;
}

static void add(const char *more)
{
    assert_true(buf_add_text(&text, more, &err));
}

static void assert_read(size_t count)
{
    if (!pinfile_read(&file, &text, "keys.txt", &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(file.count, count);
}

static void assert_refused(enum err_code code, const char *say)
{
    struct pinfile_entry *before = file.entries;

    assert_false(pinfile_read(&file, &text, "keys.txt", &err));
    assert_int_equal(err.code, code);
    assert_memory_equal(err.text, "keys.txt: ", 10);
    if (strstr(err.text, say) == NULL) {
        fail_msg("'%s' does not say '%s'", err.text, say);
    }
    assert_ptr_equal(file.entries, before);
    buf_clear(&text);
}

static EVP_PKEY *made_key(const char *kind)
{
    EVP_PKEY *key =
        kind[0] == 'R' ? made_certs_rsa((int)strtol(kind + 3, NULL, 10)) : EVP_EC_gen(kind);

    assert_non_null(key);
    return key;
}

/* One key in all its forms. */
struct forms {
    struct buf cert, spki, bytes, p7;
    uint8_t digest[32];
};

static void forms_init(struct forms *f, const char *kind, const char *name)
{
    EVP_PKEY *key = made_key(kind);
    X509 *cert = made_certs_cert(key, name, false);
    PKCS7 *p7 = PKCS7_new();

    buf_init(&f->cert, LIMIT_KEY_FILE_BYTES);
    buf_init(&f->spki, LIMIT_KEY_FILE_BYTES);
    buf_init(&f->bytes, LIMIT_KEY_FILE_BYTES);
    buf_init(&f->p7, LIMIT_KEY_FILE_BYTES);
    MADE_CERTS_DER(&f->cert, i2d_X509, cert);
    MADE_CERTS_DER(&f->spki, i2d_PUBKEY, key);
    MADE_CERTS_DER(&f->bytes, i2d_PublicKey, key);
    assert_int_equal(PKCS7_set_type(p7, NID_pkcs7_signed), 1);
    assert_int_equal(PKCS7_content_new(p7, NID_pkcs7_data), 1);
    assert_int_equal(PKCS7_add_certificate(p7, cert), 1);
    MADE_CERTS_DER(&f->p7, i2d_PKCS7, p7);
    assert_int_equal(X509_digest(cert, EVP_sha256(), f->digest, NULL), 1);
    PKCS7_free(p7);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void forms_release(struct forms *f)
{
    buf_release(&f->cert);
    buf_release(&f->spki);
    buf_release(&f->bytes);
    buf_release(&f->p7);
}

static void use(const struct buf *der)
{
    buf_clear(&text);
    assert_true(buf_add(&text, der->data, der->len, &err));
}

static void use_pem(const char *label, const struct buf *der)
{
    buf_clear(&text);
    made_certs_pem(&text, label, der);
}

static void use_hex(const struct buf *der)
{
    buf_clear(&text);
    for (size_t i = 0; i < der->len; i++) {
        assert_true(buf_printf(&text, &err, i % 2 ? "%02x" : "%02X", der->data[i]));
    }
}

static void assert_gives(const struct forms *f, enum pinfile_form form, size_t line)
{
    assert_read(1);
    assert_int_equal(file.entries[0].form, form);
    assert_int_equal(file.entries[0].line, line);
    assert_int_equal(file.entries[0].pin.len, f->bytes.len);
    assert_memory_equal(file.entries[0].pin.bytes, f->bytes.data, f->bytes.len);
    assert_int_equal(file.entries[0].has_validity, form == PINFILE_CERTIFICATE);
    assert_memory_equal(file.entries[0].source_sha256,
                        form == PINFILE_CERTIFICATE ? f->digest : file.entries[0].pin.sha256, 32);
}

static void every_form_of_a_key_gives_the_same_pin(void **state)
{
    static const char *const kinds[] = {"RSA2048", "RSA3072", "RSA4096", "P-256", "P-384", "P-521"};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct forms f;

        forms_init(&f, kinds[i], "cns.example");
        use(&f.cert);
        assert_gives(&f, PINFILE_CERTIFICATE, 0);
        use(&f.p7);
        assert_gives(&f, PINFILE_CERTIFICATE, 0);
        use(&f.spki);
        assert_gives(&f, PINFILE_SPKI, 0);
        use_pem("CERTIFICATE", &f.cert);
        assert_gives(&f, PINFILE_CERTIFICATE, 1);
        use_pem("X509 CERTIFICATE", &f.cert);
        assert_gives(&f, PINFILE_CERTIFICATE, 1);
        use_pem("PKCS7", &f.p7);
        assert_gives(&f, PINFILE_CERTIFICATE, 1);
        use_pem("CMS", &f.p7);
        assert_gives(&f, PINFILE_CERTIFICATE, 1);
        use_pem("PUBLIC KEY", &f.spki);
        assert_gives(&f, PINFILE_SPKI, 1);
        use_hex(&f.bytes);
        assert_gives(&f, PINFILE_HEX, 1);
        if (kinds[i][0] == 'R') {
            use(&f.bytes);
            assert_gives(&f, PINFILE_PKCS1, 0);
            use_pem("RSA PUBLIC KEY", &f.bytes);
            assert_gives(&f, PINFILE_PKCS1, 1);
        }
        forms_release(&f);
    }
}

static void a_certificate_tells_what_it_says(void **state)
{
    EVP_PKEY *key = made_key("P-256");
    X509 *leaf = made_certs_cert(key, "cns.example", false);
    X509 *ca = made_certs_cert(key, "a\x1b[31m\xe2\x80\xae\xc3\xa9", true);
    struct buf der;

    (void)state;
    buf_init(&der, LIMIT_KEY_FILE_BYTES);
    MADE_CERTS_DER(&der, i2d_X509, leaf);
    made_certs_pem(&text, "CERTIFICATE", &der);
    buf_clear(&der);
    MADE_CERTS_DER(&der, i2d_X509, ca);
    made_certs_pem(&text, "CERTIFICATE", &der);
    assert_read(2);
    assert_true(file.entries[0].is_leaf);
    assert_string_equal(file.entries[0].subject, "CN=cns.example");
    assert_true(file.entries[0].has_validity);
    assert_int_equal(file.entries[0].not_before, MADE_CERTS_FROM);
    assert_int_equal(file.entries[0].not_after, MADE_CERTS_TO);
    assert_false(file.entries[1].is_leaf);
    assert_true(file.entries[1].line > file.entries[0].line);
    assert_null(strchr(file.entries[1].subject, '\x1b'));
    assert_null(strstr(file.entries[1].subject, "\xe2\x80\xae"));
    assert_non_null(strstr(file.entries[1].subject, "\xc3\xa9"));
    buf_release(&der);
    X509_free(leaf);
    X509_free(ca);
    EVP_PKEY_free(key);
}

static void odd_dates_and_names_do_not_matter(void **state)
{
    EVP_PKEY *key = made_key("P-256"), *issuer = made_key("P-256");
    X509 *cert = made_certs_cert(key, "x", false);
    X509_NAME *subject = X509_get_subject_name(cert);

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(X509_NAME_add_entry_by_NID(
                             subject, NID_organizationalUnitName, MBSTRING_UTF8,
                             (const unsigned char *)"a unit with a long name, in fact", -1, -1, 0),
                         1);
    }
    ASN1_TIME_set(X509_getm_notBefore(cert), MADE_CERTS_TO + 1); /* ends before it begins */
    assert_true(X509_sign(cert, issuer, EVP_sha256()) > 0);
    MADE_CERTS_DER(&text, i2d_X509, cert);
    assert_read(1);
    assert_false(file.entries[0].has_validity);
    assert_int_equal(strlen(file.entries[0].subject), PINFILE_SUBJECT_SIZE - 1);
    assert_string_equal(file.entries[0].subject + PINFILE_SUBJECT_SIZE - 4, "...");
    X509_free(cert);
    EVP_PKEY_free(key);
    EVP_PKEY_free(issuer);
}

static void several_keys_come_in_the_order_of_the_file(void **state)
{
    struct forms a, b, c;

    (void)state;
    forms_init(&a, "P-256", "a");
    forms_init(&b, "P-384", "b");
    forms_init(&c, "RSA2048", "c");
    add("subject=CN = a\r\n  text that tools print\n\n");
    made_certs_pem(&text, "CERTIFICATE", &a.cert);
    add("Certificate:\n        Modulus:\n            00:9c:64:c6\n");
    made_certs_pem(&text, "PUBLIC KEY", &b.spki);
    made_certs_pem(&text, "RSA PUBLIC KEY", &c.bytes);
    made_certs_pem(&text, "CERTIFICATE", &a.cert);
    assert_read(4);
    assert_string_equal(file.entries[0].subject, "CN=a");
    assert_int_equal(file.entries[0].line, 4);
    assert_int_equal(file.entries[1].pin.type, PIN_EC_P384);
    assert_int_equal(file.entries[2].pin.type, PIN_RSA);
    assert_true(pin_equal(&file.entries[0].pin, &file.entries[3].pin)); /* twice is the caller's */
    forms_release(&a);
    forms_release(&b);
    forms_release(&c);
}

static void lists_of_hex_are_read_as_people_write_them(void **state)
{
    (void)state;
    add("\xef\xbb\xbf# from the vendor's article \xe2\x80\x93 2019\r\n\r\n");
    add("  " ARTICLE_PIN_1 "\t\r\n");
    add("\t<pinnedCertificate publicKeyString=\"" ARTICLE_PIN_2 "\"/>\n");
    add("<pinnedCertificate  publicKeyString = '" ARTICLE_PIN_1 "'   />\n#\n   \n");
    add(ARTICLE_PIN_2);
    assert_read(4);
    assert_int_equal(file.entries[0].line, 3);
    assert_int_equal(file.entries[1].line, 4);
    assert_int_equal(file.entries[2].line, 5);
    assert_int_equal(file.entries[3].line, 8);
    assert_true(pin_equal(&file.entries[0].pin, &file.entries[2].pin));
    assert_true(pin_equal(&file.entries[1].pin, &file.entries[3].pin));
    assert_false(pin_equal(&file.entries[0].pin, &file.entries[1].pin));
}

static void lists_with_anything_else_are_refused(void **state)
{
    static const struct {
        const char *text, *say;
    } rows[] = {
        {"", "no key"},
        {"# only a comment\n\n", "no key"},
        {"hello\n", "line 1: this is neither"},
        {"\n" ARTICLE_PIN_1 " " ARTICLE_PIN_2 "\n", "line 2: character 541"},
        {ARTICLE_PIN_1 "0\n", "line 1: an odd number"},
        {ARTICLE_PIN_1 "00\n", "line 1: the key is no RSA"},
        {"30820\n", "line 1: an odd number"},
        {"30:82:01:0a\n", "line 1: this is neither"},
        {"0x" ARTICLE_PIN_1 "\n", "line 1: this is neither"},
        {"<configuration>\n", "line 1: a line of markup"},
        {"<pinnedCertificatepublicKeyString=\"" ARTICLE_PIN_1 "\" />\n", "a line of markup"},
        {"<pinnedCertificate publicKeyString=\"" ARTICLE_PIN_1 "\" >\n", "a line of markup"},
        {"<pinnedCertificate publicKeyString=\"" ARTICLE_PIN_1 "' />\n", "a line of markup"},
        {"<pinnedCertificate publicKeyString=\"" ARTICLE_PIN_1 "\" x=\"\" />\n", "of markup"},
        {"<pinnedCertificate publicKeyString=\"" ARTICLE_PIN_1 "\" /><a />\n", "of markup"},
        {"<pinnedCertificate publicKeyString=\"\" />\n", "line 1: a key has"},
        {"<pinnedCertificate publicKeyString=", "a line of markup"},
        {"<pinnedCertificate publicKeyString=\"30", "a line of markup"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        add(rows[i].text);
        assert_refused(ERR_PIN_FORM, rows[i].say);
    }
    assert_true(buf_add(&text,
                        "\xff\xfe"
                        "3\0"
                        "0\0",
                        6, &err));
    assert_refused(ERR_PIN_FORM, "UTF-16");
    assert_true(buf_add(&text,
                        "\xfe\xff\0"
                        "3\0"
                        "0",
                        6, &err));
    assert_refused(ERR_PIN_FORM, "UTF-16");
}

static void nothing_of_a_bad_file_is_taken(void **state)
{
    (void)state;
    add(ARTICLE_PIN_1 "\n");
    assert_read(1);
    buf_clear(&text);
    add(ARTICLE_PIN_2 "\n" ARTICLE_PIN_2 "\nhello\n");
    assert_refused(ERR_PIN_FORM, "line 3");
    assert_int_equal(file.count, 1);
}

static void weak_keys_are_named_by_line_and_subject(void **state)
{
    struct forms good, weak;

    (void)state;
    forms_init(&good, "P-256", "good");
    forms_init(&weak, "RSA1024", "weak");
    made_certs_pem(&text, "CERTIFICATE", &good.cert);
    made_certs_pem(&text, "CERTIFICATE", &weak.cert);
    assert_refused(ERR_PIN_WEAK, "certificate CN=weak: the RSA key has 1024 bits");
    assert_null(strstr(err.text, "line 1:"));
    use(&weak.cert);
    assert_refused(ERR_PIN_WEAK, "1024");
    use(&weak.p7);
    assert_refused(ERR_PIN_WEAK, "certificate 1 of the PKCS#7");
    use(&weak.spki);
    assert_refused(ERR_PIN_WEAK, "1024");
    use(&weak.bytes);
    assert_refused(ERR_PIN_WEAK, "1024");
    use_hex(&weak.bytes);
    assert_refused(ERR_PIN_WEAK, "line 1");
    forms_release(&good);
    forms_release(&weak);
}

static void other_algorithms_are_refused(void **state)
{
    static const char *const kinds[] = {"ED25519", "secp256k1", "P-224"};
    EVP_PKEY *key;

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        key = i == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, kinds[i]) : EVP_EC_gen(kinds[i]);
        assert_non_null(key);
        MADE_CERTS_DER(&text, i2d_PUBKEY, key);
        EVP_PKEY_free(key);
        assert_refused(ERR_PIN_FORM, "");
    }
}

static void add_private_pem(EVP_PKEY *key, const char *passphrase, bool traditional)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const EVP_CIPHER *cipher = passphrase == NULL ? NULL : EVP_aes_128_cbc();
    char *pem;
    long len;

    if (traditional) {
        assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL),
                         1);
    } else {
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(
                             bio, key, cipher, passphrase,
                             passphrase == NULL ? 0 : (int)strlen(passphrase), NULL, NULL),
                         1);
    }
    len = BIO_get_mem_data(bio, &pem);
    assert_true(buf_add(&text, pem, (size_t)len, &err));
    BIO_free(bio);
}

static void private_keys_are_refused_first(void **state)
{
    static const char say[] = "line %d: this is a private key";
    EVP_PKEY *ec = made_key("P-256");
    struct forms f;
    char expected[64];

    (void)state;
    forms_init(&f, "P-256", "a");
    for (int i = 0; i < 3; i++) {
        snprintf(expected, sizeof expected, say, i == 2 ? 4 : 2);
        add("some text\n");
        if (i == 2) { /* as `openssl ecparam -genkey` writes it */
            add("-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n");
        }
        add_private_pem(ec, i == 1 ? "secret" : NULL, i == 2);
        made_certs_pem(&text, "CERTIFICATE", &f.cert);
        assert_refused(ERR_PIN_FORM, expected);
    }
    made_certs_pem(&text, "CERTIFICATE", &f.cert);
    add("-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
    assert_refused(ERR_PIN_FORM, "this is a private key");
    forms_release(&f);
    EVP_PKEY_free(ec);
}

static void private_keys_in_der_are_refused(void **state)
{
    EVP_PKEY *ec = made_key("P-256"), *rsa = EVP_RSA_gen(1024);
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(ec);
    X509_SIG *sealed = PKCS8_encrypt(-1, EVP_aes_128_cbc(), "x", 1, NULL, 0, 1, plain);
    X509 *cert = made_certs_cert(ec, "a", false);
    PKCS12 *p12 = PKCS12_create("x", "name", ec, cert, NULL, 0, 0, 1, 1, 0);

    (void)state;
    MADE_CERTS_DER(&text, i2d_PrivateKey, ec);
    assert_refused(ERR_PIN_FORM, "a private key");
    MADE_CERTS_DER(&text, i2d_PrivateKey, rsa);
    assert_refused(ERR_PIN_FORM, "a private key");
    MADE_CERTS_DER(&text, i2d_PKCS8_PRIV_KEY_INFO, plain);
    assert_refused(ERR_PIN_FORM, "a private key");
    MADE_CERTS_DER(&text, i2d_X509_SIG, sealed);
    assert_refused(ERR_PIN_FORM, "a private key");
    MADE_CERTS_DER(&text, i2d_PKCS12, p12);
    assert_refused(ERR_PIN_FORM, "PKCS#12");
    PKCS12_free(p12);
    X509_free(cert);
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(plain);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
}

static void damaged_pem_is_refused_by_its_line(void **state)
{
    struct forms f;
    char *at;

    (void)state;
    forms_init(&f, "P-256", "a");
    use_pem("CERTIFICATE", &f.cert);
    text.data[100] = '*';
    assert_refused(ERR_PIN_FORM, "line 1: the PEM block is damaged");
    use_pem("CERTIFICATE", &f.cert);
    at = strstr(buf_text(&text), PEM_STRING_X509 "-----\n");
    at[0] = 'c';
    assert_refused(ERR_PIN_FORM, "line 1: a PEM block cERTIFICATE holds no pin");
    use_pem("CERTIFICATE", &f.cert);
    text.len -= 10;
    assert_refused(ERR_PIN_FORM, "does not end");
    use_pem("CERTIFICATE", &f.cert);
    text.len -= 40;
    made_certs_pem(&text, "CERTIFICATE", &f.cert);
    assert_refused(ERR_PIN_FORM, "line 1");
    use_pem("CERTIFICATE", &f.spki);
    assert_refused(ERR_PIN_FORM, "line 1: this is no certificate");
    use_pem("PUBLIC KEY", &f.cert);
    assert_refused(ERR_PIN_FORM, "line 1: this is no public key");
    use_pem("RSA PUBLIC KEY", &f.bytes);
    assert_refused(ERR_PIN_FORM, "no RSA public key");
    use_pem("PKCS7", &f.cert);
    assert_refused(ERR_PIN_FORM, "no PKCS#7");
    use_pem("CERTIFICATE REQUEST", &f.cert);
    assert_refused(ERR_PIN_FORM, "holds no pin");
    add("-----BEGIN CERTIFICATE\n");
    assert_refused(ERR_PIN_FORM, "this line of a PEM block is damaged");
    add("-----BEGIN -----\n");
    assert_refused(ERR_PIN_FORM, "holds no pin");
    add("-----BEGIN ----\n");
    assert_refused(ERR_PIN_FORM, "this line of a PEM block is damaged");
    forms_release(&f);
}

static void headers_and_lost_keys_are_refused(void **state)
{
    struct forms f;

    (void)state;
    forms_init(&f, "P-256", "a");
    add("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
        "-----END CERTIFICATE-----\n");
    assert_refused(ERR_PIN_FORM, "damaged");
    use_pem("CERTIFICATE", &f.cert);
    add(ARTICLE_PIN_1 "\n");
    assert_refused(ERR_PIN_FORM, "a key in hex among PEM blocks");
    use_pem("CERTIFICATE", &f.cert);
    add("  <pinnedCertificate publicKeyString=\"" ARTICLE_PIN_1 "\" />\n");
    assert_refused(ERR_PIN_FORM, "a key in hex among PEM blocks");
    forms_release(&f);
}

static void bundles_without_certificates_and_messages_are_refused(void **state)
{
    PKCS7 *p7 = PKCS7_new();
    EVP_PKEY *key = made_key("P-256");
    X509 *cert = made_certs_cert(key, "a", false);
    BIO *in = BIO_new_mem_buf("hi", 2);
    CMS_ContentInfo *cms = CMS_sign(cert, key, NULL, in, CMS_BINARY);

    (void)state;
    assert_int_equal(PKCS7_set_type(p7, NID_pkcs7_signed), 1);
    assert_int_equal(PKCS7_content_new(p7, NID_pkcs7_data), 1);
    MADE_CERTS_DER(&text, i2d_PKCS7, p7);
    assert_refused(ERR_PIN_FORM, "holds no certificate");
    MADE_CERTS_DER(&text, i2d_CMS_ContentInfo, cms);
    assert_refused(ERR_PIN_FORM, "a signed message");
    CMS_ContentInfo_free(cms);
    cms = CMS_data_create(in, CMS_BINARY);
    MADE_CERTS_DER(&text, i2d_CMS_ContentInfo, cms);
    assert_refused(ERR_PIN_FORM, "no PKCS#7");
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    X509_free(cert);
    EVP_PKEY_free(key);
    PKCS7_free(p7);
}

/* Whatever a flip leaves, it is refused or it is a whole key; no shorter file is ever one. */
static void damaged_der_is_refused(void **state)
{
    struct forms f;

    (void)state;
    forms_init(&f, "P-256", "a");
    for (size_t len = 1; len < f.cert.len; len += 7) {
        use(&f.cert);
        text.len = len;
        text.data[len] = '\0';
        assert_refused(ERR_PIN_FORM, "");
    }
    for (size_t i = 0; i < f.p7.len; i += 3) {
        use(&f.p7);
        text.data[i] ^= 0x81;
        if (!pinfile_read(&file, &text, "x", &err)) {
            assert_true(err.code == ERR_PIN_FORM || err.code == ERR_PIN_WEAK);
        }
        pinfile_release(&file);
    }
    use(&f.cert);
    add("\n");
    assert_refused(ERR_PIN_FORM, "neither a certificate");
    forms_release(&f);
}

static void limits_hold(void **state)
{
    struct forms f;
    uint8_t *fill;

    (void)state;
    forms_init(&f, "P-256", "a");
    for (int i = 0; i < LIMIT_KEY_FILE_PINS; i++) {
        for (size_t k = 0; k < f.bytes.len; k++) {
            assert_true(buf_printf(&text, &err, "%02x", f.bytes.data[k]));
        }
        add("\n");
    }
    assert_read(LIMIT_KEY_FILE_PINS);
    pinfile_release(&file);
    assert_true(buf_add(&text, text.data, 2 * f.bytes.len, &err));
    assert_refused(ERR_IO_LIMIT, "line 2049: more than 2048 keys");
    fill = buf_reserve(&text, LIMIT_KEY_FILE_BYTES + 1, &err);
    assert_non_null(fill);
    memset(fill, '#', LIMIT_KEY_FILE_BYTES + 1);
    text.len = LIMIT_KEY_FILE_BYTES;
    assert_refused(ERR_PIN_FORM, "no key");
    text.len = LIMIT_KEY_FILE_BYTES + 1;
    assert_refused(ERR_IO_LIMIT, "1048576 bytes");
    forms_release(&f);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_form_of_a_key_gives_the_same_pin),
        CASE(a_certificate_tells_what_it_says),
        CASE(odd_dates_and_names_do_not_matter),
        CASE(several_keys_come_in_the_order_of_the_file),
        CASE(lists_of_hex_are_read_as_people_write_them),
        CASE(lists_with_anything_else_are_refused),
        CASE(nothing_of_a_bad_file_is_taken),
        CASE(weak_keys_are_named_by_line_and_subject),
        CASE(other_algorithms_are_refused),
        CASE(private_keys_are_refused_first),
        CASE(private_keys_in_der_are_refused),
        CASE(damaged_pem_is_refused_by_its_line),
        CASE(headers_and_lost_keys_are_refused),
        CASE(bundles_without_certificates_and_messages_are_refused),
        CASE(damaged_der_is_refused),
        CASE(limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
