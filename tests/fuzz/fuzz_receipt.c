/* SPDX-License-Identifier: MIT */
/* Receipts: one that is read is written again as the same bytes. */
#include "bundles/receipt.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct receipt *receipt = receipt_parse(data, size, &err);
    struct buf again;

    fuzz_verdict(receipt != NULL, &err);
    if (receipt != NULL) {
        bool refusal =
            receipt->outcome == RECEIPT_REFUSED || receipt->outcome == RECEIPT_ROLLED_BACK;

        FUZZ_MUST(refusal == (receipt->reason[0] != '\0'));
        for (size_t i = 1; i < receipt->target_count; i++) {
            FUZZ_MUST(receipt->targets[i - 1].index < receipt->targets[i].index);
        }
        buf_init(&again, LIMIT_RECEIPT_BYTES);
        FUZZ_MUST(receipt_write(receipt, &again, &err) && buf_is(&again, data, size));
        buf_release(&again);
    }
    receipt_free(receipt);
    return 0;
}
