/* SPDX-License-Identifier: MIT */
/* From a web.config to the file with its pins, on disk. */
#include "applier/target.h"
#include "base/fsio.h"
#include "tests/unit/scratch.h"
#include "tests/unit/webconfig_kit.h"

#define SECTION "<pinnedCertificates></pinnedCertificates>"

static int fresh(void **state)
{
    return scratch_make(state) == 0 && fsio_make_dir(scratch("www"), 0755, NULL) &&
                   fsio_make_dir(scratch("www/in"), 0755, NULL)
               ? 0
               : -1;
}

static void put(const char *name, const char *text)
{
    KIT_MUST(fsio_replace(scratch(name), text, strlen(text), 0640, must));
}

/* "NAME SECTION" of the file that is found, or its refusal. */
static void expect(const char *config, const char *section, enum err_code code, const char *path,
                   const char *found_section)
{
    struct target t;
    struct err err = {0};
    put("www/web.config", config);
    target_init(&t);
    bool done = target_open(&t, scratch("www/web.config"), section, &err);
    if (done != (code == ERR_NONE) || (!done && err.code != code))
        fail_msg("%s: %s (%s)", config, err.text, err_reason(err.code));
    kit_no_canary(&err);
    if (done) {
        bool moved = strcmp(path, "www/web.config") != 0;
        assert_string_equal(t.path, scratch(path));
        assert_string_equal(t.section != NULL ? t.section : "", found_section);
        assert_int_equal(t.config != NULL, moved);
        assert_int_equal(t.config_line, moved ? 1 : 0);
        assert_true(buf_is(moved ? &t.config_bytes : &t.bytes, config, strlen(config)));
        assert_non_null(t.file);
    } else {
        assert_non_null(strstr(err.text, "www/"));
    }
    target_release(&t);
}

static void finds_the_file(void **state)
{
    (void)state;
    const char *moved =
        "<configuration><pinnedCertificates configSource='in\\pins'/></configuration>";
    const char *around = "<configuration><ens configSource='in\\ens'/></configuration>";
    const char *both = "<configuration><ens configSource='in\\ens'/>" SECTION "</configuration>";
    put("www/in/pins", SECTION);
    put("www/in/ens", "<ens><x>" SECTION "</x></ens>");
    expect("<configuration>" SECTION "</configuration>", NULL, ERR_NONE, "www/web.config", "");
    expect(moved, NULL, ERR_NONE, "www/in/pins", "pinnedCertificates");
    expect(moved, "configuration/pinnedCertificates", ERR_NONE, "www/in/pins",
           "pinnedCertificates");
    expect(around, NULL, ERR_NONE, "www/in/ens", "*/*/pinnedCertificates");
    expect(around, "configuration/*[1]/x/pinnedCertificates", ERR_NONE, "www/in/ens",
           "*/x/pinnedCertificates");
    expect(both, NULL, ERR_TARGET_AMBIGUOUS, NULL, NULL);
    expect(both, "configuration/pinnedCertificates", ERR_NONE, "www/web.config",
           "configuration/pinnedCertificates");
    expect(both, "configuration/ens/x/pinnedCertificates", ERR_NONE, "www/in/ens",
           "ens/x/pinnedCertificates");
    expect(
        "<configuration><ens configSource='in/ens'/><ens configSource='in/ens'/></configuration>",
        NULL, ERR_TARGET_AMBIGUOUS, NULL, NULL);
    put("www/in/ens", "<ens>" SECTION SECTION "</ens>");
    expect(both, NULL, ERR_TARGET_AMBIGUOUS, NULL, NULL);
    put("www/in/ens", "<ens/>");
    expect(both, NULL, ERR_NONE, "www/web.config", "");
    /* webconfig_scan says what is wrong with these */
    expect(around, NULL, ERR_NONE, "www/web.config", "");
    expect("", NULL, ERR_NONE, "www/web.config", "");
    expect("<configuration", NULL, ERR_NONE, "www/web.config", "");
}

static void refuses_files_that_cannot_be_it(void **state)
{
    (void)state;
    const char *moved = "<configuration><pinnedCertificates configSource='pins'/></configuration>";
    const char *around = "<configuration><ens configSource='" CANARY "'/></configuration>";
    const char *both = "<configuration><ens configSource='" CANARY "'/>" SECTION "</configuration>";
    expect(moved, NULL, ERR_TARGET_CONFIG_SOURCE, NULL, NULL);
    expect(around, NULL, ERR_TARGET_CONFIG_SOURCE, NULL, NULL);
    expect(both, NULL, ERR_NONE, "www/web.config", "");
    put("www/" CANARY, "<!DOCTYPE x><ens/>");
    expect(around, NULL, ERR_TARGET_DOCTYPE, NULL, NULL);
    put("www/" CANARY, "<web>" SECTION "</web>");
    expect(around, NULL, ERR_TARGET_CONFIG_SOURCE, NULL, NULL);
    assert_int_equal(unlink(scratch("www/" CANARY)), 0);
    assert_int_equal(symlink("web.config", scratch("www/" CANARY)), 0);
    expect(around, NULL, ERR_TARGET_LINK, NULL, NULL);
    expect(both, NULL, ERR_NONE, "www/web.config", "");
    put("www/pins", SECTION);
    assert_int_equal(link(scratch("www/pins"), scratch("www/twin")), 0);
    expect(moved, NULL, ERR_TARGET_LINK, NULL, NULL);
    assert_int_equal(unlink(scratch("www/twin")), 0);
    expect(moved, NULL, ERR_NONE, "www/pins", "pinnedCertificates");
    expect("<configuration><pinnedCertificates configSource='../www/pins'/></configuration>", NULL,
           ERR_TARGET_CONFIG_SOURCE, NULL, NULL);
    assert_int_equal(truncate(scratch("www/pins"), 17 << 20), 0);
    expect(moved, NULL, ERR_TARGET_SIZE, NULL, NULL);
}

static void tells_another_web_config(void **state)
{
    (void)state;
    struct err err = {0};
    struct buf then;
    buf_init(&then, 100);
    KIT_MUST(buf_add_text(&then, "<a/>", must));
    put("www/web.config", "<a/>");
    assert_true(target_check_config(scratch("www/web.config"), &then, &err));
    put("www/web.config", "<b/>");
    assert_false(target_check_config(scratch("www/web.config"), &then, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_int_equal(unlink(scratch("www/web.config")), 0);
    err = (struct err){0};
    assert_false(target_check_config(scratch("www/web.config"), &then, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    buf_release(&then);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, scratch_remove)
    const struct CMUnitTest tests[] = {
        TEST(finds_the_file),
        TEST(refuses_files_that_cannot_be_it),
        TEST(tells_another_web_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
