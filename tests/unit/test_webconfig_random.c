/* SPDX-License-Identifier: MIT */
/*
 * Properties of the editor over random documents: new bytes are proved, the undo gives the old
 * ones, a second run does nothing, no damaged byte makes it crash or talk.
 */
#include "tests/unit/webconfig_random.h"

#define DOCUMENTS 500 /* make properties has more */

static void run_document(const struct buf *file, bool *spliced)
{
    char add_names[10], remove_names[10];
    struct pin add[10], removed[10];
    uint8_t add_digests[10][32], remove_digests[10][32];
    struct webconfig_change change;
    struct buf first, second;
    choose(add_names, remove_names);
    size_t add_count = kit_pins(add_names, add, add_digests);
    size_t remove_count = kit_pins(remove_names, removed, remove_digests);
    const uint8_t(*remove)[32] = (const uint8_t(*)[32])remove_digests;
    if (is_blocked(file, remove, remove_count))
        return;
    kit_round(file, NULL, add, add_count, remove, remove_count, &first, &change);
    kit_round(&first, NULL, add, add_count, remove, remove_count, &second, NULL);
    if (!buf_equal(&first, &second))
        fail_msg("the second run changed something");
    /* And the change is proved backwards too: what rollback needs. */
    struct pin gone[16];
    uint8_t came[16][32];
    assert_true(change.removed_count <= 16 && change.added_count <= 16);
    for (size_t i = 0; i < change.removed_count; i++)
        gone[i] = change.removed[i].pin;
    for (size_t i = 0; i < change.added_count; i++)
        memcpy(came[i], change.added[i].pin.sha256, 32);
    struct webconfig_claim back = {.added = gone,
                                   .added_count = change.removed_count,
                                   .removed = (const uint8_t(*)[32])came,
                                   .removed_count = change.added_count,
                                   .returns = true,
                                   .max_bytes = KIT_MAX};
    KIT_MUST(webconfig_prove(&first, file, &back, NULL, must));
    *spliced = true;
    webconfig_change_release(&change);
    buf_release(&first);
    buf_release(&second);
}

/* A damaged copy: whatever the scan says, it says nothing of the content. */
static void run_damaged(const struct buf *file)
{
    struct buf damaged;
    struct webconfig *webconfig = NULL;
    struct err err = {0};
    buf_init(&damaged, KIT_MAX);
    size_t len = pick(4) == 0 ? pick((unsigned)file->len) + 1 : file->len;
    KIT_MUST(buf_add(&damaged, file->data, len, must));
    for (unsigned i = pick(4); i-- > 0;)
        damaged.data[pick((unsigned)damaged.len)] =
            pick(2) ? (uint8_t) "<>&\"'/![]-? \n"[pick(13)] : (uint8_t)pick(256);
    if (webconfig_scan(&damaged, NULL, &webconfig, &err)) {
        bool spliced;
        run_document(&damaged, &spliced);
    }
    kit_no_canary(&err);
    webconfig_free(webconfig);
    buf_release(&damaged);
}

static void properties_hold(void **state)
{
    (void)state;
    size_t documents = begin(DOCUMENTS), count = 0;
    for (size_t i = 0; i < documents; i++) {
        struct buf file;
        bool spliced = false;
        make_document(&file);
        run_document(&file, &spliced);
        run_damaged(&file);
        count += spliced;
        buf_release(&file);
    }
    printf("# %zu documents, %zu edited\n", documents, count);
    assert_true(count > documents / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(properties_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
