/* SPDX-License-Identifier: MIT */
/*
 * The discovery service's answer: a JSON object from host to an array of hex keys.
 */
#ifndef BUNDLER_REGISTRY_H
#define BUNDLER_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "keys/pin.h"

/* The keys of one host: sorted by SHA-256, each once. */
struct registry {
    struct pin *pins;
    size_t count;
};

/*
 * Reads the entry of `host` (compared without ASCII case) from an answer like
 * {"cns.awmdm.com":["3082…"]}. The whole answer must have that shape: ERR_ANSWER_FORM for anything
 * else (a page of HTML, a repeated key, another type, nesting, bytes behind it), ERR_ANSWER_EMPTY
 * for {} and for an empty array, ERR_ANSWER_HOST when the host is not in it, ERR_ANSWER_KEY for a
 * value that is no acceptable key, ERR_ANSWER_LIMIT over 1 MiB or 400 keys. On failure *out is
 * unchanged; an answer is taken whole or not at all.
 */
bool registry_parse(struct registry *out, const void *bytes, size_t len, const char *host,
                    struct err *err) MUST_USE;
void registry_release(struct registry *registry);

#endif
