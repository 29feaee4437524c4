/* SPDX-License-Identifier: MIT */
/*
 * The proof against splices that go wrong: planted mutations of right new files over random
 * documents, and single bytes changed at random. None may be accepted that changes anything but
 * pins.
 */
#include <ctype.h>

#include "tests/unit/webconfig_mutants.h"

#define DOCUMENTS 300 /* make properties has more */
#define BYTES 12      /* single bytes changed in each new file */

/* --- the items --- */

static bool kept_attribute(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, true);
    return it != NULL && insert(w, out, behind_name(w, it->element, ITEM_NAME), " zz=\"1\"");
}

static bool kept_space(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, true);
    return it != NULL && insert(w, out, behind_name(w, it->element, ITEM_NAME), " ");
}

static bool kept_lost(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, true);
    return it != NULL && exchange(w, out, it->element.start, it->element.end, "", 0);
}

static bool kept_twice(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, true);
    return it != NULL &&
           exchange(w, out, it->element.end, it->element.end, w->new_file.data + it->element.start,
                    it->element.end - it->element.start);
}

/* Another digit, or the same one in the other case, in the middle of a value. */
static bool digit(const struct world *w, struct buf *out, const struct webconfig_item *it,
                  bool same_key)
{
    const struct webconfig_text *text = &w->is->text;
    if (it == NULL || (it->odd & WEBCONFIG_ODD_REFERENCE) != 0)
        return false;
    size_t middle =
        it->value.start + (it->value.end - it->value.start) / text->width / 2 * text->width;
    for (size_t at = middle; at < it->value.end; at += text->width) {
        unsigned unit = webconfig_text_unit(text, at);
        size_t low = at + (text->encoding == WEBCONFIG_UTF16BE);
        uint8_t other = (uint8_t)(same_key ? unit ^ 0x20 : unit == '7' ? '8' : '7');
        if (isxdigit((int)unit) && (!same_key || isalpha((int)unit)))
            return exchange(w, out, low, low + 1, &other, 1);
    }
    return false;
}

static bool kept_wrong(const struct world *w, struct buf *out)
{
    return digit(w, out, any_item(w, true), false);
}

static bool kept_case(const struct world *w, struct buf *out)
{
    return digit(w, out, any_item(w, true), true);
}

static bool kept_swapped(const struct world *w, struct buf *out)
{
    const struct webconfig_item *a = item(w, true, 0), *b = item(w, true, 1);
    if (b == NULL)
        return false;
    const uint8_t *data = w->new_file.data;
    size_t len = a->element.end - a->element.start;
    if (len == b->element.end - b->element.start &&
        memcmp(data + a->element.start, data + b->element.start, len) == 0)
        return false;
    struct buf swapped;
    buf_init(&swapped, KIT_MAX);
    KIT_MUST(buf_add(&swapped, data + b->element.start, b->element.end - b->element.start, must));
    KIT_MUST(buf_add(&swapped, data + a->element.end, b->element.start - a->element.end, must));
    KIT_MUST(buf_add(&swapped, data + a->element.start, len, must));
    exchange(w, out, a->element.start, b->element.end, swapped.data, swapped.len);
    buf_release(&swapped);
    return true;
}

/* White space between two items that stay, with nothing coming or going between them. */
static bool kept_apart(const struct world *w, struct buf *out)
{
    for (size_t i = 1; i < w->is->item_count; i++) {
        size_t from = w->is->items[i - 1].element.end, to = w->is->items[i].element.start;
        bool touched = false;
        for (size_t k = 0; k < w->change.undo_count; k++) {
            const struct webconfig_edit *edit = &w->change.undo[k];
            touched |= edit->offset <= to && edit->offset + edit->remove >= from;
        }
        if (!touched)
            return insert(w, out, from, " ");
    }
    return false;
}

static bool added_attribute(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, false);
    return it != NULL && insert(w, out, behind_name(w, it->element, ITEM_NAME), " zz=\"1\"");
}

static bool added_named_wrong(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, false);
    return it != NULL && insert(w, out, behind_name(w, it->element, ITEM_NAME), "x");
}

static bool added_lost(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, false);
    return it != NULL && exchange(w, out, it->element.start, it->element.end, "", 0);
}

static bool added_twice(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, false);
    return it != NULL &&
           exchange(w, out, it->element.end, it->element.end, w->new_file.data + it->element.start,
                    it->element.end - it->element.start);
}

static bool added_wrong(const struct world *w, struct buf *out)
{
    return digit(w, out, any_item(w, false), false);
}

static bool added_spaced(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, false);
    return it != NULL && insert(w, out, it->value.start, " ");
}

static bool added_remark(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, false);
    return it != NULL && insert(w, out, it->element.end, "<!-- new -->");
}

/* Into a comment, where it holds nothing. */
static bool added_hidden(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, false);
    if (it == NULL)
        return false;
    struct buf hidden;
    buf_init(&hidden, KIT_MAX);
    KIT_MUST(webconfig_text_add(&w->is->text, &hidden, "<!--", 4, must));
    KIT_MUST(buf_add(&hidden, w->new_file.data + it->element.start,
                     it->element.end - it->element.start, must));
    KIT_MUST(webconfig_text_add(&w->is->text, &hidden, "-->", 3, must));
    exchange(w, out, it->element.start, it->element.end, hidden.data, hidden.len);
    buf_release(&hidden);
    return true;
}

/* Behind the section's end. */
static bool added_outside(const struct world *w, struct buf *out)
{
    const struct webconfig_item *it = any_item(w, false);
    if (it == NULL)
        return false;
    const uint8_t *data = w->new_file.data;
    KIT_MUST(buf_add(out, data, it->element.start, must));
    KIT_MUST(buf_add(out, data + it->element.end, w->is->end_tag.end - it->element.end, must));
    KIT_MUST(buf_add(out, data + it->element.start, it->element.end - it->element.start, must));
    KIT_MUST(buf_add(out, data + w->is->end_tag.end, w->new_file.len - w->is->end_tag.end, must));
    return true;
}

static bool retired_back(const struct world *w, struct buf *out)
{
    if (w->change.removed_count == 0 || w->is->self_closed)
        return false;
    const struct webconfig_item *it = webconfig_find(w->was, w->change.removed[0].pin.sha256);
    return exchange(w, out, w->is->end_tag.start, w->is->end_tag.start,
                    w->old_file.data + it->element.start, it->element.end - it->element.start);
}

static bool nothing_done(const struct world *w, struct buf *out)
{
    return w->change.added_count + w->change.removed_count > 0 &&
           buf_add(out, w->old_file.data, w->old_file.len, NULL);
}

#define M(name)                                                                                    \
    {                                                                                              \
#name, name                                                                                \
    }
static const struct planted {
    const char *name;
    mutant *make;
} planted[] = {
    M(outside_byte),      M(outside_lost),    M(outside_space),     M(outside_line_end),
    M(outside_line_lost), M(outside_comment), M(outside_section),   M(file_end_added),
    M(file_end_lost),     M(file_cut),        M(file_twice),        M(file_nul),
    M(file_doctype),      M(file_declared),   M(mark_lost),         M(mark_added),
    M(encoding_changed),  M(content_comment), M(content_text),      M(content_reference),
    M(content_cdata),     M(content_clear),   M(content_stranger),  M(content_lost),
    M(remark_lost),       M(remark_changed),  M(section_attribute), M(section_space),
    M(section_end_space), M(kept_attribute),  M(kept_space),        M(kept_lost),
    M(kept_twice),        M(kept_wrong),      M(kept_case),         M(kept_swapped),
    M(kept_apart),        M(added_attribute), M(added_named_wrong), M(added_lost),
    M(added_twice),       M(added_wrong),     M(added_spaced),      M(added_remark),
    M(added_hidden),      M(added_outside),   M(retired_back),      M(nothing_done),
};
#define PLANTED (sizeof planted / sizeof planted[0])
static size_t times[PLANTED];

static bool is_accepted(const struct world *w, const struct buf *file,
                        const struct webconfig_claim *claim)
{
    struct err err = {0};
    bool accepted = webconfig_prove(&w->old_file, file, claim, NULL, &err);
    kit_no_canary(&err);
    assert_true(accepted || err.code == ERR_PROOF);
    return accepted;
}

static void plant(const struct world *w, const struct webconfig_claim *claim)
{
    for (size_t i = 0; i < PLANTED; i++) {
        struct buf mutated;
        buf_init(&mutated, KIT_MAX);
        if (planted[i].make(w, &mutated) && !buf_equal(&mutated, &w->new_file)) {
            times[i]++;
            if (is_accepted(w, &mutated, claim))
                fail_msg("accepted: %s", planted[i].name);
        }
        buf_release(&mutated);
    }
}

/* Whether this unit came with the splice, or is white space next to what came or went. */
static bool is_in_change(const struct world *w, size_t at)
{
    const struct webconfig_text *text = &w->is->text;
    for (size_t i = 0; i < w->change.undo_count; i++) {
        size_t start = w->change.undo[i].offset, end = start + w->change.undo[i].remove;
        while (start > text->start &&
               webconfig_text_is_space(webconfig_text_unit(text, start - text->width)))
            start -= text->width;
        while (webconfig_text_is_space(webconfig_text_unit(text, end)))
            end += text->width;
        if (at >= start && at < end)
            return true;
    }
    return false;
}

/* What may pass: other white space around the change, and a new pin's digit in the other case. */
static bool is_harmless(const struct world *w, size_t at, unsigned was, unsigned is)
{
    bool space = webconfig_text_is_space(was) && webconfig_text_is_space(is);
    bool letter = (was ^ is) == 0x20 && is < 0x80 && isxdigit((int)is) && isalpha((int)is);
    return is_in_change(w, at) && (space || letter);
}

static void change_bytes(const struct world *w, const struct webconfig_claim *claim)
{
    struct webconfig_text text = w->is->text;
    struct buf mutated;
    buf_init(&mutated, KIT_MAX);
    KIT_MUST(buf_add(&mutated, w->new_file.data, w->new_file.len, must));
    text.data = mutated.data;
    for (size_t i = 0; i < BYTES; i++) {
        /* half of them where something can be hidden: in the section */
        size_t from = i % 2 == 0 ? 0 : w->is->start_tag.start;
        size_t to = i % 2 == 0 ? mutated.len : w->is->end_tag.end;
        size_t at = from + pick((unsigned)(to - from)), unit_at = at - at % text.width;
        uint8_t was = mutated.data[at];
        unsigned unit = text.start <= unit_at ? webconfig_text_unit(&w->is->text, unit_at) : 0;
        mutated.data[at] =
            pick(2) ? (uint8_t) "<>&\"'/ \n\r\taF0"[pick(13)] : (uint8_t)(was ^ (1U << pick(8)));
        if (mutated.data[at] != was && is_accepted(w, &mutated, claim) &&
            !is_harmless(w, unit_at, unit, webconfig_text_unit(&text, unit_at)))
            fail_msg("accepted: byte %zu from %02x to %02x", at, was, mutated.data[at]);
        mutated.data[at] = was;
    }
    buf_release(&mutated);
}

/* False if the splice refuses this document. */
static bool run_document(void)
{
    struct world w;
    char add_names[10], remove_names[10];
    struct pin add[10], removed[10];
    uint8_t add_digests[10][32], remove_digests[10][32];
    make_document(&w.old_file);
    choose(add_names, remove_names);
    struct webconfig_claim claim = {.added = add,
                                    .added_count = kit_pins(add_names, add, add_digests),
                                    .removed = (const uint8_t(*)[32])remove_digests,
                                    .removed_count =
                                        kit_pins(remove_names, removed, remove_digests),
                                    .max_bytes = 2 * KIT_MAX};
    bool blocked = is_blocked(&w.old_file, claim.removed, claim.removed_count);
    if (!blocked) {
        kit_round(&w.old_file, NULL, add, claim.added_count, claim.removed, claim.removed_count,
                  &w.new_file, &w.change);
        KIT_MUST(webconfig_scan(&w.old_file, NULL, &w.was, must));
        KIT_MUST(webconfig_scan(&w.new_file, NULL, &w.is, must));
        plant(&w, &claim);
        change_bytes(&w, &claim);
        webconfig_free(w.was);
        webconfig_free(w.is);
        webconfig_change_release(&w.change);
        buf_release(&w.new_file);
    }
    buf_release(&w.old_file);
    return !blocked;
}

static void catches_every_mutation(void **state)
{
    (void)state;
    size_t documents = begin(DOCUMENTS), count = 0, sum = 0;
    for (size_t i = 0; i < documents; i++)
        count += run_document();
    for (size_t i = 0; i < PLANTED; i++) {
        sum += times[i];
        if (times[i] == 0)
            fail_msg("%s was never planted in %zu documents", planted[i].name, documents);
    }
    printf("# %zu documents, %zu planted mutations of %zu kinds, %zu bytes changed: all caught\n",
           count, sum, PLANTED, count * BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(catches_every_mutation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
