/* SPDX-License-Identifier: MIT */
/*
 * Which pins of the ledger a person means by what was typed.
 */
#ifndef BUNDLER_APPROVAL_H
#define BUNDLER_APPROVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bundler/ledger.h"

#define APPROVAL_PREFIX_MIN 8 /* digits: fewer are too easily another pin's */

/* Pins of a ledger, each once; the pins are the ledger's. */
struct approval {
    struct ledger_pin **pins;
    size_t count;
};
void approval_init(struct approval *list);
void approval_release(struct approval *list);

/*
 * Adds the pin that `typed` names: its SHA-256 in hex, or the first APPROVAL_PREFIX_MIN or more
 * digits of it. Spaces, colons and case do not matter. ERR_USAGE: not hex, too short; ERR_UNFIT:
 * none or several begin so.
 */
bool approval_add(struct approval *list, const struct ledger *ledger, const char *typed,
                  struct err *err) MUST_USE;

/*
 * The same, to retire: also a whole key in hex, and a whole SHA-256 that the ledger does not know,
 * which becomes an entry that is to be retired before the ledger is saved. Also ERR_PIN_*.
 */
bool approval_add_any(struct approval *list, struct ledger *ledger, const char *typed,
                      struct err *err) MUST_USE;

/* Adds every pin that is only seen. */
bool approval_add_seen(struct approval *list, const struct ledger *ledger,
                       struct err *err) MUST_USE;

#endif
