/* SPDX-License-Identifier: MIT */
/*
 * No services: systems that have them differ too much in how, and a check command can do more.
 */
#include "base/svc.h"

static bool refuse(const char *service, struct err *err)
{
    return err_set(err, ERR_CONFIG_SERVICE,
                   "service '%s': services are stopped and started on Windows only", service);
}

bool svc_supported(void)
{
    return false;
}

char *svc_find(const char *name, struct err *err)
{
    refuse(name, err);
    return NULL;
}

bool svc_is_running(const char *service, bool *running, struct err *err)
{
    (void)running;
    return refuse(service, err);
}

bool svc_dependents(const char *service, struct fsio_names *out, struct err *err)
{
    (void)out;
    return refuse(service, err);
}

bool svc_stop(const char *service, unsigned seconds, struct err *err)
{
    (void)seconds;
    return refuse(service, err);
}

bool svc_start(const char *service, unsigned seconds, struct err *err)
{
    (void)seconds;
    return refuse(service, err);
}
