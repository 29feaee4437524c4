/* SPDX-License-Identifier: MIT */
/* export.c: what lies on the medium, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundler/export.h"
#include "tests/unit/build_kit.h"

static struct workspace *ws;
static struct trust *trust;

static int setup(void **state)
{
    int made = scratch_make(state);
    struct build_request request = kit_request();
    struct err err = {0};

    if (made == 0) {
        ws = kit_workspace(SIGNKEY_P256);
        trust = workspace_trust(ws, &err);
        kit_must(trust != NULL, &err);
        kit_approve(ws, "ab");
        request.output = scratch("one.tar");
        request.days = 10;
        kit_build(ws, &request);
    }
    return made;
}

static int teardown(void **state)
{
    trust_free(trust);
    workspace_close(ws);
    return scratch_remove(state);
}

static struct export_request asked(bool enrol)
{
    static char bundle[1024], dir[1024]; /* scratch() gives its memory away again */
    struct export_request request = {
        .trust = trust, .bundle = bundle, .dir = dir, .enrol = enrol, .local = KIT_NOW};

    snprintf(bundle, sizeof bundle, "%s/one.tar", scratch_dir);
    snprintf(dir, sizeof dir, "%s/usb", scratch_dir);
    return request;
}

static size_t on_medium(void)
{
    struct fsio_names names;
    struct err err = {0};
    size_t count;

    kit_must(fsio_list(scratch("usb"), 100, &names, &err), &err);
    count = names.count;
    fsio_names_release(&names);
    return count;
}

static void read_file(const char *name, struct buf *out)
{
    struct err err = {0};

    buf_init(out, LIMIT_MANIFEST_BYTES);
    kit_must(fsio_read_file(scratch(name), LIMIT_MANIFEST_BYTES, out, &err), &err);
}

static void assert_refused(const struct export_request *request, enum err_code code,
                           const char *says)
{
    struct export_result result;
    struct err err = {0};

    assert_false(export_bundle(request, &result, &err));
    if (err.code != code || strstr(err.text, says) == NULL) {
        fail_msg("%s, not %s: %s", err_reason(err.code), err_reason(code), err.text);
    }
    assert_int_equal(result.count, 0);
}

static void test_bundle_and_texts(void **state)
{
    struct export_request request = asked(false);
    struct export_result result;
    struct buf original, copy, text;
    struct err err = {0};

    (void)state;
    kit_must(export_bundle(&request, &result, &err), &err);
    assert_int_equal(result.count, 3);
    assert_string_equal(result.paths[0], scratch("usb/one.tar"));
    assert_true(result.made[0] && result.made[1] && result.made[2]);
    assert_int_equal(on_medium(), 3);
    read_file("one.tar", &original);
    read_file("usb/one.tar", &copy);
    assert_true(buf_equal(&original, &copy));
    read_file("usb/README.txt", &text);
    assert_non_null(strstr(buf_text(&text), "applier verify one.tar\r\n"));
    assert_non_null(strstr(buf_text(&text), "applier plan one.tar\r\n"));
    assert_non_null(strstr(buf_text(&text), "applier apply one.tar\r\n"));
    buf_release(&original);
    buf_release(&copy);
    buf_release(&text);
    export_result_release(&result);
}

/* Once more finds everything in place; something else in a file's place is left alone. */
static void test_what_is_there_already(void **state)
{
    static const char *const names[] = {"usb/one.tar", "usb/README.txt", "usb/SHA256SUMS",
                                        "usb/ENROL.txt", "usb/trust.xml"};
    struct export_request request = asked(true);
    struct export_result result;
    struct err err = {0};

    (void)state;
    kit_must(export_bundle(&request, &result, &err), &err);
    export_result_release(&result);
    kit_must(export_bundle(&request, &result, &err), &err);
    assert_int_equal(result.count, EXPORT_FILES);
    for (size_t i = 0; i < result.count; i++) {
        assert_false(result.made[i]);
    }
    export_result_release(&result);
    for (size_t i = 0; i < EXPORT_FILES; i++) {
        struct buf bytes;

        scratch_empty(scratch("usb"));
        kit_must(fsio_write_new(scratch(names[i]), "other", 5, 0600, &err), &err);
        assert_refused(&request, ERR_IO_EXISTS, names[i]);
        assert_int_equal(on_medium(), 1);
        read_file(names[i], &bytes);
        assert_true(buf_is(&bytes, "other", 5));
        buf_release(&bytes);
    }
}

static void test_the_fingerprint_stays_here(void **state)
{
    static const char *const names[] = {"usb/README.txt", "usb/SHA256SUMS", "usb/ENROL.txt",
                                        "usb/trust.xml"};
    struct export_request request = asked(true);
    struct export_result result;
    struct err err = {0};
    char hex[65], group[5];

    (void)state;
    kit_must(export_bundle(&request, &result, &err), &err);
    export_result_release(&result);
    text_hex(hex, trust->fingerprint, 32);
    snprintf(group, sizeof group, "%.4s", hex);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf text;

        read_file(names[i], &text);
        assert_null(strstr(buf_text(&text), hex));
        if (i != 1 && i != 3) { /* those have digits of their own */
            assert_null(strstr(buf_text(&text), group));
        }
        buf_release(&text);
    }
}

static void test_dates(void **state)
{
    struct export_request request = asked(false);
    struct export_result result;
    struct err err = {0};

    (void)state;
    request.local = KIT_NOW + 11 * WHEN_DAY;
    assert_refused(&request, ERR_TIME_EXPIRED, "no site would take it");
    request.local = KIT_NOW - 3600;
    kit_must(export_bundle(&request, &result, &err), &err);
    assert_int_equal(bundle_date_problem(result.bundle)->code, ERR_TIME_NOT_YET);
    export_result_release(&result);
}

static void test_names_that_could_not_be_typed(void **state)
{
    static const char *const names[] = {"two words.tar", "a'b.tar", "-x.tar", ".x.tar", "x.tgz"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct export_request request = asked(false);

        request.bundle = scratch(names[i]);
        assert_refused(&request, ERR_UNFIT, "rename it");
    }
}

static void test_where_it_cannot_go(void **state)
{
    struct export_request request = asked(false);
    struct export_result result;
    struct err err = {0};

    (void)state;
    request.dir = scratch("absent/usb");
    assert_refused(&request, ERR_IO_ABSENT, "absent/usb");
    request.dir = scratch("one.tar");
    assert_refused(&request, ERR_IO_KIND, "no folder");
    assert_int_equal(mkdir(scratch("usb"), 0700), 0);
    assert_int_equal(symlink("usb", scratch("link")), 0);
    request.dir = scratch("link");
    kit_must(export_bundle(&request, &result, &err), &err);
    export_result_release(&result);
    assert_int_equal(on_medium(), 3);
}

#define IN_WORKSPACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORKSPACE(test_bundle_and_texts),
        IN_WORKSPACE(test_what_is_there_already),
        IN_WORKSPACE(test_the_fingerprint_stays_here),
        IN_WORKSPACE(test_dates),
        IN_WORKSPACE(test_names_that_could_not_be_typed),
        IN_WORKSPACE(test_where_it_cannot_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
