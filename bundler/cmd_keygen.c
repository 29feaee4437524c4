/* SPDX-License-Identifier: MIT */
/* bundler keygen: makes the keys of both roles and the first trust set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/when.h"
#include "bundler/commands.h"
#include "bundler/rotation.h"
#include "keys/crypto.h"
#include "keys/signkey.h"

#define CERT_MODE 0644
#define TRUST_MODE 0644
#define KEYS_MODE 0700
#define FILE_NAME_SIZE (TEXT_ID_MAX + 16)
#define MADE_MAX 4

static const struct {
    const char *name;
    enum signkey_kind kind;
} types[] = {
    {"p384", SIGNKEY_P384},       {"p256", SIGNKEY_P256},       {"p521", SIGNKEY_P521},
    {"rsa3072", SIGNKEY_RSA3072}, {"rsa4096", SIGNKEY_RSA4096},
};

/* What was asked for, and what was made so far: it goes again if the rest fails. */
struct job {
    struct cmd_call *call;
    struct workspace *ws;
    const char *name;
    char root[TEXT_ID_MAX + 1];
    enum signkey_kind kind;
    enum trust_role role; /* of a cosigner */
    bool single_key, cosigner;
    struct buf passphrase; /* empty: keys are not encrypted */
    int64_t now;
    struct trust *trust;
    char *made[MADE_MAX];
    size_t made_count;
};

/* --- what was asked for --- */

static bool read_type(struct job *job, struct err *err)
{
    const char *type = cmd_value(job->call, "type");

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (type == NULL || strcmp(type, types[i].name) == 0) {
            job->kind = types[i].kind;
            jout_text(job->call->result, "type", types[i].name);
            return true;
        }
    }
    return err_set(err, ERR_USAGE,
                   "--type '%s' is unknown; one of p256, p384, p521, rsa3072, rsa4096 is expected",
                   type);
}

/* The one key of --cosigner is called as a key of its role would be. */
static bool read_role(struct job *job, struct err *err)
{
    const char *role = cmd_value(job->call, "role");

    job->role = role != NULL && strcmp(role, "root") == 0 ? TRUST_ROOT : TRUST_BUNDLE;
    return role == NULL || strcmp(role, trust_role_name(job->role)) == 0 ||
           err_set(err, ERR_USAGE, "--role '%s' is no role; 'root' or 'bundle' is expected", role);
}

static bool read_names(struct job *job, struct err *err)
{
    const char *name = cmd_value(job->call, "name");
    int len;

    job->name = name == NULL ? "signer" : name;
    len = snprintf(job->root, sizeof job->root, "%s-root", job->name);
    if (!text_is_id(job->name) || len >= (int)sizeof job->root) {
        return err_set(err, ERR_USAGE,
                       "--name '%s' is no name of a signer: labels of a-z, 0-9 and '-', joined by "
                       "single dots, at most %zu characters",
                       job->name, TEXT_ID_MAX - strlen("-root"));
    }
    if (job->cosigner && (name == NULL || job->single_key)) {
        return err_set(err, ERR_USAGE,
                       "--cosigner makes one key for one role: it needs --name NAME, and no "
                       "--single-key");
    }
    if (!job->cosigner && cmd_value(job->call, "role") != NULL) {
        return err_set(err, ERR_USAGE, "--role goes with --cosigner; without it both are made");
    }
    if (cmd_flag(job->call, "no-passphrase") && cmd_value(job->call, "passphrase-file") != NULL) {
        return err_set(err, ERR_USAGE, "--passphrase-file and --no-passphrase exclude each other");
    }
    return true;
}

/* The path of keys/NAME and the ending; owned by the caller. */
static char *path_of(const struct job *job, const char *name, const char *ending, struct err *err)
{
    char file[FILE_NAME_SIZE];

    snprintf(file, sizeof file, WORKSPACE_KEYS "/%s%s", name, ending);
    return workspace_path(job->ws, file, err);
}

static bool check_absent(const struct job *job, const char *name, const char *ending,
                         struct err *err)
{
    enum fsio_kind kind = FSIO_ABSENT;
    char *path = path_of(job, name, ending, err);
    bool ok = path != NULL && fsio_kind(path, &kind, err);
    if (ok && kind != FSIO_ABSENT) {
        ok = err_set(err, ERR_IO_EXISTS,
                     "%s: is there already: it is somebody's key, or a 'keygen' was cut off. Move "
                     "it away, or choose another --name",
                     path);
    }
    free(path);
    return ok;
}

static bool check_no_trust(const struct job *job, struct err *err)
{
    enum fsio_kind kind = FSIO_ABSENT;
    char *path = workspace_path(job->ws, WORKSPACE_TRUST, err);
    bool ok = path != NULL && fsio_kind(path, &kind, err);

    if (ok && kind != FSIO_ABSENT) {
        ok = err_set(err, ERR_STATE_PRESENT,
                     "%s: this workspace has its keys; a second set would shut out every site that "
                     "enrolled the first. A key for the next trust set is made by --cosigner; for "
                     "another set make another workspace",
                     path);
    }
    free(path);
    return ok;
}

/* The name of the one key of --cosigner. */
static const char *cosigner_name(const struct job *job)
{
    return job->role == TRUST_ROOT ? job->root : job->name;
}

/* Nobody should think of a passphrase for keys that cannot be made. */
static bool check_unused(const struct job *job, struct err *err)
{
    if (job->cosigner) {
        return check_absent(job, cosigner_name(job), ".key", err) &&
               check_absent(job, cosigner_name(job), ".crt", err);
    }
    return check_no_trust(job, err) && check_absent(job, job->name, ".key", err) &&
           check_absent(job, job->name, ".crt", err) &&
           (job->single_key || (check_absent(job, job->root, ".key", err) &&
                                check_absent(job, job->root, ".crt", err)));
}

static bool read_passphrase(struct job *job, struct err *err)
{
    if (cmd_flag(job->call, "no-passphrase")) {
        return true;
    }
    return commands_passphrase(job->call, "New passphrase for the signing keys: ", true,
                               &job->passphrase, err);
}

/* --- making --- */

/* Takes over the path if its file was made. */
static bool note_made(struct job *job, char *path, bool is_made)
{
    if (is_made) {
        job->made[job->made_count++] = path;
    } else {
        free(path);
    }
    return is_made;
}

static bool make_key(struct job *job, const char *name, struct buf *cert, struct err *err)
{
    const struct buf *passphrase = job->passphrase.len == 0 ? NULL : &job->passphrase;
    struct signkey *key = signkey_generate(job->kind, err);
    char *path = key == NULL ? NULL : path_of(job, name, ".key", err);
    bool ok = path != NULL && note_made(job, path, signkey_save(key, path, passphrase, err));

    ok = ok && signkey_self_certificate(key, name, job->now, WHEN_MAX, cert, err);
    path = ok ? path_of(job, name, ".crt", err) : NULL;
    ok = path != NULL &&
         note_made(job, path, fsio_write_new(path, cert->data, cert->len, CERT_MODE, err));
    signkey_free(key);
    return ok;
}

static int64_t in_days(const struct job *job, int64_t days)
{
    int64_t when = job->now + days * WHEN_DAY;

    return when < WHEN_MAX ? when : WHEN_MAX;
}

static bool make_roles(struct job *job, struct err *err)
{
    struct buf bundle, root;
    const struct buf *root_cert;
    bool ok;

    buf_init(&bundle, LIMIT_CERTIFICATE_BYTES);
    buf_init(&root, LIMIT_CERTIFICATE_BYTES);
    root_cert = job->single_key ? &bundle : &root;
    ok = make_key(job, job->name, &bundle, err) &&
         (job->single_key || make_key(job, job->root, &root, err)) &&
         trust_add(job->trust, TRUST_BUNDLE, job->name, in_days(job, ROTATION_UNTIL_DAYS),
                   bundle.data, bundle.len, err) &&
         trust_add(job->trust, TRUST_ROOT, job->single_key ? job->name : job->root, 0,
                   root_cert->data, root_cert->len, err);
    buf_release(&bundle);
    buf_release(&root);
    return ok;
}

static bool make_trust(struct job *job, struct err *err)
{
    char *path = workspace_path(job->ws, WORKSPACE_TRUST, err);
    struct trust *trust = path == NULL ? NULL : trust_new(err);
    bool ok = trust != NULL;

    job->trust = trust;
    if (ok) {
        memcpy(trust->domain, job->ws->domain, sizeof trust->domain);
        memcpy(trust->channel, job->ws->channel, sizeof trust->channel);
        trust->version = trust->epoch = trust->least_sequence = 1;
        trust->expires = in_days(job, ROTATION_DAYS);
        trust->single_key = job->single_key;
        trust->roles[TRUST_ROOT].threshold = trust->roles[TRUST_BUNDLE].threshold = 1;
        ok = make_roles(job, err) && trust_write(trust, err) &&
             fsio_write_new(path, trust->bytes.data, trust->bytes.len, TRUST_MODE, err);
    }
    free(path);
    return ok;
}

/* A copy of a workspace may have no folder for keys yet. */
static bool make_cosigner(struct job *job, struct buf *cert, struct err *err)
{
    char *folder = workspace_path(job->ws, WORKSPACE_KEYS, err);
    bool ok = folder != NULL && fsio_make_dir(folder, KEYS_MODE, err) &&
              make_key(job, cosigner_name(job), cert, err);

    free(folder);
    return ok;
}

/* Names what cannot be taken back: it would stand in the way of the next try. */
static void take_back(struct job *job, struct err *err)
{
    for (size_t i = 0; i < job->made_count; i++) {
        struct err cause = {0};

        if (!fsio_remove(job->made[i], &cause)) {
            err_context(err, "left behind, to be removed: %s", job->made[i]);
        }
    }
}

/* --- telling --- */

static void tell_json(const struct job *job)
{
    struct jout *to = job->call->result, *set = jout_object(to, "trust");

    jout_bool(to, "encrypted", job->passphrase.len > 0);
    jout_text(to, "bundle_key", job->made[0]);
    jout_text(to, "bundle_certificate", job->made[1]);
    jout_text(to, "root_key", job->made[job->single_key ? 0 : 2]);
    jout_text(to, "root_certificate", job->made[job->single_key ? 1 : 3]);
    jout_number(set, "version", job->trust->version);
    jout_hex(set, "fingerprint", job->trust->fingerprint, sizeof job->trust->fingerprint);
    jout_hex(set, "domain", job->trust->domain, sizeof job->trust->domain);
    jout_text(set, "channel", job->trust->channel);
    jout_number(set, "epoch", job->trust->epoch);
    jout_time(set, "expires", job->trust->expires);
    jout_time(set, "until", job->trust->roles[TRUST_BUNDLE].signers[0].until);
    jout_bool(set, "single_key", job->trust->single_key);
}

static bool tell_cosigner(const struct job *job, const struct buf *cert, struct err *err)
{
    const char *role = trust_role_name(job->role);
    uint8_t sha256[CRYPTO_SHA256_SIZE];
    char digits[CRYPTO_SHA256_SIZE * 5 / 2 + 1];

    if (!crypto_sha256(sha256, cert->data, cert->len, err)) {
        return false;
    }
    text_hex_groups(digits, sha256, sizeof sha256);
    jout_bool(job->call->result, "encrypted", job->passphrase.len > 0);
    jout_text(job->call->result, "role", role);
    jout_text(job->call->result, "key", job->made[0]);
    jout_text(job->call->result, "certificate", job->made[1]);
    jout_hex(job->call->result, "certificate_sha256", sha256, sizeof sha256);
    cmd_say(job->call, "%s key  %s\n", role, job->made[0]);
    cmd_result(job->call, "certificate %s, SHA-256\n  %s\n", job->made[1], digits);
    if (job->passphrase.len == 0) {
        cmd_warn(job->call, "the key is not encrypted: whoever can read the file can sign");
    }
    cmd_say(job->call,
            "The key signs nothing until a trust set names it. Next: send the certificate to those "
            "who make the next trust set, and read its SHA-256 to them in a call. They type:\n"
            "  bundler trust new\n"
            "  bundler trust add %s %s %s.crt\n",
            role, cosigner_name(job), cosigner_name(job));
    return true;
}

static void tell(const struct job *job)
{
    char digits[2 * 32 + 32 / 2 + 1], expires[WHEN_TEXT_SIZE], until[WHEN_TEXT_SIZE];
    struct cmd_call *call = job->call;
    char option[1100];

    tell_json(job);
    text_hex_groups(digits, job->trust->fingerprint, sizeof job->trust->fingerprint);
    when_format(expires, job->trust->expires);
    when_format(until, job->trust->roles[TRUST_BUNDLE].signers[0].until);
    cmd_say(call,
            "Trust set 1 for %s; its signer '%s' until %s\n"
            "It expires on %s. Before that, 'bundler trust refresh' makes the next one, which the "
            "root key signs.\n",
            job->trust->channel, job->name, until, expires);
    cmd_result(call, "trust fingerprint\n  %s\n", digits);
    cmd_say(call, "bundle key  %s\n", job->made[0]);
    if (job->single_key) {
        cmd_warn(call, "one key signs both trust sets and bundles (single-key): whoever gets it "
                       "can also replace it at the sites");
    } else {
        cmd_say(call,
                "root key    %s\n"
                "Take the root key away now: copy it to offline media, check the copy, and delete "
                "it here. It is needed only to sign a later trust set; whoever has it decides whom "
                "the sites believe.\n",
                job->made[2]);
    }
    if (job->passphrase.len == 0) {
        cmd_warn(call, "the keys are not encrypted: whoever can read the files can sign");
    }
    cmd_say(call,
            "Next: bring %s/%s to each site, and the fingerprint by paper or by a call, never on "
            "the same medium. There:\n"
            "  applier init --site ID --trust trust.xml --config WEB.CONFIG\n"
            "Here:\n"
            "  bundler%s fetch\n",
            job->ws->dir, WORKSPACE_TRUST, commands_option(call, option, sizeof option));
}

static bool make(struct job *job, struct err *err)
{
    struct buf cert;
    bool ok;

    buf_init(&cert, LIMIT_CERTIFICATE_BYTES);
    if (job->cosigner) {
        ok = make_cosigner(job, &cert, err) && tell_cosigner(job, &cert, err);
    } else {
        ok = make_trust(job, err);
    }
    buf_release(&cert);
    if (!ok) {
        take_back(job, err);
    } else if (!job->cosigner) {
        tell(job);
    }
    return ok;
}

static bool run(struct cmd_call *call, struct err *err)
{
    struct job job = {.call = call,
                      .single_key = cmd_flag(call, "single-key"),
                      .cosigner = cmd_flag(call, "cosigner")};
    bool ok;

    buf_init_secret(&job.passphrase, LIMIT_PASSPHRASE_BYTES);
    ok = read_type(&job, err) && read_names(&job, err) && read_role(&job, err) &&
         workspace_now(&job.now, err);
    if (ok) {
        job.ws = commands_workspace(call, true, err);
        ok = job.ws != NULL && check_unused(&job, err) && read_passphrase(&job, err) &&
             make(&job, err);
    }
    for (size_t i = 0; i < job.made_count; i++) {
        free(job.made[i]);
    }
    trust_free(job.trust);
    buf_release(&job.passphrase);
    workspace_close(job.ws);
    return ok;
}

static const struct cmd_option options[] = {
    {"name", 0, "NAME", "name of the signer, in file names and trust set (default signer)", false},
    {"type", 0, "TYPE", "p384 (default), p256, p521, rsa3072 or rsa4096", false},
    {"single-key", 0, NULL, "one key in both roles; every site will say so", false},
    {"cosigner", 0, NULL, "only one more key and its certificate, for the next trust set", false},
    {"role", 0, "ROLE", "the cosigner's: bundle (default) or root", false},
    {"passphrase-file", 0, "FILE", "encrypt the keys with the first line of FILE", false},
    {"no-passphrase", 0, NULL, "do not encrypt the keys", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_keygen = {
    .name = "keygen",
    .args = "",
    .summary = "Make the signing keys and the first trust set",
    .details =
        "Makes two keys. The bundle key, keys/NAME.key, signs bundles and stays here. The root "
        "key, keys/NAME-root.key, signs later trust sets and belongs on offline media. Their "
        "certificates (.crt) stand in keys/trust.xml, the trust set that sites enrol: it is valid "
        "for 400 days, the bundle key for three years. 'bundler trust refresh' makes the next "
        "set.\n\n"
        "Both keys are encrypted with one passphrase: the first line of --passphrase-file, else "
        "PINFERRY_PASSPHRASE, else it is asked for on the terminal.\n\n"
        "With --single-key one key signs both: simpler, but whoever steals it can also give the "
        "sites new keys.\n\n"
        "With --cosigner only one key and its certificate are made, keys/NAME.key or, with --role "
        "root, keys/NAME-root.key: for another person, in a copy of the workspace (bundler.xml is "
        "enough), or to take an old key's place. It counts once 'bundler trust add' has brought "
        "the certificate into a signed trust set.\n\n"
        "  bundler -C /srv/pinferry keygen --name alice\n"
        "  bundler -C bob keygen --cosigner --name bob\n\n"
        "Write the fingerprint that is printed on paper: each site is enrolled by comparing it. A "
        "workspace that has a trust set is refused (18), and no file is ever overwritten (30).",
    .options = options,
    .run = run,
};
