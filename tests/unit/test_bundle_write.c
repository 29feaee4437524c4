/* SPDX-License-Identifier: MIT */
/* bundle_write.c: what it writes is what the opener reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "bundles/bundle_write.h"
#include "tests/unit/make_bundle.h"
#include "tests/unit/scratch.h"

static struct made made;

static int setup(void **state)
{
    struct err err = {0};

    made_init(&made);
    made.trust = made_set(&made, 1, MADE_ROOT, 1);
    made_must(trust_write(made.trust, &err), &err);
    return scratch_make(state);
}

static int teardown(void **state)
{
    made_release(&made);
    return scratch_remove(state);
}

static void put(const char *name, const void *bytes, size_t len)
{
    struct err err = {0};

    made_must(fsio_replace(scratch(name), bytes, len, 0600, &err), &err);
}

static void sign(enum sigfile_kind kind, int key, const struct buf *document, struct buf *file)
{
    struct err err = {0};

    buf_init(file, LIMIT_SIGNATURE_BYTES);
    made_must(sigfile_sign(made.keys[key], made.certs[key].data, made.certs[key].len, false, kind,
                           document->data, document->len, MADE_NOW, file, &err),
              &err);
}

/* A payload member of the manifest, measured from the file of that name. */
static struct manifest_member *measured(struct made_bundle *b, const char *name, const char *file)
{
    struct manifest_member *member = manifest_add_payload(b->manifest, NULL);
    struct err err = {0};

    snprintf(member->name, sizeof member->name, "%s", name);
    made_must(bundle_write_measure(member, scratch(file), NULL, &err), &err);
    return member;
}

/* A set 2 with its signature, two signatures of the manifest and a payload file. */
static void test_the_opener_reads_it(void **state)
{
    struct trust *second = made_set(&made, 2, MADE_ROOT, 2);
    struct bundle_policy policy = made_policy(made.trust);
    struct trust *advanced = NULL;
    struct made_bundle b;
    struct buf set_signature, signatures[2];
    struct tarwrite w;
    struct bundle *bundle;
    struct err err = {0};

    (void)state;
    made_must(trust_write(second, &err), &err);
    sign(SIGFILE_TRUST, MADE_ROOT, &second->bytes, &set_signature);
    made_bundle_init(&b);
    b.manifest->trust_version = 2;
    put("attachment", "0123456789", 10);
    measured(&b, "payload/attachment", "attachment");
    struct bundle_write_set set = {2, {&second->bytes, &set_signature, 1}};
    made_must(bundle_write_list(b.manifest, &set, 1, &err), &err);
    made_document(&b);
    sign(SIGFILE_MANIFEST, MADE_FIRST, &b.document, &signatures[0]);
    sign(SIGFILE_MANIFEST, MADE_SECOND, &b.document, &signatures[1]);
    struct bundle_write_signed parts = {&b.document, signatures, 2};

    tarwrite_init(&w, made_sink, &b.tar);
    made_must(
        bundle_write_head(&w, &set, 1, &parts, &err) &&
            bundle_write_file(&w, &b.manifest->payload[0], scratch("attachment"), NULL, &err) &&
            tarwrite_end(&w, &err),
        &err);
    bundle = bundle_open_bytes(b.tar.data, b.tar.len, &policy, NULL, &advanced, &err);
    made_must(bundle != NULL, &err);
    assert_int_equal(advanced->version, 2);
    assert_int_equal(bundle_manifest(bundle)->trust_count, 2);
    assert_string_equal(bundle_manifest(bundle)->trust[1].name, "trust/000002-1.p7s");
    assert_int_equal(bundle_manifest(bundle)->payload[0].size, 10);

    bundle_free(bundle);
    trust_free(advanced);
    trust_free(second);
    buf_release(&set_signature);
    buf_release(&signatures[0]);
    buf_release(&signatures[1]);
    made_bundle_release(&b);
}

static void test_measuring(void **state)
{
    /* printf %s 0123456789 | sha256sum */
    static const char sha256[] = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
    struct manifest_member member = {0};
    struct err err = {0};
    char hex[65];

    (void)state;
    put("file", "0123456789", 10);
    made_must(bundle_write_measure(&member, scratch("file"), NULL, &err), &err);
    text_hex(hex, member.sha256, 32);
    assert_string_equal(hex, sha256);
    assert_int_equal(member.size, 10);
}

static void assert_not_measured(const char *file, bool notes, enum err_code code, const char *says)
{
    struct manifest_member member = {.notes = notes};
    struct err err = {0};

    assert_false(bundle_write_measure(&member, scratch(file), NULL, &err));
    assert_string_equal(err_reason(err.code), err_reason(code));
    if (strstr(err.text, says) == NULL) {
        fail_msg("'%s' does not say '%s'", err.text, says);
    }
}

static void test_what_cannot_be_a_member(void **state)
{
    static const char notes[LIMIT_NOTES_BYTES + 1];
    struct manifest_member member = {.notes = true};
    struct err err = {0};

    (void)state;
    put("empty", "", 0);
    put("most", notes, sizeof notes - 1);
    put("over", notes, sizeof notes);
    assert_not_measured("empty", false, ERR_CONTAINER_LIMIT, "empty");
    assert_not_measured("over", true, ERR_CONTAINER_LIMIT, "1 to 65536 bytes");
    assert_not_measured("absent", false, ERR_IO_ABSENT, "absent");
    assert_not_measured(".", false, ERR_IO_KIND, scratch_dir);
    made_must(bundle_write_measure(&member, scratch("most"), NULL, &err), &err);
    assert_int_equal(member.size, sizeof notes - 1);
}

/* What one read gave is signed; another read must give the same. */
static void test_a_file_that_changes(void **state)
{
    static const char *const later[] = {"0123456780", "012345678", "01234567890", ""};

    (void)state;
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        struct manifest_member member = {.name = "payload/file"};
        struct err err = {0};
        struct tarwrite w;
        struct buf tar;

        buf_init(&tar, LIMIT_HEAD_BYTES);
        put("file", "0123456789", 10);
        made_must(bundle_write_measure(&member, scratch("file"), NULL, &err), &err);
        put("file", later[i], strlen(later[i]));
        tarwrite_init(&w, made_sink, &tar);
        assert_false(bundle_write_file(&w, &member, scratch("file"), NULL, &err));
        assert_string_equal(err_reason(err.code), err_reason(ERR_CHANGED));
        buf_release(&tar);
    }
}

static void test_too_many_sets(void **state)
{
    struct bundle_write_set sets[LIMIT_TRUST_SETS + 1];
    struct buf signatures[LIMIT_TRUST_SIGNATURES + 1], bytes;
    struct err err = {0};
    struct manifest *m = manifest_new(&err);

    (void)state;
    buf_init(&bytes, 16);
    made_must(m != NULL && buf_add_text(&bytes, "x", &err), &err);
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        signatures[i] = bytes;
    }
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        sets[i] = (struct bundle_write_set){i + 2, {&bytes, signatures, LIMIT_TRUST_SIGNATURES}};
    }
    made_must(bundle_write_list(m, sets, LIMIT_TRUST_SETS, &err), &err);
    assert_int_equal(m->trust_count, LIMIT_TRUST_SETS * (1 + LIMIT_TRUST_SIGNATURES));
    assert_false(bundle_write_list(m, &sets[LIMIT_TRUST_SETS], 1, &err));
    assert_string_equal(err_reason(err.code), err_reason(ERR_CONTAINER_LIMIT));
    manifest_free(m);
    buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_opener_reads_it),     cmocka_unit_test(test_measuring),
        cmocka_unit_test(test_what_cannot_be_a_member), cmocka_unit_test(test_a_file_that_changes),
        cmocka_unit_test(test_too_many_sets),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
