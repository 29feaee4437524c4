/* SPDX-License-Identifier: MIT */
/* The edges of the tar reader and writer: portions, records, padding, failing sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "bundles/tarball.h"
#include "bundles/tarwrite.h"

#define MOST ((size_t)1048576)

struct memory {
    const uint8_t *bytes;
    size_t len, at, portion;
    size_t fails_at; /* 0: never */
};

static bool memory_read(void *ctx, void *bytes, size_t len, size_t *got, struct err *err)
{
    struct memory *m = ctx;
    size_t n = m->len - m->at < len ? m->len - m->at : len;

    if (m->fails_at > 0 && m->at + n >= m->fails_at) {
        return err_set(err, ERR_IO, "the medium is gone");
    }
    n = m->portion > 0 && n > m->portion ? m->portion : n;
    if (n > 0) {
        memcpy(bytes, m->bytes + m->at, n);
    }
    m->at += n;
    *got = n;
    return true;
}

static bool sink(void *ctx, const void *bytes, size_t len, struct err *err)
{
    return buf_add(ctx, bytes, len, err);
}

/* A tar of members "m0", "m1"... of these sizes, content 'a', 'b'... */
static void make_tar(struct buf *out, const size_t *sizes, size_t count)
{
    struct tarwrite w;
    struct err err = {0};

    buf_init(out, MOST);
    tarwrite_init(&w, sink, out);
    for (size_t i = 0; i < count; i++) {
        char name[8];

        snprintf(name, sizeof name, "m%zu", i);
        assert_true(tarwrite_member(&w, name, sizes[i], &err));
        for (size_t k = 0; k < sizes[i]; k++) {
            char byte = (char)('a' + i);

            assert_true(tarwrite_bytes(&w, &byte, 1, &err));
        }
    }
    assert_true(tarwrite_end(&w, &err));
}

/* Reads to the end; the code of the failure, ERR_NONE for none. */
static enum err_code walk(struct memory *m, size_t *members, bool contents)
{
    struct tarball_source source = {.read = memory_read, .ctx = m};
    struct err err = {0};
    struct tarball *t = tarball_open(source, &err);
    struct tarball_member member;
    bool more = true, done = t != NULL;
    uint8_t bytes[1000];

    *members = 0;
    while (done && more) {
        size_t got = 1;
        uint64_t sum = 0;

        done = tarball_next(t, &member, &more, &err);
        *members += done && more;
        while (done && more && contents && got > 0) {
            done = tarball_read(t, bytes, sizeof bytes, &got, &err);
            for (size_t i = 0; done && i < got; i++) {
                assert_int_equal(bytes[i], 'a' + (int)*members - 1);
            }
            sum += done ? got : 0;
        }
        assert_true(!done || !more || !contents || sum == member.size);
    }
    done = done && tarball_finish(t, &err);
    tarball_free(t);
    assert_true(done == (err.code == ERR_NONE));
    return err.code;
}

static enum err_code walk_buf(const struct buf *tar, size_t *members)
{
    struct memory m = {.bytes = tar->data, .len = tar->len};

    return walk(&m, members, true);
}

static void what_is_written_is_read(void **state)
{
    static const size_t sizes[] = {1, 512, 513, 65536, 65537, 200000, 511};
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, sizes, 7);
    assert_int_equal(tar.len % TARHEAD_RECORD, 0);
    assert_int_equal(walk_buf(&tar, &members), ERR_NONE);
    assert_int_equal(members, 7);
    for (size_t portion = 1; portion < 2000; portion += 997) {
        struct memory m = {.bytes = tar.data, .len = tar.len, .portion = portion};

        assert_int_equal(walk(&m, &members, portion == 1), ERR_NONE);
        assert_int_equal(members, 7);
    }
    buf_release(&tar);
}

static void an_empty_tar_has_no_member(void **state)
{
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, NULL, 0);
    assert_int_equal(tar.len, TARHEAD_RECORD);
    assert_int_equal(walk_buf(&tar, &members), ERR_NONE);
    assert_int_equal(members, 0);
    buf_release(&tar);
}

/* Two zero blocks that just do not fit make another record. */
static void the_record_holds_both_end_blocks(void **state)
{
    static const size_t fits[] = {TARHEAD_RECORD - 3 * TARHEAD_BLOCK};
    static const size_t spills[] = {TARHEAD_RECORD - 3 * TARHEAD_BLOCK + 1};
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, fits, 1);
    assert_int_equal(tar.len, TARHEAD_RECORD);
    assert_int_equal(walk_buf(&tar, &members), ERR_NONE);
    buf_release(&tar);
    make_tar(&tar, spills, 1);
    assert_int_equal(tar.len, 2 * TARHEAD_RECORD);
    assert_int_equal(walk_buf(&tar, &members), ERR_NONE);
    buf_release(&tar);
}

static void every_cut_is_refused(void **state)
{
    static const size_t sizes[] = {700, 3};
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, sizes, 2);
    for (size_t len = 0; len < tar.len; len++) {
        struct memory m = {.bytes = tar.data, .len = len};

        assert_int_equal(walk(&m, &members, true), ERR_CONTAINER_FORM);
    }
    buf_release(&tar);
}

static void what_follows_is_refused(void **state)
{
    static const size_t sizes[] = {700};
    struct err err = {0};
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, sizes, 1);
    assert_true(buf_add(&tar, "", 1, &err));
    assert_int_equal(walk_buf(&tar, &members), ERR_CONTAINER_TAIL);
    tar.len--;
    for (size_t i = 512 + 1024; i < tar.len; i++) {
        enum err_code code;

        tar.data[i] = 1;
        code = walk_buf(&tar, &members);
        /* the first block behind the member is still a header to be */
        assert_int_equal(code, i < 2048 ? ERR_CONTAINER_HEADER : ERR_CONTAINER_TAIL);
        tar.data[i] = 0;
    }
    buf_release(&tar);
}

static void no_bit_but_content_may_differ(void **state)
{
    static const size_t sizes[] = {5, 6};
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, sizes, 2);
    for (size_t bit = 0; bit < 8 * tar.len; bit++) {
        size_t at = bit / 8;
        struct memory m = {.bytes = tar.data, .len = tar.len};
        bool content = (at >= 512 && at < 512 + 5) || (at >= 1536 && at < 1536 + 6);

        if (!content) {
            tar.data[at] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(walk(&m, &members, false), ERR_NONE);
            tar.data[at] ^= (uint8_t)(1u << bit % 8);
        }
    }
    buf_release(&tar);
}

static void padding_must_be_zero_even_when_skipped(void **state)
{
    static const size_t sizes[] = {65537, 1};
    struct memory m;
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, sizes, 2);
    tar.data[512 + 65537] = 1;
    m = (struct memory){.bytes = tar.data, .len = tar.len};
    assert_int_equal(walk(&m, &members, false), ERR_CONTAINER_FORM);
    assert_int_equal(members, 1);
    assert_int_equal(walk_buf(&tar, &members), ERR_CONTAINER_FORM);
    buf_release(&tar);
}

static void one_encoding_a_file(void **state)
{
    static const size_t sizes[] = {5, 6};
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, sizes, 2);
    tarhead_make(tar.data + 1024, "m1", 6, TARHEAD_GNU);
    assert_int_equal(walk_buf(&tar, &members), ERR_CONTAINER_HEADER);
    assert_int_equal(members, 1);
    tarhead_make(tar.data, "m0", 5, TARHEAD_GNU);
    assert_int_equal(walk_buf(&tar, &members), ERR_NONE);
    assert_int_equal(members, 2);
    buf_release(&tar);
}

/* Names that tar readers treat in ways of their own: libarchive's view must not differ. */
static void libarchive_must_agree(void **state)
{
    static const size_t sizes[] = {5, 6};
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, sizes, 2);
    tarhead_make(tar.data, "folder/", 5, TARHEAD_LIBARCHIVE);
    assert_int_equal(walk_buf(&tar, &members), ERR_CONTAINER_MEMBER);
    assert_int_equal(members, 0);
    buf_release(&tar);
}

static void errors_of_the_source_pass_through(void **state)
{
    static const size_t sizes[] = {70000, 6};
    struct buf tar;
    size_t members;

    (void)state;
    make_tar(&tar, sizes, 2);
    for (size_t at = 1; at <= tar.len; at += at < 70000 ? 1024 : 512) {
        struct memory m = {.bytes = tar.data, .len = tar.len, .fails_at = at};

        assert_int_equal(walk(&m, &members, true), ERR_IO);
    }
    buf_release(&tar);
}

static void a_failure_stays(void **state)
{
    static const size_t sizes[] = {5, 6};
    struct buf tar;
    struct memory m;
    struct tarball_source source = {.read = memory_read, .ctx = &m};
    struct tarball *t;
    struct tarball_member member;
    struct err err = {0};
    bool more;
    size_t got;
    char byte;

    (void)state;
    make_tar(&tar, sizes, 2);
    tar.data[1024] ^= 1;
    m = (struct memory){.bytes = tar.data, .len = tar.len};
    t = tarball_open(source, &err);
    assert_non_null(t);
    assert_true(tarball_next(t, &member, &more, &err));
    assert_int_equal(tarball_encoding(t), TARHEAD_LIBARCHIVE);
    assert_false(tarball_next(t, &member, &more, &err));
    for (int i = 0; i < 3; i++) {
        err.code = ERR_NONE;
        assert_false(i == 0   ? tarball_next(t, &member, &more, &err)
                     : i == 1 ? tarball_read(t, &byte, 1, &got, &err)
                              : tarball_finish(t, &err));
        assert_int_equal(err.code, ERR_CONTAINER_HEADER);
    }
    tarball_free(t);
    tarball_free(NULL);
    buf_release(&tar);
}

static void the_writer_keeps_count(void **state)
{
    struct tarwrite w;
    struct err err = {0};
    struct buf out;
    char name[TARHEAD_NAME_MAX + 1];

    (void)state;
    buf_init(&out, MOST);
    tarwrite_init(&w, sink, &out);
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(tarwrite_member(&w, name, 1, &err));
    assert_int_equal(err.code, ERR_CONTAINER_LIMIT);
    assert_false(tarwrite_member(&w, "a", 0, &err));
    assert_int_equal(err.code, ERR_CONTAINER_LIMIT);
    assert_false(tarwrite_member(&w, "a", 4294967296u, &err));
    assert_int_equal(err.code, ERR_CONTAINER_LIMIT);
    assert_true(tarwrite_member(&w, "a", 2, &err));
    assert_false(tarwrite_member(&w, "b", 1, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_false(tarwrite_end(&w, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_false(tarwrite_bytes(&w, "xyz", 3, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_true(tarwrite_bytes(&w, "xy", 2, &err));
    assert_int_equal(out.len, 1024);
    out.max = 1024;
    assert_false(tarwrite_end(&w, &err));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(an_empty_tar_has_no_member),
        cmocka_unit_test(the_record_holds_both_end_blocks),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(what_follows_is_refused),
        cmocka_unit_test(no_bit_but_content_may_differ),
        cmocka_unit_test(padding_must_be_zero_even_when_skipped),
        cmocka_unit_test(one_encoding_a_file),
        cmocka_unit_test(libarchive_must_agree),
        cmocka_unit_test(errors_of_the_source_pass_through),
        cmocka_unit_test(a_failure_stays),
        cmocka_unit_test(the_writer_keeps_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
