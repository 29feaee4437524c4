/* SPDX-License-Identifier: MIT */
/*
 * The terminal of the person who runs the program, wherever stdin and stdout lead.
 */
#ifndef BASE_TTY_H
#define BASE_TTY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Shows `prompt` on the controlling terminal and reads one line. Adds it without its line end to
 * `out`; what fits into its `max` is the longest line. tty_ask_secret switches the echo off; `out`
 * should be a secret buffer then. The terminal is as before on return, also when SIGHUP, SIGINT,
 * SIGQUIT or SIGTERM arrives, which then takes its usual course. ERR_IO_ABSENT: there is no
 * terminal. ERR_IO_LIMIT: the line is too long. ERR_IO: it cannot be read, ends before a line, or
 * was interrupted.
 */
bool tty_ask(const char *prompt, struct buf *out, struct err *err) MUST_USE;
bool tty_ask_secret(const char *prompt, struct buf *out, struct err *err) MUST_USE;

#endif
