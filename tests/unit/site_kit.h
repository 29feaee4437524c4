/* SPDX-License-Identifier: MIT */
/*
 * A site in the scratch folder: targets with a canary outside their pins, a state, and bundles that
 * name pins by digits as webconfig_kit.h does.
 */
#ifndef TESTS_UNIT_SITE_KIT_H
#define TESTS_UNIT_SITE_KIT_H

#include "applier/site.h"
#include "applier/state.h"
#include "tests/unit/make_bundle.h"
#include "tests/unit/scratch.h"
#include "tests/unit/webconfig_kit.h"

#define SITE_KIT_REASON "gone & away"

static struct made site_kit_made;

/* Keys, trust set 1 (threshold 1) and the scratch folder; the clock stands at MADE_NOW. */
static KIT_UNUSED int site_kit_make(void **state)
{
    char now[WHEN_TEXT_SIZE];

    when_format(now, MADE_NOW);
    setenv("PINFERRY_TEST_NOW", now, 1);
    made_init(&site_kit_made);
    site_kit_made.trust = made_set(&site_kit_made, 1, MADE_ROOT, 1);
    KIT_MUST(trust_write(site_kit_made.trust, must));
    return scratch_make(state);
}

static KIT_UNUSED int site_kit_remove(void **state)
{
    made_release(&site_kit_made);
    return scratch_remove(state);
}

static KIT_UNUSED int site_kit_empty(void **state)
{
    (void)state;
    scratch_empty(scratch_dir);
    return 0;
}

/* Writes www/NAME with the pins named by digits, one a line from line 7 on. */
static KIT_UNUSED void site_kit_target(const char *name, const char *digits)
{
    char template[4096], path[300];
    struct buf bytes;

    snprintf(template, sizeof template,
             "<?xml version=\"1.0\"?>\n<configuration>\n  <appSettings>\n"
             "    <add key=\"password\" value=\"" CANARY "\" />\n  </appSettings>\n"
             "  <pinnedCertificates>\n");
    for (const char *d = digits; *d != '\0'; d++) {
        snprintf(template + strlen(template), sizeof template - strlen(template),
                 "    <pinnedCertificate publicKeyString=\"{%c}\" />\n", *d);
    }
    snprintf(template + strlen(template), sizeof template - strlen(template),
             "  </pinnedCertificates>\n</configuration>\n");
    kit_expand(&bytes, template);
    KIT_MUST(fsio_make_dir(scratch("www"), 0755, must));
    snprintf(path, sizeof path, "www/%s", name);
    KIT_MUST(fsio_replace(scratch(path), bytes.data, bytes.len, 0640, must));
    buf_release(&bytes);
}

/* The path of a target. */
static KIT_UNUSED const char *site_kit_path(const char *name)
{
    static char path[300];

    snprintf(path, sizeof path, "www/%s", name);
    return scratch(path);
}

/* A site of the targets named, at most two (NULL: one only), with staging in state/. */
static KIT_UNUSED struct site *site_kit_site(const char *first, const char *second)
{
    struct site *site = site_new(NULL);
    char staging[300];

    assert_non_null(site);
    snprintf(staging, sizeof staging, "%s", scratch("state/" STATE_STAGING));
    KIT_MUST(site_add(site, site_kit_path(first), NULL, staging, must));
    if (second != NULL) {
        KIT_MUST(site_add(site, site_kit_path(second), NULL, staging, must));
    }
    return site;
}

/* Makes scratch("state") with this site's configuration. */
static KIT_UNUSED void site_kit_enrol(const struct site *site)
{
    KIT_MUST(state_prepare(scratch("state"), must));
    KIT_MUST(site_write(site, scratch("state"), must));
    KIT_MUST(state_create(scratch("state"), MADE_SITE, site_kit_made.trust, 0, must));
}

/* A manifest that names pins by digits; sign and tar it by site_kit_bundle_finish. */
static KIT_UNUSED void site_kit_bundle_init(struct made_bundle *b, const char *pins,
                                            const char *retired)
{
    made_bundle_init(b);
    b->manifest->pin_count = 0;
    for (const char *d = pins; *d != '\0'; d++) {
        struct manifest_pin *pin = manifest_add_pin(b->manifest, NULL);

        made_pin(pin);
        kit_pin(&pin->pin, (unsigned)(*d - '0'));
        pin->has_validity = *d == '1';
        pin->valid_from = pin->has_validity ? MADE_NOW - WHEN_DAY : 0;
        pin->valid_to = pin->has_validity ? MADE_NOW + WHEN_DAY : 0;
    }
    for (const char *d = retired; *d != '\0'; d++) {
        struct manifest_retired *item = manifest_add_retired(b->manifest, NULL);
        struct pin pin;

        kit_pin(&pin, (unsigned)(*d - '0'));
        memcpy(item->sha256, pin.sha256, 32);
        snprintf(item->reason, sizeof item->reason, SITE_KIT_REASON);
    }
}

static KIT_UNUSED void site_kit_bundle_finish(struct made_bundle *b)
{
    made_sign(&site_kit_made, b, MADE_FIRST, MADE_NOW - 60);
    made_tar(b);
}

/* Opened as a site does that has no state yet. */
static KIT_UNUSED struct bundle *site_kit_open(const struct made_bundle *b)
{
    struct bundle_policy policy = made_policy(site_kit_made.trust);
    struct trust *advanced = NULL;
    struct err err = {0};
    struct bundle *bundle =
        bundle_open_bytes(b->tar.data, b->tar.len, &policy, NULL, &advanced, &err);

    if (bundle == NULL)
        fail_msg("the bundle is refused: %s", err.text);
    trust_free(advanced);
    return bundle;
}

/* All of it at once. */
static KIT_UNUSED struct bundle *site_kit_bundle(const char *pins, const char *retired)
{
    struct made_bundle b;
    struct bundle *bundle;

    site_kit_bundle_init(&b, pins, retired);
    site_kit_bundle_finish(&b);
    bundle = site_kit_open(&b);
    made_bundle_release(&b);
    return bundle;
}

#endif
