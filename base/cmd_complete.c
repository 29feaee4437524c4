/* SPDX-License-Identifier: MIT */
/*
 * The bash completion, from the command table. A name of two words is offered one at a time; what
 * follows an option with a value is completed as a file.
 */
#include <string.h>

#include "base/cmd_table.h"

static void put_keys(const struct cmd_option *rows, FILE *out)
{
    for (; rows != NULL && rows->key != NULL; rows++) {
        fprintf(out, " --%s", rows->key);
    }
}

/* Patterns of a case for the options that take a value; *any: whether one stands there already. */
static void put_valued(const struct cmd_option *rows, bool *any, FILE *out)
{
    for (; rows != NULL && rows->key != NULL; rows++) {
        if (rows->arg != NULL) {
            fprintf(out, "%s--%s", *any ? "|" : "        ", rows->key);
            if (rows->letter != 0) {
                fprintf(out, "|-%c", rows->letter);
            }
            *any = true;
        }
    }
}

/* Skips what is no part of the command's name, also the '=' that bash makes a word of. */
static void put_skips(const struct cmd_program *p, FILE *out)
{
    bool any = false;

    put_valued(p->common, &any, out);
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        put_valued(c->options, &any, out);
    }
    if (any) {
        fputs(")\n            i=$((i + 1))\n"
              "            [[ ${COMP_WORDS[i]} != = ]] || i=$((i + 1))\n"
              "            ((i < COMP_CWORD)) || { compopt -o default; return; } ;;\n",
              out);
    }
    fputs("        -*) ;;\n"
          "        *) typed+=\"${COMP_WORDS[i]} \" ;;\n"
          "        esac\n",
          out);
}

/* Whether an earlier row has the same first word. */
static bool is_repeated(const struct cmd_program *p, const struct cmd *c)
{
    size_t len = strcspn(c->name, " ");

    for (const struct cmd *before = p->commands; before != c; before++) {
        if (strcspn(before->name, " ") == len && strncmp(before->name, c->name, len) == 0) {
            return true;
        }
    }
    return false;
}

static void put_first_words(const struct cmd_program *p, FILE *out)
{
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        if (!is_repeated(p, c)) {
            fprintf(out, " %.*s", (int)strcspn(c->name, " "), c->name);
        }
    }
}

/* The case of a group: its second words. */
static void put_group(const struct cmd_program *p, const struct cmd *first, FILE *out)
{
    int len = (int)strcspn(first->name, " ");

    fprintf(out, "    '%.*s '*) words=\"", len, first->name);
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        if (strncmp(c->name, first->name, (size_t)len + 1) == 0) {
            fprintf(out, " %s", c->name + len + 1);
        }
    }
    put_keys(p->common, out);
    put_keys(cmd_table_options, out);
    fputs("\" ;;\n", out);
}

/* `typed` ends in a space behind each word, so that no name is taken for the start of another. */
static void put_cases(const struct cmd_program *p, FILE *out)
{
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        fprintf(out, "    '%s '*) words=\"", c->name);
        put_keys(c->options, out);
        put_keys(p->common, out);
        put_keys(cmd_table_options, out);
        fputs("\" ;;\n", out);
    }
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        if (strchr(c->name, ' ') != NULL && !is_repeated(p, c)) {
            put_group(p, c, out);
        }
    }
}

bool cmd_print_completion(const struct cmd_program *p, FILE *out)
{
    fprintf(out,
            "# bash completion for %s\n"
            "_%s()\n{\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} words typed='' i\n"
            "    COMPREPLY=()\n"
            "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
            "        case ${COMP_WORDS[i]} in\n",
            p->name, p->name);
    put_skips(p, out);
    fputs("    done\n"
          "    case $typed in\n"
          "    '') words=\"",
          out);
    put_first_words(p, out);
    put_keys(p->common, out);
    put_keys(cmd_table_options, out);
    fputs("\" ;;\n", out);
    put_cases(p, out);
    fprintf(out,
            "    *) words='' ;;\n"
            "    esac\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
            "    [[ $cur == -* || ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default\n"
            "}\ncomplete -F _%s %s\n",
            p->name, p->name);
    return fflush(out) == 0 && ferror(out) == 0;
}
