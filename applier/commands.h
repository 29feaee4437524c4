/* SPDX-License-Identifier: MIT */
/*
 * The rows of the command table, and what the commands share.
 */
#ifndef APPLIER_COMMANDS_H
#define APPLIER_COMMANDS_H

#include <stdbool.h>

#include "applier/plan.h"
#include "applier/site.h"
#include "applier/state.h"
#include "base/cmd.h"
#include "base/err.h"
#include "base/jout.h"
#include "bundles/bundle.h"
#include "keys/trust.h"

/* An option of plan and apply. */
#define COMMANDS_CREATE_SECTION                                                                    \
    {                                                                                              \
        "create-section", 0, NULL,                                                                 \
            "where a file has no pinnedCertificates but declares it, create it", false             \
    }

/* Options of apply and recover. */
#define COMMANDS_OUTSIDE_WINDOW                                                                    \
    {"outside-window", 0, NULL, "change files though no patch window is open", false},             \
    {                                                                                              \
        "reason", 0, "TEXT", "why, with --outside-window: for log and receipt", false              \
    }

/* For --help; the folder itself is fsio_site_home(). The build for Windows names its own. */
#ifndef COMMANDS_STATE_DIR
#define COMMANDS_STATE_DIR "/var/lib/pinferry"
#endif

extern const struct cmd cmd_init;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_plan;
extern const struct cmd cmd_apply;
extern const struct cmd cmd_inbox;
extern const struct cmd cmd_rollback;
extern const struct cmd cmd_recover;
extern const struct cmd cmd_status;
extern const struct cmd cmd_pins;
extern const struct cmd cmd_pins_match;
extern const struct cmd cmd_extract;

/* The folder of --state, or the default. */
const char *commands_state_dir(const struct cmd_call *call);

/* " --state 'DIR'" for commands to type, "" with the default; into `out` (1,100 bytes), which is
 * returned. */
const char *commands_state_option(const struct cmd_call *call, char *out, size_t size);

#define COMMANDS_WORD_SIZE 1100

/* BUNDLE's name for a sentence; into `out`, which is returned. */
const char *commands_bundle(const struct cmd_call *call, char out[static COMMANDS_WORD_SIZE]);

/* The same as a word of a command to type, in quotes; BUNDLE when it has a quote itself or
 * characters that are not shown: names on a stick are for others to choose. */
const char *commands_bundle_word(const struct cmd_call *call, char out[static COMMANDS_WORD_SIZE]);

/* ERR_UNFINISHED while a journal lies in the state: check 2 of docs/format.md 6. */
bool commands_check_finished(const struct cmd_call *call, const struct state *state,
                             struct err *err) MUST_USE;

/*
 * What a bundle is compared with: the state, or with --trust FILE --fingerprint HEX only a set that
 * the caller vouches for. Exactly one of the two is set.
 */
struct commands_ground {
    struct state *state;
    struct trust *trust;
};
bool commands_ground_open(const struct cmd_call *call, struct commands_ground *ground,
                          struct err *err) MUST_USE;
void commands_ground_release(struct commands_ground *ground);

/*
 * Opens BUNDLE, or the one in the folder of that name, without writing anything: a newer trust set
 * in it is told, not kept. `ground` has a state or a trust set. The caller frees.
 */
struct bundle *commands_open(struct cmd_call *call, const struct commands_ground *ground,
                             const char *bundle, const struct bundle_taker *taker,
                             struct err *err) MUST_USE;

/*
 * Enters the sandbox of a command that writes to the site's targets; it may roll run `number` (0:
 * the newest) back if `undo`. `outside`: the bundle or statement that will be read; NULL: none. The
 * site is as site_load gives it, its check standing by; NULL with the reason in *missing when it
 * cannot be loaded: what was cut off is ended all the same. ERR_MEMORY, ERR_IO.
 */
bool commands_confine_writing(const struct cmd_call *call, const struct state *state,
                              const char *outside, bool undo, uint64_t number, struct site **site,
                              struct err *missing, struct err *err) MUST_USE;

/*
 * Once nothing is cut off any more, and before anything is begun: sweeps the staging folders of the
 * site (NULL: it cannot be read), and makes up the receipt of the enrolment, with a warning, if it
 * could not be written then.
 */
bool commands_tidy(struct cmd_call *call, struct state *state, const struct site *site,
                   const char *operator, struct err * err) MUST_USE;

/*
 * Before a command that writes ends, well or not: starts the services that a run had stopped, this
 * one or one that was killed, and says so. `state` NULL: there is none. Returns `done`, or false
 * with ERR_SERVICE_START; an error that is there already stays the first. That the note cannot be
 * read is a warning.
 */
bool commands_start_services(struct cmd_call *call, const struct state *state, bool done,
                             struct err *err) MUST_USE;

/* Has every target of the site use the section of --section, if it was given, and be given one if
 * --create-section was. ERR_MEMORY. */
bool commands_section(const struct cmd_call *call, struct site *site, struct err *err) MUST_USE;

/* *reason is what --reason says with --outside-window, else NULL. ERR_USAGE when one of the two is
 * given without the other, or it is no free text of format 1. */
bool commands_outside(const struct cmd_call *call, const char **reason, struct err *err) MUST_USE;

/* Tells how the site's patch windows stand, if it has any. */
void commands_tell_windows(struct cmd_call *call, const struct windows *windows, int64_t now);

/* ERR_USAGE unless `note` (NULL is fine) is a free text of format 1. */
bool commands_check_note(const char *note, struct err *err) MUST_USE;

/* Shows a plan as text and in the JSON result, with its warnings. `bundle` NULL: an undo. */
bool commands_show_plan(struct cmd_call *call, const struct plan *plan, const struct bundle *bundle,
                        struct err *err) MUST_USE;

/*
 * Looks for files to enrol (find.h), shows them numbered, and has a person say on the terminal
 * which are meant. ERR_USAGE: none was found, none was chosen, or there is no terminal, then with
 * the command to type. Released by fsio_names_release.
 */
bool commands_find(struct cmd_call *call, struct fsio_names *configs, struct err *err) MUST_USE;

/* Members version, fingerprint, domain, channel, epoch, expires, single_key. */
void commands_trust_json(const struct trust *trust, struct jout *to);

#endif
