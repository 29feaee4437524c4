/* SPDX-License-Identifier: MIT */
/*
 * What Windows knows of its web server, IIS. Elsewhere there is none.
 */
#ifndef BASE_IIS_H
#define BASE_IIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fsio.h"

/*
 * The size in KiB (1 to LIMIT_TARGET_BYTES / 1024) of the largest web.config that IIS reads, by its
 * registry value MaxWebConfigFileSizeInKB; false: it is not set, and IIS's own 250 hold. The value
 * for 32-bit applications counts only where it is smaller. One of 0 counts as not set, one beyond
 * the largest as that.
 */
bool iis_limit_kib(uint64_t *kib);

/* Its file of sites and applications, applicationHost.config, which need not be there; NULL where
 * there never is one. Static storage. */
const char *iis_hosting(void);

/* Puts in what %NAME% stands for, as that file has it in paths; malloc'd, owned by the caller. */
char *iis_expand(const char *path, struct err *err) MUST_USE;

/* The topmost folders of the drives that stay in the machine: none elsewhere. Released by
 * fsio_names_release. */
bool iis_drives(struct fsio_names *out, struct err *err) MUST_USE;

#endif
