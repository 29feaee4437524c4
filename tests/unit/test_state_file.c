/* SPDX-License-Identifier: MIT */
/* state.xml: read back as it was written, and refused when one byte is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "applier/state_file.h"
#include "base/limits.h"

static struct err err;

static void full(struct state *s, struct state_file_trust *trust)
{
    memset(s, 0, sizeof *s);
    memset(trust, 5, sizeof *trust);
    trust->version = 7;
    memcpy(s->site, "a.site-1", 9);
    s->has_last = s->has_floor = s->held = s->waits = true;
    s->last = (struct state_accepted){.epoch = 1, .sequence = 42};
    s->hold = s->last;
    s->has_pending = true;
    s->pending = s->last;
    s->pending.sequence++;
    memset(s->pending_sha256, 0x5a, sizeof s->pending_sha256);
    s->floor = 1790000000;
    s->least_epoch = 1;
    s->least = 40;
    s->runs = 3;
    s->receipts = 4;
}

static enum err_code read_code(const char *text, size_t len)
{
    struct state s = {0};
    struct state_file_trust trust;
    struct buf bytes;
    bool ok;

    err = (struct err){0};
    buf_init(&bytes, LIMIT_STATE_BYTES);
    assert_true(buf_add(&bytes, text, len, &err));
    ok = state_file_read(&s, &trust, &bytes, &err);
    buf_release(&bytes);
    return ok ? ERR_NONE : err.code;
}

static void comes_back(void **unused)
{
    struct state s, back = {0};
    struct state_file_trust trust, of;
    struct buf bytes;

    (void)unused;
    full(&s, &trust);
    buf_init(&bytes, LIMIT_STATE_BYTES);
    assert_true(state_file_write(&s, &trust, &bytes, &err));
    assert_true(state_file_read(&back, &of, &bytes, &err));
    assert_string_equal(back.site, s.site);
    assert_memory_equal(&back.last, &s.last, sizeof s.last);
    assert_memory_equal(&back.hold, &s.hold, sizeof s.hold);
    assert_true(back.has_pending);
    assert_memory_equal(&back.pending, &s.pending, sizeof s.pending);
    assert_memory_equal(back.pending_sha256, s.pending_sha256, 32);
    assert_true(back.floor == s.floor && back.runs == 3 && back.receipts == 4);
    assert_true(back.least_epoch == 1 && back.least == 40);
    assert_true(back.waits);
    assert_int_equal(of.version, 7);
    assert_memory_equal(of.sha256, trust.sha256, 32);
    assert_true(buf_add_text(&bytes, "\n", &err)); /* the same to a reader of XML */
    assert_false(state_file_read(&back, &of, &bytes, &err));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
    buf_release(&bytes);
}

/* Whatever a flipped bit or a cut makes, it is either refused or says the very same. */
static void no_byte_goes_unread(void **unused)
{
    struct state s, back = {0};
    struct state_file_trust trust, of;
    struct buf bytes, again;

    (void)unused;
    full(&s, &trust);
    buf_init(&bytes, LIMIT_STATE_BYTES);
    buf_init(&again, LIMIT_STATE_BYTES);
    assert_true(state_file_write(&s, &trust, &bytes, &err));
    for (size_t i = 0; i < bytes.len; i++) {
        assert_int_equal(read_code(buf_text(&bytes), i), ERR_STATE_DAMAGED);
        bytes.data[i] ^= 1;
        if (state_file_read(&back, &of, &bytes, &err)) { /* a digit that may as well stand there */
            buf_clear(&again);
            assert_true(state_file_write(&back, &of, &again, &err));
            assert_true(buf_equal(&again, &bytes));
        } else {
            assert_int_equal(err.code, ERR_STATE_DAMAGED);
        }
        bytes.data[i] ^= 1;
    }
    buf_release(&bytes);
    buf_release(&again);
}

static void strangers_are_refused(void **unused)
{
    static const char *const rows[] = {
        "",
        "<state/>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<site xmlns=\"urn:pinferry:state:1\"/>\n",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<state xmlns=\"urn:pinferry:state:1\"/>\n",
    };

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read_code(rows[i], strlen(rows[i])), ERR_STATE_DAMAGED);
    }
}

static void a_newer_one_says_so(void **unused)
{
    static const char text[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<state xmlns=\"urn:pinferry:state:2\"/>\n";

    (void)unused;
    assert_int_equal(read_code(text, sizeof text - 1), ERR_STATE_DAMAGED);
    assert_non_null(strstr(err.text, "newer version"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(no_byte_goes_unread),
        cmocka_unit_test(strangers_are_refused),
        cmocka_unit_test(a_newer_one_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
