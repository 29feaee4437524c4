/* SPDX-License-Identifier: MIT */
/*
 * What the editor does to one file, for the bench: read it, scan, splice, prove; once, or many
 * times with the times of each part.
 *
 * Usage: edit FILE ADD REMOVE [RUNS]. ADD and REMOVE hold keys in hex, one a line. With RUNS it
 * prints the median milliseconds of processor time of scan, splice and proof, parted by blanks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "applier/webconfig.h"
#include "applier/webconfig_proof.h"
#include "applier/webconfig_splice.h"
#include "base/fsio.h"
#include "base/limits.h"

#define PINS_MAX 1024
#define RUNS_MAX 1000
#define PARTS 3

static struct err err;

static void must(bool done)
{
    if (!done) {
        fprintf(stderr, "edit: %s\n", err.text);
        exit(1);
    }
}

static size_t read_pins(const char *path, struct pin *pins)
{
    struct buf text;
    char *rest;
    size_t count = 0;

    buf_init(&text, 16 * LIMIT_TARGET_BYTES);
    must(fsio_read_file(path, 16 * LIMIT_TARGET_BYTES, &text, &err));
    rest = (char *)text.data;
    for (char *line = strtok_r(rest, "\n", &rest); line != NULL && count < PINS_MAX;
         line = strtok_r(NULL, "\n", &rest)) {
        must(pin_from_hex(&pins[count++], line, strlen(line), &err));
    }
    buf_release(&text);
    return count;
}

static double now_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at); /* what other work disturbs least */
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static void edit(const struct buf *file, struct webconfig_claim *claim, double ms[static PARTS])
{
    struct webconfig *webconfig = NULL;
    struct webconfig_change change;
    struct buf made;
    double begin = now_ms(), scanned, spliced;

    buf_init(&made, 2 * LIMIT_TARGET_BYTES);
    webconfig_change_init(&change);
    must(webconfig_scan(file, NULL, &webconfig, &err));
    scanned = now_ms();
    must(webconfig_splice(webconfig, claim->added, claim->added_count, claim->removed,
                          claim->removed_count, &made, &change, &err));
    spliced = now_ms();
    must(webconfig_prove(file, &made, claim, NULL, &err));
    ms[2] = now_ms() - spliced;
    ms[1] = spliced - scanned;
    ms[0] = scanned - begin;
    webconfig_free(webconfig);
    webconfig_change_release(&change);
    buf_release(&made);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    static struct pin added[PINS_MAX], gone[PINS_MAX];
    static uint8_t removed[PINS_MAX][32];
    static double ms[PARTS][RUNS_MAX];
    struct webconfig_claim claim = {.added = added, .max_bytes = LIMIT_TARGET_BYTES};
    struct buf file;
    size_t runs = argc == 5 ? strtoul(argv[4], NULL, 10) : 1;

    if (argc < 4 || argc > 5 || runs == 0 || runs > RUNS_MAX) {
        fputs("usage: edit FILE ADD REMOVE [RUNS]\n", stderr);
        return 2;
    }
    buf_init(&file, LIMIT_TARGET_BYTES);
    must(fsio_read_file(argv[1], LIMIT_TARGET_BYTES, &file, &err));
    claim.added_count = read_pins(argv[2], added);
    claim.removed_count = read_pins(argv[3], gone);
    for (size_t i = 0; i < claim.removed_count; i++) {
        memcpy(removed[i], gone[i].sha256, sizeof removed[i]);
    }
    claim.removed = (const uint8_t(*)[32])removed;
    for (size_t i = 0; i < runs; i++) {
        double part[PARTS];

        edit(&file, &claim, part);
        for (size_t k = 0; k < PARTS; k++) {
            ms[k][i] = part[k];
        }
    }
    for (size_t k = 0; k < PARTS && argc == 5; k++) {
        qsort(ms[k], runs, sizeof ms[k][0], by_value);
        printf("%.3f%c", ms[k][runs / 2], k + 1 < PARTS ? ' ' : '\n');
    }
    buf_release(&file);
    return 0;
}
