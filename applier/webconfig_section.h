/* SPDX-License-Identifier: MIT */
/* The second pass: the content of the section that the outline found, item by item. */
#ifndef APPLIER_WEBCONFIG_SECTION_H
#define APPLIER_WEBCONFIG_SECTION_H

#include "applier/webconfig.h"
#include "base/err.h"

/* Where the program is that decrypts a section, for a format string: it is on nobody's PATH. */
#define WEBCONFIG_REGIIS "%%windir%%\\Microsoft.NET\\Framework64\\v4.0.30319\\aspnet_regiis.exe"

/*
 * Fills items, item_count, pin_count, by_digest and last_child of `webconfig`, whose text, tags and
 * line are set. Everything it allocates is the webconfig's, on failure too. Rules and codes:
 * webconfig.h. Relies on the outline: the file is well-formed and the lexer reads it as libxml2
 * does.
 */
bool webconfig_section_read(struct webconfig *webconfig, struct err *err) MUST_USE;

#endif
