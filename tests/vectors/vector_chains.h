/* SPDX-License-Identifier: MIT */
/*
 * For make_vectors.c: carried trust sets, check 5 of docs/format.md 6.
 */
#ifndef TESTS_VECTORS_VECTOR_CHAINS_H
#define TESTS_VECTORS_VECTOR_CHAINS_H

#include "tests/vectors/vector_bundles.h"

static inline struct vector reached(struct vector v, unsigned version)
{
    v.reached = version;
    return v;
}

static inline struct trust *plain_set(uint64_t version)
{
    return set_new(version, root_1, 1, anna_ben, 1);
}

/* A bundle with one carried set, which is freed, signed by `signers`, and the manifest by anna. */
static inline void put_chain(struct trust *set, const int *signers, struct vector v)
{
    struct made_bundle b;

    begin(&b);
    carry(&b, set, signers);
    sign(&b, ANNA);
    put(&b, v);
    trust_free(set);
}

static inline void good_chains(void)
{
    struct trust *sets[2] = {plain_set(2), set_new(3, root_new, 1, anna, 1)};
    struct made_bundle b;
    struct vector v;

    put_chain(plain_set(2), root_1,
              reached(plain("bundles/05-step.tar", ERR_NONE, "one trust step"), 2));
    put_chain(set_new(2, root_new, 1, anna, 1), both_roots,
              reached(plain("bundles/05-step-new-root.tar", ERR_NONE,
                            "the root signer is replaced: signed by the old and the new one"),
                      2));
    begin(&b);
    carry(&b, sets[0], root_1);
    carry(&b, sets[1], both_roots);
    sign(&b, ANNA);
    put(&b, reached(plain("bundles/05-two-steps.tar", ERR_NONE, "two trust steps"), 3));
    trust_free(sets[0]);
    trust_free(sets[1]);
    begin(&b);
    made_carry(&b, SET_2, "no trust set", 12);
    made_carry(&b, "trust/000002-1.p7s", "no signature", 12);
    b.manifest->trust_version = 2;
    sign(&b, ANNA);
    v = plain("bundles/05-below.tar", ERR_NONE,
              "a carried set below the site's is not parsed, nor are its signatures");
    v.trust = "trust/plain-3.xml";
    put(&b, v);
}

/* The same key under another certificate in the next set: one signature counts for both. */
static inline void renewed_root(bool twice)
{
    struct trust *set;
    X509 *x509;
    struct buf cert;
    struct made_bundle b;
    struct err err = {0};

    vector_cert(keys[ROOT_1].key, "root-1 renewed", &x509, &cert);
    set = trust_new(&err);
    made_must(set != NULL, &err);
    memset(set->domain, 1, sizeof set->domain);
    snprintf(set->channel, sizeof set->channel, "%s", MADE_CHANNEL);
    set->version = 2;
    set->epoch = set->least_sequence = 1;
    set->expires = MADE_NOW + 300 * WHEN_DAY;
    set_signer(set, TRUST_ROOT, ROOT_1, &cert);
    set_signer(set, TRUST_BUNDLE, ANNA, &keys[ANNA].cert);
    set->roles[TRUST_ROOT].threshold = set->roles[TRUST_BUNDLE].threshold = 1;
    begin(&b);
    carry(&b, set, root_1);
    if (twice) {
        carry_signature(&b, set, 2, ROOT_1, &(struct sign_how){.cert = x509});
    }
    sign(&b, ANNA);
    put(&b, twice ? plain("bundles/05-key-twice.tar", ERR_TRUST_SIGNATURE,
                          "one key signs a step by two certificates")
                  : reached(plain("bundles/05-step-renewed.tar", ERR_NONE,
                                  "the next set names another certificate of the same root key"),
                            2));
    trust_free(set);
    buf_release(&cert);
    X509_free(x509);
}

#define STEP "bundles/05-step.tar"
#define THIRD "bundles/05-third.tar"

/* The same carried set for sites with other sets. */
static inline void steps_elsewhere(void)
{
    ask(plain(STEP, ERR_NONE, "the carried set is the one the site has"), "trust/plain-2.xml");
    ask(plain(STEP, ERR_NONE, "the carried set is below the one the site has"),
        "trust/plain-3.xml");
    ask(plain(STEP, ERR_TRUST_DIFFERENT, "another set of the site's own version"),
        "trust/other-2.xml");
    ask(plain(STEP, ERR_TRUST_STEP, "the next set is of another domain"), "trust/domain-1.xml");
    ask(plain(STEP, ERR_TRUST_STEP, "the next set is of another channel"), "trust/channel-1.xml");
    ask(plain(STEP, ERR_TRUST_STEP, "the next set's epoch is lower"), "trust/later-1.xml");
    ask(plain(STEP, ERR_TRUST_STEP, "the next set's least-sequence is lower"), "trust/least-1.xml");
    ask(plain(STEP, ERR_TRUST_THRESHOLD, "one of the two root signers that the old set asks for"),
        "trust/roots-1.xml");
    ask(plain(STEP, ERR_TRUST_THRESHOLD, "signed by the new set's root signer only"),
        "trust/root-2-1.xml");
    put_chain(plain_set(3), root_1,
              plain(THIRD, ERR_TRUST_GAP, "the chain begins two versions above the site's"));
    ask(reached(plain(THIRD, ERR_NONE, "the chain begins one version above the site's"), 3),
        "trust/plain-2.xml");
}

/* The member's name and the set's version must agree. */
static inline void bad_version(void)
{
    struct trust *set = set_written(plain_set(3));
    struct made_bundle b;

    begin(&b);
    made_carry(&b, SET_2, set->bytes.data, set->bytes.len);
    set->version = 2;
    carry_signature(&b, set, 1, ROOT_1, &(struct sign_how){0});
    b.manifest->trust_version = 2;
    sign(&b, ANNA);
    put(&b,
        plain("bundles/05-step-version.tar", ERR_TRUST_STEP, "trust/000002.xml says version 3"));
    trust_free(set);
}

/* Signatures of a step. */
static inline void bad_step_signatures(void)
{
    static const int with_stranger[] = {ROOT_1, STRANGER, -1}, two[] = {ROOT_1, ROOT_2, -1};
    struct trust *set;
    struct made_bundle b;
    struct vector v;

    put_chain(plain_set(2), with_stranger,
              plain("bundles/05-signature-stranger.tar", ERR_TRUST_SIGNATURE,
                    "a good root signature, and one by a stranger"));
    put_chain(plain_set(2), anna,
              plain("bundles/05-bundle-signer.tar", ERR_TRUST_THRESHOLD,
                    "a trust set signed by a bundle signer"));
    put_chain(set_new(2, root_new, 1, anna, 1), root_1,
              plain("bundles/05-old-root-only.tar", ERR_TRUST_THRESHOLD,
                    "signed by the old set's root signer only, whom the new set does not name"));
    v = plain("bundles/05-threshold-new.tar", ERR_TRUST_THRESHOLD,
              "two signed, and the new set asks for three");
    v.trust = "trust/roots-1.xml";
    put_chain(set_new(2, three_roots, 3, anna, 1), two, v);
    set = set_written(plain_set(2));
    begin(&b);
    made_carry(&b, SET_2, set->bytes.data, set->bytes.len);
    carry_signature(&b, set, 1, ROOT_1, &(struct sign_how){.oid = sigfile_oid(SIGFILE_MANIFEST)});
    b.manifest->trust_version = 2;
    sign(&b, ANNA);
    put(&b, plain("bundles/05-signature-kind.tar", ERR_TRUST_SIGNATURE,
                  "a trust set signed as a manifest"));
    trust_free(set);
}

/* A set whose text was changed before it was signed. */
static inline void bad_set_text(const char *file, enum err_code code, const char *from,
                                const char *to, const char *note)
{
    struct trust *set = set_written(plain_set(2));
    struct made_bundle b;
    struct buf text;

    vector_edit(&text, &set->bytes, from, to);
    buf_release(&set->bytes);
    set->bytes = text;
    begin(&b);
    made_carry(&b, SET_2, set->bytes.data, set->bytes.len);
    carry_signature(&b, set, 1, ROOT_1, &(struct sign_how){0});
    b.manifest->trust_version = 2;
    sign(&b, ANNA);
    put(&b, plain(file, code, note));
    trust_free(set);
}

static inline void bad_chains(void)
{
    struct trust *set, *next;
    struct made_bundle b;

    bad_set_text("bundles/05-set-form.tar", ERR_TRUST_FORM, "version=\"2\"", "version=\"02\"",
                 "a well-signed set that breaks the form");
    bad_set_text("bundles/05-set-newer.tar", ERR_NEWER, "trust:1", "trust:2",
                 "a well-signed set of a newer format");
    set = plain_set(2);
    next = set_new(3, root_new, 1, anna, 1);
    begin(&b);
    carry(&b, set, root_1);
    carry(&b, next, both_roots);
    b.members[3].bytes.data[b.members[3].bytes.len - 1] ^= 1;
    sign(&b, ANNA);
    put(&b, reached(plain("bundles/05-second-step.tar", ERR_TRUST_SIGNATURE,
                          "a good step, then one with a signature that does not hold: the first "
                          "is kept"),
                    2));
    trust_free(next);
    trust_free(set);
    set = plain_set(2);
    begin(&b);
    carry(&b, set, root_1);
    sign(&b, STRANGER);
    put(&b, reached(plain("bundles/05-kept.tar", ERR_SIGNATURE_SIGNER,
                          "a good step, then a manifest by a stranger: the step is kept"),
                    2));
    trust_free(set);
}

#endif
