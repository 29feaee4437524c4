/* SPDX-License-Identifier: MIT */
/* build.c: what goes into a bundle, what is refused, and what a refusal costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundler/check.h"
#include "bundler/sequence.h"
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

static const char *in_ws(const char *name)
{
    static char path[1200];

    snprintf(path, sizeof path, "%s/%s", ws->dir, name);
    return path;
}

static bool is_there(const char *name)
{
    struct err err = {0};
    enum fsio_kind kind;

    kit_must(fsio_kind(in_ws(name), &kind, &err), &err);
    return kind != FSIO_ABSENT;
}

static size_t bundle_files(void)
{
    struct fsio_names names;
    struct err err = {0};
    size_t count;

    kit_must(fsio_list(in_ws("bundles"), 100, &names, &err), &err);
    count = names.count;
    fsio_names_release(&names);
    return count;
}

static void assert_refused(const struct build_request *request, enum err_code code,
                           const char *says)
{
    struct build_result result;
    struct err err = {0};

    assert_false(build_bundle(ws, request, &result, &err));
    if (err.code != code || strstr(err.text, says) == NULL) {
        fail_msg("%s, not %s: %s", err_reason(err.code), err_reason(code), err.text);
    }
    assert_null(result.bundle);
    assert_null(result.path);
}

/* --- content --- */

static void test_approved_and_retired_with_defaults(void **state)
{
    struct build_request request = kit_request();
    struct build_result result;
    const struct manifest *m;
    struct err err = {0};

    (void)state;
    kit_approve(ws, "ab");
    kit_retire(ws, 'c', "was copied");
    kit_must(build_bundle(ws, &request, &result, &err), &err);
    m = bundle_manifest(result.bundle);
    assert_string_equal(result.path, in_ws("bundles/cns-pins-000001.tar"));
    assert_true(is_there("bundles/cns-pins-000001.tar"));
    assert_int_equal(m->sequence, 1);
    assert_int_equal(m->pin_count, 2);
    assert_int_equal(m->retired_count, 1);
    assert_string_equal(m->retired[0].reason, "was copied");
    assert_true(m->all_sites);
    assert_int_equal(m->created, KIT_NOW);
    assert_int_equal(m->not_before, KIT_NOW);
    assert_int_equal(m->expires, KIT_NOW + 180 * WHEN_DAY);
    assert_int_equal(m->next_expected, KIT_NOW + 35 * WHEN_DAY);
    assert_int_equal(bundle_signed_at(result.bundle), KIT_NOW);
    assert_false(result.cut);
    assert_int_equal(result.missing, 0);
    assert_null(result.previous);
    build_result_release(&result);
}

static void test_evidence_is_the_oldest_of_approval(void **state)
{
    struct build_request request = kit_request();
    struct build_result result;
    struct err err = {0};
    struct ledger *ledger = ledger_load(ws, &err);
    struct pin pin = kit_pin('a');
    const struct manifest_pin *built;

    (void)state;
    kit_must(ledger != NULL, &err);
    for (uint8_t i = 1; i <= 10; i++) {
        kit_observe(ledger, &pin, MANIFEST_TLS, i, 20 + i);
    }
    kit_must(ledger_approve(ledger_find(ledger, pin.sha256), KIT_NOW, true, NULL, &err), &err);
    kit_observe(ledger, &pin, MANIFEST_ANSWER, 99, 400); /* after the approval */
    kit_must(ledger_save(ledger, ws, &err), &err);
    ledger_free(ledger);
    kit_must(build_bundle(ws, &request, &result, &err), &err);
    built = &bundle_manifest(result.bundle)->pins[0];
    assert_true(built->by_policy);
    assert_int_equal(built->evidence_count, LIMIT_EVIDENCE);
    for (size_t i = 0; i < LIMIT_EVIDENCE; i++) {
        assert_int_equal(built->evidence[i].kind, MANIFEST_TLS);
        assert_in_range(built->evidence[i].sha256[0], 3, 10);
    }
    build_result_release(&result);
}

static void test_what_was_asked_for(void **state)
{
    static const char *const sites[] = {"plant-7", "plant-2"};
    struct build_request request = kit_request();
    struct build_file files[3] = {0};
    struct build_result result;
    struct err err = {0};
    const struct manifest *m;

    (void)state;
    kit_approve(ws, "a");
    kit_file(ws, "setup.zip", "zip", 3);
    kit_file(ws, "Notes.txt", "hello\n", 6);
    kit_must(build_name_file(&files[0], strdup(in_ws("setup.zip")), NULL, &err) &&
                 build_name_file(&files[1], strdup(in_ws("Notes.txt")), "notes", &err) &&
                 build_name_file(&files[2], strdup(in_ws("setup.zip")), "again.zip", &err),
             &err);
    files[1].notes = true;
    request.not_before = KIT_NOW + 7 * WHEN_DAY;
    request.days = 10;
    request.minimum = 8;
    request.sites = sites;
    request.site_count = 2;
    request.files = files;
    request.file_count = 3;
    request.signer = "second";
    request.output = scratch("out");
    kit_must(build_bundle(ws, &request, &result, &err), &err);
    m = bundle_manifest(result.bundle);
    assert_string_equal(result.path, scratch("out"));
    assert_int_equal(bundle_files(), 1); /* sequence.xml */
    assert_int_equal(m->not_before, KIT_NOW + 7 * WHEN_DAY);
    assert_int_equal(m->expires, KIT_NOW + 17 * WHEN_DAY);
    assert_int_equal(m->next_expected, m->expires);
    assert_int_equal(m->minimum, 8);
    assert_false(m->all_sites);
    assert_int_equal(m->site_count, 2);
    assert_string_equal(m->sites[0], "plant-2");
    assert_int_equal(m->payload_count, 3);
    assert_string_equal(m->payload[0].name, "payload/again.zip");
    assert_string_equal(m->payload[1].name, "payload/notes");
    assert_string_equal(m->payload[2].name, "payload/setup.zip");
    assert_string_equal(buf_text(bundle_notes(result.bundle)), "hello\n");
    build_result_release(&result);
    for (size_t i = 0; i < 3; i++) {
        free((char *)files[i].path);
    }
}

static void test_two_copies_give_the_same(void **state)
{
    struct build_request request = kit_request();
    struct buf first, second;
    struct err err = {0};

    (void)state;
    workspace_close(ws);
    scratch_empty(scratch_dir);
    ws = kit_workspace(SIGNKEY_RSA3072);
    kit_approve(ws, "abc");
    request.output = scratch("one");
    kit_build(ws, &request);
    kit_must(fsio_remove(in_ws("bundles/sequence.xml"), &err), &err);
    request.output = scratch("two");
    kit_build(ws, &request);
    buf_init(&first, LIMIT_HEAD_BYTES);
    buf_init(&second, LIMIT_HEAD_BYTES);
    kit_must(fsio_read_file(scratch("one"), LIMIT_HEAD_BYTES, &first, &err) &&
                 fsio_read_file(scratch("two"), LIMIT_HEAD_BYTES, &second, &err),
             &err);
    assert_true(buf_equal(&first, &second));
    buf_release(&first);
    buf_release(&second);
}

static void test_the_bundle_before(void **state)
{
    struct build_request request = kit_request();
    struct build_result result;
    struct err err = {0};

    (void)state;
    kit_approve(ws, "a");
    kit_build(ws, &request);
    kit_approve(ws, "b");
    kit_must(build_bundle(ws, &request, &result, &err), &err);
    assert_non_null(result.previous);
    assert_int_equal(bundle_manifest(result.previous)->sequence, 1);
    assert_int_equal(bundle_manifest(result.previous)->pin_count, 1);
    build_result_release(&result);
    kit_file(ws, "bundles/cns-pins-000002.tar", "broken", 6);
    kit_must(build_bundle(ws, &request, &result, &err), &err);
    assert_null(result.previous);
    assert_string_equal(err_reason(result.previous_problem.code), err_reason(ERR_CONTAINER_FORM));
    build_result_release(&result);
}

/* --- sequence --- */

static void test_a_failed_build_uses_its_number_up(void **state)
{
    struct build_request request = kit_request();
    struct build_result result;
    struct err err = {0};

    (void)state;
    kit_approve(ws, "a");
    request.output = "/proc/pinferry.tar"; /* a folder in which nobody creates a file */
    assert_refused(&request, ERR_IO_ABSENT, "sequence 1 is used up");
    request.output = NULL;
    kit_must(build_bundle(ws, &request, &result, &err), &err);
    assert_int_equal(bundle_manifest(result.bundle)->sequence, 2);
    build_result_release(&result);
}

static void test_what_is_refused_before_costs_nothing(void **state)
{
    struct build_request request = kit_request();

    (void)state;
    assert_refused(&request, ERR_UNFIT, "no pin is approved");
    kit_approve(ws, "a");
    kit_file(ws, "taken", "x", 1);
    request.output = in_ws("taken");
    assert_refused(&request, ERR_IO_EXISTS, "is there already");
    request.output = scratch("absent/out");
    assert_refused(&request, ERR_IO_ABSENT, "is not there; make it first");
    request.output = in_ws("taken/out");
    assert_refused(&request, ERR_IO_KIND, "is no folder");
    request.output = NULL;
    request.signer = "root";
    assert_refused(&request, ERR_CONFIG_KEY, "not the certificate of a bundle signer");
    request.signer = "nobody";
    assert_refused(&request, ERR_CONFIG_KEY, "no signer 'nobody'");
    request.signer = "../nobody";
    assert_refused(&request, ERR_USAGE, "no name of a key");
    assert_int_equal(bundle_files(), 0);
}

static void test_least_sequence(void **state)
{
    struct build_request request = kit_request();
    struct err err = {0};
    struct trust *trust = workspace_trust(ws, &err);

    (void)state;
    kit_must(trust != NULL, &err);
    trust->least_sequence = 500;
    kit_write_trust(ws, trust);
    trust_free(trust);
    kit_approve(ws, "a");
    kit_build(ws, &request);
    assert_true(is_there("bundles/cns-pins-000500.tar"));
}

static void test_sequence_from_a_bundle(void **state)
{
    struct build_request request = kit_request();
    struct err err = {0};

    (void)state;
    kit_approve(ws, "a");
    for (int i = 0; i < 3; i++) {
        kit_build(ws, &request);
    }
    kit_must(fsio_rename(in_ws("bundles/cns-pins-000003.tar"), scratch("kept"), &err), &err);
    kit_must(fsio_remove(in_ws("bundles/sequence.xml"), &err), &err);
    assert_refused(&request, ERR_REPLAY_SEQUENCE, "--sequence-from");
    kit_file(ws, "other", "broken", 6);
    request.sequence_from = in_ws("other");
    assert_refused(&request, ERR_CONTAINER_FORM, "other");
    request.sequence_from = scratch("kept");
    kit_build(ws, &request);
    assert_true(is_there("bundles/cns-pins-000004.tar"));
}

static void test_sequence_from_a_folder(void **state)
{
    struct build_request request = kit_request();
    struct err err = {0};

    (void)state;
    kit_approve(ws, "a");
    kit_build(ws, &request);
    kit_build(ws, &request);
    kit_must(fsio_remove(in_ws("bundles/sequence.xml"), &err), &err);
    request.sequence_from = in_ws("bundles");
    assert_refused(&request, ERR_IO_CANDIDATES, "cns-pins-000001.tar, cns-pins-000002.tar");
    kit_must(fsio_make_dir(scratch("drive"), 0700, &err) &&
                 fsio_rename(in_ws("bundles/cns-pins-000002.tar"),
                             scratch("drive/cns-pins-000002.tar"), &err),
             &err);
    request.sequence_from = scratch("drive");
    kit_build(ws, &request);
    assert_true(is_there("bundles/cns-pins-000003.tar"));
}

static void test_more_pins_than_a_bundle_holds(void **state)
{
    struct build_request request = kit_request();
    struct err err = {0};
    struct ledger *ledger = ledger_load(ws, &err);
    struct ledger_pin *last = NULL;
    struct pin pin = kit_pin('a');

    (void)state;
    kit_must(ledger != NULL, &err);
    for (unsigned i = 0; i <= LIMIT_PINS; i++) {
        struct pin next;

        pin.bytes[20] = (uint8_t)(i / 256);
        pin.bytes[21] = (uint8_t)(i % 256);
        kit_must(pin_from_bytes(&next, pin.bytes, pin.len, &err), &err);
        last = kit_observe(ledger, &next, MANIFEST_HEX, 7, 3);
        kit_must(ledger_approve(last, KIT_NOW, false, NULL, &err), &err);
    }
    kit_must(ledger_save(ledger, ws, &err), &err);
    assert_refused(&request, ERR_CONTAINER_LIMIT, "401 pins are approved");
    assert_false(is_there("bundles/sequence.xml"));
    kit_must(ledger_exclude(last, &err) && ledger_save(ledger, ws, &err), &err);
    kit_build(ws, &request);
    ledger_free(ledger);
}

/* --- dates --- */

static void test_it_expires_with_its_signer(void **state)
{
    struct build_request request = kit_request();
    struct build_result result;
    struct err err = {0};

    (void)state;
    kit_approve(ws, "a");
    request.days = 366;
    kit_must(build_bundle(ws, &request, &result, &err), &err);
    assert_true(result.cut);
    assert_int_equal(bundle_manifest(result.bundle)->expires, KIT_UNTIL);
    build_result_release(&result);
}

static void test_dates_that_no_site_takes(void **state)
{
    struct build_request request = kit_request();

    (void)state;
    kit_approve(ws, "a");
    request.not_before = KIT_NOW - 1;
    assert_refused(&request, ERR_USAGE, "past");
    request.not_before = KIT_UNTIL;
    assert_refused(&request, ERR_TIME_SIGNER_UNTIL, "'signer' may sign until");
    request.not_before = KIT_NOW + 1000 * WHEN_DAY;
    assert_refused(&request, ERR_TIME_TRUST_EXPIRED, "trust.xml");
    assert_int_equal(bundle_files(), 0);
}

/* --- trust --- */

/* The others sign it later. */
static void test_a_threshold_of_two(void **state)
{
    struct build_request request = kit_request();
    struct build_result result;
    struct err err = {0};
    struct trust *trust = workspace_trust(ws, &err);

    (void)state;
    kit_must(trust != NULL, &err);
    trust->roles[TRUST_BUNDLE].threshold = 2;
    kit_write_trust(ws, trust);
    kit_approve(ws, "a");
    kit_must(build_bundle(ws, &request, &result, &err), &err);
    assert_int_equal(result.missing, 1);
    assert_null(check_open(trust, result.path, NULL, true, KIT_NOW, NULL, &err));
    assert_string_equal(err_reason(err.code), err_reason(ERR_THRESHOLD));
    build_result_release(&result);
    trust_free(trust);
}

static void test_later_sets_are_carried(void **state)
{
    struct build_request request = kit_request();
    struct err err = {0};
    struct trust *trust = workspace_trust(ws, &err);
    struct signkey *root = signkey_open(in_ws("keys/root.key"), NULL, &err);
    struct bundle *bundle;
    struct trust *first;
    struct buf file;

    (void)state;
    kit_must(trust != NULL && root != NULL, &err);
    first = trust_parse(trust->bytes.data, trust->bytes.len, &err);
    trust->version = 2;
    kit_write_trust(ws, trust);
    kit_approve(ws, "a");
    assert_refused(&request, ERR_TRUST_GAP, "keys/trust/000002.xml");
    buf_init(&file, LIMIT_SIGNATURE_BYTES);
    kit_must(fsio_make_dir(in_ws("keys/trust"), 0700, &err) &&
                 sigfile_sign(root, trust->roles[TRUST_ROOT].signers[0].cert,
                              trust->roles[TRUST_ROOT].signers[0].cert_len, false, SIGFILE_TRUST,
                              trust->bytes.data, trust->bytes.len, KIT_NOW, &file, &err),
             &err);
    kit_file(ws, "keys/trust/000002.xml", trust->bytes.data, trust->bytes.len);
    assert_refused(&request, ERR_TRUST_GAP, "keys/trust/000002-1.p7s");
    kit_file(ws, "keys/trust/000002-1.p7s", file.data, file.len);
    request.output = scratch("out");
    kit_build(ws, &request);
    /* a site that still has the first set follows */
    bundle = check_open(first, scratch("out"), NULL, true, KIT_NOW, NULL, &err);
    kit_must(bundle != NULL, &err);
    assert_int_equal(bundle_trust(bundle)->version, 2);
    assert_int_equal(bundle_manifest(bundle)->trust_count, 2);
    bundle_free(bundle);
    buf_release(&file);
    signkey_free(root);
    trust_free(first);
    trust_free(trust);
}

/* --- files --- */

static void test_names_of_attachments(void **state)
{
    struct build_file file;
    struct err err = {0};

    (void)state;
    kit_must(build_name_file(&file, "/a/b.c/setup-1.zip", NULL, &err), &err);
    assert_string_equal(file.name, "payload/setup-1.zip");
    assert_false(build_name_file(&file, "/a/Set up.exe", NULL, &err));
    assert_int_equal(err.code, ERR_USAGE);
    kit_must(build_name_file(&file, "/a/Set up.exe", "set-up.exe", &err), &err);
    assert_string_equal(file.name, "payload/set-up.exe");
    assert_false(build_name_file(&file, "x", "a/b", &err));
    assert_int_equal(err.code, ERR_USAGE);
}

static void test_two_files_of_one_name(void **state)
{
    struct build_request request = kit_request();
    struct build_file files[2] = {{.path = "/a/x", .name = "payload/x"},
                                  {.path = "/b/x", .name = "payload/x"}};

    (void)state;
    request.files = files;
    request.file_count = 2;
    assert_refused(&request, ERR_USAGE, "/a/x and /b/x");
}

static void test_sites_that_cannot_be_meant(void **state)
{
    static const char *const twice[] = {"a", "b", "a"};
    static const char *const wrong[] = {"Plant"};
    struct build_request request = kit_request();

    (void)state;
    request.sites = twice;
    request.site_count = 3;
    assert_refused(&request, ERR_USAGE, "--site a is given twice");
    request.sites = wrong;
    request.site_count = 1;
    assert_refused(&request, ERR_USAGE, "'Plant' is no site id");
}

#define IN_WORKSPACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORKSPACE(test_approved_and_retired_with_defaults),
        IN_WORKSPACE(test_evidence_is_the_oldest_of_approval),
        IN_WORKSPACE(test_what_was_asked_for),
        IN_WORKSPACE(test_two_copies_give_the_same),
        IN_WORKSPACE(test_the_bundle_before),
        IN_WORKSPACE(test_a_failed_build_uses_its_number_up),
        IN_WORKSPACE(test_what_is_refused_before_costs_nothing),
        IN_WORKSPACE(test_least_sequence),
        IN_WORKSPACE(test_sequence_from_a_bundle),
        IN_WORKSPACE(test_sequence_from_a_folder),
        IN_WORKSPACE(test_more_pins_than_a_bundle_holds),
        IN_WORKSPACE(test_it_expires_with_its_signer),
        IN_WORKSPACE(test_dates_that_no_site_takes),
        IN_WORKSPACE(test_a_threshold_of_two),
        IN_WORKSPACE(test_later_sets_are_carried),
        IN_WORKSPACE(test_names_of_attachments),
        IN_WORKSPACE(test_two_files_of_one_name),
        IN_WORKSPACE(test_sites_that_cannot_be_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
