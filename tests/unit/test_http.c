/* SPDX-License-Identifier: MIT */
/* The one GET: each failure's code and remedy, and that nothing is let through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "bundler/http.h"
#include "tests/unit/server_kit.h"

static struct err err;
static struct buf body;

/* A request that trusts the made CA, waits hardly between tries, and asks `url`. */
static struct http_request request(const char *url)
{
    static char ca[1024];

    snprintf(ca, sizeof ca, "%s", scratch("ca.pem"));
    return (struct http_request){.url = url, .ca_file = ca, .timeout_s = 60, .wait_ms = 1};
}

/* Fails with this code and these words. */
static void refused(struct http_request r, enum err_code code, const char *words)
{
    memset(&err, 0, sizeof err);
    if (http_get(&r, &body, &err) || err.code != code || strstr(err.text, words) == NULL) {
        fail_msg("%s: %s, expected %s with '%s' (%s)", r.url, err_reason(err.code),
                 err_reason(code), words, err.text);
    }
    assert_int_equal(body.len, 0);
}

static void answered(struct http_request r, const char *text)
{
    if (!http_get(&r, &body, &err)) {
        fail_msg("%s: %s (%s)", r.url, err_reason(err.code), err.text);
    }
    assert_string_equal(buf_text(&body), text);
}

/* How many lines of the service's log have `words`. */
static int logged(const char *words)
{
    FILE *log = fopen(scratch("log"), "r");
    char line[4096];
    int count = 0;

    while (log != NULL && fgets(line, sizeof line, log) != NULL) {
        count += strstr(line, words) != NULL;
    }
    if (log != NULL) {
        fclose(log);
    }
    return count;
}

static void the_answer_comes_whole(void **state)
{
    (void)state;
    server_kit_answer("{\"a\": [\"30\"]}\n");
    answered(request(server_kit_line("url")), "{\"a\": [\"30\"]}\n");
    server_kit_answer("");
    answered(request(server_kit_line("url")), "");
}

static void nothing_is_said_that_need_not_be(void **state)
{
    (void)state;
    server_kit_answer("{}");
    answered(request(server_kit_url("/plain")), "{}");
    assert_int_equal(logged("\"/plain\""), 1);
    assert_int_equal(logged("\"User-Agent\": \"pinferry/" PINFERRY_VERSION "\""), logged("path"));
    assert_int_equal(logged("Cookie"), 0);
    assert_int_equal(logged("Encoding"), 0);
    assert_int_equal(logged("Authorization"), 0);
}

static void only_https_is_asked(void **state)
{
    (void)state;
    refused(request("http://localhost/x"), ERR_USAGE, "https");
    refused(request("file:///etc/passwd"), ERR_USAGE, "https");
    refused(request("ftp://localhost/x"), ERR_USAGE, "https");
    refused(request("localhost/x"), ERR_USAGE, "https");
    refused(request(""), ERR_USAGE, "https");
    refused(request("https://"), ERR_USAGE, "https://HOST");
    refused(request("https://me:hush@localhost/x"), ERR_USAGE, "login");
    assert_null(strstr(err.text, "hush"));
}

static void a_certificate_must_be_by_the_named_ca(void **state)
{
    struct http_request r = request(server_kit_line("url"));

    (void)state;
    r.ca_file = scratch("other-ca.pem");
    refused(r, ERR_NETWORK_CERTIFICATE, "--cacert");
    r.ca_file = NULL;
    refused(r, ERR_NETWORK_CERTIFICATE, "not trusted here");
    r.ca_file = scratch("absent.pem");
    refused(r, ERR_IO_ABSENT, "absent.pem");
    r.ca_file = scratch("server.sha256");
    refused(r, ERR_NETWORK_CERTIFICATE, "PEM");
    server_kit_answer("");
    r.ca_file = scratch("answer");
    refused(r, ERR_NETWORK_CERTIFICATE, "PEM");
}

static void a_named_key_must_be_the_servers(void **state)
{
    struct http_request r = request(server_kit_line("url"));
    char other[65];

    (void)state;
    server_kit_answer("{}");
    r.peer = server_kit_line("server.sha256");
    answered(r, "{}");
    snprintf(other, sizeof other, "%s", r.peer);
    other[63] = other[63] == '0' ? '1' : '0';
    r.peer = other;
    refused(r, ERR_NETWORK_CERTIFICATE, "--pin-peer");
    other[63] = '\0';
    refused(r, ERR_USAGE, "64 hex digits");
    /* a right key does not make up for a wrong CA */
    r.peer = server_kit_line("server.sha256");
    r.ca_file = scratch("other-ca.pem");
    refused(r, ERR_NETWORK_CERTIFICATE, "not trusted here");
}

static void another_status_is_no_answer(void **state)
{
    (void)state;
    refused(request(server_kit_url("/status/404")), ERR_NETWORK_STATUS, "status 404");
    refused(request(server_kit_url("/status/204")), ERR_NETWORK_STATUS, "status 204");
    refused(request(server_kit_url("/status/403")), ERR_NETWORK_STATUS, "lets this machine in");
    assert_int_equal(logged("/status/403"), 1);
    refused(request(server_kit_url("/page/500")), ERR_NETWORK_STATUS, "status 500");
    assert_int_equal(logged("/page/500"), 3); /* none of which lasted until the deadline */
}

static void a_redirect_is_named_and_not_followed(void **state)
{
    (void)state;
    refused(request(server_kit_url("/redirect")), ERR_NETWORK_REDIRECT, "'elsewhere.example'");
    assert_null(strstr(err.text, "secret"));
    refused(request(server_kit_url("/status/307")), ERR_NETWORK_REDIRECT, "does not name");
}

static void what_may_pass_is_tried_again(void **state)
{
    (void)state;
    server_kit_answer("{}");
    answered(request(server_kit_url("/busy/1/a")), "{}");
    answered(request(server_kit_url("/busy/2/b")), "{}");
    assert_int_equal(logged("/busy/2/b"), 3);
    refused(request(server_kit_url("/busy/9/c")), ERR_NETWORK_STATUS, "after 3 tries");
    assert_int_equal(logged("/busy/9/c"), 3);
    refused(request(server_kit_url("/silent")), ERR_NETWORK, "without an answer");
    refused(request(server_kit_url("/cut")), ERR_NETWORK, "cut");
    assert_int_equal(logged("/cut"), 3);
}

static void retry_after_is_obeyed_within_bounds(void **state)
{
    (void)state;
    refused(request(server_kit_url("/late/1")), ERR_NETWORK_STATUS, "status 429");
    assert_int_equal(logged("/late/1\""), 3);
    refused(request(server_kit_url("/late/31")), ERR_NETWORK_STATUS, "status 429");
    assert_int_equal(logged("/late/31\""), 1);
    refused(request(server_kit_url("/late/99999999999999999999")), ERR_NETWORK_STATUS, "429");
}

static void size_and_time_are_bounded(void **state)
{
    struct http_request r = request(server_kit_url("/slow"));

    (void)state;
    refused(request(server_kit_url("/endless")), ERR_ANSWER_LIMIT, "1048576 bytes");
    assert_int_equal(logged("/endless"), 1);
    r.timeout_s = 1;
    refused(r, ERR_NETWORK_TIMEOUT, "--timeout");
}

static void no_connection_has_its_reason(void **state)
{
    char url[64];

    (void)state;
    /* the proxy's port speaks no TLS */
    snprintf(url, sizeof url, "https%s/x", server_kit_line("proxy") + strlen("http"));
    refused(request(url), ERR_NETWORK_TLS, "plain HTTP");
    refused(request("https://127.0.0.1:1/x"), ERR_NETWORK_CONNECT, "firewall");
    refused(request("https://no-such-host.invalid/x"), ERR_NETWORK_RESOLVE, "DNS");
}

static void a_proxy_is_used_when_named(void **state)
{
    struct http_request r = request(server_kit_line("url"));
    char host[600];

    (void)state;
    snprintf(host, sizeof host, "\"proxy\": \"%s\"", r.url + strlen("https://"));
    snprintf(strchr(host, '/'), 2, "\"");
    server_kit_answer("{}");
    setenv("https_proxy", server_kit_line("proxy"), 1);
    answered(r, "{}");
    assert_int_equal(logged(host), 1);
    setenv("no_proxy", "localhost", 1);
    answered(r, "{}");
    assert_int_equal(logged(host), 1);
    r.proxy = server_kit_line("proxy"); /* the variable no_proxy is not for it */
    answered(r, "{}");
    assert_int_equal(logged(host), 2);
    unsetenv("no_proxy");
    r.proxy = "";
    answered(r, "{}");
    assert_int_equal(logged(host), 2);
    unsetenv("https_proxy");
    r.proxy = server_kit_line("proxy");
    r.url = "https://refused.example/x";
    refused(r, ERR_NETWORK_CONNECT, "407");
    r.proxy = "http://127.0.0.1:1";
    refused(r, ERR_NETWORK_CONNECT, "firewall");
    r.proxy = "http://no-such-host.invalid";
    refused(r, ERR_NETWORK_RESOLVE, "https_proxy");
}

static void a_query_is_added_where_there_is_none(void **state)
{
    static const struct {
        const char *url, *whole;
    } rows[] = {
        {"https://h/p.aws", "https://h/p.aws?URL=a%26b%3dc"},
        {"https://h:8443/p", "https://h:8443/p?URL=a%26b%3dc"},
        {"https://h", "https://h/?URL=a%26b%3dc"},
        {"https://h/p?URL=x", "https://h/p?URL=x"},
        {"https://h/p?URL=a%20b", "https://h/p?URL=a%20b"},
    };
    struct buf whole;

    (void)state;
    buf_init(&whole, LIMIT_LINE_BYTES);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_clear(&whole);
        assert_true(http_url_with_query(rows[i].url, "URL", "a&b=c", &whole, &err));
        assert_string_equal(buf_text(&whole), rows[i].whole);
    }
    assert_false(http_url_with_query("http://h/p", "URL", "x", &whole, &err));
    assert_int_equal(err.code, ERR_USAGE);
    buf_release(&whole);
}

static int setup(void **state)
{
    static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
                                            "ALL_PROXY",   "no_proxy",    "NO_PROXY"};

    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        unsetenv(variables[i]);
    }
    buf_init(&body, LIMIT_ANSWER_BYTES);
    return server_kit_setup(state);
}

static int teardown(void **state)
{
    buf_release(&body);
    return server_kit_teardown(state);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_comes_whole),
        cmocka_unit_test(nothing_is_said_that_need_not_be),
        cmocka_unit_test(only_https_is_asked),
        cmocka_unit_test(a_certificate_must_be_by_the_named_ca),
        cmocka_unit_test(a_named_key_must_be_the_servers),
        cmocka_unit_test(another_status_is_no_answer),
        cmocka_unit_test(a_redirect_is_named_and_not_followed),
        cmocka_unit_test(what_may_pass_is_tried_again),
        cmocka_unit_test(retry_after_is_obeyed_within_bounds),
        cmocka_unit_test(size_and_time_are_bounded),
        cmocka_unit_test(no_connection_has_its_reason),
        cmocka_unit_test(a_proxy_is_used_when_named),
        cmocka_unit_test(a_query_is_added_where_there_is_none),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
