/* SPDX-License-Identifier: MIT */
/*
 * The trust set: rules, canonical writing and strict reading.
 */
#include "keys/trust.h"

#include <stdlib.h>
#include <string.h>

#include "base/markup.h"
#include "base/policy.h"
#include "base/when.h"
#include "keys/crypto.h"
#include "keys/elem.h"

#define VERSION_MAX 999999
#define THRESHOLD_MAX 8
/* Base64 of the largest certificate. */
#define BASE64_MAX ((LIMIT_CERTIFICATE_BYTES + 2) / 3 * 4)

static const char *const role_names[] = {[TRUST_ROOT] = "root", [TRUST_BUNDLE] = "bundle"};
static const size_t role_limits[] = {
    [TRUST_ROOT] = LIMIT_ROOT_SIGNERS, [TRUST_BUNDLE] = LIMIT_BUNDLE_SIGNERS};

struct trust *trust_new(struct err *err)
{
    struct trust *trust = calloc(1, sizeof *trust);

    if (trust == NULL) {
        err_memory(err);
        return NULL;
    }
    buf_init(&trust->bytes, LIMIT_TRUST_BYTES);
    return trust;
}

static void release_signer(struct trust_signer *signer)
{
    sigfile_cert_free(signer->read);
    free(signer->cert);
}

void trust_free(struct trust *trust)
{
    if (trust == NULL) {
        return;
    }
    for (int role = 0; role < 2; role++) {
        for (size_t i = 0; i < trust->roles[role].count; i++) {
            release_signer(&trust->roles[role].signers[i]);
        }
    }
    extension_release(&trust->extensions);
    buf_release(&trust->bytes);
    free(trust);
}

static bool copy_certs(struct trust_keys *keys, const struct trust_keys *from, struct err *err)
{
    keys->count = 0; /* as many as have a certificate of their own */
    for (size_t i = 0; i < from->count; i++) {
        uint8_t *cert = malloc(from->signers[i].cert_len);

        if (cert == NULL) {
            return err_memory(err);
        }
        memcpy(cert, from->signers[i].cert, from->signers[i].cert_len);
        keys->signers[i].cert = cert;
        keys->signers[i].read = NULL;
        keys->count++;
    }
    return true;
}

struct trust *trust_copy(const struct trust *from, struct err *err)
{
    struct trust *trust = trust_new(err);

    if (trust == NULL) {
        return NULL;
    }
    *trust = *from;
    buf_init(&trust->bytes, LIMIT_TRUST_BYTES);
    trust->extensions.count = 0;
    trust->roles[TRUST_BUNDLE].count = 0;
    if (!copy_certs(&trust->roles[TRUST_ROOT], &from->roles[TRUST_ROOT], err) ||
        !copy_certs(&trust->roles[TRUST_BUNDLE], &from->roles[TRUST_BUNDLE], err) ||
        !extension_copy(&trust->extensions, &from->extensions, err) ||
        !buf_add(&trust->bytes, from->bytes.data, from->bytes.len, err)) {
        trust_free(trust);
        return NULL;
    }
    return trust;
}

/* A place for the signer among those of the role, which are sorted. */
static bool find_place(const struct trust_keys *keys, enum trust_role role, const char *id,
                       const uint8_t spki_sha256[static 32], size_t *at, struct err *err)
{
    *at = 0;
    for (size_t i = 0; i < keys->count; i++) {
        int order = strcmp(keys->signers[i].id, id);

        if (POLICY("trust.form/id", order == 0) ||
            POLICY("trust.form/key", memcmp(keys->signers[i].spki_sha256, spki_sha256, 32) == 0)) {
            return err_set(err, ERR_TRUST_FORM,
                           "%s signer '%s': the id or its key is there already", role_names[role],
                           id);
        }
        *at += order < 0;
    }
    return true;
}

/* Release also after failure. */
static bool read_cert(struct trust_signer *signer, const uint8_t *cert, size_t cert_len,
                      struct err *err)
{
    signer->cert = malloc(cert_len + 1);
    if (signer->cert == NULL) {
        return err_memory(err);
    }
    memcpy(signer->cert, cert, cert_len);
    signer->cert_len = cert_len;
    signer->read =
        sigfile_cert_new(signer->cert, cert_len, signer->spki_sha256, ERR_TRUST_FORM, err);
    return signer->read != NULL;
}

bool trust_add(struct trust *trust, enum trust_role role, const char *id, int64_t until,
               const uint8_t *cert, size_t cert_len, struct err *err)
{
    struct trust_keys *keys = &trust->roles[role];
    struct trust_signer signer = {.until = role == TRUST_BUNDLE ? until : 0};
    size_t at;

    if (!text_is_id(id)) {
        return err_set(err, ERR_TRUST_FORM, "'%s' is no signer's id", id);
    }
    if (keys->count == role_limits[role]) {
        return err_set(err, ERR_TRUST_FORM, "at most %zu %s signers", role_limits[role],
                       role_names[role]);
    }
    if (!read_cert(&signer, cert, cert_len, err)) {
        release_signer(&signer);
        err_context(err, "%s signer '%s'", role_names[role], id);
        return false;
    }
    if (!find_place(keys, role, id, signer.spki_sha256, &at, err)) {
        release_signer(&signer);
        return false;
    }
    memcpy(signer.id, id, strlen(id) + 1);
    for (size_t i = keys->count; i > at; i--) {
        keys->signers[i] = keys->signers[i - 1];
    }
    keys->signers[at] = signer;
    keys->count++;
    return true;
}

const struct trust_signer *trust_find(const struct trust *trust, enum trust_role role,
                                      const char *id)
{
    const struct trust_keys *keys = &trust->roles[role];

    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->signers[i].id, id) == 0) {
            return &keys->signers[i];
        }
    }
    return NULL;
}

static bool shares_a_key(const struct trust *trust)
{
    const struct trust_keys *a = &trust->roles[TRUST_ROOT], *b = &trust->roles[TRUST_BUNDLE];

    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            if (memcmp(a->signers[i].spki_sha256, b->signers[j].spki_sha256, 32) == 0) {
                return true;
            }
        }
    }
    return false;
}

bool trust_remove(struct trust *trust, enum trust_role role, const char *id, struct err *err)
{
    struct trust_keys *keys = &trust->roles[role];
    const struct trust_signer *signer = trust_find(trust, role, id);
    size_t at;

    if (signer == NULL) {
        return err_set(err, ERR_TRUST_FORM, "there is no %s signer '%s'", role_names[role], id);
    }
    at = (size_t)(signer - keys->signers);
    release_signer(&keys->signers[at]);
    keys->count--;
    for (size_t i = at; i < keys->count; i++) {
        keys->signers[i] = keys->signers[i + 1];
    }
    trust->single_key = trust->single_key && shares_a_key(trust);
    return true;
}

const char *trust_role_name(enum trust_role role)
{
    return role_names[role];
}

static bool in_range(uint64_t value, uint64_t max)
{
    return value >= 1 && value <= max;
}

static bool check_rules(const struct trust *trust, struct err *err)
{
    if (!text_is_id(trust->channel) || !in_range(trust->version, VERSION_MAX) ||
        !in_range(trust->epoch, TEXT_NUMBER_MAX) ||
        !in_range(trust->least_sequence, TEXT_NUMBER_MAX) || trust->expires < WHEN_MIN ||
        trust->expires > WHEN_MAX) {
        return err_set(err, ERR_TRUST_FORM,
                       "channel, version, epoch, least-sequence or expires is out of range");
    }
    for (int role = 0; role < 2; role++) {
        const struct trust_keys *keys = &trust->roles[role];

        if (keys->count == 0) {
            return err_set(err, ERR_TRUST_FORM, "the role %s has no signer", role_names[role]);
        }
        if (POLICY("trust.form/threshold", keys->threshold < 1 || keys->threshold > keys->count ||
                                               keys->threshold > THRESHOLD_MAX)) {
            return err_set(err, ERR_TRUST_FORM,
                           "the threshold of the role %s must be 1 to its number of signers (%zu), "
                           "at most %d",
                           role_names[role], keys->count, THRESHOLD_MAX);
        }
        for (size_t i = 0; role == TRUST_BUNDLE && i < keys->count; i++) {
            if (keys->signers[i].until < WHEN_MIN || keys->signers[i].until > WHEN_MAX) {
                return err_set(err, ERR_TRUST_FORM, "signer '%s' has no end date",
                               keys->signers[i].id);
            }
        }
    }
    if (POLICY("trust.form/single-key", shares_a_key(trust) != trust->single_key)) {
        return err_set(err, ERR_TRUST_FORM,
                       trust->single_key ? "single-key is set, but no key stands in both roles"
                                         : "a key stands in both roles without single-key");
    }
    return true;
}

static bool write_role(const struct trust *trust, int role, struct markup *m, struct err *err)
{
    const struct trust_keys *keys = &trust->roles[role];
    struct buf base64;
    bool ok = true;

    buf_init(&base64, BASE64_MAX);
    markup_open(m, role_names[role]);
    markup_number(m, "threshold", keys->threshold);
    for (size_t i = 0; ok && i < keys->count; i++) {
        const struct trust_signer *signer = &keys->signers[i];

        buf_clear(&base64);
        ok = crypto_base64(&base64, signer->cert, signer->cert_len, err);
        markup_open(m, "signer");
        markup_text(m, "id", signer->id);
        if (role == TRUST_BUNDLE) {
            markup_time(m, "until", signer->until);
        }
        markup_text(m, "certificate", buf_text(&base64));
        markup_close(m);
    }
    markup_close(m);
    buf_release(&base64);
    return ok;
}

bool trust_write(struct trust *trust, struct err *err)
{
    struct markup m;
    bool ok;

    if (!check_rules(trust, err)) {
        return false;
    }
    buf_clear(&trust->bytes);
    markup_begin(&m, &trust->bytes, "trust", TRUST_NS, err);
    markup_hex(&m, "domain", trust->domain, sizeof trust->domain);
    markup_text(&m, "channel", trust->channel);
    markup_number(&m, "version", trust->version);
    markup_number(&m, "epoch", trust->epoch);
    markup_time(&m, "expires", trust->expires);
    markup_number(&m, "least-sequence", trust->least_sequence);
    if (trust->single_key) {
        markup_text(&m, "single-key", "true");
    }
    ok = write_role(trust, TRUST_ROOT, &m, err) && write_role(trust, TRUST_BUNDLE, &m, err);
    extension_write(&trust->extensions, &m);
    ok = markup_end(&m) && ok;
    if (!ok && err != NULL && err->code == ERR_IO_LIMIT) {
        err_set(err, ERR_TRUST_FORM, "the trust set exceeds %zu bytes", LIMIT_TRUST_BYTES);
    }
    return ok && crypto_sha256(trust->fingerprint, trust->bytes.data, trust->bytes.len, err);
}

static bool read_signer(struct trust *trust, int role, const struct elem *el, struct err *err)
{
    const char *id, *base64;
    int64_t until = 0;
    struct buf der;
    bool ok;

    if (!elem_expect(el, "signer", NULL, ERR_TRUST_FORM, err) ||
        !elem_id(el, "id", &id, ERR_TRUST_FORM, err) ||
        !elem_text(el, "certificate", &base64, ERR_TRUST_FORM, err) ||
        (role == TRUST_BUNDLE &&
         !elem_time(el, "until", WHEN_MIN, WHEN_MAX, &until, ERR_TRUST_FORM, err))) {
        return false;
    }
    if (strlen(base64) > BASE64_MAX) {
        return err_set(err, ERR_TRUST_FORM, "line %ld: a certificate has at most %zu bytes",
                       elem_line(el), LIMIT_CERTIFICATE_BYTES);
    }
    buf_init(&der, LIMIT_CERTIFICATE_BYTES + 3);
    ok = crypto_unbase64(&der, base64, ERR_TRUST_FORM, err) &&
         trust_add(trust, (enum trust_role)role, id, until, der.data, der.len, err);
    buf_release(&der);
    if (!ok) {
        err_context(err, "line %ld", elem_line(el));
    }
    return ok;
}

static bool read_role(struct trust *trust, int role, const struct elem *el, struct err *err)
{
    uint64_t threshold;

    if (!elem_expect(el, role_names[role], NULL, ERR_TRUST_FORM, err) ||
        !elem_number(el, "threshold", 1, THRESHOLD_MAX, &threshold, ERR_TRUST_FORM, err)) {
        return false;
    }
    trust->roles[role].threshold = (unsigned)threshold;
    for (const struct elem *child = elem_first(el); child != NULL; child = elem_next(child)) {
        if (!read_signer(trust, role, child, err)) {
            return false;
        }
    }
    return true;
}

static bool read_root(struct trust *trust, const struct elem *el, struct err *err)
{
    const enum err_code code = ERR_TRUST_FORM;
    const struct elem *child = elem_first(el);
    const char *channel;

    if (!elem_hex(el, "domain", trust->domain, sizeof trust->domain, code, err) ||
        !elem_id(el, "channel", &channel, code, err) ||
        !elem_number(el, "version", 1, VERSION_MAX, &trust->version, code, err) ||
        !elem_number(el, "epoch", 1, TEXT_NUMBER_MAX, &trust->epoch, code, err) ||
        !elem_time(el, "expires", WHEN_MIN, WHEN_MAX, &trust->expires, code, err) ||
        !elem_number(el, "least-sequence", 1, TEXT_NUMBER_MAX, &trust->least_sequence, code, err)) {
        return false;
    }
    memcpy(trust->channel, channel, strlen(channel) + 1);
    trust->single_key = elem_attr(el, "single-key") != NULL;
    for (int role = 0; role < 2; role++) {
        if (!read_role(trust, role, child, err)) {
            return false;
        }
        child = elem_next(child);
    }
    if (child != NULL) {
        if (!extension_read(&trust->extensions, child, code, err)) {
            return false;
        }
        child = elem_next(child);
    }
    return child == NULL ||
           err_set(err, code, "line %ld: <%s> is not expected", elem_line(child), elem_name(child));
}

struct trust *trust_parse(const void *bytes, size_t len, struct err *err)
{
    struct elem_doc *doc = NULL;
    struct trust *trust = NULL;
    bool ok = false;

    if (len > LIMIT_TRUST_BYTES) {
        err_set(err, ERR_TRUST_FORM, "a trust set has at most %zu bytes", LIMIT_TRUST_BYTES);
        return NULL;
    }
    doc = elem_parse(bytes, len, ERR_TRUST_FORM, err);
    trust = doc == NULL ? NULL : trust_new(err);
    ok = trust != NULL && elem_expect_kind(elem_root(doc), "trust", ERR_TRUST_FORM, err) &&
         read_root(trust, elem_root(doc), err) && trust_write(trust, err);
    if (POLICY("trust.form/canonical", ok && !buf_is(&trust->bytes, bytes, len))) {
        ok = err_set(err, ERR_TRUST_FORM,
                     "the trust set is not written in the one canonical way (docs/format.md 1)");
    }
    elem_free(doc);
    if (!ok) {
        trust_free(trust);
        return NULL;
    }
    return trust;
}

bool trust_check_fingerprint(const struct trust *trust, const char *typed, struct err *err)
{
    char digits[65];
    uint8_t bytes[32];
    size_t n = 0;

    for (const char *p = typed; *p != '\0'; p++) {
        if (*p == ' ' || *p == ':' || *p == '\t') {
            continue;
        }
        if (n == 64) {
            n++;
            break;
        }
        digits[n++] = *p;
    }
    if (n != 64 || !text_unhex(bytes, 32, digits, 64, true)) {
        return err_set(err, ERR_TRUST_FINGERPRINT,
                       "a fingerprint has 64 hexadecimal digits; type it whole from the paper or "
                       "the call, not from the medium");
    }
    return !POLICY("trust.fingerprint", !crypto_equal(bytes, trust->fingerprint, 32)) ||
           err_set(
               err, ERR_TRUST_FINGERPRINT,
               "the fingerprint is not that of this trust set: do not use it, and ask those who "
               "made it");
}
