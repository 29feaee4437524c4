/* SPDX-License-Identifier: MIT */
/*
 * The document ledger.xml; only ledger.c includes it.
 */
#ifndef BUNDLER_LEDGER_FILE_H
#define BUNDLER_LEDGER_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "bundler/ledger.h"

/* Adds the document to `out`. */
bool ledger_file_write(const struct ledger *ledger, struct buf *out, struct err *err) MUST_USE;

/* Reads it into an empty ledger. ERR_STATE_DAMAGED for any other bytes than ledger_file_write
 * makes, also for a ledger of a newer version. */
bool ledger_file_read(struct ledger *ledger, const struct buf *bytes, struct err *err) MUST_USE;

#endif
