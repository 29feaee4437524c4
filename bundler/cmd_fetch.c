/* SPDX-License-Identifier: MIT */
/* bundler fetch: asks the sources of keys, and takes what they show into the ledger. */
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/text.h"
#include "base/when.h"
#include "bundler/commands.h"
#include "bundler/fetch.h"

#define TIMEOUT_MAX_S 3600
#define EXIT_CHANGED 3
#define FINGERPRINT_SIZE (2 * 32 + 32 / 2 + 1)

/* The options that are files, and what they are evidence of. */
static const struct {
    const char *key;
    enum manifest_evidence_kind kind;
} files[] = {
    {"answer", MANIFEST_ANSWER},
    {"cert", MANIFEST_CERTIFICATE},
    {"hex", MANIFEST_HEX},
};
#define FILE_OPTIONS (sizeof files / sizeof files[0])

static size_t count_files(const struct cmd_call *call)
{
    const char *const *values;
    size_t count = 0;

    for (size_t i = 0; i < FILE_OPTIONS; i++) {
        count += cmd_values(call, files[i].key, &values);
    }
    return count;
}

/* Asked when it is named, or when nothing else is. */
static bool asks_discovery(const struct cmd_call *call)
{
    return cmd_value(call, "url") != NULL || count_files(call) == 0;
}

/* An option that would do nothing is a mistake: somebody counts on it. */
static bool check_options(const struct cmd_call *call, struct err *err)
{
    static const char *const of_discovery[] = {"cacert", "pin-peer", "proxy", "timeout",
                                               "save-raw"};

    for (size_t i = 0; i < sizeof of_discovery / sizeof of_discovery[0]; i++) {
        if (!asks_discovery(call) && cmd_value(call, of_discovery[i]) != NULL) {
            return err_set(err, ERR_USAGE,
                           "--%s is for the discovery service, which is not asked when files are "
                           "given: add --url, or leave it out",
                           of_discovery[i]);
        }
    }
    return true;
}

static uint32_t wait_ms(void)
{
#ifdef PINFERRY_TEST_SWITCHES
    const char *text = getenv("PINFERRY_TEST_WAIT_MS");
    uint64_t ms;

    if (text != NULL && text_number(&ms, text, 0, HTTP_WAIT_MS)) {
        return (uint32_t)ms;
    }
#endif
    return HTTP_WAIT_MS;
}

/* A CA of bundler.xml is for the address that stands there too, not for another. */
static void set_where(const struct cmd_call *call, const struct workspace *ws,
                      struct http_request *request)
{
    request->url = cmd_value(call, "url");
    request->ca_file = cmd_value(call, "cacert");
    if (request->url != NULL) {
        return;
    }
    request->url = ws->source_url == NULL ? SOURCE_URL : ws->source_url;
    if (request->ca_file == NULL) {
        request->ca_file = ws->source_ca;
    }
}

/* The answer is saved before it is read: it is wanted most when it cannot be. */
static bool ask(const struct cmd_call *call, const struct workspace *ws, struct source *source,
                struct err *err)
{
    struct http_request request = {.peer = cmd_value(call, "pin-peer"),
                                   .proxy = cmd_value(call, "proxy"),
                                   .wait_ms = wait_ms()};
    const char *save = cmd_value(call, "save-raw");
    uint64_t timeout;

    if (!cmd_number(call, "timeout", &timeout, 1, TIMEOUT_MAX_S, HTTP_TIMEOUT_S, err)) {
        return false;
    }
    request.timeout_s = (uint32_t)timeout;
    set_where(call, ws, &request);
    return source_ask(source, &request, ws->channel, err) &&
           (save == NULL || fsio_replace(save, source->raw.data, source->raw.len, 0644, err)) &&
           source_read(source, ws->channel, err);
}

/* Fills the sources: all of them, or it fails before anything is recorded. */
static bool gather(const struct cmd_call *call, const struct workspace *ws, struct source *sources,
                   struct err *err)
{
    const char *const *values;

    if (asks_discovery(call) && !ask(call, ws, sources++, err)) {
        return false;
    }
    for (size_t i = 0; i < FILE_OPTIONS; i++) {
        size_t count = cmd_values(call, files[i].key, &values);

        for (size_t j = 0; j < count; j++, sources++) {
            if (!source_open(sources, files[i].kind, values[j], err) ||
                !source_read(sources, ws->channel, err)) {
                return false;
            }
        }
    }
    return true;
}

/* --- what is said --- */

/* One fetch. */
struct session {
    struct cmd_call *call;
    struct source *sources;
    size_t count;
    int64_t now;
    struct fetch_report report;
};

static void json_sources(const struct session *s)
{
    struct jout *array = jout_array(s->call->result, "sources");

    for (size_t i = 0; i < s->count; i++) {
        const struct source *source = &s->sources[i];
        struct jout *item = jout_item(array);

        jout_text(item, "kind", manifest_evidence_name(source->kind));
        jout_text(item, "name", source->name);
        jout_hex(item, "sha256", source->sha256, sizeof source->sha256);
        jout_number(item, "pins", source->count);
        jout_number(item, "passed_over", source->passed_over);
    }
}

static void json_pin(const struct session *s, const struct fetch_pin *p, struct jout *to)
{
    char type[PIN_TYPE_TEXT_SIZE];
    struct jout *from;

    jout_hex(to, "sha256", p->shown.pin.sha256, sizeof p->shown.pin.sha256);
    jout_text(to, "state", ledger_state_name(p->state));
    jout_bool(to, "new", p->is_new);
    jout_text(to, "type", pin_type_text(&p->shown.pin, type));
    jout_hex(to, "key", p->shown.pin.bytes, p->shown.pin.len);
    if (p->shown.has_validity) {
        jout_time(to, "valid_from", p->shown.valid_from);
        jout_time(to, "valid_to", p->shown.valid_to);
    }
    if (p->shown.subject[0] != '\0') {
        jout_text(to, "subject", p->shown.subject);
    }
    from = jout_array(to, "sources");
    for (size_t i = 0; i < s->count; i++) {
        if (source_has(&s->sources[i], &p->shown.pin)) {
            jout_item_text(from, s->sources[i].name);
        }
    }
}

/* What is new is told with --quiet too: it is what somebody has to look at. */
static void print_pin(const struct session *s, const struct fetch_pin *p)
{
    char digits[FINGERPRINT_SIZE], type[PIN_TYPE_TEXT_SIZE], to[WHEN_TEXT_SIZE];
    void (*say)(const struct cmd_call *, const char *, ...) = p->is_new ? cmd_result : cmd_say;

    text_hex_groups(digits, p->shown.pin.sha256, sizeof p->shown.pin.sha256);
    say(s->call, "%s\n  %s, %s, %s", digits, pin_type_text(&p->shown.pin, type),
        p->is_new ? "new" : "known", ledger_state_name(p->state));
    if (p->shown.has_validity) {
        when_format(to, p->shown.valid_to);
        say(s->call, ", valid to %s", to);
    }
    say(s->call, "%s%s\n", p->shown.subject[0] == '\0' ? "" : ", ", p->shown.subject);
    for (size_t i = 0; i < s->count; i++) {
        if (source_has(&s->sources[i], &p->shown.pin)) {
            say(s->call, "  %s %s\n", manifest_evidence_name(s->sources[i].kind),
                s->sources[i].name);
        }
    }
}

static void warn_pin(const struct session *s, const struct fetch_pin *p)
{
    char hex[2 * sizeof p->shown.pin.sha256 + 1];

    text_hex(hex, p->shown.pin.sha256, sizeof p->shown.pin.sha256);
    if (p->shown.has_validity && p->shown.valid_to < s->now) {
        cmd_warn(s->call, "%.16s: its certificate has expired: is it still the service's?", hex);
    }
    if (p->state == LEDGER_RETIRED) {
        cmd_warn(s->call, "%.16s: is retired and stays so, though it was shown again", hex);
    }
}

static void tell_missing(const struct session *s)
{
    struct jout *array = jout_array(s->call->result, "missing");
    char hex[2 * 32 + 1];

    for (size_t i = 0; i < s->report.missing_count; i++) {
        const struct pin *pin = &s->report.missing[i];

        jout_hex(jout_item(array), "sha256", pin->sha256, sizeof pin->sha256);
        text_hex(hex, pin->sha256, sizeof pin->sha256);
        cmd_warn(s->call,
                 "%.16s: approved, but not in this answer; it stays in bundles until somebody "
                 "retires it",
                 hex);
    }
}

static void tell_passed_over(const struct session *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->sources[i].passed_over > 0) {
            cmd_say(s->call, "%s: passed over %zu of a CA, whose keys the service does not show\n",
                    s->sources[i].name, s->sources[i].passed_over);
        }
    }
}

static void tell_next(const struct session *s)
{
    size_t seen = 0;
    char option[1100];

    for (size_t i = 0; i < s->report.count; i++) {
        seen += s->report.pins[i].state == LEDGER_SEEN;
    }
    jout_number(s->call->result, "undecided", seen);
    if (seen > 0) {
        cmd_say(s->call,
                "Next: compare the fingerprint%s with what another channel says, then bundler%s "
                "approve PIN...\n",
                seen == 1 ? "" : "s", commands_option(s->call, option, sizeof option));
    }
}

static void tell(const struct session *s)
{
    struct jout *pins = jout_array(s->call->result, "pins");

    json_sources(s);
    for (size_t i = 0; i < s->report.count; i++) {
        json_pin(s, &s->report.pins[i], jout_item(pins));
        print_pin(s, &s->report.pins[i]);
    }
    tell_passed_over(s);
    for (size_t i = 0; i < s->report.count; i++) {
        warn_pin(s, &s->report.pins[i]);
    }
    tell_missing(s);
    jout_number(s->call->result, "new", s->report.new_count);
    cmd_say(s->call, "%zu pin%s, %zu new\n", s->report.count, s->report.count == 1 ? "" : "s",
            s->report.new_count);
    tell_next(s);
}

/* --- the command --- */

/* The lock is taken only now: a slow server must not keep others out of the workspace. */
static bool record(struct session *s, const struct workspace *asked_for, struct err *err)
{
    struct workspace *ws = commands_workspace(s->call, true, err);
    struct ledger *ledger = NULL;
    bool ok = ws != NULL;

    if (ok && strcmp(ws->channel, asked_for->channel) != 0) {
        ok = err_set(err, ERR_CHANGED,
                     WORKSPACE_XML " names another channel than when the "
                                   "sources were asked; fetch again");
    }
    ledger = ok ? ledger_load(ws, err) : NULL;
    ok = ledger != NULL && fetch_record(ledger, s->sources, s->count, s->now, &s->report, err) &&
         fetch_store(ws, ledger, s->sources, s->count, err);
    ledger_free(ledger);
    workspace_close(ws);
    return ok;
}

static bool fetch(struct session *s, struct err *err)
{
    struct workspace *ws = commands_workspace(s->call, false, err);
    bool ok = ws != NULL;

    s->sources = calloc(s->count, sizeof *s->sources);
    if (ok && s->sources == NULL) {
        ok = err_memory(err);
    }
    for (size_t i = 0; ok && i < s->count; i++) {
        source_init(&s->sources[i]);
    }
    ok = ok && gather(s->call, ws, s->sources, err) && record(s, ws, err);
    workspace_close(ws);
    return ok;
}

static bool run_fetch(struct cmd_call *call, struct err *err)
{
    struct session s = {.call = call, .count = count_files(call) + asks_discovery(call)};
    bool ok = check_options(call, err) && workspace_now(&s.now, err);

    fetch_report_init(&s.report);
    ok = ok && fetch(&s, err);
    if (ok) {
        tell(&s);
        call->exit_code = cmd_flag(call, "exit-code") && s.report.new_count > 0 ? EXIT_CHANGED : 0;
    }
    for (size_t i = 0; s.sources != NULL && i < s.count; i++) {
        source_release(&s.sources[i]);
    }
    free(s.sources);
    fetch_report_release(&s.report);
    return ok;
}

static const struct cmd_option options[] = {
    {"url", 0, "URL", "ask the discovery service at this address", false},
    {"cacert", 0, "FILE",
     "CA certificates (PEM) to check the service with, instead of the system's", false},
    {"pin-peer", 0, "SHA256",
     "the service's key must have this SHA-256 (of its SubjectPublicKeyInfo, in hex)", false},
    {"proxy", 0, "URL", "proxy, whatever https_proxy and no_proxy say; '' for none", false},
    {"timeout", 0, "SECONDS", "give up the service after so long (default 60)", false},
    {"save-raw", 0, "FILE", "write the service's answer there, byte for byte", false},
    {"answer", 0, "FILE", "take a saved answer of the service (--save-raw)", true},
    {"cert", 0, "FILE",
     "take the keys of the certificates in a file (PEM, DER, PKCS#7), CAs left out", true},
    {"hex", 0, "FILE", "take the keys in a file: hex, one a line, or public keys (PEM, DER)", true},
    {"exit-code", 0, NULL, "exit with 3 when a pin is new to the ledger", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_fetch = {
    .name = "fetch",
    .args = "",
    .min_args = 0,
    .max_args = 0,
    .summary = "Ask the sources of keys and record what they show",
    .details =
        "Without --answer, --cert and --hex the discovery service is asked for the workspace's "
        "channel: at --url, else where <source> of " WORKSPACE_XML
        " says, else at the vendor's " SOURCE_URL
        ". With them, only if --url is given as well. A URL without a query gets "
        "?URL=CHANNEL.\n\n"
        "Every source is asked before anything is recorded, and if one fails nothing is. What "
        "they show becomes 'seen' in the ledger, with the bytes as evidence; nothing is approved "
        "or retired by it. A pin that is approved and that an answer no longer has is told and "
        "stays. An answer without a key is an error.\n\n"
        "The service is asked over TLS 1.2 or newer, its certificate and host name are always "
        "verified, and redirects are not followed. The vendor's service may have a private CA "
        "that no system knows: name its certificate by --cacert. --pin-peer asks for a certain "
        "key in addition; of a server's certificate that is\n\n"
        "  openssl x509 -in FILE -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum"
        "\n\n"
        "A proxy is taken from https_proxy, all_proxy and no_proxy. What may pass (no connection, "
        "cut, slow, status 429 or 5xx) is tried three times.\n\n"
        "  bundler -C /srv/pinferry fetch --cacert aw-trust-root.pem\n"
        "  bundler -C /srv/pinferry fetch --answer saved.json --cert cns.pem\n\n"
        "EXIT STATUS\n\n"
        "3 with --exit-code when a pin is new to the ledger, 40 when the service could not be "
        "asked, 41 when what it or a saved file answers is no answer, 10 when a file has no "
        "acceptable key.",
    .options = options,
    .run = run_fetch,
};
