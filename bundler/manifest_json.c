/* SPDX-License-Identifier: MIT */
/*
 * All that a verified manifest says, as JSON.
 */
#include "bundler/manifest_json.h"

static void put_head(const struct manifest *m, struct jout *to)
{
    struct jout *sites;

    jout_hex(to, "domain", m->domain, sizeof m->domain);
    jout_text(to, "channel", m->channel);
    jout_number(to, "epoch", m->epoch);
    jout_number(to, "trust_version", m->trust_version);
    jout_number(to, "sequence", m->sequence);
    jout_time(to, "created", m->created);
    jout_time(to, "not_before", m->not_before);
    jout_time(to, "expires", m->expires);
    jout_time(to, "next_expected", m->next_expected);
    if (m->minimum > 0) {
        jout_number(to, "minimum", m->minimum);
    }
    jout_bool(to, "all_sites", m->all_sites);
    sites = jout_array(to, "sites");
    for (size_t i = 0; i < m->site_count; i++) {
        jout_item_text(sites, m->sites[i]);
    }
}

static bool put_pin(const struct manifest_pin *pin, struct jout *to, struct err *err)
{
    struct jout *evidence;
    char type[PIN_TYPE_TEXT_SIZE];
    struct buf key;
    bool ok;

    buf_init(&key, 2 * PIN_BYTES_MAX);
    ok = pin_add_hex(&pin->pin, false, &key, err);
    jout_hex(to, "sha256", pin->pin.sha256, sizeof pin->pin.sha256);
    jout_text(to, "type", pin_type_text(&pin->pin, type));
    jout_text(to, "key", buf_text(&key));
    buf_release(&key);
    jout_time(to, "approved", pin->approved);
    jout_text(to, "approved_by", pin->by_policy ? "policy" : "manual");
    if (pin->has_validity) {
        jout_time(to, "valid_from", pin->valid_from);
        jout_time(to, "valid_to", pin->valid_to);
    }
    evidence = jout_array(to, "evidence");
    for (size_t i = 0; i < pin->evidence_count; i++) {
        struct jout *item = jout_item(evidence);

        jout_text(item, "kind", manifest_evidence_name(pin->evidence[i].kind));
        jout_time(item, "first", pin->evidence[i].first);
        jout_hex(item, "sha256", pin->evidence[i].sha256, sizeof pin->evidence[i].sha256);
    }
    return ok;
}

static bool put_pins(const struct manifest *m, struct jout *to, struct err *err)
{
    struct jout *pins = jout_array(to, "pins"), *retired;
    bool ok = true;

    for (size_t i = 0; ok && i < m->pin_count; i++) {
        ok = put_pin(&m->pins[i], jout_item(pins), err);
    }
    retired = jout_array(to, "retired");
    for (size_t i = 0; i < m->retired_count; i++) {
        struct jout *item = jout_item(retired);

        jout_hex(item, "sha256", m->retired[i].sha256, sizeof m->retired[i].sha256);
        jout_text(item, "reason", m->retired[i].reason);
    }
    return ok;
}

static void put_member(const struct manifest_member *member, struct jout *to)
{
    jout_text(to, "name", member->name);
    jout_number(to, "size", member->size);
    jout_hex(to, "sha256", member->sha256, sizeof member->sha256);
}

bool manifest_json(const struct manifest *m, struct jout *to, struct err *err)
{
    struct jout *list;

    put_head(m, to);
    if (!put_pins(m, to, err)) {
        return false;
    }
    list = jout_array(to, "trust");
    for (size_t i = 0; i < m->trust_count; i++) {
        put_member(&m->trust[i], jout_item(list));
    }
    list = jout_array(to, "payload");
    for (size_t i = 0; i < m->payload_count; i++) {
        struct jout *item = jout_item(list);

        put_member(&m->payload[i], item);
        jout_text(item, "type", m->payload[i].notes ? "notes" : "opaque");
    }
    list = jout_array(to, "extensions");
    for (size_t i = 0; i < m->extensions.count; i++) {
        struct jout *item = jout_item(list);

        jout_text(item, "id", m->extensions.items[i].id);
        jout_text(item, "value", m->extensions.items[i].value);
    }
    return true;
}
