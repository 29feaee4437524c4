/* SPDX-License-Identifier: MIT */
/* applier pins and match: what a web.config holds, and whether a key is among it. */
#include <stdlib.h>
#include <string.h>

#include "applier/commands.h"
#include "applier/confine.h"
#include "applier/open.h"
#include "applier/target.h"
#include "applier/webconfig.h"
#include "applier/webconfig_source.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "keys/pinfile.h"

static const struct {
    enum webconfig_odd flag;
    const char *id;   /* in JSON */
    const char *text; /* for people */
} oddities[] = {
    {WEBCONFIG_ODD_NO_VALUE, "no-value", "has no publicKeyString"},
    {WEBCONFIG_ODD_ATTRIBUTES, "attributes", "has another attribute; .NET may refuse the file"},
    {WEBCONFIG_ODD_CHILDREN, "children", "holds something between its tags"},
    {WEBCONFIG_ODD_NOT_HEX, "not-hex", "the value is no hex"},
    {WEBCONFIG_ODD_NO_KEY, "no-key", "the value is no key that can be valid"},
    {WEBCONFIG_ODD_SPACE, "space", "white space in the value; ENS may not recognise the pin"},
    {WEBCONFIG_ODD_REFERENCE, "reference", "character references in the value"},
    {WEBCONFIG_ODD_REPEATED, "repeated", "the same pin stands above"},
};
#define ODDITIES (sizeof oddities / sizeof oddities[0])

/* A web.config that was read; refers to its own bytes. */
struct read_config {
    struct target target;
    struct webconfig *found;
};

static void release(struct read_config *config)
{
    webconfig_free(config->found);
    target_release(&config->target);
}

/* Whether some element keeps its content in another file, so that the pins may be there. */
static bool may_lead_on(const struct buf *bytes, const char *section)
{
    struct webconfig_sources sources = {.items = NULL};
    struct err unused = {0};
    bool leads = bytes->len > 0 && webconfig_source_read(&sources, bytes, section, &unused) &&
                 sources.count > 0;

    webconfig_source_release(&sources);
    return leads;
}

/*
 * Release also after failure. The rules of targets hold only where another file is followed:
 * looking into one file is harmless on whatever volume it lies, and under how many names.
 */
static bool read_config(struct read_config *config, const char *path, const char *section,
                        struct err *err)
{
    struct target *t = &config->target;
    char *real;
    bool ok;

    config->found = NULL;
    target_init(t);
    real = fsio_real_path(path, err);
    ok = real != NULL && fsio_read_file(real, LIMIT_TARGET_BYTES, &t->bytes, err);
    if (ok && may_lead_on(&t->bytes, section)) {
        ok = target_open(t, real, section, err);
        section = t->section;
    }
    free(real);
    if (ok && !webconfig_scan(&t->bytes, section, &config->found, err)) {
        err_context(err, "%s", t->config != NULL ? t->path : path);
        ok = false;
    }
    return ok;
}

/* --- pins --- */

static bool tell_key(const struct cmd_call *call, const struct webconfig_item *item,
                     struct jout *to, struct err *err)
{
    char type[PIN_TYPE_TEXT_SIZE], hex[65], spki[45] = "";

    if (!item->has_digest) {
        cmd_result(call, "%6zu  %-16s  -", item->line, "-");
        return true;
    }
    text_hex(hex, item->pin.sha256, sizeof item->pin.sha256);
    jout_hex(to, "sha256", item->pin.sha256, sizeof item->pin.sha256);
    jout_text(to, "type", item->is_pin ? pin_type_text(&item->pin, type) : NULL);
    if (item->is_pin && !pin_spki_base64(&item->pin, spki, err)) {
        return false;
    }
    jout_text(to, "spki_sha256_base64", item->is_pin ? spki : NULL);
    cmd_result(call, "%6zu  %.*s  %s", item->line, call->verbose ? 64 : 16, hex,
               item->is_pin ? pin_type_text(&item->pin, type) : "no valid key");
    if (call->verbose && item->is_pin) {
        cmd_result(call, "  %s", spki);
    }
    return true;
}

static bool tell_item(const struct cmd_call *call, const struct webconfig_item *item,
                      struct jout *to, struct err *err)
{
    struct jout *odd = jout_array(to, "odd");
    const char *separator = "  ";

    jout_number(to, "line", item->line);
    if (!tell_key(call, item, to, err)) {
        return false;
    }
    for (size_t i = 0; i < ODDITIES; i++) {
        if ((item->odd & oddities[i].flag) != 0) {
            jout_item_text(odd, oddities[i].id);
            cmd_result(call, "%s%s", separator, oddities[i].text);
            separator = "; ";
        }
    }
    cmd_result(call, "\n");
    return true;
}

static bool tell_config(const struct cmd_call *call, const struct read_config *config,
                        struct err *err)
{
    const struct webconfig *found = config->found;
    const char *other = config->target.config != NULL ? config->target.path : NULL;
    char shown[ERR_TEXT_SIZE];
    struct jout *items;

    jout_text(call->result, "file", call->args[0]);
    jout_text(call->result, "config_source", other);
    if (other != NULL) {
        cmd_result(call, "in %s, named by configSource on line %zu\n",
                   text_shown(shown, sizeof shown, other, strlen(other)),
                   config->target.config_line);
    }
    jout_text(call->result, "encoding", webconfig_encoding_text(found));
    jout_text(call->result, "line_ends", webconfig_eol_text(found));
    jout_number(call->result, "pins", found->pin_count);
    items = jout_array(call->result, "items");
    if (found->item_count > 0) {
        cmd_say(call, "%6s  %-*s  %s\n", "line", call->verbose ? 64 : 16, "SHA-256",
                call->verbose ? "key       SPKI pin" : "key");
    }
    for (size_t i = 0; i < found->item_count; i++) {
        if (!tell_item(call, &found->items[i], jout_item(items), err)) {
            return false;
        }
    }
    cmd_say(call, "%zu item%s, %zu different pin%s; lines %zu to %zu; %s, line ends %s\n",
            found->item_count, found->item_count == 1 ? "" : "s", found->pin_count,
            found->pin_count == 1 ? "" : "s", found->line, found->end_line,
            webconfig_encoding_text(found), webconfig_eol_text(found));
    return true;
}

/* The folder too: a configSource may name a file in it. */
static void allow_config(struct confine *c, const char *path)
{
    struct err unused = {0};
    char *real = path == NULL ? NULL : fsio_real_path(path, &unused);

    confine_allow(c, path, SANDBOX_READ);
    confine_allow_parent(c, real, SANDBOX_READ);
    free(real);
}

static bool run(struct cmd_call *call, struct err *err)
{
    struct read_config config;
    struct confine c;
    bool ok;

    confine_init(&c, commands_state_dir(call), false);
    allow_config(&c, call->args[0]);
    if (!confine_enter(&c, call, err)) {
        return false;
    }
    ok = read_config(&config, call->args[0], cmd_value(call, "section"), err) &&
         tell_config(call, &config, err);
    release(&config);
    return ok;
}

static const struct cmd_option options[] = {
    {"section", 0, "PATH", "which pinnedCertificates section, if the file has several", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_pins = {
    .name = "pins",
    .args = "WEB.CONFIG",
    .min_args = 1,
    .max_args = 1,
    .summary = "List the pins of a web.config",
    .details =
        "Needs no enrolled site. Shows line, fingerprint and kind of each pin and what is odd "
        "about "
        "it, and nothing else of the file; --verbose adds the whole fingerprint and the SPKI pin "
        "(RFC 7469) that other tools show.\n\n"
        "  applier pins /srv/ens/Website/web.config",
    .options = options,
    .run = run,
};

/* --- match --- */

struct match {
    const struct cmd_call *call;
    struct pinfile keys;
    struct jout *files;
    bool all; /* every file so far holds every key */
};

/* A chain's CA certificates are not what ENS compares. */
static bool is_meant(const struct pinfile *keys, size_t i)
{
    bool has_leaf = false;

    for (size_t k = 0; k < keys->count; k++) {
        has_leaf = has_leaf || keys->entries[k].is_leaf;
    }
    return !has_leaf || keys->entries[i].is_leaf;
}

static bool read_keys(struct pinfile *keys, const char *path, struct err *err)
{
    struct buf bytes;
    bool ok;

    buf_init(&bytes, LIMIT_KEY_FILE_BYTES);
    ok = fsio_read_file(path, LIMIT_KEY_FILE_BYTES, &bytes, err) &&
         pinfile_read(keys, &bytes, path, err);
    buf_release(&bytes);
    return ok;
}

/* Says for each key whether the file holds it; false in *all if one is missing. */
static bool match_config(struct match *match, const char *path, const char *section,
                         struct err *err)
{
    const struct pinfile *keys = &match->keys;
    struct jout *to = jout_item(match->files);
    struct jout *missing = jout_array(to, "missing");
    struct read_config config;
    bool ok = read_config(&config, path, section, err);
    size_t meant = 0, found = 0;

    for (size_t i = 0; ok && i < keys->count; i++) {
        const struct pin *pin = &keys->entries[i].pin;

        if (!is_meant(keys, i)) {
            continue;
        }
        meant++;
        if (webconfig_find(config.found, pin->sha256) != NULL) {
            found++;
        } else {
            char hex[65];

            text_hex(hex, pin->sha256, sizeof pin->sha256);
            jout_item_text(missing, hex);
        }
    }
    if (ok) {
        jout_text(to, "file", path);
        match->all = match->all && found == meant;
        cmd_result(match->call, "%s: %s\n", path,
                   found == meant ? "holds it"
                   : meant == 1   ? "does not hold it"
                                  : "does not hold all of them");
    }
    release(&config);
    return ok;
}

static bool match_targets(struct match *match, const struct state *state, struct err *err)
{
    struct site *site = site_load(state->dir, err);
    bool ok = site != NULL;

    for (size_t i = 0; ok && i < site->count; i++) {
        ok = match_config(match, site->targets[i].path, site->targets[i].section, err);
    }
    site_free(site);
    return ok;
}

/* Informs; what the targets hold decides. */
static void match_last(const struct cmd_call *call, const struct pinfile *keys, struct state *state)
{
    struct err cause = {0};
    struct bundle *last = state->has_last ? open_last(state, &cause) : NULL;
    const struct manifest *m = last == NULL ? NULL : bundle_manifest(last);
    size_t meant = 0, named = 0;

    for (size_t i = 0; m != NULL && i < keys->count; i++) {
        if (is_meant(keys, i)) {
            meant++;
            for (size_t k = 0; k < m->pin_count; k++) {
                named += pin_equal(&m->pins[k].pin, &keys->entries[i].pin);
            }
        }
    }
    if (m != NULL) {
        jout_bool(call->result, "in_last_bundle", named == meant);
        cmd_say(call, "the last accepted bundle (%llu): %s\n", (unsigned long long)m->sequence,
                named == meant ? "names it" : "does not name it");
    } else if (cause.code != ERR_NONE) {
        cmd_say(call, "the last accepted bundle: %s\n", cause.text);
    }
    bundle_free(last);
}

static void tell_keys(const struct cmd_call *call, const struct pinfile *keys)
{
    struct jout *list = jout_array(call->result, "keys");

    for (size_t i = 0; i < keys->count; i++) {
        const struct pinfile_entry *entry = &keys->entries[i];
        char type[PIN_TYPE_TEXT_SIZE], hex[65];
        struct jout *item;

        if (!is_meant(keys, i)) {
            continue;
        }
        item = jout_item(list);
        text_hex(hex, entry->pin.sha256, sizeof entry->pin.sha256);
        jout_hex(item, "sha256", entry->pin.sha256, sizeof entry->pin.sha256);
        jout_text(item, "type", pin_type_text(&entry->pin, type));
        jout_text(item, "subject", entry->subject[0] == '\0' ? NULL : entry->subject);
        cmd_say(call, "%.16s  %s%s%s\n", hex, pin_type_text(&entry->pin, type),
                entry->subject[0] == '\0' ? "" : "  ", entry->subject);
    }
}

static bool match_state(struct match *match, struct err *err)
{
    struct state *state = state_open(commands_state_dir(match->call), false, err);
    bool ok = state != NULL && match_targets(match, state, err);

    if (ok) {
        match_last(match->call, &match->keys, state);
    }
    state_close(state);
    return ok;
}

/* The targets are known only from the state; whatever is wrong with it is said later. */
static bool confine_match(const struct cmd_call *call, const char *config, struct err *err)
{
    struct err unused = {0};
    struct state *state =
        config == NULL ? state_open(commands_state_dir(call), false, &unused) : NULL;
    struct site *site = state == NULL ? NULL : site_load(state->dir, &unused);
    struct confine c;

    confine_init(&c, commands_state_dir(call), false);
    confine_allow(&c, call->args[0], SANDBOX_READ);
    allow_config(&c, config);
    confine_site(&c, site, SANDBOX_READ);
    site_free(site);
    state_close(state);
    return confine_enter(&c, call, err);
}

static bool run_match(struct cmd_call *call, struct err *err)
{
    const char *config = cmd_value(call, "config");
    struct match match = {.call = call, .all = true};
    bool ok;

    pinfile_init(&match.keys);
    ok = confine_match(call, config, err) && read_keys(&match.keys, call->args[0], err);
    if (ok) {
        tell_keys(call, &match.keys);
        match.files = jout_array(call->result, "files");
        ok = config == NULL ? match_state(&match, err)
                            : match_config(&match, config, cmd_value(call, "section"), err);
    }
    if (ok) {
        jout_bool(call->result, "match", match.all);
        call->exit_code = match.all ? 0 : 3;
    }
    pinfile_release(&match.keys);
    return ok;
}

static const struct cmd_option match_options[] = {
    {"config", 0, "WEB.CONFIG", "look into this file instead of the site's targets", false},
    {"section", 0, "PATH", "which section of that file, if it has several", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_pins_match = {
    .name = "match",
    .args = "CERT",
    .min_args = 1,
    .max_args = 1,
    .summary = "Tell whether the targets hold a certificate's key",
    .details =
        "CERT is a certificate or chain (PEM, DER, PKCS#7), a public key, or hex. Of a chain only "
        "the certificates count that are no CA's, since ENS compares the server's key. Exit 0 when "
        "every target holds it, 3 when one does not.\n\n"
        "  applier match cns.awmdm.com.pem\n\n"
        "  applier match cns.awmdm.com.pem --config /srv/ens/Website/web.config",
    .options = match_options,
    .run = run_match,
};
