/* SPDX-License-Identifier: MIT */
/*
 * The editor over a corpus of real configuration files (PINFERRY_CORPUS, or ../shared/corpus):
 * every well-formed one edits with the inserted bytes as only difference, every malformed one is
 * refused with its place. Skipped, and says so, where there is no corpus;
 * test_webconfig_features.c does the same with files that it makes.
 */
#include "base/fsio.h"
#include "tests/unit/webconfig_files.h"

#define COLUMNS 13
#define WELL_FORMED 11

static const char *corpus_dir(void)
{
    const char *dir = getenv("PINFERRY_CORPUS");
    return dir != NULL ? dir : "../shared/corpus";
}

static void run_row(char *row)
{
    char *columns[COLUMNS] = {NULL}, *cell = row;
    struct err err = {0};
    struct buf file;
    for (size_t i = 0; i < COLUMNS && cell != NULL; i++) {
        columns[i] = cell;
        cell = strchr(cell, '\t');
        if (cell != NULL)
            *cell++ = '\0';
    }
    if (columns[COLUMNS - 1] == NULL || strcmp(columns[0], "file") == 0)
        return;
    char *path = fsio_join(corpus_dir(), columns[0], &err);
    assert_non_null(path);
    buf_init(&file, KIT_MAX);
    KIT_MUST(fsio_read_file(path, KIT_MAX, &file, must));
    run_file(columns[0], &file, strcmp(columns[WELL_FORMED], "yes") == 0);
    free(path);
    buf_release(&file);
}

static void edits_every_file(void **state)
{
    (void)state;
    struct buf list;
    struct err err = {0};
    buf_init(&list, KIT_MAX);
    char *list_path = fsio_join(corpus_dir(), "MANIFEST.tsv", &err);
    assert_non_null(list_path);
    bool there = fsio_read_file(list_path, KIT_MAX, &list, &err);
    free(list_path);
    if (!there) {
        printf("SKIP: no corpus of web.config files at %s; set PINFERRY_CORPUS\n", corpus_dir());
        skip();
    }
    char *rest = (char *)list.data;
    for (char *row = strtok_r(rest, "\n", &rest); row != NULL; row = strtok_r(NULL, "\n", &rest))
        run_row(row);
    printf("# %zu files: %zu edits, %zu refusals\n", tally.files, tally.edited, tally.refused);
    assert_true(tally.files > 100 && tally.edited > 1000);
    buf_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(edits_every_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
