/* SPDX-License-Identifier: MIT */
/* A pin of the ledger as JSON: what is known is there, and what is not known is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "bundler/ledger_json.h"
#include "tests/unit/article_pins.h"

static struct err err;

/* The object as a JSON reader sees it; the caller drops the reference. */
static json_t *object_of(const struct ledger_pin *pin)
{
    struct jout *j = jout_new();
    FILE *file = tmpfile();
    json_t *read;

    assert_non_null(file);
    ledger_json_pin(pin, j);
    assert_true(jout_print(j, file, &err));
    rewind(file);
    read = json_loadf(file, 0, NULL);
    assert_non_null(read);
    fclose(file);
    jout_free(j);
    return read;
}

static void is_text(json_t *object, const char *key, const char *want)
{
    const char *text = json_string_value(json_object_get(object, key));

    assert_non_null(text);
    assert_string_equal(text, want);
}

static void all_that_is_known(void **unused)
{
    struct ledger *ledger = ledger_new(&err);
    uint8_t source[32] = {1};
    struct pin pin;
    struct ledger_observed observed = {.pin = &pin,
                                       .kind = MANIFEST_CERTIFICATE,
                                       .when = 1790000000,
                                       .sha256 = source,
                                       .has_validity = true,
                                       .valid_from = 0,
                                       .valid_to = 86400,
                                       .subject = "CN=a"};
    json_t *object, *sighting;

    (void)unused;
    assert_true(pin_from_hex(&pin, ARTICLE_PIN_1, strlen(ARTICLE_PIN_1), &err));
    assert_true(ledger_observe(ledger, &observed, NULL, &err));
    assert_true(ledger_approve(ledger->pins[0], 1790000001, true, "a note", &err));
    assert_true(ledger_retire(ledger, ledger->pins[0], 1790000002, "stolen", &err));
    object = object_of(ledger->pins[0]);
    is_text(object, "state", "retired");
    is_text(object, "type", "RSA-2048");
    is_text(object, "key", ARTICLE_PIN_1);
    is_text(object, "first_seen", "2026-09-21T14:13:20Z");
    is_text(object, "last_seen", "2026-09-21T14:13:20Z");
    is_text(object, "valid_from", "1970-01-01T00:00:00Z");
    is_text(object, "valid_to", "1970-01-02T00:00:00Z");
    is_text(object, "subject", "CN=a");
    is_text(object, "approved", "2026-09-21T14:13:21Z");
    is_text(object, "approved_by", "policy");
    is_text(object, "note", "a note");
    is_text(object, "retired", "2026-09-21T14:13:22Z");
    is_text(object, "reason", "stolen");
    sighting = json_array_get(json_object_get(object, "sightings"), 0);
    is_text(sighting, "kind", "certificate");
    assert_true(json_is_true(json_object_get(sighting, "evidence")));
    json_decref(object);
    ledger_free(ledger);
}

static void nothing_that_is_not(void **unused)
{
    struct ledger *ledger = ledger_new(&err);
    static const uint8_t sha256[32] = {1};
    struct ledger_pin *pin = ledger_add(ledger, sha256, &err);
    json_t *object;

    (void)unused;
    assert_true(ledger_retire(ledger, pin, 1790000002, "stolen", &err));
    object = object_of(pin);
    assert_int_equal(json_object_size(object), 5); /* sha256 state retired reason sightings */
    assert_int_equal(json_array_size(json_object_get(object, "sightings")), 0);
    json_decref(object);
    ledger_free(ledger);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_known),
        cmocka_unit_test(nothing_that_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
