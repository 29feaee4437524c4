/* SPDX-License-Identifier: MIT */
/*
 * What the programs ask the operating system about other programs and the person at work.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stddef.h>

#include "base/err.h"

#define PROC_TIMED_OUT (-1000) /* a status that no exit and no signal gives */

/*
 * Runs argv[0], an absolute path, with argv[1...]; argv ends in NULL. No shell is involved. The
 * program gets stdin, stdout and stderr at /dev/null and no other open file (what it prints may
 * hold a site's secrets, so it is not kept), "/" as its folder, a session of its own without a
 * terminal, all signals at their default, and PATH and LANG as its whole environment.
 *
 * *status: 0 to 255 as it exited; minus the number of the signal that ended it; or PROC_TIMED_OUT
 * when it still ran after `seconds` (at least 1) and was killed with its process group. A process
 * that it leaves behind when it ends in time is not looked for.
 * ERR_CONFIG_FORM: the path is not absolute. ERR_IO*: it cannot be started.
 */
bool proc_run(const char *const argv[], unsigned seconds, int *status, struct err *err) MUST_USE;

/*
 * A process that stands by to run one program, for a caller who is about to give away the right to
 * start any (base/sandbox.h). It does nothing until it is told to, takes no other word than that,
 * and ends with the caller. Of the caller's files it holds none. `argv` is as for proc_run and must
 * not change meanwhile; NULL on failure.
 */
struct proc_standby;
struct proc_standby *proc_standby_start(const char *const argv[], unsigned seconds,
                                        struct err *err) MUST_USE;
/* As proc_run, there; may be said again. ERR_IO also when that process is gone. */
bool proc_standby_run(struct proc_standby *standby, int *status, struct err *err) MUST_USE;
void proc_standby_end(struct proc_standby *standby); /* NULL is legal */

/*
 * No core dump of this process and of those that it starts, and nobody but root reads its memory:
 * it holds what stands in a site's files. For the first line of main.
 */
void proc_no_dumps(void);
bool proc_dumps_off(void); /* whether that is so */

/*
 * The name of the person who runs this program: SUDO_USER or DOAS_USER if root runs it and one of
 * them is a free text of format 1 (base/text.h), else the account's name in /etc/passwd, else
 * "uid N". For records, not for decisions. `size` at least 32; a name that does not fit is passed
 * over.
 */
void proc_user(char *out, size_t size);

#endif
