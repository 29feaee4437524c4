/* SPDX-License-Identifier: MIT */
/* The manifest: its one form, its rules, and what the reader refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bundles/naming.h"
#include "tests/unit/make_bundle.h"

/* The base points of P-256 and P-384 (SEC 2). */
static const char p384[] = "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f"
                           "25dbf55296c3a545e3872760a"
                           "b73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b"
                           "1ce1d7e819d7a431d7c90ea0e"
                           "5f";

/* A manifest in which everything that may be there is there. */
static void make_full(struct made_bundle *b)
{
    struct manifest *m;
    struct manifest_pin *pin;
    struct manifest_retired *retired;
    struct err err = {0};

    made_bundle_init(b);
    m = b->manifest;
    m->all_sites = false;
    m->minimum = 1;
    assert_true(manifest_add_site(m, "z", &err) && manifest_add_site(m, "a.b", &err));
    pin = manifest_add_pin(m, &err);
    assert_true(pin_from_hex(&pin->pin, p384, strlen(p384), &err));
    pin->approved = MADE_NOW;
    pin->by_policy = true;
    pin->has_validity = true;
    pin->valid_from = WHEN_KEY_MIN;
    pin->valid_to = WHEN_KEY_MAX;
    pin->evidence_count = 3;
    for (int i = 0; i < 3; i++) {
        pin->evidence[i].kind = i == 0 ? MANIFEST_TLS : MANIFEST_ANSWER;
        pin->evidence[i].first = WHEN_MIN;
        pin->evidence[i].sha256[31] = (uint8_t)(9 - i);
    }
    retired = manifest_add_retired(m, &err);
    memset(retired->sha256, 0xee, 32);
    snprintf(retired->reason, sizeof retired->reason, "lost & found <\"1\">");
    retired = manifest_add_retired(m, &err);
    memset(retired->sha256, 0x11, 32);
    snprintf(retired->reason, sizeof retired->reason,
             "gr\xc3\xbc\xc3\x9f"
             "e");
    m->trust_version = 2;
    made_list(manifest_add_trust(m, &err), "trust/000002.xml", "x", 1);
    made_list(manifest_add_trust(m, &err), "trust/000002-1.p7s", "y", 1);
    made_payload(b, "payload/notes", "n");
    made_payload(b, "payload/a-file", "f");
    m->payload[0].notes = true;
    m->extensions.count = 1;
    snprintf(m->extensions.items[0].id, sizeof m->extensions.items[0].id, "urn:x:1");
    m->extensions.items[0].value = calloc(1, 2);
    assert_non_null(m->extensions.items[0].value);
    m->extensions.items[0].value[0] = 'v';
}

static enum err_code parse_code(const void *bytes, size_t len)
{
    struct err err = {0};
    struct manifest *m = manifest_parse(bytes, len, &err);

    assert_true((m != NULL) == (err.code == ERR_NONE));
    manifest_free(m);
    return err.code;
}

static void what_is_written_is_read(void **state)
{
    struct made_bundle b;
    struct manifest *m;
    struct err err = {0};
    struct buf again;

    (void)state;
    make_full(&b);
    made_document(&b);
    m = manifest_parse(b.document.data, b.document.len, &err);
    assert_non_null(m);
    assert_string_equal(m->sites[0], "a.b");
    assert_int_equal(m->pin_count, 2);
    assert_int_equal(m->minimum, 1);
    assert_int_equal(m->retired[0].sha256[0], 0x11);
    assert_string_equal(m->retired[1].reason, "lost & found <\"1\">");
    assert_string_equal(m->payload[0].name, "payload/a-file");
    assert_true(m->payload[1].notes);
    assert_string_equal(m->trust[1].name, "trust/000002-1.p7s");
    for (size_t i = 0; i < 2; i++) {
        if (m->pins[i].has_validity) {
            assert_int_equal(m->pins[i].evidence[0].kind, MANIFEST_ANSWER);
            assert_int_equal(m->pins[i].evidence[0].sha256[31], 7);
            assert_int_equal(m->pins[i].evidence[2].kind, MANIFEST_TLS);
            assert_int_equal(m->pins[i].valid_to, WHEN_KEY_MAX);
        }
    }
    assert_true(manifest_for_site(m, "z"));
    assert_false(manifest_for_site(m, "y"));
    assert_true(manifest_for_site(m, "a.b"));
    buf_init(&again, LIMIT_MANIFEST_BYTES);
    assert_true(manifest_write(m, &again, &err));
    assert_true(buf_equal(&again, &b.document));
    buf_release(&again);
    manifest_free(m);
    made_bundle_release(&b);
}

/* Replaces the first `from` by `to` in the full document and reads that. */
static enum err_code edited(const char *from, const char *to)
{
    struct made_bundle b;
    struct buf bytes;
    struct err err = {0};
    const char *text, *at;
    enum err_code code;

    make_full(&b);
    made_document(&b);
    text = buf_text(&b.document);
    at = strstr(text, from);
    if (at == NULL) {
        fail_msg("'%s' does not stand in the document", from);
        return ERR_NONE;
    }
    buf_init(&bytes, 2 * LIMIT_MANIFEST_BYTES);
    assert_true(buf_add(&bytes, text, (size_t)(at - text), &err));
    assert_true(buf_add_text(&bytes, to, &err));
    assert_true(buf_add_text(&bytes, at + strlen(from), &err));
    code = parse_code(bytes.data, bytes.len);
    buf_release(&bytes);
    made_bundle_release(&b);
    return code;
}

static void other_documents_are_refused(void **state)
{
    static const struct {
        const char *from, *to;
        enum err_code code;
    } cases[] = {
        {"manifest:1", "manifest:2", ERR_NEWER},
        {"manifest:1", "manifest:01", ERR_MANIFEST_FORM},
        {"manifest:1", "trust:1", ERR_MANIFEST_FORM},
        {"critical=\"false\"", "critical=\"true\"", ERR_NEWER_EXTENSION},
        {"<?xml", "<!-- --><?xml", ERR_DOCUMENT_FORM},
        {"</manifest>", "", ERR_DOCUMENT_FORM},
        {"</manifest>\n", "</manifest>", ERR_DOCUMENT_CANONICAL},
        {"  <pins>", " <pins>", ERR_DOCUMENT_CANONICAL},
        {"epoch=\"1\" trust-version=\"2\"", "trust-version=\"2\" epoch=\"1\"",
         ERR_DOCUMENT_CANONICAL},
        {"epoch=\"1\"", "epoch=\"1\" other=\"1\"", ERR_DOCUMENT_CANONICAL},
        {"epoch=\"1\"", "epoch=\"01\"", ERR_MANIFEST_FORM},
        {"epoch=\"1\"", "epoch=\"0\"", ERR_MANIFEST_FORM},
        {"epoch=\"1\"", "epoch=\"9007199254740992\"", ERR_MANIFEST_FORM},
        {"trust-version=\"2\"", "trust-version=\"3\"", ERR_MANIFEST_FORM},
        {"trust-version=\"2\"", "trust-version=\"1000000\"", ERR_MANIFEST_FORM},
        {"sequence=\"5\" ", "", ERR_MANIFEST_FORM},
        {"minimum=\"1\"", "minimum=\"401\"", ERR_MANIFEST_FORM},
        {"minimum=\"1\"", "minimum=\"\"", ERR_DOCUMENT_FORM},
        {"id=\"a.b\"", "id=\"con\"", ERR_MANIFEST_FORM},
        {"id=\"a.b\"", "id=\"z\"", ERR_MANIFEST_FORM},
        {"<sites>", "<sites all=\"true\">", ERR_MANIFEST_FORM},
        {"<sites>", "<sites all=\"false\">", ERR_MANIFEST_FORM},
        {"id=\"a.b\"", "id=\"zz\"", ERR_DOCUMENT_CANONICAL},
        {"key=\"046b17", "key=\"046b18", ERR_PIN_FORM},
        {"key=\"046b17", "key=\"046B17", ERR_DOCUMENT_CANONICAL},
        {"dotnet-public-key", "spki", ERR_MANIFEST_FORM},
        {"by=\"manual\"", "by=\"hand\"", ERR_MANIFEST_FORM},
        {"kind=\"tls\"", "kind=\"dns\"", ERR_MANIFEST_FORM},
        {"valid-from=\"1950-01-01T00:00:00Z\" ", "", ERR_MANIFEST_FORM},
        {"9999-12-31T23:59:59Z", "1949-12-31T23:59:59Z", ERR_MANIFEST_FORM},
        {"1950-01-01T00:00:00Z", "9999-12-31T23:60:59Z", ERR_MANIFEST_FORM},
        {"lost &amp; found", "lost  found", ERR_MANIFEST_FORM},
        {"lost &amp; found", "lost &#38; found", ERR_DOCUMENT_CANONICAL},
        {"type=\"notes\"", "type=\"note\"", ERR_MANIFEST_FORM},
        {"type=\"opaque\"", "type=\"notes\"", ERR_MANIFEST_FORM},
        {"size=\"1\"", "size=\"0\"", ERR_MANIFEST_FORM},
        {"size=\"1\"", "size=\"65537\"", ERR_MANIFEST_FORM},
        {"\"payload/notes\"", "\"payload/a-file\"", ERR_MANIFEST_FORM},
        {"\"payload/notes\"", "\"notes\"", ERR_MANIFEST_FORM},
        {"\"payload/notes\"", "\"payload/no/tes\"", ERR_MANIFEST_FORM},
        {"000002-1.p7s", "000002-2.p7s", ERR_MANIFEST_FORM},
        {"<retired>", "<retired><pin/>", ERR_MANIFEST_FORM},
        {"<pins>", "<pinned/><pins>", ERR_MANIFEST_FORM},
        {"</extensions>", "</extensions><more/>", ERR_MANIFEST_FORM},
    };

    (void)state;
    assert_int_equal(edited("z", "z"), ERR_NONE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum err_code code = edited(cases[i].from, cases[i].to);

        if (code != cases[i].code) {
            fail_msg("'%s' -> '%s': %s", cases[i].from, cases[i].to, err_reason(code));
        }
    }
}

/* One rule broken in the value: the writer refuses as the reader would. */
static void break_rule(struct manifest *m, int rule)
{
    struct err err = {0};

    switch (rule) {
    case 0:
        m->created = m->not_before + 1;
        break;
    case 1:
        m->expires = m->not_before;
        break;
    case 2:
        m->next_expected = m->created;
        break;
    case 3:
        m->expires = WHEN_MAX + 1;
        break;
    case 4:
        m->pin_count = 0;
        break;
    case 5:
        m->pins[1].pin = m->pins[0].pin;
        break;
    case 6:
        memcpy(m->retired[0].sha256, m->pins[0].pin.sha256, 32);
        break;
    case 7:
        memcpy(m->retired[0].sha256, m->retired[1].sha256, 32);
        break;
    case 8:
        m->pins[0].evidence_count = 0;
        break;
    case 9:
        m->pins[0].approved = 0;
        break;
    case 10:
        m->sequence = 0;
        break;
    case 11:
        m->channel[0] = 'X';
        break;
    case 12:
        m->trust_version = 3;
        break;
    case 13:
        m->trust_count = 1;
        break;
    case 14:
        m->trust[0].size = LIMIT_TRUST_BYTES + 1;
        break;
    case 15:
        m->trust[1].size = LIMIT_SIGNATURE_BYTES + 1;
        break;
    case 16:
        m->payload[0].size = 65537;
        break;
    case 17:
        m->payload[1].size = LIMIT_MEMBER_BYTES + 1;
        break;
    case 18:
        m->site_count = 0;
        break;
    case 19:
        m->all_sites = true;
        break;
    case 20:
        for (int i = 0; i < 2; i++) {
            if (m->pins[i].has_validity) {
                m->pins[i].valid_from = m->pins[i].valid_to + 1;
            }
        }
        break;
    case 21:
        m->trust_version = 1000000;
        break;
    case 22:
        made_list(manifest_add_trust(m, &err), "trust/000004.xml", "x", 1);
        break;
    default:
        break;
    }
}

static void the_writer_holds_every_rule(void **state)
{
    (void)state;
    for (int rule = 0; rule <= 23; rule++) {
        struct made_bundle b;
        struct err err = {0};
        bool written;

        make_full(&b);
        break_rule(b.manifest, rule);
        written = manifest_write(b.manifest, &b.document, &err);
        if (written != (rule == 23) || (!written && err.code != ERR_MANIFEST_FORM)) {
            fail_msg("rule %d: %s", rule, err_reason(err.code));
        }
        assert_true(written || b.document.len == 0);
        made_bundle_release(&b);
    }
}

static void lists_have_their_limits(void **state)
{
    struct err err = {0};
    struct manifest *m = manifest_new(&err);
    const struct manifest_pin *first;

    (void)state;
    assert_non_null(m);
    first = manifest_add_pin(m, &err);
    for (int i = 1; i < LIMIT_PINS; i++) {
        assert_non_null(manifest_add_pin(m, &err));
    }
    assert_ptr_equal(first, m->pins);
    assert_null(manifest_add_pin(m, &err));
    assert_int_equal(err.code, ERR_CONTAINER_LIMIT);
    assert_int_equal(m->pin_count, LIMIT_PINS);
    for (int i = 0; i < LIMIT_PAYLOAD; i++) {
        assert_non_null(manifest_add_payload(m, &err));
    }
    assert_null(manifest_add_payload(m, &err));
    for (int i = 0; i < LIMIT_RETIRED; i++) {
        assert_non_null(manifest_add_retired(m, &err));
    }
    assert_null(manifest_add_retired(m, &err));
    for (int i = 0; i < LIMIT_TRUST_SETS * 17; i++) {
        assert_non_null(manifest_add_trust(m, &err));
    }
    assert_null(manifest_add_trust(m, &err));
    for (int i = 0; i < LIMIT_SITES; i++) {
        assert_true(manifest_add_site(m, "s", &err));
    }
    assert_false(manifest_add_site(m, "s", &err));
    assert_int_equal(err.code, ERR_CONTAINER_LIMIT);
    assert_false(manifest_add_site(m, "S", &err));
    assert_int_equal(err.code, ERR_MANIFEST_FORM);
    manifest_free(m);
    manifest_free(NULL);
}

static void evidence_kinds_have_names(void **state)
{
    enum manifest_evidence_kind kind;

    (void)state;
    for (int i = 0; i < MANIFEST_EVIDENCE_KINDS; i++) {
        const char *name = manifest_evidence_name((enum manifest_evidence_kind)i);

        assert_true(manifest_evidence_kind(&kind, name));
        assert_int_equal(kind, i);
        assert_true(i == 0 ||
                    strcmp(manifest_evidence_name((enum manifest_evidence_kind)(i - 1)), name) < 0);
    }
    assert_false(manifest_evidence_kind(&kind, "rumour"));
}

static void names_come_in_one_order(void **state)
{
    static const struct {
        const char *names; /* separated by spaces */
        bool fits;
    } cases[] = {
        {"manifest.xml manifest-1.p7s payload/a payload/b", true},
        {"trust/000002.xml trust/000002-1.p7s trust/000003.xml trust/000003-1.p7s manifest.xml",
         true},
        {"trust/999999.xml trust/999999-1.p7s manifest.xml", true},
        {"trust/000001.xml", false},
        {"trust/2.xml", false},
        {"trust/0000002.xml", false},
        {"trust/00000a.xml", false},
        {"trust/000002.xml manifest.xml", false},
        {"trust/000002.xml trust/000003.xml", false},
        {"trust/000002.xml trust/000002-2.p7s", false},
        {"trust/000002.xml trust/000002-01.p7s", false},
        {"trust/000002.xml trust/000003-1.p7s", false},
        {"trust/000002.xml trust/000002-1.p7s trust/000004.xml", false},
        {"trust/000002.xml trust/000002-1.p7s trust/000002.xml", false},
        {"trust/999999.xml trust/999999-1.p7s trust/1000000.xml", false},
        {"trust/000002.xml trust/000002-1.p7s payload/a", false},
        {"manifest-1.p7s", false},
        {"payload/a", false},
        {"manifest.xml payload/a", false},
        {"manifest.xml manifest.xml", false},
        {"manifest.xml manifest-2.p7s", false},
        {"manifest.xml manifest-1.p7s manifest-1.p7s", false},
        {"manifest.xml manifest-1.p7s trust/000002.xml", false},
        {"manifest.xml manifest-1.p7s payload/", false},
        {"manifest.xml manifest-1.p7s payload/../a", false},
        {"manifest.xml manifest-1.p7s payload/NUL", false},
        {"./manifest.xml", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct naming naming = {0};
        enum naming_kind kind;
        char names[200], *at = names;
        bool fits = true;

        snprintf(names, sizeof names, "%s", cases[i].names);
        while (fits && at != NULL) {
            char *space = strchr(at, ' ');

            if (space != NULL) {
                *space++ = '\0';
            }
            fits = naming_next(&naming, at, &kind);
            at = space;
            assert_true(fits || !cases[i].fits);
        }
        /* only the last name is the wrong one */
        if (fits != cases[i].fits || at != NULL) {
            fail_msg("%s", cases[i].names);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(the_writer_holds_every_rule),
        cmocka_unit_test(lists_have_their_limits),
        cmocka_unit_test(evidence_kinds_have_names),
        cmocka_unit_test(names_come_in_one_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
