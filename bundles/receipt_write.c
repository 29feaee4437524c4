/* SPDX-License-Identifier: MIT */
/*
 * The receipt's rules and its canonical writer. The reader goes through here too.
 */
#include "bundles/receipt.h"

#include <string.h>

#include "base/markup.h"
#include "base/when.h"

static bool form(struct err *err, const char *why)
{
    return err_set(err, ERR_DOCUMENT_FORM, "receipt: %s", why);
}

static bool is_time(int64_t when)
{
    return when >= WHEN_MIN && when <= WHEN_MAX;
}

static bool is_optional_text(const char *text)
{
    return text[0] == '\0' || text_is_free(text, strlen(text));
}

static bool check_root(const struct receipt *r, struct err *err)
{
    bool refused = r->outcome == RECEIPT_REFUSED || r->outcome == RECEIPT_ROLLED_BACK;

    if (!text_is_id(r->channel) || !text_is_id(r->site)) {
        return form(err, "channel or site is no id");
    }
    if (r->counter < 1 || r->counter > TEXT_NUMBER_MAX || r->omitted > TEXT_NUMBER_MAX) {
        return form(err, "counter or omitted is out of range");
    }
    if (!is_time(r->created) || (r->has_floor && !is_time(r->floor))) {
        return form(err, "a time lies outside the years 2000 to 2099");
    }
    if (r->applier[0] == '\0' || !is_optional_text(r->applier) || !is_optional_text(r->operator) ||
        !is_optional_text(r->note) || !is_optional_text(r->medium_label) ||
        !is_optional_text(r->medium_serial)) {
        return form(err, "applier, operator, note or medium is no text of format 1");
    }
    if ((r->reason[0] != '\0') != refused || (refused && !text_is_id(r->reason))) {
        return form(err, "a reason stands exactly where the outcome is refused or rolled-back");
    }
    return true;
}

static bool check_bundle(const struct receipt *r, struct err *err)
{
    if (r->has_bundle &&
        (r->epoch < 1 || r->epoch > TEXT_NUMBER_MAX || r->sequence < 1 ||
         r->sequence > TEXT_NUMBER_MAX || r->trust_version < 1 || r->trust_version > 999999)) {
        return form(err, "epoch, sequence or trust-version is out of range");
    }
    return true;
}

static bool is_ascending(uint8_t (*sha256)[32], size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (memcmp(sha256[i - 1], sha256[i], 32) >= 0) {
            return false;
        }
    }
    return true;
}

static bool check_targets(const struct receipt *r, struct err *err)
{
    uint64_t last = 0;

    for (size_t i = 0; i < r->target_count; i++) {
        const struct receipt_target *t = &r->targets[i];

        if (t->index <= last || t->index > LIMIT_TARGETS || t->count > 65535) {
            return form(err, "targets ascend by index, with at most 65,535 pins");
        }
        if (t->added_count > LIMIT_PINS || t->removed_count > LIMIT_RETIRED ||
            !is_ascending(t->added, t->added_count) ||
            !is_ascending(t->removed, t->removed_count)) {
            return form(err, "pins are sorted, each once, at most 400 added and 512 removed");
        }
        last = t->index;
    }
    return true;
}

static void write_optional(struct markup *m, const char *name, const char *text)
{
    if (text[0] != '\0') {
        markup_text(m, name, text);
    }
}

static void write_root(struct markup *m, const struct receipt *r)
{
    markup_hex(m, "domain", r->domain, sizeof r->domain);
    markup_text(m, "channel", r->channel);
    markup_text(m, "site", r->site);
    markup_hex(m, "chain", r->chain, sizeof r->chain);
    markup_number(m, "counter", r->counter);
    if (r->counter > 1) {
        markup_hex(m, "previous", r->previous, sizeof r->previous);
    }
    markup_time(m, "created", r->created);
    if (r->has_floor) {
        markup_time(m, "floor", r->floor);
    }
    markup_text(m, "applier", r->applier);
    markup_text(m, "action", receipt_action_name(r->action));
    markup_text(m, "outcome", receipt_outcome_name(r->outcome));
    write_optional(m, "reason", r->reason);
    write_optional(m, "operator", r->operator);
    write_optional(m, "note", r->note);
    if (r->omitted > 0) {
        markup_number(m, "omitted", r->omitted);
    }
}

static void write_head(struct markup *m, const struct receipt *r)
{
    if (r->has_bundle) {
        markup_open(m, "bundle");
        markup_number(m, "epoch", r->epoch);
        markup_number(m, "sequence", r->sequence);
        markup_hex(m, "manifest", r->manifest, sizeof r->manifest);
        markup_number(m, "trust-version", r->trust_version);
        markup_close(m);
    }
    if (r->has_medium) {
        markup_open(m, "medium");
        write_optional(m, "label", r->medium_label);
        write_optional(m, "serial", r->medium_serial);
        markup_close(m);
    }
}

static void write_pins(struct markup *m, const char *name, uint8_t (*sha256)[32], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        markup_open(m, name);
        markup_hex(m, "sha256", sha256[i], 32);
        markup_close(m);
    }
}

static void write_targets(struct markup *m, const struct receipt *r)
{
    markup_open(m, "targets");
    for (size_t i = 0; i < r->target_count; i++) {
        const struct receipt_target *t = &r->targets[i];

        markup_open(m, "target");
        markup_number(m, "index", t->index);
        markup_hex(m, "before", t->before, sizeof t->before);
        markup_hex(m, "after", t->after, sizeof t->after);
        markup_number(m, "count", t->count);
        write_pins(m, "added", t->added, t->added_count);
        write_pins(m, "removed", t->removed, t->removed_count);
        markup_close(m);
    }
    markup_close(m);
}

bool receipt_write(const struct receipt *r, struct buf *out, struct err *err)
{
    struct markup m;

    if (!check_root(r, err) || !check_bundle(r, err) || !check_targets(r, err)) {
        return false;
    }
    buf_clear(out);
    markup_begin(&m, out, "receipt", RECEIPT_NS, err);
    write_root(&m, r);
    write_head(&m, r);
    write_targets(&m, r);
    extension_write(&r->extensions, &m);
    return markup_end(&m);
}
