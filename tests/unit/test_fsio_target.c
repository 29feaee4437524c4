/* SPDX-License-Identifier: MIT */
/* The exchange of a production file: refusals, metadata, and another writer at the wrong moment. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fsio.h"
#include "tests/unit/scratch.h"

static struct err err;

static int fresh(void **state)
{
    if (scratch_make(state) != 0 || !fsio_make_dir(scratch("site"), 0755, &err) ||
        !fsio_make_dir(scratch("stage"), 0700, &err)) {
        return -1;
    }
    return fsio_write_new(scratch("site/web.config"), "old", 3, 0640, &err) ? 0 : -1;
}

static void assert_content(const char *name, const char *text)
{
    struct buf buf;

    buf_init(&buf, 100);
    assert_true(fsio_read_file(scratch(name), 100, &buf, &err));
    assert_string_equal(buf_text(&buf), text);
    buf_release(&buf);
}

static void an_exchange_keeps_metadata(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);
    bool attributes = setxattr(scratch("site/web.config"), "user.note", "kept", 4, 0) == 0;
    char value[8] = {0};
    struct stat st;
    struct buf buf;

    (void)state;
    assert_non_null(t);
    buf_init(&buf, 100);
    assert_true(fsio_target_read(t, &buf, &err));
    assert_string_equal(buf_text(&buf), "old");
    assert_true(fsio_target_writable(t, &err));
    assert_true(fsio_target_stage(t, scratch("stage/1"), "newer", 5, &err));
    assert_true(fsio_target_swap(t, scratch("stage/1"), "old", 3, &err));
    fsio_target_close(t);
    assert_content("site/web.config", "newer");
    assert_content("stage/1", "old");
    assert_int_equal(stat(scratch("site/web.config"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    if (attributes) {
        assert_int_equal(getxattr(scratch("site/web.config"), "user.note", value, 8), 4);
        assert_string_equal(value, "kept");
    }
    buf_release(&buf);
}

static void links_are_refused(void **state)
{
    (void)state;
    assert_int_equal(symlink("site", scratch("way")), 0);
    assert_null(fsio_target_open(scratch("way/web.config"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_LINK);
    assert_int_equal(symlink("web.config", scratch("site/sym")), 0);
    assert_null(fsio_target_open(scratch("site/sym"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_LINK);
    assert_int_equal(link(scratch("site/web.config"), scratch("site/hard")), 0);
    assert_null(fsio_target_open(scratch("site/web.config"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_LINK);
}

static void what_is_no_usable_file_is_refused(void **state)
{
    (void)state;
    assert_null(fsio_target_open(scratch("site/absent"), 100, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    assert_null(fsio_target_open(scratch("site"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_FILE);
    assert_int_equal(mkfifo(scratch("site/fifo"), 0600), 0);
    assert_null(fsio_target_open(scratch("site/fifo"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_FILE);
    assert_null(fsio_target_open(scratch("site/web.config"), 2, &err));
    assert_int_equal(err.code, ERR_TARGET_SIZE);
}

static void another_writer_wins_and_is_told(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);

    (void)state;
    assert_non_null(t);
    assert_true(fsio_target_stage(t, scratch("stage/1"), "mine", 4, &err));
    /* An editor that replaces the file, after the plan was made. */
    assert_true(fsio_replace(scratch("site/web.config"), "edited", 6, 0640, &err));
    assert_false(fsio_target_swap(t, scratch("stage/1"), "old", 3, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_content("site/web.config", "edited");
    assert_content("stage/1", "mine");
    fsio_target_close(t);
    /* One that writes in place. */
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    assert_true(fsio_append(scratch("site/web.config"), "!", 1, 0640, &err));
    assert_false(fsio_target_swap(t, scratch("stage/1"), "edited", 6, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_content("site/web.config", "edited!");
    fsio_target_close(t);
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    assert_true(fsio_remove(scratch("site/web.config"), &err));
    assert_false(fsio_target_swap(t, scratch("stage/1"), "edited!", 7, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    fsio_target_close(t);
}

static void staging_leaves_nothing_on_failure(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);
    enum fsio_kind kind;

    (void)state;
    assert_true(fsio_target_stage(t, scratch("stage/1"), "x", 1, &err));
    assert_false(fsio_target_stage(t, scratch("stage/1"), "y", 1, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    assert_content("stage/1", "x");
    if (access("/dev/shm", W_OK) == 0) {
        char path[64];

        snprintf(path, sizeof path, "/dev/shm/pinferry-unit-%ld", (long)getpid());
        assert_false(fsio_target_stage(t, path, "x", 1, &err));
        assert_int_equal(err.code, ERR_TARGET_VOLUME);
        assert_true(fsio_kind(path, &kind, &err));
        assert_int_equal(kind, FSIO_ABSENT);
    }
    fsio_target_close(t);
}

static void a_read_only_target_is_refused(void **state)
{
    struct fsio_target *t;

    (void)state;
    if (geteuid() == 0) { /* root is not bound by modes: be somebody else for a moment */
        assert_int_equal(chmod(scratch_dir, 0755), 0);
        assert_int_equal(chmod(scratch("site/web.config"), 0444), 0);
        assert_int_equal(seteuid(65534), 0);
    } else {
        assert_int_equal(chmod(scratch("site"), 0555), 0);
    }
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    assert_non_null(t);
    assert_false(fsio_target_writable(t, &err));
    assert_int_equal(err.code, ERR_TARGET_ACCESS);
    fsio_target_close(t);
    if (getuid() == 0) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(chmod(scratch("site"), 0755), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_exchange_keeps_metadata, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(links_are_refused, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(what_is_no_usable_file_is_refused, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(another_writer_wins_and_is_told, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(staging_leaves_nothing_on_failure, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(a_read_only_target_is_refused, fresh, scratch_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
