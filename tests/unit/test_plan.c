/* SPDX-License-Identifier: MIT */
/* The plan: what each target would become, why it is refused, and nothing written meanwhile. */
#include "applier/plan.h"
#include "tests/unit/site_kit.h"

static struct err err;

static int empty(void **state)
{
    err = (struct err){0};
    return site_kit_empty(state);
}

static struct plan *plan(const char *pins, const char *retired, const struct site *site)
{
    static const char secret_text[] = "0123456789abcdef0123456789abcdef";
    struct bundle *bundle = site_kit_bundle(pins, retired);
    struct plan *made;
    struct buf secret;

    buf_init_secret(&secret, 32);
    KIT_MUST(buf_add(&secret, secret_text, 32, must));
    err = (struct err){0};
    made = plan_bundle(bundle, site, &secret, &err);
    assert_int_equal(made == NULL, err.code != ERR_NONE);
    kit_no_canary(&err);
    buf_release(&secret);
    bundle_free(bundle);
    return made;
}

/* The code of a plan for www/a alone. */
static enum err_code plan_code(const char *pins, const char *retired, const struct site *site)
{
    struct plan *made = plan(pins, retired, site);

    plan_free(made);
    return err.code;
}

static void assert_row(const struct plan_target *t, size_t i, enum plan_fate fate, size_t line,
                       unsigned n)
{
    struct pin pin;

    kit_pin(&pin, n);
    assert_true(i < t->row_count);
    assert_int_equal(t->rows[i].fate, fate);
    assert_int_equal(t->rows[i].line, line);
    assert_true(pin_equal(&t->rows[i].pin, &pin));
    assert_true(t->rows[i].is_pin);
}

static void rows_tell_every_item_s_fate(void **unused)
{
    struct site *site;
    struct plan *p;
    const struct plan_target *t;

    (void)unused;
    site_kit_target("a", "123");
    site = site_kit_site("a", NULL);
    p = plan("145", "26", site);
    assert_non_null(p);
    t = &p->targets[0];
    assert_int_equal(t->row_count, 5);
    assert_row(t, 0, PLAN_KEPT, 7, 1);
    assert_row(t, 1, PLAN_REMOVED, 8, 2);
    assert_row(t, 2, PLAN_UNLISTED, 9, 3);
    assert_int_equal(t->rows[3].fate, PLAN_ADDED);
    assert_int_equal(t->rows[3].line, 9);
    assert_int_equal(t->rows[4].line, 10);
    assert_true(t->rows[0].has_validity);
    assert_false(t->rows[3].has_validity);
    assert_string_equal(t->rows[1].reason, SITE_KIT_REASON);
    assert_string_equal(t->rows[0].reason, "");
    assert_int_equal(t->index, 1);
    assert_string_equal(t->path, site_kit_path("a"));
    assert_null(t->section);
    assert_string_equal(t->staging, site->targets[0].staging);
    assert_string_equal(t->encoding, "UTF-8");
    assert_string_equal(t->eol, "LF");
    assert_int_equal(t->before.count, 3);
    assert_int_equal(t->after.count, 4);
    assert_int_equal(t->report.added_count, 2);
    assert_int_equal(t->report.removed_count, 1);
    assert_int_equal(t->report.unlisted_count, 1);
    assert_true(t->changes && p->changes);
    assert_int_equal(p->minimum, 0);
    plan_free(p);
    site_free(site);
}

static void sets_are_those_of_receipts(void **unused)
{
    uint8_t sorted[2][32], digest[32];
    struct site *site;
    struct plan *p;
    struct pin one, two;

    (void)unused;
    site_kit_target("a", "1212");
    site = site_kit_site("a", NULL);
    p = plan("12", "", site);
    assert_non_null(p);
    kit_pin(&one, 1);
    kit_pin(&two, 2);
    memcpy(sorted[memcmp(one.sha256, two.sha256, 32) > 0], one.sha256, 32);
    memcpy(sorted[memcmp(one.sha256, two.sha256, 32) < 0], two.sha256, 32);
    KIT_MUST(crypto_sha256(digest, sorted, sizeof sorted, must));
    assert_int_equal(p->targets[0].before.count, 2);
    assert_memory_equal(p->targets[0].before.digest, digest, 32);
    assert_memory_equal(p->targets[0].after.digest, digest, 32);
    assert_false(p->changes || p->targets[0].changes);
    assert_true(buf_equal(&p->targets[0].old_bytes, &p->targets[0].new_bytes));
    plan_free(p);
    site_free(site);
}

static void odd_items_have_rows_too(void **unused)
{
    static const char text[] =
        "<configuration><pinnedCertificates>\n<pinnedCertificate publicKeyString=\" {1}\"/>\n"
        "<pinnedCertificate publicKeyString=\"00ff\"/>\n<pinnedCertificate/>\n"
        "</pinnedCertificates></configuration>";
    struct site *site;
    struct plan *p;
    struct buf bytes;

    (void)unused;
    site_kit_target("a", "1");
    kit_expand(&bytes, text);
    KIT_MUST(fsio_replace(site_kit_path("a"), bytes.data, bytes.len, 0644, must));
    buf_release(&bytes);
    site = site_kit_site("a", NULL);
    p = plan("1", "", site);
    assert_non_null(p);
    assert_true(p->targets[0].odd_space);
    assert_int_equal(p->targets[0].row_count, 3);
    assert_row(&p->targets[0], 0, PLAN_KEPT, 2, 1);
    assert_int_equal(p->targets[0].rows[1].fate, PLAN_UNLISTED);
    assert_int_equal(p->targets[0].rows[1].pin.len, 2);
    assert_false(p->targets[0].rows[1].is_pin);
    assert_int_equal(p->targets[0].rows[2].fate, PLAN_UNLISTED);
    assert_int_equal(p->targets[0].rows[2].pin.len, 0);
    assert_int_equal(p->targets[0].before.count, 2);
    plan_free(p);
    site_free(site);
}

static void each_target_is_planned(void **unused)
{
    struct site *site;
    struct plan *p;

    (void)unused;
    site_kit_target("a", "1");
    site_kit_target("b", "12");
    site = site_kit_site("a", "b");
    p = plan("12", "", site);
    assert_non_null(p);
    assert_int_equal(p->count, 2);
    assert_true(p->targets[0].changes);
    assert_false(p->targets[1].changes);
    assert_true(p->changes);
    assert_int_equal(p->targets[1].index, 2);
    assert_memory_equal(p->targets[0].after.digest, p->targets[1].after.digest, 32);
    plan_free(p);
    site_free(site);
}

static void the_digest_is_of_all_that_matters(void **unused)
{
    uint8_t digests[6][32], zero[32] = {0};
    struct bundle *bundle;
    struct site *site, *both;
    struct plan *p;

    (void)unused;
    site_kit_target("a", "1");
    site_kit_target("b", "1");
    site = site_kit_site("a", NULL);
    both = site_kit_site("a", "b");
    for (int i = 0; i < 5; i++) {
        if (i == 4) {
            site_kit_target("a", "13");
        }
        p = plan(i == 2 ? "14" : "12", "", i == 3 ? both : site);
        assert_non_null(p);
        memcpy(digests[i], p->digest, 32);
        plan_free(p);
    }
    /* the same bundle's bytes differ by their signature, its manifest does not */
    assert_memory_equal(digests[0], digests[1], 32);
    for (int i = 2; i < 5; i++) {
        assert_memory_not_equal(digests[0], digests[i], 32);
    }
    bundle = site_kit_bundle("12", "");
    p = plan_bundle(bundle, site, NULL, &err);
    assert_non_null(p);
    assert_memory_equal(p->digest, zero, 32);
    plan_free(p);
    bundle_free(bundle);
    site_free(both);
    site_free(site);
}

static void the_higher_minimum_holds(void **unused)
{
    struct made_bundle b;
    struct bundle *bundle;
    struct site *site;
    struct plan *p;

    (void)unused;
    site_kit_target("a", "1");
    site = site_kit_site("a", NULL);
    site->minimum = 2;
    assert_int_equal(plan_code("1", "", site), ERR_MINIMUM);
    assert_ptr_equal(strstr(err.text, site_kit_path("a")), err.text);
    p = plan("12", "", site);
    assert_non_null(p);
    assert_int_equal(p->minimum, 2);
    plan_free(p);
    site_kit_bundle_init(&b, "12", "");
    b.manifest->minimum = 3;
    site_kit_bundle_finish(&b);
    bundle = site_kit_open(&b);
    assert_null(plan_bundle(bundle, site, NULL, &err));
    assert_int_equal(err.code, ERR_MINIMUM);
    bundle_free(bundle);
    made_bundle_release(&b);
    site_free(site);
}

static void unlisted_pins_may_refuse(void **unused)
{
    struct site *site;

    (void)unused;
    site_kit_target("a", "13");
    site = site_kit_site("a", NULL);
    assert_int_equal(plan_code("1", "", site), ERR_NONE);
    site->refuse_unlisted = true;
    assert_int_equal(plan_code("1", "", site), ERR_UNLISTED);
    assert_ptr_equal(strstr(err.text, site_kit_path("a")), err.text);
    assert_int_equal(plan_code("1", "3", site), ERR_NONE);
    site_free(site);
}

static void the_size_limit_holds(void **unused)
{
    struct site *site;

    (void)unused;
    site_kit_target("a", "1");
    site = site_kit_site("a", NULL);
    site->max_bytes = 1024;
    assert_int_equal(plan_code("1", "", site), ERR_NONE);
    assert_int_equal(plan_code("12", "", site), ERR_TARGET_SIZE);
    assert_non_null(strstr(err.text, "1024"));
    site_free(site);
}

static void one_file_is_no_two_targets(void **unused)
{
    char again[600];
    struct site *site;

    (void)unused;
    site_kit_target("a", "1");
    site = site_kit_site("a", NULL);
    snprintf(again, sizeof again, "%s/www/../www//a", scratch_dir);
    KIT_MUST(site_add(site, again, NULL, "/s", must));
    assert_int_equal(plan_code("12", "", site), ERR_CONFIG_FORM);
    site_free(site);
}

static void bad_targets_are_named(void **unused)
{
    static const struct {
        const char *text;
        enum err_code code;
    } rows[] = {
        {"", ERR_TARGET_FORM},
        {"<configuration>" CANARY, ERR_TARGET_FORM},
        {"<configuration a='" CANARY "'/>", ERR_TARGET_SECTION},
        {"<!DOCTYPE c><configuration/>", ERR_TARGET_DOCTYPE},
    };
    struct site *site;

    (void)unused;
    site_kit_target("a", "1");
    site = site_kit_site("a", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        KIT_MUST(fsio_replace(site_kit_path("a"), rows[i].text, strlen(rows[i].text), 0644, must));
        assert_int_equal(plan_code("1", "", site), rows[i].code);
        assert_ptr_equal(strstr(err.text, site_kit_path("a")), err.text);
    }
    KIT_MUST(fsio_remove(site_kit_path("a"), must));
    assert_int_equal(plan_code("1", "", site), ERR_IO_ABSENT);
    assert_int_equal(symlink("/etc/passwd", site_kit_path("a")), 0);
    assert_int_equal(plan_code("1", "", site), ERR_TARGET_LINK);
    site_free(site);
}

static void nothing_is_written(void **unused)
{
    struct fsio_names before, after;
    struct buf old, now;
    struct site *site;

    (void)unused;
    site_kit_target("a", "1");
    site = site_kit_site("a", NULL);
    buf_init(&old, LIMIT_TARGET_BYTES);
    buf_init(&now, LIMIT_TARGET_BYTES);
    KIT_MUST(fsio_list(scratch("www"), 10, &before, must));
    KIT_MUST(fsio_read_file(site_kit_path("a"), LIMIT_TARGET_BYTES, &old, must));
    assert_int_equal(plan_code("12", "", site), ERR_NONE);
    KIT_MUST(fsio_read_file(site_kit_path("a"), LIMIT_TARGET_BYTES, &now, must));
    KIT_MUST(fsio_list(scratch("www"), 10, &after, must));
    assert_true(buf_equal(&old, &now));
    assert_int_equal(before.count, after.count);
    fsio_names_release(&before);
    fsio_names_release(&after);
    buf_release(&old);
    buf_release(&now);
    site_free(site);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, empty)
    const struct CMUnitTest tests[] = {
        TEST(rows_tell_every_item_s_fate),
        TEST(sets_are_those_of_receipts),
        TEST(odd_items_have_rows_too),
        TEST(each_target_is_planned),
        TEST(the_digest_is_of_all_that_matters),
        TEST(the_higher_minimum_holds),
        TEST(unlisted_pins_may_refuse),
        TEST(the_size_limit_holds),
        TEST(one_file_is_no_two_targets),
        TEST(bad_targets_are_named),
        TEST(nothing_is_written),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
