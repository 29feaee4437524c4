/* SPDX-License-Identifier: MIT */
/* Puts the evidence of trees, bytes and keys together. */
#include "applier/webconfig_proof.h"

#include <stdlib.h>
#include <string.h>

#include "applier/webconfig_proof_bytes.h"
#include "applier/webconfig_proof_create.h"
#include "applier/webconfig_proof_tree.h"
#include "base/limits.h"
#include "base/policy.h"

/* Distinct digests, sorted. Copies side by side: sorting those is what the proof does most. */
struct set {
    uint8_t (*digests)[32];
    size_t count;
};

/* One of the two files. */
struct side {
    struct webconfig_proof_tree *tree;
    struct webconfig_proof_piece *pieces;
    size_t count;
    struct webconfig_proof_bytes bytes;
    bool *changes;   /* for each piece: goes (old file) or comes (new file) */
    struct set keys; /* every key spelled, allowed or not */
    struct set pins; /* allowed ones */
};

static int by_value(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static bool set_make(struct set *set, size_t room, struct err *err)
{
    set->digests = calloc(room + 1, sizeof set->digests[0]);
    return set->digests != NULL || err_memory(err);
}

static void set_add(struct set *set, const uint8_t *sha256)
{
    memcpy(set->digests[set->count++], sha256, sizeof set->digests[0]);
}

/* Sorts and drops repeated ones. */
static void set_finish(struct set *set)
{
    size_t kept = 0;
    qsort(set->digests, set->count, sizeof set->digests[0], by_value);
    for (size_t i = 0; i < set->count; i++)
        if (kept == 0 || by_value(set->digests[kept - 1], set->digests[i]) != 0)
            memmove(set->digests[kept++], set->digests[i], sizeof set->digests[0]);
    set->count = kept;
}

static bool set_has(const struct set *set, const uint8_t *sha256)
{
    return bsearch(sha256, set->digests, set->count, sizeof set->digests[0], by_value) != NULL;
}

static size_t set_common(const struct set *a, const struct set *b)
{
    size_t common = 0;
    for (size_t i = 0; i < a->count; i++)
        common += set_has(b, a->digests[i]);
    return common;
}

static bool side_open(struct side *side, const struct buf *file, const char *which,
                      const char *section, struct err *err)
{
    side->tree = webconfig_proof_tree_open(file, which, section, err);
    if (side->tree == NULL)
        return false;
    side->pieces = webconfig_proof_tree_pieces(side->tree, &side->count);
    if (!webconfig_proof_bytes_find(&side->bytes, file, webconfig_proof_tree_ordinal(side->tree),
                                    side->pieces, side->count, err))
        return false;
    side->changes = calloc(side->count + 1, sizeof side->changes[0]);
    if (side->changes == NULL)
        return err_memory(err);
    if (!set_make(&side->keys, side->count, err) || !set_make(&side->pins, side->count, err))
        return false;
    for (size_t i = 0; i < side->count; i++) {
        if (side->pieces[i].has_digest)
            set_add(&side->keys, side->pieces[i].sha256);
        if (side->pieces[i].is_key)
            set_add(&side->pins, side->pieces[i].sha256);
    }
    set_finish(&side->keys);
    set_finish(&side->pins);
    return true;
}

static void side_release(struct side *side)
{
    webconfig_proof_tree_free(side->tree);
    free(side->changes);
    free(side->keys.digests);
    free(side->pins.digests);
}

/* keys of new = keys of old − removed + added. */
static bool check_keys(const struct side *old_side, const struct side *new_side,
                       const struct set *added, const struct set *removed, struct err *err)
{
    const struct set *was = &old_side->keys, *is = &new_side->keys;
    for (size_t i = 0; i < is->count; i++) {
        const uint8_t *key = is->digests[i];
        if (!set_has(added, key) && (!set_has(was, key) || set_has(removed, key)))
            return err_set(err, ERR_PROOF, "the new file holds a pin that it must not hold");
    }
    for (size_t i = 0; i < was->count; i++)
        if (!set_has(removed, was->digests[i]) && !set_has(is, was->digests[i]))
            return err_set(err, ERR_PROOF, "the new file lost a pin that nothing removes");
    for (size_t i = 0; i < added->count; i++)
        if (!set_has(is, added->digests[i]))
            return err_set(err, ERR_PROOF, "the new file lacks a pin that it must hold");
    return true;
}

/* A pin in front of clear or remove is in the file and yet not in force. */
static bool check_order(const struct side *new_side, struct err *err)
{
    bool item = false;
    for (size_t i = 0; i < new_side->count; i++) {
        if (item && new_side->pieces[i].drops)
            return err_set(err, ERR_PROOF,
                           "the new file has a pin in front of clear or remove, which drop it");
        item = item || new_side->pieces[i].is_item;
    }
    return true;
}

/* Marks the pieces of `side` whose key the other file does not hold. */
static void mark_changes(struct side *side, const struct side *other)
{
    for (size_t i = 0; i < side->count; i++)
        side->changes[i] = side->pieces[i].plain && !set_has(&other->keys, side->pieces[i].sha256);
}

/* A key in two items can keep .NET from loading the file; one in parts, ENS from knowing it. */
static bool check_arrivals(const struct side *side, struct err *err)
{
    struct set arrived = {.digests = NULL};
    if (!set_make(&arrived, side->count, err))
        return false;
    bool good = true;
    for (size_t i = 0; i < side->count; i++) {
        if (!side->changes[i])
            continue;
        good = good && !side->pieces[i].spaced;
        set_add(&arrived, side->pieces[i].sha256);
    }
    size_t count = arrived.count;
    set_finish(&arrived);
    good = good && arrived.count == count;
    free(arrived.digests);
    return good || err_set(err, ERR_PROOF,
                           "a pin of the new file comes twice, or with white space in its value");
}

static bool check_minimum(size_t count, const struct webconfig_claim *claim, struct err *err)
{
    if (!POLICY("proof.minimum", count < claim->minimum))
        return true;
    return err_set(
        err, ERR_MINIMUM,
        "the pins section would hold %zu pins, fewer than the minimum of %zu; use a bundle "
        "with more pins, or lower the minimum if the site asks for too many",
        count, claim->minimum);
}

static bool check_counts(const struct side *old_side, const struct side *new_side,
                         const struct set *added, const struct webconfig_claim *claim,
                         struct webconfig_report *report, struct err *err)
{
    struct webconfig_report counts = {.old_count = old_side->pins.count,
                                      .new_count = new_side->pins.count};
    counts.kept_count = set_common(&old_side->pins, &new_side->pins);
    counts.added_count = counts.new_count - counts.kept_count;
    counts.removed_count = counts.old_count - counts.kept_count;
    counts.unlisted_count = counts.new_count - set_common(&new_side->pins, added);
    for (size_t i = 0; i < new_side->count; i++)
        counts.others += new_side->pieces[i].is_item && !new_side->pieces[i].is_key;
    if (report != NULL)
        *report = counts;
    return check_minimum(counts.new_count, claim, err);
}

static bool check(struct side *old_side, struct side *new_side, const struct set *added,
                  const struct set *removed, bool returns, struct err *err)
{
    if (!webconfig_proof_tree_equal(old_side->tree, new_side->tree, err) ||
        !check_keys(old_side, new_side, added, removed, err) || !check_order(new_side, err))
        return false;
    mark_changes(old_side, new_side);
    mark_changes(new_side, old_side);
    return (returns || check_arrivals(new_side, err)) &&
           webconfig_proof_bytes_equal(&old_side->bytes, old_side->changes, &new_side->bytes,
                                       new_side->changes, err);
}

/* A section that only one of the files has, with exactly these keys in it. */
static bool check_created(const struct buf *without, const struct buf *with,
                          const struct webconfig_claim *claim, const struct set *keys,
                          struct webconfig_report *report, struct err *err)
{
    struct side side = {.tree = NULL};
    bool created = claim->fate == WEBCONFIG_CREATED;
    bool done = side_open(&side, with, created ? "new" : "old", claim->section, err) &&
                webconfig_proof_create(without, with, side.tree, &side.bytes, err);
    for (size_t i = 0; done && i < side.count; i++)
        side.changes[i] = true;
    done = done && check_arrivals(&side, err);
    if (done && (side.keys.count != keys->count || set_common(&side.keys, keys) != keys->count))
        done = err_set(err, ERR_PROOF, "the created section holds other pins than it must hold");
    size_t count = side.pins.count;
    struct webconfig_report counts = {.old_count = created ? 0 : count,
                                      .new_count = created ? count : 0,
                                      .added_count = created ? count : 0,
                                      .removed_count = created ? 0 : count};
    if (done && report != NULL)
        *report = counts;
    done = done && check_minimum(counts.new_count, claim, err);
    side_release(&side);
    return done;
}

static bool check_sizes(const struct buf *old_file, const struct buf *new_file,
                        const struct webconfig_claim *claim, struct err *err)
{
    if (new_file->len > claim->max_bytes)
        return err_set(
            err, ERR_TARGET_SIZE,
            "the new file would have %zu bytes, more than the %zu that IIS reads; retire "
            "old pins, or raise MaxWebConfigFileSizeInKB and the site's limit",
            new_file->len, claim->max_bytes);
    if (old_file->len == 0 || old_file->len > LIMIT_TARGET_BYTES || new_file->len == 0 ||
        new_file->len > LIMIT_TARGET_BYTES)
        return err_set(err, ERR_PROOF, "a file is empty or beyond what can be proved");
    return true;
}

bool webconfig_prove(const struct buf *old_file, const struct buf *new_file,
                     const struct webconfig_claim *claim, struct webconfig_report *report,
                     struct err *err)
{
    struct side old_side = {.tree = NULL}, new_side = {.tree = NULL};
    struct set added = {.digests = NULL}, removed = {.digests = NULL};
    bool done = false;
    if (!check_sizes(old_file, new_file, claim, err) ||
        !set_make(&added, claim->added_count, err) ||
        !set_make(&removed, claim->removed_count, err))
        goto out;
    for (size_t i = 0; i < claim->added_count; i++)
        set_add(&added, claim->added[i].sha256);
    for (size_t i = 0; i < claim->removed_count; i++)
        set_add(&removed, claim->removed[i]);
    set_finish(&added);
    set_finish(&removed);
    if (claim->fate != WEBCONFIG_STAYS) {
        bool created = claim->fate == WEBCONFIG_CREATED;
        done = check_created(created ? old_file : new_file, created ? new_file : old_file, claim,
                             created ? &added : &removed, report, err);
        goto out;
    }
    done = side_open(&old_side, old_file, "old", claim->section, err) &&
           side_open(&new_side, new_file, "new", claim->section, err) &&
           check(&old_side, &new_side, &added, &removed, claim->returns, err) &&
           check_counts(&old_side, &new_side, &added, claim, report, err);
out:
    side_release(&old_side);
    side_release(&new_side);
    free(added.digests);
    free(removed.digests);
    return done;
}
