/* SPDX-License-Identifier: MIT */
/*
 * The rows of the command table, and what the commands share.
 */
#ifndef BUNDLER_COMMANDS_H
#define BUNDLER_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cmd.h"
#include "base/err.h"
#include "bundler/workspace.h"

extern const struct cmd cmd_init;
extern const struct cmd cmd_keygen;
extern const struct cmd cmd_fetch;
extern const struct cmd cmd_pins;
extern const struct cmd cmd_pins_approve;
extern const struct cmd cmd_pins_retire;
extern const struct cmd cmd_pins_exclude;
extern const struct cmd cmd_build;
extern const struct cmd cmd_inspect;
extern const struct cmd cmd_inspect_verify;
extern const struct cmd cmd_export;

/* Opens the workspace of -C, or the current folder. Errors of workspace_open; the caller closes. */
struct workspace *commands_workspace(const struct cmd_call *call, bool writing,
                                     struct err *err) MUST_USE;

/* " -C 'DIR'" for commands to type, "" without -C; into `out`, which is returned. */
const char *commands_option(const struct cmd_call *call, char *out, size_t size);

/*
 * Adds the passphrase of a signing key to `out`, a secret buffer: the first line of
 * --passphrase-file, else PINFERRY_PASSPHRASE, else what is typed after `prompt` (with `confirm`
 * twice). Errors of signkey_passphrase_*.
 */
bool commands_passphrase(const struct cmd_call *call, const char *prompt, bool confirm,
                         struct buf *out, struct err *err) MUST_USE;

#endif
