/* SPDX-License-Identifier: MIT */
/* bundler init: makes a workspace. */
#include "bundler/commands.h"

static void tell(const struct cmd_call *call, const struct workspace *ws)
{
    char word[1100];

    jout_text(call->result, "workspace", ws->dir);
    jout_hex(call->result, "domain", ws->domain, sizeof ws->domain);
    jout_text(call->result, "channel", ws->channel);
    jout_time(call->result, "created", ws->created);
    cmd_result(call, "%s is a workspace for %s\n", ws->dir, ws->channel);
    cmd_say(call, "Next, make the signing keys and the trust set:\n  bundler -C %s keygen\n",
            text_word(word, sizeof word, ws->dir, "DIR"));
}

static bool run(struct cmd_call *call, struct err *err)
{
    const char *dir = call->args[0], *channel = cmd_value(call, "channel");
    struct workspace *ws;

    if (cmd_value(call, "workspace") != NULL) {
        return err_set(err, ERR_USAGE,
                       "-C names a workspace that is there; 'init' makes one in DIR");
    }
    if (!workspace_create(dir, channel == NULL ? WORKSPACE_CHANNEL : channel, err)) {
        return false;
    }
    ws = workspace_open(dir, false, err);
    if (ws == NULL) {
        return false;
    }
    tell(call, ws);
    workspace_close(ws);
    return true;
}

static const struct cmd_option options[] = {
    {"channel", 0, "HOST", "whose keys it is for (default " WORKSPACE_CHANNEL ")", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_init = {
    .name = "init",
    .args = "DIR",
    .min_args = 1,
    .max_args = 1,
    .summary = "Make a workspace",
    .details =
        "Makes the folder DIR (its parent must be there) with " WORKSPACE_XML ", keys/ for the "
        "signing keys and the ledger, bundles/ and receipts/. It gets a random domain, by which "
        "sites tell its bundles from those of every other workspace: make one for production and "
        "another for tests.\n\n"
        "The channel is the host name that the devices connect to and under which the discovery "
        "service lists the keys.\n\n"
        "  bundler init /srv/pinferry\n\n"
        "A folder that is a workspace already is refused (18). No key is made yet; 'keygen' does "
        "that.",
    .options = options,
    .run = run,
};
