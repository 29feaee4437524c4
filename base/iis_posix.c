/* SPDX-License-Identifier: MIT */
/*
 * No IIS.
 */
#include "base/iis.h"

bool iis_limit_kib(uint64_t *kib)
{
    (void)kib;
    return false;
}
