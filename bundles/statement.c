/* SPDX-License-Identifier: MIT */
/*
 * The statement as a value: its rules, its writer, its strict reader.
 */
#include "bundles/statement.h"

#include <stdlib.h>
#include <string.h>

#include "base/markup.h"
#include "base/when.h"
#include "keys/elem.h"

#define FORM ERR_DOCUMENT_FORM

static const char *const kind_names[] = {"expired", "reset-time", "reset-state"};
#define KINDS (sizeof kind_names / sizeof kind_names[0])

const char *statement_kind_name(enum statement_kind kind)
{
    return kind_names[kind];
}

struct statement *statement_new(struct err *err)
{
    struct statement *s = calloc(1, sizeof *s);

    if (s == NULL) {
        err_memory(err);
    }
    return s;
}

void statement_free(struct statement *s)
{
    if (s != NULL) {
        extension_release(&s->extensions);
        free(s);
    }
}

static bool form(struct err *err, const char *why)
{
    return err_set(err, FORM, "statement: %s", why);
}

static bool is_time(int64_t when)
{
    return when >= WHEN_MIN && when <= WHEN_MAX;
}

static bool check(const struct statement *s, struct err *err)
{
    if (!text_is_id(s->channel) || !text_is_id(s->site)) {
        return form(err, "channel or site is no id");
    }
    if (!is_time(s->created) || (s->kind != STATEMENT_EXPIRED && !is_time(s->floor))) {
        return form(err, "a time lies outside the years 2000 to 2099");
    }
    if (!text_is_free(s->reason, strlen(s->reason))) {
        return form(err, "the reason is no text of format 1");
    }
    if (s->kind == STATEMENT_RESET_STATE &&
        (s->epoch < 1 || s->epoch > TEXT_NUMBER_MAX || s->sequence > TEXT_NUMBER_MAX)) {
        return form(err, "epoch or sequence is out of range");
    }
    return true;
}

static void write_kind(struct markup *m, const struct statement *s)
{
    markup_open(m, kind_names[s->kind]);
    if (s->kind == STATEMENT_EXPIRED) {
        markup_hex(m, "manifest", s->manifest, sizeof s->manifest);
    } else {
        if (s->kind == STATEMENT_RESET_STATE) {
            markup_number(m, "epoch", s->epoch);
            markup_number(m, "sequence", s->sequence);
        }
        markup_time(m, "floor", s->floor);
    }
    markup_close(m);
}

bool statement_write(const struct statement *s, struct buf *out, struct err *err)
{
    struct markup m;

    if (!check(s, err)) {
        return false;
    }
    buf_clear(out);
    markup_begin(&m, out, "statement", STATEMENT_NS, err);
    markup_hex(&m, "domain", s->domain, sizeof s->domain);
    markup_text(&m, "channel", s->channel);
    markup_text(&m, "site", s->site);
    markup_hex(&m, "nonce", s->nonce, sizeof s->nonce);
    markup_time(&m, "created", s->created);
    markup_text(&m, "reason", s->reason);
    write_kind(&m, s);
    extension_write(&s->extensions, &m);
    return markup_end(&m);
}

static bool wrong(const struct elem *el, const char *why, struct err *err)
{
    return err_set(err, FORM, "line %ld, <%s>: %s", elem_line(el), elem_name(el), why);
}

static bool read_root(struct statement *s, const struct elem *el, struct err *err)
{
    const char *channel, *site, *reason;

    if (!elem_hex(el, "domain", s->domain, sizeof s->domain, FORM, err) ||
        !elem_id(el, "channel", &channel, FORM, err) || !elem_id(el, "site", &site, FORM, err) ||
        !elem_hex(el, "nonce", s->nonce, sizeof s->nonce, FORM, err) ||
        !elem_time(el, "created", WHEN_MIN, WHEN_MAX, &s->created, FORM, err) ||
        !elem_free_text(el, "reason", &reason, FORM, err)) {
        return false;
    }
    memcpy(s->channel, channel, strlen(channel) + 1);
    memcpy(s->site, site, strlen(site) + 1);
    memcpy(s->reason, reason, strlen(reason) + 1);
    return true;
}

static bool read_kind(struct statement *s, const struct elem *el, struct err *err)
{
    size_t kind = 0;

    if (el == NULL) {
        return form(err, "says nothing");
    }
    while (kind < KINDS && strcmp(elem_name(el), kind_names[kind]) != 0) {
        kind++;
    }
    if (kind == KINDS) {
        return wrong(el, "format 1 knows no such statement", err);
    }
    s->kind = (enum statement_kind)kind;
    if (s->kind == STATEMENT_EXPIRED) {
        return elem_hex(el, "manifest", s->manifest, sizeof s->manifest, FORM, err);
    }
    return (s->kind == STATEMENT_RESET_TIME ||
            (elem_number(el, "epoch", 1, TEXT_NUMBER_MAX, &s->epoch, FORM, err) &&
             elem_number(el, "sequence", 0, TEXT_NUMBER_MAX, &s->sequence, FORM, err))) &&
           elem_time(el, "floor", WHEN_MIN, WHEN_MAX, &s->floor, FORM, err);
}

static bool read_children(struct statement *s, const struct elem *root, struct err *err)
{
    const struct elem *el = elem_first(root);

    if (!read_kind(s, el, err)) {
        return false;
    }
    el = elem_next(el);
    return el == NULL || (extension_read(&s->extensions, el, FORM, err) &&
                          (elem_next(el) == NULL || wrong(el, "must be the last element", err)));
}

static bool check_canonical(const struct statement *s, const void *bytes, size_t len,
                            struct err *err)
{
    struct buf again;
    bool done;

    buf_init(&again, LIMIT_DOCUMENT_BYTES);
    done = statement_write(s, &again, err) && elem_expect_canonical(&again, bytes, len, err);
    buf_release(&again);
    return done;
}

struct statement *statement_parse(const void *bytes, size_t len, struct err *err)
{
    struct elem_doc *doc;
    struct statement *s;

    if (len > LIMIT_DOCUMENT_BYTES) {
        err_set(err, FORM, "a statement has at most %zu bytes", LIMIT_DOCUMENT_BYTES);
        return NULL;
    }
    doc = elem_parse(bytes, len, FORM, err);
    if (doc == NULL) {
        return NULL;
    }
    s = statement_new(err);
    if (s == NULL || !elem_expect_kind(elem_root(doc), "statement", FORM, err) ||
        !read_root(s, elem_root(doc), err) || !read_children(s, elem_root(doc), err) ||
        !check_canonical(s, bytes, len, err)) {
        statement_free(s);
        s = NULL;
    }
    elem_free(doc);
    return s;
}
