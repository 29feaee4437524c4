/* SPDX-License-Identifier: MIT */
/* bundler trust new, add, remove, threshold, raise, refresh, discard: the next trust set. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "bundler/commands.h"
#include "bundler/rotation.h"

#define DAYS_MAX 3650

/* What each of these commands does to the loaded sets. */
typedef bool (*edit_sets)(struct cmd_call *call, struct rotation *r, struct err *err);

/* --- shared --- */

static bool expiry(const struct cmd_call *call, int64_t *expires, struct err *err)
{
    uint64_t days = 0;
    int64_t now;

    if (!cmd_number(call, "expires", &days, 1, DAYS_MAX, ROTATION_DAYS, err) ||
        !workspace_now(&now, err)) {
        return false;
    }
    *expires = now + (int64_t)days * WHEN_DAY;
    *expires = *expires < WHEN_MAX ? *expires : WHEN_MAX;
    return true;
}

static bool read_role(const char *text, enum trust_role *role, struct err *err)
{
    for (int r = TRUST_ROOT; r <= TRUST_BUNDLE; r++) {
        if (strcmp(text, trust_role_name((enum trust_role)r)) == 0) {
            *role = (enum trust_role)r;
            return true;
        }
    }
    return err_set(err, ERR_USAGE, "'%s' is no role; 'root' or 'bundle' is expected", text);
}

static void tell(struct cmd_call *call, const struct rotation *r, size_t lost)
{
    char expires[WHEN_TEXT_SIZE], option[1100];

    when_format(expires, r->next->expires);
    jout_number(call->result, "version", r->next->version);
    jout_time(call->result, "expires", r->next->expires);
    cmd_result(call, "Trust set %" PRIu64 " is pending; it will expire on %s.\n", r->next->version,
               expires);
    if (lost > 0) {
        cmd_warn(call, "%zu signature%s over what it was %s removed: sign again", lost,
                 lost == 1 ? "" : "s", lost == 1 ? "is" : "are");
    }
    if (r->next->single_key) {
        cmd_warn(call, "one key stands in both roles (single-key): whoever gets it can also "
                       "replace it at the sites");
    }
    commands_option(call, option, sizeof option);
    cmd_say(call,
            "Nothing changes for anybody until it is signed. Next: look at it, then sign it:\n"
            "  bundler%s trust show\n"
            "  bundler%s trust sign --signer NAME-root --key FOLDER\n",
            option, option);
}

static bool edit(struct cmd_call *call, edit_sets change, struct err *err)
{
    struct workspace *ws = commands_workspace(call, true, err);
    struct rotation r = {0};
    size_t lost;
    bool ok = ws != NULL && rotation_load(&r, ws, err);

    lost = r.signature_count;
    ok = ok && change(call, &r, err) && rotation_save(&r, err);
    if (ok) {
        tell(call, &r, lost);
    }
    rotation_release(&r);
    workspace_close(ws);
    return ok;
}

/* --- new, refresh --- */

static bool begin_set(struct cmd_call *call, struct rotation *r, struct err *err)
{
    int64_t expires;

    return expiry(call, &expires, err) && rotation_begin(r, expires, err);
}

static bool refresh_set(struct cmd_call *call, struct rotation *r, struct err *err)
{
    int64_t expires;

    if (r->next == NULL) {
        return begin_set(call, r, err);
    }
    if (!expiry(call, &expires, err)) {
        return false;
    }
    r->next->expires = expires;
    return true;
}

/* --- add, remove, threshold --- */

static bool read_until(const struct cmd_call *call, enum trust_role role, int64_t *until,
                       struct err *err)
{
    const char *text = cmd_value(call, "until");
    int64_t now;

    if (text == NULL) {
        *until = WHEN_MAX;
        if (!workspace_now(&now, err)) {
            return false;
        }
        if (now + ROTATION_UNTIL_DAYS * WHEN_DAY < WHEN_MAX) {
            *until = now + ROTATION_UNTIL_DAYS * WHEN_DAY;
        }
        return true;
    }
    if (role == TRUST_ROOT) {
        return err_set(err, ERR_USAGE,
                       "--until is for bundle signers; a root signer stays until removed");
    }
    return when_parse(until, text, WHEN_MIN, WHEN_MAX) ||
           err_set(err, ERR_USAGE, "--until '%s' is no time; it is written as 2029-01-31T06:00:00Z",
                   text);
}

static bool read_certificate(const char *path, struct buf *der, struct err *err)
{
    static const char pem[] = "-----BEGIN";

    if (!fsio_read_file(path, LIMIT_CERTIFICATE_BYTES, der, err)) {
        return false;
    }
    return der->len < sizeof pem - 1 || memcmp(der->data, pem, sizeof pem - 1) != 0 ||
           err_set(err, ERR_TRUST_FORM,
                   "%s: is PEM; a certificate in DER is expected: openssl x509 -in '%s' -outform "
                   "DER -out NAME.crt",
                   path, path);
}

/* A signer with a new end date or certificate for the same key takes the old one's place. */
static bool put_signer(struct trust *next, enum trust_role role, const char *id, int64_t until,
                       const struct buf *der, struct err *err)
{
    const struct trust_signer *old = trust_find(next, role, id);
    uint8_t spki[32];

    if (old != NULL && !sigfile_check_certificate(der->data, der->len, spki, ERR_TRUST_FORM, err)) {
        return false;
    }
    if (old != NULL && memcmp(old->spki_sha256, spki, sizeof spki) == 0) {
        bool single = next->single_key;

        if (!trust_remove(next, role, id, err)) {
            return false;
        }
        next->single_key = single;
    }
    return trust_add(next, role, id, until, der->data, der->len, err);
}

static bool add_signer(struct cmd_call *call, struct rotation *r, struct err *err)
{
    enum trust_role role = TRUST_ROOT;
    struct buf der;
    int64_t until;
    bool ok;

    buf_init(&der, LIMIT_CERTIFICATE_BYTES);
    ok = read_role(call->args[0], &role, err) && read_until(call, role, &until, err) &&
         rotation_check_pending(r, err) && read_certificate(call->args[2], &der, err);
    if (ok && !put_signer(r->next, role, call->args[1], until, &der, err)) {
        err_context(err, "%s", call->args[2]);
        ok = false;
    }
    buf_release(&der);
    return ok;
}

static bool remove_signer(struct cmd_call *call, struct rotation *r, struct err *err)
{
    enum trust_role role = TRUST_ROOT;

    return read_role(call->args[0], &role, err) && rotation_check_pending(r, err) &&
           trust_remove(r->next, role, call->args[1], err);
}

static bool set_threshold(struct cmd_call *call, struct rotation *r, struct err *err)
{
    enum trust_role role = TRUST_ROOT;
    uint64_t number;

    if (!read_role(call->args[0], &role, err)) {
        return false;
    }
    if (!text_number(&number, call->args[1], 1, LIMIT_ROOT_SIGNERS)) {
        return err_set(err, ERR_USAGE, "'%s' is no threshold; 1 to %d is expected", call->args[1],
                       LIMIT_ROOT_SIGNERS);
    }
    if (!rotation_check_pending(r, err)) {
        return false;
    }
    r->next->roles[role].threshold = (unsigned)number;
    return true;
}

/* --- raise --- */

static bool raise_numbers(struct cmd_call *call, struct rotation *r, struct err *err)
{
    uint64_t epoch, sequence;

    if (cmd_value(call, "epoch") == NULL && cmd_value(call, "least-sequence") == NULL) {
        return err_set(err, ERR_USAGE, "--epoch N or --least-sequence N is missing");
    }
    if (!cmd_number(call, "epoch", &epoch, 1, TEXT_NUMBER_MAX, 0, err) ||
        !cmd_number(call, "least-sequence", &sequence, 1, TEXT_NUMBER_MAX, 0, err) ||
        !rotation_check_pending(r, err)) {
        return false;
    }
    r->next->epoch = epoch == 0 ? r->next->epoch : epoch;
    r->next->least_sequence = sequence == 0 ? r->next->least_sequence : sequence;
    return true;
}

/* --- the commands --- */

static bool run_new(struct cmd_call *call, struct err *err)
{
    return edit(call, begin_set, err);
}

static bool run_refresh(struct cmd_call *call, struct err *err)
{
    return edit(call, refresh_set, err);
}

static bool run_add(struct cmd_call *call, struct err *err)
{
    return edit(call, add_signer, err);
}

static bool run_remove(struct cmd_call *call, struct err *err)
{
    return edit(call, remove_signer, err);
}

static bool run_threshold(struct cmd_call *call, struct err *err)
{
    return edit(call, set_threshold, err);
}

static bool run_raise(struct cmd_call *call, struct err *err)
{
    return edit(call, raise_numbers, err);
}

/* Whatever is in the pending file: it may be what keeps the other commands from working. */
static bool run_discard(struct cmd_call *call, struct err *err)
{
    struct workspace *ws = commands_workspace(call, true, err);
    struct rotation r = {.ws = ws};
    bool ok;

    r.current = ws == NULL ? NULL : workspace_trust(ws, err);
    ok = r.current != NULL && rotation_discard(&r, err);
    if (ok) {
        cmd_result(call, "No trust set is pending. Set %" PRIu64 " stays current.\n",
                   r.current->version);
    }
    rotation_release(&r);
    workspace_close(ws);
    return ok;
}

static const struct cmd_option expires_option[] = {
    {"expires", 0, "DAYS", "sites refuse bundles under it after so many days (default 400)", false},
    {NULL, 0, NULL, NULL, false},
};

static const struct cmd_option add_options[] = {
    {"until", 0, "TIME", "a bundle signer may sign until then (default: three years)", false},
    {NULL, 0, NULL, NULL, false},
};

static const struct cmd_option raise_options[] = {
    {"epoch", 0, "N", "bundles of a lower epoch are refused, whatever their sequence", false},
    {"least-sequence", 0, "N", "bundles of a lower sequence are refused", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_trust_edit_new = {
    .name = "trust new",
    .args = "",
    .summary = "Begin the next trust set as a copy of the current one",
    .details =
        "Writes keys/trust-next.xml: the current set with the next number and a new end. 'trust "
        "add', 'trust remove', 'trust threshold' and 'trust raise' change it, 'trust sign' signs "
        "it, 'trust discard' gives it up. It means nothing until enough root signers of both sets "
        "have signed; one that is pending already is refused (30).\n\n"
        "A stolen bundle key is answered by:\n\n"
        "  bundler trust new\n"
        "  bundler trust remove bundle NAME\n"
        "  bundler trust add bundle NEW keys/NEW.crt\n"
        "  bundler trust sign --signer NAME-root --key FOLDER\n"
        "  bundler build",
    .options = expires_option,
    .run = run_new,
};

const struct cmd cmd_trust_edit_refresh = {
    .name = "trust refresh",
    .args = "",
    .summary = "Give the next trust set a new end, and nothing else",
    .details = "Begins the next set if none is pending. Do it before the current set expires: a "
               "site whose set has expired refuses bundles (13) until one carries the next. A late "
               "one is taken all the same.\n\n"
               "  bundler trust refresh\n"
               "  bundler trust sign --signer NAME-root --key FOLDER",
    .options = expires_option,
    .run = run_refresh,
};

const struct cmd cmd_trust_edit_add = {
    .name = "trust add",
    .args = "ROLE ID CERT",
    .min_args = 3,
    .max_args = 3,
    .summary = "Let a signer in, in the next trust set",
    .details =
        "ROLE is 'root' or 'bundle', ID a name of a-z, 0-9, '-' and dots, CERT a certificate in "
        "DER, as 'bundler keygen --cosigner' makes it. Compare its SHA-256 ('bundler trust show') "
        "with its owner on another channel. The certificate's own dates play no part: --until "
        "does. An ID that is there with the same key gets the new end and certificate.\n\n"
        "  bundler trust add bundle bob bob.crt --until 2029-01-31T00:00:00Z",
    .options = add_options,
    .run = run_add,
};

const struct cmd cmd_trust_edit_remove = {
    .name = "trust remove",
    .args = "ROLE ID",
    .min_args = 2,
    .max_args = 2,
    .summary = "Leave a signer out of the next trust set",
    .details = "That is how a key is revoked: a site that has the new set refuses (11) every "
               "bundle that the removed signer signed, also one that others signed too. Of a role "
               "one signer stays, and never fewer than its threshold.\n\n"
               "  bundler trust remove bundle alice",
    .run = run_remove,
};

const struct cmd cmd_trust_edit_threshold = {
    .name = "trust threshold",
    .args = "ROLE N",
    .min_args = 2,
    .max_args = 2,
    .summary = "Say how many signers of a role it takes in the next trust set",
    .details = "With more than 1 for 'bundle', 'build' makes the first signature and the others "
               "are added by 'bundler cosign'. The next set itself needs the root signatures that "
               "the current one asks for, and those that it asks for.\n\n"
               "  bundler trust threshold bundle 2",
    .run = run_threshold,
};

const struct cmd cmd_trust_edit_raise = {
    .name = "trust raise",
    .args = "",
    .summary = "Have sites refuse old bundles, by the next trust set",
    .details =
        "After a bundle key was stolen the removal of its signer is enough to have what the thief "
        "makes refused. Old bundles that somebody else signed stay valid until they expire: "
        "--least-sequence refuses those below a number, and 'build' goes on from there.\n\n"
        "A thief may also have given a site a bundle of a very high sequence before; then no "
        "honest one is newer. A higher --epoch outranks every sequence: bundles of the old epoch "
        "are refused, and those of the new one are accepted whatever came before. Neither number "
        "ever goes down.\n\n"
        "  bundler trust raise --epoch 2",
    .options = raise_options,
    .run = run_raise,
};

const struct cmd cmd_trust_edit_discard = {
    .name = "trust discard",
    .args = "",
    .summary = "Give up the pending trust set",
    .details = "Removes keys/trust-next.xml and its signatures. A set that had enough signatures "
               "is current and stays.",
    .run = run_discard,
};
