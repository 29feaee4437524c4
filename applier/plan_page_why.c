/* SPDX-License-Identifier: MIT */
/* Why the change, and who stands behind it. */
#include "applier/plan_page_why.h"

#include <inttypes.h>
#include <string.h>

#include "applier/plan_words.h"
#include "keys/crypto.h"

static void write_notes(struct html *h, const struct buf *notes)
{
    const char *text = buf_text(notes);
    size_t at = 0;

    html_raw(h, "<pre class=\"notes\">");
    while (at < notes->len) {
        const char *eol = memchr(text + at, '\n', notes->len - at);
        size_t end = eol == NULL ? notes->len : (size_t)(eol - text);
        size_t shown = end > at && text[end - 1] == '\r' ? end - 1 : end;

        html_text_len(h, text + at, shown - at);
        html_raw(h, "\n");
        at = end + 1;
    }
    html_raw(h, "</pre>\n");
}

/* Whether any target has a pin of this digest and fate. */
static bool has_fate(const struct plan *plan, enum plan_fate fate, const uint8_t *sha256)
{
    for (size_t i = 0; i < plan->count; i++) {
        for (size_t k = 0; k < plan->targets[i].row_count; k++) {
            const struct plan_row *row = &plan->targets[i].rows[k];

            if (row->fate == fate && memcmp(row->pin.sha256, sha256, 32) == 0) {
                return true;
            }
        }
    }
    return false;
}

static const char *evidence_words(enum manifest_evidence_kind kind)
{
    switch (kind) {
    case MANIFEST_ANSWER:
        return "saved discovery answer";
    case MANIFEST_BUNDLE:
        return "earlier bundle";
    case MANIFEST_CERTIFICATE:
        return "certificate file";
    case MANIFEST_DISCOVERY:
        return "discovery service over TLS";
    case MANIFEST_HEX:
        return "hex typed or from a file";
    case MANIFEST_TLS:
        return "TLS handshake with the live host";
    case MANIFEST_TRUST_SERVICE:
        return "on-premises trust service";
    case MANIFEST_WEB_CONFIG:
        return "existing web.config";
    default:
        return manifest_evidence_name(kind);
    }
}

static void write_origin(struct html *h, const struct manifest_pin *pin)
{
    char when[PLAN_WORDS_TIME_SIZE];

    html_raw(h, "<tr><td data-label=\"SHA-256\"><code>");
    html_hex(h, pin->pin.sha256, sizeof pin->pin.sha256);
    html_raw(h, "</code></td><td data-label=\"Approved\">");
    html_printf(h, "%s %s", plan_words_time(pin->approved, when),
                pin->by_policy ? "by policy" : "by a person");
    html_raw(h, "</td><td data-label=\"Seen\">");
    for (size_t i = 0; i < pin->evidence_count; i++) {
        html_raw(h, i == 0 ? "" : "<br>");
        html_printf(h, "%s, first %s", evidence_words(pin->evidence[i].kind),
                    plan_words_time(pin->evidence[i].first, when));
    }
    html_raw(h, "</td></tr>\n");
}

static void write_origins(struct html *h, const struct plan *plan, const struct manifest *m)
{
    bool began = false;

    for (size_t i = 0; i < m->pin_count; i++) {
        if (!has_fate(plan, PLAN_ADDED, m->pins[i].pin.sha256)) {
            continue;
        }
        if (!began) {
            html_raw(h, "<table class=\"stack\">\n<caption>Where the added keys come from, as the "
                        "bundle's makers recorded it</caption>\n<thead><tr><th>SHA-256 of the key"
                        "</th><th>Approved</th><th>Seen by</th></tr></thead>\n<tbody>\n");
            began = true;
        }
        write_origin(h, &m->pins[i]);
    }
    html_raw(h, began ? "</tbody></table>\n" : "");
}

static void write_reasons(struct html *h, const struct plan *plan, const struct manifest *m)
{
    bool began = false;

    for (size_t i = 0; i < m->retired_count; i++) {
        if (!has_fate(plan, PLAN_REMOVED, m->retired[i].sha256)) {
            continue;
        }
        html_raw(h, began ? ""
                          : "<table class=\"stack\">\n<caption>Why keys are taken out</caption>"
                            "\n<thead><tr><th>SHA-256 of the key</th><th>Reason</th></tr>"
                            "</thead>\n<tbody>\n");
        began = true;
        html_raw(h, "<tr><td data-label=\"SHA-256\"><code>");
        html_hex(h, m->retired[i].sha256, 32);
        html_raw(h, "</code></td><td data-label=\"Reason\">");
        html_text(h, m->retired[i].reason);
        html_raw(h, "</td></tr>\n");
    }
    html_raw(h, began ? "</tbody></table>\n" : "");
}

void plan_page_why(struct html *h, const struct plan *plan, const struct bundle *bundle)
{
    const struct manifest *m = bundle_manifest(bundle);
    const struct buf *notes = bundle_notes(bundle);

    if (notes != NULL && notes->len > 0) {
        html_raw(h, "<p>Notes that were signed with the bundle:</p>\n");
        write_notes(h, notes);
    } else {
        html_raw(h, "<p>The bundle carries no notes.</p>\n");
    }
    write_origins(h, plan, m);
    write_reasons(h, plan, m);
}

static void write_signer(struct html *h, const struct trust_signer *signer, int64_t when)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    char text[PLAN_WORDS_TIME_SIZE];

    if (h->failed || !crypto_sha256(digest, signer->cert, signer->cert_len, h->err)) {
        h->failed = true;
        return;
    }
    html_raw(h, "<tr><td data-label=\"Signer\"><strong>");
    html_text(h, signer->id);
    html_raw(h, "</strong></td><td data-label=\"Signed\">");
    html_text(h, plan_words_time(when, text));
    html_raw(h, "</td><td data-label=\"Certificate SHA-256\"><code>");
    html_hex(h, digest, sizeof digest);
    html_raw(h, "</code></td></tr>\n");
}

void plan_page_why_signers(struct html *h, const struct bundle *bundle)
{
    const struct trust *trust = bundle_trust(bundle);
    const struct trust_keys *keys = &trust->roles[TRUST_BUNDLE];
    size_t count;
    const struct trust_vote *votes = bundle_votes(bundle, &count);

    html_raw(h, "<table class=\"stack\">\n<caption>");
    html_printf(h, "%zu signature%s; the site's trust set asks for %u", count, plan_words_s(count),
                keys->threshold);
    html_raw(h, "</caption>\n<thead><tr><th>Signer</th><th>Signed</th><th>SHA-256 of the "
                "certificate</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count; i++) {
        write_signer(h, &keys->signers[votes[i].signer], votes[i].signing_time);
    }
    html_raw(h, "</tbody></table>\n<p>Trust set version ");
    html_printf(h, "%" PRIu64, trust->version);
    html_raw(h, ", fingerprint <code>");
    html_hex(h, trust->fingerprint, sizeof trust->fingerprint);
    html_raw(h, "</code></p>\n");
}
