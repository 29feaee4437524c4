/* SPDX-License-Identifier: MIT */
/*
 * --help, from the command table.
 */
#include <string.h>

#include "base/cmd_table.h"

static void print_option(const struct cmd_option *o, FILE *out)
{
    char letter[] = {'-', o->letter, ',', ' ', '\0'};
    char left[64];
    int len = snprintf(left, sizeof left, "%s--%s%s%s", o->letter != 0 ? letter : "    ", o->key,
                       o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");

    if (len > 27) {
        fprintf(out, "  %s\n  %-27s %s\n", left, "", o->help);
    } else {
        fprintf(out, "  %-27s %s\n", left, o->help);
    }
}

static void print_options(const struct cmd_option *rows, FILE *out)
{
    for (; rows != NULL && rows->key != NULL; rows++) {
        print_option(rows, out);
    }
}

static void print_command(const struct cmd_program *p, const struct cmd *c, FILE *out)
{
    fprintf(out, "Usage: %s %s%s%s%s\n\n%s.\n", p->name, c->name,
            c->options != NULL && c->options[0].key != NULL ? " [OPTION]..." : "",
            c->args[0] != '\0' ? " " : "", c->args, c->summary);
    if (c->details != NULL && c->details[0] != '\0') {
        fprintf(out, "\n%s\n", c->details);
    }
    if (c->options != NULL && c->options[0].key != NULL) {
        fprintf(out, "\nOptions:\n");
        print_options(c->options, out);
    }
    fprintf(out, "\nCommon options:\n");
    print_options(p->common, out);
    print_options(cmd_table_options, out);
}

void cmd_help_print(const struct cmd_program *p, const struct cmd *command, FILE *out)
{
    if (command != NULL) {
        print_command(p, command, out);
        return;
    }
    fprintf(out, "Usage: %s COMMAND [OPTION]... [ARGUMENT]...\n\n%s.\n\nCommands:\n", p->name,
            p->summary);
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        fprintf(out, "  %-16s %s\n", c->name, c->summary);
    }
    fprintf(out, "\nCommon options:\n");
    print_options(p->common, out);
    print_options(cmd_table_options, out);
    fprintf(out, "\nExit codes:\n");
    for (const struct cmd_exit *e = cmd_man_exits; e->meaning != NULL; e++) {
        fprintf(out, "  %2d  %s\n", e->code, e->meaning);
    }
    fprintf(out, "\n'%s COMMAND --help' explains a command.\n", p->name);
}
