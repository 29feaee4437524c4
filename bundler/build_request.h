/* SPDX-License-Identifier: MIT */
/*
 * Inside of build.c: what can be said about a request before anything is opened.
 */
#ifndef BUNDLER_BUILD_REQUEST_H
#define BUNDLER_BUILD_REQUEST_H

#include <stdbool.h>

#include "base/err.h"
#include "bundler/build.h"

/* ERR_USAGE: a site that is no id or named twice, a beginning in the past, two files of one name.
 */
bool build_request_check(const struct build_request *request, struct err *err) MUST_USE;

#endif
