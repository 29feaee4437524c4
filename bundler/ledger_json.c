/* SPDX-License-Identifier: MIT */
/*
 * A pin of the ledger as the commands' JSON shows it: with all that is known.
 */
#include "bundler/ledger_json.h"

static void json_sightings(const struct ledger_pin *pin, struct jout *to)
{
    struct jout *sightings = jout_array(to, "sightings");

    for (size_t i = 0; i < pin->sighting_count; i++) {
        const struct ledger_sighting *sighting = &pin->sightings[i];
        struct jout *item = jout_item(sightings);

        jout_text(item, "kind", manifest_evidence_name(sighting->kind));
        jout_time(item, "first", sighting->first);
        jout_time(item, "last", sighting->last);
        jout_hex(item, "sha256", sighting->sha256, sizeof sighting->sha256);
        jout_bool(item, "evidence", sighting->is_evidence);
    }
}

static void json_decisions(const struct ledger_pin *pin, struct jout *to)
{
    if (pin->has_approval) {
        jout_time(to, "approved", pin->approved);
        jout_text(to, "approved_by", pin->by_policy ? "policy" : "manual");
        if (pin->note[0] != '\0') {
            jout_text(to, "note", pin->note);
        }
    }
    if (pin->state == LEDGER_RETIRED) {
        jout_time(to, "retired", pin->retired);
        jout_text(to, "reason", pin->reason);
    }
}

void ledger_json_pin(const struct ledger_pin *pin, struct jout *to)
{
    char type[PIN_TYPE_TEXT_SIZE];

    jout_hex(to, "sha256", pin->pin.sha256, sizeof pin->pin.sha256);
    jout_text(to, "state", ledger_state_name(pin->state));
    if (pin->has_key) {
        jout_text(to, "type", pin_type_text(&pin->pin, type));
        jout_hex(to, "key", pin->pin.bytes, pin->pin.len);
    }
    if (pin->sighting_count > 0) {
        jout_time(to, "first_seen", pin->first);
        jout_time(to, "last_seen", pin->last);
    }
    if (pin->has_validity) {
        jout_time(to, "valid_from", pin->valid_from);
        jout_time(to, "valid_to", pin->valid_to);
    }
    if (pin->subject[0] != '\0') {
        jout_text(to, "subject", pin->subject);
    }
    json_decisions(pin, to);
    json_sightings(pin, to);
}
