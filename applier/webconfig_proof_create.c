/* SPDX-License-Identifier: MIT */
/* Takes the created section out again, byte by byte, and compares. */
#include "applier/webconfig_proof_create.h"

#include <string.h>

#define GROUPS_MAX 16

/* A file as code units: one byte each, or two in UTF-16; what is not ASCII is 0x80. */
struct units {
    const uint8_t *bytes;
    size_t skip, width, count;
    bool big;
};

static struct units units_of(const struct buf *file)
{
    struct units units = {.bytes = file->data, .width = 1, .count = file->len};
    bool little = file->len >= 2 && file->data[0] == 0xff && file->data[1] == 0xfe;
    units.big = file->len >= 2 && file->data[0] == 0xfe && file->data[1] == 0xff;
    if (little || units.big)
        units = (struct units){file->data, 2, 2, (file->len - 2) / 2, units.big};
    return units;
}

static char unit(const struct units *units, size_t at)
{
    const uint8_t *first = units->bytes + units->skip + at * units->width;
    uint8_t low = units->width == 1 || !units->big ? first[0] : first[1];
    uint8_t high = units->width == 1 ? 0 : units->big ? first[0] : first[1];
    return (char)(high != 0 || low > 0x7f ? 0x80 : low);
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whether units [start, end) are this text. */
static bool reads(const struct units *units, size_t start, size_t end, const char *text)
{
    size_t len = strlen(text);
    bool same = end - start == len;
    for (size_t i = 0; same && i < len; i++)
        same = unit(units, start + i) == text[i];
    return same;
}

/* How many units two files share at their beginning, or (from_end) at their end. */
static size_t shared(const struct units *a, const struct units *b, bool from_end)
{
    size_t most = a->count < b->count ? a->count : b->count, n = 0;
    while (n < most) {
        size_t x = from_end ? a->count - 1 - n : n, y = from_end ? b->count - 1 - n : n;
        if (memcmp(a->bytes + a->skip + x * a->width, b->bytes + b->skip + y * b->width,
                   a->width) != 0)
            break;
        n++;
    }
    return n;
}

/*
 * Whether `with` is `without` once [a, b) are gone, for an a up to `start` and a b from `end` on
 * with nothing but white space between.
 */
static bool is_rest(const struct units *with, size_t without, size_t start, size_t end, size_t head,
                    size_t tail)
{
    size_t gone = with->count - without;
    for (size_t a = start;; a--) {
        if (a + gone >= end && a <= head && without - a <= tail) {
            size_t b = end;
            while (b < a + gone && is_white(unit(with, b)))
                b++;
            if (b == a + gone)
                return true;
        }
        if (a == 0 || a + gone < end || !is_white(unit(with, a - 1)))
            return false;
    }
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

/* Widens [*start, *end) by the white space and the plain tags directly around it. */
static bool widen(const struct units *units, size_t *start, size_t *end)
{
    size_t left = *start, right = *end, len = 0;
    while (left > 0 && is_white(unit(units, left - 1)))
        left--;
    while (right < units->count && is_white(unit(units, right)))
        right++;
    if (left == 0 || unit(units, --left) != '>')
        return false;
    while (left > 0 && is_name(unit(units, left - 1))) {
        left--;
        len++;
    }
    if (len == 0 || left == 0 || unit(units, left - 1) != '<' || right + len + 3 > units->count ||
        unit(units, right) != '<' || unit(units, right + 1) != '/' ||
        unit(units, right + 2 + len) != '>')
        return false;
    for (size_t i = 0; i < len; i++)
        if (unit(units, left + i) != unit(units, right + 2 + i))
            return false;
    *start = left - 1;
    *end = right + len + 3;
    return true;
}

static bool check_tags(const struct units *with, const struct webconfig_proof_bytes *bytes,
                       struct err *err)
{
    size_t skip = with->skip, width = with->width;
    return (!bytes->self_closed &&
            reads(with, (bytes->tag_start - skip) / width, (bytes->content - skip) / width,
                  "<pinnedCertificates>") &&
            reads(with, (bytes->content_end - skip) / width, (bytes->end_tag - skip) / width,
                  "</pinnedCertificates>")) ||
           err_set(err, ERR_PROOF, "the created section has tags of an unexpected form");
}

bool webconfig_proof_create(const struct buf *without, const struct buf *with,
                            const struct webconfig_proof_tree *tree,
                            const struct webconfig_proof_bytes *bytes, struct err *err)
{
    struct units old_units = units_of(without), new_units = units_of(with);
    if (!webconfig_proof_tree_none(without, err) || !webconfig_proof_tree_declared(tree, err) ||
        !check_tags(&new_units, bytes, err))
        return false;
    for (size_t i = 0; i < bytes->count; i++)
        if (!bytes->pieces[i].plain)
            return err_set(err, ERR_PROOF, "the created section holds something besides pins");
    size_t head = shared(&old_units, &new_units, false);
    size_t tail = shared(&old_units, &new_units, true);
    size_t start = (bytes->tag_start - new_units.skip) / new_units.width;
    size_t end = (bytes->end_tag - new_units.skip) / new_units.width;
    bool same = old_units.skip == new_units.skip && old_units.big == new_units.big &&
                old_units.count < new_units.count;
    for (int groups = 0; same && groups <= GROUPS_MAX; groups++) {
        if (is_rest(&new_units, old_units.count, start, end, head, tail))
            return true;
        if (!widen(&new_units, &start, &end))
            break;
    }
    return err_set(err, ERR_PROOF, "more than a created pins section differs");
}
