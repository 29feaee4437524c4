/* SPDX-License-Identifier: MIT */
/* Trust sets made for the run. Include after cmocka.h. */
#ifndef TESTS_UNIT_TRUST_KIT_H
#define TESTS_UNIT_TRUST_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/trust.h"
#include "tests/unit/made_keys.h"

#define KIT_KEYS 10

static struct made_key kit_keys[KIT_KEYS];

static inline int kit_setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIT_KEYS; i++) {
        made_key_init(&kit_keys[i], SIGNKEY_P256, "kit");
    }
    return 0;
}

static inline int kit_teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIT_KEYS; i++) {
        made_key_release(&kit_keys[i]);
    }
    return 0;
}

static inline void kit_add(struct trust *set, enum trust_role role, size_t key)
{
    struct err err = {0};
    char id[16];

    snprintf(id, sizeof id, "key-%zu", key);
    if (!trust_add(set, role, id, WHEN_MAX, kit_keys[key].cert.data, kit_keys[key].cert.len,
                   &err)) {
        fail_msg("%s", err.text);
    }
}

/* Roots are digits ("012"); the last key is the one bundle signer. Not yet written. */
static inline struct trust *kit_set(uint64_t version, const char *roots, unsigned threshold)
{
    struct err err = {0};
    struct trust *set = trust_new(&err);

    assert_non_null(set);
    memset(set->domain, 0xd0, sizeof set->domain);
    memcpy(set->channel, "cns.awmdm.com", sizeof "cns.awmdm.com");
    set->version = version;
    set->epoch = 5;
    set->least_sequence = 7;
    set->expires = 1830297600;
    for (const char *p = roots; *p != '\0'; p++) {
        kit_add(set, TRUST_ROOT, (size_t)(*p - '0'));
    }
    kit_add(set, TRUST_BUNDLE, KIT_KEYS - 1);
    set->roles[TRUST_ROOT].threshold = threshold;
    set->roles[TRUST_BUNDLE].threshold = 1;
    return set;
}

static inline struct trust *kit_written(struct trust *set)
{
    struct err err = {0};

    if (!trust_write(set, &err)) {
        fail_msg("%s", err.text);
    }
    return set;
}

/* The signatures of some keys over a document; `count` and `items` go to the functions under test.
 */
struct kit_signatures {
    struct buf files[20];
    struct trust_signature items[20];
    size_t count;
};

static inline void kit_sign_cert(struct kit_signatures *s, size_t key, const struct buf *cert,
                                 enum sigfile_kind kind, const void *document, size_t len)
{
    struct buf *file = &s->files[s->count];
    struct err err = {0};

    buf_init(file, LIMIT_SIGNATURE_BYTES);
    if (!sigfile_sign(kit_keys[key].key, cert->data, cert->len, false, kind, document, len,
                      1767225600 + (int64_t)key, file, &err)) {
        fail_msg("%s", err.text);
    }
    s->items[s->count++] = (struct trust_signature){file->data, file->len};
}

/* `keys` are digits. */
static inline void kit_sign(struct kit_signatures *s, const char *keys, enum sigfile_kind kind,
                            const void *document, size_t len)
{
    for (const char *p = keys; *p != '\0'; p++) {
        kit_sign_cert(s, (size_t)(*p - '0'), &kit_keys[*p - '0'].cert, kind, document, len);
    }
}

static inline void kit_signatures_release(struct kit_signatures *s)
{
    for (size_t i = 0; i < s->count; i++) {
        buf_release(&s->files[i]);
    }
    s->count = 0;
}

/* Another certificate of the same key. */
static inline void kit_renew(size_t key, struct buf *cert)
{
    struct err err = {0};

    buf_init(cert, LIMIT_CERTIFICATE_BYTES);
    assert_true(signkey_self_certificate(kit_keys[key].key, "renewed", when_now(),
                                         when_now() + WHEN_DAY, cert, &err));
}

#endif
