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

static int report_error(struct cmd_call *call, const struct err *err)
{
    int exit_code = err_exit(err->code);

    if (call->json) {
        jout_bool(call->result, "ok", false);
        jout_number(call->result, "exit", (uint64_t)exit_code);
        jout_text(call->result, "reason", err_reason(err->code));
        jout_text(call->result, "message", err->text);
        return exit_code;
    }
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", call->program->name, err->text);
    if (err->code == ERR_USAGE && call->command != NULL) {
        fprintf(stderr, "Try '%s %s --help'.\n", call->program->name, call->command->name);
    } else if (err->code == ERR_USAGE) {
        fprintf(stderr, "Try '%s --help'.\n", call->program->name);
    } else {
        fprintf(stderr, "%s: reason %s, exit %d\n", call->program->name, err_reason(err->code),
                exit_code);
    }
    return exit_code;
}

/* Runs what was parsed; --help and --version are answered here. */
static int run(struct cmd_call *call, struct err *err)
{
    if (cmd_table_flag(call, "help")) {
        cmd_help_print(call->program, call->command, stdout);
        call->json = false;
        return 0;
    }
    if (cmd_table_flag(call, "version")) {
        printf("%s %s\n", call->program->name, PINFERRY_VERSION);
        call->json = false;
        return 0;
    }
    if (call->command == NULL) {
        cmd_help_print(call->program, NULL, stderr);
        call->json = false;
        return err_exit(ERR_USAGE);
    }
    call->result = jout_new();
    if (!call->command->run(call, err)) {
        return report_error(call, err);
    }
    jout_bool(call->result, "ok", true);
    jout_number(call->result, "exit", (uint64_t)call->exit_code);
    return call->exit_code;
}

/* A full disk behind stdout shows only when everything is flushed. */
static int finish(struct cmd_call *call, int exit_code)
{
    struct err err = {0};
    bool ok = true;

    if (call->json && call->result != NULL) {
        ok = jout_print(call->result, stdout, &err);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        ok = err_io(&err, errno, "the output cannot be written");
    }
    if (!ok) {
        fprintf(stderr, "%s: %s\n", call->program->name, err.text);
        return exit_code == 0 ? err_exit(ERR_IO) : exit_code;
    }
    return exit_code;
}

int cmd_main(const struct cmd_program *program, int argc, char **argv)
{
    struct cmd_call call = {.program = program};
    struct err err = {0};
    int exit_code;

    term_ignore_pipe();
    call.color = term_is_tty(TERM_OUT) && getenv("NO_COLOR") == NULL;
    if (cmd_table_parse(&call, argc, argv, &err)) {
        exit_code = run(&call, &err);
    } else {
        if (call.json) {
            call.result = jout_new();
        }
        exit_code = report_error(&call, &err);
    }
    exit_code = finish(&call, exit_code);
    jout_free(call.result);
    cmd_table_release(&call);
    return exit_code;
}
