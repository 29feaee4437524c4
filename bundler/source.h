/* SPDX-License-Identifier: MIT */
/*
 * Where keys come from: the discovery service, and files that people saved. A source is loaded
 * (its bytes are evidence), then read (its keys).
 */
#ifndef BUNDLER_SOURCE_H
#define BUNDLER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "bundler/http.h"
#include "bundles/manifest.h"
#include "keys/pin.h"
#include "keys/pinfile.h"

/* The vendor's discovery service; "?URL=<channel>" goes behind it. */
#define SOURCE_URL "https://awtrustdiscovery.awmdm.com/autodiscovery/HostRegistry.aws"

#define SOURCE_NAME_SIZE 1024

/* One key. Validity and subject are known when a certificate showed it. */
struct source_pin {
    struct pin pin; /* first, so that pin_compare orders these too */
    bool has_validity;
    int64_t valid_from, valid_to;
    char subject[PINFILE_SUBJECT_SIZE]; /* fit to be shown; "" if unknown */
};

struct source {
    enum manifest_evidence_kind kind;
    char name[SOURCE_NAME_SIZE]; /* the address or the file, fit to be shown */
    struct buf raw;              /* what came, byte for byte */
    uint8_t sha256[32];          /* of raw */
    struct source_pin *pins;     /* sorted by SHA-256, each once */
    size_t count;
    size_t passed_over; /* certificates of CAs, which are not taken */
};

/* Holds nothing yet. */
void source_init(struct source *source);
void source_release(struct source *source);

/*
 * Loads the discovery service's answer (MANIFEST_DISCOVERY). `request->url` gets "?URL=<channel>"
 * unless it has a query. Errors of http_get, with the address in front.
 */
bool source_ask(struct source *out, const struct http_request *request, const char *channel,
                struct err *err) MUST_USE;

/* Loads a file: MANIFEST_ANSWER, MANIFEST_CERTIFICATE or MANIFEST_HEX. ERR_IO*. */
bool source_open(struct source *out, enum manifest_evidence_kind kind, const char *path,
                 struct err *err) MUST_USE;

/*
 * Reads the keys of what was loaded, whole or not at all; there is at least one after success.
 * Answers: registry.h, the entry of `channel`. Certificates: pinfile.h; of a chain only those that
 * are no CA's are taken. Hex: pinfile.h, and public keys in PEM or DER. ERR_ANSWER_* and
 * ERR_PIN_*, with the source's name in front; ERR_PIN_FORM also for a certificate where hex was
 * said, the other way round, and for a file of CAs only.
 */
bool source_read(struct source *source, const char *channel, struct err *err) MUST_USE;

/* Whether it is an answer of the discovery service, live or saved: the whole list of its day. */
bool source_is_answer(const struct source *source);

/* Whether the key is among those that were read. */
bool source_has(const struct source *source, const struct pin *pin);

#endif
