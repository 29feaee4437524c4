/* SPDX-License-Identifier: MIT */
/*
 * Parses a command line by its table, through getopt_long.
 */
#define _GNU_SOURCE

#include "base/cmd_table.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define FIRST_LONG 256 /* getopt values above any letter */

const struct cmd_option cmd_table_options[] = {
    {"help", 'h', NULL, "explain the command and stop", false},
    {"version", 'V', NULL, "print the version and stop", false},
    {"json", 0, NULL, "print one JSON object instead of text", false},
    {"quiet", 'q', NULL, "print only results, warnings and errors", false},
    {"verbose", 'v', NULL, "print more of what is done", false},
    {NULL, 0, NULL, NULL, false},
};

/* All options that are valid at one place, as getopt wants them. */
struct option_set {
    const struct cmd_option *rows[CMD_OPTIONS_MAX];
    struct option longs[CMD_OPTIONS_MAX + 1];
    char shorts[2 * CMD_OPTIONS_MAX + 3]; /* at most "+:" and two a row */
    size_t count;
};

/* One row must not hide another: tables are written in several places. */
static bool is_taken(const struct option_set *set, const struct cmd_option *row)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->rows[i]->key, row->key) == 0 ||
            (row->letter != 0 && set->rows[i]->letter == row->letter)) {
            return true;
        }
    }
    return false;
}

static bool set_add(struct option_set *set, const struct cmd_option *rows, struct err *err)
{
    for (; rows != NULL && rows->key != NULL; rows++) {
        size_t i = set->count;
        size_t used = strlen(set->shorts);

        if (i == CMD_OPTIONS_MAX) {
            return err_set(err, ERR_INTERNAL, "a command has more than %d options",
                           CMD_OPTIONS_MAX);
        }
        if (is_taken(set, rows)) {
            return err_set(err, ERR_INTERNAL, "--%s or its letter is in a table twice", rows->key);
        }
        set->count++;
        set->rows[i] = rows;
        set->longs[i].name = rows->key;
        set->longs[i].has_arg = rows->arg != NULL ? required_argument : no_argument;
        set->longs[i].val = FIRST_LONG + (int)i;
        if (rows->letter != 0) {
            set->shorts[used++] = rows->letter;
            if (rows->arg != NULL) {
                set->shorts[used++] = ':';
            }
            set->shorts[used] = '\0';
        }
    }
    return true;
}

/* `start`: "+:" stops at the first operand, ":" lets options and operands mix. */
static bool set_make(struct option_set *set, const char *start, const struct cmd_option *common,
                     const struct cmd_option *own, struct err *err)
{
    memset(set, 0, sizeof *set);
    memcpy(set->shorts, start, strlen(start));
    return set_add(set, cmd_table_options, err) && set_add(set, common, err) &&
           set_add(set, own, err);
}

static struct cmd_value *value_slot(struct cmd_call *call, const char *key)
{
    for (size_t i = 0; i < CMD_OPTIONS_MAX; i++) {
        if (call->values[i].key == NULL || strcmp(call->values[i].key, key) == 0) {
            call->values[i].key = key;
            return &call->values[i];
        }
    }
    return NULL;
}

static bool keep(struct cmd_call *call, const struct cmd_option *row, const char *text,
                 struct err *err)
{
    struct cmd_value *v = value_slot(call, row->key);
    const char **items;

    if (v == NULL) {
        return err_set(err, ERR_INTERNAL, "too many options");
    }
    if (v->count > 0 && !row->repeats && row->arg != NULL) {
        return err_set(err, ERR_USAGE, "--%s is given twice", row->key);
    }
    items = realloc(v->items, (v->count + 1) * sizeof *items);
    if (items == NULL) {
        return err_memory(err);
    }
    v->items = items;
    v->items[v->count++] = text == NULL ? "" : text;
    return true;
}

static const struct cmd_option *row_of(const struct option_set *set, int value)
{
    for (size_t i = 0; i < set->count; i++) {
        if (value == FIRST_LONG + (int)i || (value < FIRST_LONG && set->rows[i]->letter == value)) {
            return set->rows[i];
        }
    }
    return NULL;
}

/* What getopt did not like; `optopt` is the letter, or the value of the long option, or 0. */
static bool bad_option(const struct option_set *set, int value, char **argv, struct err *err)
{
    const struct cmd_option *row = optopt == 0 ? NULL : row_of(set, optopt);

    if (value == ':' && row != NULL) {
        return err_set(err, ERR_USAGE, "--%s needs a value (%s)", row->key, row->arg);
    }
    if (row != NULL) {
        return err_set(err, ERR_USAGE, "--%s takes no value", row->key);
    }
    if (optopt != 0) {
        return err_set(err, ERR_USAGE, "unknown option '-%c'", optopt);
    }
    return err_set(err, ERR_USAGE, "unknown option '%s', or one of several that begin so",
                   argv[optind - 1]);
}

/* One run of getopt over argv[1..]; *next: the first operand. */
static bool scan(struct cmd_call *call, const struct option_set *set, int argc, char **argv,
                 int *next, struct err *err)
{
    int value;

    optind = 0; /* glibc: start anew */
    opterr = 0;
    while ((value = getopt_long(argc, argv, set->shorts, set->longs, NULL)) != -1) {
        if (value == ':' || value == '?') {
            return bad_option(set, value, argv, err);
        }
        if (!keep(call, row_of(set, value), optarg, err)) {
            return false;
        }
    }
    *next = optind;
    return true;
}

/* The command named by one word, or by two ("trust show"); `second` may be NULL. */
static const struct cmd *find(const struct cmd *commands, const char *first, const char *second)
{
    for (const struct cmd *c = commands; c->name != NULL; c++) {
        size_t len = strlen(first);

        if (strncmp(c->name, first, len) != 0) {
            continue;
        }
        if (second == NULL ? c->name[len] == '\0'
                           : c->name[len] == ' ' && strcmp(c->name + len + 1, second) == 0) {
            return c;
        }
    }
    return NULL;
}

static bool is_group(const struct cmd *commands, const char *word)
{
    size_t len = strlen(word);

    for (const struct cmd *c = commands; c->name != NULL; c++) {
        if (strncmp(c->name, word, len) == 0 && c->name[len] == ' ') {
            return true;
        }
    }
    return false;
}

static bool check_count(const struct cmd_call *call, struct err *err)
{
    const struct cmd *c = call->command;

    if (cmd_table_flag(call, "help") || cmd_table_flag(call, "version")) {
        return true;
    }
    if (call->arg_count < c->min_args) {
        return err_set(err, ERR_USAGE, "'%s' needs: %s", c->name, c->args);
    }
    if (c->max_args >= 0 && call->arg_count > c->max_args) {
        return err_set(err, ERR_USAGE, "'%s' does not take '%s'", c->name, call->args[c->max_args]);
    }
    return true;
}

static void set_common(struct cmd_call *call)
{
    call->json = cmd_table_flag(call, "json");
    call->quiet = cmd_table_flag(call, "quiet");
    call->verbose = cmd_table_flag(call, "verbose");
}

/*
 * Finds the command behind the leading options and counts, in *next, up to its last word. Without a
 * command *next is argc. Common options may also stand between the two words of a name.
 */
static bool find_command(struct cmd_call *call, int argc, char **argv, int *next, struct err *err)
{
    const struct cmd *commands = call->program->commands;
    struct option_set lead;
    const char *word;
    int used = 1;

    if (!set_make(&lead, "+:", call->program->common, NULL, err) ||
        !scan(call, &lead, argc, argv, next, err)) {
        return false;
    }
    if (*next >= argc) {
        return true;
    }
    word = argv[*next];
    if (!is_group(commands, word)) {
        call->command = find(commands, word, NULL);
        return call->command != NULL || cmd_suggest_command(call->program, word, NULL, err);
    }
    if (!scan(call, &lead, argc - *next, argv + *next, &used, err)) {
        return false;
    }
    *next += used;
    if (*next >= argc && (cmd_table_flag(call, "help") || cmd_table_flag(call, "version"))) {
        return true;
    }
    if (*next < argc) {
        call->command = find(commands, word, argv[*next]);
    }
    return call->command != NULL ||
           cmd_suggest_command(call->program, word, *next < argc ? argv[*next] : "", err);
}

static bool parse(struct cmd_call *call, int argc, char **argv, struct err *err)
{
    struct option_set all;
    int next = 0;

    /* How errors of the parse itself are shown is decided before it. */
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        call->json = call->json || strcmp(argv[i], "--json") == 0;
    }
    if (!find_command(call, argc, argv, &next, err)) {
        return false;
    }
    if (call->command != NULL) {
        argc -= next;
        argv += next;
        if (!set_make(&all, ":", call->program->common, call->command->options, err) ||
            !scan(call, &all, argc, argv, &next, err)) {
            return false;
        }
        call->args = argv + next;
        call->arg_count = argc - next;
    }
    set_common(call);
    return call->command == NULL || check_count(call, err);
}

bool cmd_table_parse(struct cmd_call *call, int argc, char **argv, struct err *err)
{
    call->values = calloc(CMD_OPTIONS_MAX, sizeof *call->values);
    if (call->values == NULL) {
        return err_memory(err);
    }
    return parse(call, argc, argv, err);
}

void cmd_table_release(struct cmd_call *call)
{
    for (size_t i = 0; call->values != NULL && i < CMD_OPTIONS_MAX; i++) {
        free(call->values[i].items);
    }
    free(call->values);
    call->values = NULL;
}

const struct cmd_value *cmd_table_value(const struct cmd_call *call, const char *key)
{
    for (size_t i = 0; i < CMD_OPTIONS_MAX && call->values[i].key != NULL; i++) {
        if (strcmp(call->values[i].key, key) == 0) {
            return &call->values[i];
        }
    }
    return NULL;
}

bool cmd_table_flag(const struct cmd_call *call, const char *key)
{
    const struct cmd_value *v = cmd_table_value(call, key);

    return v != NULL && v->count > 0;
}
