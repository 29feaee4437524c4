/* SPDX-License-Identifier: MIT */
/*
 * What the programs ask the operating system about their terminal and their clock ticks.
 */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include <stdbool.h>
#include <stdint.h>

enum term_stream { TERM_OUT, TERM_ERR };

/* Whether standard output or error is a terminal. */
bool term_is_tty(enum term_stream stream);

/*
 * Puts something that cannot be used behind standard streams that are closed. Otherwise the next
 * file that is opened becomes standard output, and what the program says lands in it.
 */
void term_hold_streams(void);

/* Makes a reader that went away a write error instead of a signal. */
void term_ignore_pipe(void);

/* The quote in which the shells of this system take a word, then what such a word cannot hold. */
const char *term_shell_quote(void);

/* Milliseconds of a clock that only goes forward. */
int64_t term_monotonic_ms(void);

#endif
