/* SPDX-License-Identifier: MIT */
/*
 * For make_vectors.c: keys, certificates and signature files by libcrypto alone, so that good
 * vectors are not made by the writer that they test, and the index.
 */
#ifndef TESTS_VECTORS_VECTOR_KIT_H
#define TESTS_VECTORS_VECTOR_KIT_H

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "tests/unit/make_bundle.h"

#define DIR "tests/vectors/"
#define SIGNED (MADE_NOW - 1800)

enum { ROOT_1, ROOT_2, ROOT_3, ROOT_NEW, ANNA, BEN, CLARA, DORA, EMIL, STRANGER, KEYS };

struct vector_key {
    EVP_PKEY *key;
    X509 *x509;
    struct buf cert;
    const char *id;
};

static struct vector_key keys[KEYS] = {
    [ROOT_1] = {.id = "root-1"},     [ROOT_2] = {.id = "root-2"}, [ROOT_3] = {.id = "root-3"},
    [ROOT_NEW] = {.id = "root-new"}, [ANNA] = {.id = "anna"},     [BEN] = {.id = "ben"},
    [CLARA] = {.id = "clara"},       [DORA] = {.id = "dora"},     [EMIL] = {.id = "emil"},
    [STRANGER] = {.id = "stranger"},
};
static FILE *index_file;
static unsigned vector_count;
static size_t vector_bytes;

#define MUST(held)                                                                                 \
    do {                                                                                           \
        if (!(held)) {                                                                             \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #held);               \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A self-signed certificate with a name and nothing else; each call makes another one. */
static inline void vector_cert(EVP_PKEY *key, const char *name, X509 **out, struct buf *der)
{
    X509 *x509 = X509_new();
    X509_NAME *subject = X509_get_subject_name(x509);
    BIGNUM *serial = BN_new();
    unsigned char *bytes = NULL;
    struct err err = {0};
    int len;

    MUST(X509_set_version(x509, X509_VERSION_3) == 1);
    MUST(BN_rand(serial, 126, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
    MUST(BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x509)) != NULL);
    MUST(ASN1_TIME_set(X509_getm_notBefore(x509), MADE_NOW) != NULL);
    MUST(ASN1_TIME_set(X509_getm_notAfter(x509), MADE_NOW + WHEN_DAY) != NULL);
    MUST(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                    -1, 0) == 1);
    MUST(X509_set_issuer_name(x509, subject) == 1 && X509_set_pubkey(x509, key) == 1);
    if (strcmp(name, keys[CLARA].id) == 0) { /* for a signature that names its key so */
        X509_EXTENSION *ext;
        X509V3_CTX ctx;

        X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
        ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
        MUST(ext != NULL && X509_add_ext(x509, ext, -1) == 1);
        X509_EXTENSION_free(ext);
    }
    MUST(X509_sign(x509, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0);
    len = i2d_X509(x509, &bytes);
    buf_init(der, LIMIT_CERTIFICATE_BYTES);
    MUST(len > 0 && buf_add(der, bytes, (size_t)len, &err));
    OPENSSL_free(bytes);
    BN_free(serial);
    if (out == NULL) {
        X509_free(x509);
    } else {
        *out = x509;
    }
}

static inline void vector_keys_make(void)
{
    for (int i = 0; i < KEYS; i++) {
        keys[i].key = i == EMIL    ? EVP_RSA_gen(3072)
                      : i == CLARA ? EVP_EC_gen("P-384")
                      : i == DORA  ? EVP_EC_gen("P-521")
                                   : EVP_EC_gen("P-256");
        MUST(keys[i].key != NULL);
        vector_cert(keys[i].key, keys[i].id, &keys[i].x509, &keys[i].cert);
    }
}

static inline void vector_keys_forget(void)
{
    for (int i = 0; i < KEYS; i++) {
        EVP_PKEY_free(keys[i].key);
        X509_free(keys[i].x509);
        buf_release(&keys[i].cert);
    }
}

/* How a signature file is made; all zero is as the profile wants it. */
struct sign_how {
    int64_t when; /* 0: SIGNED */
    enum sigfile_kind kind;
    const char *oid;  /* another eContentType than the kind's */
    const EVP_MD *md; /* NULL: by the key */
    bool pss;
    int salt;                        /* 0: as long as the digest */
    unsigned without, with;          /* CMS_* flags beside the profile's */
    const X509 *extra;               /* a second certificate */
    const struct vector_key *second; /* a second signer */
    const X509 *cert;                /* another certificate of the same key */
    bool unsigned_attribute, general_time;
};

static inline const EVP_MD *vector_md(const struct vector_key *key)
{
    int bits = EVP_PKEY_get_bits(key->key);

    return bits == 256 ? EVP_sha256() : bits == 521 ? EVP_sha512() : EVP_sha384();
}

static inline void vector_add_signer(CMS_ContentInfo *cms, const struct vector_key *key,
                                     const struct sign_how *how)
{
    const EVP_MD *md = how->md == NULL ? vector_md(key) : how->md;
    unsigned flags = CMS_BINARY | CMS_CADES | CMS_NOSMIMECAP | (how->pss ? CMS_KEY_PARAM : 0);
    X509 *x509 = how->cert == NULL ? key->x509 : (X509 *)(uintptr_t)how->cert;
    CMS_SignerInfo *si;
    ASN1_TIME *time = ASN1_TIME_new();

    flags = (flags & ~how->without) | how->with;
    si = CMS_add1_signer(cms, x509, key->key, md, flags);
    MUST(si != NULL);
    if (how->pss) {
        EVP_PKEY_CTX *ctx = CMS_SignerInfo_get0_pkey_ctx(si);

        MUST(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1);
        MUST(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, how->salt == 0 ? RSA_PSS_SALTLEN_DIGEST
                                                                  : how->salt) == 1);
    }
    if ((flags & CMS_NOATTR) == 0) {
        ASN1_TIME_free(time);
        time = how->general_time ? ASN1_GENERALIZEDTIME_set(NULL, SIGNED)
                                 : ASN1_UTCTIME_set(NULL, how->when == 0 ? SIGNED : how->when);
        MUST(CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, time->type, time, -1) == 1);
    }
    ASN1_TIME_free(time);
}

/* A signature file over a document by libcrypto's CMS. */
static inline void vector_sign(int signer, const struct sign_how *how, const void *document,
                               size_t len, struct buf *out)
{
    unsigned flags = (CMS_BINARY | CMS_DETACHED | CMS_PARTIAL | CMS_CADES) & ~how->without;
    const char *oid = how->oid == NULL ? sigfile_oid(how->kind) : how->oid;
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
    BIO *in = BIO_new_mem_buf(document, (int)len), *bio = BIO_new(BIO_s_mem());
    ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
    struct err err = {0};
    char *bytes;
    long size;

    MUST(cms != NULL && in != NULL && bio != NULL && CMS_set1_eContentType(cms, type) == 1);
    vector_add_signer(cms, &keys[signer], how);
    if (how->second != NULL) {
        vector_add_signer(cms, how->second, how);
    }
    if (how->extra != NULL) {
        MUST(CMS_add1_cert(cms, (X509 *)(uintptr_t)how->extra) == 1);
    }
    MUST(CMS_final(cms, in, NULL, flags) == 1);
    if (how->unsigned_attribute) {
        CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);

        MUST(CMS_unsigned_add1_attr_by_txt(si, "1.2.3.4", V_ASN1_OCTET_STRING, "x", 1) == 1);
    }
    MUST(i2d_CMS_bio(bio, cms) == 1);
    size = BIO_get_mem_data(bio, &bytes);
    buf_init(out, LIMIT_SIGNATURE_BYTES);
    MUST(buf_add(out, bytes, (size_t)size, &err));
    ASN1_OBJECT_free(type);
    BIO_free(in);
    BIO_free(bio);
    CMS_ContentInfo_free(cms);
}

/* --- files and their index --- */

static inline void vector_write(const char *file, const void *bytes, size_t len)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof path, DIR "%s", file);
    f = fopen(path, "wbx");
    if (f == NULL) {
        fprintf(stderr, "%s is there already, or its folder is not\n", path);
        exit(1);
    }
    MUST(fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
    vector_bytes += len;
}

/* A verifier's state and question, and its answer. NULL and 0: none. */
struct vector {
    const char *file, *kind;
    const char *trust; /* "trust/plain-1.xml" */
    const char *site;
    uint64_t last_epoch, last_sequence; /* 0: nothing accepted yet */
    const uint8_t *last_manifest;
    int64_t floor, local;
    const uint8_t *digest; /* bundle: manifest whose end is waived; trust: typed fingerprint */
    enum err_code code;
    unsigned reached; /* version of the last set of a valid chain beyond the site's own */
    int64_t signed_at;
    const char *schema; /* "valid", "invalid" */
    const char *note;
};

static inline const char *vector_text(const char *text)
{
    return text == NULL ? "-" : text;
}

static inline void vector_put_time(int64_t when)
{
    char text[WHEN_TEXT_SIZE];

    when_format(text, when);
    fprintf(index_file, "\t%s", when == 0 ? "-" : text);
}

static inline void vector_put_hex(const uint8_t *digest)
{
    char text[65];

    if (digest != NULL) {
        text_hex(text, digest, 32);
    }
    fprintf(index_file, "%s", digest == NULL ? "-" : text);
}

static inline void vector_row(const struct vector *v)
{
    fprintf(index_file, "%s\t%s\t%s\t%s\t", v->file, v->kind, vector_text(v->trust),
            vector_text(v->site));
    if (v->last_epoch == 0) {
        fprintf(index_file, "-");
    } else {
        fprintf(index_file, "%llu/%llu/", (unsigned long long)v->last_epoch,
                (unsigned long long)v->last_sequence);
        vector_put_hex(v->last_manifest);
    }
    vector_put_time(v->floor);
    vector_put_time(v->local);
    fprintf(index_file, "\t");
    vector_put_hex(v->digest);
    fprintf(index_file, "\t%d\t%s\t", err_exit(v->code), err_reason(v->code));
    if (v->reached == 0) {
        fprintf(index_file, "-");
    } else {
        fprintf(index_file, "%u", v->reached);
    }
    vector_put_time(v->signed_at);
    fprintf(index_file, "\t%s\t%s\n", vector_text(v->schema), v->note);
    vector_count++;
}

/* The text with one place changed; `from` must be in it. */
static inline void vector_edit(struct buf *out, const struct buf *text, const char *from,
                               const char *to)
{
    const char *at = strstr(buf_text(text), from);
    struct err err = {0};

    if (at == NULL) {
        fprintf(stderr, "'%s' is not in the text\n", from);
        abort();
    }
    buf_init(out, LIMIT_MANIFEST_BYTES);
    MUST(buf_add(out, text->data, (size_t)(at - buf_text(text)), &err) &&
         buf_add_text(out, to, &err) && buf_add_text(out, at + strlen(from), &err));
}

#endif
