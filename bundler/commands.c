/* SPDX-License-Identifier: MIT */
/* What the bundler's commands share. */
#include "bundler/commands.h"

#include <stdio.h>

#include "keys/signkey.h"

struct workspace *commands_workspace(const struct cmd_call *call, bool writing, struct err *err)
{
    const char *dir = cmd_value(call, "workspace");

    return workspace_open(dir == NULL ? "." : dir, writing, err);
}

const char *commands_option(const struct cmd_call *call, char *out, size_t size)
{
    const char *dir = cmd_value(call, "workspace");

    out[0] = '\0';
    if (dir != NULL) {
        snprintf(out, size, " -C '%s'", dir);
    }
    return out;
}

bool commands_passphrase(const struct cmd_call *call, const char *prompt, bool confirm,
                         struct buf *out, struct err *err)
{
    const char *file = cmd_value(call, "passphrase-file");
    bool found = false;

    if (file != NULL) {
        return signkey_passphrase_file(file, out, err);
    }
    if (!signkey_passphrase_env(out, &found, err)) {
        return false;
    }
    return found || signkey_passphrase_prompt(prompt, confirm, out, err);
}
