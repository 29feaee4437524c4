/* SPDX-License-Identifier: MIT */
/*
 * Makes tests/vectors/ anew: `make vectors`, in an emptied folder only. Its keys are forgotten when
 * it ends, so that what it made cannot be changed, only replaced as a whole.
 */
#include "tests/vectors/vector_documents.h"
#include "tests/vectors/vector_manifests.h"

static const char heading[] =
    "# The vectors of format 1; README.md says what the columns mean. Separated by tabs; - is "
    "none.\n"
    "# file\tkind\ttrust\tsite\tlast\tfloor\tlocal\tdigest\texit\treason\treached\tsigned\tschema\t"
    "note\n";

static struct trust *small(uint64_t version)
{
    return set_new(version, root_1, 1, anna, 1);
}

/* The trust sets that sites have in the bundle vectors. */
static void put_sets(void)
{
    static const int root_2[] = {ROOT_2, -1}, ben[] = {BEN, -1};

    put_set(PLAIN, set_new(1, root_1, 1, anna_ben, 1), "one root signer, two bundle signers");
    put_set("trust/plain-2.xml", set_new(2, root_1, 1, anna_ben, 1), "the same, version 2");
    put_set("trust/plain-3.xml", set_new(3, root_1, 1, anna_ben, 1), "the same, version 3");
    put_set("trust/two-1.xml", set_new(1, root_1, 1, anna_ben_clara, 2), "two of three signers");
    put_set("trust/algorithms-1.xml", set_new(1, root_1, 1, every_kind, 1),
            "a signer with a key of each kind");
    put_set("trust/roots-1.xml", set_new(1, three_roots, 2, anna, 1), "two of three root signers");
    put_set("trust/root-2-1.xml", set_new(1, root_2, 1, anna, 1), "another root signer");
    put_set("trust/ben-1.xml", set_new(1, root_1, 1, ben, 1), "another bundle signer");
    put_set("trust/anna-root-1.xml", set_new(1, anna, 1, ben, 1),
            "the plain set's bundle signer as root signer");
}

/* Plain sets with one value changed. */
static void put_other_sets(void)
{
    struct trust *set = small(2);

    set->expires++;
    put_set("trust/other-2.xml", set, "version 2 with other bytes");
    set = small(1);
    set->domain[15] ^= 1;
    put_set("trust/domain-1.xml", set, "another domain");
    set = small(1);
    set->channel[0] = 'x';
    put_set("trust/channel-1.xml", set, "another channel");
    set = small(1);
    set->epoch = 3;
    put_set("trust/later-1.xml", set, "epoch 3");
    set = small(1);
    set->least_sequence = 6;
    put_set("trust/least-1.xml", set, "least-sequence 6");
    set = small(1);
    set->expires = MADE_NOW;
    put_set("trust/short-1.xml", set, "ends when the bundle vectors are looked at");
    set = small(1);
    set->roles[TRUST_BUNDLE].signers[0].until = MADE_NOW + 10 * WHEN_DAY;
    put_set("trust/until-10-1.xml", set, "its signer may sign for ten days");
    set = small(1);
    set->roles[TRUST_BUNDLE].signers[0].until = END;
    put_set("trust/until-30-1.xml", set, "its signer may sign until the bundles end");
}

/* A fingerprint typed wrong: the one answer that a trust set alone does not give. */
static void put_fingerprint(void)
{
    struct trust *set = set_written(set_new(1, root_1, 1, anna, 1));
    struct vector v = {.file = "trust/typed-wrong.xml",
                       .kind = "trust",
                       .digest = set->fingerprint,
                       .code = ERR_TRUST_FINGERPRINT,
                       .schema = "valid",
                       .note = "the fingerprint that was typed is wrong in its last digit"};

    set->fingerprint[31] ^= 1;
    vector_write(v.file, set->bytes.data, set->bytes.len);
    vector_row(&v);
    trust_free(set);
}

static void put_bundles(void)
{
    uint8_t one[32], other[32];
    struct made_bundle b;
    struct err err = {0};

    memset(other, 0xaa, sizeof other);
    begin(&b);
    made_document(&b);
    made_must(crypto_sha256(one, b.document.data, b.document.len, &err), &err);
    made_bundle_release(&b);
    good_forms();
    good_algorithms();
    bad_header_bytes();
    bad_containers();
    bad_member_names();
    good_chains();
    renewed_root(false);
    renewed_root(true);
    steps_elsewhere();
    bad_version();
    bad_step_signatures();
    bad_chains();
    bad_profiles();
    bad_signature_bytes();
    bad_signers();
    good_beside_bad();
    bad_manifests();
    bad_trust_members();
    scopes();
    sequences(one, other);
    clocks(one, other);
    signing_times();
    payloads();
    tails();
    orders(other);
}

int main(void)
{
    index_file = fopen(DIR "index.tsv", "wx");
    if (index_file == NULL) {
        fprintf(stderr, DIR "index.tsv is there: the vectors are frozen (" DIR "README.md)\n");
        return 1;
    }
    fputs(heading, index_file);
    vector_keys_make();
    put_sets();
    put_other_sets();
    put_fingerprint();
    put_bundles();
    trust_changes();
    trust_certificates();
    trust_pairs();
    manifests();
    statements();
    requests();
    receipts();
    vector_keys_forget();
    MUST(fclose(index_file) == 0);
    printf("%u vectors, %zu bytes\n", vector_count, vector_bytes);
    return 0;
}
