/* SPDX-License-Identifier: MIT */
/* The workspace: made once, read strictly, one writer at a time, and its own trust set only. */
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
#include "bundler/workspace.h"
#include "tests/unit/make_bundle.h"
#include "tests/unit/scratch.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define ROOT                                                                                       \
    "<bundler xmlns=\"" WORKSPACE_NS "\" domain=\"000102030405060708090a0b0c0d0e0f\" "             \
    "channel=\"cns.awmdm.com\" created=\"2026-01-02T03:04:05Z\""

static struct err err;

static int begin(void **state)
{
    (void)state;
    err = (struct err){0};
    return unsetenv("SOURCE_DATE_EPOCH");
}

static int end(void **state)
{
    (void)state;
    scratch_empty(scratch_dir);
    return unsetenv("SOURCE_DATE_EPOCH");
}

static const char *dir(void)
{
    return scratch("ws");
}

static struct workspace *make(bool writing)
{
    struct workspace *ws;

    assert_true(workspace_create(dir(), WORKSPACE_CHANNEL, &err));
    ws = workspace_open(dir(), writing, &err);
    assert_non_null(ws);
    return ws;
}

static enum err_code open_code(bool writing)
{
    struct workspace *ws;

    err = (struct err){0};
    ws = workspace_open(dir(), writing, &err);
    workspace_close(ws);
    return ws == NULL ? err.code : ERR_NONE;
}

static unsigned mode_of(const char *name)
{
    struct stat st;
    char path[1024];

    snprintf(path, sizeof path, "%s/%s", dir(), name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void write_xml(const char *text)
{
    assert_true(fsio_replace(scratch("ws/" WORKSPACE_XML), text, strlen(text), 0644, &err));
}

static void is_made_whole(void **unused)
{
    static const uint8_t zero[16];
    struct workspace *ws = make(false), *other;

    (void)unused;
    assert_string_equal(ws->channel, "cns.awmdm.com");
    assert_memory_not_equal(ws->domain, zero, sizeof zero);
    assert_null(ws->source_url);
    assert_int_equal(mode_of(WORKSPACE_KEYS), 0700);
    assert_int_equal(mode_of(WORKSPACE_EVIDENCE), 0700);
    assert_int_equal(mode_of(WORKSPACE_BUNDLES), 0755);
    assert_int_equal(mode_of(WORKSPACE_RECEIPTS), 0755);
    assert_true(workspace_create(scratch("other"), "test.example", &err));
    other = workspace_open(scratch("other"), false, &err);
    assert_non_null(other);
    assert_string_equal(other->channel, "test.example");
    assert_memory_not_equal(ws->domain, other->domain, sizeof ws->domain);
    workspace_close(other);
    workspace_close(ws);
}

static void is_made_once(void **unused)
{
    (void)unused;
    workspace_close(make(false));
    assert_false(workspace_create(dir(), WORKSPACE_CHANNEL, &err));
    assert_int_equal(err.code, ERR_STATE_PRESENT);
    assert_false(workspace_create(scratch("new"), "No Channel", &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_false(workspace_create(scratch("a/b"), WORKSPACE_CHANNEL, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
}

/* A new domain beside an old trust set would make bundles that no site takes. */
static void half_a_workspace_is_not_completed(void **unused)
{
    (void)unused;
    workspace_close(make(false));
    assert_true(fsio_write_new(scratch("ws/" WORKSPACE_TRUST), "x", 1, 0644, &err));
    assert_true(fsio_remove(scratch("ws/" WORKSPACE_XML), &err));
    assert_int_equal(open_code(false), ERR_STATE_ABSENT);
    assert_false(workspace_create(dir(), WORKSPACE_CHANNEL, &err));
    assert_int_equal(err.code, ERR_STATE_DAMAGED);
    assert_true(fsio_remove(scratch("ws/" WORKSPACE_TRUST), &err));
    assert_true(workspace_create(dir(), WORKSPACE_CHANNEL, &err)); /* as after a cut-off init */
}

static void open_folders_for_keys_are_refused(void **unused)
{
    (void)unused;
    assert_true(fsio_make_dir(dir(), 0755, &err));
    assert_true(fsio_make_dir(scratch("ws/" WORKSPACE_KEYS), 0755, &err));
    assert_false(workspace_create(dir(), WORKSPACE_CHANNEL, &err));
    assert_int_equal(err.code, ERR_CONFIG_KEY);
    assert_int_equal(open_code(false), ERR_STATE_ABSENT);
}

static void one_writer_at_a_time(void **unused)
{
    struct workspace *ws = make(true);

    (void)unused;
    assert_true(workspace_check_writing(ws, &err));
    assert_int_equal(open_code(true), ERR_LOCKED);
    assert_int_equal(open_code(false), ERR_NONE);
    workspace_close(ws);
    assert_int_equal(open_code(true), ERR_NONE);
    ws = workspace_open(dir(), false, &err);
    assert_false(workspace_check_writing(ws, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    workspace_close(ws);
}

static void says_where_to_ask(void **unused)
{
    struct workspace *ws = make(false);

    (void)unused;
    workspace_close(ws);
    write_xml(HEAD "<!-- no -->" ROOT "/>\n");
    assert_int_equal(open_code(false), ERR_CONFIG_FORM);
    write_xml(HEAD ROOT
              ">\n  <source url=\"https://a.example/x\" ca=\"keys/ca.pem\"/>\n</bundler>");
    ws = workspace_open(dir(), false, &err);
    assert_non_null(ws);
    assert_string_equal(ws->source_url, "https://a.example/x");
    assert_string_equal(ws->source_ca, scratch("ws/keys/ca.pem"));
    workspace_close(ws);
    write_xml(HEAD ROOT "><source url=\"https://a.example/x\" ca=\"/etc/ca.pem\"/></bundler>");
    ws = workspace_open(dir(), false, &err);
    assert_non_null(ws);
    assert_string_equal(ws->source_ca, "/etc/ca.pem");
    workspace_close(ws);
}

static void nothing_is_passed_over(void **unused)
{
    static const char *const rows[] = {
        "",
        HEAD "<bundler xmlns=\"urn:pinferry:state:1\"/>",
        HEAD "<bundler xmlns=\"" WORKSPACE_NS "\"/>",
        HEAD ROOT " chanel=\"x\"/>",
        HEAD ROOT "><sources url=\"https://a.example/\"/></bundler>",
        HEAD ROOT "><source/></bundler>",
        HEAD ROOT "><source url=\"http://a.example/\"/></bundler>",
        HEAD ROOT "><source url=\"https://a.example/\" cacert=\"x\"/></bundler>",
        HEAD ROOT "><source url=\"https://a.example/\"/><source url=\"https://b/\"/></bundler>",
        HEAD ROOT "><source url=\"https://a.example/\"><x/></source></bundler>",
    };

    (void)unused;
    workspace_close(make(false));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_xml(rows[i]);
        assert_int_equal(open_code(false), ERR_CONFIG_FORM);
        assert_non_null(strstr(err.text, WORKSPACE_XML));
    }
    write_xml(HEAD "<bundler xmlns=\"urn:pinferry:bundler:2\"/>");
    assert_int_equal(open_code(false), ERR_NEWER);
}

static enum err_code trust_code(const struct workspace *ws)
{
    struct trust *trust;

    err = (struct err){0};
    trust = workspace_trust(ws, &err);
    trust_free(trust);
    return trust == NULL ? err.code : ERR_NONE;
}

static void put_trust(struct trust *set)
{
    made_must(trust_write(set, &err), &err);
    assert_true(
        fsio_replace(scratch("ws/" WORKSPACE_TRUST), set->bytes.data, set->bytes.len, 0644, &err));
}

static void takes_its_own_trust_set_only(void **unused)
{
    struct workspace *ws = make(false);
    struct made made;
    struct trust *set;

    (void)unused;
    assert_int_equal(trust_code(ws), ERR_CONFIG_KEY);
    assert_non_null(strstr(err.text, "keygen"));
    made_init(&made);
    set = made_set(&made, 1, MADE_ROOT, 1);
    made.trust = set;
    set->domain[0] = (uint8_t)(ws->domain[0] ^ 1);
    put_trust(set);
    assert_int_equal(trust_code(ws), ERR_SCOPE_DOMAIN);
    memcpy(set->domain, ws->domain, sizeof set->domain);
    snprintf(set->channel, sizeof set->channel, "a.example");
    put_trust(set);
    assert_int_equal(trust_code(ws), ERR_SCOPE_CHANNEL);
    snprintf(set->channel, sizeof set->channel, "%s", ws->channel);
    put_trust(set);
    assert_int_equal(trust_code(ws), ERR_NONE);
    assert_true(fsio_append(scratch("ws/" WORKSPACE_TRUST), "\n", 1, 0644, &err));
    assert_int_equal(trust_code(ws), ERR_TRUST_FORM);
    assert_non_null(strstr(err.text, WORKSPACE_TRUST));
    made_release(&made);
    workspace_close(ws);
}

static void the_time_can_be_set(void **unused)
{
    static const char *const bad[] = {"", "0", "-5", "1790000000 ", "0x5", "99999999999", "1e9"};
    struct workspace *ws;
    int64_t now;

    (void)unused;
    assert_int_equal(setenv("SOURCE_DATE_EPOCH", "1790000000", 1), 0);
    assert_true(workspace_now(&now, &err));
    assert_true(now == 1790000000);
    ws = make(false);
    assert_true(ws->created == 1790000000);
    workspace_close(ws);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(setenv("SOURCE_DATE_EPOCH", bad[i], 1), 0);
        err = (struct err){0};
        assert_false(workspace_now(&now, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_false(workspace_create(scratch("late"), WORKSPACE_CHANNEL, &err));
        assert_int_not_equal(access(scratch("late"), F_OK), 0);
    }
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)
    static const struct CMUnitTest tests[] = {
        EACH(is_made_whole),
        EACH(is_made_once),
        EACH(half_a_workspace_is_not_completed),
        EACH(open_folders_for_keys_are_refused),
        EACH(one_writer_at_a_time),
        EACH(says_where_to_ask),
        EACH(nothing_is_passed_over),
        EACH(takes_its_own_trust_set_only),
        EACH(the_time_can_be_set),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
