/* SPDX-License-Identifier: MIT */
/* bundler.xml, which people edit: what is read is what the fields may hold. */
#include <unistd.h>

#include "base/limits.h"
#include "base/when.h"
#include "bundler/workspace.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/scratch.h"

static void remove_scratch(void)
{
    scratch_remove(NULL);
}

static void check(const struct workspace *ws)
{
    FUZZ_MUST(text_is_id(ws->channel) && ws->lock == NULL);
    FUZZ_MUST(ws->created >= WHEN_MIN && ws->created <= WHEN_MAX);
    FUZZ_MUST(ws->source_url == NULL || strncmp(ws->source_url, "https://", 8) == 0);
    FUZZ_MUST(ws->source_ca == NULL || (ws->source_url != NULL && ws->source_ca[0] == '/'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct workspace *ws;
    FILE *file;

    if (scratch_dir[0] == '\0') {
        FUZZ_MUST(scratch_make(NULL) == 0 && atexit(remove_scratch) == 0);
    }
    if (size > LIMIT_STATE_BYTES) {
        return 0;
    }
    file = fopen(scratch(WORKSPACE_XML), "wb");
    FUZZ_MUST(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    ws = workspace_open(scratch_dir, false, &err);
    fuzz_verdict(ws != NULL, &err);
    FUZZ_MUST(ws != NULL || err.code == ERR_CONFIG_FORM || err.code == ERR_NEWER);
    if (ws != NULL) {
        check(ws);
    }
    workspace_close(ws);
    return 0;
}
