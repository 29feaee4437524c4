/* SPDX-License-Identifier: MIT */
/* state.xml: what is read is written again as the same bytes. */
#include "applier/state_file.h"
#include "base/limits.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct state state = {0};
    struct state_file_trust trust;
    struct buf bytes, again;
    bool taken;

    fuzz_copy(&bytes, data, size);
    buf_init(&again, LIMIT_STATE_BYTES);
    taken = state_file_read(&state, &trust, &bytes, &err);
    fuzz_verdict(taken, &err);
    FUZZ_MUST(taken || err.code == ERR_STATE_DAMAGED);
    if (taken) {
        FUZZ_MUST(state_file_write(&state, &trust, &again, &err) && buf_equal(&again, &bytes));
    }
    buf_release(&again);
    buf_release(&bytes);
    return 0;
}
