/* SPDX-License-Identifier: MIT */
/*
 * The journal and the records of runs: what is read is written again as the same bytes, and its
 * edits can be tried on any file.
 */
#include "applier/run.h"
#include "base/limits.h"
#include "tests/fuzz/fuzz.h"

/* Edits come from a file on the disk: on one that they are not made for they may only fail. */
static void try_edits(const struct run_target *target)
{
    struct err err = {0};
    struct buf file, out;
    bool done;

    buf_init(&file, 256);
    buf_init(&out, LIMIT_TARGET_BYTES);
    FUZZ_MUST(buf_reserve(&file, 256, &err) != NULL);
    memset(file.data, 'x', 256);
    file.len = 256;
    done = webconfig_unsplice(&file, target->undo, target->undo_count, &out, &err);
    fuzz_verdict(done, &err);
    FUZZ_MUST(done || out.len == 0);
    buf_release(&out);
    buf_release(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct buf bytes, again;
    struct run *run;

    fuzz_copy(&bytes, data, size);
    buf_init(&again, LIMIT_RUN_BYTES);
    run = run_parse(&bytes, &err);
    fuzz_verdict(run != NULL, &err);
    if (run != NULL) {
        FUZZ_MUST(run_write(run, &again, &err) && buf_equal(&again, &bytes));
        for (size_t i = 0; i < run->count; i++) {
            try_edits(&run->targets[i]);
        }
    } else {
        FUZZ_MUST(err.code == ERR_STATE_DAMAGED);
    }
    run_free(run);
    buf_release(&again);
    buf_release(&bytes);
    return 0;
}
