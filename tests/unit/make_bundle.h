/* SPDX-License-Identifier: MIT */
/*
 * Keys, trust sets and bundles made at run time, for tests. `made` is a site of domain 01..., whose
 * trust set 1 has one root signer and two bundle signers; times are relative to MADE_NOW.
 */
#ifndef TESTS_UNIT_MAKE_BUNDLE_H
#define TESTS_UNIT_MAKE_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "bundles/bundle.h"
#include "bundles/tarhead.h"
#include "bundles/tarwrite.h"
#include "keys/crypto.h"
#include "keys/signkey.h"

#define MADE_NOW ((int64_t)1790000000) /* 2026-09-21T14:13:20Z */
#define MADE_CHANNEL "keys.example"
#define MADE_SITE "site-1"
#define MADE_MEMBERS 24

enum { MADE_ROOT, MADE_FIRST, MADE_SECOND, MADE_STRANGER, MADE_NEW_ROOT, MADE_KEYS };

struct made {
    struct signkey *keys[MADE_KEYS];
    struct buf certs[MADE_KEYS];
    struct trust *trust; /* version 1 */
};

/* A member of a bundle to be. */
struct made_member {
    char name[TARHEAD_NAME_MAX];
    struct buf bytes;
};

/* A bundle in the making: members in their order, the manifest among them once it is written. */
struct made_bundle {
    struct made_member members[MADE_MEMBERS];
    size_t count;
    struct manifest *manifest;
    struct buf document; /* the manifest's bytes */
    unsigned signatures;
    struct buf tar;
};

/* What must hold for the tests to mean anything. */
static inline void made_must(bool held, const struct err *err)
{
    if (!held) {
        fprintf(stderr, "make_bundle.h: %s\n", err->text);
        abort();
    }
}

static inline void made_init(struct made *made)
{
    struct err err = {0};

    memset(made, 0, sizeof *made);
    for (int i = 0; i < MADE_KEYS; i++) {
        char name[16];

        snprintf(name, sizeof name, "key-%d", i);
        made->keys[i] = signkey_generate(SIGNKEY_P256, &err);
        buf_init(&made->certs[i], LIMIT_CERTIFICATE_BYTES);
        made_must(made->keys[i] != NULL &&
                      signkey_self_certificate(made->keys[i], name, MADE_NOW, MADE_NOW + WHEN_DAY,
                                               &made->certs[i], &err),
                  &err);
    }
}

static inline void made_release(struct made *made)
{
    for (int i = 0; i < MADE_KEYS; i++) {
        signkey_free(made->keys[i]);
        buf_release(&made->certs[i]);
    }
    trust_free(made->trust);
}

static inline void made_signer(struct made *made, struct trust *trust, enum trust_role role,
                               int key)
{
    struct err err = {0};
    char id[16];

    snprintf(id, sizeof id, "key-%d", key);
    made_must(trust_add(trust, role, id, MADE_NOW + 400 * WHEN_DAY, made->certs[key].data,
                        made->certs[key].len, &err),
              &err);
}

/* A set without its signers' bytes: call trust_write once it is as wanted. */
static inline struct trust *made_set(struct made *made, uint64_t version, int root,
                                     unsigned threshold)
{
    struct err err = {0};
    struct trust *trust = trust_new(&err);

    made_must(trust != NULL, &err);
    memset(trust->domain, 1, sizeof trust->domain);
    snprintf(trust->channel, sizeof trust->channel, "%s", MADE_CHANNEL);
    trust->version = version;
    trust->epoch = 1;
    trust->least_sequence = 1;
    trust->expires = MADE_NOW + 300 * WHEN_DAY;
    made_signer(made, trust, TRUST_ROOT, root);
    made_signer(made, trust, TRUST_BUNDLE, MADE_FIRST);
    made_signer(made, trust, TRUST_BUNDLE, MADE_SECOND);
    trust->roles[TRUST_ROOT].threshold = 1;
    trust->roles[TRUST_BUNDLE].threshold = threshold;
    return trust;
}

static inline void made_pin(struct manifest_pin *pin)
{
    /* the base point of P-256 (SEC 2) */
    static const char hex[] = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                              "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    struct err err = {0};

    made_must(pin_from_hex(&pin->pin, hex, strlen(hex), &err), &err);
    pin->approved = MADE_NOW - WHEN_DAY;
    pin->evidence_count = 1;
    pin->evidence[0].kind = MANIFEST_HEX;
    pin->evidence[0].first = MADE_NOW - 2 * WHEN_DAY;
}

/* A manifest of one pin for all sites, sequence 5, valid from an hour ago for 30 days. */
static inline void made_bundle_init(struct made_bundle *b)
{
    struct err err = {0};
    struct manifest *m = manifest_new(&err);

    memset(b, 0, sizeof *b);
    made_must(m != NULL, &err);
    buf_init(&b->document, LIMIT_MANIFEST_BYTES);
    buf_init(&b->tar, LIMIT_HEAD_BYTES);
    memset(m->domain, 1, sizeof m->domain);
    snprintf(m->channel, sizeof m->channel, "%s", MADE_CHANNEL);
    m->epoch = 1;
    m->trust_version = 1;
    m->sequence = 5;
    m->created = MADE_NOW - 7200;
    m->not_before = MADE_NOW - 3600;
    m->expires = MADE_NOW + 30 * WHEN_DAY;
    m->next_expected = MADE_NOW + 10 * WHEN_DAY;
    m->all_sites = true;
    made_pin(manifest_add_pin(m, &err));
    b->manifest = m;
}

static inline void made_bundle_release(struct made_bundle *b)
{
    for (size_t i = 0; i < b->count; i++) {
        buf_release(&b->members[i].bytes);
    }
    manifest_free(b->manifest);
    buf_release(&b->document);
    buf_release(&b->tar);
}

/* Adds a member that stands in no list. */
static inline struct made_member *made_add(struct made_bundle *b, const char *name,
                                           const void *bytes, size_t len)
{
    struct made_member *member = &b->members[b->count++];
    struct err err = {0};

    snprintf(member->name, sizeof member->name, "%s", name);
    buf_init(&member->bytes, LIMIT_MANIFEST_BYTES);
    made_must(buf_add(&member->bytes, bytes, len, &err), &err);
    return member;
}

static inline void made_list(struct manifest_member *item, const char *name, const void *bytes,
                             size_t len)
{
    struct err err = {0};

    made_must(item != NULL, &err);
    snprintf(item->name, sizeof item->name, "%s", name);
    item->size = len;
    made_must(crypto_sha256(item->sha256, bytes, len, &err), &err);
}

/* A trust member, named in the manifest. */
static inline void made_carry(struct made_bundle *b, const char *name, const void *bytes,
                              size_t len)
{
    made_list(manifest_add_trust(b->manifest, NULL), name, bytes, len);
    made_add(b, name, bytes, len);
}

/* A trust set with a signature by each key of a list that ends in -1. */
static inline void made_carry_set(struct made *made, struct made_bundle *b, struct trust *trust,
                                  const int *keys)
{
    struct err err = {0};
    char name[32];

    made_must(trust_write(trust, &err), &err);
    snprintf(name, sizeof name, "trust/%06u.xml", (unsigned)trust->version);
    made_carry(b, name, trust->bytes.data, trust->bytes.len);
    for (int i = 0; keys[i] >= 0; i++) {
        struct buf file;

        buf_init(&file, LIMIT_SIGNATURE_BYTES);
        made_must(sigfile_sign(made->keys[keys[i]], made->certs[keys[i]].data,
                               made->certs[keys[i]].len, false, SIGFILE_TRUST, trust->bytes.data,
                               trust->bytes.len, MADE_NOW, &file, &err),
                  &err);
        snprintf(name, sizeof name, "trust/%06u-%d.p7s", (unsigned)trust->version, i + 1);
        made_carry(b, name, file.data, file.len);
        buf_release(&file);
    }
    b->manifest->trust_version = trust->version;
}

/* Writes the manifest as member; edits of its bytes may follow before it is signed. */
static inline void made_document(struct made_bundle *b)
{
    struct err err = {0};

    made_must(manifest_write(b->manifest, &b->document, &err), &err);
}

static inline void made_sign(struct made *made, struct made_bundle *b, int key, int64_t when)
{
    struct err err = {0};
    struct buf file;
    char name[32];

    if (b->document.len == 0) {
        made_document(b);
    }
    if (b->signatures == 0) {
        made_add(b, "manifest.xml", b->document.data, b->document.len);
    }
    buf_init(&file, LIMIT_SIGNATURE_BYTES);
    made_must(sigfile_sign(made->keys[key], made->certs[key].data, made->certs[key].len, false,
                           SIGFILE_MANIFEST, b->document.data, b->document.len, when, &file, &err),
              &err);
    snprintf(name, sizeof name, "manifest-%u.p7s", ++b->signatures);
    made_add(b, name, file.data, file.len);
    buf_release(&file);
}

/* Names a payload member in the manifest; its bytes are added after the signatures by made_add. */
static inline struct manifest_member *made_payload(struct made_bundle *b, const char *name,
                                                   const char *text)
{
    struct manifest_member *item = manifest_add_payload(b->manifest, NULL);

    made_list(item, name, text, strlen(text));
    return item;
}

static inline bool made_sink(void *ctx, const void *bytes, size_t len, struct err *err)
{
    return buf_add(ctx, bytes, len, err);
}

/* Writes the tar of all members into b->tar. */
static inline void made_tar(struct made_bundle *b)
{
    struct tarwrite w;
    struct err err = {0};

    buf_clear(&b->tar);
    tarwrite_init(&w, made_sink, &b->tar);
    for (size_t i = 0; i < b->count; i++) {
        made_must(tarwrite_member(&w, b->members[i].name, b->members[i].bytes.len, &err) &&
                      tarwrite_bytes(&w, b->members[i].bytes.data, b->members[i].bytes.len, &err),
                  &err);
    }
    made_must(tarwrite_end(&w, &err), &err);
}

/* A site that has just been enrolled and checks everything. */
static inline struct bundle_policy made_policy(const struct trust *trust)
{
    struct bundle_policy policy = {.trust = trust,
                                   .site = MADE_SITE,
                                   .check_replay = true,
                                   .check_time = true,
                                   .local = MADE_NOW};

    return policy;
}

#endif
