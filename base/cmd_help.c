/* SPDX-License-Identifier: MIT */
/*
 * --help, the man page and the completion, all from the command table.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cmd_table.h"

/* The exit codes in groups, as the documents and the man pages give them. */
static const struct {
    int code;
    const char *meaning;
} exits[] = {
    {0, "done, or nothing to do"},
    {1, "a fault of the program"},
    {2, "wrong usage"},
    {3, "changes are pending (--exit-code, status)"},
    {10, "malformed"},
    {11, "bad signature"},
    {12, "not enough signers"},
    {13, "expired or not yet valid"},
    {14, "rollback or replay"},
    {15, "not for this domain, channel or site"},
    {16, "made for a newer version"},
    {17, "trust set or fingerprint"},
    {18, "not enrolled, enrolled already, or state damaged"},
    {19, "clock implausible"},
    {20, "configuration or target not supported"},
    {21, "changed underneath, locked or unfinished"},
    {22, "proof or minimum failed, nothing written"},
    {23, "frozen: no bundle came when the next was expected (status)"},
    {24, "applied, check failed, rolled back"},
    {30, "input or output failed"},
    {31, "outside the window"},
    {32, "on hold after a rollback"},
    {40, "network"},
    {41, "a source's answer is invalid"},
};

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
        fprintf(out, "  %-15s %s\n", c->name, c->summary);
    }
    fprintf(out, "\nCommon options:\n");
    print_options(p->common, out);
    print_options(cmd_table_options, out);
    fprintf(out, "\n'%s COMMAND --help' explains a command.\n", p->name);
}

/* Text for roff: backslashes and hyphens escaped, no line that starts with a control character. */
static void roff(const char *text, FILE *out)
{
    bool start = true;

    for (; *text != '\0'; text++) {
        if (start && (*text == '.' || *text == '\'')) {
            fputs("\\&", out);
        }
        if (*text == '\\') {
            fputs("\\e", out);
        } else if (*text == '-') {
            fputs("\\-", out);
        } else if (*text == '\n' && text[1] == '\n') {
            fputs("\n.PP", out);
        } else {
            fputc(*text, out);
        }
        start = *text == '\n';
    }
}

static void roff_options(const struct cmd_option *rows, FILE *out)
{
    for (; rows != NULL && rows->key != NULL; rows++) {
        fputs(".TP\n.B ", out);
        if (rows->letter != 0) {
            fprintf(out, "\\-%c, ", rows->letter);
        }
        fputs("\\-\\-", out);
        roff(rows->key, out);
        if (rows->arg != NULL) {
            fputc(' ', out);
            roff(rows->arg, out);
        }
        fputc('\n', out);
        roff(rows->help, out);
        fputs(".\n", out);
    }
}

static void roff_command(const struct cmd_program *p, const struct cmd *c, FILE *out)
{
    fprintf(out, ".SS %s %s %s\n", p->name, c->name, c->args);
    roff(c->summary, out);
    fputs(".\n", out);
    if (c->details != NULL && c->details[0] != '\0') {
        fputs(".PP\n", out);
        roff(c->details, out);
        fputc('\n', out);
    }
    roff_options(c->options, out);
}

bool cmd_print_man(const struct cmd_program *p, const char *version, FILE *out)
{
    fprintf(out, ".TH %s 1 \"\" \"pinferry %s\" \"Pinferry\"\n.SH NAME\n%s \\- ", p->name, version,
            p->name);
    roff(p->summary, out);
    fprintf(out, "\n.SH SYNOPSIS\n.B %s\nCOMMAND [OPTION]... [ARGUMENT]...\n.SH DESCRIPTION\n",
            p->name);
    roff(p->details, out);
    fputs("\n.SH COMMANDS\n", out);
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        roff_command(p, c, out);
    }
    fputs(".SH COMMON OPTIONS\n", out);
    roff_options(p->common, out);
    roff_options(cmd_table_options, out);
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
        fprintf(out, ".TP\n.B %d\n", exits[i].code);
        roff(exits[i].meaning, out);
        fputs(".\n", out);
    }
    return ferror(out) == 0;
}

static void completion_words(const struct cmd_option *rows, FILE *out)
{
    for (; rows != NULL && rows->key != NULL; rows++) {
        fprintf(out, " --%s", rows->key);
    }
}

bool cmd_print_completion(const struct cmd_program *p, FILE *out)
{
    fprintf(out,
            "# bash completion for %s\n"
            "_%s()\n{\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} words i\n"
            "    words=\"",
            p->name, p->name);
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        fprintf(out, "%s%s", c == p->commands ? "" : " ", c->name);
    }
    completion_words(p->common, out);
    completion_words(cmd_table_options, out);
    fputs("\"\n    for ((i = 1; i < COMP_CWORD; i++)); do\n        case ${COMP_WORDS[i]} in\n",
          out);
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        fprintf(out, "        %.*s) words=\"", (int)strcspn(c->name, " "), c->name);
        completion_words(c->options, out);
        completion_words(p->common, out);
        completion_words(cmd_table_options, out);
        fputs("\"; break ;;\n", out);
    }
    fprintf(out,
            "        esac\n    done\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
            "    [[ $cur == -* || ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default\n"
            "}\ncomplete -F _%s %s\n",
            p->name, p->name);
    return ferror(out) == 0;
}
