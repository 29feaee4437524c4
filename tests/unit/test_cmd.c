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

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
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

static bool run_said(struct cmd_call *call, struct err *e)
{
    cmd_say(call, "said\n");
    return run_bad(call, e);
}

static bool run_silent(struct cmd_call *call, struct err *e)
{
    (void)call;
    (void)e;
    return false;
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
static const struct cmd_option clashing[] = {
    {"colour", 'q', NULL, "the letter of --quiet", false},
    {NULL, 0, NULL, NULL, false},
};
static const struct cmd_option repeated[] = {
    {"dir", 0, NULL, "a common option", false},
    {NULL, 0, NULL, NULL, false},
};
static const struct cmd commands[] = {
    {"good", "[ARG]...", 0, 2, "Do good", "Paragraph one.\n\n.Second starts with a dot.",
     good_options, run_good},
    {"bad", "BUNDLE", 1, 1, "Do bad", "", NULL, run_bad},
    {"trust show", "", 0, 0, "Show the trust set", NULL, good_options, run_good},
    {"trust step", "FILE", 1, 1, "Step the trust set", "", NULL, run_good},
    {"silent", "", 0, 0, "Fail without a reason", "", NULL, run_silent},
    {"said", "", 0, 0, "Fail behind some output", "", NULL, run_said},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, NULL},
};
static const struct cmd_program program = {
    "prog", "A program",
    "It does 'things'.\n\nLike this:\n\n  prog good --name x\n  prog bad\n\n"
    "FILES\n/var/lib/prog\n  What it keeps.\n/etc/prog\n  What it is told.\n\nENVIRONMENT\n"
    "NO_COLOR\n  No colours.",
    commands, common};

static const struct cmd_program *table = &program;

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

static int run_to(const char *to, const char *line)
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
    assert_non_null(freopen(to, "w", stdout));
    assert_non_null(freopen(scratch("said"), "w", stderr));
    exit_code = cmd_main(table, argc, argv);
    clearerr(stdout);
    fflush(stderr);
    assert_true(dup2(saved_out, 1) >= 0 && dup2(saved_err, 2) >= 0);
    close(saved_out);
    close(saved_err);
    slurp("said", said, sizeof said);
    return exit_code;
}

static int run(const char *line)
{
    int exit_code = run_to(scratch("out"), line);

    slurp("out", out, sizeof out);
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
    assert_int_equal(run("prog -C ws trust --quiet show -nx"), 0);
    assert_non_null(seen_dir);
    assert_non_null(seen_name);
    assert_string_equal(out, "result\n");
    assert_int_equal(run("prog -- good"), 0);
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
        {"prog trust", "needs one of: show, step"},
        {"prog trust sho", "takes one of: show, step"},
        {"prog ogod", "did you mean 'good'"},
        {"prog b", "unknown command 'b'\n"},
        {"prog trsut show", "did you mean 'trust show'"},
        {"prog averyveryverylongwordthatnocommandhas", "unknown command"},
        {"prog good --quiet=x", "--quiet takes no value"},
        {"prog good -qz", "unknown option '-z'"},
        {"prog good --wa=1", "--warn takes no value"},
        {"prog good --ver", "several that begin so"},
        {"prog good --days 1x", "from 1 to 400"},
        {"prog bad --name x y", "unknown option '--name'"},
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
    assert_non_null(strstr(said, "\nExit codes:\n   0  done, or nothing to do\n"));
    assert_non_null(strstr(said, "\n  18  not enrolled, enrolled already, or state damaged\n"));
    assert_non_null(strstr(said, "reason usage, exit 2\n"));
    assert_string_equal(out, "");
    assert_int_equal(run("prog good 1 2 3"), 2);
    assert_string_equal(said, "prog: 'good' does not take '3'\nTry 'prog good --help'.\n"
                              "prog: reason usage, exit 2\n");
}

static void a_table_that_hides_an_option_is_a_fault(void **state)
{
    static const struct cmd clash[] = {
        {"letter", "", 0, 0, "Clash", "", clashing, run_good},
        {"key", "", 0, 0, "Clash", "", repeated, run_good},
        {NULL, NULL, 0, 0, NULL, NULL, NULL, NULL},
    };
    static const struct cmd_program wrong = {"prog", "A program", "", clash, common};

    (void)state;
    table = &wrong;
    assert_int_equal(run("prog letter"), 1);
    assert_non_null(strstr(said, "--colour or its letter is in a table twice"));
    assert_int_equal(run("prog key"), 1);
    assert_non_null(strstr(said, "--dir or its letter is in a table twice"));
    table = &program;
}

static void json_is_one_object_in_every_case(void **state)
{
    (void)state;
    assert_int_equal(run("prog good --json --name x --warn"), 0);
    assert_string_equal(out, "{\n  \"ok\": true,\n  \"exit\": 0,\n  \"name\": \"x\",\n"
                             "  \"warnings\": [\n    \"careful with \\\\x1b[1m\"\n  ]\n}\n");
    assert_string_equal(said, "");
    assert_int_equal(run("prog --json bad x"), 11);
    assert_non_null(strstr(out, "\"ok\": false"));
    assert_non_null(strstr(out, "\"exit\": 11"));
    assert_non_null(strstr(out, "\"reason\": \"signature.value\""));
    assert_non_null(strstr(out, "\"bundle\": \"x.tar\""));
    assert_int_equal(run("prog good --json --nonsense"), 2);
    assert_non_null(strstr(out, "\"reason\": \"usage\""));
    assert_int_equal(run("prog --json"), 2);
    assert_non_null(strstr(out, "\"reason\": \"usage\""));
    assert_string_equal(said, "");
    assert_int_equal(run("prog good --json --pending"), 3);
    assert_non_null(strstr(out, "\"ok\": true,\n  \"exit\": 3,"));
    assert_int_equal(run("prog --json --version"), 0);
    assert_string_equal(out, "{\n  \"ok\": true,\n  \"exit\": 0,\n  \"program\": \"prog\",\n"
                             "  \"version\": \"" PINFERRY_VERSION "\"\n}\n");
    assert_int_equal(run("prog good -- --json"), 0); /* behind "--" it is an operand */
    assert_string_equal(out, "said\nresult\n");
    assert_int_equal(run("prog good --name --json"), 0); /* and here a value */
    assert_string_equal(out, "said\nresult\n");
}

static void refusals_carry_reason_and_code(void **state)
{
    (void)state;
    assert_int_equal(run("prog bad x"), 11);
    assert_string_equal(said, "prog: x.tar: the signature does not hold\n"
                              "prog: reason signature.value, exit 11\n");
    assert_int_equal(run("prog silent"), 1);
    assert_non_null(strstr(said, "reason internal, exit 1\n"));
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
    assert_int_equal(run("prog trust --help"), 0);
    assert_non_null(strstr(out, "Commands:"));
    assert_int_equal(run("prog trust show --help"), 0);
    assert_non_null(strstr(out, "Usage: prog trust show"));
    assert_int_equal(run("prog --json bad --help"), 0);
    assert_memory_equal(out, "Usage: prog bad", 15);
    assert_int_equal(run("prog --version"), 0);
    assert_string_equal(out, "prog " PINFERRY_VERSION "\n");
}

/* The last line, which scripts look at, tells what the exit code tells. */
static void assert_ends_in_11(void)
{
    static const char last[] = "\nprog: reason signature.value, exit 11\n";

    assert_non_null(strstr(said, "reason io.full, exit 30\n"));
    assert_string_equal(said + strlen(said) - (sizeof last - 1), last);
}

static void lost_output_is_30(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        print_message("SKIP: no /dev/full here\n");
        skip();
    }
    assert_int_equal(run_to("/dev/full", "prog good"), 30);
    assert_non_null(strstr(said, "reason io.full, exit 30\n"));
    assert_int_equal(run_to("/dev/full", "prog good --pending"), 30);
    assert_int_equal(run_to("/dev/full", "prog --help"), 30);
    assert_int_equal(run_to("/dev/full", "prog good --json"), 30);
    assert_non_null(strstr(said, "reason io.full, exit 30\n"));
    /* A refusal stays what it is, and is told all the same. */
    assert_int_equal(run_to("/dev/full", "prog bad x --json"), 11);
    assert_ends_in_11();
    assert_int_equal(run_to("/dev/full", "prog good x --json y z"), 2);
    assert_int_equal(run_to("/dev/full", "prog said"), 11);
    assert_ends_in_11();
}

/* The exit code with a standard output that nobody reads, or that is closed. */
static int run_child(bool closed)
{
    char *argv[] = {(char[]){"prog"}, (char[]){"good"}, NULL};
    int status = 0, ends[2];
    pid_t child;

    fflush(stdout);
    fflush(stderr);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    child = fork();
    if (child == 0) {
        if (freopen(scratch("said"), "w", stderr) == NULL) {
            _exit(98);
        }
        if (closed) {
            close(STDIN_FILENO);
            close(STDOUT_FILENO);
        } else {
            dup2(ends[1], STDOUT_FILENO);
        }
        signal(SIGPIPE, SIG_DFL);
        status = cmd_main(&program, 2, argv);
        /* What is opened from here on must not have become standard output. */
        _exit(open(scratch("said"), O_RDONLY) <= STDERR_FILENO ? 99 : status);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void nobody_at_stdout_is_30(void **state)
{
    (void)state;
    assert_int_equal(run_child(false), 30);
    assert_int_equal(run_child(true), 30);
}

static void write_man(void)
{
    FILE *file = fopen(scratch("prog.1"), "w");

    assert_non_null(file);
    assert_true(cmd_print_man(&program, "1.2.3", "2026-02-03", file));
    fclose(file);
    slurp("prog.1", out, sizeof out);
}

static void the_man_page_names_everything(void **state)
{
    (void)state;
    write_man();
    assert_memory_equal(out, ".TH PROG 1 2026-02-03 \"pinferry 1.2.3\"", 37);
    assert_non_null(strstr(out, "\n\\&.Second starts"));
    assert_non_null(strstr(out, "\\fB\\-\\-name\\fR \\fINAME\\fR\n"));
    assert_non_null(strstr(out, "\nIt does \\(aqthings\\(aq.\n"));
    assert_non_null(strstr(out, ".nf\nprog good \\-\\-name x\nprog bad\n.fi\n"));
    assert_non_null(
        strstr(out, ".SH FILES\n.TP\n.B /var/lib/prog\nWhat it keeps.\n.TP\n.B /etc/prog\n"));
    assert_true(strstr(out, ".SH EXIT STATUS") < strstr(out, ".SH FILES"));
    assert_non_null(strstr(out, ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colours.\n"));
    for (int code = 1; code < ERR_CODE_COUNT; code++) {
        char line[24];

        snprintf(line, sizeof line, ".B %d\n", err_exit((enum err_code)code));
        if (strstr(out, line) == NULL) {
            fail_msg("exit %d is not in the man page", err_exit((enum err_code)code));
        }
    }
}

/* Runs a shell command; its output is in out. Returns its status. */
static int shell(const char *command)
{
    FILE *stream = popen(command, "r");
    size_t len;

    assert_non_null(stream);
    len = fread(out, 1, sizeof out - 1, stream);
    out[len] = '\0';
    return pclose(stream);
}

static void the_man_page_is_good_roff(void **state)
{
    (void)state;
    if (shell("command -v mandoc") != 0) {
        print_message("SKIP: no mandoc here\n");
        skip();
    }
    write_man();
    assert_int_equal(setenv("PAGE", scratch("prog.1"), 1), 0);
    assert_int_equal(shell("mandoc -T lint -W style \"$PAGE\" 2>&1"), 0);
    assert_string_equal(out, "");
}

static void the_build_has_the_pages_printed(void **state)
{
    (void)state;
    assert_int_equal(run("prog --print-man"), 0);
    assert_memory_equal(out, ".TH PROG 1 " PINFERRY_DATE, sizeof ".TH PROG 1 " PINFERRY_DATE - 1);
    assert_int_equal(run("prog --print-completion"), 0);
    assert_non_null(strstr(out, "complete -F _prog prog\n"));
    assert_int_equal(run("prog --help"), 0);
    assert_null(strstr(out, "--print"));
    assert_int_equal(run("prog --print-man good"), 2); /* no option of any command */
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(run_to("/dev/full", "prog --print-man"), 30);
    }
}

/* What bash offers for a line; the last word is the one that is completed. */
static const char *offered(const char *words)
{
    char script[2000];

    snprintf(
        script, sizeof script,
        "compopt() { echo files; }; . '%s'; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - "
        "1)); _prog; echo \"${COMPREPLY[*]}\"",
        scratch("completion"), words);
    assert_int_equal(setenv("SCRIPT", script, 1), 0);
    assert_int_equal(shell("bash -c \"$SCRIPT\""), 0);
    out[strcspn(out, "\n")] = '\0';
    return out;
}

static void bash_completes_words_and_options(void **state)
{
    FILE *file = fopen(scratch("completion"), "w");

    (void)state;
    assert_non_null(file);
    assert_true(cmd_print_completion(&program, file));
    fclose(file);
    if (shell("command -v bash") != 0) {
        print_message("SKIP: no bash here\n");
        skip();
    }
    assert_string_equal(offered("prog ''"),
                        "good bad trust silent said --dir --help --version --json "
                        "--quiet --verbose");
    assert_string_equal(offered("prog t"), "trust");
    assert_string_equal(offered("prog trust ''"), "show step --dir --help --version --json --quiet "
                                                  "--verbose");
    assert_string_equal(offered("prog -C good trust s"), "show step");
    assert_string_equal(offered("prog trust --quiet show --na"), "--name");
    assert_string_equal(offered("prog trust step --na"), "");
    assert_string_equal(offered("prog good --name ''"), "files");
    assert_string_equal(offered("prog good --name = trust --da"), "--days");
    assert_string_equal(offered("prog good x"), "files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(wrong_usage_is_2_and_says_what),
        cmocka_unit_test(a_table_that_hides_an_option_is_a_fault),
        cmocka_unit_test(json_is_one_object_in_every_case),
        cmocka_unit_test(refusals_carry_reason_and_code),
        cmocka_unit_test(help_and_version),
        cmocka_unit_test(lost_output_is_30),
        cmocka_unit_test(nobody_at_stdout_is_30),
        cmocka_unit_test(the_man_page_names_everything),
        cmocka_unit_test(the_man_page_is_good_roff),
        cmocka_unit_test(the_build_has_the_pages_printed),
        cmocka_unit_test(bash_completes_words_and_options),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
