/* SPDX-License-Identifier: MIT */
/*
 * Names and order of a bundle's members. The names that may come next are made and compared.
 */
#include "bundles/naming.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#define PAYLOAD "payload/"
#define NAME_SIZE 64

static bool is_signature(const struct naming *n, const char *name)
{
    char expected[NAME_SIZE];

    if (n->manifest) {
        snprintf(expected, sizeof expected, "manifest-%u.p7s", n->signatures + 1);
    } else {
        snprintf(expected, sizeof expected, "trust/%06u-%u.p7s", n->set, n->signatures + 1);
    }
    return strcmp(name, expected) == 0;
}

static bool is_set(const struct naming *n, const char *name, unsigned *version)
{
    char digits[7] = "", expected[NAME_SIZE];
    uint64_t number = n->set + 1;

    if (n->set == 0) {
        size_t zeros;

        if (strncmp(name, "trust/", 6) != 0) {
            return false;
        }
        snprintf(digits, sizeof digits, "%s", name + 6);
        zeros = strspn(digits, "0");
        if (!text_number(&number, digits + zeros, 2, 999999)) {
            return false;
        }
    }
    snprintf(expected, sizeof expected, "trust/%06llu.xml", (unsigned long long)number);
    *version = (unsigned)number;
    return number <= 999999 && strcmp(name, expected) == 0;
}

bool naming_next(struct naming *n, const char *name, enum naming_kind *kind)
{
    unsigned version = 0;
    unsigned most = n->manifest ? LIMIT_MANIFEST_SIGNATURES : LIMIT_TRUST_SIGNATURES;

    if ((n->manifest || n->set > 0) && n->signatures < most && is_signature(n, name)) {
        n->signatures++;
        *kind = n->manifest ? NAMING_MANIFEST_SIGNATURE : NAMING_SET_SIGNATURE;
        return true;
    }
    if (n->set > 0 && !n->manifest && n->signatures == 0) {
        return false;
    }
    if (n->manifest) {
        *kind = NAMING_PAYLOAD;
        return n->signatures > 0 && naming_is_payload(name);
    }
    if (strcmp(name, "manifest.xml") == 0) {
        n->manifest = true;
        n->signatures = 0;
        *kind = NAMING_MANIFEST;
        return true;
    }
    if (n->sets == LIMIT_TRUST_SETS || !is_set(n, name, &version)) {
        return false;
    }
    n->set = version;
    n->sets++;
    n->signatures = 0;
    *kind = NAMING_SET;
    return true;
}

bool naming_complete(const struct naming *n)
{
    return n->manifest && n->signatures > 0;
}

bool naming_is_payload(const char *name)
{
    return strncmp(name, PAYLOAD, strlen(PAYLOAD)) == 0 && text_is_id(name + strlen(PAYLOAD));
}

uint64_t naming_limit(enum naming_kind kind)
{
    switch (kind) {
    case NAMING_SET:
        return LIMIT_TRUST_BYTES;
    case NAMING_MANIFEST:
        return LIMIT_MANIFEST_BYTES;
    case NAMING_SET_SIGNATURE:
    case NAMING_MANIFEST_SIGNATURE:
        return LIMIT_SIGNATURE_BYTES;
    case NAMING_PAYLOAD:
        break;
    }
    return LIMIT_MEMBER_BYTES;
}
