/* SPDX-License-Identifier: MIT */
/*
 * The manifest's rules and its canonical writer. The reader goes through here too.
 */
#include "base/policy.h"
#include "bundles/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/markup.h"
#include "base/when.h"
#include "bundles/naming.h"

static bool form(struct err *err, const char *why)
{
    return err_set(err, ERR_MANIFEST_FORM, "%s", why);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int by_retired(const void *a, const void *b)
{
    const struct manifest_retired *x = a, *y = b;

    return memcmp(x->sha256, y->sha256, sizeof x->sha256);
}

static int by_pin(const void *a, const void *b)
{
    const struct manifest_pin *x = a, *y = b;

    return memcmp(x->pin.sha256, y->pin.sha256, sizeof x->pin.sha256);
}

static int by_evidence(const void *a, const void *b)
{
    const struct manifest_evidence *x = a, *y = b;

    return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1)
                              : memcmp(x->sha256, y->sha256, sizeof x->sha256);
}

static int by_name(const void *a, const void *b)
{
    const struct manifest_member *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* qsort may not be given NULL. */
static void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    if (count > 1) {
        qsort(items, count, size, compare);
    }
}

static bool is_time(int64_t when)
{
    return when >= WHEN_MIN && when <= WHEN_MAX;
}

static bool is_number(uint64_t number, uint64_t most)
{
    return number >= 1 && number <= most;
}

static bool check_root(const struct manifest *m, struct err *err)
{
    if (!text_is_id(m->channel) || !is_number(m->epoch, TEXT_NUMBER_MAX) ||
        !is_number(m->trust_version, 999999) || !is_number(m->sequence, TEXT_NUMBER_MAX) ||
        m->minimum > LIMIT_PINS) {
        return form(err, "channel, epoch, trust-version, sequence or minimum is out of range");
    }
    if (!is_time(m->created) || !is_time(m->not_before) || !is_time(m->expires) ||
        !is_time(m->next_expected)) {
        return form(err, "a time lies outside the years 2000 to 2099");
    }
    if (POLICY("manifest.form/dates", m->created > m->not_before || m->not_before >= m->expires)) {
        return form(err, "created, not-before and expires are not in this order");
    }
    return !POLICY("manifest.form/next-expected", m->created >= m->next_expected) ||
           form(err, "next-expected is not after created");
}

static bool check_sites(const struct manifest *m, struct err *err)
{
    if (POLICY("manifest.form/sites", m->all_sites ? m->site_count != 0 : m->site_count == 0)) {
        return form(err, "it must name either all sites or some");
    }
    for (size_t i = 0; i < m->site_count; i++) {
        if (!text_is_id(m->sites[i]) || (i > 0 && strcmp(m->sites[i - 1], m->sites[i]) == 0)) {
            return err_set(err, ERR_MANIFEST_FORM, "site '%s' is no id or named twice",
                           m->sites[i]);
        }
    }
    return true;
}

/* "pin 6b43368b..." for messages */
static bool pin_wrong(const uint8_t sha256[static 32], const char *why, struct err *err)
{
    char hex[17];

    text_hex(hex, sha256, 8);
    return err_set(err, ERR_MANIFEST_FORM, "pin %s...: %s", hex, why);
}

static bool check_pin(const struct manifest_pin *pin, struct err *err)
{
    const uint8_t *id = pin->pin.sha256;

    if (!is_time(pin->approved)) {
        return pin_wrong(id, "approved lies outside the years 2000 to 2099", err);
    }
    if (pin->has_validity && (pin->valid_from < WHEN_KEY_MIN || pin->valid_to > WHEN_KEY_MAX ||
                              pin->valid_from > pin->valid_to)) {
        return pin_wrong(id, "valid-from and valid-to are no period of 1950 to 9999", err);
    }
    if (pin->evidence_count < 1 || pin->evidence_count > LIMIT_EVIDENCE) {
        return pin_wrong(id, "it must have 1 to 8 pieces of evidence", err);
    }
    for (size_t i = 0; i < pin->evidence_count; i++) {
        const struct manifest_evidence *e = &pin->evidence[i];

        if ((unsigned)e->kind >= MANIFEST_EVIDENCE_KINDS || !is_time(e->first) ||
            (i > 0 && by_evidence(e - 1, e) == 0)) {
            return pin_wrong(id, "a piece of evidence is of wrong form or there twice", err);
        }
    }
    return true;
}

static bool check_pins(const struct manifest *m, struct err *err)
{
    if (POLICY("manifest.form/pins", m->pin_count < 1 || m->pin_count > LIMIT_PINS)) {
        return form(err, "it must have 1 to 400 pins");
    }
    for (size_t i = 0; i < m->pin_count; i++) {
        if (POLICY("manifest.form/pin-twice", i > 0 && by_pin(&m->pins[i - 1], &m->pins[i]) == 0)) {
            return pin_wrong(m->pins[i].pin.sha256, "it is there twice", err);
        }
        if (!check_pin(&m->pins[i], err)) {
            return false;
        }
    }
    return true;
}

static bool check_retired(const struct manifest *m, struct err *err)
{
    for (size_t i = 0; i < m->retired_count; i++) {
        const struct manifest_retired *r = &m->retired[i];

        if (!text_is_free(r->reason, strlen(r->reason))) {
            return pin_wrong(r->sha256, "its reason is no plain text of 1 to 512 bytes", err);
        }
        if (POLICY("manifest.form/retired-twice", i > 0 && by_retired(r - 1, r) == 0)) {
            return pin_wrong(r->sha256, "it is retired twice", err);
        }
        for (size_t k = 0; k < m->pin_count; k++) {
            if (POLICY("manifest.form/both",
                       memcmp(m->pins[k].pin.sha256, r->sha256, sizeof r->sha256) == 0)) {
                return pin_wrong(r->sha256, "it is both carried and retired", err);
            }
        }
    }
    return true;
}

static bool member_wrong(const struct manifest_member *member, const char *why, struct err *err)
{
    return err_set(err, ERR_MANIFEST_FORM, "member '%s': %s", member->name, why);
}

static bool check_trust(const struct manifest *m, struct err *err)
{
    struct naming naming = {0};
    enum naming_kind kind;

    for (size_t i = 0; i < m->trust_count; i++) {
        const struct manifest_member *t = &m->trust[i];

        if (!naming_next(&naming, t->name, &kind) ||
            (kind != NAMING_SET && kind != NAMING_SET_SIGNATURE)) {
            return member_wrong(t, "its name may not stand at this place of the trust list", err);
        }
        if (!is_number(t->size, naming_limit(kind))) {
            return member_wrong(t, "its size is not allowed", err);
        }
    }
    if (POLICY("manifest.form/trust-version",
               m->trust_count > 0 && (naming.set != m->trust_version || naming.signatures == 0))) {
        return form(err, "the last carried trust set is not the signed one of trust-version");
    }
    return true;
}

static bool check_payload(const struct manifest *m, struct err *err)
{
    bool notes = false;

    for (size_t i = 0; i < m->payload_count; i++) {
        const struct manifest_member *p = &m->payload[i];

        if (!naming_is_payload(p->name) || (i > 0 && by_name(p - 1, p) == 0)) {
            return member_wrong(p, "its name is none of the payload or there twice", err);
        }
        if (!is_number(p->size, p->notes ? LIMIT_NOTES_BYTES : LIMIT_MEMBER_BYTES)) {
            return member_wrong(p, "its size is not allowed", err);
        }
        if (p->notes && notes) {
            return member_wrong(p, "there are notes already", err);
        }
        notes = notes || p->notes;
    }
    return true;
}

static void write_root(const struct manifest *m, struct markup *mk)
{
    markup_hex(mk, "domain", m->domain, sizeof m->domain);
    markup_text(mk, "channel", m->channel);
    markup_number(mk, "epoch", m->epoch);
    markup_number(mk, "trust-version", m->trust_version);
    markup_number(mk, "sequence", m->sequence);
    markup_time(mk, "created", m->created);
    markup_time(mk, "not-before", m->not_before);
    markup_time(mk, "expires", m->expires);
    markup_time(mk, "next-expected", m->next_expected);
    if (m->minimum > 0) {
        markup_number(mk, "minimum", m->minimum);
    }
}

static void write_sites(const struct manifest *m, struct markup *mk)
{
    markup_open(mk, "sites");
    if (m->all_sites) {
        markup_text(mk, "all", "true");
    }
    for (size_t i = 0; i < m->site_count; i++) {
        markup_open(mk, "site");
        markup_text(mk, "id", m->sites[i]);
        markup_close(mk);
    }
    markup_close(mk);
}

static void write_pin(const struct manifest_pin *pin, struct markup *mk)
{
    markup_open(mk, "pin");
    markup_hex(mk, "sha256", pin->pin.sha256, sizeof pin->pin.sha256);
    markup_hex(mk, "key", pin->pin.bytes, pin->pin.len);
    markup_text(mk, "kind", "dotnet-public-key");
    markup_time(mk, "approved", pin->approved);
    markup_text(mk, "by", pin->by_policy ? "policy" : "manual");
    if (pin->has_validity) {
        markup_time(mk, "valid-from", pin->valid_from);
        markup_time(mk, "valid-to", pin->valid_to);
    }
    for (size_t i = 0; i < pin->evidence_count; i++) {
        markup_open(mk, "evidence");
        markup_text(mk, "kind", manifest_evidence_name(pin->evidence[i].kind));
        markup_time(mk, "first", pin->evidence[i].first);
        markup_hex(mk, "sha256", pin->evidence[i].sha256, sizeof pin->evidence[i].sha256);
        markup_close(mk);
    }
    markup_close(mk);
}

static void write_pins(const struct manifest *m, struct markup *mk)
{
    markup_open(mk, "pins");
    for (size_t i = 0; i < m->pin_count; i++) {
        write_pin(&m->pins[i], mk);
    }
    markup_close(mk);
    markup_open(mk, "retired");
    for (size_t i = 0; i < m->retired_count; i++) {
        markup_open(mk, "pin");
        markup_hex(mk, "sha256", m->retired[i].sha256, sizeof m->retired[i].sha256);
        markup_text(mk, "reason", m->retired[i].reason);
        markup_close(mk);
    }
    markup_close(mk);
}

static void write_members(const char *list, const struct manifest_member *items, size_t count,
                          bool payload, struct markup *mk)
{
    markup_open(mk, list);
    for (size_t i = 0; i < count; i++) {
        markup_open(mk, "member");
        markup_text(mk, "name", items[i].name);
        if (payload) {
            markup_text(mk, "type", items[i].notes ? "notes" : "opaque");
        }
        markup_number(mk, "size", items[i].size);
        markup_hex(mk, "sha256", items[i].sha256, sizeof items[i].sha256);
        markup_close(mk);
    }
    markup_close(mk);
}

static void put_in_order(struct manifest *m)
{
    sort(m->sites, m->site_count, sizeof *m->sites, by_text);
    sort(m->pins, m->pin_count, sizeof *m->pins, by_pin);
    sort(m->retired, m->retired_count, sizeof *m->retired, by_retired);
    sort(m->payload, m->payload_count, sizeof *m->payload, by_name);
    for (size_t i = 0; i < m->pin_count; i++) {
        sort(m->pins[i].evidence, m->pins[i].evidence_count, sizeof m->pins[i].evidence[0],
             by_evidence);
    }
}

bool manifest_write(struct manifest *m, struct buf *out, struct err *err)
{
    struct markup mk;
    struct buf bytes;
    struct err cause = {0};
    bool done;

    put_in_order(m);
    if (!check_root(m, err) || !check_sites(m, err) || !check_pins(m, err) ||
        !check_retired(m, err) || !check_trust(m, err) || !check_payload(m, err)) {
        return false;
    }
    buf_init(&bytes, LIMIT_MANIFEST_BYTES);
    markup_begin(&mk, &bytes, "manifest", MANIFEST_NS, &cause);
    write_root(m, &mk);
    write_sites(m, &mk);
    write_pins(m, &mk);
    write_members("trust", m->trust, m->trust_count, false, &mk);
    write_members("payload", m->payload, m->payload_count, true, &mk);
    extension_write(&m->extensions, &mk);
    done = markup_end(&mk);
    if (!done) {
        if (cause.code == ERR_IO_LIMIT) {
            err_set(&cause, ERR_MANIFEST_FORM, "it would have more than %zu bytes",
                    LIMIT_MANIFEST_BYTES);
        }
        if (err != NULL) {
            *err = cause;
        }
    }
    done = done && buf_add(out, bytes.data, bytes.len, err);
    buf_release(&bytes);
    return done;
}
