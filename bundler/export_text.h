/* SPDX-License-Identifier: MIT */
/*
 * Inside of export.c: the texts that travel with a bundle. Their lines end in CR LF: old Windows
 * servers show them, and what is given away is read there first.
 */
#ifndef BUNDLER_EXPORT_TEXT_H
#define BUNDLER_EXPORT_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "bundles/manifest.h"
#include "keys/trust.h"

/* ERR_UNFIT for a bundle's file name that could not stand in texts and commands as it is: others
 * than letters, digits, '.', '-' and '_', or none that ends in ".tar". */
bool export_text_check_name(const char *name, struct err *err) MUST_USE;

/* README.txt: what it is and what to type. */
bool export_text_readme(struct buf *out, const struct manifest *m, const char *name,
                        struct err *err) MUST_USE;

/* ENROL.txt: how a site is enrolled. Without the fingerprint. */
bool export_text_enrol(struct buf *out, const struct trust *trust, struct err *err) MUST_USE;

#endif
