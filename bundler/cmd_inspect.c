/* SPDX-License-Identifier: MIT */
/* bundler inspect, verify: what a bundle says, once it holds under the workspace's trust set. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/when.h"
#include "bundler/check.h"
#include "bundler/commands.h"
#include "bundler/manifest_json.h"
#include "bundles/candidate.h"
#include "keys/crypto.h"

#define HEX_SIZE 65

/* --- who signed --- */

static bool tell_signatures(const struct cmd_call *call, const struct bundle *bundle,
                            struct err *err)
{
    const struct trust *trust = bundle_trust(bundle);
    struct jout *list = jout_array(call->result, "signatures");
    size_t count;
    const struct trust_vote *votes = bundle_votes(bundle, &count);

    for (size_t i = 0; i < count; i++) {
        const struct trust_signer *signer = &trust->roles[TRUST_BUNDLE].signers[votes[i].signer];
        struct jout *item = jout_item(list);
        uint8_t sha256[CRYPTO_SHA256_SIZE];
        char when[WHEN_TEXT_SIZE], hex[HEX_SIZE];

        if (!crypto_sha256(sha256, signer->cert, signer->cert_len, err)) {
            return false;
        }
        when_format(when, votes[i].signing_time);
        text_hex(hex, sha256, sizeof sha256);
        jout_text(item, "id", signer->id);
        jout_hex(item, "certificate_sha256", sha256, sizeof sha256);
        jout_time(item, "when", votes[i].signing_time);
        cmd_say(call, "signed     %s by %s, certificate %s\n", when, signer->id, hex);
    }
    return true;
}

/* --- the manifest --- */

static void tell_head(const struct cmd_call *call, const struct manifest *m)
{
    char domain[2 * sizeof m->domain + 1], created[WHEN_TEXT_SIZE], begin[WHEN_TEXT_SIZE],
        end[WHEN_TEXT_SIZE], next[WHEN_TEXT_SIZE];

    text_hex(domain, m->domain, sizeof m->domain);
    when_format(created, m->created);
    when_format(begin, m->not_before);
    when_format(end, m->expires);
    when_format(next, m->next_expected);
    cmd_say(call, "domain     %s\nchannel    %s\n", domain, m->channel);
    cmd_say(call, "sequence   %" PRIu64 ", epoch %" PRIu64 ", trust set %" PRIu64 "\n", m->sequence,
            m->epoch, m->trust_version);
    cmd_say(call, "created    %s\nvalid      %s to %s\nnext       expected by %s\n", created, begin,
            end, next);
    if (m->minimum > 0) {
        cmd_say(call, "minimum    %" PRIu64 " pins in each target\n", m->minimum);
    }
    cmd_say(call, "sites      %s", m->all_sites ? "all" : "");
    for (size_t i = 0; i < m->site_count; i++) {
        cmd_say(call, "%s%s", i == 0 ? "" : ", ", m->sites[i]);
    }
    cmd_say(call, "\n");
}

static void tell_pin(const struct cmd_call *call, const struct manifest_pin *pin)
{
    char hex[HEX_SIZE], type[PIN_TYPE_TEXT_SIZE], from[WHEN_TEXT_SIZE], to[WHEN_TEXT_SIZE];

    text_hex(hex, pin->pin.sha256, sizeof pin->pin.sha256);
    when_format(from, pin->approved);
    cmd_say(call, "pin        %s\n           %s, approved %s%s", hex,
            pin_type_text(&pin->pin, type), from, pin->by_policy ? " by policy" : "");
    if (pin->has_validity) {
        when_format(from, pin->valid_from);
        when_format(to, pin->valid_to);
        cmd_say(call, ", certificate %s to %s", from, to);
    }
    cmd_say(call, "\n");
    for (size_t i = 0; i < pin->evidence_count; i++) {
        const struct manifest_evidence *evidence = &pin->evidence[i];

        text_hex(hex, evidence->sha256, sizeof evidence->sha256);
        when_format(from, evidence->first);
        cmd_say(call, "           seen %s by %s, SHA-256 %s\n", from,
                manifest_evidence_name(evidence->kind), hex);
    }
}

static void tell_lists(const struct cmd_call *call, const struct manifest *m)
{
    char hex[HEX_SIZE];

    for (size_t i = 0; i < m->pin_count; i++) {
        tell_pin(call, &m->pins[i]);
    }
    for (size_t i = 0; i < m->retired_count; i++) {
        text_hex(hex, m->retired[i].sha256, sizeof m->retired[i].sha256);
        cmd_say(call, "retired    %s\n           %s\n", hex, m->retired[i].reason);
    }
    for (size_t i = 0; i < m->payload_count; i++) {
        text_hex(hex, m->payload[i].sha256, sizeof m->payload[i].sha256);
        cmd_say(call, "carries    %s, %" PRIu64 " bytes\n           SHA-256 %s\n",
                m->payload[i].name, m->payload[i].size, hex);
    }
    for (size_t i = 0; i < m->trust_count; i++) {
        text_hex(hex, m->trust[i].sha256, sizeof m->trust[i].sha256);
        cmd_say(call, "carries    %s, %" PRIu64 " bytes\n           SHA-256 %s\n", m->trust[i].name,
                m->trust[i].size, hex);
    }
    for (size_t i = 0; i < m->extensions.count; i++) {
        cmd_say(call, "extension  %s (unknown, not critical)\n", m->extensions.items[i].id);
    }
}

/* Line by line, since a line end is not shown as it is. */
static bool tell_notes(const struct cmd_call *call, const struct buf *notes, struct err *err)
{
    const char *text = notes == NULL ? "" : buf_text(notes), *end = text;
    size_t len = notes == NULL ? 0 : notes->len;
    struct buf shown;
    bool ok = true;

    buf_init(&shown, 4 * (size_t)LIMIT_NOTES_BYTES);
    for (const char *line = text; ok && line < text + len; line = end + 1) {
        size_t left = (size_t)(text + len - line), line_len;

        end = memchr(line, '\n', left);
        end = end == NULL ? text + len : end;
        line_len = (size_t)(end - line);
        line_len -= line_len > 0 && line[line_len - 1] == '\r';
        buf_clear(&shown);
        ok = text_add_shown(&shown, line, line_len, err);
        cmd_say(call, "%s%s\n", line == text ? "notes      " : "           ", buf_text(&shown));
    }
    if (ok && notes != NULL) {
        jout_text_len(call->result, "notes", text, len);
    }
    buf_release(&shown);
    return ok;
}

/* Everything that stands in it. */
static bool tell_all(struct cmd_call *call, const struct bundle *bundle, struct err *err)
{
    const struct manifest *m = bundle_manifest(bundle);
    const struct err *problem = bundle_date_problem(bundle);
    struct jout *dates;
    char hex[HEX_SIZE];

    text_hex(hex, bundle_manifest_sha256(bundle), CRYPTO_SHA256_SIZE);
    jout_text(call->result, "manifest_sha256", hex);
    if (!manifest_json(m, jout_object(call->result, "manifest"), err) ||
        !tell_signatures(call, bundle, err)) {
        return false;
    }
    tell_head(call, m);
    cmd_say(call, "manifest   SHA-256 %s\n", hex);
    tell_lists(call, m);
    if (problem->code != ERR_NONE) {
        dates = jout_object(call->result, "date_problem");
        jout_text(dates, "reason", err_reason(problem->code));
        jout_text(dates, "message", problem->text);
        cmd_warn(call, "sites would refuse it today: %s", problem->text);
    }
    return tell_notes(call, bundle_notes(bundle), err);
}

static void warn_missing(struct cmd_call *call, const struct bundle *bundle, unsigned threshold)
{
    size_t count;

    bundle_votes(bundle, &count);
    jout_number(call->result, "signatures_missing", count < threshold ? threshold - count : 0);
    if (count < threshold) {
        cmd_warn(call,
                 "no site takes it yet: it has %zu of the %u signatures that are needed; "
                 "'bundler cosign' adds one",
                 count, threshold);
    }
}

/* --- running --- */

/* *threshold: the signatures that sites want, which check_draft does not ask for. */
static struct bundle *open_it(struct cmd_call *call, const char *path, bool dates,
                              unsigned *threshold, struct err *err)
{
    struct workspace *ws = commands_workspace(call, false, err);
    struct trust *trust = ws == NULL ? NULL : workspace_trust(ws, err);
    struct bundle *bundle = NULL;
    struct progress progress;

    if (trust != NULL) {
        progress_begin(&progress, "verifying", 0, !call->quiet && !call->json);
        bundle = dates ? check_open(trust, path, NULL, true, when_now(), &progress, err)
                       : check_draft(trust, path, NULL, false, when_now(), &progress, err);
        progress_end(&progress);
    }
    if (bundle != NULL) {
        const struct trust *reached = bundle_trust(bundle);

        reached = reached->version == trust->version ? trust : reached;
        *threshold = reached->roles[TRUST_BUNDLE].threshold;
    }
    trust_free(trust);
    workspace_close(ws);
    return bundle;
}

static bool look(struct cmd_call *call, bool dates, struct err *err)
{
    char *path = candidate_find(call->args[0], err);
    unsigned threshold = 1;
    struct bundle *bundle = path == NULL ? NULL : open_it(call, path, dates, &threshold, err);
    char shown[1100];
    bool ok = bundle != NULL;

    if (ok) { /* the name may be one that only the medium chose */
        jout_text(call->result, "bundle", path);
        cmd_result(call, "%s: holds under trust set %" PRIu64 "\n",
                   text_shown(shown, sizeof shown, path, strlen(path)),
                   bundle_trust(bundle)->version);
        ok = tell_all(call, bundle, err);
        warn_missing(call, bundle, threshold);
    }
    bundle_free(bundle);
    free(path);
    return ok;
}

static bool run_inspect(struct cmd_call *call, struct err *err)
{
    return look(call, false, err);
}

static bool run_verify(struct cmd_call *call, struct err *err)
{
    return look(call, true, err);
}

const struct cmd cmd_inspect = {
    .name = "inspect",
    .args = "BUNDLE",
    .min_args = 1,
    .max_args = 1,
    .summary = "Show all that a bundle says, also an expired one's",
    .details =
        "Checks signatures and every byte under keys/trust.xml, and only then shows "
        "who signed, for whom and until when, each pin with its evidence, what is retired, the "
        "attachments with their digests, and the notes. Nothing of a bundle that does not hold is "
        "shown.\n\n"
        "Dates and signatures that are still missing are reported, not refused, so that old "
        "bundles and those to cosign can be looked at; 'verify' refuses them. BUNDLE may be a "
        "folder or drive with one bundle in it.\n\n"
        "  bundler inspect bundles/cns-pins-000042.tar\n\n"
        "With --json the object 'manifest' has it all, keys included.",
    .run = run_inspect,
};

const struct cmd cmd_inspect_verify = {
    .name = "verify",
    .args = "BUNDLE",
    .min_args = 1,
    .max_args = 1,
    .summary = "Check a bundle as a site would today",
    .details =
        "As 'inspect', but a bundle that is not valid yet, expired, or signed by one who may no "
        "longer sign is refused (13), as every site would. The exit code names the first check "
        "that failed. Whether a site had a newer one, or is not among those that it is for, only "
        "that site can tell.\n\n"
        "  bundler verify /media/usb\n\n"
        "BUNDLE may be a folder or drive with one bundle in it.",
    .run = run_verify,
};
