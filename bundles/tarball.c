/* SPDX-License-Identifier: MIT */
/*
 * Reads the bundle's tar in one pass. The callback that feeds libarchive is the strict reader: it
 * hands on single header blocks that tarhead has made anew and compared, and content whose padding
 * is zero. So libarchive never sees a header that we did not write ourselves, and what it makes of
 * one must agree with ours.
 */
#include "bundles/tarball.h"

#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/policy.h"

#define CHUNK ((size_t)65536) /* a multiple of TARHEAD_BLOCK: padding never stands alone */

enum place { AT_HEADER, AT_CONTENT, AT_END, AT_FINISHED };

struct tarball {
    struct tarball_source source;
    struct archive *archive;
    enum place place;
    uint64_t offset; /* bytes taken from the source */
    bool has_encoding;
    enum tarhead_encoding encoding;
    struct tarball_member member; /* whose header was handed on last */
    uint64_t content_left;        /* of it, not yet handed on */
    uint64_t unread;              /* of it, not yet asked for by tarball_read */
    bool fresh;                   /* the header is handed on, tarball_next has not told of it */
    bool failed;
    struct err err; /* why, when failed */
    uint8_t chunk[CHUNK];
};

/* Takes up to `len` bytes, short only at the source's end. */
static bool take(struct tarball *t, uint8_t *bytes, size_t len, size_t *got, struct err *err)
{
    size_t sum = 0, part = 1;

    while (sum < len && part > 0) {
        if (!t->source.read(t->source.ctx, bytes + sum, len - sum, &part, err)) {
            return false;
        }
        sum += part;
    }
    t->offset += sum;
    *got = sum;
    return true;
}

static bool take_all(struct tarball *t, size_t len, struct err *err)
{
    size_t got = 0;

    if (!take(t, t->chunk, len, &got, err)) {
        return false;
    }
    if (got < len && t->offset < TARHEAD_BLOCK) {
        return err_set(err, ERR_CONTAINER_FORM,
                       "this is not a Pinferry bundle, or only its beginning: it ends after %llu "
                       "bytes",
                       (unsigned long long)t->offset);
    }
    if (got < len) {
        return err_set(err, ERR_CONTAINER_FORM,
                       "the bundle ends early, after %llu bytes: it was cut off; copy it again",
                       (unsigned long long)t->offset);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/* *len = 0 at the end marker. */
static bool hand_header(struct tarball *t, size_t *len, struct err *err)
{
    enum tarhead_encoding encoding;

    if (!take_all(t, TARHEAD_BLOCK, err)) {
        return false;
    }
    if (is_zero(t->chunk, TARHEAD_BLOCK)) {
        t->place = AT_END;
        *len = 0;
        return true;
    }
    if (!tarhead_read(t->chunk, t->member.name, &t->member.size, &encoding, err)) {
        err_context(err, "%sat byte %llu",
                    t->has_encoding ? "" : "this is not a Pinferry bundle, or a damaged one: ",
                    (unsigned long long)(t->offset - TARHEAD_BLOCK));
        return false;
    }
    if (POLICY("container.header/encoding", t->has_encoding && encoding != t->encoding)) {
        return err_set(err, ERR_CONTAINER_HEADER,
                       "'%s': its tar header was written by another tool than those before it",
                       t->member.name);
    }
    t->has_encoding = true;
    t->encoding = encoding;
    t->content_left = t->member.size;
    t->place = t->member.size > 0 ? AT_CONTENT : AT_HEADER;
    t->fresh = true;
    *len = TARHEAD_BLOCK;
    return true;
}

static bool hand_content(struct tarball *t, size_t *len, struct err *err)
{
    size_t content = t->content_left < CHUNK ? (size_t)t->content_left : CHUNK;
    size_t padded = (content + TARHEAD_BLOCK - 1) / TARHEAD_BLOCK * TARHEAD_BLOCK;

    if (!take_all(t, padded, err)) {
        return false;
    }
    if (POLICY("container.form/padding", !is_zero(t->chunk + content, padded - content))) {
        return err_set(err, ERR_CONTAINER_FORM,
                       "'%s': the bytes between it and the next member are not zero",
                       t->member.name);
    }
    t->content_left -= content;
    if (t->content_left == 0) {
        t->place = AT_HEADER;
    }
    *len = padded;
    return true;
}

/* libarchive's read callback. A second header is never handed on before the first was told of. */
static la_ssize_t feed(struct archive *archive, void *ctx, const void **bytes)
{
    struct tarball *t = ctx;
    size_t len = 0;
    bool done = !t->failed;

    (void)archive;
    if (done && t->place == AT_CONTENT) {
        done = hand_content(t, &len, &t->err);
    } else if (done && t->place == AT_HEADER) {
        done = t->fresh
                   ? err_set(&t->err, ERR_CONTAINER_FORM, "'%s': no plain member", t->member.name)
                   : hand_header(t, &len, &t->err);
    }
    *bytes = t->chunk;
    t->failed = !done;
    return done ? (la_ssize_t)len : -1;
}

/* Keeps the first failure: each later call gives it again. */
static bool fail(struct tarball *t, struct err *err)
{
    if (!t->failed) {
        t->failed = true;
        err_set(&t->err, ERR_CONTAINER_FORM, "'%s': not readable as tar", t->member.name);
    }
    if (err != NULL) {
        *err = t->err;
    }
    return false;
}

struct tarball *tarball_open(struct tarball_source source, struct err *err)
{
    struct tarball *t = calloc(1, sizeof *t);

    if (t == NULL) {
        err_memory(err);
        return NULL;
    }
    t->source = source;
    t->archive = archive_read_new();
    if (t->archive == NULL) {
        err_memory(err);
        tarball_free(t);
        return NULL;
    }
    /* a tar without members leaves libarchive nothing to tell the format by */
    if (archive_read_support_format_tar(t->archive) != ARCHIVE_OK ||
        (archive_read_open2(t->archive, t, NULL, feed, NULL, NULL) != ARCHIVE_OK &&
         (t->failed || t->place != AT_END))) {
        fail(t, err);
        tarball_free(t);
        return NULL;
    }
    return t;
}

void tarball_free(struct tarball *t)
{
    if (t != NULL) {
        archive_read_free(t->archive);
        free(t);
    }
}

/* What is left of the member before. */
static bool drain(struct tarball *t, struct err *err)
{
    uint8_t scrap[4096];
    size_t got = 1;

    while (t->unread > 0 && got > 0) {
        if (!tarball_read(t, scrap, sizeof scrap, &got, err)) {
            return false;
        }
    }
    return true;
}

/* libarchive's view of the header just handed on. */
static bool agrees(const struct tarball *t, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);

    return t->fresh && name != NULL && strcmp(name, t->member.name) == 0 &&
           archive_entry_size_is_set(entry) && archive_entry_size(entry) >= 0 &&
           (uint64_t)archive_entry_size(entry) == t->member.size &&
           archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == NULL &&
           archive_entry_symlink(entry) == NULL;
}

bool tarball_next(struct tarball *t, struct tarball_member *member, bool *more, struct err *err)
{
    struct archive_entry *entry = NULL;
    int result;

    if (t->failed || !drain(t, err)) {
        return fail(t, err);
    }
    /* a first block of zeros was seen when the archive was opened */
    result = t->place == AT_END ? ARCHIVE_EOF : archive_read_next_header(t->archive, &entry);
    if (result == ARCHIVE_EOF && t->place == AT_END && !t->failed) {
        *more = false;
        return true;
    }
    if (result == ARCHIVE_OK && !t->failed && !agrees(t, entry)) {
        /* the header is of the one form, so its name is what libarchive takes otherwise */
        t->failed = !err_set(&t->err, ERR_CONTAINER_MEMBER,
                             "'%s': no name of a file; a bundle has no folders", t->member.name);
    }
    if (result != ARCHIVE_OK || t->failed) {
        return fail(t, err);
    }
    t->fresh = false;
    t->unread = t->member.size;
    *member = t->member;
    *more = true;
    return true;
}

bool tarball_read(struct tarball *t, void *bytes, size_t len, size_t *got, struct err *err)
{
    size_t want = t->unread < len ? (size_t)t->unread : len;
    la_ssize_t n = 0;

    if (t->failed) {
        return fail(t, err);
    }
    if (want > 0) {
        n = archive_read_data(t->archive, bytes, want);
        if (n <= 0 || (size_t)n > want || t->failed) {
            return fail(t, err);
        }
    }
    t->unread -= (uint64_t)n;
    *got = (size_t)n;
    return true;
}

/* One zero block was seen; the second and the fill follow, then nothing. */
bool tarball_finish(struct tarball *t, struct err *err)
{
    uint64_t end =
        (t->offset + TARHEAD_BLOCK + TARHEAD_RECORD - 1) / TARHEAD_RECORD * TARHEAD_RECORD;
    size_t got = 0;

    if (t->failed) {
        return fail(t, err);
    }
    if (t->place != AT_END) {
        return err_set(err, ERR_INTERNAL, "the tar's end was asked for before its last member");
    }
    while (t->offset < end) {
        size_t len = TARHEAD_BLOCK;

        if (!take_all(t, len, &t->err)) {
            t->failed = true;
            return fail(t, err);
        }
        if (POLICY("container.tail/zero", !is_zero(t->chunk, len))) {
            return err_set(err, ERR_CONTAINER_TAIL,
                           "the bytes behind the last member, at byte %llu, are not zero",
                           (unsigned long long)(t->offset - len));
        }
    }
    if (!take(t, t->chunk, 1, &got, err)) {
        return false;
    }
    t->place = AT_FINISHED;
    return !POLICY("container.tail/end", got != 0) ||
           err_set(err, ERR_CONTAINER_TAIL,
                   "something follows behind the bundle's end at byte %llu; it must have exactly "
                   "that many bytes",
                   (unsigned long long)end);
}

enum tarhead_encoding tarball_encoding(const struct tarball *t)
{
    return t->encoding;
}
