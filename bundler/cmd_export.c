/* SPDX-License-Identifier: MIT */
/* bundler export: puts a bundle on a medium. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/when.h"
#include "bundler/commands.h"
#include "bundler/export.h"
#include "bundler/slip.h"
#include "bundles/candidate.h"

#define FINGERPRINT_SIZE (2 * 32 + 32 / 2 + 1)

static void tell_fingerprint(const struct cmd_call *call, const struct trust *trust)
{
    char digits[FINGERPRINT_SIZE];

    text_hex_groups(digits, trust->fingerprint, sizeof trust->fingerprint);
    jout_hex(call->result, "fingerprint", trust->fingerprint, sizeof trust->fingerprint);
    cmd_result(call, "trust fingerprint\n  %s\n", digits);
    cmd_say(call, "Carry it by paper or a call, never on this medium: the sites compare trust.xml "
                  "with it.\n");
}

static void tell(struct cmd_call *call, const struct export_request *request,
                 const struct export_result *result)
{
    const struct manifest *m = bundle_manifest(result->bundle);
    const struct err *problem = bundle_date_problem(result->bundle);
    struct jout *files = jout_array(call->result, "files");

    jout_text(call->result, "bundle", result->paths[0]);
    jout_number(call->result, "sequence", m->sequence);
    for (size_t i = 0; i < result->count; i++) {
        struct jout *item = jout_item(files);

        jout_text(item, "path", result->paths[i]);
        jout_bool(item, "made", result->made[i]);
        cmd_result(call, "%s%s\n", result->paths[i], result->made[i] ? "" : " (was there)");
    }
    if (problem->code != ERR_NONE) {
        cmd_warn(call, "sites will take it later: %s", problem->text);
    }
    if (request->enrol) {
        tell_fingerprint(call, request->trust);
    }
    cmd_say(call, "Read back and verified. Next: remove the medium safely, and at the site do what "
                  "README.txt says.\n");
}

static bool export_it(struct cmd_call *call, const char *path, const struct trust *trust,
                      struct err *err)
{
    struct progress progress;
    struct export_request request = {
        .trust = trust,
        .bundle = path,
        .dir = call->args[1],
        .enrol = cmd_flag(call, "enrol"),
        .local = when_now(),
        .progress = &progress,
    };
    struct export_result result;
    bool ok;

    progress_begin(&progress, "copying", 0, !call->quiet && !call->json);
    ok = export_bundle(&request, &result, err);
    progress_end(&progress);
    if (ok) {
        tell(call, &request, &result);
        export_result_release(&result);
    }
    return ok;
}

/* The page comes first and goes again: an export that was made is never without it. */
static bool export_with_slip(struct cmd_call *call, const char *path, const struct trust *trust,
                             struct err *err)
{
    const char *slip = cmd_value(call, "slip");
    struct err cause = {0};

    if (slip == NULL) {
        return export_it(call, path, trust, err);
    }
    if (!cmd_flag(call, "enrol")) {
        return err_set(err, ERR_USAGE, "--slip goes with --enrol: it is the page for new sites");
    }
    if (!slip_check(slip, call->args[1], err) || !slip_write(slip, trust, err)) {
        return false;
    }
    if (!export_it(call, path, trust, err)) {
        if (!fsio_remove(slip, &cause)) {
            err_context(err, "left behind, to be removed: %s", slip);
        }
        return false;
    }
    jout_text(call->result, "slip", slip);
    cmd_say(call, "%s: print it, and hand it over by another way than the medium.\n", slip);
    return true;
}

static bool run(struct cmd_call *call, struct err *err)
{
    struct workspace *ws = commands_workspace(call, false, err);
    struct trust *trust = ws == NULL ? NULL : workspace_trust(ws, err);
    char *path = trust == NULL ? NULL : candidate_find(call->args[0], err);
    bool ok = path != NULL && export_with_slip(call, path, trust, err);

    free(path);
    trust_free(trust);
    workspace_close(ws);
    return ok;
}

static const struct cmd_option options[] = {
    {"enrol", 0, NULL, "also trust.xml and ENROL.txt, for sites that are new", false},
    {"slip", 0, "FILE", "with --enrol: a page (HTML, A4) with the fingerprint, for paper", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_export = {
    .name = "export",
    .args = "BUNDLE DIR",
    .min_args = 2,
    .max_args = 2,
    .summary = "Put a bundle on a medium for the sites",
    .details =
        "Verifies the bundle, copies it to DIR (a drive, or a folder that is made), reads the copy "
        "back and verifies that too. Beside it goes README.txt, which says what to type at the "
        "site, and SHA256SUMS.\n\n"
        "With --enrol also the trust set and ENROL.txt, for sites that are not enrolled yet. The "
        "fingerprint that they must compare it with is printed here and stands in no file: write "
        "it on paper, or tell it in a call. --slip makes a page to print, with what to type at the "
        "site; a FILE in DIR is refused, since a fingerprint that travels with trust.xml proves "
        "nothing.\n\n"
        "  bundler export --enrol bundles/cns-pins-000042.tar /media/usb\n"
        "  bundler export --enrol --slip slip.html bundles/cns-pins-000042.tar /media/usb\n\n"
        "Files that are there already with other content are refused (30). If the medium is full, "
        "nothing of it stays. An expired bundle is refused (13); one that begins later is copied.",
    .options = options,
    .run = run,
};
