/* SPDX-License-Identifier: MIT */
/*
 * The services of the system, which a site may want stopped while its files are exchanged. Windows
 * has them (its Service Control Manager); elsewhere every call but the first is refused.
 *
 * A service has a short name, which is asked for here, and a name that is shown to people; both are
 * UTF-8. The texts of errors show the latter.
 */
#ifndef BASE_SVC_H
#define BASE_SVC_H

#include <stdbool.h>

#include "base/err.h"
#include "base/fsio.h"

#define SVC_NAME_MAX 256 /* characters of either name; Windows' own limit */

bool svc_supported(void);

/*
 * The short name of the service with this short or shown name; malloc'd, owned by the caller.
 * ERR_CONFIG_SERVICE: there is none, or this account may not stop and start it.
 */
char *svc_find(const char *name, struct err *err) MUST_USE;

/* Whether it runs, is about to run, or pauses. One that is stopping or stopped does not. */
bool svc_is_running(const char *service, bool *running, struct err *err) MUST_USE;

/* The short names of those that need it and run, in the order in which they must be stopped.
 * Released by fsio_names_release. */
bool svc_dependents(const char *service, struct fsio_names *out, struct err *err) MUST_USE;

/* Stops it, and returns when it is stopped; at once if it is. ERR_SERVICE_STOP: not within
 * `seconds` (at least 1), or it refuses. */
bool svc_stop(const char *service, unsigned seconds, struct err *err) MUST_USE;

/* Starts it, and returns when it runs; at once if it does. ERR_SERVICE_START: not within `seconds`,
 * or it ends at once or cannot be started. */
bool svc_start(const char *service, unsigned seconds, struct err *err) MUST_USE;

#endif
