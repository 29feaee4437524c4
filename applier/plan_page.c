/* SPDX-License-Identifier: MIT */
/* A plan as a page. */
#include "applier/plan_page.h"

#include <inttypes.h>
#include <string.h>

#include "applier/plan_page_style.h"
#include "applier/plan_page_target.h"
#include "applier/plan_page_why.h"
#include "applier/plan_words.h"
#include "base/html.h"
#include "base/term.h"
#include "base/text.h"
#include "keys/crypto.h"

/* What every part needs. */
struct page {
    struct html h;
    const struct plan *plan;
    const struct bundle *bundle;
    const struct plan_page_facts *facts;
};

/* What the change amounts to over all targets. */
struct totals {
    size_t files;
    struct plan_words_counts counts; /* of the targets that change */
};

static struct totals totals_of(const struct plan *plan)
{
    struct totals totals = {0};

    for (size_t i = 0; i < plan->count; i++) {
        struct plan_words_counts counts = plan_words_count(&plan->targets[i]);

        totals.files += plan->targets[i].changes;
        for (int fate = 0; fate < PLAN_WORDS_FATES; fate++) {
            totals.counts.of[fate] += counts.of[fate];
        }
    }
    return totals;
}

/* The policy admits this style sheet by its digest and nothing else at all. */
static void write_head(struct page *p)
{
    struct html *h = &p->h;
    uint8_t digest[CRYPTO_SHA256_SIZE];

    html_raw(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "base-uri 'none'; form-action 'none'; style-src 'sha256-");
    if (h->failed || !crypto_sha256(digest, PLAN_PAGE_STYLE, strlen(PLAN_PAGE_STYLE), h->err) ||
        !crypto_base64(h->out, digest, sizeof digest, h->err)) {
        h->failed = true;
        return;
    }
    html_raw(h, "'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"referrer\" content=\"no-referrer\">\n"
                "<meta name=\"color-scheme\" content=\"light\">\n<title>");
    if (p->bundle != NULL) {
        html_printf(h, "Change plan: bundle %" PRIu64 " for ",
                    bundle_manifest(p->bundle)->sequence);
        html_text(h, p->facts->site == NULL ? "a rehearsal" : p->facts->site);
    } else {
        html_raw(h, "Change plan: undo");
    }
    html_raw(h, "</title>\n<style>" PLAN_PAGE_STYLE "</style>\n</head>\n<body>\n");
}

static void write_lead(struct page *p)
{
    struct totals totals = totals_of(p->plan);
    size_t added = totals.counts.of[PLAN_ADDED], removed = totals.counts.of[PLAN_REMOVED];
    struct html *h = &p->h;

    html_raw(h, "<header>\n<p class=\"kind\">Change plan</p>\n<h1>");
    if (p->bundle == NULL) {
        html_raw(h, "Undo an earlier change of pinned keys");
    } else {
        html_printf(h, "Pinned public keys of %s, bundle %" PRIu64,
                    bundle_manifest(p->bundle)->channel, bundle_manifest(p->bundle)->sequence);
    }
    html_raw(h, "</h1>\n<p class=\"lead\">");
    if (totals.files == 0) {
        html_raw(h, "Nothing is to be done: every file holds what the bundle says.");
    } else {
        html_printf(h, "Adds %zu pin%s and takes out %zu in %zu of %zu web.config file%s. ", added,
                    plan_words_s(added), removed, totals.files, p->plan->count,
                    plan_words_s(p->plan->count));
        html_raw(h, "Nothing else in any file changes.");
    }
    html_raw(h, "</p>\n");
}

static void fact(struct html *h, const char *name, const char *value)
{
    html_raw(h, "<dt>");
    html_raw(h, name);
    html_raw(h, "</dt><dd>");
    html_text(h, value);
    html_raw(h, "</dd>\n");
}

static bool has_digest(const struct plan *plan)
{
    static const uint8_t none[sizeof plan->digest];

    return memcmp(plan->digest, none, sizeof none) != 0;
}

static void write_bundle_facts(struct page *p)
{
    const struct manifest *m = bundle_manifest(p->bundle);
    char from[PLAN_WORDS_TIME_SIZE], to[PLAN_WORDS_TIME_SIZE];
    struct html *h = &p->h;

    fact(h, "Channel", m->channel);
    html_raw(h, "<dt>Bundle</dt><dd>");
    html_printf(h, "sequence %" PRIu64 ", epoch %" PRIu64 ", file ", m->sequence, m->epoch);
    html_raw(h, "<code>");
    html_text(h, p->facts->bundle == NULL ? "?" : p->facts->bundle);
    html_raw(h, "</code></dd>\n<dt>Manifest SHA-256</dt><dd><code>");
    html_hex(h, bundle_manifest_sha256(p->bundle), 32);
    html_raw(h, "</code></dd>\n<dt>Valid</dt><dd>");
    html_printf(h, "%s until %s", plan_words_time(m->not_before, from),
                plan_words_time(m->expires, to));
    html_raw(h, "</dd>\n");
    fact(h, "Next bundle by", plan_words_time(m->next_expected, to));
}

static void write_facts(struct page *p)
{
    char made[PLAN_WORDS_TIME_SIZE];
    struct html *h = &p->h;

    html_raw(h, "<dl>\n");
    fact(h, "Site", p->facts->site == NULL ? "none: a rehearsal on a copy" : p->facts->site);
    if (p->bundle != NULL) {
        write_bundle_facts(p);
    }
    fact(h, "Plan computed", plan_words_time(p->facts->made, made));
    if (p->facts->window != NULL) {
        fact(h, "Patch window then", p->facts->window);
    }
    if (has_digest(p->plan)) {
        html_raw(h, "<dt>Plan digest</dt><dd><code>");
        html_hex(h, p->plan->digest, sizeof p->plan->digest);
        html_raw(h, "</code></dd>\n");
    }
    html_raw(h, "</dl>\n");
}

struct heed {
    struct html *h;
    size_t count;
};

static void take_warning(void *ctx, const char *text)
{
    struct heed *heed = ctx;

    if (heed->count++ == 0) {
        html_raw(heed->h, "<section class=\"heed\"><p>Before you decide</p>\n<ul>\n");
    }
    html_raw(heed->h, "<li>");
    html_text(heed->h, text);
    html_raw(heed->h, "</li>\n");
}

static void write_warnings(struct page *p)
{
    struct heed heed = {&p->h, 0};

    if (p->h.failed || !plan_words_warnings(p->plan, p->bundle, take_warning, &heed, p->h.err)) {
        p->h.failed = true;
        return;
    }
    html_raw(&p->h, heed.count > 0 ? "</ul></section>\n</header>\n" : "</header>\n");
}

static void write_checked(struct page *p)
{
    struct html *h = &p->h;

    html_raw(h, "<h2>What was checked before this page was written</h2>\n<ul>\n");
    if (p->bundle != NULL) {
        html_raw(h, "<li>Signatures: each one on the bundle's manifest holds and is by a signer "
                    "that the trust set names; together they reach its threshold.</li>\n"
                    "<li>Content: trust sets, keys and attachments are, byte for byte, what the "
                    "signed manifest names, and the file holds nothing else.</li>\n<li>Scope and "
                    "time: the bundle is for this domain and channel and within its dates.</li>\n");
    }
    if (p->bundle != NULL && p->facts->site != NULL) {
        html_raw(h, "<li>Site and order: the bundle is for this site and not older than the last "
                    "one that it accepted.</li>\n");
    }
    html_raw(h,
             "<li>Proof: two comparisons of old and new file that share no code with the editor, "
             "one of parsed trees, one of bytes, found no difference but the pins shown above, "
             "and none missing.</li>\n<li>Limits: ");
    if (p->plan->minimum > 0) {
        html_printf(h, "each file keeps at least %zu pins", p->plan->minimum);
    } else {
        html_raw(h, "no minimum of pins is set");
    }
    html_printf(h, " and has at most %zu bytes, the largest file that the web server accepts.",
                p->plan->max_bytes);
    html_raw(h, "</li>\n</ul>\n<p>Whether the keys are the right ones is not checked here: that is "
                "what the signers vouch for.</p>\n");
}

static void write_services(struct page *p)
{
    struct html *h = &p->h;

    if (p->facts->service_count == 0 || !p->plan->changes) {
        return;
    }
    html_raw(h, "<li>Services of the server are stopped before the first file is replaced, if they "
                "run, and started again whatever happens: ");
    for (size_t i = 0; i < p->facts->service_count; i++) {
        html_raw(h, i == 0 ? "<code>" : ", <code>");
        html_text(h, p->facts->services[i].name);
        html_raw(h, "</code>");
    }
    html_raw(h, ", with all that need them. One that does not stop in its time ends the apply "
                "before anything is written.</li>\n");
}

static void write_effect(struct page *p)
{
    struct html *h = &p->h;

    html_raw(h,
             "<h2>What happens on the server</h2>\n<ul>\n"
             "<li>Each file is replaced in one step: at every instant it is the old one or the "
             "new one. Owner, mode and access lists are kept, and a backup of the old file stays "
             "with the applier.</li>\n"
             "<li><strong>Expect a restart of the application.</strong> IIS recycles an "
             "application by itself as soon as its web.config is written. Requests under way may "
             "fail and the first ones afterwards are slow: treat it as a short interruption of "
             "the service, and keep other work on that site for another time.</li>\n"
             "<li>The applier opens no network connection.</li>\n");
    write_services(p);
    if (p->facts->has_check) {
        html_raw(h, "<li>Then the site's own check command runs, for at most ");
        html_printf(h, "%u second%s", p->facts->check_seconds,
                    plan_words_s(p->facts->check_seconds));
        html_raw(h, ". If it fails, the change is undone at once.</li>\n");
    } else {
        html_raw(h, "<li>The site configured no check command. Look at the service afterwards, for "
                    "ENS at <code>https://ENS-HOST/MailNotifications/api/ens/alive</code>, and "
                    "whether phones get notices.</li>\n");
    }
    html_raw(h, "</ul>\n");
}

/* As a word of a shell: quoted unless plain. */
static void write_word(struct html *h, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._-+=/:@%,";

    char quoted[4096];

    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        html_text(h, word);
        return;
    }
    if (term_shell_quote()[0] != '\'') {
        html_text(h, text_word(quoted, sizeof quoted, word, "PATH"));
        return;
    }
    html_raw(h, "&#39;");
    for (const char *from = word; *from != '\0';) {
        size_t len = strcspn(from, "'");

        html_text_len(h, from, len);
        from += len;
        if (*from == '\'') {
            html_raw(h, "&#39;\\&#39;&#39;");
            from++;
        }
    }
    html_raw(h, "&#39;");
}

static void write_program(struct page *p, const char *command)
{
    html_raw(&p->h, "applier ");
    html_raw(&p->h, command);
    if (p->facts->state != NULL) {
        html_raw(&p->h, " --state ");
        write_word(&p->h, p->facts->state);
    }
}

/* A copy's plan has no digest, and `apply` works on the site's own files. */
static void write_rehearsed(struct html *h)
{
    html_raw(h,
             "<h2>How to apply it</h2>\n<p>Not by this page: it is a rehearsal on a copy. Make a "
             "plan of the site&#39;s own files with <code>applier plan</code>, without "
             "<code>--on</code>, and decide on that.</p>\n");
}

static void write_commands(struct page *p)
{
    char hex[2 * sizeof p->plan->digest + 1];
    struct html *h = &p->h;

    html_raw(h, "<h2>How to apply it</h2>\n<pre>");
    write_program(p, "apply");
    html_raw(h, " ");
    write_word(h, p->facts->bundle == NULL ? "BUNDLE" : p->facts->bundle);
    if (has_digest(p->plan)) {
        text_hex(hex, p->plan->digest, sizeof p->plan->digest);
        html_raw(h, " --plan-digest ");
        html_text(h, hex);
    }
    html_raw(h, "</pre>\n<p>With the plan digest it applies exactly this page or nothing: if the "
                "bundle or any file has changed since, it refuses and writes nothing.</p>\n"
                "<h2>How to go back</h2>\n<pre>");
    write_program(p, "rollback");
    html_raw(h, "</pre>\n<p>Takes out what was put in and puts back what was taken out, with the "
                "same proof. In a file that nobody changed in between it gives back the old bytes. "
                "The application restarts once more.</p>\n");
}

static void write_approval(struct page *p)
{
    struct html *h = &p->h;

    html_raw(h, "<section class=\"approval\">\n<h2>Approval</h2>\n<ul class=\"tick\">\n"
                "<li><span class=\"box\"></span>The signers and their fingerprints above are known "
                "to me.</li>\n<li><span class=\"box\"></span>The plan digest above is the one that "
                "the server shows.</li>\n</ul>\n<div class=\"sign2\">\n"
                "<div><p>Approved by</p><p>Name</p><p>Role</p><p>Date and time</p>"
                "<p>Signature</p></div>\n"
                "<div><p>Second person</p><p>Name</p><p>Role</p><p>Date and time</p>"
                "<p>Signature</p></div>\n</div>\n</section>\n<footer>");
    html_raw(h, "Written by applier " PINFERRY_VERSION ". Of the files it holds the pins, their "
                "line numbers and counts, and no other content. It is a plan: nothing was changed "
                "when it was written.</footer>\n</body>\n</html>\n");
}

bool plan_page(const struct plan *plan, const struct bundle *bundle,
               const struct plan_page_facts *facts, struct buf *out, struct err *err)
{
    struct page page = {.plan = plan, .bundle = bundle, .facts = facts};
    struct html *h = &page.h;

    html_begin(h, out, err);
    write_head(&page);
    write_lead(&page);
    write_facts(&page);
    write_warnings(&page);
    html_raw(h, "<main>\n<h2>What changes</h2>\n");
    for (size_t i = 0; i < plan->count; i++) {
        plan_page_target(h, plan, &plan->targets[i], bundle);
    }
    if (bundle != NULL) {
        html_raw(h, "<h2>Why</h2>\n");
        plan_page_why(h, plan, bundle);
        html_raw(h, "<h2>Who signed</h2>\n");
        plan_page_why_signers(h, bundle);
    }
    write_checked(&page);
    write_effect(&page);
    if (facts->site == NULL) {
        write_rehearsed(h);
    } else {
        write_commands(&page);
    }
    html_raw(h, "</main>\n");
    write_approval(&page);
    return html_end(h);
}
