/* SPDX-License-Identifier: MIT */
/*
 * A site and a bundle for it, drawn from the input's bytes: zero is always the good choice, so that
 * few bytes make a world in which one thing is wrong. All is signed with keys made at the start,
 * after the documents were damaged, so that damage passes the cryptography.
 */
#ifndef TESTS_FUZZ_POLICY_WORLD_H
#define TESTS_FUZZ_POLICY_WORLD_H

#include "tests/fuzz/fuzz.h"
#include "tests/unit/make_bundle.h"

#define WORLD_SETS 2
#define WORLD_EPOCH 3
#define WORLD_SEQUENCE 6
#define WORLD_KEYS MADE_KEYS
#define WORLD_CRITICAL                                                                             \
    "  <extensions>\n    <extension id=\"urn:x\" critical=\"true\" value=\"x\"/>\n  "              \
    "</extensions>\n"

/* Who signed what: by key, in the order of the files. */
struct world_signed {
    int keys[WORLD_KEYS + 1];
    int64_t times[WORLD_KEYS + 1];
    size_t count;
    bool damaged; /* one of the files */
};

struct world_set {
    unsigned version; /* of its member's name */
    struct buf bytes;
    struct world_signed by;
};

struct world {
    struct trust *trust; /* the site's */
    struct world_set sets[WORLD_SETS];
    size_t set_count;
    struct made_bundle bundle;
    struct world_signed by; /* of the manifest */
    bool flipped;           /* a bit of the tar */
    struct bundle_policy policy;
    bool with_head; /* try the kept head too, and the bundle as a file */
    bool taker_fails;
    bool is_last; /* last_manifest is this one's digest */
};

static struct made world_made; /* the keys */
static uint8_t world_spki[WORLD_KEYS][32];

/* Makes the keys, once. */
static inline void world_setup(void)
{
    struct err err = {0};
    struct buf file;

    if (world_made.keys[0] != NULL) {
        return;
    }
    buf_init(&file, LIMIT_SIGNATURE_BYTES);
    made_init(&world_made);
    for (int key = 0; key < WORLD_KEYS; key++) {
        /* the signer that bundler uses, which verifies what it made */
        made_must(sigfile_sign(world_made.keys[key], world_made.certs[key].data,
                               world_made.certs[key].len, false, SIGFILE_TRUST, "x", 1, MADE_NOW,
                               &file, &err),
                  &err);
        buf_release(&file);
        made_must(sigfile_check_certificate(world_made.certs[key].data, world_made.certs[key].len,
                                            world_spki[key], ERR_TRUST_FORM, &err),
                  &err);
    }
}

/* 0, 1, -1, 2: near a limit, on both sides of it. */
static inline uint64_t world_near(struct fuzz_input *in, uint64_t value)
{
    static const int steps[] = {0, 1, -1, 2};

    return value + (uint64_t)(int64_t)steps[fuzz_below(in, 4)];
}

/* The usual time, or one of those where something else begins or ends, or a second beside it. */
static inline int64_t world_time(struct fuzz_input *in, int64_t usual)
{
    static const int64_t limits[] = {
        0, -1800, -3600, -7200, 30 * WHEN_DAY, 300 * WHEN_DAY, WHEN_DAY, -WHEN_DAY, 400 * WHEN_DAY};
    unsigned which = fuzz_byte(in);

    if (which == 0) {
        return usual;
    }
    return MADE_NOW + limits[which / 3 % (sizeof limits / sizeof limits[0])] + which % 3 - 1;
}

/* Changes bytes in one of some ways; false if nothing was changed. */
static inline bool world_damage(struct fuzz_input *in, struct buf *bytes)
{
    static const char *const texts[] = {" ",  "\n",           "<!-- -->",    "0",
                                        "9",  "&#48;",        "\xc3\xa9",    "\" x=\"1",
                                        "/>", "<extensions>", WORLD_CRITICAL};
    unsigned what = fuzz_byte(in);
    size_t at = fuzz_byte(in);
    const char *text;

    at = (at * 256 + fuzz_byte(in)) % bytes->len;
    switch (what % 5) {
    case 0:
        return false;
    case 1:
        bytes->data[at] ^= (uint8_t)(1u << what / 5 % 8);
        return true;
    case 2:
        memmove(bytes->data + at, bytes->data + at + 1, bytes->len - at);
        bytes->len--;
        return bytes->len > 0;
    case 3:
        text = texts[what / 5 % (sizeof texts / sizeof texts[0])];
        FUZZ_MUST(buf_reserve(bytes, strlen(text), NULL) != NULL);
        memmove(bytes->data + at + strlen(text), bytes->data + at, bytes->len - at);
        memcpy(bytes->data + at, text, strlen(text));
        bytes->len += strlen(text);
        return true;
    default:
        text = strstr(buf_text(bytes), ":1\"");
        if (text == NULL) {
            return false;
        }
        bytes->data[text + 1 - buf_text(bytes)] = '2'; /* the namespace of a later format */
        return true;
    }
}

/* Keys as bits; `usual` if the input says none. */
static inline unsigned world_mask(struct fuzz_input *in, unsigned usual)
{
    unsigned mask = fuzz_byte(in) % (1u << WORLD_KEYS);

    return mask == 0 ? usual : mask;
}

/* Fills the signers directly: trust_add reads each certificate, which is most of a run's time. */
static inline void world_role(struct fuzz_input *in, struct trust *set, enum trust_role role,
                              unsigned mask)
{
    struct trust_keys *keys = &set->roles[role];

    for (int key = 0; key < WORLD_KEYS; key++) {
        const struct buf *cert = &world_made.certs[key];
        struct trust_signer *signer = &keys->signers[keys->count];

        if ((mask >> key & 1) == 0) {
            continue;
        }
        snprintf(signer->id, sizeof signer->id, "key-%d", key);
        signer->until = role == TRUST_BUNDLE ? world_time(in, MADE_NOW + 400 * WHEN_DAY) : 0;
        signer->cert = malloc(cert->len);
        FUZZ_MUST(signer->cert != NULL);
        memcpy(signer->cert, cert->data, cert->len);
        signer->cert_len = cert->len;
        memcpy(signer->spki_sha256, world_spki[key], 32);
        keys->count++;
    }
    keys->threshold = 1 + fuzz_below(in, (unsigned)keys->count);
}

/* A sound trust set; the caller frees. */
static inline struct trust *world_trust(struct fuzz_input *in, uint64_t version)
{
    unsigned roots = world_mask(in, 1u << MADE_ROOT);
    unsigned bundles = world_mask(in, 1u << MADE_FIRST | 1u << MADE_SECOND);
    struct err err = {0};
    struct trust *set = trust_new(&err);

    FUZZ_MUST(set != NULL);
    memset(set->domain, fuzz_byte(in) == 7 ? 2 : 1, sizeof set->domain);
    snprintf(set->channel, sizeof set->channel, "%s",
             fuzz_byte(in) == 7 ? "other.example" : MADE_CHANNEL);
    set->version = version;
    set->epoch = world_near(in, WORLD_EPOCH);
    set->least_sequence = world_near(in, WORLD_SEQUENCE - 1);
    set->expires = world_time(in, MADE_NOW + 300 * WHEN_DAY);
    set->single_key = (roots & bundles) != 0;
    world_role(in, set, TRUST_ROOT, roots);
    world_role(in, set, TRUST_BUNDLE, bundles);
    made_must(trust_write(set, &err), &err);
    return set;
}

/* As sigfile_sign does, without looking at the result. */
static inline void world_sign_one(int key, enum sigfile_kind kind, const struct buf *document,
                                  int64_t when, struct buf *file)
{
    const struct buf *cert = &world_made.certs[key];
    struct sigfile_parts parts = {.alg = SIGFILE_ECDSA, .signing_time = when};
    struct buf attributes, value;
    struct err err = {0};

    buf_init(&attributes, LIMIT_SIGNATURE_BYTES);
    buf_init(&value, LIMIT_SIGNATURE_BYTES);
    made_must(crypto_sha256(parts.message_digest, document->data, document->len, &err) &&
                  sigfile_attributes(cert->data, cert->len, kind, &parts, &attributes, &err) &&
                  signkey_sign(world_made.keys[key], parts.alg, parts.digest, attributes.data,
                               attributes.len, &value, &err),
              &err);
    parts.signature = value.data;
    parts.signature_len = value.len;
    made_must(sigfile_encode(cert->data, cert->len, kind, &parts, file, &err), &err);
    buf_release(&attributes);
    buf_release(&value);
}

/* Signs a document by the keys of a mask, by one of them twice if the input wants it, and damages
 * one of the files. Files become members; those of sets are named in the manifest. */
static inline void world_sign(struct fuzz_input *in, struct world *w, unsigned mask,
                              const char *stem, enum sigfile_kind kind, const struct buf *document,
                              struct world_signed *by)
{
    unsigned twice = fuzz_byte(in), damaged = fuzz_byte(in);

    for (int key = 0; key < WORLD_KEYS; key++) {
        for (int i = 0; (mask >> key & 1) != 0 && i < 1 + (twice == 7); i++) {
            by->keys[by->count] = key;
            by->times[by->count++] = world_time(in, MADE_NOW - 1800);
            twice = i == 1 ? 0 : twice;
        }
    }
    for (size_t i = 0; i < by->count; i++) {
        char name[32];
        struct buf file;

        buf_init(&file, LIMIT_SIGNATURE_BYTES);
        world_sign_one(by->keys[i], kind, document, by->times[i], &file);
        if (damaged != 0 && damaged % by->count == i) {
            by->damaged = world_damage(in, &file) || by->damaged;
        }
        snprintf(name, sizeof name, "%s-%zu.p7s", stem, i + 1);
        if (kind == SIGFILE_TRUST) {
            made_carry(&w->bundle, name, file.data, file.len);
        } else {
            made_add(&w->bundle, name, file.data, file.len);
        }
        buf_release(&file);
    }
}

/* A set's root signers, as bits. */
static inline unsigned world_roots(const struct trust *set)
{
    unsigned mask = 0;

    for (size_t i = 0; i < set->roles[TRUST_ROOT].count; i++) {
        mask |= 1u << (set->roles[TRUST_ROOT].signers[i].id[4] - '0');
    }
    return mask;
}

static inline void world_carry(struct fuzz_input *in, struct world *w)
{
    unsigned first = (unsigned)w->trust->version - 1 + fuzz_below(in, 4);
    unsigned roots = world_roots(w->trust); /* of all sets up to here */

    w->set_count = fuzz_below(in, WORLD_SETS + 1);
    first = first < 2 ? 2 : first;
    for (size_t i = 0; i < w->set_count; i++) {
        struct world_set *set = &w->sets[i];
        struct trust *drawn;
        char name[32];

        set->version = first + (unsigned)i;
        drawn = world_trust(in, world_near(in, set->version));
        buf_init(&set->bytes, LIMIT_TRUST_BYTES);
        if (set->version == w->trust->version && fuzz_byte(in) % 2 == 0) {
            FUZZ_MUST(buf_add(&set->bytes, w->trust->bytes.data, w->trust->bytes.len, NULL));
        } else {
            FUZZ_MUST(buf_add(&set->bytes, drawn->bytes.data, drawn->bytes.len, NULL));
            world_damage(in, &set->bytes);
        }
        roots |= world_roots(drawn);
        trust_free(drawn);
        snprintf(name, sizeof name, "trust/%06u.xml", set->version);
        made_carry(&w->bundle, name, set->bytes.data, set->bytes.len);
        snprintf(name, sizeof name, "trust/%06u", set->version);
        world_sign(in, w, world_mask(in, roots), name, SIGFILE_TRUST, &set->bytes, &set->by);
    }
}

#endif
