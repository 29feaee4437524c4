/* SPDX-License-Identifier: MIT */
/* The offline program: its table of commands. */
#include "applier/commands.h"
#include "base/proc.h"

static const struct cmd *const rows[] = {
    &cmd_init,    &cmd_verify, &cmd_plan, &cmd_apply,      &cmd_inbox,   &cmd_rollback,
    &cmd_recover, &cmd_status, &cmd_pins, &cmd_pins_match, &cmd_extract,
};
#define ROWS (sizeof rows / sizeof rows[0])

static const struct cmd_option common[] = {
    {"state", 0, "DIR", "folder of the site's state (default " COMMANDS_STATE_DIR ")", false},
    {NULL, 0, NULL, NULL, false},
};

int main(int argc, char **argv)
{
    static struct cmd table[ROWS + 1]; /* ends with a row of zeros */
    static const struct cmd_program program = {
        .name = "applier",
        .summary = "Verifies bundles of public-key pins and puts the pins into web.config",
        .details =
            "The offline half of Pinferry. It opens no network connection and starts no program "
            "that the site did not configure. A bundle is used only after its signatures, its "
            "dates, its sequence and its addressee are checked against the trust set that 'init' "
            "enrolled; there is no switch that skips this. Of a web.config nothing but pins is "
            "changed, and nothing but pins is ever shown.\n\n"
            "The usual course: 'init' once, then for each bundle 'verify', 'plan' and 'apply'.\n\n"
            "FILES\n\n" COMMANDS_STATE_DIR "\n"
            "  The site's state, entered by root only; --state names another "
            "folder.\n" COMMANDS_STATE_DIR "/site.xml\n"
            "  Targets, minimum, check command: for the site's administrators to edit.",
        .commands = table,
        .common = common,
    };

    proc_no_dumps();
    for (size_t i = 0; i < ROWS; i++) {
        table[i] = *rows[i];
    }
    return cmd_main(&program, argc, argv);
}
