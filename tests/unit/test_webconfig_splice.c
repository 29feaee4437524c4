/* SPDX-License-Identifier: MIT */
/* The splice: exact new bytes for each shape of a section, in every encoding and with every line
 * end. */
#include "tests/unit/webconfig_kit.h"

struct row {
    const char *name;
    const char *add, *remove; /* digits name pins */
    const char *old_text, *new_text;
};

#define A(n) "<pinnedCertificate publicKeyString=\"{" #n "}\" />"
#define A2 "<add key=\"p\" value=\"" CANARY "\" />\n"
/* A section in the middle of a file, indented by two. */
#define DOC(section)                                                                               \
    "<?xml version=\"1.0\"?>\n<configuration>\n  " A2 "  " section "\n</configuration>"
#define OPEN "<pinnedCertificates>"
#define CLOSE "</pinnedCertificates>"

static const struct row rows[] = {
    {"nothing to do", "12", "3", DOC(OPEN "\n    " A(1) "\n    " A(2) "\n  " CLOSE),
     DOC(OPEN "\n    " A(1) "\n    " A(2) "\n  " CLOSE)},
    {"behind the last, in order", "32", "", DOC(OPEN "\n    " A(1) "\n  " CLOSE),
     DOC(OPEN "\n    " A(1) "\n    " A(3) "\n    " A(2) "\n  " CLOSE)},
    {"given twice", "22", "", DOC(OPEN "\n    " A(1) "\n  " CLOSE),
     DOC(OPEN "\n    " A(1) "\n    " A(2) "\n  " CLOSE)},
    {"there in upper case", "12", "", DOC(OPEN "\n    " A(1U) "\n  " CLOSE),
     DOC(OPEN "\n    " A(1U) "\n    " A(2U) "\n  " CLOSE)},
    {"there with references", "1", "",
     DOC(OPEN "\n<pinnedCertificate publicKeyString=' {1}&#10;'/>\n  " CLOSE),
     DOC(OPEN "\n<pinnedCertificate publicKeyString=' {1}&#10;'/>\n  " CLOSE)},
    {"remove a line", "", "2", DOC(OPEN "\n    " A(1) "\n    " A(2) "\t \n    " A(3) "\n  " CLOSE),
     DOC(OPEN "\n    " A(1) "\n    " A(3) "\n  " CLOSE)},
    {"remove every copy", "", "1",
     DOC(OPEN "\n    " A(1) "\n    " A(2) "\n    " A(1U) "\n  " CLOSE),
     DOC(OPEN "\n    " A(2) "\n  " CLOSE)},
    {"remove all", "", "12", DOC(OPEN "\n    " A(1) "\n    " A(2) "\n  " CLOSE),
     DOC(OPEN "\n  " CLOSE)},
    {"remove lines parted by an empty one", "", "12",
     DOC(OPEN "\n    " A(1) "\n  \n    " A(2) "\n\n  " CLOSE), DOC(OPEN "\n  \n\n  " CLOSE)},
    {"replace", "3", "1", DOC(OPEN "\n    " A(1) "\n  " CLOSE),
     DOC(OPEN "\n    " A(3) "\n  " CLOSE)},
    {"replace the last of two", "34", "2", DOC(OPEN "\n\t" A(1) "\n\t" A(2) "\n  " CLOSE),
     DOC(OPEN "\n\t" A(1) "\n\t" A(3) "\n\t" A(4) "\n  " CLOSE)},
    {"a comment on the line stays", "", "1", DOC(OPEN "\n    " A(1) " <!-- 2022 -->\n  " CLOSE),
     DOC(OPEN "\n    <!-- 2022 -->\n  " CLOSE)},
    {"a comment in front stays", "", "1", DOC(OPEN "\n    <!-- 2022 --> " A(1) "\n  " CLOSE),
     DOC(OPEN "\n    <!-- 2022 -->\n  " CLOSE)},
    {"comments on both sides stay", "", "1", DOC(OPEN "\n <!-- a --> " A(1) " <!-- b -->\n " CLOSE),
     DOC(OPEN "\n <!-- a --> <!-- b -->\n " CLOSE)},
    {"behind the last one's comment", "2", "",
     DOC(OPEN "\n    " A(1) " <!-- a\n b --> <?c?>\n\n  " CLOSE),
     DOC(OPEN "\n    " A(1) " <!-- a\n b --> <?c?>\n    " A(2) "\n\n  " CLOSE)},
    {"replace one with a comment", "2", "1", DOC(OPEN "\n    " A(1) " <!-- a -->\n  " CLOSE),
     DOC(OPEN "\n    <!-- a -->\n    " A(2) "\n  " CLOSE)},
    {"comment below stays below", "2", "", DOC(OPEN "\n    " A(1) "\n    <!-- end -->\n  " CLOSE),
     DOC(OPEN "\n    " A(1) "\n    " A(2) "\n    <!-- end -->\n  " CLOSE)},
    {"end tag on the last line", "23", "", DOC(OPEN "\n    " A(1) CLOSE),
     DOC(OPEN "\n    " A(1) "\n    " A(2) "\n    " A(3) CLOSE)},
    {"replace with the end tag on the line", "23", "1", DOC(OPEN "\n    " A(1) CLOSE),
     DOC(OPEN "\n    " A(2) "\n    " A(3) CLOSE)},
    {"in one line", "3", "", DOC(OPEN A(1) A(2) CLOSE), DOC(OPEN A(1) A(2) A(3) CLOSE)},
    {"in one line with blanks", "34", "", DOC(OPEN " " A(1) "  " A(2) " " CLOSE),
     DOC(OPEN " " A(1) "  " A(2) "  " A(3) "  " A(4) " " CLOSE)},
    {"remove in one line", "", "2", DOC(OPEN A(1) " " A(2) " " A(3) CLOSE),
     DOC(OPEN A(1) " " A(3) CLOSE)},
    {"remove neighbours in one line", "", "12", DOC(OPEN "\n  " A(1) " " A(2) "\n  " A(3) CLOSE),
     DOC(OPEN "\n  " A(3) CLOSE)},
    {"remove the only one in one line", "", "1", DOC(OPEN A(1) CLOSE), DOC(OPEN CLOSE)},
    {"replace the only one in one line", "23", "1", DOC(OPEN " " A(1) " " CLOSE),
     DOC(OPEN " " A(2) " " A(3) " " CLOSE)},
    {"single quotes, no blank, end tag", "2", "",
     DOC(OPEN "\n    <pinnedCertificate\tpublicKeyString = '{1}' ></pinnedCertificate >\n  " CLOSE),
     DOC(OPEN "\n    <pinnedCertificate\tpublicKeyString = '{1}' ></pinnedCertificate >\n"
              "    <pinnedCertificate\tpublicKeyString = '{2}' ></pinnedCertificate >\n  " CLOSE)},
    {"item over lines", "2", "",
     DOC(OPEN "\n    <pinnedCertificate\n        publicKeyString=\"{1}\"\n    />\n  " CLOSE),
     DOC(OPEN "\n    <pinnedCertificate\n        publicKeyString=\"{1}\"\n    />\n"
              "    <pinnedCertificate\n        publicKeyString=\"{2}\"\n    />\n  " CLOSE)},
    {"remove an item over lines", "", "1",
     DOC(OPEN
         "\n  " A(2) "\n    <pinnedCertificate\n  publicKeyString=\"{1}\">\n </pinnedCertificate>"
                     "\n  " CLOSE),
     DOC(OPEN "\n  " A(2) "\n  " CLOSE)},
    {"form of an even item when the last is odd", "2", "",
     DOC(OPEN
         "\n  <pinnedCertificate publicKeyString='{1}'/>\n  <pinnedCertificate x=''/>\n  " CLOSE),
     DOC(OPEN "\n  <pinnedCertificate publicKeyString='{1}'/>\n  <pinnedCertificate x=''/>\n"
              "  <pinnedCertificate publicKeyString='{2}'/>\n  " CLOSE)},
    {"only an odd item", "2", "", DOC(OPEN "\n   <pinnedCertificate x=''/>\n  " CLOSE),
     DOC(OPEN "\n   <pinnedCertificate x=''/>\n   " A(2) "\n  " CLOSE)},
    {"in front of other elements", "2", "", DOC(OPEN "\n   " A(1) "\n   <policy/>\n  " CLOSE),
     DOC(OPEN "\n   " A(1) "\n   " A(2) "\n   <policy/>\n  " CLOSE)},
    {"self-closed", "12", "", DOC("<pinnedCertificates a='>'\n />"),
     DOC("<pinnedCertificates a='>'>\n    " A(1) "\n    " A(2) "\n  " CLOSE)},
    {"self-closed, tabs", "1", "",
     "<configuration>\n\t<s>\n\t\t<pinnedCertificates/></s></configuration>\n",
     "<configuration>\n\t<s>\n\t\t<pinnedCertificates>\n\t\t\t" A(1) "\n\t\t" CLOSE
                                                                     "</s></configuration>\n"},
    {"self-closed in one line", "12", "", "<configuration><pinnedCertificates /></configuration>",
     "<configuration>" OPEN A(1) A(2) CLOSE "</configuration>"},
    {"empty", "1", "", DOC(OPEN CLOSE), DOC(OPEN "\n    " A(1) "\n  " CLOSE)},
    {"empty over lines", "1", "", DOC(OPEN "\n  " CLOSE), DOC(OPEN "\n    " A(1) "\n  " CLOSE)},
    {"empty, deep indentation", "1", "",
     "<configuration>\n   <s>\n      " OPEN "\n      " CLOSE "\n   </s>\n</configuration>",
     "<configuration>\n   <s>\n      " OPEN "\n         " A(1) "\n      " CLOSE
                                                               "\n   </s>\n</configuration>"},
    {"only a comment", "1", "", DOC(OPEN "\n        <!-- none yet -->\n  " CLOSE),
     DOC(OPEN "\n        <!-- none yet -->\n        " A(1) "\n  " CLOSE)},
    {"only a comment in one line", "1", "", DOC(OPEN "<!-- none -->" CLOSE),
     DOC(OPEN "<!-- none -->\n    " A(1) "\n  " CLOSE)},
    {"only clear", "1", "", DOC(OPEN "\n\t<clear />\n  " CLOSE),
     DOC(OPEN "\n\t<clear />\n\t" A(1) "\n  " CLOSE)},
    {"a file of configSource", "1", "", "<pinnedCertificates>\n</pinnedCertificates>\n",
     "<pinnedCertificates>\n  " A(1) "\n</pinnedCertificates>\n"},
    {"a self-closed file of configSource", "1", "", "<pinnedCertificates />",
     "<pinnedCertificates>" A(1) "</pinnedCertificates>"},
    {"nothing to remove there", "", "12", DOC("<pinnedCertificates />"),
     DOC("<pinnedCertificates />")},
};

static void check_lines(const struct row *row, const struct buf *file,
                        const struct webconfig_line *line)
{
    /* The line that the change names must hold the pin, or its attribute's start tag. */
    struct webconfig *webconfig = NULL;
    KIT_MUST(webconfig_scan(file, NULL, &webconfig, must));
    for (size_t i = 0; i < webconfig->item_count; i++) {
        const struct webconfig_item *item = &webconfig->items[i];
        if (item->line == line->line && memcmp(item->pin.sha256, line->pin.sha256, 32) == 0) {
            webconfig_free(webconfig);
            return;
        }
    }
    fail_msg("%s: no such pin on line %zu", row->name, line->line);
}

static void run(const struct row *row, enum kit_form form, const char *eol)
{
    struct pin add[10];
    uint8_t add_digests[10][32], remove_digests[10][32];
    struct pin removed[10];
    size_t add_count = kit_pins(row->add, add, add_digests);
    size_t remove_count = kit_pins(row->remove, removed, remove_digests);
    struct buf old_file, want, got;
    struct webconfig_change change;
    kit_document(&old_file, row->old_text, form, eol);
    kit_document(&want, row->new_text, form, eol);
    kit_round(&old_file, NULL, add, add_count, (const uint8_t(*)[32])remove_digests, remove_count,
              &got, &change);
    if (!buf_equal(&got, &want))
        fail_msg("%s (form %d, eol %zu): got\n%s\nwanted\n%s", row->name, (int)form, strlen(eol),
                 buf_text(&got), buf_text(&want));
    for (size_t i = 0; i < change.added_count; i++)
        check_lines(row, &got, &change.added[i]);
    for (size_t i = 0; i < change.removed_count; i++)
        check_lines(row, &old_file, &change.removed[i]);
    assert_int_equal(change.present_count + change.added_count, add_count);
    webconfig_change_release(&change);
    buf_release(&old_file);
    buf_release(&want);
    buf_release(&got);
}

static void gives_exact_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int form = 0; form < KIT_FORMS; form++)
            for (size_t eol = 0; eol < 3; eol++)
                run(&rows[i], (enum kit_form)form, kit_eols[eol]);
}

/* The neighbour's line end, not the file's most frequent one. */
static void keeps_mixed_line_ends(void **state)
{
    (void)state;
    static const struct row mixed[] = {
        {"CRLF among LF", "2", "",
         "<configuration>\n" OPEN "\r\n" A(1) "\r\n" CLOSE "\n</configuration>",
         "<configuration>\n" OPEN "\r\n" A(1) "\r\n" A(2) "\r\n" CLOSE "\n</configuration>"},
        {"LF among CRLF", "2", "",
         "<configuration>\r\n" OPEN "\r\n" A(1) "\n" CLOSE "\r\n</configuration>",
         "<configuration>\r\n" OPEN "\r\n" A(1) "\n" A(2) "\n" CLOSE "\r\n</configuration>"},
        {"CR", "2", "1", "<configuration>\r" OPEN "\n" A(1) "\r" CLOSE "\r\n</configuration>",
         "<configuration>\r" OPEN "\n" A(2) "\r" CLOSE "\r\n</configuration>"},
    };
    for (size_t i = 0; i < sizeof mixed / sizeof mixed[0]; i++)
        for (int form = 0; form < KIT_FORMS; form++)
            run(&mixed[i], (enum kit_form)form, "\n");
}

static void splice_fails(const char *document, const char *add, const char *remove, size_t max,
                         enum err_code code)
{
    struct pin pins[10], removed[10];
    uint8_t digests[10][32], remove_digests[10][32];
    size_t add_count = kit_pins(add, pins, digests);
    size_t remove_count = kit_pins(remove, removed, remove_digests);
    struct buf file, out;
    struct webconfig *webconfig = NULL;
    struct webconfig_change change;
    struct err err = {0};
    kit_document(&file, document, KIT_UTF8, "\n");
    webconfig_change_init(&change);
    buf_init(&out, max);
    KIT_MUST(webconfig_scan(&file, NULL, &webconfig, must));
    assert_false(webconfig_splice(webconfig, pins, add_count, (const uint8_t(*)[32])remove_digests,
                                  remove_count, &out, &change, &err));
    assert_int_equal(err.code, code);
    kit_no_canary(&err);
    assert_int_equal(out.len, 0);
    assert_int_equal(change.undo_count, 0);
    webconfig_free(webconfig);
    buf_release(&file);
    buf_release(&out);
}

static void refuses(void **state)
{
    (void)state;
    splice_fails(DOC(OPEN "<pinnedCertificate a='' publicKeyString='{1}'/>" CLOSE), "", "1",
                 KIT_MAX, ERR_TARGET_ITEM);
    splice_fails(
        DOC(OPEN "<pinnedCertificate publicKeyString='{1}'><!----></pinnedCertificate>" CLOSE), "",
        "1", KIT_MAX, ERR_TARGET_ITEM);
    splice_fails(DOC(OPEN "<add publicKeyString='{1}'/>" CLOSE), "1", "", KIT_MAX, ERR_TARGET_ITEM);
    splice_fails(DOC(OPEN A(1) CLOSE), "2", "2", KIT_MAX, ERR_INTERNAL);
    splice_fails(DOC(OPEN A(1) CLOSE), "2", "", 900, ERR_IO_LIMIT);
}

/* A retired key need not be one that format 1 allows: weak keys are what retiring is for. */
static void removes_by_digest_what_is_no_allowed_key(void **state)
{
    (void)state;
    struct buf file, out;
    struct webconfig *webconfig = NULL;
    struct webconfig_change change;
    uint8_t digest[1][32];
    kit_document(&file,
                 DOC(OPEN "\n" A(1) "\n<pinnedCertificate publicKeyString=\"0a0b\"/>\n" CLOSE),
                 KIT_UTF8, "\n");
    KIT_MUST(webconfig_scan(&file, NULL, &webconfig, must));
    assert_int_equal(webconfig->items[1].odd, WEBCONFIG_ODD_NO_KEY);
    memcpy(digest[0], webconfig->items[1].pin.sha256, 32);
    webconfig_free(webconfig);
    kit_round(&file, NULL, NULL, 0, (const uint8_t(*)[32])digest, 1, &out, &change);
    assert_int_equal(change.removed_count, 1);
    assert_int_equal(change.removed[0].pin.len, 2);
    webconfig_change_release(&change);
    buf_release(&file);
    buf_release(&out);
}

static void splices_the_selected_section(void **state)
{
    (void)state;
    struct pin pin;
    struct buf file, want, out;
    kit_pin(&pin, 3);
    kit_document(&file, DOC(OPEN CLOSE "<location>" OPEN A(1) CLOSE "</location>"), KIT_UTF16BE,
                 "\r\n");
    kit_document(&want, DOC(OPEN CLOSE "<location>" OPEN A(1) A(3) CLOSE "</location>"),
                 KIT_UTF16BE, "\r\n");
    kit_round(&file, "configuration/location/pinnedCertificates[1]", &pin, 1, NULL, 0, &out, NULL);
    assert_true(buf_equal(&out, &want));
    buf_release(&file);
    buf_release(&want);
    buf_release(&out);
}

static void unsplice_refuses_what_does_not_fit(void **state)
{
    (void)state;
    static const uint8_t bytes[] = "xyz";
    static const struct webconfig_edit bad[][2] = {
        {{11, 0, bytes, 1}, {11, 0, bytes, 1}},      {{5, 6, bytes, 1}, {11, 0, bytes, 1}},
        {{5, SIZE_MAX, bytes, 1}, {6, 0, bytes, 1}}, {{5, 2, bytes, 1}, {6, 0, bytes, 1}},
        {{5, 0, bytes, 1}, {4, 0, bytes, 1}},
    };
    struct buf file, out;
    buf_init(&file, 100);
    buf_init(&out, 100);
    KIT_MUST(buf_add_text(&file, "0123456789", must));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = {0};
        assert_false(webconfig_unsplice(&file, bad[i], 2, &out, &err));
        assert_int_equal(err.code, ERR_STATE_DAMAGED);
        assert_int_equal(out.len, 0);
    }
    static const struct webconfig_edit good[] = {
        {0, 1, bytes, 2}, {1, 0, bytes, 1}, {10, 0, bytes, 3}};
    KIT_MUST(webconfig_unsplice(&file, good, 3, &out, must));
    assert_string_equal(buf_text(&out), "xyx123456789xyz");
    buf_release(&file);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_exact_bytes),
        cmocka_unit_test(keeps_mixed_line_ends),
        cmocka_unit_test(refuses),
        cmocka_unit_test(removes_by_digest_what_is_no_allowed_key),
        cmocka_unit_test(splices_the_selected_section),
        cmocka_unit_test(unsplice_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
