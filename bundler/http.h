/* SPDX-License-Identifier: MIT */
/*
 * One GET over verified TLS: the only way in which Pinferry uses the network.
 */
#ifndef BUNDLER_HTTP_H
#define BUNDLER_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define HTTP_TIMEOUT_S 60   /* unless the user says otherwise */
#define HTTP_CONNECT_S 15   /* for name, connection and handshake of one try */
#define HTTP_TRIES 3        /* after failures that may pass */
#define HTTP_WAIT_MS 1000   /* before the second try; doubled before each further one */
#define HTTP_WAIT_MAX_S 30  /* a Retry-After beyond this is not waited for */
#define HTTP_SLOW_BYTES_S 1 /* an answer slower than this on average ... */
#define HTTP_SLOW_S 20      /* ... for so long is given up */

/* All strings are the caller's. */
struct http_request {
    const char *url;     /* https:// only; the user's text */
    const char *ca_file; /* PEM; replaces the system's CAs. NULL: the system's */
    const char *peer;    /* SHA-256 of the server's SubjectPublicKeyInfo, 64 hex digits in either
                            case; NULL: not asked for */
    const char *proxy;   /* "": none; NULL: what https_proxy, all_proxy and no_proxy say */
    uint32_t timeout_s;  /* for everything, tries and waits included; at least 1 */
    uint32_t wait_ms;    /* HTTP_WAIT_MS, or less in tests */
};

/*
 * Fills `body` (emptied first; its maximum is the cap of the answer) with the answer of status 200.
 * TLS is of version 1.2 or newer, chain and host name are always verified, and with `peer` the
 * server's key too. No redirect is followed; no cookie, netrc, compression or login is used.
 *
 * What may pass (no name, no connection, cut, slow, status 429 or 5xx) is tried HTTP_TRIES times,
 * with Retry-After obeyed. ERR_USAGE: `url`, `peer` or `proxy` is malformed, or the URL is not
 * https. ERR_IO*: `ca_file`. ERR_NETWORK*: see docs/reasons.md. ERR_ANSWER_LIMIT: more than
 * `body->max` bytes. On failure `body` is empty.
 */
bool http_get(const struct http_request *request, struct buf *body, struct err *err) MUST_USE;

/*
 * Adds `url` to `out`, with "?name=value" behind it (percent-encoded) when it has no query.
 * ERR_USAGE when it is no https URL, or carries a user name.
 */
bool http_url_with_query(const char *url, const char *name, const char *value, struct buf *out,
                         struct err *err) MUST_USE;

#endif
