/* SPDX-License-Identifier: MIT */
/*
 * Inside of build.c: what the ledger puts into a manifest.
 */
#include "bundler/build_pins.h"

#include <string.h>

#include "base/limits.h"
#include "bundler/ledger.h"

/* The ledger keeps sightings by their first time, so the oldest evidence goes first. */
static bool add_approved(struct manifest *m, const struct ledger_pin *from, struct err *err)
{
    struct manifest_pin *to = manifest_add_pin(m, err);

    if (to == NULL) {
        return false;
    }
    to->pin = from->pin;
    to->approved = from->approved;
    to->by_policy = from->by_policy;
    to->has_validity = from->has_validity;
    to->valid_from = from->valid_from;
    to->valid_to = from->valid_to;
    for (size_t i = 0; i < from->sighting_count && to->evidence_count < LIMIT_EVIDENCE; i++) {
        const struct ledger_sighting *sighting = &from->sightings[i];

        if (sighting->is_evidence) {
            struct manifest_evidence *evidence = &to->evidence[to->evidence_count++];

            evidence->kind = sighting->kind;
            evidence->first = sighting->first;
            memcpy(evidence->sha256, sighting->sha256, sizeof evidence->sha256);
        }
    }
    return true;
}

static bool add_retired(struct manifest *m, const struct ledger_pin *from, struct err *err)
{
    struct manifest_retired *to = manifest_add_retired(m, err);

    if (to == NULL) {
        return false;
    }
    memcpy(to->sha256, from->pin.sha256, sizeof to->sha256);
    memcpy(to->reason, from->reason, sizeof to->reason);
    return true;
}

static bool check_count(const struct ledger *ledger, struct err *err)
{
    size_t seen = ledger_count(ledger, LEDGER_SEEN);
    size_t approved = ledger_count(ledger, LEDGER_APPROVED);

    if (approved > LIMIT_PINS) {
        return err_set(err, ERR_CONTAINER_LIMIT,
                       "%zu pins are approved, but a bundle holds at most %d: take those out that "
                       "the service does not use, by 'bundler exclude PIN...', or by 'bundler "
                       "retire' if sites are to remove them",
                       approved, LIMIT_PINS);
    }
    if (approved > 0) {
        return true;
    }
    if (seen > 0) {
        return err_set(err, ERR_UNFIT,
                       "no pin is approved, so there is nothing to sign; %zu %s approval: look at "
                       "them with 'bundler pins', then 'bundler approve'",
                       seen, seen == 1 ? "waits for" : "wait for");
    }
    return err_set(err, ERR_UNFIT,
                   "no pin is approved, so there is nothing to sign; begin with "
                   "'bundler fetch', then 'bundler approve'");
}

bool build_pins(const struct workspace *ws, struct manifest *m, struct err *err)
{
    struct ledger *ledger = ledger_load(ws, err);
    bool ok = ledger != NULL && check_count(ledger, err);

    for (size_t i = 0; ok && i < ledger->count; i++) {
        const struct ledger_pin *pin = ledger->pins[i];

        if (pin->state == LEDGER_APPROVED) {
            ok = add_approved(m, pin, err);
        } else if (pin->state == LEDGER_RETIRED) {
            ok = add_retired(m, pin, err);
        }
    }
    ledger_free(ledger);
    return ok;
}
