/* SPDX-License-Identifier: MIT */
/*
 * What Windows knows of its web server, IIS. Elsewhere there is none.
 */
#ifndef BASE_IIS_H
#define BASE_IIS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The size in KiB (1 to LIMIT_TARGET_BYTES / 1024) of the largest web.config that IIS reads, by its
 * registry value MaxWebConfigFileSizeInKB; false: it is not set, and IIS's own 250 hold. The value
 * for 32-bit applications counts only where it is smaller. One of 0 counts as not set, one beyond
 * the largest as that.
 */
bool iis_limit_kib(uint64_t *kib);

#endif
