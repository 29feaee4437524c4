/* SPDX-License-Identifier: MIT */
/*
 * What receipts that were copied into receipts/ say, read without being verified: so they may only
 * be a reason to refuse.
 */
#ifndef BUNDLER_RECEIPTS_H
#define BUNDLER_RECEIPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bundler/workspace.h"

/* The receipt with the highest sequence that was found. */
struct receipts_highest {
    uint64_t sequence; /* 0: none */
    char site[TEXT_ID_MAX + 1];
    char *path; /* owned */
};

/*
 * Looks through the files *.xml in receipts/ and in the folders right below it (one for each site)
 * for receipts of this workspace's domain by which a site took a bundle of `epoch` or a later one.
 * What cannot be read, or is no receipt, is passed over. ERR_MEMORY, ERR_IO* when receipts/ itself
 * cannot be listed; one that is absent holds none. The caller releases, also after a failure.
 */
bool receipts_look(const struct workspace *ws, uint64_t epoch, struct receipts_highest *highest,
                   struct err *err) MUST_USE;
void receipts_release(struct receipts_highest *highest);

#endif
