/* SPDX-License-Identifier: MIT */
/*
 * Compares bytes. The markup is found in a shadow of the file, one byte for each code unit, in
 * which whatever is not ASCII is 0x80.
 */
#include "applier/webconfig_proof_bytes.h"

#include <string.h>

#include "base/limits.h"

struct shadow {
    const char *text;
    size_t len;
    size_t skip, width; /* byte order mark, bytes of a unit */
    struct buf owned;   /* text, if it is not the file itself */
};

static bool shadow_make(struct shadow *shadow, const struct buf *file, struct err *err)
{
    const uint8_t *bytes = file->data;
    bool little = file->len >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe;
    bool big = file->len >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff;
    *shadow = (struct shadow){.text = (const char *)bytes, .len = file->len, .width = 1};
    buf_init(&shadow->owned, LIMIT_TARGET_BYTES);
    if (!little && !big)
        return true;
    shadow->skip = shadow->width = 2;
    shadow->len = (file->len - 2) / 2;
    char *units = (char *)buf_reserve(&shadow->owned, shadow->len, err);
    if (units == NULL)
        return false;
    for (size_t i = 0; i < shadow->len; i++) {
        uint8_t first = bytes[2 + 2 * i], second = bytes[3 + 2 * i];
        uint8_t low = little ? first : second, high = little ? second : first;
        units[i] = (char)(high != 0 || low > 0x7f ? 0x80 : low);
    }
    shadow->text = units;
    return true;
}

static size_t byte_of(const struct shadow *shadow, size_t unit)
{
    return shadow->skip + unit * shadow->width;
}

/* Behind the next `mark` from unit `from` on; behind the end if there is none. */
static size_t behind(const struct shadow *shadow, size_t from, const char *mark)
{
    size_t len = strlen(mark);
    while (from + len <= shadow->len) {
        const char *hit = memchr(shadow->text + from, mark[0], shadow->len - from - len + 1);
        if (hit == NULL)
            break;
        if (memcmp(hit, mark, len) == 0)
            return (size_t)(hit - shadow->text) + len;
        from = (size_t)(hit - shadow->text) + 1;
    }
    return shadow->len;
}

static bool at(const struct shadow *shadow, size_t from, const char *mark)
{
    size_t len = strlen(mark);
    return from + len <= shadow->len && memcmp(shadow->text + from, mark, len) == 0;
}

struct markup {
    char kind; /* 's' start tag, 'o' self-closed, 'e' end tag, 'c' comment, 'p' instruction, 'd'
                  CDATA */
    size_t start, end;
};

/* The next piece of markup from unit `from` on; false at the end. */
static bool next_markup(const struct shadow *shadow, size_t from, struct markup *out)
{
    const char *hit =
        from < shadow->len ? memchr(shadow->text + from, '<', shadow->len - from) : NULL;
    if (hit == NULL)
        return false;
    size_t start = (size_t)(hit - shadow->text), end = start + 1;
    out->start = start;
    if (at(shadow, start, "<!--")) {
        out->kind = 'c';
        end = behind(shadow, start + 4, "-->");
    } else if (at(shadow, start, "<![CDATA[")) {
        out->kind = 'd';
        end = behind(shadow, start + 9, "]]>");
    } else if (at(shadow, start, "<?")) {
        out->kind = 'p';
        end = behind(shadow, start + 2, "?>");
    } else {
        while (end < shadow->len && shadow->text[end] != '>') {
            char c = shadow->text[end++];
            const char quote[] = {c, '\0'};
            if (c == '"' || c == '\'')
                end = behind(shadow, end, quote);
        }
        if (end < shadow->len)
            end++;
        bool closed = shadow->text[end - 2] == '/';
        out->kind = shadow->text[start + 1] == '/' ? 'e' : closed ? 'o' : 's';
    }
    out->end = end;
    return true;
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Notes where the pieces between the section's tags are, and its end tag. */
static bool find_pieces(struct webconfig_proof_bytes *found, const struct shadow *shadow,
                        size_t from)
{
    struct markup markup;
    size_t depth = 0, index = 0, start = 0, white = from;
    for (size_t next = from; next_markup(shadow, next, &markup); next = markup.end) {
        if (depth == 0) {
            while (white < markup.start && is_white(shadow->text[white]))
                white++;
            if (white < markup.start)
                return false;
            start = markup.start;
        }
        if (markup.kind == 'e' && depth == 0) {
            found->content_end = byte_of(shadow, markup.start);
            found->end_tag = byte_of(shadow, markup.end);
            return index == found->count;
        }
        depth += markup.kind == 's';
        depth -= markup.kind == 'e';
        if (depth > 0)
            continue;
        white = markup.end;
        char kind = markup.kind == 's' || markup.kind == 'o' ? 'e' : markup.kind;
        if (index == found->count || found->pieces[index].kind != kind)
            return false;
        found->pieces[index].start = byte_of(shadow, start);
        found->pieces[index].end = byte_of(shadow, markup.end);
        index++;
    }
    return false;
}

static bool find_section(struct webconfig_proof_bytes *found, const struct shadow *shadow,
                         size_t ordinal)
{
    struct markup markup;
    size_t seen = 0;
    for (size_t next = 0; next_markup(shadow, next, &markup); next = markup.end) {
        if ((markup.kind != 's' && markup.kind != 'o') || seen++ != ordinal)
            continue;
        found->self_closed = markup.kind == 'o';
        found->tag_start = byte_of(shadow, markup.start);
        found->content = found->content_end = found->end_tag = byte_of(shadow, markup.end);
        size_t core = markup.end - 1;
        if (found->self_closed)
            for (core--; is_white(shadow->text[core - 1]);)
                core--;
        found->tag_core = byte_of(shadow, core);
        return found->self_closed ? found->count == 0 : find_pieces(found, shadow, markup.end);
    }
    return false;
}

bool webconfig_proof_bytes_find(struct webconfig_proof_bytes *out, const struct buf *file,
                                size_t ordinal, struct webconfig_proof_piece *pieces, size_t count,
                                struct err *err)
{
    struct shadow shadow;
    if (!shadow_make(&shadow, file, err))
        return false;
    struct webconfig_proof_bytes found = {.file = file, .pieces = pieces, .count = count};
    bool done = find_section(&found, &shadow, ordinal);
    buf_release(&shadow.owned);
    if (!done)
        return err_set(err, ERR_PROOF, "the pins section's bytes and its meaning do not agree");
    *out = found;
    return true;
}

/* A stretch of a file. */
struct stretch {
    const uint8_t *bytes;
    size_t len;
    size_t changes; /* pieces in it that come or go */
};

static bool same_bytes(struct stretch a, struct stretch b)
{
    return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

/* Whether `whole` is `part` with something put in at one place. */
static bool is_inserted(struct stretch part, struct stretch whole)
{
    size_t head = 0, tail = 0;
    if (part.len > whole.len)
        return false;
    while (head < part.len && part.bytes[head] == whole.bytes[head])
        head++;
    while (tail < part.len - head &&
           part.bytes[part.len - 1 - tail] == whole.bytes[whole.len - 1 - tail])
        tail++;
    return head + tail == part.len;
}

/* The stretch from byte `from` to the next piece that stays, from *index on, or the content's end.
 */
static struct stretch stretch_to_kept(const struct webconfig_proof_bytes *side, const bool *changes,
                                      size_t from, size_t *index)
{
    struct stretch stretch = {.bytes = side->file->data + from};
    while (*index < side->count && changes[*index]) {
        stretch.changes++;
        ++*index;
    }
    size_t end = *index < side->count ? side->pieces[*index].start : side->content_end;
    stretch.len = end - from;
    return stretch;
}

/* Whether `part` is `whole` with something left out in several places. */
static bool is_left(struct stretch part, struct stretch whole)
{
    size_t seen = 0;
    for (size_t i = 0; i < whole.len && seen < part.len; i++)
        seen += part.bytes[seen] == whole.bytes[i];
    return seen == part.len;
}

static bool is_reduced(struct stretch part, struct stretch whole)
{
    return is_inserted(part, whole) || (whole.changes > 1 && is_left(part, whole));
}

static bool same_stretch(struct stretch x, struct stretch y)
{
    if (x.changes == 0 && y.changes == 0)
        return same_bytes(x, y);
    if (x.changes == 0)
        return is_reduced(x, y);
    return y.changes > 0 || is_reduced(y, x);
}

static bool same_content(const struct webconfig_proof_bytes *a, const bool *goes,
                         const struct webconfig_proof_bytes *b, const bool *comes)
{
    size_t i = 0, j = 0, from_a = a->content, from_b = b->content;
    for (;;) {
        struct stretch x = stretch_to_kept(a, goes, from_a, &i);
        struct stretch y = stretch_to_kept(b, comes, from_b, &j);
        /* Opening a self-closed tag is a change by itself. */
        bool opened = a->self_closed != b->self_closed;
        if (opened ? a->count + b->count == 0 : !same_stretch(x, y))
            return false;
        if (i == a->count || j == b->count)
            return i == a->count && j == b->count;
        const struct webconfig_proof_piece *p = &a->pieces[i++], *q = &b->pieces[j++];
        x = (struct stretch){.bytes = a->file->data + p->start, .len = p->end - p->start};
        y = (struct stretch){.bytes = b->file->data + q->start, .len = q->end - q->start};
        if (!same_bytes(x, y))
            return false;
        from_a = p->end;
        from_b = q->end;
    }
}

static struct stretch part(const struct webconfig_proof_bytes *side, size_t from, size_t to)
{
    return (struct stretch){.bytes = side->file->data + from, .len = to - from};
}

/* The end tag of a section whose other side has none: nothing but "</", the start tag's name, ">".
 */
static bool is_plain_end(const struct webconfig_proof_bytes *open)
{
    static const char want[] = "</pinnedCertificates>";
    const uint8_t *bytes = open->file->data + open->content_end;
    size_t len = open->end_tag - open->content_end, width = len / strlen(want);
    if (len != width * strlen(want))
        return false;
    size_t seen = 0;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0 && (seen == strlen(want) || bytes[i] != (uint8_t)want[seen++]))
            return false;
    return seen == strlen(want);
}

bool webconfig_proof_bytes_equal(const struct webconfig_proof_bytes *a, const bool *goes,
                                 const struct webconfig_proof_bytes *b, const bool *comes,
                                 struct err *err)
{
    bool opened = a->self_closed != b->self_closed;
    size_t head_a = opened ? a->tag_core : a->content, head_b = opened ? b->tag_core : b->content;
    size_t tail_a = opened ? a->end_tag : a->content_end;
    size_t tail_b = opened ? b->end_tag : b->content_end;
    if (!same_bytes(part(a, 0, head_a), part(b, 0, head_b)))
        return err_set(err, ERR_PROOF,
                       "the new file differs from the old one before the pins section");
    if (!same_bytes(part(a, tail_a, a->file->len), part(b, tail_b, b->file->len)))
        return err_set(err, ERR_PROOF,
                       "the new file differs from the old one behind the pins section");
    if (opened && !is_plain_end(a->self_closed ? b : a))
        return err_set(err, ERR_PROOF, "the pins section got an end tag of an unexpected form");
    if (!same_content(a, goes, b, comes))
        return err_set(err, ERR_PROOF,
                       "something in the pins section changed besides the pins that come and go");
    return true;
}
