/* SPDX-License-Identifier: MIT */
/* The proof: accepts what was claimed, refuses every other difference. */
#include <ctype.h>

#include "tests/unit/webconfig_kit.h"

#define A(n) "<pinnedCertificate publicKeyString=\"{" #n "}\" />"
#define HEAD                                                                                       \
    "<?xml version=\"1.0\"?>\n<configuration>\n  <a b='" CANARY "'>t&lt;<!-- " CANARY " --></a>\n"
#define TAIL "\n  <c></c><d e=\"1\" f=\"2\"/><![CDATA[x]]>\n</configuration>\n"
#define DOC(inside) HEAD "  <pinnedCertificates>" inside "</pinnedCertificates>" TAIL
#define OLD DOC("\n    " A(1) "<!-- kept -->\n    " A(2) "\n    " A(3U) "\n  ")

struct row {
    const char *name;
    const char *added, *removed; /* digits name pins */
    const char *old_text, *new_text;
    enum err_code code;
    size_t minimum, max_bytes;
};

static bool returns; /* what the next claims say of it */

static bool prove(const struct buf *old_file, const struct buf *new_file, const char *section,
                  const struct row *row, struct webconfig_report *report, struct err *err)
{
    struct pin added[10], removed[10];
    uint8_t added_digests[10][32], removed_digests[10][32];
    struct webconfig_claim claim = {.section = section,
                                    .added = added,
                                    .added_count = kit_pins(row->added, added, added_digests),
                                    .removed = (const uint8_t(*)[32])removed_digests,
                                    .removed_count =
                                        kit_pins(row->removed, removed, removed_digests),
                                    .returns = returns,
                                    .minimum = row->minimum,
                                    .max_bytes = row->max_bytes != 0 ? row->max_bytes : KIT_MAX};
    return webconfig_prove(old_file, new_file, &claim, report, err);
}

static void run(const struct row *row, const char *section, enum kit_form form, const char *eol)
{
    struct buf old_file, new_file;
    struct err err = {0};
    kit_document(&old_file, row->old_text, form, eol);
    kit_document(&new_file, row->new_text, form, eol);
    bool done = prove(&old_file, &new_file, section, row, NULL, &err);
    kit_no_canary(&err);
    if (done != (row->code == ERR_NONE) || (!done && err.code != row->code))
        fail_msg("%s (form %d): got %s \"%s\", expected %s", row->name, (int)form,
                 err_reason(err.code), err.text, err_reason(row->code));
    buf_release(&old_file);
    buf_release(&new_file);
}

static void run_all(const struct row *rows, size_t count, const char *section)
{
    for (size_t i = 0; i < count; i++)
        for (int form = 0; form < KIT_FORMS; form++)
            for (size_t eol = 0; eol < 3; eol++)
                run(&rows[i], section, (enum kit_form)form, kit_eols[eol]);
}
#define RUN_ALL(rows, section) run_all(rows, sizeof(rows) / sizeof(rows)[0], section)

static void accepts_what_is_claimed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"nothing", "", "", OLD, OLD, ERR_NONE, 3, 0},
        {"there already", "123", "45", OLD, OLD, ERR_NONE, 0, 0},
        {"added", "4", "", OLD,
         DOC("\n    " A(1) "<!-- kept -->\n    " A(2) "\n    " A(3U) "\n    " A(4) "\n  "),
         ERR_NONE, 4, 0},
        {"removed", "", "2", OLD, DOC("\n    " A(1) "<!-- kept -->\n    " A(3U) "\n  "), ERR_NONE,
         2, 0},
        {"replaced", "4", "3", OLD,
         DOC("\n    " A(1) "<!-- kept -->\n    " A(2) "\n    " A(4) "\n  "), ERR_NONE, 3, 0},
        {"opened", "1", "", HEAD "<pinnedCertificates x=''\n/>" TAIL,
         HEAD "<pinnedCertificates x=''>" A(1) "</pinnedCertificates>" TAIL, ERR_NONE, 1, 0},
        {"closed again", "", "1",
         HEAD "<pinnedCertificates x=''>" A(1) "</pinnedCertificates>" TAIL,
         HEAD "<pinnedCertificates x=''\n/>" TAIL, ERR_NONE, 0, 0},
        {"two lines removed around an empty one", "", "12", DOC("\n  " A(1) "\n \n  " A(2) "\n "),
         DOC("\n \n "), ERR_NONE, 0, 0},
        {"behind clear", "4", "", DOC("<clear/><remove a='b'/>" A(1)),
         DOC("<clear/><remove a='b'/>" A(1) A(4)), ERR_NONE, 2, 0},
        {"odd items kept", "1", "", DOC("<pinnedCertificate x='y'/><policy>t</policy>"),
         DOC("<pinnedCertificate x='y'/>" A(1) "<policy>t</policy>"), ERR_NONE, 1, 0},
    };
    RUN_ALL(rows, NULL);
}

static void takes_back_what_was(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"copies, and white space in a value", "4", "", DOC(A(1)),
         DOC(A(1) A(4) "<pinnedCertificate publicKeyString=' {4} '/>"), ERR_NONE, 2, 0},
    };
    returns = true;
    RUN_ALL(rows, NULL);
    returns = false;
}

static void refuses_other_keys(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"missing", "4", "", OLD, OLD, ERR_PROOF, 0, 0},
        {"still there", "", "2", OLD, OLD, ERR_PROOF, 0, 0},
        {"still there in another case", "", "3", OLD, OLD, ERR_PROOF, 0, 0},
        {"stranger", "4", "", DOC(A(1)), DOC(A(1) A(4) A(5)), ERR_PROOF, 0, 0},
        {"other", "4", "", DOC(A(1)), DOC(A(1) A(5)), ERR_PROOF, 0, 0},
        {"lost", "4", "", DOC(A(1)), DOC(A(4)), ERR_PROOF, 0, 0},
        {"copy lost", "", "", DOC(A(1) A(1)), DOC(A(1)), ERR_PROOF, 0, 0},
        {"copy won", "1", "", DOC(A(1)), DOC(A(1) A(1)), ERR_PROOF, 0, 0},
        {"no key", "", "", DOC(A(1)), DOC(A(1) "<pinnedCertificate publicKeyString='abcd'/>"),
         ERR_PROOF, 0, 0},
        {"no hex", "", "", DOC(A(1)), DOC(A(1) "<pinnedCertificate publicKeyString='xy'/>"),
         ERR_PROOF, 0, 0},
        {"too few", "4", "123", OLD, DOC("\n    <!-- kept -->\n    " A(4) "\n  "), ERR_MINIMUM, 2,
         0},
        {"copies do not count", "", "", DOC(A(1) A(1U)), DOC(A(1) A(1U)), ERR_MINIMUM, 2, 0},
        {"odd values do not count", "", "", DOC("<pinnedCertificate publicKeyString='abcd'/>"),
         DOC("<pinnedCertificate publicKeyString='abcd'/>"), ERR_MINIMUM, 1, 0},
    };
    RUN_ALL(rows, NULL);
}

static void refuses_other_differences(void **state)
{
    (void)state;
#define NEW_IN(x) DOC("\n    " A(1) "<!-- kept -->\n    " A(2) "\n    " A(3U) x "\n  ")
    static const struct row rows[] = {
        {"white space inside", "", "", OLD, NEW_IN(" "), ERR_PROOF, 0, 0},
        {"white space far from the new one", "4", "", OLD,
         DOC("\n     " A(1) "<!-- kept -->\n    " A(2) "\n    " A(3U) "\n    " A(4) "\n  "),
         ERR_PROOF, 0, 0},
        {"white space lost at the new one", "4", "", DOC("\n\n\n" A(1) "\n\n\n"),
         DOC("\n\n\n" A(1) A(4)), ERR_PROOF, 0, 0},
        {"white space changed at the removed one", "", "1", DOC("\n " A(1) "\n "), DOC("\t"),
         ERR_PROOF, 0, 0},
        {"comment added", "", "", OLD, NEW_IN("<!-- x -->"), ERR_PROOF, 0, 0},
        {"comment beside the new one", "4", "", OLD, NEW_IN("<!-- x -->" A(4)), ERR_PROOF, 0, 0},
        {"instruction added", "4", "", OLD, NEW_IN("<?x?>" A(4)), ERR_PROOF, 0, 0},
        {"text added", "4", "", OLD, NEW_IN("x" A(4)), ERR_PROOF, 0, 0},
        {"CDATA added", "4", "", OLD, NEW_IN("<![CDATA[ ]]>" A(4)), ERR_PROOF, 0, 0},
        {"reference as white space", "4", "", OLD, NEW_IN("&#32;" A(4)), ERR_PROOF, 0, 0},
        {"element added", "4", "", OLD, NEW_IN("<clear/>" A(4)), ERR_PROOF, 0, 0},
        {"comment changed", "4", "", OLD,
         DOC("\n    " A(1) "<!-- keep -->\n    " A(2) "\n    " A(3U) A(4) "\n  "), ERR_PROOF, 0, 0},
        {"comment lost with its item", "", "1", OLD, DOC("\n    " A(2) "\n    " A(3U) "\n  "),
         ERR_PROOF, 0, 0},
        {"order", "", "", DOC(A(1) A(2)), DOC(A(2) A(1)), ERR_PROOF, 0, 0},
        {"case of a kept one", "", "", OLD,
         DOC("\n    " A(1) "<!-- kept -->\n    " A(2) "\n    " A(3) "\n  "), ERR_PROOF, 0, 0},
        {"quotes of a kept one", "", "", DOC(A(1)),
         DOC("<pinnedCertificate publicKeyString='{1}' />"), ERR_PROOF, 0, 0},
        {"form of a kept one", "2", "", DOC(A(1)),
         DOC("<pinnedCertificate  publicKeyString=\"{1}\" />" A(2)), ERR_PROOF, 0, 0},
        {"attribute with the new one", "4", "", DOC(A(1)),
         DOC(A(1) "<pinnedCertificate x='' publicKeyString='{4}'/>"), ERR_PROOF, 0, 0},
        {"comment in the new one", "4", "", DOC(A(1)),
         DOC(A(1) "<pinnedCertificate publicKeyString='{4}'><!-- --></pinnedCertificate>"),
         ERR_PROOF, 0, 0},
        {"namespace of the new one", "4", "", DOC(A(1)),
         DOC(A(1) "<pinnedCertificate xmlns='urn:x' publicKeyString='{4}'/>"), ERR_PROOF, 0, 0},
        {"attribute of a removed one", "", "1",
         DOC("<pinnedCertificate x='' publicKeyString='{1}'/>"), DOC(""), ERR_PROOF, 0, 0},
        {"opened for nothing", "", "", HEAD "<pinnedCertificates/>" TAIL,
         HEAD "<pinnedCertificates></pinnedCertificates>" TAIL, ERR_PROOF, 0, 0},
        {"opened, attribute changed", "1", "", HEAD "<pinnedCertificates x=''/>" TAIL,
         HEAD "<pinnedCertificates x='y'>" A(1) "</pinnedCertificates>" TAIL, ERR_PROOF, 0, 0},
        {"opened, odd end tag", "1", "", HEAD "<pinnedCertificates/>" TAIL,
         HEAD "<pinnedCertificates>" A(1) "</pinnedCertificates >" TAIL, ERR_PROOF, 0, 0},
        {"start tag", "", "", DOC(A(1)),
         HEAD "  <pinnedCertificates >" A(1) "</pinnedCertificates>" TAIL, ERR_PROOF, 0, 0},
        {"white space in front", "", "", DOC(A(1)),
         HEAD " <pinnedCertificates>" A(1) "</pinnedCertificates>" TAIL, ERR_PROOF, 0, 0},
        {"empty element behind", "", "",
         "<configuration><pinnedCertificates/><c></c></configuration>",
         "<configuration><pinnedCertificates/><c/></configuration>", ERR_PROOF, 0, 0},
        {"reference behind", "", "", "<configuration><pinnedCertificates/>&lt;</configuration>",
         "<configuration><pinnedCertificates/>&#60;</configuration>", ERR_PROOF, 0, 0},
        {"value in front", "", "", "<configuration a='1'><pinnedCertificates/></configuration>",
         "<configuration a='2'><pinnedCertificates/></configuration>", ERR_PROOF, 0, 0},
        {"final line end", "", "", "<configuration><pinnedCertificates/></configuration>",
         "<configuration><pinnedCertificates/></configuration>\n", ERR_PROOF, 0, 0},
        {"declaration", "", "", "<configuration><pinnedCertificates/></configuration>",
         "<?xml version='1.0'?><configuration><pinnedCertificates/></configuration>", ERR_PROOF, 0,
         0},
        {"moved", "1", "", "<configuration><pinnedCertificates/><c/></configuration>",
         "<configuration><c/><pinnedCertificates>" A(1) "</pinnedCertificates></configuration>",
         ERR_PROOF, 0, 0},
        {"section lost", "", "1", DOC(A(1)), HEAD TAIL, ERR_PROOF, 0, 0},
        {"section twice", "1", "", DOC(A(1)), HEAD "<pinnedCertificates/>" TAIL, ERR_PROOF, 0, 0},
        {"malformed", "1", "", DOC(A(1)), HEAD "<pinnedCertificates>" A(1) TAIL, ERR_PROOF, 0, 0},
        {"cut", "1", "", "<configuration><pinnedCertificates/></configuration>",
         "<configuration><pinnedCertificates>" A(1) "</pinnedCertificates></configuration",
         ERR_PROOF, 0, 0},
        {"DOCTYPE", "", "", "<!DOCTYPE c><configuration><pinnedCertificates/></configuration>",
         "<!DOCTYPE c><configuration><pinnedCertificates/></configuration>", ERR_PROOF, 0, 0},
        {"new pin twice", "4", "", DOC(A(1)), DOC(A(1) A(4) A(4)), ERR_PROOF, 0, 0},
        {"new pin in parts", "4", "", DOC(A(1)),
         DOC(A(1) "<pinnedCertificate publicKeyString=' {4}'/>"), ERR_PROOF, 0, 0},
        {"in front of clear", "4", "", DOC("<clear/>"), DOC(A(4) "<clear/>"), ERR_PROOF, 0, 0},
        {"in front of remove", "4", "", DOC("<remove a='b'/>"), DOC(A(4) "<remove a='b'/>"),
         ERR_PROOF, 0, 0},
    };
    RUN_ALL(rows, NULL);
}

static void looks_at_the_selected_section(void **state)
{
    (void)state;
#define PAIR(x, y) "<configuration><a>" x "</a><a>" y "</a></configuration>"
#define S(x) "<pinnedCertificates>" x "</pinnedCertificates>"
    static const struct row rows[] = {
        {"second", "2", "", PAIR(S(A(1)), S(A(1))), PAIR(S(A(1)), S(A(1) A(2))), ERR_NONE, 2, 0},
        {"first", "2", "", PAIR(S(A(1)), S(A(1))), PAIR(S(A(1) A(2)), S(A(1))), ERR_PROOF, 0, 0},
        {"both", "2", "", PAIR(S(A(1)), S(A(1))), PAIR(S(A(1) A(2)), S(A(1) A(2))), ERR_PROOF, 0,
         0},
    };
    RUN_ALL(rows, "configuration/a[2]/pinnedCertificates");
    static const struct row unclear[] = {
        {"two", "", "", PAIR(S(""), S("")), PAIR(S(""), S("")), ERR_PROOF, 0, 0}};
    RUN_ALL(unclear, NULL);
    RUN_ALL(unclear, "configuration/a/pinnedCertificates");
    RUN_ALL(unclear, "configuration/pinnedCertificates");
}

/* Encoding and line ends are part of the bytes. */
static void refuses_another_encoding(void **state)
{
    (void)state;
    static const struct row row = {"", "1", "", OLD, OLD, ERR_PROOF, 0, 0};
    for (int a = 0; a < KIT_FORMS * 3; a++) {
        for (int b = 0; b < KIT_FORMS * 3; b++) {
            struct buf old_file, new_file;
            struct err err = {0};
            kit_document(&old_file, row.old_text, (enum kit_form)(a / 3), kit_eols[a % 3]);
            kit_document(&new_file, row.new_text, (enum kit_form)(b / 3), kit_eols[b % 3]);
            bool done = prove(&old_file, &new_file, NULL, &row, NULL, &err);
            if (done != (a == b) || (!done && err.code != ERR_PROOF))
                fail_msg("%d, %d: %s", a, b, err.text);
            buf_release(&old_file);
            buf_release(&new_file);
        }
    }
}

static void checks_the_size(void **state)
{
    (void)state;
    struct buf file, empty;
    struct err err = {0};
    struct row row = {"", "", "", "", "", ERR_NONE, 0, 0};
    kit_document(&file, OLD, KIT_UTF8, "\n");
    row.max_bytes = file.len;
    assert_true(prove(&file, &file, NULL, &row, NULL, &err));
    row.max_bytes = file.len - 1;
    assert_false(prove(&file, &file, NULL, &row, NULL, &err));
    assert_int_equal(err.code, ERR_TARGET_SIZE);
    buf_init(&empty, 1);
    assert_false(prove(&file, &empty, NULL, &row, NULL, &err));
    assert_int_equal(err.code, ERR_PROOF);
    buf_release(&file);
}

static void reports_counts(void **state)
{
    (void)state;
    static const struct row row = {"", "34", "1", NULL, NULL, ERR_NONE, 3, 0};
    struct buf old_file, new_file;
    struct webconfig_report report;
    const char *odd = "<pinnedCertificate publicKeyString='ab'/>";
    char text[8192];
    snprintf(text, sizeof text, DOC(A(1) "%s" A(2) A(2U) A(3)), odd);
    kit_document(&old_file, text, KIT_UTF8, "\n");
    snprintf(text, sizeof text, DOC("%s" A(2) A(2U) A(3) A(4)), odd);
    kit_document(&new_file, text, KIT_UTF8, "\n");
    KIT_MUST(prove(&old_file, &new_file, NULL, &row, &report, must));
    assert_int_equal(report.old_count, 3);
    assert_int_equal(report.new_count, 3);
    assert_int_equal(report.added_count, 1);
    assert_int_equal(report.removed_count, 1);
    assert_int_equal(report.kept_count, 2);
    assert_int_equal(report.unlisted_count, 1);
    assert_int_equal(report.others, 1);
    buf_release(&old_file);
    buf_release(&new_file);
}

/* What a change of white space or of letter case in the stretch [from, to) leaves. */
static void essence(struct buf *out, const struct buf *file, size_t from, size_t to)
{
    buf_init(out, KIT_MAX);
    for (size_t i = 0; i < file->len; i++) {
        uint8_t byte = file->data[i];
        if (i >= from && i < to) {
            if (byte == 0 || strchr(" \t\r\n", byte) != NULL)
                continue;
            byte = (uint8_t)(byte >= 'A' && byte <= 'F' ? byte + 32 : byte);
        }
        KIT_MUST(buf_add(out, &byte, 1, must));
    }
}

/* Changes one place of `file` in the `kind`-th way; false if there is no such way. */
static bool mutate(struct buf *out, const struct buf *file, size_t at, int kind)
{
    static const uint8_t others[] = {' ', '\n', '<', '>', '"', '/', '0', 'a', 'F', '-', 0, 0xc3};
    KIT_MUST(buf_add(out, file->data, file->len, must));
    if (kind < (int)sizeof others) {
        out->data[at] = others[kind];
    } else if (kind < (int)sizeof others + 8) {
        out->data[at] ^= (uint8_t)(1U << (kind - (int)sizeof others));
    } else if (kind == (int)sizeof others + 8) {
        memmove(out->data + at, out->data + at + 1, out->len - at - 1);
        out->len--;
    } else {
        return false;
    }
    return !buf_equal(out, file);
}

/*
 * Every byte of a spliced file replaced, flipped, left out: refused, unless only white space next
 * to what came and went or the letter case of what came is different, and then the pins must still
 * be there.
 */
static void catches_every_mutation(enum kit_form form, const char *old_text)
{
    static const struct row row = {"", "45", "2", NULL, NULL, ERR_NONE, 0, 0};
    struct pin add[2], remove[1];
    uint8_t digests[2][32], remove_digests[1][32];
    struct buf old_file, new_file;
    struct webconfig_change change;
    size_t accepted = 0;
    kit_pins("45", add, digests);
    kit_pins("2", remove, remove_digests);
    kit_document(&old_file, old_text, form, "\r\n");
    kit_round(&old_file, NULL, add, 2, (const uint8_t(*)[32])remove_digests, 1, &new_file, &change);
    /* From the first change to the last, and the white space on both sides. */
    size_t from = change.undo[0].offset, to = 0;
    for (size_t i = 0; i < change.undo_count; i++)
        to = change.undo[i].offset + change.undo[i].remove;
    while (from > 0 && (new_file.data[from - 1] == 0 || strchr(" \r\n", new_file.data[from - 1])))
        from--;
    while (to < new_file.len && (new_file.data[to] == 0 || strchr(" \r\n", new_file.data[to])))
        to++;
    for (size_t at = 0; at < new_file.len; at++) {
        /* Digits are many and alike: a fifth of the ways for each, another fifth for the next. */
        bool digit = at > 4 && isxdigit(new_file.data[at]) && isxdigit(new_file.data[at - 2]) &&
                     isxdigit(new_file.data[at - 4]);
        for (int kind = 0; kind < 21; kind++) {
            if (digit && ((size_t)kind + at) % 5 != 0)
                continue;
            struct buf mutant, a, b;
            struct err err = {0};
            buf_init(&mutant, KIT_MAX);
            if (mutate(&mutant, &new_file, at, kind) &&
                prove(&old_file, &mutant, NULL, &row, NULL, &err)) {
                accepted++;
                essence(&a, &new_file, from, to);
                essence(&b, &mutant, from, to - (new_file.len - mutant.len));
                if (at < from || at >= to || !buf_equal(&a, &b))
                    fail_msg("form %d: byte %zu of %zu, kind %d was not caught (%zu to %zu)",
                             (int)form, at, new_file.len, kind, from, to);
                buf_release(&a);
                buf_release(&b);
            }
            kit_no_canary(&err);
            buf_release(&mutant);
        }
    }
    assert_true(accepted < 2000);
    webconfig_change_release(&change);
    buf_release(&old_file);
    buf_release(&new_file);
}

static void catches_planted_mutations(void **state)
{
    (void)state;
    catches_every_mutation(KIT_UTF8, DOC("\n " A(1) "\n <!-- c -->" A(3U) "\n " A(2) "\n "));
    catches_every_mutation(KIT_UTF16LE, "<configuration>" CANARY "\n<pinnedCertificates>\n " A(
                                            2) "\n</pinnedCertificates></configuration>");
    catches_every_mutation(KIT_UTF8, "<configuration>\n<pinnedCertificates/></configuration>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_is_claimed),
        cmocka_unit_test(takes_back_what_was),
        cmocka_unit_test(refuses_other_keys),
        cmocka_unit_test(refuses_other_differences),
        cmocka_unit_test(looks_at_the_selected_section),
        cmocka_unit_test(refuses_another_encoding),
        cmocka_unit_test(checks_the_size),
        cmocka_unit_test(reports_counts),
        cmocka_unit_test(catches_planted_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
