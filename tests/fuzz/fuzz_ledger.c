/* SPDX-License-Identifier: MIT */
/* ledger.xml: what is read is written again as the same bytes. */
#include "base/limits.h"
#include "bundler/ledger_file.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct ledger *ledger = ledger_new(&err);
    struct buf bytes, again;
    bool taken;

    FUZZ_MUST(ledger != NULL);
    fuzz_copy(&bytes, data, size);
    buf_init(&again, LIMIT_LEDGER_BYTES);
    taken = ledger_file_read(ledger, &bytes, &err);
    fuzz_verdict(taken, &err);
    FUZZ_MUST(taken || err.code == ERR_STATE_DAMAGED);
    if (taken) {
        FUZZ_MUST(ledger_file_write(ledger, &again, &err) && buf_equal(&again, &bytes));
        for (size_t i = 0; i < ledger->count; i++) {
            FUZZ_MUST(ledger_find(ledger, ledger->pins[i]->pin.sha256) == ledger->pins[i]);
        }
    }
    ledger_free(ledger);
    buf_release(&again);
    buf_release(&bytes);
    return 0;
}
