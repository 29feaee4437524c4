/* SPDX-License-Identifier: MIT */
/*
 * A site that is enrolled, and an apply of pins named by digits, in the steps that a program takes.
 */
#ifndef TESTS_UNIT_APPLY_KIT_H
#define TESTS_UNIT_APPLY_KIT_H

#include "applier/apply.h"
#include "applier/carry.h"
#include "applier/plan_undo.h"
#include "applier/recover.h"
#include "tests/unit/site_kit.h"

/* The open site of a test. */
struct apply_kit {
    struct site *site;
    struct state *state;
    struct bundle *bundle;
    struct plan *plan;
    struct buf secret;
    struct apply_result result;
};

static const struct apply_who apply_kit_who KIT_UNUSED = {.operator= "tester", .note = "CHG-1"};

/* Targets www/a (and www/b if `second`) with these pins, enrolled. */
static KIT_UNUSED void apply_kit_init(struct apply_kit *kit, const char *first, const char *second)
{
    memset(kit, 0, sizeof *kit);
    site_kit_target("a", first);
    if (second != NULL) {
        site_kit_target("b", second);
    }
    kit->site = site_kit_site("a", second == NULL ? NULL : "b");
    site_kit_enrol(kit->site);
    kit->state = state_open(scratch("state"), true, NULL);
    assert_non_null(kit->state);
    buf_init_secret(&kit->secret, LIMIT_LINE_BYTES);
    KIT_MUST(state_secret(kit->state, &kit->secret, must));
}

static KIT_UNUSED void apply_kit_forget(struct apply_kit *kit)
{
    plan_free(kit->plan);
    bundle_free(kit->bundle);
    kit->plan = NULL;
    kit->bundle = NULL;
}

static KIT_UNUSED void apply_kit_release(struct apply_kit *kit)
{
    apply_kit_forget(kit);
    site_free(kit->site);
    state_close(kit->state);
    buf_release(&kit->secret);
}

/* As after a crash: what was in memory is gone. */
static KIT_UNUSED void apply_kit_crash(struct apply_kit *kit)
{
    apply_kit_forget(kit);
    state_close(kit->state);
    kit->state = state_open(scratch("state"), true, NULL);
    assert_non_null(kit->state);
}

/* Opens a bundle of these pins with this sequence and plans it. */
static KIT_UNUSED void apply_kit_plan(struct apply_kit *kit, unsigned sequence, const char *pins,
                                      const char *retired)
{
    struct made_bundle b;

    apply_kit_forget(kit);
    site_kit_bundle_init(&b, pins, retired);
    b.manifest->sequence = sequence;
    site_kit_bundle_finish(&b);
    kit->bundle = site_kit_open(&b);
    made_bundle_release(&b);
    KIT_MUST((kit->plan = plan_bundle(kit->bundle, kit->site, &kit->secret, must)) != NULL);
}

static KIT_UNUSED enum err_code apply_kit_apply(struct apply_kit *kit, struct err *err)
{
    *err = (struct err){0};
    kit->result = (struct apply_result){0};
    bool done = apply_bundle(kit->state, kit->bundle, kit->site, kit->plan, &apply_kit_who,
                             &kit->result, err);
    assert_int_equal(done, err->code == ERR_NONE);
    kit_no_canary(err);
    return err->code;
}

/* The steps of carry_begin for the plan at hand, so that a test can stop behind any of them. */
static KIT_UNUSED struct run *apply_kit_begin(struct apply_kit *kit)
{
    struct carry_facts facts = {.kind = RUN_APPLY,
                                .operator= "tester",
                                .trust_version = 1,
                                .floor = MADE_NOW - 60,
                                .head = bundle_head(kit->bundle)};
    struct run *run;

    facts.bundle.epoch = bundle_manifest(kit->bundle)->epoch;
    facts.bundle.sequence = bundle_manifest(kit->bundle)->sequence;
    memcpy(facts.bundle.manifest, bundle_manifest_sha256(kit->bundle), 32);
    KIT_MUST((run = carry_begin(kit->state, kit->plan, &facts, &kit->secret, must)) != NULL);
    return run;
}

static KIT_UNUSED void apply_kit_exchange(struct apply_kit *kit, const struct run *run, size_t i)
{
    KIT_MUST(carry_exchange(kit->state, run, &run->targets[i], &kit->plan->targets[i], &kit->secret,
                            must));
}

/* Reads a file of the scratch folder; the caller releases. */
static KIT_UNUSED void apply_kit_read(const char *name, struct buf *out)
{
    buf_init(out, LIMIT_TARGET_BYTES);
    KIT_MUST(fsio_read_file(scratch(name), LIMIT_TARGET_BYTES, out, must));
}

/* Whether target www/NAME holds exactly what site_kit_target writes for these pins. */
static KIT_UNUSED bool apply_kit_holds(const char *name, const char *digits)
{
    struct buf now, want;
    char path[300], before[300];
    bool same;

    snprintf(path, sizeof path, "www/%s", name);
    snprintf(before, sizeof before, "www/expected");
    apply_kit_read(path, &now);
    site_kit_target("expected", digits);
    apply_kit_read(before, &want);
    unlink(scratch(before));
    same = buf_equal(&now, &want);
    buf_release(&now);
    buf_release(&want);
    return same;
}

/* How many entries a folder of the scratch folder has. */
static KIT_UNUSED size_t apply_kit_count(const char *dir)
{
    struct fsio_names names = {0};
    size_t count;

    KIT_MUST(fsio_list(scratch(dir), 4096, &names, must));
    count = names.count;
    fsio_names_release(&names);
    return count;
}

/* Whether the text occurs in a file of the scratch folder. */
static KIT_UNUSED bool apply_kit_says(const char *name, const char *text)
{
    struct buf bytes;
    bool there;

    apply_kit_read(name, &bytes);
    there = strstr(buf_text(&bytes), text) != NULL;
    buf_release(&bytes);
    return there;
}

#endif
