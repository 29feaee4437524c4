/* SPDX-License-Identifier: MIT */
/*
 * One step from a trust set to the next, signed anew after the document was damaged: the set that
 * follows is that of the second reading of docs/format.md 3 (policy_model.h), or none.
 */
#include "tests/fuzz/policy_model.h"
#include "tests/fuzz/policy_world.h"

/* The new set: drawn, damaged, signed. */
static void draw_step(struct fuzz_input *in, struct world *w)
{
    struct world_set *set = &w->sets[0];
    struct trust *drawn = world_trust(in, world_near(in, w->trust->version + 1));
    unsigned roots = world_roots(w->trust) | world_roots(drawn);

    buf_init(&set->bytes, LIMIT_TRUST_BYTES);
    FUZZ_MUST(buf_add(&set->bytes, drawn->bytes.data, drawn->bytes.len, NULL));
    trust_free(drawn);
    world_damage(in, &set->bytes);
    set->version = (unsigned)w->trust->version + 1;
    w->set_count = 1;
    world_sign(in, w, world_mask(in, roots), "trust/000002", SIGFILE_TRUST, &set->bytes, &set->by);
}

static void check_step(const struct world *w)
{
    struct trust_signature signatures[WORLD_KEYS + 1];
    const struct world_set *set = &w->sets[0];
    struct model expected = {.reached = w->trust};
    struct err err = {0};
    struct trust *next;

    expected.exit = model_step(set, &expected, 0);
    for (size_t i = 0; i < set->by.count; i++) {
        const struct buf *bytes = &w->bundle.members[i].bytes;

        signatures[i] = (struct trust_signature){bytes->data, bytes->len};
    }
    next = trust_step(w->trust, set->bytes.data, set->bytes.len, signatures, set->by.count, &err);
    fuzz_verdict(next != NULL, &err);
    FUZZ_MUST((next != NULL) == (expected.exit == 0));
    FUZZ_MUST(err_exit(err.code) == expected.exit ||
              (expected.maybe_newer && err_exit(err.code) == 16));
    FUZZ_MUST(next == NULL || buf_equal(&next->bytes, &set->bytes));
    trust_free(next);
    model_release(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    struct fuzz_input in = {data, size};

    world_setup();
    memset(&w, 0, sizeof w);
    w.trust = world_trust(&in, 1);
    made_bundle_init(&w.bundle);
    draw_step(&in, &w);
    check_step(&w);
    buf_release(&w.sets[0].bytes);
    made_bundle_release(&w.bundle);
    trust_free(w.trust);
    return 0;
}
