/* SPDX-License-Identifier: MIT */
/*
 * What to say about a command that does not exist: the nearest that does.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cmd_table.h"

#define WORD_MAX 32     /* of a name in a table, and of a typed one that is worth comparing */
#define DISTANCE_MAX 2u /* slips of the finger */
#define LIST_MAX ((size_t)400)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Letters to add, drop, change or swap with their neighbour (optimal string alignment). Both at
 * most WORD_MAX bytes.
 */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[WORD_MAX + 1][WORD_MAX + 1];

    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                row[i][j] = i + j;
                continue;
            }
            row[i][j] = least(row[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                              least(row[i - 1][j], row[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1);
            }
        }
    }
    return row[a_len][b_len];
}

/* How far a typed word is from a part of a name; its beginning counts as one slip. */
static size_t slips(const char *word, const char *part, size_t part_len)
{
    size_t len = strlen(word);

    if (len > WORD_MAX || part_len > WORD_MAX || len < 2) {
        return DISTANCE_MAX + 1;
    }
    if (len < part_len && memcmp(word, part, len) == 0) {
        return 1;
    }
    return distance(word, len, part, part_len);
}

/* The second words of a group, for a sentence. */
static bool add_group(struct buf *list, const struct cmd *commands, const char *group)
{
    size_t len = strlen(group);

    for (const struct cmd *c = commands; c->name != NULL; c++) {
        if (strncmp(c->name, group, len) == 0 && c->name[len] == ' ' &&
            !(buf_add_text(list, list->len > 0 ? ", " : "", NULL) &&
              buf_add_text(list, c->name + len + 1, NULL))) {
            return false;
        }
    }
    return true;
}

static bool unknown_in_group(const struct cmd_program *program, const char *group, const char *word,
                             struct err *err)
{
    struct buf list;
    const char *names;

    buf_init(&list, LIST_MAX);
    names = add_group(&list, program->commands, group) ? buf_text(&list) : "see --help";
    if (word[0] == '\0') {
        err_set(err, ERR_USAGE, "unknown command '%s'; it needs one of: %s", group, names);
    } else {
        err_set(err, ERR_USAGE, "unknown command '%s %s'; '%s' takes one of: %s", group, word,
                group, names);
    }
    buf_release(&list);
    return false;
}

bool cmd_suggest_command(const struct cmd_program *program, const char *first, const char *second,
                         struct err *err)
{
    const char *best = NULL;
    size_t nearest = DISTANCE_MAX + 1;

    if (second != NULL) {
        return unknown_in_group(program, first, second, err);
    }
    for (const struct cmd *c = program->commands; c->name != NULL; c++) {
        size_t n = slips(first, c->name, strcspn(c->name, " "));

        if (n < nearest && n < strlen(first)) {
            nearest = n;
            best = c->name;
        }
    }
    if (best != NULL) {
        return err_set(err, ERR_USAGE, "unknown command '%s'; did you mean '%s'?", first, best);
    }
    return err_set(err, ERR_USAGE, "unknown command '%s'", first);
}
