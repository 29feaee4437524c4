/* SPDX-License-Identifier: MIT */
/*
 * Feeds a fuzz target with its corpus, without libFuzzer: the replay in `make check`.
 * Usage: fuzz_NAME [FILE...]; without files all of tests/fuzz/corpus/NAME. Reports one test (TAP).
 */
#include <dirent.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "tests/fuzz/fuzz.h"

#define CORPUS "tests/fuzz/corpus"

static void feed(const char *path)
{
    struct buf bytes;
    struct err err = {0};
    struct stat st;
    FILE *file = fopen(path, "rb");

    /* the last one that is named is the one that broke it */
    printf("# %s\n", path);
    fflush(stdout);
    FUZZ_MUST(file != NULL && fstat(fileno(file), &st) == 0 && st.st_size >= 0);
    buf_init(&bytes, LIMIT_HEAD_BYTES);
    FUZZ_MUST(buf_reserve(&bytes, (size_t)st.st_size, &err) != NULL);
    bytes.len = fread(bytes.data, 1, (size_t)st.st_size, file);
    FUZZ_MUST(bytes.len == (size_t)st.st_size && fclose(file) == 0);
    LLVMFuzzerTestOneInput(bytes.data, bytes.len);
    buf_release(&bytes);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static size_t feed_folder(const char *dir)
{
    struct dirent **names;
    int found = scandir(dir, &names, NULL, by_name);
    size_t count = 0;

    for (int i = 0; i < found; i++) {
        char path[2048];

        if (names[i]->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
            feed(path);
            count++;
        }
        free(names[i]);
    }
    if (found >= 0) {
        free(names);
    }
    return count;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash == NULL ? argv[0] : slash + 1;
    size_t count = (size_t)argc - 1;
    char dir[1024];

    FUZZ_MUST(strncmp(name, "fuzz_", 5) == 0);
    puts("1..1");
    for (int i = 1; i < argc; i++) {
        feed(argv[i]);
    }
    if (argc == 1) {
        snprintf(dir, sizeof dir, "%s/%s", CORPUS, name + 5);
        count = feed_folder(dir);
    }
    /* a corpus that is not found must not pass */
    printf("%sok 1 - %s: %zu inputs\n", count == 0 ? "not " : "", name + 5, count);
    return count == 0;
}
