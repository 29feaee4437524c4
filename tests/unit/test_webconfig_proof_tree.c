/* SPDX-License-Identifier: MIT */
/* The tree evidence by itself: it must see a difference of meaning without the help of the bytes.
 */
#include "applier/webconfig_proof_tree.h"
#include "tests/unit/webconfig_kit.h"

#define A(n) "<pinnedCertificate publicKeyString=\"{" #n "}\" />"
#define DOC(x, inside)                                                                             \
    "<configuration>" x "<pinnedCertificates>" inside "</pinnedCertificates></configuration>"

static bool equal(const char *a_text, const char *b_text)
{
    struct buf a_file, b_file;
    struct err err = {0};
    kit_document(&a_file, a_text, KIT_UTF8, "\n");
    kit_document(&b_file, b_text, KIT_UTF16LE, "\r\n");
    struct webconfig_proof_tree *a = webconfig_proof_tree_open(&a_file, "old", NULL, &err);
    struct webconfig_proof_tree *b = webconfig_proof_tree_open(&b_file, "new", NULL, &err);
    if (a == NULL || b == NULL)
        fail_msg("%s", err.text);
    bool same = webconfig_proof_tree_equal(a, b, &err);
    assert_int_equal(err.code, same ? ERR_NONE : ERR_PROOF);
    kit_no_canary(&err);
    webconfig_proof_tree_free(a);
    webconfig_proof_tree_free(b);
    buf_release(&a_file);
    buf_release(&b_file);
    return same;
}

static void sees_meaning(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {DOC("", ""), DOC("", A(1) "\n" A(2))},
        {DOC("", A(1)), "<configuration><pinnedCertificates/></configuration>"},
        {DOC("<a b=\"1\"></a>", "<!-- c -->" A(1)), DOC("<a  b='&#49;'/>", "\n<!-- c -->")},
        {DOC("t&lt;\xe2\x82\xac", ""), DOC("&#116;&#60;&#x20ac;", "")},
        {DOC("", "<pinnedCertificate x='1'/>"), DOC("", A(1) "<pinnedCertificate x='1'/>")},
    };
    static const char *const differ[][2] = {
        {DOC("<a/>", ""), DOC("<b/>", "")},
        {DOC("<a b='1'/>", ""), DOC("<a b='2'/>", "")},
        {DOC("<a b='1'/>", ""), DOC("<a c='1'/>", "")},
        {DOC("<a b='1'/>", ""), DOC("<a/>", "")},
        {DOC("<a b='1' c='2'/>", ""), DOC("<a c='2' b='1'/>", "")},
        {DOC("<a xmlns='urn:a'/>", ""), DOC("<a xmlns='urn:b'/>", "")},
        {DOC("<a xmlns:p='urn:a' p:b=''/>", ""), DOC("<a xmlns:p='urn:a' b=''/>", "")},
        {DOC("<a xmlns:p='urn:a'/>", ""), DOC("<a/>", "")},
        {DOC("t", ""), DOC("u", "")},
        {DOC(" ", ""), DOC("", "")},
        {DOC("t", ""), DOC("<![CDATA[t]]>", "")},
        {DOC("<!--t-->", ""), DOC("<!--u-->", "")},
        {DOC("<?p t?>", ""), DOC("<?p u?>", "")},
        {DOC("<?p t?>", ""), DOC("<?q t?>", "")},
        {DOC("<a><b/></a>", ""), DOC("<a/><b/>", "")},
        {DOC("<a/>", ""), DOC("<a/><a/>", "")},
        {DOC("", "<!-- c -->"), DOC("", "")},
        {DOC("", "<clear/>"), DOC("", "")},
        {DOC("", ""), DOC("", "<pinnedCertificate publicKeyString='xy'/>")},
        {DOC("", ""), DOC("", "<pinnedCertificate x='' publicKeyString='{1}'/>")},
        {DOC("", ""), DOC("", "<pinnedCertificate xmlns:p='p:p' p:publicKeyString='{1}'/>")},
        {DOC("", ""), DOC("", "<pinnedCertificate xmlns:p='p:p' publicKeyString='{1}'/>")},
        {DOC("", ""),
         DOC("", "<pinnedCertificate publicKeyString='{1}'><!----></pinnedCertificate>")},
        {DOC("", ""), DOC("", "<pinnedCertificate publicKeyString='{1}'>t</pinnedCertificate>")},
        {DOC("", ""), DOC("", "<p:pinnedCertificate xmlns:p='p:p' publicKeyString='{1}'/>")},
        {DOC("", ""), DOC("", "") "<!-- behind -->"},
        {DOC("<a/>", ""), "<configuration><pinnedCertificates/><a/></configuration>"},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (!equal(same[i][0], same[i][1]) || !equal(same[i][1], same[i][0]))
            fail_msg("differ: %s %s", same[i][0], same[i][1]);
    for (size_t i = 0; i < sizeof differ / sizeof differ[0]; i++)
        if (equal(differ[i][0], differ[i][1]) || equal(differ[i][1], differ[i][0]))
            fail_msg("same: %s %s", differ[i][0], differ[i][1]);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *document, *section;
        const char *says;
    } rows[] = {
        {"<!DOCTYPE c [<!ENTITY e \"x\">]>" DOC("&e;", ""), NULL, "DOCTYPE"},
        {DOC("<" CANARY, ""), NULL, "well-formed"},
        {DOC("<c4nary:a/>", ""), NULL, "well-formed"},
        {"<configuration/>", NULL, "0 such"},
        {DOC("<pinnedCertificates/>", ""), NULL, "2 such"},
        {DOC("<pinnedCertificates/>", ""), "configuration/pinnedCertificates", "2 such"},
        {DOC("", ""), "configuration/pinnedCertificates[2]", "0 such"},
        {DOC("", "text"), NULL, "text"},
        {DOC("", "<![CDATA[ ]]>"), NULL, "text"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf file;
        struct err err = {0};
        kit_document(&file, rows[i].document, KIT_UTF8, "\n");
        assert_null(webconfig_proof_tree_open(&file, "old", rows[i].section, &err));
        assert_int_equal(err.code, ERR_PROOF);
        if (strstr(err.text, rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].document, err.text);
        kit_no_canary(&err);
        buf_release(&file);
    }
}

static void lists_pieces(void **state)
{
    (void)state;
    struct buf file;
    size_t count;
    kit_document(
        &file,
        "<?p?><!-- c --><configuration><a><b/></a><configSections><pinnedCertificates/>"
        "</configSections><pinnedCertificates>" A(
            1) " <!-- --><?p?><x/>"
               "<pinnedCertificate publicKeyString='0A 0b'/></pinnedCertificates></configuration>",
        KIT_UTF16BE, "\n");
    struct err err = {0};
    struct webconfig_proof_tree *tree = webconfig_proof_tree_open(&file, "old", NULL, &err);
    assert_non_null(tree);
    assert_int_equal(webconfig_proof_tree_ordinal(tree), 5);
    const struct webconfig_proof_piece *pieces = webconfig_proof_tree_pieces(tree, &count);
    assert_int_equal(count, 5);
    assert_true(pieces[0].kind == 'e' && pieces[0].plain && pieces[0].is_key &&
                pieces[0].has_digest);
    assert_int_equal(pieces[1].kind, 'c');
    assert_int_equal(pieces[2].kind, 'p');
    assert_true(pieces[3].kind == 'e' && !pieces[3].is_item && !pieces[3].plain);
    assert_true(pieces[4].is_item && pieces[4].plain && pieces[4].has_digest && !pieces[4].is_key);
    webconfig_proof_tree_free(tree);
    buf_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_meaning),
        cmocka_unit_test(refuses),
        cmocka_unit_test(lists_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
