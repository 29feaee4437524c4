/* SPDX-License-Identifier: MIT */
/* The page of a plan: its parts, hostile texts, its policy, and what it never holds. */
#include "applier/plan_page.h"
#include "applier/plan_page_style.h"
#include "keys/crypto.h"
#include "tests/unit/plan_kit.h"

#define DOCUMENT                                                                                   \
    PLAN_KIT_HEAD PLAN_KIT_ITEM("1") "\n" PLAN_KIT_ITEM("3") "\n" PLAN_KIT_ITEM(                   \
        "4") "\n" PLAN_KIT_TAIL

static struct made made;
static struct bundle *bundle;
static struct buf out;

static const struct plan_page_facts usual = {
    .site = "plant-7", .bundle = "/media/stick/cns-pins-000005.tar", .made = MADE_NOW};

static const char *page(const struct plan_kit *kit, const struct bundle *from,
                        const struct plan_page_facts *facts)
{
    buf_clear(&out);
    KIT_MUST(plan_page(&kit->plan, from, facts, &out, must));
    assert_null(strstr(buf_text(&out), "c4nary"));
    return buf_text(&out);
}

#define HOLDS(page, text) assert_non_null(strstr(page, text))
#define LACKS(page, text) assert_null(strstr(page, text))

static void the_board_finds_everything(void **state)
{
    struct plan_kit kit;
    const char *text;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8_BOM, "2", "3", "4");
    snprintf(kit.rows[1].reason, sizeof kit.rows[1].reason, "replaced");
    kit.rows[3].has_validity = true;
    kit.rows[3].valid_from = MADE_NOW;
    kit.rows[3].valid_to = MADE_NOW + 190 * WHEN_DAY;
    text = page(&kit, bundle, &usual);
    assert_ptr_equal(strstr(text, "<!DOCTYPE html>\n<html lang=\"en\">"), text);
    HOLDS(text, "<title>Change plan: bundle 5 for plant-7</title>");
    HOLDS(text, "Adds 1 pin and takes out 1 in 1 of 1 web.config file.");
    HOLDS(text, "<h3>/srv/ens/web.config</h3>");
    HOLDS(text, "<code>&lt;pinnedCertificate publicKeyString=&quot;" ARTICLE_PIN_2 "&quot; /&gt;");
    HOLDS(text, "<code>e40a 3199 efed 57fd ");
    HOLDS(text, "<strong>kept, not in bundle</strong>");
    HOLDS(text, "<span class=\"whole\">2026-09-21 to 2027-03-30</span>");
    HOLDS(text, "<td data-label=\"Reason\">replaced</td>");
    HOLDS(text, "CHG-17\nsecond line\n</pre>");
    HOLDS(text, "2 signatures; the site&#39;s trust set asks for 2");
    HOLDS(text, "<strong>key-2</strong></td><td data-label=\"Signed\">2026-09-21 14:12:50 UTC");
    HOLDS(text, "<dt>Plan digest</dt><dd><code>abab abab ");
    HOLDS(text, "<pre>applier apply /media/stick/cns-pins-000005.tar --plan-digest abababab");
    HOLDS(text, "<pre>applier rollback</pre>");
    HOLDS(text, "<strong>Expect a restart of the application.</strong>");
    HOLDS(text, "neither site nor bundle sets a minimum");
    HOLDS(text, "<p>Approved by</p>");
    HOLDS(text, "<p>Second person</p>");
    assert_string_equal(text + strlen(text) - 16, "</body>\n</html>\n");
    plan_kit_release(&kit);
}

static void origins_and_reasons_come_from_the_bundle(void **state)
{
    const struct manifest *m = bundle_manifest(bundle);
    struct plan_kit kit;
    const char *text;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    text = page(&kit, bundle, &usual);
    LACKS(text, "Where the added keys come from");
    kit.rows[3].pin = m->pins[0].pin;
    kit.target.changes = false;
    text = page(&kit, bundle, &usual);
    HOLDS(text, "Where the added keys come from");
    HOLDS(text, "2026-09-20 14:13:20 UTC by a person");
    HOLDS(text, "hex typed or from a file, first 2026-09-19 14:13:20 UTC");
    HOLDS(text, "<td data-label=\"Reason\">gone &lt;script&gt; by notice");
    plan_kit_release(&kit);
}

static void hostile_texts_stay_texts(void **state)
{
    struct plan_page_facts facts = usual;
    struct plan_kit kit;
    const char *text;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    snprintf(kit.path, sizeof kit.path, "/srv/<script>alert(1)</script>\033[2J");
    snprintf(kit.rows[1].reason, sizeof kit.rows[1].reason,
             "\"><img src=x onerror=alert(1)>\xe2\x80\xae");
    facts.bundle = "/media/it's $(a) <b>.tar";
    facts.state = "/var/lib/a b";
    text = page(&kit, bundle, &facts);
    LACKS(text, "<script");
    LACKS(text, "<img");
    LACKS(text, "<b>");
    LACKS(text, "\033");
    LACKS(text, "\xe2\x80\xae");
    HOLDS(text, "<h3>/srv/&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[2J</h3>");
    HOLDS(text, "<pre>applier apply --state &#39;/var/lib/a b&#39; "
                "&#39;/media/it&#39;\\&#39;&#39;s $(a) &lt;b&gt;.tar&#39; --plan-digest abab");
    plan_kit_release(&kit);
}

static void the_policy_admits_its_style_alone(void **state)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    char policy[512];
    struct plan_kit kit;
    struct buf base64;
    const char *text, *style, *end;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    text = page(&kit, bundle, &usual);
    style = strstr(text, "<style>") + strlen("<style>");
    end = strstr(style, "</style>");
    assert_non_null(end);
    buf_init(&base64, 64);
    KIT_MUST(crypto_sha256(digest, style, (size_t)(end - style), must));
    KIT_MUST(crypto_base64(&base64, digest, sizeof digest, must));
    snprintf(policy, sizeof policy,
             "content=\"default-src 'none'; base-uri 'none'; form-action 'none'; "
             "style-src 'sha256-%s'\"",
             buf_text(&base64));
    HOLDS(text, policy);
    LACKS(text, "style=");
    LACKS(text, "src=");
    LACKS(text, "url(");
    LACKS(text, "href");
    buf_release(&base64);
    plan_kit_release(&kit);
}

static void services_that_are_stopped_are_named(void **state)
{
    struct site_service services[] = {{.name = (char[]){"The <Checker>"}, .seconds = 1},
                                      {.name = (char[]){"tracker"}, .seconds = 1}};
    struct plan_page_facts facts = usual;
    struct plan_kit kit;
    const char *text;

    (void)state;
    facts.services = services;
    facts.service_count = 2;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    text = page(&kit, bundle, &facts);
    HOLDS(text, "<code>The &lt;Checker&gt;</code>, <code>tracker</code>");
    text = page(&kit, bundle, &usual);
    LACKS(text, "Services of the server");
    plan_kit_release(&kit);
}

static void other_plans_say_what_they_are(void **state)
{
    struct plan_page_facts facts = usual;
    struct plan_kit kit;
    const char *text;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "1", "", "");
    kit.plan.minimum = 3;
    memset(kit.plan.digest, 0, sizeof kit.plan.digest);
    facts.site = NULL;
    facts.has_check = true;
    facts.check_seconds = 60;
    text = page(&kit, bundle, &facts);
    HOLDS(text, "Nothing is to be done");
    HOLDS(text, "needs no change and is not written");
    HOLDS(text, "none: a rehearsal on a copy");
    HOLDS(text, "Not by this page: it is a rehearsal on a copy.");
    LACKS(text, "applier apply");
    HOLDS(text, "each file keeps at least 3 pins");
    HOLDS(text, "for at most 60 seconds");
    LACKS(text, "--plan-digest");
    LACKS(text, "Before you decide");
    LACKS(text, "<table class=\"diff\">");
    LACKS(text, "not older than the last");
    plan_kit_release(&kit);
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    text = page(&kit, NULL, &usual);
    HOLDS(text, "Undo an earlier change");
    HOLDS(text, "<strong>put back</strong>");
    LACKS(text, "Who signed");
    plan_kit_release(&kit);
}

static void a_full_buffer_is_an_error(void **state)
{
    struct plan_kit kit;
    struct err err = {0};
    size_t whole;

    (void)state;
    plan_kit_init(&kit, DOCUMENT, KIT_UTF8, "2", "3", "");
    (void)page(&kit, bundle, &usual);
    whole = out.len;
    for (size_t max = 0; max < whole; max += 97) {
        struct buf small;

        buf_init(&small, max);
        assert_false(plan_page(&kit.plan, bundle, &usual, &small, &err));
        assert_int_equal(err.code, ERR_IO_LIMIT);
        buf_release(&small);
    }
    plan_kit_release(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_board_finds_everything),
        cmocka_unit_test(origins_and_reasons_come_from_the_bundle),
        cmocka_unit_test(hostile_texts_stay_texts),
        cmocka_unit_test(the_policy_admits_its_style_alone),
        cmocka_unit_test(services_that_are_stopped_are_named),
        cmocka_unit_test(other_plans_say_what_they_are),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    int failed;

    bundle = plan_kit_bundle(&made, "CHG-17\r\nsecond line");
    buf_init(&out, PLAN_PAGE_MAX);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_release(&out);
    bundle_free(bundle);
    made_release(&made);
    return failed;
}
