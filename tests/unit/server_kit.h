/* SPDX-License-Identifier: MIT */
/*
 * The discovery service of tests/e2e/lib on this machine, started for one test program and ended
 * with it. Include after cmocka.h. Paths are those of the source tree, where the tests run.
 */
#ifndef TESTS_UNIT_SERVER_KIT_H
#define TESTS_UNIT_SERVER_KIT_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/scratch.h"

static pid_t server_kit_pid;

static inline pid_t server_kit_start(const char *program, const char *a, const char *b)
{
    pid_t pid = fork();

    if (pid == 0) {
        execlp(program, program, a, b, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* The first line of a file in the scratch folder; "" when it is not there. */
static inline const char *server_kit_line(const char *name)
{
    static char lines[4][512];
    static int next;
    char *line = lines[next++ % 4];
    FILE *file = fopen(scratch(name), "r");

    line[0] = '\0';
    if (file != NULL) {
        if (fgets(line, sizeof lines[0], file) != NULL) {
            line[strcspn(line, "\n")] = '\0';
        }
        fclose(file);
    }
    return line;
}

/* The file "answer" in the scratch folder is what the service answers. */
static inline void server_kit_answer(const char *text)
{
    FILE *file = fopen(scratch("answer"), "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* The address of one of its paths: "/cut". */
static inline const char *server_kit_url(const char *path)
{
    static char urls[4][600];
    static int next;
    char *url = urls[next++ % 4];
    const char *whole = server_kit_line("url");
    const char *end = strstr(whole, "/autodiscovery");

    assert_non_null(end);
    snprintf(url, sizeof urls[0], "%.*s%s", (int)(end - whole), whole, path);
    return url;
}

/* Group setup and teardown: the scratch folder with the PKI, and the service in it. */
static inline int server_kit_setup(void **state)
{
    static const struct timespec moment = {.tv_nsec = 20000000};
    int status = 0;

    if (scratch_make(state) != 0 ||
        waitpid(server_kit_start("tests/e2e/lib/pki.sh", scratch_dir, NULL), &status, 0) < 0 ||
        status != 0) {
        return -1;
    }
    server_kit_pid = server_kit_start("tests/e2e/lib/discovery.py", scratch_dir, scratch("answer"));
    for (int i = 0; i < 1500 && server_kit_line("url")[0] == '\0'; i++) {
        if (waitpid(server_kit_pid, &status, WNOHANG) != 0) {
            return -1;
        }
        nanosleep(&moment, NULL);
    }
    return server_kit_line("url")[0] == '\0' ? -1 : 0;
}

static inline int server_kit_teardown(void **state)
{
    if (server_kit_pid > 0) {
        kill(server_kit_pid, SIGTERM);
        waitpid(server_kit_pid, NULL, 0);
    }
    return scratch_remove(state);
}

#endif
