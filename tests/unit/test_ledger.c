/* SPDX-License-Identifier: MIT */
/* The ledger: what sources may add, what only a decision changes, and its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "bundler/ledger.h"
#include "keys/crypto.h"
#include "tests/unit/article_pins.h"
#include "tests/unit/scratch.h"

#define DAY_1 ((int64_t)1790000000)
#define DAY_2 (DAY_1 + 86400)

static struct err err;
static struct ledger *ledger;
static struct pin pins[2];

static int begin(void **state)
{
    (void)state;
    err = (struct err){0};
    ledger = ledger_new(&err);
    return ledger != NULL && pin_from_hex(&pins[0], ARTICLE_PIN_1, strlen(ARTICLE_PIN_1), &err) &&
                   pin_from_hex(&pins[1], ARTICLE_PIN_2, strlen(ARTICLE_PIN_2), &err)
               ? 0
               : -1;
}

static int end(void **state)
{
    (void)state;
    ledger_free(ledger);
    ledger = NULL;
    scratch_empty(scratch_dir);
    return 0;
}

/* A sighting of pin `which` in the source `source`. */
static bool observe(size_t which, uint8_t source, int64_t when)
{
    uint8_t sha256[32] = {source};
    struct ledger_observed observed = {
        .pin = &pins[which], .kind = MANIFEST_DISCOVERY, .when = when, .sha256 = sha256};
    bool is_new = false;

    assert_true(ledger_observe(ledger, &observed, &is_new, &err));
    return is_new;
}

static struct ledger_pin *known(size_t which)
{
    struct ledger_pin *pin = ledger_find(ledger, pins[which].sha256);

    assert_non_null(pin);
    return pin;
}

static void a_new_pin_is_only_seen(void **unused)
{
    (void)unused;
    assert_null(ledger_find(ledger, pins[0].sha256));
    assert_true(observe(0, 1, DAY_1));
    assert_false(observe(0, 1, DAY_2));
    assert_int_equal(known(0)->state, LEDGER_SEEN);
    assert_true(pin_equal(&known(0)->pin, &pins[0]));
    assert_int_equal(known(0)->sighting_count, 1);
    assert_true(known(0)->first == DAY_1 && known(0)->last == DAY_2);
    assert_true(known(0)->sightings[0].first == DAY_1 && known(0)->sightings[0].last == DAY_2);
    observe(0, 2, DAY_1 - 5);
    assert_int_equal(known(0)->sighting_count, 2);
    assert_true(known(0)->first == DAY_1 - 5 && known(0)->sightings[0].sha256[0] == 2);
}

static void certificates_add_what_they_say(void **unused)
{
    uint8_t sha256[32] = {9};
    struct ledger_observed observed = {.pin = &pins[0],
                                       .kind = MANIFEST_CERTIFICATE,
                                       .when = DAY_1,
                                       .sha256 = sha256,
                                       .has_validity = true,
                                       .valid_from = 5,
                                       .valid_to = 6,
                                       .subject = "CN=a\x1b[31m"};

    (void)unused;
    assert_true(ledger_observe(ledger, &observed, NULL, &err));
    observe(0, 1, DAY_2); /* knows neither, and takes neither away */
    assert_true(known(0)->has_validity && known(0)->valid_from == 5 && known(0)->valid_to == 6);
    assert_string_equal(known(0)->subject, "CN=a\\x1b[31m");
}

static void approving_fixes_the_evidence(void **unused)
{
    (void)unused;
    for (uint8_t i = 1; i <= LIMIT_EVIDENCE + 1; i++) {
        observe(0, i, DAY_1 + i);
    }
    assert_true(ledger_approve(known(0), DAY_2, false, "called them", &err));
    assert_int_equal(known(0)->state, LEDGER_APPROVED);
    assert_true(known(0)->approved == DAY_2 && !known(0)->by_policy);
    for (uint8_t i = 0; i <= LIMIT_EVIDENCE; i++) {
        assert_int_equal(known(0)->sightings[i].is_evidence, i < LIMIT_EVIDENCE);
    }
    observe(0, 1, DAY_1 - 100); /* an older sighting of the same bytes */
    observe(0, 99, DAY_1 - 50);
    assert_int_equal(known(0)->state, LEDGER_APPROVED);
    assert_false(known(0)->sightings[0].is_evidence);
    assert_true(known(0)->sightings[1].is_evidence && known(0)->sightings[1].first == DAY_1 + 1);
    /* again: nothing changes */
    assert_true(ledger_approve(known(0), DAY_2 + 5, true, NULL, &err));
    assert_true(known(0)->approved == DAY_2 && !known(0)->by_policy);
    assert_string_equal(known(0)->note, "called them");
}

static void a_long_history_keeps_the_evidence(void **unused)
{
    (void)unused;
    observe(0, 200, DAY_1);
    assert_true(ledger_approve(known(0), DAY_1, false, NULL, &err));
    for (uint8_t i = 0; i < 2 * LEDGER_SIGHTINGS_MAX; i++) {
        observe(0, i, DAY_2 + i);
    }
    assert_int_equal(known(0)->sighting_count, LEDGER_SIGHTINGS_MAX);
    assert_true(known(0)->first == DAY_1);
    assert_int_equal(known(0)->sightings[0].sha256[0], 200);
    assert_true(known(0)->sightings[0].is_evidence);
    assert_int_equal(known(0)->sightings[LEDGER_SIGHTINGS_MAX - 1].sha256[0],
                     2 * LEDGER_SIGHTINGS_MAX - 1);
}

static void retired_is_for_good(void **unused)
{
    (void)unused;
    observe(0, 1, DAY_1);
    assert_true(ledger_approve(known(0), DAY_1, false, NULL, &err));
    assert_false(ledger_retire(ledger, known(0), DAY_2, "two  spaces", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_int_equal(known(0)->state, LEDGER_APPROVED);
    assert_true(ledger_retire(ledger, known(0), DAY_2, "stolen", &err));
    assert_true(ledger_retire(ledger, known(0), DAY_2 + 1, "other", &err));
    assert_true(known(0)->retired == DAY_2 && known(0)->has_approval);
    assert_string_equal(known(0)->reason, "stolen");
    assert_false(ledger_approve(known(0), DAY_2, false, NULL, &err));
    assert_int_equal(err.code, ERR_UNFIT);
    err = (struct err){0};
    assert_false(ledger_exclude(known(0), &err));
    assert_int_equal(err.code, ERR_UNFIT);
    assert_false(observe(0, 2, DAY_2));
    assert_int_equal(known(0)->state, LEDGER_RETIRED);
}

static void a_thief_s_pin_is_retired_unseen(void **unused)
{
    struct ledger_pin *pin = ledger_add(ledger, pins[1].sha256, &err);

    (void)unused;
    assert_non_null(pin);
    assert_true(ledger_retire(ledger, pin, DAY_1, "stolen", &err));
    assert_false(pin->has_key);
    assert_false(observe(1, 1, DAY_2));
    assert_true(pin->has_key);
    assert_int_equal(pin->state, LEDGER_RETIRED);
}

static void no_more_are_retired_than_a_bundle_names(void **unused)
{
    uint8_t sha256[32] = {0};

    (void)unused;
    for (unsigned i = 0; i <= LIMIT_RETIRED; i++) {
        struct ledger_pin *pin;

        sha256[0] = (uint8_t)(i >> 8);
        sha256[1] = (uint8_t)i;
        pin = ledger_add(ledger, sha256, &err);
        assert_non_null(pin);
        assert_int_equal(ledger_retire(ledger, pin, DAY_1, "x", &err), i < LIMIT_RETIRED);
    }
    assert_int_equal(err.code, ERR_CONTAINER_LIMIT);
}

static void excluding_takes_the_approval_back(void **unused)
{
    (void)unused;
    observe(0, 1, DAY_1);
    assert_true(ledger_approve(known(0), DAY_1, true, NULL, &err));
    assert_true(ledger_exclude(known(0), &err));
    assert_int_equal(known(0)->state, LEDGER_EXCLUDED);
    assert_false(known(0)->has_approval || known(0)->sightings[0].is_evidence);
    observe(0, 1, DAY_2);
    assert_int_equal(known(0)->state, LEDGER_EXCLUDED);
    assert_true(ledger_approve(known(0), DAY_2, false, NULL, &err));
    assert_int_equal(ledger_count(ledger, LEDGER_APPROVED), 1);
    assert_int_equal(ledger_count(ledger, LEDGER_EXCLUDED), 0);
}

static void pins_stay_sorted(void **unused)
{
    uint8_t sha256[32];

    (void)unused;
    for (unsigned i = 0; i < 300; i++) {
        uint8_t seed = (uint8_t)i;

        assert_true(crypto_sha256(sha256, &seed, 1, &err));
        assert_non_null(ledger_add(ledger, sha256, &err));
    }
    assert_int_equal(ledger->count, 256);
    for (size_t i = 1; i < ledger->count; i++) {
        assert_true(memcmp(ledger->pins[i - 1]->pin.sha256, ledger->pins[i]->pin.sha256, 32) < 0);
    }
}

/* --- files --- */

static struct workspace *open_workspace(void)
{
    struct workspace *ws;

    assert_true(workspace_create(scratch("ws"), WORKSPACE_CHANNEL, &err));
    ws = workspace_open(scratch("ws"), true, &err);
    assert_non_null(ws);
    return ws;
}

static void is_saved_and_loaded(void **unused)
{
    struct workspace *ws = open_workspace();
    struct ledger *back = ledger_load(ws, &err);
    struct stat before, after;
    char *path = workspace_path(ws, LEDGER_XML, &err);

    (void)unused;
    assert_non_null(back);
    assert_int_equal(back->count, 0);
    ledger_free(back);
    observe(0, 1, DAY_1);
    observe(1, 1, DAY_1);
    assert_true(ledger_save(ledger, ws, &err));
    assert_int_equal(stat(path, &before), 0);
    back = ledger_load(ws, &err);
    assert_non_null(back);
    assert_int_equal(back->count, 2);
    assert_true(ledger_save(back, ws, &err));
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino); /* nothing changed, nothing was written */
    assert_true(ledger_approve(back->pins[0], DAY_2, false, NULL, &err));
    assert_true(ledger_save(back, ws, &err));
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino != after.st_ino);
    assert_int_equal(after.st_mode & 0777, 0600);
    ledger_free(back);
    free(path);
    workspace_close(ws);
}

static void a_damaged_file_is_refused(void **unused)
{
    struct workspace *ws = open_workspace();
    char *path = workspace_path(ws, LEDGER_XML, &err);

    (void)unused;
    assert_true(fsio_replace(path, "<ledger/>", 9, 0600, &err));
    assert_null(ledger_load(ws, &err));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
    assert_non_null(strstr(err.text, "ledger.xml"));
    free(path);
    workspace_close(ws);
}

static void evidence_is_kept_once(void **unused)
{
    struct workspace *ws = open_workspace();
    char name[sizeof WORKSPACE_EVIDENCE + 66] = WORKSPACE_EVIDENCE "/";
    uint8_t sha256[32];
    struct buf bytes, back;
    char *path;

    (void)unused;
    buf_init(&bytes, 100);
    buf_init(&back, 100);
    assert_true(buf_add_text(&bytes, "an answer", &err));
    assert_true(crypto_sha256(sha256, bytes.data, bytes.len, &err));
    assert_true(ledger_keep_evidence(ws, sha256, &bytes, &err));
    assert_true(ledger_keep_evidence(ws, sha256, &bytes, &err));
    text_hex(name + strlen(name), sha256, sizeof sha256);
    path = workspace_path(ws, name, &err);
    assert_true(fsio_read_file(path, 100, &back, &err));
    assert_true(buf_equal(&bytes, &back));
    buf_release(&bytes);
    buf_release(&back);
    free(path);
    workspace_close(ws);
}

static void reading_never_writes(void **unused)
{
    struct workspace *ws;
    struct buf none;
    uint8_t sha256[32] = {0};

    (void)unused;
    workspace_close(open_workspace());
    ws = workspace_open(scratch("ws"), false, &err);
    buf_init(&none, 1);
    assert_false(ledger_save(ledger, ws, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    err = (struct err){0};
    assert_false(ledger_keep_evidence(ws, sha256, &none, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    workspace_close(ws);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)
    static const struct CMUnitTest tests[] = {
        EACH(a_new_pin_is_only_seen),
        EACH(certificates_add_what_they_say),
        EACH(approving_fixes_the_evidence),
        EACH(a_long_history_keeps_the_evidence),
        EACH(retired_is_for_good),
        EACH(a_thief_s_pin_is_retired_unseen),
        EACH(no_more_are_retired_than_a_bundle_names),
        EACH(excluding_takes_the_approval_back),
        EACH(pins_stay_sorted),
        EACH(is_saved_and_loaded),
        EACH(a_damaged_file_is_refused),
        EACH(evidence_is_kept_once),
        EACH(reading_never_writes),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
