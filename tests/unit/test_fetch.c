/* SPDX-License-Identifier: MIT */
/* From sources to the ledger: what is recorded, what is told, and what never changes by it. */
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
#include "base/text.h"
#include "base/when.h"
#include "bundler/fetch.h"
#include "tests/unit/article_pins.h"
#include "tests/unit/made_certs.h"
#include "tests/unit/scratch.h"

#define HOST "cns.awmdm.com"
#define BOTH "{\"" HOST "\":[\"" ARTICLE_PIN_1 "\",\"" ARTICLE_PIN_2 "\"]}"
#define ONE "{\"" HOST "\":[\"" ARTICLE_PIN_1 "\"]}"
#define NOW ((int64_t)1800000000)

static struct err err;
static struct ledger *ledger;
static struct fetch_report report;
static struct source sources[3];

static void load(struct source *source, enum manifest_evidence_kind kind, const void *bytes,
                 size_t len)
{
    assert_true(fsio_replace(scratch("source"), bytes, len, 0600, &err));
    assert_true(source_open(source, kind, scratch("source"), &err));
    assert_true(source_read(source, HOST, &err));
}

static void load_text(struct source *source, enum manifest_evidence_kind kind, const char *text)
{
    load(source, kind, text, strlen(text));
}

static struct ledger_pin *pin_of(const char *hex)
{
    struct pin pin;

    assert_true(pin_from_hex(&pin, hex, strlen(hex), &err));
    return ledger_find(ledger, pin.sha256);
}

static void record(size_t count, int64_t now)
{
    if (!fetch_record(ledger, sources, count, now, &report, &err)) {
        fail_msg("%s", err.text);
    }
}

static void what_is_seen_is_recorded_with_its_evidence(void **state)
{
    struct ledger_pin *pin;

    (void)state;
    load_text(&sources[0], MANIFEST_ANSWER, BOTH);
    load_text(&sources[1], MANIFEST_HEX, ARTICLE_PIN_2 "\n");
    record(2, NOW);
    assert_int_equal(report.count, 2);
    assert_int_equal(report.new_count, 2);
    assert_int_equal(report.missing_count, 0);
    assert_true(pin_compare(&report.pins[0].shown.pin, &report.pins[1].shown.pin) < 0);
    assert_int_equal(report.pins[0].state, LEDGER_SEEN);
    assert_int_equal(ledger->count, 2);
    pin = pin_of(ARTICLE_PIN_1);
    assert_int_equal(pin->sighting_count, 1);
    assert_int_equal(pin->sightings[0].kind, MANIFEST_ANSWER);
    assert_int_equal(pin->sightings[0].first, NOW);
    assert_memory_equal(pin->sightings[0].sha256, sources[0].sha256, 32);
    pin = pin_of(ARTICLE_PIN_2);
    assert_int_equal(pin->sighting_count, 2);
    assert_int_equal(pin->state, LEDGER_SEEN);

    record(2, NOW + 60);
    assert_int_equal(report.new_count, 0);
    assert_false(report.pins[0].is_new);
    assert_int_equal(ledger->count, 2);
    assert_int_equal(pin_of(ARTICLE_PIN_2)->sightings[0].last, NOW + 60);
}

static void a_missing_pin_is_told_and_stays_approved(void **state)
{
    (void)state;
    load_text(&sources[0], MANIFEST_ANSWER, BOTH);
    record(1, NOW);
    assert_true(ledger_approve(pin_of(ARTICLE_PIN_1), NOW, false, NULL, &err));
    assert_true(ledger_approve(pin_of(ARTICLE_PIN_2), NOW, false, NULL, &err));
    load_text(&sources[0], MANIFEST_ANSWER, ONE);
    record(1, NOW + 1);
    assert_int_equal(report.missing_count, 1);
    assert_memory_equal(report.missing[0].sha256, pin_of(ARTICLE_PIN_2)->pin.sha256, 32);
    assert_int_equal(pin_of(ARTICLE_PIN_2)->state, LEDGER_APPROVED);
    /* beside an answer, a file that still has it is no reason to keep silent */
    load_text(&sources[1], MANIFEST_HEX, ARTICLE_PIN_2 "\n");
    record(2, NOW + 2);
    assert_int_equal(report.missing_count, 1);
    /* files alone say nothing about what is gone */
    load_text(&sources[0], MANIFEST_HEX, ARTICLE_PIN_1 "\n");
    record(1, NOW + 3);
    assert_int_equal(report.missing_count, 0);
    /* a pin that nobody approved is not missed */
    load_text(&sources[0], MANIFEST_ANSWER, ONE);
    assert_true(ledger_exclude(pin_of(ARTICLE_PIN_2), &err));
    record(1, NOW + 4);
    assert_int_equal(report.missing_count, 0);
}

static void no_state_changes_by_an_answer(void **state)
{
    (void)state;
    load_text(&sources[0], MANIFEST_ANSWER, BOTH);
    record(1, NOW);
    assert_true(ledger_retire(ledger, pin_of(ARTICLE_PIN_1), NOW, "leaked", &err));
    assert_true(ledger_exclude(pin_of(ARTICLE_PIN_2), &err));
    record(1, NOW + 1);
    assert_int_equal(report.new_count, 0);
    assert_int_equal(pin_of(ARTICLE_PIN_1)->state, LEDGER_RETIRED);
    assert_int_equal(pin_of(ARTICLE_PIN_2)->state, LEDGER_EXCLUDED);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(report.pins[i].state,
                         ledger_find(ledger, report.pins[i].shown.pin.sha256)->state);
    }
}

static void a_certificate_tells_validity_and_subject(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = made_certs_cert(key, "cns.example", false);
    struct ledger_pin *pin;
    struct buf der, hex;

    (void)state;
    buf_init(&der, LIMIT_KEY_FILE_BYTES);
    buf_init(&hex, LIMIT_KEY_FILE_BYTES);
    MADE_CERTS_DER(&der, i2d_X509, cert);
    load(&sources[1], MANIFEST_CERTIFICATE, der.data, der.len);
    assert_true(pin_add_hex(&sources[1].pins[0].pin, true, &hex, &err));
    load_text(&sources[0], MANIFEST_HEX, buf_text(&hex));
    record(2, NOW);
    assert_int_equal(report.count, 1);
    assert_true(report.pins[0].is_new);
    assert_true(report.pins[0].shown.has_validity);
    assert_int_equal(report.pins[0].shown.valid_to, MADE_CERTS_TO);
    pin = ledger_find(ledger, report.pins[0].shown.pin.sha256);
    assert_true(pin->has_validity);
    assert_int_equal(pin->valid_from, MADE_CERTS_FROM);
    assert_non_null(strstr(pin->subject, "cns.example"));
    buf_release(&der);
    buf_release(&hex);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void the_bytes_are_kept_beside_the_ledger(void **state)
{
    char dir[1024], name[256], hex[65];
    struct workspace *ws;
    struct buf kept;

    (void)state;
    snprintf(dir, sizeof dir, "%s", scratch("workspace"));
    assert_true(workspace_create(dir, HOST, &err));
    load_text(&sources[0], MANIFEST_ANSWER, BOTH "\n");
    record(1, NOW);
    ws = workspace_open(dir, false, &err);
    assert_non_null(ws);
    assert_false(fetch_store(ws, ledger, sources, 1, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    workspace_close(ws);
    ws = workspace_open(dir, true, &err);
    assert_non_null(ws);
    assert_true(fetch_store(ws, ledger, sources, 1, &err));
    assert_true(fetch_store(ws, ledger, sources, 1, &err));
    ledger_free(ledger);
    ledger = ledger_load(ws, &err);
    assert_non_null(ledger);
    assert_int_equal(ledger->count, 2);
    assert_memory_equal(pin_of(ARTICLE_PIN_1)->sightings[0].sha256, sources[0].sha256, 32);
    text_hex(hex, sources[0].sha256, 32);
    snprintf(name, sizeof name, "workspace/" WORKSPACE_EVIDENCE "/%s", hex);
    buf_init(&kept, LIMIT_ANSWER_BYTES);
    assert_true(fsio_read_file(scratch(name), LIMIT_ANSWER_BYTES, &kept, &err));
    assert_true(buf_is(&kept, BOTH "\n", strlen(BOTH "\n")));
    buf_release(&kept);
    workspace_close(ws);
}

static int begin(void **state)
{
    (void)state;
    memset(&err, 0, sizeof err);
    ledger = ledger_new(&err);
    fetch_report_init(&report);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        source_init(&sources[i]);
    }
    return ledger == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    ledger_free(ledger);
    fetch_report_release(&report);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        source_release(&sources[i]);
    }
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_seen_is_recorded_with_its_evidence, begin, end),
        cmocka_unit_test_setup_teardown(a_missing_pin_is_told_and_stays_approved, begin, end),
        cmocka_unit_test_setup_teardown(no_state_changes_by_an_answer, begin, end),
        cmocka_unit_test_setup_teardown(a_certificate_tells_validity_and_subject, begin, end),
        cmocka_unit_test_setup_teardown(the_bytes_are_kept_beside_the_ledger, begin, end),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
