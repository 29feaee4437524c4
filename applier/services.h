/* SPDX-License-Identifier: MIT */
/*
 * The services that a site has stopped while its files are exchanged (site.h): what runs is noted
 * in the state before it is stopped, and started again whatever becomes of the run, by a later
 * command if this process does not live to do it.
 */
#ifndef APPLIER_SERVICES_H
#define APPLIER_SERVICES_H

#include <stdbool.h>

#include "applier/site.h"
#include "applier/state.h"
#include "base/err.h"

#define SERVICES_NS "urn:pinferry:services:1"
#define SERVICES_FILE "services.xml" /* in the state: what is to be started, in stopping order */

/*
 * Stops the services of `site` (NULL: none) that run, those first that need them. One that does not
 * run is left alone, now and later. On failure nothing is stopped any more but what cannot be
 * started, which the text says. ERR_CONFIG_SERVICE: one is unknown or not ours to stop;
 * ERR_SERVICE_STOP: one does not stop in its time; ERR_IO*, ERR_STATE_DAMAGED.
 */
bool services_stop(const struct state *state, const struct site *site, struct err *err) MUST_USE;

/*
 * Starts what is noted as stopped, the last one first; each in its time, and none waits for another
 * to be mended. ERR_SERVICE_START: some do not run; they stay noted. ERR_IO*, ERR_STATE_DAMAGED.
 */
bool services_start(const struct state *state, struct err *err) MUST_USE;

/* ERR_SERVICE_START, with their names, while any is noted as stopped. Writes nothing. */
bool services_check(const struct state *state, struct err *err) MUST_USE;

#endif
