/* SPDX-License-Identifier: MIT */
/* The canonical writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/markup.h"

static void it_writes_the_canonical_form(void **state)
{
    static const char expected[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                   "<a xmlns=\"urn:x:1\" t=\"&amp;&lt;&gt;&quot;'\">\n"
                                   "  <b n=\"42\"/>\n"
                                   "  <c>\n"
                                   "    <d h=\"00ff\" w=\"2000-01-01T00:00:00Z\"/>\n"
                                   "  </c>\n"
                                   "</a>\n";
    struct err err = {0};
    struct markup m;
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    markup_begin(&m, &out, "a", "urn:x:1", &err);
    markup_text(&m, "t", "&<>\"'");
    markup_open(&m, "b");
    markup_number(&m, "n", 42);
    markup_close(&m);
    markup_open(&m, "c");
    markup_open(&m, "d");
    markup_hex(&m, "h", (const uint8_t *)"\x00\xff", 2);
    markup_time(&m, "w", 946684800);
    assert_true(markup_end(&m));
    assert_string_equal(buf_text(&out), expected);
    buf_release(&out);
}

static void an_empty_root_and_failures(void **state)
{
    struct err err = {0};
    struct markup m;
    struct buf out;

    (void)state;
    buf_init(&out, 60);
    markup_begin(&m, &out, "a", "u", &err);
    assert_true(markup_end(&m));
    assert_string_equal(buf_text(&out),
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"u\"/>\n");
    buf_clear(&out);
    markup_begin(&m, &out, "a", "u", &err);
    markup_text(&m, "long", "01234567890123456789012345678901234567890");
    assert_false(markup_end(&m));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    buf_release(&out);
    buf_init(&out, 10000);
    markup_begin(&m, &out, "a", "u", &err);
    for (int i = 0; i < MARKUP_DEPTH; i++) {
        markup_open(&m, "x");
    }
    assert_false(markup_end(&m));
    assert_int_equal(err.code, ERR_INTERNAL);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_writes_the_canonical_form),
        cmocka_unit_test(an_empty_root_and_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
