/* SPDX-License-Identifier: MIT */
/* bundler build: signs what is approved into a bundle. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/when.h"
#include "bundler/build.h"
#include "bundler/commands.h"
#include "bundler/manifest_json.h"
#include "keys/signkey.h"

#define DAYS_MAX 3650
#define HEX_SIZE 65

/* --- what was asked for --- */

static bool read_dates(const struct cmd_call *call, struct build_request *request, struct err *err)
{
    const char *begin = cmd_value(call, "not-before");
    uint64_t days = 0;

    if (!workspace_now(&request->now, err) ||
        !cmd_number(call, "expires", &days, 1, DAYS_MAX, BUILD_EXPIRES_DAYS, err) ||
        !cmd_number(call, "minimum", &request->minimum, 1, LIMIT_PINS, 0, err)) {
        return false;
    }
    request->days = (unsigned)days;
    request->not_before = request->now;
    return begin == NULL || when_parse(&request->not_before, begin, WHEN_MIN, WHEN_MAX) ||
           err_set(err, ERR_USAGE,
                   "--not-before '%s' is no time; it is written as 2027-01-31T06:00:00Z", begin);
}

/* FILE or FILE=NAME: the last '=' counts, and is put out so that FILE ends there. */
static bool read_attachment(struct build_file *file, char *text, struct err *err)
{
    char *equals = strrchr(text, '=');

    if (equals != NULL) {
        *equals = '\0';
    }
    return build_name_file(file, text, equals == NULL ? NULL : equals + 1, err);
}

/* Their number is the manifest's to limit. `texts` holds the files' paths. */
static bool read_files(const struct cmd_call *call, struct build_request *request,
                       struct build_file *files, char **texts, struct err *err)
{
    const char *notes = cmd_value(call, "notes");
    const char *const *attached;
    size_t count = cmd_values(call, "attach", &attached);

    for (size_t i = 0; i < count; i++) {
        texts[i] = strdup(attached[i]);
        if (texts[i] == NULL) {
            return err_memory(err);
        }
        if (!read_attachment(&files[request->file_count++], texts[i], err)) {
            return false;
        }
    }
    if (notes != NULL) {
        files[request->file_count].notes = true;
        return build_name_file(&files[request->file_count++], notes, "notes", err);
    }
    return true;
}

/* Only for a key that has one; that there is no such key is the build's to say. */
static bool read_passphrase(const struct cmd_call *call, const struct workspace *ws,
                            const char *signer, struct buf *out, struct err *err)
{
    char file[TEXT_ID_MAX + 16], prompt[TEXT_ID_MAX + 64];
    enum fsio_kind kind = FSIO_ABSENT;
    bool encrypted = false, ok = true;
    char *path;

    if (!text_is_id(signer)) {
        return true;
    }
    snprintf(file, sizeof file, WORKSPACE_KEYS "/%s.key", signer);
    path = workspace_path(ws, file, err);
    ok = path != NULL && fsio_kind(path, &kind, err) &&
         (kind != FSIO_FILE || signkey_is_encrypted(path, &encrypted, err));
    free(path);
    snprintf(prompt, sizeof prompt, "Passphrase of keys/%s.key: ", signer);
    return ok && (!encrypted || commands_passphrase(call, prompt, false, out, err));
}

/* --- telling --- */

static bool has_pin(const struct manifest *m, const uint8_t *sha256)
{
    for (size_t i = 0; i < m->pin_count; i++) {
        if (memcmp(m->pins[i].pin.sha256, sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_retired(const struct manifest *m, const uint8_t *sha256)
{
    for (size_t i = 0; i < m->retired_count; i++) {
        if (memcmp(m->retired[i].sha256, sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

static void tell_change(const struct cmd_call *call, struct jout *list, const char *what,
                        const uint8_t *sha256, const char *more)
{
    char hex[HEX_SIZE];

    text_hex(hex, sha256, 32);
    jout_item_text(list, hex);
    cmd_say(call, "  %-7s  %s  %s\n", what, hex, more);
}

static void tell_changes(const struct cmd_call *call, const struct manifest *old,
                         const struct manifest *new)
{
    struct jout *since = jout_object(call->result, "since");
    struct jout *added = jout_array(since, "added"), *retired = jout_array(since, "retired"),
                *gone = jout_array(since, "gone");
    size_t changes = 0;

    jout_number(since, "sequence", old->sequence);
    cmd_say(call, "since bundle %" PRIu64 ":\n", old->sequence);
    for (size_t i = 0; i < new->pin_count; i++) {
        char type[PIN_TYPE_TEXT_SIZE];

        if (!has_pin(old, new->pins[i].pin.sha256)) {
            tell_change(call, added, "added", new->pins[i].pin.sha256,
                        pin_type_text(&new->pins[i].pin, type));
            changes++;
        }
    }
    for (size_t i = 0; i < new->retired_count; i++) {
        if (!has_retired(old, new->retired[i].sha256)) {
            tell_change(call, retired, "retired", new->retired[i].sha256, new->retired[i].reason);
            changes++;
        }
    }
    for (size_t i = 0; i < old->pin_count; i++) {
        const uint8_t *sha256 = old->pins[i].pin.sha256;

        if (!has_pin(new, sha256) && !has_retired(new, sha256)) {
            tell_change(call, gone, "gone", sha256, "sites keep it: it is not retired");
            changes++;
        }
    }
    if (changes == 0) {
        cmd_say(call, "  the same pins\n");
    }
}

static void tell_manifest(struct cmd_call *call, const struct manifest *m)
{
    char begin[WHEN_TEXT_SIZE], end[WHEN_TEXT_SIZE], next[WHEN_TEXT_SIZE];

    when_format(begin, m->not_before);
    when_format(end, m->expires);
    when_format(next, m->next_expected);
    cmd_say(call, "sequence %" PRIu64 ", for ", m->sequence);
    if (m->all_sites) {
        cmd_say(call, "every site (--site names some)\n");
    } else {
        cmd_say(call, "%zu site%s by name\n", m->site_count, m->site_count == 1 ? "" : "s");
    }
    cmd_say(call, "%zu pin%s and %zu retired; %zu file%s with it\n", m->pin_count,
            m->pin_count == 1 ? "" : "s", m->retired_count, m->payload_count,
            m->payload_count == 1 ? "" : "s");
    cmd_say(call, "valid %s to %s; the next is expected by %s\n", begin, end, next);
}

static bool tell(struct cmd_call *call, const struct build_result *result, struct err *err)
{
    const struct manifest *m = bundle_manifest(result->bundle);
    char option[1100], word[1100], when[WHEN_TEXT_SIZE];

    jout_text(call->result, "bundle", result->path);
    jout_hex(call->result, "manifest_sha256", bundle_manifest_sha256(result->bundle), 32);
    jout_number(call->result, "signatures_missing", result->missing);
    if (!manifest_json(m, jout_object(call->result, "manifest"), err)) {
        return false;
    }
    cmd_result(call, "%s\n", result->path);
    tell_manifest(call, m);
    if (result->previous != NULL) {
        tell_changes(call, bundle_manifest(result->previous), m);
    } else if (result->previous_problem.code != ERR_NONE) {
        cmd_warn(call, "the bundle before cannot be compared: %s", result->previous_problem.text);
    }
    when_format(when, m->expires);
    if (result->cut) {
        cmd_warn(call, "it expires on %s, when its signer does, earlier than asked for", when);
    }
    commands_option(call, option, sizeof option);
    text_word(word, sizeof word, result->path, "BUNDLE");
    if (result->missing > 0) {
        cmd_warn(call,
                 "sites want %u more signature%s: until then 'verify' and 'export' refuse it (12)",
                 result->missing, result->missing == 1 ? "" : "s");
        cmd_say(call,
                "Next: have other signers look at it and sign it, here or where it is sent:\n"
                "  bundler%s inspect %s\n"
                "  bundler%s cosign %s --signer NAME\n",
                option, word, option, word);
        return true;
    }
    cmd_say(call,
            "Next: look at it, then put it on the medium:\n"
            "  bundler%s inspect %s\n"
            "  bundler%s export %s DIR\n",
            option, word, option, word);
    return true;
}

/* --- running --- */

static bool build(struct cmd_call *call, const struct build_request *asked, struct err *err)
{
    struct build_request request = *asked;
    struct workspace *ws = commands_workspace(call, true, err);
    struct build_result result = {0};
    struct progress progress;
    struct buf passphrase;
    bool ok;

    buf_init_secret(&passphrase, LIMIT_PASSPHRASE_BYTES);
    ok = ws != NULL && read_passphrase(call, ws, request.signer, &passphrase, err);
    if (ok) {
        progress_begin(&progress, "building", 0, !call->quiet && !call->json);
        request.passphrase = passphrase.len == 0 ? NULL : &passphrase;
        request.progress = &progress;
        ok = build_bundle(ws, &request, &result, err);
        progress_end(&progress);
    }
    if (ok) {
        ok = tell(call, &result, err);
    }
    build_result_release(&result);
    buf_release(&passphrase);
    workspace_close(ws);
    return ok;
}

static bool run(struct cmd_call *call, struct err *err)
{
    const char *const *attached;
    size_t count = cmd_values(call, "attach", &attached);
    struct build_file *files = calloc(count + 1, sizeof *files);
    char **texts = calloc(count + 1, sizeof *texts);
    struct build_request request = {
        .files = files,
        .signer = cmd_value(call, "signer"),
        .sequence_from = cmd_value(call, "sequence-from"),
        .output = cmd_value(call, "output"),
    };
    bool ok = (files != NULL && texts != NULL) || err_memory(err);

    if (request.signer == NULL) {
        request.signer = BUILD_SIGNER;
    }
    request.site_count = cmd_values(call, "site", &request.sites);
    ok = ok && read_dates(call, &request, err) && read_files(call, &request, files, texts, err) &&
         build(call, &request, err);
    for (size_t i = 0; texts != NULL && i < count; i++) {
        free(texts[i]);
    }
    free(texts);
    free(files);
    return ok;
}

static const struct cmd_option options[] = {
    {"site", 0, "ID", "only for this site; may be repeated (default: every site)", true},
    {"expires", 0, "DAYS", "sites refuse it after so many days (default 180)", false},
    {"not-before", 0, "TIME", "and before this time, as 2027-01-31T06:00:00Z", false},
    {"minimum", 0, "N", "no target may end up with fewer pins", false},
    {"attach", 0, "FILE[=NAME]", "carry a file, under another name; may be repeated", true},
    {"notes", 0, "FILE", "carry a text (64 KiB) that 'applier plan' shows", false},
    {"signer", 0, "NAME", "sign with keys/NAME.key (default signer)", false},
    {"passphrase-file", 0, "FILE", "the key's passphrase is the first line of FILE", false},
    {"sequence-from", 0, "BUNDLE", "count on from this bundle: sequence.xml was lost", false},
    {"output", 'o', "FILE", "write FILE instead of a file in bundles/", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_build = {
    .name = "build",
    .args = "",
    .summary = "Make a signed bundle of what is approved",
    .details =
        "Signs every approved pin with its evidence, and every pin that was ever retired: each "
        "bundle carries all, so that a site which missed some needs only the newest. It goes to "
        "bundles/ as cns-pins-000042.tar, or only to -o FILE, which must not exist. What changed "
        "since the bundle before is printed.\n\n"
        "Each bundle gets the next number, which is noted before anything is signed and never "
        "used twice, even if the build then fails. If bundles/sequence.xml was lost, "
        "--sequence-from counts on from the newest bundle that was handed out, or from the one in "
        "a folder or drive.\n\n"
        "It begins at once, or at --not-before, and expires DAYS later, at the latest when its "
        "signer does. The next bundle is expected 35 days after it begins; sites that wait longer "
        "say so.\n\n"
        "Where the trust set asks for several bundle signers, the bundle has one signature and is "
        "a "
        "draft: 'bundler cosign' adds the others.\n\n"
        "An attachment's name is the last part of its path; it may have a-z, 0-9, '-' and dots. "
        "The last '=' of FILE=NAME counts.\n\n"
        "  bundler build --expires 90 --minimum 8 --notes change-1234.txt\n\n"
        "With SOURCE_DATE_EPOCH two copies of a workspace give the same manifest, and with an RSA "
        "key the same file.",
    .options = options,
    .run = run,
};
