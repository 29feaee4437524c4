/* SPDX-License-Identifier: MIT */
/* Encodings: what is taken, what is refused, and where things are in them. */
#include "applier/webconfig_text.h"
#include "tests/unit/webconfig_kit.h"

struct row {
    const char *name;
    const char *bytes;
    size_t len;
    enum err_code code;
    enum webconfig_encoding encoding;
    size_t start, body;
    enum webconfig_eol eol;
};
#define BYTES(x) x, sizeof(x) - 1
#define NONE WEBCONFIG_EOL_NONE

static const struct row rows[] = {
    {"plain", BYTES("<a/>"), ERR_NONE, WEBCONFIG_UTF8, 0, 0, NONE},
    {"mark", BYTES("\xef\xbb\xbf<a/>\n"), ERR_NONE, WEBCONFIG_UTF8, 3, 3, WEBCONFIG_EOL_LF},
    {"declared", BYTES("<?xml version='1.0' encoding=\"UTF-8\"?>\r\n<a/>"), ERR_NONE,
     WEBCONFIG_UTF8, 0, 38, WEBCONFIG_EOL_CRLF},
    {"mark and declared", BYTES("\xef\xbb\xbf<?xml version=\"1.0\" encoding='utf-8' ?><a/>\r"),
     ERR_NONE, WEBCONFIG_UTF8, 3, 42, WEBCONFIG_EOL_CR},
    {"standalone only", BYTES("<?xml version=\"1.0\" standalone=\"yes\"?>\n\r\n"), ERR_NONE,
     WEBCONFIG_UTF8, 0, 38, WEBCONFIG_EOL_MIXED},
    {"little", BYTES("\xff\xfe<\0a\0/\0>\0\r\0\n\0"), ERR_NONE, WEBCONFIG_UTF16LE, 2, 2,
     WEBCONFIG_EOL_CRLF},
    {"big", BYTES("\xfe\xff\0<\0a\0/\0>\0\n\0\r"), ERR_NONE, WEBCONFIG_UTF16BE, 2, 2,
     WEBCONFIG_EOL_MIXED},
    {"a pair", BYTES("\xff\xfe\x3d\xd8\x11\xdd"), ERR_NONE, WEBCONFIG_UTF16LE, 2, 2, NONE},
    {"units that look like line ends", BYTES("\xff\xfe\x0a\x0d\x0d\x0a"), ERR_NONE,
     WEBCONFIG_UTF16LE, 2, 2, NONE},
    {"latin", BYTES("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><\xe9/>"), ERR_NONE,
     WEBCONFIG_SINGLE_BYTE, 0, 43, NONE},
    {"windows", BYTES("<?xml version=\"1.0\" encoding=\"Windows-1252\"?><a b=\"\x80\x81\"/>"),
     ERR_NONE, WEBCONFIG_SINGLE_BYTE, 0, 45, NONE},
    {"ascii", BYTES("<?xml version=\"1.0\" encoding=\"us-ascii\"?><a/>"), ERR_NONE,
     WEBCONFIG_SINGLE_BYTE, 0, 41, NONE},
    {"ascii lies", BYTES("<?xml version=\"1.0\" encoding=\"us-ascii\"?><\xe9/>"),
     ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"UTF-8 lies", BYTES("<?xml version=\"1.0\" encoding=\"utf-8\"?><\xe9/>"), ERR_TARGET_ENCODING,
     0, 0, 0, 0},
    {"UTF-8 by default lies", BYTES("<a b='\xe9'/>"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"overlong", BYTES("<a b='\xc0\xbc'/>"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"surrogate in UTF-8", BYTES("<a b='\xed\xa0\x80'/>"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"cut in a character", BYTES("12345678901234567890<a b='\xe2\x82"), ERR_TARGET_ENCODING, 0, 0,
     0, 0},
    {"bad behind eight good ones", BYTES("<123456789abcdef\xff"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"mark against declaration",
     BYTES("\xef\xbb\xbf<?xml version='1.0' encoding='iso-8859-1'?><a/>"), ERR_TARGET_ENCODING, 0,
     0, 0, 0},
    {"UTF-16 declared, one byte", BYTES("<?xml version='1.0' encoding='utf-16'?><a/>"),
     ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"UTF-16 without mark, little", BYTES("<\0a\0/\0>\0"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"UTF-16 without mark, big", BYTES("\0<\0a\0/\0>"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"UTF-32 little", BYTES("\xff\xfe\0\0<\0\0\0"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"UTF-32 big", BYTES("\0\0\xfe\xff\0\0\0<"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"half a unit", BYTES("\xff\xfe<\0a"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"lone high", BYTES("\xff\xfe\x3d\xd8<\0"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"lone low", BYTES("\xff\xfe\x11\xdd<\0"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"high at the end", BYTES("\xff\xfe<\0\x3d\xd8"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"unknown", BYTES("<?xml version='1.0' encoding='shift_jis'?><a/>"), ERR_TARGET_ENCODING, 0, 0,
     0, 0},
    {"EBCDIC", BYTES("\x4c\x6f\xa7\x94\x93"), ERR_TARGET_ENCODING, 0, 0, 0, 0},
    {"version", BYTES("<?xml version='1.1'?><a/>"), ERR_TARGET_FORM, 0, 0, 0, 0},
};

static void settles_the_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct buf file;
        struct webconfig_text text = {.len = 12345};
        struct err err = {0};
        buf_init(&file, 1000);
        KIT_MUST(buf_add(&file, row->bytes, row->len, must));
        bool done = webconfig_text_open(&text, &file, &err);
        if (done != (row->code == ERR_NONE) || err.code != row->code)
            fail_msg("%s: %s", row->name, err.text);
        if (!done)
            assert_int_equal(text.len, 12345);
        else if (text.encoding != row->encoding || text.start != row->start ||
                 text.body != row->body || text.eol != row->eol)
            fail_msg("%s: encoding %d, start %zu, body %zu, eol %d", row->name, (int)text.encoding,
                     text.start, text.body, (int)text.eol);
        buf_release(&file);
    }
}

/* UTF-16 with a declaration that says UTF-8: .NET and libxml2 differ on it. */
static void refuses_a_lying_utf16_declaration(void **state)
{
    (void)state;
    for (int form = KIT_UTF16LE; form <= KIT_UTF16BE; form++) {
        for (int lies = 0; lies < 2; lies++) {
            struct buf file;
            struct webconfig_text text;
            struct err err = {0};
            kit_document(&file,
                         lies ? "<?xml version='1.0' encoding='utf-8'?><a/>"
                              : "<?xml version='1.0' encoding='UTF-16'?><a/>",
                         (enum kit_form)form, "\n");
            assert_int_equal(webconfig_text_open(&text, &file, &err), !lies);
            assert_int_equal(err.code, lies ? ERR_TARGET_ENCODING : ERR_NONE);
            buf_release(&file);
        }
    }
}

static void names_the_place_of_a_bad_byte(void **state)
{
    (void)state;
    struct buf file;
    struct webconfig_text text;
    struct err err = {0};
    buf_init(&file, 1000);
    KIT_MUST(buf_add_text(&file, "<a>\r\n\r" CANARY "\n\xc3\xa9 \xff" CANARY, must));
    assert_false(webconfig_text_open(&text, &file, &err));
    assert_non_null(strstr(err.text, "line 4, column 3: "));
    kit_no_canary(&err);
    buf_release(&file);
}

static void finds_lines_and_blanks(void **state)
{
    (void)state;
    for (int form = 0; form < KIT_FORMS; form++) {
        struct buf file;
        struct webconfig_text text;
        struct webconfig_span span, indent;
        kit_encode(&file, "a\xf0\x9f\x94\x91\r\n \t<b>\r\rc \n", 17, (enum kit_form)form, "\n");
        KIT_MUST(webconfig_text_open(&text, &file, must));
        size_t w = text.width, astral = 4; /* bytes of U+1F511, in UTF-8 and UTF-16 */
        size_t eol = text.start + w + astral, line = eol + 2 * w, tag = line + 2 * w;
        size_t row, column;
        webconfig_text_place(&text, eol, &row, &column);
        assert_int_equal(row, 1);
        assert_int_equal(column, 3);
        webconfig_text_place(&text, tag + 4 * w, &row, &column);
        assert_int_equal(row, 3);
        assert_int_equal(column, 1);
        assert_int_equal(webconfig_text_lines(&text, text.start, text.len), 4);
        assert_int_equal(webconfig_text_lines(&text, text.start, eol + w), 0);
        span = webconfig_text_eol_at(&text, eol);
        assert_int_equal(span.end - span.start, 2 * w);
        span = webconfig_text_eol_before(&text, line);
        assert_int_equal(span.start, eol);
        span = webconfig_text_eol_before(&text, eol + w); /* between CR and LF */
        assert_int_equal(span.start, span.end);
        span = webconfig_text_eol_at(&text, tag + 3 * w); /* CR CR are two */
        assert_int_equal(span.end - span.start, w);
        assert_int_equal(webconfig_text_blanks_before(&text, tag), line);
        assert_int_equal(webconfig_text_blanks_behind(&text, line), tag);
        assert_true(webconfig_text_begins_line(&text, tag, &indent));
        assert_int_equal(indent.start, line);
        assert_false(webconfig_text_begins_line(&text, tag + w, &indent));
        span = webconfig_text_own_lines(&text, (struct webconfig_span){tag, tag + 3 * w});
        assert_int_equal(span.start, line);
        assert_int_equal(span.end, tag + 4 * w);
        span = webconfig_text_own_lines(&text, (struct webconfig_span){tag, tag + 2 * w});
        assert_int_equal(span.start, tag);
        buf_release(&file);
    }
}

/* Lines from each byte to each other, against counting by the place of it. */
static void counts_lines_from_anywhere(void **state)
{
    (void)state;
    static const char content[] =
        "<a>\r\n\n\t0123456789abcdef\r<!-- \xc3\xa9 -->         \n\r\n</a>\r";
    for (int form = 0; form < KIT_FORMS; form++) {
        struct buf file;
        struct webconfig_text text;
        kit_encode(&file, content, sizeof content - 1, (enum kit_form)form, "\n");
        KIT_MUST(webconfig_text_open(&text, &file, must));
        for (size_t from = text.start; from <= text.len; from += text.width) {
            for (size_t to = from; to <= text.len; to += text.width) {
                size_t first, last, column;
                webconfig_text_place(&text, from, &first, &column);
                webconfig_text_place(&text, to, &last, &column);
                assert_int_equal(webconfig_text_lines(&text, from, to), last - first);
            }
        }
        buf_release(&file);
    }
}

static void adds_ascii(void **state)
{
    (void)state;
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text);
    for (int form = 0; form < KIT_FORMS; form++) {
        struct buf file, want, got;
        struct webconfig_text text;
        kit_encode(&file, "<a/>", 4, (enum kit_form)form, "\n");
        kit_encode(&want, long_text, sizeof long_text, (enum kit_form)form, "\n");
        KIT_MUST(webconfig_text_open(&text, &file, must));
        buf_init(&got, KIT_MAX);
        KIT_MUST(buf_add(&got, want.data, text.start, must));
        KIT_MUST(webconfig_text_add(&text, &got, long_text, sizeof long_text, must));
        assert_true(buf_equal(&got, &want));
        buf_release(&file);
        buf_release(&want);
        buf_release(&got);
    }
}

/* A whole round in the one-byte encodings: no byte above 7F may change. */
static void splices_single_byte_files(void **state)
{
    (void)state;
    static const char *const names[] = {"iso-8859-1", "ISO-8859-15", "windows-1252",
                                        "windows-1251"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf file, out;
        struct pin pin;
        struct webconfig_change change;
        buf_init(&file, KIT_MAX);
        KIT_MUST(buf_printf(&file, must,
                            "<?xml version=\"1.0\" encoding=\"%s\"?>\r\n<configuration>"
                            "<\xe4 b=\"\x80\x92\xff\"/>\x85<!-- \x81 -->\r\n"
                            "<pinnedCertificates><!-- \xd6 --></pinnedCertificates>\r\n"
                            "</configuration>",
                            names[i]));
        kit_pin(&pin, 2);
        kit_round(&file, NULL, &pin, 1, NULL, 0, &out, &change);
        assert_int_equal(change.added_count, 1);
        assert_int_equal(change.added[0].line, 4);
        webconfig_change_release(&change);
        buf_release(&file);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settles_the_encoding),
        cmocka_unit_test(refuses_a_lying_utf16_declaration),
        cmocka_unit_test(names_the_place_of_a_bad_byte),
        cmocka_unit_test(finds_lines_and_blanks),
        cmocka_unit_test(counts_lines_from_anywhere),
        cmocka_unit_test(adds_ascii),
        cmocka_unit_test(splices_single_byte_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
