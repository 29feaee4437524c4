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
#include "keys/signkey.h"

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
extern const struct cmd cmd_cosign;
extern const struct cmd cmd_statement_make;
extern const struct cmd cmd_statement_sign;
extern const struct cmd cmd_trust_show;
extern const struct cmd cmd_trust_edit_new;
extern const struct cmd cmd_trust_edit_add;
extern const struct cmd cmd_trust_edit_remove;
extern const struct cmd cmd_trust_edit_threshold;
extern const struct cmd cmd_trust_edit_raise;
extern const struct cmd cmd_trust_edit_refresh;
extern const struct cmd cmd_trust_edit_discard;
extern const struct cmd cmd_trust_sign;

/* Opens the workspace of -C, or the current folder. Errors of workspace_open; the caller closes. */
struct workspace *commands_workspace(const struct cmd_call *call, bool writing,
                                     struct err *err) MUST_USE;

/* " -C 'DIR'" for commands to type, "" without -C; into `out` (1,100 bytes), which is returned. */
const char *commands_option(const struct cmd_call *call, char *out, size_t size);

/*
 * Adds the passphrase of a signing key to `out`, a secret buffer: the first line of
 * --passphrase-file, else PINFERRY_PASSPHRASE, else what is typed after `prompt` (with `confirm`
 * twice). Errors of signkey_passphrase_*.
 */
bool commands_passphrase(const struct cmd_call *call, const char *prompt, bool confirm,
                         struct buf *out, struct err *err) MUST_USE;

/*
 * Opens the private key of --signer and --key (signer_path), with its passphrase if it has one.
 * `fallback` is the name without either; NULL: there must be one. The caller frees.
 */
struct signkey *commands_key(const struct cmd_call *call, const struct workspace *ws,
                             const char *fallback, struct err *err) MUST_USE;

#endif
