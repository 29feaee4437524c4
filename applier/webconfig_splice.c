/* SPDX-License-Identifier: MIT */
/* Splices items in and out of a scanned web.config. */
#include "applier/webconfig_splice.h"

#include <stdlib.h>
#include <string.h>

#include "applier/webconfig_style.h"

/* Digests sorted by value, then by address, so that the first of equal ones is the earliest. */
struct digests {
    const uint8_t **at;
    size_t count;
};

/* One change of the old file: [start, end) gives way to bytes [from, to) of the insertion. */
struct cut {
    size_t start, end;
    size_t from, to;
};

struct splice {
    const struct webconfig *webconfig;
    const struct webconfig_text *text;
    const struct pin *add;
    size_t add_count;
    struct digests added, removed;
    bool *goes;  /* for each item */
    bool *comes; /* for each pin to add */
    size_t goes_count, comes_count;
    struct webconfig_style style;
    struct buf insertion;
    size_t *item_at;  /* for each pin that comes: where its tag begins in insertion */
    struct cut *cuts; /* ascending, not touching each other */
    size_t cut_count;
    size_t insertion_cut; /* the cut that carries the insertion */
};

static int compare_digests(const void *a, const void *b)
{
    const uint8_t *x = *(const uint8_t *const *)a, *y = *(const uint8_t *const *)b;
    int order = memcmp(x, y, 32);
    if (order != 0)
        return order;
    return x < y ? -1 : x > y;
}

/* `first` and every `stride` bytes a digest. */
static bool digests_init(struct digests *digests, const uint8_t *first, size_t stride, size_t count,
                         struct err *err)
{
    digests->at = calloc(count + 1, sizeof digests->at[0]);
    if (digests->at == NULL)
        return err_memory(err);
    digests->count = count;
    for (size_t i = 0; i < count; i++)
        digests->at[i] = first + i * stride;
    qsort(digests->at, count, sizeof digests->at[0], compare_digests);
    return true;
}

/* The earliest digest of this value; NULL if there is none. */
static const uint8_t *digests_find(const struct digests *digests, const uint8_t *sha256)
{
    size_t low = 0, high = digests->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(digests->at[middle], sha256, 32) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < digests->count && memcmp(digests->at[low], sha256, 32) == 0;
    return found ? digests->at[low] : NULL;
}

static bool choose_removed(struct splice *splice, struct err *err)
{
    const struct webconfig *webconfig = splice->webconfig;
    for (size_t i = 0; i < webconfig->item_count; i++) {
        const struct webconfig_item *item = &webconfig->items[i];
        if (!item->has_digest || digests_find(&splice->removed, item->pin.sha256) == NULL)
            continue;
        if (item->odd & WEBCONFIG_ODD_FIXED)
            return err_set(
                err, ERR_TARGET_ITEM,
                "line %zu: this pin is retired and must go, but its pinnedCertificate has "
                "other attributes or content, which is never touched; delete the element by "
                "hand",
                item->line);
        splice->goes[i] = true;
        splice->goes_count++;
    }
    return true;
}

static bool choose_added(struct splice *splice, struct err *err)
{
    for (size_t i = 0; i < splice->add_count; i++) {
        const uint8_t *sha256 = splice->add[i].sha256;
        if (digests_find(&splice->removed, sha256) != NULL)
            return err_set(err, ERR_INTERNAL, "a pin is both to be added and to be removed");
        bool repeated = digests_find(&splice->added, sha256) != sha256;
        if (repeated || webconfig_find(splice->webconfig, sha256) != NULL)
            continue;
        splice->comes[i] = true;
        splice->comes_count++;
    }
    if (splice->comes_count > 0 && splice->webconfig->item_count == 0 &&
        splice->webconfig->stranger_line > 0)
        return err_set(
            err, ERR_TARGET_ITEM,
            "line %zu: the pins section holds elements but no pinnedCertificate, so it is "
            "not known whether ENS would load one there; add the first by hand and see ENS "
            "start",
            splice->webconfig->stranger_line);
    return true;
}

/* Appends a cut, joined to the one before it where they touch. */
static void add_cut(struct splice *splice, struct webconfig_span span, size_t from, size_t to)
{
    if (splice->cut_count > 0) {
        struct cut *last = &splice->cuts[splice->cut_count - 1];
        if (last->end == span.start) {
            last->end = span.end;
            last->from = from;
            last->to = to;
            return;
        }
    }
    splice->cuts[splice->cut_count++] = (struct cut){span.start, span.end, from, to};
}

/*
 * What goes with items [first, last], which share a line and are parted by blanks only: their lines
 * if nothing else is there, else the blanks towards what stays.
 */
static struct webconfig_span removal_of(const struct splice *splice, size_t first, size_t last)
{
    const struct webconfig_text *text = splice->text;
    const struct webconfig *webconfig = splice->webconfig;
    struct webconfig_span span = {webconfig->items[first].element.start,
                                  webconfig->items[last].element.end};
    if (splice->style.first_bare && last + 1 == webconfig->item_count)
        return span;
    struct webconfig_span lines = webconfig_text_own_lines(text, span);
    if (lines.start != span.start || lines.end != span.end)
        return lines;
    size_t behind = webconfig_text_blanks_behind(text, span.end);
    struct webconfig_span eol = webconfig_text_eol_at(text, behind);
    if (eol.start < eol.end)
        span.start = webconfig_text_blanks_before(text, span.start);
    else
        span.end = behind;
    return span;
}

static void cut_removed(struct splice *splice)
{
    const struct webconfig *webconfig = splice->webconfig;
    for (size_t i = 0; i < webconfig->item_count; i++) {
        if (!splice->goes[i])
            continue;
        size_t last = i;
        while (last + 1 < webconfig->item_count && splice->goes[last + 1] &&
               webconfig_text_blanks_behind(splice->text, webconfig->items[last].element.end) ==
                   webconfig->items[last + 1].element.start)
            last++;
        add_cut(splice, removal_of(splice, i, last), 0, 0);
        i = last;
    }
}

static bool write_insertion(struct splice *splice, struct err *err)
{
    const struct webconfig *webconfig = splice->webconfig;
    struct buf *out = &splice->insertion;
    if (!webconfig_style_add_opening(&splice->style, webconfig, out, err))
        return false;
    for (size_t i = 0, index = 0; i < splice->add_count; i++) {
        if (!splice->comes[i])
            continue;
        if (!webconfig_style_add_item(&splice->style, webconfig, index, &splice->add[i], out,
                                      &splice->item_at[index], err))
            return false;
        index++;
    }
    return webconfig_style_add_closing(&splice->style, webconfig, out, err);
}

/* Decides everything: which items go and come, and the cuts. */
static bool prepare(struct splice *splice, const uint8_t (*remove)[32], size_t remove_count,
                    struct err *err)
{
    const struct webconfig *webconfig = splice->webconfig;
    splice->goes = calloc(webconfig->item_count + 1, sizeof splice->goes[0]);
    splice->comes = calloc(splice->add_count + 1, sizeof splice->comes[0]);
    splice->item_at = calloc(splice->add_count + 1, sizeof splice->item_at[0]);
    splice->cuts = calloc(webconfig->item_count + 1, sizeof splice->cuts[0]);
    if (splice->goes == NULL || splice->comes == NULL || splice->item_at == NULL ||
        splice->cuts == NULL)
        return err_memory(err);
    const uint8_t *first = splice->add_count > 0 ? splice->add[0].sha256 : NULL;
    if (!digests_init(&splice->added, first, sizeof splice->add[0], splice->add_count, err) ||
        !digests_init(&splice->removed, remove_count > 0 ? remove[0] : NULL, 32, remove_count, err))
        return false;
    if (!choose_removed(splice, err) || !choose_added(splice, err))
        return false;
    webconfig_style_find(&splice->style, webconfig);
    /* The first new item takes the place of the last old one if that goes and shares its line. */
    splice->style.first_bare = splice->comes_count > 0 && splice->style.is_behind_item &&
                               splice->goes[webconfig->item_count - 1];
    cut_removed(splice);
    if (splice->comes_count == 0)
        return true;
    if (!write_insertion(splice, err))
        return false;
    add_cut(splice, splice->style.place, 0, splice->insertion.len);
    splice->insertion_cut = splice->cut_count - 1;
    return true;
}

static bool write_file(const struct splice *splice, struct buf *out, struct err *err)
{
    const struct webconfig_text *text = splice->text;
    size_t at = 0;
    buf_clear(out);
    for (size_t i = 0; i < splice->cut_count; i++) {
        const struct cut *cut = &splice->cuts[i];
        if (!buf_add(out, text->data + at, cut->start - at, err))
            return false;
        if (cut->to > cut->from &&
            !buf_add(out, splice->insertion.data + cut->from, cut->to - cut->from, err))
            return false;
        at = cut->end;
    }
    return buf_add(out, text->data + at, text->len - at, err);
}

static void list_removed(const struct splice *splice, struct webconfig_change *change)
{
    for (size_t i = 0; i < splice->webconfig->item_count; i++) {
        const struct webconfig_item *item = &splice->webconfig->items[i];
        if (!splice->goes[i])
            continue;
        struct webconfig_line *line = &change->removed[change->removed_count++];
        line->line = item->line;
        line->pin = item->pin;
    }
}

static void list_added(const struct splice *splice, const struct buf *out,
                       struct webconfig_change *change)
{
    struct webconfig_text text = *splice->text;
    text.data = out->data;
    text.len = out->len;
    size_t shift = 0, counted_to = text.start, line = 1;
    if (splice->comes_count == 0)
        return;
    for (size_t i = 0; i < splice->insertion_cut; i++)
        shift += splice->cuts[i].end - splice->cuts[i].start;
    size_t start = splice->cuts[splice->insertion_cut].start - shift;
    for (size_t i = 0; i < splice->add_count; i++) {
        if (!splice->comes[i])
            continue;
        size_t at = start + splice->item_at[change->added_count];
        line += webconfig_text_lines(&text, counted_to, at);
        counted_to = at;
        change->added[change->added_count++] = (struct webconfig_line){line, splice->add[i]};
    }
}

/* The inverse of each cut, in offsets of the new file. */
static bool list_undo(const struct splice *splice, struct webconfig_change *change, struct err *err)
{
    size_t shift_out = 0, shift_in = 0;
    for (size_t i = 0; i < splice->cut_count; i++) {
        const struct cut *cut = &splice->cuts[i];
        struct webconfig_edit *edit = &change->undo[change->undo_count++];
        edit->offset = cut->start - shift_out + shift_in;
        edit->remove = cut->to - cut->from;
        edit->len = cut->end - cut->start;
        shift_out += edit->len;
        shift_in += edit->remove;
        if (!buf_add(&change->kept, splice->text->data + cut->start, edit->len, err))
            return false;
    }
    size_t at = 0;
    for (size_t i = 0; i < change->undo_count; i++) {
        if (change->undo[i].len > 0)
            change->undo[i].bytes = change->kept.data + at;
        at += change->undo[i].len;
    }
    return true;
}

static bool write_change(const struct splice *splice, const struct buf *out,
                         struct webconfig_change *change, struct err *err)
{
    buf_init(&change->kept, splice->text->len);
    change->added = calloc(splice->comes_count + 1, sizeof change->added[0]);
    change->removed = calloc(splice->goes_count + 1, sizeof change->removed[0]);
    change->undo = calloc(splice->cut_count + 1, sizeof change->undo[0]);
    if (change->added == NULL || change->removed == NULL || change->undo == NULL)
        return err_memory(err);
    change->present_count = splice->add_count - splice->comes_count;
    list_removed(splice, change);
    list_added(splice, out, change);
    return list_undo(splice, change, err);
}

bool webconfig_splice(const struct webconfig *webconfig, const struct pin *add, size_t add_count,
                      const uint8_t (*remove)[32], size_t remove_count, struct buf *out,
                      struct webconfig_change *change, struct err *err)
{
    struct splice splice = {
        .webconfig = webconfig, .text = &webconfig->text, .add = add, .add_count = add_count};
    struct webconfig_change made;
    webconfig_change_init(&made);
    buf_init(&splice.insertion, out->max);
    bool done = prepare(&splice, remove, remove_count, err) && write_file(&splice, out, err) &&
                write_change(&splice, out, &made, err);
    if (done) {
        webconfig_change_release(change);
        *change = made;
    } else {
        buf_clear(out);
        webconfig_change_release(&made);
    }
    buf_release(&splice.insertion);
    free(splice.added.at);
    free(splice.removed.at);
    free(splice.goes);
    free(splice.comes);
    free(splice.item_at);
    free(splice.cuts);
    return done;
}

void webconfig_change_init(struct webconfig_change *change)
{
    *change = (struct webconfig_change){.added = NULL};
    buf_init(&change->kept, 0);
}

void webconfig_change_release(struct webconfig_change *change)
{
    free(change->added);
    free(change->removed);
    free(change->undo);
    buf_release(&change->kept);
    webconfig_change_init(change);
}
