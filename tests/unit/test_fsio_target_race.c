/* SPDX-License-Identifier: MIT */
/* Other programs at work between two calls of ours on a production file: nothing may be lost. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "tests/unit/race_kit.h"
#include "tests/unit/scratch.h"

#define TARGET "site/web.config"
#define STAGED "stage/1"

static struct err err;

static int fresh(void **state)
{
    race_exchange = race_fstat = (struct race){0};
    if (scratch_make(state) != 0 || !fsio_make_dir(scratch("site"), 0755, &err) ||
        !fsio_make_dir(scratch("stage"), 0700, &err)) {
        return -1;
    }
    return fsio_write_new(scratch(TARGET), "old", 3, 0640, &err) ? 0 : -1;
}

static void assert_content(const char *name, const char *text)
{
    struct buf buf;

    buf_init(&buf, 100);
    assert_true(fsio_read_file(scratch(name), 100, &buf, &err));
    assert_string_equal(buf_text(&buf), text);
    buf_release(&buf);
}

static void rename_first(void)
{
    assert_true(fsio_replace(scratch(TARGET), "first", 5, 0640, &err));
}

static void rename_second(void)
{
    assert_true(fsio_replace(scratch(TARGET), "second", 6, 0640, &err));
}

static void rename_old(void)
{
    assert_true(fsio_replace(scratch(TARGET), "old", 3, 0640, &err));
}

static void write_in_place(const char *text)
{
    int fd = open(scratch(TARGET), O_WRONLY | O_TRUNC | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void rewrite_second(void)
{
    write_in_place("second");
}

static void rewrite_as_long(void)
{
    write_in_place("MINE");
}

static void append(void)
{
    assert_true(fsio_append(scratch(TARGET), "!", 1, 0640, &err));
}

static void change_mode(void)
{
    assert_int_equal(chmod(scratch(TARGET), 0600), 0);
}

/* Both in front of an exchange: the first is displaced by it, the second by the one back. */
static void swap_between(void (*first)(void), void (*second)(void))
{
    struct fsio_target *t = fsio_target_open(scratch(TARGET), 100, &err);

    assert_non_null(t);
    assert_true(fsio_target_stage(t, scratch(STAGED), "mine", 4, &err));
    race_exchange = (struct race){.before = {first, second}};
    err = (struct err){0};
    assert_false(fsio_target_swap(t, scratch(STAGED), "old", 3, &err));
    race_exchange = (struct race){0};
    fsio_target_close(t);
}

static void one_change_is_put_back(void **state)
{
    (void)state;
    swap_between(rename_first, NULL);
    assert_int_equal(err.code, ERR_CHANGED);
    assert_content(TARGET, "first");
    assert_content(STAGED, "mine");
}

static void the_newest_of_two_changes_stays(void **state)
{
    static const struct {
        void (*second)(void);
        const char *text;
    } cases[] = {
        {rename_second, "second"}, {rewrite_second, "second"}, {rewrite_as_long, "MINE"},
        {append, "mine!"},         {change_mode, "mine"},      {rename_old, "old"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        swap_between(rename_first, cases[i].second);
        assert_int_equal(err.code, ERR_UNFINISHED);
        assert_non_null(strstr(err.text, scratch(STAGED)));
        assert_content(TARGET, cases[i].text);
        assert_content(STAGED, "first");
        assert_true(fsio_remove(scratch(STAGED), &err));
        rename_old();
    }
}

static void a_target_replaced_while_it_is_opened_has_changed(void **state)
{
    struct fsio_target *t;

    (void)state;
    race_fstat = (struct race){.before = {rename_first}};
    assert_null(fsio_target_open(scratch(TARGET), 100, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_non_null(strstr(err.text, "try again"));
    t = fsio_target_open(scratch(TARGET), 100, &err);
    assert_non_null(t);
    fsio_target_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_change_is_put_back, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(the_newest_of_two_changes_stays, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(a_target_replaced_while_it_is_opened_has_changed, fresh,
                                        scratch_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
