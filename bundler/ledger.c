/* SPDX-License-Identifier: MIT */
/*
 * What the ledger remembers, and the rules of its states: sources only add sightings, people (or
 * the policy that they set) decide.
 */
#include "bundler/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "bundler/ledger_file.h"
#include "keys/crypto.h"

#define FILE_MODE 0600

static const char *const state_names[LEDGER_STATES] = {"seen", "approved", "retired", "excluded"};

const char *ledger_state_name(enum ledger_state state)
{
    return state_names[state];
}

bool ledger_state_named(enum ledger_state *out, const char *name)
{
    for (size_t i = 0; i < LEDGER_STATES; i++) {
        if (strcmp(state_names[i], name) == 0) {
            *out = (enum ledger_state)i;
            return true;
        }
    }
    return false;
}

struct ledger *ledger_new(struct err *err)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);

    if (ledger == NULL) {
        err_memory(err);
    }
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    for (size_t i = 0; i < ledger->count; i++) {
        free(ledger->pins[i]);
    }
    free(ledger->pins);
    free(ledger);
}

size_t ledger_count(const struct ledger *ledger, enum ledger_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < ledger->count; i++) {
        count += ledger->pins[i]->state == state;
    }
    return count;
}

/* --- its place --- */

/* Index of the first pin that is not below the digest. */
static size_t place_of(const struct ledger *ledger, const uint8_t *sha256)
{
    size_t low = 0, high = ledger->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(ledger->pins[middle]->pin.sha256, sha256, 32) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct ledger_pin *ledger_find(const struct ledger *ledger, const uint8_t sha256[static 32])
{
    size_t at = place_of(ledger, sha256);
    bool is_there = at < ledger->count && memcmp(ledger->pins[at]->pin.sha256, sha256, 32) == 0;

    return is_there ? ledger->pins[at] : NULL;
}

static bool make_room(struct ledger *ledger, struct err *err)
{
    size_t room = ledger->room == 0 ? 64 : 2 * ledger->room;
    struct ledger_pin **pins;

    if (ledger->count == LEDGER_PINS_MAX) {
        return err_set(err, ERR_IO_LIMIT, "the ledger holds %d pins, and takes no more",
                       LEDGER_PINS_MAX);
    }
    if (ledger->count < ledger->room) {
        return true;
    }
    pins = realloc(ledger->pins, room * sizeof *pins);
    if (pins == NULL) {
        return err_memory(err);
    }
    ledger->pins = pins;
    ledger->room = room;
    return true;
}

struct ledger_pin *ledger_add(struct ledger *ledger, const uint8_t sha256[static 32],
                              struct err *err)
{
    struct ledger_pin *pin = ledger_find(ledger, sha256);
    size_t at = place_of(ledger, sha256);

    if (pin != NULL) {
        return pin;
    }
    if (!make_room(ledger, err)) {
        return NULL;
    }
    pin = calloc(1, sizeof *pin);
    if (pin == NULL) {
        err_memory(err);
        return NULL;
    }
    memcpy(pin->pin.sha256, sha256, sizeof pin->pin.sha256);
    memmove(&ledger->pins[at + 1], &ledger->pins[at],
            (ledger->count - at) * sizeof ledger->pins[0]);
    ledger->pins[at] = pin;
    ledger->count++;
    return pin;
}

/* --- sightings --- */

static int compare_sightings(const void *a, const void *b)
{
    const struct ledger_sighting *x = a, *y = b;

    if (x->first != y->first) {
        return x->first < y->first ? -1 : 1;
    }
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    return memcmp(x->sha256, y->sha256, sizeof x->sha256);
}

static struct ledger_sighting *sighting_of(struct ledger_pin *pin,
                                           const struct ledger_observed *observed)
{
    for (size_t i = 0; i < pin->sighting_count; i++) {
        struct ledger_sighting *sighting = &pin->sightings[i];

        if (sighting->kind == observed->kind &&
            memcmp(sighting->sha256, observed->sha256, sizeof sighting->sha256) == 0) {
            return sighting;
        }
    }
    return NULL;
}

static struct ledger_sighting *room_for_sighting(struct ledger_pin *pin)
{
    struct ledger_sighting *oldest = NULL;

    if (pin->sighting_count < LEDGER_SIGHTINGS_MAX) {
        return &pin->sightings[pin->sighting_count++];
    }
    /* of LEDGER_SIGHTINGS_MAX at most LIMIT_EVIDENCE are evidence, so there is one to take */
    for (size_t i = 0; i < pin->sighting_count; i++) {
        struct ledger_sighting *sighting = &pin->sightings[i];

        if (!sighting->is_evidence && (oldest == NULL || sighting->last < oldest->last)) {
            oldest = sighting;
        }
    }
    return oldest;
}

static void record(struct ledger_pin *pin, const struct ledger_observed *observed)
{
    struct ledger_sighting *sighting = sighting_of(pin, observed);
    int64_t when = observed->when;
    bool is_first = pin->sighting_count == 0;

    if (sighting == NULL) {
        sighting = room_for_sighting(pin);
        *sighting = (struct ledger_sighting){.kind = observed->kind, .first = when, .last = when};
        memcpy(sighting->sha256, observed->sha256, sizeof sighting->sha256);
    }
    if (when > sighting->last) {
        sighting->last = when;
    }
    /* what a manifest says of its evidence never changes again */
    if (when < sighting->first && !sighting->is_evidence) {
        sighting->first = when;
    }
    if (is_first || when < pin->first) {
        pin->first = when;
    }
    if (is_first || when > pin->last) {
        pin->last = when;
    }
    qsort(pin->sightings, pin->sighting_count, sizeof pin->sightings[0], compare_sightings);
}

bool ledger_observe(struct ledger *ledger, const struct ledger_observed *observed, bool *is_new,
                    struct err *err)
{
    bool known = ledger_find(ledger, observed->pin->sha256) != NULL;
    struct ledger_pin *pin = ledger_add(ledger, observed->pin->sha256, err);

    if (pin == NULL) {
        return false;
    }
    pin->pin = *observed->pin;
    pin->has_key = true;
    if (observed->has_validity) {
        pin->has_validity = true;
        pin->valid_from = observed->valid_from;
        pin->valid_to = observed->valid_to;
    }
    if (observed->subject != NULL && observed->subject[0] != '\0') {
        text_shown(pin->subject, sizeof pin->subject, observed->subject, strlen(observed->subject));
    }
    record(pin, observed);
    if (is_new != NULL) {
        *is_new = !known;
    }
    return true;
}

/* --- decisions --- */

static bool refuse_retired(const struct ledger_pin *pin, const char *what, struct err *err)
{
    char hex[2 * sizeof pin->pin.sha256 + 1];

    text_hex(hex, pin->pin.sha256, sizeof pin->pin.sha256);
    return err_set(err, ERR_UNFIT,
                   "%s: is retired (%s) and stays so: sites were told to remove it; it cannot be "
                   "%s",
                   hex, pin->reason, what);
}

static bool take_text(char out[static TEXT_FREE_MAX + 1], const char *what, const char *text,
                      struct err *err)
{
    size_t len = strlen(text);

    if (!text_is_free(text, len)) {
        return err_set(err, ERR_USAGE,
                       "%s: expected 1 to %d bytes of text in one line, without control "
                       "characters, space at an end or two spaces in a row",
                       what, TEXT_FREE_MAX);
    }
    memcpy(out, text, len + 1);
    return true;
}

bool ledger_approve(struct ledger_pin *pin, int64_t when, bool by_policy, const char *note,
                    struct err *err)
{
    if (pin->state == LEDGER_RETIRED) {
        return refuse_retired(pin, "approved", err);
    }
    if (pin->state == LEDGER_APPROVED) {
        return true;
    }
    if (!pin->has_key || pin->sighting_count == 0) {
        return err_set(err, ERR_INTERNAL, "a pin without evidence cannot be approved");
    }
    pin->note[0] = '\0';
    if (note != NULL && !take_text(pin->note, "the note", note, err)) {
        return false;
    }
    pin->state = LEDGER_APPROVED;
    pin->has_approval = true;
    pin->approved = when;
    pin->by_policy = by_policy;
    for (size_t i = 0; i < pin->sighting_count; i++) {
        pin->sightings[i].is_evidence = i < LIMIT_EVIDENCE;
    }
    return true;
}

bool ledger_retire(const struct ledger *ledger, struct ledger_pin *pin, int64_t when,
                   const char *reason, struct err *err)
{
    if (pin->state == LEDGER_RETIRED) {
        return true;
    }
    if (ledger_count(ledger, LEDGER_RETIRED) >= LIMIT_RETIRED) {
        return err_set(err, ERR_CONTAINER_LIMIT,
                       "%d pins are retired already, and a bundle names no more; sites that "
                       "shall forget older ones need a new workspace",
                       LIMIT_RETIRED);
    }
    if (!take_text(pin->reason, "the reason", reason, err)) {
        return false;
    }
    pin->state = LEDGER_RETIRED;
    pin->retired = when;
    return true;
}

bool ledger_exclude(struct ledger_pin *pin, struct err *err)
{
    if (pin->state == LEDGER_RETIRED) {
        return refuse_retired(pin, "excluded", err);
    }
    pin->state = LEDGER_EXCLUDED;
    pin->has_approval = false;
    pin->approved = 0;
    pin->by_policy = false;
    pin->note[0] = '\0';
    for (size_t i = 0; i < pin->sighting_count; i++) {
        pin->sightings[i].is_evidence = false;
    }
    return true;
}

/* --- its files --- */

static bool load(struct ledger *ledger, const char *path, struct err *err)
{
    enum fsio_kind kind;
    struct buf bytes;
    bool ok;

    if (!fsio_kind(path, &kind, err)) {
        return false;
    }
    if (kind == FSIO_ABSENT) {
        return true;
    }
    buf_init(&bytes, LIMIT_LEDGER_BYTES);
    ok = fsio_read_file(path, LIMIT_LEDGER_BYTES, &bytes, err);
    if (ok && !ledger_file_read(ledger, &bytes, err)) {
        err_context(err, "%s", path);
        ok = false;
    }
    ok = ok && crypto_sha256(ledger->file_sha256, bytes.data, bytes.len, err);
    ledger->has_file = ok;
    buf_release(&bytes);
    return ok;
}

struct ledger *ledger_load(const struct workspace *ws, struct err *err)
{
    char *path = workspace_path(ws, LEDGER_XML, err);
    struct ledger *ledger = path == NULL ? NULL : ledger_new(err);

    if (ledger != NULL && !load(ledger, path, err)) {
        ledger_free(ledger);
        ledger = NULL;
    }
    free(path);
    return ledger;
}

bool ledger_save(struct ledger *ledger, const struct workspace *ws, struct err *err)
{
    char *path = workspace_path(ws, LEDGER_XML, err);
    uint8_t sha256[32];
    struct buf bytes;
    bool ok;

    buf_init(&bytes, LIMIT_LEDGER_BYTES);
    ok = path != NULL && workspace_check_writing(ws, err) &&
         ledger_file_write(ledger, &bytes, err) &&
         crypto_sha256(sha256, bytes.data, bytes.len, err);
    if (ok && !(ledger->has_file && memcmp(sha256, ledger->file_sha256, sizeof sha256) == 0)) {
        ok = fsio_replace(path, bytes.data, bytes.len, FILE_MODE, err);
        if (ok) {
            ledger->has_file = true;
            memcpy(ledger->file_sha256, sha256, sizeof sha256);
        }
    }
    buf_release(&bytes);
    free(path);
    return ok;
}

bool ledger_keep_evidence(const struct workspace *ws, const uint8_t sha256[static 32],
                          const struct buf *bytes, struct err *err)
{
    char name[sizeof WORKSPACE_EVIDENCE + 1 + 64 + 1] = WORKSPACE_EVIDENCE "/";
    enum fsio_kind kind = FSIO_ABSENT;
    char *path;
    bool ok;

    text_hex(name + strlen(name), sha256, 32);
    path = workspace_path(ws, name, err);
    ok = path != NULL && workspace_check_writing(ws, err) && fsio_kind(path, &kind, err);
    if (ok && kind == FSIO_ABSENT) {
        ok = fsio_write_new(path, bytes->data, bytes->len, FILE_MODE, err);
    }
    free(path);
    return ok;
}
