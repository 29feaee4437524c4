/* SPDX-License-Identifier: MIT */
/*
 * On Windows nothing is given away (sandbox_none.c), so nobody has to stand by.
 */
#include "base/proc.h"

#include <stdlib.h>

struct proc_standby {
    const char *const *argv;
    unsigned seconds;
};

struct proc_standby *proc_standby_start(const char *const argv[], unsigned seconds, struct err *err)
{
    struct proc_standby *standby = calloc(1, sizeof *standby);

    if (standby == NULL) {
        err_memory(err);
        return NULL;
    }
    standby->argv = argv;
    standby->seconds = seconds;
    return standby;
}

bool proc_standby_run(struct proc_standby *standby, int *status, struct err *err)
{
    return proc_run(standby->argv, standby->seconds, status, err);
}

void proc_standby_end(struct proc_standby *standby)
{
    free(standby);
}
