/* SPDX-License-Identifier: MIT */
/* site.xml: what init writes comes back, what people write wrongly is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "applier/site.h"
#include "base/fsio.h"
#include "base/iis.h"
#include "base/limits.h"
#include "base/svc.h"
#include "tests/unit/scratch.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define SITE(attributes, inner)                                                                    \
    HEAD "<site xmlns=\"urn:pinferry:site:1\" " attributes ">\n" inner "</site>\n"
#define T "<target path=\"/a/web.config\" staging=\"/s\"/>\n"

static struct err err;
static bool has_services; /* the system */
static uint64_t iis_kib;  /* its limit; 0: not set */

bool iis_limit_kib(uint64_t *kib)
{
    *kib = iis_kib == 0 ? *kib : iis_kib;
    return iis_kib != 0;
}

bool svc_supported(void)
{
    return has_services;
}

static int empty(void **state)
{
    (void)state;
    scratch_empty(scratch_dir);
    err = (struct err){0};
    has_services = false;
    iis_kib = 0;
    return 0;
}

static struct site *load(const char *text)
{
    err = (struct err){0};
    assert_true(fsio_replace(scratch(SITE_FILE), text, strlen(text), 0600, &err));
    return site_load(scratch_dir, &err);
}

static void comes_back(void **unused)
{
    struct site *site = site_new(&err), *back;

    (void)unused;
    assert_non_null(site);
    assert_true(site_add(site, "/a & b/web.config", NULL, "/state/staging", &err));
    assert_true(site_add(site, "/c/web.config", "configuration/x[2]/pinnedCertificates",
                         "/c/.pinferry-staging", &err));
    assert_true(site_write(site, scratch_dir, &err));
    back = site_load(scratch_dir, &err);
    assert_non_null(back);
    assert_int_equal(back->count, 2);
    assert_string_equal(back->targets[0].path, "/a & b/web.config");
    assert_null(back->targets[0].section);
    assert_string_equal(back->targets[0].staging, "/state/staging");
    assert_string_equal(back->targets[1].section, "configuration/x[2]/pinnedCertificates");
    assert_int_equal(back->minimum, 0);
    assert_false(back->refuse_unlisted);
    assert_int_equal(back->max_bytes, LIMIT_IIS_BYTES);
    assert_null(back->check[0]);
    assert_int_equal(back->check_seconds, SITE_CHECK_SECONDS);
    assert_false(site_write(site, scratch_dir, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    site_free(back);
    site_free(site);
}

static void all_is_read_and_written(void **unused)
{
    struct site *site =
        load(SITE("minimum=\"8\" unlisted=\"refuse\" max-kib=\"300\"",
                  T "<check program=\"/usr/bin/curl\" seconds=\"9\">\n<argument value=\"-f\"/>\n"
                    "<argument value=\"https://ens.example/alive\"/></check>\n"));

    (void)unused;
    for (int i = 0; i < 2; i++) {
        assert_non_null(site);
        assert_int_equal(site->minimum, 8);
        assert_true(site->refuse_unlisted);
        assert_int_equal(site->max_bytes, 300 * 1024);
        assert_string_equal(site->check[0], "/usr/bin/curl");
        assert_string_equal(site->check[1], "-f");
        assert_string_equal(site->check[2], "https://ens.example/alive");
        assert_null(site->check[3]);
        assert_int_equal(site->check_seconds, 9);
        if (i == 0) {
            assert_int_equal(unlink(scratch(SITE_FILE)), 0);
            assert_true(site_write(site, scratch_dir, &err));
            site_free(site);
            site = site_load(scratch_dir, &err);
        }
    }
    site_free(site);
}

static void mistakes_are_named(void **unused)
{
    static const struct {
        const char *text, *names;
    } rows[] = {
        {"", "site.xml"},
        {SITE("", ""), "target"},
        {SITE("", T T), "there already"},
        {SITE("", "\n<target staging=\"/s\"/>"), "line 4"},
        {SITE("", "<target path=\"/a\"/>"), "staging"},
        {SITE("", "<target path=\"a\" staging=\"/s\"/>"), "absolute"},
        {SITE("", "<target path=\"/a\" staging=\"s\"/>"), "absolute"},
        {SITE("", "<target path=\"/a\" staging=\"/s\" sektion=\"x\"/>"), "sektion"},
        {SITE("", "<target path=\"/a\" staging=\"/s\" section=\"a//b\"/>"), "line 3"},
        {SITE("", "<target path=\"/a\" staging=\"/s\"><x/></target>"), "no elements"},
        {SITE("minimun=\"8\"", T), "minimun"},
        {SITE("minimum=\"0\"", T), "minimum"},
        {SITE("minimum=\"401\"", T), "minimum"},
        {SITE("max-kib=\"16385\"", T), "max-kib"},
        {SITE("unlisted=\"drop\"", T), "unlisted"},
        {SITE("", T "<window/>"), "window"},
        {SITE("", T "<check/>"), "program"},
        {SITE("", T "<check program=\"curl\"/>"), "absolute"},
        {SITE("", T "<check program=\"/c\" seconds=\"0\"/>"), "seconds"},
        {SITE("", T "<check program=\"/c\"/><check program=\"/c\"/>"), "check"},
        {SITE("", T "<check program=\"/c\"><arg value=\"a\"/></check>"), "argument"},
        {SITE("", T "<check program=\"/c\"><argument/></check>"), "value"},
        {SITE("", T "<!-- not here -->"), "comments"},
        {HEAD "<site xmlns=\"urn:pinferry:site:2\"/>", "newer"},
        {HEAD "<site/>", "namespace"},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct site *site = load(rows[i].text);

        if (site != NULL || err.code != ERR_CONFIG_FORM ||
            strstr(err.text, rows[i].names) == NULL || strstr(err.text, SITE_FILE) == NULL) {
            fail_msg("row %zu: %s", i, err.text);
        }
    }
}

static void arguments_have_a_limit(void **unused)
{
    (void)unused;
    for (int count = SITE_CHECK_ARGS; count <= SITE_CHECK_ARGS + 1; count++) {
        char text[4096] = HEAD "<site xmlns=\"urn:pinferry:site:1\">" T "<check program=\"/c\">";
        struct site *site;

        for (int i = 0; i < count; i++) {
            snprintf(text + strlen(text), sizeof text - strlen(text), "<argument value=\"a\"/>");
        }
        snprintf(text + strlen(text), sizeof text - strlen(text), "</check></site>");
        site = load(text);
        assert_int_equal(site != NULL, count == SITE_CHECK_ARGS);
        assert_int_equal(err.code, site != NULL ? ERR_NONE : ERR_CONFIG_FORM);
        site_free(site);
    }
}

static void services_are_read_and_written(void **unused)
{
    struct site *site;

    (void)unused;
    has_services = true;
    site = load(SITE("", T "<service name=\"AirWatch AutoDiscovery Checker\"/>\n"
                           "<service name=\"Tracker &amp; more\" seconds=\"9\"/>\n"
                           "<check program=\"/c\"/>\n"));
    for (int i = 0; i < 2; i++) {
        assert_non_null(site);
        assert_int_equal(site->service_count, 2);
        assert_string_equal(site->services[0].name, "AirWatch AutoDiscovery Checker");
        assert_int_equal(site->services[0].seconds, SITE_SERVICE_SECONDS);
        assert_string_equal(site->services[1].name, "Tracker & more");
        assert_int_equal(site->services[1].seconds, 9);
        if (i == 0) {
            assert_int_equal(unlink(scratch(SITE_FILE)), 0);
            assert_true(site_write(site, scratch_dir, &err));
            site_free(site);
            site = site_load(scratch_dir, &err);
        }
    }
    site_free(site);
}

static void wrong_services_are_named(void **unused)
{
    static const struct {
        const char *text, *names;
    } rows[] = {
        {"<service/>", "name"},
        {"<service name=\"\"/>", "line 4"},
        {"<service name=\" a\"/>", "line 4"},
        {"<service name=\"a\" second=\"1\"/>", "second"},
        {"<service name=\"a\" seconds=\"0\"/>", "seconds"},
        {"<service name=\"a\" seconds=\"3601\"/>", "seconds"},
        {"<service name=\"a\"/><service name=\"a\"/>", "there already"},
        {"<service name=\"a\"><argument value=\"b\"/></service>", "no elements"},
    };

    (void)unused;
    has_services = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];

        snprintf(text, sizeof text, SITE("", T "%s\n"), rows[i].text);
        assert_null(load(text));
        if (err.code != ERR_CONFIG_FORM || strstr(err.text, rows[i].names) == NULL) {
            fail_msg("row %zu: %s", i, err.text);
        }
    }
}

static void services_have_limits(void **unused)
{
    char name[SVC_NAME_MAX + 2], text[4096];

    (void)unused;
    has_services = true;
    for (size_t len = SVC_NAME_MAX; len <= SVC_NAME_MAX + 1; len++) {
        struct site *site;

        memset(name, 'a', len);
        name[len] = '\0';
        snprintf(text, sizeof text, SITE("", T "<service name=\"%s\"/>"), name);
        site = load(text);
        assert_int_equal(site != NULL, len == SVC_NAME_MAX);
        site_free(site);
    }
    for (int count = SITE_SERVICES; count <= SITE_SERVICES + 1; count++) {
        struct site *site;

        snprintf(text, sizeof text, "%s", HEAD "<site xmlns=\"urn:pinferry:site:1\">" T);
        for (int i = 0; i < count; i++) {
            snprintf(text + strlen(text), sizeof text - strlen(text), "<service name=\"s%d\"/>", i);
        }
        snprintf(text + strlen(text), sizeof text - strlen(text), "</site>");
        site = load(text);
        assert_int_equal(site != NULL, count == SITE_SERVICES);
        site_free(site);
    }
}

static void a_system_without_services_refuses_them(void **unused)
{
    (void)unused;
    assert_null(load(SITE("", T "<service name=\"Spooler\"/>")));
    assert_int_equal(err.code, ERR_CONFIG_FORM);
    assert_int_equal(err_exit(err.code), 20);
    assert_non_null(strstr(err.text, "line 4"));
    assert_non_null(strstr(err.text, "on Windows only"));
}

/* What IIS says holds where the site says nothing, and is not written down as the site's word. */
static void the_limit_is_that_of_iis(void **unused)
{
    struct site *site;

    (void)unused;
    iis_kib = 300;
    for (int i = 0; i < 2; i++) {
        site = i == 0 ? load(SITE("", T)) : site_load(scratch_dir, &err);
        assert_non_null(site);
        assert_int_equal(site->max_bytes, 300 * 1024);
        assert_true(site->max_from_iis);
        assert_int_equal(unlink(scratch(SITE_FILE)), 0);
        assert_true(site_write(site, scratch_dir, &err));
        site_free(site);
    }
    iis_kib = 0;
    site = site_load(scratch_dir, &err);
    assert_int_equal(site->max_bytes, LIMIT_IIS_BYTES);
    site_free(site);
    iis_kib = 300;
    site = load(SITE("max-kib=\"280\"", T));
    assert_int_equal(site->max_bytes, 280 * 1024);
    assert_false(site->max_from_iis);
    site_free(site);
}

static void an_absent_one_is_named(void **unused)
{
    (void)unused;
    assert_null(site_load(scratch_dir, &err));
    assert_int_equal(err.code, ERR_CONFIG_FORM);
}

static void targets_are_added_once(void **unused)
{
    struct site *site = site_new(&err);

    (void)unused;
    assert_true(site_add(site, "/a/web.config", NULL, "/s", &err));
    assert_false(site_add(site, "/a/web.config", NULL, "/s", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_false(site_add(site, "web.config", NULL, "/s", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_false(site_add(site, "/b/web.config", "not/a//selector", "/s", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_int_equal(site->count, 1);
    site_free(site);
}

/* A line end would come back as a space: another file than the one that was looked at. */
static void what_cannot_be_written_is_not_added(void **unused)
{
    static const char *const bad[] = {"/a\nb", "/a\tb", "/a\x01", "/\xff", "/\xef\xbf\xbf"};
    struct site *site = site_new(&err);

    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(site_add(site, bad[i], NULL, "/s", &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_false(site_add(site, "/a", NULL, bad[i], &err));
        assert_int_equal(err.code, ERR_USAGE);
    }
    assert_false(site_add(site, "/a", "a\nb/pinnedCertificates", "/s", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_null(load(SITE("", "<target path=\"/a&#10;b\" staging=\"/s\"/>\n")));
    assert_int_equal(err.code, ERR_CONFIG_FORM);
    assert_true(site_add(site, "/\xc3\xa9", NULL, "/s", &err));
    site_free(site);
}

static void make_target(const char *dir, const char *file)
{
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_true(fsio_write_new(file, "x", 1, 0644, &err));
}

static void staging_is_in_the_state(void **unused)
{
    char *staging;

    (void)unused;
    make_target(scratch("www"), scratch("www/web.config"));
    assert_int_equal(mkdir(scratch("state"), 0700), 0);
    assert_int_equal(mkdir(scratch("state/staging"), 0700), 0);
    staging = site_staging(scratch("state"), scratch("www/web.config"), &err);
    assert_non_null(staging);
    assert_string_equal(staging, scratch("state/staging"));
    free(staging);
    assert_int_equal(chmod(scratch("state/staging"), 0755), 0);
    assert_null(site_staging(scratch("state"), scratch("www/web.config"), &err));
    assert_int_equal(err.code, ERR_STATE_ACCESS);
}

static void staging_is_outside_the_site(void **unused)
{
    (void)unused;
    make_target(scratch("www"), scratch("www/web.config"));
    assert_int_equal(mkdir(scratch("www/state"), 0700), 0);
    assert_int_equal(mkdir(scratch("www/state/staging"), 0700), 0);
    assert_null(site_staging(scratch("www/state"), scratch("www/web.config"), &err));
    assert_int_equal(err.code, ERR_TARGET_VOLUME);
}

static void staging_is_on_the_volume(void **unused)
{
    char dir[] = "/dev/shm/pinferry-unit.XXXXXX", target[64];
    bool same = true;
    char *staging;

    (void)unused;
    if (geteuid() != 0 || mkdtemp(dir) == NULL ||
        !fsio_same_volume(dir, scratch_dir, &same, &err) || same) {
        print_message("SKIP: needs root and a second volume at /dev/shm\n");
        skip();
    }
    snprintf(target, sizeof target, "%s/web.config", dir);
    assert_true(fsio_write_new(target, "x", 1, 0644, &err));
    assert_int_equal(mkdir(scratch("staging"), 0700), 0);
    staging = site_staging(scratch_dir, target, &err);
    if (staging != NULL) {
        assert_string_equal(staging, "/dev/shm/.pinferry-staging");
        rmdir(staging); /* of no use to anyone else; stays if it is */
    } else { /* /dev/shm is sticky and writable by all, which root's entry in it survives */
        assert_int_equal(err.code, ERR_STATE_ACCESS);
    }
    free(staging);
    unlink(target);
    rmdir(dir);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, empty)
    const struct CMUnitTest tests[] = {
        TEST(comes_back),
        TEST(all_is_read_and_written),
        TEST(mistakes_are_named),
        TEST(arguments_have_a_limit),
        TEST(services_are_read_and_written),
        TEST(wrong_services_are_named),
        TEST(services_have_limits),
        TEST(a_system_without_services_refuses_them),
        TEST(the_limit_is_that_of_iis),
        TEST(an_absent_one_is_named),
        TEST(targets_are_added_once),
        TEST(what_cannot_be_written_is_not_added),
        TEST(staging_is_in_the_state),
        TEST(staging_is_outside_the_site),
        TEST(staging_is_on_the_volume),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
