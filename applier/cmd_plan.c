/* SPDX-License-Identifier: MIT */
/* applier plan: what an apply would do, shown and proved; writes nothing but the file of -o. */
#include <stdlib.h>
#include <string.h>

#include "applier/commands.h"
#include "applier/confine.h"
#include "applier/open.h"
#include "applier/plan.h"
#include "applier/plan_page.h"
#include "applier/plan_words.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/outfile.h"
#include "base/svc.h"
#include "base/text.h"
#include "base/when.h"

#define PAGE_MODE 0644

/* What one call works on. */
struct work {
    struct commands_ground ground; /* its state; never a trust set */
    struct site *site;
    struct bundle *bundle;
    struct plan *plan;
};

static void release(struct work *w)
{
    plan_free(w->plan);
    bundle_free(w->bundle);
    site_free(w->site);
    commands_ground_release(&w->ground);
}

/* The site as configured, but with COPY as its only target. */
static struct site *rehearsal(const struct site *site, const char *copy, struct err *err)
{
    struct site *only = site_new(err);
    char *path = only == NULL ? NULL : fsio_real_path(copy, err);
    bool ok = path != NULL &&
              site_add(only, path, site->targets[0].section, site->targets[0].staging, err);

    if (ok) {
        only->minimum = site->minimum;
        only->refuse_unlisted = site->refuse_unlisted;
        only->max_bytes = site->max_bytes;
        only->max_from_iis = site->max_from_iis;
    }
    free(path);
    if (!ok) {
        site_free(only);
        return NULL;
    }
    return only;
}

static bool load_site(const struct cmd_call *call, struct work *w, struct err *err)
{
    const char *copy = cmd_value(call, "on");

    w->site = site_load(w->ground.state->dir, err);
    if (w->site != NULL && copy != NULL) {
        struct site *only = rehearsal(w->site, copy, err);

        site_free(w->site);
        w->site = only;
    }
    return w->site != NULL && commands_section(call, w->site, err);
}

static bool confine(const struct cmd_call *call, const struct work *w, struct err *err)
{
    struct confine c;

    confine_init(&c, commands_state_dir(call), false);
    confine_allow(&c, call->args[0], SANDBOX_READ);
    confine_site(&c, w->site, SANDBOX_READ);
    confine_allow_parent(&c, cmd_value(call, "output"), SANDBOX_WRITE);
    return confine_enter(&c, call, err);
}

/* No digest for a copy: `apply` could not be held to it. */
static bool make_plan(const struct cmd_call *call, struct work *w, struct err *err)
{
    bool with_secret = cmd_value(call, "on") == NULL;
    struct buf secret;

    buf_init_secret(&secret, 32);
    if (!with_secret || state_secret(w->ground.state, &secret, err)) {
        w->plan = plan_bundle(w->bundle, w->site, with_secret ? &secret : NULL, err);
    }
    buf_release(&secret);
    return w->plan != NULL;
}

static bool write_page(const struct cmd_call *call, const struct work *w, struct err *err)
{
    const char *path = cmd_value(call, "output");
    struct plan_page_facts facts = {.site = cmd_value(call, "on") == NULL ? w->ground.state->site
                                                                          : NULL,
                                    .bundle = call->args[0],
                                    .state = cmd_value(call, "state"),
                                    .made = when_now(),
                                    .has_check = w->site->check[0] != NULL,
                                    .check_seconds = w->site->check_seconds,
                                    .services = w->site->services,
                                    .service_count = w->site->service_count};
    struct window_look look = window_look(&w->site->windows, facts.made);
    char words[WINDOW_WORDS_SIZE];
    struct buf page;
    bool ok;

    if (path == NULL) {
        return true;
    }
    if (w->site->windows.count > 0) {
        facts.window = window_words(&w->site->windows, &look, words);
    }
    buf_init(&page, PLAN_PAGE_MAX);
    ok = plan_page(w->plan, w->bundle, &facts, &page, err) &&
         fsio_write_new(path, page.data, page.len, PAGE_MODE, err);
    buf_release(&page);
    return ok;
}

static void tell_page(const struct cmd_call *call)
{
    const char *path = cmd_value(call, "output");

    if (path != NULL) {
        jout_text(call->result, "page", path);
        cmd_say(call, "written %s\n", path);
    }
}

/* What IIS reads, where that is not the usual. */
static void tell_limit(struct cmd_call *call, const struct site *site)
{
    jout_number(call->result, "max_bytes", site->max_bytes);
    if (site->max_bytes != LIMIT_IIS_BYTES) {
        cmd_say(call, "limit   a file may have %zu KiB, as %s says; IIS's own limit is %zu\n",
                site->max_bytes / 1024,
                site->max_from_iis ? "IIS's MaxWebConfigFileSizeInKB on this server"
                                   : "max-kib in " SITE_FILE,
                LIMIT_IIS_BYTES / 1024);
    }
}

/* What happens on the server beside the exchange of files. */
static void tell_services(struct cmd_call *call, const struct work *w)
{
    struct jout *names = jout_array(call->result, "services");
    char shown[4 * SVC_NAME_MAX + 1];

    for (size_t i = 0; i < w->site->service_count; i++) {
        const char *name = w->site->services[i].name;

        jout_text(jout_item(names), "name", name);
        if (w->plan->changes) {
            cmd_say(call, "service '%s' is stopped meanwhile, if it runs\n",
                    text_shown(shown, sizeof shown, name, strlen(name)));
        }
    }
}

static void tell_window(struct cmd_call *call, const struct work *w)
{
    int64_t now = when_now(), expires = bundle_manifest(w->bundle)->expires;
    struct window_look look = window_look(&w->site->windows, now);
    char text[PLAN_WORDS_TIME_SIZE];

    commands_tell_windows(call, &w->site->windows, now);
    if (!look.open && (!look.has_next || look.opens >= expires)) {
        cmd_warn(call, "the bundle expires on %s, before a patch window opens",
                 plan_words_time(expires, text));
    }
}

static void tell_next(struct cmd_call *call, const struct work *w)
{
    char option[1100], name[COMMANDS_WORD_SIZE], hex[2 * sizeof w->plan->digest + 1];
    size_t changed = 0;

    for (size_t i = 0; i < w->plan->count; i++) {
        changed += w->plan->targets[i].changes;
    }
    cmd_say(call, "\n");
    tell_limit(call, w->site);
    tell_services(call, w);
    tell_window(call, w);
    cmd_result(call, "%zu of %zu target%s would change; nothing was written\n", changed,
               w->plan->count, plan_words_s(w->plan->count));
    if (cmd_value(call, "on") != NULL) {
        return;
    }
    text_hex(hex, w->plan->digest, sizeof w->plan->digest);
    commands_state_option(call, option, sizeof option);
    if (w->plan->changes) {
        cmd_say(call, "Next, to do exactly this:\n  applier apply %s --plan-digest %s%s%s\n",
                commands_bundle_word(call, name), hex,
                cmd_flag(call, "create-section") ? " --create-section" : "", option);
    } else {
        cmd_say(call,
                "The targets need nothing. 'applier apply' would only note that the bundle was "
                "accepted:\n  applier apply %s%s\n",
                commands_bundle_word(call, name), option);
    }
}

static bool tell(struct cmd_call *call, const struct work *w, struct err *err)
{
    struct err hold = {0};

    jout_text(call->result, "site", w->ground.state->site);
    jout_bool(call->result, "rehearsal", cmd_value(call, "on") != NULL);
    jout_bool(call->result, "held", !open_check_hold(w->ground.state, w->bundle, &hold));
    if (hold.code != ERR_NONE) {
        cmd_warn(call, "%s", hold.text);
    }
    return commands_show_plan(call, w->plan, w->bundle, err);
}

static bool run(struct cmd_call *call, struct err *err)
{
    const char *output = cmd_value(call, "output");
    struct work w = {0};
    bool ok;

    w.ground.state = state_open(commands_state_dir(call), false, err);
    ok = w.ground.state != NULL && commands_check_finished(call, w.ground.state, err) &&
         load_site(call, &w, err) && (output == NULL || outfile_check(output, err)) &&
         confine(call, &w, err);
    if (ok) {
        w.bundle = commands_open(call, &w.ground, call->args[0], NULL, err);
        /* the page first: a plan is not shown that then fails for want of a place for it */
        ok = w.bundle != NULL && make_plan(call, &w, err) && write_page(call, &w, err) &&
             tell(call, &w, err);
    }
    if (ok) {
        tell_page(call);
        tell_next(call, &w);
        call->exit_code = cmd_flag(call, "exit-code") && w.plan->changes ? 3 : 0;
    }
    release(&w);
    return ok;
}

static const struct cmd_option options[] = {
    {"exit-code", 0, NULL, "exit with 3 when a target would change", false},
    {"on", 0, "COPY", "rehearse on this copy of a web.config instead of the targets", false},
    {"output", 'o', "FILE.html", "also write a page for those who decide; must not exist", false},
    {"section", 0, "PATH", "use this pinnedCertificates section instead of the configured one",
     false},
    COMMANDS_CREATE_SECTION,
    {NULL, 0, NULL, NULL, false},
};

const struct cmd cmd_plan = {
    .name = "plan",
    .args = "BUNDLE",
    .min_args = 1,
    .max_args = 1,
    .summary = "Show what applying a bundle would change",
    .details =
        "Verifies the bundle, computes the new bytes of every target, proves that nothing but pins "
        "differs, and shows the lines that come and go. Nothing is written, no lock is taken.\n\n"
        "The plan digest stands for exactly these old and new bytes; 'apply --plan-digest' refuses "
        "to do anything else.\n\n"
        "  applier plan /media/usb/cns-pins-000042.tar -o change-4711.html\n\n"
        "  applier plan /media/usb --on copy-of-web.config",
    .options = options,
    .run = run,
};
