/* SPDX-License-Identifier: MIT */
/*
 * How cmd.c parses and explains a command table; only the parts of cmd_*.c here include it.
 */
#ifndef BASE_CMD_TABLE_H
#define BASE_CMD_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/cmd.h"
#include "base/err.h"

/* The values of one option; `items` point into argv. */
struct cmd_value {
    const char *key;
    const char **items;
    size_t count;
};

/* The options of every program: --help --version --json --quiet --verbose. Ends with key NULL. */
extern const struct cmd_option cmd_table_options[];

/* Fills command, args, values and the common flags. ERR_USAGE. Release also after failure. */
bool cmd_table_parse(struct cmd_call *call, int argc, char **argv, struct err *err) MUST_USE;
void cmd_table_release(struct cmd_call *call);

const struct cmd_value *cmd_table_value(const struct cmd_call *call, const char *key);
bool cmd_table_flag(const struct cmd_call *call, const char *key);

/* Says that there is no such command, and which is the nearest. `second`: NULL if `first` begins no
 * name of two words, "" if its second word is missing. ERR_USAGE; returns false. */
bool cmd_suggest_command(const struct cmd_program *program, const char *first, const char *second,
                         struct err *err);

/* The exit codes of both programs in the order of their numbers. Ends with meaning NULL. */
struct cmd_exit {
    int code;
    const char *meaning;
};
extern const struct cmd_exit cmd_man_exits[];

/* --help of a command, or of the program when `command` is NULL. */
void cmd_help_print(const struct cmd_program *program, const struct cmd *command, FILE *out);

#endif
