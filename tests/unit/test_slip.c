/* SPDX-License-Identifier: MIT */
/* slip.c: what the page says, and where it may not lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "bundler/slip.h"
#include "tests/unit/build_kit.h"

static void test_the_page(void **state)
{
    struct err err = {0};
    struct workspace *ws = kit_workspace(SIGNKEY_P256);
    struct trust *trust = workspace_trust(ws, &err);
    char groups[16 / 2 * 5 / 2 + 1];
    struct buf page;

    (void)state;
    kit_must(trust != NULL, &err);
    buf_init(&page, SLIP_BYTES);
    kit_must(slip_page(&page, trust, &err), &err);
    for (size_t i = 0; i < 32; i += 8) {
        text_hex_groups(groups, trust->fingerprint + i, 8);
        assert_non_null(strstr(buf_text(&page), groups));
    }
    assert_non_null(strstr(buf_text(&page), KIT_CHANNEL));
    assert_non_null(strstr(buf_text(&page), "size: A4"));
    assert_null(strstr(buf_text(&page), "src="));
    assert_null(strstr(buf_text(&page), "http://"));
    kit_must(slip_write(scratch("slip.html"), trust, &err), &err);
    assert_false(slip_write(scratch("slip.html"), trust, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    buf_release(&page);
    trust_free(trust);
    workspace_close(ws);
}

static enum err_code checked(const char *file, const char *dir)
{
    char path[1100], folder[1100];
    struct err err = {0};

    snprintf(path, sizeof path, "%s/%s", scratch_dir, file);
    snprintf(folder, sizeof folder, "%s/%s", scratch_dir, dir);
    return slip_check(path, folder, &err) ? ERR_NONE : err.code;
}

static void test_never_beside_the_trust_set(void **state)
{
    struct err err = {0};
    char link[1100];

    (void)state;
    kit_must(fsio_make_dir(scratch("usb"), 0755, &err) &&
                 fsio_make_dir(scratch("usb/deep"), 0755, &err) &&
                 fsio_make_dir(scratch("usb2"), 0755, &err),
             &err);
    snprintf(link, sizeof link, "%s/way", scratch_dir);
    assert_int_equal(symlink("usb/deep", link), 0);
    assert_int_equal(checked("usb/slip.html", "usb"), ERR_USAGE);
    assert_int_equal(checked("usb/deep/slip.html", "usb"), ERR_USAGE);
    assert_int_equal(checked("usb2/../usb/slip.html", "usb"), ERR_USAGE);
    assert_int_equal(checked("way/slip.html", "usb"), ERR_USAGE);
    assert_int_equal(checked("usb2/slip.html", "usb"), ERR_NONE);
    assert_int_equal(checked("slip.html", "usb"), ERR_NONE);
    assert_int_equal(checked("slip.html", "absent"), ERR_NONE);
    assert_int_equal(checked("nowhere/slip.html", "usb"), ERR_IO_ABSENT);
    assert_int_equal(checked("usb2", "usb"), ERR_IO_EXISTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_page, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_never_beside_the_trust_set, scratch_make,
                                        scratch_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
