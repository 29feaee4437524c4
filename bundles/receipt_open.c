/* SPDX-License-Identifier: MIT */
/*
 * Receipts as their readers meet them: signed by the site, each following the one before.
 */
#include <string.h>

#include "bundles/receipt.h"
#include "keys/crypto.h"

struct receipt *receipt_open(const struct buf *document, const struct buf *signature,
                             const struct sigfile_candidate *site, struct err *err)
{
    struct sigfile_result result;
    struct receipt *receipt;

    if (!sigfile_verify(signature->data, signature->len, SIGFILE_RECEIPT, document->data,
                        document->len, site, 1, &result, err)) {
        return NULL;
    }
    receipt = receipt_parse(document->data, document->len, err);
    if (receipt != NULL && receipt->created != result.signing_time) {
        receipt_free(receipt);
        err_set(err, ERR_DOCUMENT_FORM, "the receipt was not signed at the time that it gives");
        return NULL;
    }
    return receipt;
}

static bool differs(const char *what, struct err *err)
{
    return err_set(err, ERR_RECEIPT_CHAIN, "the receipt does not follow the one before: %s", what);
}

bool receipt_follow(struct receipt_link *link, const struct receipt *receipt,
                    const struct buf *document, struct err *err)
{
    uint8_t sha256[CRYPTO_SHA256_SIZE];

    if (memcmp(receipt->chain, link->chain, sizeof link->chain) != 0) {
        return differs("it is of another chain", err);
    }
    if (receipt->counter != link->counter + 1) {
        return err_set(err, ERR_RECEIPT_CHAIN,
                       "the receipt does not follow the one before: its counter is %llu instead of "
                       "%llu",
                       (unsigned long long)receipt->counter, (unsigned long long)link->counter + 1);
    }
    if (link->counter > 0 && memcmp(receipt->previous, link->sha256, sizeof link->sha256) != 0) {
        return differs("the one before was another", err);
    }
    if (!crypto_sha256(sha256, document->data, document->len, err)) {
        return false;
    }
    link->counter = receipt->counter;
    memcpy(link->sha256, sha256, sizeof sha256);
    return true;
}
