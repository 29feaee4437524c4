/* SPDX-License-Identifier: MIT */
/*
 * No IIS.
 */
#include "base/iis.h"

#include <stddef.h>

bool iis_limit_kib(uint64_t *kib)
{
    (void)kib;
    return false;
}

const char *iis_hosting(void)
{
    return NULL;
}

char *iis_expand(const char *path, struct err *err)
{
    err_set(err, ERR_IO_ABSENT, "%s: there is no IIS here", path);
    return NULL;
}

bool iis_drives(struct fsio_names *out, struct err *err)
{
    (void)err;
    *out = (struct fsio_names){0};
    return true;
}
