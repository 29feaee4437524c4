/* SPDX-License-Identifier: MIT */
/* The log's words and the chain of receipts. */
#include "applier/record.h"
#include "keys/crypto.h"
#include "keys/sigfile.h"
#include "tests/unit/apply_kit.h"

static struct err err;

static void read_receipt(unsigned counter, const char *ending, struct buf *out)
{
    char name[64];

    snprintf(name, sizeof name, "state/receipts/%06u.%s", counter, ending);
    apply_kit_read(name, out);
}

/* Verifies receipt `counter` by the site's certificate and returns it. */
static struct receipt *verified(unsigned counter, uint8_t sha256[static 32])
{
    struct buf document, signature, cert;
    struct sigfile_candidate site;
    struct sigfile_result result;
    struct receipt *receipt;

    read_receipt(counter, "xml", &document);
    read_receipt(counter, "p7s", &signature);
    apply_kit_read("state/" STATE_SITE_CERT, &cert);
    site = (struct sigfile_candidate){.cert = cert.data, .cert_len = cert.len};
    KIT_MUST(sigfile_verify(signature.data, signature.len, SIGFILE_RECEIPT, document.data,
                            document.len, &site, 1, &result, must));
    KIT_MUST((receipt = receipt_parse(document.data, document.len, must)) != NULL);
    assert_int_equal(result.signing_time, receipt->created);
    KIT_MUST(crypto_sha256(sha256, document.data, document.len, must));
    assert_null(strstr(buf_text(&document), "www/"));
    assert_null(strstr(buf_text(&document), CANARY));
    buf_release(&document);
    buf_release(&signature);
    buf_release(&cert);
    return receipt;
}

static void receipts_are_a_chain(void **unused)
{
    uint8_t sha256[32], last[32] = {0};
    struct receipt *r;
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "12", "1");
    KIT_MUST((r = record_of_event(kit.state, RECEIPT_ENROL, "tester", NULL, must)) != NULL);
    KIT_MUST(record_receipt(kit.state, r, must));
    receipt_free(r);
    apply_kit_plan(&kit, 5, "13", "2");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    apply_kit_plan(&kit, 6, "13", "2");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    for (unsigned i = 1; i <= 3; i++) {
        r = verified(i, sha256);
        assert_int_equal(r->counter, i);
        assert_memory_equal(r->chain, kit.state->chain, sizeof r->chain);
        assert_memory_equal(r->previous, last, 32);
        memcpy(last, sha256, 32);
        assert_int_equal(r->outcome, i == 3 ? RECEIPT_UNCHANGED : RECEIPT_CHANGED);
        assert_int_equal(r->action, i == 1 ? RECEIPT_ENROL : RECEIPT_APPLY);
        if (i == 2) {
            assert_int_equal(r->target_count, 2);
            assert_int_equal(r->targets[0].added_count, 1);
            assert_int_equal(r->targets[0].removed_count, 1);
            assert_int_equal(r->targets[0].count, 2);
            assert_int_equal(r->targets[1].removed_count, 0);
            assert_int_equal(r->sequence, 5);
            assert_memory_not_equal(r->targets[0].before, r->targets[0].after, 32);
        }
        receipt_free(r);
    }
    assert_memory_equal(kit.state->receipt_sha256, last, 32);
    assert_int_equal(kit.state->receipts, 3);
    apply_kit_release(&kit);
}

static void the_enrolment_is_told_once_late_or_not(void **unused)
{
    struct apply_kit kit;
    bool made = false;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    KIT_MUST(record_enrolment(kit.state, "tester", true, &made, must));
    assert_true(made);
    assert_int_equal(kit.state->receipts, 1);
    assert_true(apply_kit_says("state/receipts/000001.xml", "note=\"made up: it could not be"));
    KIT_MUST(record_enrolment(kit.state, "tester", true, &made, must));
    assert_false(made);
    assert_int_equal(kit.state->receipts, 1);
    apply_kit_release(&kit);
}

static void a_key_that_stood_twice_is_told_once(void **unused)
{
    uint8_t sha256[32];
    struct receipt *r;
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "122", NULL);
    apply_kit_plan(&kit, 5, "1", "2");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    r = verified(1, sha256);
    assert_int_equal(r->targets[0].removed_count, 1);
    receipt_free(r);
    apply_kit_release(&kit);
}

static void refusals_use_the_vendor_s_words(void **unused)
{
    static const struct {
        enum err_code code;
        const char *words;
    } cases[] = {
        {ERR_SIGNATURE_VALUE, "Exception while getting latest cert from auto discovery: x"},
        {ERR_IO_ABSENT, "Exception while getting latest cert from auto discovery: x"},
        {ERR_TIME_EXPIRED, "Exception while getting latest cert from auto discovery: x"},
        {ERR_TARGET_SECTION, "Error while searching for public key in existing config file: x"},
        {ERR_TARGET_DOCTYPE, "Error while searching for public key in existing config file: x"},
        {ERR_CHANGED, "Error occurred while updating config File: x"},
        {ERR_PROOF, "Error occurred while updating config File: x"},
        {ERR_CHECK_FAILED, "Error occurred while updating config File: x"},
    };
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[256];

        err_set(&err, cases[i].code, "x");
        record_refusal(kit.state, &err);
        snprintf(line, sizeof line, " ERROR %s (reason %s, exit %d)\n", cases[i].words,
                 err_reason(cases[i].code), err_exit(cases[i].code));
        if (!apply_kit_says("state/" STATE_LOG, line))
            fail_msg("the log lacks %s", line);
    }
    apply_kit_release(&kit);
}

/* What a power cut left of the last line stays as it is, and is not taken for the next. */
static void a_line_begins_behind_a_torn_one(void **unused)
{
    static const struct {
        const char *before;
        size_t len;
        bool torn;
    } cases[] = {
        {"", 0, false},     {"whole\n", 6, false},      {"whole\nto", 8, true},
        {"whole", 5, true}, {"whole\n\0\0\0", 9, true}, {"\n", 1, false},
    };
    const char *path;
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    path = scratch("state/" STATE_LOG);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t lines = 0, at = cases[i].len;
        struct buf log;

        KIT_MUST(fsio_replace(path, cases[i].before, cases[i].len, 0600, must));
        KIT_MUST(record_log(kit.state, RECORD_INFO, must, "one"));
        KIT_MUST(record_log(kit.state, RECORD_INFO, must, "two"));
        apply_kit_read("state/" STATE_LOG, &log);
        assert_memory_equal(log.data, cases[i].before, at);
        assert_int_equal(log.data[at] == '\n', cases[i].torn);
        for (at += cases[i].torn; at < log.len; at++) {
            lines += log.data[at] == '\n';
        }
        assert_int_equal(lines, 2);
        assert_memory_equal(log.data + log.len - 10, " INFO two\n", 10);
        buf_release(&log);
    }
    apply_kit_release(&kit);
}

static void a_lost_site_key_is_said(void **unused)
{
    struct receipt *r;
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    KIT_MUST((r = record_of_event(kit.state, RECEIPT_ENROL, "tester", NULL, must)) != NULL);
    assert_int_equal(unlink(scratch("state/" STATE_SITE_KEY)), 0);
    assert_false(record_receipt(kit.state, r, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    assert_int_equal(kit.state->receipts, 0);
    assert_int_equal(apply_kit_count("state/" STATE_RECEIPTS), 0);
    receipt_free(r);
    /* and nothing is begun that could not be told */
    apply_kit_plan(&kit, 5, "12", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_IO_ABSENT);
    assert_true(apply_kit_holds("a", "1"));
    assert_false(kit.state->has_last);
    assert_int_equal(apply_kit_count("state/" STATE_STAGING), 0);
    assert_int_equal(access(scratch("state/" STATE_JOURNAL), F_OK), -1);
    apply_kit_release(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(receipts_are_a_chain, site_kit_empty),
        cmocka_unit_test_setup(the_enrolment_is_told_once_late_or_not, site_kit_empty),
        cmocka_unit_test_setup(a_key_that_stood_twice_is_told_once, site_kit_empty),
        cmocka_unit_test_setup(refusals_use_the_vendor_s_words, site_kit_empty),
        cmocka_unit_test_setup(a_line_begins_behind_a_torn_one, site_kit_empty),
        cmocka_unit_test_setup(a_lost_site_key_is_said, site_kit_empty),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
