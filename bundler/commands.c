/* SPDX-License-Identifier: MIT */
/* What the bundler's commands share. */
#include "bundler/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "bundler/signer.h"

struct workspace *commands_workspace(const struct cmd_call *call, bool writing, struct err *err)
{
    const char *dir = cmd_value(call, "workspace");

    return workspace_open(dir == NULL ? "." : dir, writing, err);
}

const char *commands_option(const struct cmd_call *call, char *out, size_t size)
{
    const char *dir = cmd_value(call, "workspace");
    char word[1024];

    out[0] = '\0';
    if (dir != NULL) {
        snprintf(out, size, " -C %s", text_word(word, sizeof word, dir, "DIR"));
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

static bool is_encrypted(const char *path, bool *encrypted, struct err *err)
{
    enum fsio_kind kind;

    *encrypted = false;
    return fsio_kind(path, &kind, err) &&
           (kind != FSIO_FILE || signkey_is_encrypted(path, encrypted, err));
}

struct signkey *commands_key(const struct cmd_call *call, const struct workspace *ws,
                             const char *fallback, struct err *err)
{
    const char *name = cmd_value(call, "signer");
    char *path = signer_path(ws, name == NULL ? fallback : name, cmd_value(call, "key"), err);
    struct signkey *key = NULL;
    struct buf passphrase;
    char prompt[1200];
    bool encrypted;

    buf_init_secret(&passphrase, LIMIT_PASSPHRASE_BYTES);
    snprintf(prompt, sizeof prompt, "Passphrase of %s: ", path == NULL ? "" : path);
    if (path != NULL && is_encrypted(path, &encrypted, err) &&
        (!encrypted || commands_passphrase(call, prompt, false, &passphrase, err))) {
        key = signkey_open(path, encrypted ? &passphrase : NULL, err);
    }
    buf_release(&passphrase);
    free(path);
    return key;
}
