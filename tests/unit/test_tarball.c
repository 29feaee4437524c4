/* SPDX-License-Identifier: MIT */
/* Headers in both encodings, what the writer makes, and every way a tar can be wrong. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fsio.h"
#include "bundles/tarball.h"
#include "bundles/tarwrite.h"
#include "tests/unit/scratch.h"

static struct err err;

struct memory {
    const uint8_t *bytes;
    size_t len, at;
};

static bool from_memory(void *ctx, void *bytes, size_t len, size_t *got, struct err *e)
{
    struct memory *m = ctx;

    (void)e;
    *got = m->len - m->at < len ? m->len - m->at : len;
    memcpy(bytes, m->bytes + m->at, *got);
    m->at += *got;
    return true;
}

static bool to_buf(void *ctx, const void *bytes, size_t len, struct err *e)
{
    return buf_add(ctx, bytes, len, e);
}

/* Reads all members to the end; the texts of names and contents are appended to `seen`. */
static bool read_all(const void *bytes, size_t len, struct buf *seen)
{
    struct memory m = {bytes, len, 0};
    struct tarball *t = tarball_open((struct tarball_source){from_memory, &m}, &err);
    struct tarball_member member;
    bool more = false, ok = t != NULL;

    while (ok && (ok = tarball_next(t, &member, &more, &err)) && more) {
        char part[7];
        size_t got = 1;

        ok = buf_printf(seen, &err, "%s:", member.name);
        while (ok && got > 0) {
            ok = tarball_read(t, part, sizeof part, &got, &err) && buf_add(seen, part, got, &err);
        }
        ok = ok && buf_add(seen, ";", 1, &err);
    }
    ok = ok && tarball_finish(t, &err);
    tarball_free(t);
    return ok;
}

static void make(struct buf *tar)
{
    struct tarwrite w;

    buf_init(tar, 1000000);
    tarwrite_init(&w, to_buf, tar);
    assert_true(tarwrite_member(&w, "manifest.xml", 5, &err));
    assert_true(tarwrite_bytes(&w, "hel", 3, &err));
    assert_true(tarwrite_bytes(&w, "lo", 2, &err));
    assert_true(tarwrite_member(&w, "manifest-1.p7s", 512, &err));
    for (int i = 0; i < 512; i++) {
        assert_true(tarwrite_bytes(&w, "x", 1, &err));
    }
    assert_true(tarwrite_end(&w, &err));
}

static void what_is_written_is_read(void **state)
{
    struct buf tar, seen;

    (void)state;
    make(&tar);
    assert_int_equal(tar.len, 10240);
    buf_init(&seen, 10000);
    assert_true(read_all(tar.data, tar.len, &seen));
    assert_memory_equal(buf_text(&seen), "manifest.xml:hello;manifest-1.p7s:xxx", 36);
    assert_int_equal(seen.len, 19 + 15 + 513);
    buf_release(&tar);
    buf_release(&seen);
}

static void every_single_bit_of_the_frame_matters(void **state)
{
    struct buf tar, seen;
    size_t accepted = 0;

    (void)state;
    make(&tar);
    buf_init(&seen, 10000);
    for (size_t bit = 0; bit < 8 * tar.len; bit++) {
        size_t at = bit / 8;

        tar.data[at] ^= (uint8_t)(1u << bit % 8);
        buf_clear(&seen);
        if (read_all(tar.data, tar.len, &seen)) {
            /* Content is for digests and signatures; names change with a valid checksum never. */
            assert_true((at >= 512 && at < 517) || (at >= 1536 && at < 2048));
            accepted++;
        } else {
            assert_int_equal(err_exit(err.code), 10);
        }
        tar.data[at] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(accepted, 8 * (5 + 512));
    buf_release(&tar);
    buf_release(&seen);
}

static void every_length_but_the_right_one_is_refused(void **state)
{
    struct buf tar, seen;

    (void)state;
    make(&tar);
    buf_init(&seen, 10000);
    for (size_t len = 0; len < tar.len; len++) {
        buf_clear(&seen);
        assert_false(read_all(tar.data, len, &seen));
        assert_int_equal(err_exit(err.code), 10);
    }
    assert_true(buf_add(&tar, "", 1, &err));
    assert_false(read_all(tar.data, tar.len, &seen));
    assert_int_equal(err.code, ERR_CONTAINER_TAIL);
    buf_release(&tar);
    buf_release(&seen);
}

static int run_tar(const char *const *args)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        if (chdir(scratch_dir) != 0) {
            _exit(126);
        }
        execvp("tar", (char *const *)(uintptr_t)args);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void gnu_tar_by_the_documented_command_is_read(void **state)
{
    struct buf tar, seen;

    (void)state;
    assert_true(fsio_write_new(scratch("manifest.xml"), "hello", 5, 0600, &err));
    assert_int_equal(
        run_tar((const char *const[]){"tar", "--format=ustar", "--owner=0", "--group=0",
                                      "--numeric-owner", "--mode=0644", "--mtime=@315532800",
                                      "-b20", "-cf", "g.tar", "manifest.xml", NULL}),
        0);
    buf_init(&tar, 100000);
    buf_init(&seen, 1000);
    assert_true(fsio_read_file(scratch("g.tar"), 100000, &tar, &err));
    assert_true(read_all(tar.data, tar.len, &seen));
    assert_string_equal(buf_text(&seen), "manifest.xml:hello;");
    buf_release(&tar);
    /* And GNU tar takes ours out. */
    make(&tar);
    assert_true(fsio_write_new(scratch("l.tar"), tar.data, tar.len, 0600, &err));
    assert_int_equal(run_tar((const char *const[]){"tar", "-xf", "l.tar", "manifest-1.p7s", NULL}),
                     0);
    assert_true(fsio_read_file(scratch("manifest-1.p7s"), 1000, &tar, &err));
    assert_int_equal(tar.len, 512);
    /* Not by the documented command: another mode and owner. */
    assert_int_equal(run_tar((const char *const[]){"tar", "--format=ustar", "--mode=0600", "-b20",
                                                   "-cf", "bad.tar", "manifest.xml", NULL}),
                     0);
    buf_clear(&tar);
    assert_true(fsio_read_file(scratch("bad.tar"), 100000, &tar, &err));
    assert_false(read_all(tar.data, tar.len, &seen));
    assert_int_equal(err.code, ERR_CONTAINER_HEADER);
    buf_release(&tar);
    buf_release(&seen);
}

static void mixed_encodings_are_refused(void **state)
{
    struct buf tar, seen;

    (void)state;
    make(&tar);
    buf_init(&seen, 10000);
    tarhead_make(tar.data + 1024, "manifest-1.p7s", 512, TARHEAD_GNU);
    assert_false(read_all(tar.data, tar.len, &seen));
    assert_int_equal(err.code, ERR_CONTAINER_HEADER);
    tarhead_make(tar.data, "manifest.xml", 5, TARHEAD_GNU);
    buf_clear(&seen);
    assert_true(read_all(tar.data, tar.len, &seen));
    buf_release(&tar);
    buf_release(&seen);
}

static void other_formats_are_refused(void **state)
{
    static const char *const starts[] = {"#mtree\n",           "PK\003\004",   "070701",
                                         "7z\274\257\047\034", "\037\213\010", "\050\265\057\375",
                                         "Rar!\032\007"};
    uint8_t block[20480] = {0};
    struct buf seen;

    (void)state;
    buf_init(&seen, 10000);
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        memset(block, 'a', sizeof block);
        memcpy(block, starts[i], strlen(starts[i]));
        assert_false(read_all(block, sizeof block, &seen));
        assert_int_equal(err.code, ERR_CONTAINER_HEADER);
    }
    buf_release(&seen);
}

static void the_writer_holds_its_members_to_their_size(void **state)
{
    struct tarwrite w;
    struct buf tar;

    (void)state;
    buf_init(&tar, 100000);
    tarwrite_init(&w, to_buf, &tar);
    assert_false(tarwrite_member(&w, "a", 0, &err));
    assert_int_equal(err.code, ERR_CONTAINER_LIMIT);
    assert_true(tarwrite_member(&w, "a", 2, &err));
    assert_false(tarwrite_bytes(&w, "abc", 3, &err));
    assert_false(tarwrite_end(&w, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    buf_release(&tar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(every_single_bit_of_the_frame_matters),
        cmocka_unit_test(every_length_but_the_right_one_is_refused),
        cmocka_unit_test(gnu_tar_by_the_documented_command_is_read),
        cmocka_unit_test(mixed_encodings_are_refused),
        cmocka_unit_test(other_formats_are_refused),
        cmocka_unit_test(the_writer_holds_its_members_to_their_size),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
