/* SPDX-License-Identifier: MIT */
/*
 * What tty_win32.c needs of term_win32.c; nobody else includes it.
 */
#ifndef BASE_TERM_WIN32_H
#define BASE_TERM_WIN32_H

/* Brings to the console what was printed so far; later prints go there again by themselves. */
void term_win32_drain(void);

#endif
