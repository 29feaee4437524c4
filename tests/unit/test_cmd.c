/* SPDX-License-Identifier: MIT */
/* Command tables: parsing, exit codes, JSON, help, man page and completion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/buf.h"
#include "base/cmd.h"
#include "base/fsio.h"
#include "tests/unit/scratch.h"

static struct err err;

static const char *seen_name, *seen_dir;
static size_t seen_files, seen_args;
static uint64_t seen_days;

static bool run_good(struct cmd_call *call, struct err *e)
{
    const char *const *files;

    seen_name = cmd_value(call, "name");
    seen_dir = cmd_value(call, "dir");
    seen_files = cmd_values(call, "file", &files);
    seen_args = (size_t)call->arg_count;
    if (!cmd_number(call, "days", &seen_days, 1, 400, 180, e)) {
        return false;
    }
    cmd_say(call, "said\n");
    cmd_result(call, "result\n");
    jout_text(call->result, "name", seen_name);
    if (cmd_flag(call, "warn")) {
        cmd_warn(call, "careful with %s", "\033[1m");
    }
    call->exit_code = cmd_flag(call, "pending") ? 3 : 0;
    return true;
}

static bool run_bad(struct cmd_call *call, struct err *e)
{
    jout_text(call->result, "bundle", "x.tar");
    return err_set(e, ERR_SIGNATURE_VALUE, "x.tar: the signature does not hold");
}

static const struct cmd_option good_options[] = {
    {"name", 'n', "NAME", "the name", false}, {"file", 0, "FILE", "a file", true},
    {"days", 0, "DAYS", "how long", false},   {"warn", 0, NULL, "warn", false},
    {"pending", 0, NULL, "exit 3", false},    {NULL, 0, NULL, NULL, false},
};
static const struct cmd_option common[] = {
    {"dir", 'C', "DIR", "the workspace", false},
    {NULL, 0, NULL, NULL, false},
};
static const struct cmd commands[] = {
    {"good", "[ARG]...", 0, 2, "Do good", "Paragraph one.\n\n.Second starts with a dot.",
     good_options, run_good},
    {"bad", "BUNDLE", 1, 1, "Do bad", "", NULL, run_bad},
    {"trust show", "", 0, 0, "Show the trust set", "", NULL, run_good},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, NULL},
};
static const struct cmd_program program = {"prog", "A program", "It does things.", commands,
                                           common};

/* Runs a command line with standard output and error in files; what they got is in out and said. */
static char out[20000], said[20000];

static void slurp(const char *name, char *to, size_t size)
{
    struct buf buf;

    buf_init(&buf, size - 1);
    assert_true(fsio_read_file(scratch(name), size - 1, &buf, &err));
    memcpy(to, buf_text(&buf), buf.len + 1);
    buf_release(&buf);
}

static int run(const char *line)
{
    char copy[500], *argv[20];
    int argc = 0, exit_code, saved_out = dup(1), saved_err = dup(2);

    snprintf(copy, sizeof copy, "%s", line);
    for (char *p = copy; *p != '\0';) {
        argv[argc++] = p;
        p += strcspn(p, " ");
        if (*p == ' ') {
            *p++ = '\0';
        }
    }
    argv[argc] = NULL;
    fflush(stdout);
    assert_non_null(freopen(scratch("out"), "w", stdout));
    assert_non_null(freopen(scratch("said"), "w", stderr));
    exit_code = cmd_main(&program, argc, argv);
    fflush(stderr);
    assert_true(dup2(saved_out, 1) >= 0 && dup2(saved_err, 2) >= 0);
    close(saved_out);
    close(saved_err);
    slurp("out", out, sizeof out);
    slurp("said", said, sizeof said);
    return exit_code;
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    assert_int_equal(run("prog -C ws good a --name n --file 1 --file=2 b"), 0);
    assert_string_equal(out, "said\nresult\n");
    assert_int_equal(seen_files, 2);
    assert_int_equal(seen_args, 2);
    assert_int_equal(seen_days, 180);
    assert_int_equal(run("prog good -C ws --days 7 --quiet"), 0);
    assert_string_equal(out, "result\n");
    assert_int_equal(seen_days, 7);
    assert_int_equal(run("prog trust show"), 0);
    assert_int_equal(run("prog good --pending"), 3);
    assert_int_equal(run("prog good -- --name"), 0);
    assert_int_equal(seen_args, 1);
}

static void wrong_usage_is_2_and_says_what(void **state)
{
    static const char *const rows[][2] = {
        {"prog goo", "did you mean 'good'"},
        {"prog zzz", "unknown command 'zzz'"},
        {"prog good --nonsense", "--nonsense"},
        {"prog good --name", "--name needs a value"},
        {"prog good --days 0", "from 1 to 400"},
        {"prog good --days 401", "from 1 to 400"},
        {"prog good --name a --name b", "given twice"},
        {"prog good 1 2 3", "does not take '3'"},
        {"prog bad", "needs: BUNDLE"},
        {"prog trust", "unknown command"},
        {"prog --nonsense good", "--nonsense"},
        {"prog good -n", "--name needs a value"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(run(rows[i][0]), 2);
        if (strstr(said, rows[i][1]) == NULL || strstr(said, "--help'") == NULL) {
            fail_msg("%s: %s", rows[i][0], said);
        }
        assert_string_equal(out, "");
    }
    assert_int_equal(run("prog"), 2);
    assert_non_null(strstr(said, "Commands:"));
}

static void json_is_one_object_in_every_case(void **state)
{
    (void)state;
    assert_int_equal(run("prog good --json --name x --warn"), 0);
    assert_string_equal(
        out, "{\n  \"name\": \"x\",\n  \"warnings\": [\n    \"careful with \\\\x1b[1m\"\n"
             "  ],\n  \"ok\": true,\n  \"exit\": 0\n}\n");
    assert_string_equal(said, "");
    assert_int_equal(run("prog --json bad x"), 11);
    assert_non_null(strstr(out, "\"ok\": false"));
    assert_non_null(strstr(out, "\"exit\": 11"));
    assert_non_null(strstr(out, "\"reason\": \"signature.value\""));
    assert_non_null(strstr(out, "\"bundle\": \"x.tar\""));
    assert_int_equal(run("prog good --json --nonsense"), 2);
    assert_non_null(strstr(out, "\"reason\": \"usage\""));
}

static void refusals_carry_reason_and_code(void **state)
{
    (void)state;
    assert_int_equal(run("prog bad x"), 11);
    assert_string_equal(said, "prog: x.tar: the signature does not hold\n"
                              "prog: reason signature.value, exit 11\n");
    assert_int_equal(run("prog good --warn"), 0);
    assert_string_equal(said, "warning: careful with \\x1b[1m\n");
}

static void help_and_version(void **state)
{
    (void)state;
    assert_int_equal(run("prog --help"), 0);
    assert_non_null(strstr(out, "trust show"));
    assert_int_equal(run("prog good --help"), 0);
    assert_non_null(strstr(out, "Usage: prog good [OPTION]... [ARG]..."));
    assert_non_null(strstr(out, "-n, --name NAME"));
    assert_non_null(strstr(out, "-C, --dir DIR"));
    assert_int_equal(run("prog bad --help"), 0);
    assert_int_equal(run("prog --version"), 0);
    assert_string_equal(out, "prog " PINFERRY_VERSION "\n");
}

static void a_full_disk_behind_stdout_is_30(void **state)
{
    char *argv[] = {(char[]){"prog"}, (char[]){"good"}, NULL};
    int saved = dup(1), saved_err = dup(2), exit_code;

    (void)state;
    fflush(stdout);
    if (freopen("/dev/full", "w", stdout) == NULL) {
        skip();
    }
    assert_non_null(freopen(scratch("said"), "w", stderr));
    exit_code = cmd_main(&program, 2, argv);
    clearerr(stdout);
    fflush(stderr);
    assert_true(dup2(saved, 1) >= 0 && dup2(saved_err, 2) >= 0);
    close(saved);
    close(saved_err);
    assert_int_equal(exit_code, 30);
}

static void man_page_and_completion_name_everything(void **state)
{
    FILE *file = fopen(scratch("man"), "w");

    (void)state;
    assert_non_null(file);
    assert_true(cmd_print_man(&program, "1.2.3", file));
    fclose(file);
    slurp("man", out, sizeof out);
    assert_non_null(strstr(out, ".TH prog 1"));
    assert_non_null(strstr(out, "\n\\&.Second starts"));
    assert_non_null(strstr(out, "\\-\\-name NAME"));
    assert_non_null(strstr(out, ".B 24\n"));
    file = fopen(scratch("completion"), "w");
    assert_non_null(file);
    assert_true(cmd_print_completion(&program, file));
    fclose(file);
    slurp("completion", out, sizeof out);
    assert_non_null(strstr(out, "complete -F _prog prog"));
    assert_non_null(strstr(out, "--days"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(wrong_usage_is_2_and_says_what),
        cmocka_unit_test(json_is_one_object_in_every_case),
        cmocka_unit_test(refusals_carry_reason_and_code),
        cmocka_unit_test(help_and_version),
        cmocka_unit_test(man_page_and_completion_name_everything),
        cmocka_unit_test(a_full_disk_behind_stdout_is_30),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
