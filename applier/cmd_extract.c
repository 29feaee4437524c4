/* SPDX-License-Identifier: MIT */
/* applier extract: takes an attachment out of a bundle, named only once all of it is verified. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "applier/commands.h"
#include "applier/confine.h"
#include "base/fsio.h"
#include "base/outfile.h"

#define EXTRACT_MODE 0644
#define PREFIX "payload/"

struct extract {
    const char *name; /* without "payload/" */
    const char *path;
    struct fsio_out *out; /* temporary until it is committed */
    bool found;
    struct manifest_member member;
    struct buf names; /* of the members that there are */
};

static bool begin(void *ctx, const struct manifest_member *member, bool *take, struct err *err)
{
    struct extract *x = ctx;
    const char *name = member->name + strlen(PREFIX);

    *take = strcmp(name, x->name) == 0;
    if (!buf_printf(&x->names, err, "%s%s", x->names.len == 0 ? "" : ", ", name)) {
        return false;
    }
    if (*take) {
        x->found = true;
        x->member = *member;
        x->out = fsio_create(x->path, EXTRACT_MODE, err);
    }
    return !*take || x->out != NULL;
}

static bool bytes(void *ctx, const void *data, size_t len, struct err *err)
{
    return fsio_write(((struct extract *)ctx)->out, data, len, err);
}

static bool end(void *ctx, const struct manifest_member *member, struct err *err)
{
    (void)ctx;
    (void)member;
    (void)err;
    return true;
}

static bool check_found(const struct cmd_call *call, const struct extract *x, struct err *err)
{
    if (x->found) {
        return true;
    }
    return err_set(err, ERR_UNFIT, "%s: carries no '%s'; %s%s", call->args[0], x->name,
                   x->names.len == 0 ? "it has no attachment" : "it has ", buf_text(&x->names));
}

static void tell(const struct cmd_call *call, const struct extract *x)
{
    char hex[65];

    text_hex(hex, x->member.sha256, sizeof x->member.sha256);
    jout_text(call->result, "name", x->member.name);
    jout_text(call->result, "file", x->path);
    jout_number(call->result, "size", x->member.size);
    jout_hex(call->result, "sha256", x->member.sha256, sizeof x->member.sha256);
    cmd_result(call, "%s: %" PRIu64 " bytes, SHA-256 %s\n", x->path, x->member.size, hex);
}

static bool extract(struct cmd_call *call, const struct commands_ground *ground, struct extract *x,
                    struct err *err)
{
    struct bundle_taker taker = {.begin = begin, .bytes = bytes, .end = end, .ctx = x};
    struct bundle *bundle = commands_open(call, ground, call->args[0], &taker, err);
    bool ok = bundle != NULL && check_found(call, x, err);

    if (ok) {
        struct fsio_out *out = x->out;

        x->out = NULL; /* ended by the commit, whatever it says */
        ok = fsio_commit(out, false, err);
    }
    bundle_free(bundle);
    return ok;
}

static bool run(struct cmd_call *call, struct err *err)
{
    struct extract x = {.name = call->args[1], .path = cmd_value(call, "output")};
    struct commands_ground ground = {0};
    struct confine c;
    bool ok;

    if (x.path == NULL) {
        return err_set(err, ERR_USAGE, "'extract' needs -o FILE");
    }
    if (strncmp(x.name, PREFIX, strlen(PREFIX)) == 0) {
        x.name += strlen(PREFIX);
    }
    buf_init(&x.names, LIMIT_PAYLOAD * (size_t)MANIFEST_NAME_MAX);
    confine_init(&c, commands_state_dir(call), false);
    confine_allow(&c, call->args[0], SANDBOX_READ);
    confine_allow(&c, cmd_value(call, "trust"), SANDBOX_READ);
    confine_allow_parent(&c, x.path, SANDBOX_WRITE);
    ok = confine_enter(&c, call, err) && commands_ground_open(call, &ground, err) &&
         outfile_check(x.path, err) && extract(call, &ground, &x, err);
    if (ok) {
        tell(call, &x);
    }
    fsio_discard(x.out);
    buf_release(&x.names);
    commands_ground_release(&ground);
    return ok;
}

static const struct cmd_option options[] = {
    {"output", 'o', "FILE", "where to put it; must not exist", false},
    {"trust", 0, "FILE", "verify under this trust set instead of the site's state", false},
    {"fingerprint", 0, "HEX", "the fingerprint of that trust set", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_extract = {
    .name = "extract",
    .args = "BUNDLE NAME",
    .min_args = 2,
    .max_args = 2,
    .summary = "Take an attachment out of a bundle",
    .details =
        "Verifies the whole bundle as 'verify' does. The file gets its name only when all of it "
        "held; until then, and after a refusal, nothing is there. 'verify' lists the names.\n\n"
        "  applier extract cns-pins-000042.tar ens-setup.zip -o /tmp/ens-setup.zip",
    .options = options,
    .run = run,
};
