/* SPDX-License-Identifier: MIT */
/*
 * One GET over verified TLS, by libcurl.
 */
#include "bundler/http.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/term.h"
#include "base/text.h"
#include "keys/crypto.h"

/* What one transfer needs while it runs. */
struct transfer {
    CURL *curl;
    const struct http_request *request;
    struct buf ca;
    struct buf *body;
    char peer[64];  /* as libcurl wants it */
    size_t ignored; /* bytes that came with another status */
    bool too_large;
    int64_t deadline; /* monotonic milliseconds */
};

/* --- the URL --- */

static bool url_has(CURLU *handle, CURLUPart part)
{
    char *text = NULL;
    bool there = curl_url_get(handle, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return there;
}

/* An URL that may be asked, or NULL. Its text is not shown: a password could be in it. */
static CURLU *url_parse(const char *url, struct err *err)
{
    CURLU *handle = curl_url();
    char *scheme = NULL;
    bool ok = false;

    if (handle == NULL) {
        err_memory(err);
    } else if (curl_url_set(handle, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
               curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) {
        err_set(err, ERR_USAGE, "the URL is malformed, expected https://HOST/PATH");
    } else if (strcmp(scheme, "https") != 0) {
        err_set(err, ERR_USAGE,
                "the URL begins with %s:, expected https: over anything else, whoever sits on the "
                "way could put in a key of his own",
                scheme);
    } else if (url_has(handle, CURLUPART_USER) || url_has(handle, CURLUPART_PASSWORD)) {
        err_set(err, ERR_USAGE, "the URL carries a login (USER@HOST), which is not supported");
    } else {
        ok = true;
    }
    curl_free(scheme);
    if (!ok) {
        curl_url_cleanup(handle);
    }
    return ok ? handle : NULL;
}

bool http_url_with_query(const char *url, const char *name, const char *value, struct buf *out,
                         struct err *err)
{
    CURLU *handle = url_parse(url, err);
    char *whole = NULL;
    struct buf query;
    bool ok;

    buf_init(&query, LIMIT_LINE_BYTES);
    ok = handle != NULL && buf_printf(&query, err, "%s=%s", name, value);
    /* encoded is all but the first '=' */
    if (ok && !url_has(handle, CURLUPART_QUERY) &&
        curl_url_set(handle, CURLUPART_QUERY, buf_text(&query),
                     CURLU_APPENDQUERY | CURLU_URLENCODE) != CURLUE_OK) {
        ok = err_memory(err);
    }
    if (ok) {
        ok = curl_url_get(handle, CURLUPART_URL, &whole, 0) == CURLUE_OK
                 ? buf_add_text(out, whole, err)
                 : err_memory(err);
    }
    curl_free(whole);
    buf_release(&query);
    curl_url_cleanup(handle);
    return ok;
}

/* The host that a redirect points to: its path and query may carry what is nobody's business. */
static void redirect_host(CURL *curl, char *out, size_t size)
{
    CURLU *handle = curl_url();
    char *location = NULL, *host = NULL;

    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
    if (handle == NULL || location == NULL ||
        curl_url_set(handle, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
        curl_url_get(handle, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        snprintf(out, size, "an address that it does not name");
    } else {
        snprintf(out, size, "'%s'", host);
    }
    curl_free(host);
    curl_url_cleanup(handle);
}

/* --- what is said about a failure --- */

static const struct {
    CURLcode result;
    enum err_code code;
    bool may_pass;
    const char *text;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_NETWORK_RESOLVE, true,
     "the host's name cannot be resolved: check its spelling and this machine's DNS; behind a "
     "proxy name that with --proxy"},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_NETWORK_RESOLVE, true,
     "the proxy's name cannot be resolved: check --proxy or the variable https_proxy"},
    {CURLE_COULDNT_CONNECT, ERR_NETWORK_CONNECT, true,
     "nobody answers at the address, or a firewall drops it: allow HTTPS from this machine to the "
     "host, or name a proxy with --proxy"},
    {CURLE_OPERATION_TIMEDOUT, ERR_NETWORK_TIMEOUT, true,
     "the answer took too long: try again, or allow more time with --timeout"},
    {CURLE_PARTIAL_FILE, ERR_NETWORK, true,
     "the answer was cut before its end: try again, or ask who runs the server or the proxy"},
    {CURLE_GOT_NOTHING, ERR_NETWORK, true, "the server closed the connection without an answer"},
    {CURLE_RECV_ERROR, ERR_NETWORK, true,
     "the connection was cut: try again, or ask who runs the server or the proxy"},
    {CURLE_SEND_ERROR, ERR_NETWORK, true, "the connection was cut: try again"},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_NETWORK, false, "what answers does not speak HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, ERR_NETWORK, false, "what answers does not speak HTTP"},
    {CURLE_SSL_CONNECT_ERROR, ERR_NETWORK_TLS, false,
     "no TLS connection of version 1.2 or newer: the port speaks plain HTTP or only older "
     "versions; check host and port, and what stands between"},
    {CURLE_SSL_CACERT_BADFILE, ERR_NETWORK_CERTIFICATE, false,
     "no CA certificate could be read, expected PEM: name a file that has one with --cacert"},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, ERR_NETWORK_CERTIFICATE, false,
     "the server's key is not the one of --pin-peer: its certificate was renewed with another key, "
     "or somebody else answers; ask who runs the server"},
    {CURLE_OUT_OF_MEMORY, ERR_MEMORY, false, "not enough memory"},
};

/* By OpenSSL's X509_V_ERR_*, whose numbers are documented in X509_STORE_CTX_get_error(3). */
static const char *certificate_text(long why)
{
    switch (why) {
    case 0: /* the chain holds, so it was the name; 1 is what libcurl begins with */
    case 1:
        return "the server's certificate is for another host name: check the URL's host, and that "
               "nothing on the way answers in its place";
    case 9:
        return "the server's certificate, or one above it, is not valid yet: check this machine's "
               "clock";
    case 10:
        return "the server's certificate, or one above it, has expired: check this machine's "
               "clock; if it is right, ask who runs the server to renew it";
    case 18: /* self-signed */
    case 19: /* self-signed above */
    case 20: /* no issuer */
    case 21: /* no issuer of the first */
        return "the server's certificate is by a CA that is not trusted here: once you know that "
               "it is right, name the file of that CA with --cacert";
    default:
        return "the server's certificate cannot be verified: look at it with openssl s_client";
    }
}

static bool say_certificate(CURL *curl, struct err *err)
{
    long why = 0;

    curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &why);
    return err_set(err, ERR_NETWORK_CERTIFICATE, "%s (OpenSSL's result %ld)", certificate_text(why),
                   why);
}

/* A proxy that refuses gives a result of libcurl's that says little. */
static bool say_proxy(CURL *curl, struct err *err)
{
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &status);
    if (status < 300) {
        return true;
    }
    return err_set(err, ERR_NETWORK_CONNECT, "the proxy refuses the connection with status %ld: %s",
                   status,
                   status == 407 ? "it wants a login, which --proxy http://USER:PASSWORD@HOST gives"
                                 : "ask who runs it to allow the host");
}

/* How far it came tells whether the name, the connection or the answer was missing. */
static CURLcode what_timed_out(CURL *curl)
{
    curl_off_t resolved = 0, connected = 0;

    curl_easy_getinfo(curl, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
    curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected);
    return connected > 0  ? CURLE_OPERATION_TIMEDOUT
           : resolved > 0 ? CURLE_COULDNT_CONNECT
                          : CURLE_COULDNT_RESOLVE_HOST;
}

static bool say_failure(struct transfer *t, CURLcode result, bool *may_pass, struct err *err)
{
    *may_pass = false;
    if (t->too_large) {
        return err_set(err, ERR_ANSWER_LIMIT,
                       "the answer has over %zu bytes, which no list of "
                       "keys needs: check the URL",
                       t->body->max);
    }
    if (!say_proxy(t->curl, err)) {
        return false;
    }
    if (result == CURLE_PEER_FAILED_VERIFICATION) {
        return say_certificate(t->curl, err);
    }
    if (result == CURLE_OPERATION_TIMEDOUT) {
        result = what_timed_out(t->curl);
    }
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].result == result) {
            *may_pass = failures[i].may_pass;
            return err_set(err, failures[i].code, "%s", failures[i].text);
        }
    }
    return err_set(err, ERR_NETWORK, "the connection failed: %s (libcurl's result %d)",
                   curl_easy_strerror(result), (int)result);
}

static bool say_status(CURL *curl, long status, bool *may_pass, struct err *err)
{
    char host[256 + 32];

    *may_pass = status == 429 || status >= 500;
    if (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) {
        redirect_host(curl, host, sizeof host);
        return err_set(err, ERR_NETWORK_REDIRECT,
                       "the server answers with status %ld and sends to %s, which is not "
                       "followed: if that is the right one, give its URL with --url; often a "
                       "proxy or a sign-in page answers so",
                       status, host);
    }
    return err_set(err, ERR_NETWORK_STATUS, "the server answers with status %ld, expected 200: %s",
                   status,
                   *may_pass ? "it is overloaded or broken; try again later"
                             : "check the URL, and whether the server lets this machine in");
}

/* --- one try --- */

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *t = context;
    long status = 0;
    struct err err = {0};

    /* what comes with another status is no answer; no end of it must not keep us */
    if (curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200) {
        t->ignored += size * count;
        return t->ignored > t->body->max ? 0 : size * count;
    }
    if (!buf_add(t->body, bytes, size * count, &err)) {
        t->too_large = err.code == ERR_IO_LIMIT;
        return 0;
    }
    return size * count;
}

static CURLcode only_https(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
#else
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
}

/* A CA file of the user's stands alone: libcurl would look into the system's folder too. */
static int set_ca(CURL *curl, const struct buf *pem)
{
    struct curl_blob blob = {.data = pem->data, .len = pem->len, .flags = CURL_BLOB_NOCOPY};

    return curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob) != CURLE_OK ||
           curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) != CURLE_OK;
}

/* With --proxy the variables do not count, no_proxy among them. */
static int set_proxy(CURL *curl, const char *proxy)
{
    return curl_easy_setopt(curl, CURLOPT_PROXY, proxy) != CURLE_OK ||
           curl_easy_setopt(curl, CURLOPT_NOPROXY, "") != CURLE_OK;
}

/* An option that this libcurl lacks must not be passed over: each one holds something shut. */
static bool set_options(struct transfer *t, struct err *err)
{
    const struct http_request *r = t->request;
    CURL *c = t->curl;
    int failed = 0;

    failed |= only_https(c) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_URL, r->url) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_USERAGENT, "pinferry/" PINFERRY_VERSION) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)HTTP_CONNECT_S) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)HTTP_SLOW_BYTES_S) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)HTTP_SLOW_S) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive) != CURLE_OK;
    failed |= curl_easy_setopt(c, CURLOPT_WRITEDATA, t) != CURLE_OK;
    /* NATIVE_CA: the store of Windows; elsewhere libcurl knows the system's files by itself. */
    failed |= r->ca_file != NULL ? set_ca(c, &t->ca)
                                 : curl_easy_setopt(c, CURLOPT_SSL_OPTIONS,
                                                    (long)CURLSSLOPT_NATIVE_CA) != CURLE_OK;
    if (r->peer != NULL) {
        failed |= curl_easy_setopt(c, CURLOPT_PINNEDPUBLICKEY, t->peer) != CURLE_OK;
    }
    if (r->proxy != NULL) {
        failed |= set_proxy(c, r->proxy);
    }
    return !failed || err_set(err, ERR_INTERNAL, "this libcurl lacks an option that is needed");
}

/* One try. `may_pass` and `wait_ms` (0: the server said nothing) are for the next one. */
static bool perform(struct transfer *t, bool *may_pass, int64_t *wait_ms, struct err *err)
{
    int64_t left = t->deadline - term_monotonic_ms();
    curl_off_t retry_after = 0;
    CURLcode result;
    long status = 0;

    *may_pass = false;
    *wait_ms = 0;
    t->ignored = 0;
    buf_clear(t->body);
    if (curl_easy_setopt(t->curl, CURLOPT_TIMEOUT_MS, (long)(left < 1 ? 1 : left)) != CURLE_OK) {
        return err_set(err, ERR_INTERNAL, "this libcurl takes no time limit");
    }
    result = curl_easy_perform(t->curl);
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    /* whatever became of its body, another status is the reason */
    if (status != 0 && status != 200) {
        curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &retry_after);
        *wait_ms = retry_after > INT32_MAX ? INT32_MAX : (int64_t)retry_after * 1000;
        return say_status(t->curl, status, may_pass, err);
    }
    return result == CURLE_OK || say_failure(t, result, may_pass, err);
}

/* --- all tries --- */

/* libcurl's own wait, so that nothing here has to call the system. */
static void pause_ms(int64_t ms)
{
    CURLM *multi = curl_multi_init();

    if (multi != NULL) {
        curl_multi_poll(multi, NULL, 0, (int)ms, NULL);
        curl_multi_cleanup(multi);
    }
}

static bool try_all(struct transfer *t, struct err *err)
{
    int64_t usual = t->request->wait_ms, asked, wait;
    bool may_pass;

    for (int tried = 1;; tried++) {
        if (perform(t, &may_pass, &asked, err)) {
            return true;
        }
        wait = asked > usual ? asked : usual;
        if (!may_pass || tried == HTTP_TRIES || asked > (int64_t)HTTP_WAIT_MAX_S * 1000 ||
            term_monotonic_ms() + wait >= t->deadline) {
            if (tried > 1) {
                err_context(err, "after %d tries", tried);
            }
            return false;
        }
        pause_ms(wait);
        usual *= 2;
    }
}

/* "sha256//" and base64 is libcurl's form. */
static bool read_peer(const char *hex, char *out, size_t size, struct err *err)
{
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    struct buf base64;
    bool ok;

    if (!text_unhex(sha256, sizeof sha256, hex, strlen(hex), true)) {
        return err_set(err, ERR_USAGE,
                       "the server's key is named by the SHA-256 of its SubjectPublicKeyInfo, "
                       "expected 64 hex digits");
    }
    buf_init(&base64, size);
    ok = crypto_base64(&base64, sha256, sizeof sha256, err);
    if (ok) {
        snprintf(out, size, "sha256//%s", buf_text(&base64));
    }
    buf_release(&base64);
    return ok;
}

bool http_get(const struct http_request *request, struct buf *body, struct err *err)
{
    struct transfer t = {.request = request, .body = body};
    CURLU *url = url_parse(request->url, err);
    bool ok = false;

    buf_clear(body);
    buf_init(&t.ca, LIMIT_KEY_FILE_BYTES);
    if (url == NULL ||
        (request->peer != NULL && !read_peer(request->peer, t.peer, sizeof t.peer, err)) ||
        (request->ca_file != NULL &&
         !fsio_read_file(request->ca_file, LIMIT_KEY_FILE_BYTES, &t.ca, err))) {
        goto out;
    }
    t.deadline = term_monotonic_ms() + (int64_t)request->timeout_s * 1000;
    t.curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (t.curl == NULL) {
        err_set(err, ERR_INTERNAL, "libcurl does not start");
        goto out;
    }
    ok = set_options(&t, err) && try_all(&t, err);
out:
    curl_easy_cleanup(t.curl);
    curl_url_cleanup(url);
    buf_release(&t.ca);
    if (!ok) {
        buf_clear(body);
    }
    return ok;
}
