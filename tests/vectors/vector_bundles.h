/* SPDX-License-Identifier: MIT */
/*
 * For make_vectors.c: bundles for each check of docs/format.md 6, and the trust sets they need.
 */
#ifndef TESTS_VECTORS_VECTOR_BUNDLES_H
#define TESTS_VECTORS_VECTOR_BUNDLES_H

#include "tests/vectors/vector_kit.h"

#define PLAIN "trust/plain-1.xml"
#define SET_2 "trust/000002.xml"
#define ONE "bundles/00-plain.tar"
#define END (MADE_NOW + 30 * WHEN_DAY) /* of each bundle */

/* Lists of keys end in -1. */
static const int root_1[] = {ROOT_1, -1}, both_roots[] = {ROOT_1, ROOT_NEW, -1},
                 root_new[] = {ROOT_NEW, -1}, three_roots[] = {ROOT_1, ROOT_2, ROOT_3, -1},
                 anna[] = {ANNA, -1}, anna_ben[] = {ANNA, BEN, -1},
                 anna_ben_clara[] = {ANNA, BEN, CLARA, -1},
                 every_kind[] = {ANNA, CLARA, DORA, EMIL, -1};

static inline void set_signer(struct trust *set, enum trust_role role, int key,
                              const struct buf *cert)
{
    struct err err = {0};

    made_must(
        trust_add(set, role, keys[key].id, MADE_NOW + 400 * WHEN_DAY, cert->data, cert->len, &err),
        &err);
}

static inline struct trust *set_new(uint64_t version, const int *roots, unsigned root_threshold,
                                    const int *bundle, unsigned threshold)
{
    struct err err = {0};
    struct trust *set = trust_new(&err);

    made_must(set != NULL, &err);
    memset(set->domain, 1, sizeof set->domain);
    snprintf(set->channel, sizeof set->channel, "%s", MADE_CHANNEL);
    set->version = version;
    set->epoch = 1;
    set->least_sequence = 1;
    set->expires = MADE_NOW + 300 * WHEN_DAY;
    for (size_t i = 0; roots[i] >= 0; i++) {
        set_signer(set, TRUST_ROOT, roots[i], &keys[roots[i]].cert);
    }
    for (size_t i = 0; bundle[i] >= 0; i++) {
        set_signer(set, TRUST_BUNDLE, bundle[i], &keys[bundle[i]].cert);
    }
    set->roles[TRUST_ROOT].threshold = root_threshold;
    set->roles[TRUST_BUNDLE].threshold = threshold;
    return set;
}

static inline struct trust *set_written(struct trust *set)
{
    struct err err = {0};

    made_must(trust_write(set, &err), &err);
    return set;
}

/* A trust set that verifiers are given; it is a vector of its own too. */
static inline void put_set(const char *file, struct trust *set, const char *note)
{
    struct vector v = {.file = file, .kind = "trust", .schema = "valid", .note = note};

    set_written(set);
    v.digest = set->fingerprint;
    vector_write(file, set->bytes.data, set->bytes.len);
    vector_row(&v);
    trust_free(set);
}

/* --- bundles: begin, then carry, sign and add in the order of members, then put --- */

static inline struct vector plain(const char *file, enum err_code code, const char *note)
{
    struct vector v = {.file = file,
                       .kind = "bundle",
                       .trust = PLAIN,
                       .site = MADE_SITE,
                       .local = MADE_NOW,
                       .code = code,
                       .signed_at = code == ERR_NONE ? SIGNED : 0,
                       .note = note};

    return v;
}

static inline void put(struct made_bundle *b, struct vector v)
{
    if (b->tar.len == 0) {
        made_tar(b);
    }
    vector_write(v.file, b->tar.data, b->tar.len);
    vector_row(&v);
    made_bundle_release(b);
}

/* A question about a bundle that is there already. */
static inline void ask(struct vector v, const char *trust)
{
    v.trust = trust;
    vector_row(&v);
}

static inline void add_signature(struct made_bundle *b, const struct buf *file)
{
    char name[32];

    if (b->signatures == 0) {
        made_add(b, "manifest.xml", b->document.data, b->document.len);
    }
    snprintf(name, sizeof name, "manifest-%u.p7s", ++b->signatures);
    made_add(b, name, file->data, file->len);
}

static inline void sign_how(struct made_bundle *b, int signer, const struct sign_how *how)
{
    struct sign_how manifest = *how;
    struct buf file;

    manifest.kind = how->oid == NULL ? SIGFILE_MANIFEST : how->kind;
    if (b->document.len == 0) {
        made_document(b);
    }
    vector_sign(signer, &manifest, b->document.data, b->document.len, &file);
    add_signature(b, &file);
    buf_release(&file);
}

static inline void sign(struct made_bundle *b, int signer)
{
    sign_how(b, signer, &(struct sign_how){0});
}

/* The signature over the manifest as it is, with a change of its bytes by the caller. */
static inline void sign_to(struct made_bundle *b, int signer, struct buf *file)
{
    made_document(b);
    vector_sign(signer, &(struct sign_how){.kind = SIGFILE_MANIFEST}, b->document.data,
                b->document.len, file);
}

/* Edits the manifest's text; nothing is signed yet. */
static inline void edit(struct made_bundle *b, const char *from, const char *to)
{
    struct buf text;

    if (b->document.len == 0) {
        made_document(b);
    }
    vector_edit(&text, &b->document, from, to);
    buf_release(&b->document);
    b->document = text;
}

/* A set's signature by `signer` as the next member. */
static inline void carry_signature(struct made_bundle *b, const struct trust *set, unsigned number,
                                   int signer, const struct sign_how *how)
{
    struct sign_how trust = *how;
    struct buf file;
    char name[32];

    trust.kind = SIGFILE_TRUST;
    vector_sign(signer, &trust, set->bytes.data, set->bytes.len, &file);
    snprintf(name, sizeof name, "trust/%06u-%u.p7s", (unsigned)set->version, number);
    made_carry(b, name, file.data, file.len);
    buf_release(&file);
}

static inline void carry(struct made_bundle *b, struct trust *set, const int *signers)
{
    char name[32];

    set_written(set);
    snprintf(name, sizeof name, "trust/%06u.xml", (unsigned)set->version);
    made_carry(b, name, set->bytes.data, set->bytes.len);
    for (unsigned i = 0; signers[i] >= 0; i++) {
        carry_signature(b, set, i + 1, signers[i], &(struct sign_how){0});
    }
    b->manifest->trust_version = set->version;
}

static inline void begin(struct made_bundle *b)
{
    made_bundle_init(b);
}

/* Two payload members, named; their bytes are to be added behind the signatures. */
static inline void begin_with_payload(struct made_bundle *b)
{
    made_bundle_init(b);
    made_payload(b, "payload/notes", "read me\n")->notes = true;
    made_payload(b, "payload/tool", "bytes");
    sign(b, ANNA);
}

static inline void add_payload(struct made_bundle *b)
{
    made_add(b, "payload/notes", "read me\n", 8);
    made_add(b, "payload/tool", "bytes", 5);
}

/* --- accepted ones --- */

static inline void good_algorithms(void)
{
    static const struct {
        const char *file, *note;
        int signer;
        int digest; /* bits, 0: by the key */
        bool pss;
    } rows[] = {
        {"bundles/00-p384.tar", "ECDSA P-384 with SHA-384", CLARA, 0, false},
        {"bundles/00-p521.tar", "ECDSA P-521 with SHA-512", DORA, 0, false},
        {"bundles/00-p384-sha256.tar", "ECDSA P-384 with SHA-256: ESSCertIDv2 without algorithm",
         CLARA, 256, false},
        {"bundles/00-rsa.tar", "RSA-3072 PKCS#1 v1.5 with SHA-384", EMIL, 0, false},
        {"bundles/00-rsa-pss.tar", "RSA-3072 PSS with SHA-384", EMIL, 0, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vector v = plain(rows[i].file, ERR_NONE, rows[i].note);
        struct sign_how how = {.pss = rows[i].pss,
                               .md = rows[i].digest == 256 ? EVP_sha256() : NULL};
        struct made_bundle b;

        v.trust = "trust/algorithms-1.xml";
        begin(&b);
        sign_how(&b, rows[i].signer, &how);
        put(&b, v);
    }
}

/* Changes each header of a finished tar to encoding G. */
static inline void to_gnu(struct made_bundle *b)
{
    size_t at = 0;

    made_tar(b);
    for (size_t i = 0; i < b->count; i++) {
        tarhead_make(b->tar.data + at, b->members[i].name, b->members[i].bytes.len, TARHEAD_GNU);
        at += TARHEAD_BLOCK +
              (b->members[i].bytes.len + TARHEAD_BLOCK - 1) / TARHEAD_BLOCK * TARHEAD_BLOCK;
    }
}

static inline void fill_manifest(struct manifest *m)
{
    struct err err = {0};
    struct manifest_pin *pin;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    unsigned char *der = NULL;
    int len = i2d_PublicKey(key, &der);
    struct extension *ext = &m->extensions.items[m->extensions.count++];

    m->minimum = 2;
    m->all_sites = false;
    made_must(manifest_add_site(m, "site-2.north", &err) && manifest_add_site(m, MADE_SITE, &err),
              &err);
    pin = manifest_add_pin(m, &err);
    made_must(len > 0 && pin_from_bytes(&pin->pin, der, (size_t)len, &err), &err);
    pin->approved = MADE_NOW - 3 * WHEN_DAY;
    pin->by_policy = true;
    pin->has_validity = true;
    pin->valid_from = MADE_NOW - 90 * WHEN_DAY;
    pin->valid_to = MADE_NOW + 90 * WHEN_DAY;
    pin->evidence_count = 3;
    for (int i = 0; i < 3; i++) {
        static const enum manifest_evidence_kind kinds[] = {MANIFEST_TLS, MANIFEST_DISCOVERY,
                                                            MANIFEST_TLS};

        pin->evidence[i].kind = kinds[i];
        pin->evidence[i].first = MADE_NOW - 4 * WHEN_DAY;
        memset(pin->evidence[i].sha256, i, 32);
    }
    for (int i = 0; i < 2; i++) {
        struct manifest_retired *retired = manifest_add_retired(m, &err);

        memset(retired->sha256, 0xf0 + i, 32);
        snprintf(retired->reason, sizeof retired->reason, "%s",
                 i == 0 ? "key stolen" : "r\xc3\xa9voqu\xc3\xa9 <\"a & b's\"> \xf0\x9f\x94\x91");
    }
    snprintf(ext->id, sizeof ext->id, "urn:example:colour");
    ext->value = strdup("a <blue> one & more");
    OPENSSL_free(der);
    EVP_PKEY_free(key);
}

static inline void good_forms(void)
{
    struct vector v = plain("bundles/00-gnu-headers.tar", ERR_NONE, "all headers in encoding G");
    struct made_bundle b;

    begin(&b);
    sign(&b, ANNA);
    put(&b, plain(ONE, ERR_NONE, "a manifest and one signature, ECDSA P-256 with SHA-256"));
    begin(&b);
    sign(&b, ANNA);
    to_gnu(&b);
    put(&b, v);
    begin_with_payload(&b);
    add_payload(&b);
    put(&b, plain("bundles/00-payload.tar", ERR_NONE, "notes and an opaque payload member"));
    begin(&b);
    fill_manifest(b.manifest);
    sign(&b, ANNA);
    put(&b, plain("bundles/00-full-manifest.tar", ERR_NONE,
                  "every optional part of a manifest, escapes, and an extension that is not "
                  "critical"));
    begin(&b);
    sign(&b, BEN);
    sign(&b, ANNA);
    put(&b, plain("bundles/00-more-than-threshold.tar", ERR_NONE,
                  "two signers where one is enough, in any order"));
    begin(&b);
    sign_how(&b, BEN, &(struct sign_how){.when = SIGNED + 600});
    sign_how(&b, CLARA, &(struct sign_how){.when = SIGNED - 600});
    sign_how(&b, ANNA, &(struct sign_how){.when = SIGNED});
    v = plain("bundles/00-three-signers.tar", ERR_NONE,
              "threshold 2 of 3: T is the second highest signing time");
    v.trust = "trust/two-1.xml";
    put(&b, v);
}

/* --- check 4: container --- */

static inline void bad_header_bytes(void)
{
    static const struct {
        const char *file, *note;
        size_t at;
        char byte;
        enum err_code code;
    } rows[] = {
        {"bundles/04-header-mode.tar", "a header's mode is 0744", 103, '7', ERR_CONTAINER_HEADER},
        {"bundles/04-header-owner.tar", "a header's uid is 1", 113, '1', ERR_CONTAINER_HEADER},
        {"bundles/04-header-time.tar", "a header's mtime is another", 146, '1',
         ERR_CONTAINER_HEADER},
        {"bundles/04-header-link.tar", "a header's typeflag is a symbolic link", 156, '2',
         ERR_CONTAINER_HEADER},
        {"bundles/04-header-pax.tar", "a header's typeflag is pax", 156, 'x', ERR_CONTAINER_HEADER},
        {"bundles/04-header-user.tar", "a header has a user name", 265, 'r', ERR_CONTAINER_HEADER},
        {"bundles/04-header-prefix.tar", "a header has a prefix", 345, 'p', ERR_CONTAINER_HEADER},
        {"bundles/04-header-end.tar", "the last byte of a header is not zero", 511, 1,
         ERR_CONTAINER_HEADER},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct made_bundle b;
        char digits[8];
        unsigned sum = 0;

        begin(&b);
        sign(&b, ANNA);
        made_tar(&b);
        b.tar.data[rows[i].at] = (uint8_t)rows[i].byte;
        memset(b.tar.data + 148, ' ', 8);
        for (size_t k = 0; k < TARHEAD_BLOCK; k++) {
            sum += b.tar.data[k];
        }
        snprintf(digits, sizeof digits, "%06o", sum);
        memcpy(b.tar.data + 148, digits, 7);
        b.tar.len = 1024; /* what follows a refused header is of no use */
        put(&b, plain(rows[i].file, rows[i].code, rows[i].note));
    }
}

/* The bytes of a good bundle, cut behind `len` bytes when that is not 0. */
static inline void begin_tar(struct made_bundle *b, size_t len)
{
    begin(b);
    sign(b, ANNA);
    made_tar(b);
    b->tar.len = len == 0 ? b->tar.len : len;
}

static inline void bad_containers(void)
{
    struct made_bundle b;

    begin_tar(&b, 300);
    put(&b, plain("bundles/04-cut-header.tar", ERR_CONTAINER_FORM, "cut within a header"));
    begin_tar(&b, 1000);
    put(&b, plain("bundles/04-cut-content.tar", ERR_CONTAINER_FORM, "cut within a member"));
    begin_tar(&b, 1024);
    tarhead_make(b.tar.data, "manifest.xml", LIMIT_MANIFEST_BYTES + 1, TARHEAD_LIBARCHIVE);
    put(&b, plain("bundles/04-manifest-large.tar", ERR_CONTAINER_LIMIT,
                  "the manifest is announced with 2,097,153 bytes"));
    begin_tar(&b, 1024);
    tarhead_make(b.tar.data, "manifest.xml", 0, TARHEAD_LIBARCHIVE);
    put(&b, plain("bundles/04-member-empty.tar", ERR_CONTAINER_LIMIT, "a member has no byte"));
    begin_tar(&b, 4096);
    b.tar.data[512 + b.document.len] = 1;
    put(&b, plain("bundles/04-padding.tar", ERR_CONTAINER_FORM,
                  "a byte between two members is not zero"));
    begin_tar(&b, 1024);
    b.tar.data[148] ^= 1;
    put(&b, plain("bundles/04-checksum.tar", ERR_CONTAINER_HEADER, "a header's checksum is wrong"));
    begin_tar(&b, 4096);
    tarhead_make(b.tar.data, "manifest.xml", b.document.len, TARHEAD_GNU);
    put(&b, plain("bundles/04-mixed-encodings.tar", ERR_CONTAINER_HEADER,
                  "the first header in encoding G, the second in L"));
    begin(&b);
    made_tar(&b);
    put(&b, plain("bundles/04-no-member.tar", ERR_CONTAINER_MEMBER, "zero blocks only"));
}

/* Members in a wrong order or of wrong names; each list is made of a good bundle's bytes. */
static inline void bad_member_names(void)
{
    static const struct {
        const char *file, *note;
        const char *names[10];
    } rows[] = {
        {"bundles/04-name.tar", "a member of no known name", {"readme"}},
        {"bundles/04-name-dot.tar", "a name that begins with ./", {"./manifest.xml"}},
        {"bundles/04-order.tar",
         "the signature before the manifest",
         {"manifest-1.p7s", "manifest.xml"}},
        {"bundles/04-no-signature.tar", "a manifest without a signature", {"manifest.xml"}},
        {"bundles/04-signature-gap.tar",
         "manifest-2.p7s without manifest-1.p7s",
         {"manifest.xml", "manifest-2.p7s"}},
        {"bundles/04-nine-signatures.tar",
         "manifest-9.p7s",
         {"manifest.xml", "manifest-1.p7s", "manifest-2.p7s", "manifest-3.p7s", "manifest-4.p7s",
          "manifest-5.p7s", "manifest-6.p7s", "manifest-7.p7s", "manifest-8.p7s",
          "manifest-9.p7s"}},
        {"bundles/04-manifest-twice.tar",
         "two manifests",
         {"manifest.xml", "manifest-1.p7s", "manifest.xml"}},
        {"bundles/04-set-one.tar",
         "a carried trust set of version 1",
         {"trust/000001.xml", "trust/000001-1.p7s", "manifest.xml", "manifest-1.p7s"}},
        {"bundles/04-set-gap.tar",
         "carried trust sets 2 and 4",
         {"trust/000002.xml", "trust/000002-1.p7s", "trust/000004.xml", "trust/000004-1.p7s",
          "manifest.xml", "manifest-1.p7s"}},
        {"bundles/04-set-unsigned.tar",
         "a carried trust set without a signature",
         {"trust/000002.xml", "manifest.xml", "manifest-1.p7s"}},
        {"bundles/04-set-behind.tar",
         "a trust set behind the manifest",
         {"manifest.xml", "manifest-1.p7s", "trust/000002.xml", "trust/000002-1.p7s"}},
        {"bundles/04-payload-name.tar",
         "a payload member whose name is no id",
         {"manifest.xml", "manifest-1.p7s", "payload/Tool.EXE"}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct made_bundle b;

        begin(&b);
        for (size_t k = 0; k < 10 && rows[i].names[k] != NULL; k++) {
            made_add(&b, rows[i].names[k], "x", 1);
        }
        made_tar(&b);
        b.tar.len = (b.count + 1) * 1024;
        put(&b, plain(rows[i].file, ERR_CONTAINER_MEMBER, rows[i].note));
    }
}

#endif
