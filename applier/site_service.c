/* SPDX-License-Identifier: MIT */
/*
 * The services of site.xml.
 */
#include <stdlib.h>
#include <string.h>

#include "applier/site.h"
#include "base/markup.h"
#include "base/svc.h"
#include "base/text.h"
#include "keys/elem.h"

static const enum err_code form = ERR_CONFIG_FORM;

static bool is_there(const struct site *site, const char *name)
{
    for (size_t i = 0; i < site->service_count; i++) {
        if (strcmp(site->services[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool check(const struct site *site, const struct elem *el, const char *name, struct err *err)
{
    if (elem_count(el) != 0) {
        return err_set(err, form, "line %ld: <service> holds no elements", elem_line(el));
    }
    if (strlen(name) > SVC_NAME_MAX) {
        return err_set(err, form, "line %ld: <service>: a name has at most %d characters",
                       elem_line(el), SVC_NAME_MAX);
    }
    if (is_there(site, name)) {
        return err_set(err, form, "line %ld: the service '%s' is there already", elem_line(el),
                       name);
    }
    if (site->service_count == SITE_SERVICES) {
        return err_set(err, form, "line %ld: a site has at most %d services", elem_line(el),
                       SITE_SERVICES);
    }
    return svc_supported() ||
           err_set(err, form,
                   "line %ld: <service>: services are stopped and started on Windows only; take "
                   "the element out",
                   elem_line(el));
}

bool site_service_read(struct site *site, const struct elem *el, struct err *err)
{
    static const char *const names[] = {"name", "seconds", NULL};
    struct site_service *to = &site->services[site->service_count];
    uint64_t seconds = SITE_SERVICE_SECONDS;
    const char *name;

    if (!elem_only(el, names, form, err) || !elem_free_text(el, "name", &name, form, err) ||
        !check(site, el, name, err)) {
        return false;
    }
    if (elem_attr(el, "seconds") != NULL &&
        !elem_number(el, "seconds", 1, SITE_SERVICE_SECONDS_MAX, &seconds, form, err)) {
        return false;
    }
    to->name = strdup(name);
    if (to->name == NULL) {
        return err_memory(err);
    }
    to->seconds = (unsigned)seconds;
    site->service_count++;
    return true;
}

void site_service_write(const struct site *site, struct markup *m)
{
    for (size_t i = 0; i < site->service_count; i++) {
        markup_open(m, "service");
        markup_text(m, "name", site->services[i].name);
        markup_number(m, "seconds", site->services[i].seconds);
        markup_close(m);
    }
}

void site_service_free(struct site *site)
{
    for (size_t i = 0; i < site->service_count; i++) {
        free(site->services[i].name);
    }
    site->service_count = 0;
}
