/* SPDX-License-Identifier: MIT */
/* Trust sets: a set that is read is written again as the same bytes. */
#include "keys/trust.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct trust *trust = trust_parse(data, size, &err);

    fuzz_verdict(trust != NULL, &err);
    if (trust != NULL) {
        FUZZ_MUST(trust_write(trust, &err) && buf_is(&trust->bytes, data, size));
        for (int role = 0; role < 2; role++) {
            const struct trust_keys *keys = &trust->roles[role];

            FUZZ_MUST(keys->threshold >= 1 && keys->threshold <= keys->count);
            for (size_t i = 1; i < keys->count; i++) {
                FUZZ_MUST(strcmp(keys->signers[i - 1].id, keys->signers[i].id) < 0);
            }
        }
        FUZZ_MUST(!trust_check_fingerprint(trust, "00", &err));
    }
    trust_free(trust);
    return 0;
}
