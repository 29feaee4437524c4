/* SPDX-License-Identifier: MIT */
/* applier init: enrols a site under a trust set whose fingerprint a person compared. */
#include <stdlib.h>
#include <string.h>

#include "applier/commands.h"
#include "applier/confine.h"
#include "applier/open.h"
#include "applier/record.h"
#include "applier/target.h"
#include "applier/webconfig_create.h"
#include "base/event.h"
#include "base/fsio.h"
#include "base/iis.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/text.h"
#include "base/tty.h"
#include "base/when.h"
#include "keys/crypto.h"

#define FINGERPRINT_LINE 256

/* One --config that was looked at. */
struct looked {
    char *path; /* absolute, without links */
    struct target target;
};

static bool at_least(const struct cmd_call *call, uint64_t *least, struct err *err)
{
    return cmd_number(call, "at-least", least, 1, TEXT_NUMBER_MAX, 0, err);
}

static bool check_usage(const struct cmd_call *call, struct err *err)
{
    const char *const *configs;
    const char *site = cmd_value(call, "site");
    uint64_t least;

    if (!at_least(call, &least, err)) {
        return false;
    }
    if (site == NULL || cmd_value(call, "trust") == NULL ||
        (cmd_values(call, "config", &configs) == 0 && iis_hosting() == NULL)) {
        return err_set(err, ERR_USAGE, "'init' needs --site, --trust and at least one --config");
    }
    return text_is_id(site) ||
           err_set(err, ERR_USAGE,
                   "--site '%s' is no site id: labels of a-z, 0-9 and '-', joined by single dots, "
                   "at most %d characters",
                   site, TEXT_ID_MAX);
}

/* Before anything is asked or made: only an absent state lets `init` go on. */
static bool check_free(const char *dir, struct err *err)
{
    struct state *state = state_open(dir, false, err);

    if (state != NULL) {
        state_close(state);
        return state_prepare(dir, err); /* says that there is one */
    }
    return err->code == ERR_STATE_ABSENT;
}

/* Never shows the file's own fingerprint: it would be read off the screen instead of the paper. */
static struct trust *enrol(struct cmd_call *call, struct err *err)
{
    const char *typed = cmd_value(call, "fingerprint");
    struct trust *trust = NULL;
    struct buf line;
    bool ok = true;

    buf_init(&line, FINGERPRINT_LINE);
    if (typed == NULL) {
        ok = tty_ask(
            "Fingerprint of the trust set, from the paper or the call (64 digits): ", &line, err);
        if (!ok && err->code == ERR_IO_ABSENT) {
            err_set(err, ERR_USAGE,
                    "there is no terminal to ask for the fingerprint on: give --fingerprint");
        }
        typed = buf_text(&line);
    }
    if (ok) {
        trust = open_trust(cmd_value(call, "trust"), typed, err);
    }
    buf_release(&line);
    return trust;
}

static void tell_target(const struct cmd_call *call, const struct looked *looked,
                        const struct webconfig *found, struct jout *to)
{
    jout_text(to, "path", looked->path);
    jout_text(to, "config_source", looked->target.config != NULL ? looked->target.path : NULL);
    jout_text(to, "section", cmd_value(call, "section"));
    jout_text(to, "encoding", webconfig_encoding_text(found));
    jout_text(to, "line_ends", webconfig_eol_text(found));
    jout_number(to, "pins", found->pin_count);
    jout_number(to, "items", found->item_count);
    cmd_say(call, "%s: %zu pins in line %zu to %zu; %s, line ends %s\n", looked->target.path,
            found->pin_count, found->line, found->end_line, webconfig_encoding_text(found),
            webconfig_eol_text(found));
    if (looked->target.config != NULL) {
        cmd_say(call, "  named by configSource on line %zu of %s\n", looked->target.config_line,
                looked->path);
    }
}

/* A file without the section, if that can be created by the first apply. */
static bool tell_missing(const struct cmd_call *call, const struct looked *looked, struct jout *to,
                         struct err *err)
{
    struct buf created;
    size_t at;
    bool ok;

    buf_init_secret(&created, 2 * LIMIT_TARGET_BYTES);
    ok = webconfig_create(&looked->target.bytes, looked->target.section, &created, &at, err);
    buf_release(&created);
    if (ok) {
        jout_text(to, "path", looked->path);
        jout_number(to, "pins", 0);
        cmd_say(call,
                "%s: no pins section, but a declaration of one; 'applier apply --create-section' "
                "makes it\n",
                looked->path);
    }
    return ok;
}

static bool scan_target(struct cmd_call *call, const struct looked *looked, struct jout *to,
                        struct err *err)
{
    struct webconfig *found = NULL;
    struct err access = {0}, why = {0};
    bool ok = webconfig_scan(&looked->target.bytes, looked->target.section, &found, &why);

    if (ok) {
        tell_target(call, looked, found, to);
    } else if (why.code == ERR_TARGET_SECTION && cmd_flag(call, "create-section")) {
        ok = tell_missing(call, looked, to, err);
    } else {
        *err = why;
    }
    if (!ok) {
        err_context(err, "%s", looked->target.path);
    } else if (!fsio_target_writable(looked->target.file, &access)) {
        cmd_warn(call, "%s", access.text);
    }
    webconfig_free(found);
    return ok;
}

static bool look(struct cmd_call *call, const char *config, struct looked *looked, size_t at,
                 struct jout *to, struct err *err)
{
    struct looked *this = &looked[at];

    this->path = fsio_real_path(config, err);
    target_init(&this->target);
    if (this->path == NULL ||
        !target_open(&this->target, this->path, cmd_value(call, "section"), err)) {
        return false;
    }
    for (size_t i = 0; i < at; i++) {
        if (fsio_target_same(looked[i].target.file, this->target.file)) {
            return err_set(err, ERR_USAGE, "--config '%s' leads to the same file as '%s'", config,
                           looked[i].path);
        }
    }
    return scan_target(call, this, to, err);
}

static bool write_site(struct cmd_call *call, const struct looked *looked, size_t count,
                       struct err *err)
{
    /* site.xml names the staging folder, and is read wherever a later command is run */
    char *dir = fsio_real_path(commands_state_dir(call), err);
    struct site *site = dir == NULL ? NULL : site_new(err);
    char *old = site == NULL ? NULL : fsio_join(dir, SITE_FILE, err);
    bool ok = old != NULL;

    for (size_t i = 0; ok && i < count; i++) {
        char *staging = site_staging(dir, looked[i].path, err);

        ok = staging != NULL &&
             site_add(site, looked[i].path, cmd_value(call, "section"), staging, err);
        free(staging);
    }
    /* an `init` that was cut off may have left one */
    ok = ok && fsio_remove(old, err) && site_write(site, dir, err);
    free(old);
    free(dir);
    site_free(site);
    return ok;
}

static bool tell_key(struct cmd_call *call, struct err *err)
{
    char *path = fsio_join(commands_state_dir(call), STATE_SITE_CERT, err);
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    char digits[2 * CRYPTO_SHA256_SIZE + CRYPTO_SHA256_SIZE / 2 + 1];
    struct buf cert;
    bool ok;

    buf_init(&cert, LIMIT_CERTIFICATE_BYTES);
    ok = path != NULL && fsio_read_file(path, LIMIT_CERTIFICATE_BYTES, &cert, err) &&
         crypto_sha256(sha256, cert.data, cert.len, err);
    if (ok) {
        text_hex_groups(digits, sha256, sizeof sha256);
        jout_text(call->result, "certificate", path);
        jout_hex(call->result, "certificate_sha256", sha256, sizeof sha256);
        cmd_say(call,
                "Receipts are signed with the key of %s; if the other side is to check them, give "
                "it that file and, over another channel, its fingerprint\n  %s\n",
                path, digits);
    }
    buf_release(&cert);
    free(path);
    return ok;
}

static bool tell(struct cmd_call *call, const struct trust *trust, struct err *err)
{
    char *path = fsio_join(commands_state_dir(call), SITE_FILE, err);
    char option[1100], expires[WHEN_TEXT_SIZE];

    if (path == NULL) {
        return false;
    }
    when_format(expires, trust->expires);
    jout_text(call->result, "site", cmd_value(call, "site"));
    jout_text(call->result, "state", commands_state_dir(call));
    commands_trust_json(trust, jout_object(call->result, "trust"));
    cmd_result(call, "site %s is enrolled under trust set %llu for %s\n", cmd_value(call, "site"),
               (unsigned long long)trust->version, trust->channel);
    if (trust->expires <= when_now()) {
        cmd_warn(call, "the trust set expired on %s: bundles are refused until one carries a newer",
                 expires);
    }
    if (trust->single_key) {
        cmd_warn(call, "one key signs both trust sets and bundles here (single-key)");
    }
    if (!tell_key(call, err)) {
        free(path);
        return false;
    }
    cmd_say(call,
            "Next: look at %s (minimum, check command; docs/site.md), then\n"
            "  applier plan BUNDLE%s\n",
            path, commands_state_option(call, option, sizeof option));
    free(path);
    return true;
}

/* The chain of receipts begins here. The log comes behind it and does not decide. */
static bool record(const char *dir, const char *operator, struct err * err)
{
    struct state *state = state_open(dir, true, err);
    struct err unused = {0};
    bool made = false;
    bool ok = state != NULL && record_enrolment(state, operator, false, &made, err);

    if (ok) {
        (void)!record_log(state, RECORD_INFO, &unused, "enrolled site %s under trust set %llu",
                          state->site, (unsigned long long)state->trust->version);
    }
    state_close(state);
    return ok;
}

/* So that the event viewer shows texts; not everybody who enrols a site may have that. */
static void register_events(struct cmd_call *call)
{
    struct err why = {0};
    bool told = false;

    if (!event_register(&told, &why)) {
        cmd_warn(call,
                 "events of source " EVENT_SOURCE
                 " will be shown without their texts (docs/events.md): "
                 "%s",
                 why.text);
    } else if (told) {
        cmd_say(call, "Events go to the Application log, source " EVENT_SOURCE
                      ", which was registered (docs/events.md)\n");
    }
    jout_bool(call->result, "event_source", told);
}

/* The site is enrolled by now, whatever becomes of its receipt. */
static bool record_and_tell(struct cmd_call *call, const char *operator, const struct trust * trust,
                            struct err *err)
{
    struct err failure = {0};
    bool recorded;
    char option[1100];

    register_events(call); /* before the first event */
    recorded = record(commands_state_dir(call), operator, & failure);
    if (!tell(call, trust, err)) {
        return false;
    }
    return recorded ||
           err_set(err, failure.code,
                   "site %s is enrolled, but the receipt of it could not be written: %s; once that "
                   "is mended, 'applier recover%s' makes it up",
                   cmd_value(call, "site"), failure.text,
                   commands_state_option(call, option, sizeof option));
}

static bool make(struct cmd_call *call, const char *operator, const struct trust * trust,
                 const struct looked *looked, size_t count, struct err *err)
{
    const char *dir = commands_state_dir(call);
    uint64_t least = 0;

    return at_least(call, &least, err) && state_prepare(dir, err) &&
           write_site(call, looked, count, err) &&
           state_create(dir, cmd_value(call, "site"), trust, least, err) &&
           record_and_tell(call, operator, trust, err);
}

/* The state folder may have to be made, and a staging folder atop the volume of each target. */
static bool confine(const struct cmd_call *call, const char *const *configs, size_t count,
                    struct err *err)
{
    const char *dir = commands_state_dir(call);
    enum fsio_kind kind = FSIO_ABSENT;
    struct err unused = {0};
    struct confine c;

    confine_init(&c, commands_state_dir(call), true);
    if (fsio_kind(dir, &kind, &unused) && kind == FSIO_ABSENT) {
        confine_allow_parent(&c, dir, SANDBOX_ALL);
    } else {
        confine_allow(&c, dir, SANDBOX_ALL);
    }
    confine_allow(&c, cmd_value(call, "trust"), SANDBOX_READ);
    confine_allow(&c, SANDBOX_TERMINAL_PATH, SANDBOX_TERMINAL);
    for (size_t i = 0; i < count; i++) {
        char *path = fsio_real_path(configs[i], &unused);
        char *root = path == NULL ? NULL : fsio_volume_root(path, &unused);

        confine_allow_parent(&c, path, SANDBOX_READ);
        confine_allow(&c, root, SANDBOX_MAKE_DIR);
        free(root);
        free(path);
    }
    return confine_enter(&c, call, err);
}

/* From the files on. */
static bool enrol_files(struct cmd_call *call, const char *const *configs, size_t count,
                        const char *operator, struct err * err)
{
    struct looked *looked = calloc(count + 1, sizeof *looked);
    struct trust *trust = NULL;
    struct jout *targets;
    bool ok = (looked != NULL || err_memory(err)) && confine(call, configs, count, err) &&
              check_free(commands_state_dir(call), err);

    if (ok) {
        trust = enrol(call, err);
    }
    ok = trust != NULL;
    targets = ok ? jout_array(call->result, "targets") : NULL;
    for (size_t i = 0; ok && i < count; i++) {
        ok = look(call, configs[i], looked, i, jout_item(targets), err);
    }
    ok = ok && make(call, operator, trust, looked, count, err);
    for (size_t i = 0; looked != NULL && i < count; i++) {
        target_release(&looked[i].target);
        free(looked[i].path);
    }
    free(looked);
    trust_free(trust);
    return ok;
}

static bool run(struct cmd_call *call, struct err *err)
{
    const char *const *configs;
    size_t count = cmd_values(call, "config", &configs);
    struct fsio_names found = {0};
    char operator[TEXT_FREE_MAX + 1];
    bool ok;

    proc_user(operator, sizeof operator); /* may ask a directory, which a sandbox cannot */
    ok = check_usage(call, err) && (count > 0 || (check_free(commands_state_dir(call), err) &&
                                                  commands_find(call, &found, err)));
    if (ok && count == 0) {
        configs = (const char *const *)found.names;
        count = found.count;
    }
    ok = ok && enrol_files(call, configs, count, operator, err);
    fsio_names_release(&found);
    return ok;
}

static const struct cmd_option options[] = {
    {"site", 0, "ID", "name of this site, as bundles and receipts give it", false},
    {"trust", 0, "FILE", "the trust set (trust.xml) of those who make the bundles", false},
    {"fingerprint", 0, "HEX", "its fingerprint; asked on the terminal if not given", false},
    {"config", 0, "WEB.CONFIG", "a file to keep supplied with pins; may be repeated", true},
    {"at-least", 0, "SEQUENCE", "take no first bundle below this one", false},
    {"section", 0, "PATH", "which pinnedCertificates section, if the files have several", false},
    {"create-section", 0, NULL, "take a file without the section too, if it declares one", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_init = {
    .name = "init",
    .args = "",
    .summary = "Enrol this site",
    .details =
        "Makes the state folder: the trust set, a secret and a signing key of the site, and "
        "site.xml with the targets. Nothing is changed in a target.\n\n"
        "Everything that is accepted later rests on the fingerprint. Take it from paper or from a "
        "call with those who made the trust set, never from the medium that carries the file. "
        "Spaces, colons and case do not matter.\n\n"
        "  applier init --site plant-7 --trust trust.xml --config /srv/ens/Website/web.config\n\n"
        "On Windows --config may be left out: the files with a pinnedCertificates section in the "
        "folders of IIS's sites and where ENS is usually installed are shown, and you say which is "
        "meant.\n\n"
        "A new site would take any bundle that is still valid; --at-least with the sequence of the "
        "newest one, asked in the same call as the fingerprint, keeps older ones out.\n\n"
        "A site that is enrolled already is refused (18).",
    .options = options,
    .run = run,
};
