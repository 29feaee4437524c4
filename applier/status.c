/* SPDX-License-Identifier: MIT */
/*
 * The problems that `applier status` shows, and which of them gives the exit code.
 */
#include "applier/status.h"

/* The exit code is that of the first of these that applies; others come before STATUS_PENDING. */
static const int order[] = {18, 21, 17, 23};

static int rank_of(int exit_code)
{
    int count = (int)(sizeof order / sizeof order[0]);

    for (int i = 0; i < count; i++) {
        if (order[i] == exit_code) {
            return i;
        }
    }
    return exit_code == STATUS_PENDING ? count + 1 : count;
}

void status_note(struct status *s, const char *reason, int exit_code, const char *text)
{
    struct jout *item = jout_item(s->problems);

    jout_text(item, "reason", reason);
    jout_number(item, "exit", (uint64_t)exit_code);
    jout_text(item, "message", text);
    cmd_result(s->call, "PROBLEM    %s\n", text);
    if (rank_of(exit_code) < s->rank) {
        s->rank = rank_of(exit_code);
        s->call->exit_code = exit_code;
    }
}

void status_note_err(struct status *s, const struct err *err)
{
    status_note(s, err_reason(err->code), err_exit(err->code), err->text);
}

void status_init(struct status *s, struct cmd_call *call)
{
    *s = (struct status){.call = call, .rank = rank_of(STATUS_PENDING) + 1};
}
