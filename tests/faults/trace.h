/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the tracer share. Whatever goes wrong ends the tracer.
 */
#ifndef TESTS_FAULTS_TRACE_H
#define TESTS_FAULTS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

_Noreturn void trace_trouble(const char *what); /* and errno */

#define TRACE_TROUBLE 99
#define TRACE_UNKNOWN "call-" /* before the number of a call that is not in the table */
#define TRACE_WATCHED 100

/* Which arguments are texts (bit 0 for the first), whether the second points to bytes whose count
 * is the third, and whether the call changes files. */
struct trace_call {
    long number;
    const char *name;
    unsigned texts;
    bool bytes, changes;
};

const struct trace_call *trace_look_up(uint64_t number); /* NULL: not in the table */
uint64_t trace_number_of(const char *name);

/* Adds the calls that may change files; returns how many there are then. */
size_t trace_changing(long numbers[static TRACE_WATCHED], size_t count);

/* From now on this process and what it executes stop at these calls; at most TRACE_WATCHED. */
void trace_filter(const long numbers[], size_t count);

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
