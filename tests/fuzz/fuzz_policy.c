/* SPDX-License-Identifier: MIT */
/*
 * What the opener decides about bundles whose signatures hold: a site and a bundle are drawn from
 * the input (policy_world.h), a second reading of docs/format.md 6 says what must come out
 * (policy_model.h), and the opener must say the same: the exit code, the set that was reached, T.
 */
#include "tests/fuzz/policy_model.h"
#include "tests/fuzz/policy_world.h"
#include "tests/unit/scratch.h"

static void draw_manifest(struct fuzz_input *in, struct world *w)
{
    struct manifest *m = w->bundle.manifest;
    unsigned sites = fuzz_below(in, 4);

    memset(m->domain, fuzz_byte(in) == 7 ? 2 : 1, sizeof m->domain);
    snprintf(m->channel, sizeof m->channel, "%s",
             fuzz_byte(in) == 7 ? "other.example" : MADE_CHANNEL);
    m->epoch = world_near(in, WORLD_EPOCH);
    m->sequence = world_near(in, WORLD_SEQUENCE);
    m->trust_version = world_near(in, w->trust->version);
    if (w->set_count > 0) {
        m->trust_version = w->sets[w->set_count - 1].version;
    }
    m->created = world_time(in, MADE_NOW - 7200);
    m->not_before = world_time(in, MADE_NOW - 3600);
    m->expires = world_time(in, MADE_NOW + 30 * WHEN_DAY);
    m->all_sites = sites == 0;
    for (unsigned i = 1; i <= 2; i++) {
        char id[16];

        snprintf(id, sizeof id, "site-%u", i);
        FUZZ_MUST((sites & i) == 0 || manifest_add_site(m, id, NULL));
    }
}

/* Signs the manifest, adds payload members. False when there can be no such manifest. */
static bool draw_bundle(struct fuzz_input *in, struct world *w)
{
    static const char *const texts[] = {"first", "second\n"};
    unsigned payload = fuzz_below(in, 4), wrong = fuzz_byte(in);
    struct made_bundle *b = &w->bundle;
    struct manifest_member *notes;
    struct err err = {0};

    if ((payload & 1) != 0) {
        made_payload(b, "payload/a", texts[0]);
    }
    if ((payload & 2) != 0) {
        notes = made_payload(b, "payload/b", texts[1]);
        notes->notes = true;
    }
    if (!manifest_write(b->manifest, &b->document, &err)) {
        return false;
    }
    world_damage(in, &b->document);
    made_add(b, "manifest.xml", b->document.data, b->document.len);
    world_sign(in, w, world_mask(in, 1u << MADE_FIRST | 1u << MADE_SECOND), "manifest",
               SIGFILE_MANIFEST, &b->document, &w->by);
    for (unsigned i = 0; i < 2; i++) {
        bool listed = (payload >> i & 1) != 0, there = listed != (wrong == 1 + i);

        if (there) {
            made_add(b, i == 0 ? "payload/a" : "payload/b", texts[wrong == 3 ? 1 - i : i],
                     strlen(texts[wrong == 3 ? 1 - i : i]));
        }
    }
    made_tar(b);
    if (fuzz_byte(in) == 7) {
        size_t at = fuzz_byte(in);

        at = (at * 256 + fuzz_byte(in)) % b->tar.len;
        b->tar.data[at] ^= (uint8_t)(1u << fuzz_below(in, 8));
        w->flipped = true;
    }
    return true;
}

static void draw_policy(struct fuzz_input *in, struct world *w, uint8_t sha256[static 32])
{
    static const char *const sites[] = {"site-1", "site-2", "site-3", NULL};
    struct bundle_policy *p = &w->policy;

    FUZZ_MUST(crypto_sha256(sha256, w->bundle.document.data, w->bundle.document.len, NULL));
    p->trust = w->trust;
    p->site = sites[fuzz_below(in, 4)];
    p->check_replay = fuzz_below(in, 8) != 7;
    p->check_time = fuzz_below(in, 4) != 3;
    p->has_last = fuzz_below(in, 2) != 0;
    p->last_epoch = world_near(in, WORLD_EPOCH);
    p->last_sequence = world_near(in, WORLD_SEQUENCE - 1);
    w->is_last = fuzz_below(in, 2) != 0;
    if (w->is_last) {
        memcpy(p->last_manifest, sha256, 32);
    }
    if (fuzz_below(in, 2) != 0) {
        p->least_epoch = world_near(in, WORLD_EPOCH);
        p->least_sequence = world_near(in, WORLD_SEQUENCE);
    }
    p->has_floor = fuzz_below(in, 2) != 0;
    p->floor = world_time(in, MADE_NOW - WHEN_DAY);
    p->local = world_time(in, MADE_NOW);
    p->waived_manifest = fuzz_below(in, 2) != 0 ? sha256 : NULL;
}

/* A kept head opens like the bundle that it is from. */
static void check_head(const struct world *w, const struct bundle *b)
{
    const struct buf *head = bundle_head(b);
    struct trust *advanced = NULL;
    struct err err = {0};
    struct bundle *again = bundle_open_head(head->data, head->len, &w->policy, &advanced, &err);

    FUZZ_MUST(again != NULL && buf_equal(bundle_head(again), head));
    FUZZ_MUST(memcmp(bundle_manifest_sha256(again), bundle_manifest_sha256(b), 32) == 0);
    bundle_free(again);
    trust_free(advanced);
    FUZZ_MUST(bundle_open_head(head->data, head->len - 512, &w->policy, &advanced, &err) == NULL);
    trust_free(advanced);
}

static void check_accepted(const struct world *w, const struct bundle *b,
                           const struct model *expected)
{
    size_t votes = 0;

    FUZZ_MUST(bundle_votes(b, &votes) != NULL && votes == w->by.count);
    FUZZ_MUST(bundle_signed_at(b) == expected->signed_at);
    FUZZ_MUST(buf_equal(&bundle_trust(b)->bytes, &expected->reached->bytes));
    FUZZ_MUST(err_exit(bundle_date_problem(b)->code) == expected->date_exit);
    FUZZ_MUST(!w->policy.check_time || expected->date_exit == 0);
    FUZZ_MUST((bundle_notes(b) != NULL) ==
              (strcmp(w->bundle.members[w->bundle.count - 1].name, "payload/b") == 0));
    if (w->with_head) {
        check_head(w, b);
    }
}

/* What a taker was given. */
struct taken {
    bool fails;
    size_t begun, ended;
    uint64_t left;
};

static bool taker_begin(void *ctx, const struct manifest_member *member, bool *take,
                        struct err *err)
{
    struct taken *t = ctx;

    FUZZ_MUST(t->begun == t->ended);
    t->begun++;
    t->left = member->size;
    *take = true;
    return !t->fails || err_set(err, ERR_IO, "no room");
}

static bool taker_bytes(void *ctx, const void *bytes, size_t len, struct err *err)
{
    struct taken *t = ctx;

    (void)bytes;
    (void)err;
    FUZZ_MUST(len <= t->left && !t->fails);
    t->left -= len;
    return true;
}

static bool taker_end(void *ctx, const struct manifest_member *member, struct err *err)
{
    struct taken *t = ctx;

    (void)member;
    (void)err;
    FUZZ_MUST(t->left == 0);
    t->ended++;
    return true;
}

static void remove_scratch(void)
{
    scratch_remove(NULL);
}

/* The same bundle from a file. */
static void check_file(const struct world *w, enum err_code code)
{
    struct trust *advanced = NULL;
    struct err err = {0};
    struct fsio_file *file;

    if (scratch_dir[0] == '\0') {
        FUZZ_MUST(scratch_make(NULL) == 0 && atexit(remove_scratch) == 0);
    }
    made_must(fsio_replace(scratch("b.tar"), w->bundle.tar.data, w->bundle.tar.len, 0600, &err),
              &err);
    file = fsio_open(scratch("b.tar"), &err);
    FUZZ_MUST(file != NULL);
    bundle_free(bundle_open(file, &w->policy, NULL, &advanced, &err));
    FUZZ_MUST(err.code == code);
    trust_free(advanced);
    fsio_close(file);
}

static void check_world(const struct world *w)
{
    struct model expected = {0};
    struct trust *advanced = NULL;
    struct err err = {0};
    const struct buf *tar = &w->bundle.tar;
    struct taken taken = {.fails = w->taker_fails};
    const struct bundle_taker taker = {taker_begin, taker_bytes, taker_end, &taken};
    struct bundle *b = bundle_open_bytes(tar->data, tar->len, &w->policy, &taker, &advanced, &err);

    fuzz_verdict(b != NULL, &err);
    FUZZ_MUST(b == NULL || taken.ended == bundle_manifest(b)->payload_count);
    model_decide(w, &expected);
    if (w->with_head && !w->taker_fails) {
        check_file(w, err.code);
    }
    if (taken.begun > 0 && taken.fails) {
        FUZZ_MUST(b == NULL && err.code == ERR_IO);
    } else if (w->flipped) {
        FUZZ_MUST(b == NULL); /* whichever bit it was */
    } else {
        int code = err_exit(err.code);

        if (code != expected.exit && !(expected.maybe_newer && code == 16)) {
            fprintf(stderr, "exit %d (%s), expected %d\n", code, err.text, expected.exit);
            FUZZ_MUST(code == expected.exit);
        }
        FUZZ_MUST((advanced != NULL) == (expected.reached != w->trust));
        FUZZ_MUST(advanced == NULL || buf_equal(&advanced->bytes, &expected.reached->bytes));
    }
    if (b != NULL) {
        check_accepted(w, b, &expected);
    }
    bundle_free(b);
    trust_free(advanced);
    model_release(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    struct fuzz_input in = {data, size};
    uint8_t sha256[32];

    world_setup();
    memset(&w, 0, sizeof w);
    w.trust = world_trust(&in, 2 + fuzz_below(&in, 2));
    made_bundle_init(&w.bundle);
    world_carry(&in, &w);
    draw_manifest(&in, &w);
    if (draw_bundle(&in, &w)) {
        draw_policy(&in, &w, sha256);
        w.with_head = fuzz_below(&in, 2) != 0;
        w.taker_fails = fuzz_below(&in, 4) == 3;
        check_world(&w);
    }
    for (size_t i = 0; i < w.set_count; i++) {
        buf_release(&w.sets[i].bytes);
    }
    made_bundle_release(&w.bundle);
    trust_free(w.trust);
    return 0;
}
