/* SPDX-License-Identifier: MIT */
/* The value of an item: XML attribute text to key bytes. */
#ifndef APPLIER_WEBCONFIG_VALUE_H
#define APPLIER_WEBCONFIG_VALUE_H

#include "applier/webconfig.h"
#include "base/err.h"

/*
 * Decodes item->value and sets odd (its last four flags but REPEATED), is_pin, has_digest, upper
 * and pin. Whatever the value holds is no failure: only ERR_MEMORY and ERR_CRYPTO are.
 */
bool webconfig_value_read(struct webconfig_item *item, const struct webconfig_text *text,
                          struct err *err) MUST_USE;

#endif
