/* SPDX-License-Identifier: MIT */
/*
 * Loads and reads the sources of keys.
 */
#include "bundler/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/text.h"
#include "bundler/registry.h"
#include "keys/crypto.h"

_Static_assert(LIMIT_ANSWER_BYTES <= LIMIT_KEY_FILE_BYTES, "one buffer holds either");

void source_init(struct source *source)
{
    memset(source, 0, sizeof *source);
    buf_init(&source->raw, LIMIT_KEY_FILE_BYTES);
}

void source_release(struct source *source)
{
    buf_release(&source->raw);
    free(source->pins);
    source_init(source);
}

bool source_is_answer(const struct source *source)
{
    return source->kind == MANIFEST_DISCOVERY || source->kind == MANIFEST_ANSWER;
}

bool source_has(const struct source *source, const struct pin *pin)
{
    return source->count > 0 &&
           bsearch(pin, source->pins, source->count, sizeof *source->pins, pin_compare) != NULL;
}

static bool note_digest(struct source *out, struct err *err)
{
    return crypto_sha256(out->sha256, out->raw.data, out->raw.len, err);
}

bool source_ask(struct source *out, const struct http_request *request, const char *channel,
                struct err *err)
{
    struct http_request whole = *request;
    struct buf url;
    bool ok;

    source_release(out);
    out->kind = MANIFEST_DISCOVERY;
    out->raw.max = LIMIT_ANSWER_BYTES;
    buf_init(&url, LIMIT_LINE_BYTES);
    ok = http_url_with_query(request->url, "URL", channel, &url, err);
    if (ok) {
        text_shown(out->name, sizeof out->name, buf_text(&url), url.len);
        whole.url = buf_text(&url);
        ok = http_get(&whole, &out->raw, err);
        if (!ok) {
            err_context(err, "%s", out->name);
        }
    }
    buf_release(&url);
    return ok && note_digest(out, err);
}

bool source_open(struct source *out, enum manifest_evidence_kind kind, const char *path,
                 struct err *err)
{
    source_release(out);
    out->kind = kind;
    text_shown(out->name, sizeof out->name, path, strlen(path));
    return fsio_read_file(path, out->raw.max, &out->raw, err) && note_digest(out, err);
}

/* The same key may stand in several certificates: the one that is valid longest tells about it. */
static void add_pin(struct source *s, const struct source_pin *pin)
{
    for (size_t i = 0; i < s->count; i++) {
        if (pin_equal(&s->pins[i].pin, &pin->pin)) {
            if (pin->has_validity &&
                (!s->pins[i].has_validity || pin->valid_to > s->pins[i].valid_to)) {
                s->pins[i] = *pin;
            }
            return;
        }
    }
    s->pins[s->count++] = *pin;
}

static bool make_room(struct source *s, size_t count, struct err *err)
{
    s->pins = calloc(count == 0 ? 1 : count, sizeof *s->pins);
    return s->pins != NULL || err_memory(err);
}

static bool read_answer(struct source *s, const char *channel, struct err *err)
{
    struct registry registry = {0};
    bool ok;

    if (!registry_parse(&registry, s->raw.data, s->raw.len, channel, err)) {
        err_context(err, "%s", s->name);
        return false;
    }
    ok = make_room(s, registry.count, err);
    for (size_t i = 0; ok && i < registry.count; i++) {
        add_pin(s, &(struct source_pin){.pin = registry.pins[i]});
    }
    registry_release(&registry);
    return ok;
}

/* Which forms belong in the file is what its option said: the evidence must not claim more. */
static bool check_form(const struct source *s, const struct pinfile *file, size_t i,
                       struct err *err)
{
    bool certificate = file->entries[i].form == PINFILE_CERTIFICATE;

    if (s->kind == MANIFEST_CERTIFICATE && !certificate) {
        return err_set(err, ERR_PIN_FORM,
                       "%s: entry %zu is a key without its certificate, expected certificates: "
                       "give keys with --hex instead",
                       s->name, i + 1);
    }
    if (s->kind == MANIFEST_HEX && certificate) {
        return err_set(err, ERR_PIN_FORM,
                       "%s: entry %zu is a certificate, expected keys: give certificates with "
                       "--cert instead",
                       s->name, i + 1);
    }
    return true;
}

static bool take_entries(struct source *s, const struct pinfile *file, struct err *err)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct pinfile_entry *entry = &file->entries[i];
        struct source_pin pin = {.pin = entry->pin,
                                 .has_validity = entry->has_validity,
                                 .valid_from = entry->not_before,
                                 .valid_to = entry->not_after};

        if (!check_form(s, file, i, err)) {
            return false;
        }
        if (entry->form == PINFILE_CERTIFICATE && !entry->is_leaf) {
            s->passed_over++;
            continue;
        }
        memcpy(pin.subject, entry->subject, sizeof pin.subject);
        add_pin(s, &pin);
    }
    if (s->count == 0) {
        return err_set(err, ERR_PIN_FORM,
                       "%s: only certificates of CAs, expected the service's own certificate: a "
                       "CA's key is not what the service shows",
                       s->name);
    }
    return true;
}

static bool read_keys(struct source *s, struct err *err)
{
    struct pinfile file;
    bool ok;

    pinfile_init(&file);
    ok = pinfile_read(&file, &s->raw, s->name, err) && make_room(s, file.count, err) &&
         take_entries(s, &file, err);
    pinfile_release(&file);
    return ok;
}

bool source_read(struct source *source, const char *channel, struct err *err)
{
    free(source->pins);
    source->pins = NULL;
    source->count = source->passed_over = 0;
    if (!(source_is_answer(source) ? read_answer(source, channel, err) : read_keys(source, err))) {
        free(source->pins);
        source->pins = NULL;
        source->count = 0;
        return false;
    }
    qsort(source->pins, source->count, sizeof *source->pins, pin_compare);
    return true;
}
