/* SPDX-License-Identifier: MIT */
/* bundler pins, approve, retire, exclude: the ledger shown, and what people decide about it. */
#include <stdio.h>
#include <string.h>

#include "base/when.h"
#include "bundler/approval.h"
#include "bundler/commands.h"
#include "bundler/ledger.h"
#include "bundler/ledger_json.h"

#define SHORT_DIGITS 16
#define SOURCES_SIZE 256
#define FINGERPRINT_SIZE (2 * 32 + 32 / 2 + 1)

/* --- one pin --- */

/* The day alone; "-" when it is not known. */
static const char *day(bool known, int64_t when, char out[static WHEN_TEXT_SIZE])
{
    if (!known) {
        return "-";
    }
    when_format(out, when);
    out[strlen("YYYY-MM-DD")] = '\0';
    return out;
}

/* "discovery 2, hex": each kind, and of how many different sources. */
static void sources_text(const struct ledger_pin *pin, char out[static SOURCES_SIZE])
{
    size_t counts[MANIFEST_EVIDENCE_KINDS] = {0}, len = 0;

    snprintf(out, SOURCES_SIZE, "-");
    for (size_t i = 0; i < pin->sighting_count; i++) {
        counts[pin->sightings[i].kind]++;
    }
    for (size_t i = 0; i < MANIFEST_EVIDENCE_KINDS && len < SOURCES_SIZE; i++) {
        const char *name = manifest_evidence_name((enum manifest_evidence_kind)i);
        const char *comma = len > 0 ? ", " : "";

        if (counts[i] == 1) {
            len += (size_t)snprintf(out + len, SOURCES_SIZE - len, "%s%s", comma, name);
        } else if (counts[i] > 1) {
            len +=
                (size_t)snprintf(out + len, SOURCES_SIZE - len, "%s%s %zu", comma, name, counts[i]);
        }
    }
}

/* --- pins --- */

static void print_row(const struct cmd_call *call, const struct ledger_pin *pin)
{
    char hex[2 * sizeof pin->pin.sha256 + 1], type[PIN_TYPE_TEXT_SIZE], sources[SOURCES_SIZE];
    char from[WHEN_TEXT_SIZE], to[WHEN_TEXT_SIZE], first[WHEN_TEXT_SIZE], last[WHEN_TEXT_SIZE];
    bool seen = pin->sighting_count > 0;

    text_hex(hex, pin->pin.sha256, sizeof pin->pin.sha256);
    sources_text(pin, sources);
    cmd_result(call, "%.*s  %-8s  %-8s  %-10s  %-10s  %-10s  %-10s  %s\n", SHORT_DIGITS, hex,
               ledger_state_name(pin->state), pin->has_key ? pin_type_text(&pin->pin, type) : "-",
               day(pin->has_validity, pin->valid_from, from),
               day(pin->has_validity, pin->valid_to, to), day(seen, pin->first, first),
               day(seen, pin->last, last), sources);
}

static void tell_counts(const struct cmd_call *call, const struct ledger *ledger)
{
    struct jout *counts = jout_object(call->result, "counts");
    char option[1100];

    for (int i = 0; i < LEDGER_STATES; i++) {
        size_t count = ledger_count(ledger, (enum ledger_state)i);

        jout_number(counts, ledger_state_name((enum ledger_state)i), count);
        cmd_say(call, "%s%zu %s", i == 0 ? "" : ", ", count,
                ledger_state_name((enum ledger_state)i));
    }
    cmd_say(call, "\n");
    if (ledger_count(ledger, LEDGER_SEEN) > 0) {
        cmd_say(call, "Next: bundler%s approve PIN...\n",
                commands_option(call, option, sizeof option));
    }
}

static void show(const struct cmd_call *call, const struct ledger *ledger)
{
    struct jout *pins = jout_array(call->result, "pins");
    char option[1100];

    if (ledger->count == 0) {
        cmd_say(call, "The ledger is empty; 'bundler%s fetch' fills it.\n",
                commands_option(call, option, sizeof option));
    } else {
        cmd_say(call, "%-16s  %-8s  %-8s  %-10s  %-10s  %-10s  %-10s  %s\n", "PIN", "STATE", "TYPE",
                "VALID FROM", "VALID TO", "FIRST SEEN", "LAST SEEN", "SOURCES");
    }
    for (size_t i = 0; i < ledger->count; i++) {
        ledger_json_pin(ledger->pins[i], jout_item(pins));
        print_row(call, ledger->pins[i]);
    }
    tell_counts(call, ledger);
}

static bool run_pins(struct cmd_call *call, struct err *err)
{
    struct workspace *ws = commands_workspace(call, false, err);
    struct ledger *ledger = ws == NULL ? NULL : ledger_load(ws, err);
    bool ok = ledger != NULL;

    if (ok) {
        show(call, ledger);
    }
    ledger_free(ledger);
    workspace_close(ws);
    return ok;
}

/* --- decisions --- */

/* One command that decides: the ledger under the lock, and what was chosen of it. */
struct session {
    struct cmd_call *call;
    struct workspace *ws;
    struct ledger *ledger;
    struct approval chosen;
    int64_t now;
};

static bool session_open(struct session *s, struct cmd_call *call, struct err *err)
{
    *s = (struct session){.call = call};
    approval_init(&s->chosen);
    if (!workspace_now(&s->now, err)) {
        return false;
    }
    s->ws = commands_workspace(call, true, err);
    s->ledger = s->ws == NULL ? NULL : ledger_load(s->ws, err);
    return s->ledger != NULL;
}

static void session_close(struct session *s)
{
    approval_release(&s->chosen);
    ledger_free(s->ledger);
    workspace_close(s->ws);
}

/* Everything that a person can compare. */
static void print_pin(const struct cmd_call *call, const struct ledger_pin *pin)
{
    char digits[FINGERPRINT_SIZE], type[PIN_TYPE_TEXT_SIZE];
    char first[WHEN_TEXT_SIZE], last[WHEN_TEXT_SIZE];

    text_hex_groups(digits, pin->pin.sha256, sizeof pin->pin.sha256);
    cmd_result(call, "%s\n", digits);
    if (pin->has_key) {
        cmd_say(call, "  %s", pin_type_text(&pin->pin, type));
        if (pin->has_validity) {
            cmd_say(call, ", valid %s to %s", day(true, pin->valid_from, first),
                    day(true, pin->valid_to, last));
        }
        cmd_say(call, "%s%s\n", pin->subject[0] == '\0' ? "" : ", ", pin->subject);
    }
    for (size_t i = 0; i < pin->sighting_count; i++) {
        const struct ledger_sighting *sighting = &pin->sightings[i];
        char hex[2 * sizeof sighting->sha256 + 1];

        text_hex(hex, sighting->sha256, sizeof sighting->sha256);
        when_format(first, sighting->first);
        when_format(last, sighting->last);
        cmd_say(call, "  %-13s %s to %s  " WORKSPACE_EVIDENCE "/%.16s...\n",
                manifest_evidence_name(sighting->kind), first, last, hex);
    }
}

/* Saves, then tells: what stands on the screen was done. */
static bool session_done(struct session *s, const char *member, const char *past, size_t unchanged,
                         struct err *err)
{
    struct jout *pins = jout_array(s->call->result, member);
    size_t changed = s->chosen.count - unchanged;

    if (!ledger_save(s->ledger, s->ws, err)) {
        return false;
    }
    for (size_t i = 0; i < s->chosen.count; i++) {
        ledger_json_pin(s->chosen.pins[i], jout_item(pins));
        print_pin(s->call, s->chosen.pins[i]);
    }
    jout_number(s->call->result, "changed", changed);
    cmd_result(s->call, "%zu %s %s", changed, changed == 1 ? "pin" : "pins", past);
    if (unchanged > 0) {
        cmd_result(s->call, ", %zu had been before", unchanged);
    }
    cmd_result(s->call, "\n");
    return true;
}

static size_t count_chosen(const struct session *s, enum ledger_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < s->chosen.count; i++) {
        count += s->chosen.pins[i]->state == state;
    }
    return count;
}

static bool choose(struct session *s, struct err *err)
{
    for (int i = 0; i < s->call->arg_count; i++) {
        if (!approval_add(&s->chosen, s->ledger, s->call->args[i], err)) {
            return false;
        }
    }
    return true;
}

static bool approve(struct session *s, struct err *err)
{
    const char *note = cmd_value(s->call, "note");
    size_t before;
    char option[1100];

    if (cmd_flag(s->call, "all") ? !approval_add_seen(&s->chosen, s->ledger, err)
                                 : !choose(s, err)) {
        return false;
    }
    before = count_chosen(s, LEDGER_APPROVED);
    for (size_t i = 0; i < s->chosen.count; i++) {
        if (!ledger_approve(s->chosen.pins[i], s->now, false, note, err)) {
            return false;
        }
    }
    if (!session_done(s, "approved", "approved", before, err)) {
        return false;
    }
    if (before < s->chosen.count) {
        cmd_say(s->call, "Next: bundler%s build\n",
                commands_option(s->call, option, sizeof option));
    }
    return true;
}

static bool run_approve(struct cmd_call *call, struct err *err)
{
    struct session s;
    bool ok;

    if (cmd_flag(call, "all") == (call->arg_count > 0)) {
        return err_set(err, ERR_USAGE,
                       "'approve' needs either --all or the pins to approve, as 'bundler pins' "
                       "shows them");
    }
    ok = session_open(&s, call, err) && approve(&s, err);
    session_close(&s);
    return ok;
}

static bool retire(struct session *s, struct err *err)
{
    size_t before;

    for (int i = 0; i < s->call->arg_count; i++) {
        if (!approval_add_any(&s->chosen, s->ledger, s->call->args[i], err)) {
            return false;
        }
    }
    before = count_chosen(s, LEDGER_RETIRED);
    for (size_t i = 0; i < s->chosen.count; i++) {
        if (!ledger_retire(s->ledger, s->chosen.pins[i], s->now, cmd_value(s->call, "reason"),
                           err)) {
            return false;
        }
    }
    if (!session_done(s, "retired", "retired", before, err)) {
        return false;
    }
    cmd_say(s->call, "Sites remove them with the next bundle.\n");
    return true;
}

static bool run_retire(struct cmd_call *call, struct err *err)
{
    struct session s;
    bool ok;

    if (cmd_value(call, "reason") == NULL) {
        return err_set(err, ERR_USAGE,
                       "'retire' needs --reason TEXT: it stands in every bundle from now on");
    }
    ok = session_open(&s, call, err) && retire(&s, err);
    session_close(&s);
    return ok;
}

static bool exclude(struct session *s, struct err *err)
{
    size_t before;

    if (!choose(s, err)) {
        return false;
    }
    before = count_chosen(s, LEDGER_EXCLUDED);
    for (size_t i = 0; i < s->chosen.count; i++) {
        if (!ledger_exclude(s->chosen.pins[i], err)) {
            return false;
        }
    }
    return session_done(s, "excluded", "excluded", before, err);
}

static bool run_exclude(struct cmd_call *call, struct err *err)
{
    struct session s;
    bool ok = session_open(&s, call, err) && exclude(&s, err);

    session_close(&s);
    return ok;
}

/* --- rows --- */

const struct cmd cmd_pins = {
    .name = "pins",
    .args = "",
    .summary = "List the pins of the ledger",
    .details =
        "One line for each pin that was ever seen or retired: the first digits of its SHA-256, "
        "which name it to 'approve', 'retire' and 'exclude'; its state; the validity that a "
        "certificate showed; when it was seen; and which kinds of source showed it, with a number "
        "where several did. --json has everything, the keys too.\n\n"
        "seen\n"
        "  A source showed it. It is in no bundle.\n"
        "approved\n"
        "  Somebody approved it. It is in every bundle from then on.\n"
        "retired\n"
        "  Sites are told to remove it. This is for good.\n"
        "excluded\n"
        "  It is in no bundle, and 'approve --all' passes over it.\n\n"
        "  bundler -C /srv/pinferry pins",
    .run = run_pins,
};

static const struct cmd_option approve_options[] = {
    {"all", 0, NULL, "every pin that is seen, but not yet decided about", false},
    {"note", 0, "TEXT", "why, for the ledger; it stands in no bundle", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_pins_approve = {
    .name = "approve",
    .args = "PIN... | --all",
    .min_args = 0,
    .max_args = -1,
    .summary = "Approve pins for the next bundle",
    .details =
        "PIN is the SHA-256 of a pin in hex, or its first eight or more digits; spaces, colons and "
        "case do not matter. Compare with what another channel says before you approve: an answer "
        "of the discovery service is evidence, not proof.\n\n"
        "The whole fingerprint and the evidence of each are shown. The evidence up to now is what "
        "the manifest names. Either all are approved or none.\n\n"
        "  bundler -C /srv/pinferry approve 6b43368b1c2d --note 'compared by telephone'\n\n"
        "A retired pin is refused (2).",
    .options = approve_options,
    .run = run_approve,
};

static const struct cmd_option retire_options[] = {
    {"reason", 0, "TEXT", "why; every bundle from now on says it", false},
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_pins_retire = {
    .name = "retire",
    .args = "PIN...",
    .min_args = 1,
    .max_args = -1,
    .summary = "Have the sites remove pins, for good",
    .details =
        "PIN is as with 'approve', or a whole key in hex, or a whole SHA-256 that the ledger does "
        "not know: a pin that a thief put into a site's file can be removed though no source ever "
        "showed it.\n\n"
        "Every later bundle names it, and sites remove it. A pin that a source no longer shows is "
        "never retired by itself, and a retired one never comes back.\n\n"
        "  bundler -C /srv/pinferry retire 6b43368b1c2d --reason 'replaced in 2026'",
    .options = retire_options,
    .run = run_retire,
};

const struct cmd cmd_pins_exclude = {
    .name = "exclude",
    .args = "PIN...",
    .min_args = 1,
    .max_args = -1,
    .summary = "Leave pins out of bundles",
    .details =
        "PIN is as with 'approve'. An excluded pin is in no later bundle, and 'approve --all' "
        "passes over it; named, it can still be approved. A site that has it already keeps it: to "
        "have it removed, use 'retire'.\n\n"
        "  bundler -C /srv/pinferry exclude 6b43368b1c2d\n\n"
        "A retired pin is refused (2).",
    .run = run_exclude,
};
