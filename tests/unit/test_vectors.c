/* SPDX-License-Identifier: MIT */
/*
 * The frozen vectors of format 1 (tests/vectors/README.md): each gives the answer that its row in
 * the index says, and together they give every answer of exit codes 10 to 17 and 19.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/fsio.h"
#include "base/when.h"
#include "bundles/bundle.h"
#include "bundles/receipt.h"
#include "bundles/statement.h"
#include "keys/crypto.h"

#define DIR "tests/vectors/"
#define ROWS_LEAST 250

enum column {
    FILE_NAME,
    KIND,
    TRUST,
    SITE,
    LAST,
    FLOOR,
    LOCAL,
    DIGEST,
    EXIT,
    REASON,
    REACHED,
    SIGNED,
    SCHEMA,
    NOTE,
    COLUMNS
};

struct row {
    char *columns[COLUMNS];
};

static struct buf index_text;
static struct row rows[1000];
static size_t row_count;
static bool seen[ERR_CODE_COUNT];
static size_t wrong; /* rows that did not answer as they should */

static void read_file(const char *name, struct buf *out)
{
    char path[256];
    struct err err = {0};

    snprintf(path, sizeof path, DIR "%s", name);
    buf_init(out, LIMIT_STATE_BYTES);
    if (!fsio_read_file(path, LIMIT_STATE_BYTES, out, &err)) {
        fail_msg("%s", err.text);
    }
}

static void add_row(char *line)
{
    struct row *row = &rows[row_count++];

    assert_true(row_count < sizeof rows / sizeof rows[0]);
    for (int i = 0; i < COLUMNS; i++) {
        char *end = line + strcspn(line, "\t");

        row->columns[i] = line;
        if (i + 1 < COLUMNS && *end != '\t') {
            fail_msg("row %zu of the index has %d columns", row_count, i + 1);
        }
        line = *end == '\0' ? end : end + 1;
        *end = '\0';
    }
}

static int setup(void **state)
{
    char *line;

    (void)state;
    read_file("index.tsv", &index_text);
    line = (char *)index_text.data;
    while (*line != '\0') {
        char *next = line + strcspn(line, "\n");

        assert_int_equal(*next, '\n');
        *next = '\0';
        if (line[0] != '#') {
            add_row(line);
        }
        line = next + 1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&index_text);
    return 0;
}

static bool has(const struct row *row, enum column column)
{
    return strcmp(row->columns[column], "-") != 0;
}

static int64_t time_of(const struct row *row, enum column column)
{
    int64_t when = 0;

    assert_true(!has(row, column) || when_parse(&when, row->columns[column], WHEN_MIN, WHEN_MAX));
    return when;
}

static void digest_of(uint8_t out[static 32], const char *hex)
{
    assert_true(text_unhex(out, 32, hex, strlen(hex), false));
}

static void check_answer(const struct row *row, const struct err *err)
{
    char code[16];

    seen[err->code] = true;
    snprintf(code, sizeof code, "%d", err_exit(err->code));
    if (strcmp(err_reason(err->code), row->columns[REASON]) != 0 ||
        strcmp(code, row->columns[EXIT]) != 0) {
        print_error("%s (%s): %s, exit %s, expected %s, exit %s (%s)\n", row->columns[FILE_NAME],
                    row->columns[NOTE], err_reason(err->code), code, row->columns[REASON],
                    row->columns[EXIT], err->text);
        wrong++;
    }
}

static struct trust *site_set(const struct row *row)
{
    struct err err = {0};
    struct trust *trust;
    struct buf bytes;

    read_file(row->columns[TRUST], &bytes);
    trust = trust_parse(bytes.data, bytes.len, &err);
    assert_non_null(trust);
    buf_release(&bytes);
    return trust;
}

static void take_last(struct bundle_policy *policy, const struct row *row)
{
    char *rest, *digest;

    if (has(row, LAST)) {
        policy->has_last = true;
        policy->last_epoch = strtoull(row->columns[LAST], &rest, 10);
        policy->last_sequence = strtoull(rest + 1, &digest, 10);
        digest_of(policy->last_manifest, digest + 1);
    }
}

static void run_bundle(const struct row *row)
{
    struct trust *trust = site_set(row), *advanced = NULL;
    struct bundle_policy policy = {.trust = trust,
                                   .site = row->columns[SITE],
                                   .check_replay = true,
                                   .check_time = true,
                                   .has_floor = has(row, FLOOR),
                                   .floor = time_of(row, FLOOR),
                                   .local = time_of(row, LOCAL)};
    struct err err = {0};
    struct bundle *bundle;
    uint8_t waived[32];
    struct buf bytes;
    char version[16] = "-";

    take_last(&policy, row);
    if (has(row, DIGEST)) {
        digest_of(waived, row->columns[DIGEST]);
        policy.waived_manifest = waived;
    }
    read_file(row->columns[FILE_NAME], &bytes);
    bundle = bundle_open_bytes(bytes.data, bytes.len, &policy, NULL, &advanced, &err);
    assert_true((bundle != NULL) == (err.code == ERR_NONE));
    check_answer(row, &err);
    if (advanced != NULL) {
        snprintf(version, sizeof version, "%u", (unsigned)advanced->version);
    }
    if (strcmp(version, row->columns[REACHED]) != 0) {
        fail_msg("%s: reached %s, expected %s", row->columns[FILE_NAME], version,
                 row->columns[REACHED]);
    }
    if (bundle != NULL) {
        assert_int_equal(bundle_signed_at(bundle), time_of(row, SIGNED));
    }
    buf_release(&bytes);
    bundle_free(bundle);
    trust_free(advanced);
    trust_free(trust);
}

static void run_trust(const struct row *row, const struct buf *bytes)
{
    struct err err = {0};
    struct trust *trust = trust_parse(bytes->data, bytes->len, &err);

    assert_true((trust != NULL) == (err.code == ERR_NONE));
    if (trust != NULL && has(row, DIGEST)) {
        bool same = trust_check_fingerprint(trust, row->columns[DIGEST], &err);

        assert_true(same == (err.code == ERR_NONE));
    }
    check_answer(row, &err);
    trust_free(trust);
}

static void run_manifest(const struct row *row, const struct buf *bytes)
{
    struct err err = {0};
    struct manifest *m = manifest_parse(bytes->data, bytes->len, &err);

    assert_true((m != NULL) == (err.code == ERR_NONE));
    check_answer(row, &err);
    manifest_free(m);
}

static void run_receipt(const struct row *row, const struct buf *bytes)
{
    struct err err = {0};
    struct receipt *r = receipt_parse(bytes->data, bytes->len, &err);

    assert_true((r != NULL) == (err.code == ERR_NONE));
    check_answer(row, &err);
    receipt_free(r);
}

static void run_statement(const struct row *row, const struct buf *bytes)
{
    struct err err = {0};
    struct statement *st = statement_parse(bytes->data, bytes->len, &err);

    assert_true((st != NULL) == (err.code == ERR_NONE));
    check_answer(row, &err);
    statement_free(st);
}

/* Runs `run` over all rows of a kind. */
static void run_kind(const char *kind, void (*run)(const struct row *, const struct buf *))
{
    size_t count = 0;

    wrong = 0;
    for (size_t i = 0; i < row_count; i++) {
        struct buf bytes;

        if (strcmp(rows[i].columns[KIND], kind) == 0) {
            read_file(rows[i].columns[FILE_NAME], &bytes);
            run(&rows[i], &bytes);
            buf_release(&bytes);
            count++;
        }
    }
    assert_true(count >= 20);
    assert_int_equal(wrong, 0);
}

static void run_bundle_row(const struct row *row, const struct buf *bytes)
{
    (void)bytes;
    run_bundle(row);
}

static void bundles_answer_as_the_index_says(void **state)
{
    (void)state;
    run_kind("bundle", run_bundle_row);
}

static void trust_sets_answer_as_the_index_says(void **state)
{
    (void)state;
    run_kind("trust", run_trust);
}

static void manifests_answer_as_the_index_says(void **state)
{
    (void)state;
    run_kind("manifest", run_manifest);
}

static void receipts_answer_as_the_index_says(void **state)
{
    (void)state;
    run_kind("receipt", run_receipt);
}

static void statements_answer_as_the_index_says(void **state)
{
    (void)state;
    run_kind("statement", run_statement);
}

/* --- requests, for want of a reader, and the others again: the rule of canonical bytes, by a
 * writer of its own --- */

static void add(struct buf *out, const char *text)
{
    struct err err = {0};

    assert_true(buf_add_text(out, text, &err));
}

static void add_value(struct buf *out, const char *value)
{
    char one[2] = "";

    for (; *value != '\0'; value++) {
        one[0] = *value;
        add(out, *value == '&'   ? "&amp;"
                 : *value == '<' ? "&lt;"
                 : *value == '>' ? "&gt;"
                 : *value == '"' ? "&quot;"
                                 : one);
    }
}

static void add_element(struct buf *out, const xmlNode *node, int depth)
{
    const xmlNode *child = node->children;

    for (int i = 0; i < depth; i++) {
        add(out, "  ");
    }
    add(out, "<");
    add(out, (const char *)node->name);
    if (depth == 0) {
        add(out, " xmlns=\"");
        add(out, (const char *)node->ns->href);
        add(out, "\"");
    }
    for (const xmlAttr *a = node->properties; a != NULL; a = a->next) {
        add(out, " ");
        add(out, (const char *)a->name);
        add(out, "=\"");
        add_value(out, a->children == NULL ? "" : (const char *)a->children->content);
        add(out, "\"");
    }
    while (child != NULL && child->type != XML_ELEMENT_NODE) {
        child = child->next;
    }
    add(out, child == NULL ? "/>\n" : ">\n");
    if (child == NULL) {
        return;
    }
    for (; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) {
            add_element(out, child, depth + 1);
        }
    }
    for (int i = 0; i < depth; i++) {
        add(out, "  ");
    }
    add(out, "</");
    add(out, (const char *)node->name);
    add(out, ">\n");
}

/* Whether the bytes are one of the canonical spellings, the order of attributes aside. */
static bool is_canonical(const struct buf *bytes)
{
    xmlDocPtr doc = xmlReadMemory((const char *)bytes->data, (int)bytes->len, NULL, NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    struct buf again;
    bool same;

    if (doc == NULL) {
        return false;
    }
    buf_init(&again, LIMIT_STATE_BYTES);
    add(&again, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    add_element(&again, xmlDocGetRootElement(doc), 0);
    same = buf_equal(&again, bytes);
    buf_release(&again);
    xmlFreeDoc(doc);
    return same;
}

/* A good document is canonical; a bad one that a schema takes may break the one or the other. */
static void check_bytes(const struct row *row, const struct buf *bytes)
{
    bool by_bytes = strcmp(row->columns[REASON], "document.canonical") == 0 &&
                    strcmp(row->columns[SCHEMA], "valid") == 0 &&
                    strstr(row->columns[FILE_NAME], "-order.xml") == NULL;

    if (strcmp(row->columns[EXIT], "0") == 0) {
        assert_true(is_canonical(bytes));
    } else if (by_bytes && is_canonical(bytes)) {
        fail_msg("%s is canonical", row->columns[FILE_NAME]);
    }
}

static void documents_are_canonical_where_the_index_says(void **state)
{
    (void)state;
    run_kind("statement", check_bytes);
    run_kind("request", check_bytes);
    run_kind("receipt", check_bytes);
    run_kind("manifest", check_bytes);
    run_kind("trust", check_bytes);
}

/* Runs last: by then every vector has given its answer. */
static void every_answer_has_its_vector(void **state)
{
    (void)state;
    assert_true(row_count >= ROWS_LEAST);
    for (int code = 1; code < ERR_CODE_COUNT; code++) {
        int exit_code = err_exit((enum err_code)code);

        /* a statement's nonce is compared with a site's state, which no vector has */
        if (exit_code >= 10 && exit_code <= 19 && exit_code != 18 && code != ERR_REPLAY_STATEMENT &&
            !seen[code]) {
            fail_msg("no vector gives %s", err_reason((enum err_code)code));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundles_answer_as_the_index_says),
        cmocka_unit_test(trust_sets_answer_as_the_index_says),
        cmocka_unit_test(manifests_answer_as_the_index_says),
        cmocka_unit_test(receipts_answer_as_the_index_says),
        cmocka_unit_test(statements_answer_as_the_index_says),
        cmocka_unit_test(documents_are_canonical_where_the_index_says),
        cmocka_unit_test(every_answer_has_its_vector),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
