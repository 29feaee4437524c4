/* SPDX-License-Identifier: MIT */
/*
 * What a command may still touch once it begins to read what comes from outside: from its
 * arguments, the site's configuration and the site's own runs, all read before.
 */
#ifndef APPLIER_CONFINE_H
#define APPLIER_CONFINE_H

#include "applier/run.h"
#include "applier/site.h"
#include "applier/state.h"
#include "base/cmd.h"
#include "base/err.h"
#include "base/sandbox.h"

/* A list that is being made. The first failure (memory) is kept, and confine_enter tells it. */
struct confine {
    struct sandbox_rule *rules; /* their paths are owned */
    size_t count, room;
    struct err failed;
};

/* With the state folder, read or (`writing`) kept up to date. */
void confine_init(struct confine *c, const char *state_dir, bool writing);

/* `path` NULL: nothing. */
void confine_allow(struct confine *c, const char *path, enum sandbox_use use);
/* The folder that `path` stands in. */
void confine_allow_parent(struct confine *c, const char *path, enum sandbox_use use);

/* The targets of a site (NULL: nothing) to be read, or (SANDBOX_WRITE) exchanged with files of
 * their staging folders. */
void confine_site(struct confine *c, const struct site *site, enum sandbox_use use);

/*
 * What a command that writes may have to end or to undo: the run of the journal, the run that waits
 * for its check, and run `number` (0: the newest that is not undone) if `undo`, and the folders in
 * which recorded runs staged. They may name other files than the site does today. What cannot be
 * read is passed over: whoever needs it says so.
 */
void confine_runs(struct confine *c, const struct state *state, bool undo, uint64_t number);

/* Enters the sandbox, says with --verbose what is in force, and releases the list in any case. */
bool confine_enter(struct confine *c, const struct cmd_call *call, struct err *err) MUST_USE;

/* "system calls filtered, files restricted (Landlock ABI 7), no core dumps"; `out` is returned. */
#define CONFINE_TEXT_SIZE 200
const char *confine_text(const struct sandbox_active *active, char out[static CONFINE_TEXT_SIZE]);

/* What confine_enter reached in this process. */
struct sandbox_active confine_active(void);

#endif
