/* SPDX-License-Identifier: MIT */
/*
 * STATE/site.xml: what the site decides, written by `applier init` and edited by its administrators
 * (docs/site.md).
 */
#ifndef APPLIER_SITE_H
#define APPLIER_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applier/window.h"
#include "base/err.h"
#include "base/proc.h"
#include "base/text.h"

#define SITE_NS "urn:pinferry:site:1"
#define SITE_FILE "site.xml"
#define SITE_CHECK_ARGS 16
#define SITE_CHECK_SECONDS 60
#define SITE_SERVICES 16
#define SITE_SERVICE_SECONDS 60
#define SITE_SERVICE_SECONDS_MAX 3600

struct site_target {
    char *path;    /* absolute */
    char *section; /* selector of webconfig.h; NULL for the only section */
    char *staging; /* folder for staged files: protected, on the target's volume, outside every
                      site root */
};

/* A service that is stopped while files are exchanged (services.h). */
struct site_service {
    char *name; /* short, or as it is shown */
    unsigned seconds;
};

struct site {
    struct site_target *targets;
    size_t count;
    uint64_t minimum;     /* pins that a target must hold, up to LIMIT_PINS; 0: not set */
    bool refuse_unlisted; /* pins that the bundle does not name refuse it, instead of being kept */
    bool create_section;  /* a command asked for it; site.xml cannot */
    size_t max_bytes;     /* of a target: IIS's limit, 256,000 unless set here or by IIS */
    bool max_from_iis;    /* it was not set here, but by IIS on this machine (base/iis.h) */
    char *check[SITE_CHECK_ARGS + 2]; /* the check command and its arguments, NULL at the end;
                                         check[0] NULL: none */
    unsigned check_seconds;
    struct site_service services[SITE_SERVICES];
    size_t service_count;
    struct windows windows;
    struct proc_standby *standby; /* for the check; NULL: it is started when it is needed */
};

/* An empty one for `init`, with the defaults; the caller frees. NULL without memory. */
struct site *site_new(struct err *err) MUST_USE;
void site_free(struct site *site); /* NULL is legal */

/* Adds a target; copies. ERR_USAGE when the path is there already or not absolute, `section` is no
 * selector, one of the three is not UTF-8 or has a control character, or there are LIMIT_TARGETS.
 * `section` may be NULL. */
bool site_add(struct site *site, const char *path, const char *section, const char *staging,
              struct err *err) MUST_USE;

/* Reads STATE/site.xml. ERR_CONFIG_FORM with line and what to write instead; also when it is
 * absent, or names services on a system that has none. NULL on failure; the caller frees. */
struct site *site_load(const char *state_dir, struct err *err) MUST_USE;

/* For site.c: reads a <service> into the site, writes all of them, frees their texts. */
struct elem;
struct markup;
bool site_service_read(struct site *site, const struct elem *el, struct err *err) MUST_USE;
void site_service_write(const struct site *site, struct markup *m);
void site_service_free(struct site *site);

/* Has a process stand by to run the check command, if there is one: for the time after
 * confine_enter. It ends with the site. */
bool site_stand_by(struct site *site, struct err *err) MUST_USE;

/* Seconds that a run may take here: the time limits of the check and the services, and a minute. */
int64_t site_run_seconds(const struct site *site);

/* Runs the check command, which must be there, as proc_run does. */
bool site_check(const struct site *site, int *status, struct err *err) MUST_USE;

/* Writes it to a new file. */
bool site_write(const struct site *site, const char *state_dir, struct err *err) MUST_USE;

/*
 * Where files for `target` are staged: STATE/staging on the same volume, else a folder
 * .pinferry-staging in the volume's topmost folder, made with mode 0700 and checked to be
 * protected. ERR_STATE_ACCESS when others may enter or write it; ERR_TARGET_VOLUME when it lies
 * inside the folder of the target. New string, owned by the caller.
 */
char *site_staging(const char *state_dir, const char *target, struct err *err) MUST_USE;

/*
 * ERR_STATE_ACCESS unless only this account can enter and write the folder: whoever could exchange
 * a staged file would write the target. Asked again by each run, since site.xml may name any.
 */
bool site_check_staging(const char *dir, struct err *err) MUST_USE;

#endif
