/* SPDX-License-Identifier: MIT */
/* A process that stands by runs its one program when it is told to, and ends with its caller. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

#include "base/fsio.h"
#include "base/proc.h"
#include "base/sandbox.h"
#include "tests/unit/fault_kit.h"
#include "tests/unit/scratch.h"

#define LONG_ENOUGH 60 /* seconds; nothing here takes that long */

static struct err err;

static bool is_there(const char *name)
{
    enum fsio_kind kind;

    assert_true(fsio_kind(scratch(name), &kind, &err));
    return kind != FSIO_ABSENT;
}

static struct proc_standby *start(const char *const argv[], unsigned seconds)
{
    struct proc_standby *standby = proc_standby_start(argv, seconds, &err);

    if (standby == NULL) {
        fail_msg("%s", err.text);
    }
    return standby;
}

static bool in_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

static void it_waits_until_it_is_told(void **state)
{
    const char *argv[] = {"/bin/sh", "-c",           "test -e \"$1\" && exit 7; : >\"$1\"",
                          "sh",      scratch("ran"), NULL};
    struct proc_standby *standby = start(argv, LONG_ENOUGH);
    int status = -1;

    (void)state;
    assert_false(is_there("ran"));
    assert_true(proc_standby_run(standby, &status, &err));
    assert_int_equal(status, 0);
    assert_true(is_there("ran"));
    assert_true(proc_standby_run(standby, &status, &err));
    assert_int_equal(status, 7);
    proc_standby_end(standby);
}

static void it_runs_nothing_when_it_was_not_told(void **state)
{
    const char *argv[] = {"/bin/sh", "-c", ": >\"$1\"", "sh", scratch("never"), NULL};

    (void)state;
    proc_standby_end(start(argv, LONG_ENOUGH));
    proc_standby_end(NULL);
    assert_false(is_there("never"));
}

static void what_goes_wrong_is_told(void **state)
{
    const char *slow[] = {"/bin/sleep", "60", NULL};
    const char *relative[] = {"true", NULL};
    const char *harakiri[] = {"/bin/sh", "-c", "kill -KILL $PPID; exec sleep 60", NULL};
    struct proc_standby *standby = start(slow, 1);
    int status = -1;

    (void)state;
    assert_true(proc_standby_run(standby, &status, &err));
    assert_int_equal(status, PROC_TIMED_OUT);
    proc_standby_end(standby);
    standby = start(relative, LONG_ENOUGH);
    assert_false(proc_standby_run(standby, &status, &err));
    assert_int_equal(err.code, ERR_CONFIG_FORM);
    proc_standby_end(standby);
    standby = start(harakiri, LONG_ENOUGH);
    assert_false(proc_standby_run(standby, &status, &err));
    assert_int_equal(err.code, ERR_IO);
    proc_standby_end(standby);
}

static void what_cannot_be_started_is_told(void **state)
{
    const char *argv[] = {"/no/such/program", NULL};
    struct proc_standby *standby = start(argv, LONG_ENOUGH);
    int status = -1;
    bool done;

    (void)state;
    done = proc_standby_run(standby, &status, &err);
    proc_standby_end(standby);
    if (in_valgrind()) {
        skip(); /* its vfork does not share the memory that the failure is told in */
    }
    assert_false(done);
    assert_int_equal(err.code, ERR_IO_ABSENT);
}

/* A lock that the waiting process still held would keep the next caller out. */
static void it_holds_none_of_the_callers_files(void **state)
{
    const char *argv[] = {"/bin/true", NULL};
    struct proc_standby *standby;
    int held = open(scratch("lock"), O_RDWR | O_CREAT, 0600), other;

    (void)state;
    assert_int_equal(flock(held, LOCK_EX), 0);
    standby = start(argv, LONG_ENOUGH);
    close(held);
    other = open(scratch("lock"), O_RDWR);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    close(other);
    proc_standby_end(standby);
}

/* The caller is in the sandbox, the program is not. */
static int run_from_sandbox(void)
{
    const char *argv[] = {"/bin/sh", "-c", ": >\"$1\" && exit 5", "sh", scratch("outside"), NULL};
    struct proc_standby *standby = proc_standby_start(argv, LONG_ENOUGH, &err);
    struct sandbox_active active;
    int status = -1;

    sandbox_enter(NULL, 0, &active);
    if (standby == NULL || !proc_standby_run(standby, &status, &err)) {
        return 1;
    }
    proc_standby_end(standby);
    return status == 5 ? 0 : 2;
}

static void a_sandboxed_caller_can_have_it_run(void **state)
{
    (void)state;
    if (in_valgrind()) {
        skip(); /* its own calls would fail too */
    }
    assert_int_equal(fault_run(run_from_sandbox), 0);
    assert_true(is_there("outside"));
}

static int dump_nothing(void)
{
    bool before = proc_dumps_off();

    proc_no_dumps();
    return !before && proc_dumps_off() ? 0 : 1;
}

static void dumps_are_off_when_asked_for(void **state)
{
    (void)state;
    assert_int_equal(fault_run(dump_nothing), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_waits_until_it_is_told),
        cmocka_unit_test(it_runs_nothing_when_it_was_not_told),
        cmocka_unit_test(what_goes_wrong_is_told),
        cmocka_unit_test(what_cannot_be_started_is_told),
        cmocka_unit_test(it_holds_none_of_the_callers_files),
        cmocka_unit_test(a_sandboxed_caller_can_have_it_run),
        cmocka_unit_test(dumps_are_off_when_asked_for),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
