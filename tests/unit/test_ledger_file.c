/* SPDX-License-Identifier: MIT */
/* ledger.xml: read back as it was written, and refused when one byte is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "bundler/ledger_file.h"
#include "tests/unit/article_pins.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define ROOT HEAD "<ledger xmlns=\"" LEDGER_NS "\">\n"
#define SHA_A "0000000000000000000000000000000000000000000000000000000000000001"
#define SHA_B "0000000000000000000000000000000000000000000000000000000000000002"
#define RETIRED(sha)                                                                               \
    "  <pin sha256=\"" sha "\" state=\"retired\" retired=\"2026-01-02T03:04:05Z\" "                \
    "reason=\"x\"/>\n"
#define DAY ((int64_t)1790000000)

static struct err err;

static void see(struct ledger *ledger, const char *hex, uint8_t source)
{
    uint8_t sha256[32] = {source};
    struct pin pin;
    struct ledger_observed observed = {.pin = &pin,
                                       .kind = MANIFEST_CERTIFICATE,
                                       .when = DAY + source,
                                       .sha256 = sha256,
                                       .has_validity = true,
                                       .valid_from = -100,
                                       .valid_to = 2 * DAY,
                                       .subject = " CN=\"a\" & <b>\\ "};

    assert_true(pin_from_hex(&pin, hex, strlen(hex), &err));
    assert_true(ledger_observe(ledger, &observed, NULL, &err));
}

/* One of each state, with everything that can be known. */
static struct ledger *full(void)
{
    struct ledger *ledger = ledger_new(&err);
    static const uint8_t unknown[32] = {7};

    assert_non_null(ledger);
    see(ledger, ARTICLE_PIN_1, 1);
    see(ledger, ARTICLE_PIN_2, 1);
    assert_true(ledger_approve(ledger->pins[0], DAY, true, "a note", &err));
    assert_true(ledger_approve(ledger->pins[1], DAY, false, NULL, &err));
    assert_true(ledger_retire(ledger, ledger->pins[1], DAY + 5, "because", &err));
    see(ledger, ARTICLE_PIN_1, 2);
    assert_true(ledger_retire(ledger, ledger_add(ledger, unknown, &err), DAY, "stolen", &err));
    return ledger;
}

static enum err_code read_code(const char *text, size_t len)
{
    struct ledger *ledger = ledger_new(&err);
    struct buf bytes;
    bool ok;

    err = (struct err){0};
    buf_init(&bytes, LIMIT_LEDGER_BYTES);
    assert_true(buf_add(&bytes, text, len, &err));
    ok = ledger_file_read(ledger, &bytes, &err);
    buf_release(&bytes);
    ledger_free(ledger);
    return ok ? ERR_NONE : err.code;
}

static void comes_back(void **unused)
{
    struct ledger *ledger = full(), *back = ledger_new(&err);
    struct buf bytes;

    (void)unused;
    buf_init(&bytes, LIMIT_LEDGER_BYTES);
    assert_true(ledger_file_write(ledger, &bytes, &err));
    assert_true(ledger_file_read(back, &bytes, &err));
    assert_int_equal(back->count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct ledger_pin *a = ledger->pins[i], *b = back->pins[i];

        assert_memory_equal(a->pin.sha256, b->pin.sha256, 32);
        assert_int_equal(a->state, b->state);
        assert_int_equal(a->has_key, b->has_key);
        assert_true(!a->has_key || pin_equal(&a->pin, &b->pin));
        assert_true(a->first == b->first && a->last == b->last && a->approved == b->approved);
        assert_true(a->valid_from == b->valid_from && a->valid_to == b->valid_to);
        assert_true(a->by_policy == b->by_policy && a->retired == b->retired);
        assert_string_equal(a->subject, b->subject);
        assert_string_equal(a->note, b->note);
        assert_string_equal(a->reason, b->reason);
        assert_int_equal(a->sighting_count, b->sighting_count);
        assert_memory_equal(a->sightings, b->sightings, a->sighting_count * sizeof a->sightings[0]);
    }
    buf_release(&bytes);
    ledger_free(ledger);
    ledger_free(back);
}

/* Whatever a flipped bit or a cut makes, it is either refused or says the very same. */
static void no_byte_goes_unread(void **unused)
{
    struct ledger *ledger = full();
    struct buf bytes, again;

    (void)unused;
    buf_init(&bytes, LIMIT_LEDGER_BYTES);
    buf_init(&again, LIMIT_LEDGER_BYTES);
    assert_true(ledger_file_write(ledger, &bytes, &err));
    for (size_t i = 0; i < bytes.len; i++) {
        struct ledger *back = ledger_new(&err);

        assert_int_equal(read_code(buf_text(&bytes), i), ERR_STATE_DAMAGED);
        bytes.data[i] ^= 1;
        if (ledger_file_read(back, &bytes, &err)) { /* a digit that may as well stand there */
            buf_clear(&again);
            assert_true(ledger_file_write(back, &again, &err));
            assert_true(buf_equal(&again, &bytes));
        } else {
            assert_int_equal(err.code, ERR_STATE_DAMAGED);
        }
        bytes.data[i] ^= 1;
        ledger_free(back);
    }
    buf_release(&bytes);
    buf_release(&again);
    ledger_free(ledger);
}

static void strangers_are_refused(void **unused)
{
    static const char *const rows[] = {
        "",
        "<ledger/>",
        HEAD "<ledger xmlns=\"urn:pinferry:state:1\"/>\n",
        HEAD "<ledger xmlns=\"urn:pinferry:ledger:2\"/>\n",
        ROOT "</ledger>\n",                                                  /* written with "/>" */
        ROOT "  <pin/>\n</ledger>\n",                                        /* no SHA-256 */
        ROOT "  <nip sha256=\"" SHA_A "\"/>\n</ledger>\n",                   /* another name */
        ROOT RETIRED(SHA_A) RETIRED(SHA_A) "</ledger>\n",                    /* repeated */
        ROOT RETIRED(SHA_B) RETIRED(SHA_A) "</ledger>\n",                    /* out of order */
        ROOT "  <pin sha256=\"" SHA_A "\" state=\"seen\"/>\n</ledger>\n",    /* no key */
        ROOT "  <pin sha256=\"" SHA_A "\" state=\"gone\"/>\n</ledger>\n",    /* unknown state */
        ROOT "  <pin sha256=\"" SHA_A "\" state=\"retired\"/>\n</ledger>\n", /* no reason */
    };

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read_code(rows[i], strlen(rows[i])), ERR_STATE_DAMAGED);
    }
    assert_int_equal(read_code(ROOT RETIRED(SHA_A) RETIRED(SHA_B) "</ledger>\n",
                               strlen(ROOT RETIRED(SHA_A) RETIRED(SHA_B) "</ledger>\n")),
                     ERR_NONE);
}

static void a_newer_one_says_so(void **unused)
{
    static const char text[] = HEAD "<ledger xmlns=\"urn:pinferry:ledger:2\"/>\n";

    (void)unused;
    assert_int_equal(read_code(text, sizeof text - 1), ERR_STATE_DAMAGED);
    assert_non_null(strstr(err.text, "newer version"));
}

static enum err_code written_code(const struct ledger *ledger)
{
    struct buf bytes;
    enum err_code code;

    buf_init(&bytes, LIMIT_LEDGER_BYTES);
    assert_true(ledger_file_write(ledger, &bytes, &err));
    code = read_code(buf_text(&bytes), bytes.len);
    buf_release(&bytes);
    return code;
}

static void a_key_under_another_name_is_refused(void **unused)
{
    struct ledger *ledger = full();

    (void)unused;
    assert_int_equal(written_code(ledger), ERR_NONE);
    ledger->pins[1]->pin.sha256[31] ^= 1;
    assert_int_equal(written_code(ledger), ERR_STATE_DAMAGED);
    ledger_free(ledger);
}

static void an_approval_rests_on_evidence(void **unused)
{
    struct ledger *ledger = full();

    (void)unused;
    for (size_t i = 0; i < ledger->count; i++) {
        for (size_t s = 0; s < ledger->pins[i]->sighting_count; s++) {
            ledger->pins[i]->sightings[s].is_evidence = false;
        }
    }
    assert_int_equal(written_code(ledger), ERR_STATE_DAMAGED);
    ledger_free(ledger);
}

/* What the ledger is made for fits its file. */
static void ten_thousand_pins_fit(void **unused)
{
    struct ledger *ledger = ledger_new(&err);
    struct pin pin;
    struct buf bytes;

    (void)unused;
    assert_true(pin_from_hex(&pin, ARTICLE_PIN_1, strlen(ARTICLE_PIN_1), &err));
    for (unsigned i = 0; i < 10000; i++) {
        uint8_t sha256[32] = {(uint8_t)(i >> 8), (uint8_t)i};
        struct ledger_pin *entry = ledger_add(ledger, sha256, &err);

        assert_non_null(entry);
        entry->has_key = true;
        entry->pin = pin;
        memcpy(entry->pin.sha256, sha256, sizeof sha256);
        entry->sighting_count = LEDGER_SIGHTINGS_MAX;
        for (size_t s = 0; s < LEDGER_SIGHTINGS_MAX; s++) {
            entry->sightings[s] =
                (struct ledger_sighting){MANIFEST_DISCOVERY, DAY, DAY, {0}, false};
        }
        entry->first = entry->last = DAY;
    }
    buf_init(&bytes, LIMIT_LEDGER_BYTES);
    assert_true(ledger_file_write(ledger, &bytes, &err));
    buf_release(&bytes);
    ledger_free(ledger);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(no_byte_goes_unread),
        cmocka_unit_test(strangers_are_refused),
        cmocka_unit_test(a_newer_one_says_so),
        cmocka_unit_test(a_key_under_another_name_is_refused),
        cmocka_unit_test(an_approval_rests_on_evidence),
        cmocka_unit_test(ten_thousand_pins_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
