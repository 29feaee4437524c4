/* SPDX-License-Identifier: MIT */
/*
 * Signature files over fixed bytes: the input is a kind, a certificate and a document, each with
 * its length in front, then the file. What is taken, libcrypto's own verification takes too.
 */
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>

#include "base/limits.h"
#include "keys/sigfile.h"
#include "keys/sigfile_cert.h"
#include "tests/fuzz/fuzz.h"

static void libcrypto_agrees(const struct fuzz_input *file, const struct fuzz_input *document,
                             const struct fuzz_input *cert)
{
    const unsigned char *at = file->data, *cert_at = cert->data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)file->left);
    X509 *signer = d2i_X509(NULL, &cert_at, (long)cert->left);
    STACK_OF(X509) *signers = sk_X509_new_null();
    BIO *content = BIO_new_mem_buf(document->data, (int)document->left);
    unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN;

    FUZZ_MUST(cms != NULL && signer != NULL && signers != NULL && content != NULL);
    FUZZ_MUST(at == file->data + file->left && sk_X509_push(signers, signer) > 0);
    FUZZ_MUST(CMS_verify(cms, signers, NULL, content, NULL, flags) == 1);
    sk_X509_free(signers);
    X509_free(signer);
    BIO_free(content);
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
}

/* Parts that were read can be written, unless there is no key to write for. */
static void write_again(const struct fuzz_input *file, enum sigfile_kind kind)
{
    struct err err = {0};
    struct sigfile_taken taken;
    struct buf out;
    bool done = sigfile_taken_read(&taken, file->data, file->left, &err);

    fuzz_verdict(done, &err);
    buf_init(&out, LIMIT_SIGNATURE_BYTES + LIMIT_CERTIFICATE_BYTES);
    if (done) {
        bool written =
            sigfile_encode(taken.cert.data, taken.cert.len, kind, &taken.parts, &out, &err);
        fuzz_verdict(written, &err);
        taken.parts.signing_time = -1;
        FUZZ_MUST(!sigfile_encode(taken.cert.data, taken.cert.len, kind, &taken.parts, &out, &err));
        FUZZ_MUST(strncmp(sigfile_oid(kind), "2.25.", 5) == 0);
    }
    buf_release(&out);
    sigfile_taken_release(&taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    enum sigfile_kind kind = (enum sigfile_kind)fuzz_below(&in, SIGFILE_RECEIPT + 1);
    struct fuzz_input cert = fuzz_part(&in), document = fuzz_part(&in);
    struct sigfile_candidate candidate = {.cert = cert.data, .cert_len = cert.left};
    struct sigfile_result result;
    struct err err = {0};
    uint8_t spki[32];
    bool taken;

    fuzz_verdict(sigfile_check_certificate(cert.data, cert.left, spki, ERR_TRUST_FORM, &err), &err);
    err = (struct err){0};
    taken = sigfile_verify(in.data, in.left, kind, document.data, document.left, &candidate, 1,
                           &result, &err);
    fuzz_verdict(taken, &err);
    if (taken) {
        FUZZ_MUST(result.signer == 0);
        libcrypto_agrees(&in, &document, &cert);
        for (int other = SIGFILE_TRUST; other <= SIGFILE_RECEIPT; other++) {
            FUZZ_MUST(other == (int)kind ||
                      !sigfile_verify(in.data, in.left, (enum sigfile_kind)other, document.data,
                                      document.left, &candidate, 1, &result, &err));
        }
    }
    write_again(&in, kind);
    return 0;
}
