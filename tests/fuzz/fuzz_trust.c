/* SPDX-License-Identifier: MIT */
/* Trust sets: a set that is read is written again as the same bytes. */
#include "keys/trust.h"
#include "tests/fuzz/fuzz.h"

/* The set by its setters: the same document, and nothing comes in twice. */
static void build_again(const struct trust *trust)
{
    struct err err = {0};
    struct trust *again = trust_new(&err);

    FUZZ_MUST(again != NULL);
    memcpy(again->domain, trust->domain, sizeof again->domain);
    memcpy(again->channel, trust->channel, sizeof again->channel);
    again->version = trust->version;
    again->epoch = trust->epoch;
    again->least_sequence = trust->least_sequence;
    again->expires = trust->expires;
    again->single_key = trust->single_key;
    for (int role = 0; role < 2; role++) {
        const struct trust_keys *keys = &trust->roles[role];

        FUZZ_MUST(trust_find(again, (enum trust_role)role, keys->signers[0].id) == NULL);
        for (size_t i = keys->count; i-- > 0;) {
            const struct trust_signer *s = &keys->signers[i];

            FUZZ_MUST(trust_add(again, (enum trust_role)role, s->id, s->until, s->cert, s->cert_len,
                                &err));
            FUZZ_MUST(trust_find(again, (enum trust_role)role, s->id) != NULL);
            FUZZ_MUST(!trust_add(again, (enum trust_role)role, s->id, s->until, s->cert,
                                 s->cert_len, &err));
            FUZZ_MUST(!trust_add(again, (enum trust_role)role, "No", s->until, s->cert, s->cert_len,
                                 &err));
        }
        again->roles[role].threshold = keys->threshold;
        FUZZ_MUST(trust_role_name((enum trust_role)role) != NULL);
        FUZZ_MUST(!trust_remove(again, (enum trust_role)role, "absent", &err));
    }
    if (trust->extensions.count == 0) {
        FUZZ_MUST(trust_write(again, &err) && buf_equal(&again->bytes, &trust->bytes));
    }
    again->epoch = 0;
    FUZZ_MUST(!trust_write(again, &err));
    again->epoch = trust->epoch;
    again->roles[TRUST_BUNDLE].signers[0].until = 0;
    FUZZ_MUST(!trust_write(again, &err));
    while (again->roles[TRUST_ROOT].count > 0) {
        FUZZ_MUST(trust_remove(again, TRUST_ROOT, again->roles[TRUST_ROOT].signers[0].id, &err));
    }
    FUZZ_MUST(!trust_write(again, &err));
    trust_free(again);
}

/* A copy is the same document and shares nothing. */
static void copy(const struct trust *trust)
{
    struct err err = {0};
    struct trust *again = trust_copy(trust, &err);

    FUZZ_MUST(again != NULL && buf_equal(&again->bytes, &trust->bytes));
    FUZZ_MUST(trust_write(again, &err) && buf_equal(&again->bytes, &trust->bytes));
    trust_free(again);
}

/* As a person types it. */
static void type_fingerprint(const struct trust *trust)
{
    struct err err = {0};
    char typed[64 * 5 / 2 + 2];

    text_hex_groups(typed, trust->fingerprint, 32);
    FUZZ_MUST(trust_check_fingerprint(trust, typed, &err));
    typed[0] = typed[0] == '0' ? '1' : '0';
    FUZZ_MUST(!trust_check_fingerprint(trust, typed, &err));
    memcpy(typed + strlen(typed), "0", 2);
    FUZZ_MUST(!trust_check_fingerprint(trust, typed, &err));
    FUZZ_MUST(!trust_check_fingerprint(trust, "00", &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct trust *trust = trust_parse(data, size, &err);

    fuzz_verdict(trust != NULL, &err);
    if (size == 0) { /* once: over the limit, whatever it holds */
        static const uint8_t large[LIMIT_TRUST_BYTES + 1];

        FUZZ_MUST(trust_parse(large, sizeof large, &err) == NULL);
    }
    if (trust != NULL) {
        FUZZ_MUST(trust_write(trust, &err) && buf_is(&trust->bytes, data, size));
        for (int role = 0; role < 2; role++) {
            const struct trust_keys *keys = &trust->roles[role];

            FUZZ_MUST(keys->threshold >= 1 && keys->threshold <= keys->count);
            for (size_t i = 1; i < keys->count; i++) {
                FUZZ_MUST(strcmp(keys->signers[i - 1].id, keys->signers[i].id) < 0);
            }
        }
        build_again(trust);
        copy(trust);
        type_fingerprint(trust);
    }
    trust_free(trust);
    return 0;
}
