/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the tracer share. Whatever goes wrong ends the tracer.
 */
#ifndef TESTS_FAULTS_TRACE_H
#define TESTS_FAULTS_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

_Noreturn void trace_trouble(const char *what); /* and errno */

/* At the entry of a call: it is not carried out; its third argument. At its exit: its result. */
void trace_skip_call(pid_t child);
void trace_set_third(pid_t child, uint64_t value);
void trace_set_result(pid_t child, uint64_t value);

/*
 * Another program that changes `target`:
 *   rename        the file `from` is renamed over it
 *   rewrite       truncated and written in place with what `from` holds
 *   append        one more byte
 *   hold-rewrite  truncated now, written and closed at the end
 *   hold-append   opened now, one more byte and closed at the end
 *   link          `target` is a folder: renamed, its name a link to the folder `from`
 */
struct trace_writer {
    const char *way, *from, *target;
    int fd;
};

/* False when a lease makes it wait: it is to be asked again. */
bool trace_writer_act(struct trace_writer *writer);

/* What was held back until the traced program has ended. */
void trace_writer_end(struct trace_writer *writer);

#endif
