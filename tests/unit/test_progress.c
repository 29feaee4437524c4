/* SPDX-License-Identifier: MIT */
/* The progress line: only on a terminal, only for long work, and gone at the end. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/progress.h"
#include "tests/unit/scratch.h"

/* Standard error leads to a terminal of ours, or to a file when there is none to be had. */
static int master = -1, saved = -1;

static void redirect(bool terminal)
{
    int fd;

    if (terminal) {
        master = posix_openpt(O_RDWR | O_NOCTTY);
        assert_true(master >= 0);
        assert_int_equal(grantpt(master), 0);
        assert_int_equal(unlockpt(master), 0);
        fd = open(ptsname(master), O_RDWR | O_NOCTTY);
    } else {
        fd = open(scratch("said"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    }
    assert_true(fd >= 0);
    fflush(stderr);
    saved = dup(STDERR_FILENO);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    close(fd);
}

/*
 * Ends the redirection; what was shown stands in `text`. A terminal hands it on when it likes, so
 * all is there for certain only once its other end is closed.
 */
static void shown(char *text, size_t size)
{
    int from = master;
    size_t len = 0;
    ssize_t n;

    fflush(stderr);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    if (master < 0) {
        from = open(scratch("said"), O_RDONLY);
    }
    while ((n = read(from, text + len, size - 1 - len)) > 0) {
        len += (size_t)n;
    }
    text[len] = '\0';
    close(from);
    master = -1;
}

static void set_tick(int ms)
{
    char text[16];

    snprintf(text, sizeof text, "%d", ms);
    assert_int_equal(setenv("PINFERRY_TEST_TICK", text, 1), 0);
}

/* Work of `ms` in two steps. */
static void work(bool terminal, bool wanted, uint64_t total, int ms, char *text, size_t size)
{
    struct progress p;

    redirect(terminal);
    set_tick(1000);
    progress_begin(&p, "reading", total, wanted);
    progress_add(&p, 10 << 20);
    set_tick(1000 + ms);
    progress_add(&p, 10 << 20);
    progress_end(&p);
    progress_end(&p);
    shown(text, size);
}

static void long_work_shows_its_share(void **state)
{
    char text[200];

    (void)state;
    work(true, true, 80 << 20, 500, text, sizeof text);
    assert_string_equal(text, "\rreading:  25 %\r\033[K");
}

static void an_unknown_total_shows_the_amount(void **state)
{
    char text[200];

    (void)state;
    work(true, true, 0, 500, text, sizeof text);
    assert_string_equal(text, "\rreading: 20 MiB\r\033[K");
}

static void more_than_all_is_all(void **state)
{
    char text[200];

    (void)state;
    work(true, true, 5, 500, text, sizeof text);
    assert_string_equal(text, "\rreading: 100 %\r\033[K");
}

static void short_work_shows_nothing(void **state)
{
    char text[200];

    (void)state;
    work(true, true, 80 << 20, 499, text, sizeof text);
    assert_string_equal(text, "");
}

static void nothing_is_shown_unless_wanted_on_a_terminal(void **state)
{
    char text[200];

    (void)state;
    work(true, false, 80 << 20, 500, text, sizeof text);
    assert_string_equal(text, "");
    work(false, true, 80 << 20, 500, text, sizeof text);
    assert_string_equal(text, "");
}

static void it_is_redrawn_five_times_a_second(void **state)
{
    struct progress p;
    char text[4000];

    (void)state;
    redirect(true);
    set_tick(1);
    progress_begin(&p, "r", 0, true);
    for (int ms = 2; ms <= 1000; ms++) {
        set_tick(ms);
        progress_add(&p, 1 << 20);
    }
    progress_end(&p);
    shown(text, sizeof text);
    assert_string_equal(text, "\rr: 500 MiB\rr: 700 MiB\rr: 900 MiB\r\033[K");
}

static void without_a_tick_time_passes(void **state)
{
    struct progress p;
    char text[200];

    (void)state;
    assert_int_equal(unsetenv("PINFERRY_TEST_TICK"), 0);
    redirect(true);
    progress_begin(&p, "reading", 0, true);
    p.shown_at -= 3600 * 1000; /* an hour ago */
    progress_add(&p, 1 << 20);
    progress_end(&p);
    shown(text, sizeof text);
    assert_string_equal(text, "\rreading: 1 MiB\r\033[K");
}

static void no_progress_is_legal(void **state)
{
    (void)state;
    progress_add(NULL, 1);
    progress_end(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_work_shows_its_share),
        cmocka_unit_test(an_unknown_total_shows_the_amount),
        cmocka_unit_test(more_than_all_is_all),
        cmocka_unit_test(short_work_shows_nothing),
        cmocka_unit_test(nothing_is_shown_unless_wanted_on_a_terminal),
        cmocka_unit_test(it_is_redrawn_five_times_a_second),
        cmocka_unit_test(without_a_tick_time_passes),
        cmocka_unit_test(no_progress_is_legal),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
