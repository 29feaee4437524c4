/* SPDX-License-Identifier: MIT */
/*
 * Writes ledger.xml, and reads it strictly: what was read is written again and compared, so that
 * no decision in it was made by an edit or a damaged byte.
 */
#include "bundler/ledger_file.h"

#include <string.h>

#include "base/limits.h"
#include "base/markup.h"
#include "base/when.h"
#include "keys/elem.h"

static const enum err_code damaged = ERR_STATE_DAMAGED;

/* --- writing --- */

static void write_decisions(struct markup *m, const struct ledger_pin *pin)
{
    if (pin->has_approval) {
        markup_time(m, "approved", pin->approved);
        markup_text(m, "by", pin->by_policy ? "policy" : "manual");
        if (pin->note[0] != '\0') {
            markup_text(m, "note", pin->note);
        }
    }
    if (pin->state == LEDGER_RETIRED) {
        markup_time(m, "retired", pin->retired);
        markup_text(m, "reason", pin->reason);
    }
}

static void write_sighting(struct markup *m, const struct ledger_sighting *sighting)
{
    markup_open(m, "sighting");
    markup_text(m, "kind", manifest_evidence_name(sighting->kind));
    markup_time(m, "first", sighting->first);
    markup_time(m, "last", sighting->last);
    markup_hex(m, "sha256", sighting->sha256, sizeof sighting->sha256);
    if (sighting->is_evidence) {
        markup_text(m, "evidence", "true");
    }
    markup_close(m);
}

static void write_pin(struct markup *m, const struct ledger_pin *pin)
{
    markup_open(m, "pin");
    markup_hex(m, "sha256", pin->pin.sha256, sizeof pin->pin.sha256);
    markup_text(m, "state", ledger_state_name(pin->state));
    if (pin->sighting_count > 0) {
        markup_time(m, "first", pin->first);
        markup_time(m, "last", pin->last);
    }
    if (pin->has_validity) {
        markup_time(m, "valid-from", pin->valid_from);
        markup_time(m, "valid-to", pin->valid_to);
    }
    if (pin->subject[0] != '\0') {
        markup_text(m, "subject", pin->subject);
    }
    write_decisions(m, pin);
    if (pin->has_key) {
        markup_hex(m, "key", pin->pin.bytes, pin->pin.len);
    }
    for (size_t i = 0; i < pin->sighting_count; i++) {
        write_sighting(m, &pin->sightings[i]);
    }
    markup_close(m);
}

bool ledger_file_write(const struct ledger *ledger, struct buf *out, struct err *err)
{
    struct markup m;

    markup_begin(&m, out, "ledger", LEDGER_NS, err);
    for (size_t i = 0; i < ledger->count; i++) {
        write_pin(&m, ledger->pins[i]);
    }
    return markup_end(&m);
}

/* --- reading --- */

static bool unknown(const struct elem *el, const char *name, const char *value, struct err *err)
{
    return err_set(err, damaged, "line %ld: <%s> has an unknown %s '%s'", elem_line(el),
                   elem_name(el), name, value);
}

static bool read_free(char out[static TEXT_FREE_MAX + 1], const struct elem *el, const char *name,
                      struct err *err)
{
    const char *text;

    if (!elem_free_text(el, name, &text, damaged, err)) {
        return false;
    }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool read_state(struct ledger_pin *pin, const struct elem *el, struct err *err)
{
    const char *state, *by;

    if (!elem_text(el, "state", &state, damaged, err)) {
        return false;
    }
    if (!ledger_state_named(&pin->state, state)) {
        return unknown(el, "state", state, err);
    }
    pin->has_approval = elem_attr(el, "approved") != NULL;
    if (pin->has_approval &&
        (!elem_time(el, "approved", WHEN_MIN, WHEN_MAX, &pin->approved, damaged, err) ||
         !elem_text(el, "by", &by, damaged, err))) {
        return false;
    }
    /* by's other values are not written again, and so found */
    pin->by_policy = pin->has_approval && strcmp(by, "policy") == 0;
    if (elem_attr(el, "note") != NULL && !read_free(pin->note, el, "note", err)) {
        return false;
    }
    return pin->state != LEDGER_RETIRED ||
           (elem_time(el, "retired", WHEN_MIN, WHEN_MAX, &pin->retired, damaged, err) &&
            read_free(pin->reason, el, "reason", err));
}

static bool read_certificate(struct ledger_pin *pin, const struct elem *el, struct err *err)
{
    const char *subject = elem_attr(el, "subject");

    pin->has_validity = elem_attr(el, "valid-from") != NULL;
    if (pin->has_validity &&
        (!elem_time(el, "valid-from", WHEN_KEY_MIN, WHEN_KEY_MAX, &pin->valid_from, damaged, err) ||
         !elem_time(el, "valid-to", WHEN_KEY_MIN, WHEN_KEY_MAX, &pin->valid_to, damaged, err))) {
        return false;
    }
    if (subject != NULL) {
        text_shown(pin->subject, sizeof pin->subject, subject, strlen(subject));
    }
    return true;
}

static bool read_key(struct ledger_pin *pin, const struct elem *el, struct err *err)
{
    const char *key = elem_attr(el, "key");
    struct err cause = {0};

    pin->has_key = key != NULL;
    if (key == NULL) {
        return pin->state == LEDGER_RETIRED ||
               err_set(err, damaged, "line %ld: a pin that is not retired has no key",
                       elem_line(el));
    }
    /* its SHA-256 is computed: an entry under another one is not written again, and so found */
    return pin_from_hex(&pin->pin, key, strlen(key), &cause) ||
           err_set(err, cause.code == ERR_MEMORY ? ERR_MEMORY : damaged, "line %ld: key: %s",
                   elem_line(el), cause.text);
}

static bool read_sighting(struct ledger_sighting *sighting, const struct elem *el, struct err *err)
{
    const char *kind;

    if (!elem_expect(el, "sighting", NULL, damaged, err) ||
        !elem_text(el, "kind", &kind, damaged, err)) {
        return false;
    }
    if (!manifest_evidence_kind(&sighting->kind, kind)) {
        return unknown(el, "kind", kind, err);
    }
    sighting->is_evidence = elem_attr(el, "evidence") != NULL;
    return elem_time(el, "first", WHEN_MIN, WHEN_MAX, &sighting->first, damaged, err) &&
           elem_time(el, "last", WHEN_MIN, WHEN_MAX, &sighting->last, damaged, err) &&
           elem_hex(el, "sha256", sighting->sha256, sizeof sighting->sha256, damaged, err);
}

static bool read_sightings(struct ledger_pin *pin, const struct elem *el, struct err *err)
{
    size_t count = elem_count(el), evidence = 0;
    const struct elem *child = elem_first(el);

    if (count > LEDGER_SIGHTINGS_MAX || (count == 0 && pin->has_key)) {
        return err_set(err, damaged, "line %ld: %zu sightings of a pin", elem_line(el), count);
    }
    for (; child != NULL; child = elem_next(child)) {
        struct ledger_sighting *sighting = &pin->sightings[pin->sighting_count++];

        if (!read_sighting(sighting, child, err)) {
            return false;
        }
        evidence += sighting->is_evidence;
    }
    if (evidence > LIMIT_EVIDENCE || (pin->state == LEDGER_APPROVED && evidence == 0)) {
        return err_set(err, damaged, "line %ld: a pin with %zu evidence", elem_line(el), evidence);
    }
    return count == 0 || (elem_time(el, "first", WHEN_MIN, WHEN_MAX, &pin->first, damaged, err) &&
                          elem_time(el, "last", WHEN_MIN, WHEN_MAX, &pin->last, damaged, err));
}

static bool read_pin(struct ledger *ledger, const struct elem *el, struct err *err)
{
    size_t before = ledger->count;
    struct ledger_pin *pin;
    uint8_t sha256[32];

    if (!elem_expect(el, "pin", NULL, damaged, err) ||
        !elem_hex(el, "sha256", sha256, sizeof sha256, damaged, err)) {
        return false;
    }
    pin = ledger_add(ledger, sha256, err);
    if (pin == NULL) {
        return false;
    }
    if (ledger->count == before || ledger->pins[before] != pin) {
        return err_set(err, damaged, "line %ld: pins are repeated or out of order", elem_line(el));
    }
    return read_state(pin, el, err) && read_certificate(pin, el, err) && read_key(pin, el, err) &&
           read_sightings(pin, el, err);
}

static bool check_namespace(const struct elem *root, struct err *err)
{
    static const char stem[] = "urn:pinferry:ledger:";
    const char *ns = elem_namespace(root);

    if (strncmp(ns, stem, sizeof stem - 1) == 0 && strcmp(ns, LEDGER_NS) != 0) {
        return err_set(err, damaged,
                       "made by a newer version of this program (%s); install that version again",
                       ns);
    }
    return elem_expect(root, "ledger", LEDGER_NS, damaged, err);
}

bool ledger_file_read(struct ledger *ledger, const struct buf *bytes, struct err *err)
{
    struct elem_doc *doc = elem_parse(bytes->data, bytes->len, damaged, err);
    bool ok = doc != NULL && check_namespace(elem_root(doc), err);
    const struct elem *el = ok ? elem_first(elem_root(doc)) : NULL;
    struct buf again;

    buf_init(&again, LIMIT_LEDGER_BYTES);
    for (; ok && el != NULL; el = elem_next(el)) {
        ok = read_pin(ledger, el, err);
    }
    ok = ok && ledger_file_write(ledger, &again, err);
    if (ok && !buf_equal(&again, bytes)) {
        ok = err_set(err, damaged,
                     "not as this program writes it: it was edited or damaged; bring it back from "
                     "a backup, and decide with 'bundler approve', 'retire' and 'exclude'");
    }
    buf_release(&again);
    elem_free(doc);
    return ok;
}
