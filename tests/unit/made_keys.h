/* SPDX-License-Identifier: MIT */
/* Keys and certificates made for the run; nothing secret is committed. Include after cmocka.h. */
#ifndef TESTS_UNIT_MADE_KEYS_H
#define TESTS_UNIT_MADE_KEYS_H

#include "base/limits.h"
#include "base/when.h"
#include "keys/signkey.h"

struct made_key {
    struct signkey *key;
    struct buf cert;
};

static inline void made_key_init(struct made_key *made, enum signkey_kind kind, const char *name)
{
    struct err err = {0};

    buf_init(&made->cert, LIMIT_CERTIFICATE_BYTES);
    made->key = signkey_generate(kind, &err);
    assert_non_null(made->key);
    assert_true(signkey_self_certificate(made->key, name, when_now() - WHEN_DAY,
                                         when_now() + 900 * WHEN_DAY, &made->cert, &err));
}

static inline void made_key_release(struct made_key *made)
{
    signkey_free(made->key);
    buf_release(&made->cert);
}

#endif
