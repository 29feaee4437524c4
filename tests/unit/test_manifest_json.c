/* SPDX-License-Identifier: MIT */
/* manifest_json.c: every value of a manifest has its member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundler/manifest_json.h"
#include "tests/unit/make_bundle.h"

static char *printed(const struct manifest *m)
{
    struct jout *to = jout_new();
    struct err err = {0};
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);

    assert_non_null(stream);
    made_must(manifest_json(m, to, &err) && jout_print(to, stream, &err), &err);
    fclose(stream);
    jout_free(to);
    return text;
}

static void assert_has(const char *text, const char *what)
{
    if (strstr(text, what) == NULL) {
        fail_msg("no %s in %s", what, text);
    }
}

static void test_all_members(void **state)
{
    struct manifest_retired *retired;
    struct made_bundle b;
    char *text;

    (void)state;
    made_bundle_init(&b);
    b.manifest->all_sites = false;
    made_must(manifest_add_site(b.manifest, "plant-7", NULL), NULL);
    b.manifest->minimum = 8;
    b.manifest->pins[0].by_policy = true;
    b.manifest->pins[0].has_validity = true;
    b.manifest->pins[0].valid_to = WHEN_DAY;
    retired = manifest_add_retired(b.manifest, NULL);
    snprintf(retired->reason, sizeof retired->reason, "was \"copied\"");
    made_payload(&b, "payload/notes", "0123456789")->notes = true;
    made_carry(&b, "trust/000002.xml", "x", 1);
    text = printed(b.manifest);
    assert_has(text, "\"domain\": \"01010101010101010101010101010101\"");
    assert_has(text, "\"channel\": \"" MADE_CHANNEL "\"");
    assert_has(text, "\"sequence\": 5");
    assert_has(text, "\"minimum\": 8");
    assert_has(text, "\"all_sites\": false");
    assert_has(text, "\"plant-7\"");
    assert_has(text, "\"type\": \"EC P-256\"");
    assert_has(text, "\"key\": \"046b17d1f2");
    assert_has(text, "\"approved_by\": \"policy\"");
    assert_has(text, "\"valid_from\": \"1970-01-01T00:00:00Z\"");
    assert_has(text, "\"valid_to\": \"1970-01-02T00:00:00Z\"");
    assert_has(text, "\"kind\": \"hex\"");
    assert_has(text, "\"reason\": \"was \\\"copied\\\"\"");
    assert_has(text, "\"name\": \"trust/000002.xml\"");
    assert_has(text, "\"size\": 10");
    assert_has(text, "\"type\": \"notes\"");
    assert_has(text, "\"extensions\": []");
    free(text);
    made_bundle_release(&b);
}

/* What is not set has no member. */
static void test_absent_values(void **state)
{
    struct made_bundle b;
    char *text;

    (void)state;
    made_bundle_init(&b);
    text = printed(b.manifest);
    assert_null(strstr(text, "minimum"));
    assert_null(strstr(text, "valid_from"));
    assert_has(text, "\"all_sites\": true");
    assert_has(text, "\"approved_by\": \"manual\"");
    free(text);
    made_bundle_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_members),
        cmocka_unit_test(test_absent_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
