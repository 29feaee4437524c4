/* SPDX-License-Identifier: MIT */
/* applier verify: checks a bundle and says what it is; writes nothing. */
#include <inttypes.h>

#include "applier/commands.h"
#include "applier/confine.h"
#include "applier/open.h"
#include "applier/plan_json.h"
#include "applier/plan_text.h"
#include "applier/plan_words.h"

static void tell_sites(const struct cmd_call *call, const struct manifest *m)
{
    struct jout *sites = m->all_sites ? NULL : jout_array(call->result, "sites");

    jout_bool(call->result, "all_sites", m->all_sites);
    for (size_t i = 0; i < m->site_count; i++) {
        jout_item_text(sites, m->sites[i]);
    }
    if (m->all_sites) {
        cmd_say(call, "sites   all\n");
    } else {
        cmd_say(call, "sites   %zu, by name%s%s\n", m->site_count, m->site_count == 1 ? ": " : "",
                m->site_count == 1 ? m->sites[0] : "");
    }
}

static void tell_manifest(const struct cmd_call *call, const struct manifest *m)
{
    struct jout *payload = jout_array(call->result, "payload");
    char when[PLAN_WORDS_TIME_SIZE];

    jout_number(call->result, "pins", m->pin_count);
    jout_number(call->result, "retired", m->retired_count);
    jout_number(call->result, "minimum", m->minimum);
    cmd_say(call, "pins    %zu, and %zu retired", m->pin_count, m->retired_count);
    if (m->minimum > 0) {
        cmd_say(call, "; each target must hold at least %" PRIu64, m->minimum);
    }
    cmd_say(call, "\n");
    tell_sites(call, m);
    for (size_t i = 0; i < m->payload_count; i++) {
        const struct manifest_member *member = &m->payload[i];
        struct jout *item = jout_item(payload);

        jout_text(item, "name", member->name);
        jout_text(item, "type", member->notes ? "notes" : "opaque");
        jout_number(item, "size", member->size);
        jout_hex(item, "sha256", member->sha256, sizeof member->sha256);
        cmd_say(call, "carries %s, %" PRIu64 " bytes\n", member->name, member->size);
    }
    cmd_say(call, "next    a newer bundle is expected by %s\n",
            plan_words_time(m->next_expected, when));
}

static bool tell_head(const struct cmd_call *call, const struct bundle *bundle, struct err *err)
{
    struct buf text;
    bool ok;

    buf_init(&text, PLAN_TEXT_MAX);
    ok = plan_text_bundle(bundle, call->color, &text, err) &&
         plan_json_bundle(bundle, jout_object(call->result, "bundle"), err);
    if (ok) {
        cmd_say(call, "%s", buf_text(&text));
    }
    buf_release(&text);
    return ok;
}

static void tell_ground(struct cmd_call *call, const struct commands_ground *ground,
                        const struct bundle *bundle)
{
    const struct trust *trust = bundle_trust(bundle);
    struct err hold = {0};
    char option[1100], name[COMMANDS_WORD_SIZE];

    jout_bool(call->result, "replay_checked", ground->state != NULL);
    jout_bool(call->result, "site_checked", ground->state != NULL);
    commands_trust_json(trust, jout_object(call->result, "trust"));
    if (ground->state == NULL) {
        cmd_warn(call, "checked under the given trust set alone: whether the bundle is for a "
                       "certain site, and older than what it has, only its state can tell");
        cmd_result(call, "%s: holds under trust set %" PRIu64 "\n", commands_bundle(call, name),
                   trust->version);
        return;
    }
    jout_text(call->result, "site", ground->state->site);
    if (!open_check_hold(ground->state, bundle, &hold)) {
        cmd_warn(call, "%s", hold.text);
    }
    cmd_result(call, "%s: holds for site %s under trust set %" PRIu64 "\n",
               commands_bundle(call, name), ground->state->site, trust->version);
    cmd_say(call, "Next: applier plan %s%s\n", commands_bundle_word(call, name),
            commands_state_option(call, option, sizeof option));
}

static bool run(struct cmd_call *call, struct err *err)
{
    struct commands_ground ground = {0};
    struct bundle *bundle = NULL;
    struct confine c;
    bool ok;

    confine_init(&c, commands_state_dir(call), false);
    confine_allow(&c, call->args[0], SANDBOX_READ);
    confine_allow(&c, cmd_value(call, "trust"), SANDBOX_READ);
    ok = confine_enter(&c, call, err) && commands_ground_open(call, &ground, err);
    if (ok) {
        bundle = commands_open(call, &ground, call->args[0], NULL, err);
        ok = bundle != NULL && tell_head(call, bundle, err);
    }
    if (ok) {
        tell_manifest(call, bundle_manifest(bundle));
        tell_ground(call, &ground, bundle);
    }
    bundle_free(bundle);
    commands_ground_release(&ground);
    return ok;
}

static const struct cmd_option options[] = {
    {"trust", 0, "FILE", "check under this trust set instead of the site's state", false},
    {"fingerprint", 0, "HEX", "the fingerprint of that trust set", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_verify = {
    .name = "verify",
    .args = "BUNDLE",
    .min_args = 1,
    .max_args = 1,
    .summary = "Check a bundle",
    .details =
        "Checks signatures, threshold, addressee, sequence, dates and every byte, as 'apply' does, "
        "and writes nothing. The exit code names the first check that failed.\n\n"
        "With --trust and --fingerprint no enrolled site is needed; sequence and addressee are not "
        "checked then.\n\n"
        "  applier verify /media/usb/cns-pins-000042.tar",
    .options = options,
    .run = run,
};
