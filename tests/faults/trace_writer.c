/* SPDX-License-Identifier: MIT */
/*
 * The other program, which changes a target while the applier is stopped.
 */
#define _GNU_SOURCE

#include "tests/faults/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 65536

static void put(int fd, const void *bytes, size_t len)
{
    if (write(fd, bytes, len) != (ssize_t)len) {
        trace_trouble("the other program cannot write");
    }
}

static void write_to(const struct trace_writer *writer)
{
    char bytes[FILE_MAX];
    ssize_t len;
    int from;

    if (strstr(writer->way, "append") != NULL) {
        put(writer->fd, "\n", 1);
        return;
    }
    from = open(writer->from, O_RDONLY | O_CLOEXEC);
    len = from < 0 ? -1 : read(from, bytes, sizeof bytes);
    if (len < 0) {
        trace_trouble(writer->from);
    }
    close(from);
    put(writer->fd, bytes, (size_t)len);
}

static void put_link(const struct trace_writer *writer)
{
    char aside[4096];

    snprintf(aside, sizeof aside, "%s.aside", writer->target);
    if (rename(writer->target, aside) != 0 || symlink(writer->from, writer->target) != 0) {
        trace_trouble(writer->target);
    }
}

bool trace_writer_act(struct trace_writer *writer)
{
    int flags = strstr(writer->way, "append") != NULL ? O_APPEND : O_TRUNC;

    if (strcmp(writer->way, "link") == 0) {
        put_link(writer);
        return true;
    }
    if (strcmp(writer->way, "rename") == 0) {
        if (rename(writer->from, writer->target) != 0) {
            trace_trouble(writer->from);
        }
        return true;
    }
    /* The one who would give the lease back is stopped: only to be told of it may not block. */
    writer->fd = open(writer->target, O_WRONLY | O_NONBLOCK | O_CLOEXEC | flags);
    if (writer->fd < 0 && errno == EWOULDBLOCK) {
        return false;
    }
    if (writer->fd < 0) {
        trace_trouble(writer->target);
    }
    if (strncmp(writer->way, "hold-", 5) != 0) {
        trace_writer_end(writer);
    }
    return true;
}

void trace_writer_end(struct trace_writer *writer)
{
    if (writer->way == NULL || writer->fd < 0) {
        return;
    }
    write_to(writer);
    if (close(writer->fd) != 0) {
        trace_trouble(writer->target);
    }
    writer->fd = -1;
}
