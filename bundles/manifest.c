/* SPDX-License-Identifier: MIT */
/*
 * The manifest as a value, and its strict reader.
 */
#include "bundles/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "keys/elem.h"

#define TRUST_MEMBERS (LIMIT_TRUST_SETS * (1 + LIMIT_TRUST_SIGNATURES))

static const char *const evidence_names[MANIFEST_EVIDENCE_KINDS] = {
    "answer", "bundle", "certificate", "discovery", "hex", "tls", "trust-service", "web-config"};

const char *manifest_evidence_name(enum manifest_evidence_kind kind)
{
    return evidence_names[kind];
}

bool manifest_evidence_kind(enum manifest_evidence_kind *out, const char *name)
{
    for (int i = 0; i < MANIFEST_EVIDENCE_KINDS; i++) {
        if (strcmp(name, evidence_names[i]) == 0) {
            *out = (enum manifest_evidence_kind)i;
            return true;
        }
    }
    return false;
}

struct manifest *manifest_new(struct err *err)
{
    struct manifest *m = calloc(1, sizeof *m);

    if (m == NULL) {
        err_memory(err);
    }
    return m;
}

void manifest_free(struct manifest *m)
{
    if (m == NULL) {
        return;
    }
    free(m->sites);
    free(m->pins);
    free(m->retired);
    free(m->trust);
    free(m->payload);
    extension_release(&m->extensions);
    free(m);
}

/* Arrays are made whole at their first element, so that what manifest_add_* returned stays. */
static void *add(void *array, size_t *count, size_t most, size_t size, const char *what,
                 void **made, struct err *err)
{
    if (*count == most) {
        err_set(err, ERR_CONTAINER_LIMIT, "a manifest holds at most %zu %s", most, what);
        return NULL;
    }
    if (array == NULL) {
        array = calloc(most, size);
        if (array == NULL) {
            err_memory(err);
            return NULL;
        }
    }
    *made = array;
    return (char *)array + size * (*count)++;
}

struct manifest_pin *manifest_add_pin(struct manifest *m, struct err *err)
{
    void *array = m->pins;
    void *item = add(array, &m->pin_count, LIMIT_PINS, sizeof *m->pins, "pins", &array, err);

    m->pins = array;
    return item;
}

struct manifest_retired *manifest_add_retired(struct manifest *m, struct err *err)
{
    void *array = m->retired;
    void *item = add(array, &m->retired_count, LIMIT_RETIRED, sizeof *m->retired, "retired pins",
                     &array, err);

    m->retired = array;
    return item;
}

struct manifest_member *manifest_add_trust(struct manifest *m, struct err *err)
{
    void *array = m->trust;
    void *item =
        add(array, &m->trust_count, TRUST_MEMBERS, sizeof *m->trust, "trust members", &array, err);

    m->trust = array;
    return item;
}

struct manifest_member *manifest_add_payload(struct manifest *m, struct err *err)
{
    void *array = m->payload;
    void *item = add(array, &m->payload_count, LIMIT_PAYLOAD, sizeof *m->payload, "payload members",
                     &array, err);

    m->payload = array;
    return item;
}

bool manifest_add_site(struct manifest *m, const char *id, struct err *err)
{
    void *array = m->sites;
    char *site;

    if (!text_is_id(id)) {
        return err_set(err, ERR_MANIFEST_FORM, "'%s' is no site id", id);
    }
    site = add(array, &m->site_count, LIMIT_SITES, sizeof *m->sites, "sites", &array, err);
    m->sites = array;
    if (site == NULL) {
        return false;
    }
    memcpy(site, id, strlen(id) + 1);
    return true;
}

bool manifest_for_site(const struct manifest *m, const char *site)
{
    for (size_t i = 0; i < m->site_count; i++) {
        if (strcmp(m->sites[i], site) == 0) {
            return true;
        }
    }
    return m->all_sites;
}

/* --- reading: one function an element; unknown attributes and wrong orders fall to the comparison
 * with what manifest_write makes of the values --- */

#define FORM ERR_MANIFEST_FORM

static bool wrong(const struct elem *el, const char *why, struct err *err)
{
    return err_set(err, FORM, "line %ld: <%s>: %s", elem_line(el), elem_name(el), why);
}

static bool read_sites(struct manifest *m, const struct elem *el, struct err *err)
{
    const char *all = elem_attr(el, "all");

    if (all != NULL && strcmp(all, "true") != 0) {
        return wrong(el, "attribute all can only be \"true\"", err);
    }
    m->all_sites = all != NULL;
    if (elem_count(el) > LIMIT_SITES) {
        return wrong(el, "too many sites", err);
    }
    for (const struct elem *site = elem_first(el); site != NULL; site = elem_next(site)) {
        const char *id;

        if (!elem_expect(site, "site", NULL, FORM, err) || !elem_id(site, "id", &id, FORM, err) ||
            !manifest_add_site(m, id, err)) {
            return false;
        }
    }
    return true;
}

static bool read_evidence(struct manifest_pin *pin, const struct elem *el, struct err *err)
{
    struct manifest_evidence *item;
    const char *kind;

    if (!elem_expect(el, "evidence", NULL, FORM, err) || !elem_text(el, "kind", &kind, FORM, err)) {
        return false;
    }
    if (pin->evidence_count == LIMIT_EVIDENCE) {
        return wrong(el, "more evidence than a pin may have", err);
    }
    item = &pin->evidence[pin->evidence_count];
    if (!manifest_evidence_kind(&item->kind, kind)) {
        return wrong(el, "attribute kind is none of format 1", err);
    }
    if (!elem_time(el, "first", WHEN_MIN, WHEN_MAX, &item->first, FORM, err) ||
        !elem_hex(el, "sha256", item->sha256, sizeof item->sha256, FORM, err)) {
        return false;
    }
    pin->evidence_count++;
    return true;
}

static bool read_key(struct manifest_pin *pin, const struct elem *el, struct err *err)
{
    uint8_t sha256[32];
    const char *key, *kind;

    if (!elem_hex(el, "sha256", sha256, sizeof sha256, FORM, err) ||
        !elem_text(el, "key", &key, FORM, err) || !elem_text(el, "kind", &kind, FORM, err)) {
        return false;
    }
    if (!pin_from_hex(&pin->pin, key, strlen(key), err)) {
        err_context(err, "line %ld: <pin>: attribute key", elem_line(el));
        return false;
    }
    if (memcmp(pin->pin.sha256, sha256, sizeof sha256) != 0) {
        return wrong(el, "attribute sha256 is not the SHA-256 of the key", err);
    }
    return strcmp(kind, "dotnet-public-key") == 0 ||
           wrong(el, "attribute kind must be \"dotnet-public-key\"", err);
}

static bool read_pin(struct manifest *m, const struct elem *el, struct err *err)
{
    struct manifest_pin *pin;
    const char *by;

    if (!elem_expect(el, "pin", NULL, FORM, err)) {
        return false;
    }
    pin = manifest_add_pin(m, err);
    if (pin == NULL || !read_key(pin, el, err) ||
        !elem_time(el, "approved", WHEN_MIN, WHEN_MAX, &pin->approved, FORM, err) ||
        !elem_text(el, "by", &by, FORM, err)) {
        return false;
    }
    pin->by_policy = strcmp(by, "policy") == 0;
    if (!pin->by_policy && strcmp(by, "manual") != 0) {
        return wrong(el, "attribute by must be \"manual\" or \"policy\"", err);
    }
    pin->has_validity = elem_attr(el, "valid-from") != NULL || elem_attr(el, "valid-to") != NULL;
    if (pin->has_validity &&
        (!elem_time(el, "valid-from", WHEN_KEY_MIN, WHEN_KEY_MAX, &pin->valid_from, FORM, err) ||
         !elem_time(el, "valid-to", WHEN_KEY_MIN, WHEN_KEY_MAX, &pin->valid_to, FORM, err))) {
        return false;
    }
    for (const struct elem *e = elem_first(el); e != NULL; e = elem_next(e)) {
        if (!read_evidence(pin, e, err)) {
            return false;
        }
    }
    return true;
}

static bool read_pins(struct manifest *m, const struct elem *el, struct err *err)
{
    if (elem_count(el) > LIMIT_PINS) {
        return wrong(el, "too many pins", err);
    }
    for (const struct elem *pin = elem_first(el); pin != NULL; pin = elem_next(pin)) {
        if (!read_pin(m, pin, err)) {
            return false;
        }
    }
    return true;
}

static bool read_retired(struct manifest *m, const struct elem *el, struct err *err)
{
    if (elem_count(el) > LIMIT_RETIRED) {
        return wrong(el, "too many retired pins", err);
    }
    for (const struct elem *pin = elem_first(el); pin != NULL; pin = elem_next(pin)) {
        struct manifest_retired *item;
        const char *reason;

        if (!elem_expect(pin, "pin", NULL, FORM, err) ||
            !elem_free_text(pin, "reason", &reason, FORM, err)) {
            return false;
        }
        item = manifest_add_retired(m, err);
        if (item == NULL || !elem_hex(pin, "sha256", item->sha256, 32, FORM, err)) {
            return false;
        }
        memcpy(item->reason, reason, strlen(reason) + 1);
    }
    return true;
}

static bool read_member(struct manifest_member *item, const struct elem *el, bool payload,
                        struct err *err)
{
    const char *name, *type;

    if (!elem_text(el, "name", &name, FORM, err) ||
        !elem_number(el, "size", 1, LIMIT_MEMBER_BYTES, &item->size, FORM, err) ||
        !elem_hex(el, "sha256", item->sha256, sizeof item->sha256, FORM, err)) {
        return false;
    }
    if (strlen(name) >= sizeof item->name) {
        return wrong(el, "attribute name is no member's name", err);
    }
    memcpy(item->name, name, strlen(name) + 1);
    if (payload) {
        if (!elem_text(el, "type", &type, FORM, err)) {
            return false;
        }
        item->notes = strcmp(type, "notes") == 0;
        return item->notes || strcmp(type, "opaque") == 0 ||
               wrong(el, "attribute type must be \"notes\" or \"opaque\"", err);
    }
    return true;
}

static bool read_members(struct manifest *m, const struct elem *el, bool payload, struct err *err)
{
    if (elem_count(el) > (payload ? LIMIT_PAYLOAD : TRUST_MEMBERS)) {
        return wrong(el, "too many members", err);
    }
    for (const struct elem *e = elem_first(el); e != NULL; e = elem_next(e)) {
        struct manifest_member *item;

        if (!elem_expect(e, "member", NULL, FORM, err)) {
            return false;
        }
        item = payload ? manifest_add_payload(m, err) : manifest_add_trust(m, err);
        if (item == NULL || !read_member(item, e, payload, err)) {
            return false;
        }
    }
    return true;
}

static bool read_root(struct manifest *m, const struct elem *el, struct err *err)
{
    const char *channel;

    if (!elem_hex(el, "domain", m->domain, sizeof m->domain, FORM, err) ||
        !elem_id(el, "channel", &channel, FORM, err) ||
        !elem_number(el, "epoch", 1, TEXT_NUMBER_MAX, &m->epoch, FORM, err) ||
        !elem_number(el, "trust-version", 1, 999999, &m->trust_version, FORM, err) ||
        !elem_number(el, "sequence", 1, TEXT_NUMBER_MAX, &m->sequence, FORM, err) ||
        !elem_time(el, "created", WHEN_MIN, WHEN_MAX, &m->created, FORM, err) ||
        !elem_time(el, "not-before", WHEN_MIN, WHEN_MAX, &m->not_before, FORM, err) ||
        !elem_time(el, "expires", WHEN_MIN, WHEN_MAX, &m->expires, FORM, err) ||
        !elem_time(el, "next-expected", WHEN_MIN, WHEN_MAX, &m->next_expected, FORM, err)) {
        return false;
    }
    memcpy(m->channel, channel, strlen(channel) + 1);
    return elem_attr(el, "minimum") == NULL ||
           elem_number(el, "minimum", 1, LIMIT_PINS, &m->minimum, FORM, err);
}

static bool read_children(struct manifest *m, const struct elem *root, struct err *err)
{
    const struct elem *el = elem_first(root);

    if (!elem_expect(el, "sites", NULL, FORM, err) || !read_sites(m, el, err)) {
        return false;
    }
    el = elem_next(el);
    if (!elem_expect(el, "pins", NULL, FORM, err) || !read_pins(m, el, err)) {
        return false;
    }
    el = elem_next(el);
    if (!elem_expect(el, "retired", NULL, FORM, err) || !read_retired(m, el, err)) {
        return false;
    }
    el = elem_next(el);
    if (!elem_expect(el, "trust", NULL, FORM, err) || !read_members(m, el, false, err)) {
        return false;
    }
    el = elem_next(el);
    if (!elem_expect(el, "payload", NULL, FORM, err) || !read_members(m, el, true, err)) {
        return false;
    }
    el = elem_next(el);
    return el == NULL || (extension_read(&m->extensions, el, FORM, err) &&
                          (elem_next(el) == NULL || wrong(el, "must be the last element", err)));
}

static bool check_canonical(struct manifest *m, const void *bytes, size_t len, struct err *err)
{
    struct buf again;
    bool done;

    buf_init(&again, LIMIT_MANIFEST_BYTES);
    done = manifest_write(m, &again, err) && elem_expect_canonical(&again, bytes, len, err);
    buf_release(&again);
    return done;
}

struct manifest *manifest_parse(const void *bytes, size_t len, struct err *err)
{
    struct elem_doc *doc;
    struct manifest *m;

    if (len > LIMIT_MANIFEST_BYTES) {
        err_set(err, FORM, "a manifest has at most %zu bytes", LIMIT_MANIFEST_BYTES);
        return NULL;
    }
    doc = elem_parse(bytes, len, ERR_DOCUMENT_FORM, err);
    if (doc == NULL) {
        return NULL;
    }
    m = manifest_new(err);
    if (m == NULL || !elem_expect_kind(elem_root(doc), "manifest", FORM, err) ||
        !read_root(m, elem_root(doc), err) || !read_children(m, elem_root(doc), err) ||
        !check_canonical(m, bytes, len, err)) {
        manifest_free(m);
        m = NULL;
    }
    elem_free(doc);
    return m;
}
