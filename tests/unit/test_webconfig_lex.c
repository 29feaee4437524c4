/* SPDX-License-Identifier: MIT */
/* The lexer: where tokens and attributes begin and end. */
#include "applier/webconfig_lex.h"
#include "tests/unit/webconfig_kit.h"

/* One letter a token, and where each begins, in characters. */
static void tokens(char *kinds, size_t *starts, const struct webconfig_text *text)
{
    static const char letters[] = "$tcdp!soe?";
    struct webconfig_lex token;
    size_t count = 0;
    for (size_t at = text->start;; at = token.all.end) {
        webconfig_lex_at(text, at, &token);
        assert_int_equal(token.all.start, at);
        if (token.kind == WEBCONFIG_LEX_EOF)
            break;
        assert_true(token.all.end > at && token.all.end <= text->len);
        starts[count] = (at - text->start) / text->width;
        kinds[count++] = letters[token.kind];
    }
    kinds[count] = '\0';
}

static void splits_markup(void **state)
{
    (void)state;
    static const struct {
        const char *document, *kinds;
        size_t starts[8];
    } rows[] = {
        {"<a><b/></a>", "soe", {0, 3, 7}},
        {" <a >\n</a >", "tste", {0, 1, 5, 6}},
        {"<a b='>' c=\"/>\">x", "st", {0, 16}},
        {"<a b='/'/>", "o", {0}},
        {"<a b='/'>", "s", {0}},
        {"<!-- <a> -- > --><a/>", "co", {0, 17}},
        {"<!----><!--->--><a/>", "cco", {0, 7, 16}},
        {"<![CDATA[<a>]]]]><a/>", "do", {0, 17}},
        {"<?p <a> ?><a/>", "po", {0, 10}},
        {"<!DOCTYPE a><a/>", "!o", {0, 12}},
        {"<a/>text", "ot", {0, 4}},
        {"<a", "?", {0}},
        {"<a b='>", "?", {0}},
        {"<a/><!-- -", "o?", {0, 4}},
        {"<![CDATA[ ]]", "?", {0}},
        {"<?p ?", "?", {0}},
        {"<", "?", {0}},
        {"", "", {0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int form = 0; form < KIT_FORMS; form++) {
            struct buf file;
            struct webconfig_text text;
            char kinds[64];
            size_t starts[64];
            if (rows[i].document[0] == '\0' && form == KIT_UTF8)
                continue;
            kit_encode(&file, rows[i].document, strlen(rows[i].document), (enum kit_form)form,
                       "\n");
            KIT_MUST(webconfig_text_open(&text, &file, must));
            tokens(kinds, starts, &text);
            assert_string_equal(kinds, rows[i].kinds);
            for (size_t k = 0; k < strlen(kinds); k++)
                assert_int_equal(starts[k], rows[i].starts[k]);
            buf_release(&file);
        }
    }
}

static void splits_attributes(void **state)
{
    (void)state;
    const char *document = "<p:a b='\"1>' c\n=\t\"'2'\"  q:d=''/>";
    static const char *const want[][2] = {{"b", "\"1>"}, {"c", "'2'"}, {"q:d", ""}};
    for (int form = 0; form < KIT_FORMS; form++) {
        struct buf file;
        struct webconfig_text text;
        struct webconfig_lex tag;
        struct webconfig_lex_attr attr;
        kit_encode(&file, document, strlen(document), (enum kit_form)form, "\n");
        KIT_MUST(webconfig_text_open(&text, &file, must));
        webconfig_lex_at(&text, text.start, &tag);
        assert_true(webconfig_lex_is(&text, tag.name, "p:a"));
        assert_true(webconfig_lex_is(&text, webconfig_lex_local(&text, tag.name), "a"));
        assert_false(webconfig_lex_is(&text, tag.name, "p:ab"));
        size_t at = tag.name.end;
        for (size_t i = 0; i < 3; i++) {
            assert_true(webconfig_lex_attr(&text, &tag, &at, &attr));
            assert_true(webconfig_lex_is(&text, attr.name, want[i][0]));
            assert_true(webconfig_lex_is(&text, attr.value, want[i][1]));
        }
        assert_false(webconfig_lex_attr(&text, &tag, &at, &attr));
        buf_release(&file);
    }
}

static void tells_white_space(void **state)
{
    (void)state;
    struct buf file;
    struct webconfig_text text;
    kit_encode(&file, " \t\r\nx ", 6, KIT_UTF16LE, "\n");
    KIT_MUST(webconfig_text_open(&text, &file, must));
    assert_true(webconfig_lex_is_space(&text, (struct webconfig_span){2, 10}));
    assert_true(webconfig_lex_is_space(&text, (struct webconfig_span){4, 4}));
    assert_false(webconfig_lex_is_space(&text, (struct webconfig_span){2, 12}));
    buf_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_markup),
        cmocka_unit_test(splits_attributes),
        cmocka_unit_test(tells_white_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
