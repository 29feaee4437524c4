/* SPDX-License-Identifier: MIT */
/* Manifests: one that is read is written again as the same bytes, and keeps the rules of 2.2. */
#include "bundles/manifest.h"
#include "tests/fuzz/fuzz.h"

static void check_rules(const struct manifest *m)
{
    FUZZ_MUST(m->created <= m->not_before && m->not_before < m->expires);
    FUZZ_MUST(m->created < m->next_expected);
    FUZZ_MUST(m->pin_count >= 1 && m->pin_count <= LIMIT_PINS);
    FUZZ_MUST(m->all_sites == (m->site_count == 0));
    for (size_t i = 0; i < m->pin_count; i++) {
        struct pin again;

        FUZZ_MUST(i == 0 || memcmp(m->pins[i - 1].pin.sha256, m->pins[i].pin.sha256, 32) < 0);
        FUZZ_MUST(pin_from_bytes(&again, m->pins[i].pin.bytes, m->pins[i].pin.len, NULL));
        FUZZ_MUST(m->pins[i].evidence_count >= 1);
        for (size_t k = 0; k < m->retired_count; k++) {
            FUZZ_MUST(memcmp(m->pins[i].pin.sha256, m->retired[k].sha256, 32) != 0);
        }
    }
    for (size_t i = 1; i < m->site_count; i++) {
        FUZZ_MUST(strcmp(m->sites[i - 1], m->sites[i]) < 0);
        FUZZ_MUST(manifest_for_site(m, m->sites[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct manifest *m = manifest_parse(data, size, &err);
    struct buf again;

    fuzz_verdict(m != NULL, &err);
    if (size == 0) { /* once: over the limit, whatever it holds */
        static const uint8_t large[LIMIT_MANIFEST_BYTES + 1];

        FUZZ_MUST(manifest_parse(large, sizeof large, &err) == NULL);
    }
    if (m != NULL) {
        check_rules(m);
        FUZZ_MUST(!manifest_add_site(m, "No id", &err));
        buf_init(&again, LIMIT_MANIFEST_BYTES);
        FUZZ_MUST(manifest_write(m, &again, &err) && buf_is(&again, data, size));
        buf_release(&again);
    }
    manifest_free(m);
    return 0;
}
