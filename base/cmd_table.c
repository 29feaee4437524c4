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
    char shorts[2 * CMD_OPTIONS_MAX + 3];
    size_t count;
};

static void set_add(struct option_set *set, const struct cmd_option *rows)
{
    for (; rows != NULL && rows->key != NULL && set->count < CMD_OPTIONS_MAX; rows++) {
        size_t i = set->count++;
        size_t used = strlen(set->shorts);

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

/* One run of getopt over argv[first..]; a '+' in the set stops it at the first operand. *next:
 * where. */
static bool scan(struct cmd_call *call, struct option_set *set, int argc, char **argv, int *next,
                 struct err *err)
{
    int value;

    optind = 0; /* glibc: start anew */
    opterr = 0;
    while ((value = getopt_long(argc, argv, set->shorts, set->longs, NULL)) != -1) {
        const struct cmd_option *row = row_of(set, value);

        if (value == ':' || (value == '?' && optopt >= FIRST_LONG)) {
            row = row_of(set, optopt);
            return err_set(err, ERR_USAGE, "--%s needs a value", row == NULL ? "?" : row->key);
        }
        if (row == NULL) {
            return err_set(err, ERR_USAGE, "unknown option '%s'", argv[optind - 1]);
        }
        if (!keep(call, row, optarg, err)) {
            return false;
        }
    }
    *next = optind;
    return true;
}

/* The command named by one word or by two ("trust show"); *words says how many were used. */
static const struct cmd *find(const struct cmd *commands, int argc, char **argv, int *words)
{
    for (const struct cmd *c = commands; c->name != NULL; c++) {
        size_t first = strcspn(c->name, " ");

        if (strlen(argv[0]) != first || strncmp(c->name, argv[0], first) != 0) {
            continue;
        }
        if (c->name[first] == '\0') {
            *words = 1;
            return c;
        }
        if (argc > 1 && strcmp(c->name + first + 1, argv[1]) == 0) {
            *words = 2;
            return c;
        }
    }
    return NULL;
}

static size_t common_start(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] != '\0' && a[n] == b[n]) {
        n++;
    }
    return n;
}

static bool unknown_command(const struct cmd_program *program, const char *word, struct err *err)
{
    const char *best = NULL;
    size_t most = 1;

    for (const struct cmd *c = program->commands; c->name != NULL; c++) {
        size_t n = common_start(c->name, word);

        if (n > most) {
            most = n;
            best = c->name;
        }
    }
    if (best != NULL) {
        return err_set(err, ERR_USAGE, "unknown command '%s'; did you mean '%s'?", word, best);
    }
    return err_set(err, ERR_USAGE, "unknown command '%s'", word);
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

static bool parse(struct cmd_call *call, int argc, char **argv, struct err *err)
{
    struct option_set lead = {0}, all = {0};
    int next = 0, words = 0;

    /* The mode decides how errors of the parse itself are shown. */
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        call->json = call->json || strcmp(argv[i], "--json") == 0;
    }
    lead.shorts[0] = '+';
    lead.shorts[1] = ':';
    set_add(&lead, cmd_table_options);
    set_add(&lead, call->program->common);
    if (!scan(call, &lead, argc, argv, &next, err)) {
        return false;
    }
    if (next >= argc) {
        set_common(call);
        return true;
    }
    call->command = find(call->program->commands, argc - next, argv + next, &words);
    if (call->command == NULL) {
        return unknown_command(call->program, argv[next], err);
    }
    all.shorts[0] = ':';
    set_add(&all, cmd_table_options);
    set_add(&all, call->program->common);
    set_add(&all, call->command->options);
    argv += next + words - 1;
    argc -= next + words - 1;
    if (!scan(call, &all, argc, argv, &next, err)) {
        return false;
    }
    call->args = argv + next;
    call->arg_count = argc - next;
    set_common(call);
    return check_count(call, err);
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
