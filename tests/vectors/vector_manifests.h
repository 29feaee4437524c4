/* SPDX-License-Identifier: MIT */
/*
 * For make_vectors.c: checks 6 to 13 of docs/format.md 6, and which of two failures decides.
 */
#ifndef TESTS_VECTORS_VECTOR_MANIFESTS_H
#define TESTS_VECTORS_VECTOR_MANIFESTS_H

#include "tests/vectors/vector_chains.h"

static inline void bad_profiles(void)
{
    const struct {
        const char *file, *note;
        int signer;
        struct sign_how how;
    } rows[] = {
        {"bundles/06-no-ess.tar", "no signingCertificateV2", ANNA, {.without = CMS_CADES}},
        {"bundles/06-capabilities.tar",
         "S/MIME capabilities among the signed attributes",
         ANNA,
         {.without = CMS_NOSMIMECAP}},
        {"bundles/06-attached.tar", "the document inside", ANNA, {.without = CMS_DETACHED}},
        {"bundles/06-key-id.tar",
         "the signer named by key identifier",
         CLARA,
         {.with = CMS_USE_KEYID}},
        {"bundles/06-no-attributes.tar",
         "no signed attributes",
         ANNA,
         {.without = CMS_CADES, .with = CMS_NOATTR}},
        {"bundles/06-sha1.tar", "digest SHA-1", ANNA, {.md = EVP_sha1()}},
        {"bundles/06-id-data.tar", "eContentType id-data", ANNA, {.oid = "1.2.840.113549.1.7.1"}},
        {"bundles/06-two-certificates.tar",
         "a second certificate",
         ANNA,
         {.extra = keys[STRANGER].x509}},
        {"bundles/06-two-signers.tar", "two SignerInfos in one file", ANNA, {.second = &keys[BEN]}},
        {"bundles/06-unsigned-attribute.tar",
         "an unsigned attribute",
         ANNA,
         {.unsigned_attribute = true}},
        {"bundles/06-general-time.tar",
         "signingTime as GeneralizedTime",
         ANNA,
         {.general_time = true}},
        {"bundles/06-pss-salt.tar", "PSS with a salt of 20 bytes", EMIL, {.pss = true, .salt = 20}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vector v = plain(rows[i].file, ERR_SIGNATURE_PROFILE, rows[i].note);
        struct made_bundle b;

        v.trust = "trust/algorithms-1.xml";
        begin(&b);
        sign_how(&b, rows[i].signer, &rows[i].how);
        put(&b, v);
    }
}

/* A good signature file with its bytes changed. */
static inline void bad_signature_bytes(void)
{
    static const char *const files[] = {"bundles/06-value.tar", "bundles/06-trailing.tar",
                                        "bundles/06-indefinite.tar", "bundles/06-garbage.tar",
                                        "bundles/06-digest.tar"};
    static const char *const notes[] = {
        "the last bit of the signature is another", "a byte behind the CMS structure",
        "the outer SEQUENCE with indefinite length (BER)", "no ASN.1 at all",
        "the manifest was changed after it was signed"};
    static const enum err_code codes[] = {ERR_SIGNATURE_VALUE, ERR_SIGNATURE_PROFILE,
                                          ERR_SIGNATURE_PROFILE, ERR_SIGNATURE_FORM,
                                          ERR_SIGNATURE_DIGEST};

    for (int i = 0; i < 5; i++) {
        struct made_bundle b;
        struct err err = {0};
        struct buf file;

        begin(&b);
        sign_to(&b, ANNA, &file);
        if (i == 0) {
            file.data[file.len - 1] ^= 1;
        } else if (i == 1) {
            MUST(buf_add(&file, "", 1, &err));
        } else if (i == 2) {
            MUST(file.data[1] == 0x82 && buf_add(&file, "\0", 2, &err));
            file.data[1] = 0x80;
            memmove(file.data + 2, file.data + 4, file.len - 4);
            file.len -= 2;
        } else if (i == 3) {
            buf_clear(&file);
            MUST(buf_add_text(&file, "not a signature\n", &err));
        } else {
            edit(&b, "sequence=\"5\"", "sequence=\"6\"");
        }
        add_signature(&b, &file);
        buf_release(&file);
        put(&b, plain(files[i], codes[i], notes[i]));
    }
}

static inline void bad_signers(void)
{
    struct made_bundle b;

    ask(plain(ONE, ERR_SIGNATURE_SIGNER, "a signer whom the trust set does not name"),
        "trust/ben-1.xml");
    ask(plain(ONE, ERR_SIGNATURE_SIGNER, "a root signer signs a manifest"),
        "trust/anna-root-1.xml");
    ask(plain("bundles/00-more-than-threshold.tar", ERR_SIGNATURE_SIGNER,
              "the threshold is met, and a stranger signed too"),
        "trust/ben-1.xml");
    ask(plain(ONE, ERR_THRESHOLD, "one of two signers"), "trust/two-1.xml");
    begin(&b);
    sign(&b, ANNA);
    sign(&b, ANNA);
    put(&b, plain("bundles/06-repeated.tar", ERR_SIGNATURE_REPEATED, "the same signer twice"));
}

static inline void good_beside_bad(void)
{
    struct made_bundle b;

    begin(&b);
    sign(&b, ANNA);
    sign(&b, BEN);
    b.members[2].bytes.data[b.members[2].bytes.len - 1] ^= 1;
    put(&b, plain("bundles/06-and-bad.tar", ERR_SIGNATURE_VALUE,
                  "the threshold is met, and a second signature does not hold"));
}

/* --- check 8: well signed, wrong form --- */

static inline void bad_manifests(void)
{
    static const struct {
        const char *file, *from, *to;
        enum err_code code;
        const char *note;
    } rows[] = {
        {"bundles/08-canonical.tar", "<pins>", "<pins >", ERR_DOCUMENT_CANONICAL,
         "a blank too many"},
        {"bundles/08-newer.tar", "manifest:1", "manifest:2", ERR_NEWER, "a newer format"},
        {"bundles/08-critical.tar", "</manifest>",
         "  <extensions>\n    <extension id=\"urn:example:new\" critical=\"true\" value=\"x\"/>\n"
         "  </extensions>\n</manifest>",
         ERR_NEWER_EXTENSION, "a critical extension"},
        {"bundles/08-trust-version.tar", "trust-version=\"1\"", "trust-version=\"2\"",
         ERR_TRUST_GAP, "made under a trust set that is not reached"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct made_bundle b;

        begin(&b);
        edit(&b, rows[i].from, rows[i].to);
        sign(&b, ANNA);
        put(&b, plain(rows[i].file, rows[i].code, rows[i].note));
    }
}

static inline void bad_trust_members(void)
{
    struct trust *set = plain_set(2);
    struct made_bundle b;

    begin(&b);
    carry(&b, set, root_1);
    b.manifest->trust[1].sha256[0] ^= 1;
    sign(&b, ANNA);
    put(&b, reached(plain("bundles/08-trust-digest.tar", ERR_MANIFEST_FORM,
                          "the manifest gives a trust member another digest"),
                    2));
    trust_free(set);
}

/* --- checks 9 to 12: one bundle, and sites that differ --- */

static inline void scopes(void)
{
    struct vector v = plain("bundles/00-full-manifest.tar", ERR_SCOPE_SITE,
                            "for other sites, one of whose ids begins this one's");

    ask(plain(ONE, ERR_SCOPE_DOMAIN, "another domain"), "trust/domain-1.xml");
    ask(plain(ONE, ERR_SCOPE_CHANNEL, "another channel"), "trust/channel-1.xml");
    v.site = "site-10";
    ask(v, PLAIN);
}

/* The pair and manifest that the site accepted last. */
static inline struct vector after(struct vector v, uint64_t epoch, uint64_t sequence,
                                  const uint8_t *manifest)
{
    v.last_epoch = epoch;
    v.last_sequence = sequence;
    v.last_manifest = manifest;
    return v;
}

static inline void sequences(const uint8_t *one, const uint8_t *other)
{
    struct trust *set = plain_set(2);
    struct made_bundle b;

    ask(after(plain(ONE, ERR_NONE, "the bundle that was accepted last"), 1, 5, one), PLAIN);
    ask(after(plain(ONE, ERR_NONE, "a sequence above the last accepted one"), 1, 4, other), PLAIN);
    ask(after(plain(ONE, ERR_REPLAY_DIFFERENT,
                    "the sequence of the last accepted bundle with another manifest"),
              1, 5, other),
        PLAIN);
    ask(after(plain(ONE, ERR_REPLAY_SEQUENCE, "a sequence below the last accepted one"), 1, 6,
              other),
        PLAIN);
    ask(after(plain(ONE, ERR_REPLAY_EPOCH, "an epoch below the last accepted one"), 2, 1, other),
        PLAIN);
    ask(plain(ONE, ERR_REPLAY_EPOCH, "another epoch than that of the trust set"),
        "trust/later-1.xml");
    ask(plain(ONE, ERR_REPLAY_LEAST, "a sequence below the trust set's least-sequence"),
        "trust/least-1.xml");
    begin(&b);
    set->epoch = 2;
    carry(&b, set, root_1);
    b.manifest->epoch = 2;
    b.manifest->sequence = 1;
    sign(&b, ANNA);
    put(&b, after(reached(plain("bundles/10-epoch-up.tar", ERR_NONE,
                                "a higher epoch by a trust step outranks any sequence"),
                          2),
                  1, 900, other));
    trust_free(set);
}

/* Bundle ONE at other times; `waived`: the manifest whose end a statement waives. */
static inline void clocks(const uint8_t *one, const uint8_t *other)
{
    const struct {
        const char *trust;
        int64_t local, floor;
        const uint8_t *waived;
        enum err_code code;
        const char *note;
    } rows[] = {
        {PLAIN, MADE_NOW, MADE_NOW + WHEN_DAY + 1, NULL, ERR_CLOCK_BEHIND,
         "the local clock is a day and a second before the floor"},
        {PLAIN, MADE_NOW, MADE_NOW + WHEN_DAY, NULL, ERR_NONE,
         "the local clock is a day before the floor"},
        {PLAIN, SIGNED - WHEN_DAY - 1, SIGNED - 1, NULL, ERR_CLOCK_AHEAD,
         "signed a day and a second after the local clock"},
        {PLAIN, SIGNED - WHEN_DAY, SIGNED, NULL, ERR_NONE, "signed a day after the local clock"},
        {PLAIN, END - 1, 0, NULL, ERR_NONE, "a second before its end"},
        {PLAIN, END, 0, NULL, ERR_TIME_EXPIRED, "at its end"},
        {PLAIN, END - 1, END, NULL, ERR_TIME_EXPIRED,
         "at its end by the floor, before it by the local clock"},
        {PLAIN, MADE_NOW - 3600, 0, NULL, ERR_NONE, "at its not-before"},
        {PLAIN, MADE_NOW - 3601, 0, NULL, ERR_TIME_NOT_YET, "a second before its not-before"},
        {"trust/short-1.xml", MADE_NOW, 0, NULL, ERR_TIME_TRUST_EXPIRED, "the trust set has ended"},
        {"trust/short-1.xml", MADE_NOW - 1, 0, NULL, ERR_NONE,
         "a second before the trust set's end"},
        {"trust/until-10-1.xml", MADE_NOW, 0, NULL, ERR_TIME_SIGNER_UNTIL,
         "the signer's until lies before the bundle's end"},
        {"trust/until-30-1.xml", MADE_NOW, 0, NULL, ERR_NONE,
         "the signer's until is the bundle's end"},
        {PLAIN, END + WHEN_DAY, 0, one, ERR_NONE, "expired, and a statement waives that"},
        {PLAIN, END + WHEN_DAY, 0, other, ERR_TIME_EXPIRED,
         "expired, and a statement waives the end of another manifest"},
        {"trust/until-30-1.xml", END, 0, one, ERR_TIME_SIGNER_UNTIL,
         "a statement waives the bundle's end and not the signer's until"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vector v = plain(ONE, rows[i].code, rows[i].note);

        v.local = rows[i].local;
        v.floor = rows[i].floor;
        v.digest = rows[i].waived;
        ask(v, rows[i].trust);
    }
}

static inline void signing_times(void)
{
    struct made_bundle b;
    struct vector v = plain("bundles/12-signed-late.tar", ERR_TIME_SIGNED, "signed at its end");

    begin(&b);
    sign_how(&b, ANNA, &(struct sign_how){.when = MADE_NOW - 7201});
    put(&b, plain("bundles/12-signed-early.tar", ERR_TIME_SIGNED,
                  "signed a second before it was created"));
    begin(&b);
    sign_how(&b, ANNA, &(struct sign_how){.when = END});
    v.local = END - 1;
    put(&b, v);
}

/* --- check 13: payload and end --- */

static inline void payloads(void)
{
    static const struct {
        const char *file, *note;
        const char *names[3], *texts[3];
        enum err_code code;
    } rows[] = {
        {"bundles/13-digest.tar",
         "a payload member with another byte",
         {"payload/notes", "payload/tool"},
         {"read me\n", "bytez"},
         ERR_PAYLOAD_DIGEST},
        {"bundles/13-absent.tar",
         "a payload member is missing",
         {"payload/notes"},
         {"read me\n"},
         ERR_PAYLOAD_ABSENT},
        {"bundles/13-unnamed.tar",
         "a member that the manifest does not name",
         {"payload/notes", "payload/tool", "payload/zoo"},
         {"read me\n", "bytes", "x"},
         ERR_PAYLOAD_MEMBER},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct made_bundle b;

        begin_with_payload(&b);
        for (int k = 0; k < 3 && rows[i].names[k] != NULL; k++) {
            made_add(&b, rows[i].names[k], rows[i].texts[k], strlen(rows[i].texts[k]));
        }
        put(&b, plain(rows[i].file, rows[i].code, rows[i].note));
    }
}

static inline void tails(void)
{
    struct made_bundle b;
    struct err err = {0};

    begin_tar(&b, 0);
    b.tar.data[b.tar.len - 1] = 1;
    put(&b, plain("bundles/13-tail-byte.tar", ERR_CONTAINER_TAIL, "the last byte is not zero"));
    begin_tar(&b, 0);
    MUST(buf_add(&b.tar, "", 1, &err));
    put(&b, plain("bundles/13-tail-long.tar", ERR_CONTAINER_TAIL, "a zero byte too many"));
    begin_tar(&b, 0);
    b.tar.len -= 512;
    put(&b, plain("bundles/13-tail-short.tar", ERR_CONTAINER_FORM, "a block of zeros too few"));
}

/* --- two failures each: the earlier check decides --- */

static inline void orders(const uint8_t *other)
{
    struct made_bundle b;
    struct vector v;

    ask(plain(THIRD, ERR_TRUST_GAP, "5 before 6: a gap, and a manifest by a stranger"),
        "trust/ben-1.xml");
    begin(&b);
    edit(&b, "epoch=\"1\"", "epoch=\"x\"");
    sign(&b, ANNA);
    v = plain("bundles/90-threshold-form.tar", ERR_THRESHOLD,
              "7 before 8: a signer too few, and a manifest of wrong form");
    v.trust = "trust/two-1.xml";
    put(&b, v);
    ask(after(plain(ONE, ERR_SCOPE_DOMAIN, "9 before 10: another domain, and an old sequence"), 1,
              9, other),
        "trust/domain-1.xml");
    v = after(plain(ONE, ERR_REPLAY_SEQUENCE,
                    "10 before 11: an old sequence, and a clock behind the floor"),
              1, 9, other);
    v.floor = MADE_NOW + 2 * WHEN_DAY;
    ask(v, PLAIN);
    v = plain(ONE, ERR_CLOCK_BEHIND,
              "11 before 12: a clock behind the floor, and an expired bundle");
    v.floor = MADE_NOW + 60 * WHEN_DAY;
    ask(v, PLAIN);
    begin_with_payload(&b);
    made_add(&b, "payload/notes", "read it\n", 8);
    v = plain("bundles/90-time-payload.tar", ERR_TIME_EXPIRED,
              "12 before 13: an expired bundle, and a wrong payload");
    v.local = MADE_NOW + 60 * WHEN_DAY;
    put(&b, v);
}

#endif
