/* SPDX-License-Identifier: MIT */
/* Sources of keys: what each gives, and what each refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "bundler/source.h"
#include "keys/crypto.h"
#include "tests/unit/article_pins.h"
#include "tests/unit/made_certs.h"
#include "tests/unit/server_kit.h"

#define HOST "cns.awmdm.com"
#define ANSWER "{\"" HOST "\":[\"" ARTICLE_PIN_1 "\",\"" ARTICLE_PIN_2 "\"]}"

static struct err err;
static struct source source;

static const char *file_of(const void *bytes, size_t len)
{
    const char *path = scratch("keys");

    assert_true(fsio_replace(path, bytes, len, 0600, &err));
    return path;
}

static bool open_and_read(enum manifest_evidence_kind kind, const void *bytes, size_t len)
{
    assert_true(source_open(&source, kind, file_of(bytes, len), &err));
    return source_read(&source, HOST, &err);
}

static void refused(enum manifest_evidence_kind kind, const char *text, enum err_code code,
                    const char *words)
{
    if (open_and_read(kind, text, strlen(text)) || err.code != code ||
        strstr(err.text, words) == NULL || strstr(err.text, scratch("keys")) == NULL) {
        fail_msg("%s: %s, expected '%s'", err_reason(err.code), err.text, words);
    }
    assert_null(source.pins);
    assert_int_equal(source.count, 0);
}

static void assert_article_pins(enum manifest_evidence_kind kind)
{
    uint8_t sha256[32];
    struct pin pin;

    assert_int_equal(source.kind, kind);
    assert_int_equal(source.count, 2);
    assert_int_equal(source_is_answer(&source), kind != MANIFEST_HEX);
    assert_true(pin_from_hex(&pin, ARTICLE_PIN_1, strlen(ARTICLE_PIN_1), &err));
    assert_true(pin_equal(&source.pins[0].pin, &pin));
    assert_true(pin_from_hex(&pin, ARTICLE_PIN_2, strlen(ARTICLE_PIN_2), &err));
    assert_true(pin_equal(&source.pins[1].pin, &pin));
    assert_true(pin_compare(&source.pins[0], &source.pins[1]) < 0);
    assert_false(source.pins[0].has_validity);
    assert_string_equal(source.pins[0].subject, "");
    assert_true(crypto_sha256(sha256, source.raw.data, source.raw.len, &err));
    assert_memory_equal(sha256, source.sha256, sizeof sha256);
}

static void discovery_gives_the_channels_keys(void **state)
{
    char ca[1024];
    struct http_request r = {.ca_file = ca, .timeout_s = 60, .wait_ms = 1};

    (void)state;
    snprintf(ca, sizeof ca, "%s", scratch("ca.pem"));
    server_kit_answer(ANSWER);
    r.url = server_kit_line("url");
    assert_true(source_ask(&source, &r, HOST, &err));
    assert_true(buf_is(&source.raw, ANSWER, strlen(ANSWER)));
    assert_non_null(strstr(source.name, "/autodiscovery/HostRegistry.aws?URL=" HOST));
    assert_true(source_read(&source, HOST, &err));
    assert_article_pins(MANIFEST_DISCOVERY);
    assert_non_null(strstr(server_kit_line("log"), "?URL=" HOST "\""));

    server_kit_answer("{}");
    assert_true(source_ask(&source, &r, HOST, &err));
    assert_false(source_read(&source, HOST, &err));
    assert_int_equal(err.code, ERR_ANSWER_EMPTY);
    assert_non_null(strstr(err.text, source.name));

    r.url = server_kit_url("/status/404");
    assert_false(source_ask(&source, &r, HOST, &err));
    assert_int_equal(err.code, ERR_NETWORK_STATUS);
    assert_non_null(strstr(err.text, r.url));
    assert_int_equal(source.raw.len, 0);
    r.url = "http://localhost/";
    assert_false(source_ask(&source, &r, HOST, &err));
    assert_int_equal(err.code, ERR_USAGE);
}

static void a_saved_answer_gives_the_same(void **state)
{
    (void)state;
    assert_true(open_and_read(MANIFEST_ANSWER, ANSWER, strlen(ANSWER)));
    assert_article_pins(MANIFEST_ANSWER);
    refused(MANIFEST_ANSWER, "<html>", ERR_ANSWER_FORM, "HTML");
    refused(MANIFEST_ANSWER, "{\"x\":[]}", ERR_ANSWER_HOST, HOST);
    refused(MANIFEST_ANSWER, ARTICLE_PIN_1, ERR_ANSWER_FORM, "");
    assert_false(source_open(&source, MANIFEST_ANSWER, scratch("absent"), &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
}

static void hex_and_public_keys_are_keys(void **state)
{
    static const char twice[] = ARTICLE_PIN_2 "\n" ARTICLE_PIN_1 "\n" ARTICLE_PIN_2 "\n";
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct buf der, pem;
    struct pin pin;

    (void)state;
    assert_true(open_and_read(MANIFEST_HEX, twice, strlen(twice)));
    assert_article_pins(MANIFEST_HEX);
    refused(MANIFEST_HEX, "", ERR_PIN_FORM, "");
    refused(MANIFEST_HEX, "30zz\n", ERR_PIN_FORM, "");

    buf_init(&der, LIMIT_KEY_FILE_BYTES);
    buf_init(&pem, LIMIT_KEY_FILE_BYTES);
    MADE_CERTS_DER(&der, i2d_PUBKEY, key);
    made_certs_pem(&pem, "PUBLIC KEY", &der);
    assert_true(open_and_read(MANIFEST_HEX, pem.data, pem.len));
    assert_int_equal(source.count, 1);
    assert_int_equal(source.pins[0].pin.type, PIN_EC_P256);
    assert_true(source_has(&source, &source.pins[0].pin));
    assert_true(pin_from_hex(&pin, ARTICLE_PIN_1, strlen(ARTICLE_PIN_1), &err));
    assert_false(source_has(&source, &pin));
    refused(MANIFEST_CERTIFICATE, buf_text(&pem), ERR_PIN_FORM, "--hex");
    buf_release(&der);
    buf_release(&pem);
    EVP_PKEY_free(key);
}

/* Adds the certificate as PEM; `to` 0 leaves its end as it was made. */
static void add_cert(struct buf *pem, EVP_PKEY *key, const char *name, bool ca, time_t to)
{
    EVP_PKEY *issuer = EVP_EC_gen("P-256");
    X509 *cert = made_certs_cert(key, name, ca);
    struct buf der;

    if (to != 0) {
        ASN1_TIME_set(X509_getm_notAfter(cert), to);
        assert_true(X509_sign(cert, issuer, EVP_sha256()) > 0);
    }
    buf_init(&der, LIMIT_KEY_FILE_BYTES);
    MADE_CERTS_DER(&der, i2d_X509, cert);
    made_certs_pem(pem, "CERTIFICATE", &der);
    buf_release(&der);
    X509_free(cert);
    EVP_PKEY_free(issuer);
}

static void of_a_chain_only_leaves_are_taken(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-384"), *above = EVP_EC_gen("P-521");
    struct buf pem;

    (void)state;
    buf_init(&pem, LIMIT_KEY_FILE_BYTES);
    add_cert(&pem, above, "A CA", true, 0);
    refused(MANIFEST_CERTIFICATE, buf_text(&pem), ERR_PIN_FORM, "only certificates of CAs");
    add_cert(&pem, key, "older", false, 0);
    add_cert(&pem, key, "newest", false, MADE_CERTS_TO + 100);
    add_cert(&pem, key, "oldest", false, MADE_CERTS_TO - 100);
    assert_true(open_and_read(MANIFEST_CERTIFICATE, pem.data, pem.len));
    assert_int_equal(source.count, 1);
    assert_int_equal(source.passed_over, 1);
    assert_int_equal(source.pins[0].pin.type, PIN_EC_P384);
    assert_true(source.pins[0].has_validity);
    assert_int_equal(source.pins[0].valid_from, MADE_CERTS_FROM);
    assert_int_equal(source.pins[0].valid_to, MADE_CERTS_TO + 100);
    assert_non_null(strstr(source.pins[0].subject, "newest"));
    refused(MANIFEST_HEX, buf_text(&pem), ERR_PIN_FORM, "--cert");
    buf_release(&pem);
    EVP_PKEY_free(key);
    EVP_PKEY_free(above);
}

static void a_file_is_capped(void **state)
{
    char *bytes = calloc(1, LIMIT_KEY_FILE_BYTES + 1);

    (void)state;
    assert_non_null(bytes);
    file_of(bytes, LIMIT_KEY_FILE_BYTES + 1);
    assert_false(source_open(&source, MANIFEST_HEX, scratch("keys"), &err));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    free(bytes);
}

static int begin(void **state)
{
    (void)state;
    source_init(&source);
    memset(&err, 0, sizeof err);
    return 0;
}

static int end(void **state)
{
    (void)state;
    source_release(&source);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(discovery_gives_the_channels_keys, begin, end),
        cmocka_unit_test_setup_teardown(a_saved_answer_gives_the_same, begin, end),
        cmocka_unit_test_setup_teardown(hex_and_public_keys_are_keys, begin, end),
        cmocka_unit_test_setup_teardown(of_a_chain_only_leaves_are_taken, begin, end),
        cmocka_unit_test_setup_teardown(a_file_is_capped, begin, end),
    };

    return cmocka_run_group_tests(tests, server_kit_setup, server_kit_teardown);
}
