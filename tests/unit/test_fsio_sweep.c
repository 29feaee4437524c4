/* SPDX-License-Identifier: MIT */
/* What a killed writer left goes; what a living one writes, and what others own, stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsio.h"
#include "tests/unit/scratch.h"

static struct err err;
static int held; /* the writer waits for its end */

static size_t count(void)
{
    struct fsio_names names;
    size_t found;

    assert_true(fsio_list(scratch_dir, 100, &names, &err));
    found = names.count;
    fsio_names_release(&names);
    return found;
}

static void put(const char *name)
{
    assert_true(fsio_write_new(scratch(name), "x", 1, 0600, &err));
}

/* A child that has begun to write a file, and is then killed if `killed`; else it waits. */
static pid_t writer(bool killed)
{
    int ready[2], hold[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(hold), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fsio_out *out = fsio_create(scratch("state.xml"), 0600, &err);

        if (out == NULL || !fsio_write(out, "half", 4, &err) || write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        if (killed) {
            raise(SIGKILL);
        }
        close(hold[1]);
        _exit(read(hold[0], &byte, 1) == 0 ? 0 : 1); /* until the parent ends, at the latest */
    }
    close(ready[1]);
    close(hold[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    held = hold[1];
    return child;
}

static void end(pid_t child)
{
    int status;

    kill(child, SIGKILL);
    close(held);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void what_a_killed_writer_left_goes(void **state)
{
    (void)state;
    put("state.xml");
    end(writer(true));
    assert_int_equal(count(), 2);
    fsio_sweep(scratch_dir);
    assert_int_equal(count(), 1);
    scratch_empty(scratch_dir);
}

static void what_a_living_writer_writes_stays(void **state)
{
    pid_t child = writer(false);

    (void)state;
    fsio_sweep(scratch_dir);
    assert_int_equal(count(), 1);
    end(child);
    fsio_sweep(scratch_dir);
    assert_int_equal(count(), 0);
}

static void other_names_stay(void **state)
{
    static const char *const names[] = {
        ".tmpAbC123", "a.tmp12345",  "a.tmp1234567", "a.tmp12345-", "a.tmp12.456",
        "a.TMPabcde", "atmpAbC1234", "a.tmpAbC123~", "a.tmp",       "tmpAbC123",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        put(names[i]);
    }
    fsio_sweep(scratch_dir);
    assert_int_equal(count(), sizeof names / sizeof names[0]);
    put("a.tmpAbC123");
    fsio_sweep(scratch_dir);
    assert_int_equal(count(), sizeof names / sizeof names[0]);
    scratch_empty(scratch_dir);
}

static void links_folders_pipes_and_second_names_stay(void **state)
{
    (void)state;
    put("kept");
    assert_int_equal(symlink("kept", scratch("link.tmpAbC123")), 0);
    assert_int_equal(mkdir(scratch("folder.tmpAbC123"), 0700), 0);
    assert_int_equal(mkfifo(scratch("pipe.tmpAbC123"), 0600), 0);
    put("one.tmpAbC123");
    assert_int_equal(link(scratch("one.tmpAbC123"), scratch("two")), 0);
    fsio_sweep(scratch_dir);
    assert_int_equal(count(), 6);
    fsio_sweep(scratch("absent"));
    fsio_sweep(scratch("kept"));
    scratch_empty(scratch_dir);
}

static void the_files_of_others_stay(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip(); /* only root can give a file away */
    }
    put("theirs.tmpAbC123");
    assert_int_equal(chown(scratch("theirs.tmpAbC123"), 65534, 65534), 0);
    fsio_sweep(scratch_dir);
    assert_int_equal(count(), 1);
    scratch_empty(scratch_dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_killed_writer_left_goes),
        cmocka_unit_test(what_a_living_writer_writes_stays),
        cmocka_unit_test(other_names_stay),
        cmocka_unit_test(links_folders_pipes_and_second_names_stay),
        cmocka_unit_test(the_files_of_others_stay),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
