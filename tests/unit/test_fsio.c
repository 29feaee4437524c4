/* SPDX-License-Identifier: MIT */
/* Files and folders: what is refused, what is atomic, who may write where. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsio.h"
#include "tests/unit/scratch.h"

static struct err err;

static void write_new_then_read(void **state)
{
    struct buf buf;
    struct stat st;

    (void)state;
    umask(0777);
    assert_true(fsio_write_new(scratch("a"), "hello", 5, 0640, &err));
    umask(022);
    assert_int_equal(stat(scratch("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_false(fsio_write_new(scratch("a"), "other", 5, 0640, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    buf_init(&buf, 100);
    assert_true(fsio_read_file(scratch("a"), 5, &buf, &err));
    assert_true(buf_is(&buf, "hello", 5));
    assert_false(fsio_read_file(scratch("a"), 4, &buf, &err));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    assert_int_equal(buf.len, 0);
    assert_true(fsio_replace(scratch("a"), "new", 3, 0600, &err));
    assert_true(fsio_read_file(scratch("a"), 100, &buf, &err));
    assert_true(buf_is(&buf, "new", 3));
    assert_true(fsio_append(scratch("a"), "er", 2, 0600, &err));
    umask(0777);
    assert_true(fsio_append(scratch("log"), "line\n", 5, 0644, &err));
    umask(022);
    assert_int_equal(stat(scratch("log"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(symlink("log", scratch("log2")), 0);
    assert_false(fsio_append(scratch("log2"), "line\n", 5, 0644, &err));
    assert_int_equal(err.code, ERR_IO_KIND);
    assert_false(fsio_append(scratch("no/log"), "line\n", 5, 0644, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    assert_true(fsio_read_file(scratch("a"), 100, &buf, &err));
    assert_true(buf_is(&buf, "newer", 5));
    buf_release(&buf);
}

static void only_plain_files_are_read(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 100);
    assert_int_equal(mkfifo(scratch("fifo"), 0600), 0);
    assert_int_equal(symlink(scratch("a"), scratch("link")), 0);
    assert_false(fsio_read_file(scratch("fifo"), 100, &buf, &err));
    assert_int_equal(err.code, ERR_IO_KIND);
    assert_false(fsio_read_file(scratch("link"), 100, &buf, &err));
    assert_int_equal(err.code, ERR_IO_KIND);
    assert_false(fsio_read_file(scratch_dir, 100, &buf, &err));
    assert_int_equal(err.code, ERR_IO_KIND);
    assert_false(fsio_read_file("/dev/null", 100, &buf, &err));
    assert_int_equal(err.code, ERR_IO_KIND);
    assert_false(fsio_read_file(scratch("nothing"), 100, &buf, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    assert_null(fsio_open(scratch("fifo"), &err));
    assert_int_equal(err.code, ERR_IO_KIND);
    buf_release(&buf);
}

static void kinds_are_told_apart(void **state)
{
    enum fsio_kind kind;

    (void)state;
    assert_true(fsio_kind(scratch("nothing"), &kind, &err));
    assert_int_equal(kind, FSIO_ABSENT);
    assert_true(fsio_kind(scratch_dir, &kind, &err));
    assert_int_equal(kind, FSIO_DIR);
    assert_int_equal(symlink("x", scratch("l2")), 0);
    assert_true(fsio_kind(scratch("l2"), &kind, &err));
    assert_int_equal(kind, FSIO_LINK);
    assert_true(fsio_kind("/dev/null", &kind, &err));
    assert_int_equal(kind, FSIO_OTHER);
}

static size_t entries(void)
{
    struct fsio_names names;
    size_t count;

    assert_true(fsio_list(scratch_dir, 1000, &names, &err));
    count = names.count;
    fsio_names_release(&names);
    return count;
}

static void a_staged_file_appears_whole_or_not(void **state)
{
    size_t before = entries();
    struct fsio_out *out = fsio_create(scratch("staged"), 0644, &err);
    enum fsio_kind kind;

    (void)state;
    assert_non_null(out);
    assert_true(fsio_write(out, "abc", 3, &err));
    assert_true(fsio_kind(scratch("staged"), &kind, &err));
    assert_int_equal(kind, FSIO_ABSENT);
    fsio_discard(out);
    assert_int_equal(entries(), before);
    out = fsio_create(scratch("staged"), 0644, &err);
    assert_true(fsio_write(out, "abc", 3, &err));
    assert_true(fsio_commit(out, false, &err));
    out = fsio_create(scratch("staged"), 0644, &err);
    assert_false(fsio_commit(out, false, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    assert_int_equal(entries(), before + 1);
    assert_null(fsio_create(scratch("no/where"), 0644, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
}

static void a_staged_file_is_read_before_it_has_its_name(void **state)
{
    struct fsio_out *out = fsio_create(scratch("reread"), 0600, &err);
    struct fsio_file *file;
    char bytes[8];
    size_t got;

    (void)state;
    assert_non_null(out);
    assert_true(fsio_write(out, "abc", 3, &err));
    file = fsio_reread(out, &err);
    assert_non_null(file);
    assert_true(fsio_read(file, bytes, sizeof bytes, &got, &err));
    assert_int_equal(got, 3);
    assert_memory_equal(bytes, "abc", 3);
    fsio_close(file);
    fsio_discard(out);
}

static void streams_read_to_the_end(void **state)
{
    struct fsio_file *file;
    char bytes[8];
    size_t got;

    (void)state;
    assert_true(fsio_write_new(scratch("stream"), "0123456789", 10, 0600, &err));
    file = fsio_open(scratch("stream"), &err);
    assert_non_null(file);
    assert_int_equal(fsio_size(file), 10);
    assert_true(fsio_read(file, bytes, 8, &got, &err));
    assert_int_equal(got, 8);
    assert_true(fsio_read(file, bytes, 8, &got, &err));
    assert_int_equal(got, 2);
    assert_true(fsio_read(file, bytes, 8, &got, &err));
    assert_int_equal(got, 0);
    fsio_close(file);
    fsio_close(NULL);
}

static void a_lock_excludes_another_process(void **state)
{
    static struct fsio_lock *lock; /* static: the child has it too, and valgrind looks there */
    int status = 0;
    pid_t child;

    (void)state;
    lock = fsio_lock_take(scratch("lock"), &err);
    assert_non_null(lock);
    child = fork();
    if (child == 0) {
        _exit(fsio_lock_take(scratch("lock"), &err) == NULL && err.code == ERR_LOCKED ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fsio_lock_release(lock);
    lock = fsio_lock_take(scratch("lock"), &err);
    assert_non_null(lock);
    fsio_lock_release(lock);
}

static void paths_are_taken_apart_and_joined(void **state)
{
    static const char *const rows[][2] = {{"a/b", "a"}, {"b", "."}, {"/b", "/"}, {"/a/b", "/a"}};
    char *text;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text = fsio_parent(rows[i][0], &err);
        assert_string_equal(text, rows[i][1]);
        free(text);
    }
    text = fsio_join("/", "x", &err);
    assert_string_equal(text, "/x");
    free(text);
    text = fsio_join("a", "x", &err);
    assert_string_equal(text, "a/x");
    free(text);
}

static void paths_are_judged_by_their_text(void **state)
{
    static const struct {
        const char *path, *name;
        size_t trimmed;
        bool absolute;
    } rows[] = {
        {"a/b", "b", 3, false}, {"b", "b", 1, false}, {"/b", "b", 2, true}, {"a/b//", "", 3, false},
        {"/", "", 1, true},     {"//", "", 1, true},  {"", "", 0, false},   {"./a", "a", 3, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(fsio_name(rows[i].path), rows[i].name);
        assert_int_equal(fsio_trimmed(rows[i].path), rows[i].trimmed);
        assert_int_equal(fsio_is_absolute(rows[i].path), rows[i].absolute);
    }
    assert_true(fsio_is_absolute(fsio_site_home()));
    assert_true(fsio_is_within("/a/b", "/a/b"));
    assert_true(fsio_is_within("/a/b", "/a"));
    assert_true(fsio_is_within("/a/b", "/"));
    assert_false(fsio_is_within("/a/bc", "/a/b"));
    assert_false(fsio_is_within("/a", "/a/b"));
}

static void the_remedy_is_a_command(void **state)
{
    char remedy[FSIO_REMEDY_SIZE];

    (void)state;
    assert_string_equal(fsio_remedy("/a b", 0700, remedy), "chmod 700 '/a b'");
    assert_string_equal(fsio_remedy("/a", 0600, remedy), "chmod 600 '/a'");
}

static void lists_are_sorted_and_capped(void **state)
{
    struct fsio_names names;

    (void)state;
    assert_true(fsio_make_dir(scratch("list"), 0700, &err));
    assert_true(fsio_make_dir(scratch("list"), 0700, &err));
    assert_true(fsio_write_new(scratch("list/b"), "", 0, 0600, &err));
    assert_true(fsio_write_new(scratch("list/a"), "", 0, 0600, &err));
    assert_true(fsio_list(scratch("list"), 2, &names, &err));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.names[0], "a");
    fsio_names_release(&names);
    assert_false(fsio_list(scratch("list"), 1, &names, &err));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    assert_true(fsio_rename(scratch("list/a"), scratch("list/c"), &err));
    assert_true(fsio_remove(scratch("list/c"), &err));
    assert_true(fsio_remove(scratch("list/c"), &err));
    assert_false(fsio_make_dir(scratch("list/b"), 0700, &err));
    assert_int_equal(err.code, ERR_IO_KIND);
}

static void folders_that_others_can_write_are_refused(void **state)
{
    bool is_private = false;

    (void)state;
    assert_true(fsio_make_dir(scratch("own"), 0700, &err));
    assert_true(fsio_check_protected(scratch("own"), &err));
    assert_int_equal(chmod(scratch("own"), 0770), 0);
    assert_false(fsio_check_protected(scratch("own"), &err));
    assert_int_equal(err.code, ERR_STATE_ACCESS);
    assert_non_null(strstr(err.text, "chmod go-w"));
    assert_true(fsio_make_dir(scratch("own/below"), 0700, &err));
    assert_false(fsio_check_protected(scratch("own/below"), &err));
    assert_int_equal(err.code, ERR_STATE_ACCESS);
    assert_int_equal(chmod(scratch("own"), 01777), 0);
    assert_false(fsio_check_protected(scratch("own"), &err));
    if (geteuid() == 0) { /* a sticky parent counts only when root owns it */
        assert_true(fsio_check_protected(scratch("own/below"), &err));
        assert_int_equal(chown(scratch("own/below"), 12345, 12345), 0);
        assert_false(fsio_check_protected(scratch("own/below"), &err));
        assert_int_equal(err.code, ERR_STATE_ACCESS);
    }
    assert_true(fsio_write_new(scratch("key"), "k", 1, 0600, &err));
    assert_true(fsio_is_private(scratch("key"), &is_private, &err));
    assert_true(is_private);
    assert_int_equal(chmod(scratch("key"), 0640), 0);
    assert_true(fsio_is_private(scratch("key"), &is_private, &err));
    assert_false(is_private);
}

/* A link on the way is as good as the folder it stands in. */
static void links_to_a_folder_count_too(void **state)
{
    (void)state;
    assert_true(fsio_make_dir(scratch("real"), 0700, &err));
    assert_true(fsio_make_dir(scratch("held"), 0700, &err));
    assert_true(fsio_make_dir(scratch("open"), 0700, &err));
    assert_int_equal(chmod(scratch("open"), 0777), 0);
    assert_int_equal(symlink("../real", scratch("held/link")), 0);
    assert_int_equal(symlink("../real", scratch("open/link")), 0);
    assert_int_equal(symlink("../open/link", scratch("held/far")), 0);
    assert_int_equal(symlink("loop", scratch("held/loop")), 0);
    assert_true(fsio_check_protected(scratch("held/link"), &err));
    assert_true(fsio_check_protected(scratch("held/../held/./link/"), &err));
    assert_false(fsio_check_protected(scratch("open/link"), &err));
    assert_int_equal(err.code, ERR_STATE_ACCESS);
    assert_false(fsio_check_protected(scratch("held/far"), &err));
    assert_int_equal(err.code, ERR_STATE_ACCESS);
    assert_false(fsio_check_protected(scratch("held/loop"), &err));
    assert_int_equal(err.code, ERR_IO);
    assert_false(fsio_check_protected(scratch("held/absent"), &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    assert_true(fsio_write_new(scratch("held/file"), "", 0, 0600, &err));
    assert_false(fsio_check_protected(scratch("held/file"), &err));
    assert_int_equal(err.code, ERR_STATE_ACCESS);
    if (geteuid() == 0) { /* in a sticky folder a link is its owner's */
        assert_int_equal(chmod(scratch("open"), 01777), 0);
        assert_true(fsio_check_protected(scratch("open/link"), &err));
        assert_int_equal(lchown(scratch("open/link"), 12345, 12345), 0);
        assert_false(fsio_check_protected(scratch("open/link"), &err));
        assert_int_equal(err.code, ERR_STATE_ACCESS);
    }
}

static void volumes_have_a_root(void **state)
{
    char *root = fsio_volume_root(scratch_dir, &err);
    bool same = false;

    (void)state;
    assert_non_null(root);
    assert_true(fsio_same_volume(root, scratch_dir, &same, &err));
    assert_true(same);
    assert_true(fsio_same_volume("/proc", scratch_dir, &same, &err));
    assert_false(same);
    free(root);
}

static void a_full_disk_has_its_own_code(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        skip();
    }
    assert_false(fsio_append("/dev/full", "x", 1, 0600, &err));
    assert_int_equal(err.code, ERR_IO_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_new_then_read),
        cmocka_unit_test(only_plain_files_are_read),
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(a_staged_file_appears_whole_or_not),
        cmocka_unit_test(a_staged_file_is_read_before_it_has_its_name),
        cmocka_unit_test(streams_read_to_the_end),
        cmocka_unit_test(a_lock_excludes_another_process),
        cmocka_unit_test(paths_are_taken_apart_and_joined),
        cmocka_unit_test(paths_are_judged_by_their_text),
        cmocka_unit_test(the_remedy_is_a_command),
        cmocka_unit_test(lists_are_sorted_and_capped),
        cmocka_unit_test(folders_that_others_can_write_are_refused),
        cmocka_unit_test(links_to_a_folder_count_too),
        cmocka_unit_test(volumes_have_a_root),
        cmocka_unit_test(a_full_disk_has_its_own_code),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
