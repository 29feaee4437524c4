/* SPDX-License-Identifier: MIT */
/* A plan as JSON: the members that scripts rely on. */
#include "applier/plan_json.h"
#include "tests/unit/plan_kit.h"
#include "tests/unit/scratch.h"

#include <jansson.h>

#define DOCUMENT                                                                                   \
    PLAN_KIT_HEAD PLAN_KIT_ITEM("1") "\n" PLAN_KIT_ITEM("3") "\n" PLAN_KIT_ITEM(                   \
        "4") "\n" PLAN_KIT_TAIL

/* The object as a JSON reader sees it; the caller drops the reference. */
static json_t *object_of(const struct plan_kit *kit, const struct bundle *bundle)
{
    FILE *file = fopen(scratch("json"), "w+");
    struct jout *j = jout_new();
    char *text = calloc(1, 65536);
    json_t *read;

    assert_non_null(file);
    assert_non_null(text);
    KIT_MUST(plan_json(&kit->plan, bundle, j, must));
    KIT_MUST(jout_print(j, file, must));
    rewind(file);
    assert_true(fread(text, 1, 65535, file) > 0);
    assert_null(strstr(text, "c4nary"));
    read = json_loads(text, 0, NULL);
    assert_non_null(read);
    fclose(file);
    free(text);
    jout_free(j);
    return read;
}

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    assert_non_null(text);
    return text;
}

static void a_plan_is_whole(void **state)
{
    struct made made;
    struct bundle *bundle = plan_kit_bundle(&made, "why & how");
    struct plan_kit kit;
    json_t *root, *target, *pins, *lines, *item;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8_BOM, "2", "3", "4");
    snprintf(kit.rows[1].reason, sizeof kit.rows[1].reason, "rotated");
    root = object_of(&kit, bundle);
    assert_true(json_is_true(json_object_get(root, "changes")));
    assert_memory_equal(text_of(root, "plan_digest"), "abab", 4);
    item = json_object_get(root, "bundle");
    assert_int_equal(json_integer_value(json_object_get(item, "sequence")), 5);
    assert_int_equal(json_integer_value(json_object_get(item, "threshold")), 2);
    assert_string_equal(text_of(item, "notes"), "why & how");
    assert_int_equal(json_array_size(json_object_get(item, "signers")), 2);
    item = json_array_get(json_object_get(item, "signers"), 1);
    assert_string_equal(text_of(item, "id"), "key-2");
    assert_string_equal(text_of(item, "signed"), "2026-09-21T14:12:50Z");
    assert_int_equal(strlen(text_of(item, "certificate_sha256")), 64);
    target = json_array_get(json_object_get(root, "targets"), 0);
    assert_string_equal(text_of(target, "encoding"), "UTF-8 with byte order mark");
    assert_int_equal(json_integer_value(json_object_get(target, "pins_after")), 3);
    lines = json_object_get(target, "lines");
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(text_of(json_array_get(lines, 0), "sign"), "-");
    assert_string_equal(text_of(json_array_get(lines, 1), "text"),
                        "<pinnedCertificate publicKeyString=\"" ARTICLE_PIN_2 "\" />");
    pins = json_object_get(target, "pins");
    assert_int_equal(json_array_size(pins), 4);
    assert_string_equal(text_of(json_array_get(pins, 1), "fate"), "removed");
    assert_string_equal(text_of(json_array_get(pins, 1), "reason"), "rotated");
    assert_string_equal(text_of(json_array_get(pins, 2), "fate"), "unlisted");
    assert_string_equal(text_of(json_array_get(pins, 3), "key"), "RSA-2048");
    json_decref(root);
    plan_kit_release(&kit);
    bundle_free(bundle);
    made_release(&made);
}

static void absent_things_are_null(void **state)
{
    struct plan_kit kit;
    json_t *root, *pin;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "", "", "");
    memset(kit.plan.digest, 0, sizeof kit.plan.digest);
    kit.rows[0].is_pin = false;
    kit.rows[0].pin.len = 0;
    root = object_of(&kit, NULL);
    assert_true(json_is_false(json_object_get(root, "changes")));
    assert_true(json_is_null(json_object_get(root, "plan_digest")));
    assert_null(json_object_get(root, "bundle"));
    pin = json_array_get(
        json_object_get(json_array_get(json_object_get(root, "targets"), 0), "pins"), 0);
    assert_true(json_is_null(json_object_get(pin, "sha256")));
    assert_true(json_is_null(json_object_get(pin, "key")));
    json_decref(root);
    plan_kit_release(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_whole),
        cmocka_unit_test(absent_things_are_null),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
