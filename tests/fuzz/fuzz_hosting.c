/* SPDX-License-Identifier: MIT */
/* applicationHost.config, which the applier only looks at: whatever is taken of it is plain UTF-8.
 */
#include "applier/hosting.h"
#include "base/text.h"
#include "tests/fuzz/fuzz.h"

static void check_plain(const char *text)
{
    size_t len = strlen(text), used;
    uint32_t code = 0;

    for (size_t at = 0; at < len; at += used) {
        used = text_utf8(&code, text + at, len - at);
        FUZZ_MUST(used > 0 && code >= 0x20 && code != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hosting hosting = {0};
    struct err err = {0};
    struct buf file;
    bool taken;

    fuzz_copy(&file, data, size);
    taken = hosting_read(&hosting, &file, &err);
    fuzz_verdict(taken, &err);
    FUZZ_MUST(taken || hosting.count == 0);
    FUZZ_MUST(hosting.count <= HOSTING_MAX);
    for (size_t i = 0; i < hosting.count; i++) {
        check_plain(hosting.folders[i].site);
        check_plain(hosting.folders[i].application);
        check_plain(hosting.folders[i].path);
        FUZZ_MUST(hosting.folders[i].path[0] != '\0');
    }
    hosting_release(&hosting);
    buf_release(&file);
    return 0;
}
