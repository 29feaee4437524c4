/* SPDX-License-Identifier: MIT */
/*
 * Which of a trust set's signers a key makes of the person who holds it.
 */
#include "bundler/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "keys/crypto.h"

static const char token[] = "pkcs11:";

static char *copy_of(const char *text, struct err *err)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        err_memory(err);
    }
    return copy;
}

static bool make_file(const char *name, const char *stem, char *out, size_t size, struct err *err)
{
    if (name == NULL) {
        return err_set(err, ERR_USAGE, "--signer NAME is missing: it says whose key to take");
    }
    snprintf(out, size, "%s%s.key", stem, name);
    return text_is_id(name) || err_set(err, ERR_USAGE, "--signer '%s' is no name of a key", name);
}

char *signer_path(const struct workspace *ws, const char *name, const char *key, struct err *err)
{
    char file[TEXT_ID_MAX + 16];
    enum fsio_kind kind;

    if (key == NULL) {
        return make_file(name, WORKSPACE_KEYS "/", file, sizeof file, err)
                   ? workspace_path(ws, file, err)
                   : NULL;
    }
    if (strncmp(key, token, sizeof token - 1) == 0) {
        return copy_of(key, err);
    }
    if (!fsio_kind(key, &kind, err)) {
        return NULL;
    }
    if (kind != FSIO_DIR) {
        return copy_of(key, err);
    }
    return make_file(name, "", file, sizeof file, err) ? fsio_join(key, file, err) : NULL;
}

bool signer_find(const struct trust *trust, enum trust_role role, const struct signkey *key,
                 const struct trust_signer **signer, struct err *err)
{
    const struct trust_keys *keys = &trust->roles[role];
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    struct buf spki;
    bool ok;

    buf_init(&spki, LIMIT_CERTIFICATE_BYTES);
    ok = signkey_spki(key, &spki, err) && crypto_sha256(sha256, spki.data, spki.len, err);
    buf_release(&spki);
    if (!ok) {
        return false;
    }
    *signer = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        if (memcmp(keys->signers[i].spki_sha256, sha256, sizeof sha256) == 0) {
            *signer = &keys->signers[i];
        }
    }
    return true;
}
