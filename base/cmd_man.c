/* SPDX-License-Identifier: MIT */
/*
 * The man page, from the command table: roff with the macros of man(7).
 */
#include <ctype.h>
#include <string.h>

#include "base/cmd_table.h"

/* The exit codes in groups, as the documents and the man pages give them. */
const struct cmd_exit cmd_man_exits[] = {
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
    {0, NULL},
};

/*
 * One character so that roff shows it as it is: hyphens and quotes that can be copied into a shell.
 * `start`: of a line, where a dot or a quote would begin a request.
 */
static void put(char c, bool start, FILE *out)
{
    static const struct {
        char c;
        const char *name;
    } names[] = {
        {'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"}, {'"', "\\(dq"},
        {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].c == c) {
            fputs(names[i].name, out);
            return;
        }
    }
    fputs(start && c == '.' ? "\\&" : "", out);
    fputc(c, out);
}

/* `len` bytes of one line, without a line end. */
static void put_part(const char *text, size_t len, FILE *out)
{
    for (size_t i = 0; i < len; i++) {
        put(text[i], i == 0, out);
    }
}

static void put_text(const char *text, FILE *out)
{
    put_part(text, strlen(text), out);
}

/* A sentence of the table, which has no full stop of its own. */
static void put_sentence(const char *text, FILE *out)
{
    put_text(text, out);
    fputs(".\n", out);
}

/* "FILES": two capitals or more, and nothing but capitals and spaces. */
static bool is_heading(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!isupper((unsigned char)line[i]) && line[i] != ' ') {
            return false;
        }
    }
    return len >= 2 && line[0] != ' ';
}

/* The first section of a program's details; its end if it has none. */
static const char *sections(const char *details)
{
    for (const char *line = details; *line != '\0';) {
        size_t len = strcspn(line, "\n");

        if (is_heading(line, len)) {
            return line;
        }
        line += len + (line[len] == '\n');
    }
    return details + strlen(details);
}

/*
 * The text of a table from `from` to `end`: paragraphs behind empty lines; a line with indented
 * ones below it is a term that they explain; a paragraph that is indented stays as it is; a line of
 * capitals is the heading of a section. `headed`: a heading stands right before, where roff wants
 * no paragraph begun.
 */
static void put_details(const char *from, const char *end, bool headed, FILE *out)
{
    bool fresh = true; /* an empty line went before */
    bool literal = false, term = false;

    while (from < end) {
        size_t len = strcspn(from, "\n");
        const char *next = from + len + (from[len] == '\n');
        size_t indent = strspn(from, " ");

        if (indent >= len) { /* empty */
            fputs(literal ? ".fi\n.RE\n" : "", out);
            fresh = true;
            literal = term = false;
        } else if (indent > 0 && fresh) {
            fprintf(out, "%s.RS 4\n.nf\n", headed ? "" : ".PP\n");
            literal = true;
            fresh = headed = false;
        } else if (indent == 0 && fresh && is_heading(from, len)) {
            fprintf(out, ".SH %.*s\n", (int)len, from);
            from = next;
            headed = true;
            continue;
        } else if (indent == 0 && next < end && *next == ' ') {
            fputs(".TP\n.B ", out);
            fresh = headed = false;
            term = true;
        } else if (fresh || (term && indent == 0)) {
            fputs(headed ? "" : ".PP\n", out);
            fresh = term = headed = false;
        }
        if (indent < len) {
            put_part(from + indent, len - indent, out);
            fputc('\n', out);
        }
        from = next;
    }
    fputs(literal ? ".fi\n.RE\n" : "", out);
}

static void put_options(const struct cmd_option *rows, FILE *out)
{
    for (; rows != NULL && rows->key != NULL; rows++) {
        fputs(".TP\n", out);
        if (rows->letter != 0) {
            fprintf(out, "\\fB\\-%c\\fR, ", rows->letter);
        }
        fputs("\\fB\\-\\-", out);
        put_text(rows->key, out);
        fputs("\\fR", out);
        if (rows->arg != NULL) {
            fputs(" \\fI", out);
            put_text(rows->arg, out);
            fputs("\\fR", out);
        }
        fputc('\n', out);
        put_text(rows->help, out);
        fputs(rows->repeats ? "; may be given more than once.\n" : ".\n", out);
    }
}

static void put_command(const struct cmd *c, FILE *out)
{
    fprintf(out, ".SS %s%s", c->name, c->args[0] != '\0' ? " " : "");
    put_text(c->args, out);
    fputc('\n', out);
    put_sentence(c->summary, out);
    if (c->details != NULL && c->details[0] != '\0') {
        put_details(c->details, c->details + strlen(c->details), false, out);
    }
    put_options(c->options, out);
}

static void put_exits(FILE *out)
{
    fputs(".SH EXIT STATUS\n", out);
    for (const struct cmd_exit *e = cmd_man_exits; e->meaning != NULL; e++) {
        fprintf(out, ".TP\n.B %d\n", e->code);
        put_sentence(e->meaning, out);
    }
}

bool cmd_print_man(const struct cmd_program *p, const char *version, const char *date, FILE *out)
{
    const char *details = p->details != NULL ? p->details : "";
    const char *rest = sections(details);

    fputs(".TH ", out);
    for (const char *c = p->name; *c != '\0'; c++) {
        fputc(toupper((unsigned char)*c), out);
    }
    fprintf(out, " 1 %s \"pinferry %s\" \"Pinferry\"\n.SH NAME\n%s \\- ", date, version, p->name);
    put_text(p->summary, out);
    fprintf(out,
            "\n.SH SYNOPSIS\n.B %s\n\\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n"
            ".SH DESCRIPTION\n",
            p->name);
    put_details(details, rest, true, out);
    fputs(".SH COMMANDS\n", out);
    for (const struct cmd *c = p->commands; c->name != NULL; c++) {
        put_command(c, out);
    }
    fputs(".SH COMMON OPTIONS\nThese stand before or behind the command.\n", out);
    put_options(p->common, out);
    put_options(cmd_table_options, out);
    put_exits(out);
    put_details(rest, rest + strlen(rest), false, out);
    return fflush(out) == 0 && ferror(out) == 0;
}
