/* SPDX-License-Identifier: MIT */
/*
 * The ledger's pins as JSON.
 */
#ifndef BUNDLER_LEDGER_JSON_H
#define BUNDLER_LEDGER_JSON_H

#include "base/jout.h"
#include "bundler/ledger.h"

/*
 * Members sha256, state, type, key, first_seen, last_seen, valid_from, valid_to, subject, approved,
 * approved_by, note, retired, reason, each where it is known, and sightings.
 */
void ledger_json_pin(const struct ledger_pin *pin, struct jout *to);

#endif
