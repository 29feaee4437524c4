/* SPDX-License-Identifier: MIT */
/* Other programs are run without anything of ours, and end when their time is over. */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proc.h"
#include "tests/unit/scratch.h"

#define LONG_ENOUGH 60 /* seconds; nothing here takes that long */

static struct err err;

/* The status of a shell script; `argument` is its $1. */
static int script(const char *text, const char *argument, unsigned seconds)
{
    const char *argv[] = {"/bin/sh", "-c", text, "sh", argument, NULL};
    int status = -5000;

    if (!proc_run(argv, seconds, &status, &err)) {
        fail_msg("%s", err.text);
    }
    return status;
}

static void the_status_tells_how_it_ended(void **state)
{
    (void)state;
    assert_int_equal(script("exit 0", "", LONG_ENOUGH), 0);
    assert_int_equal(script("exit 7", "", LONG_ENOUGH), 7);
    assert_int_equal(script("exit 255", "", LONG_ENOUGH), 255);
    assert_int_equal(script("kill -TERM $$", "", LONG_ENOUGH), -SIGTERM);
}

static void arguments_arrive_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(script("test \"$1\" = '; exit 9 $(x) \"*'", "; exit 9 $(x) \"*", LONG_ENOUGH),
                     0);
    assert_int_equal(script("test \"$#\" = 1", "", LONG_ENOUGH), 0);
}

static void nothing_of_ours_is_inherited(void **state)
{
    static const char *const scripts[] = {
        "test \"$PATH\" = /usr/sbin:/usr/bin:/sbin:/bin",
        "test \"$LANG\" = C.UTF-8",
        "test -z \"$PINFERRY_SECRET$HOME$TMPDIR\"",
        ("test \"$(env | grep -cv -e '^PATH=' -e '^LANG=' -e '^PWD=' -e '^_=' -e '^SHLVL=' "
         "-e '^OLDPWD=')\" = 0"),
        "test \"$(pwd)\" = /",
        "! read line",
        "! (: <&7) 2>/dev/null",
        "! (: </dev/tty) 2>/dev/null",
    };
    int held = open("/dev/null", O_RDONLY);

    (void)state;
    assert_true(dup2(held, 7) == 7);
    assert_int_equal(setenv("PINFERRY_SECRET", "x", 1), 0);
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (script(scripts[i], "", LONG_ENOUGH) != 0) {
            fail_msg("%s", scripts[i]);
        }
    }
    close(7);
    close(held);
}

static void what_it_prints_is_dropped(void **state)
{
    int saved = dup(STDOUT_FILENO), file = open(scratch("said"), O_RDWR | O_CREAT, 0600);
    struct stat st;

    (void)state;
    fflush(stdout);
    assert_true(file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    assert_int_equal(script("echo a secret; echo another >&2", "", LONG_ENOUGH), 0);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    assert_int_equal(fstat(file, &st), 0);
    assert_int_equal(st.st_size, 0);
    close(saved);
    close(file);
}

static void signals_are_as_a_program_expects_them(void **state)
{
    sigset_t blocked, before;

    (void)state;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); /* the status must be seen all the same */
    assert_int_equal(script("kill -PIPE $$; exit 3", "", LONG_ENOUGH), -SIGPIPE);
    assert_int_equal(script("kill -USR1 $$; exit 3", "", LONG_ENOUGH), -SIGUSR1);
    assert_true(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void it_is_killed_with_its_group_when_its_time_is_over(void **state)
{
    const char *fifo = scratch("fifo");
    struct pollfd held = {.events = POLLIN};
    char byte;

    (void)state;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    held.fd = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_true(held.fd >= 0);
    assert_int_equal(script("trap '' TERM; exec 9>\"$1\"; echo x >&9; sleep 3600 & wait", fifo, 1),
                     PROC_TIMED_OUT);
    /* Whoever of the group lives on holds the pipe's other end. */
    assert_int_equal(read(held.fd, &byte, 1), 1);
    assert_int_equal(read(held.fd, &byte, 1), 1);
    assert_int_equal(poll(&held, 1, LONG_ENOUGH * 1000), 1);
    assert_int_equal(read(held.fd, &byte, 1), 0);
    close(held.fd);
}

static void assert_refused(const char *path, enum err_code code)
{
    const char *argv[] = {path, NULL};
    int status = 5;

    err.code = ERR_NONE;
    assert_false(proc_run(argv, LONG_ENOUGH, &status, &err));
    assert_int_equal(err.code, code);
    assert_int_equal(status, 5);
}

static void what_cannot_be_started_is_refused(void **state)
{
    FILE *file = fopen(scratch("text"), "w");
    const char *preload = getenv("LD_PRELOAD");

    (void)state;
    assert_non_null(file);
    fputs("exit 0\n", file);
    assert_int_equal(fchmod(fileno(file), 0755), 0);
    fclose(file);
    assert_refused("true", ERR_CONFIG_FORM);
    assert_refused("./true", ERR_CONFIG_FORM);
    assert_refused("", ERR_CONFIG_FORM);
    assert_refused(NULL, ERR_CONFIG_FORM);
    if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
        print_message("SKIP: valgrind's posix_spawn does not tell what exec said\n");
        skip();
    }
    assert_refused(scratch("absent"), ERR_IO_ABSENT);
    assert_non_null(strstr(err.text, "cannot be started"));
    assert_refused(scratch_dir, ERR_IO);
    assert_refused(scratch("text"), ERR_IO); /* no shell steps in for a file of no known kind */
}

/* proc_user of a child that runs as `uid`, with those variables; only root can become another. */
static void assert_user(uid_t uid, const char *sudo, const char *doas, const char *expected)
{
    char name[32];
    int status = 0;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        unsetenv("SUDO_USER");
        unsetenv("DOAS_USER");
        if ((sudo != NULL && setenv("SUDO_USER", sudo, 1) != 0) ||
            (doas != NULL && setenv("DOAS_USER", doas, 1) != 0) ||
            (uid != getuid() && (setgroups(0, NULL) != 0 || setuid(uid) != 0))) {
            _exit(2);
        }
        proc_user(name, sizeof name);
        if (uid != 0) {
            _exit(strcmp(name, expected) != 0);
        }
        exit(strcmp(name, expected) != 0); /* not _exit(), which loses what coverage counts */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail_msg("uid %u, SUDO_USER %s, DOAS_USER %s: not %s", (unsigned)uid, sudo, doas, expected);
    }
}

static void the_account_is_the_person(void **state)
{
    const struct passwd *me = getpwuid(getuid());

    (void)state;
    if (me == NULL) {
        print_message("SKIP: this account has no name\n");
        skip();
    }
    assert_user(getuid(), NULL, NULL, me->pw_name);
}

static void root_is_the_person_behind_it(void **state)
{
    const struct passwd *root = getpwuid(0);

    (void)state;
    if (getuid() != 0 || root == NULL) {
        print_message("SKIP: only root sees this\n");
        skip();
    }
    assert_user(0, "anna", NULL, "anna");
    assert_user(0, NULL, "berta", "berta");
    assert_user(0, "anna", "berta", "anna");
    assert_user(0, "EXAMPLE\\anna k", NULL, "EXAMPLE\\anna k");
    assert_user(0, "", "berta", "berta");
    assert_user(0, "two\nlines", NULL, root->pw_name);
    assert_user(0, "a name of more than 31 characters", NULL, root->pw_name);
    /* Anybody can set a variable. */
    assert_user(54321, "anna", NULL, "uid 54321");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_tells_how_it_ended),
        cmocka_unit_test(arguments_arrive_as_they_are),
        cmocka_unit_test(nothing_of_ours_is_inherited),
        cmocka_unit_test(what_it_prints_is_dropped),
        cmocka_unit_test(signals_are_as_a_program_expects_them),
        cmocka_unit_test(it_is_killed_with_its_group_when_its_time_is_over),
        cmocka_unit_test(what_cannot_be_started_is_refused),
        cmocka_unit_test(the_account_is_the_person),
        cmocka_unit_test(root_is_the_person_behind_it),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
