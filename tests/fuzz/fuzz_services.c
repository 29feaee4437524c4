/* SPDX-License-Identifier: MIT */
/* STATE/services.xml, the note of what a run stopped: what is not rightly formed starts nothing. */
#include "applier/services.h"
#include "base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/scratch.h"

static void remove_scratch(void)
{
    scratch_remove(NULL);
}

static void put(const uint8_t *data, size_t size)
{
    FILE *file = fopen(scratch(SERVICES_FILE), "wb");

    FUZZ_MUST(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state state = {.dir = scratch_dir};
    struct err err = {0};
    bool none;

    if (scratch_dir[0] == '\0') {
        FUZZ_MUST(scratch_make(NULL) == 0 && atexit(remove_scratch) == 0);
    }
    if (size > LIMIT_STATE_BYTES) {
        return 0;
    }
    put(data, size);
    none = services_check(&state, &err);
    fuzz_verdict(none, &err);
    FUZZ_MUST(none || err.code == ERR_SERVICE_START || err.code == ERR_STATE_DAMAGED ||
              err.code == ERR_CONFIG_SERVICE);
    return 0;
}
