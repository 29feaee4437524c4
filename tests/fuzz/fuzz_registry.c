/* SPDX-License-Identifier: MIT */
/* Answers of the discovery service: taken whole, sorted, every key sound; or not at all. */
#include "bundler/registry.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct registry registry = {0};
    bool taken = registry_parse(&registry, data, size, "cns.awmdm.com", &err);

    fuzz_verdict(taken, &err);
    FUZZ_MUST(taken == (registry.count > 0) && taken == (registry.pins != NULL));
    for (size_t i = 0; i < registry.count; i++) {
        struct pin again;

        FUZZ_MUST(pin_from_bytes(&again, registry.pins[i].bytes, registry.pins[i].len, &err));
        FUZZ_MUST(i == 0 || pin_compare(&registry.pins[i - 1], &registry.pins[i]) < 0);
    }
    registry_release(&registry);
    return 0;
}
