/* SPDX-License-Identifier: MIT */
/* The connected program: its table of commands. */
#include "base/proc.h"
#include "bundler/commands.h"

static const struct cmd *const rows[] = {
    &cmd_init,
    &cmd_keygen,
    &cmd_fetch,
    &cmd_pins,
    &cmd_pins_approve,
    &cmd_pins_retire,
    &cmd_pins_exclude,
    &cmd_build,
    &cmd_cosign,
    &cmd_inspect,
    &cmd_inspect_verify,
    &cmd_export,
    &cmd_trust_show,
    &cmd_trust_edit_new,
    &cmd_trust_edit_add,
    &cmd_trust_edit_remove,
    &cmd_trust_edit_threshold,
    &cmd_trust_edit_raise,
    &cmd_trust_edit_refresh,
    &cmd_trust_sign,
    &cmd_trust_edit_discard,
    &cmd_statement_make,
    &cmd_statement_sign,
};
#define ROWS (sizeof rows / sizeof rows[0])

static const struct cmd_option common[] = {
    {"workspace", 'C', "DIR", "the workspace to work in (default: the current folder)", false},
    {NULL, 0, NULL, NULL, false},
};

int main(int argc, char **argv)
{
    static struct cmd table[ROWS + 1]; /* ends with a row of zeros */
    static const struct cmd_program program = {
        .name = "bundler",
        .summary = "Collects public-key pins and signs them into bundles for offline sites",
        .details =
            "The connected half of Pinferry. It keeps a ledger of every pin that a source showed, "
            "with the evidence, and signs what people approved into a bundle that 'applier' "
            "verifies on the other side. What a source answers is only seen: no pin gets into a "
            "bundle before somebody approved it, and none goes before somebody retired it.\n\n"
            "The usual course: 'init' and 'keygen' once, then 'fetch', 'pins', 'approve', "
            "'build' and 'export' whenever the keys changed.\n\n"
            "FILES\n\n" WORKSPACE_XML "\n"
            "  The workspace's domain and channel, and where 'fetch' asks: <source url=\"\" "
            "ca=\"\"/>.\n" WORKSPACE_TRUST "\n"
            "  The trust set that sites enrol.\n" WORKSPACE_TRUST_NEXT "\n"
            "  The trust set that waits for signatures.\n" WORKSPACE_TRUST_SETS "/\n"
            "  The trust sets since the first, which bundles carry.\nkeys/NAME.key, "
            "keys/NAME-root.key\n"
            "  Private keys; only the first is needed to build.\n" WORKSPACE_LEDGER "/\n"
            "  Every pin, and below it the bytes that showed it.\n" WORKSPACE_BUNDLES "/\n"
            "  What was built, and in sequence.xml the number of the last bundle.\n\n"
            "ENVIRONMENT\n\n"
            "PINFERRY_PASSPHRASE\n"
            "  The passphrase of the signing keys, where --passphrase-file is not given.\n"
            "SOURCE_DATE_EPOCH\n"
            "  The time to date everything with, in seconds since 1970, instead of the clock.\n"
            "NO_COLOR\n"
            "  If it is not empty, nothing is coloured.",
        .commands = table,
        .common = common,
    };

    proc_no_dumps();
    for (size_t i = 0; i < ROWS; i++) {
        table[i] = *rows[i];
    }
    return cmd_main(&program, argc, argv);
}
