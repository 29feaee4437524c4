/* SPDX-License-Identifier: MIT */
/* What is left open to a command: its arguments, its targets, and nothing beside them. */
#define _GNU_SOURCE
#include "applier/confine.h"

#include <fcntl.h>

#include "base/fsio.h"
#include "tests/unit/fault_kit.h"
#include "tests/unit/site_kit.h"

#define HOLDS(claim)                                                                               \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            fprintf(stderr, "line %d: %s (errno %d)\n", __LINE__, #claim, errno);                  \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

static struct err err;

static bool opens(const char *name, int flags)
{
    int fd = open(scratch(name), flags, 0600);

    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static struct site *make_site(void)
{
    struct site *site = site_new(&err);
    bool done = site != NULL;

    done = done && fsio_make_dir(scratch("www"), 0700, &err) &&
           fsio_make_dir(scratch("staging"), 0700, &err) &&
           fsio_make_dir(scratch("other"), 0700, &err) &&
           fsio_write_new(scratch("www/web.config"), "x", 1, 0600, &err) &&
           fsio_write_new(scratch("other/file"), "x", 1, 0600, &err) &&
           fsio_write_new(scratch("bundle"), "x", 1, 0600, &err) &&
           site_add(site, scratch("www/web.config"), NULL, scratch("staging"), &err);
    if (!done) {
        fprintf(stderr, "%s\n", err.text);
        exit(2);
    }
    return site;
}

/* The state folder is not there, which must not matter. */
static bool enter(struct confine *c, const struct cmd_call *call)
{
    return confine_enter(c, call, &err) && confine_active().landlock >= 2;
}

static const struct cmd_call call;

static int reading(void)
{
    struct site *site = make_site();
    struct confine c;

    confine_init(&c, scratch("state"), false);
    confine_allow(&c, scratch("bundle"), SANDBOX_READ);
    confine_allow(&c, NULL, SANDBOX_READ);
    confine_site(&c, site, SANDBOX_READ);
    site_free(site);
    if (!enter(&c, &call)) {
        return FAULT_NONE_HERE;
    }
    HOLDS(opens("bundle", O_RDONLY) && !opens("bundle", O_WRONLY));
    HOLDS(opens("www/web.config", O_RDONLY) && !opens("www/web.config", O_WRONLY));
    HOLDS(!opens("www/new", O_WRONLY | O_CREAT) && !opens("staging/new", O_WRONLY | O_CREAT));
    HOLDS(!opens("other/file", O_RDONLY));
    return 0;
}

static int writing(void)
{
    struct site *site = make_site();
    struct confine c;

    confine_init(&c, scratch("state"), true);
    confine_site(&c, site, SANDBOX_WRITE);
    confine_site(&c, NULL, SANDBOX_WRITE);
    site_free(site);
    if (!enter(&c, &call)) {
        return FAULT_NONE_HERE;
    }
    HOLDS(opens("www/new", O_WRONLY | O_CREAT) && opens("staging/new", O_WRONLY | O_CREAT));
    HOLDS(renameat2(AT_FDCWD, scratch("staging/new"), AT_FDCWD, scratch("www/web.config"),
                    RENAME_EXCHANGE) == 0);
    HOLDS(!opens("bundle", O_RDONLY) && !opens("other/file", O_RDONLY));
    HOLDS(!opens("new", O_WRONLY | O_CREAT));
    return 0;
}

static int parents(void)
{
    struct confine c;

    site_free(make_site());
    confine_init(&c, scratch("state"), false);
    confine_allow_parent(&c, scratch("other/page.html"), SANDBOX_WRITE);
    confine_allow_parent(&c, scratch("www/state//"), SANDBOX_ALL);
    confine_allow_parent(&c, NULL, SANDBOX_ALL);
    if (!enter(&c, &call)) {
        return FAULT_NONE_HERE;
    }
    HOLDS(opens("other/page.html", O_WRONLY | O_CREAT) && mkdir(scratch("other/d"), 0700) != 0);
    HOLDS(mkdir(scratch("www/state"), 0700) == 0);
    HOLDS(!opens("staging/new", O_WRONLY | O_CREAT));
    return 0;
}

static void check(int (*what)(void))
{
    const char *preload = getenv("LD_PRELOAD");
    int status;

    if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
        skip(); /* valgrind's own calls would fail too */
    }
    status = fault_run(what);
    if (status == FAULT_NONE_HERE) {
        skip();
    }
    assert_int_equal(status, 0);
}

static void a_reader_writes_nothing(void **state)
{
    (void)state;
    check(reading);
}

static void a_writer_exchanges_in_its_folders_alone(void **state)
{
    (void)state;
    check(writing);
}

static void a_new_file_needs_its_folder(void **state)
{
    (void)state;
    check(parents);
}

static void what_is_not_in_force_is_said(void **state)
{
    char text[CONFINE_TEXT_SIZE];

    (void)state;
    assert_non_null(strstr(confine_text(&(struct sandbox_active){true, 7}, text), "ABI 7"));
    assert_non_null(strstr(text, "system calls filtered"));
    assert_non_null(
        strstr(confine_text(&(struct sandbox_active){false, 1}, text), "ABI 1; not in"));
    assert_non_null(strstr(text, "not filtered"));
    assert_non_null(
        strstr(confine_text(&(struct sandbox_active){true, 0}, text), "not restricted"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_reader_writes_nothing, site_kit_empty),
        cmocka_unit_test_setup(a_writer_exchanges_in_its_folders_alone, site_kit_empty),
        cmocka_unit_test_setup(a_new_file_needs_its_folder, site_kit_empty),
        cmocka_unit_test(what_is_not_in_force_is_said),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
