/* SPDX-License-Identifier: MIT */
/*
 * Plans made by hand from templates (webconfig_kit.h), for tests of what is shown of a plan, and a
 * verified bundle to go with them. The document around the pins holds the canary, which nothing
 * that is shown may hold.
 */
#ifndef TESTS_UNIT_PLAN_KIT_H
#define TESTS_UNIT_PLAN_KIT_H

#include "applier/plan.h"
#include "tests/unit/make_bundle.h"
#include "tests/unit/webconfig_kit.h"

#define PLAN_KIT_ROWS 16

#define PLAN_KIT_HEAD                                                                              \
    "<?xml version=\"1.0\"?>\n<configuration>\n  <appSettings>\n"                                  \
    "    <add key=\"password\" value=\"" CANARY                                                    \
    "\" />\n  </appSettings>\n  <pinnedCertificates>\n"
#define PLAN_KIT_ITEM(n) "    <pinnedCertificate publicKeyString=\"{" n "}\" />"
#define PLAN_KIT_TAIL "  </pinnedCertificates>\n</configuration>\n"

struct plan_kit {
    struct plan plan;
    struct plan_target target;
    struct plan_row rows[PLAN_KIT_ROWS];
    char path[64];
};

static KIT_UNUSED struct plan_row *plan_kit_row(struct plan_kit *kit, enum plan_fate fate,
                                                size_t line, const struct pin *pin)
{
    struct plan_row *row = &kit->rows[kit->target.row_count++];

    row->fate = fate;
    row->line = line;
    row->pin = *pin;
    row->is_pin = true;
    return row;
}

/*
 * The plan that adds and removes the pins named by digits; pins that stand in `unlisted` are not in
 * the bundle. Rows as plan_bundle makes them.
 */
static KIT_UNUSED void plan_kit_init(struct plan_kit *kit, const char *template, enum kit_form form,
                                     const char *add, const char *remove, const char *unlisted)
{
    static const char *const encodings[] = {"UTF-8", "UTF-8 with byte order mark", "UTF-16 LE",
                                            "UTF-16 BE"};
    struct plan_target *target = &kit->target;
    struct webconfig_change change;
    struct webconfig *scanned = NULL;
    struct pin pins[3][9];
    uint8_t digests[3][9][32];
    size_t adds = kit_pins(add, pins[0], digests[0]),
           removes = kit_pins(remove, pins[1], digests[1]);
    size_t others = kit_pins(unlisted, pins[2], digests[2]);

    memset(kit, 0, sizeof *kit);
    snprintf(kit->path, sizeof kit->path, "/srv/ens/web.config");
    kit_document(&target->old_bytes, template, form, "\r\n");
    kit_round(&target->old_bytes, NULL, pins[0], adds, digests[1], removes, &target->new_bytes,
              &change);
    target->index = 1;
    target->path = kit->path;
    target->rows = kit->rows;
    target->encoding = encodings[form];
    target->eol = "CRLF";
    target->changes = change.added_count + change.removed_count > 0;
    KIT_MUST(webconfig_scan(&target->old_bytes, NULL, &scanned, must));
    target->report.old_count = scanned->pin_count;
    target->report.new_count = scanned->pin_count + change.added_count - change.removed_count;
    for (size_t i = 0; i < scanned->item_count; i++) {
        const struct webconfig_item *item = &scanned->items[i];
        enum plan_fate fate = PLAN_KEPT;

        for (size_t k = 0; k < others; k++)
            fate = pin_equal(&item->pin, &pins[2][k]) ? PLAN_UNLISTED : fate;
        for (size_t k = 0; k < removes; k++)
            fate = pin_equal(&item->pin, &pins[1][k]) ? PLAN_REMOVED : fate;
        plan_kit_row(kit, fate, item->line, &item->pin)->is_pin = item->is_pin;
    }
    for (size_t i = 0; i < change.added_count; i++)
        plan_kit_row(kit, PLAN_ADDED, change.added[i].line, &change.added[i].pin);
    webconfig_free(scanned);
    webconfig_change_release(&change);
    kit->plan = (struct plan){
        .targets = target, .count = 1, .changes = target->changes, .max_bytes = LIMIT_IIS_BYTES};
    memset(kit->plan.digest, 0xab, sizeof kit->plan.digest);
}

static KIT_UNUSED void plan_kit_release(struct plan_kit *kit)
{
    buf_release(&kit->target.old_bytes);
    buf_release(&kit->target.new_bytes);
}

/* A verified bundle of sequence 5 with these notes (NULL: none) that retires pin 3, signed by key-1
 * and key-2. */
static KIT_UNUSED struct bundle *plan_kit_bundle(struct made *made, const char *notes)
{
    struct bundle_policy policy;
    struct trust *advanced = NULL;
    struct bundle *bundle = NULL;
    struct made_bundle b;
    struct manifest_retired *gone;
    struct pin retired;
    struct err err = {0};

    made_init(made);
    made->trust = made_set(made, 1, MADE_ROOT, 2);
    made_must(trust_write(made->trust, &err), &err);
    policy = made_policy(made->trust);
    made_bundle_init(&b);
    kit_pin(&retired, 3);
    gone = manifest_add_retired(b.manifest, &err);
    made_must(gone != NULL, &err);
    memcpy(gone->sha256, retired.sha256, sizeof gone->sha256);
    snprintf(gone->reason, sizeof gone->reason, "gone <script> by notice");
    if (notes != NULL)
        made_payload(&b, "payload/notes", notes)->notes = true;
    made_sign(made, &b, MADE_FIRST, MADE_NOW - 60);
    made_sign(made, &b, MADE_SECOND, MADE_NOW - 30);
    if (notes != NULL)
        made_add(&b, "payload/notes", notes, strlen(notes));
    made_tar(&b);
    bundle = bundle_open_bytes(b.tar.data, b.tar.len, &policy, NULL, &advanced, &err);
    made_must(bundle != NULL, &err);
    made_bundle_release(&b);
    return bundle;
}

#endif
