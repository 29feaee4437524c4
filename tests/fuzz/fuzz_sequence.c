/* SPDX-License-Identifier: MIT */
/* sequence.xml: a number that is taken is above the last one, and the next is above that. */
#include <unistd.h>

#include "base/limits.h"
#include "bundler/sequence.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/scratch.h"

static struct workspace *ws;

static void close_all(void)
{
    workspace_close(ws);
    scratch_remove(NULL);
}

/* The seeds' domain instead of a random one, so that inputs mean the same in every run. */
static void open_workspace(void)
{
    struct err err = {0};

    FUZZ_MUST(scratch_make(NULL) == 0 && atexit(close_all) == 0);
    FUZZ_MUST(workspace_create(scratch_dir, WORKSPACE_CHANNEL, &err));
    ws = workspace_open(scratch_dir, true, &err);
    FUZZ_MUST(ws != NULL);
    memset(ws->domain, 0xab, sizeof ws->domain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    uint64_t next = 0, after = 0;
    FILE *file;
    bool taken;

    if (ws == NULL) {
        open_workspace();
    }
    if (size > LIMIT_STATE_BYTES) {
        return 0;
    }
    file = fopen(scratch(SEQUENCE_XML), "wb");
    FUZZ_MUST(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    taken = sequence_next(ws, 1, 0, 1, &next, &err);
    fuzz_verdict(taken, &err);
    FUZZ_MUST(taken || err.code == ERR_STATE_DAMAGED || err.code == ERR_CONTAINER_LIMIT);
    if (taken) {
        FUZZ_MUST(next >= 2 && next <= TEXT_NUMBER_MAX);
        FUZZ_MUST(next == TEXT_NUMBER_MAX || sequence_next(ws, 1, 0, 1, &after, &err));
        FUZZ_MUST(next == TEXT_NUMBER_MAX || after == next + 1);
    }
    return 0;
}
