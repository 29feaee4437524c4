/* SPDX-License-Identifier: MIT */
/*
 * What a writer that was killed left in the state folder: files under temporary names, and a trust
 * set beside the current one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applier/state_file.h"
#include "base/fsio.h"

#define PREFIX "trust-" /* NNNNNN.xml */
#define NAME_SIZE 32
#define NAMES_MAX 4096 /* those of state.h, and what was put there by hand */

void state_sweep(const struct state *state)
{
    static const char *const folders[] = {"", STATE_RUNS, STATE_BACKUPS, STATE_RECEIPTS};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char *path = state_path(state, folders[i], NULL);

        if (path != NULL) {
            fsio_sweep(path);
        }
        free(path);
    }
}

void state_sweep_trust(const struct state *state)
{
    struct fsio_names names = {0};
    struct err unused = {0};
    char current[NAME_SIZE];

    snprintf(current, sizeof current, PREFIX "%06" PRIu64 ".xml", state->trust->version);
    /* The run that was killed may not have flushed the state.xml that names the current one. */
    if (!fsio_sync_dir(state->dir, &unused) || !fsio_list(state->dir, NAMES_MAX, &names, &unused)) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];

        if (strncmp(name, PREFIX, sizeof PREFIX - 1) == 0 && strlen(name) == strlen(current) &&
            strcmp(name, current) != 0) {
            char *path = state_path(state, name, &unused);

            (void)!(path != NULL && fsio_remove(path, &unused));
            free(path);
        }
    }
    fsio_names_release(&names);
}
