/* SPDX-License-Identifier: MIT */
/* The selector's grammar and how it follows a document. */
#include "applier/webconfig_selector.h"
#include "tests/unit/webconfig_kit.h"

#define P "pinnedCertificates"

static void reads_the_grammar(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t steps; /* 0: refused */
    } rows[] = {
        {P, 1},
        {"/" P, 1},
        {"a/" P, 2},
        {"a[1]/b[23]/" P "[4]", 3},
        {"\xc3\xa9/" P, 2},
        {"*/*[2]/" P, 3},
        {"", 0},
        {"/", 0},
        {"a", 0},
        {"a/", 0},
        {P "/", 0},
        {"//" P, 0},
        {"a//" P, 0},
        {"p:" P, 0},
        {P "x", 0},
        {P "[0]", 0},
        {P "[01]", 0},
        {P "[]", 0},
        {P "[-1]", 0},
        {P "[1", 0},
        {P "[1]x", 0},
        {P "[1][2]", 0},
        {P "[99999999999999999999]", 0},
        {"[1]/" P, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct webconfig_selector selector = {.count = 99};
        struct err err = {0};
        bool done = webconfig_selector_parse(&selector, rows[i].path, &err);
        if (done != (rows[i].steps > 0) || (!done && err.code != ERR_USAGE))
            fail_msg("\"%s\": %d %s", rows[i].path, done, err.text);
        assert_int_equal(selector.count, done ? rows[i].steps : 99);
    }
    struct webconfig_selector none;
    KIT_MUST(webconfig_selector_parse(&none, NULL, must));
    assert_int_equal(none.count, 0);
    assert_false(webconfig_selector_enter(&none, 0, P));
}

/* Walks "(a(b)(b(P)))": a name after "(" opens an element. Returns which of those called P it
 * selects. */
static unsigned selected(const char *path, const char *walk)
{
    struct webconfig_selector selector;
    size_t depth = 0;
    unsigned which = 0, seen = 0;
    KIT_MUST(webconfig_selector_parse(&selector, path, must));
    for (const char *p = walk; *p != '\0'; p++) {
        if (*p == '(') {
            char name[2] = {p[1], '\0'};
            bool pins = p[1] == 'P';
            if (webconfig_selector_enter(&selector, depth++, pins ? P : name))
                which |= 1U << seen;
            seen += pins;
        } else if (*p == ')') {
            webconfig_selector_leave(&selector, --depth);
        }
    }
    return which;
}

static void follows_a_document(void **state)
{
    (void)state;
    const char *walk = "(a(P)(b(P)(P))(c(P))(b(x(P))(P))(P))";
    assert_int_equal(selected("a/" P, walk), 1 | 64);
    assert_int_equal(selected("a/" P "[2]", walk), 64);
    assert_int_equal(selected("a/b/" P, walk), 2 | 4 | 32);
    assert_int_equal(selected("a/b[1]/" P, walk), 2 | 4);
    assert_int_equal(selected("a/b[2]/" P "[1]", walk), 32);
    assert_int_equal(selected("a/b/" P "[2]", walk), 4);
    assert_int_equal(selected("a/b/x/" P, walk), 16);
    assert_int_equal(selected("a/c/" P, walk), 8);
    assert_int_equal(selected("b/" P, walk), 0);
    assert_int_equal(selected(P, walk), 0);
    assert_int_equal(selected(P, "(P(P))"), 1);
    assert_int_equal(selected("a/b[3]/" P, walk), 0);
    assert_int_equal(selected("*/" P, walk), 1 | 64);
    assert_int_equal(selected("*/*[3]/" P, walk), 8);
    assert_int_equal(selected("*/*[1]/" P, walk), 0);
    assert_int_equal(selected("a/*/" P, walk), 2 | 4 | 8 | 32);
    assert_int_equal(selected("*/*/*/" P, walk), 16);
}

static void takes_as_many_steps_as_there_are(void **state)
{
    (void)state;
    struct webconfig_selector selector;
    struct err err = {0};
    struct buf path;
    buf_init(&path, 10000);
    for (int i = 1; i < WEBCONFIG_SELECTOR_STEPS; i++)
        KIT_MUST(buf_add_text(&path, "*/", must));
    KIT_MUST(buf_add_text(&path, P, must));
    KIT_MUST(webconfig_selector_parse(&selector, buf_text(&path), must));
    assert_int_equal(selector.count, WEBCONFIG_SELECTOR_STEPS);
    KIT_MUST(buf_add_text(&path, "/" P, must));
    assert_false(webconfig_selector_parse(&selector, buf_text(&path), &err));
    assert_int_equal(err.code, ERR_USAGE);
    buf_release(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_grammar),
        cmocka_unit_test(follows_a_document),
        cmocka_unit_test(takes_as_many_steps_as_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
