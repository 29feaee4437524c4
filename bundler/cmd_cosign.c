/* SPDX-License-Identifier: MIT */
/* bundler cosign: one more signature for a bundle. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/when.h"
#include "bundler/build.h"
#include "bundler/commands.h"
#include "bundler/cosign.h"
#include "bundles/candidate.h"

static void tell(struct cmd_call *call, const char *path, const struct cosign_result *result)
{
    const struct manifest *m = bundle_manifest(result->bundle);
    char end[WHEN_TEXT_SIZE], option[1100], word[1100];

    when_format(end, m->expires);
    jout_text(call->result, "bundle", path);
    jout_number(call->result, "sequence", m->sequence);
    jout_hex(call->result, "manifest_sha256", bundle_manifest_sha256(result->bundle), 32);
    jout_text(call->result, "signer", result->signer->id);
    jout_number(call->result, "signatures_missing", result->missing);
    cmd_result(call, "Signed bundle %" PRIu64 " (%zu pins, %zu retired, expires %s) as %s.\n",
               m->sequence, m->pin_count, m->retired_count, end, result->signer->id);
    commands_option(call, option, sizeof option);
    if (result->missing > 0) {
        cmd_warn(call, "sites want %u more signature%s", result->missing,
                 result->missing == 1 ? "" : "s");
    } else {
        cmd_say(call,
                "It has all the signatures that sites ask for. Next:\n"
                "  bundler%s export %s DIR\n",
                option, text_word(word, sizeof word, path, "BUNDLE"));
    }
}

static bool cosign(struct cmd_call *call, const struct workspace *ws, const struct trust *trust,
                   const char *path, struct err *err)
{
    struct signkey *key = commands_key(call, ws, BUILD_SIGNER, err);
    struct cosign_result result = {0};
    struct progress progress;
    int64_t now;
    bool ok = key != NULL && workspace_now(&now, err);

    if (ok) {
        progress_begin(&progress, "signing", 0, !call->quiet && !call->json);
        ok = cosign_bundle(trust, path, key, now, &progress, &result, err);
        progress_end(&progress);
    }
    if (ok) {
        tell(call, path, &result);
        cosign_result_release(&result);
    }
    signkey_free(key);
    return ok;
}

static bool run(struct cmd_call *call, struct err *err)
{
    struct workspace *ws = commands_workspace(call, true, err);
    struct trust *trust = ws == NULL ? NULL : workspace_trust(ws, err);
    char *path = trust == NULL ? NULL : candidate_find(call->args[0], err);
    bool ok = path != NULL && cosign(call, ws, trust, path, err);

    free(path);
    trust_free(trust);
    workspace_close(ws);
    return ok;
}

static const struct cmd_option options[] = {
    {"signer", 0, "NAME", "sign with keys/NAME.key (default signer)", false},
    {"key", 0, "FILE", "the key, or a folder that holds NAME.key", false},
    {"passphrase-file", 0, "FILE", "the key's passphrase is the first line of FILE", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_cosign = {
    .name = "cosign",
    .args = "BUNDLE",
    .min_args = 1,
    .max_args = 1,
    .summary = "Add your signature to a bundle that needs several",
    .details =
        "Where the trust set asks for more than one bundle signer, 'build' makes the first "
        "signature, and 'verify' and 'export' refuse the bundle (12) until enough people have "
        "added theirs. Look at it before you sign: 'bundler inspect' shows it all.\n\n"
        "Everything but the number of signatures is verified first, and the file is replaced in "
        "one step; nothing in it changes but the signature that is added. The key decides who "
        "signs: it must be a bundle signer of keys/trust.xml, and signs once.\n\n"
        "  bundler cosign cns-pins-000042.tar --signer bob\n\n"
        "A copy of the workspace will do: bundler.xml, keys/trust.xml and your own key. A bundle "
        "that somebody signed whom a later trust set leaves out is refused by sites: build it "
        "again then.",
    .options = options,
    .run = run,
};
