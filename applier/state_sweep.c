/* SPDX-License-Identifier: MIT */
/*
 * What a writer that was killed left in the state folder under temporary names.
 */
#include <stdlib.h>

#include "applier/state_file.h"
#include "base/fsio.h"

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
