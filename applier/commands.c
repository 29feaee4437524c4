/* SPDX-License-Identifier: MIT */
/* What the applier's commands share. */
#include "applier/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applier/carry.h"
#include "applier/confine.h"
#include "applier/open.h"
#include "applier/plan_json.h"
#include "applier/plan_text.h"
#include "applier/plan_words.h"
#include "applier/record.h"
#include "applier/services.h"
#include "base/fsio.h"
#include "base/progress.h"
#include "base/text.h"
#include "bundles/candidate.h"

const char *commands_state_dir(const struct cmd_call *call)
{
    const char *dir = cmd_value(call, "state");

    return dir == NULL ? fsio_site_home() : dir;
}

const char *commands_state_option(const struct cmd_call *call, char *out, size_t size)
{
    const char *dir = cmd_value(call, "state");
    char word[1024];

    out[0] = '\0';
    if (dir != NULL) {
        snprintf(out, size, " --state %s", text_word(word, sizeof word, dir, "DIR"));
    }
    return out;
}

const char *commands_bundle(const struct cmd_call *call, char out[static COMMANDS_WORD_SIZE])
{
    return text_shown(out, COMMANDS_WORD_SIZE, call->args[0], strlen(call->args[0]));
}

const char *commands_bundle_word(const struct cmd_call *call, char out[static COMMANDS_WORD_SIZE])
{
    return text_word(out, COMMANDS_WORD_SIZE, call->args[0], "BUNDLE");
}

bool commands_check_finished(const struct cmd_call *call, const struct state *state,
                             struct err *err)
{
    bool unfinished = false;
    char option[1100];

    return state_unfinished(state, &unfinished, err) &&
           (!unfinished ||
            err_set(err, ERR_UNFINISHED,
                    "an earlier run was cut off, and what its targets hold is not settled; end it "
                    "first: applier recover%s",
                    commands_state_option(call, option, sizeof option)));
}

bool commands_ground_open(const struct cmd_call *call, struct commands_ground *ground,
                          struct err *err)
{
    const char *trust = cmd_value(call, "trust"), *fingerprint = cmd_value(call, "fingerprint");

    *ground = (struct commands_ground){0};
    if ((trust == NULL) != (fingerprint == NULL)) {
        return err_set(err, ERR_USAGE,
                       "--trust and --fingerprint belong together: a trust set is worth what its "
                       "fingerprint was compared with");
    }
    if (trust != NULL) {
        ground->trust = open_trust(trust, fingerprint, err);
        return ground->trust != NULL;
    }
    ground->state = state_open(commands_state_dir(call), false, err);
    return ground->state != NULL && commands_check_finished(call, ground->state, err);
}

void commands_ground_release(struct commands_ground *ground)
{
    state_close(ground->state);
    trust_free(ground->trust);
    *ground = (struct commands_ground){0};
}

/* Which file it is, if a folder was named. */
static char *find(const struct cmd_call *call, const char *bundle, struct err *err)
{
    char *path = candidate_find(bundle, err);
    char shown[COMMANDS_WORD_SIZE];

    if (path != NULL) {
        jout_text(call->result, "bundle_file", path);
        if (strcmp(path, bundle) != 0) {
            cmd_say(call, "found   %s\n", text_shown(shown, sizeof shown, path, strlen(path)));
        }
    }
    return path;
}

struct bundle *commands_open(struct cmd_call *call, const struct commands_ground *ground,
                             const char *bundle, const struct bundle_taker *taker, struct err *err)
{
    struct trust *advanced = NULL;
    struct progress progress;
    struct bundle *opened;
    char *path = find(call, bundle, err);

    if (path == NULL) {
        return NULL;
    }
    progress_begin(&progress, "verifying", 0, !call->quiet && !call->json);
    opened = ground->state != NULL
                 ? open_bundle(ground->state, path, taker, &progress, &advanced, err)
                 : open_under(ground->trust, path, taker, &progress, err);
    progress_end(&progress);
    if (advanced != NULL) {
        jout_number(call->result, "carries_trust", advanced->version);
        cmd_say(call,
                "carries trust set %llu, which follows the one here (%llu); 'apply' keeps it\n",
                (unsigned long long)advanced->version,
                (unsigned long long)ground->state->trust->version);
    }
    trust_free(advanced);
    free(path);
    if (opened != NULL && ground->state != NULL && !open_check_waiting(ground->state, err)) {
        bundle_free(opened);
        opened = NULL;
    }
    return opened;
}

bool commands_confine_writing(const struct cmd_call *call, const struct state *state,
                              const char *outside, bool undo, uint64_t number, struct site **site,
                              struct err *missing, struct err *err)
{
    struct confine c;

    *site = site_load(state->dir, missing);
    if (*site != NULL && !undo && !site_stand_by(*site, err)) { /* no check follows an undo */
        site_free(*site);
        *site = NULL;
        return false;
    }
    confine_init(&c, commands_state_dir(call), true);
    confine_allow(&c, outside, SANDBOX_READ);
    confine_site(&c, *site, SANDBOX_WRITE);
    confine_runs(&c, state, undo, number);
    if (!confine_enter(&c, call, err)) {
        site_free(*site);
        *site = NULL;
        return false;
    }
    return true;
}

bool commands_tidy(struct cmd_call *call, struct state *state, const struct site *site,
                   const char *operator, struct err * err)
{
    bool made = false;

    if (!carry_sweep(state, site, err) || !record_enrolment(state, operator, true, &made, err)) {
        return false;
    }
    if (made) {
        cmd_warn(call, "the receipt of the enrolment was missing and has been made up");
    }
    return true;
}

bool commands_start_services(struct cmd_call *call, const struct state *state, bool done,
                             struct err *err)
{
    struct err failed = {0};

    /* What the run itself tried just now is not tried again. */
    if (state == NULL || (!done && err->code == ERR_SERVICE_START) ||
        services_check(state, &failed)) {
        return done;
    }
    if (failed.code == ERR_SERVICE_START) {
        failed = (struct err){0};
        if (services_start(state, &failed)) {
            cmd_warn(call, "services that an earlier run had stopped were started again");
            return done;
        }
    }
    if (!done) {
        err_context(err, "(%s)", failed.text);
        return false;
    }
    if (failed.code != ERR_SERVICE_START) {
        /* what was asked for is done, and whoever comes next looks again */
        cmd_warn(call, "whether a run has left a service stopped could not be seen: %s",
                 failed.text);
        return true;
    }
    *err = failed;
    return false;
}

bool commands_section(const struct cmd_call *call, struct site *site, struct err *err)
{
    const char *section = cmd_value(call, "section");

    site->create_section = cmd_flag(call, "create-section");
    for (size_t i = 0; section != NULL && i < site->count; i++) {
        char *copy = strdup(section);

        if (copy == NULL) {
            return err_memory(err);
        }
        free(site->targets[i].section);
        site->targets[i].section = copy;
    }
    return true;
}

bool commands_check_note(const char *note, struct err *err)
{
    return note == NULL || text_is_free(note, strlen(note)) ||
           err_set(err, ERR_USAGE,
                   "--note takes 1 to %d bytes of text without line ends, double spaces or spaces "
                   "at its ends",
                   TEXT_FREE_MAX);
}

bool commands_outside(const struct cmd_call *call, const char **reason, struct err *err)
{
    const char *text = cmd_value(call, "reason");
    bool outside = cmd_flag(call, "outside-window");

    if (outside != (text != NULL)) {
        return err_set(err, ERR_USAGE, "--outside-window and --reason TEXT go together");
    }
    if (outside && !text_is_free(text, strlen(text))) {
        return err_set(err, ERR_USAGE,
                       "--reason takes 1 to %d bytes of text without line ends, double spaces or "
                       "spaces at its ends",
                       TEXT_FREE_MAX);
    }
    *reason = text;
    return true;
}

void commands_tell_windows(struct cmd_call *call, const struct windows *windows, int64_t now)
{
    struct window_look look = window_look(windows, now);
    char words[WINDOW_WORDS_SIZE];
    struct jout *to;

    if (windows->count == 0) {
        jout_text(call->result, "window", NULL);
        return;
    }
    to = jout_object(call->result, "window");
    jout_bool(to, "open", look.open);
    if (look.open && look.closes != INT64_MAX) {
        jout_time(to, "closes", look.closes);
    } else if (!look.open && look.has_next) {
        jout_time(to, "opens", look.opens);
    }
    cmd_result(call, "window     %s\n", window_words(windows, &look, words));
}

static void warn(void *ctx, const char *text)
{
    cmd_warn(ctx, "%s", text);
}

bool commands_show_plan(struct cmd_call *call, const struct plan *plan, const struct bundle *bundle,
                        struct err *err)
{
    struct buf text;
    bool done;

    buf_init(&text, PLAN_TEXT_MAX);
    /* one of them: each scans every target anew for its lines */
    done = call->json ? plan_json(plan, bundle, call->result, err)
                      : plan_text(plan, bundle, call->color, &text, err);
    if (done) {
        cmd_say(call, "%s", buf_text(&text));
        done = plan_words_warnings(plan, bundle, warn, call, err);
    }
    buf_release(&text);
    return done;
}

void commands_trust_json(const struct trust *trust, struct jout *to)
{
    jout_number(to, "version", trust->version);
    jout_hex(to, "fingerprint", trust->fingerprint, sizeof trust->fingerprint);
    jout_hex(to, "domain", trust->domain, sizeof trust->domain);
    jout_text(to, "channel", trust->channel);
    jout_number(to, "epoch", trust->epoch);
    jout_time(to, "expires", trust->expires);
    jout_bool(to, "single_key", trust->single_key);
}
