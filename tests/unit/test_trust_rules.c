/* SPDX-License-Identifier: MIT */
/* Trust sets, case by case: one spelling, every rule, each digit of the fingerprint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys/crypto.h"
#include "tests/unit/trust_kit.h"

static struct err err;

static void parse_refuses(const void *bytes, size_t len, enum err_code code, const char *what)
{
    struct trust *set;

    err = (struct err){0};
    set = trust_parse(bytes, len, &err);
    if (set != NULL) {
        trust_free(set);
        fail_msg("accepted: %s", what);
    }
    if (err.code != code) {
        fail_msg("%s: %s instead of %s: %s", what, err_reason(err.code), err_reason(code),
                 err.text);
    }
}

/* The document with the first `from` replaced. */
static void edit(const struct trust *set, const char *from, const char *to, struct buf *out)
{
    const char *text = buf_text(&set->bytes), *at = strstr(text, from);

    assert_non_null(at);
    buf_init(out, 2 * LIMIT_TRUST_BYTES);
    assert_true(buf_add(out, text, (size_t)(at - text), &err));
    assert_true(buf_add_text(out, to, &err));
    assert_true(buf_add_text(out, at + strlen(from), &err));
}

static void what_is_written_is_read(void **state)
{
    struct trust *set = kit_written(kit_set(3, "210", 2)), *again;
    uint8_t sha256[32];

    (void)state;
    again = trust_parse(set->bytes.data, set->bytes.len, &err);
    assert_non_null(again);
    assert_true(buf_equal(&again->bytes, &set->bytes));
    assert_true(crypto_sha256(sha256, set->bytes.data, set->bytes.len, &err));
    assert_memory_equal(again->fingerprint, sha256, 32);
    assert_memory_equal(set->fingerprint, sha256, 32);
    assert_memory_equal(again->domain, set->domain, sizeof set->domain);
    assert_string_equal(again->channel, "cns.awmdm.com");
    assert_int_equal(again->version, 3);
    assert_int_equal(again->epoch, 5);
    assert_int_equal(again->least_sequence, 7);
    assert_int_equal(again->expires, 1830297600);
    assert_false(again->single_key);
    assert_int_equal(again->roles[TRUST_ROOT].threshold, 2);
    assert_int_equal(again->roles[TRUST_ROOT].count, 3);
    assert_string_equal(again->roles[TRUST_ROOT].signers[0].id, "key-0");
    assert_string_equal(again->roles[TRUST_ROOT].signers[2].id, "key-2");
    assert_int_equal(again->roles[TRUST_BUNDLE].signers[0].until, WHEN_MAX);
    assert_true(buf_is(&kit_keys[1].cert, trust_find(again, TRUST_ROOT, "key-1")->cert,
                       kit_keys[1].cert.len));
    assert_null(trust_find(again, TRUST_BUNDLE, "key-1"));
    trust_free(again);
    trust_free(set);
    trust_free(NULL);
}

static void the_document_is_as_the_format_says(void **state)
{
    static const char head[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<trust xmlns=\"urn:pinferry:trust:1\" domain=\"d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0\" "
        "channel=\"cns.awmdm.com\" version=\"1\" epoch=\"5\" expires=\"2028-01-01T00:00:00Z\" "
        "least-sequence=\"7\">\n"
        "  <root threshold=\"1\">\n"
        "    <signer id=\"key-0\" certificate=\"MII";
    static const char middle[] = "\"/>\n  </root>\n  <bundle threshold=\"1\">\n"
                                 "    <signer id=\"key-9\" until=\"2099-12-31T23:59:59Z\" "
                                 "certificate=\"MII";
    static const char end[] = "\"/>\n  </bundle>\n</trust>\n";
    struct trust *set = kit_set(1, "0", 1);

    (void)state;
    set->expires = 1830297600;
    kit_written(set);
    assert_memory_equal(set->bytes.data, head, sizeof head - 1);
    assert_non_null(strstr(buf_text(&set->bytes), middle));
    assert_string_equal(buf_text(&set->bytes) + set->bytes.len - (sizeof end - 1), end);
    trust_free(set);
}

static void every_other_spelling_is_refused(void **state)
{
    static const char *const edits[][2] = {
        {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", ""},
        {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version='1.0' encoding='UTF-8'?>"},
        {"\"UTF-8\"", "\"UTF-7\""},
        {"\n", "\r\n"},
        {"<trust ", "<trust  "},
        {" version=\"3\"", " version=\"+3\""},
        {" version=\"3\"", " version=\" 3\""},
        {" version=\"3\"", " version=\"&#51;\""},
        {" version=\"3\"", " version=\"0\""},
        {" version=\"3\"", " version=\"-1\""},
        {" version=\"3\"", " version=\"18446744073709551619\""},
        {" version=\"3\"", ""},
        {" version=\"3\"", " version=\"3\" version=\"3\""},
        {" version=\"3\"", " version=\"3\" other=\"x\""},
        {" version=\"3\" epoch=\"5\"", " epoch=\"5\" version=\"3\""},
        {" epoch=\"5\"", " epoch=\"9007199254740992\""},
        {" least-sequence=\"7\"", " least-sequence=\"0\""},
        {" least-sequence=\"7\"", " least-sequence=\"7\" single-key=\"true\""},
        {" least-sequence=\"7\"", " least-sequence=\"7\" single-key=\"false\""},
        {"2028-01-01T00:00:00Z", "2028-01-01T00:00:00"},
        {"2028-01-01T00:00:00Z", "2028-02-30T00:00:00Z"},
        {"2028-01-01T00:00:00Z", "2100-01-01T00:00:00Z"},
        {"d0d0d0", "D0d0d0"},
        {"d0d0d0", "d0d0"},
        {"cns.awmdm.com", "cns..awmdm.com"},
        {"cns.awmdm.com", "CNS.awmdm.com"},
        {"urn:pinferry:trust:1", "urn:pinferry:manifest:1"},
        {"urn:pinferry:trust:1", "urn:pinferry:trus:1"},
        {"<trust xmlns=", "<trust xmlns:x=\"urn:x\" xmlns="},
        {"  <root", "  <!-- c -->\n  <root"},
        {"  <root", "  <?p i?>\n  <root"},
        {"  <root", " <root"},
        {"  <root", "\n  <root"},
        {"<root threshold=\"2\"", "<root threshold=\"0\""},
        {"<root threshold=\"2\"", "<root threshold=\"4\""},
        {"<root threshold=\"2\"", "<root"},
        {"<root threshold=\"2\"", "<root threshold=\"2\" x=\"y\""},
        {"id=\"key-0\"", "id=\"key-5\""},
        {"id=\"key-0\"", "id=\"key-1\""},
        {"id=\"key-0\"", "id=\"Key-0\""},
        {"id=\"key-0\"", "id=\"con\""},
        {"id=\"key-0\"", "until=\"2028-01-01T00:00:00Z\" id=\"key-0\""},
        {" until=\"2099-12-31T23:59:59Z\"", ""},
        {" until=\"2099-12-31T23:59:59Z\"", " until=\"2100-01-01T00:00:00Z\""},
        {"certificate=\"MII", "certificate=\" MII"},
        {"certificate=\"MII", "certificate=\"&#10;MII"},
        {"certificate=\"MII", "certificate=\"NII"},
        {"certificate=\"MII", "certificate=\"MJI"},
        {"certificate=\"MII", "certificate=\"\" x=\"MII"},
        {"certificate=\"MII", "x=\"MII"},
        {"  <bundle", "  <root"},
        {"</trust>\n", "</trust>\n\n"},
        {"</trust>\n", "  <other/>\n</trust>\n"},
        {"</trust>\n",
         "  <extensions>\n    <extension id=\"urn:a\" critical=\"false\" value=\"x\"/>\n"
         "  </extensions>\n  <other/>\n</trust>\n"},
        {"</trust>\n", "</trust>\n<trust/>\n"},
        {"<trust", "\xef\xbb\xbf<trust"},
        {"urn:pinferry:trust:1", "urn:pinferry:trust:one"},
        {"urn:pinferry:trust:1", "urn:pinferry:trust:01"},
        {"urn:pinferry:trust:1", "urn:pinferry:trust:"},
        {"urn:pinferry:trust:1", "urn:pinferry:trust:9007199254740992"},
    };
    struct trust *set = kit_written(kit_set(3, "012", 2));
    struct buf bytes;

    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        edit(set, edits[i][0], edits[i][1], &bytes);
        parse_refuses(bytes.data, bytes.len, ERR_TRUST_FORM, edits[i][1]);
        buf_release(&bytes);
    }
    for (size_t cut = 0; cut < set->bytes.len; cut++) {
        parse_refuses(set->bytes.data, cut, ERR_TRUST_FORM, "cut");
    }
    trust_free(set);
}

static void newer_documents_say_so(void **state)
{
    static const char *const edits[][2] = {
        {"urn:pinferry:trust:1", "urn:pinferry:trust:2"},
        {"urn:pinferry:trust:1\" domain=\"d0", "urn:pinferry:trust:10\" domain=\"newer"},
    };
    struct trust *set = kit_written(kit_set(3, "012", 2));
    struct buf bytes;

    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        edit(set, edits[i][0], edits[i][1], &bytes);
        parse_refuses(bytes.data, bytes.len, ERR_NEWER, edits[i][1]);
        buf_release(&bytes);
    }
    edit(set, "</trust>\n",
         "  <extensions>\n    <extension id=\"urn:a\" critical=\"true\" value=\"x\"/>\n"
         "  </extensions>\n</trust>\n",
         &bytes);
    parse_refuses(bytes.data, bytes.len, ERR_NEWER_EXTENSION, "critical");
    buf_release(&bytes);
    trust_free(set);
}

static void signers_stand_sorted(void **state)
{
    struct trust *set = kit_written(kit_set(3, "012", 2));
    char *text = strdup(buf_text(&set->bytes));
    char *a, *b;
    struct buf swapped;

    (void)state;
    assert_non_null(text);
    a = strstr(text, "    <signer id=\"key-0\"");
    b = strstr(text, "    <signer id=\"key-1\"");
    buf_init(&swapped, LIMIT_TRUST_BYTES);
    assert_true(buf_add(&swapped, text, (size_t)(a - text), &err));
    assert_true(buf_add(&swapped, b, (size_t)(strchr(b, '\n') + 1 - b), &err));
    assert_true(buf_add(&swapped, a, (size_t)(b - a), &err));
    assert_true(buf_add_text(&swapped, strchr(b, '\n') + 1, &err));
    assert_int_equal(swapped.len, set->bytes.len);
    parse_refuses(swapped.data, swapped.len, ERR_TRUST_FORM, "unsorted");
    buf_release(&swapped);
    free(text);
    trust_free(set);
}

static void write_refuses(struct trust *set, const char *what)
{
    err = (struct err){0};
    if (trust_write(set, &err)) {
        fail_msg("written: %s", what);
    }
    assert_int_equal(err.code, ERR_TRUST_FORM);
    trust_free(set);
}

#define WRITE_REFUSES(change)                                                                      \
    do {                                                                                           \
        struct trust *set = kit_set(3, "012", 2);                                                  \
        change;                                                                                    \
        write_refuses(set, #change);                                                               \
    } while (0)

static void sets_against_the_rules_are_not_written(void **state)
{
    (void)state;
    WRITE_REFUSES(set->roles[TRUST_ROOT].threshold = 0);
    WRITE_REFUSES(set->roles[TRUST_ROOT].threshold = 4);
    WRITE_REFUSES(set->roles[TRUST_BUNDLE].threshold = 0);
    WRITE_REFUSES(set->roles[TRUST_BUNDLE].threshold = 2);
    WRITE_REFUSES(set->single_key = true);
    WRITE_REFUSES(kit_add(set, TRUST_BUNDLE, 0));
    WRITE_REFUSES(set->version = 0);
    WRITE_REFUSES(set->version = 1000000);
    WRITE_REFUSES(set->epoch = 0);
    WRITE_REFUSES(set->epoch = TEXT_NUMBER_MAX + 1);
    WRITE_REFUSES(set->least_sequence = 0);
    WRITE_REFUSES(set->least_sequence = TEXT_NUMBER_MAX + 1);
    WRITE_REFUSES(set->expires = WHEN_MIN - 1);
    WRITE_REFUSES(set->expires = WHEN_MAX + 1);
    WRITE_REFUSES(set->channel[0] = '\0');
    WRITE_REFUSES(set->roles[TRUST_BUNDLE].signers[0].until = WHEN_MAX + 1);
    WRITE_REFUSES(set->roles[TRUST_BUNDLE].signers[0].until = 0);
    write_refuses(kit_set(3, "", 1), "no root signer");
}

static void a_threshold_is_at_most_eight(void **state)
{
    struct trust *set = kit_set(3, "9", 1);

    (void)state;
    set->single_key = true;
    for (size_t i = 0; i < 9; i++) {
        kit_add(set, TRUST_BUNDLE, i);
    }
    set->roles[TRUST_BUNDLE].threshold = 8;
    kit_written(set);
    set->roles[TRUST_BUNDLE].threshold = 9;
    write_refuses(set, "threshold 9 of 10");
}

static void one_key_in_both_roles_needs_its_flag(void **state)
{
    struct trust *set = kit_set(3, "9", 1), *again;
    struct buf bytes;

    (void)state;
    set->single_key = true;
    kit_written(set);
    again = trust_parse(set->bytes.data, set->bytes.len, &err);
    assert_non_null(again);
    assert_true(again->single_key);
    trust_free(again);
    edit(set, " single-key=\"true\"", "", &bytes);
    parse_refuses(bytes.data, bytes.len, ERR_TRUST_FORM, "shared key without flag");
    buf_release(&bytes);
    trust_free(set);
}

static void add_refuses(struct trust *set, enum trust_role role, const char *id,
                        const uint8_t *cert, size_t len)
{
    size_t count = set->roles[role].count;

    err = (struct err){0};
    if (trust_add(set, role, id, WHEN_MAX, cert, len, &err)) {
        fail_msg("added: %s", id);
    }
    assert_int_equal(err.code, ERR_TRUST_FORM);
    assert_int_equal(set->roles[role].count, count);
}

static void signers_that_may_not_be_are_not_added(void **state)
{
    struct trust *set = kit_set(3, "0", 1);
    const struct buf *cert = &kit_keys[1].cert;
    static uint8_t large[LIMIT_CERTIFICATE_BYTES + 1];
    struct buf renewed, longer;

    (void)state;
    add_refuses(set, TRUST_ROOT, "Key", cert->data, cert->len);
    add_refuses(set, TRUST_ROOT, "", cert->data, cert->len);
    add_refuses(set, TRUST_ROOT, "key-0", cert->data, cert->len);
    add_refuses(set, TRUST_ROOT, "again", kit_keys[0].cert.data, kit_keys[0].cert.len);
    kit_renew(0, &renewed);
    add_refuses(set, TRUST_ROOT, "renewed", renewed.data, renewed.len);
    buf_release(&renewed);
    add_refuses(set, TRUST_ROOT, "none", cert->data, 0);
    add_refuses(set, TRUST_ROOT, "cut", cert->data, cert->len - 1);
    add_refuses(set, TRUST_ROOT, "large", large, sizeof large);
    buf_init(&longer, LIMIT_CERTIFICATE_BYTES);
    assert_true(buf_add(&longer, cert->data, cert->len, &err));
    assert_true(buf_add(&longer, "", 1, &err));
    add_refuses(set, TRUST_ROOT, "longer", longer.data, longer.len);
    buf_release(&longer);
    for (size_t i = 1; i < LIMIT_ROOT_SIGNERS; i++) {
        kit_add(set, TRUST_ROOT, i);
    }
    add_refuses(set, TRUST_ROOT, "ninth", kit_keys[8].cert.data, kit_keys[8].cert.len);
    trust_free(set);
}

static void a_signer_is_taken_out(void **state)
{
    struct trust *set = kit_set(3, "0129", 2);
    char first[TEXT_ID_MAX + 1];

    (void)state;
    set->single_key = true;
    snprintf(first, sizeof first, "%s", set->roles[TRUST_ROOT].signers[0].id);
    assert_false(trust_remove(set, TRUST_BUNDLE, first, &err));
    assert_int_equal(err.code, ERR_TRUST_FORM);
    assert_true(trust_remove(set, TRUST_ROOT, first, &err));
    assert_null(trust_find(set, TRUST_ROOT, first));
    assert_int_equal(set->roles[TRUST_ROOT].count, 3);
    assert_true(set->single_key);
    kit_written(set);
    assert_true(trust_remove(set, TRUST_BUNDLE, set->roles[TRUST_BUNDLE].signers[0].id, &err));
    assert_false(set->single_key);
    assert_false(trust_write(set, &err));
    trust_free(set);
}

static void documents_keep_their_limit(void **state)
{
    static char large[LIMIT_TRUST_BYTES + 1];

    (void)state;
    memset(large, ' ', sizeof large);
    parse_refuses(large, sizeof large, ERR_TRUST_FORM, "large");
    assert_non_null(strstr(err.text, "65536"));
}

static void fingerprints_are_compared_as_typed(void **state)
{
    struct trust *set = kit_written(kit_set(3, "012", 2));
    char hex[65], groups[32 * 5 / 2 + 1], typed[200], *at = typed;

    (void)state;
    text_hex(hex, set->fingerprint, 32);
    text_hex_groups(groups, set->fingerprint, 32);
    assert_true(trust_check_fingerprint(set, hex, &err));
    assert_true(trust_check_fingerprint(set, groups, &err));
    for (size_t i = 0; i < 64; i += 2) {
        at += snprintf(at, 4, "%02X:", set->fingerprint[i / 2]);
    }
    assert_true(trust_check_fingerprint(set, typed, &err));
    for (size_t i = 0; i < 64; i++) {
        char kept = hex[i];

        hex[i] = kept == '0' ? '1' : '0';
        assert_false(trust_check_fingerprint(set, hex, &err));
        assert_int_equal(err.code, ERR_TRUST_FINGERPRINT);
        hex[i] = kept;
    }
    hex[63] = '\0';
    assert_false(trust_check_fingerprint(set, hex, &err));
    assert_int_equal(err.code, ERR_TRUST_FINGERPRINT);
    assert_false(trust_check_fingerprint(set, "", &err));
    snprintf(typed, sizeof typed, "%s0", groups);
    assert_false(trust_check_fingerprint(set, typed, &err));
    trust_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_document_is_as_the_format_says),
        cmocka_unit_test(every_other_spelling_is_refused),
        cmocka_unit_test(newer_documents_say_so),
        cmocka_unit_test(signers_stand_sorted),
        cmocka_unit_test(sets_against_the_rules_are_not_written),
        cmocka_unit_test(a_threshold_is_at_most_eight),
        cmocka_unit_test(one_key_in_both_roles_needs_its_flag),
        cmocka_unit_test(signers_that_may_not_be_are_not_added),
        cmocka_unit_test(a_signer_is_taken_out),
        cmocka_unit_test(documents_keep_their_limit),
        cmocka_unit_test(fingerprints_are_compared_as_typed),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
