/* SPDX-License-Identifier: MIT */
/* A plan as JSON. */
#include "applier/plan_json.h"

#include <string.h>

#include "applier/plan_lines.h"
#include "applier/plan_words.h"
#include "keys/crypto.h"

/* Scripts match on these: never changed once released. */
static const char *const fates[PLAN_WORDS_FATES] = {"kept", "unlisted", "added", "removed"};

static const char *const section_fates[] = {
    [WEBCONFIG_STAYS] = "kept", [WEBCONFIG_CREATED] = "created", [WEBCONFIG_UNDONE] = "taken-out"};

static bool put_signers(const struct bundle *bundle, struct jout *list, struct err *err)
{
    const struct trust_keys *keys = &bundle_trust(bundle)->roles[TRUST_BUNDLE];
    size_t count;
    const struct trust_vote *votes = bundle_votes(bundle, &count);

    for (size_t i = 0; i < count; i++) {
        const struct trust_signer *signer = &keys->signers[votes[i].signer];
        struct jout *item = jout_item(list);
        uint8_t digest[CRYPTO_SHA256_SIZE];

        if (!crypto_sha256(digest, signer->cert, signer->cert_len, err)) {
            return false;
        }
        jout_text(item, "id", signer->id);
        jout_time(item, "signed", votes[i].signing_time);
        jout_hex(item, "certificate_sha256", digest, sizeof digest);
    }
    return true;
}

bool plan_json_bundle(const struct bundle *bundle, struct jout *to, struct err *err)
{
    const struct manifest *m = bundle_manifest(bundle);
    const struct buf *notes = bundle_notes(bundle);

    jout_text(to, "channel", m->channel);
    jout_number(to, "epoch", m->epoch);
    jout_number(to, "sequence", m->sequence);
    jout_hex(to, "manifest_sha256", bundle_manifest_sha256(bundle), 32);
    jout_time(to, "created", m->created);
    jout_time(to, "not_before", m->not_before);
    jout_time(to, "expires", m->expires);
    jout_time(to, "next_expected", m->next_expected);
    jout_number(to, "threshold", bundle_trust(bundle)->roles[TRUST_BUNDLE].threshold);
    if (notes == NULL) {
        jout_text(to, "notes", NULL);
    } else {
        jout_text_len(to, "notes", buf_text(notes), notes->len);
    }
    return put_signers(bundle, jout_array(to, "signers"), err);
}

static bool put_lines(const struct plan_target *target, struct jout *list, struct err *err)
{
    struct plan_lines lines;

    if (!plan_lines_of(target, &lines, err)) {
        return false;
    }
    for (size_t i = 0; i < lines.count; i++) {
        struct jout *item = jout_item(list);

        jout_text(item, "sign", lines.items[i].comes ? "+" : "-");
        jout_number(item, "line", lines.items[i].row->line);
        jout_text(item, "text", buf_text(&lines.items[i].text));
    }
    plan_lines_release(&lines);
    return true;
}

static void put_pin(const struct plan_row *row, struct jout *item)
{
    char key[PIN_TYPE_TEXT_SIZE];

    jout_text(item, "fate", fates[row->fate]);
    jout_number(item, "line", row->line);
    if (row->pin.len > 0) {
        jout_hex(item, "sha256", row->pin.sha256, sizeof row->pin.sha256);
    } else {
        jout_text(item, "sha256", NULL);
    }
    jout_text(item, "key", row->is_pin ? pin_type_text(&row->pin, key) : NULL);
    if (row->has_validity) {
        jout_time(item, "valid_from", row->valid_from);
        jout_time(item, "valid_to", row->valid_to);
    }
    if (row->reason[0] != '\0') {
        jout_text(item, "reason", row->reason);
    }
}

static bool put_target(const struct plan_target *target, struct jout *to, struct err *err)
{
    struct jout *pins;

    jout_number(to, "index", target->index);
    jout_text(to, "path", target->path);
    jout_text(to, "config_source_of", target->config);
    jout_bool(to, "may_need_recycle", target->config != NULL && target->changes);
    jout_text(to, "section", target->section);
    jout_text(to, "section_is", section_fates[target->fate]);
    jout_text(to, "encoding", target->encoding);
    jout_text(to, "line_ends", target->eol);
    jout_bool(to, "changes", target->changes);
    jout_number(to, "bytes_before", target->old_bytes.len);
    jout_number(to, "bytes_after", target->new_bytes.len);
    jout_number(to, "pins_before", target->report.old_count);
    jout_number(to, "pins_after", target->report.new_count);
    jout_hex(to, "pin_set_before", target->before.digest, sizeof target->before.digest);
    jout_hex(to, "pin_set_after", target->after.digest, sizeof target->after.digest);
    if (!put_lines(target, jout_array(to, "lines"), err)) {
        return false;
    }
    pins = jout_array(to, "pins");
    for (size_t i = 0; i < target->row_count; i++) {
        put_pin(&target->rows[i], jout_item(pins));
    }
    return true;
}

bool plan_json(const struct plan *plan, const struct bundle *bundle, struct jout *into,
               struct err *err)
{
    static const uint8_t none[sizeof plan->digest];
    struct jout *targets;

    jout_bool(into, "changes", plan->changes);
    jout_number(into, "minimum", plan->minimum);
    if (memcmp(plan->digest, none, sizeof none) == 0) {
        jout_text(into, "plan_digest", NULL);
    } else {
        jout_hex(into, "plan_digest", plan->digest, sizeof plan->digest);
    }
    if (bundle != NULL && !plan_json_bundle(bundle, jout_object(into, "bundle"), err)) {
        return false;
    }
    targets = jout_array(into, "targets");
    for (size_t i = 0; i < plan->count; i++) {
        if (!put_target(&plan->targets[i], jout_item(targets), err)) {
            return false;
        }
    }
    return true;
}
