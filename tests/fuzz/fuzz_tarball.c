/* SPDX-License-Identifier: MIT */
/*
 * The tar reader: a tar that is read whole is, byte for byte, what its members' names and contents
 * make; and it does not matter in which portions the bytes come.
 */
#include "base/limits.h"
#include "bundles/bundle_parts.h"
#include "bundles/tarball.h"
#include "tests/fuzz/fuzz.h"

struct memory {
    const uint8_t *bytes;
    size_t left, portion; /* the most that one read gives; 0: all that is asked for */
    bool breaks;          /* reading fails where the bytes end */
};

static bool memory_read(void *ctx, void *bytes, size_t len, size_t *got, struct err *err)
{
    struct memory *m = ctx;
    size_t n = m->left < len ? m->left : len;

    if (n == 0 && m->breaks) {
        return err_set(err, ERR_IO, "the medium is gone");
    }
    if (m->portion != 0 && n > m->portion) {
        n = m->portion;
    }
    if (n > 0) {
        memcpy(bytes, m->bytes, n);
    }
    m->bytes += n;
    m->left -= n;
    *got = n;
    return true;
}

static void add_zeros(struct buf *out, size_t to)
{
    uint8_t *room = buf_reserve(out, to - out->len, NULL);

    FUZZ_MUST(room != NULL);
    memset(room, 0, to - out->len);
    out->len = to;
}

static size_t padded(size_t len, size_t unit)
{
    return (len + unit - 1) / unit * unit;
}

/* Adds a member's content as it is read, and its padding. */
static bool add_content(struct tarball *tar, const struct tarball_member *member, struct buf *out,
                        struct err *err)
{
    uint8_t bytes[700];
    uint64_t sum = 0;
    size_t got = 1;

    while (got > 0) {
        if (!tarball_read(tar, bytes, sizeof bytes, &got, err)) {
            return false;
        }
        FUZZ_MUST(buf_add(out, bytes, got, NULL));
        sum += got;
    }
    FUZZ_MUST(sum == member->size);
    add_zeros(out, padded(out->len, TARHEAD_BLOCK));
    return true;
}

/* Reads a tar and makes it anew; with `skip` contents are passed over and nothing is made. */
static enum err_code read_tar(struct memory memory, bool skip, struct buf *out)
{
    struct err err = {0};
    struct tarball *tar = tarball_open((struct tarball_source){memory_read, &memory}, &err);
    struct tarball_member member;
    bool more = true, done = tar != NULL;

    while (done && more) {
        uint8_t head[TARHEAD_BLOCK];

        done = tarball_next(tar, &member, &more, &err);
        if (done && more && !skip) {
            tarhead_make(head, member.name, member.size, tarball_encoding(tar));
            FUZZ_MUST(buf_add(out, head, sizeof head, NULL));
            done = add_content(tar, &member, out, &err);
        }
    }
    if (done && memory.breaks) {
        FUZZ_MUST(memory.left > 0 || !tarball_finish(tar, &err));
        done = memory.left > 0 && tarball_finish(tar, &err);
    } else {
        done = done && tarball_finish(tar, &err);
    }
    fuzz_verdict(done, &err);
    if (!done && tar != NULL && more) { /* what failed stays so */
        struct err later = {0};
        size_t got = 0;
        char byte;

        FUZZ_MUST(!tarball_next(tar, &member, &more, &later) && later.code == err.code);
        FUZZ_MUST(!tarball_read(tar, &byte, 1, &got, &later) && later.code == err.code);
        FUZZ_MUST(!tarball_finish(tar, &later) && later.code == err.code);
    }
    tarball_free(tar);
    return err.code;
}

/* The bundle's own part, whose raw bytes are kept. */
static void read_parts(struct memory memory)
{
    struct err err = {0};
    const uint8_t *bytes = memory.bytes;
    struct bundle_parts *parts =
        bundle_parts_read((struct tarball_source){memory_read, &memory}, NULL, &err);

    fuzz_verdict(parts != NULL, &err);
    if (parts != NULL) {
        FUZZ_MUST(memcmp(parts->head.data, bytes, parts->head.len) == 0);
        FUZZ_MUST(parts->manifest.signatures >= 1 && parts->set_count <= LIMIT_TRUST_SETS);
    }
    bundle_parts_free(parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory whole = {.bytes = data, .left = size};
    struct memory portions = {.bytes = data, .left = size, .portion = 211};
    struct buf again;
    enum err_code code;

    buf_init(&again, size + 2 * TARHEAD_RECORD);
    code = read_tar(whole, false, &again);
    if (code == ERR_NONE) {
        add_zeros(&again, padded(again.len + 2 * TARHEAD_BLOCK, TARHEAD_RECORD));
        FUZZ_MUST(buf_is(&again, data, size));
    }
    FUZZ_MUST(read_tar(portions, true, NULL) == code);
    read_parts(portions);
    portions.breaks = true;
    code = read_tar(portions, true, NULL);
    FUZZ_MUST(code != ERR_NONE);
    portions.left /= 2;
    FUZZ_MUST(read_tar(portions, true, NULL) != ERR_NONE);
    read_parts(portions);
    buf_release(&again);
    return 0;
}
