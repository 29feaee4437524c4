/* SPDX-License-Identifier: MIT */
/* Documents as elements and attributes: what is read, and what never reaches a reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/when.h"
#include "keys/elem.h"
#include "keys/extension.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define CODE ERR_DOCUMENT_FORM

static struct err err;

static struct elem_doc *parse_len(const char *text, size_t len)
{
    err = (struct err){0};
    return elem_parse(text, len, CODE, &err);
}

static struct elem_doc *parse(const char *text)
{
    struct elem_doc *doc = parse_len(text, strlen(text));

    if (doc == NULL) {
        fail_msg("%s: %s", text, err.text);
    }
    return doc;
}

static void refused(const char *text, size_t len)
{
    struct elem_doc *doc = parse_len(text, len);

    if (doc != NULL) {
        elem_free(doc);
        fail_msg("accepted: %s", text);
    }
    assert_int_equal(err.code, CODE);
    assert_true(strlen(err.text) > 0);
}

static void elements_are_found_in_order(void **state)
{
    struct elem_doc *doc = parse(HEAD "<a xmlns=\"urn:x:1\" n=\"1\">\n"
                                      "  <b v=\"&amp;&lt;&gt;&quot;\"/>\n"
                                      "  <c>\n    <d/>\n  </c>\n"
                                      "  <b/>\n</a>\n");
    const struct elem *root = elem_root(doc), *b = elem_first(root);

    (void)state;
    assert_string_equal(elem_name(root), "a");
    assert_string_equal(elem_namespace(root), "urn:x:1");
    assert_int_equal(elem_line(root), 2);
    assert_int_equal(elem_count(root), 3);
    assert_string_equal(elem_name(b), "b");
    assert_string_equal(elem_attr(b, "v"), "&<>\"");
    assert_null(elem_attr(b, "w"));
    assert_null(elem_first(b));
    assert_int_equal(elem_count(b), 0);
    assert_ptr_equal(elem_child(root, "b"), b);
    assert_ptr_equal(elem_child(root, "c"), elem_next(b));
    assert_null(elem_child(root, "d"));
    assert_string_equal(elem_name(elem_first(elem_next(b))), "d");
    assert_int_equal(elem_line(elem_first(elem_next(b))), 5);
    assert_null(elem_next(elem_next(elem_next(b))));
    elem_free(doc);
    elem_free(NULL);
}

static void a_document_without_namespace_or_declaration(void **state)
{
    struct elem_doc *doc = parse("<a/>");

    (void)state;
    assert_string_equal(elem_namespace(elem_root(doc)), "");
    elem_free(doc);
    doc = parse("<p:a xmlns:p=\"urn:x:1\"/>");
    assert_string_equal(elem_namespace(elem_root(doc)), "");
    elem_free(doc);
}

static void what_is_no_plain_document_is_refused(void **state)
{
    static const char *const bad[] = {
        HEAD,
        " ",
        "text",
        HEAD "<a>",
        HEAD "<a></b>",
        HEAD "<a/><b/>",
        HEAD "<a/>x",
        HEAD "<a b=\"1\" b=\"2\"/>",
        HEAD "<a b=1/>",
        HEAD "<a b/>",
        HEAD "<a b=\"<\"/>",
        HEAD "<a b=\"&\"/>",
        HEAD "<a b=\"&x;\"/>",
        HEAD "<a b=\"&#0;\"/>",
        HEAD "<a b=\"&#x1;\"/>",
        HEAD "<a b=\"\"/>",
        HEAD "<a>text</a>",
        HEAD "<a><b/>text</a>",
        HEAD "<a><b>text</b></a>",
        HEAD "<a>&amp;</a>",
        HEAD "<!DOCTYPE a><a/>",
        HEAD "<!DOCTYPE a [<!ENTITY x \"y\">]><a b=\"&x;\"/>",
        HEAD "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
        HEAD "<a><![CDATA[ ]]></a>",
        HEAD "<a><!-- c --></a>",
        HEAD "<!-- c --><a/>",
        HEAD "<a/><!-- c -->",
        HEAD "<?p i?><a/>",
        HEAD "<a><?p i?></a>",
        HEAD "<a/><?p i?>",
        " " HEAD "<a/>",
        "\xef\xbb\xbf" HEAD "<a/>",
        HEAD "<a xmlns=\"urn:x:1\"><b xmlns=\"urn:x:2\"/></a>",
        HEAD "<a xmlns=\"urn:x:1\"><b xmlns=\"urn:x:1\"/></a>",
        HEAD "<a xmlns=\"urn:x:1\"><b xmlns=\"\"/></a>",
        HEAD "<a xmlns=\"urn:x:1\" xmlns:p=\"urn:x:2\"><p:b/></a>",
        HEAD "<a xmlns:p=\"urn:x:2\" p:b=\"1\"/>",
        HEAD "<a xml:lang=\"en\"/>",
        HEAD "<a><b xmlns:p=\"urn:x:2\"/></a>",
        HEAD "<a b=\"\xc0\x80\"/>",
        HEAD "<a b=\"\xed\xa0\x80\"/>",
        HEAD "<a b=\"\xff\"/>",
        ("<?xml version=\"1.0\"?><a xmlns=\"urn:x:1\"><xi:include "
         "xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"/etc/passwd\"/></a>"),
    };

    (void)state;
    refused("", 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refused(bad[i], strlen(bad[i]));
    }
    refused("<a/>\0", 5);
    refused("<a b=\"\0\"/>", 10);
}

/* No declared encoding may turn other bytes into markup. */
static void a_declared_encoding_changes_nothing(void **state)
{
    static const char doctype[] = "<?xml version=\"1.0\" encoding=\"UTF-7\"?>\n"
                                  "+ADwAIQ-DOCTYPE a [+ADwAIQ-ENTITY x \"y\">]>\n<a b=\"1\"/>\n";
    static const char comment[] = "<?xml version=\"1.0\" encoding=\"UTF-7\"?>\n"
                                  "<a b=\"1\">+ADwAIQ---c--></a>\n";
    static const char latin[] = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a b=\"\xe9\"/>";
    static const char wide[] = "\xff\xfe<\0a\0/\0>\0";
    static const char ebcdic[] = "\x4c\x6f\xa7\x94\x93\x40";
    struct elem_doc *doc = parse("<?xml version=\"1.0\" encoding=\"UTF-7\"?>\n<a b=\"+AGE-\"/>\n");

    (void)state;
    assert_string_equal(elem_attr(elem_root(doc), "b"), "+AGE-");
    elem_free(doc);
    refused(doctype, sizeof doctype - 1);
    refused(comment, sizeof comment - 1);
    assert_null(strstr(err.text, "only elements"));
    refused(latin, sizeof latin - 1);
    refused(wide, sizeof wide - 1);
    refused(ebcdic, sizeof ebcdic - 1);
}

static void deep_documents_are_refused(void **state)
{
    enum { LEVELS = 10000 };
    char *text = malloc(LEVELS * 7 + 1), *at = text;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < LEVELS; i++, at += 3) {
        memcpy(at, "<a>", 3);
    }
    for (size_t i = 0; i < LEVELS; i++, at += 4) {
        memcpy(at, "</a>", 4);
    }
    refused(text, (size_t)(at - text));
    free(text);
}

static void messages_name_the_place(void **state)
{
    (void)state;
    refused(HEAD "<a>\n  <b\n</a>\n", strlen(HEAD "<a>\n  <b\n</a>\n"));
    assert_non_null(strstr(err.text, "line 4"));
    refused(HEAD "<a>\n  text\n</a>\n", strlen(HEAD "<a>\n  text\n</a>\n"));
    assert_non_null(strstr(err.text, "line "));
    refused(HEAD "<a>\n  <!-- c -->\n</a>\n", strlen(HEAD "<a>\n  <!-- c -->\n</a>\n"));
    assert_non_null(strstr(err.text, "line 3"));
}

static void typed_attributes_are_read(void **state)
{
    struct elem_doc *doc = parse(HEAD "<a i=\"a-1.b\" t=\"plain text\" n=\"42\" "
                                      "w=\"2026-01-31T12:00:00Z\" h=\"00ff\"/>");
    const struct elem *el = elem_root(doc);
    const char *text = NULL;
    uint64_t number = 0;
    int64_t when = 0;
    uint8_t bytes[2];

    (void)state;
    assert_true(elem_text(el, "t", &text, CODE, &err));
    assert_string_equal(text, "plain text");
    assert_true(elem_id(el, "i", &text, CODE, &err));
    assert_string_equal(text, "a-1.b");
    assert_true(elem_free_text(el, "t", &text, CODE, &err));
    assert_true(elem_number(el, "n", 42, 42, &number, CODE, &err));
    assert_int_equal(number, 42);
    assert_true(elem_time(el, "w", WHEN_MIN, WHEN_MAX, &when, CODE, &err));
    assert_int_equal(when, 1769860800);
    assert_true(elem_hex(el, "h", bytes, 2, CODE, &err));
    assert_memory_equal(bytes, "\x00\xff", 2);
    elem_free(doc);
}

static void typed_attributes_of_wrong_form_are_refused(void **state)
{
    struct elem_doc *doc = parse(HEAD "<a i=\"A\" t=\" x\" n=\"042\" "
                                      "w=\"2026-02-30T12:00:00Z\" h=\"00FF\" s=\"00\" o=\"41\"/>");
    const struct elem *el = elem_root(doc);
    const char *text = NULL;
    uint64_t number = 7;
    int64_t when = 7;
    uint8_t bytes[2] = {7, 7};

    (void)state;
    assert_false(elem_text(el, "absent", &text, CODE, &err));
    assert_non_null(strstr(err.text, "<a>"));
    assert_non_null(strstr(err.text, "absent"));
    assert_false(elem_id(el, "i", &text, CODE, &err));
    assert_false(elem_id(el, "absent", &text, CODE, &err));
    assert_false(elem_free_text(el, "t", &text, CODE, &err));
    assert_false(elem_free_text(el, "absent", &text, CODE, &err));
    assert_null(text);
    assert_false(elem_number(el, "n", 1, 100, &number, CODE, &err));
    assert_false(elem_number(el, "o", 42, 42, &number, CODE, &err));
    assert_non_null(strstr(err.text, "from 42 to 42"));
    assert_false(elem_number(el, "absent", 1, 100, &number, CODE, &err));
    assert_int_equal(number, 7);
    assert_false(elem_time(el, "w", WHEN_MIN, WHEN_MAX, &when, CODE, &err));
    assert_false(elem_time(el, "absent", WHEN_MIN, WHEN_MAX, &when, CODE, &err));
    assert_int_equal(when, 7);
    assert_false(elem_hex(el, "h", bytes, 2, CODE, &err));
    assert_false(elem_hex(el, "s", bytes, 2, CODE, &err));
    assert_false(elem_hex(el, "absent", bytes, 2, CODE, &err));
    assert_int_equal(bytes[0], 7);
    assert_int_equal(err.code, CODE);
    elem_free(doc);
}

static void expectations_name_what_stands_there(void **state)
{
    struct elem_doc *doc = parse(HEAD "<a xmlns=\"urn:x:1\"/>");
    const struct elem *el = elem_root(doc);

    (void)state;
    assert_true(elem_expect(el, "a", NULL, CODE, &err));
    assert_true(elem_expect(el, "a", "urn:x:1", CODE, &err));
    assert_false(elem_expect(el, "b", NULL, CODE, &err));
    assert_non_null(strstr(err.text, "<a>"));
    assert_false(elem_expect(el, "a", "urn:x:2", CODE, &err));
    assert_int_equal(err.code, CODE);
    assert_false(elem_expect(NULL, "b", NULL, CODE, &err));
    assert_non_null(strstr(err.text, "<b>"));
    elem_free(doc);
}

static void misspelt_attributes_are_found(void **state)
{
    static const char *const names[] = {"one", "two", NULL};
    struct elem_doc *doc = parse("<a one='1' two='2'><b/><c tow='2'/></a>");
    const struct elem *root = elem_root(doc);

    (void)state;
    assert_true(elem_only(root, names, CODE, &err));
    assert_true(elem_only(elem_child(root, "b"), names, CODE, &err));
    assert_false(elem_only(elem_child(root, "c"), names, CODE, &err));
    assert_int_equal(err.code, CODE);
    assert_non_null(strstr(err.text, "tow"));
    assert_false(elem_only(root, names + 1, CODE, &err));
    elem_free(doc);
}

/* The code for this inner part of <extensions>; ERR_NONE when it is read. */
static enum err_code extensions_code(const char *inner, struct extension_list *list)
{
    static char text[65536];
    struct elem_doc *doc;
    bool ok;

    snprintf(text, sizeof text, "<extensions>%s</extensions>", inner);
    doc = parse(text);
    ok = extension_read(list, elem_root(doc), CODE, &err);
    elem_free(doc);
    return ok ? ERR_NONE : err.code;
}

static void extensions_are_read_and_written(void **state)
{
    struct extension_list list = {0};
    struct markup m;
    struct buf out;

    (void)state;
    assert_int_equal(
        extensions_code("<extension id=\"urn:a\" critical=\"false\" value=\"x y\"/>"
                        "<extension id=\"urn:b:_-.Z\" critical=\"false\" value=\"~\"/>",
                        &list),
        ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].value, "x y");
    buf_init(&out, 1000);
    markup_begin(&m, &out, "r", "u", &err);
    extension_write(&list, &m);
    assert_true(markup_end(&m));
    assert_string_equal(buf_text(&out),
                        HEAD "<r xmlns=\"u\">\n  <extensions>\n"
                             "    <extension id=\"urn:a\" critical=\"false\" value=\"x y\"/>\n"
                             "    <extension id=\"urn:b:_-.Z\" critical=\"false\" value=\"~\"/>\n"
                             "  </extensions>\n</r>\n");
    extension_release(&list);
    assert_int_equal(list.count, 0);
    buf_clear(&out);
    markup_begin(&m, &out, "r", "u", &err);
    extension_write(&list, &m);
    assert_true(markup_end(&m));
    assert_string_equal(buf_text(&out), HEAD "<r xmlns=\"u\"/>\n");
    buf_release(&out);
}

static void extensions_of_wrong_form_are_refused(void **state)
{
#define EXTENSION(id, critical, value)                                                             \
    "<extension id=\"" id "\" critical=\"" critical "\" value=\"" value "\"/>"
    static const struct {
        const char *inner;
        enum err_code code;
    } rows[] = {
        {"", CODE},
        {EXTENSION("urn:a", "true", "x"), ERR_NEWER_EXTENSION},
        {EXTENSION("urn:a", "false", "x") EXTENSION("urn:b", "true", "x"), ERR_NEWER_EXTENSION},
        {EXTENSION("urn:a", "yes", "x"), CODE},
        {EXTENSION("urn:", "false", "x"), CODE},
        {EXTENSION("urna", "false", "x"), CODE},
        {EXTENSION("urn:a b", "false", "x"), CODE},
        {EXTENSION("urn:a/b", "false", "x"), CODE},
        {EXTENSION("urn:a", "false", "\xc3\xa9"), CODE},
        {EXTENSION("urn:a", "false", "&#9;"), CODE},
        {EXTENSION("urn:b", "false", "x") EXTENSION("urn:a", "false", "x"), CODE},
        {EXTENSION("urn:a", "false", "x") EXTENSION("urn:a", "false", "y"), CODE},
        {"<extension critical=\"false\" value=\"x\"/>", CODE},
        {"<extension id=\"urn:a\" value=\"x\"/>", CODE},
        {"<extension id=\"urn:a\" critical=\"false\"/>", CODE},
        {"<extension id=\"urn:a\" critical=\"false\" value=\"x\"><y/></extension>", CODE},
        {"<other id=\"urn:a\" critical=\"false\" value=\"x\"/>", CODE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct extension_list list = {0};

        assert_int_equal(extensions_code(rows[i].inner, &list), rows[i].code);
        extension_release(&list);
    }
}

static enum err_code extensions_of_size(size_t count, size_t id_len, size_t value_len)
{
    static char inner[60000], value[5000], id[200];
    struct extension_list list = {0};
    enum err_code code;
    size_t at = 0;

    memset(value, 'v', sizeof value);
    value[value_len] = '\0';
    memset(id, 'i', sizeof id);
    id[id_len - 6] = '\0'; /* behind "urn:" and two digits */
    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(inner + at, sizeof inner - at,
                               "<extension id=\"urn:%02zu%s\" critical=\"false\" value=\"%s\"/>", i,
                               id, value);
    }
    code = extensions_code(inner, &list);
    extension_release(&list);
    return code;
}

static void extensions_keep_their_limits(void **state)
{
    (void)state;
    assert_int_equal(extensions_of_size(LIMIT_EXTENSIONS, 10, 1), ERR_NONE);
    assert_int_equal(extensions_of_size(LIMIT_EXTENSIONS + 1, 10, 1), CODE);
    assert_int_equal(extensions_of_size(1, 127, LIMIT_EXTENSION_VALUE), ERR_NONE);
    assert_int_equal(extensions_of_size(1, 128, 1), CODE);
    assert_int_equal(extensions_of_size(1, 10, LIMIT_EXTENSION_VALUE + 1), CODE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_found_in_order),
        cmocka_unit_test(a_document_without_namespace_or_declaration),
        cmocka_unit_test(what_is_no_plain_document_is_refused),
        cmocka_unit_test(a_declared_encoding_changes_nothing),
        cmocka_unit_test(deep_documents_are_refused),
        cmocka_unit_test(messages_name_the_place),
        cmocka_unit_test(typed_attributes_are_read),
        cmocka_unit_test(typed_attributes_of_wrong_form_are_refused),
        cmocka_unit_test(expectations_name_what_stands_there),
        cmocka_unit_test(misspelt_attributes_are_found),
        cmocka_unit_test(extensions_are_read_and_written),
        cmocka_unit_test(extensions_of_wrong_form_are_refused),
        cmocka_unit_test(extensions_keep_their_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
