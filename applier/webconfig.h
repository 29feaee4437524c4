/* SPDX-License-Identifier: MIT */
/*
 * The pinnedCertificates section of a web.config: where it stands, byte for byte, and what it
 * holds.
 *
 * The file is read by two readers in step: libxml2 decides whether it is well-formed, our own lexer
 * knows the offsets, and each element, attribute name, comment, CDATA section and processing
 * instruction must be the same in both, in order. Any difference is a refusal.
 *
 * Unverified data has no type that reaches the editor: webconfig_scan only looks, and
 * webconfig_splice (webconfig_splice.h) takes pins, not bundles; its one caller outside the tests
 * is applier/plan.c, whose entry takes a `const struct bundle *`, which only the bundle opener
 * makes.
 *
 * No message made here shows a byte from outside the section, nor any text of libxml2, which would
 * print the offending line: lines, columns, and our own words only.
 *
 * Rules of the section (docs: .NET Framework configuration schema; what is not known of ENS's own
 * handler is listed in docs/)
 * - The root is `configuration`, without namespace or in .NET's
 *   (http://schemas.microsoft.com/.NetConfiguration/v2.0), or `pinnedCertificates` itself, which is
 *   what a file named by a configSource looks like; with a selector, any root it names.
 * - The section is the element with local name pinnedCertificates, at any depth outside
 *   configSections, exactly one (ERR_TARGET_SECTION, ERR_TARGET_AMBIGUOUS); one below `location` is
 *   taken only if the selector names it, because it holds for a part of the site only.
 * - A prefix, or a namespace other than the root's, on it or on an item: ERR_TARGET_SECTION; .NET
 *   compares qualified names. `configSource` on it or above it: ERR_TARGET_CONFIG_SOURCE;
 *   configProtectionProvider on it or above it, or EncryptedData in it: ERR_TARGET_ENCRYPTED.
 * - White space, comments and processing instructions in it pass. Text, references and CDATA, in it
 * or in an item: ERR_TARGET_ITEM; .NET refuses to load such a file.
 * - `<clear/>` or `<remove/>` before the first item passes and stays. After an item:
 *   ERR_TARGET_ITEM, .NET would drop pins that stand above it, which ones ENS alone knows.
 * - Other elements stay untouched. Where no item stands beside them to show that the handler takes
 *   pinnedCertificate, adding the first is refused by the splice (ERR_TARGET_ITEM): it could take
 * the site down.
 * - An item is a child `pinnedCertificate`. Its value is publicKeyString after XML's decoding,
 * white space left out: hex in either case, compared as decoded bytes with those of other pins, and
 *   never rewritten. An item that is odd (see enum webconfig_odd) stays untouched and blocks
 *   nothing, except that removing the pin it holds is refused: a retired key must neither stay
 * unnoticed nor be taken out together with something unknown.
 */
#ifndef APPLIER_WEBCONFIG_H
#define APPLIER_WEBCONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applier/webconfig_text.h"
#include "base/buf.h"
#include "base/err.h"
#include "keys/pin.h"

#define WEBCONFIG_ITEMS_MAX 4096 /* ten times what IIS's 250 KiB hold */

/* What is unusual about an item; flags. Those in WEBCONFIG_ODD_FIXED make it untouchable. */
enum webconfig_odd {
    WEBCONFIG_ODD_NO_VALUE = 1,   /* no publicKeyString */
    WEBCONFIG_ODD_ATTRIBUTES = 2, /* another attribute, or a namespace declaration */
    WEBCONFIG_ODD_CHILDREN = 4,   /* holds an element, a comment or a processing instruction */
    WEBCONFIG_ODD_NOT_HEX = 8,    /* the value is no hex of 1 to PIN_BYTES_MAX bytes */
    WEBCONFIG_ODD_NO_KEY = 16,    /* hex, but of no key that format 1 allows (weak or damaged) */
    WEBCONFIG_ODD_SPACE = 32,     /* white space in the hex: ENS may not recognise the pin */
    WEBCONFIG_ODD_REFERENCE = 64, /* character references in the value: harmless */
    WEBCONFIG_ODD_REPEATED = 128  /* an earlier item holds the same bytes */
};
#define WEBCONFIG_ODD_FIXED                                                                        \
    (WEBCONFIG_ODD_NO_VALUE | WEBCONFIG_ODD_ATTRIBUTES | WEBCONFIG_ODD_CHILDREN)

struct webconfig_item {
    struct webconfig_span element; /* "<pinnedCertificate" to its "/>" or end tag */
    struct webconfig_span value;   /* within the quotes; empty without publicKeyString */
    struct webconfig_span lines;   /* its lines with their last line end, if nothing else but white
                                      space stands on them; else the same as element */
    size_t line, last_line;        /* from 1 */
    unsigned odd;                  /* enum webconfig_odd */
    bool is_pin;                   /* a key that format 1 allows: counts towards the minimum */
    bool has_digest;               /* value is hex: pin.bytes, pin.len, pin.sha256 are set */
    bool upper;                    /* at least one digit A-F and none a-f */
    struct pin pin;                /* whole if is_pin */
};

/* What a scan found. Refers to the scanned buffer, which must stay unchanged as long as this lives.
 */
struct webconfig {
    const struct buf *file;
    struct webconfig_text text; /* encoding, byte order mark, line ends */
    struct webconfig_span start_tag;
    struct webconfig_span end_tag; /* empty, at start_tag.end, when self_closed */
    bool self_closed;              /* `<pinnedCertificates/>` */
    size_t line, end_line;         /* of the start tag's first, the end tag's last byte */
    size_t parent_start;           /* start tag of the element around it; start_tag.start if none */
    struct webconfig_span last_child; /* the last child element, item or not; {0, 0} if none */
    size_t stranger_line;         /* of the first child that is no item, clear or remove; or 0 */
    struct webconfig_item *items; /* in order */
    size_t item_count;
    size_t pin_count;                        /* distinct pins among them */
    const struct webconfig_item **by_digest; /* those with has_digest, by digest, then in order */
    size_t by_digest_count;
};

/*
 * Scans a web.config. `section` is NULL or a selector: local names from the root, each with an
 * optional [n] for the n-th child of that name, joined by "/", the last one pinnedCertificates:
 * "configuration/location[2]/pinnedCertificates" (ERR_USAGE when malformed); "*" stands for any
 * name, "*[n]" for the n-th child element. On success *out is
 * owned by the caller. Never writes. Codes: ERR_TARGET_ENCODING, _DOCTYPE, _FORM (malformed, or of
 * an unknown shape), _SECTION, _AMBIGUOUS, _CONFIG_SOURCE, _ENCRYPTED, _ITEM, _SIZE (over
 * LIMIT_TARGET_BYTES or WEBCONFIG_ITEMS_MAX), ERR_MEMORY. The text starts with the place; the
 * caller adds the file's name.
 */
bool webconfig_scan(const struct buf *file, const char *section, struct webconfig **out,
                    struct err *err) MUST_USE;
void webconfig_free(struct webconfig *webconfig);

/* The first item that holds these bytes, by SHA-256; NULL if none does. */
const struct webconfig_item *webconfig_find(const struct webconfig *webconfig,
                                            const uint8_t sha256[static 32]);

/* "UTF-8", "UTF-8 with byte order mark", "UTF-16 LE", ...; "LF", "CRLF", ... Static storage. */
const char *webconfig_encoding_text(const struct webconfig *webconfig);
const char *webconfig_eol_text(const struct webconfig *webconfig);

#endif
