/* SPDX-License-Identifier: MIT */
/* The search for web.config files, in a tree of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "applier/find.h"
#include "tests/unit/scratch.h"

#define PINS "<pinnedCertificates><pinnedCertificate publicKeyString=\"%s\"/></pinnedCertificates>"
#define KEY                                                                                        \
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c" \
    "0f9e162bce33576b315ececbb6406837bf51f5"

static struct err err;
static struct find found;

/* %ROOT% is the scratch folder. */
static char *expand(const char *path, struct err *failure)
{
    char out[2048];

    if (strcmp(path, "%BAD%") == 0) {
        err_set(failure, ERR_IO_ABSENT, "no such name");
        return NULL;
    }
    if (strncmp(path, "%ROOT%", 6) == 0) {
        snprintf(out, sizeof out, "%s%s", scratch_dir, path + 6);
        return strdup(out);
    }
    return strdup(path);
}

static void put(const char *name, const char *format)
{
    char path[1024], text[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", scratch_dir, name);
    for (char *p = path + strlen(scratch_dir) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        mkdir(path, 0755);
        *p = '/';
    }
    snprintf(text, sizeof text, format, KEY);
    file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int empty(void **state)
{
    (void)state;
    find_release(&found);
    scratch_empty(scratch_dir);
    err = (struct err){0};
    return 0;
}

static void search(bool with_iis, bool with_drive, struct err *skipped)
{
    char hosting[1024], *drives[] = {scratch_dir};
    struct find_ground ground = {.expand = expand};

    snprintf(hosting, sizeof hosting, "%s/applicationHost.config", scratch_dir);
    ground.hosting = with_iis ? hosting : NULL;
    ground.drives = (struct fsio_names){drives, with_drive ? 1 : 0};
    if (!find_configs(&found, &ground, skipped, &err)) {
        fail_msg("%s", err.text);
    }
}

static void is_found(size_t i, const char *name, const char *from, size_t pins)
{
    assert_true(i < found.count);
    assert_string_equal(found.configs[i].path, scratch(name));
    assert_string_equal(found.configs[i].from, from);
    assert_int_equal(found.configs[i].pins, pins);
}

static void nothing_is_there(void **unused)
{
    struct err skipped = {0};

    (void)unused;
    search(false, false, &skipped);
    assert_int_equal(found.count, 0);
    assert_int_equal(skipped.code, ERR_NONE);
    search(true, true, &skipped);
    assert_int_equal(found.count, 0);
    assert_int_equal(skipped.code, ERR_IO_ABSENT);
}

static void only_files_with_a_section_count(void **unused)
{
    struct err skipped = {0};

    (void)unused;
    put("applicationHost.config",
        "<configuration><sites><site name=\"Default\"><application path=\"/\">"
        "<virtualDirectory physicalPath=\"%%ROOT%%/www\"/></application></site>"
        "<site name=\"ENS\xe2\x80\xae\"><application path=\"/\"><virtualDirectory "
        "physicalPath=\"%%ROOT%%/ens\"/>"
        "</application><application path=\"/Mail\"><virtualDirectory "
        "physicalPath=\"%%ROOT%%/mail\"/>"
        "<virtualDirectory physicalPath=\"%%ROOT%%/ens/\"/></application></site>"
        "<virtualDirectory physicalPath=\"%%BAD%%\"/><virtualDirectory physicalPath=\"ens\"/>"
        "<virtualDirectory physicalPath=\"%%ROOT%%/absent\"/>"
        "<virtualDirectory physicalPath=\"%%ROOT%%/broken\"/>"
        "<virtualDirectory physicalPath=\"%%ROOT%%/folder\"/>"
        "<virtualDirectory physicalPath=\"%%ROOT%%/two\"/></sites></configuration>");
    put("www/web.config", "<configuration/>");
    put("ens/web.config", "<configuration>" PINS "</configuration>");
    put("mail/web.config", "<configuration><pinnedCertificates/></configuration>");
    put("broken/web.config", "<configuration>" PINS);
    put("folder/web.config/x", "x");
    put("two/web.config", "<configuration><a>" PINS "</a><pinnedCertificates/></configuration>");
    search(true, false, &skipped);
    assert_int_equal(skipped.code, ERR_NONE);
    assert_int_equal(found.count, 3);
    is_found(0, "ens/web.config", "IIS site 'ENS\\xe2\\x80\\xae', application '/'", 1);
    is_found(1, "mail/web.config", "IIS site 'ENS\\xe2\\x80\\xae', application '/Mail'", 0);
    is_found(2, "two/web.config", "IIS site '', application '/'", 0);
    assert_false(found.configs[0].several);
    assert_true(found.configs[2].several);
}

static void usual_folders_are_looked_in(void **unused)
{
    (void)unused;
    put("AirWatch/Email Notification Service/Website/web.config",
        "<configuration>" PINS "</configuration>");
    put("Program Files (x86)/AirWatch/Email Notification Service/Website/web.config",
        "<configuration>" PINS "</configuration>");
    put("Email Notification Service/Website/web.config", "<configuration>" PINS "</configuration>");
    put("AirWatch/web.config", "<configuration>" PINS "</configuration>");
    search(false, true, NULL);
    assert_int_equal(found.count, 3);
    is_found(0, "AirWatch/Email Notification Service/Website/web.config", "usual folder", 1);
    is_found(1, "Program Files (x86)/AirWatch/Email Notification Service/Website/web.config",
             "usual folder", 1);
    is_found(2, "Email Notification Service/Website/web.config", "usual folder", 1);
}

/* By both ways, and by a name that is a link: it is one file. */
static void each_file_is_offered_once(void **unused)
{
    (void)unused;
    put("AirWatch/Email Notification Service/Website/web.config",
        "<configuration>" PINS "</configuration>");
    put("applicationHost.config",
        "<sites><site name=\"E\"><virtualDirectory "
        "physicalPath=\"%%ROOT%%/AirWatch/Email Notification Service/Website\"/>"
        "<virtualDirectory physicalPath=\"%%ROOT%%/link\"/></site></sites>");
    assert_int_equal(symlink("AirWatch/Email Notification Service/Website", scratch("link")), 0);
    search(true, true, NULL);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.configs[0].from, "IIS site 'E', application '/'");
}

static void a_file_elsewhere_counts_with_its_web_config(void **unused)
{
    (void)unused;
    put("AirWatch/Email Notification Service/Website/web.config",
        "<configuration><pinnedCertificates configSource=\"pins.config\"/></configuration>");
    put("AirWatch/Email Notification Service/Website/pins.config", PINS);
    search(false, true, NULL);
    assert_int_equal(found.count, 1);
    is_found(0, "AirWatch/Email Notification Service/Website/web.config", "usual folder", 1);
}

static void a_damaged_list_of_sites_does_not_hinder(void **unused)
{
    struct err skipped = {0};

    (void)unused;
    put("applicationHost.config", "<!DOCTYPE x>");
    put("AirWatch/Email Notification Service/Website/web.config",
        "<configuration>" PINS "</configuration>");
    search(true, true, &skipped);
    assert_int_equal(found.count, 1);
    assert_int_equal(skipped.code, ERR_TARGET_DOCTYPE);
}

static void what_is_typed(void **unused)
{
    static const struct {
        const char *typed;
        const char *chosen; /* NULL: refused */
    } rows[] = {
        {"1", "100"},
        {" 3 ", "001"},
        {"1 3", "101"},
        {"2,1", "110"},
        {"1, 2 ,3", "111"},
        {"", NULL},
        {"  ", NULL},
        {"0", NULL},
        {"4", NULL},
        {"1 1", NULL},
        {"one", NULL},
        {"-1", NULL},
        {"1.", NULL},
        {"1;2", NULL},
        {"01", NULL},
        {"1 x", NULL},
        {"99999999999999999999", NULL},
        {"y", NULL},
        {"1-3", NULL},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool chosen[3] = {true, true, true};
        struct err why = {0};
        bool ok = find_chosen(rows[i].typed, 3, chosen, &why);

        if (ok != (rows[i].chosen != NULL) || (!ok && why.code != ERR_USAGE)) {
            fail_msg("'%s': %s", rows[i].typed, why.text);
        }
        for (size_t k = 0; ok && k < 3; k++) {
            assert_int_equal(chosen[k], rows[i].chosen[k] == '1');
        }
    }
}

static int end(void **state)
{
    find_release(&found);
    return scratch_remove(state);
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_there),
        TEST(only_files_with_a_section_count),
        TEST(usual_folders_are_looked_in),
        TEST(each_file_is_offered_once),
        TEST(a_file_elsewhere_counts_with_its_web_config),
        TEST(a_damaged_list_of_sites_does_not_hinder),
        TEST(what_is_typed),
    };

    return cmocka_run_group_tests(tests, scratch_make, end);
}
