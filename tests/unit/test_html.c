/* SPDX-License-Identifier: MIT */
/* HTML: hostile texts stay text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/html.h"

static struct buf out;
static struct err err;
static struct html h;

static void begin(void)
{
    buf_clear(&out);
    html_begin(&h, &out, &err);
}

static void markup_passes_and_text_is_escaped(void **state)
{
    (void)state;
    begin();
    html_raw(&h, "<p title=\"");
    html_text(&h, "\" onload='x'>");
    html_raw(&h, "\">");
    html_text(&h, "<script>alert(1)</script> & so on");
    html_raw(&h, "</p>");
    assert_true(html_end(&h));
    assert_string_equal(buf_text(&out),
                        "<p title=\"&quot; onload=&#39;x&#39;&gt;\">&lt;script&gt;alert(1)"
                        "&lt;/script&gt; &amp; so on</p>");
}

static void what_cannot_be_shown_is_spelled_out(void **state)
{
    (void)state;
    begin();
    html_text(&h, "\033[2J\xe2\x80\xae"
                  "abc\xff<\n\xc3\xa9");
    html_text_len(&h, "\0&", 2);
    assert_true(html_end(&h));
    assert_string_equal(buf_text(&out),
                        "\\x1b[2J\\xe2\\x80\\xaeabc\\xff&lt;\\x0a\xc3\xa9\\x00&amp;");
}

static void formatted_text_is_escaped_and_cut(void **state)
{
    char text[2000];

    (void)state;
    begin();
    html_printf(&h, "%d < %s", 1, "&");
    html_raw(&h, "|");
    html_hex(&h, (const uint8_t *)"\x6b\x43\x36\x8b", 4);
    assert_string_equal(buf_text(&out), "1 &lt; &amp;|6b43 368b");
    begin();
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    html_printf(&h, "%s", text);
    assert_true(html_end(&h));
    assert_int_equal(out.len, 1023);
    assert_string_equal(buf_text(&out) + 1018, "aa...");
}

static void the_first_failure_stays(void **state)
{
    struct buf small;

    (void)state;
    err.code = ERR_NONE;
    buf_init(&small, 8);
    html_begin(&h, &small, &err);
    html_text(&h, "1234");
    html_text(&h, "<<<");
    html_raw(&h, "<br>");
    assert_false(html_end(&h));
    assert_int_equal(err.code, ERR_IO_LIMIT);
    assert_ptr_equal(strstr(buf_text(&small), "1234&lt;"), buf_text(&small));
    assert_int_equal(small.len, 8);
    buf_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_passes_and_text_is_escaped),
        cmocka_unit_test(what_cannot_be_shown_is_spelled_out),
        cmocka_unit_test(formatted_text_is_escaped_and_cut),
        cmocka_unit_test(the_first_failure_stays),
    };
    int failed;

    buf_init(&out, 65536);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_release(&out);
    return failed;
}
