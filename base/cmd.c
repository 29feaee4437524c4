/* SPDX-License-Identifier: MIT */
/*
 * Runs a command from its table: parse, run, report, exit code.
 */
#include "base/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cmd_table.h"
#include "base/term.h"
#include "base/text.h"

const char *cmd_value(const struct cmd_call *call, const char *key)
{
    const struct cmd_value *v = cmd_table_value(call, key);

    return v == NULL || v->count == 0 ? NULL : v->items[v->count - 1];
}

bool cmd_flag(const struct cmd_call *call, const char *key)
{
    return cmd_value(call, key) != NULL;
}

size_t cmd_values(const struct cmd_call *call, const char *key, const char *const **values)
{
    const struct cmd_value *v = cmd_table_value(call, key);

    *values = v == NULL ? NULL : v->items;
    return v == NULL ? 0 : v->count;
}

bool cmd_number(const struct cmd_call *call, const char *key, uint64_t *out, uint64_t min,
                uint64_t max, uint64_t fallback, struct err *err)
{
    const char *text = cmd_value(call, key);

    if (text == NULL) {
        *out = fallback;
        return true;
    }
    if (!text_number(out, text, min, max)) {
        return err_set(err, ERR_USAGE, "--%s takes a whole number from %llu to %llu, not '%s'", key,
                       (unsigned long long)min, (unsigned long long)max, text);
    }
    return true;
}

void cmd_say(const struct cmd_call *call, const char *fmt, ...)
{
    va_list args;

    if (call->json || call->quiet) {
        return;
    }
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
}

void cmd_result(const struct cmd_call *call, const char *fmt, ...)
{
    va_list args;

    if (call->json) {
        return;
    }
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
}

void cmd_warn(struct cmd_call *call, const char *fmt, ...)
{
    struct err text = {0};
    va_list args;
    char line[ERR_TEXT_SIZE];

    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    err_set(&text, ERR_NONE, "%s", line);
    if (call->warnings == NULL) {
        call->warnings = jout_array(call->result, "warnings");
    }
    jout_item_text(call->warnings, text.text);
    if (!call->json) {
        fflush(stdout);
        fprintf(stderr, "warning: %s\n", text.text);
    }
}

/* Failed without saying why: a fault of ours, which must not look like success. */
static void complete(struct err *err)
{
    if (err->code == ERR_NONE) {
        err_set(err, ERR_INTERNAL, "the command failed without a reason; please report this");
    }
}

/* For people, on stderr; the last line is the one that scripts look at. */
static void print_error(const struct cmd_call *call, const struct err *err)
{
    const char *name = call->program->name;

    fflush(stdout);
    fprintf(stderr, "%s: %s\n", name, err->text);
    if (err->code == ERR_USAGE && call->command != NULL) {
        fprintf(stderr, "Try '%s %s --help'.\n", name, call->command->name);
    } else if (err->code == ERR_USAGE) {
        fprintf(stderr, "Try '%s --help'.\n", name);
    }
    fprintf(stderr, "%s: reason %s, exit %d\n", name, err_reason(err->code), err_exit(err->code));
}

/* Runs what was parsed; --help and --version are answered here. */
static bool run(struct cmd_call *call, struct err *err)
{
    if (cmd_table_flag(call, "help")) {
        call->json = false;
        cmd_help_print(call->program, call->command, stdout);
        return true;
    }
    if (cmd_table_flag(call, "version")) {
        jout_text(call->result, "program", call->program->name);
        jout_text(call->result, "version", PINFERRY_VERSION);
        cmd_result(call, "%s %s\n", call->program->name, PINFERRY_VERSION);
        return true;
    }
    if (call->command == NULL) {
        if (!call->json) {
            cmd_help_print(call->program, NULL, stderr);
        }
        return err_set(err, ERR_USAGE, "a command is missing");
    }
    if (!call->command->run(call, err)) {
        complete(err);
        return false;
    }
    return true;
}

/* Prints what --json promises, and sees whether all of stdout arrived: a full disk shows here. */
static bool flush(const struct cmd_call *call, struct err *err)
{
    bool ok = !call->json || jout_print(call->result, stdout, err);
    int failed;

    errno = 0;
    failed = fflush(stdout) != 0 || ferror(stdout) != 0;
    if (ok && failed) {
        ok = err_io(err, errno != 0 ? errno : EIO, "the output cannot be written");
    }
    return ok;
}

/* Ends the call; returns the exit code. The reason of a refusal counts more than lost output. */
static int finish(struct cmd_call *call, bool ok, const struct err *err)
{
    int exit_code = ok ? call->exit_code : err_exit(err->code);
    struct err lost = {0};
    bool arrived;

    jout_bool(call->result, "ok", ok);
    jout_number(call->result, "exit", (uint64_t)exit_code);
    if (!ok) {
        jout_text(call->result, "reason", err_reason(err->code));
        jout_text(call->result, "message", err->text);
    }
    arrived = flush(call, &lost);
    if (!arrived) {
        print_error(call, &lost);
    }
    if (!ok && (!call->json || !arrived)) {
        print_error(call, err);
    }
    return ok && !arrived ? err_exit(lost.code) : exit_code;
}

static bool wants_color(void)
{
    const char *no_color = getenv("NO_COLOR"); /* no-color.org: empty means nothing */

    return term_is_tty(TERM_OUT) && (no_color == NULL || no_color[0] == '\0');
}

/* Pages come from the program that they describe, so that no second list of its parts is kept. */
static bool print_page(const struct cmd_program *program, const char *option, int *exit_code)
{
    bool ok;

    if (strcmp(option, "--print-man") == 0) {
        ok = cmd_print_man(program, PINFERRY_VERSION, PINFERRY_DATE, stdout);
    } else if (strcmp(option, "--print-completion") == 0) {
        ok = cmd_print_completion(program, stdout);
    } else {
        return false;
    }
    *exit_code = ok ? 0 : err_exit(ERR_IO);
    return true;
}

int cmd_main(const struct cmd_program *program, int argc, char **argv)
{
    struct cmd_call call = {.program = program};
    struct err err = {0};
    int exit_code;
    bool ok;

    term_hold_streams();
    term_ignore_pipe();
    if (argc == 2 && print_page(program, argv[1], &exit_code)) {
        return exit_code;
    }
    call.color = wants_color();
    call.result = jout_new();
    jout_bool(call.result, "ok", false); /* first in the object; finish() fills them */
    jout_number(call.result, "exit", 0);
    ok = cmd_table_parse(&call, argc, argv, &err) && run(&call, &err);
    exit_code = finish(&call, ok, &err);
    jout_free(call.result);
    cmd_table_release(&call);
    return exit_code;
}
