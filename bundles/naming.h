/* SPDX-License-Identifier: MIT */
/*
 * Which names a bundle's members have and in which order (docs/format.md 5).
 */
#ifndef BUNDLES_NAMING_H
#define BUNDLES_NAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum naming_kind {
    NAMING_SET,
    NAMING_SET_SIGNATURE,
    NAMING_MANIFEST,
    NAMING_MANIFEST_SIGNATURE,
    NAMING_PAYLOAD
};

/* How far the names have come. All zero before the first. */
struct naming {
    unsigned set; /* version of the last trust set, 0: none yet */
    unsigned sets;
    unsigned signatures; /* of the last set or of the manifest */
    bool manifest;
};

/* Takes the next name and says what it is: false, with nothing changed, where it may not stand. */
bool naming_next(struct naming *naming, const char *name, enum naming_kind *kind) MUST_USE;

/* Whether a bundle's trust and manifest part may end here. */
bool naming_complete(const struct naming *naming);

/* "payload/" and an id. */
bool naming_is_payload(const char *name);

/* The most bytes that a member of this kind may have. */
uint64_t naming_limit(enum naming_kind kind);

#endif
