/* SPDX-License-Identifier: MIT */
/* A workspace with keys, a trust set and approved pins, in the scratch folder. After cmocka.h. */
#ifndef TESTS_UNIT_BUILD_KIT_H
#define TESTS_UNIT_BUILD_KIT_H

#include <string.h>

#include "base/fsio.h"
#include "base/when.h"
#include "bundler/build.h"
#include "bundler/ledger.h"
#include "bundler/workspace.h"
#include "keys/signkey.h"
#include "tests/unit/scratch.h"

#define KIT_NOW ((int64_t)1790000000)
#define KIT_UNTIL (KIT_NOW + 365 * WHEN_DAY)
#define KIT_CHANNEL "cns.example.com"

static inline void kit_must(bool held, const struct err *err)
{
    if (!held) {
        fail_msg("build_kit.h: %s", err->text);
    }
}

static inline void kit_file(const struct workspace *ws, const char *name, const void *bytes,
                            size_t len)
{
    struct err err = {0};
    char *path = workspace_path(ws, name, &err);

    kit_must(path != NULL && fsio_replace(path, bytes, len, 0600, &err), &err);
    free(path);
}

/* keys/NAME.key and keys/NAME.crt; the certificate is added to the role. */
static inline void kit_signer(const struct workspace *ws, struct trust *trust, enum trust_role role,
                              const char *name, enum signkey_kind kind)
{
    struct signkey *key;
    struct err err = {0};
    struct buf cert;
    char file[64];
    char *path;

    buf_init(&cert, LIMIT_CERTIFICATE_BYTES);
    key = signkey_generate(kind, &err);
    snprintf(file, sizeof file, "keys/%s.key", name);
    path = workspace_path(ws, file, &err);
    kit_must(key != NULL && path != NULL && signkey_save(key, path, NULL, &err) &&
                 signkey_self_certificate(key, name, KIT_NOW, KIT_UNTIL, &cert, &err) &&
                 trust_add(trust, role, name, KIT_UNTIL, cert.data, cert.len, &err),
             &err);
    snprintf(file, sizeof file, "keys/%s.crt", name);
    kit_file(ws, file, cert.data, cert.len);
    free(path);
    signkey_free(key);
    buf_release(&cert);
}

/* A set of one root and the bundle signers `signer` and `second`; not yet written. */
static inline struct trust *kit_trust(const struct workspace *ws, enum signkey_kind kind)
{
    struct err err = {0};
    struct trust *trust = trust_new(&err);

    kit_must(trust != NULL, &err);
    memcpy(trust->domain, ws->domain, sizeof trust->domain);
    memcpy(trust->channel, ws->channel, sizeof trust->channel);
    trust->version = trust->epoch = trust->least_sequence = 1;
    trust->expires = KIT_NOW + 1000 * WHEN_DAY;
    trust->roles[TRUST_ROOT].threshold = trust->roles[TRUST_BUNDLE].threshold = 1;
    kit_signer(ws, trust, TRUST_ROOT, "root", SIGNKEY_P256);
    kit_signer(ws, trust, TRUST_BUNDLE, "signer", kind);
    kit_signer(ws, trust, TRUST_BUNDLE, "second", SIGNKEY_P256);
    return trust;
}

static inline void kit_write_trust(const struct workspace *ws, struct trust *trust)
{
    struct err err = {0};

    kit_must(trust_write(trust, &err), &err);
    kit_file(ws, WORKSPACE_TRUST, trust->bytes.data, trust->bytes.len);
}

/* Opened for writing, with a trust set and nothing in its ledger. */
static inline struct workspace *kit_workspace(enum signkey_kind kind)
{
    struct err err = {0};
    struct workspace *ws = NULL;
    struct trust *trust;

    kit_must(workspace_create(scratch("ws"), KIT_CHANNEL, &err), &err);
    ws = workspace_open(scratch("ws"), true, &err);
    kit_must(ws != NULL, &err);
    trust = kit_trust(ws, kind);
    kit_write_trust(ws, trust);
    trust_free(trust);
    return ws;
}

/* An RSA pin that differs by `tag`: a modulus needs no factors to be read. */
static inline struct pin kit_pin(uint8_t tag)
{
    static const uint8_t head[] = {0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00};
    static const uint8_t tail[] = {0x02, 0x03, 0x01, 0x00, 0x01};
    uint8_t der[sizeof head + 256 + sizeof tail];
    struct err err = {0};
    struct pin pin;

    memcpy(der, head, sizeof head);
    memset(der + sizeof head, 0xc1, 256);
    der[sizeof head + 1] = tag;
    memcpy(der + sizeof head + 256, tail, sizeof tail);
    kit_must(pin_from_bytes(&pin, der, sizeof der, &err), &err);
    return pin;
}

/* What a source showed `days` before KIT_NOW, whose bytes have a digest of `tag` alone. */
static inline struct ledger_pin *kit_observe(struct ledger *ledger, const struct pin *pin,
                                             enum manifest_evidence_kind kind, uint8_t tag,
                                             int days)
{
    struct ledger_observed observed = {.pin = pin, .kind = kind, .when = KIT_NOW - days * WHEN_DAY};
    struct err err = {0};
    uint8_t sha256[32];

    memset(sha256, tag, sizeof sha256);
    observed.sha256 = sha256;
    kit_must(ledger_observe(ledger, &observed, NULL, &err), &err);
    return ledger_find(ledger, pin->sha256);
}

/* One approved pin for each character of `tags`. */
static inline void kit_approve(const struct workspace *ws, const char *tags)
{
    struct err err = {0};
    struct ledger *ledger = ledger_load(ws, &err);

    kit_must(ledger != NULL, &err);
    for (; *tags != '\0'; tags++) {
        struct pin pin = kit_pin((uint8_t)*tags);

        kit_must(ledger_approve(kit_observe(ledger, &pin, MANIFEST_HEX, 7, 3),
                                KIT_NOW - 2 * WHEN_DAY, false, NULL, &err),
                 &err);
    }
    kit_must(ledger_save(ledger, ws, &err), &err);
    ledger_free(ledger);
}

static inline void kit_retire(const struct workspace *ws, char tag, const char *reason)
{
    struct err err = {0};
    struct ledger *ledger = ledger_load(ws, &err);
    struct pin pin = kit_pin((uint8_t)tag);
    struct ledger_pin *found;

    kit_must(ledger != NULL, &err);
    found = ledger_add(ledger, pin.sha256, &err);
    kit_must(found != NULL && ledger_retire(ledger, found, KIT_NOW - WHEN_DAY, reason, &err) &&
                 ledger_save(ledger, ws, &err),
             &err);
    ledger_free(ledger);
}

/* The request that the command makes without options. */
static inline struct build_request kit_request(void)
{
    struct build_request request = {
        .now = KIT_NOW, .not_before = KIT_NOW, .days = BUILD_EXPIRES_DAYS, .signer = BUILD_SIGNER};

    return request;
}

/* Builds and leaves the file. */
static inline void kit_build(const struct workspace *ws, const struct build_request *request)
{
    struct build_result result;
    struct err err = {0};

    kit_must(build_bundle(ws, request, &result, &err), &err);
    build_result_release(&result);
}

#endif
