/* SPDX-License-Identifier: MIT */
/*
 * Command tables: one row a subcommand, from which parsing (getopt_long), --help, the man pages and
 * the completion are all made, so that they cannot disagree.
 */
#ifndef BASE_CMD_H
#define BASE_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/jout.h"

#define CMD_OPTIONS_MAX 24 /* of one command, the common ones included */

/* One option. `key` is its long name without dashes; `letter` 0 if it has none. */
struct cmd_option {
    const char *key;
    char letter;
    const char *arg;  /* "FILE"; NULL for a flag */
    const char *help; /* one sentence, no full stop */
    bool repeats;     /* may be given more than once */
};

struct cmd_call;

/*
 * Details are paragraphs with an empty line between them. A line with indented lines below it is a
 * term that they explain; a paragraph whose lines are indented stays as it is (a command to type);
 * a line of capitals heads a section of the program's man page (FILES, ENVIRONMENT), which stands
 * behind EXIT STATUS.
 */

/* One subcommand. Tables end with a row whose name is NULL. All literals. */
struct cmd {
    const char *name;                 /* "fetch"; two words for a sub-subcommand: "trust show" */
    const char *args;                 /* "[BUNDLE]" as the usage line shows it; "" if none */
    int min_args, max_args;           /* positional; max_args -1: no limit */
    const char *summary;              /* one line */
    const char *details;              /* for --help and the man page; see above; may be NULL */
    const struct cmd_option *options; /* ends with key NULL; may be NULL */
    bool (*run)(struct cmd_call *call,
                struct err *err); /* call->exit_code for codes beside errors */
};

/* One program. `common` are options accepted before and after every subcommand. */
struct cmd_program {
    const char *name;    /* "bundler" */
    const char *summary; /* one line */
    const char *details; /* for the man page */
    const struct cmd *commands;
    const struct cmd_option *common;
};

/* What was typed. Strings point into argv. */
struct cmd_call {
    const struct cmd_program *program;
    const struct cmd *command;
    int arg_count;
    char **args;
    bool json, quiet, verbose;
    bool color; /* stdout is a terminal, NO_COLOR is unset or empty */
    int exit_code;
    struct jout *result;   /* the object that --json prints */
    struct jout *warnings; /* of cmd_warn */
    struct cmd_value *values;
};

/* The last value of an option; NULL if it was not given ("" for a flag that was). */
const char *cmd_value(const struct cmd_call *call, const char *key);
bool cmd_flag(const struct cmd_call *call, const char *key);
/* The values of a repeating option in order; returns how many, fills *values (owned by the call).
 */
size_t cmd_values(const struct cmd_call *call, const char *key, const char *const **values);
/* A number option within [min, max], else `fallback`; ERR_USAGE names the option. */
bool cmd_number(const struct cmd_call *call, const char *key, uint64_t *out, uint64_t min,
                uint64_t max, uint64_t fallback, struct err *err) MUST_USE;

/*
 * printf to stdout for people: silent with --json (and with --quiet unless it is the result that
 * was asked for: cmd_result). Write errors are found at the end by cmd_main.
 */
void cmd_say(const struct cmd_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);
void cmd_result(const struct cmd_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "warning: ..." on stderr, or with --json into "warnings" of the result. */
void cmd_warn(struct cmd_call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * The whole of main: parses, runs, prints the error ("bundler: <text>" on stderr, after ERR_USAGE
 * (and no other reason of exit 2) "Try 'bundler fetch --help'.", then as the last line "bundler:
 * reason <id>, exit <code>"), flushes stdout, returns the exit code. With --json stdout gets one
 * object in every case: ok, exit, what the command filled in, and after a failure reason and
 * message; only --help stays text. What cannot be written to stdout is ERR_IO* after success; a
 * refusal keeps its own exit code. Common to all: --help --version --json --quiet --verbose and
 * what the program's `common` adds, in front of the command, between its words and behind it. No
 * command: the overview on stderr and 2.
 */
int cmd_main(const struct cmd_program *program, int argc, char **argv);

/*
 * The man page of the program (roff, man(7); `date` as YYYY-MM-DD) and its bash completion, from
 * the same table. False: the stream failed. The build has cmd_main print them, by --print-man or
 * --print-completion as the only argument, which no help names.
 */
bool cmd_print_man(const struct cmd_program *program, const char *version, const char *date,
                   FILE *out) MUST_USE;
bool cmd_print_completion(const struct cmd_program *program, FILE *out) MUST_USE;

#endif
