/* SPDX-License-Identifier: MIT */
/*
 * A run as a document: the form of the journal and of the records.
 */
#include "applier/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/markup.h"
#include "base/when.h"
#include "keys/crypto.h"
#include "keys/elem.h"

#define FORM ERR_STATE_DAMAGED

static const char *const fates[] = {
    [WEBCONFIG_STAYS] = NULL, [WEBCONFIG_CREATED] = "created", [WEBCONFIG_UNDONE] = "undone"};

static void write_optional(struct markup *m, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        markup_text(m, name, text);
    }
}

static void write_root(struct markup *m, const struct run *run)
{
    markup_number(m, "number", run->number);
    markup_text(m, "kind", run->kind == RUN_APPLY ? "apply" : "rollback");
    markup_time(m, "started", run->started);
    write_optional(m, "operator", run->operator);
    write_optional(m, "note", run->note);
    write_optional(m, "outside-window", run->outside);
    if (run->kind == RUN_ROLLBACK) {
        markup_number(m, "undoes", run->undoes);
    }
    markup_number(m, "epoch", run->bundle.epoch);
    markup_number(m, "sequence", run->bundle.sequence);
    markup_hex(m, "manifest", run->bundle.manifest, sizeof run->bundle.manifest);
    markup_number(m, "trust-version", run->trust_version);
    if (run->kind == RUN_APPLY) {
        markup_hex(m, "head", run->head_sha256, sizeof run->head_sha256);
        markup_time(m, "floor", run->floor);
    }
    markup_number(m, "receipt", run->receipt);
    markup_number(m, "minimum", run->minimum);
    markup_number(m, "max-bytes", run->max_bytes);
}

static void write_pins(struct markup *m, const char *name, const struct run_pin *pins, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        markup_open(m, name);
        markup_hex(m, "key", pins[i].pin.bytes, pins[i].pin.len);
        if (pins[i].retired) {
            markup_text(m, "retired", "true");
        }
        markup_close(m);
    }
}

static void write_undo(struct markup *m, const struct run_target *t)
{
    for (size_t i = 0; i < t->undo_count; i++) {
        markup_open(m, "undo");
        markup_number(m, "offset", t->undo[i].offset);
        markup_number(m, "remove", t->undo[i].remove);
        if (t->undo[i].len > 0) {
            markup_hex(m, "bytes", t->undo[i].bytes, t->undo[i].len);
        }
        markup_close(m);
    }
}

static void write_target(struct markup *m, const struct run_target *t)
{
    markup_open(m, "target");
    markup_number(m, "index", t->index);
    markup_text(m, "path", t->path);
    write_optional(m, "config", t->config);
    write_optional(m, "section", t->section);
    write_optional(m, "fate", fates[t->fate]);
    write_optional(m, "staged", t->staged);
    markup_text(m, "changes", t->changes ? "true" : "false");
    markup_hex(m, "old", t->old_mac, sizeof t->old_mac);
    markup_hex(m, "new", t->new_mac, sizeof t->new_mac);
    markup_hex(m, "before", t->before, sizeof t->before);
    markup_hex(m, "after", t->after, sizeof t->after);
    markup_number(m, "count", t->after_count);
    write_pins(m, "added", t->added, t->added_count);
    write_pins(m, "removed", t->removed, t->removed_count);
    write_undo(m, t);
    markup_close(m);
}

bool run_write(const struct run *run, struct buf *out, struct err *err)
{
    struct markup m;

    buf_clear(out);
    markup_begin(&m, out, "run", RUN_NS, err);
    write_root(&m, run);
    for (size_t i = 0; i < run->count; i++) {
        write_target(&m, &run->targets[i]);
    }
    return markup_end(&m);
}

static bool wrong(const struct elem *el, const char *why, struct err *err)
{
    return err_set(err, FORM, "line %ld, <%s>: %s", elem_line(el), elem_name(el), why);
}

/* Hex of any length up to `most` bytes into a new array; NULL with *len = 0 when absent. */
static bool read_bytes(const struct elem *el, const char *name, size_t most, uint8_t **bytes,
                       size_t *len, struct err *err)
{
    const char *hex = elem_attr(el, name);
    size_t digits = hex == NULL ? 0 : strlen(hex);

    *bytes = NULL;
    *len = digits / 2;
    if (hex == NULL) {
        return true;
    }
    if (*len > most) {
        return wrong(el, "too many bytes", err);
    }
    *bytes = malloc(*len + 1);
    if (*bytes == NULL) {
        return err_memory(err);
    }
    if (!text_unhex(*bytes, *len, hex, digits, false)) {
        free(*bytes);
        *bytes = NULL;
        return wrong(el, "bytes are no hex", err);
    }
    return true;
}

static bool read_pin(struct run_pin *pin, const struct elem *el, struct err *err)
{
    uint8_t *key;
    size_t len;
    bool done = read_bytes(el, "key", sizeof pin->pin.bytes, &key, &len, err) &&
                (key != NULL || wrong(el, "key is absent", err));

    if (done) {
        memcpy(pin->pin.bytes, key, len);
        pin->pin.len = len;
        pin->retired = elem_attr(el, "retired") != NULL;
        done = crypto_sha256(pin->pin.sha256, key, len, err);
    }
    free(key);
    return done;
}

/* The run of elements of one name that begins at *el, which becomes the one behind it. */
static bool read_pins(const struct elem **el, const char *name, struct run_pin **pins,
                      size_t *count, struct err *err)
{
    for (; *el != NULL && strcmp(elem_name(*el), name) == 0; *el = elem_next(*el)) {
        struct run_pin *more = realloc(*pins, (*count + 1) * sizeof *more);

        if (more == NULL) {
            return err_memory(err);
        }
        *pins = more;
        memset(&more[*count], 0, sizeof *more);
        if (!read_pin(&more[(*count)++], *el, err)) {
            return false;
        }
    }
    return true;
}

/* One edit; its bytes go behind those of the others, `at` says where. */
static bool read_edit(struct run_target *t, const struct elem *el, size_t *at, struct err *err)
{
    struct webconfig_edit *edit = &t->undo[t->undo_count];
    uint64_t offset, remove;
    uint8_t *bytes;
    size_t len;
    bool done;

    if (!elem_number(el, "offset", 0, LIMIT_TARGET_BYTES, &offset, FORM, err) ||
        !elem_number(el, "remove", 0, LIMIT_TARGET_BYTES, &remove, FORM, err) ||
        !read_bytes(el, "bytes", LIMIT_TARGET_BYTES, &bytes, &len, err)) {
        return false;
    }
    edit->offset = (size_t)offset;
    edit->remove = (size_t)remove;
    edit->len = len;
    *at = t->kept.len;
    done = buf_add(&t->kept, bytes, len, err);
    free(bytes);
    t->undo_count++;
    return done;
}

static bool read_undo(struct run_target *t, const struct elem *el, struct err *err)
{
    size_t most = 0, *at;
    bool done = true;

    for (const struct elem *e = el; e != NULL; e = elem_next(e)) {
        most++;
    }
    t->undo = calloc(most + 1, sizeof *t->undo);
    at = calloc(most + 1, sizeof *at);
    if (t->undo == NULL || at == NULL) {
        free(at);
        return err_memory(err);
    }
    for (; done && el != NULL; el = elem_next(el)) {
        done =
            elem_expect(el, "undo", NULL, FORM, err) && read_edit(t, el, &at[t->undo_count], err);
    }
    /* Only now does the buffer stay where it is. */
    for (size_t i = 0; i < t->undo_count; i++) {
        t->undo[i].bytes = t->undo[i].len == 0 ? NULL : t->kept.data + at[i];
    }
    free(at);
    return done;
}

static bool copy_text(const struct elem *el, const char *name, bool required, char **out,
                      struct err *err)
{
    const char *text = elem_attr(el, name);

    if (text == NULL) {
        return !required || wrong(el, "an attribute is absent", err);
    }
    *out = strdup(text);
    return *out != NULL || err_memory(err);
}

static bool read_fate(struct run_target *t, const struct elem *el, struct err *err)
{
    const char *fate = elem_attr(el, "fate");

    if (fate == NULL) {
        return true;
    }
    for (size_t i = WEBCONFIG_CREATED; i < sizeof fates / sizeof fates[0]; i++) {
        if (strcmp(fates[i], fate) == 0) {
            t->fate = (enum webconfig_fate)i;
            return true;
        }
    }
    return wrong(el, "an unknown fate", err);
}

static bool read_target(struct run_target *t, const struct elem *el, struct err *err)
{
    const struct elem *child = elem_first(el);
    uint64_t index, count;
    const char *changes;

    if (!elem_expect(el, "target", NULL, FORM, err) ||
        !elem_number(el, "index", 1, LIMIT_TARGETS, &index, FORM, err) ||
        !copy_text(el, "path", true, &t->path, err) ||
        !copy_text(el, "config", false, &t->config, err) ||
        !copy_text(el, "section", false, &t->section, err) || !read_fate(t, el, err) ||
        !elem_text(el, "changes", &changes, FORM, err) ||
        !elem_hex(el, "old", t->old_mac, sizeof t->old_mac, FORM, err) ||
        !elem_hex(el, "new", t->new_mac, sizeof t->new_mac, FORM, err) ||
        !elem_hex(el, "before", t->before, sizeof t->before, FORM, err) ||
        !elem_hex(el, "after", t->after, sizeof t->after, FORM, err) ||
        !elem_number(el, "count", 0, LIMIT_TARGET_BYTES, &count, FORM, err)) {
        return false;
    }
    t->index = (size_t)index;
    t->after_count = (size_t)count;
    t->changes = strcmp(changes, "true") == 0;
    return copy_text(el, "staged", t->changes, &t->staged, err) &&
           read_pins(&child, "added", &t->added, &t->added_count, err) &&
           read_pins(&child, "removed", &t->removed, &t->removed_count, err) &&
           read_undo(t, child, err);
}

static bool read_text(const struct elem *el, const char *name, char out[static TEXT_FREE_MAX + 1],
                      struct err *err)
{
    const char *text;

    if (elem_attr(el, name) == NULL) {
        return true;
    }
    if (!elem_free_text(el, name, &text, FORM, err)) {
        return false;
    }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool read_kind(struct run *run, const struct elem *el, struct err *err)
{
    const char *kind;

    if (!elem_text(el, "kind", &kind, FORM, err)) {
        return false;
    }
    if (strcmp(kind, "rollback") == 0) {
        run->kind = RUN_ROLLBACK;
        return elem_number(el, "undoes", 1, TEXT_NUMBER_MAX, &run->undoes, FORM, err);
    }
    run->kind = RUN_APPLY;
    return (strcmp(kind, "apply") == 0 || wrong(el, "an unknown kind", err)) &&
           elem_hex(el, "head", run->head_sha256, sizeof run->head_sha256, FORM, err) &&
           elem_time(el, "floor", WHEN_MIN, WHEN_MAX, &run->floor, FORM, err);
}

static bool read_root(struct run *run, const struct elem *el, struct err *err)
{
    uint64_t minimum, max_bytes;

    if (!elem_number(el, "number", 1, TEXT_NUMBER_MAX, &run->number, FORM, err) ||
        !read_kind(run, el, err) ||
        !elem_time(el, "started", WHEN_MIN, WHEN_MAX, &run->started, FORM, err) ||
        !read_text(el, "operator", run->operator, err) || !read_text(el, "note", run->note, err) ||
        !read_text(el, "outside-window", run->outside, err) ||
        !elem_number(el, "epoch", 1, TEXT_NUMBER_MAX, &run->bundle.epoch, FORM, err) ||
        !elem_number(el, "sequence", 1, TEXT_NUMBER_MAX, &run->bundle.sequence, FORM, err) ||
        !elem_hex(el, "manifest", run->bundle.manifest, sizeof run->bundle.manifest, FORM, err) ||
        !elem_number(el, "trust-version", 1, 999999, &run->trust_version, FORM, err) ||
        !elem_number(el, "receipt", 1, TEXT_NUMBER_MAX, &run->receipt, FORM, err) ||
        !elem_number(el, "minimum", 0, LIMIT_PINS, &minimum, FORM, err) ||
        !elem_number(el, "max-bytes", 1, LIMIT_TARGET_BYTES, &max_bytes, FORM, err)) {
        return false;
    }
    run->minimum = (size_t)minimum;
    run->max_bytes = (size_t)max_bytes;
    return true;
}

static bool read_all(struct run *run, const struct elem *root, struct err *err)
{
    size_t i = 0;

    if (!read_root(run, root, err)) {
        return false;
    }
    for (const struct elem *el = elem_first(root); el != NULL; el = elem_next(el)) {
        if (!read_target(&run->targets[i++], el, err)) {
            return false;
        }
    }
    return true;
}

static bool check_same(const struct run *run, const struct buf *bytes, struct err *err)
{
    struct buf again;
    bool done;

    buf_init(&again, LIMIT_RUN_BYTES);
    done = run_write(run, &again, err) &&
           (buf_equal(&again, bytes) ||
            err_set(err, FORM, "was not written by this program, or changed since"));
    buf_release(&again);
    return done;
}

struct run *run_parse(const struct buf *bytes, struct err *err)
{
    struct elem_doc *doc = elem_parse(bytes->data, bytes->len, FORM, err);
    struct run *run = NULL;

    if (doc == NULL) {
        return NULL;
    }
    if (elem_expect(elem_root(doc), "run", RUN_NS, FORM, err) &&
        (elem_count(elem_root(doc)) <= LIMIT_TARGETS ||
         wrong(elem_root(doc), "too many targets", err))) {
        run = run_new(elem_count(elem_root(doc)), err);
    }
    if (run != NULL && (!read_all(run, elem_root(doc), err) || !check_same(run, bytes, err))) {
        run_free(run);
        run = NULL;
    }
    elem_free(doc);
    return run;
}
